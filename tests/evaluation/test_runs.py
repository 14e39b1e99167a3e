"""Which run a record is of, and which of two came first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.ecma.dates import iso_from_ms
from launchfsm.evaluation.runs import Run, is_same_run, moment_of, run_of
from launchfsm.records.bootstrap import state_of
from launchfsm.records.journal import named_run
from launchfsm.records.results import LaunchSnapshot, LaunchSummary, MemberLaunch

BEGAN = 1_700_000_000_000
WRITTEN = BEGAN + 60_000
RUN = Run("this", BEGAN)

TIMES = st.none() | st.integers(BEGAN - 5, BEGAN + 5)
IDS = st.sampled_from((None, "this", "other"))


def member(run: str | None = None, spawned: int | None = None, name: str = "ada") -> MemberLaunch:
    text = None if spawned is None else iso_from_ms(spawned)
    return MemberLaunch(name=name, runtime_run_id=run, first_spawn_accepted_at=text)


def launch(*members: MemberLaunch) -> LaunchSnapshot:
    """A launcher's snapshot; what else it says does not matter here."""
    return LaunchSnapshot(
        team_name="demo",
        updated_at="",
        launch_phase="finished",
        expected_members=(),
        members={f"{number} {found.name}": found for number, found in enumerate(members)},
        summary=LaunchSummary(),
        team_launch_state="clean_success",
    )


MEMBERS = st.lists(st.builds(member, IDS, TIMES), max_size=3)

# -- Ids and moments -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "named"),
    [(None, None), ("", None), (" \ufeff\n", None), (" run 1\t", "run 1"), ("\x85", "\x85")],
)
def test_a_run_is_named_by_a_text_that_is_not_blank(written: str | None, named: str | None) -> None:
    assert named == named_run(written)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        (BEGAN, BEGAN),
        (BEGAN + 0.5, BEGAN + 0.5),
        ("2023-11-14T22:13:20Z", BEGAN),
        (1, 1),
        (0.5, 0.5),
        (0, None),
        (-1, None),
        ("1969-12-31", None),
        ("soon", None),
        (True, None),
        (None, None),
        (float("inf"), None),
        ([BEGAN], None),
    ],
)
def test_a_moment_is_a_time_after_1970(written: Any, moment: float | None) -> None:
    assert moment == moment_of(written)


def test_a_state_says_which_run_it_is_of() -> None:
    said = state_of({"runId": " run 1 ", "startedAt": "2023-11-14T22:13:20Z"})

    assert Run("run 1", BEGAN) == run_of(said)
    assert Run(None, None) == run_of(state_of({"runId": " ", "startedAt": 0}))


# -- Whether a member is of a run ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "found", "saved", "same"),
    [
        (RUN, member("this"), None, True),
        (RUN, member("this", BEGAN - 1), BEGAN - 1, True),
        (RUN, member("other", BEGAN), WRITTEN, False),
        (RUN, member(None), WRITTEN, True),
        (RUN, member(None), BEGAN, True),
        (RUN, member(None), BEGAN - 1, False),
        (RUN, member(None), None, None),
        (RUN, member(None, BEGAN), None, True),
        (RUN, member(None, BEGAN - 1), WRITTEN, False),
        (RUN, member(None, WRITTEN), BEGAN - 1, False),
        (Run(None, BEGAN), member("this"), WRITTEN, True),
        (Run(None, BEGAN), member("this"), BEGAN - 1, False),
        (Run("this", None), member(None, BEGAN), WRITTEN, None),
        (Run(None, None), member("this"), WRITTEN, None),
    ],
)
def test_a_member_is_of_a_run_by_its_id_or_else_by_times(
    run: Run, found: MemberLaunch, saved: int | None, *, same: bool | None
) -> None:
    assert is_same_run(run, found, saved) is same


@given(IDS, TIMES, IDS, TIMES, TIMES)
def test_ids_decide_where_both_are_known(
    run_id: str | None, began: int | None, other: str | None, spawned: int | None, saved: int | None
) -> None:
    found = is_same_run(Run(run_id, began), member(other, spawned), saved)

    if run_id is not None and other is not None:
        assert found is (run_id == other)

"""Which run a member of the launcher's snapshot is of."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.audit.checks import is_of_run
from launchfsm.ecma.dates import iso_from_ms
from launchfsm.records.results import MemberLaunch

BEGAN = 1_700_000_000_000
WRITTEN = BEGAN + 60_000
RUN = ("this", BEGAN)

TIMES = st.none() | st.integers(BEGAN - 5, BEGAN + 5)
IDS = st.sampled_from((None, "this", "other"))


def member(run: str | None = None, spawned: int | None = None) -> MemberLaunch:
    text = None if spawned is None else iso_from_ms(spawned)
    return MemberLaunch(name="ada", runtime_run_id=run, first_spawn_accepted_at=text)


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
        ((None, BEGAN), member("this"), WRITTEN, True),
        ((None, BEGAN), member("this"), BEGAN - 1, False),
        (("this", None), member(None, BEGAN), WRITTEN, None),
        ((None, None), member("this"), WRITTEN, None),
        (RUN, attrs.evolve(member("lane"), provider_id="opencode"), WRITTEN, True),
    ],
)
def test_a_member_is_of_a_run_by_its_id_or_else_by_times(
    run: tuple[str | None, int | None], found: MemberLaunch, saved: int | None, *, same: bool | None
) -> None:
    assert is_of_run(found, *run, saved) is same


@given(IDS, TIMES, IDS, TIMES, TIMES)
def test_ids_decide_where_both_are_known(
    run_id: str | None, began: int | None, other: str | None, spawned: int | None, saved: int | None
) -> None:
    found = is_of_run(member(other, spawned), run_id, began, saved)

    if run_id is not None and other is not None:
        assert found is (run_id == other)

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from launchfsm import Evaluation, LaunchEvaluator
from launchfsm.evaluation import deadline
from launchfsm.evaluation.deadline import next_change, traced, winners
from launchfsm.evaluation.evidence import Evidence, build_evidence
from launchfsm.policies import load_policy
from launchfsm.testing import FakeProcesses
from tests.teams import folder_of

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
START_MS = 1_700_000_000_000
MS = timedelta(milliseconds=1)
LAST_MS = 8_640_000_000_000_000


def evaluate(root: Path, moment: datetime, policy: str = "reference") -> Evaluation:
    processes = FakeProcesses(alive={4242}, started_at={4242: START_MS})
    evaluator = LaunchEvaluator(root, policy=policy, clock=lambda: moment, processes=processes)
    return evaluator.evaluate("demo")


def write(root: Path, state: dict[str, Any], launch: dict[str, Any] | None = None) -> None:
    folder = root / "demo"
    folder.mkdir(exist_ok=True)
    (folder / "bootstrap-state.json").write_text(json.dumps({"version": 1, **state}))
    (folder / "launch-state.json").unlink(missing_ok=True)
    if launch is not None:
        (folder / "launch-state.json").write_text(json.dumps(launch))


def said(evaluation: Evaluation) -> list[tuple[str, str, tuple[str, ...]]]:
    """Which rules won: all of a verdict but the ages that its texts mention."""
    decisions = evaluation.explain().decisions
    return [(decision.table, decision.subject, decision.won) for decision in decisions]


def test_a_dead_owner_turns_stale_after_three_minutes(tmp_path: Path) -> None:
    write(tmp_path, {"phase": "creating_team", "ownerPid": 31337, "updatedAt": START_MS})

    evaluation = evaluate(tmp_path, START + timedelta(minutes=1))

    assert START + timedelta(minutes=3) == evaluation.recheck_at


def test_a_finished_launch_never_changes_by_itself(tmp_path: Path) -> None:
    write(tmp_path, {"phase": "completed", "updatedAt": START_MS})

    assert evaluate(tmp_path, START).recheck_at is None


def test_a_team_of_which_nothing_is_known_never_changes_by_itself(tmp_path: Path) -> None:
    assert evaluate(tmp_path, START).recheck_at is None


def test_a_time_that_is_always_now_never_comes_of_age(tmp_path: Path) -> None:
    write(tmp_path, {"phase": "completed", "members": [{"name": "alice", "status": "registered"}]})

    assert evaluate(tmp_path, START).recheck_at is None


def test_a_time_that_stands_in_for_a_missing_one_may_pass_another(tmp_path: Path) -> None:
    launch = {"version": 2, "updatedAt": "2023-11-14T22:20:00Z", "launchPhase": "active"}
    write(tmp_path, {"phase": "completed"}, launch)

    evaluation = evaluate(tmp_path, START)

    assert "launcher" == evaluation.preferred_source
    assert datetime(2023, 11, 14, 22, 20, tzinfo=UTC) == evaluation.recheck_at


def test_default_says_when_a_silent_bootstrap_will_count_as_hung(tmp_path: Path) -> None:
    state = {"phase": "creating_team", "ownerPid": 4242, "startedAt": START_MS}
    write(tmp_path, {**state, "updatedAt": START_MS})

    evaluation = evaluate(tmp_path, START + timedelta(minutes=1), "default")

    assert START + timedelta(minutes=15) == evaluation.recheck_at


def test_a_record_of_thousands_of_future_times_is_answered_too_early_rather_than_late(
    tmp_path: Path,
) -> None:
    members = [
        {"name": f"m{number}", "status": "registered", "lastObservedAt": START_MS + 60_000 + number}
        for number in range(2_000)
    ]
    write(tmp_path, {"phase": "creating_team", "updatedAt": START_MS, "members": members})

    evaluation = evaluate(tmp_path, START)

    assert evaluation.recheck_at is not None
    assert START < evaluation.recheck_at <= START + timedelta(milliseconds=62_001)


times = st.one_of(
    st.none(),
    st.integers(START_MS - 4_000_000, START_MS + 4_000_000),
    st.floats(START_MS - 4_000_000, START_MS + 4_000_000),
    st.sampled_from(["2023-11-14T22:10:00Z", "2023", "not a date"]),
)
states = st.fixed_dictionaries(
    {
        "phase": st.sampled_from(["creating_team", "spawning_members", "completed", "odd", ""]),
        "ownerPid": st.sampled_from([4242, 31337, None]),
        "startedAt": times,
        "updatedAt": times,
        "members": st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.sampled_from(["alice", "bob"]),
                    "status": st.sampled_from(["registered", "bootstrap_confirmed", "failed"]),
                    "lastObservedAt": times,
                }
            ),
            max_size=2,
        ),
    }
)
launches = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "version": st.just(2),
            "updatedAt": st.sampled_from(["2023-11-14T22:10:00Z", "2023-11-14T23:30:00Z", "x"]),
            "launchPhase": st.sampled_from(["active", "finished"]),
            "expectedMembers": st.lists(st.sampled_from(["alice", "bob", "cara"]), max_size=3),
            "members": st.just({}),
        }
    ),
)


@pytest.mark.parametrize("policy", ["reference", "default"])
@given(state=states, launch=launches, minutes=st.integers(-90, 90))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_until_then_nothing_changes_and_at_it_something_does(
    tmp_path: Path, policy: str, state: dict[str, Any], launch: dict[str, Any] | None, minutes: int
) -> None:
    write(tmp_path, state, launch)
    moment = START + timedelta(minutes=minutes)
    now = evaluate(tmp_path, moment, policy)

    then = now.recheck_at

    if then is None:
        later = evaluate(tmp_path, moment + timedelta(days=365), policy)
        assert said(now) == said(later)
    else:
        assert said(now) == said(evaluate(tmp_path, then - MS, policy))
        assert said(now) != said(evaluate(tmp_path, then, policy))


@pytest.mark.parametrize(("past", "moment"), [(0, LAST_MS), (1, None)])
def test_there_is_no_change_past_the_last_date(past: int, moment: int | None) -> None:
    now = LAST_MS - 60_000
    written = now - 120_000 + past
    folder = folder_of({"version": 1, "phase": "x", "ownerPid": 31337, "updatedAt": written})
    evidence = build_evidence(folder.files(), "demo", now=now, processes=FakeProcesses())

    assert moment == next_change(load_policy("reference"), evidence)


def test_a_threshold_that_has_to_be_passed_is_passed_just_after_it(tmp_path: Path) -> None:
    rule = "when = \"state_age > '10m'\"\nthen = {}"
    (tmp_path / "policy.toml").write_text(
        'policy = "mine"\nextends = "reference"\n\n[[tables.owner.rule]]\nid = "old"\n'
        f'before = "owner-gone-stale"\n{rule}\n'
    )
    write(tmp_path, {"phase": "creating_team", "ownerPid": 4242, "updatedAt": START_MS})

    evaluation = evaluate(tmp_path, START, str(tmp_path))

    assert START + timedelta(minutes=10) + MS == evaluation.recheck_at


@pytest.mark.parametrize(
    ("tries", "less", "untried"),
    [(0, 0, 10), (1, 0, 10), (2, 0, 11), (3, 0, 20), (3, 1, 11), (5, 0, 30), (6, 0, 31)],
)
def test_the_first_instant_that_was_not_tried_is_the_answer(
    tries: int, less: int, untried: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of instants at which nothing changes, and of which only some are tried."""
    evidence, decisions = ended_with_members_ahead()
    monkeypatch.setattr(deadline, "_MOST_JUDGED", (1 + decisions) * tries - less)

    assert evidence.now + untried == next_change(load_policy("reference"), evidence)


def test_when_all_instants_were_tried_nothing_changes_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evidence, decisions = ended_with_members_ahead("bootstrap_confirmed")
    policy, judging = load_policy("reference"), Mock(side_effect=traced)
    with monkeypatch.context() as counted:
        counted.setattr(deadline, "traced", judging)
        assert next_change(policy, evidence) is None
    instants = judging.call_count - 1  # besides the judgement of now

    for tries, ends in ((instants - 1, False), (instants, True), (instants + 1, True)):
        monkeypatch.setattr(deadline, "_MOST_JUDGED", (1 + decisions) * tries)
        assert ends is (next_change(policy, evidence) is None)


def ended_with_members_ahead(status: str = "registered") -> tuple[Evidence, int]:
    """What ended though its members are dated ahead, and how many decisions it takes."""
    now = START_MS
    members = [
        {"name": f"m{ahead}", "status": status, "lastObservedAt": now + ahead}
        for ahead in (10, 20, 30)
    ]
    folder = folder_of({"version": 1, "phase": "completed", "updatedAt": now, "members": members})
    evidence = build_evidence(folder.files(), "demo", now=now, processes=FakeProcesses())
    return evidence, len(winners(traced(load_policy("reference"), evidence)[0]))

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from launchfsm import Evaluation, LaunchEvaluator
from launchfsm.ecma.dates import iso_from_ms
from launchfsm.engine.engine import Engine
from launchfsm.engine.trace import TracedDecision
from launchfsm.evaluation import deadline
from launchfsm.evaluation.deadline import (
    Winners,
    next_change,
    recorded_instants,
    traced,
    winners,
)
from launchfsm.evaluation.evidence import Evidence, build_evidence, requested_by
from launchfsm.evaluation.pipeline import judge_whole
from launchfsm.policies import load_policy
from launchfsm.testing import FakeProcesses
from tests.cases.test_cases import cases, evaluator_of
from tests.teams import folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from launchfsm.engine.table import Policy

START = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
START_MS = 1_700_000_000_000
MS = timedelta(milliseconds=1)
LAST_MS = 8_640_000_000_000_000
ENGINE = Engine(load_policy("reference"))


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


def said(evaluation: Evaluation) -> Winners:
    """Which rules won: all of a verdict but the ages that its texts mention."""
    return winners(evaluation.record())


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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "_MOST_DECIDED", 2_000)
    members = [
        {"name": f"m{number}", "status": "registered", "lastObservedAt": START_MS + 60_000 + number}
        for number in range(500)
    ]
    write(tmp_path, {"phase": "creating_team", "members": members})

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
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
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

    assert moment == next_change(ENGINE, evidence)


def test_a_threshold_that_has_to_be_passed_is_passed_just_after_it(tmp_path: Path) -> None:
    rule = "when = \"state_age > '10m'\"\nthen = {}"
    (tmp_path / "policy.toml").write_text(
        'policy = "mine"\nextends = "reference"\n\n[[tables.owner.rule]]\nid = "old"\n'
        f'before = "owner-gone-stale"\n{rule}\n'
    )
    write(tmp_path, {"phase": "creating_team", "ownerPid": 4242, "updatedAt": START_MS})

    evaluation = evaluate(tmp_path, START, str(tmp_path))

    assert START + timedelta(minutes=10) + MS == evaluation.recheck_at


def searched(policy: Policy, evidence: Evidence) -> int | None:
    """The answer found by judging again at every instant at which anything could change."""
    entries, judgement = traced(policy, evidence)
    moments = recorded_instants(judgement)
    for entry in entries:
        if isinstance(entry, TracedDecision):
            for distance in distances(entry):
                moments |= {evidence.now + math.ceil(distance)}
                moments |= {evidence.now + math.floor(distance) + 1}
    for moment in sorted(moments):
        if evidence.now < moment <= LAST_MS:
            later = attrs.evolve(evidence, now=moment, now_text=iso_from_ms(moment) or "")
            if winners(traced(policy, later)[0]) != winners(entries):
                return moment
    return None


def distances(decision: TracedDecision) -> Iterator[float]:
    fields = decision.asked.fact_fields
    for rule in decision.table.rules:
        for test in rule.when.tests():
            value = decision.known[test.fact]
            if fields[test.fact].kind.name == "duration" and value is not None:
                yield from (abs(one - value) for one in test.constants if math.isfinite(one))


@pytest.mark.parametrize("policy", ["reference", "default"])
@given(state=states, launch=launches, minutes=st.integers(-90, 90))
def test_the_answer_is_what_a_search_finds(
    policy: str, state: dict[str, Any], launch: dict[str, Any] | None, minutes: int
) -> None:
    folder = folder_of({"version": 1, **state}, launch=launch)
    evidence = build_evidence(
        folder.files(),
        "demo",
        now=START_MS + minutes * 60_000,
        processes=FakeProcesses(alive={4242}, started_at={4242: START_MS}),
        wanted=requested_by(load_policy(policy)),
    )

    found = next_change(Engine(load_policy(policy)), evidence)

    assert searched(load_policy(policy), evidence) == found


def test_a_team_with_times_is_judged_once_to_know_it(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = members_ahead({"updatedAt": START_MS})
    judging = Mock(side_effect=judge_whole)
    monkeypatch.setattr(deadline, "judge_whole", judging)

    assert next_change(ENGINE, evidence) == START_MS + 300_000
    judging.assert_called_once()


@pytest.mark.parametrize(
    ("tries", "untried"), [(0, 10), (1, 10), (2, 11), (3, 20), (5, 30), (6, 31)]
)
def test_the_first_instant_that_was_not_tried_is_the_answer(
    tries: int, untried: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a team without a time, at whose instants nothing changes, and of which some are tried."""
    evidence = members_ahead({})
    decided = 1 + len(winners(traced(ENGINE.policy, evidence)[0]))
    monkeypatch.setattr(deadline, "_MOST_DECIDED", decided * max(tries, 1))

    found = next_change(ENGINE, evidence)

    assert found == evidence.now + untried


def members_ahead(said: dict[str, Any]) -> Evidence:
    """What ended though its members are dated ahead."""
    members = [
        {"name": f"m{ahead}", "status": "registered", "lastObservedAt": START_MS + ahead}
        for ahead in (10, 20, 30)
    ]
    folder = folder_of({"version": 1, "phase": "completed", "members": members, **said})
    return build_evidence(folder.files(), "demo", now=START_MS, processes=FakeProcesses())


def test_an_own_table_says_when_its_threshold_is_met(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(
        'policy = "mine"\nextends = "default"\n\n[tables.paging]\non = "owner"\nhit = "first"\n'
        'doc = "Who is called."\noutcome.call = { type = "boolean" }\n\n[[tables.paging.rule]]\n'
        'id = "late"\nwhen = "state_age > \'7m\'"\nthen = { call = true }\n'
    )
    write(tmp_path, {"phase": "creating_team", "ownerPid": 4242, "updatedAt": START_MS})

    evaluation = evaluate(tmp_path, START, str(tmp_path))

    assert START + timedelta(minutes=7) + MS == evaluation.recheck_at


def test_every_duration_moves_as_its_fact_says(tmp_path: Path) -> None:
    moved = set()
    for number, ((case,), *_) in enumerate([*cases("peer.jsonl"), *cases("own.jsonl")]):
        evaluation = evaluator_of(tmp_path / str(number), case).evaluate(case["team"])
        evidence, now = evaluation._evidence, evaluation._evidence.now
        later = attrs.evolve(evidence, now=now + 1, now_text=iso_from_ms(now + 1) or "")
        undated = evaluation._evidence.undated
        pairs = zip(*(traced(evaluation.policy, one)[0] for one in (evidence, later)), strict=True)
        for before, after in pairs:
            if not isinstance(before, TracedDecision) or not isinstance(after, TracedDecision):
                continue
            if (before.asked, before.subject) != (after.asked, after.subject):
                break  # a ms was enough for another rule
            for name, field in before.asked.fact_fields.items():
                values = before.known[name], after.known[name]
                if field.kind.name == "duration" and None not in values and not undated:
                    assert values[1] - values[0] == field.moves, (
                        case["id"],
                        before.asked.name,
                        name,
                    )
                    moved.add((before.asked.name, name))

    assert len(moved) > 15

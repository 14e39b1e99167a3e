"""The verdict says in a word what the whole evaluation found."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm import Evaluation, LaunchEvaluator, to_wire
from launchfsm.decisions.verdict import VerdictSeverity
from launchfsm.policies import load_policy
from launchfsm.testing import FakeProcesses
from launchfsm.vocabulary import values
from tests.conformance.cases import BootstrapCase, LaunchCase, bootstrap_cases, launch_cases

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
OWNER = 4242
CONFIRMED = {"name": "ada", "status": "bootstrap_confirmed"}
WAITING = {"name": "bob", "status": "spawn_started"}
FAILED = {"name": "eve", "status": "failed"}
UNREADABLE = object()


def state(phase: str, *members: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "runId": "run-1",
        "ownerPid": OWNER,
        "updatedAt": NOW_MS,
        "phase": phase,
        "members": list(members),
        **others,
    }


def saved(phase: str, **members: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 2,
        "updatedAt": NOW.isoformat(),
        "launchPhase": phase,
        "expectedMembers": list(members),
        "members": members,
    }


def evaluate(
    root: Path,
    *,
    state: object = None,
    launch: object = None,
    lock: object = None,
    owner_alive: bool = True,
    later: timedelta = timedelta(0),
) -> Evaluation:
    folder = root / "demo"
    (folder / ".bootstrap.lock").mkdir(parents=True)
    documents = {
        "bootstrap-state.json": state,
        "launch-state.json": launch,
        ".bootstrap.lock/metadata.json": lock,
    }
    for name, document in documents.items():
        if document is not None:
            text = "{" if document is UNREADABLE else json.dumps(document)
            (folder / name).write_text(text)
    processes = FakeProcesses(alive={OWNER} if owner_alive else ())
    evaluator = LaunchEvaluator(
        root, clock=lambda: NOW + later, processes=processes, policy="reference"
    )
    return evaluator.evaluate("demo")


GONE = "bootstrap owner pid 4242 is gone before bootstrap reached a terminal state"
LOCK = {"pid": OWNER, "runId": "run-1"}
LONG = timedelta(minutes=5)
PENDING_MEMBER = {"agentToolAccepted": True}
CONFIRMED_MEMBER = {"bootstrapConfirmed": True}

# What is on disk, and the rule that has the word about it.
SITUATIONS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("ok", "all-confirmed", "every member is confirmed", {"state": state("completed", CONFIRMED)}),
    (
        "ok",
        "some-skipped",
        "1 of 2 members confirmed, 1 skipped",
        {"launch": saved("finished", ada=CONFIRMED_MEMBER, bob={"skippedForLaunch": True})},
    ),
    (
        "pending",
        "under-way",
        "Spawning teammate runtimes (2)",
        {"state": state("spawning_members", CONFIRMED, WAITING)},
    ),
    (
        "pending",
        "members-pending",
        "1 of 2 members still pending",
        {"launch": saved("active", ada=CONFIRMED_MEMBER, bob=PENDING_MEMBER)},
    ),
    (
        "pending",
        "members-pending",
        "1 of 1 members still pending",
        {"state": state("completed", WAITING), "later": LONG - timedelta(milliseconds=1)},
    ),
    (
        "pending",
        "still-active",
        "the launch is still active",
        {"launch": saved("active", ada=CONFIRMED_MEMBER)},
    ),
    (
        "warning",
        "owner-gone-all-there",
        f"{GONE}, but no member is missing",
        {"state": state("auditing_truth", CONFIRMED), "owner_alive": False},
    ),
    (
        "warning",
        "degraded",
        (
            "Deterministic bootstrap recovery is degraded because persisted bootstrap state is "
            "unreadable"
        ),
        {"state": UNREADABLE, "lock": LOCK},
    ),
    (
        "warning",
        "overdue",
        "1 of 1 members still pending, long after the launch ended",
        {"launch": saved("finished", bob=PENDING_MEMBER), "later": LONG},
    ),
    (
        "warning",
        "ended-badly-all-there",
        "bootstrap failed, but no member is missing",
        {"state": state("failed", CONFIRMED)},
    ),
    ("warning", "no-members", "it ended without any member", {"state": state("completed")}),
    (
        "failed",
        "bootstrap-failed",
        GONE,
        {"state": state("spawning_members", CONFIRMED, WAITING), "owner_alive": False},
    ),
    (
        "failed",
        "bootstrap-failed",
        GONE,
        {"state": state("creating_team"), "owner_alive": False},
    ),
    (
        "failed",
        "bootstrap-failed",
        (
            "Persisted deterministic bootstrap state is unreadable because bootstrap-state.json is "
            "invalid, truncated, inaccessible, or changed while being read. "
            "Bootstrap owner pid 4242 is not alive."
        ),
        {"state": UNREADABLE, "lock": LOCK, "owner_alive": False},
    ),
    (
        "failed",
        "members-failed",
        "1 of 3 members failed",
        {"state": state("spawning_members", CONFIRMED, WAITING, FAILED)},
    ),
    ("failed", "ended-badly", "bootstrap failed", {"state": state("failed")}),
    (
        "failed",
        "ended-badly",
        "bootstrap canceled",
        {"state": state("auditing_truth?", terminal={"status": "canceled"})},
    ),
    ("unknown", "unrecorded", "no launch is recorded", {}),
    ("unknown", "unreadable", "its records cannot be read", {"state": UNREADABLE}),
    ("unknown", "unreadable", "its records cannot be read", {"launch": UNREADABLE}),
    ("unknown", "untold", "its records tell of no launch", {"launch": {"version": 3}}),
    (
        "unknown",
        "too-long-ago",
        "it ended with members still pending, too long ago to say anything of now",
        {"state": state("completed", WAITING), "later": LONG},
    ),
]


@pytest.mark.parametrize(("severity", "rule", "text", "found"), SITUATIONS)
def test_a_verdict_names_what_matters_most(
    tmp_path: Path, severity: str, rule: str, text: str, found: dict[str, Any]
) -> None:
    evaluation = evaluate(tmp_path, **found)

    verdict = evaluation.verdict

    assert (severity, text) == (verdict.severity, verdict.text)
    assert (rule,) == evaluation.explain().of("verdict").won


def test_the_situations_need_every_rule_and_every_word() -> None:
    rules = {rule.id for rule in load_policy("reference").tables["verdict"].rules}

    assert rules == {rule for _, rule, _, _ in SITUATIONS}
    words = {severity for severity, _, _, _ in SITUATIONS}
    assert set(values(VerdictSeverity)) - words == {"blocked", "stopped"}  # said by `default`


def test_the_members_counted_are_those_of_the_believed_snapshot(tmp_path: Path) -> None:
    launch = saved("active", ada={"laneId": "1", **CONFIRMED_MEMBER}, bob={"hardFailure": True})
    evaluation = evaluate(tmp_path, state=state("completed", CONFIRMED), launch=launch)

    assert "launcher" == evaluation.preferred_source
    assert "1 of 2 members failed" == evaluation.verdict.text


def test_it_is_one_word_on_the_wire(tmp_path: Path) -> None:
    evaluation = evaluate(tmp_path)

    expected = {"severity": "unknown", "text": "no launch is recorded", "also": []}

    assert expected == to_wire(evaluation.verdict)


@pytest.mark.parametrize("case", bootstrap_cases()[::4], ids=lambda case: str(case.id))
def test_every_measured_bootstrap_has_a_verdict_without_gaps(
    tmp_path: Path, case: BootstrapCase
) -> None:
    case.materialise(tmp_path)
    now = datetime.fromtimestamp(case.now_ms / 1000, UTC)
    processes = FakeProcesses(alive=case.alive, refused=case.refused)

    evaluation = LaunchEvaluator(
        tmp_path, clock=lambda: now, processes=processes, policy="reference"
    ).evaluate(case.team)

    check_consistent(evaluation)


@pytest.mark.parametrize("case", launch_cases()[::4], ids=lambda case: str(case.id))
def test_every_measured_launch_has_a_verdict_without_gaps(tmp_path: Path, case: LaunchCase) -> None:
    now = datetime.fromtimestamp(case.now_ms / 1000, UTC)
    folder = tmp_path / case.team
    folder.mkdir()
    (folder / "launch-state.json").write_text(json.dumps(case.document))

    check_consistent(
        LaunchEvaluator(tmp_path, clock=lambda: now, policy="reference").evaluate(case.team)
    )


def check_consistent(evaluation: Evaluation) -> None:
    verdict, snapshot = evaluation.verdict, evaluation.preferred_snapshot
    assert "unknown" not in verdict.text
    assert verdict.text.strip()
    if verdict.severity == "ok":
        assert snapshot is not None
        assert 0 == snapshot.summary.failed_count + snapshot.summary.pending_count
        assert 0 < snapshot.summary.confirmed_count + snapshot.summary.skipped_count
    if snapshot is not None and snapshot.summary.failed_count:
        assert "failed" == verdict.severity


@pytest.mark.parametrize("phase", ["completed", "failed", "canceled"])
def test_a_terminal_phase_ends_a_launch_as_its_status_does(tmp_path: Path, phase: str) -> None:
    by_phase = evaluate(tmp_path / "a", state=state(phase, CONFIRMED)).explain().of("verdict")
    status = state("auditing_truth?", CONFIRMED, terminal={"status": phase})
    by_status = evaluate(tmp_path / "b", state=status).explain().of("verdict")

    assert by_status.won == by_phase.won
    assert by_status.outcome == by_phase.outcome

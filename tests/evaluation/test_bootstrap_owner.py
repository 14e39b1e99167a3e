"""Whether the owner of a bootstrap is still there (§3)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from launchfsm.engine.trace import TracedDecision, TracingEngine
from launchfsm.evaluation.bootstrap import judge_owner, phase_kind_of
from launchfsm.records.lock import Elsewhere, LockRecord
from launchfsm.system.processes import AskedOnce, ProcessIdentity, UnknownProcesses
from launchfsm.testing.strategies import NOW
from launchfsm.vocabulary import ActivePhase, TerminalPhase, values
from tests.teams import NOW_MS, OWNER, POLICY, evaluation, folder_of

STALE = 3 * 60_000


def verdict(state: dict[str, Any], alive: tuple[float, ...] = (), **who: Any) -> dict[str, Any]:
    """What the `owner` table answers about a state in an active phase, unless it says otherwise."""
    document = {"version": 1, "phase": "creating_team", "ownerPid": OWNER, **state}
    found = evaluation(folder_of(document), alive, **who).explain().of("owner").outcome
    return {key: found.get(key) for key in ("dead", "stale", "reason")}


def is_dead(state: dict[str, Any], alive: tuple[float, ...] = (), **who: Any) -> bool:
    dead: bool = verdict(state, alive, **who)["dead"]
    return dead


def is_stale(state: dict[str, Any]) -> bool:
    stale: bool = verdict(state)["stale"]
    return stale


@pytest.mark.parametrize("phase", values(ActivePhase))
def test_an_active_phase_misses_its_owner(phase: str) -> None:
    assert "active" == phase_kind_of(phase)
    assert is_dead({"phase": phase})
    assert not is_dead({"phase": phase}, alive=(OWNER,))


@pytest.mark.parametrize("phase", values(TerminalPhase))
def test_a_terminal_phase_does_not(phase: str) -> None:
    assert "terminal" == phase_kind_of(phase)
    assert not is_dead({"phase": phase})


@pytest.mark.parametrize("phase", ["Completed", " failed", "resting", " "])
def test_an_unknown_phase_counts_as_not_terminal(phase: str) -> None:
    assert "other" == phase_kind_of(phase)
    assert is_dead({"phase": phase})


@pytest.mark.parametrize("phase", [None, "", 1, [], {}])
def test_no_phase_misses_nobody(phase: Any) -> None:
    assert phase_kind_of("") is phase_kind_of(None) is None
    assert not is_dead({"phase": phase})


@pytest.mark.parametrize("pid", [None, "4242", True, [], {}])
def test_nobody_is_missed_who_is_not_known(pid: Any) -> None:
    assert not is_dead({"ownerPid": pid})


@pytest.mark.parametrize("pid", [OWNER + 0.5, 0, -1, -OWNER, 2**31, 1e21, 1e400])
def test_a_pid_that_no_process_can_have_is_nobodys(pid: float) -> None:
    assert is_dead({"ownerPid": pid}, alive=(OWNER, 0, 1, 2**31))


def test_4242_and_4242_point_0_are_the_same_pid() -> None:
    assert not is_dead({"ownerPid": 4242.0}, alive=(4242,))


def test_who_refuses_to_answer_is_alive() -> None:
    """And so is, to this policy, of whom nothing could be learnt."""
    assert not is_dead({}, unknown=(OWNER,))


# an age, whether a state of that age is stale
AGES = [(0, False), (STALE - 1, False), (STALE, True), (STALE + 1, True), (-STALE, False)]


@pytest.mark.parametrize(("age", "stale"), AGES)
def test_three_minutes_of_silence_are_stale(*, age: int, stale: bool) -> None:
    assert stale == is_stale({"updatedAt": NOW_MS - age})
    assert stale == is_stale({"updatedAt": float(NOW_MS - age)})


# a time of the last update, whether it is known to be long ago
TIMES = [
    ("2023-11-14T22:20:20.000Z", True),
    ("2023-11-14T22:20:20.001Z", False),
    (" 2023-11-14T22:20:20\ufeff", True),
    ("2023-11-15T00:20:20+02:00", True),
    ("Tue, 14 Nov 2023 22:20:20 GMT", True),
    ("2023-11-14", True),
    ("2023-02-30", False),
    ("yesterday", False),
    ("", False),
    (0, True),
    (-1, True),
    (-1e300, True),
    (1e300, False),
    (1e400, False),
    (True, False),
    (None, False),
    ([], False),
]


@pytest.mark.parametrize(("updated_at", "stale"), TIMES)
def test_a_time_of_any_size_and_sign_or_a_text_says_how_long_ago(
    *, updated_at: Any, stale: bool
) -> None:
    assert stale == is_stale({"updatedAt": updated_at})


def test_the_reason_names_the_pid_as_ecmascript_prints_it() -> None:
    gone = "bootstrap owner pid {} is gone and persisted bootstrap state is stale"
    pids = {4242.0: "4242", 4242.5: "4242.5", 1e21: "1e+21", -0.0: "0", 10**400: "Infinity"}

    for pid, printed in pids.items():
        assert gone.format(printed) == verdict({"ownerPid": pid, "updatedAt": 1})["reason"]


def test_an_early_death_has_a_reason_of_its_own() -> None:
    assert {
        "dead": True,
        "stale": False,
        "reason": "bootstrap owner pid 4242 is gone before bootstrap reached a terminal state",
    } == verdict({"updatedAt": NOW_MS})
    assert {"dead": False, "stale": False, "reason": None} == verdict({}, alive=(OWNER,))


def test_the_clock_is_the_evaluations_own() -> None:
    folder = folder_of({"version": 1, "phase": "x", "ownerPid": OWNER, "updatedAt": NOW_MS})
    later = evaluation(folder, now=NOW.replace(year=2033))

    assert later.explain().of("owner").outcome["stale"]


# -- Which process it is ---------------------------------------------------------------------------

BEGAN = NOW_MS - STALE
STATE = {"version": 1, "phase": "x", "ownerPid": OWNER, "runId": "r", "startedAt": BEGAN}
LOCK = LockRecord(pid=OWNER, run_id="r", created_at=BEGAN - 5, since_boot=7)
HERE: dict[str, Any] = {"host": False, "boot": False}
SEEN = ProcessIdentity(started_at=BEGAN + 10, zombie=False, since_boot=7)


def identified(
    state: dict[str, Any] | None = None,
    *,
    lock: LockRecord | None = LOCK,
    identity: ProcessIdentity | None = SEEN,
    **where: Any,
) -> tuple[Any, ...]:
    """What rules may ask of which process it is: zombie, replaced, began_after, other_host."""
    found = evaluation(folder_of(STATE | (state or {})), (OWNER,))
    told = attrs.evolve(
        found._evidence,
        lock=lock,
        wanted=frozenset({"identity"}),
        processes=AskedOnce(UnknownProcesses(), identified={OWNER: identity}),
        other=Elsewhere(**{**HERE, **where}),
    )
    assert told.state is not None
    engine = TracingEngine(POLICY)
    judge_owner(engine, told, told.state)
    (decision,) = engine.entries
    assert isinstance(decision, TracedDecision)
    asked = ("zombie", "replaced", "began_after", "other_host")
    return tuple(decision.known[name] for name in asked)


def test_a_process_is_held_against_its_lock_and_its_run() -> None:
    assert (False, False, 15, False) == identified()
    assert (False, False, 15, True) == identified(host=True)
    assert (False, False, 10, False) == identified(lock=attrs.evolve(LOCK, created_at=None))
    assert (False, False, None, False) == identified(
        {"startedAt": None}, lock=attrs.evolve(LOCK, created_at=None)
    )
    assert (None, None, None, None) == identified(lock=None, identity=None)


def test_a_process_that_nobody_saw_is_told_by_its_lock_alone() -> None:
    assert (None, None, None, True) == identified(identity=None, host=True)
    assert (None, True, None, False) == identified(identity=None, boot=True)


def test_without_a_lock_there_is_still_the_process() -> None:
    zombie = attrs.evolve(SEEN, zombie=True)

    assert (True, None, 10, None) == identified(lock=None, identity=zombie)
    unseen = attrs.evolve(SEEN, started_at=None, zombie=None)
    assert (None, None, None, None) == identified(lock=None, identity=unseen)


@pytest.mark.parametrize(
    ("state", "lock"),
    [({}, {"pid": OWNER + 1}), ({}, {"run_id": "s"}), ({"runId": "s"}, {})],
    ids=["of another pid", "of another run", "of an older run"],
)
def test_a_lock_of_somebody_else_says_nothing(state: dict[str, Any], lock: dict[str, Any]) -> None:
    assert (False, None, 10, None) == identified(state, lock=attrs.evolve(LOCK, **lock))


def test_a_state_that_names_no_run_has_the_lock_of_its_pid() -> None:
    assert (False, False, 15, False) == identified({"runId": None})
    assert (False, False, 15, False) == identified({"runId": " "})


@pytest.mark.parametrize(
    ("where", "since_boot", "replaced"),
    [
        ({"boot": None}, 8, None),
        ({"boot": True}, 7, True),
        ({"boot": True, "host": None}, 8, None),
        ({"boot": True, "host": True}, 8, None),
        ({"host": True}, 8, True),
        ({}, 7, False),
        ({}, 8, True),
        ({}, None, None),
    ],
)
def test_a_process_that_began_at_another_instant_after_boot_is_another_one(
    *, where: dict[str, Any], since_boot: int | None, replaced: bool | None
) -> None:
    told = identified(identity=attrs.evolve(SEEN, since_boot=since_boot), **where)

    assert replaced is told[1]
    assert None is identified(lock=attrs.evolve(LOCK, since_boot=None))[1]

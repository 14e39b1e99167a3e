"""Whether the owner of a bootstrap is still there (§3)."""

from __future__ import annotations

from typing import Any

import pytest

from launchfsm.owners import phase_kind_of
from launchfsm.testing.strategies import NOW
from launchfsm.vocabulary import ActivePhase, TerminalPhase, words
from tests.teams import NOW_MS, OWNER, evaluation, folder_of

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


@pytest.mark.parametrize("phase", words(ActivePhase))
def test_an_active_phase_misses_its_owner(phase: str) -> None:
    assert "active" == phase_kind_of(phase)
    assert is_dead({"phase": phase})
    assert not is_dead({"phase": phase}, alive=(OWNER,))


@pytest.mark.parametrize("phase", words(TerminalPhase))
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

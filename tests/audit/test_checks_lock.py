"""A lock is held against who should have it, and against whether its holder lives."""

from __future__ import annotations

from typing import Any

import pytest

from launchfsm.audit.audit import lock_holder
from launchfsm.records.documents import Document
from launchfsm.system.processes import Place
from launchfsm.testing import FakeProcesses
from launchfsm.vocabulary import Phase, values
from tests.audit.teams import (
    BEGAN,
    MINUTE,
    NOW,
    OWNER,
    audit,
    codes,
    finished,
    finished_state,
    journal,
    lock,
    metadata,
    only,
    phases,
    state,
)

SPAWNING = phases("spawning_members")
DONE = journal(finished())
TERMINAL = {"completed", "failed", "canceled"}


@pytest.mark.parametrize("word", values(Phase))
def test_whether_a_dead_holders_run_has_ended_is_its_phase(word: str) -> None:
    found = codes(audit(state=state(word), journal=journal(phases("completed")), lock=metadata()))

    assert "lock-left" in found  # the journal says so, whatever the state does


@pytest.mark.parametrize("word", values(Phase))
def test_without_a_journal_the_state_says_whether_the_run_has_ended(word: str) -> None:
    found = codes(audit(state=state(word), lock=metadata()))

    assert ["lock-left" if word in TERMINAL else "lock-stale"] == found[1:]


def test_a_terminal_status_is_an_end_too() -> None:
    others = {"terminal": {"status": "failed"}, "phase": "resting"}

    assert "lock-left" in codes(audit(state=state("", **others), lock=metadata()))


def test_the_end_of_another_run_is_not_the_holders() -> None:
    found = codes(audit(journal=DONE, state=finished_state(), lock=metadata(runId="run-2")))

    assert ["lock-stale", "lock-of-other-run"] == found


def test_a_lock_alone_is_stale_when_its_holder_is_gone() -> None:
    found = only(audit(lock=metadata()), "lock-stale")

    assert (
        "pid 4242 of the run 'run-1' has it: pid 4242 is dead: there is no such process"
        == found.message
    )
    assert ".bootstrap.lock/metadata.json $.pid" == found.place


def test_a_living_holder_of_its_own_run_is_as_it_should_be() -> None:
    files: dict[str, Any] = {"journal": journal(SPAWNING), "state": state("spawning_members")}

    assert () == audit(**files, lock=metadata(), alive={OWNER}).findings


def test_an_end_of_a_minute_ago_may_still_hold_its_lock() -> None:
    files: dict[str, Any] = {"journal": DONE, "state": finished_state(), "lock": metadata()}

    only(audit(**files, alive={OWNER}, now=BEGAN + MINUTE + 59_999), "between-writes")
    only(audit(**files, alive={OWNER}, now=BEGAN + MINUTE + 60_000), "lock-released")


def test_a_lock_that_was_taken_again_is_not_released() -> None:
    records = [lock("acquired"), *SPAWNING[:2], lock("released"), lock("acquired"), *SPAWNING[2:]]
    files: dict[str, Any] = {"journal": journal(records), "state": state("spawning_members")}

    assert () == audit(**files, lock=metadata(), alive={OWNER}).findings


def test_a_run_that_has_just_taken_the_lock_has_no_state_yet() -> None:
    files: dict[str, Any] = {"journal": DONE, "state": finished_state()}
    taken = metadata(runId="run-2", createdAt=NOW - 10)

    only(audit(**files, lock=taken, alive={OWNER}), "between-writes")


@pytest.mark.parametrize("word", values(Phase))
@pytest.mark.parametrize("alive", [(), (OWNER,)])
def test_a_living_owner_has_a_lock_once_it_was_taken(word: str, alive: tuple[int, ...]) -> None:
    found = codes(audit(state=state(word), alive=alive))

    missing = alive and word in {"creating_team", "spawning_members", "auditing_truth"}
    assert (["lock-missing"] if missing else []) == found[1:]


def test_a_lock_that_was_released_is_not_missing() -> None:
    files: dict[str, Any] = {
        "journal": journal([*SPAWNING, lock("released")]),
        "state": state("spawning_members"),
    }

    assert () == audit(**files, alive={OWNER}).findings


def test_a_lock_that_cannot_be_read_is_not_missing() -> None:
    files: dict[str, Any] = {"journal": journal(SPAWNING), "state": state("spawning_members")}

    only(audit(**files, lock="fifo", alive={OWNER}), "unreadable-file")


@pytest.mark.parametrize("unusable", [{"pid": 0, "runId": "x"}, {"pid": OWNER, "runId": " "}, []])
def test_a_lock_that_is_not_usable_is_nobodys(unusable: Any) -> None:
    assert {"wrong-type"} == set(codes(audit(lock=unusable)))


# -- Whether the holder lives ----------------------------------------------------------------------


def verdict(lock: Any, **processes: Any) -> str | None:
    found = lock_holder(Document(lock), FakeProcesses(**processes))
    return None if found is None else found.standing


@pytest.mark.parametrize(
    ("processes", "expected"),
    [
        ({}, "dead"),
        ({"alive": {OWNER}}, "unprovable"),
        ({"refused": {OWNER}}, "unprovable"),
        ({"unknown": {OWNER}}, "unprovable"),
    ],
)
def test_a_lock_without_a_host_is_of_this_one(processes: dict[str, Any], expected: str) -> None:
    assert expected == verdict(metadata(), **processes)


def test_a_holder_on_another_host_is_not_known_to_be_gone() -> None:
    assert "unprovable" == verdict(metadata(host="elsewhere.invalid"))


def test_a_pid_that_was_given_to_another_process_is_gone() -> None:
    here = Place.here()
    ours = {"host": here.host, "ownerSinceBoot": 5}
    if here.boot_id is not None:
        ours["bootId"] = here.boot_id

    assert "alive" == verdict(metadata(**ours), alive={OWNER}, started_at={OWNER: 5})
    assert "dead" == verdict(metadata(**ours), alive={OWNER}, started_at={OWNER: 6})


@pytest.mark.parametrize("lock", [None, [], {}, {"pid": -1, "runId": "x"}])
def test_of_no_lock_nobody_is_asked(lock: Any) -> None:
    assert verdict(lock) is None

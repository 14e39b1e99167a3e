"""The holder of a lock: who is provably dead, who alive, and where neither can be said."""

from __future__ import annotations

import itertools
import os
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.records.documents import parse_document
from launchfsm.records.lock import (
    LOCK,
    LockRecord,
    Standing,
    judge_holder,
    read_lock,
    this_process,
)
from launchfsm.system.files import ReadProblem
from launchfsm.system.processes import Place, ProcessEvidence, ProcessIdentity, SystemProcesses
from launchfsm.testing import FakeProcesses
from launchfsm.testing.strategies import lock_records
from tests.launcher.helpers import claim, end_unreaped, python

LINK = ReadProblem("not_regular", "it is a symbolic link")


HERE = Place("box", "boot-2", "pid:[1] time:[2]")
HOLDER = LockRecord(
    pid=4242, since_boot=1000, boot_id="boot-2", host="box", namespaces="pid:[1] time:[2]"
)


def standing(holder: LockRecord, processes: FakeProcesses) -> Standing:
    return judge_holder(holder, here=HERE, processes=processes).standing


def test_a_holder_whose_process_began_when_it_says_lives() -> None:
    assert standing(HOLDER, FakeProcesses(alive={4242}, started_at={4242: 1000})) == "alive"


def test_a_pid_that_another_process_has_by_now_is_no_sign_of_life() -> None:
    processes = FakeProcesses(alive={4242}, started_at={4242: 1000})
    processes.start(4242, started_at=1010)

    verdict = judge_holder(HOLDER, here=HERE, processes=processes)

    assert verdict.standing == "dead"
    assert verdict.reason == "pid 4242 is another process by now"


@given(began=st.integers(min_value=0), now=st.integers(min_value=0))
def test_a_reused_pid_never_looks_alive(began: int, now: int) -> None:
    processes = FakeProcesses(alive={4242}, started_at={4242: now})

    found = standing(evolve(HOLDER, since_boot=began), processes)

    assert found == ("alive" if began == now else "dead")


def test_a_holder_whose_pid_is_gone_is_dead() -> None:
    verdict = judge_holder(HOLDER, here=HERE, processes=FakeProcesses())

    assert verdict.standing == "dead"
    assert verdict.reason == "pid 4242 is dead: there is no such process"


def test_a_zombie_is_dead() -> None:
    assert standing(HOLDER, FakeProcesses(zombies={4242}, started_at={4242: 1000})) == "dead"


def test_another_boot_of_the_same_host_ended_every_holder_even_one_whose_pid_is_alive() -> None:
    processes = FakeProcesses(alive={4242}, started_at={4242: 1000})

    assert standing(evolve(HOLDER, boot_id="boot-1"), processes) == "dead"


@pytest.mark.parametrize(
    "holder",
    [
        evolve(HOLDER, host="another"),
        evolve(HOLDER, host=None),
        evolve(HOLDER, pid=None),
        evolve(HOLDER, namespaces="pid:[9] time:[2]"),
        evolve(HOLDER, pid=-1),
        evolve(HOLDER, pid=4242.5),
    ],
)
def test_what_cannot_be_looked_at_from_here_is_never_called_dead(holder: LockRecord) -> None:
    assert standing(holder, FakeProcesses()) == "unprovable"


def test_a_process_that_cannot_be_looked_at_is_unprovable() -> None:
    assert standing(HOLDER, FakeProcesses(refused={4242})) == "unprovable"
    assert standing(HOLDER, FakeProcesses(unknown={4242})) == "unprovable"
    assert standing(HOLDER, FakeProcesses(alive={4242})) == "unprovable"


def test_a_refusing_process_that_can_be_looked_at_is_known_by_its_start() -> None:
    processes = FakeProcesses(refused={4242}, started_at={4242: 1000})

    assert standing(HOLDER, processes) == "alive"
    assert standing(evolve(HOLDER, since_boot=900), processes) == "dead"


class Seen(FakeProcesses):
    """One process, of which exactly this is seen."""

    def __init__(self, evidence: ProcessEvidence, identity: ProcessIdentity | None) -> None:
        super().__init__()
        self.evidence = evidence
        self.identity = identity

    def check(self, pid: float) -> ProcessEvidence:  # noqa: ARG002 - it sees one process
        return self.evidence

    def identify(self, pid: float) -> ProcessIdentity | None:  # noqa: ARG002 - likewise
        return self.identity


EVIDENCE = [
    ProcessEvidence(4242, "alive", "reached"),
    ProcessEvidence(4242, "alive", "refused"),
    ProcessEvidence(4242, "dead", "no_such_process"),
    ProcessEvidence(4242, "dead", "impossible_pid"),
    ProcessEvidence(4242, "unknown", "error", "why"),
]
IDENTITIES = [
    None,
    *(
        ProcessIdentity(None, zombie, since_boot)
        for zombie in (None, False, True)
        for since_boot in (None, 1000, 2000)
    ),
]


@pytest.mark.parametrize("evidence", EVIDENCE, ids=lambda evidence: evidence.basis)
def test_every_combination_of_what_is_written_and_what_is_seen(evidence: ProcessEvidence) -> None:
    """Against a second statement: what has to hold for each of the two certainties."""
    written = itertools.product(
        (None, 4242), (None, "box", "other"), (None, "boot-1", "boot-2"),
        (None, "pid:[1] time:[2]", "elsewhere"), (None, 1000),
    )  # fmt: skip
    for (pid, host, boot, namespaces, began), seen in itertools.product(written, IDENTITIES):
        holder = LockRecord(
            pid=pid, host=host, boot_id=boot, namespaces=namespaces, since_boot=began
        )
        ours = pid is not None and host == "box"
        same_boot = ours and boot != "boot-1"
        visible = same_boot and namespaces != "elsewhere"
        there = visible and evidence.liveness == "alive"
        gone = visible and evidence.basis == "no_such_process"
        zombie = there and seen is not None and seen.zombie is True
        both = there and seen is not None and None not in (seen.since_boot, began, boot)
        same = both and seen is not None and seen.since_boot == began
        dead = (ours and not same_boot) or gone or zombie or (both and not same)
        expected = "dead" if dead else "alive" if same else "unprovable"

        assert expected == standing(holder, Seen(evidence, seen)), (holder, seen)


def test_this_process_lives_by_its_own_metadata() -> None:
    verdict = judge_holder(claim(), here=Place.here(), processes=SystemProcesses())

    assert verdict.standing == "alive"


def test_a_real_child_is_alive_until_it_is_killed_and_dead_even_before_it_is_reaped() -> None:
    system = SystemProcesses()
    with python("input()") as process:
        identity = system.identify(process.pid)
        assert identity is not None
        holder = evolve(claim(), pid=process.pid, since_boot=identity.since_boot)

        assert judge_holder(holder, here=Place.here(), processes=system).standing == "alive"
        end_unreaped(process)
        assert judge_holder(holder, here=Place.here(), processes=system).standing == "dead"
    assert judge_holder(holder, here=Place.here(), processes=system).standing == "dead"


def test_the_metadata_has_the_keys_of_the_specification_and_survives_a_round_trip() -> None:
    holder = this_process(
        "run-1",
        request_hash="abc",
        owner_started_at=1,
        created_at=2,
        processes=FakeProcesses(alive={os.getpid()}, started_at={os.getpid(): 77}),
    )
    document = holder.document()

    assert {"pid", "runId", "requestHash", "ownerStartedAt", "createdAt", "nonce"} <= set(document)
    assert holder == read_lock(document)


def test_no_two_claims_have_the_same_nonce() -> None:
    assert claim().nonce != claim().nonce


@given(
    st.dictionaries(
        st.sampled_from([*claim().document()]),
        st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.integers()),
    )
)
def test_any_metadata_is_read_and_judged_without_an_error(document: dict[str, object]) -> None:
    verdict = judge_holder(read_lock(document), here=HERE, processes=FakeProcesses(alive={1}))

    assert verdict.standing in {"alive", "dead", "unprovable"}


# -- As a reader takes it ----

# a lock, whether it is usable, the paths of what is found
LOCKS = [
    (b'{"pid": 4242, "runId": " r "}', True, []),
    (b'{"pid": 0.5, "runId": "r"}', True, []),
    (b'{"pid": 0, "runId": "r"}', False, ["$.pid"]),
    (b'{"pid": -1, "runId": "r"}', False, ["$.pid"]),
    (b'{"pid": 1e400, "runId": "r"}', False, ["$.pid"]),
    (b'{"pid": true, "runId": "r"}', False, ["$.pid"]),
    (b'{"pid": "4242", "runId": "r"}', False, ["$.pid"]),
    (b'{"pid": 4242, "runId": " "}', False, ["$.runId"]),
    (b'{"pid": 4242, "runId": 5}', False, ["$.runId"]),
    (b'{"pid": 4242}', False, ["$.runId"]),
    (b'{"runId": "r"}', False, ["$.pid"]),
    (b"{}", False, ["$.pid", "$.runId"]),
    (b'{"pid": 4242, "runId": "r", "ownerStartedAt": "now"}', True, ["$.ownerStartedAt"]),
    (b"[4242]", False, ["$"]),
    (b"null", False, ["$"]),
    (b"{", False, ["$"]),
    (LINK, False, ["$"]),
]


@pytest.mark.parametrize(("read", "usable", "paths"), LOCKS)
def test_a_lock_is_usable_with_a_pid_and_a_run(
    *, read: bytes | ReadProblem, usable: bool, paths: list[str]
) -> None:
    document = parse_document(read)

    assert usable == (LOCK.read(document) is not None)
    assert paths == [finding.path for finding in LOCK.findings(document)]


def test_a_lock_tells_who_holds_it() -> None:
    lock = LOCK.read(parse_document(b'{"pid": 4242.0, "runId": " r ", "ownerStartedAt": -5}'))

    assert lock is not None
    assert (4242, "r", -5) == (lock.pid, lock.run_id, lock.owner_started_at)


@given(lock=lock_records(damaged=True))
def test_a_lock_that_is_not_usable_is_found(lock: dict[str, Any]) -> None:
    document = attrs_document(lock)

    assert LOCK.read(document) is not None or list(LOCK.findings(document))


def attrs_document(value: Any) -> Any:
    document = parse_document(b"{}")
    document.value.update(value)
    return document

"""Identity: a pid is not a process; what cannot be looked at is unknown, never dead."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm import LaunchEvaluator
from launchfsm.system.processes import Place, SystemProcesses
from launchfsm.testing import FakeProcesses
from tests.default_policy.launches import (
    BEGAN,
    BOB,
    HOUR,
    MINUTE,
    NOW,
    OWNER,
    SECOND,
    both,
    is_dead,
    is_unsure,
    judged,
    lay,
    lock,
    nobody,
    owner_alive,
    refused,
    rule,
    shown,
    standing,
    state,
)
from tests.launcher.helpers import end_unreaped, python

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = "another-host.example"


def here() -> dict[str, Any]:
    """Where this process runs, as a lock says it."""
    return {"host": Place.here().host, "bootId": Place.here().boot_id}


# -- Younger than its record -----------------------------------------------------------------------


def test_a_process_younger_than_its_run_is_another_process(tmp_path: Path) -> None:
    young = owner_alive(started_at=BEGAN + 5 * SECOND + 1)

    found = both(tmp_path, state=state(BOB), processes=young)

    assert is_dead(found.default)
    assert rule(found.default, "owner") == "began-after-the-run"
    assert standing(found.default, "bob") == "failed_to_start"
    assert not is_dead(found.reference)
    assert standing(found.reference, "bob") == "runtime_pending_bootstrap"


@pytest.mark.parametrize("after", [-HOUR, -1, 0, 5 * SECOND])
def test_clocks_may_disagree_by_five_seconds(tmp_path: Path, after: int) -> None:
    found = both(tmp_path, state=state(BOB), processes=owner_alive(started_at=BEGAN + after))

    assert not is_dead(found.default)
    assert rule(found.default, "owner") == "owner-there"


def test_a_process_whose_start_is_hidden_is_believed_to_be_the_owner(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB), processes=owner_alive(started_at=None))

    assert not is_dead(found.default)
    assert not is_unsure(found.default)


@pytest.mark.parametrize("began", [NOW, None], ids=["began later", "does not say when it began"])
def test_a_process_younger_than_its_lock_is_another_process(
    tmp_path: Path, began: int | None
) -> None:
    young = owner_alive(started_at=BEGAN + 5 * SECOND + 1)

    found = both(tmp_path, state=state(BOB, startedAt=began), lock=lock(), processes=young)

    assert rule(found.default, "owner") == "began-after-the-run"
    assert not is_dead(found.reference)


@pytest.mark.parametrize(
    "other",
    [
        {"pid": OWNER + 1},
        {"runId": "run-1"},
        {"createdAt": 0},
        {"createdAt": "2026-03-02T08:00:00Z"},
        {"createdAt": None},
    ],
    ids="-".join,
)
def test_a_lock_that_is_not_the_owners_or_tells_no_time_proves_nothing(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    young = owner_alive(started_at=BEGAN + MINUTE)

    found = both(tmp_path, state=state(BOB, startedAt=None), lock=lock(**other), processes=young)

    assert not is_dead(found.default)


@pytest.mark.parametrize("began", [0, -BEGAN, "soon", "", True, []])
def test_a_start_that_is_no_time_proves_nothing(tmp_path: Path, began: Any) -> None:
    found = both(tmp_path, state=state(BOB, startedAt=began), processes=owner_alive(NOW))

    assert not is_dead(found.default)


def test_a_child_younger_than_the_record_is_not_its_owner(tmp_path: Path) -> None:
    with python("import sys; sys.stdin.read()") as child:
        identity = SystemProcesses().identify(child.pid)
        assert identity is not None
        assert identity.started_at is not None
        lay(
            tmp_path,
            state=state(BOB, ownerPid=child.pid, startedAt=identity.started_at - MINUTE),
        )

        default = LaunchEvaluator(tmp_path, policy="default").evaluate("demo")
        reference = LaunchEvaluator(tmp_path, policy="reference").evaluate("demo")

    assert rule(default, "owner") == "began-after-the-run"
    assert not is_dead(reference)


def test_a_child_older_than_the_record_is_its_owner(tmp_path: Path) -> None:
    with python("import sys; sys.stdin.read()") as child:
        identity = SystemProcesses().identify(child.pid)
        assert identity is not None
        lay(tmp_path, state=state(BOB, ownerPid=child.pid, startedAt=identity.started_at))

        default = LaunchEvaluator(tmp_path, policy="default").evaluate("demo")

    assert rule(default, "owner") == "owner-there"


# -- The exact start in the lock -------------------------------------------------------------------


def test_the_exact_start_in_the_lock_tells_another_process(tmp_path: Path) -> None:
    exact = lock(**here(), ownerSinceBoot=BEGAN - SECOND)

    found = both(tmp_path, state=state(BOB), lock=exact, processes=owner_alive(BEGAN - 999))

    assert rule(found.default, "owner") == "replaced"
    assert not is_dead(found.reference)


def test_the_exact_start_in_the_lock_counts_more_than_wall_time(tmp_path: Path) -> None:
    """After the clock was set forward a process seems to have begun later than it did."""
    exact = lock(**here(), ownerSinceBoot=BEGAN + HOUR)

    found = both(tmp_path, state=state(BOB), lock=exact, processes=owner_alive(BEGAN + HOUR))

    assert rule(found.default, "owner") == "owner-there"


def test_a_restart_of_the_machine_ended_the_owner(tmp_path: Path) -> None:
    before = lock(**here() | {"bootId": "00000000-0000-4000-8000-000000000000"})

    found = both(tmp_path, state=state(BOB), lock=before)

    assert rule(found.default, "owner") == "replaced"


def test_another_boot_of_an_unnamed_host_proves_nothing(tmp_path: Path) -> None:
    before = lock(bootId="00000000-0000-4000-8000-000000000000")

    found = both(tmp_path, state=state(BOB), lock=before)

    assert rule(found.default, "owner") == "owner-there"


def test_a_lock_that_an_older_run_left_says_nothing_of_an_owner_with_the_same_pid(
    tmp_path: Path,
) -> None:
    """In a container a launcher has the same pid each time, and locks before it has the lock."""
    left = lock(**here(), runId="run-1", ownerSinceBoot=1)

    found = both(tmp_path, state=state(phase="validating_spec"), lock=left)

    assert rule(found.default, "owner") == "owner-there"


# -- Zombies ---------------------------------------------------------------------------------------


def test_a_zombie_is_dead(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB), processes=FakeProcesses(zombies={OWNER}))

    assert rule(found.default, "owner") == "zombie"
    assert shown(found.default)[0] == "failed"
    assert standing(found.default, "bob") == "failed_to_start"
    assert not is_dead(found.reference)
    assert shown(found.reference)[0] == "assembling"


def test_a_real_zombie_is_dead(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        end_unreaped(child)
        lay(tmp_path, state=state(BOB, ownerPid=child.pid, startedAt=None))

        default = LaunchEvaluator(tmp_path, policy="default").evaluate("demo")
        reference = LaunchEvaluator(tmp_path, policy="reference").evaluate("demo")

    assert rule(default, "owner") == "zombie"
    assert not is_dead(reference)


# -- What cannot be looked at ----------------------------------------------------------------------


def test_a_pid_that_may_not_be_looked_at_is_unknown(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB), processes=refused())

    assert rule(found.default, "owner") == "not-to-be-looked-at"
    assert is_unsure(found.default)
    assert not is_dead(found.default)
    assert standing(found.default, "bob") == "runtime_pending_bootstrap"


def test_somebody_elses_process_that_may_be_looked_at_is_the_owner_or_not(tmp_path: Path) -> None:
    lay(tmp_path, state=state(BOB))

    older = judged(tmp_path, processes=refused(started_at=BEGAN))
    younger = judged(tmp_path, processes=refused(started_at=NOW))

    assert rule(older, "owner") == "owner-there"
    assert rule(younger, "owner") == "began-after-the-run"


def test_pid_1_of_another_user_is_never_called_dead(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB, ownerPid=1), processes=FakeProcesses(refused={1}))

    assert is_unsure(found.default)
    assert not is_dead(found.default)


def test_a_pid_that_could_not_be_asked_is_unknown(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB), processes=FakeProcesses(unknown={OWNER}))

    assert rule(found.default, "owner") == "unknown"
    assert is_unsure(found.default)


@pytest.mark.parametrize(
    "processes",
    [nobody(), owner_alive(), owner_alive(NOW), FakeProcesses(zombies={OWNER}), refused()],
    ids=["nobody", "somebody", "somebody younger", "a zombie", "somebody hidden"],
)
def test_a_pid_of_another_host_is_unknown_whoever_has_it_here(
    tmp_path: Path, processes: FakeProcesses
) -> None:
    found = both(tmp_path, state=state(BOB), lock=lock(host=ELSEWHERE), processes=processes)

    assert rule(found.default, "owner") == "other-host"
    assert is_unsure(found.default)
    assert standing(found.default, "bob") == "runtime_pending_bootstrap"


@pytest.mark.parametrize(
    "processes",
    [nobody(), owner_alive(), owner_alive(NOW), FakeProcesses(zombies={OWNER}), refused()],
    ids=["nobody", "somebody", "somebody younger", "a zombie", "somebody hidden"],
)
def test_a_pid_of_another_namespace_is_unknown_whoever_has_it_here(
    tmp_path: Path, processes: FakeProcesses
) -> None:
    container = lock(namespaces="pid:[1] time:[1]")
    found = both(tmp_path, state=state(BOB), lock=container, processes=processes)

    assert rule(found.default, "owner") == "other-namespace"
    assert is_unsure(found.default)


def test_a_pid_of_another_namespace_before_the_boot_is_gone(tmp_path: Path) -> None:
    container = lock(namespaces="pid:[1] time:[1]", bootId="another boot", host=Place.here().host)
    found = both(tmp_path, state=state(BOB), lock=container, processes=owner_alive())

    assert is_dead(found.default)


def test_under_default_a_pid_of_another_host_is_taken_for_one_of_ours(tmp_path: Path) -> None:
    found = both(tmp_path, state=state(BOB), lock=lock(host=ELSEWHERE), processes=nobody())

    assert is_dead(found.reference)


# -- When only the lock speaks ---------------------------------------------------------------------

GONE = "Deterministic bootstrap recovery failed because persisted bootstrap state is unreadable"
DEGRADED = "Deterministic bootstrap recovery is degraded because persisted bootstrap state"


@pytest.mark.parametrize(
    ("processes", "says"),
    [
        (nobody(), ("failed", GONE)),
        (FakeProcesses(zombies={OWNER}), ("failed", GONE)),
        (owner_alive(started_at=NOW), ("failed", GONE)),
        (owner_alive(), ("configuring", DEGRADED)),
        (refused(), ("configuring", DEGRADED)),
        (FakeProcesses(unknown={OWNER}), ("configuring", DEGRADED)),
    ],
    ids=["gone", "zombie", "younger than the lock", "there", "refused", "not asked"],
)
def test_the_owner_of_a_lock_is_identified_like_that_of_a_state(
    tmp_path: Path, processes: FakeProcesses, says: tuple[str, str]
) -> None:
    found = both(tmp_path, state=b"{", lock=lock(), processes=processes)

    found_state, severity, message = shown(found.default)
    assert (says[0], "warning") == (found_state, severity)
    assert message.startswith(says[1])


def test_a_lock_of_another_host_does_not_make_an_unreadable_launch_a_failed_one(
    tmp_path: Path,
) -> None:
    found = both(tmp_path, state=b"{", lock=lock(host=ELSEWHERE), processes=nobody())

    assert shown(found.default)[0] == "configuring"
    assert shown(found.reference)[0] == "failed"

"""A run that takes over: whom it has of an earlier one, and what it says of the others."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm import LaunchEvaluator
from launchfsm.audit import audit_team
from launchfsm.launcher import BootstrapRun, RecordWriteError
from launchfsm.records.documents import JOURNAL_FILE, STATE_FILE
from launchfsm.system.processes import Place
from launchfsm.testing import FakeProcesses
from tests.launcher.helpers import dead_holder, end_unreaped, line_of, python, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

THEN = 1_700_000_000_000
NOW = datetime.fromtimestamp(THEN / 1000 + 60, UTC)
WAY: list[Any] = ["loading_existing_state", "acquiring_bootstrap_lock", "creating_team"]

LAUNCH = """
import subprocess, sys
from launchfsm.launcher import BootstrapRun
with BootstrapRun(sys.argv[1], "demo", members=["ada", "bob", "eve", "zoe"], run_id="first") as run:
    for phase in sys.argv[2:]:
        run.enter(phase)
    members = {name: subprocess.Popen(["sleep", "600"]) for name in ("ada", "bob", "eve")}
    for name, member in members.items():
        run.accept_spawn(name, runtime_pid=member.pid, agent_id=f"{name}@demo")
    run.confirm("ada")
    run.confirm("bob")
    print(*(member.pid for member in members.values()), flush=True)
    sys.stdin.readline()
    members["bob"].kill()
    members["bob"].wait()
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[list[int]]:
    """The pids of ada, bob and eve, whose launcher was killed; bob has ended, too."""
    with python(LAUNCH, str(tmp_path), *WAY, "spawning_members") as launcher:
        pids = [int(pid) for pid in line_of(launcher).split()]
        tell(launcher, b"\n")
        assert line_of(launcher) == b"ready\n"
        end_unreaped(launcher)
        yield pids
    for pid in (pids[0], pids[2]):
        os.kill(pid, 9)


def test_a_run_takes_over_whom_a_killed_one_had_confirmed(
    tmp_path: Path, killed: list[int]
) -> None:
    ada, bob, eve = killed
    names = ["zoe", "eve", "bob", "ada"]
    run = BootstrapRun(tmp_path, "demo", members=names, run_id="second", resume=True)
    with run:
        assert run.resumed == ("ada",)
        assert run.not_resumed == {
            "bob": f"its process, pid {bob}, has ended",
            "eve": f"it was not confirmed; pid {eve} may still be its process: end it before"
            " another spawn",
        }
        taken = run.state.members["ada"]
        assert (taken.status, taken.runtime_pid, taken.agent_id) == (
            "bootstrap_confirmed", ada, "ada@demo",
        )  # fmt: skip
        evaluator = LaunchEvaluator(tmp_path)
        snapshot = evaluator.evaluate("demo").bootstrap_snapshot
        assert snapshot is not None
        assert (snapshot.summary.confirmed_count, snapshot.summary.pending_count) == (1, 3)
        for phase in [*WAY, "spawning_members"]:
            run.enter(phase)
        waiting = [member.name for member in run.state.members.values() if not member.settled]
        assert waiting == ["zoe", "eve", "bob"]
        for name in waiting:
            run.accept_spawn(name)
            run.confirm(name)
        run.enter("auditing_truth")

    assert run.state.terminal_status == "completed"
    assert {"other-run"} == {found.code for found in audit_team(evaluator, "demo").findings}


def test_members_are_taken_over_again_and_again(tmp_path: Path, killed: list[int]) -> None:
    """A launcher that is killed before it comes far loses nobody."""
    for _ in range(3):
        with BootstrapRun(tmp_path, "demo", members=["ada"], resume=True) as run:
            assert run.state.members["ada"].runtime_pid == killed[0]


# -- One by one ------------------------------------------------------------------------------------


def earlier(**changes: Any) -> dict[str, Any]:
    """The record of a member that was confirmed a minute ago."""
    return {
        "name": "ada",
        "status": "bootstrap_confirmed",
        "lastAttemptAt": THEN - 5_000,
        "lastObservedAt": THEN,
        "runtimePid": 77,
        **changes,
    }


def resumed(root: Path, member: dict[str, Any], **document: Any) -> BootstrapRun:
    state = {"version": 1, "runId": "first", "phase": "spawning_members", "members": [member]}
    (root / "demo").mkdir(exist_ok=True)
    (root / "demo" / STATE_FILE).write_text(json.dumps({**state, **document}))
    table = FakeProcesses(
        alive={77, 78, 79, os.getpid()}, started_at={77: THEN - 4_000, 78: THEN + 2_000},
        zombies={80}, unknown={81},
    )  # fmt: skip
    run = BootstrapRun(
        root, "demo", members=["ada"], resume=True, clock=lambda: NOW, processes=table
    )
    with run:
        pass
    return run


def test_a_confirmed_member_is_taken_over_as_it_was_recorded(tmp_path: Path) -> None:
    run = resumed(tmp_path, earlier(lastAttemptAt="2023-11-14T22:13:15Z", agentId="x" * 201))

    entry = run.state.members["ada"]
    assert run.resumed == ("ada",)
    assert not run.not_resumed
    assert (entry.last_attempt_at, entry.last_observed_at) == (THEN - 5_000, THEN)
    assert entry.agent_id is None  # longer than a run records
    journal = (tmp_path / "demo" / JOURNAL_FILE).read_text().splitlines()
    assert json.loads(journal[2])["detail"] == "pid 77 of the run first"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"runtimePid": None}, "no pid was recorded"),
        ({"runtimePid": 2**40}, "no pid was recorded"),
        ({"runtimePid": 5}, "its process, pid 5, has ended"),
        ({"runtimePid": 80}, "its process, pid 80, has ended"),
        ({"runtimePid": 78}, "pid 78 is another process by now"),
        ({"runtimePid": 79}, "whether pid 79 is still its process cannot be known"),
        ({"lastObservedAt": None}, "whether pid 77 is still its process cannot be known"),
        ({"runtimePid": 81}, "pid 81 may be alive or dead: it could not be asked"),
        ({"status": "registered", "runtimePid": None}, "it was not confirmed"),
        ({"status": "registered", "runtimePid": 5}, "it was not confirmed"),
        ({"status": "runtime_alive"}, "it was not confirmed; pid 77 may still be its process"),
        ({"name": "bob"}, "it is not among this run's members"),
    ],
)
def test_whoever_is_not_taken_over_is_told_of(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    run = resumed(tmp_path, earlier(**changes))

    assert run.resumed == ()
    assert run.state.members["ada"].status == "pending"
    ((name, told),) = run.not_resumed.items()
    assert name == changes.get("name", "ada")
    assert told.startswith(why)


@pytest.mark.parametrize("status", ["pending", "failed", "skipped", "resting"])
def test_of_whom_nothing_is_left_nothing_is_told(tmp_path: Path, status: str) -> None:
    run = resumed(tmp_path, earlier(status=status))

    assert not run.resumed
    assert not run.not_resumed


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (Place("elsewhere", None, None), "the earlier run was on the host 'elsewhere'"),
        (attrs.evolve(Place.here(), boot_id="another"), "was started again since"),
        (attrs.evolve(Place.here(), namespaces="another"), "its pid is of another namespace"),
    ],
)
def test_pids_of_another_place_prove_nothing(tmp_path: Path, place: Place, why: str) -> None:
    lock = attrs.evolve(
        dead_holder(), host=place.host, boot_id=place.boot_id, namespaces=place.namespaces
    )
    (tmp_path / "demo" / ".bootstrap.lock").mkdir(parents=True)
    (tmp_path / "demo" / ".bootstrap.lock" / "metadata.json").write_text(
        json.dumps(lock.document())
    )
    (tmp_path / "demo" / STATE_FILE).write_text(
        json.dumps({"version": 1, "members": [earlier(runtimePid=os.getpid())]})
    )
    with BootstrapRun(tmp_path, "demo", members=["ada"], resume=True, break_unprovable=True) as run:
        assert not run.resumed
        assert why in run.not_resumed["ada"]


def test_a_copy_of_another_teams_folder_is_not_resumed(tmp_path: Path) -> None:
    run = resumed(tmp_path, earlier(), teamName="original")

    assert run.not_resumed == {"ada": "the earlier run's state is of the team 'original'"}


def test_of_a_state_that_cannot_be_read_nobody_is_taken_over(tmp_path: Path) -> None:
    run = resumed(tmp_path, earlier(), version=2)

    assert run.not_resumed == {"ada": "the earlier run's state cannot be read: its version is 2"}


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (lambda path: path.write_bytes(b" " * 300_000), "it holds 300000 bytes"),
        (lambda path: path.mkdir(), "not a regular file"),
        (lambda path: path.symlink_to("elsewhere"), "symbolic links"),
    ],
)
def test_what_is_no_file_to_read_is_told_and_replaced(
    tmp_path: Path, there: Callable[[Path], object], why: str
) -> None:
    (tmp_path / "demo").mkdir()
    there(tmp_path / "demo" / STATE_FILE)
    run = BootstrapRun(tmp_path, "demo", members=["ada"], resume=True)
    with pytest.raises(RecordWriteError) if "regular" in why else nullcontext(), run:
        assert run.state.phase == "validating_spec"

    assert why in run.not_resumed["ada"]


def test_without_an_earlier_run_it_is_a_run_like_any(tmp_path: Path) -> None:
    with BootstrapRun(tmp_path, "demo", members=["ada"], resume=True) as run:
        assert not run.resumed
        assert not run.not_resumed


def test_there_is_room_for_all_who_are_taken_over(tmp_path: Path) -> None:
    """Their ids are given up before a launch is refused that was accepted."""
    names = [f"member-{number}" for number in range(1_000)]
    members = [earlier(name=name, agentId="\0" * 190) for name in names]
    (tmp_path / "demo").mkdir()
    state = {"version": 1, "members": members[:150]}
    (tmp_path / "demo" / STATE_FILE).write_text(json.dumps(state))
    table = FakeProcesses(alive={77, os.getpid()}, started_at={77: THEN})
    with BootstrapRun(tmp_path, "demo", members=names, resume=True, processes=table) as run:
        assert len(run.resumed) == 150
        assert {run.state.members[name].agent_id for name in run.resumed} == {None}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
records = st.fixed_dictionaries(
    {"name": st.sampled_from(["ada", "bob", " ada "])},
    optional={
        "status": st.sampled_from(["bootstrap_confirmed", "registered"]) | values,
        "lastAttemptAt": st.integers(-10, 2 * THEN) | values,
        "lastObservedAt": st.just(THEN) | values,
        "runtimePid": st.just(77) | values,
        "agentId": values,
    },
)


@settings(deadline=None, max_examples=60)
@given(members=st.lists(records, max_size=3), run_id=values)
def test_whatever_an_earlier_state_says_readers_understand_the_new_one(
    members: list[dict[str, Any]], run_id: object
) -> None:
    with TemporaryDirectory() as root:
        folder = os.path.join(root, "demo")  # noqa: PTH118 - a text will do
        os.mkdir(folder)  # noqa: PTH102 - likewise
        with open(os.path.join(folder, STATE_FILE), "w") as file:  # noqa: PTH118, PTH123 - likewise
            json.dump({"version": 1, "runId": run_id, "members": members}, file)
        table = FakeProcesses(alive={77, os.getpid()}, started_at={77: THEN})
        names = ["ada", "bob"]
        with BootstrapRun(root, "demo", members=names, resume=True, processes=table) as run:
            evaluator = LaunchEvaluator(root, processes=table)
            evaluation = evaluator.evaluate("demo")
            assert not evaluation.findings
            assert evaluation.bootstrap_snapshot is not None
            assert len(run.resumed) == evaluation.bootstrap_snapshot.summary.confirmed_count
            assert not audit_team(evaluator, "demo").findings

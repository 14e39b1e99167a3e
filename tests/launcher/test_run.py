"""A run: what readers see of it at every instant, and how it ends, whatever happens."""

# What is tested is how blocks of several statements are left:
# ruff: noqa: PT012

from __future__ import annotations

import asyncio
import errno
import json
import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm import LaunchEvaluator, to_wire
from launchfsm.audit import audit_team
from launchfsm.launcher import (
    BootstrapRun,
    EventRefusedError,
    LockHeldError,
    LockLostError,
    RecordNotDurableError,
    RecordWriteError,
    RunStateError,
    find_lock,
)
from launchfsm.records.documents import JOURNAL_FILE, LOCK_FILE, STATE_FILE
from launchfsm.system.files import FileSystem, read_bounded
from launchfsm.system.folders import TeamNameError
from launchfsm.system.processes import SystemProcesses
from launchfsm.testing import FakeClock, FaultyFileSystem, InjectedFault
from tests.conformance.cases import BOUNDS, PATHS
from tests.launcher.helpers import end_unreaped, line_of, python, tell
from tests.oracle import bootstrap as oracle

NOW = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
WAY: list[Any] = [
    "loading_existing_state",
    "acquiring_bootstrap_lock",
    "creating_team",
    "spawning_members",
    "auditing_truth",
]


class Quick(FileSystem):
    """The real one, that does not wait for the disk."""

    def fsync(self, descriptor: int) -> None:
        """Return at once."""


def quick_run(root: Path, **arguments: Any) -> BootstrapRun:
    defaults: dict[str, Any] = {"members": ["alice", "bob"], "filesystem": Quick()}
    return BootstrapRun(root, "demo", **(defaults | arguments))


def go(run: BootstrapRun, phase: str) -> BootstrapRun:
    for following in WAY[: WAY.index(phase) + 1]:
        run.enter(following)
    return run


def files(root: Path) -> dict[str, bytes]:
    return {
        name: (root / "demo" / name).read_bytes() if (root / "demo" / name).exists() else b""
        for name in (STATE_FILE, JOURNAL_FILE)
    }


def state(root: Path) -> dict[str, Any]:
    document = json.loads(files(root)[STATE_FILE])
    assert isinstance(document, dict)
    return document


def journal(root: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files(root)[JOURNAL_FILE].splitlines()]


def told(root: Path) -> list[str]:
    """The journal in a word or two a line."""
    keys = ("phase", "action", "status", "state")
    return [
        " ".join([line["type"], *(str(line[key]) for key in ("name", *keys) if key in line)])
        for line in journal(root)
    ]


def evaluated(root: Path, now: datetime = NOW) -> dict[str, Any]:
    """What the independent evaluator says of the files."""
    reads: Any = {}
    for kind, path in PATHS.items():
        found = read_bounded(str(root / "demo" / path), limit=BOUNDS[kind])
        reads[kind] = found if isinstance(found, bytes) else found.outcome
    alive = SystemProcesses()
    return oracle.evaluate(
        "demo",
        int(now.timestamp() * 1000),
        is_alive=lambda pid: alive.check(pid).liveness == "alive",
        **reads,
    )


def measured(root: Path, clock: FakeClock) -> Any:
    """What our own evaluator says of the files under the policy that is the specification."""
    evaluator = LaunchEvaluator(root, clock=clock, policy="reference")
    return to_wire(evaluator.evaluate("demo").bootstrap_snapshot)


# -- The block -------------------------------------------------------------------------------------


def test_entering_takes_the_lock_and_records_the_first_phase(tmp_path: Path) -> None:
    with quick_run(tmp_path, run_id="run-1", request_hash="abc", clock=lambda: NOW) as run:
        lock = json.loads((tmp_path / "demo" / LOCK_FILE).read_bytes())

        assert lock["pid"] == os.getpid()
        assert lock["runId"] == "run-1"
        assert lock["requestHash"] == "abc"
        assert lock["ownerStartedAt"] == lock["createdAt"] == 1_700_000_000_000
        assert state(tmp_path) == run.state.document()
        assert state(tmp_path)["phase"] == "validating_spec"
        assert told(tmp_path) == ["lock acquired", "phase validating_spec"]


def test_a_run_from_its_first_phase_to_its_last(tmp_path: Path) -> None:
    with quick_run(tmp_path) as run:
        go(run, "spawning_members")
        run.accept_spawn("alice", runtime_pid=77, agent_id="alice@demo", backend_type="tmux")
        run.registered("alice")
        run.runtime_reported("alice")
        run.confirm("alice")
        run.accept_spawn("bob")
        run.confirm("bob")
        run.enter("auditing_truth")
        run.submit_first_task(detail="write the report")
        run.finish("completed")

    assert told(tmp_path) == [
        "lock acquired",
        "phase validating_spec",
        "phase loading_existing_state",
        "phase acquiring_bootstrap_lock",
        "phase creating_team",
        "phase spawning_members",
        "member alice spawn_started",
        "member alice registered",
        "member alice runtime_alive",
        "member alice bootstrap_confirmed",
        "member bob spawn_started",
        "member bob bootstrap_confirmed",
        "phase auditing_truth",
        "real_task submitted",
        "terminal completed",
        "lock released",
    ]
    assert state(tmp_path)["phase"] == "completed"
    assert state(tmp_path)["terminal"]["status"] == "completed"
    assert state(tmp_path)["realTaskSubmissionState"] == "submitted"
    assert find_lock(str(tmp_path / "demo")) is None
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == [
        JOURNAL_FILE,
        STATE_FILE,
    ]


def test_a_skipped_member_has_not_failed_and_its_reason_is_shown(tmp_path: Path) -> None:
    with quick_run(tmp_path) as run:
        go(run, "spawning_members")
        run.skip("bob", "no login on this machine")
        run.accept_spawn("alice")
        run.confirm("alice")
        run.enter("auditing_truth")

    assert state(tmp_path)["terminal"]["status"] == "completed"
    found = LaunchEvaluator(tmp_path).evaluate("demo")
    assert found.verdict.severity == "ok"
    snapshot = found.bootstrap_snapshot
    assert snapshot is not None
    assert snapshot.team_launch_state == "partial_skipped"
    bob = snapshot.members["bob"]
    assert (bob.launch_state, bob.skip_reason) == (
        "skipped_for_launch", "no login on this machine",
    )  # fmt: skip
    assert "skipped for this launch: no login on this machine" in (bob.diagnostics or ())
    assert not audit_team(LaunchEvaluator(tmp_path), "demo").findings


def test_a_skipped_member_can_start_over(tmp_path: Path) -> None:
    with quick_run(tmp_path, members=["alice"]) as run:
        go(run, "spawning_members")
        run.skip("alice", "too many at once")
        run.retry("alice")
        run.accept_spawn("alice")
        run.confirm("alice")
        run.enter("auditing_truth")

    assert state(tmp_path)["members"][0]["status"] == "bootstrap_confirmed"
    assert not audit_team(LaunchEvaluator(tmp_path), "demo").findings


def test_a_launch_that_attaches_creates_no_team(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    with quick_run(tmp_path, attach=True) as run:
        run.enter("loading_existing_state")
        run.enter("acquiring_bootstrap_lock")
        with pytest.raises(EventRefusedError):
            run.enter("creating_team")
        run.enter("spawning_members")


def test_every_time_is_the_clocks(tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    with quick_run(tmp_path, clock=clock) as run:
        go(run, "spawning_members")
        clock.advance(1)
        run.accept_spawn("alice")
        clock.advance(1)
        run.confirm("alice", heartbeat_at=NOW + timedelta(seconds=1.5))
        clock.advance(1)
        run.finish("failed", reason="why")

    document = state(tmp_path)
    assert document["startedAt"] == 1_700_000_000_000
    assert document["members"][0]["lastAttemptAt"] == 1_700_000_001_000
    assert document["members"][0]["lastObservedAt"] == 1_700_000_001_500
    assert document["updatedAt"] == document["terminal"]["finishedAt"] == 1_700_000_003_000
    assert [line["ts"] - 1_700_000_000_000 for line in journal(tmp_path)] == [
        0, 0, 0, 0, 0, 0, 1000, 2000, 3000, 3000,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (OSError("no more"), "failed", "OSError: no more"),
        (KeyboardInterrupt(), "canceled", "ended by SIGINT"),
        (asyncio.CancelledError(), "canceled", "ended by CancelledError"),
        (SystemExit(3), "failed", "SystemExit: 3"),
    ],
)
def test_leaving_by_an_exception_ends_the_run_with_the_reason(
    tmp_path: Path, error: BaseException, status: str, reason: str
) -> None:
    with pytest.raises(type(error)) as caught, quick_run(tmp_path):
        raise error

    assert caught.value is error
    assert state(tmp_path)["phase"] == state(tmp_path)["terminal"]["status"] == status
    assert journal(tmp_path)[-2]["reason"] == reason
    assert find_lock(str(tmp_path / "demo")) is None


@pytest.mark.parametrize("code", [0, None])
@pytest.mark.parametrize(
    ("phase", "status"), [("auditing_truth", "completed"), ("spawning_members", "failed")]
)
def test_leaving_by_a_good_exit_is_as_leaving_at_the_end(
    tmp_path: Path, code: int | None, phase: str, status: str
) -> None:
    with pytest.raises(SystemExit), quick_run(tmp_path, members=[]) as run:
        go(run, phase)
        raise SystemExit(code)

    assert state(tmp_path)["terminal"]["status"] == status


def test_an_exception_that_cannot_say_what_it_is_ends_the_run_all_the_same(tmp_path: Path) -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise ValueError

    with pytest.raises(MuteError), quick_run(tmp_path):
        raise MuteError

    assert state(tmp_path)["phase"] == "failed"


def test_an_exception_after_the_end_changes_nothing_about_it(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="late"), quick_run(tmp_path) as run:
        go(run, "auditing_truth").finish("completed")
        raise OSError("late")

    assert state(tmp_path)["terminal"]["status"] == "completed"


@pytest.mark.parametrize(
    ("confirmed", "status"),
    [(["alice", "bob"], "completed"), (["alice"], "partial_success"), ([], "failed")],
)
def test_an_audited_run_that_is_just_left_ended_as_its_members_did(
    tmp_path: Path, confirmed: list[str], status: str
) -> None:
    with quick_run(tmp_path) as run:
        go(run, "auditing_truth")
        for name in confirmed:
            run.accept_spawn(name)
            run.confirm(name)

    assert state(tmp_path)["terminal"]["status"] == status


def test_a_run_that_is_left_before_its_audit_has_failed(tmp_path: Path) -> None:
    with quick_run(tmp_path) as run:
        go(run, "spawning_members")

    assert journal(tmp_path)[-2]["reason"] == (
        "the launcher left the run in the phase spawning_members without finishing it"
    )


def test_a_run_is_reported_to_inside_of_its_block_only(tmp_path: Path) -> None:
    run = quick_run(tmp_path)
    with pytest.raises(RunStateError, match="inside of its `with` block"):
        run.enter("loading_existing_state")
    with pytest.raises(RunStateError, match="no state yet"):
        _ = run.state
    with run:
        pass
    before = files(tmp_path)

    with pytest.raises(LockLostError, match="was released"):
        run.submit_first_task()
    with pytest.raises(EventRefusedError):
        run.confirm("alice")
    with pytest.raises(RunStateError, match="make another one"), run:
        raise AssertionError

    assert files(tmp_path) == before


def test_the_records_of_an_earlier_run_give_way_but_for_the_journal(tmp_path: Path) -> None:
    with quick_run(tmp_path, run_id="first"):
        pass
    with open(tmp_path / "demo" / JOURNAL_FILE, "ab") as torn:  # noqa: PTH123 - to append bytes
        torn.write(b'{"ts":1,"type":"ph')

    with quick_run(tmp_path, run_id="second"):
        assert state(tmp_path)["runId"] == "second"
        assert [line["runId"] for line in journal(tmp_path)] == ["first"] * 4 + ["second"] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"members": ["a", "a"]}, "two members cannot both be called"),
        ({"members": [f"member-{n}" for n in range(3000)]}, "launch them as several teams"),
        ({"run_id": " "}, "a run's id cannot be"),
        ({"run_id": "run "}, "readers trim it"),
        ({"durability": "never"}, "durability is one of every_change, phases"),
        ({"lock_timeout": -1}, "lock_timeout is a number of seconds from 0 on"),
        ({"lock_timeout": float("nan")}, "lock_timeout is a number of seconds from 0 on"),
    ],
)
def test_what_readers_would_not_take_is_refused_before_anything_is_written(
    tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        quick_run(tmp_path, **arguments)

    assert list(tmp_path.iterdir()) == []


def test_a_team_name_cannot_lead_out_of_the_root(tmp_path: Path) -> None:
    with pytest.raises(TeamNameError):
        BootstrapRun(tmp_path, "../demo")


# -- What readers see ------------------------------------------------------------------------------

NAMES = st.sampled_from(["alice", "bob"])
EVENTS = st.one_of(
    st.tuples(st.just("enter"), st.sampled_from([*WAY])),
    st.tuples(st.just("accept_spawn"), NAMES),
    st.tuples(st.just("registered"), NAMES),
    st.tuples(st.just("runtime_reported"), NAMES),
    st.tuples(st.just("confirm"), NAMES),
    st.tuples(st.just("fail"), NAMES, st.text(min_size=1).map(lambda text: f"why {text}")),
    st.tuples(st.just("retry"), NAMES),
    st.tuples(st.just("submit_first_task"), st.sampled_from(["submitted", "unknown"])),
    st.tuples(
        st.just("finish"),
        st.sampled_from(["completed", "partial_success", "failed", "canceled"]),
    ),
)


@settings(deadline=None, max_examples=30)  # it uses a disk
@given(st.lists(EVENTS, max_size=12), st.integers(min_value=0, max_value=5))
def test_the_snapshot_is_what_an_evaluator_of_the_files_says_and_refusals_change_nothing(
    events: list[tuple[str, ...]], ahead: int
) -> None:
    clock = FakeClock(NOW)
    with TemporaryDirectory() as name:
        root = Path(name)
        with quick_run(root, clock=clock) as run:
            for phase in WAY[:ahead]:
                run.enter(phase)
            for event, *arguments in events:
                clock.advance(1)
                before, known = files(root), run.state
                try:
                    getattr(run, event)(*arguments)
                except EventRefusedError:
                    assert files(root) == before
                    assert run.state is known
                else:
                    assert files(root)[JOURNAL_FILE].startswith(before[JOURNAL_FILE])
                    assert len(journal(root)) == before[JOURNAL_FILE].count(b"\n") + 1
                assert state(root) == run.state.document()
                assert measured(root, clock) == evaluated(root, clock())["launch_snapshot"]
        assert measured(root, clock) == evaluated(root, clock())["launch_snapshot"]
        assert (
            run.snapshot() == LaunchEvaluator(root, clock=clock).evaluate("demo").bootstrap_snapshot
        )


def test_between_any_two_system_calls_readers_see_the_old_state_or_the_new_one(
    tmp_path: Path,
) -> None:
    seen: list[Any] = []

    class Watching(FaultyFileSystem):
        def fsync(self, descriptor: int) -> None:
            """Return at once, but be recorded."""
            self._call("fsync", lambda _: None, descriptor)

        def _call(self, *arguments: Any) -> Any:
            result: Any = super()._call(*arguments)
            runtime = evaluated(tmp_path)["runtime_state"]
            if runtime is not None:
                assert "error" not in runtime["progress"]
                assert "unreadable" not in str(runtime)
            said = runtime and (runtime["progress"]["state"], runtime["progress"]["message"])
            if seen[-1:] != [said]:
                seen.append(said)
            return result

    with quick_run(tmp_path, filesystem=Watching(), clock=lambda: NOW) as run:
        go(run, "auditing_truth")

    assert seen == [
        None,
        *(oracle.PROGRESS[phase] for phase in ["validating_spec", *WAY[:3]]),
        ("assembling", "Spawning teammate runtimes (2)"),
        oracle.PROGRESS["auditing_truth"],
        None,
    ]


def test_a_reader_never_sees_a_state_that_the_journal_does_not_tell_of(tmp_path: Path) -> None:
    class Watching(FaultyFileSystem):
        def _call(self, *arguments: Any) -> Any:
            result: Any = super()._call(*arguments)
            if (tmp_path / "demo" / STATE_FILE).exists() and "terminal" not in state(tmp_path):
                phases = [line.get("phase") for line in journal(tmp_path) if "phase" in line]
                assert state(tmp_path)["phase"] in phases[-2:]
            return result

    with quick_run(tmp_path, filesystem=Watching()) as run:
        go(run, "auditing_truth")
        run.submit_first_task()


# -- The lock --------------------------------------------------------------------------------------


def test_a_team_is_launched_by_one_run_at_a_time(tmp_path: Path) -> None:
    with quick_run(tmp_path, run_id="first") as first:
        second = quick_run(tmp_path, run_id="second")
        before = files(tmp_path)
        with pytest.raises(LockHeldError, match="for the run 'first'"), second:
            raise AssertionError
        assert files(tmp_path) == before
        first.finish("canceled")
    with second:
        assert state(tmp_path)["runId"] == "second"


def test_an_event_loop_goes_on_while_a_lock_is_waited_for(tmp_path: Path) -> None:
    async def launch() -> list[str]:
        seen = []
        with quick_run(tmp_path, run_id="first") as first:
            second = quick_run(tmp_path, run_id="second", lock_timeout=60)

            async def wait() -> None:
                async with second:
                    seen.append(state(tmp_path)["runId"])

            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0)
            first.finish("canceled")
        await waiting
        return seen

    assert asyncio.run(launch()) == ["second"]
    with quick_run(tmp_path), pytest.raises(LockHeldError):
        asyncio.run(quick_run(tmp_path).__aenter__())


LAUNCH_AND_WAIT = """
import sys
from launchfsm.launcher import BootstrapRun, LauncherError
try:
    with BootstrapRun(sys.argv[1], "demo", members=["alice"], run_id="old") as run:
        run.enter("loading_existing_state")
        print("running", flush=True)
        sys.stdin.readline()
        try:
            run.enter("acquiring_bootstrap_lock")
        except LauncherError as error:
            print(type(error).__name__, flush=True)
except LauncherError as error:
    print(type(error).__name__, flush=True)
"""


def test_a_run_whose_owner_was_killed_is_succeeded_by_the_next(tmp_path: Path) -> None:
    with python(LAUNCH_AND_WAIT, str(tmp_path)) as owner:
        assert line_of(owner) == b"running\n"
        end_unreaped(owner)

    with quick_run(tmp_path, run_id="new"):
        assert told(tmp_path)[-2:] == ["lock stolen", "phase validating_spec"]
        assert journal(tmp_path)[-2]["previousPid"] == owner.pid
        assert journal(tmp_path)[-2]["previousRunId"] == "old"


def test_a_run_that_was_paused_while_another_took_over_writes_nothing_any_more(
    tmp_path: Path,
) -> None:
    with python(LAUNCH_AND_WAIT, str(tmp_path)) as owner:
        assert line_of(owner) == b"running\n"
        owner.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, owner.pid, os.WSTOPPED | os.WNOWAIT)
        with pytest.raises(LockHeldError, match="Its owner lives"), quick_run(tmp_path):
            raise AssertionError
        shutil.rmtree(tmp_path / "demo" / ".bootstrap.lock")  # what people do then
        with quick_run(tmp_path, run_id="new") as run:
            go(run, "creating_team")
            before = files(tmp_path)

            owner.send_signal(signal.SIGCONT)
            tell(owner, b"go on\n")

            assert line_of(owner) == b"LockLostError\n"
            assert line_of(owner) == b"LockLostError\n"
            owner.wait()
            assert files(tmp_path) == before
            assert state(tmp_path)["runId"] == "new"
            run.enter("spawning_members")


def test_leaving_a_run_that_lost_its_lock_says_so_and_harms_nobody(tmp_path: Path) -> None:
    old = quick_run(tmp_path, run_id="old").__enter__()
    shutil.rmtree(tmp_path / "demo" / ".bootstrap.lock")
    with quick_run(tmp_path, run_id="new") as new:
        before = files(tmp_path)
        with pytest.raises(LockLostError, match=r"taken over \(pid \d+ for the run 'new'"):
            old.__exit__(None, None, None)
        assert files(tmp_path) == before
        new.enter("loading_existing_state")


def test_an_exception_on_its_way_out_of_a_lost_run_has_the_loss_as_a_note(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught, quick_run(tmp_path):
        shutil.rmtree(tmp_path / "demo" / ".bootstrap.lock")
        raise ZeroDivisionError

    (note,) = caught.value.__notes__
    assert note.startswith("The end of the run could not be recorded: ")
    assert "was removed by somebody" in note


def test_a_forked_child_neither_reports_nor_ends_the_run(tmp_path: Path) -> None:
    with quick_run(tmp_path) as run:
        before = files(tmp_path)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                run.__exit__(None, None, None)
                code = 2
                run.enter("loading_existing_state")
            except LockLostError:
                code = 0 if code == 2 else 3
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        assert files(tmp_path) == before
        run.enter("loading_existing_state")


def test_a_run_is_the_process_s_that_enters_it_whoever_made_it(tmp_path: Path) -> None:
    run = quick_run(tmp_path)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with run:
                code = 0 if state(tmp_path)["ownerPid"] == os.getpid() else 2
        finally:
            os._exit(code)

    assert os.waitpid(child, 0)[1] == 0
    assert state(tmp_path)["ownerPid"] == child
    assert state(tmp_path)["phase"] == "failed"


# -- Threads ---------------------------------------------------------------------------------------


def test_threads_may_report_at_the_same_time(tmp_path: Path) -> None:
    names = [f"member-{number}" for number in range(24)]
    together = Barrier(8)

    def report(part: list[str]) -> None:
        together.wait()
        for name in part:
            run.accept_spawn(name)
            run.registered(name)
            run.confirm(name)

    with quick_run(tmp_path, members=names) as run, ThreadPoolExecutor(8) as pool:
        go(run, "spawning_members")
        for done in [pool.submit(report, names[start::8]) for start in range(8)]:
            done.result()

        assert {entry.status for entry in run.state.members.values()} == {"bootstrap_confirmed"}
        assert state(tmp_path) == run.state.document()
        for name in names:
            told_of_it = [line for line in told(tmp_path) if line.startswith(f"member {name} ")]
            assert [line.split()[-1] for line in told_of_it] == [
                "spawn_started",
                "registered",
                "bootstrap_confirmed",
            ]


def test_of_threads_that_report_the_same_one_is_refused(tmp_path: Path) -> None:
    together = Barrier(8)

    def report(_: int) -> bool:
        together.wait()
        try:
            run.accept_spawn("alice")
        except EventRefusedError:
            return False
        return True

    with quick_run(tmp_path) as run, ThreadPoolExecutor(8) as pool:
        go(run, "spawning_members")
        assert sorted(pool.map(report, range(8))) == [False] * 7 + [True]


# -- When the disk fails ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("durability", "member_syncs", "phase_syncs"), [("every_change", 3, 3), ("phases", 2, 3)]
)
def test_durability_says_what_is_waited_for(
    tmp_path: Path, durability: Any, member_syncs: int, phase_syncs: int
) -> None:
    filesystem = FaultyFileSystem()

    def syncs() -> int:
        return [call.method for call in filesystem.calls].count("fsync")

    with quick_run(tmp_path, filesystem=filesystem, durability=durability) as run:
        go(run, "creating_team")
        start = syncs()
        run.enter("spawning_members")
        assert syncs() - start == phase_syncs
        start = syncs()
        run.accept_spawn("alice")
        assert syncs() - start == member_syncs


def test_the_folder_of_a_new_team_is_on_the_disk_before_its_records_are(tmp_path: Path) -> None:
    filesystem = FaultyFileSystem()
    with quick_run(tmp_path, filesystem=filesystem):
        calls = [(call.method, call.arguments[0]) for call in filesystem.calls]

    root = filesystem.calls[0].result
    assert calls[:3] == [
        ("open", str(tmp_path)),
        ("mkdir", str(tmp_path / "demo")),
        ("fsync", root),
    ]


CODES = (errno.ENOSPC, errno.EROFS, errno.EIO)


@pytest.mark.parametrize("event", ["enter", "accept_spawn", "submit_first_task", "finish"])
def test_whichever_call_fails_an_event_happened_everywhere_or_nowhere(
    tmp_path: Path, event: str
) -> None:
    """The campaign of `tests/crash` has every call fail in every way."""
    arguments = {
        "enter": ["loading_existing_state"], "accept_spawn": ["alice"], "finish": ["failed"],
    }.get(event, [])  # fmt: skip
    for at in range(1, 60):
        root, code = tmp_path / str(at), CODES[at % len(CODES)]
        root.mkdir()
        filesystem = FaultyFileSystem()
        with quick_run(root, filesystem=filesystem) as run:
            if event == "accept_spawn":
                go(run, "spawning_members")
            before, known, calls = files(root), run.state, len(filesystem.calls)
            filesystem._faults.append(InjectedFault(code, at=calls + at))
            try:
                getattr(run, event)(*arguments)
            except RecordNotDurableError:
                assert state(root) == run.state.document() != known.document()
            except RecordWriteError as error:
                assert error.errno == code  # noqa: PT017 - the files are asserted below
                assert files(root) == before
                assert run.state is known
            else:
                assert state(root) == run.state.document() != known.document()
            used = len(filesystem.calls) - calls
            filesystem._faults.clear()
            if run.state is known:
                getattr(run, event)(*arguments)
        assert state(root)["phase"] == "failed"
        assert find_lock(str(root / "demo")) is None
        if at > used:
            return
    pytest.fail("no end of calls")


def test_whichever_call_fails_a_run_has_begun_or_there_is_no_sign_of_one(tmp_path: Path) -> None:
    for at in range(1, 100):
        root, code = tmp_path / str(at), CODES[at % len(CODES)]
        root.mkdir()
        with quick_run(root, run_id="earlier"):
            pass
        before = evaluated(root)["launch_snapshot"]
        filesystem = FaultyFileSystem(InjectedFault(code, at=at))
        begun = False
        try:
            with quick_run(root, run_id="new", filesystem=filesystem):
                begun, used = True, len(filesystem.calls)
        except RecordWriteError as error:
            assert error.errno == code  # noqa: PT017 - the files are asserted below
        if not begun:
            assert evaluated(root)["launch_snapshot"]["launchPhase"] == "finished"
            assert state(root)["runId"] == "new" or before == evaluated(root)["launch_snapshot"]
            assert find_lock(str(root / "demo")) is None
        elif at > used:
            return
    pytest.fail("no end of calls")


class Refusing(FileSystem):
    """A disk that at some point takes nothing more, or is gone."""

    code: int | None = None
    methods: frozenset[str] = frozenset()

    def __getattribute__(self, name: str) -> Any:
        code = object.__getattribute__(self, "code")
        if code is not None and name in object.__getattribute__(self, "methods"):
            raise OSError(code, os.strerror(code))
        return object.__getattribute__(self, name)


def test_a_full_disk_is_a_clear_error_and_the_lock_is_free_afterwards(tmp_path: Path) -> None:
    disk = Refusing()
    with (
        pytest.raises(RecordWriteError, match="The disk is full: make room") as caught,
        quick_run(tmp_path, filesystem=disk) as run,
    ):
        before = files(tmp_path)
        disk.code, disk.methods = errno.ENOSPC, frozenset({"write", "mkdir"})
        run.enter("loading_existing_state")

    assert caught.value.filename
    assert "What was recorded before is intact." in str(caught.value)
    assert len(caught.value.__notes__) == 2  # neither the end nor the release could be told
    assert files(tmp_path) == before
    assert find_lock(str(tmp_path / "demo")) is None


def test_a_read_only_disk_is_a_clear_error_and_changes_nothing(tmp_path: Path) -> None:
    disk = Refusing()
    with (
        pytest.raises(RecordWriteError, match="read-only"),
        quick_run(tmp_path, filesystem=disk) as run,
    ):
        before = files(tmp_path)
        disk.code = errno.EROFS
        disk.methods = frozenset(
            {"write", "mkdir", "rename", "unlink", "rmdir", "ftruncate", "fchmod"}
        )
        run.enter("loading_existing_state")

    assert files(tmp_path) == before


def test_a_folder_that_vanished_is_a_clear_error(tmp_path: Path) -> None:
    with (
        pytest.raises(RecordWriteError, match="is not there, or not any more") as caught,
        quick_run(tmp_path) as run,
    ):
        shutil.rmtree(tmp_path / "demo")
        run.enter("loading_existing_state")

    assert caught.value.errno == errno.ENOENT
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("attach", [False, True])
def test_a_root_or_team_that_does_not_exist_is_a_clear_error(
    tmp_path: Path, *, attach: bool
) -> None:
    root = tmp_path if attach else tmp_path / "nowhere"

    message = (
        "The folder is not there" if attach else "^there is no teams root .*nowhere: create it"
    )
    with pytest.raises(RecordWriteError, match=message) as caught:
        quick_run(root, attach=attach).__enter__()

    assert caught.value.filename == str(root / "demo" if attach else root)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_team_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("")

    with pytest.raises(RecordWriteError, match="Something that is no folder is in the way"):
        quick_run(tmp_path).__enter__()

"""Member processes: real ones that confirm, fail, hang, hide and outlive; and who ends them."""

# What is tested is how blocks of several statements are left:
# ruff: noqa: PT012

from __future__ import annotations

import json
import os
import select
import selectors
import shutil
import signal
import sys
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.launcher import (
    BootstrapRun,
    EventRefusedError,
    LauncherError,
    LockLostError,
    MemberProcess,
    MemberProcesses,
    RunStateError,
    UnknownMemberError,
)
from launchfsm.records.documents import JOURNAL_FILE, STATE_FILE
from tests.launcher.helpers import end_unreaped, python, read_to_end

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAY: list[Any] = [
    "loading_existing_state",
    "acquiring_bootstrap_lock",
    "creating_team",
    "spawning_members",
]


def say(word: str) -> str:
    return f'echo {word} >> "$LAUNCHFSM_CHECK_IN"'


CONFIRM = say("bootstrap_confirmed")
HANG = "cat"  # until its input ends, which it does when the test is over
HANG_BEHIND = "exec 3<&0; cat <&3 &"


@pytest.fixture(params=["pidfd", "thread"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """See ends on a pidfd, and where there is none."""
    if request.param == "thread":
        monkeypatch.delattr(os, "pidfd_open", raising=False)


class Stage:
    """A run in which members can be spawned, and what shows whether any of them lives."""

    run: BootstrapRun
    members: MemberProcesses

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hold, self.hold_end = os.pipe()  # input that ends when the test does
        self.life, self.life_end = os.pipe()  # output that ends when all processes have

    @contextmanager
    def launch(self, **arguments: Any) -> Iterator[BootstrapRun]:
        """Enter a run as far as members can be spawned; leave it as a run is left."""
        run = BootstrapRun(self.root, "demo", members=["alice", "bob"], durability="phases")
        with run:
            for phase in WAY:
                run.enter(phase)
            self.run = run
            self.members = MemberProcesses(
                run, **({"confirm_within": 60.0, "grace": 30.0} | arguments)
            )
            yield run

    def spawn(self, script: str, name: str = "alice", **arguments: Any) -> MemberProcess:
        process = self.members.spawn(
            name, ["sh", "-c", script], stdin=self.hold, stdout=self.life_end, **arguments
        )
        assert process is not None
        return process

    def said(self) -> bytes:
        """Wait until every process is gone, and return what they wrote."""
        os.close(self.life_end)
        self.life_end = os.open(os.devnull, os.O_WRONLY)
        return read_to_end(self.life)

    def lives(self) -> bool:
        """Say whether any process is left, without waiting."""
        os.close(self.life_end)
        self.life_end = os.open(os.devnull, os.O_WRONLY)
        return not select.select([self.life], [], [], 0)[0]

    def member(self, name: str = "alice") -> tuple[str, str | None]:
        entry = self.run.state.members[name]
        return entry.status, entry.failure_reason

    def close(self) -> None:
        for descriptor in (self.hold, self.hold_end, self.life, self.life_end):
            os.close(descriptor)


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def actions(root: Path, name: str = "alice") -> list[str]:
    lines = (root / "demo" / JOURNAL_FILE).read_text().splitlines()
    records = [json.loads(line) for line in lines]
    return [record["action"] for record in records if record.get("name") == name]


# -- What members do -------------------------------------------------------------------------------


@pytest.mark.usefixtures("either_way")
def test_a_member_that_checks_in_is_confirmed(it: Stage, tmp_path: Path) -> None:
    with it.launch() as run:
        process = it.spawn(f"{say('registered')}; {say('runtime_alive')}; {CONFIRM}; {HANG}")

        assert it.members.wait()
        assert it.member() == ("bootstrap_confirmed", None)
        assert run.state.members["alice"].runtime_pid == process.pid
        assert process.returncode is None

    assert it.said() == b""
    assert actions(tmp_path) == [
        "spawn_started",
        "registered",
        "runtime_alive",
        "bootstrap_confirmed",
    ]


def test_a_member_in_python_checks_in_by_a_call(it: Stage) -> None:
    code = "from launchfsm.launcher import check_in; check_in('bootstrap_confirmed')"
    with it.launch():
        it.members.spawn("alice", [sys.executable, "-c", code])
        it.members.wait()

        assert it.member() == ("bootstrap_confirmed", None)


def test_a_member_may_be_confirmed_by_the_launcher_instead(it: Stage) -> None:
    with it.launch() as run:
        it.spawn(HANG)
        assert not it.members.wait(timeout=0)

        run.confirm("alice")

        assert it.members.wait()


def test_what_a_member_repeats_is_reported_once(it: Stage, tmp_path: Path) -> None:
    with it.launch():
        it.spawn(f"{say('registered')}; " * 50 + CONFIRM)
        it.members.wait()

    assert actions(tmp_path) == ["spawn_started", "registered", "bootstrap_confirmed"]


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 3", "exited with status 3 before it confirmed"),
        ("exit 0", "exited with status 0 before it confirmed"),
        ("kill -SEGV $$", "was killed by SIGSEGV before it confirmed"),
        ("kill -40 $$", "was killed by signal 40 before it confirmed"),
        (
            "echo one >&2; echo two >&2; exit 1",
            "exited with status 1 before it confirmed: one\ntwo",
        ),
        (f"{say('failed out of memory')}; {HANG}", "out of memory"),
        (f"{say('failed')}; {HANG}", "it reported that it failed"),
    ],
)
def test_a_member_that_ends_before_it_confirmed_fails_with_the_reason(
    it: Stage, script: str, reason: str
) -> None:
    with it.launch():
        it.spawn(script)

        assert it.members.wait()
        assert it.member() == ("failed", reason)


def test_only_the_last_lines_of_much_error_output_are_the_reason(it: Stage) -> None:
    with it.launch():
        it.spawn("i=0; while [ $i -lt 999 ]; do echo line $i; i=$((i+1)); done >&2; exit 1")
        it.members.wait()

        reason = it.member()[1]
        assert reason is not None
        assert reason.startswith("exited with status 1 before it confirmed: line 8")
        assert reason.endswith("line 997\nline 998")
        assert len(reason) < 1_100


def test_error_output_of_any_bytes_is_no_reason_to_fail(it: Stage) -> None:
    with it.launch():
        it.spawn(r"printf '\377\000\033[31m' >&2; exit 1")
        it.members.wait()

        assert it.member() == (
            "failed",
            "exited with status 1 before it confirmed: \ufffd\0\033[31m",
        )


def test_error_output_can_go_to_a_log_that_is_kept(it: Stage, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("of an earlier launch\n")
    with it.launch():
        it.spawn("echo new >&2; exit 1", log=tmp_path / "log")
        it.members.wait()

        assert it.member()[1] == "exited with status 1 before it confirmed: new"
    assert (tmp_path / "log").read_text() == "of an earlier launch\nnew\n"


def test_a_member_that_confirms_and_ends_at_once_was_confirmed(it: Stage) -> None:
    with it.launch():
        process = it.spawn(f"{CONFIRM}; exit 7")
        it.members.wait()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

        assert it.member() == ("bootstrap_confirmed", None)
        assert process.returncode == 7


def test_a_command_that_does_not_exist_fails_its_member_and_nothing_else(
    it: Stage, tmp_path: Path
) -> None:
    with it.launch():
        assert it.members.spawn("alice", [tmp_path / "nowhere"]) is None
        it.spawn(CONFIRM, "bob")

        assert it.members.wait()
        status, reason = it.member()
        assert status == "failed"
        assert reason is not None
        assert reason.startswith("it could not be spawned: [Errno 2] No such file or directory")
        assert it.member("bob") == ("bootstrap_confirmed", None)
    assert actions(tmp_path) == ["spawn_failed"]


@pytest.mark.usefixtures("either_way")
def test_a_member_that_takes_too_long_fails_and_is_ended(it: Stage) -> None:
    with it.launch(confirm_within=0.01):
        process = it.spawn(HANG)
        it.spawn(CONFIRM, "bob", confirm_within=60)

        assert it.members.wait()
        assert it.member() == ("failed", "it did not confirm within 10ms")
        assert it.member("bob") == ("bootstrap_confirmed", None)
        assert it.said() == b""
        assert process.wait() == -signal.SIGTERM


def test_a_member_that_confirmed_may_take_its_time(it: Stage) -> None:
    """The time of a second member runs out after that of the first would have."""
    with it.launch(confirm_within=60):
        it.spawn(f"{CONFIRM}; {HANG}", confirm_within=60)
        it.members.wait()
        it.spawn(HANG, "bob", confirm_within=0.01)
        it.members.wait()

        assert it.member() == ("bootstrap_confirmed", None)


def test_a_failed_member_can_be_tried_again(it: Stage, tmp_path: Path) -> None:
    with it.launch() as run:
        it.spawn("exit 1")
        it.members.wait()
        run.retry("alice")
        it.spawn(CONFIRM)
        it.members.wait()

    assert actions(tmp_path) == [
        "spawn_started",
        "failed",
        "pending",
        "spawn_started",
        "bootstrap_confirmed",
    ]


def test_a_member_runs_where_and_as_it_is_told(it: Stage, tmp_path: Path) -> None:
    with it.launch():
        it.spawn(f"pwd; echo $GREETING; {CONFIRM}", cwd=tmp_path, env={"GREETING": "hello"})
        it.members.wait()

    assert it.said() == f"{tmp_path}\nhello\n".encode()


def test_what_is_heard_of_a_member_that_was_just_let_go_is_nobodys_business(
    it: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request to let it go and what it says are there at once, and the request comes first."""
    reporting, go_on = Event(), Event()

    def registered(*_: object, **__: object) -> None:
        reporting.set()
        go_on.wait()

    with it.launch(keep="always") as run:
        monkeypatch.setattr(run, "registered", registered)
        process = it.spawn(f"{say('registered')}; read go; {say('runtime_alive')}; {HANG}")
        watcher = it.members._watcher
        assert watcher is not None
        reporting.wait()
        os.write(it.hold_end, b"go\n")
        wait_for_check_in(process)
        select, bell = watcher._selector.select, watcher._bell
        monkeypatch.setattr(
            watcher._selector,
            "select",
            lambda pause: sorted(select(pause), key=lambda ready: ready[0].fd != bell),
        )
        watcher._request(lambda: watcher._close(lambda _: True, reason="let go"))
        go_on.set()
        it.members.end()

        assert it.member() == ("spawn_started", None)
    process.kill()
    assert it.said() == b""


def wait_for_check_in(process: MemberProcess) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(process.check_in_descriptor, selectors.EVENT_READ)
        assert selector.select(60)


# -- What is refused -------------------------------------------------------------------------------


def test_a_spawn_that_is_refused_starts_nothing(it: Stage) -> None:
    with it.launch() as run:
        run.fail("alice", "why")
        with pytest.raises(EventRefusedError):
            it.spawn("echo started")
        with pytest.raises(UnknownMemberError):
            it.spawn("echo started", "carol")
        run.finish("canceled")
        with pytest.raises(EventRefusedError):
            it.spawn("echo started", "bob")

    assert it.said() == b""


def test_a_process_that_could_not_be_reported_is_ended_again(it: Stage, tmp_path: Path) -> None:
    with pytest.raises(LockLostError), it.launch():
        shutil.rmtree(tmp_path / "demo" / ".bootstrap.lock")
        it.spawn(HANG)

    assert it.said() == b""


def test_a_command_is_a_list_of_words(it: Stage) -> None:
    with it.launch(), pytest.raises(TypeError, match=r"such as \['ls', '-l'\]"):
        it.members.spawn("alice", "ls -l")


def test_who_is_kept_is_one_of_three_words(it: Stage) -> None:
    with it.launch() as run, pytest.raises(ValueError, match="never, completed, always"):
        MemberProcesses(run, keep="sometimes")  # type: ignore[arg-type]  # on purpose


def test_what_members_did_but_could_not_be_reported_is_told_to_who_waits(
    it: Stage, tmp_path: Path
) -> None:
    with pytest.raises(LockLostError) as caught, it.launch():
        it.spawn(f"read go; {CONFIRM}; {HANG}")
        shutil.rmtree(tmp_path / "demo" / ".bootstrap.lock")
        os.write(it.hold_end, b"go\n")
        it.members.wait()

    assert "was removed by somebody" in str(caught.value)
    assert it.said() == b""


# -- Who ends them ---------------------------------------------------------------------------------

ORPHANS = f"{HANG_BEHIND} {HANG_BEHIND} {CONFIRM}; wait"


@pytest.mark.usefixtures("either_way")
def test_groups_end_with_the_run(it: Stage) -> None:
    with it.launch() as run:
        process = it.spawn(ORPHANS)
        it.spawn(HANG, "bob")
        run.wait_until(lambda state: state.members["alice"].settled)
        run.enter("auditing_truth")

    assert it.said() == b""
    assert process.returncode == -signal.SIGTERM
    assert it.member("bob") == ("failed", "the launch ended before it confirmed")
    assert run.state.terminal_status == "partial_success"


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_no_orphan_outlives_a_launch_that_failed(it: Stage, error: type[BaseException]) -> None:
    with pytest.raises(error), it.launch(keep="completed"):
        it.spawn(ORPHANS)
        it.members.wait()
        raise error

    assert it.said() == b""


def test_what_a_leader_left_behind_when_it_failed_is_ended(it: Stage) -> None:
    with it.launch():
        it.spawn(f"{HANG_BEHIND} exit 1")
        it.members.wait()

        assert it.said() == b""


def test_what_the_leader_of_a_member_that_was_given_up_leaves_behind_is_ended(it: Stage) -> None:
    with it.launch() as run:
        process = it.spawn(f"{HANG_BEHIND} {HANG}")
        run.fail("alice", "the launcher gave it up")
        assert it.members.wait()
        os.kill(process.pid, signal.SIGKILL)

        assert it.said() == b""


def test_what_a_confirmed_leader_left_behind_ends_with_the_run(it: Stage) -> None:
    with it.launch():
        process = it.spawn(f"{HANG_BEHIND} {CONFIRM}")
        it.members.wait()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert it.lives()

    assert it.said() == b""


def test_a_member_that_ignores_sigterm_is_killed_after_the_grace(it: Stage) -> None:
    with it.launch(grace=0.05):
        process = it.spawn(f"trap '' TERM; {CONFIRM}; {HANG}")
        it.members.wait()

    assert it.said() == b""
    assert process.returncode == -signal.SIGKILL


def test_a_member_may_end_in_its_own_way(it: Stage) -> None:
    with it.launch():
        it.spawn(f"trap 'echo bye; exit' TERM; {CONFIRM}; {HANG_BEHIND} wait")
        it.members.wait()

    assert it.said() == b"bye\n"


def test_members_can_be_ended_before_the_run_is(it: Stage) -> None:
    with it.launch() as run:
        it.spawn(f"{CONFIRM}; {HANG}")
        it.spawn(HANG, "bob")
        run.wait_until(lambda state: state.members["alice"].settled)

        it.members.end()

        assert it.said() == b""
        assert it.member() == ("bootstrap_confirmed", None)
        assert it.member("bob") == ("failed", "the launch ended before it confirmed")
        it.members.end()
        run.retry("bob")
        with pytest.raises(RunStateError, match="were ended"):
            it.spawn(HANG, "bob")


def test_members_of_a_completed_launch_live_on_when_asked_to(it: Stage) -> None:
    with it.launch(keep="completed") as run:
        kept = it.spawn(f"{CONFIRM}; read go; echo working; echo note >&2; {HANG}")
        ended = it.spawn(f"{say('failed')}; {HANG}", "bob")
        it.members.wait()
        run.enter("auditing_truth")
        run.finish("partial_success")

    assert ended.returncode == -signal.SIGTERM
    assert kept.returncode is None
    os.write(it.hold_end, b"go\n")
    assert os.read(it.life, 99) == b"working\n"
    kept.kill()
    assert it.said() == b""


def test_nobody_is_ended_when_nobody_is_to_be(it: Stage) -> None:
    with pytest.raises(ZeroDivisionError), it.launch(keep="always", confirm_within=0.01):
        late = it.spawn(HANG)
        left = it.spawn("exit 1", "bob", confirm_within=60)
        it.members.wait()
        raise ZeroDivisionError

    assert it.member() == ("failed", "it did not confirm within 10ms")
    assert late.returncode is None
    assert left.wait() == 1
    late.kill()
    assert it.said() == b""


def test_a_run_without_processes_ends_without_ado(it: Stage) -> None:
    with it.launch():
        assert it.members.wait()

    it.members.end()


def test_a_group_that_cannot_be_ended_is_told(it: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launchfsm.launcher.watcher._AFTER_KILL", 0.05)
    with pytest.raises(LauncherError, match="could not be ended"), it.launch(grace=0):
        process = it.spawn(f"{CONFIRM}; {HANG}")
        it.members.wait()
        monkeypatch.setattr(process, "signal_group", lambda _: True)

    monkeypatch.undo()
    process.kill()


def test_whatever_breaks_the_watcher_nobody_waits_for_ever(
    it: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(MemberProcess, "check_ins", broken)
    with pytest.raises(ZeroDivisionError), it.launch():
        process = it.spawn(f"{CONFIRM}; {HANG}")
        it.members.wait()

    assert it.said() == b""
    assert process.wait() == -signal.SIGKILL


LAUNCH_FOR_EVER = """
import sys
from launchfsm.launcher import BootstrapRun, MemberProcesses
with BootstrapRun(sys.argv[1], "demo", members=["alice", "bob"]) as run:
    members = MemberProcesses(run, keep="completed")
    for name in ("alice", "bob"):
        members.spawn(name, ["sh", "-c", sys.argv[2]], stdin=0, stdout=1)
    members.wait()
    print("up", flush=True)
    members.wait(timeout=None)
    sys.stdin.read()
"""


def test_no_orphan_outlives_a_launcher_that_was_killed(tmp_path: Path) -> None:
    with python(LAUNCH_FOR_EVER, str(tmp_path), f"{CONFIRM}; sleep 600") as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == b"up\n"
        end_unreaped(launcher)

        assert read_to_end(launcher.stdout.fileno()) == b""


def test_an_interrupted_launcher_ends_its_members_and_says_that_it_was_canceled(
    tmp_path: Path,
) -> None:
    with python(LAUNCH_FOR_EVER, str(tmp_path), f"{CONFIRM}; sleep 600") as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == b"up\n"
        launcher.send_signal(signal.SIGINT)

        assert read_to_end(launcher.stdout.fileno()) == b""
        assert launcher.wait() == -signal.SIGINT
    state = json.loads((tmp_path / "demo" / STATE_FILE).read_text())
    assert state["terminal"]["status"] == "canceled"

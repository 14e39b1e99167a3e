"""The lock: taken whole, taken over by one, never broken while its owner may live."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from launchfsm.launcher import lock as lock_module
from launchfsm.launcher.errors import FolderBusyError, LockHeldError, LockLostError
from launchfsm.launcher.inspect import find_lock
from launchfsm.launcher.lock import LOCK_PREFIX
from launchfsm.records.documents import LOCK_FILE, parse_document
from launchfsm.records.lock import LOCK
from launchfsm.system.files import FileSystem, read_bounded
from launchfsm.testing import FakeProcesses, FaultyFileSystem, InjectedFault
from tests.launcher.helpers import (
    claim,
    dead_holder,
    end_unreaped,
    holding_process,
    line_of,
    python,
    take,
    tell,
)

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.records.lock import LockRecord


def metadata(folder: Path) -> dict[str, object]:
    document = json.loads((folder / LOCK_FILE).read_bytes())
    assert isinstance(document, dict)
    return document


def put_lock(folder: Path, holder: LockRecord) -> None:
    (folder / LOCK_FILE).parent.mkdir(exist_ok=True)
    (folder / LOCK_FILE).write_text(json.dumps(holder.document()))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- Taking and releasing --------------------------------------------------------------------------


def test_a_taken_lock_says_whose_it_is(tmp_path: Path) -> None:
    lock = take(tmp_path)

    assert names(tmp_path) == [".bootstrap.lock"]
    assert names(tmp_path / ".bootstrap.lock") == ["metadata.json"]
    assert metadata(tmp_path) == lock.holder.document()
    assert metadata(tmp_path)["pid"] == os.getpid()
    assert lock.taken_from is None


def test_the_evaluator_can_use_the_metadata(tmp_path: Path) -> None:
    take(tmp_path, "run-7")

    record = LOCK.read(parse_document(read_bounded(str(tmp_path / LOCK_FILE), limit=65_536)))

    assert record is not None
    assert (record.pid, record.run_id) == (os.getpid(), "run-7")


def test_a_released_lock_leaves_nothing(tmp_path: Path) -> None:
    take(tmp_path).release()

    assert names(tmp_path) == []
    assert find_lock(str(tmp_path)) is None


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    take(tmp_path).release()

    assert take(tmp_path).taken_from is None


def test_releasing_twice_changes_nothing_even_when_somebody_else_holds_it_by_then(
    tmp_path: Path,
) -> None:
    first = take(tmp_path, "first")
    first.release()
    second = take(tmp_path, "second")

    first.release()

    assert metadata(tmp_path) == second.holder.document()


def test_a_lock_is_never_seen_without_its_metadata(tmp_path: Path) -> None:
    """What any reader could see after every single call of taking and releasing."""
    seen = []

    class Watching(FaultyFileSystem):
        def _call(self, *arguments: Any) -> Any:
            result: Any = super()._call(*arguments)
            if (tmp_path / ".bootstrap.lock").exists():
                seen.append(metadata(tmp_path)["runId"])
            return result

    take(tmp_path, filesystem=Watching()).release()
    put_lock(tmp_path, dead_holder())
    take(tmp_path, filesystem=Watching()).release()

    assert {"run-1", "dead"} == set(seen)


def test_what_a_power_cut_could_undo_is_on_the_disk_before_the_next_step(tmp_path: Path) -> None:
    """Else it could leave a lock that does not say whose it is."""
    filesystem = FaultyFileSystem()
    lock = take(tmp_path, filesystem=filesystem)
    taking = [call.method for call in filesystem.calls]
    lock.release()
    releasing = [call.method for call in filesystem.calls[len(taking) :]]

    assert [step for step in taking if step in {"write", "fsync", "rename"}] == [
        "write",
        "fsync",  # the metadata
        "rename",
        "fsync",  # the folder that it is in
        "rename",
        "fsync",  # the team's folder
    ]
    assert [step for step in releasing if step in {"fsync", "rename", "unlink", "rmdir"}] == [
        "rename",
        "fsync",
        "unlink",
        "rmdir",
    ]


# -- A lock that is held ---------------------------------------------------------------------------


def test_a_lock_of_this_very_process_is_held(tmp_path: Path) -> None:
    take(tmp_path)

    with pytest.raises(LockHeldError, match=f"pid {os.getpid()} is alive"):
        take(tmp_path, "second")


def test_a_living_owner_keeps_its_lock_and_the_error_says_who_it_is(tmp_path: Path) -> None:
    with holding_process(tmp_path) as owner:
        with pytest.raises(LockHeldError) as caught:
            take(tmp_path, break_unprovable=True)

        text = str(caught.value)
        assert f"pid {owner.pid} for the run 'held', since 2023-11-14T22:13:20.500Z" in text
        assert "Its owner lives: " in text
        assert caught.value.provable
        assert metadata(tmp_path)["pid"] == owner.pid


def test_a_lock_that_is_released_while_it_is_waited_for_is_taken(tmp_path: Path) -> None:
    with holding_process(tmp_path) as owner, ThreadPoolExecutor() as pool:
        waiting = pool.submit(take, tmp_path, timeout=60)
        tell(owner, b"release\n")
        assert line_of(owner) == b"released\n"

        assert waiting.result().taken_from is None


def test_an_owner_that_dies_while_its_lock_is_waited_for_is_taken_over(tmp_path: Path) -> None:
    with holding_process(tmp_path) as owner, ThreadPoolExecutor() as pool:
        waiting = pool.submit(take, tmp_path, timeout=60)
        owner.kill()

        taken_from = waiting.result().taken_from
        assert taken_from is not None
        assert taken_from.holder.pid == owner.pid


def test_an_error_after_waiting_says_for_how_long(tmp_path: Path) -> None:
    take(tmp_path)

    with pytest.raises(LockHeldError, match=r"It was waited for 0\.01 s\."):
        take(tmp_path, timeout=0.01)


# -- A dead owner ----------------------------------------------------------------------------------


@pytest.mark.parametrize("reaped", [True, False])
def test_the_lock_of_a_killed_owner_is_taken_over(tmp_path: Path, *, reaped: bool) -> None:
    with holding_process(tmp_path) as owner:
        end_unreaped(owner)
        if reaped:
            owner.wait()

        lock = take(tmp_path, "next")

        assert lock.taken_from is not None
        assert lock.taken_from.holder.run_id == "held"
        assert metadata(tmp_path) == lock.holder.document()
        assert names(tmp_path) == [".bootstrap.lock"]


def test_a_pid_that_was_given_to_another_process_does_not_keep_a_lock(tmp_path: Path) -> None:
    put_lock(tmp_path, dead_holder())

    assert take(tmp_path).taken_from is not None


def test_a_reused_pid_of_an_injected_process_table_does_not_keep_a_lock(tmp_path: Path) -> None:
    put_lock(tmp_path, evolve(claim("old"), pid=4242, since_boot=1000))
    processes = FakeProcesses(alive={4242}, started_at={4242: 1000})

    with pytest.raises(LockHeldError):
        take(tmp_path, processes=processes)
    processes.die(4242)
    processes.start(4242, started_at=2000)

    assert take(tmp_path, processes=processes).taken_from is not None


REUSE = """
import os, signal, sys, time
from tests.launcher.helpers import take
folder, tick = sys.argv[1], 1 / os.sysconf("SC_CLK_TCK")
said, says = os.pipe()
owner = os.fork()
if owner == 0:
    take(folder, "old")
    os.write(says, b"taken")
    signal.pause()
os.read(said, 5)
began = time.clock_gettime(time.CLOCK_BOOTTIME)
os.kill(owner, signal.SIGKILL)
os.waitpid(owner, 0)
while time.clock_gettime(time.CLOCK_BOOTTIME) < began + 2 * tick:
    pass  # a process that began within the same tick could not be told from it
with open("/proc/sys/kernel/ns_last_pid", "w") as last:
    last.write(str(owner - 1))
other = os.fork()
if other == 0:
    signal.pause()
lock = take(folder, "new")
print(owner == other, lock.taken_from.verdict.reason == f"pid {owner} is another process by now")
os.kill(other, signal.SIGKILL)
"""


def test_a_pid_that_the_system_gives_to_another_process_does_not_keep_a_lock(
    tmp_path: Path,
) -> None:
    """In a namespace of pids, where one can be asked for."""
    command = ["unshare", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*command, "true"], check=False).returncode
    ):
        pytest.skip("this machine gives nobody a namespace of pids")

    done = subprocess.run(
        [*command, sys.executable, "-c", REUSE, str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.stdout, done.stderr) == ("True True\n", "")


def test_the_lock_of_an_earlier_boot_is_taken_over(tmp_path: Path) -> None:
    put_lock(tmp_path, evolve(claim("old"), boot_id="an earlier boot"))

    assert take(tmp_path).taken_from is not None


# -- An owner of whom nothing can be proven --------------------------------------------------------

HOST = evolve(claim("far"), host="another host")


def lay(folder: Path, kind: str) -> None:
    lock = folder / ".bootstrap.lock"
    if kind == "file":
        lock.write_text("4242")
        return
    lock.mkdir()
    texts = {
        "damaged": '{"pid": 4242, "ru',
        "no object": "[]",
        "blank": "",
        "other host": json.dumps(HOST.document()),
        "foreign": '{"pid": 2147483647, "runId": "r", "createdAt": 1700000000000}',
        "oversized": " " * 70_000,
    }
    if kind in texts:
        (lock / "metadata.json").write_text(texts[kind])
    elif kind == "folder":
        (lock / "metadata.json").mkdir()


TAKEABLE = ["empty", "damaged", "no object", "blank", "other host", "foreign", "oversized"]


@pytest.mark.parametrize("kind", [*TAKEABLE, "folder", "file"])
def test_a_lock_whose_owner_is_unknown_is_never_broken_unasked(tmp_path: Path, kind: str) -> None:
    lay(tmp_path, kind)

    with pytest.raises(LockHeldError, match=r"Its owner may live: .* break_unprovable=True") as it:
        take(tmp_path)

    assert not it.value.provable
    if kind in TAKEABLE:
        assert find_lock(str(tmp_path)) is not None
    assert names(tmp_path) == [".bootstrap.lock"]


@pytest.mark.parametrize("kind", TAKEABLE)
def test_a_lock_whose_owner_is_unknown_is_broken_when_asked(tmp_path: Path, kind: str) -> None:
    lay(tmp_path, kind)

    lock = take(tmp_path, break_unprovable=True)

    assert lock.taken_from is not None
    assert metadata(tmp_path) == lock.holder.document()
    lock.release()
    assert names(tmp_path) == []


@pytest.mark.parametrize(("kind", "code"), [("folder", errno.EISDIR), ("file", errno.ENOTDIR)])
def test_what_is_no_lock_at_all_stays_even_then(tmp_path: Path, kind: str, code: int) -> None:
    lay(tmp_path, kind)
    before = find_lock(str(tmp_path))

    with pytest.raises(OSError, match=os.strerror(code)):
        take(tmp_path, break_unprovable=True)

    assert before == find_lock(str(tmp_path))


def test_a_process_that_may_not_be_looked_at_keeps_its_lock(tmp_path: Path) -> None:
    put_lock(tmp_path, evolve(claim("old"), pid=4242))

    with pytest.raises(LockHeldError):
        take(tmp_path, processes=FakeProcesses(refused={4242}))


@pytest.mark.parametrize("field", ["run_id", "host"])
def test_what_a_stranger_wrote_into_a_lock_is_told_cut_and_escaped(
    tmp_path: Path, field: str
) -> None:
    hostile = "\x1b[2J\u202e\u115f\n" + "x" * 60_000
    texts: dict[str, Any] = {"host": "another host", field: hostile}
    put_lock(tmp_path, evolve(claim("old"), **texts))

    with pytest.raises(LockHeldError, match=r"\\x1b\[2J\\u202e\\u115f\\nxxx") as caught:
        take(tmp_path)

    text = str(caught.value).replace(str(tmp_path), "").replace("…", "")
    assert len(text) < 700
    assert text.isascii()
    assert text.isprintable()


# -- Launchers that do not know the folder lock ----------------------------------------------------


def test_a_lock_that_appears_between_look_and_rename_is_not_broken(tmp_path: Path) -> None:
    class Intruding(FileSystem):
        def rename(self, source: str, target: str, *, dir_fd: int | None = None) -> None:
            if target == ".bootstrap.lock":
                put_lock(tmp_path, HOST)
            super().rename(source, target, dir_fd=dir_fd)

    with pytest.raises(LockHeldError, match="it appeared just now"):
        take(tmp_path, filesystem=Intruding())

    assert metadata(tmp_path) == HOST.document()
    assert names(tmp_path) == [".bootstrap.lock"]


# -- Writing under the lock ------------------------------------------------------------------------


def test_a_held_lock_lets_its_run_write(tmp_path: Path) -> None:
    with take(tmp_path).writing():
        assert metadata(tmp_path)["runId"] == "run-1"


def test_a_released_lock_lets_nobody_write(tmp_path: Path) -> None:
    lock = take(tmp_path)
    lock.release()

    with pytest.raises(LockLostError, match="was released"), lock.writing():
        raise AssertionError


def test_a_removed_lock_lets_nobody_write(tmp_path: Path) -> None:
    lock = take(tmp_path)
    shutil.rmtree(tmp_path / ".bootstrap.lock")

    with pytest.raises(LockLostError, match="was removed by somebody"), lock.writing():
        raise AssertionError


def test_a_damaged_lock_lets_nobody_write(tmp_path: Path) -> None:
    lock = take(tmp_path)
    (tmp_path / LOCK_FILE).write_text("{")

    with pytest.raises(LockLostError, match="is not to be relied on"), lock.writing():
        raise AssertionError


def test_a_lock_that_was_taken_over_lets_its_old_run_neither_write_nor_release(
    tmp_path: Path,
) -> None:
    old = take(tmp_path, "old")
    shutil.rmtree(tmp_path / ".bootstrap.lock")
    new = take(tmp_path, "new")

    with (
        pytest.raises(LockLostError, match=r"taken over \(pid \d+ for the run 'new'"),
        old.writing(),
    ):
        raise AssertionError
    old.release()
    with new.writing():
        assert metadata(tmp_path)["runId"] == "new"


def test_runs_that_were_given_the_same_id_are_told_apart(tmp_path: Path) -> None:
    old = take(tmp_path, "the same")
    shutil.rmtree(tmp_path / ".bootstrap.lock")
    new = take(tmp_path, "the same")

    with pytest.raises(LockLostError), old.writing():
        raise AssertionError
    old.release()
    with new.writing():
        assert metadata(tmp_path) == new.holder.document()


def test_a_forked_child_can_neither_write_nor_release(tmp_path: Path) -> None:
    lock = take(tmp_path)
    child = os.fork()
    if child == 0:
        try:
            lock.release()
            with lock.writing():
                os._exit(1)
        except LockLostError as error:
            os._exit(0 if "forked child" in str(error) else 2)
        finally:
            os._exit(3)

    assert os.waitpid(child, 0)[1] == 0
    with lock.writing():
        assert metadata(tmp_path)["runId"] == "run-1"


def test_a_taker_waits_for_a_write_that_is_going_on(tmp_path: Path) -> None:
    old = take(tmp_path, "old")
    writing, may_end = Event(), Event()
    order = []

    def write() -> None:
        with old.writing():
            shutil.rmtree(tmp_path / ".bootstrap.lock")  # an operator lost patience
            writing.set()
            may_end.wait()
            order.append("old wrote")

    def next_run() -> None:
        lock = take(tmp_path, "new")
        order.append("new took")
        lock.release()

    with ThreadPoolExecutor() as pool:
        pending = pool.submit(write)
        writing.wait()
        taking = pool.submit(next_run)
        may_end.set()
        pending.result()
        taking.result()

    assert order == ["old wrote", "new took"]


STOP_WHILE_WRITING = """
import os, signal, sys
from tests.launcher.helpers import take
lock = take(sys.argv[1])
with lock.writing():
    os.rename(sys.argv[1] + "/.bootstrap.lock", sys.argv[1] + "/removed")
    print("writing", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
print("wrote", flush=True)
sys.stdin.read()
"""


def test_nobody_passes_a_writer_that_was_stopped_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_module, "PATIENCE", 0.05)
    with python(STOP_WHILE_WRITING, str(tmp_path)) as writer:
        assert line_of(writer) == b"writing\n"
        os.waitid(os.P_PID, writer.pid, os.WSTOPPED | os.WNOWAIT)
        with pytest.raises(FolderBusyError, match=r"in use by another launcher for 0\.05 seconds"):
            take(tmp_path)

        writer.send_signal(signal.SIGCONT)
        assert line_of(writer) == b"wrote\n"
        assert take(tmp_path).taken_from is None


def test_a_writer_that_is_killed_in_the_middle_stops_nobody(tmp_path: Path) -> None:
    with python(STOP_WHILE_WRITING, str(tmp_path)) as writer:
        assert line_of(writer) == b"writing\n"
        end_unreaped(writer)

        assert take(tmp_path).taken_from is None


# -- When the disk fails ---------------------------------------------------------------------------


@pytest.mark.parametrize("stale", [True, False])
def test_whichever_call_fails_a_taker_holds_a_whole_lock_or_none(
    tmp_path: Path, *, stale: bool
) -> None:
    for at in range(1, 100):
        folder, code = tmp_path / str(at), (errno.EIO, errno.ENOSPC, errno.EROFS)[at % 3]
        folder.mkdir()
        if stale:
            put_lock(folder, dead_holder())
        filesystem = FaultyFileSystem(InjectedFault(code, at=at))
        try:
            take(folder, filesystem=filesystem)
        except OSError as error:
            outcome: object = error.errno
        else:
            outcome = metadata(folder)["runId"]
        left = find_lock(str(folder))
        whole_old = left is None or (stale and left.holder.run_id == "dead")
        assert outcome == "run-1" or (outcome == code and whole_old)
        take_again(folder)
        if at > len(filesystem.calls):
            break
    else:
        pytest.fail("no end of calls")


def take_again(folder: Path) -> None:
    """After any failure, or death after success, the next one is not in the way."""
    found = find_lock(str(folder))
    if found is not None and found.holder.run_id == "run-1":
        put_lock(folder, dead_holder())
    take(folder, "again").release()
    assert [name for name in names(folder) if name.startswith(LOCK_PREFIX)] == []


def test_whichever_call_of_a_release_fails_nobody_is_left_with_half_a_lock(tmp_path: Path) -> None:
    for at in range(1, 100):
        folder = tmp_path / str(at)
        folder.mkdir()
        filesystem = FaultyFileSystem()
        lock = take(folder, filesystem=filesystem)
        before = len(filesystem.calls)
        filesystem._faults.append(InjectedFault(errno.EIO, at=before + at))
        try:
            lock.release()
        except OSError:
            whole = (folder / LOCK_FILE).exists() and metadata(folder)["runId"] == "run-1"
            assert whole or not (folder / ".bootstrap.lock").exists()
        if at > len(filesystem.calls) - before:
            break
        lock.release()
        take(folder, "again").release()
        assert names(folder) == []
    else:
        pytest.fail("no end of calls")


def failing_to_read(code: int) -> FaultyFileSystem:
    """Fails the one time that somebody opens the metadata."""

    class Failing(FaultyFileSystem):
        def open(
            self, path: str, flags: int, mode: int = 0o600, *, dir_fd: int | None = None
        ) -> int:
            if path == "metadata.json" and not self.failed:
                self.failed = True
                raise OSError(code, os.strerror(code), path)
            return super().open(path, flags, mode, dir_fd=dir_fd)

        failed = False

    return Failing()


PASSING = [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR, errno.EIO, errno.ESTALE]


@pytest.mark.parametrize("code", PASSING)
def test_a_lock_that_cannot_be_read_just_now_is_neither_lost_nor_released(
    tmp_path: Path, code: int
) -> None:
    """A process that is out of descriptors for a moment must not think that it was succeeded."""
    lock = take(tmp_path)
    lock._filesystem = failing_to_read(code)
    with pytest.raises(OSError, match=os.strerror(code)), lock.writing():
        raise AssertionError
    lock._filesystem = failing_to_read(code)
    with pytest.raises(OSError, match=os.strerror(code)):
        lock.release()
    assert metadata(tmp_path) == lock.holder.document()

    with lock.writing():
        pass
    lock.release()
    assert names(tmp_path) == []


@pytest.mark.parametrize("code", PASSING)
def test_a_lock_that_cannot_be_read_just_now_is_not_broken_even_when_asked(
    tmp_path: Path, code: int
) -> None:
    owner = take(tmp_path)

    with pytest.raises(OSError, match=os.strerror(code)):
        take(tmp_path, "new", break_unprovable=True, filesystem=failing_to_read(code))

    with owner.writing():
        assert metadata(tmp_path)["runId"] == "run-1"


def test_a_release_says_so_when_it_cannot_tell_whose_the_lock_is(tmp_path: Path) -> None:
    """It could be anybody's by now; left in silence, it would keep every next run away."""
    lock = take(tmp_path)
    whole = (tmp_path / LOCK_FILE).read_bytes()
    (tmp_path / LOCK_FILE).write_text("{")

    with pytest.raises(LockLostError, match="is not to be relied on") as caught:
        lock.release()

    assert not caught.value.provable
    (tmp_path / LOCK_FILE).write_bytes(whole)
    lock.release()
    assert names(tmp_path) == []


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM])
def test_a_lock_of_its_own_that_may_not_be_read_is_not_lost(tmp_path: Path, code: int) -> None:
    lock = take(tmp_path)
    lock._filesystem = failing_to_read(code)

    with pytest.raises(PermissionError):
        lock.release()

    lock.release()
    assert names(tmp_path) == []


def test_a_lock_that_may_not_be_read_is_one_of_which_nothing_is_known(tmp_path: Path) -> None:
    put_lock(tmp_path, dead_holder())

    with pytest.raises(LockHeldError, match="cannot be read: Permission denied"):
        take(tmp_path, filesystem=failing_to_read(errno.EACCES))


def test_a_team_folder_that_is_not_there_is_no_lock(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        take(tmp_path / "nowhere")


def test_a_file_system_without_locks_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)

    with pytest.raises(OSError, match="No locks available") as caught:
        take(tmp_path)
    assert caught.value.filename == str(tmp_path)

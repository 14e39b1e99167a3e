"""A bootstrap run: the machines driven, and every step on disk before it counts.

Theory of operation
===================

A run is a state, an immutable value, and what is on disk is that state's document. An event is
asked of the machines first (``steps``), then written, and only then is the new state the run's. So
a refused event changes nothing anywhere, and a failed write leaves the state that is still on disk.

Each event is written twice: first appended to the journal, then in the state. A reader in between
sees a journal that is one event ahead, never a state that the journal knows nothing of. When the
state cannot be written, the line is taken off the journal again. Both happen under one folder lock,
with the bootstrap lock verified (``lock``): a run that lost its lock writes neither.

Threads may report at any time; a run takes their events one after another. A forked child has no
part in the run: it cannot write, and leaving the block there ends nothing.
"""

from __future__ import annotations

import errno
import os
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Literal, Self, TypeAlias

import attrs

from launchfsm.ecma.dates import from_datetime
from launchfsm.launcher import journal, steps
from launchfsm.launcher.errors import (
    LauncherError,
    LockHeldError,
    LockLostError,
    RecordNotDurableError,
    RecordWriteError,
    RunStateError,
    TeamsRootMissingError,
)
from launchfsm.launcher.lock import LOOK_AGAIN, BootstrapLock
from launchfsm.launcher.resume import NOTHING_TAKEN_OVER, take_over
from launchfsm.launcher.signals import EndingSignals
from launchfsm.launcher.state import RunState, check_id, demand_room, members_of, state_bytes
from launchfsm.launcher.steps import RunChange
from launchfsm.records.documents import STATE_FILE
from launchfsm.records.lock import LockRecord, this_process
from launchfsm.records.results import LaunchSnapshot
from launchfsm.system.files import FILE_SYSTEM, FileSystem
from launchfsm.system.folders import Folder, NotDurableError, open_folder, team_folder
from launchfsm.system.processes import Processes, SystemProcesses
from launchfsm.vocabulary import Phase, RealTaskSubmission, TerminalStatus, values

Durability: TypeAlias = Literal["every_change", "phases"]
"""What is on the disk when a call returns: every event, or phases and the end alone."""


class BootstrapRun:
    """One launch of a team, from taking its lock to giving it up.

    Use as a context manager, by ``with`` or by ``async with``, which waits for a lock that is held
    without stopping the event loop. Each report writes to the disk before it returns, and raises as
    ``enter`` does.

    Entering takes the lock and records the first phase, ``validating_spec``. Inside the block the
    methods report what happens. Leaving it ends the run, if ``finish`` did not, and releases the
    lock:

    - by Ctrl-C, SIGTERM, SIGHUP or ``asyncio.CancelledError``: ``canceled``, with the signal as the
      reason. SIGTERM and SIGHUP raise ``SystemExit`` in the main thread, or cancel the task that
      entered the block first, unless somebody else handles them;
    - by any other exception: ``failed``, with the exception as the reason;
    - at its end or by ``sys.exit(0)``, once ``auditing_truth`` was entered: what the members
      earned: without those that are skipped, ``completed`` when all were confirmed,
      ``partial_success`` when some were, ``failed`` when none was;
    - likewise, before that: ``failed``, as a launch that nobody audited has not succeeded.

    Args:
        root: The teams root, which exists.
        team: The team's name; its folder is created when it is missing.
        members: The names of those who are launched.
        run_id: What to call the run; a UUID of its own when ``None``.
        request_hash: What was asked for, as a hash, for the lock's metadata.
        attach: Whether the team exists already: its folder then has to, and there is no phase
            ``creating_team`` (§13 of the specification).
        resume: Whether to take over the members that an earlier run of the team had confirmed and
            whose processes are still there; ``resumed`` says who was taken over, ``not_resumed``
            who was not, and why.
        durability: ``every_change`` waits for the disk at each event. ``phases`` does so at phases
            and at the end; of a member's event the journal's line may then be lost in a power cut.
        lock_timeout: For how many seconds to wait for a lock that is held.
        break_unprovable: Whether to take over even a lock whose owner may live, because nothing
            can be proven of it from here. Ask a person first.
        clock: Says the time, as an aware datetime; the system's when ``None``.
        processes: Whom to ask about processes; the system when ``None``.
        filesystem: The system calls to write with.

    Attributes:
        run_id: What the run is called.
        team: The team's name.

    Raises:
        ValueError: An argument has a value that readers would reject; nothing is written then.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        team: str,
        *,
        members: Iterable[str] = (),
        run_id: str | None = None,
        request_hash: str | None = None,
        attach: bool = False,
        resume: bool = False,
        durability: Durability = "every_change",
        lock_timeout: float = 0.0,
        break_unprovable: bool = False,
        clock: Callable[[], datetime] | None = None,
        processes: Processes | None = None,
        filesystem: FileSystem = FILE_SYSTEM,
    ) -> None:
        self.team = team
        self.run_id = str(uuid.uuid4()) if run_id is None else run_id
        self._root = os.fspath(root)
        self._folder = team_folder(self._root, team)
        self._request_hash = request_hash
        self._attach = attach
        self._resume = resume
        self._takeover = NOTHING_TAKEN_OVER
        known = values(Durability)
        if durability not in known:
            raise ValueError(f"durability is one of {', '.join(known)}, not {durability!r}")
        self._sync_all = durability == "every_change"
        if not lock_timeout >= 0:  # nan is neither
            raise ValueError(f"lock_timeout is a number of seconds from 0 on, not {lock_timeout!r}")
        self._lock_timeout = lock_timeout
        self._break_unprovable = break_unprovable
        self._clock = clock or (lambda: datetime.now(UTC))
        self._processes = processes or SystemProcesses()
        self._filesystem = filesystem
        self._pid = os.getpid()
        self._events = threading.RLock()  # taken for the whole of each event
        self._signals = EndingSignals()
        self._lock: BootstrapLock | None = None
        self._state: RunState | None = None
        check_id("a team's name", self.team)
        check_id("a run's id", self.run_id)
        if request_hash is not None:
            check_id("a request's hash", request_hash)
        self._initial = RunState(
            run_id=self.run_id,
            team_name=team,
            owner_pid=self._pid,
            started_at=0,
            updated_at=0,
            members=members_of(members),
        )
        demand_room(self._initial)

    # -- The block -------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Do as ``__enter__``, and let others run while waiting for the lock."""
        import asyncio  # noqa: PLC0415 - whoever calls this has it already

        deadline = time.monotonic() + self._lock_timeout
        while True:
            try:
                return self._enter(0.0)
            except LockHeldError:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise
            await asyncio.sleep(min(left, LOOK_AGAIN))

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Do as ``__exit__``."""
        self.__exit__(kind, error, trace)

    def __enter__(self) -> Self:
        """Take the lock and record the first phase.

        Raises:
            LockHeldError: Another run has the lock, or may have it.
            TeamsRootMissingError: There is no teams root.
            RecordWriteError: The records cannot be written; the lock is free again.
            RunStateError: The run was entered before; another attempt is another run.
        """
        return self._enter(self._lock_timeout)

    def _enter(self, timeout: float) -> Self:
        if self._lock is not None:
            raise RunStateError(f"the run {self.run_id!r} was entered before: make another one")
        self._pid = os.getpid()
        with _recording():
            started_at = self._now()
            self._find_folder()
            try:
                self._lock = BootstrapLock.take(
                    self._folder,
                    partial(self._claim, started_at),
                    timeout=timeout,
                    break_unprovable=self._break_unprovable,
                    processes=self._processes,
                    filesystem=self._filesystem,
                )
                self._begin(self._lock, started_at)
                self._signals.deliver()
            except BaseException as error:
                self._leave(error)
                raise
        return self

    def _claim(self, started_at: int) -> LockRecord:
        """Say whose the lock is, which is then written: a signal waits until the run has begun."""
        self._signals.install()
        return this_process(
            self.run_id,
            request_hash=self._request_hash,
            owner_started_at=started_at,
            created_at=self._now(),
            processes=self._processes,
        )

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """End the run if that was not done, and release the lock.

        Raises:
            LauncherError: The end could not be recorded. When an exception is on its way already,
                it has this one as a note instead.
        """
        if os.getpid() != self._pid:
            return
        problems = self._leave(error)
        leaving = self._signals.exit_for(error) or error
        for problem in problems:
            if leaving is None:
                raise problem
            leaving.add_note(f"The end of the run could not be recorded: {problem}")
        if leaving is not None and leaving is not error:
            raise leaving from None

    def _leave(self, error: BaseException | None) -> list[LauncherError]:
        """Leave no lock, and no record of a run that goes on; return what could not be recorded."""
        self._signals.hold()
        problems: list[LauncherError] = []
        try:
            with _collecting(problems):
                self._end(error)
        finally:
            try:
                with _collecting(problems):
                    self._release()
            finally:
                self._signals.restore()
        return problems

    def _find_folder(self) -> None:
        """Create the team's folder if need be; whatever stands in its place must be a folder."""
        try:
            opened = open_folder(self._root, follow=True, filesystem=self._filesystem)
        except FileNotFoundError as error:
            raise TeamsRootMissingError(error.errno, error.strerror, self._root) from None
        with opened as root:
            root.demand_writable()  # before anything is written where nothing could be locked
            if not self._attach:
                with suppress(FileExistsError):
                    root.mkdir(self.team)
                    root.sync()
            with root.open_folder(self.team):
                pass

    def _begin(self, lock: BootstrapLock, started_at: int) -> None:
        now, stolen = self._now(), self.stolen_from
        state = attrs.evolve(
            self._initial, owner_pid=self._pid, started_at=started_at, updated_at=now
        )
        with lock.writing() as team:
            journal.repair(team)
            if self._resume:
                known = stolen or LockRecord()
                self._takeover = take_over(team, state, known, self._processes)
            change = steps.begin(state, now, stolen_from=stolen, takeover=self._takeover)
            self._write(team, change, durable=True)

    def _end(self, error: BaseException | None) -> None:
        if self.state.terminal_status is not None:
            return
        canceled_by = self._signals.why_canceled(error)
        went_well = error is None or (isinstance(error, SystemExit) and error.code in (None, 0))
        if canceled_by is not None:
            self.finish("canceled", reason=f"ended by {canceled_by}")
        elif error is not None and not went_well:
            # Unlike str(error), this cannot raise.
            told = "".join(traceback.format_exception_only(error)).strip()
            self.finish("failed", reason=told)
        elif self.state.phase != "auditing_truth":
            left = f"the launcher left the run in the phase {self.state.phase}"
            self.finish("failed", reason=f"{left} without finishing it")
        else:
            self.finish()

    def _release(self) -> None:
        lock = self._lock
        if lock is None:
            return
        with self._events, _recording():
            try:
                if self._state is not None:
                    with lock.writing() as team:
                        released = steps.release(self._state, self._now())
                        journal.append(team, released.records, durable=self._sync_all)
            except LockLostError as loss:
                if not loss.provable:
                    raise
            finally:
                lock.release()

    # -- Events ----------------------------------------------------------------------------------

    def enter(self, phase: Phase) -> None:
        """Enter the active phase (§3 of the specification) that follows.

        Raises:
            EventRefusedError: The machines do not have this event in this state; nothing changed.
            RecordWriteError: It could not be written, and so did not happen.
            RecordNotDurableError: It happened, but may not survive a power cut.
            LockLostError: The lock is not this run's any more; nothing was written.
            FolderBusyError: Another process stands still while it writes; nothing was written.
            RunStateError: The block was not entered.
            ValueError: An argument is no such word.
        """
        self._apply(steps.enter, durable=True, phase=phase, attach=self._attach)

    def accept_spawn(
        self,
        name: str,
        *,
        runtime_pid: int | None = None,
        agent_id: str | None = None,
        backend_type: str | None = None,
    ) -> None:
        """Report that a member's spawn was accepted.

        Args:
            name: The member.
            runtime_pid: The pid of its process.
            agent_id: What its backend calls it.
            backend_type: What runs it.
        """
        self._apply(
            steps.accept_spawn,
            name=name,
            runtime_pid=runtime_pid,
            agent_id=agent_id,
            backend_type=backend_type,
        )

    def registered(self, name: str, *, detail: str | None = None) -> None:
        """Report that a spawned member is registered with its team."""
        self._apply(steps.sight, name=name, seen="registered", detail=detail)

    def runtime_reported(self, name: str, *, detail: str | None = None) -> None:
        """Report that a member's runtime was seen; it is not confirmed by that."""
        self._apply(steps.sight, name=name, seen="runtime_alive", detail=detail)

    def confirm(self, name: str, *, heartbeat_at: datetime | None = None) -> None:
        """Report that a member's bootstrap is confirmed.

        Its heartbeat came at ``heartbeat_at``, an aware datetime; now when ``None``.
        """
        at = self._now() if heartbeat_at is None else _recordable(heartbeat_at)
        self._apply(steps.confirm, name=name, heartbeat_at=at)

    def fail(self, name: str, reason: str) -> None:
        """Report that a member failed: to be spawned, or to confirm."""
        self._apply(steps.fail, name=name, reason=reason)

    def skip(self, name: str, reason: str) -> None:
        """Report that the launch does without a member, and why.

        A skipped member has not failed, and nobody waits for it. What was spawned of it is the
        launcher's to end. A policy that does not know the status, as ``reference``, takes the
        member for one that was never spawned, and shows the reason.
        """
        self._apply(steps.skip, name=name, reason=reason)

    def retry(self, name: str) -> None:
        """Report that a failed or skipped member starts over."""
        self._apply(steps.retry, name=name)

    def submit_first_task(
        self, submission: RealTaskSubmission = "submitted", *, detail: str | None = None
    ) -> None:
        """Report whether the team was given its first task (§12), also after the run's end."""
        self._apply(steps.submit_first_task, durable=True, submission=submission, detail=detail)

    def finish(self, status: TerminalStatus | None = None, *, reason: str | None = None) -> None:
        """End the run.

        The lock is kept until the block is left. The status is the launcher's own word and is
        recorded as it is. It changes nothing about the members: readers go by each member's own
        record, so a run that is ``completed`` with a failed member is a failed launch to them, and
        a member that was never spawned fails with the end.

        Args:
            status: ``completed`` and ``partial_success`` are possible in ``auditing_truth`` alone,
                ``failed`` and ``canceled`` in every active phase. ``None`` is what the members
                earned, as when the block is left after the audit.
            reason: Why, for people to read; without one, the members that are not confirmed.
        """
        attach = self._attach
        self._apply(steps.finish, durable=True, status=status, reason=reason, attach=attach)

    def _apply(
        self, step: Callable[..., RunChange], *, durable: bool = False, **arguments: object
    ) -> None:
        if self._lock is None or self._state is None:
            raise RunStateError(
                f"the run {self.run_id!r} has not begun: report inside of its `with` block"
            )
        if os.getpid() != self._pid:
            # Before any waiting for a thread, as in a forked child there may be none to wait for.
            raise LockLostError(f"the run {self.run_id!r} is another process's, pid {self._pid}")
        with self._events, _recording():
            change = step(self.state, self._now(), **arguments)
            with self._lock.writing() as team:
                self._write(team, change, durable=durable or self._sync_all)

    def _write(self, team: Folder, change: RunChange, *, durable: bool) -> None:
        start = journal.append(team, change.records, durable=durable)
        try:
            # Synced in any case: a power cut may otherwise leave an empty file in the place of a
            # state that was synced before.
            team.replace(STATE_FILE, state_bytes(change.state))
        except NotDurableError as error:
            self._state = change.state  # it is what readers see
            raise _told_as(RecordNotDurableError, error) from error
        except BaseException:
            with suppress(OSError):
                journal.take_back(team, start)
            raise
        self._state = change.state

    def _now(self) -> int:
        return _recordable(self._clock())

    # -- What became of it -----------------------------------------------------------------------

    @property
    def state(self) -> RunState:
        """What the run's state file says.

        Raises:
            RunStateError: The block was not entered yet.
        """
        if self._state is None:
            raise RunStateError(f"the run {self.run_id!r} has not begun, so it has no state yet")
        return self._state

    @property
    def stolen_from(self) -> LockRecord | None:
        """Whose lock this run took over, as its owner was gone; ``None`` when it was free."""
        taken_from = None if self._lock is None else self._lock.taken_from
        return None if taken_from is None else taken_from.holder

    @property
    def resumed(self) -> tuple[str, ...]:
        """The members that this run took over from an earlier one, which are confirmed already."""
        return tuple(self._takeover.members)

    @property
    def not_resumed(self) -> Mapping[str, str]:
        """By name, why a member of an earlier run was not taken over.

        Of those that were spawned, and of all when the earlier run's state cannot be read.
        """
        return self._takeover.missed

    def snapshot(self) -> LaunchSnapshot | None:
        """Return what an evaluator makes of the run's files, under the default policy (§4)."""
        # Launchers that never ask need not load rules.
        from launchfsm.evaluation.evaluator import LaunchEvaluator  # noqa: PLC0415 - for the reason above

        with self._events:
            evaluator = LaunchEvaluator(self._root, clock=self._clock, processes=self._processes)
            return evaluator.evaluate(self.team).bootstrap_snapshot


def _recordable(moment: datetime) -> int:
    """Return a moment in ms since 1970, if readers take it for one."""
    at = from_datetime(moment)
    if at <= 0:
        raise ValueError(f"{moment.isoformat()} cannot be recorded: readers take times after 1970")
    return at


@contextmanager
def _recording() -> Iterator[None]:
    """Say of a system call's error what it means for the records."""
    try:
        yield
    except LauncherError:
        raise
    except OSError as error:
        raise _told_as(RecordWriteError, error) from error


def _told_as(kind: type[RecordWriteError], error: OSError) -> RecordWriteError:
    # What was not durable has been taken back, or else is told by the kind: what is left is why.
    cause = error.__cause__ if isinstance(error, NotDurableError) else error
    why = cause if isinstance(cause, OSError) else error
    return kind(why.errno or errno.EIO, why.strerror or str(why), error.filename)


@contextmanager
def _collecting(problems: list[LauncherError]) -> Iterator[None]:
    try:
        yield
    except LauncherError as problem:
        problems.append(problem)

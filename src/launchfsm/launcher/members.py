"""Member processes: the members of a run as real processes, from their spawn to their end.

Here: what a launcher asks for. Not here: one process (``process``), what is seen of them and done
about it (``watcher``), and how a member says that it is there (``check_in``).
"""

from __future__ import annotations

import subprocess
import threading
from typing import IO, TYPE_CHECKING, Final, Literal, TypeAlias

from launchfsm.launcher import steps
from launchfsm.launcher.errors import RunStateError
from launchfsm.launcher.process import MemberProcess
from launchfsm.launcher.warden import Warden
from launchfsm.launcher.watcher import Watcher
from launchfsm.vocabulary import values

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from launchfsm.launcher.run import BootstrapRun
    from launchfsm.launcher.state import RunState
    from launchfsm.vocabulary import MemberStatus, TerminalStatus

Keep: TypeAlias = Literal["never", "completed", "always"]
"""Whose processes outlive the run: nobody's, those of a completed launch, everybody's."""

_ENDED: Final = "the launch ended before it confirmed"


class MemberProcesses:
    """The processes of a run's members: spawned, watched, reported to the run, ended with it.

    A member that ends before it was confirmed fails, with its exit status and the end of its error
    output; so does one that takes too long, and then its processes are ended. A member is confirmed
    when it says so itself (``check_in``), or when the launcher, by whatever it goes by, reports it
    (``BootstrapRun.confirm``).

    Each member leads a process group of its own. When the run ends, so do the groups: SIGTERM, then
    SIGKILL. That holds even when this process is killed; a small second process, the warden, sees
    to it.

    Args:
        run: The run, inside of its block.
        confirm_within: How many seconds a member may take to be confirmed.
        keep: ``completed`` lets the confirmed members of a run that ends as ``completed`` or
            ``partial_success`` live on; ``always`` never ends any process, and has no warden.
        grace: How many seconds a group may take to end after SIGTERM.

    Raises:
        ValueError: ``keep`` is no such word.
    """

    def __init__(
        self,
        run: BootstrapRun,
        *,
        confirm_within: float = 180.0,
        keep: Keep = "never",
        grace: float = 5.0,
    ) -> None:
        if keep not in values(Keep):
            raise ValueError(f"keep is one of {', '.join(values(Keep))}, not {keep!r}")
        self._run = run
        self._confirm_within = confirm_within
        self._keep = keep
        self._grace = grace
        self._warden: Warden | None = None
        self._watcher: Watcher | None = None
        self._spawned: list[str] = []
        self._ended = False
        self._starting = threading.Lock()
        run.at_end(self._end_with_run)

    def spawn(
        self,
        name: str,
        command: Sequence[str | os.PathLike[str]],
        *,
        confirm_within: float | None = None,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        stdin: int | IO[bytes] | None = None,
        stdout: int | IO[bytes] | None = None,
        log: str | os.PathLike[str] | None = None,
    ) -> MemberProcess | None:
        """Start a member's process, report it to the run, and watch it from then on.

        Args:
            name: The member.
            command: The program and its arguments; no shell is involved.
            confirm_within: How many seconds it may take; as for the others when ``None``.
            cwd: Where it runs; here when ``None``.
            env: Its environment, but for what it checks in by; this process's when ``None``.
            stdin: Its input, as for ``subprocess``; nothing when ``None``.
            stdout: Its output, as for ``subprocess``; this process's when ``None``.
            log: A file that its error output is appended to; one that nobody else sees when
                ``None``.

        Returns:
            The process; ``None`` when it could not be started, which the run then has as the
            member's failure.

        Raises:
            EventRefusedError: The member cannot be spawned now; nothing was started.
            LauncherError: It could not be reported; the process was ended again.
            RunStateError: The processes were ended already.
            TypeError: ``command`` is one text.
        """
        if isinstance(command, str):
            raise TypeError(f"command must be a list of words, such as {command.split()!r}")
        steps.accept_spawn(self._run.state, 0, name)  # so that a refusal comes before the process
        watcher = self._get_watcher()
        try:
            process = MemberProcess(
                name, command, cwd=cwd, env=env, stdin=stdin, stdout=stdout, log=log
            )
        except (OSError, subprocess.SubprocessError) as error:
            self._run.fail(name, f"it could not be spawned: {error}")
            return None
        self._report(process)
        within = self._confirm_within if confirm_within is None else confirm_within
        watcher.watch(process, confirm_within=within)
        return process

    def _report(self, process: MemberProcess) -> None:
        try:
            if self._warden is not None:
                self._warden.add(process.pid)
            self._run.accept_spawn(process.name, runtime_pid=process.pid)
        except BaseException:
            process.kill()
            self._forget(process)
            raise
        self._spawned.append(process.name)

    def wait(self, *, timeout: float | None = None) -> bool:
        """Wait until every member that was spawned is confirmed or has failed.

        Args:
            timeout: For how many seconds; ``None`` is for as long as they may take.

        Returns:
            Whether all of them are.

        Raises:
            LauncherError: What they did could not be reported to the run.
        """

        def settled(state: RunState) -> bool:
            return self._error() is not None or all(
                state.members[name].settled for name in tuple(self._spawned)
            )

        done = self._run.wait_until(settled, timeout=timeout)
        self._raise_error()
        return done

    def end(self) -> None:
        """End all processes now, rather than with the run; none can be spawned afterwards.

        Raises:
            LauncherError: What became of them could not be reported to the run, or they could not
                be ended.
        """
        self._finish(keep="never")

    def _end_with_run(self, status: TerminalStatus) -> None:
        kept = self._keep
        if kept == "completed" and status not in {"completed", "partial_success"}:
            kept = "never"
        self._finish(keep=kept)

    def _finish(self, *, keep: Keep) -> None:
        with self._starting:
            first, self._ended = not self._ended, True
        if first and self._watcher is not None:
            kept = {"never": _nobody, "completed": _confirmed, "always": _everybody}[keep]
            self._watcher.finish(kept, reason=_ENDED)
        if first and self._warden is not None:
            self._warden.dismiss()
        self._raise_error()

    def _get_watcher(self) -> Watcher:
        with self._starting:
            if self._ended:
                raise RunStateError("the member processes of this run were ended: make another run")
            if self._watcher is None:
                may_end = self._keep != "always"
                self._warden = Warden(grace=self._grace) if may_end else None
                self._watcher = Watcher(
                    self._run, grace=self._grace, may_end=may_end, forget=self._forget
                )
            return self._watcher

    def _forget(self, process: MemberProcess) -> None:
        if self._warden is not None:
            self._warden.remove(process.pid)

    def _error(self) -> BaseException | None:
        return None if self._watcher is None else self._watcher.error

    def _raise_error(self) -> None:
        """Raise what kept the watcher from its work, once."""
        error = self._error()
        if self._watcher is not None and error is not None:
            self._watcher.error = None
            raise error


def _nobody(_: MemberStatus) -> bool:
    return False


def _confirmed(status: MemberStatus) -> bool:
    return status == "bootstrap_confirmed"


def _everybody(_: MemberStatus) -> bool:
    return True

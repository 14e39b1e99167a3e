"""The watcher: a thread that waits for what members do, and tells the run.

One thread for all of them: it sleeps until a member checks in, ends, runs out of time, or is to be
ended, and is the only one to touch what is watched; others hand it requests. What it reports can be
refused, when somebody reported the same, or something final, before: then that stands. Any other
error is kept for the thread that waits for the members (``members``).

A member is over when its process failed it: it ended, ran out of time, or said so. Then its process
group is ended: SIGTERM, the grace, SIGKILL. A member that was confirmed and ends later, has been
confirmed; its group is left alone until the launch ends.
"""

from __future__ import annotations

import os
import selectors
import signal
import threading
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from attrs import define, field

from launchfsm.ecma.dates import duration_text
from launchfsm.launcher.errors import EventRefusedError, LauncherError
from launchfsm.launcher.process import MemberProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from launchfsm.launcher.check_in import CheckIn
    from launchfsm.launcher.run import BootstrapRun
    from launchfsm.vocabulary import MemberStatus

_LOOK_AGAIN: Final = 0.02  # seconds, at a group whose leader has ended
_AFTER_KILL: Final = 5.0  # seconds in which the kernel does away with a killed group


@define(eq=False)
class _Watched:
    """A process, and what time has to do with it (by the monotonic clock)."""

    process: MemberProcess
    confirm_within: float
    confirm_by: float | None
    ended: bool = False  # as the process has; not, necessarily, as its group
    kill_at: float | None = None  # set once its group is to end
    heard: set[str] = field(factory=set)  # each thing it says counts once, however often it says it


class Watcher:
    """A thread that watches the processes of one run.

    Args:
        run: What it reports to.
        grace: For how many seconds groups may take to end after SIGTERM.
        may_end: Whether it ends the groups of members that failed.
        forget: Told of each process whose group is gone, or is to live on.

    Attributes:
        error: What kept it from reporting; ``None`` while nothing has.
    """

    def __init__(
        self,
        run: BootstrapRun,
        *,
        grace: float,
        may_end: bool,
        forget: Callable[[MemberProcess], None],
    ) -> None:
        self.error: BaseException | None = None
        self._run = run
        self._grace = grace
        self._may_end = may_end
        self._forget = forget
        self._watched: list[_Watched] = []
        self._closing = False
        self._requests: deque[Callable[[], None]] = deque()
        self._selector = selectors.DefaultSelector()
        self._bell, self._bell_rope = os.pipe()
        os.set_blocking(self._bell, False)
        self._selector.register(self._bell, selectors.EVENT_READ, self._hear_bell)
        self._thread = threading.Thread(target=self._main, name="launchfsm-members", daemon=True)
        self._thread.start()

    # -- For other threads -----------------------------------------------------------------------

    def watch(self, process: MemberProcess, *, confirm_within: float) -> None:
        """Watch a process from now on; it has ``confirm_within`` seconds to be confirmed."""
        confirm_by = time.monotonic() + confirm_within
        self._request(partial(self._take_on, _Watched(process, confirm_within, confirm_by)))

    def finish(self, lives_on: Callable[[MemberStatus], bool], *, reason: str) -> None:
        """End every group and the thread, and wait for that.

        Args:
            lives_on: Asked for each member's status whether its processes are to live on.
            reason: Why those fail who are ended before they were confirmed.
        """
        self._request(partial(self._close, lives_on, reason))
        self._thread.join()

    def _request(self, request: Callable[[], None]) -> None:
        self._requests.append(request)
        with suppress(OSError):  # the thread broke off, and has said why
            os.write(self._bell_rope, b"!")

    # -- The thread ------------------------------------------------------------------------------

    def _main(self) -> None:
        try:
            while self._watched or not self._closing:
                for key, _ in self._selector.select(self._pause()):
                    # What came before may have ended the watch, or put another in its place.
                    if self._selector.get_map().get(key.fileobj) is key:
                        key.data()
                self._look_at_the_time()
        except BaseException as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            self.error = error
            self._give_up()
        finally:
            self._selector.close()
            os.close(self._bell)
            os.close(self._bell_rope)
            self._bell = self._bell_rope = -1
            self._run.wake()

    def _pause(self) -> float | None:
        """Return for how many seconds nothing but the members themselves can happen."""
        now = time.monotonic()
        if any(watched.ended and watched.kill_at is not None for watched in self._watched):
            return _LOOK_AGAIN
        times = [
            moment
            for watched in self._watched
            for moment in (watched.confirm_by, watched.kill_at)
            if moment is not None
        ]
        return max(0.0, min(times) - now) if times else None

    def _hear_bell(self) -> None:
        os.read(self._bell, 1_024)
        while self._requests:
            self._requests.popleft()()

    def _take_on(self, watched: _Watched) -> None:
        self._watched.append(watched)
        process = watched.process
        for descriptor, act in (
            (process.check_in_descriptor, self._listen),
            (process.exit_descriptor, self._see_exit),
        ):
            self._selector.register(descriptor, selectors.EVENT_READ, partial(act, watched))

    def _listen(self, watched: _Watched) -> None:
        """Report what a member says of itself."""
        found = watched.process.check_ins()
        if found is None:
            self._unregister(watched.process.check_in_descriptor)
            return
        for status, detail in found:
            if status not in watched.heard:
                watched.heard.add(status)
                self._report_check_in(watched, status, detail)

    def _report_check_in(self, watched: _Watched, status: CheckIn, detail: str) -> None:
        name = watched.process.name
        match status:
            case "registered":
                self._report(partial(self._run.registered, name, detail=detail or None))
            case "runtime_alive":
                self._report(partial(self._run.runtime_reported, name, detail=detail or None))
            case "bootstrap_confirmed":
                self._report(partial(self._run.confirm, name))
            case "failed":
                self._fail(watched, detail or "it reported that it failed")

    def _see_exit(self, watched: _Watched) -> None:
        process = watched.process
        self._unregister(process.exit_descriptor)
        watched.ended, watched.confirm_by = True, None
        # What it said before it ended comes first. All that a pipe holds is read at once.
        self._listen(watched)
        if not self._run.state.members[process.name].settled:
            tail = process.tail()
            reason = f"{process.ending()} before it confirmed" + (f": {tail}" if tail else "")
            self._fail(watched, reason)
        elif self._status(watched) == "failed":
            self._begin_end(watched)

    def _fail(self, watched: _Watched, reason: str) -> None:
        self._report(partial(self._run.fail, watched.process.name, reason))
        if self._status(watched) == "failed":
            self._begin_end(watched)

    def _report(self, event: Callable[[], None]) -> None:
        try:
            event()
        except EventRefusedError:
            pass  # somebody else reported it, or the end, and that stands
        except LauncherError as error:
            self.error = self.error or error
            self._run.wake()

    def _status(self, watched: _Watched) -> MemberStatus:
        return self._run.state.members[watched.process.name].status

    # -- Time ------------------------------------------------------------------------------------

    def _look_at_the_time(self) -> None:
        now = time.monotonic()
        for watched in tuple(self._watched):
            if watched.confirm_by is not None and now >= watched.confirm_by:
                watched.confirm_by = None
                if not self._run.state.members[watched.process.name].settled:
                    within = duration_text(watched.confirm_within * 1_000)
                    self._fail(watched, f"it did not confirm within {within}")
            if watched.kill_at is not None:
                self._see_to_end(watched, watched.kill_at, now)

    def _begin_end(self, watched: _Watched) -> None:
        if self._may_end and watched.kill_at is None:
            watched.kill_at = time.monotonic() + self._grace
            watched.process.signal_group(signal.SIGTERM)

    def _see_to_end(self, watched: _Watched, kill_at: float, now: float) -> None:
        process = watched.process
        if watched.ended and not process.group_lives():
            self._drop(watched)
            return
        if now >= kill_at:
            process.signal_group(signal.SIGKILL)
        if now >= kill_at + _AFTER_KILL:
            self.error = self.error or LauncherError(
                f"the processes of {process.name!r}, group {process.pid}, could not be ended: are"
                " they another user's, or stuck in the kernel?"
            )
            self._drop(watched)

    # -- The end ---------------------------------------------------------------------------------

    def _close(self, lives_on: Callable[[MemberStatus], bool], reason: str) -> None:
        self._closing = True
        for watched in tuple(self._watched):
            if watched.kill_at is None and lives_on(self._status(watched)):
                self._drop(watched)
                continue
            if not self._run.state.members[watched.process.name].settled:
                self._report(partial(self._run.fail, watched.process.name, reason))
            watched.confirm_by = None
            self._begin_end(watched)

    def _give_up(self) -> None:
        """End at once what nobody watches any more."""
        for watched in self._watched:
            if self._may_end:
                watched.process.kill()
                self._forget(watched.process)

    def _drop(self, watched: _Watched) -> None:
        """Watch a process no longer; it is gone, or is to live on."""
        self._watched.remove(watched)
        if watched.ended:
            watched.process.wait()
        self._unregister(watched.process.check_in_descriptor)
        self._unregister(watched.process.exit_descriptor)
        self._forget(watched.process)
        watched.process.close()

    def _unregister(self, descriptor: int) -> None:
        if descriptor in self._selector.get_map():
            self._selector.unregister(descriptor)

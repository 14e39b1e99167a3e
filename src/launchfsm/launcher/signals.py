"""Signals: a run whose process is told to end is recorded as canceled, not as a crash.

SIGTERM and SIGHUP end a process without a word unless somebody handles them. Inside its block a run
turns them into ``SystemExit``, so that the block is left as by any exception. Raised in the middle
of an event loop's own work it would break the loop, so a run in a task cancels that task instead,
and raises ``SystemExit`` where the block is left. A handler that is there already, such as Python's
of Ctrl-C or an event loop's, stays in charge: the run notes the signal's name and calls it. Python
handles signals in the main thread alone, so a run that is entered in another thread leaves them as
they are.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Any, Final

_ENDING: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class SignalExit(SystemExit):
    """The process was told to end by a signal; its exit status is 128 and the signal's number.

    Attributes:
        signal_name: The signal, such as ``SIGTERM``.
    """

    code: int

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.signal_name = signal.Signals(number).name

    def __reduce__(self) -> tuple[type[SignalExit], tuple[int], dict[str, object]]:
        return SignalExit, (self.code - 128,), self.__dict__


class EndingSignals:
    """Handles the signals that end a process, while a run's block is in progress."""

    def __init__(self) -> None:
        self._pid = 0
        self._active = False
        self._raising = False
        self._received: str | None = None  # the last that came
        self._raised: str | None = None  # the one whose handler raised, and so ends the block
        self._pending = 0
        self._task: Any = None  # the asyncio task that entered the block, if one did
        self._canceled_by = 0  # the signal that the task was canceled for
        self._before: dict[int, Any] = {}

    def install(self) -> None:
        """Handle the signals that are not ignored, and hold them; a second call changes nothing."""
        if self._active:
            return
        self._pid = os.getpid()
        self._active = True
        # Whoever never imported asyncio is in no task, and should not pay for the import.
        asyncio = sys.modules.get("asyncio")
        if asyncio is not None:
            with suppress(RuntimeError):
                self._task = asyncio.current_task()
        if threading.current_thread() is threading.main_thread():
            for number in _ENDING:
                before = signal.getsignal(number)
                if before is not None and before is not signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, self._handle)

    def deliver(self) -> None:
        """Let signals take their effect from now on; one that was held does so at once."""
        self._raising = True
        if self._pending:
            number, self._pending = self._pending, 0
            signal.raise_signal(number)

    def hold(self) -> None:
        """Take note of signals from now on, and raise nothing: the run is being ended already."""
        self._raising = False

    def restore(self) -> None:
        """Leave the signals as they were; one that was held takes its effect now.

        A handler that somebody else has installed since stays.
        """
        self._active = False
        if threading.current_thread() is threading.main_thread():
            for number in self._before:
                if signal.getsignal(number) == self._handle:
                    signal.signal(number, self._handler_before(number))
        if self._pending:
            signal.raise_signal(self._pending)

    def _handler_before(self, number: int) -> Any:
        """Return the handler from before; that of a run which has ended since counts no more."""
        before = self._before[number]
        while isinstance(run := getattr(before, "__self__", None), EndingSignals):
            if run._active:  # noqa: SLF001 - another of this class
                break
            before = run._before[number]  # noqa: SLF001 - likewise
        return before

    def _handle(self, number: int, frame: FrameType | None) -> None:
        before = self._handler_before(number)
        if not self._active or os.getpid() != self._pid:  # a forked child has no part in the run
            signal.signal(number, before)
            signal.raise_signal(number)
            return
        self._received = signal.Signals(number).name
        if not self._raising:
            self._pending = number
            return
        if not callable(before) and self._task is not None and not self._canceled_by:
            self._canceled_by = number
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)
            return
        self._raised = self._received
        if not callable(before):  # nobody's but the system's, which would end the process
            self._raising = False
            raise SignalExit(number)
        before(number, frame)
        self._raised = None  # it did not raise

    def why_canceled(self, error: BaseException | None) -> str | None:
        """Say by what a block was canceled that was left by ``error``; ``None`` when it was not."""
        if error is None:
            return None
        if self._raised is not None:  # whatever became of the exception on its way
            return self._raised
        if isinstance(error, SignalExit):  # raised by the handler of another run
            return error.signal_name
        if isinstance(error, KeyboardInterrupt):
            return "SIGINT"
        if _is_cancellation(error):
            return self._received or "CancelledError"
        return self._received if isinstance(error, SystemExit) else None

    def exit_for(self, error: BaseException | None) -> SignalExit | None:
        """Return what ends the process in place of the cancellation of its task, if that came."""
        canceled = self._canceled_by and _is_cancellation(error)
        return SignalExit(self._canceled_by) if canceled else None


def _is_cancellation(error: BaseException | None) -> bool:
    return isinstance(error, getattr(sys.modules.get("asyncio"), "CancelledError", ()))

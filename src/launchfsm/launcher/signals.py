"""Signals: a run whose process is told to end is recorded as canceled, not as a crash.

SIGTERM and SIGHUP end a process without a word unless somebody handles them. Inside its block a run
turns them into ``SystemExit``, so that the block is left as by any exception. It does so only where
nobody else has said what a signal does, and in the main thread alone, as Python asks for.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

_ENDING: Final = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
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
    """Handles the signals that end a process, while a run's block is in progress.

    Attributes:
        received: The name of the signal that came, if any.
    """

    def __init__(self) -> None:
        self.received: str | None = None
        self._pid = 0
        self._raising = False
        self._pending = 0
        self._handled: list[int] = []

    def install(self) -> None:
        """Handle the signals that nobody else handles; without effect outside the main thread."""
        self._pid = os.getpid()
        self._raising = True
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _ENDING:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._handle)
                self._handled.append(number)

    def hold(self) -> None:
        """Take note of signals from now on, and raise nothing: the run is being ended already."""
        self._raising = False

    def restore(self) -> None:
        """Leave the signals as they were; one that was held takes its effect now."""
        for number in self._handled:
            signal.signal(number, signal.SIG_DFL)
        self._handled.clear()
        if self._pending:
            signal.raise_signal(self._pending)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._pid:  # a forked child, which has no part in the run
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
            return
        self.received = signal.Signals(number).name
        if self._raising:
            self._raising = False
            raise SignalExit(number)
        self._pending = number


def why_canceled(error: BaseException | None, received: str | None) -> str | None:
    """Say by what a block was canceled that was left by ``error``; ``None`` when it was not.

    Args:
        error: What the block was left by.
        received: The signal that ended the block, which an event loop passes on as something else.
    """
    if isinstance(error, SignalExit):
        return error.signal_name
    if error is not None and received is not None:
        return received
    if isinstance(error, KeyboardInterrupt):
        return "SIGINT"
    # Who never imported asyncio has none of its errors, and should not pay for the import.
    cancelled = getattr(sys.modules.get("asyncio"), "CancelledError", None)
    if cancelled is not None and isinstance(error, cancelled):
        return "CancelledError"
    return None

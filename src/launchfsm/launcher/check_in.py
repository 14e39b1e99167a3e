"""Checking in: how a member process tells the launcher that spawned it how it does.

The launcher gives each member the writing end of a pipe, and its name in the environment variable
``LAUNCHFSM_CHECK_IN``. A member writes a word a line, one of the statuses it can report of itself,
and after a space, if it wants to, a detail. In a shell::

    echo bootstrap_confirmed >> "$LAUNCHFSM_CHECK_IN"

The name is ``/dev/fd/13``, say, and means something else to a process that inherits the environment
without the pipe. ``LAUNCHFSM_CHECK_IN_PIPE`` tells which pipe is meant, and ``check_in`` looks.

Here: both ends of that line. Not here: the pipe (``process``), and what is done about it
(``watcher``). A launcher whose members report some other way needs none of this.
"""

from __future__ import annotations

import os
from typing import Final, Literal, TypeAlias

from attrs import define, field

from launchfsm.vocabulary import values

CheckIn: TypeAlias = Literal["registered", "runtime_alive", "bootstrap_confirmed", "failed"]
"""What a member can report of itself."""

CHECK_IN_VARIABLE: Final = "LAUNCHFSM_CHECK_IN"
"""The environment variable with the name to write to."""

_PIPE_VARIABLE: Final = "LAUNCHFSM_CHECK_IN_PIPE"
_BY_NUMBER: Final = "/dev/fd/"  # what shells can redirect to, unlike numbers past 9
_WORDS: Final[dict[str, CheckIn]] = {word: word for word in values(CheckIn)}  # type: ignore[misc]  # they are its words
_LONGEST_LINE: Final = 4_096  # bytes; what a pipe takes in one piece on every system in use
_LONGEST_DETAIL: Final = 1_000  # characters


def check_in(status: CheckIn, *, detail: str = "") -> bool:
    """Tell the launcher that spawned this process how it does.

    Args:
        status: What to report.
        detail: More about it, such as why it failed, on one line.

    Returns:
        Whether there was a launcher to hear it. There is none in a process that was not spawned by
        one, and after the launch.

    Raises:
        ValueError: ``status`` is none that a member can report.
    """
    if status not in _WORDS:
        raise ValueError(f"{status!r} is nothing to report: choose one of {', '.join(_WORDS)}")
    line = f"{status} {' '.join(detail.split())[:_LONGEST_DETAIL]}".rstrip()
    try:
        descriptor = int(os.environ[CHECK_IN_VARIABLE].removeprefix(_BY_NUMBER))
        if os.environ[_PIPE_VARIABLE] != _pipe_name(descriptor):
            return False
        os.write(descriptor, line.encode(errors="replace") + b"\n")
    except (KeyError, ValueError, OSError):
        return False
    return True


def check_in_environment(descriptor: int) -> dict[str, str]:
    """Return what a member's environment has to say of the pipe that it checks in by.

    Args:
        descriptor: The writing end, by the number that it has in the member's process.
    """
    return {CHECK_IN_VARIABLE: f"{_BY_NUMBER}{descriptor}", _PIPE_VARIABLE: _pipe_name(descriptor)}


def _pipe_name(descriptor: int) -> str:
    status = os.fstat(descriptor)
    return f"{status.st_dev}:{status.st_ino}"


@define
class CheckInReader:
    """The lines that arrive from one member, whatever it writes."""

    _rest: bytes = field(default=b"", init=False)

    def feed(self, data: bytes) -> list[tuple[CheckIn, str]]:
        """Return what was reported by the lines that ``data`` completes.

        A line that begins with no word to report is nobody's business. One that is longer than a
        pipe takes in one piece is no line at all.
        """
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest if len(rest) <= _LONGEST_LINE else rest[:_LONGEST_LINE]
        return [
            found
            for line in lines
            if len(line) < _LONGEST_LINE and (found := _parsed(line)) is not None
        ]


def _parsed(line: bytes) -> tuple[CheckIn, str] | None:
    word, _, detail = line.decode(errors="replace").strip().partition(" ")
    status = _WORDS.get(word)
    return None if status is None else (status, detail.strip()[:_LONGEST_DETAIL])

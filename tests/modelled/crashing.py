"""Crashing: a process that dies between two system calls, without a process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, TypeVar

from launchfsm.testing import FaultyFileSystem

if TYPE_CHECKING:
    from collections.abc import Callable

    from launchfsm.testing import FileMethod

T = TypeVar("T")

_FREED: Final = frozenset({"close", "flock"})
"""What the kernel does for a process that died: its descriptors are closed, its locks let go."""


class Died(BaseException):
    """The process is gone; what is left of its code only thinks that it runs."""


class Mortal(FaultyFileSystem):
    """The real file system, that does not wait for the disk, and that can die.

    Attributes:
        left: How many calls it has to live; `None` is without end.
    """

    def __init__(self) -> None:
        super().__init__()
        self.left: int | None = None

    def _call(self, method: FileMethod, real: Callable[..., T], *arguments: Any) -> T:
        try:
            self._age()
        except Died:
            if method in _FREED:
                real(*arguments)
            raise
        if method == "fsync":
            return super()._call(method, lambda _: None, *arguments)  # type: ignore[return-value]  # as fsync does
        return super()._call(method, real, *arguments)

    def _age(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Died


def open_descriptors() -> int:
    """Return how many descriptors this process has."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count

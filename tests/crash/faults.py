"""Faults: every call that a run makes fails in every way that it can.

A run goes through a script on a file system in memory, and one of its calls fails, once, or from
then on together with all others that would fail with it, as on a disk that is full. The run has to
say so by an error that it documents; the step has to have happened everywhere or nowhere, as that
error says; nothing may be left lying about. After a single failure the run goes on, step and all.
After a lasting one its block is left. Then the next run has to start.
"""

from __future__ import annotations

import errno
import itertools
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from attrs import define, evolve, field, frozen

from launchfsm.launcher import (
    BootstrapRun,
    Durability,
    LockHeldError,
    LockLostError,
    RecordNotDurableError,
    RecordWriteError,
)
from launchfsm.testing import FakeProcesses, FaultyFileSystem
from tests.crash.judge import MisclassifiedError, judge, mended, recover
from tests.crash.log import Log, Tree, is_stale
from tests.crash.memory import MemoryFileSystem
from tests.crash.replay import NOTHING, TEAM_ONLY, full_journal, wreck
from tests.crash.script import CANCELED, RESUMED, TEAM, TROUBLE, Script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from launchfsm.testing import FileMethod

_T = TypeVar("_T")
_ROOT: Final = Path("/in/memory")

ERRORS: Final[Mapping[FileMethod, tuple[int, ...]]] = {
    "open": (
        errno.EACCES, errno.EDQUOT, errno.EINTR, errno.EIO, errno.ELOOP, errno.EMFILE,
        errno.ENFILE, errno.ENOENT, errno.ENOMEM, errno.ENOSPC, errno.ENOTDIR, errno.EPERM,
        errno.EROFS, errno.ESTALE,
    ),
    "write": (
        errno.EDQUOT, errno.EFBIG, errno.EINTR, errno.EIO, errno.ENOMEM, errno.ENOSPC,
        errno.EPERM, errno.ESTALE,
    ),
    "pread": (errno.EINTR, errno.EIO, errno.ESTALE),
    "fstat": (errno.EIO, errno.ENOMEM, errno.ESTALE),
    "lstat": (
        errno.EACCES, errno.EIO, errno.ELOOP, errno.ENOENT, errno.ENOMEM, errno.ENOTDIR,
        errno.ESTALE,
    ),
    "fchmod": (errno.EIO, errno.EPERM, errno.EROFS),
    "ftruncate": (errno.EINTR, errno.EIO, errno.EPERM, errno.EROFS),
    "fsync": (errno.EDQUOT, errno.EINVAL, errno.EIO, errno.ENOSPC, errno.EROFS),
    "flock": (errno.EINTR, errno.ENOLCK, errno.EWOULDBLOCK),
    "close": (errno.EDQUOT, errno.EINTR, errno.EIO, errno.ENOSPC),
    "rename": (
        errno.EACCES, errno.EBUSY, errno.EDQUOT, errno.EEXIST, errno.EIO, errno.ENOENT,
        errno.ENOSPC, errno.EPERM, errno.EROFS, errno.ESTALE, errno.EXDEV,
    ),
    "unlink": (errno.EACCES, errno.EBUSY, errno.EIO, errno.ENOENT, errno.EPERM, errno.EROFS),
    "mkdir": (
        errno.EACCES, errno.EDQUOT, errno.EIO, errno.EMLINK, errno.ENOENT, errno.ENOMEM,
        errno.ENOSPC, errno.EPERM, errno.EROFS,
    ),
    "rmdir": (errno.EACCES, errno.EBUSY, errno.EIO, errno.ENOTEMPTY, errno.EPERM, errno.EROFS),
    "listdir": (errno.EACCES, errno.EIO, errno.EMFILE, errno.ENOENT, errno.ENOMEM),
}  # fmt: skip
"""Of each call the errors that its manual names and that can befall a run."""

_CHANGES: Final = frozenset({"write", "mkdir", "rename", "unlink", "rmdir", "ftruncate", "fchmod"})
LASTING: Final[Mapping[int, frozenset[str]]] = {
    errno.ENOSPC: frozenset({"write", "mkdir"}),
    errno.EDQUOT: frozenset({"write", "mkdir"}),
    errno.EROFS: _CHANGES,
    errno.EACCES: _CHANGES | {"open", "listdir"},
    errno.EMFILE: frozenset({"open"}),
    errno.EIO: frozenset(ERRORS),
    errno.ESTALE: frozenset(ERRORS),
}
"""Of each error that lasts the calls that fail with it."""

_CLEANING: Final = frozenset({"open", "lstat", "unlink", "rmdir", "listdir"})
_GONE: Final = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EEXIST, errno.EACCES, errno.EPERM}
)
"""What says of a lock that it is gone, in the way, or nothing that a run may rely on."""

_SURE: Final = 10_000  # bytes at a journal's end that no rotation takes


@frozen
class Ailment:
    """What fails.

    Attributes:
        error: The errno.
        at: The number of the call that fails, the first being 1.
        lasts: Whether from then on everything fails that would.
        written: How many bytes a `write` gets down before it fails.
    """

    error: int
    at: int
    lasts: bool = False
    written: int = 0


class FailingFileSystem(FaultyFileSystem, MemoryFileSystem):
    """A file system in memory that ails.

    Attributes:
        struck: The method that failed; `None` when nothing did yet.
        descriptors: How many are open.
    """

    def __init__(self, team: str, tree: Tree, ailment: Ailment | None) -> None:
        FaultyFileSystem.__init__(self)
        MemoryFileSystem.__init__(self, team, tree)
        self.struck: str | None = None
        self.ailment = ailment

    @property
    def descriptors(self) -> int:
        return len(self._open)

    def _call(self, method: FileMethod, real: Callable[..., _T], *arguments: Any) -> _T:
        ailment = self.ailment
        count = len(self.calls) + 1
        if ailment is not None and ailment.lasts and count > ailment.at:
            fails = method in LASTING[ailment.error]
        else:
            fails = ailment is not None and count == ailment.at
        if not fails or ailment is None:
            return super()._call(method, real, *arguments)
        super()._call("fstat", lambda: None)  # to count it
        self.struck = self.struck or method
        if method == "close":
            real(*arguments)
        if ailment.written and method == "write":
            descriptor, data = arguments
            return real(descriptor, data[: ailment.written])
        raise OSError(ailment.error, os.strerror(ailment.error), _path(arguments))


def _path(arguments: tuple[Any, ...]) -> str | None:
    return arguments[0] if isinstance(arguments[0], str) else None


@frozen
class Ordeal:
    """A run that is to suffer.

    Attributes:
        script: What it is to do.
        before: What it finds.
        durability: What it waits for.
        every: Of how many ailments it suffers one, where each takes long to judge.
    """

    script: Script
    before: Tree
    durability: Durability
    every: int = 1

    def calls(self) -> list[tuple[FileMethod, int]]:
        """The calls that it makes when nothing fails, and how many bytes each writes."""
        filesystem = FailingFileSystem(str(_ROOT / TEAM), self.before, None)
        run = self.run(filesystem)
        for step in self.script.steps:
            step.says(run)
        return [
            (call.method, len(call.arguments[1]) if call.method == "write" else 0)
            for call in filesystem.calls
        ]

    def run(self, filesystem: FailingFileSystem) -> BootstrapRun:
        """The run, in a process that began at another time than this one."""
        processes = FakeProcesses(alive={os.getpid()}, started_at={os.getpid(): 2})
        return self.script.run(
            _ROOT,
            "run",
            durability=self.durability,
            filesystem=filesystem,
            processes=processes,
        )

    def ailments(self) -> Iterator[Ailment]:
        """What is to befall it."""
        return itertools.islice(self._all_ailments(), 0, None, self.every)

    def _all_ailments(self) -> Iterator[Ailment]:
        for at, (method, size) in enumerate(self.calls(), 1):
            for error in ERRORS[method]:
                yield Ailment(error, at)
            for written in sorted({1, size // 2, size - 1} - {0, -1} if size else ()):
                yield Ailment(errno.ENOSPC, at, written=written)
            for error, methods in LASTING.items():
                if method in methods:
                    yield Ailment(error, at, lasts=True)


def ordeals() -> list[Ordeal]:
    """All runs that are to suffer."""
    attached = evolve(CANCELED, attach=True)
    return [
        Ordeal(CANCELED, NOTHING, "every_change"),
        Ordeal(TROUBLE, TEAM_ONLY, "every_change"),
        Ordeal(TROUBLE, wreck("state"), "phases"),
        Ordeal(attached, wreck("journal"), "every_change"),
        Ordeal(attached, wreck("release"), "phases"),
        Ordeal(attached, full_journal(), "every_change", every=11),
        Ordeal(evolve(RESUMED, attach=True), wreck("confirmed"), "every_change"),
    ]


@define
class FaultCampaign:
    """Ailments, one after another.

    Attributes:
        every: Of how many ailments one is looked at.
        first: Which of these.
        figures: How many of what there were.
    """

    every: int = 1
    first: int = 0
    figures: Counter[str] = field(factory=Counter)

    def through(self, ordeal: Ordeal) -> None:
        """Have everything befall a run that can.

        Raises:
            MisclassifiedError: Something was told wrongly, or left lying about.
        """
        for number, ailment in enumerate(ordeal.ailments()):
            if number % self.every == self.first:
                self.figures["lasting failures" if ailment.lasts else "single failures"] += 1
                _Trial(ordeal, ailment, self.figures).go()


@define
class _Trial:
    """One run that one thing befalls."""

    ordeal: Ordeal
    ailment: Ailment
    figures: Counter[str]
    filesystem: FailingFileSystem = field(init=False)
    log: Log = field(init=False)

    def __attrs_post_init__(self) -> None:
        ordeal = self.ordeal
        self.filesystem = FailingFileSystem(str(_ROOT / TEAM), ordeal.before, self.ailment)
        self.log = Log(ordeal.script, "run", os.getpid(), ordeal.before)

    def go(self) -> None:
        """Go through the script, and look after the step in which it strikes."""
        run, log = self.ordeal.run(self.filesystem), self.log
        for step in log.script.steps:
            log.began += 1
            well = self.filesystem.struck is None
            error = self._try(step.says, run)
            if error is not None:
                self._demand(self.filesystem.struck is not None, "it failed by itself", error)
                if not self._goes_on(run, error):
                    return
                if not isinstance(error, RecordNotDurableError):
                    step.says(run)
            log.done += 1
            if (
                log.script.resume and not run.resumed
            ):  # an earlier state that is not there, or no file
                told = self.ailment.error in _GONE
                self._demand(told, "nobody was taken over", run.not_resumed)
                self.log = log = evolve(log, script=evolve(log.script, resume=False))
            if well and self.filesystem.struck is not None:
                self._judge()
        self._judge()
        self._demand_clean()
        recover(self.filesystem.tree())

    def _try(self, says: Callable[[BootstrapRun], None], run: BootstrapRun) -> Exception | None:
        try:
            says(run)
        except Exception as error:  # noqa: BLE001 - which ones are right is judged
            return error
        return None

    # -- After the step in which it struck -------------------------------------------------------

    def _goes_on(self, run: BootstrapRun, error: Exception) -> bool:
        """Look at an error and at what is left; returns whether the run can go on."""
        self.figures[f"told as {type(error).__name__}"] += 1
        self._look_at_error(error)
        if self.log.began == 1:
            self._look_at_no_beginning()
        elif self.log.ended:
            self._judge()
        elif not self.ailment.lasts:
            done = self.log.done + isinstance(error, RecordNotDurableError)
            self._judge((done, done))
            self._demand_clean()
            return True
        else:
            self._judge()
            self._leave(run, error)
        self._demand_clean()
        # As after the end of this process: a lock that could not be removed stays until then.
        recover(self.filesystem.tree())
        return False

    def _look_at_error(self, error: Exception) -> None:
        """The error is one that is documented, and says what and where."""
        if isinstance(error, RecordWriteError):
            told = error.errno in self._codes() and bool(error.filename)
            self._demand(told, "the error says too little", error, error.errno)
        else:
            documented = isinstance(error, LockLostError | LockHeldError)
            about_the_lock = self.ailment.error in _GONE
            self._demand(documented and about_the_lock, "the error is none for this", error)
        self._demand(self.filesystem.descriptors == 0, "a descriptor was left open", error)

    def _codes(self) -> set[int]:
        """The errors it may be told by: of a write that came out short there is another."""
        codes = {self.ailment.error}
        if self.ailment.written:
            codes.add(errno.EIO)
        if self.ailment.error == errno.ENOENT:
            codes.add(errno.EEXIST)
        return codes

    def _leave(self, run: BootstrapRun, error: Exception) -> None:
        """Leave the block by the error while all still fails; it says so on the error."""
        told = self._try(lambda run: run.__exit__(type(error), error, None), run)
        self._demand(told is None, "leaving the block hid the error that it was left by", told)
        self._demand(self.filesystem.descriptors == 0, "leaving left a descriptor open")

    def _look_at_no_beginning(self) -> None:
        """A run that could not begin is one that has failed, or there is no sign of it."""
        tree, log = self.filesystem.tree(), self.log
        ended = tree.state == log.before.state or b'"phase":"failed"' in (tree.state or b"")
        self._demand(ended or self.ailment.lasts, "there is a run that did not begin", tree.state)
        kept = mended(log.before.journal)
        whole = tree.journal.startswith((log.before.journal, kept))
        rotated = kept.endswith(tree.journal) or kept[-_SURE:] in tree.journal
        self._demand(whole or rotated, "the journal lost lines", tree.journal)
        ours = (tree.lock or {}).get("runId") == log.run_id
        self._demand(not ours or self._cannot_clean(), "its lock stayed", tree.lock)

    def _judge(self, progress: tuple[int, int] | None = None) -> None:
        began, done = progress or (self.log.began, self.log.done)
        judge(self.filesystem.tree(), evolve(self.log, began=began, done=done))

    def _cannot_clean(self) -> bool:
        return self.ailment.lasts or self.filesystem.struck in _CLEANING

    def _demand_clean(self) -> None:
        left = [path for path in self.filesystem.tree().entries or {} if is_stale(path)]
        old = [path for path in self.log.before.entries or {} if is_stale(path)]
        aside = self.log.ended  # a lock put aside, and not durably so, may stay there
        clean = not set(left) - set(old) or self._cannot_clean() or aside
        self._demand(clean, "temporary files were left", left)

    def _demand(self, so: bool, otherwise: str, *found: object) -> None:  # noqa: FBT001 - as in assert
        if not so:
            log = self.log
            told = (
                f"{self.ailment} in {self.filesystem.struck}, step {log.began} of {log.script.name}"
            )
            raise MisclassifiedError("\n  ".join([f"{otherwise} ({told})", *map(repr, found)]))

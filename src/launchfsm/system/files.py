"""Files: the bounded read that distrusts what it finds, and writes that are whole or not at all.

Here: ``read_bounded``; the seam ``FileSystem`` and, on it, ``replace_file``, ``append_line`` and
``sync_folder``; ``team_folder``, which keeps a team's name inside the teams root. Not here: what
the bytes mean (``documents``), which files there are, the lock and the journal's rotation.
"""

# The system calls by their own names, on paths as plain text, are this room's trade:
# ruff: noqa: PTH102, PTH104, PTH106, PTH108, PTH118, PTH120, PTH208

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Literal

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

ReadOutcome = Literal["absent", "not_regular", "oversized", "invalid"]
"""Why there are no bytes: the four failures of a bounded read (§1 of the specification)."""

TEMPORARY_PREFIX: Final = ".launchfsm-"
"""How the names of temporary files begin, for whoever tidies up after a killed writer."""

_LONGEST_NAME: Final = 255  # bytes in one path component, on every file system in common use
_SHOWN_OF_A_NAME: Final = 60  # characters of a refused team name that its error repeats
_PRIVATE: Final = 0o600

# O_NONBLOCK: a FIFO or a device must not make the reader wait. O_NOCTTY: nor hand it a terminal.
_GUARDED: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_READ: Final = os.O_RDONLY | _GUARDED
_APPEND: Final = os.O_WRONLY | os.O_APPEND | _GUARDED
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _GUARDED
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


# -- Reading ---------------------------------------------------------------------------------------


@frozen
class ReadProblem:
    """Why a file gave no bytes (§1 of the specification).

    Attributes:
        outcome: Which of the four failures it is.
        detail: What was found or what the operating system said, in words.
    """

    outcome: ReadOutcome
    detail: str


_ABSENT: Final = ReadProblem("absent", "there is no such file")
_RESTLESS: Final = ReadProblem("invalid", "it kept changing: ten attempts to read it failed")

# More than one is needed only against a writer that truncates in place or swaps kinds; ten in a
# row lost to such a writer, at some ten microseconds each, is a file nobody can read.
_ATTEMPTS: Final = 10

# Errors that a moment later may be gone. The first two speak of a kind of file (a symbolic link; a
# socket or a device) and mean that it was replaced when the path holds a regular file after all.
_PASSING: Final = frozenset({errno.ELOOP, errno.ENXIO, errno.ESTALE, errno.EINTR})

_KINDS: Final = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


def read_bounded(path: str, *, limit: int) -> bytes | ReadProblem:
    """Read a whole regular file of at most ``limit`` bytes, distrusting everything about it.

    The bounded read of §1 of the specification. What is judged is the opened descriptor, so
    nothing can be swapped between a check and the read. A symbolic link is never followed in the
    last component, and nothing that can be at the path makes the call wait. A file that lost bytes
    under the read is read again, up to ten times; a file that a writer renamed into place is read
    whole, as the old one or the new one. A file that grew is read to its new end.

    Args:
        path: Where the file is.
        limit: The most bytes it may hold; a file of exactly that many is read.

    Returns:
        The bytes, or why there are none.

    Raises:
        TypeError: ``path`` is not text.
        ValueError: ``limit`` is negative.
    """
    if limit < 0:
        raise ValueError(f"limit must be 0 bytes or more, not {limit}")
    for _ in range(_ATTEMPTS):
        try:
            found = _read_once(path, limit)
        except FileNotFoundError:
            return _ABSENT
        except OSError as error:
            found = _why_refused(path, limit, error)
        except ValueError as error:  # a NUL or a lone surrogate: no file can have this name
            return ReadProblem("invalid", f"its path cannot name a file: {error}")
        if found is not None:
            return found
    return _RESTLESS


def _read_once(path: str, limit: int) -> bytes | ReadProblem | None:
    """Try once; ``None`` when the file lost bytes meanwhile, so that only another try can tell."""
    descriptor = os.open(path, _READ)
    try:
        status = os.fstat(descriptor)
        size = status.st_size
        if size > limit or not stat.S_ISREG(status.st_mode):
            return _judge(status, limit)
        data = os.read(descriptor, size + 1)
        if len(data) != size:
            data = _read_on(descriptor, data, limit)
    finally:
        os.close(descriptor)
    # A torn rewrite of equal length is not looked for: times are set as a write begins, so a second
    # fstat would miss half of them, and it costs an eighth of the whole read.
    if len(data) > limit:
        return ReadProblem("invalid", f"it grew past {limit} bytes while being read")
    return data if len(data) >= size else None


def _read_on(descriptor: int, data: bytes, limit: int) -> bytes:
    """Read to the end, or to the first byte past the limit: the size was not what fstat said."""
    while chunk := os.read(descriptor, limit + 1 - len(data)):
        data += chunk
    return data


def _judge(status: os.stat_result, limit: int) -> ReadProblem | None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "neither a file nor any known kind")
        return ReadProblem("not_regular", f"it is {kind}")
    if status.st_size > limit:
        return ReadProblem(
            "oversized", f"it holds {status.st_size} bytes, over the bound of {limit}"
        )
    return None


def _why_refused(path: str, limit: int, error: OSError) -> ReadProblem | None:
    """Say what stands where a read failed; ``None`` when the cause may be gone already."""
    try:
        problem = _judge(os.lstat(path), limit)
    except FileNotFoundError:
        return None
    except OSError as second:
        error, problem = second, None
    if problem is None and error.errno not in _PASSING:
        problem = ReadProblem("invalid", error.strerror or str(error))
    return problem


# -- Writing ---------------------------------------------------------------------------------------


class FileSystem:
    """The system calls that writing is made of, one method each, so that tests can stand between.

    Every method is the call of its name, with its errors: an ``OSError`` and nothing else.
    """

    def open(self, path: str, flags: int, mode: int = _PRIVATE) -> int:
        """Open ``path`` and return its descriptor."""
        return os.open(path, flags, mode)

    def write(self, descriptor: int, data: bytes) -> int:
        """Write some of ``data`` and return how many bytes it was."""
        return os.write(descriptor, data)

    def pread(self, descriptor: int, length: int, offset: int) -> bytes:
        """Read at most ``length`` bytes of an open file from a place on."""
        return os.pread(descriptor, length, offset)

    def fstat(self, descriptor: int) -> os.stat_result:
        """Return what an open file is."""
        return os.fstat(descriptor)

    def lstat(self, path: str) -> os.stat_result:
        """Return what is at ``path``, of a symbolic link the link itself."""
        return os.lstat(path)

    def fchmod(self, descriptor: int, mode: int) -> None:
        """Change the permissions of an open file."""
        os.fchmod(descriptor, mode)

    def ftruncate(self, descriptor: int, length: int) -> None:
        """Cut an open file to ``length`` bytes."""
        os.ftruncate(descriptor, length)

    def fsync(self, descriptor: int) -> None:
        """Wait until an open file, or the entries of an open folder, are on the disk."""
        os.fsync(descriptor)

    def flock(self, descriptor: int, operation: int) -> None:
        """Lock or unlock an open file, or folder, for all processes of this machine."""
        fcntl.flock(descriptor, operation)

    def close(self, descriptor: int) -> None:
        """Close a descriptor; it is gone even when this raises."""
        os.close(descriptor)

    def rename(self, source: str, target: str) -> None:
        """Give a file or folder another name, in one step, replacing what may be replaced."""
        os.rename(source, target)

    def unlink(self, path: str) -> None:
        """Remove the name of a file."""
        os.unlink(path)

    def mkdir(self, path: str, mode: int = 0o700) -> None:
        """Create a folder, which fails when there is anything at ``path``."""
        os.mkdir(path, mode)

    def rmdir(self, path: str) -> None:
        """Remove an empty folder."""
        os.rmdir(path)

    def listdir(self, path: str) -> list[str]:
        """Return the names in a folder, in no order."""
        return os.listdir(path)


FILE_SYSTEM: Final = FileSystem()
"""The real one."""


class NotDurableError(OSError):
    """The new content is in place and whole, but may not survive a power cut."""


def replace_file(
    path: str, data: bytes, *, durable: bool = True, filesystem: FileSystem = FILE_SYSTEM
) -> None:
    """Make ``data`` the content of ``path`` so that a reader sees the old or the new file, whole.

    A temporary file in the same folder is written, synced and renamed into place, then the folder
    is synced. The new file has the permissions of the regular file it replaces, else 0600. A
    symbolic link at ``path`` is replaced itself.

    Args:
        path: The file to replace or create.
        data: Its whole new content.
        durable: Whether to wait for the disk; without it the replacement is still atomic, but a
            power cut may undo or empty it.
        filesystem: The system calls to use.

    Raises:
        NotDurableError: The file was replaced, the folder could not be synced.
        OSError: Anything else that failed; the old file is intact and nothing is left behind.
    """
    folder = os.path.dirname(path)
    # Unpredictable, so that nobody can stand in its way; O_EXCL would refuse them all the same.
    temporary = os.path.join(folder, TEMPORARY_PREFIX + os.urandom(8).hex())
    mode = _mode_to_keep(path, filesystem)
    descriptor = filesystem.open(temporary, _CREATE)
    try:
        with _closing(descriptor, path, filesystem):
            _fill(descriptor, data, filesystem)
            if mode != _PRIVATE:
                filesystem.fchmod(descriptor, mode)
            if durable:
                filesystem.fsync(descriptor)
        filesystem.rename(temporary, path)
    except BaseException:
        with suppress(OSError):
            filesystem.unlink(temporary)
        raise
    if durable:
        with _already_in_place(path):
            sync_folder(folder, filesystem=filesystem)


def append_line(
    path: str, line: bytes, *, durable: bool = True, filesystem: FileSystem = FILE_SYSTEM
) -> None:
    r"""Append ``line`` and a line end in one write, creating the file (0600) when it is missing.

    Meant for one writer at a time, the holder of the lock. What a failed call wrote is taken back
    where nobody else has written since; a torn line can still be left by a crash, or by a disk
    that refuses even that, so a writer looks at the file's end before its first line.

    Args:
        path: The file, a regular one; a symbolic link is not followed.
        line: One line without its line end.
        durable: Whether to wait for the disk.
        filesystem: The system calls to use.

    Raises:
        NotDurableError: The line is in the file; closing it, or syncing its folder, failed.
        OSError: Anything else that failed; the file is as it was, or still missing.
        ValueError: ``line`` has a ``\n`` inside, so it is not one line.
    """
    if b"\n" in line:
        raise ValueError("line must be one line, without its line end: it has a line feed inside")
    descriptor, created = _open_to_append(path, filesystem)
    try:
        _append(descriptor, line + b"\n", path, durable=durable, filesystem=filesystem)
    except BaseException:
        with suppress(OSError):
            filesystem.close(descriptor)
        if created:
            with suppress(OSError):
                filesystem.unlink(path)
        raise
    with _already_in_place(path):
        filesystem.close(descriptor)
        if created and durable:
            sync_folder(os.path.dirname(path), filesystem=filesystem)


def sync_folder(path: str, *, filesystem: FileSystem = FILE_SYSTEM) -> None:
    """Wait until the entries of a folder are on the disk: what was created, renamed or removed.

    Args:
        path: The folder; empty for the current one.
        filesystem: The system calls to use.

    Raises:
        OSError: It could not be opened or synced. A file system that has no such thing is no error.
    """
    descriptor = filesystem.open(path or os.curdir, _FOLDER)
    try:
        filesystem.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # how some network file systems say: not needed here
            error.filename = path or os.curdir
            raise
    finally:
        with suppress(OSError):  # nothing was written through it, so nothing can be lost here
            filesystem.close(descriptor)


def _mode_to_keep(path: str, filesystem: FileSystem) -> int:
    try:
        mode = filesystem.lstat(path).st_mode
    except FileNotFoundError:
        return _PRIVATE
    return mode & 0o777 if stat.S_ISREG(mode) else _PRIVATE


def _fill(descriptor: int, data: bytes, filesystem: FileSystem) -> None:
    rest = data
    while rest:
        written = filesystem.write(descriptor, rest)
        if written == 0:  # no regular file does this; waiting for one that does would never end
            raise OSError(errno.EIO, "the file takes no more bytes, and no reason was given")
        rest = rest[written:]


def _open_to_append(path: str, filesystem: FileSystem) -> tuple[int, bool]:
    """Return a descriptor and whether the file was created for it."""
    try:
        return filesystem.open(path, _APPEND), False
    except FileNotFoundError:
        return filesystem.open(path, _APPEND | os.O_CREAT | os.O_EXCL), True


def _append(
    descriptor: int, record: bytes, path: str, *, durable: bool, filesystem: FileSystem
) -> None:
    with _naming(path):
        before = filesystem.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "lines are appended to regular files only")
        written = filesystem.write(descriptor, record)
        try:
            _demand_whole(written, len(record))
            if durable:
                filesystem.fsync(descriptor)
        except BaseException:
            _take_back(descriptor, before.st_size, written, filesystem)
            raise


def _demand_whole(written: int, wanted: int) -> None:
    if written != wanted:
        raise OSError(
            errno.EIO, f"only {written} of {wanted} bytes were written, as when a disk fills up"
        )


def _take_back(descriptor: int, start: int, written: int, filesystem: FileSystem) -> None:
    """Cut off our own bytes, unless somebody else's came before or after them."""
    with suppress(OSError):
        if filesystem.fstat(descriptor).st_size == start + written:
            filesystem.ftruncate(descriptor, start)


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Put ``path`` into the errors of calls that know a descriptor only."""
    try:
        yield
    except OSError as error:
        error.filename = path
        raise


@contextmanager
def _closing(descriptor: int, path: str, filesystem: FileSystem) -> Iterator[None]:
    """Close at the end; when the block fails too, it is the block's error that is told."""
    with _naming(path):
        try:
            yield
        except BaseException:
            with suppress(OSError):
                filesystem.close(descriptor)
            raise
        filesystem.close(descriptor)


@contextmanager
def _already_in_place(path: str) -> Iterator[None]:
    """Tell a failure after the point of no return from one before it."""
    try:
        yield
    except OSError as error:
        raise NotDurableError(
            error.errno,
            f"{error.strerror}; the new content is in place, but may not survive a power cut",
            path,
        ) from error


# -- Team folders ----------------------------------------------------------------------------------


class TeamNameError(ValueError):
    """The name of a team is not one plain path component."""


def team_folder(root: str, team: str) -> str:
    """Return the path of a team's folder, refusing every name that could lead elsewhere.

    No file is touched. The name is the folder's name (§1 of the specification): spaces and any
    script are fine.

    Args:
        root: The teams root.
        team: The team's name.

    Raises:
        TeamNameError: The name is empty, ``.``, ``..``, has a slash or a NUL, is longer than 255
            bytes, or has no bytes at all in the file system's encoding.
        TypeError: The name is not text.
    """
    if not isinstance(team, str):
        raise TypeError(f"a team's name must be text, not {type(team).__name__}")
    fault = _name_fault(team)
    if fault is not None:
        raise TeamNameError(
            f"No team can be called {_shortened(team)}: {fault}. "
            "Pass the plain name of a folder directly inside the teams root, such as 'demo'."
        )
    return os.path.join(root, team)


def _name_fault(team: str) -> str | None:
    if not team:
        return "the name is empty"
    if team in {".", ".."}:
        return "this name leads to the teams root itself or out of it"
    if "/" in team:
        return "a slash would lead into or out of other folders"
    if "\0" in team:
        return "no file name can have a NUL in it"
    try:
        size = len(os.fsencode(team))
    except UnicodeEncodeError as error:
        return f"the file system's encoding cannot spell it ({error.reason})"
    if size > _LONGEST_NAME:
        return f"it takes {size} bytes, and a folder's name has at most {_LONGEST_NAME}"
    return None


def _shortened(name: str) -> str:
    """Spell a name so that it is safe to print, whatever is in it and however long it is."""
    if len(name) <= _SHOWN_OF_A_NAME:
        return ascii(name)
    return f"{name[:_SHOWN_OF_A_NAME]!a}… ({len(name)} characters)"

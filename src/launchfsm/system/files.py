"""Files: a read that distrusts what it finds, and the system calls that writing is made of.

What only POSIX has is asked for here, so that reading works without it (Windows). There the bounded
read is weaker: links are looked for before a file is opened, which somebody quick can get around,
and so are folders on the way to it, as there are no descriptors of folders. Records are not written
there.
"""

# The system calls by their own names, on paths as plain text, are this room's trade:
# ruff: noqa: PTH110, PTH113, PTH208

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from typing import Final, Literal, TypeVar

from attrs import frozen

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None  # type: ignore[assignment]  # so that `flock` can say so

T = TypeVar("T")

ReadOutcome = Literal["absent", "not_regular", "oversized", "invalid"]
"""Why there are no bytes: the four failures of a bounded read (§1 of the specification)."""

PRIVATE: Final = 0o600
"""The permissions of a new file."""

HAS_FOLDER_DESCRIPTORS: Final = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
# A flag that is not there is no bit at all.
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_CLOSE_ON_EXEC: Final = getattr(os, "O_CLOEXEC", 0)
# O_NONBLOCK: a FIFO or a device must not make the reader wait. O_NOCTTY: nor hand it a terminal.
_GUARDED: Final = (
    _NO_FOLLOW
    | _CLOSE_ON_EXEC
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
READ: Final = os.O_RDONLY | _GUARDED
"""Flags to open a file for reading: no link, no waiting."""
WRITE: Final = os.O_WRONLY | _GUARDED
"""Flags to open a file for writing: no link, no waiting."""
FOLLOWED_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _CLOSE_ON_EXEC
"""Flags to open a folder that may be a link."""
FOLDER: Final = FOLLOWED_FOLDER | _NO_FOLLOW
"""Flags to open a folder: no link."""


# -- Reading ---------------------------------------------------------------------------------------


@frozen
class ReadProblem:
    """Why a file gave no bytes (§1 of the specification), and in words what was found instead."""

    outcome: ReadOutcome
    detail: str


@frozen
class FileEnd:
    """The last bytes of a file, and how many the whole file holds."""

    data: bytes
    size: int

    @property
    def whole(self) -> bool:
        """Whether that is the whole file."""
        return len(self.data) == self.size

    @property
    def lines(self) -> bytes:
        """Its whole lines: without the first one, when that begins before the end does."""
        return self.data if self.whole else self.data.partition(b"\n")[2]


ABSENT_FILE: Final = ReadProblem("absent", "there is no such file")

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


def read_bounded(path: str, *, limit: int, dir_fd: int | None = None) -> bytes | ReadProblem:
    """Read a whole regular file of at most `limit` bytes, distrusting everything about it.

    The bounded read of §1 of the specification. What is judged is the opened descriptor, so
    nothing can be swapped between a check and the read. A symbolic link is never followed in the
    last component, and nothing that can be at the path makes the call wait. A file that lost bytes
    under the read is read again, up to ten times; a file that a writer renamed into place is read
    whole, as the old one or the new one. A file that grew is read to its new end.
    """
    if limit < 0:
        raise ValueError(f"limit must be 0 bytes or more, not {limit}")

    def read(descriptor: int) -> bytes | ReadProblem | None:
        status = os.fstat(descriptor)
        size = status.st_size
        if size > limit or not stat.S_ISREG(status.st_mode):
            return _judge(status, limit)
        data = os.read(descriptor, size + 1)
        if len(data) != size:
            while chunk := os.read(descriptor, limit + 1 - len(data)):  # fstat was not right
                data += chunk
        # A torn rewrite of equal length is not looked for: times are set as a write begins, so a
        # second fstat would miss half of them, and it costs an eighth of the whole read.
        if len(data) > limit:
            return ReadProblem("invalid", f"it grew past {limit} bytes while being read")
        return data if len(data) >= size else None

    return _attempt(read, path, dir_fd, limit)


def read_end(path: str, *, limit: int, dir_fd: int | None = None) -> FileEnd | ReadProblem:
    """Read the last bytes, at most `limit`, of a file of any size, as `read_bounded` does."""

    def read(descriptor: int) -> FileEnd | ReadProblem:
        status = os.fstat(descriptor)
        problem = _judge(status, None)
        if problem is not None:
            return problem
        start = max(0, status.st_size - limit)
        os.lseek(descriptor, start, os.SEEK_SET)
        data = b""
        while len(data) < limit and (chunk := os.read(descriptor, limit - len(data))):
            data += chunk
        return FileEnd(data, start + len(data))

    return _attempt(read, path, dir_fd, None)


def _attempt(
    read: Callable[[int], T | ReadProblem | None], path: str, dir_fd: int | None, limit: int | None
) -> T | ReadProblem:
    """Open a file and read it; again, while only another try can tell."""
    for _ in range(_ATTEMPTS):
        try:
            descriptor = os.open(path, READ, dir_fd=dir_fd) if _NO_FOLLOW else _open_no_link(path)
            try:
                found = read(descriptor)
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            return ABSENT_FILE
        except OSError as error:
            found = why_refused(path, dir_fd, limit, error)
        except ValueError as error:  # a NUL or a lone surrogate: no file can have this name
            return ReadProblem("invalid", f"its path cannot name a file: {error}")
        if found is not None:
            return found
    return ReadProblem("invalid", "it kept changing: ten attempts to read it failed")


def _open_no_link(path: str) -> int:
    """Open a file where nothing but a look before it keeps links from being followed."""
    if stat.S_ISLNK(os.lstat(path).st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
    return os.open(path, READ)


def _judge(status: os.stat_result, limit: int | None) -> ReadProblem | None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "neither a file nor any known kind")
        return ReadProblem("not_regular", f"it is {kind}")
    if limit is not None and status.st_size > limit:
        return oversized(status.st_size, limit)
    return None


def oversized(size: int, limit: int) -> ReadProblem:
    """Why a file that is too large gave no bytes."""
    return ReadProblem("oversized", f"it holds {size} bytes, over the bound of {limit}")


def why_refused(
    path: str, dir_fd: int | None, limit: int | None, error: OSError
) -> ReadProblem | None:
    """Say what stands where a read failed; `None` when the cause may be gone already."""
    try:
        problem = _judge(os.lstat(path, dir_fd=dir_fd), limit)
    except FileNotFoundError:
        return None
    except OSError as second:
        error, problem = second, None
    if problem is None and error.errno not in _PASSING:
        problem = ReadProblem("invalid", error.strerror or str(error))
    return problem


# -- System calls ----------------------------------------------------------------------------------


class FileSystem:
    """The system calls that writing is made of, one method each, so that tests can stand between.

    Every method is the call of its name, with its errors: an `OSError` and nothing else. A path
    is in the open folder `dir_fd`, else in the current one.
    """

    def open(self, path: str, flags: int, mode: int = PRIVATE, *, dir_fd: int | None = None) -> int:
        """Open `path` and return its descriptor."""
        return os.open(path, flags, mode, dir_fd=dir_fd)

    def write(self, descriptor: int, data: bytes) -> int:
        """Write some of `data` and return how many bytes it was."""
        return os.write(descriptor, data)

    def pread(self, descriptor: int, length: int, offset: int) -> bytes:
        """Read at most `length` bytes of an open file from a place on."""
        return os.pread(descriptor, length, offset)

    def fstat(self, descriptor: int) -> os.stat_result:
        """Return what an open file is."""
        return os.fstat(descriptor)

    def lstat(self, path: str, *, dir_fd: int | None = None) -> os.stat_result:
        """Return what is at `path`, of a symbolic link the link itself."""
        return os.lstat(path, dir_fd=dir_fd)

    def fchmod(self, descriptor: int, mode: int) -> None:
        """Change the permissions of an open file."""
        os.fchmod(descriptor, mode)

    def ftruncate(self, descriptor: int, length: int) -> None:
        """Cut an open file to `length` bytes."""
        os.ftruncate(descriptor, length)

    def fsync(self, descriptor: int) -> None:
        """Wait until an open file, or the entries of an open folder, are on the disk."""
        os.fsync(descriptor)

    def flock(self, descriptor: int, operation: int) -> None:
        """Lock or unlock an open file, or folder, for all processes of this machine."""
        if fcntl is None:
            raise OSError(errno.ENOTSUP, "this system has no flock: launches are only read here")
        fcntl.flock(descriptor, operation)

    def close(self, descriptor: int) -> None:
        """Close a descriptor; it is gone even when this raises."""
        os.close(descriptor)

    def rename(self, source: str, target: str, *, dir_fd: int | None = None) -> None:
        """Give a file or folder another name, in one step, replacing what may be replaced."""
        os.replace(source, target, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)

    def unlink(self, path: str, *, dir_fd: int | None = None) -> None:
        """Remove the name of a file."""
        os.unlink(path, dir_fd=dir_fd)

    def mkdir(self, path: str, mode: int = 0o700, *, dir_fd: int | None = None) -> None:
        """Create a folder, which fails when there is anything at `path`."""
        os.mkdir(path, mode, dir_fd=dir_fd)

    def rmdir(self, path: str, *, dir_fd: int | None = None) -> None:
        """Remove an empty folder."""
        os.rmdir(path, dir_fd=dir_fd)

    def listdir(self, path: str | int) -> list[str]:
        """Return the names in a folder, given by its path or its descriptor, in no order."""
        return os.listdir(path)


FILE_SYSTEM: Final = FileSystem()
"""The real one."""


def demand_replaceable(path: str) -> None:
    """Refuse to replace what is no regular file: a rename would take away a device or a pipe.

    Raises:
        OSError: Something else stands there, or, through a link, elsewhere.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(errno.EEXIST, "it is there, and no regular file", path)

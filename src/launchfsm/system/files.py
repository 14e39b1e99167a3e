"""Files: a read that distrusts what it finds, writes that are whole or not at all.

Everything below a team's folder is reached through a `Folder`: a descriptor, from which no link
leads elsewhere, whatever is renamed meanwhile. Where the system has no such descriptors (Windows),
reading works by paths: links are looked for before each read, which somebody quick can get around.
"""

# The system calls by their own names, on paths as plain text, are this room's trade:
# ruff: noqa: PTH118, PTH120, PTH208

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, Self, TypeVar

from attrs import field, frozen

from launchfsm.errors import LaunchfsmError

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None  # type: ignore[assignment]  # so that `flock` can say so

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

_T = TypeVar("_T")

ReadOutcome = Literal["absent", "not_regular", "oversized", "invalid"]
"""Why there are no bytes: the four failures of a bounded read (§1 of the specification)."""

FileKind = Literal["file", "folder", "link", "other"]
"""What a name in a folder stands for."""

TEMPORARY_PREFIX: Final = ".launchfsm-"
"""How the names of temporary files begin, for whoever tidies up after a killed writer."""

_LONGEST_NAME: Final = 255  # bytes in one path component, on every file system in common use
_SHOWN_OF_A_NAME: Final = 60  # characters of a refused team name that its error repeats
_MOST_ENTRIES: Final = 4_096
_PRIVATE: Final = 0o600

# The one door to what only POSIX has. A flag that is not there is no bit at all.
_DESCRIPTORS: Final = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY: Final = getattr(os, "O_DIRECTORY", 0)
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
_APPEND: Final = WRITE | os.O_APPEND
_CREATE: Final = WRITE | os.O_CREAT | os.O_EXCL
_FOLLOWED_FOLDER: Final = os.O_RDONLY | _DIRECTORY | _CLOSE_ON_EXEC
FOLDER: Final = _FOLLOWED_FOLDER | _NO_FOLLOW
"""Flags to open a folder: no link."""


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


def read_bounded(path: str, *, limit: int, dir_fd: int | None = None) -> bytes | ReadProblem:
    """Read a whole regular file of at most ``limit`` bytes, distrusting everything about it.

    The bounded read of §1 of the specification. What is judged is the opened descriptor, so
    nothing can be swapped between a check and the read. A symbolic link is never followed in the
    last component, and nothing that can be at the path makes the call wait. A file that lost bytes
    under the read is read again, up to ten times; a file that a writer renamed into place is read
    whole, as the old one or the new one. A file that grew is read to its new end.

    Args:
        path: Where the file is.
        limit: The most bytes it may hold; a file of exactly that many is read.
        dir_fd: The open folder that the path is in; the current one when `None`.

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
            found = _read_once(path, limit, dir_fd)
        except FileNotFoundError:
            return _ABSENT
        except OSError as error:
            found = _why_refused(path, dir_fd, limit, error)
        except ValueError as error:  # a NUL or a lone surrogate: no file can have this name
            return ReadProblem("invalid", f"its path cannot name a file: {error}")
        if found is not None:
            return found
    return _RESTLESS


def _read_once(path: str, limit: int, dir_fd: int | None) -> bytes | ReadProblem | None:
    """Try once; `None` when the file lost bytes meanwhile, so that only another try can tell."""
    descriptor = os.open(path, READ, dir_fd=dir_fd) if _NO_FOLLOW else _open_no_link(path)
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


def _open_no_link(path: str) -> int:
    """Open a file where nothing but a look before it keeps links from being followed."""
    if stat.S_ISLNK(os.lstat(path).st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
    return os.open(path, READ)


def _read_on(descriptor: int, data: bytes, limit: int) -> bytes:
    """Read to the end, or to the first byte past the limit: the size was not what fstat said."""
    while chunk := os.read(descriptor, limit + 1 - len(data)):
        data += chunk
    return data


def _judge(status: os.stat_result, limit: int | None) -> ReadProblem | None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "neither a file nor any known kind")
        return ReadProblem("not_regular", f"it is {kind}")
    if limit is not None and status.st_size > limit:
        return ReadProblem(
            "oversized", f"it holds {status.st_size} bytes, over the bound of {limit}"
        )
    return None


def _why_refused(
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


@frozen
class FileEnd:
    """The end of a file.

    Attributes:
        data: Its last bytes.
        size: How many bytes the whole file holds.
    """

    data: bytes
    size: int

    @property
    def whole(self) -> bool:
        """Whether that is the whole file."""
        return len(self.data) == self.size


def _read_end_once(path: str, limit: int, dir_fd: int | None) -> FileEnd | ReadProblem:
    descriptor = os.open(path, READ, dir_fd=dir_fd) if _NO_FOLLOW else _open_no_link(path)
    try:
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
    finally:
        os.close(descriptor)


# -- Writing ---------------------------------------------------------------------------------------


class FileSystem:
    """The system calls that writing is made of, one method each, so that tests can stand between.

    Every method is the call of its name, with its errors: an ``OSError`` and nothing else. A path
    is in the open folder ``dir_fd``, else in the current one.
    """

    def open(
        self, path: str, flags: int, mode: int = _PRIVATE, *, dir_fd: int | None = None
    ) -> int:
        """Open ``path`` and return its descriptor."""
        return os.open(path, flags, mode, dir_fd=dir_fd)

    def write(self, descriptor: int, data: bytes) -> int:
        """Write some of ``data`` and return how many bytes it was."""
        return os.write(descriptor, data)

    def pread(self, descriptor: int, length: int, offset: int) -> bytes:
        """Read at most ``length`` bytes of an open file from a place on."""
        return os.pread(descriptor, length, offset)

    def fstat(self, descriptor: int) -> os.stat_result:
        """Return what an open file is."""
        return os.fstat(descriptor)

    def lstat(self, path: str, *, dir_fd: int | None = None) -> os.stat_result:
        """Return what is at ``path``, of a symbolic link the link itself."""
        return os.lstat(path, dir_fd=dir_fd)

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
        if fcntl is None:
            raise OSError(errno.ENOTSUP, "this system has no flock: launches are only read here")
        fcntl.flock(descriptor, operation)

    def close(self, descriptor: int) -> None:
        """Close a descriptor; it is gone even when this raises."""
        os.close(descriptor)

    def rename(self, source: str, target: str, *, dir_fd: int | None = None) -> None:
        """Give a file or folder another name, in one step, replacing what may be replaced."""
        os.rename(source, target, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)

    def unlink(self, path: str, *, dir_fd: int | None = None) -> None:
        """Remove the name of a file."""
        os.unlink(path, dir_fd=dir_fd)

    def mkdir(self, path: str, mode: int = 0o700, *, dir_fd: int | None = None) -> None:
        """Create a folder, which fails when there is anything at ``path``."""
        os.mkdir(path, mode, dir_fd=dir_fd)

    def rmdir(self, path: str, *, dir_fd: int | None = None) -> None:
        """Remove an empty folder."""
        os.rmdir(path, dir_fd=dir_fd)

    def listdir(self, path: str | int) -> list[str]:
        """Return the names in a folder, given by its path or its descriptor, in no order."""
        return os.listdir(path)


FILE_SYSTEM: Final = FileSystem()
"""The real one."""


class NotDurableError(LaunchfsmError, OSError):
    """The new content is in place and whole, but may not survive a power cut."""


def replace_file(
    path: str,
    data: bytes,
    *,
    durable: bool = True,
    dir_fd: int | None = None,
    filesystem: FileSystem = FILE_SYSTEM,
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
        dir_fd: The open folder that the path is in; the current one when `None`.
        filesystem: The system calls to use.

    Raises:
        NotDurableError: The file was replaced, the folder could not be synced.
        OSError: Anything else that failed; the old file is intact and nothing is left behind.
    """
    folder = os.path.dirname(path)
    # Unpredictable, so that nobody can stand in its way; O_EXCL would refuse them all the same.
    temporary = os.path.join(folder, TEMPORARY_PREFIX + os.urandom(8).hex())
    mode = _mode_to_keep(path, dir_fd, filesystem)
    descriptor = filesystem.open(temporary, _CREATE, dir_fd=dir_fd)
    try:
        with _closing(descriptor, path, filesystem):
            _fill(descriptor, data, filesystem)
            if mode != _PRIVATE:
                filesystem.fchmod(descriptor, mode)
            if durable:
                filesystem.fsync(descriptor)
        filesystem.rename(temporary, path, dir_fd=dir_fd)
    except BaseException:
        with suppress(OSError):
            filesystem.unlink(temporary, dir_fd=dir_fd)
        raise
    if durable:
        with _already_in_place(path):
            sync_folder(folder, dir_fd=dir_fd, filesystem=filesystem)


def append_line(
    path: str,
    line: bytes,
    *,
    durable: bool = True,
    dir_fd: int | None = None,
    filesystem: FileSystem = FILE_SYSTEM,
) -> None:
    r"""Append ``line`` and a line end in one write, creating the file (0600) when it is missing.

    Meant for one writer at a time, the holder of the lock. What a failed call wrote is taken back
    where nobody else has written since; a torn line can still be left by a crash, or by a disk
    that refuses even that, so a writer looks at the file's end before its first line.

    Args:
        path: The file, a regular one; a symbolic link is not followed.
        line: One line without its line end.
        durable: Whether to wait for the disk.
        dir_fd: The open folder that the path is in; the current one when `None`.
        filesystem: The system calls to use.

    Raises:
        NotDurableError: The line is in the file; closing it, or syncing its folder, failed.
        OSError: Anything else that failed; the file is as it was, or still missing.
        ValueError: ``line`` has a ``\n`` inside, so it is not one line.
    """
    if b"\n" in line:
        raise ValueError("line must be one line, without its line end: it has a line feed inside")
    descriptor, created = _open_to_append(path, dir_fd, filesystem)
    try:
        _append(descriptor, line + b"\n", path, durable=durable, filesystem=filesystem)
    except BaseException:
        with suppress(OSError):
            filesystem.close(descriptor)
        if created:
            with suppress(OSError):
                filesystem.unlink(path, dir_fd=dir_fd)
        raise
    with _already_in_place(path):
        filesystem.close(descriptor)
        if created and durable:
            sync_folder(os.path.dirname(path), dir_fd=dir_fd, filesystem=filesystem)


def sync_folder(
    path: str, *, dir_fd: int | None = None, filesystem: FileSystem = FILE_SYSTEM
) -> None:
    """Wait until the entries of a folder are on the disk: what was created, renamed or removed.

    Args:
        path: The folder; empty for `dir_fd`, or for the current one.
        dir_fd: The open folder that the path is in; the current one when `None`.
        filesystem: The system calls to use.

    Raises:
        OSError: It could not be opened or synced. A file system that has no such thing is no error.
    """
    if dir_fd is not None and not path:
        _sync(dir_fd, os.curdir, filesystem)
        return
    descriptor = filesystem.open(path or os.curdir, _FOLLOWED_FOLDER, dir_fd=dir_fd)
    try:
        _sync(descriptor, path or os.curdir, filesystem)
    finally:
        with suppress(OSError):  # nothing was written through it, so nothing can be lost here
            filesystem.close(descriptor)


def _sync(descriptor: int, path: str, filesystem: FileSystem) -> None:
    try:
        filesystem.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # how some network file systems say: not needed here
            error.filename = path
            raise


def _mode_to_keep(path: str, dir_fd: int | None, filesystem: FileSystem) -> int:
    try:
        mode = filesystem.lstat(path, dir_fd=dir_fd).st_mode
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


def _open_to_append(path: str, dir_fd: int | None, filesystem: FileSystem) -> tuple[int, bool]:
    """Return a descriptor and whether the file was created for it."""
    try:
        return filesystem.open(path, _APPEND, dir_fd=dir_fd), False
    except FileNotFoundError:
        return filesystem.open(path, _APPEND | os.O_CREAT | os.O_EXCL, dir_fd=dir_fd), True


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
    """Put a whole path into the errors of calls that know a descriptor or one name only."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = path, None
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


# -- Folders, by descriptor ------------------------------------------------------------------------


@frozen
class Listing:
    """What stands in a folder.

    Attributes:
        kinds: What each name stands for.
        whole: Whether these are all names; of a folder of thousands, some are left out.
    """

    kinds: Mapping[str, FileKind]
    whole: bool = True

    def may_have(self, name: str) -> bool:
        """Whether a name may be in the folder: it was seen there, or not everything was seen."""
        return not self.whole or name in self.kinds


@frozen(eq=False)
class Folder:
    """An open folder. What is reached through it is in it, and nothing is reached by a link.

    A name may have slashes; each folder on the way is opened as this one was. Use as a context
    manager, which closes it.

    Attributes:
        path: Where it was when it was opened, for messages.
        descriptor: Its descriptor; `None` where the system has none for folders.
        filesystem: The system calls that write.
    """

    path: str
    descriptor: int | None
    filesystem: FileSystem = field(default=FILE_SYSTEM, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its descriptor."""
        if self.descriptor is not None:
            try:
                self.filesystem.close(self.descriptor)
            except OSError:
                return  # nothing was written through it, so nothing can be lost here

    def at(self, name: str) -> str:
        """The path to give a system call beside `dir_fd=folder.descriptor`."""
        return name if self.descriptor is not None else self.path_of(name)

    def path_of(self, name: str) -> str:
        """The whole path of a name in it, for messages."""
        return f"{self.path}{os.sep}{name}" if self.path else name

    def open_folder(self, name: str) -> Folder:
        """Open a folder in it, by its plain name.

        Raises:
            OSError: It is not there, is no folder, or is a symbolic link.
        """
        return _open_folder(self, name)

    def read(self, name: str, *, limit: int) -> bytes | ReadProblem:
        """Read a whole regular file of at most `limit` bytes, as `read_bounded` does."""
        if "/" not in name:
            return read_bounded(self.at(name), limit=limit, dir_fd=self.descriptor)
        above, _, last = name.rpartition("/")
        return _below(self, above, lambda folder: folder.read(last, limit=limit))

    def read_end(self, name: str, *, limit: int) -> FileEnd | ReadProblem:
        """Read the last bytes of a regular file, at most `limit` of them.

        As distrustful as `read_bounded`, but for that: the file may be of any size.
        """
        above, slash, last = name.rpartition("/")
        if slash:
            return _below(self, above, lambda folder: folder.read_end(last, limit=limit))
        try:
            return _read_end_once(self.at(name), limit, self.descriptor)
        except FileNotFoundError:
            return _ABSENT
        except OSError as error:
            return _why_refused(self.at(name), self.descriptor, None, error) or _RESTLESS
        except ValueError as error:
            return ReadProblem("invalid", f"its path cannot name a file: {error}")

    def listing(self, name: str = "") -> Listing:
        """What stands in it, or in a folder in it; nothing when that cannot be opened."""
        if name:
            found = _below(self, name, lambda folder: folder.listing())
            return Listing({}) if isinstance(found, ReadProblem) else found
        try:
            with os.scandir(self.path if self.descriptor is None else self.descriptor) as entries:
                kinds = {entry.name: _kind_of(entry) for entry in islice(entries, _MOST_ENTRIES)}
                return Listing(kinds, next(entries, None) is None)
        except OSError:
            return Listing({})

    # What writers need raises an `OSError` with the whole path for every failure.

    def replace(self, name: str, data: bytes, *, durable: bool = True) -> None:
        """Make `data` the content of a file in it, as `replace_file` does."""
        with _naming(self.path_of(name)):
            replace_file(
                self.at(name),
                data,
                durable=durable,
                dir_fd=self.descriptor,
                filesystem=self.filesystem,
            )

    def append_line(self, name: str, line: bytes, *, durable: bool = True) -> None:
        """Append a line to a file in it, as `append_line` does."""
        with _naming(self.path_of(name)):
            append_line(
                self.at(name),
                line,
                durable=durable,
                dir_fd=self.descriptor,
                filesystem=self.filesystem,
            )

    def cut(self, name: str, length: int) -> None:
        """Cut a file in it to `length` bytes."""
        with _naming(self.path_of(name)):
            descriptor = self.filesystem.open(self.at(name), WRITE, dir_fd=self.descriptor)
            with _closing(descriptor, name, self.filesystem):
                self.filesystem.ftruncate(descriptor, length)

    def tail(self, name: str, limit: int) -> FileEnd:
        """Read the last bytes of a regular file, at most `limit`, for whoever is about to write.

        Unlike in `read_end` an error is an error: a writer must not take "too many open files" for
        a file that is gone.

        Raises:
            OSError: It could not be read; `EINVAL` when it is no regular file, and `ELOOP` when it
                is a symbolic link.
        """
        filesystem = self.filesystem
        with _naming(self.path_of(name)):
            descriptor = filesystem.open(self.at(name), READ, dir_fd=self.descriptor)
            try:
                status = filesystem.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise OSError(errno.EINVAL, "it is not a regular file")
                start = max(0, status.st_size - limit)
                return FileEnd(filesystem.pread(descriptor, limit, start), status.st_size)
            finally:
                with suppress(OSError):  # nothing was written through it, so nothing can be lost
                    filesystem.close(descriptor)

    def lstat(self, name: str) -> os.stat_result:
        """What a name in it stands for, of a symbolic link the link itself."""
        with _naming(self.path_of(name)):
            return self.filesystem.lstat(self.at(name), dir_fd=self.descriptor)

    def rename(self, source: str, target: str) -> None:
        """Give a file or folder in it another name in it."""
        with _naming(self.path_of(target)):
            self.filesystem.rename(self.at(source), self.at(target), dir_fd=self.descriptor)

    def unlink(self, name: str) -> None:
        """Remove the name of a file, or of a link, in it."""
        with _naming(self.path_of(name)):
            self.filesystem.unlink(self.at(name), dir_fd=self.descriptor)

    def mkdir(self, name: str) -> None:
        """Create a folder in it, which fails when there is anything of that name."""
        with _naming(self.path_of(name)):
            self.filesystem.mkdir(self.at(name), dir_fd=self.descriptor)

    def rmdir(self, name: str) -> None:
        """Remove an empty folder in it."""
        with _naming(self.path_of(name)):
            self.filesystem.rmdir(self.at(name), dir_fd=self.descriptor)

    def names(self) -> list[str]:
        """The names in it, in no order."""
        with _naming(self.path):
            where = self.path if self.descriptor is None else self.descriptor
            return self.filesystem.listdir(where)

    def sync(self) -> None:
        """Wait until its entries are on the disk, as `sync_folder` does."""
        with _naming(self.path):
            path = self.path if self.descriptor is None else ""
            sync_folder(path, dir_fd=self.descriptor, filesystem=self.filesystem)


def _below(folder: Folder, path: str, read: Callable[[Folder], _T]) -> _T | ReadProblem:
    """Read something in a folder below another, at the end of a path of plain names."""
    name, _, rest = path.partition("/")
    try:
        inner = folder.open_folder(name)
    except FileNotFoundError:
        return _ABSENT
    except OSError as error:
        problem = _why_refused(folder.at(name), folder.descriptor, None, error)
        if problem is None or problem.outcome != "not_regular":
            return ReadProblem("invalid", f"its folder {name} cannot be opened: {error.strerror}")
        return ReadProblem("not_regular", f"its folder {name}: {problem.detail}")
    except ValueError as error:
        return ReadProblem("invalid", f"its path cannot name a file: {error}")
    with inner:
        return _below(inner, rest, read) if rest else read(inner)


def open_folder(path: str, *, follow: bool = False, filesystem: FileSystem = FILE_SYSTEM) -> Folder:
    """Open a team's folder.

    Args:
        path: The folder. Folders above it may be symbolic links.
        follow: Whether it may be a symbolic link itself, as the teams root may.
        filesystem: The system calls to write with.

    Raises:
        OSError: It is not there, is no folder, or is a symbolic link (`ELOOP`).
        ValueError: Nothing can have this path.
    """
    return _open_folder(Folder("", None, filesystem), path, follow=follow)


def _open_folder(above: Folder, name: str, *, follow: bool = False) -> Folder:
    path, filesystem = above.path_of(name), above.filesystem
    try:
        if not _DESCRIPTORS:
            mode = (os.stat if follow else os.lstat)(path).st_mode
            if not stat.S_ISDIR(mode):
                raise _no_folder(mode)
            return Folder(path, None, filesystem)
        flags = _FOLLOWED_FOLDER if follow else FOLDER
        try:
            descriptor = filesystem.open(name, flags, dir_fd=above.descriptor)
        except NotADirectoryError:  # which Linux says of a symbolic link too
            if follow:
                raise
            raise _no_folder(filesystem.lstat(name, dir_fd=above.descriptor).st_mode) from None
    except OSError as error:
        error.filename = path
        raise
    return Folder(path, descriptor, filesystem)


def _no_folder(mode: int) -> OSError:
    code = errno.ELOOP if stat.S_ISLNK(mode) else errno.ENOTDIR
    return OSError(code, os.strerror(code))


def _kind_of(entry: os.DirEntry[str]) -> FileKind:
    if entry.is_symlink():
        return "link"
    if entry.is_file(follow_symlinks=False):
        return "file"
    return "folder" if entry.is_dir(follow_symlinks=False) else "other"


# -- Team folders ----------------------------------------------------------------------------------


class TeamNameError(LaunchfsmError, ValueError):
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

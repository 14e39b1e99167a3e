"""Folders: what a team's folder holds, read and written without following a link.

A `Folder` is an open descriptor. What is reached through it is in it, whatever is renamed or
linked meanwhile. Where the system has no such descriptors (Windows), it works by paths.
"""

# The system calls by their own names, on paths as plain text, are this room's trade:
# ruff: noqa: PTH118

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Final, Self, TypeVar

from attrs import define, field, frozen

from launchfsm.errors import LaunchfsmError
from launchfsm.system.files import (
    ABSENT_FILE,
    FILE_SYSTEM,
    FOLDER,
    FOLLOWED_FOLDER,
    HAS_FOLDER_DESCRIPTORS,
    PRIVATE,
    READ,
    WRITE,
    FileEnd,
    FileSystem,
    ReadProblem,
    oversized,
    read_bounded,
    read_end,
    why_refused,
)

_T = TypeVar("_T")

TEMPORARY_PREFIX: Final = ".launchfsm-"
"""How the names of temporary files begin, for whoever tidies up after a killed writer."""

_LONGEST_NAME: Final = 255  # bytes in one path component, on every file system in common use
_SHOWN_OF_A_NAME: Final = 60  # characters of a refused team name that its error repeats
_MOST_FOLDERS: Final = 64  # on the way to a file; each is held open until it is read
_MOST_ENTRIES: Final = 4_096
_NEW: Final = os.O_CREAT | os.O_EXCL
_APPEND: Final = WRITE | os.O_APPEND


class NotDurableError(LaunchfsmError, OSError):
    """The new content is in place and whole, but may not survive a power cut."""


@define
class Listing:
    """The names in a folder, and whether these are all: of thousands some are left out."""

    names: frozenset[str] = frozenset()
    whole: bool = True

    def may_have(self, name: str) -> bool:
        """Whether a name may be in the folder: it was seen there, or not everything was seen."""
        return not self.whole or name in self.names


@define(eq=False)
class Folder:
    """An open folder. What is reached through it is in it, and nothing is reached by a link.

    Use as a context manager, which closes it.
    """

    path: str  # where it was when it was opened, for messages
    descriptor: int | None  # `None` where the system has none for folders
    filesystem: FileSystem = field(default=FILE_SYSTEM, repr=False)  # the calls that write

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
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
        """Open a folder in it by its plain name, which raises as `open_folder` does."""
        return open_folder(name, above=self, filesystem=self.filesystem)

    def read(self, name: str, *, limit: int) -> bytes | ReadProblem:
        """Read a whole regular file in it or below, of at most `limit` bytes, by `read_bounded`."""
        return self._read(read_bounded, name, limit)

    def read_end(self, name: str, *, limit: int) -> FileEnd | ReadProblem:
        """Read the last bytes, at most `limit`, of such a file, as `files.read_end` does."""
        return self._read(read_end, name, limit)

    def _read(
        self, read: Callable[..., _T | ReadProblem], name: str, limit: int
    ) -> _T | ReadProblem:
        """Read a file in it or below; each folder on the way is opened as this one was."""
        if "/" not in name:
            return read(self.at(name), limit=limit, dir_fd=self.descriptor)
        if name.count("/") > _MOST_FOLDERS:
            detail = f"its path leads through more than {_MOST_FOLDERS} folders"
            return ReadProblem("invalid", detail)
        first, _, rest = name.partition("/")
        try:
            inner = self.open_folder(first)
        except FileNotFoundError:
            return ABSENT_FILE
        except OSError as error:
            problem = why_refused(self.at(first), self.descriptor, None, error)
            if problem is None or problem.outcome != "not_regular":
                detail = f"its folder {first} cannot be opened: {error.strerror}"
                return ReadProblem("invalid", detail)
            return ReadProblem("not_regular", f"its folder {first}: {problem.detail}")
        except ValueError as error:
            return ReadProblem("invalid", f"its path cannot name a file: {error}")
        with inner:
            return inner._read(read, rest, limit)  # noqa: SLF001 - its own class

    def listing(self) -> Listing:
        """What stands in it; anything may when that cannot be listed."""
        try:
            with os.scandir(self.path if self.descriptor is None else self.descriptor) as entries:
                names = frozenset([entry.name for entry in islice(entries, _MOST_ENTRIES)])
                return Listing(names, next(entries, None) is None)
        except OSError:
            return Listing(whole=False)

    # What writers need raises an `OSError` with the whole path for every failure.

    def demand_writable(self) -> int:
        """Return its descriptor, by which it can be locked; without one no record is written.

        Raises:
            OSError: This system has none for folders, as Windows (`ENOTSUP`).
        """
        if self.descriptor is None:
            raise OSError(errno.ENOTSUP, "launches are only read on this system", self.path)
        return self.descriptor

    def replace(self, name: str, data: bytes, *, durable: bool = True, mode: int = PRIVATE) -> None:
        """Make `data` the content of a file so that a reader sees the old or the new one, whole.

        A temporary file in the same folder is written, synced and renamed into place, then the
        folder is synced. A symbolic link of this name is replaced itself. `mode` is for a new
        file; a regular one keeps its permissions. Not `durable`, a power cut may undo or empty it.

        Raises:
            NotDurableError: The file was replaced, the folder could not be synced.
            OSError: Anything else that failed; the old file is intact and nothing is left behind.
        """
        filesystem, path = self.filesystem, self.path_of(name)
        # Unpredictable, so that nobody can stand in its way; O_EXCL would refuse them all the same.
        temporary = self.at(TEMPORARY_PREFIX + os.urandom(8).hex())
        with _naming(path):
            with suppress(FileNotFoundError):
                replaced = filesystem.lstat(self.at(name), dir_fd=self.descriptor).st_mode
                mode = replaced & 0o777 if stat.S_ISREG(replaced) else mode
            descriptor = filesystem.open(temporary, WRITE | _NEW, dir_fd=self.descriptor)
            try:
                with _closing(descriptor, filesystem):
                    _fill(descriptor, data, filesystem)
                    if mode != PRIVATE and self.descriptor is not None:
                        filesystem.fchmod(descriptor, mode)
                    if durable:
                        filesystem.fsync(descriptor)
                filesystem.rename(temporary, self.at(name), dir_fd=self.descriptor)
            except BaseException:
                with suppress(OSError):
                    filesystem.unlink(temporary, dir_fd=self.descriptor)
                raise
        if durable:
            with _already_in_place(path):
                self.sync()

    def append_line(self, name: str, line: bytes, *, durable: bool = True) -> None:
        r"""Append `line` and a line end in one write, creating the file (0600) when it is missing.

        Meant for one writer at a time, the holder of the lock. What a failed call wrote is taken
        back where nobody else has written since. A crash, or a disk that refuses even that, can
        leave a torn line: a writer looks at the file's end before its first line.

        Raises:
            NotDurableError: The line is in the file; closing it, or syncing the folder, failed.
            OSError: Anything else that failed; the file is as it was, or still missing.
            ValueError: `line` has a `\n` inside, so it is not one line.
        """
        if b"\n" in line:
            raise ValueError("line must be one line, without its line end: it has one inside")
        filesystem, path = self.filesystem, self.path_of(name)
        with _naming(path):
            created, file, dir_fd = False, self.at(name), self.descriptor
            try:
                descriptor = filesystem.open(file, _APPEND, dir_fd=dir_fd)
            except FileNotFoundError:
                created = True
                descriptor = filesystem.open(file, _APPEND | _NEW, dir_fd=dir_fd)
            try:
                _append(descriptor, line + b"\n", filesystem, durable=durable)
            except BaseException:
                with suppress(OSError):
                    filesystem.close(descriptor)
                if created:
                    with suppress(OSError):
                        filesystem.unlink(file, dir_fd=dir_fd)
                raise
        with _already_in_place(path):
            filesystem.close(descriptor)
            if created and durable:
                self.sync()

    def cut(self, name: str, length: int) -> None:
        """Cut a file in it to `length` bytes."""
        with _naming(self.path_of(name)):
            descriptor = self.filesystem.open(self.at(name), WRITE, dir_fd=self.descriptor)
            with _closing(descriptor, self.filesystem):
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
        return self._call(self.filesystem.lstat, name)

    def rename(self, source: str, target: str) -> None:
        """Give a file or folder in it another name in it."""
        self._call(self.filesystem.rename, source, target)

    def unlink(self, name: str) -> None:
        """Remove the name of a file, or of a link, in it."""
        self._call(self.filesystem.unlink, name)

    def mkdir(self, name: str) -> None:
        """Create a folder in it, which fails when there is anything of that name."""
        self._call(self.filesystem.mkdir, name)

    def rmdir(self, name: str) -> None:
        """Remove an empty folder in it."""
        self._call(self.filesystem.rmdir, name)

    def _call(self, call: Callable[..., _T], *names: str) -> _T:
        with _naming(self.path_of(names[-1])):
            return call(*map(self.at, names), dir_fd=self.descriptor)

    def names(self) -> list[str]:
        """The names in it, in no order."""
        with _naming(self.path):
            where = self.path if self.descriptor is None else self.descriptor
            return self.filesystem.listdir(where)

    def sync(self) -> None:
        """Wait until its entries are on the disk: what was created, renamed or removed.

        A file system that has no such thing is no error, nor is a system that has none.
        """
        if self.descriptor is None:
            return
        with _naming(self.path):
            try:
                self.filesystem.fsync(self.descriptor)
            except OSError as error:
                if error.errno != errno.EINVAL:  # how some network file systems say: not needed
                    raise


@frozen(eq=False)
class FolderInMemory:
    """What a folder holds, read as a `Folder` is; nothing is written to it."""

    files: Mapping[str, bytes | FileEnd | ReadProblem]  # by path below the folder
    listed: Listing | None = None  # what stands at its top, when `files` does not say

    def read(self, name: str, *, limit: int) -> bytes | ReadProblem:
        """The bytes of a file, if there are at most `limit`."""
        found = self.read_end(name, limit=limit)
        if isinstance(found, ReadProblem):
            return found
        return found.data if found.whole else oversized(found.size, limit)

    def read_end(self, name: str, *, limit: int) -> FileEnd | ReadProblem:
        """The last bytes of a file, at most `limit` of them."""
        found = self.files.get(name, ABSENT_FILE)
        if isinstance(found, bytes):
            return FileEnd(found[-limit:], len(found))
        return found

    def listing(self) -> Listing:
        """What stands at its top."""
        if self.listed is not None:
            return self.listed
        return Listing(frozenset(name.partition("/")[0] for name in self.files))


def open_folder(
    path: str,
    *,
    follow: bool = False,
    above: Folder | None = None,
    filesystem: FileSystem = FILE_SYSTEM,
) -> Folder:
    """Open a folder; with `follow` it may be a symbolic link, as folders above it may anyway.

    With the open folder `above`, the path is a plain name in that.

    Raises:
        OSError: It is not there, is no folder, or is a symbolic link (`ELOOP`).
        ValueError: Nothing can have this path.
    """
    name, dir_fd = path, None
    if above is not None:
        path, dir_fd = above.path_of(name), above.descriptor
    try:
        if not HAS_FOLDER_DESCRIPTORS:
            mode = (os.stat if follow else os.lstat)(path).st_mode
            if not stat.S_ISDIR(mode):
                raise _no_folder(mode)
            return Folder(path, None, filesystem)
        flags = FOLLOWED_FOLDER if follow else FOLDER
        try:
            return Folder(path, filesystem.open(name, flags, dir_fd=dir_fd), filesystem)
        except NotADirectoryError:  # which Linux says of a symbolic link too
            if follow:
                raise
            raise _no_folder(filesystem.lstat(name, dir_fd=dir_fd).st_mode) from None
    except OSError as error:
        error.filename = path
        raise


def _no_folder(mode: int) -> OSError:
    code = errno.ELOOP if stat.S_ISLNK(mode) else errno.ENOTDIR
    return OSError(code, os.strerror(code))


# -- Parts of a write ------------------------------------------------------------------------------


def _fill(descriptor: int, data: bytes, filesystem: FileSystem) -> None:
    rest = data
    while rest:
        written = filesystem.write(descriptor, rest)
        if written == 0:  # no regular file does this; waiting for one that does would never end
            raise OSError(errno.EIO, "the file takes no more bytes, and no reason was given")
        rest = rest[written:]


def _append(descriptor: int, record: bytes, filesystem: FileSystem, *, durable: bool) -> None:
    before = filesystem.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        raise OSError(errno.EINVAL, "lines are appended to regular files only")
    written = filesystem.write(descriptor, record)
    try:
        if written != len(record):
            short = f"only {written} of {len(record)} bytes were written, as when a disk fills up"
            raise OSError(errno.EIO, short)  # noqa: TRY301 - to be taken back as others are
        if durable:
            filesystem.fsync(descriptor)
    except BaseException:
        with suppress(OSError):  # our own bytes are cut off, unless others came before or after
            if filesystem.fstat(descriptor).st_size == before.st_size + written:
                filesystem.ftruncate(descriptor, before.st_size)
        raise


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Put a whole path into the errors of calls that know a descriptor or one name only."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = path, None
        raise


@contextmanager
def _closing(descriptor: int, filesystem: FileSystem) -> Iterator[None]:
    """Close at the end; when the block fails too, it is the block's error that is told."""
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


class TeamNameError(LaunchfsmError, ValueError):
    """The name of a team is not one plain path component."""


def team_folder(root: str, team: str) -> str:
    """Return the path of a team's folder (§1), refusing every name that could lead elsewhere.

    No file is touched. Spaces and any script are fine.

    Raises:
        TeamNameError: The name is not one plain path component.
        TypeError: The name is not text.
    """
    if not isinstance(team, str):
        raise TypeError(f"a team's name must be text, not {type(team).__name__}")
    fault = _name_fault(team)
    if fault is not None:
        long = len(team) > _SHOWN_OF_A_NAME
        name = f"{team[:_SHOWN_OF_A_NAME]!a}… ({len(team)} characters)" if long else ascii(team)
        raise TeamNameError(
            f"No team can be called {name}: {fault}. "
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
    if os.sep == "\\" and any(letter in team for letter in "\\:"):
        return "on Windows a backslash or a colon would lead into or out of other folders"
    if "\0" in team:
        return "no file name can have a NUL in it"
    try:
        size = len(os.fsencode(team))
    except UnicodeEncodeError as error:
        return f"the file system's encoding cannot spell it ({error.reason})"
    if size > _LONGEST_NAME:
        return f"it takes {size} bytes, and a folder's name has at most {_LONGEST_NAME}"
    return None

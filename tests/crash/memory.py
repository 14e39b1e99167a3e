"""A file system in memory, of which a run notices nothing.

Some ten thousand runs begin over what crashes left; on a real disk that takes minutes. It has what
a run uses and refuses what a real one refuses; `test_memory` holds it against the real one.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
from typing import TYPE_CHECKING

from launchfsm.system.files import FileSystem
from tests.crash.log import Tree, is_stale

if TYPE_CHECKING:
    from typing import NoReturn


class MemoryFileSystem(FileSystem):
    """A teams root with one team.

    Args:
        team: The path of the team's folder.
        tree: What stands in it.
    """

    def __init__(self, team: str, tree: Tree) -> None:
        root, self._team = team.rpartition("/")[0], team
        self._numbers = itertools.count(10_000)  # such as nobody has by accident
        self._open: dict[int, str] = {}
        self._files: dict[str, bytearray | None] = {root: None}  # by path; `None` is a folder
        if tree.entries is not None:
            self._files[team] = None
            for path, content in tree.entries.items():
                self._files[f"{team}/{path}"] = None if content is None else bytearray(content)

    def tree(self) -> Tree:
        """What stands in the team's folder."""
        if self._team not in self._files:
            return Tree(None)
        start = f"{self._team}/"
        return Tree(
            {
                path.removeprefix(start): None if data is None else bytes(data)
                for path, data in self._files.items()
                if path.startswith(start)
            }
        )

    def open(
        self,
        path: str,
        flags: int,
        mode: int = 0o600,  # noqa: ARG002 - as the real one
        *,
        dir_fd: int | None = None,
    ) -> int:
        path = self._whole(path, dir_fd)
        if flags & os.O_CREAT:
            self._demand_free(path)
            self._files[path] = bytearray()
        data = self._at(path)
        if data is None and flags & os.O_ACCMODE != os.O_RDONLY:
            _refuse(errno.EISDIR, path)
        if data is not None and flags & os.O_DIRECTORY:
            _refuse(errno.ENOTDIR, path)
        descriptor = next(self._numbers)
        self._open[descriptor] = path
        return descriptor

    def write(self, descriptor: int, data: bytes) -> int:
        self._data(descriptor).extend(data)
        return len(data)

    def pread(self, descriptor: int, length: int, offset: int) -> bytes:
        return bytes(self._data(descriptor)[offset : offset + length])

    def fstat(self, descriptor: int) -> os.stat_result:
        return self.lstat(self._open[descriptor])

    def lstat(self, path: str, *, dir_fd: int | None = None) -> os.stat_result:
        path = self._whole(path, dir_fd)
        data = self._at(path)
        kind = stat.S_IFDIR | 0o700 if data is None else stat.S_IFREG | 0o600
        modified = 0 if is_stale(path) else 1_000_000
        return os.stat_result((kind, 0, 0, 1, 0, 0, len(data or b""), 0, modified, 0))

    def fchmod(self, descriptor: int, mode: int) -> None:
        """Nobody asks."""

    def ftruncate(self, descriptor: int, length: int) -> None:
        del self._data(descriptor)[length:]

    def fsync(self, descriptor: int) -> None:
        """Nothing is forgotten."""

    def flock(self, descriptor: int, operation: int) -> None:
        """Nobody else is there."""

    def close(self, descriptor: int) -> None:
        del self._open[descriptor]

    def rename(self, source: str, target: str, *, dir_fd: int | None = None) -> None:
        source, target = self._whole(source, dir_fd), self._whole(target, dir_fd)
        self._at(source)
        if target in self._files and self._files[target] is None and self.listdir(target):
            _refuse(errno.ENOTEMPTY, target)
        for path in [
            path for path in self._files if path == source or path.startswith(f"{source}/")
        ]:
            self._files[target + path.removeprefix(source)] = self._files.pop(path)

    def unlink(self, path: str, *, dir_fd: int | None = None) -> None:
        path = self._whole(path, dir_fd)
        if self._at(path) is None:
            _refuse(errno.EISDIR, path)
        del self._files[path]

    def mkdir(
        self,
        path: str,
        mode: int = 0o700,  # noqa: ARG002 - as the real one
        *,
        dir_fd: int | None = None,
    ) -> None:
        path = self._whole(path, dir_fd)
        self._demand_free(path)
        self._files[path] = None

    def rmdir(self, path: str, *, dir_fd: int | None = None) -> None:
        path = self._whole(path, dir_fd)
        if self._at(path) is not None:
            _refuse(errno.ENOTDIR, path)
        if self.listdir(path):
            _refuse(errno.ENOTEMPTY, path)
        del self._files[path]

    def listdir(self, path: str | int) -> list[str]:
        path = self._open[path] if isinstance(path, int) else path
        if self._at(path) is not None:
            _refuse(errno.ENOTDIR, path)
        return [
            name
            for found in self._files
            for parent, _, name in [found.rpartition("/")]
            if parent == path
        ]

    def _whole(self, path: str, dir_fd: int | None) -> str:
        return path if dir_fd is None else f"{self._open[dir_fd]}/{path}"

    def _at(self, path: str) -> bytearray | None:
        if path not in self._files:
            _refuse(errno.ENOENT, path)
        return self._files[path]

    def _data(self, descriptor: int) -> bytearray:
        data = self._at(self._open[descriptor])
        assert data is not None
        return data

    def _demand_free(self, path: str) -> None:
        if path in self._files:
            _refuse(errno.EEXIST, path)
        if self._at(path.rpartition("/")[0]) is not None:
            _refuse(errno.ENOTDIR, path)


def _refuse(code: int, path: str) -> NoReturn:
    raise OSError(code, os.strerror(code), path)

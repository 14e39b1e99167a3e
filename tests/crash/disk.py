"""A disk that forgets: what a power cut may leave of the calls that were made so far.

It is fed the calls that a run made (`FaultyFileSystem.calls`), one by one, and keeps twice what
they did: as every process sees it, and as it is known to be on the disk. Only `fsync` moves
anything from the first to the second, of a file its bytes, of a folder its entries. This is less
than any file system in use promises, most of which keep more and in order.

Of what is not synced, each piece may survive or not, whatever becomes of the others. All
combinations of these are looked at; of more than four writes only that one is lost, or all but one:

- of the entries of a folder each change, a creation, a renaming or a removal;
- of the bytes of a file each write: the file may be as long as it was, or as long as after any of
  them, or have become longer and be zeros where data is missing.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import define, field

from tests.crash.log import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from launchfsm.testing import FileCall

_A_FEW: Final = 4
_MOST_CHANGES: Final = 10  # of a folder; of them there are all subsets


@define(eq=False)
class File:
    """A file: its bytes, and how many changes of them are on the disk.

    Attributes:
        data: As processes see it.
        synced: As it is on the disk.
        writes: Where it was written since, as (from, to).
    """

    data: bytearray = field(factory=bytearray)
    synced: bytes = b""
    writes: list[tuple[int, int]] = field(factory=list)

    def append(self, data: bytes) -> None:
        """Write at the end, as all writes do that a run makes."""
        self.writes.append((len(self.data), len(self.data) + len(data)))
        self.data += data

    def survivals(self) -> Iterator[bytes]:
        """All that may be left of it; appended bytes may be there, be zeros, or be missing."""
        yield bytes(self.data)
        if bytes(self.data) == self.synced:
            return
        yield self.synced
        if not self.data.startswith(self.synced):
            return  # it was cut: that happened, or it did not
        for _, end in self.writes:
            yield bytes(self.data[:end])
        for lost in _some_of(self.writes):
            left = bytearray(self.data)
            for start, end in lost:
                left[start:end] = bytes(end - start)
            yield bytes(left)


def _some_of(pieces: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """All subsets of a few pieces; of many each by itself, and all but each."""
    if len(pieces) <= _A_FEW:
        for chosen in itertools.product((False, True), repeat=len(pieces)):
            yield list(itertools.compress(pieces, chosen))
        return
    for piece in pieces:
        yield [piece]
        yield [other for other in pieces if other is not piece]
    yield pieces


Change: TypeAlias = "tuple[str | None, str | None, File | Folder]"
"""A name that goes, if any, a name that comes, if any, and what it is the name of."""


@define(eq=False)
class Folder:
    """A folder: its entries, and what was changed of them since they were synced."""

    entries: dict[str, File | Folder] = field(factory=dict)
    synced: dict[str, File | Folder] = field(factory=dict)
    changes: list[Change] = field(factory=list)

    def change(self, gone: str | None, come: str | None, what: File | Folder) -> None:
        _change(self.entries, gone, come, what)
        self.changes.append((gone, come, what))

    def survivals(self) -> Iterator[dict[str, File | Folder]]:
        """All entries that may be left of it."""
        if len(self.changes) > _MOST_CHANGES:
            raise ValueError(f"all subsets of {len(self.changes)} changes are too many")
        for kept in itertools.product((True, False), repeat=len(self.changes)):
            entries = dict(self.synced)
            for change, is_kept in zip(self.changes, kept, strict=True):
                if is_kept:
                    _change(entries, *change)
            yield entries


def _change(
    entries: dict[str, File | Folder], gone: str | None, come: str | None, what: File | Folder
) -> None:
    if gone is not None:
        entries.pop(gone, None)
    if come is not None:
        entries[come] = what


class Disk:
    """A disk with one folder on it, the teams root, and what is in there.

    Args:
        root: The path that calls know that folder by.
        team: The name of the team's folder.
        before: What stands in it, and is on the disk.
    """

    def __init__(self, root: str, team: str, before: Tree) -> None:
        self._root = root
        self._team = team
        self._folder = Folder()
        self._descriptors: dict[int, File | Folder] = {}
        if before.entries is not None:
            laid_out = _laid_out(before.entries)
            self._folder = Folder({team: laid_out}, {team: laid_out})

    def apply(self, call: FileCall) -> None:
        """Do what a call did; one that failed did nothing."""
        if call.error is not None:
            return
        match call.method, call.arguments:
            case "open", (path, *_):
                self._descriptors[call.result] = self._opened(path)
            case "write", (descriptor, data):
                self._file(descriptor).append(data[: call.result])
            case "ftruncate", (descriptor, length):
                del self._file(descriptor).data[length:]
            case "fsync", (descriptor,):
                _sync(self._descriptors[descriptor])
            case "rename", (source, target):
                what = self._find(source)
                folder, gone = self._parent(source)
                same, come = self._parent(target)
                assert folder is same
                assert what is not None
                folder.change(gone, come, what)
            case "mkdir", (path, _):
                folder, name = self._parent(path)
                folder.change(None, name, Folder())
            case (("unlink" | "rmdir"), (path,)):
                what = self._find(path)
                folder, name = self._parent(path)
                assert what is not None
                folder.change(name, None, what)
            case (("pread" | "fstat" | "lstat" | "fchmod" | "flock" | "close" | "listdir"), _):
                pass
            case unknown:
                raise AssertionError(unknown)

    def _opened(self, path: str) -> File | Folder:
        found = self._find(path)
        if found is None:
            found = File()
            folder, name = self._parent(path)
            folder.change(None, name, found)
        return found

    def tear(self, call: FileCall) -> Iterator[int]:
        """Do a write byte by byte, and stop before each but the first; at the end it is done."""
        descriptor, data = call.arguments
        file = self._file(descriptor)
        file.append(data[:1])
        for count in range(1, call.result):
            yield count
            file.data += data[count : count + 1]
            file.writes[-1] = (file.writes[-1][0], len(file.data))

    def _file(self, descriptor: int) -> File:
        file = self._descriptors[descriptor]
        assert isinstance(file, File)
        return file

    def _find(self, path: str) -> File | Folder | None:
        if path == self._root:
            return self._folder
        parent, _, name = path.rpartition("/")
        folder = self._find(parent)
        return folder.entries.get(name) if isinstance(folder, Folder) else None

    def _parent(self, path: str) -> tuple[Folder, str]:
        parent, _, name = path.rpartition("/")
        folder = self._find(parent)
        assert isinstance(folder, Folder), path
        return folder, name

    # -- What is left ----------------------------------------------------------------------------

    def as_seen(self) -> Tree:
        """What processes see: what is left when only the process dies."""
        team = self._folder.entries.get(self._team)
        if not isinstance(team, Folder):
            return Tree(None)
        return next(_trees(team, power_cut=False))

    def survivals(self) -> Iterator[Tree]:
        """All that may be left of the team's folder after a power cut."""
        for entries in self._folder.survivals():
            team = entries.get(self._team)
            if isinstance(team, Folder):
                yield from _trees(team, power_cut=True)
            else:
                yield Tree(None)


def _sync(what: File | Folder) -> None:
    if isinstance(what, File):
        what.synced = bytes(what.data)
        what.writes.clear()
    else:
        what.synced = dict(what.entries)
        what.changes.clear()


def _laid_out(entries: Mapping[str, bytes | None]) -> Folder:
    top = Folder()
    for path, content in sorted(entries.items()):
        *parents, name = path.split("/")
        folder = top
        for parent in parents:
            inner = folder.entries[parent]
            assert isinstance(inner, Folder)
            folder = inner
        new = Folder() if content is None else File(bytearray(content), content)
        folder.entries[name] = folder.synced[name] = new
    return top


def _trees(folder: Folder, *, power_cut: bool) -> Iterator[Tree]:
    """All that may be left of a folder, whatever of its own entries and of what is in them."""
    for entries in folder.survivals() if power_cut else [folder.entries]:
        parts = [_parts(name, what, power_cut=power_cut) for name, what in entries.items()]
        for chosen in itertools.product(*parts):
            merged: dict[str, bytes | None] = {}
            for part in chosen:
                merged |= part
            yield Tree(merged)


def _parts(name: str, what: File | Folder, *, power_cut: bool) -> list[dict[str, bytes | None]]:
    """All that may be left of one entry."""
    if isinstance(what, File):
        contents: Iterable[bytes] = what.survivals() if power_cut else [bytes(what.data)]
        return [{name: content} for content in dict.fromkeys(contents)]
    return [
        {name: None, **{f"{name}/{path}": left for path, left in (tree.entries or {}).items()}}
        for tree in _trees(what, power_cut=power_cut)
    ]

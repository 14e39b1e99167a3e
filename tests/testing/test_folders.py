"""Team folders: what is written is what reading it in memory gives."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any, get_args

import attrs
import pytest
from hypothesis import given

from launchfsm.records.documents import BOUNDS, TeamSource
from launchfsm.system.files import ReadProblem
from launchfsm.system.folders import TeamNameError
from launchfsm.testing import StandIn, TeamFolder
from launchfsm.testing.strategies import team_folders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from launchfsm.records.documents import TeamFiles

FIELDS = ("state", "journal", "lock", "launch")


def written(folder: TeamFolder, root: Path) -> TeamFiles:
    """What is read where it was written."""
    return TeamSource(str(folder.write(root))).read_team()


def outcomes(files: TeamFiles) -> list[bytes | str]:
    reads = [getattr(files, field) for field in FIELDS]
    return [read.outcome if isinstance(read, ReadProblem) else read for read in reads]


def test_bytes_are_written_where_the_specification_has_them(tmp_path: Path) -> None:
    folder = TeamFolder(team="Team One", state=b"1", journal=b"2", lock=b"3", launch=b"").write(
        tmp_path / "teams"
    )

    assert tmp_path / "teams" / "Team One" == folder
    assert [b"1", b"2", b"3", b""] == [(folder / name).read_bytes() for name in BOUNDS]


def test_nothing_is_written_of_what_is_not_there(tmp_path: Path) -> None:
    assert [] == list(TeamFolder().write(tmp_path).iterdir())


def test_stand_ins_are_what_they_say(tmp_path: Path) -> None:
    folder = TeamFolder(state="symlink", journal="folder", lock="fifo", launch="oversized").write(
        tmp_path
    )
    modes = [(folder / name).lstat().st_mode for name in BOUNDS]

    assert [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFREG] == [
        stat.S_IFMT(mode) for mode in modes
    ]
    assert (folder / "bootstrap-state.json").is_file(), "who follows the link finds a file"
    assert 262_145 == (folder / "launch-state.json").stat().st_size


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("content", [None, b"", b"{}", *get_args(StandIn)])
def test_memory_gives_what_the_disk_gives(
    field: str, content: bytes | StandIn | None, tmp_path: Path
) -> None:
    folder = TeamFolder(**{field: content})  # type: ignore[arg-type]  # one of the four files

    assert outcomes(folder.files()) == outcomes(written(folder, tmp_path))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("over", [0, 1])
def test_a_file_at_its_bound_is_read(field: str, over: int, tmp_path: Path) -> None:
    bound = list(BOUNDS.values())[FIELDS.index(field)]
    folder = TeamFolder(**{field: b" " * (bound + over)})  # type: ignore[arg-type]  # one of the four files

    assert outcomes(folder.files()) == outcomes(written(folder, tmp_path))
    assert over == ("oversized" in outcomes(folder.files()))


def wrong_contents() -> Iterator[Any]:
    yield "symlnk", ValueError, r"not 'symlnk' \(did you mean 'symlink'\?\)\. .* \.encode\(\)"
    yield '{"version":1}', ValueError, r"not '\{\"version\":1\}'\. .*this text .*\.encode\(\)"
    yield "", ValueError, r"not ''\. "
    yield "[" * 70_000, ValueError, r"not '\[{1,200}'…\. "
    yield {"version": 1}, TypeError, r"not dict\. .*json\.dumps\(…\)\.encode\(\)"
    yield [{"version": 1}], TypeError, r"not list\. .*json\.dumps\(…\)\.encode\(\)"
    yield bytearray(b"{}"), TypeError, r"not bytearray\. Pass bytes\(…\)"
    yield memoryview(b"{}"), TypeError, r"not memoryview\. Pass bytes\(…\)"
    yield 1, TypeError, r"not int$"
    yield False, TypeError, r"not bool$"


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("content", "error", "message"), list(wrong_contents()))
def test_what_no_file_can_be_is_a_mistake(
    field: str, content: Any, error: type[Exception], message: str
) -> None:
    takes = f"{field}= of a TeamFolder is bytes, one of symlink, folder, fifo, oversized, or None"

    with pytest.raises(error, match=rf"^{takes}; {message}"):
        TeamFolder(**{field: content})
    with pytest.raises(error, match=rf"^{takes}; {message}"):
        attrs.evolve(TeamFolder(), **{field: content})


def test_a_journal_of_records_is_a_line_for_each() -> None:
    records: Any = [{"type": "note"}]

    with pytest.raises(
        TypeError, match=r"for each record json\.dumps\(…\)\.encode\(\) and a b'\\n'"
    ):
        TeamFolder(journal=records)


def test_bytes_may_be_of_a_class_of_their_own(tmp_path: Path) -> None:
    class Named(bytes):
        pass

    folder = TeamFolder(state=Named(b"{}"))

    assert b"{}" == (folder.write(tmp_path) / "bootstrap-state.json").read_bytes()
    assert b"{}" == folder.files().state


@given(folder=team_folders(damaged=True))
def test_any_folder_can_be_written_and_read_back(
    folder: TeamFolder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = folder.write(tmp_path_factory.mktemp("teams"))

    assert outcomes(folder.files()) == outcomes(TeamSource(str(path)).read_team())


@given(folder=team_folders(damaged=True))
def test_a_folder_prints_as_what_makes_it(folder: TeamFolder) -> None:
    assert folder == eval(repr(folder), {"TeamFolder": TeamFolder})  # noqa: S307 - our own repr


@pytest.mark.parametrize("team", ["", "..", "a/b", "a\0b"])
def test_a_folder_stays_under_its_root(team: str, tmp_path: Path) -> None:
    with pytest.raises(TeamNameError):
        TeamFolder(team=team).write(tmp_path)

    assert [] == list(tmp_path.iterdir())

"""From bytes to records, and what was wrong on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from launchfsm.records.documents import BOUNDS, TeamSource
from launchfsm.system.files import ReadProblem
from launchfsm.testing.folders import TeamFolder

if TYPE_CHECKING:
    from pathlib import Path

NO_FOLDER = ReadProblem("absent", "there is no such folder")
LINKED = ReadProblem("not_regular", "the team's folder is a link, or no folder at all")


def test_each_file_of_a_team_has_its_place_and_its_bound(tmp_path: Path) -> None:
    folder = TeamFolder(state=b"state", journal=b"journal", lock=b"lock", launch=b"launch")
    files = TeamSource(str(folder.write(tmp_path))).read_team()

    assert (b"state", b"journal", b"lock", b"launch") == (
        files.state,
        files.journal,
        files.lock,
        files.launch,
    )
    assert {
        "bootstrap-state.json": 262_144,
        "bootstrap-journal.jsonl": 262_144,
        ".bootstrap.lock/metadata.json": 65_536,
        "launch-state.json": 262_144,
    } == BOUNDS


@pytest.mark.parametrize("name", BOUNDS)
def test_a_file_at_its_bound_is_read_and_one_byte_more_is_too_much(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    field = {"s": "state", "j": "journal", ".": "lock", "l": "launch"}[
        name[10] if name.startswith("b") else name[0]
    ]

    outcomes = []
    for size in (BOUNDS[name], BOUNDS[name] + 1):
        path.write_bytes(b" " * size)
        read = getattr(TeamSource(str(tmp_path)).read_team(), field)
        outcomes.append(read.outcome if isinstance(read, ReadProblem) else len(read))
    assert [BOUNDS[name], "oversized"] == outcomes


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    files = TeamSource(str(tmp_path / "nobody")).read_team()

    assert [NO_FOLDER] * 4 == [files.state, files.journal, files.lock, files.launch]


def test_nothing_is_read_through_a_link_in_a_folders_place(tmp_path: Path) -> None:
    (tmp_path / "real/.bootstrap.lock").mkdir(parents=True)
    (tmp_path / "real/.bootstrap.lock/metadata.json").write_text("{}")
    (tmp_path / "team").symlink_to("real")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/.bootstrap.lock").symlink_to("../real/.bootstrap.lock")

    assert LINKED == TeamSource(str(tmp_path / "team")).read_team().lock
    lock = TeamSource(str(tmp_path / "other")).read_team().lock
    assert isinstance(lock, ReadProblem)
    assert "not_regular" == lock.outcome

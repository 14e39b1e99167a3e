"""Laying cases into a teams root."""

from __future__ import annotations

import stat
from collections import Counter
from typing import TYPE_CHECKING

from tests.conformance.cases import (
    PATHS,
    BootstrapCase,
    CaseFile,
    bootstrap_cases,
    launch_cases,
)

if TYPE_CHECKING:
    from pathlib import Path


def case_of(**files: CaseFile) -> BootstrapCase:
    return BootstrapCase(
        id="x",
        team="Team One",
        now_ms=0,
        alive=frozenset(),
        refused=frozenset(),
        files=files,
        expect={},
    )


def test_all_cases_load_with_ids_of_their_own() -> None:
    ids = Counter(case.id for case in bootstrap_cases())
    ids.update(case.id for case in launch_cases())

    assert 600 + 297 == len(ids)
    assert {1} == set(ids.values())


def test_bytes_are_written_where_the_specification_has_them(tmp_path: Path) -> None:
    contents = {"state": b"\xef\xbb\xbf{}", "journal": b"\r\n\xff", "lock": b""}
    case = case_of(**{name: CaseFile("bytes", content) for name, content in contents.items()})

    folder = case.materialise(tmp_path)

    assert tmp_path / "Team One" == folder
    assert contents == {name: (folder / path).read_bytes() for name, path in PATHS.items()}
    assert contents == case.reads()


def test_a_missing_file_is_absent(tmp_path: Path) -> None:
    case = case_of()

    assert [] == list(case.materialise(tmp_path).iterdir())
    assert {"absent"} == set(case.reads().values())


def test_what_stands_in_the_place_of_a_file_is_no_regular_file(tmp_path: Path) -> None:
    case = case_of(state=CaseFile("symlink"), journal=CaseFile("dir"), lock=CaseFile("fifo"))

    folder = case.materialise(tmp_path)

    modes = {name: (folder / path).lstat().st_mode for name, path in PATHS.items()}
    assert stat.S_ISLNK(modes["state"])
    assert stat.S_ISDIR(modes["journal"])
    assert stat.S_ISFIFO(modes["lock"])
    assert (folder / PATHS["state"]).is_file(), "a reader that follows the link finds a file"
    assert {"not_regular"} == set(case.reads().values())


def test_an_oversized_file_has_the_size_it_says(tmp_path: Path) -> None:
    case = case_of(lock=CaseFile("oversize", size=65_537), state=CaseFile("bytes", b" " * 262_145))

    folder = case.materialise(tmp_path)

    assert 65_537 == (folder / PATHS["lock"]).stat().st_size
    assert ("oversized", "oversized") == (case.reads()["lock"], case.reads()["state"])


def test_every_case_can_be_laid_out(tmp_path: Path) -> None:
    for case in bootstrap_cases():
        folder = case.materialise(tmp_path / case.id)

        found = {name for name, path in PATHS.items() if (folder / path).exists()}
        assert set(case.files) == found

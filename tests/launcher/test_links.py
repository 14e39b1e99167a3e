"""Every name that the writer touches, replaced by a link: nothing behind a link is changed."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.launcher import BootstrapRun, LauncherError, RecordWriteError, find_lock
from launchfsm.testing import FaultyFileSystem
from tests.launcher.helpers import dead_holder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LOCK = ".bootstrap.lock"
LEFT_LOCK = ".launchfsm-lock-0000000000000000"

NAMES = {
    "team": "",
    "lock": LOCK,
    "metadata": f"{LOCK}/metadata.json",
    "temporary in the lock": f"{LOCK}/.launchfsm-0000000000000000",
    "state": "bootstrap-state.json",
    "journal": "bootstrap-journal.jsonl",
    "temporary": ".launchfsm-0000000000000000",
    "left lock": LEFT_LOCK,
    "metadata in a left lock": f"{LEFT_LOCK}/metadata.json",
}


class Outside:
    """A folder outside of the teams root, with all that a link could be mistaken for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "deep" / LOCK).mkdir(parents=True)
        lock = json.dumps(dead_holder().document())
        for path in ("", "deep", f"deep/{LOCK}"):
            (folder / path / "metadata.json").write_text(lock)
            (folder / path / "bootstrap-state.json").write_text("{}")
            (folder / path / "bootstrap-journal.jsonl").write_text('{"a":1}\n{"torn')
            (folder / path / ".launchfsm-1111111111111111").write_text("x")
            (folder / path / "thesis.tex").write_text("years of work")
            for file in (folder / path).iterdir():
                os.utime(file, (0, 0))
        self.before = self.contents()

    def contents(self) -> Mapping[str, tuple[Any, ...]]:
        found = {}
        for path in sorted([self.folder, *self.folder.rglob("*")]):
            status = path.lstat()
            data = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (data, status.st_mode, status.st_mtime_ns, status.st_nlink)
        return found


def to_folder(link: Path, outside: Path) -> None:
    link.symlink_to(outside)


def to_a_folder_with_a_lock(link: Path, outside: Path) -> None:
    link.symlink_to(outside / "deep")


def to_file(link: Path, outside: Path) -> None:
    link.symlink_to(outside / "metadata.json")


def to_journal(link: Path, outside: Path) -> None:
    link.symlink_to(outside / "bootstrap-journal.jsonl")


def to_itself(link: Path, outside: Path) -> None:  # noqa: ARG001 - as the others
    link.symlink_to(link.name)


def to_nowhere(link: Path, outside: Path) -> None:
    link.symlink_to(outside / "nowhere")


LINKS = [to_folder, to_a_folder_with_a_lock, to_file, to_journal, to_itself, to_nowhere]


def launch(root: Path, **arguments: Any) -> None:
    """A whole run, as far as it comes."""
    with BootstrapRun(root, "demo", members=["a"], **arguments) as run:
        for phase in ("loading_existing_state", "acquiring_bootstrap_lock", "creating_team"):
            run.enter(phase)
        run.enter("spawning_members")
        run.accept_spawn("a")
        run.fail("a", "the test is over")


def lay(root: Path, name: str, link: Callable[[Path, Path], None], outside: Path) -> Path:
    """A team that a killed launcher left, with one of its names a link; returns the link."""
    path = root / "demo" / NAMES[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    if name == "temporary in the lock":
        (path.parent / "metadata.json").write_text(json.dumps(dead_holder().document()))
    link(path, outside)
    return path


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(
    ("name", "break_unprovable"),
    [*((name, False) for name in NAMES), ("lock", True), ("metadata", True)],
)
def test_nothing_behind_a_link_is_written_emptied_or_removed(
    tmp_path: Path, name: str, link: Callable[[Path, Path], None], *, break_unprovable: bool
) -> None:
    outside = Outside(tmp_path / "outside")
    path = lay(tmp_path / "teams", name, link, outside.folder)

    with suppress(LauncherError):
        launch(tmp_path / "teams", break_unprovable=break_unprovable)

    assert outside.contents() == outside.before
    if name in {"team", "lock", "journal"}:
        assert path.is_symlink()
        assert not (tmp_path / "outside" / "nowhere").exists()


@pytest.mark.parametrize("link", LINKS)
def test_a_lock_that_is_a_link_is_unprovable_whatever_is_behind_it(
    tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    outside = Outside(tmp_path / "outside")
    lay(tmp_path / "teams", "lock", link, outside.folder)

    found = find_lock(str(tmp_path / "teams" / "demo"))

    assert found is not None
    assert found.verdict.standing == "unprovable"
    assert found.holder.pid is None
    assert "a symbolic link" in found.verdict.reason
    with pytest.raises(RecordWriteError, match="links are not followed: move it aside") as caught:
        launch(tmp_path / "teams", break_unprovable=True)
    assert caught.value.errno == errno.ELOOP
    assert caught.value.filename == str(tmp_path / "teams" / "demo" / LOCK)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("swapped", "link"),
    [
        ("", to_a_folder_with_a_lock),
        (LOCK, to_folder),
        ("bootstrap-state.json", to_journal),
        ("bootstrap-journal.jsonl", to_journal),
    ],
)
def test_whenever_a_name_becomes_a_link_nothing_behind_it_is_changed(
    tmp_path: Path, swapped: str, link: Callable[[Path, Path], None]
) -> None:
    """The lock, a record or the whole team is swapped between any two system calls of a run."""
    outside = Outside(tmp_path / "outside")
    for at in range(1, 200):
        root = tmp_path / str(at)
        root.mkdir()
        filesystem = Swapping(root / "demo" / swapped, at, link, outside.folder)
        with suppress(LauncherError), BootstrapRun(root, "demo", filesystem=filesystem):
            pass
        if at > len(filesystem.calls):
            break
    else:
        pytest.fail("no end of calls")
    assert outside.contents() == outside.before


class Swapping(FaultyFileSystem):
    """Before one of its calls a path becomes a link; it does not wait for the disk."""

    def __init__(
        self, path: Path, at: int, link: Callable[[Path, Path], None], outside: Path
    ) -> None:
        super().__init__()
        self.swap: Callable[[], None] | None = lambda: link(path, outside)
        self.path, self.at = path, at

    def fsync(self, descriptor: int) -> None:
        self._call("fsync", lambda _: None, descriptor)

    def _call(self, *arguments: Any) -> Any:
        if len(self.calls) + 1 >= self.at and self.swap and self.path.exists():
            self.path.rename(self.path.with_name("aside"))
            self.swap()
            self.swap = None
        return super()._call(*arguments)


def test_every_path_of_a_run_is_the_root_the_team_or_one_name_in_an_open_folder(
    tmp_path: Path,
) -> None:
    filesystem = Noting()
    launch(tmp_path, filesystem=filesystem)

    assert {path for path, inside in filesystem.given if inside is None} == {
        str(tmp_path),
        str(tmp_path / "demo"),
    }
    assert not [path for path, inside in filesystem.given if inside is not None and "/" in path]
    assert len(filesystem.given) > 50


class Noting(FaultyFileSystem):
    """Notes which paths it is given, and in which open folder."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[str, int | None]] = []

    def _whole(self, path: str, dir_fd: int | None) -> str:
        self.given.append((path, dir_fd))
        return super()._whole(path, dir_fd)

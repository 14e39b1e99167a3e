from __future__ import annotations

from pathlib import Path

import pytest

from launchfsm.policies import load_policy
from launchfsm.policy.authoring.scaffold import write_new_policy


def test_a_new_policy_loads_under_its_folders_name(tmp_path: Path) -> None:
    write_new_policy(tmp_path / 'our "own"')

    policy = load_policy(tmp_path / 'our "own"')

    assert 'our "own"' == policy.name
    assert (policy.name, "default", "reference") == policy.lineage
    assert {"default", 'our "own"', "reference"} == {
        rule.origin for rule in policy.tables["owner"].rules
    }


def test_its_commands_name_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write_new_policy(folder)

    assert f"launchfsm policy check {folder}" in (folder / "policy.toml").read_text()


def test_it_names_no_file_that_an_installed_launchfsm_does_not_bring(tmp_path: Path) -> None:
    for file in write_new_policy(tmp_path / "mine"):
        text = file.read_text()
        assert "docs/" not in text
        assert ".md" not in text


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(FileExistsError, match=r"not empty \(notes.txt\)"):
        write_new_policy(tmp_path)

    assert ["notes.txt"] == [item.name for item in tmp_path.iterdir()]


def test_its_commands_name_a_folder_beside_as_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`launchfsm policy check mine` would ask for a policy of that name."""
    monkeypatch.chdir(tmp_path)
    write_new_policy(Path("mine"))
    write_new_policy(Path("our own"))

    assert "launchfsm policy check ./mine " in Path("mine/policy.toml").read_text()
    assert "launchfsm policy check './our own' " in Path("our own/policy.toml").read_text()

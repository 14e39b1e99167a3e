"""`policy new` writes what already works, and says how to go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.policy.policies import lay_policy
from tests.cli.running import invoke, run


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert 0 == invoke("policy", "new", "mine").status
    return Path("./mine")


def test_it_names_what_it_wrote_and_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    said = invoke("policy", "new", "our own").out.splitlines()

    assert [
        "wrote our own/owner.toml",
        "wrote our own/policy.toml",
        "next: edit or delete owner.toml, a sample that changes nothing yet",
        "next: launchfsm policy check './our own'",
    ] == said


def test_the_rule_in_its_comments_works_when_the_marks_are_taken_away(mine: Path) -> None:
    table = mine / "owner.toml"
    table.write_text(table.read_text().replace("#   ", ""))

    said = invoke("policy", "test", "./mine", "--coverage").out

    assert "2 of 2 rules fired, 4 of 4 conditions" in said
    assert 0 == invoke("policy", "verify", "./mine").status


@pytest.mark.usefixtures("mine")
def test_its_tests_leave_nothing_untested() -> None:
    said = invoke("policy", "test", "./mine", "--coverage").out

    assert "1 of 1 rules fired" in said
    assert "no test" not in said


@pytest.mark.usefixtures("mine")
def test_every_command_that_its_comments_name_works_and_nothing_is_changed_yet() -> None:
    comments = Path("mine/policy.toml").read_text().splitlines()
    lines = [line.split("  ")[1] for line in comments if line.startswith("#   launchfsm ")]
    told = {line: invoke(*line.strip().split()[1:]) for line in lines}

    assert [0] * 6 == [ended.status for ended in told.values()]
    compared = told[" launchfsm policy verify ./mine --against default"].out
    assert "mine against default: the same\n" in compared


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    folder = lay_policy(tmp_path / "mine")
    before = {file: file.read_text() for file in folder.iterdir()}

    ended = invoke("policy", "new", folder)

    assert (3, "") == (ended.status, ended.out)
    assert "is not empty (owner.toml, policy.toml)" in ended.errors
    assert before == {file: file.read_text() for file in folder.iterdir()}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")

    assert 3 == invoke("policy", "new", tmp_path / "mine").status


def test_a_name_that_nobody_can_read_is_refused(tmp_path: Path) -> None:
    for name in ("two\nlines", "turned\u202e", "\udcff"):
        ended = invoke("policy", "new", tmp_path / name)

        assert (3, "") == (ended.status, ended.out)
        assert "is named after its folder" in ended.errors
    assert [] == list(tmp_path.iterdir())


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        ended = run("policy", "new", folder)

        assert 3 == ended.status
        assert ended.errors.startswith(f"Error: {folder}: ")


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("number", [1, 2])
def test_an_interrupted_command_leaves_no_half_made_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool, number: int
) -> None:
    if there:
        (tmp_path / "mine").mkdir()
    real, calls = Path.write_text, []

    def interrupted(self: Path, text: str, *, encoding: str) -> object:
        calls.append(self)
        if len(calls) == number:
            raise KeyboardInterrupt
        return real(self, text, encoding=encoding)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", interrupted)
        ended = invoke("policy", "new", tmp_path / "mine")

    left = sorted(path.name for path in tmp_path.rglob("*"))
    assert 130 == ended.status
    assert left == ["mine"] * there

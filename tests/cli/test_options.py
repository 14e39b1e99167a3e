"""What a person asks for wrongly is told with what there is; what is judged can be chosen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import DEAD, completed, invoke, lay, member, saved, state

if TYPE_CHECKING:
    from pathlib import Path

LATER = """
policy = "patient"
extends = "reference"

[tables.expired.params]
grace = "1h"
"""


def test_an_unknown_team_is_told_the_nearest_and_all(tmp_path: Path) -> None:
    lay(tmp_path, "docs-site")
    lay(tmp_path, "api")

    ended = invoke("--root", tmp_path, "check", "doc-site")

    assert 3 == ended.status
    assert (
        f"Error: there is no team 'doc-site' under {tmp_path} (did you mean 'docs-site'?); "
        "there are: api, docs-site\n" == ended.errors
    )


def test_of_many_teams_some_are_named(tmp_path: Path) -> None:
    for number in range(35):
        lay(tmp_path, f"t{number:02}")

    ended = invoke("--root", tmp_path, "check", "other")

    assert ended.errors.endswith("t28, t29 and 5 more\n")


def test_one_unknown_team_among_several_stops_before_anything_is_shown(tmp_path: Path) -> None:
    lay(tmp_path, "api")

    ended = invoke("--root", tmp_path, "status", "api", "apo")

    assert (3, "") == (ended.status, ended.out)


@pytest.mark.parametrize("name", ["", ".", "..", "../api", "/etc", "a/b", "a\0b", "x" * 256])
@pytest.mark.parametrize("command", ["status", "check", "explain", "diff"])
def test_a_name_that_is_no_folders_is_refused(tmp_path: Path, command: str, name: str) -> None:
    lay(tmp_path, "api")

    ended = invoke("--root", tmp_path, command, name)

    assert (3, "") == (ended.status, ended.out)
    assert "No team can be called" in ended.errors


def test_a_file_is_no_team(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("")

    assert "there are: none" in invoke("--root", tmp_path, "check", "notes").errors


@pytest.mark.parametrize("command", ["status", "check demo", "explain demo", "diff demo"])
def test_a_root_that_is_not_there_is_said_with_what_to_do(tmp_path: Path, command: str) -> None:
    ended = invoke("--root", tmp_path / "no\x1bwhere", *command.split())

    assert 3 == ended.status
    assert rf"{tmp_path}/no\u001bwhere does not exist: name the folder" in ended.errors
    assert "--root or $LAUNCHFSM_ROOT" in ended.errors


@pytest.mark.parametrize("command", ["status", "check demo", "explain demo", "diff demo"])
def test_every_judging_command_takes_a_policy_and_shows_its_faults(
    tmp_path: Path, command: str
) -> None:
    lay(tmp_path, "demo", state=state("completed"), launch=saved("finished"))
    policy = tmp_path / "mine.toml"
    policy.write_text(
        'policy = "mine"\nextends = "reference"\n[[tables.owner.rule]]\nid = "x"\n'
        "when = \"owner == 'ded'\\t\"\nthen = {}\n"
    )

    ended = invoke("--root", tmp_path, *command.split(), "--policy", policy)

    assert (3, "") == (ended.status, ended.out)
    assert "mine.toml:5:" in ended.errors
    assert "(did you mean 'dead'?)" in ended.errors
    source, caret = ended.errors.splitlines()[-2:]
    assert "ded" == source[caret.index("^") + 1 : caret.rindex("^")]


def test_an_unknown_policy_is_told_the_known_ones(tmp_path: Path) -> None:
    ended = invoke("--root", tmp_path, "status", "--policy", "defualt")

    assert 3 == ended.status
    assert "no policy is named 'defualt' (did you mean 'default'?)" in ended.errors


def test_a_policys_control_characters_are_shown_escaped(tmp_path: Path) -> None:
    policy = tmp_path / "mine.toml"
    policy.write_text('policy = "\x85\u202e"\nextends = "\\u001b[31m"\n')

    errors = invoke("--root", tmp_path, "status", "--policy", policy).errors

    assert set() == {"\x1b", "\x85", "\u202e"} & set(errors)
    assert r"\u0085\u202e" in errors or r"\u001b[31m" in errors


def test_a_policy_decides(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada", "registered")))
    policy = tmp_path / "patient.toml"
    policy.write_text(LATER)
    asked = ("--root", tmp_path, "check", "demo", "--now", "2026-03-02T09:30:00Z")

    assert 3 == invoke(*asked).status
    assert 1 == invoke(*asked, "--policy", policy).status


@pytest.mark.parametrize(
    ("now", "status"),
    [("2026-03-02T09:04:59.999Z", 1), ("2026-03-02T09:05:00Z", 3), ("2026-03-02T11:05+02:00", 3)],
)
def test_a_launch_can_be_judged_as_of_another_time(tmp_path: Path, now: str, status: int) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada", "registered")))

    assert status == invoke("--root", tmp_path, "check", "demo", "--now", now).status


def test_the_time_is_told(tmp_path: Path) -> None:
    lay(tmp_path, "demo")

    shown = invoke("--root", tmp_path, "status", "--json", "--now", "2026-03-02").out

    assert "2026-03-02T00:00:00.000Z" == json.loads(shown)[0]["evaluatedAt"]


@pytest.mark.parametrize("now", ["", "yesterday", "2026-02-30", "+012026-01-01", "1e3", "\x1b"])
def test_a_text_that_is_no_time_is_refused(tmp_path: Path, now: str) -> None:
    ended = invoke("--root", tmp_path, "status", "--now", now)

    assert 64 == ended.status
    assert "is not a time; write one such as 2026-03-02T09:00:00Z" in ended.errors
    assert "\x1b" not in ended.errors


# -- What cannot be read ---------------------------------------------------------------------------

EVERY_COMMAND = [
    "status",
    "status --json",
    "watch --looks 1",
    "audit",
    "audit --json",
    "check demo",
]


@pytest.mark.parametrize("line", EVERY_COMMAND)
def test_a_root_that_cannot_be_listed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("os.scandir", refuse)

    ended = invoke("--root", tmp_path, *line.split())

    assert (3, "") == (ended.status, ended.out)
    assert f"{tmp_path} cannot be read (Permission denied): name the folder" in ended.errors


@pytest.mark.parametrize("line", EVERY_COMMAND)
@pytest.mark.parametrize("root", ["x" * 5000, "a\0b", "/dev/null", "loop"])
def test_a_root_that_is_none_is_an_error(tmp_path: Path, root: str, line: str) -> None:
    (tmp_path / "loop").symlink_to("loop")

    ended = invoke("--root", tmp_path / root if root == "loop" else root, *line.split())

    assert (3, "") == (ended.status, ended.out)
    assert "--root or $LAUNCHFSM_ROOT" in ended.errors


# -- Extreme arguments -----------------------------------------------------------------------------

NUMBERS = [
    "nan",
    "inf",
    "-inf",
    "1e300",
    "-1",
    "0",
    "1e-300",
    "9" * 5000,
    "999999999999d",
    "\udcff",
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "line",
    [
        "watch --looks 1 --interval",
        "watch --looks",
        "wait demo --timeout",
        "status --alive",
        "status --now",
        "policy audit reference --property confirmed-stays --examples",
        "policy audit reference --property no-such --seed",
    ],
)
def test_an_extreme_argument_gets_a_sentence(tmp_path: Path, line: str, number: str) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))

    ended = invoke("--root", tmp_path, *line.split(), number)

    assert (64, "") == (ended.status, ended.out)
    assert ended.errors.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize(
    "now", ["0001-01-01", "1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"]
)
@pytest.mark.parametrize(
    "line",
    ["status", "check demo", "explain demo", "watch --initial --looks 1", "wait demo", "audit"],
)
def test_the_first_and_the_last_moment_are_times(tmp_path: Path, now: str, line: str) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))

    ended = invoke("--root", tmp_path, *line.split(), "--now", now)

    assert (True, "") == (ended.status in {0, 1, 2, 3}, ended.errors)
    assert ended.out


@pytest.mark.parametrize(
    "line",
    [
        ["check", "\udcff"],
        ["status", "--policy", "\udcff"],
        ["status", "--policy", "./\udcff.toml"],
        ["explain", "demo", "--about", "\udcff"],
        ["explain", "demo", "--why-not", "\udcff"],
        ["policy", "check", "\udcff"],
        ["policy", "verify", "reference", "--against", "\udcff/"],
        ["policy", "audit", "reference", "--property", "\udcff"],
        ["policy", "audit", "reference", "--never", "\udcff: -> \udcff"],
        ["machines", "\udcff"],
        ["\udcff"],
    ],
    ids=ascii,
)
def test_a_name_that_is_no_text_gets_a_sentence(tmp_path: Path, line: list[str]) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))

    ended = invoke("--root", tmp_path, *line)

    assert ended.status in {3, 64}
    assert "" == ended.out
    assert "Error: " in ended.errors


# -- Processes -------------------------------------------------------------------------------------


def test_what_is_known_of_processes_can_be_stated(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("spawning_members", ownerPid=DEAD))

    def owner(*options: str) -> str:
        asked = ("--root", tmp_path, "explain", "demo", "--about", "owner", "--json")
        entries = json.loads(invoke(*asked, *options).out)["entries"]
        known: str = entries[0]["facts"]["owner"]
        return known

    assert "dead" == owner()
    assert "dead" == owner("--processes", "host")
    assert "unknown" == owner("--processes", "unknown")
    assert "alive" == owner("--alive", str(DEAD))
    assert "alive" == owner("--alive", "1", "--alive", str(DEAD), "--processes", "unknown")
    assert "dead" == owner("--alive", "1")


def test_processes_of_copied_records_are_not_looked_up(tmp_path: Path) -> None:
    folder = lay(tmp_path, "demo", state=state("spawning_members", ownerPid=DEAD))
    (folder / "bootstrap-journal.tail.jsonl").write_text("")
    asked = ("--root", tmp_path, "explain", "demo", "--about", "owner", "--json")

    (entry,) = json.loads(invoke(*asked).out)["entries"]

    assert "unknown" == entry["facts"]["owner"]


@pytest.mark.parametrize(
    "typed",
    [
        ("status", "--root", "ROOT", "ap"),
        ("status", "--root=ROOT", "ap"),
        ("--root", "/nowhere", "check", "--root", "ROOT", "ap"),
        ("wait", "--for", "ok", "--root", "ROOT", "other", "ap"),
        ("audit", "--root", "ROOT", "ap"),
        ("explain", "--root", "ROOT", "api", "--about", "bo"),
        ("explain", "api", "--root", "ROOT", "--about", "bo"),
    ],
)
def test_a_shell_completes_by_the_root_of_the_subcommand(
    tmp_path: Path, typed: tuple[str, ...]
) -> None:
    lay(tmp_path, "api", state=state("spawning_members", member("bob")))

    offered = completed(*(word.replace("ROOT", str(tmp_path)) for word in typed))

    assert ["bob" if "explain" in typed else "api"] == offered


def test_a_shell_is_offered_nothing_for_a_root_of_the_subcommand_that_is_not_there(
    tmp_path: Path,
) -> None:
    lay(tmp_path, "api")

    assert [] == completed("--root", tmp_path, "status", "--root", tmp_path / "none", "ap")

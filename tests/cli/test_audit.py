"""`launchfsm audit` says what it found as lines and as JSON, and ends as the gravest of it is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from launchfsm import LaunchEvaluator
from launchfsm.audit import audit_team, codes_table
from launchfsm.cli import workers
from tests.cli.running import (
    NOW,
    invoke,
    lay,
    lay_hostile,
    member,
    run,
    run_on_terminal,
    state,
)
from tests.policy.authoring.test_sarif import checked

if TYPE_CHECKING:
    from pathlib import Path

PHASES = ("validating_spec", "loading_existing_state", "acquiring_bootstrap_lock")
TIMED = ("--now", NOW)


def journal(*phases: str) -> str:
    records = [{"ts": 1, "type": "phase", "runId": "run-1", "phase": word} for word in phases]
    return "".join(f"{json.dumps(record)}\n" for record in records)


def lay_teams(root: Path) -> None:
    """A team of each severity."""
    lay(root, "clean", state=state(PHASES[2]), journal=journal(*PHASES))
    lay(root, "cleared", journal=journal(*PHASES))
    lay(root, "torn", state=state(PHASES[2]), journal=journal(*PHASES) + "{\n")
    lay(root, "wrong", state=state(PHASES[2]), journal=journal(*PHASES, "completed", PHASES[2]))


@pytest.mark.parametrize(
    ("names", "status"),
    [
        ("clean", 0),
        ("cleared", 0),
        ("torn", 1),
        ("wrong", 2),
        ("clean torn", 1),
        ("wrong torn clean", 2),
        ("", 2),
        ("--json", 2),
        ("nobody", 3),
        ("clean nobody", 3),
        ("clean --policy nowhere", 3),
    ],
)
def test_it_ends_as_the_gravest_finding_is(tmp_path: Path, names: str, status: int) -> None:
    lay_teams(tmp_path)

    assert status == invoke("--root", tmp_path, "audit", *TIMED, *names.split()).status


def test_each_team_is_a_line_and_each_finding_another(tmp_path: Path) -> None:
    lay_teams(tmp_path)

    ended = invoke("--root", tmp_path, "audit", *TIMED, "wrong", "clean")

    assert [
        "error    wrong  1 error, 1 info found; 5 records of 1 run replayed",
        (
            "  error    illegal-step  bootstrap-journal.jsonl:4  run 'run-1': phase 'completed':"
            " bootstrap: the event 'complete' is refused in state 'acquiring_bootstrap_lock'."
            " Allowed there: create_team, spawn_members, fail, cancel."
        ),
        (
            "  info     repeated-step  bootstrap-journal.jsonl:5  run 'run-1': phase"
            " 'acquiring_bootstrap_lock': it is in 'acquiring_bootstrap_lock' already"
        ),
        "ok       clean  nothing found; 3 records of 1 run replayed",
    ] == ended.out.splitlines()


def test_all_teams_are_audited_in_the_order_of_their_names(tmp_path: Path) -> None:
    lay_teams(tmp_path)

    ended = invoke("--root", tmp_path, "audit", *TIMED)

    named = [line.split()[1] for line in ended.out.splitlines() if not line.startswith(" ")]
    assert (["clean", "cleared", "torn", "wrong"], "") == (named, ended.errors)


@pytest.mark.parametrize("names", [("torn", "wrong"), ()])
def test_the_json_is_what_the_library_found(tmp_path: Path, names: tuple[str, ...]) -> None:
    lay_teams(tmp_path)

    ended = invoke("--root", tmp_path, "audit", "--json", *TIMED, *names)

    documents = json.loads(ended.out)
    assert ["torn", "wrong"] == [found["team"] for found in documents][-2:]
    assert ["warning", "error"] == [found["severity"] for found in documents][-2:]
    assert {
        "code": "unreadable-line",
        "severity": "warning",
        "file": "bootstrap-journal.jsonl",
        "line": 4,
        "message": "it breaks off, and ends in '{'",
    } == documents[-2]["findings"][0]


def test_a_team_of_which_nothing_is_found_says_so_in_json(tmp_path: Path) -> None:
    lay_teams(tmp_path)

    (document,) = json.loads(invoke("--root", tmp_path, "audit", "--json", *TIMED, "clean").out)

    assert {
        "team": "clean",
        "auditedAt": "2026-03-02T09:00:00.000Z",
        "severity": None,
        "records": 3,
        "runs": 1,
        "findings": [],
        "leftOut": {},
    } == document


@pytest.mark.parametrize(("more", "out"), [((), ""), (("--json",), "[]\n")])
def test_a_root_without_teams(tmp_path: Path, more: tuple[str, ...], out: str) -> None:
    ended = invoke("--root", tmp_path, "audit", *more)

    assert (0, out) == (ended.status, ended.out)
    assert ("There are no teams under" in ended.errors) == (out == "")


def test_it_can_be_asked_for_what_it_may_find(tmp_path: Path) -> None:
    ended = invoke("--root", tmp_path / "nowhere", "audit", "--codes")

    assert (0, codes_table()) == (ended.status, ended.out)


@pytest.mark.parametrize("asked", [("hostile",), ()])
def test_hostile_texts_are_shown_and_do_nothing(tmp_path: Path, asked: tuple[str, ...]) -> None:
    lay_hostile(tmp_path)
    lay(tmp_path, "clear\x1b[2J\nok       forged")

    ended = invoke("--root", tmp_path, "audit", *asked)

    lines = ended.out.splitlines()
    assert all(line.isprintable() and len(line) < 500 for line in lines)
    assert not any(line.startswith("ok       forged") for line in lines)


def test_hostile_texts_survive_as_json(tmp_path: Path) -> None:
    lay_hostile(tmp_path)

    ended = run("--root", tmp_path, "audit", "--json", "hostile")

    assert ended.out.isascii()
    assert 1 == len(json.loads(ended.out))


# -- On a terminal ---------------------------------------------------------------------------------


def test_a_progress_bar_is_for_whoever_waits_at_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_teams(tmp_path)
    asked = ("--root", tmp_path, "audit", *TIMED)

    quick = run_on_terminal(*asked)
    monkeypatch.setattr(workers, "PATIENCE", 0)
    waited = run_on_terminal(*asked)
    piped = run(*asked, FORCE_COLOR="1")

    assert ("Auditing" in waited.out, waited.status) == (True, 2)
    assert ("Auditing" in quick.out, quick.status) == (False, 2)
    assert ("", 2) == (piped.errors, piped.status)
    assert "\x1b" not in piped.out


@pytest.mark.parametrize("command", ["audit", "status"])
def test_what_is_shown_beside_a_progress_bar_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    lay_teams(tmp_path)
    asked = ("--root", tmp_path, command, *TIMED)
    quick = run_on_terminal(*asked, columns=60, NO_COLOR="1").out.splitlines()

    monkeypatch.setattr(workers, "PATIENCE", 0)
    shown = run_on_terminal(*asked, columns=60, NO_COLOR="1").out
    lines = {
        re.sub(r"\x1b\[\??\d*[A-Za-z]", "", line).rstrip() for line in re.split("[\r\n]+", shown)
    }

    assert {line.rstrip() for line in quick} <= lines


def test_a_dumb_terminal_gets_no_progress_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_teams(tmp_path)
    monkeypatch.setattr(workers, "PATIENCE", 0)
    asked = ("--root", tmp_path, "audit", *TIMED)

    shown = run_on_terminal(*asked, TERM="dumb")

    assert "Auditing" not in shown.out
    assert "\x1b" not in shown.out


def test_severities_are_coloured_on_a_terminal_unless_that_is_not_wanted(tmp_path: Path) -> None:
    lay_teams(tmp_path)

    coloured = run_on_terminal("--root", tmp_path, "audit", "torn", "clean", *TIMED)
    plain = run_on_terminal("--root", tmp_path, "audit", "torn", "clean", *TIMED, NO_COLOR="1")

    assert "\x1b[33mwarning \x1b[0m torn" in coloured.out
    assert "\x1b[32mok      \x1b[0m clean" in coloured.out
    assert "\x1b" not in plain.out


def test_the_bar_leaves_standard_output_alone(tmp_path: Path) -> None:
    """What is piped is the audits, and the bar is gone when they come."""
    lay(tmp_path, "clean", state=state(PHASES[2], member("ada", "pending")))
    evaluator = LaunchEvaluator(tmp_path)

    piped = run("--root", tmp_path, "audit")

    assert piped.out == audit_team(evaluator, "clean").text() + "\n"


def test_sarif_has_each_finding_at_its_line(tmp_path: Path) -> None:
    lay(tmp_path, "torn", state=state("completed"), journal='{"ts": 1, "type": "phase"}\n{"ts')
    audited = invoke("--root", tmp_path, "audit", "--sarif", "--now", NOW)
    results = checked(json.loads(audited.out))["runs"][0]["results"]
    found = {result["ruleId"]: result for result in results}
    place = found["torn-line"]["locations"][0]["physicalLocation"]

    assert f"file://{tmp_path}/torn/bootstrap-journal.jsonl" == place["artifactLocation"]["uri"]
    assert 2 == place["region"]["startLine"]
    assert "note" == found["torn-line"]["level"]

"""An explanation on the command line is the library's, made safe to show."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from launchfsm import LaunchEvaluator, to_wire
from launchfsm.cli.options import short_rules
from tests.cli.running import NOW, invoke, lay, lay_hostile, member, state

if TYPE_CHECKING:
    from pathlib import Path


def test_a_harmless_explanation_is_printed_as_it_is(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada"), member("bob", "failed")))

    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    explanation = LaunchEvaluator(tmp_path, clock=lambda: now).evaluate("demo").explain()
    printed = invoke("--root", tmp_path, "explain", "demo", "--now", NOW).out

    # How a policy's places are shown depends on the folder in which it was loaded first.
    assert f"{short_rules(explanation.text())}\n" == printed


def test_it_ends_with_the_verdict(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))

    last = invoke("--root", tmp_path, "explain", "demo").out.rpartition("\n\n")[2]

    assert last.startswith("verdict: all-confirmed -> severity='ok'")


def test_json_is_the_explanation_on_the_wire(tmp_path: Path) -> None:
    lay_hostile(tmp_path)
    evaluation = LaunchEvaluator(tmp_path).evaluate("hostile")

    document = json.loads(invoke("--root", tmp_path, "explain", "hostile", "--json").out)

    tables = [entry["table"] for entry in document["entries"] if entry["kind"] == "decision"]
    assert [decision.table for decision in evaluation.explain().decisions] == tables
    assert to_wire(evaluation.explain())["entries"][-1] == document["entries"][-1]


def test_a_number_that_json_lacks_is_explained_too(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state='{"version": 1, "phase": "creating_team", "ownerPid": 1e400}')

    document = json.loads(invoke("--root", tmp_path, "explain", "demo", "--json").out)

    assert "inf" == document["entries"][0]["facts"]["owner_pid"]


def test_one_table_or_one_member_can_be_asked_for(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada"), member("bob", "failed")))

    def asked(about: str) -> set[tuple[str, str]]:
        printed = invoke("--root", tmp_path, "explain", "demo", "--about", about, "--json").out
        entries = json.loads(printed)["entries"]
        return {(entry.get("table", "a step"), entry["subject"]) for entry in entries}

    assert {("verdict", "")} == asked("verdict")
    assert {("standing", "ada"), ("a step", "ada")} < asked("ada")
    assert {"ada"} == {subject for _, subject in asked("ada")}


def test_what_was_not_decided_about_is_told_with_what_was(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))
    ended = invoke("--root", tmp_path, "explain", "demo", "--about", "verdcit")

    assert 3 == ended.status
    assert "nothing was decided about 'verdcit' (did you mean 'verdict'?)" in ended.errors


def test_rule_authors_find_it_among_the_policies_commands(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))
    asked = ("explain", "demo", "--policy", "default", "--now", NOW)

    assert (
        invoke("--root", tmp_path, *asked).out == invoke("--root", tmp_path, "policy", *asked).out
    )

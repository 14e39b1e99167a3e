"""Status says how teams stand: in lines, as JSON, and on a terminal; whatever stands in files."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm import Evaluation, LaunchEvaluator, to_wire
from launchfsm.cli.teams import ordered
from launchfsm.decisions.verdict import WORST_FIRST, VerdictSeverity
from launchfsm.evaluation.many import Row
from launchfsm.records.results import LaunchSnapshot
from launchfsm.records.wire import from_wire
from launchfsm.report.views import worst_first
from launchfsm.vocabulary import values
from tests.cli.running import (
    DEAD,
    NOW,
    NOW_MS,
    invoke,
    lay,
    lay_hostile,
    member,
    run,
    run_on_terminal,
    running,
    saved,
    state,
)
from tests.cli.test_output import DOING_SOMETHING

if TYPE_CHECKING:
    from pathlib import Path

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
THEN = ("--now", NOW, "--alive", "1", "--processes", "unknown")
RICH_MEMBER = {
    "launchState": "runtime_pending_permission",
    "agentToolAccepted": True,
    "laneId": "lane-7",
    "laneKind": "secondary",
    "laneOwnerProviderId": "opencode",
    "livenessKind": "permission_blocked",
    "runtimePid": 4242,
    "pendingPermissionRequestIds": ["per_1", "per_2"],
    "runtimeDiagnostic": "asks to run git",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lay(
        tmp_path,
        "beta",
        state=state(
            "spawning_members",
            member("ada"),
            member("bob", "spawn_started"),
            member("eve", "failed", failureReason="exit status 1"),
        ),
        journal='{"type": "phase", "phase": "spawning_members"}\n{"type": "ph',
    )
    lay(tmp_path, "alpha", launch=saved("active", ada=RICH_MEMBER, bob={"laneId": "lane-8"}))
    (tmp_path / "a-file").write_text("")
    return tmp_path


# -- Lines -----------------------------------------------------------------------------------------


def test_a_team_is_a_verdict_then_its_members_then_what_else_there_is(root: Path) -> None:
    lines = invoke("--root", root, "status", "beta", *THEN).out.splitlines()

    assert [
        (
            "failed   beta  1 of 3 members failed: exit status 1  "
            "[1/3 confirmed, from bootstrap-state.json, 0s ago]"
        ),
        "  confirmed   beta/ada",
        "  waiting     beta/bob  spawn accepted",
        "  failed      beta/eve  exit status 1",
        "  note        beta  1 of 3 members still pending",
        (
            "  note        beta  Recent deterministic bootstrap events: "
            "bootstrap phase: spawning_members"
        ),
    ] == lines[:6]
    assert lines[6].startswith(
        "  finding     beta  bootstrap-journal.jsonl: line 2: $: expected a JSON object, got "
    )
    assert 7 == len(lines)


def test_lanes_liveness_and_permissions_are_shown_when_known(root: Path) -> None:
    lines = invoke("--root", root, "status", "alpha", *THEN).out.splitlines()

    assert [
        (
            "blocked  alpha  ada waits for permission per_1, per_2  "
            "[0/2 confirmed, from launch-state.json, 0s ago]"
        ),
        (
            "  blocked     alpha/ada  lane=secondary/opencode  "
            "liveness=permission_blocked  pid=4242  permissions=per_1, per_2  "
            "spawn accepted; waiting for permission approval; asks to run git"
        ),
        "  not started alpha/bob  lane=lane-8",
        "  note        alpha  2 of 2 members still pending",
        "  advice      alpha  answer the request per_1 of ada",
    ] == lines


def test_of_two_snapshots_the_believed_one_is_shown_and_named(root: Path) -> None:
    lay(root, "two", state=state("completed", member("ada")), launch=saved("active", ada={}))

    first = invoke("--root", root, "status", "two", *THEN).out.splitlines()[0]

    source = "from bootstrap-state.json, not launch-state.json"
    assert first.endswith(f"[1/1 confirmed, {source}, 0s ago]")


def test_a_moment_is_told_with_its_age(root: Path) -> None:
    folder = lay(root, "ended", state=state("completed", member("ada")))
    marker = {"version": 1, "teamName": "ended", "stopId": "s", "stoppedAt": NOW}
    (folder / "launch-stopped.json").write_text(json.dumps(marker))
    freshness = {"version": 1, "teamName": "ended", "kind": "stop", "stopId": "s"}
    (folder / "launch-freshness.json").write_text(json.dumps(freshness))

    lines = invoke("--root", root, "status", "ended", "--now", "2026-03-02T09:03:05Z").out

    assert lines.startswith("stopped  ended  stopped at 2026-03-02T09:00:00.000Z (3m 5s ago)  [")


def test_a_reason_that_members_share_is_told_once(root: Path) -> None:
    failed = [member(f"m{one}", "failed", failureReason="no model") for one in range(3)]
    lay(root, "alike", state=state("completed", member("ada"), *failed))

    out = invoke("--root", root, "status", "alike", "--now", NOW).out

    assert out.startswith("failed   alike  3 of 4 members failed: no model  [")
    assert 1 == out.count("no model")


def test_a_reason_that_the_verdict_tells_is_not_told_again_beside_it(root: Path) -> None:
    waiting = [member(name, "spawn_started") for name in ("ada", "bob")]
    lay(root, "left", state=state("spawning_members", *waiting, ownerPid=DEAD))

    lines = invoke("--root", root, "status", "left", "--now", NOW).out.splitlines()

    assert f"bootstrap owner pid {DEAD} is gone" in lines[0]
    assert not [line for line in lines[1:] if f"bootstrap owner pid {DEAD}" in line]


def test_why_a_member_is_skipped_is_shown(root: Path) -> None:
    skipped = {"skippedForLaunch": True, "skipReason": "no login"}
    lay(root, "skip", launch=saved("finished", ada={"bootstrapConfirmed": True}, bob=skipped))

    assert "  skipped     skip/bob  no login\n" in run("--root", root, "status", "skip").out


def test_what_the_verdict_says_is_not_said_again(root: Path) -> None:
    lay(root, "gone", state=state("creating_team", ownerPid=DEAD))
    said = f"bootstrap owner pid {DEAD} is gone"

    assert 1 == invoke("--root", root, "status", "gone").out.count(said)


def test_what_is_told_of_a_member_is_of_some_length_at_most(root: Path) -> None:
    said = [f"{number} {'x' * 290}" for number in range(600)]
    lay(root, "long", launch=saved("active", ada={"name": "ada", "diagnostics": said}))

    lines = invoke("--root", root, "status", "long", "--now", NOW).out.splitlines()

    assert max(map(len, lines)) < 1_000


def test_many_findings_are_counted(root: Path) -> None:
    lay(root, "odd", state=state("completed", *[member("ada", updatedAt=1)] * 9, runId=1))
    folder = root / "odd"
    folder.joinpath("bootstrap-journal.jsonl").write_text("{\n" * 7)

    lines = invoke("--root", root, "status", "odd").out.splitlines()

    assert 6 == sum(line.startswith("  finding     odd  ") for line in lines)
    assert "  finding     odd  and 3 more: see status --json" == lines[-1]


# -- A line a team ---------------------------------------------------------------------------------

LATE = {"updatedAt": NOW_MS - 60_000}


@pytest.fixture
def fleet(root: Path) -> Path:
    """Five teams: blocked, failed, failed, ok and pending."""
    lay(root, "zeta", state=state("completed", member("ada", "failed"), **LATE))
    lay(root, "done", state=state("completed", member("ada")))
    lay(root, "begun", state=state("spawning_members", member("ada", "spawn_started")))
    return root


def teams_of(root: Path, *options: str) -> list[str]:
    lines = invoke("--root", root, "status", *options, *THEN).out.splitlines()
    return [line.split()[1] for line in lines if not line.startswith(" ")]


def test_several_teams_are_a_line_each_the_worst_first_and_totals(fleet: Path) -> None:
    expected = """failed   beta  1 of 3 members failed: exit status 1  [1/3 confirmed, 0s ago]
failed   zeta  1 of 1 members failed  [0/1 confirmed, 1m ago]
blocked  alpha  ada waits for permission per_1, per_2  [0/2 confirmed, 0s ago]
pending  begun  Spawning teammate runtimes (1)  [0/1 confirmed, 0s ago]
ok       done  every member is confirmed  [1/1 confirmed, 0s ago]
total    5 teams: 2 failed, 1 blocked, 1 pending, 1 ok
"""
    assert expected == invoke("--root", fleet, "status", *THEN).out
    assert expected == invoke("--root", fleet, "status", "--jobs", "2", *THEN).out


def test_all_words_of_a_verdict_have_a_place_in_the_order() -> None:
    assert set(values(VerdictSeverity)) == set(WORST_FIRST)
    assert len(WORST_FIRST) == len(set(WORST_FIRST))


@pytest.mark.parametrize(
    ("options", "teams", "total"),
    [
        (("--sort", "name"), ["alpha", "begun", "beta", "done", "zeta"], ""),
        (("--sort", "age", "--limit", "2"), ["zeta", "alpha"], "; 2 shown"),
        (("--verdict", "ok,failed"), ["beta", "zeta", "done"], "; 3 shown"),
        (("--verdict", "stopped"), [], "; 0 shown"),
        (("--limit", "1"), ["beta"], "; 1 shown"),
        (("--limit", "3"), ["beta", "zeta", "alpha"], "; 3 shown"),
        (("--limit", "0"), [], "; 0 shown"),
        (("zeta", "done"), ["zeta", "done"], ""),
    ],
)
def test_teams_can_be_chosen_and_sorted(
    fleet: Path, options: tuple[str, ...], teams: list[str], total: str
) -> None:
    out = invoke("--root", fleet, "status", *options, *THEN).out

    assert teams == [line.split()[1] for line in out.splitlines()[:-1]]
    assert out.splitlines()[-1].startswith("total ")
    assert out.endswith(f"{total}\n")
    assert bool(total) is ("shown" in out)


def test_teams_can_be_chosen_by_name(fleet: Path) -> None:
    assert ["beta", "begun", "2"] == teams_of(fleet, "--match", "be*")
    ended = invoke("--root", fleet, "status", "--match", "no*")
    assert (0, "") == (ended.status, ended.out)
    assert "There are no teams whose name matches no* under" in ended.errors


def test_members_of_several_teams_are_shown_when_asked(fleet: Path) -> None:
    assert ["beta", "zeta", "alpha", "begun", "done"] == teams_of(fleet, "--members")
    assert "  failed      beta/eve" in invoke("--root", fleet, "status", "--members", *THEN).out


@given(
    st.lists(st.tuples(st.sampled_from(WORST_FIRST), st.integers(0, 9)), max_size=20),
    st.none() | st.integers(0, 25),
)
def test_the_order_is_that_of_sorting_whatever_waits_for_its_turn(
    teams: list[tuple[VerdictSeverity, int]], limit: int | None
) -> None:
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    rows = [
        Row(team=f"{index:02}", verdict=verdict, text="", evaluated_at=moment + timedelta(age))
        for index, (verdict, age) in enumerate(teams)
    ]

    found = ordered(((row, None) for row in rows), worst_first, limit=limit, at_once="failed")

    assert sorted(rows, key=worst_first)[:limit] == [row for row, _ in found]


@pytest.mark.parametrize("options", [(), ("--jsonl",)])
def test_a_failed_team_is_shown_before_the_last_is_read(
    fleet: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    """The real command is held at the last team until the gate is opened."""
    evaluate = LaunchEvaluator.evaluate
    gate, opening = os.pipe()

    def held(self: LaunchEvaluator, team: str) -> Evaluation:
        if team == "zzz":
            os.read(gate, 1)
        return evaluate(self, team)

    (fleet / "zzz").mkdir()
    monkeypatch.setattr(LaunchEvaluator, "evaluate", held)
    with running("--root", fleet, "status", *options) as (process, out):
        assert out.readline()
        assert process.is_alive()
        os.write(opening, b"\n")
        assert "zzz" in out.read()
    os.close(gate)
    os.close(opening)


def test_json_lines_are_the_objects_of_the_list(fleet: Path) -> None:
    listed = json.loads(invoke("--root", fleet, "status", "--json", *THEN).out)

    lines = invoke("--root", fleet, "status", "--jsonl", *THEN).out.splitlines()

    assert listed == [json.loads(line) for line in lines]
    assert ["alpha", "begun", "beta", "done", "zeta"] == [document["team"] for document in listed]
    worst = invoke("--root", fleet, "status", "--jsonl", "--sort", "verdict", "--limit", "1", *THEN)
    assert "beta" == json.loads(worst.out)["team"]
    assert 64 == invoke("--root", fleet, "status", "--jsonl", "--json").status


def test_the_folder_of_one_team_is_no_root(root: Path) -> None:
    for command in ("status", "check", "watch"):
        ended = invoke("--root", root / "beta", command)

        assert (3, "") == (ended.status, ended.out)
        assert f"{root}/beta is the folder of one team, as bootstrap-state.json" in ended.errors
        assert f"--root {root}, and the team as beta" in ended.errors

    (root / "locked" / ".bootstrap.lock").mkdir(parents=True)
    assert "of one team, as .bootstrap.lock" in invoke("--root", root / "locked", "status").errors


def test_no_teams_are_said_aside(tmp_path: Path) -> None:
    ended = invoke("--root", tmp_path, "status")

    assert (0, "") == (ended.status, ended.out)
    assert f"There are no teams under {tmp_path}.\n" == ended.errors
    assert "[]\n" == invoke("--root", tmp_path, "status", "--json").out


def test_a_pipe_gets_the_same_lines_from_the_real_command(root: Path) -> None:
    asked = ("--root", root, "status", "--members")

    assert invoke(*asked) == run(*asked, TERM="xterm")


# -- JSON ------------------------------------------------------------------------------------------


def test_json_carries_everything_that_an_evaluation_says(root: Path) -> None:
    lay(root, "two", state=state("completed", member("ada")), launch=saved("active", ada={}))
    evaluator = LaunchEvaluator(root)

    documents = json.loads(invoke("--root", root, "status", "--json").out)

    assert ["alpha", "beta", "two"] == [document["team"] for document in documents]
    for document in documents:
        evaluation = evaluator.evaluate(document["team"])
        assert to_wire(evaluation.verdict) == document["verdict"]
        assert evaluation.preferred_source == document["preferredSource"]
        assert to_wire(evaluation.preferred_snapshot) == document["preferredSnapshot"]
        assert to_wire(evaluation.bootstrap_snapshot) == document["bootstrapSnapshot"]
        assert to_wire(evaluation.launcher_snapshot) == document["launcherSnapshot"]
        assert to_wire(evaluation.runtime_state) == document["runtimeState"]
        assert evaluation.real_task_submission == document["realTaskSubmission"]
        assert to_wire(evaluation.findings) == document["findings"]
        assert "default" == document["policy"]


def test_json_reads_back_as_results(root: Path) -> None:
    (document,) = json.loads(invoke("--root", root, "status", "alpha", "--json").out)

    snapshot = LaunchEvaluator(root).evaluate("alpha").launcher_snapshot

    assert snapshot == from_wire(LaunchSnapshot, document["launcherSnapshot"])
    assert ["ada", "bob"] == list(document["spawnStatuses"])


def test_json_is_json_on_a_terminal_too(root: Path) -> None:
    shown = run_on_terminal("--root", root, "status", "--json", "--now", NOW).out

    assert invoke("--root", root, "status", "--json", "--now", NOW).out == shown


# -- A terminal ------------------------------------------------------------------------------------


def test_a_terminal_shows_a_coloured_table(root: Path) -> None:
    shown = run_on_terminal("--root", root, "status", "--members", "--sort", "name", *THEN).out

    assert "\x1b[1;31mfailed" in shown
    lines = [line.rstrip() for line in ESCAPE.sub("", shown).splitlines()]
    assert "blocked  alpha  ada waits for permission per_1, per_2" == lines[0]
    assert "  0/2 confirmed, from launch-state.json, 0s ago" == lines[1]
    assert ["member", "state", "lane", "liveness", "permission", "note"] == columns(lines[2])
    assert [
        "ada",
        "blocked",
        "secondary opencode",
        "permission blocked",
        "per_1, per_2",
        "spawn accepted; waiting for permission approval; asks to run git",
    ] == columns(lines[3])
    assert ["bob", "not started", "lane-8"] == columns(lines[4])
    assert [
        "  note  2 of 2 members still pending",
        "  advice  answer the request per_1 of ada",
        "",
        "failed   beta  1 of 3 members failed: exit status 1",
    ] == lines[5:9]


@pytest.mark.parametrize("width", [60, 200])
def test_a_line_a_team_keeps_its_columns_and_its_indent(fleet: Path, width: int) -> None:
    reason = "the tmux pane exited with status 127: claude: command not found in any folder of PATH"
    lay(fleet, "long", state=state("completed", member("ada", "failed", failureReason=reason)))
    asked = ("--root", fleet, "status", *THEN)

    lines = run_on_terminal(*asked, columns=width, NO_COLOR="1").out.splitlines()

    assert max(map(len, lines)) <= width
    text = "1 of 3 members failed: exit status 1"
    if width == 200:
        assert f"failed   beta    1/3       0s  {text}" == lines[0]
        assert not [line for line in lines if line.startswith(" ")]
    else:
        assert ["failed   beta    1/3       0s", f"    {text}"] == [
            line.rstrip() for line in lines[:2]
        ]
        assert {0, 4} == {len(line) - len(line.lstrip()) for line in lines}
    assert "total    6 teams: 3 failed, 1 blocked, 1 pending, 1 ok" == lines[-1]


def columns(line: str) -> list[str]:
    return re.split(" {2,}", line.strip())


def test_columns_of_which_nothing_is_known_are_left_out(root: Path) -> None:
    shown = ESCAPE.sub("", run_on_terminal("--root", root, "status", "beta").out)

    assert ["member", "state", "note"] == shown.splitlines()[2].split()


def test_a_narrow_terminal_is_not_overrun(root: Path) -> None:
    shown = ESCAPE.sub("", run_on_terminal("--root", root, "status", columns=80).out)

    assert max(map(len, shown.splitlines())) <= 80


def test_a_terminal_too_narrow_for_a_table_gets_a_line_a_member(root: Path) -> None:
    asked = ("--root", root, "status", "--members")
    shown = ESCAPE.sub("", run_on_terminal(*asked, columns=40).out)
    lines = [line.rstrip() for line in shown.splitlines()]

    assert max(map(len, lines)) <= 40
    assert "  not started  bob  lane=lane-8" in lines
    assert any(line.startswith("  blocked  ada") for line in lines)


@pytest.mark.parametrize("columns", ["-1", "9" * 30])
@pytest.mark.parametrize("command", ["status", "watch --looks 1", "audit"])
def test_any_number_of_columns_is_survived(root: Path, columns: str, command: str) -> None:
    shown = run_on_terminal("--root", root, *command.split(), COLUMNS=columns)

    assert shown.status < 3
    assert "Traceback" not in shown.out


def test_no_color_leaves_the_table_and_no_escape(root: Path) -> None:
    plain = run_on_terminal("--root", root, "status", NO_COLOR="anything").out

    assert "\x1b" not in plain
    assert ESCAPE.sub("", run_on_terminal("--root", root, "status").out) == plain


def test_an_empty_no_color_says_nothing(root: Path) -> None:
    assert "\x1b[" in run_on_terminal("--root", root, "status", NO_COLOR="").out


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_draw_gets_the_lines(root: Path, term: str) -> None:
    assert (
        invoke("--root", root, "status").out
        == run_on_terminal("--root", root, "status", TERM=term).out
    )


# -- Hostile files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["status", "check", "diff", "explain"])
def test_hostile_files_are_shown_and_do_nothing(tmp_path: Path, command: str) -> None:
    lay_hostile(tmp_path)

    ended = invoke("--root", tmp_path, command, "hostile")

    assert "" == ended.errors
    assert ended.status < 3
    assert_harmless(ended.out)
    assert r"\u001b[2J" in ended.out
    assert r"\u202e" in ended.out
    assert "[bold red]loud[/bold red]" in ended.out


@pytest.mark.parametrize("command", ["status", "check", "explain"])
def test_hostile_files_forge_no_line(tmp_path: Path, command: str) -> None:
    lay_hostile(tmp_path)

    lines = invoke("--root", tmp_path, command, "hostile").out.splitlines()

    assert not [line for line in lines if line.startswith("ok")]


def test_hostile_files_do_nothing_on_a_terminal(tmp_path: Path) -> None:
    lay_hostile(tmp_path)

    shown = run_on_terminal("--root", tmp_path, "status", "hostile", NO_COLOR="1").out

    assert_harmless(shown)
    assert r"\u001b[2J" in shown
    assert "[bold red]loud[/bold red]" in shown
    assert ":boom:" in shown


def test_hostile_files_are_whole_in_json(tmp_path: Path) -> None:
    lay_hostile(tmp_path)
    evaluation = LaunchEvaluator(tmp_path).evaluate("hostile")

    (document,) = json.loads(run("--root", tmp_path, "status", "--json").out)

    assert to_wire(evaluation.bootstrap_snapshot) == document["bootstrapSnapshot"]
    assert to_wire(evaluation.launcher_snapshot) == document["launcherSnapshot"]


def test_no_text_from_a_file_is_shown_at_any_length(tmp_path: Path) -> None:
    lay_hostile(tmp_path)

    lines = invoke("--root", tmp_path, "status").out.splitlines()

    assert max(map(len, lines)) < 4_000


@pytest.mark.parametrize("name", [b"\x1b[31mred", b"caf\xe9", b"two\nlines", b"[bold]x[bold]"])
def test_a_folders_name_is_shown_escaped_and_can_be_asked_for(tmp_path: Path, name: bytes) -> None:
    os.mkdir(os.path.join(os.fsencode(tmp_path), name))  # noqa: PTH102, PTH118 - names that are no text
    ended = run("--root", tmp_path, "status")

    assert (0, "") == (ended.status, ended.errors)
    assert_harmless(ended.out)
    line, total = ended.out.splitlines()
    assert "total    1 team: 1 unknown" == total
    assert f"{line}\n" == invoke("--root", tmp_path, "status", os.fsdecode(name)).out
    (document,) = json.loads(invoke("--root", tmp_path, "status", "--json").out)
    assert os.fsdecode(name) == document["team"]


def assert_harmless(shown: str) -> None:
    categories = {unicodedata.category(char) for char in shown if char != "\n"}
    assert set() == categories & DOING_SOMETHING

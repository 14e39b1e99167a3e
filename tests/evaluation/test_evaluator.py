"""The evaluator: from a teams root to what is true of a team, whatever stands in its folder."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import socket
import stat
import tracemalloc
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import pytest

import launchfsm
from launchfsm import (
    LaunchEvaluator,
    choose_preferred_snapshot,
    is_expired_pending,
    member_spawn_statuses,
    parse_launch_snapshot,
    to_wire,
)
from launchfsm.policies import load_policy
from launchfsm.policy.discovery import PolicyNotFoundError
from launchfsm.records.documents import BOUNDS
from launchfsm.system.folders import TeamNameError
from launchfsm.system.processes import SystemProcesses
from launchfsm.testing import FakeClock, FakeProcesses, TeamFolder
from launchfsm.testing.strategies import NOW
from tests.teams import NOW_MS, NOW_TEXT, OWNER, POLICY, folder_of, said

STATE = {
    "version": 1,
    "runId": "run-1",
    "phase": "spawning_members",
    "ownerPid": OWNER,
    "updatedAt": NOW_MS,
    "realTaskSubmissionState": "not_submitted",
    "members": [{"name": "bob", "status": "bootstrap_confirmed"}],
}
SAVED = {"version": 2, "updatedAt": NOW_TEXT, "members": {"bob": {"providerId": "codex"}}}


def evaluator_of(root: Path, *alive: int, **options: Any) -> LaunchEvaluator:
    given: dict[str, Any] = {"clock": lambda: NOW, "processes": FakeProcesses(alive=alive)}
    return LaunchEvaluator(root, **({"policy": "reference"} | given | options))


# -- What is said of a team ------------------------------------------------------------------------


def test_a_team_is_evaluated(tmp_path: Path) -> None:
    folder_of(STATE, launch=SAVED).write(tmp_path)

    found = evaluator_of(tmp_path, OWNER).evaluate("demo")

    assert found.bootstrap_snapshot is not None
    assert found.runtime_state is not None
    assert found.launcher_snapshot is not None
    assert ("demo", NOW, "reference") == (found.team, found.evaluated_at, found.policy.name)
    assert ("clean_success", "assembling", "not_submitted") == (
        found.bootstrap_snapshot.team_launch_state,
        found.runtime_state.progress.state,
        found.real_task_submission,
    )
    assert {"bob"} == set(found.launcher_snapshot.members)
    assert ("launcher", True) == (
        found.preferred_source,
        found.preferred_snapshot is found.launcher_snapshot,
    )
    assert () == found.findings


def test_of_a_team_that_is_not_there_nothing_is_said(tmp_path: Path) -> None:
    found = evaluator_of(tmp_path / "nowhere").evaluate("demo")

    assert {
        "bootstrap_snapshot": None,
        "runtime_state": None,
        "real_task_submission": None,
        "launcher_snapshot": None,
        "preferred_source": None,
        "findings": [],
    } == said(found)
    assert found.preferred_snapshot is None


@pytest.mark.parametrize(
    ("given_state", "task"),
    [("not_submitted", "not_submitted"), ("submitted", "submitted"), ("unknown", "unknown"),
     ("Submitted", None), (" unknown", None), (True, None), (None, None)],
)  # fmt: skip
def test_the_first_task_is_one_of_three_words(
    given_state: Any, task: str | None, tmp_path: Path
) -> None:
    folder_of({"version": 1, "realTaskSubmissionState": given_state}).write(tmp_path)

    assert task == evaluator_of(tmp_path).evaluate("demo").real_task_submission


def test_each_evaluation_reads_again(tmp_path: Path) -> None:
    folder = folder_of(STATE).write(tmp_path)
    evaluator = evaluator_of(tmp_path, OWNER)
    before = evaluator.evaluate("demo")
    (folder / "bootstrap-state.json").write_text(json.dumps({**STATE, "phase": "completed"}))
    after = evaluator.evaluate("demo")

    assert (None is before.runtime_state, None is after.runtime_state) == (False, True)
    assert before.bootstrap_snapshot is not None, "an evaluation is a value"


def test_the_clock_is_asked_each_time(tmp_path: Path) -> None:
    ended = {**STATE, "phase": "completed", "members": [{"name": "bob", "status": "registered"}]}
    folder_of(ended).write(tmp_path)
    clock = FakeClock(NOW)
    evaluator = evaluator_of(tmp_path, clock=clock)
    sources = []
    for _ in range(3):
        sources.append(evaluator.evaluate("demo").preferred_source)
        clock.advance(timedelta(minutes=2, seconds=30))

    assert ["bootstrap", "bootstrap", None] == sources


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
        datetime(2023, 11, 15, 0, 23, 20, 1_000, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_the_instant_of_an_evaluation_is_exact(moment: datetime, tmp_path: Path) -> None:
    found = evaluator_of(tmp_path, clock=lambda: moment).evaluate("demo")

    assert moment == found.evaluated_at
    assert UTC is found.evaluated_at.tzinfo


def test_a_naive_clock_is_a_mistake(tmp_path: Path) -> None:
    naive = datetime(2023, 11, 14)  # noqa: DTZ001 - the mistake

    with pytest.raises(ValueError, match="is naive"):
        evaluator_of(tmp_path, clock=lambda: naive).evaluate("demo")
    with pytest.raises(ValueError, match="is naive"):
        parse_launch_snapshot("demo", {}, now=naive, policy="reference")


def test_real_processes_and_the_real_clock_are_the_default(tmp_path: Path) -> None:
    alive, gone = {**STATE, "ownerPid": os.getpid()}, {**STATE, "ownerPid": 2**31 - 1}
    TeamFolder(team="alive", state=json.dumps(alive).encode()).write(tmp_path)
    TeamFolder(team="gone", state=json.dumps(gone).encode()).write(tmp_path)
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    evaluator = LaunchEvaluator(tmp_path, policy="reference")
    states = []
    for team in ("alive", "gone"):
        found = evaluator.evaluate(team)
        assert before <= found.evaluated_at <= datetime.now(UTC)
        assert found.runtime_state is not None
        states.append(found.runtime_state.progress.state)

    assert ["assembling", "failed"] == states
    assert "dead" == SystemProcesses().check(2**31 - 1).liveness


def test_teams_are_the_folders_of_the_root(tmp_path: Path) -> None:
    for team in ("b", "a", "Team One", "ünïcode"):
        (tmp_path / team).mkdir()
    (tmp_path / "file").write_bytes(b"")

    assert ("Team One", "a", "b", "ünïcode") == evaluator_of(tmp_path).teams()
    assert () == evaluator_of(tmp_path / "nowhere").teams()
    assert () == evaluator_of(tmp_path / "file").teams()


# -- Policies --------------------------------------------------------------------------------------


def test_a_policy_is_a_name_a_path_or_itself(tmp_path: Path) -> None:
    place = Path(str(launchfsm.policy.discovery.find_policy("reference")))
    copy = tmp_path / "copy"
    shutil.copytree(place, copy)

    names = [evaluator_of(tmp_path, policy=one).policy.name for one in ("reference", copy, POLICY)]
    assert ["reference"] * 3 == names
    assert load_policy("reference") is evaluator_of(tmp_path).policy


def test_an_unknown_policy_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(PolicyNotFoundError, match="defualt"):
        evaluator_of(tmp_path, policy="defualt")


def test_the_functions_over_snapshots_take_a_policy_too() -> None:
    snapshot = parse_launch_snapshot("demo", SAVED, now=NOW, policy=POLICY)
    assert snapshot is not None

    assert snapshot is choose_preferred_snapshot(None, snapshot, now=NOW, policy=POLICY)
    assert not is_expired_pending(snapshot, now=NOW, policy=POLICY)
    assert {"bob"} == set(member_spawn_statuses(snapshot, policy=POLICY))


# -- Explaining ------------------------------------------------------------------------------------


def test_an_evaluation_explains_itself(tmp_path: Path) -> None:
    folder_of(STATE, launch=SAVED).write(tmp_path)
    explanation = evaluator_of(tmp_path).evaluate("demo").explain()
    owner = explanation.of("owner")

    assert ("owner-gone",) == owner.won
    assert {"phase_kind": "active", "owner": "dead"}.items() <= owner.facts.items()
    assert owner.rule_results[-1].fired
    assert all(trial.because for trial in owner.rule_results[:-1])
    assert "bob" in {decision.subject for decision in explanation.decisions}
    assert "owner-gone" in explanation.text()
    assert json.loads(json.dumps(to_wire(explanation)))["policy"] == "reference"


def test_the_preference_shows_each_rules_part_in_both_scores(tmp_path: Path) -> None:
    folder_of(STATE, launch=SAVED).write(tmp_path)
    explanation = evaluator_of(tmp_path).evaluate("demo").explain()
    preference = explanation.of("selection")
    points = {
        side: sum(
            # The names are weighed once for all of them.
            sum(answer["points"] for answer in one.outcome)
            for one in explanation.decisions
            if one.table == "richness" and one.subject.startswith(side)
        )
        for side in ("bootstrap", "launcher")
    }

    assert {"bootstrap": 15, "launcher": 21} == points
    assert ("launcher-richer",) == preference.won
    assert "launcher" == preference.facts["richer"]
    assert points == {side: preference.facts[f"{side}_score"] for side in points}
    assert "bootstrap_score=15, launcher_score=21" in preference.text()


def test_an_explanation_says_of_which_record_each_decision_is(tmp_path: Path) -> None:
    folder_of(STATE, launch=SAVED).write(tmp_path)
    explanation = evaluator_of(tmp_path).evaluate("demo").explain()
    headings = [line for line in explanation.text().splitlines() if line.startswith("== ")]

    assert ["bootstrap-state.json", "launch-state.json", "all records together"] == [
        heading.strip("= ") for heading in headings
    ]
    first = explanation.of("standing", "bob")
    saved = explanation.of("standing", "bob", source="launch-state.json")
    assert ("bootstrap-state.json", "launch-state.json") == (first.source, saved.source)
    with pytest.raises(LookupError, match=r"of table 'owner' in launch-state\.json; there were"):
        explanation.of("owner", source="launch-state.json")


def test_an_evaluation_reads_as_its_verdict(tmp_path: Path) -> None:
    folder_of(STATE).write(tmp_path)
    evaluation = evaluator_of(tmp_path).evaluate("demo")

    assert repr(evaluation).startswith("<Evaluation of 'demo' at 20")
    assert evaluation.verdict.text in repr(evaluation)


# -- Clearing --------------------------------------------------------------------------------------


def test_clearing_removes_the_state_and_nothing_else(tmp_path: Path) -> None:
    folder = TeamFolder(state=b"{}", journal=b"", lock=b"{}", launch=b"{}").write(tmp_path)
    evaluator = evaluator_of(tmp_path)

    for _ in range(2):  # none there is fine
        evaluator.clear("demo")
        assert [".bootstrap.lock", "bootstrap-journal.jsonl", "launch-state.json"] == sorted(
            path.name for path in folder.iterdir()
        )
    assert (folder / ".bootstrap.lock" / "metadata.json").exists()


def test_clearing_nobody_is_fine(tmp_path: Path) -> None:
    evaluator_of(tmp_path / "nowhere").clear("demo")


def test_clearing_follows_no_link(tmp_path: Path) -> None:
    folder = TeamFolder(state="symlink").write(tmp_path)
    target = folder / (folder / "bootstrap-state.json").readlink()

    evaluator_of(tmp_path).clear("demo")
    assert target.exists()
    assert not (folder / "bootstrap-state.json").is_symlink()


def test_what_cannot_be_cleared_says_so(tmp_path: Path) -> None:
    TeamFolder(state="folder").write(tmp_path)

    with pytest.raises(OSError, match=r"bootstrap-state\.json"):
        evaluator_of(tmp_path).clear("demo")


# -- Names of teams --------------------------------------------------------------------------------

NO_TEAMS = ["", ".", "..", "/", "a/b", "../demo", "/etc", "demo/", "a\0b", "a" * 256, "\ud800"]


@pytest.mark.parametrize("team", NO_TEAMS, ids=lambda team: ascii(team)[:20])
@pytest.mark.parametrize("ask", ["evaluate", "clear"])
def test_a_name_that_leads_elsewhere_is_refused_before_any_file_is_touched(
    team: str, ask: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluator = evaluator_of(tmp_path)
    touched = []
    for call in ("open", "stat", "lstat", "unlink", "scandir", "listdir"):
        monkeypatch.setattr(os, call, lambda *args, **_: touched.append(args))

    with pytest.raises(TeamNameError, match="No team can be called") as caught:
        getattr(evaluator, ask)(team)
    monkeypatch.undo()

    assert isinstance(caught.value, ValueError)
    assert [] == touched


@pytest.mark.parametrize("team", [None, 5, b"demo", Path("demo")])
def test_a_name_that_is_no_text_is_a_mistake(team: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="must be text"):
        evaluator_of(tmp_path).evaluate(team)


@pytest.mark.parametrize("team", ["Team One", "ünïcode", "李雷", "-rf", "~", "*", "...", "a" * 255])
def test_any_plain_name_will_do(team: str, tmp_path: Path) -> None:
    TeamFolder(team=team, state=json.dumps(STATE).encode()).write(tmp_path)
    found = evaluator_of(tmp_path).evaluate(team).bootstrap_snapshot

    assert found is not None
    assert team == found.team_name


# -- Distrust --------------------------------------------------------------------------------------

FILES = dict(zip(("state", "journal", "lock", "launch"), BOUNDS, strict=True))


def nested(levels: int) -> bytes:
    return b'{"version": 2, "members": ' + b"[" * levels + b"]" * levels + b"}"


# what is in a file, how a finding begins that says what is wrong with it
HOSTILE: dict[str, tuple[bytes, str]] = {
    "100,000 levels deep": (nested(100_000), "Nesting deeper than 1024"),
    "100,000 brackets and no end": (b"[" * 100_000, "Nesting deeper than 1024"),
    "100,000 keys deep": (b'{"a":' * 50_000, "Nesting deeper than 1024"),
    "empty": (b"", "Expecting value at line 1, column 1"),
    "only NULs": (b"\0" * 1000, "Expecting value at line 1, column 1"),
    "a NUL at the end": (b'{"version": 1}\0', "Extra data at line 1, column 15"),
    "UTF-16": ('{"version": 1}'.encode("utf-16"), "it is UTF-16"),
    "UTF-16 without a mark": ('{"version": 1}'.encode("utf-16-le"), "it is UTF-16"),
    "a byte-order mark": (b'\xef\xbb\xbf{"version": 1}', "it begins with a byte-order mark"),
    "no UTF-8": (b"\xff" * 1000, "Expecting value at line 1, column 1"),
    "cut off": (b'{"version": 1, "phase": "creat', "Unterminated string"),
    "two documents": (b'{"version": 1}{"version": 1}', "Extra data at line 1, column 15"),
    "not a number": (b'{"version": NaN}', "Expecting value at line 1"),
    "a negative infinity": (b'{"version": -Infinity}', "Expecting value at line 1"),
    "a line end in a text": (b'{"version": "\n"}', "Invalid control character"),
    "null": (b"null", "it says null"),
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("file", ["state", "lock", "launch"])
def test_what_is_no_document_is_found(file: str, what: str, tmp_path: Path) -> None:
    data, got = HOSTILE[what]
    TeamFolder(**{file: data}).write(tmp_path)  # type: ignore[arg-type]  # one of the files
    found = evaluator_of(tmp_path).evaluate("demo")

    (finding,) = found.findings
    assert (FILES[file], "$") == (finding.file, finding.path)
    too_long = len(data) > BOUNDS[FILES[file]]
    assert finding.got.startswith(f"it holds {len(data)} bytes" if too_long else got)
    assert found.explain().text()
    assert [None, None, None] == [
        found.bootstrap_snapshot,
        found.launcher_snapshot,
        found.real_task_submission,
    ]


@pytest.mark.parametrize("what", HOSTILE)
def test_a_line_that_is_no_record_is_found(what: str, tmp_path: Path) -> None:
    data, got = HOSTILE[what]
    journal = b'{"type": "lock", "action": "acquired"}\n' + data.replace(b"\n", b"\r") + b"\n"
    folder = TeamFolder(state=json.dumps(STATE).encode(), journal=journal)
    folder.write(tmp_path)
    found = evaluator_of(tmp_path, OWNER).evaluate("demo")
    assert found.runtime_state is not None

    assert ("Recent deterministic bootstrap events: bootstrap lock acquired",) == (
        found.runtime_state.progress.warnings
    )
    told = [finding for finding in found.findings if finding.path.startswith("line 2: $")]
    readable = what in ("empty", "a byte-order mark", "null")
    if what not in {"UTF-16", "UTF-16 without a mark"}:  # one line of it says nothing of the file
        assert readable or told[0].got.startswith(got.partition(" at line")[0])


# a document that parses, what a finding says of it, and where
STRANGE: dict[str, tuple[str, bytes, str]] = {
    "a number of 5,000 digits": (
        "$.ownerPid",
        b'{"version": 1, "phase": "x", "ownerPid": ' + b"9" * 5_000 + b"}",
        "",
    ),
    "a date past any calendar": (
        "$.updatedAt",
        b'{"version": 1, "phase": "x", "updatedAt": 1e300}',
        "a text, or a number of ms above 0 that has a date",
    ),
    "a date of 5,000 digits": (
        "$.updatedAt",
        b'{"version": 1, "updatedAt": ' + b"9" * 5_000 + b"}",
        "a text, or a number of ms above 0 that has a date",
    ),
    "a phase that is a list": ("$.phase", b'{"version": 1, "phase": ["x"]}', "a text"),
    "100,000 members that are none": (
        "$.members[80000]",
        b'{"version": 1, "members": [' + b"0," * 100_000 + b"0]}",
        "an object",
    ),
}


@pytest.mark.parametrize("what", STRANGE)
def test_a_strange_document_is_found_where_it_is_strange(what: str, tmp_path: Path) -> None:
    path, data, expected = STRANGE[what]
    TeamFolder(state=data).write(tmp_path)
    found = evaluator_of(tmp_path).evaluate("demo")

    if expected:
        assert expected in {one.expected for one in found.findings if one.path == path}
    assert json.dumps(said(found))
    assert found.explain().text()


def test_texts_that_no_terminal_likes_are_carried_as_they_are(tmp_path: Path) -> None:
    state = {**STATE, "runId": "\ud800\0\x1b[31m", "teamName": "\u202edemo"}
    folder_of(state, launch={**SAVED, "teamName": "\ud800", "updatedAt": "\0"}).write(tmp_path)
    found = evaluator_of(tmp_path, OWNER).evaluate("demo")

    assert found.runtime_state is not None
    assert found.launcher_snapshot is not None
    assert ("\ud800\0\x1b[31m", "\u202edemo") == (
        found.runtime_state.run_id,
        found.runtime_state.team_name,
    )
    assert ("\ud800", "\0") == (
        found.launcher_snapshot.team_name,
        found.launcher_snapshot.updated_at,
    )


def test_nesting_inside_the_bound_and_long_lists_are_read(tmp_path: Path) -> None:
    long_list = b'{"version": 1, "members": [' + b"{}," * 80_000 + b"{}]}"
    TeamFolder(launch=nested(1_000), state=long_list).write(tmp_path)
    found = evaluator_of(tmp_path).evaluate("demo")

    assert found.launcher_snapshot is not None
    assert found.bootstrap_snapshot is not None
    assert {"$.members[80000].name"} < {finding.path for finding in found.findings}


def stand_in(kind: str, path: Path) -> None:
    """Put something at the place of a file that is none."""
    match kind:
        case "symlink":
            (path.parent / "target").write_text(json.dumps(STATE))
            path.symlink_to("target")
        case "dangling link":
            path.symlink_to("nobody")
        case "link to itself":
            path.symlink_to(path.name)
        case "link to an endless device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "FIFO":
            os.mkfifo(path)
        case "socket":
            os.mknod(path, stat.S_IFSOCK | 0o600)
        case "device":
            os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))
        case _:
            with path.open("wb") as file:
                file.truncate(2**40)  # a hole: nothing is written


# what stands there, how a finding says it
KINDS = {
    "symlink": "it is a symbolic link",
    "dangling link": "it is a symbolic link",
    "link to itself": "it is a symbolic link",
    "link to an endless device": "it is a symbolic link",
    "folder": "it is a folder",
    "FIFO": "it is a FIFO",
    "socket": "it is a socket",
    "device": "it is a character device",
    "a file of a terabyte": "it holds 1099511627776 bytes",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file", FILES)
def test_what_is_no_file_is_found_and_not_waited_for(kind: str, file: str, tmp_path: Path) -> None:
    path = tmp_path / "demo" / FILES[file]
    path.parent.mkdir(parents=True)
    try:
        stand_in(kind, path)
    except OSError as error:
        pytest.skip(f"only who may can make a {kind}: {error}")
    found = evaluator_of(tmp_path).evaluate("demo")

    (finding,) = found.findings
    assert (FILES[file], "$") == (finding.file, finding.path)
    assert finding.got.startswith(KINDS[kind])
    assert [None] * 3 == [found.bootstrap_snapshot, found.launcher_snapshot, found.runtime_state]


@pytest.mark.parametrize("file", FILES)
def test_a_bound_is_what_is_held_in_memory(file: str, tmp_path: Path) -> None:
    path = tmp_path / "demo" / FILES[file]
    path.parent.mkdir(parents=True)
    stand_in("a file of a terabyte", path)
    evaluator = evaluator_of(tmp_path)
    evaluator.evaluate("demo")
    tracemalloc.start()
    try:
        evaluator.evaluate("demo")
        assert 2**20 > tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_team_that_is_a_file_has_no_files_to_read(tmp_path: Path) -> None:
    (tmp_path / "demo").write_bytes(b"")
    found = evaluator_of(tmp_path).evaluate("demo")

    assert set(FILES.values()) == {finding.file for finding in found.findings}
    assert {"the team's folder is a link, or no folder at all"} == {
        finding.got for finding in found.findings
    }


def test_a_team_that_is_a_link_to_itself_has_none_either(tmp_path: Path) -> None:
    (tmp_path / "demo").symlink_to("demo")
    found = evaluator_of(tmp_path).evaluate("demo")

    assert set(FILES.values()) == {finding.file for finding in found.findings}


def test_a_lock_folder_that_is_a_file_is_found(tmp_path: Path) -> None:
    folder = TeamFolder(state=b"{").write(tmp_path)
    (folder / ".bootstrap.lock").write_bytes(b"")
    found = evaluator_of(tmp_path).evaluate("demo")

    assert {"bootstrap-state.json", ".bootstrap.lock/metadata.json"} == {
        finding.file for finding in found.findings
    }


def test_everything_hostile_at_once(tmp_path: Path) -> None:
    state, journal = nested(100_000), b"[" * 200_000
    TeamFolder(state=state, journal=journal, lock="fifo", launch="oversized").write(tmp_path)
    found = evaluator_of(tmp_path).evaluate("demo")

    assert set(FILES.values()) == {finding.file for finding in found.findings}
    assert found.preferred_source is None
    assert found.explain().text()


def test_a_socket_that_listens_is_not_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo").mkdir()
    monkeypatch.chdir(tmp_path / "demo")  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("launch-state.json")
        listener.listen()
        found = evaluator_of(tmp_path).evaluate("demo")

        assert ["it is a socket"] == [finding.got for finding in found.findings]
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()


# -- The public names ------------------------------------------------------------------------------


def test_every_public_name_is_there_and_no_other() -> None:
    assert sorted(launchfsm.__all__) == dir(launchfsm)
    for name in launchfsm.__all__:
        assert getattr(launchfsm, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'LaunchEvalutor'"):
        _ = launchfsm.LaunchEvalutor


# -- Many teams, many threads ----------------------------------------------------------------------


def test_of_teams_that_were_left_no_text_stays(tmp_path: Path) -> None:
    def lay(team: int) -> str:
        text = f"{team} " * 10_000
        member = {"name": "bob", "status": "failed", "failureReason": text}
        saved = {"launchState": "failed_to_start", "hardFailureReason": text, "diagnostics": [text]}
        folder = folder_of(
            {"version": 1, "phase": "failed", "members": [member], "terminal": {"reason": text}},
            launch={"version": 2, "members": {"bob": saved}, "expectedMembers": ["bob"]},
        )
        attrs.evolve(folder, team=f"team{team}").write(tmp_path)
        return f"team{team}"

    evaluator = LaunchEvaluator(tmp_path, clock=FakeClock(NOW), processes=FakeProcesses())
    assert evaluator.evaluate(lay(0)).to_dict()["cause"]
    names = [lay(team) for team in range(1, 21)]
    tracemalloc.start()
    try:
        for name in names:
            evaluator.evaluate(name).to_dict()
        assert tracemalloc.get_traced_memory()[0] < 100_000  # of a million bytes of texts
    finally:
        tracemalloc.stop()


def test_one_evaluator_serves_eight_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launchfsm.engine.engine._LARGEST_CACHE", 20_000)  # room is made often
    names = []
    for number in range(24):
        member = {"name": "bob", "status": "failed", "failureReason": f"exit {number}"}
        state = STATE | {"members": [member], "phase": ["completed", "failed"][number % 2]}
        folder = folder_of(state, launch=SAVED)
        attrs.evolve(folder, team=f"team{number}").write(tmp_path)
        names.append(f"team{number}")
    evaluator = LaunchEvaluator(tmp_path, clock=FakeClock(NOW), processes=FakeProcesses())
    expected = [evaluator.evaluate(name).to_dict() for name in names]

    def work(_: int) -> list[dict[str, Any]]:
        return [evaluator.evaluate(name).to_dict() for name in names]

    with ThreadPoolExecutor(8) as threads:
        for found in threads.map(work, range(8)):
            assert expected == found


# -- In other processes ----------------------------------------------------------------------------


def test_an_evaluator_and_its_evaluations_pass_through_a_pool_when_they_were_used(
    tmp_path: Path,
) -> None:
    folder_of({"version": 1, "phase": "failed"}).write(tmp_path)
    evaluator = LaunchEvaluator(tmp_path, clock=FakeClock(NOW), processes=FakeProcesses())
    here = evaluator.evaluate("demo")
    assert here.verdict.text

    assert len(pickle.dumps(evaluator)) < 2_000
    with ProcessPoolExecutor(1) as pool:
        there = pool.submit(evaluator.evaluate, "demo").result()

    assert (here.verdict, here.findings) == (there.verdict, there.findings)
    assert here.explain().text() == there.explain().text()


# -- What is looked at -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "read"),
    [
        ("reference", ["bootstrap-state.json", "bootstrap-journal.jsonl", "launch-state.json"]),
        ("default", ["bootstrap-state.json", "bootstrap-journal.jsonl"]),
    ],
)
def test_a_settled_team_pays_for_its_own_files_alone(
    tmp_path: Path, policy: str, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    member = {"name": "bob", "status": "bootstrap_confirmed"}
    folder_of({"version": 1, "phase": "completed", "members": [member]}).write(tmp_path)
    evaluator = LaunchEvaluator(tmp_path, policy=policy, clock=FakeClock(NOW))
    opened: list[str] = []
    opening = os.open

    def counted(path: Any, *args: Any, **more: Any) -> int:
        opened.append(Path(path).name)
        return opening(path, *args, **more)

    monkeypatch.setattr(os, "open", counted)

    assert evaluator.evaluate("demo").verdict.severity == "ok"
    assert opened == ["demo", *read]


# -- From bytes ------------------------------------------------------------------------------------


def test_of_files_in_memory_pids_are_unknown_unless_somebody_answers_for_them(
    tmp_path: Path,
) -> None:
    state = {"version": 1, "phase": "spawning_members", "ownerPid": os.getpid(), "updatedAt": 1}
    files = {"bootstrap-state.json": json.dumps(state).encode()}

    def owner(evaluator: LaunchEvaluator) -> set[object]:
        decisions = evaluator.evaluate_files("demo", files).explain().decisions
        return {decision.facts["owner"] for decision in decisions if decision.table == "owner"}

    assert owner(LaunchEvaluator(tmp_path)) == {"unknown"}
    assert owner(LaunchEvaluator(tmp_path, processes=SystemProcesses())) == {"alive"}
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", BOUNDS)
def test_a_file_in_memory_has_the_bound_that_it_has_on_disk(tmp_path: Path, name: str) -> None:
    large = b" " * (BOUNDS[name] + 1)
    path = tmp_path / "demo" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(large)
    evaluator = LaunchEvaluator(tmp_path, clock=FakeClock(NOW))

    findings = evaluator.evaluate_files("demo", {name: large}).findings

    assert "bytes, over the bound of" in findings[0].got
    assert findings == evaluator.evaluate("demo").findings


def test_files_in_memory_must_be_bytes_of_a_team_that_can_be(tmp_path: Path) -> None:
    evaluator = LaunchEvaluator(tmp_path)
    text: Any = {"bootstrap-state.json": "{}"}

    with pytest.raises(TypeError, match="must be bytes, not str"):
        evaluator.evaluate_files("demo", text)
    with pytest.raises(ValueError, match="not 'demo/bootstrap-state"):
        evaluator.evaluate_files("demo", {"demo/bootstrap-state.json": b"{}"})
    for begin in ("./", "/", "./demo/"):  # as `tar` writes them; they were read as of no file
        with pytest.raises(ValueError, match=r"folder: 'bootstrap-state\.json', not"):
            evaluator.evaluate_files("demo", {"./": b"", f"{begin}bootstrap-state.json": b"{}"})
    with pytest.raises(TeamNameError):
        evaluator.evaluate_files("../demo", {})


# -- A journal over its bound ----------------------------------------------------------------------


def test_of_a_journal_over_its_bound_the_end_is_read_and_it_is_a_finding(tmp_path: Path) -> None:
    line = b'{"ts": 1, "type": "phase", "runId": "r", "phase": "spawning_members"}\n'
    last = b'{"ts": 2, "type": "member", "runId": "r", "name": "ann", "action": "registered"}\n'
    state = {"version": 1, "runId": "r", "phase": "spawning_members", "ownerPid": OWNER}
    folder = TeamFolder(state=json.dumps(state).encode(), journal=line * 5_000 + last)
    folder.write(tmp_path)

    found = evaluator_of(tmp_path, OWNER, policy="default").evaluate("demo")
    (finding,) = found.findings
    assert ("bootstrap-journal.jsonl", "$") == (finding.file, finding.path)
    assert "over the bound of 262144" in finding.got
    assert found.runtime_state is not None
    assert "ann: registered" in "".join(found.runtime_state.progress.warnings or ())

    measured = evaluator_of(tmp_path, OWNER, policy="reference").evaluate("demo").runtime_state
    assert measured is not None
    assert "oversized" in "".join(measured.progress.warnings or ())


def test_a_run_is_not_missed_in_a_journal_of_which_only_the_end_was_read(tmp_path: Path) -> None:
    begun = b'{"ts": 1, "type": "phase", "runId": "begun", "phase": "spawning_members"}\n'
    other = b'{"ts": 2, "type": "terminal", "runId": "other", "status": "completed"}\n'
    freshness = {"version": 1, "teamName": "demo", "kind": "launch", "runId": "begun"}
    evaluator = LaunchEvaluator(tmp_path, processes=FakeProcesses())
    texts = []
    for journal in (other, begun + other * 5_000):
        files = {
            "bootstrap-journal.jsonl": journal,
            "launch-freshness.json": json.dumps(freshness).encode(),
        }
        texts.append(evaluator.evaluate_files("demo", files).verdict.text)

    assert "run begun was begun and has recorded nothing yet" == texts[0]
    assert "recorded nothing" not in texts[1]

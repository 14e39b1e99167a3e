"""An audit of real folders: what our launcher writes is clean, and nothing on a disk stops it."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm import LaunchEvaluator, to_wire
from launchfsm.audit import Audit, audit_evidence, audit_team
from launchfsm.audit.audit import lock_holder
from launchfsm.ecma.dates import from_datetime
from launchfsm.evaluation.evidence import build_evidence
from launchfsm.launcher import BootstrapRun, EventRefusedError
from launchfsm.records.documents import JOURNAL_FILE, STATE_FILE
from launchfsm.system.files import FileSystem
from launchfsm.system.folders import TeamNameError
from launchfsm.testing import FakeClock, FakeProcesses
from launchfsm.testing.folders import TeamFolder
from launchfsm.testing.strategies import (
    NOW,
    document_bytes,
    hostile_bytes,
    launch_documents,
    team_folders,
)
from tests.audit.teams import (
    audit,
    codes,
    entry,
    finished,
    finished_state,
    journal,
    metadata,
    phases,
    saved,
    state,
)

SAMPLES = Path(__file__).parents[2] / "examples" / "teams"
MEMBERS = ("ada", "bob")
BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

# What a launcher may report; what the run refuses does not happen.
REPORTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    *[
        ("enter", (phase,))
        for phase in (
            "loading_existing_state",
            "acquiring_bootstrap_lock",
            "creating_team",
            "spawning_members",
            "auditing_truth",
        )
    ]
    * 2,
    *[
        (report, (name, *rest))
        for name in MEMBERS
        for report, *rest in (
            ("accept_spawn",),
            ("registered",),
            ("runtime_reported",),
            ("confirm",),
            ("fail", "exit 1"),
            ("retry",),
        )
    ],
    ("submit_first_task", ()),
)
WAY = (
    "loading_existing_state",
    "acquiring_bootstrap_lock",
    "creating_team",
    "spawning_members",
)


class Quick(FileSystem):
    """The real one, that does not wait for the disk."""

    def fsync(self, descriptor: int) -> None:
        """Return at once."""


def run_of(root: Path, clock: FakeClock, **arguments: Any) -> BootstrapRun:
    return BootstrapRun(root, "demo", members=MEMBERS, clock=clock, filesystem=Quick(), **arguments)


def audited(root: Path, clock: FakeClock) -> Audit:
    return audit_team(LaunchEvaluator(root, clock=clock), "demo")


def walk(run: BootstrapRun, reports: list[tuple[str, tuple[str, ...]]]) -> None:
    for report, arguments in reports:
        try:
            getattr(run, report)(*arguments)
        except EventRefusedError:
            continue


# -- What our own launcher writes ------------------------------------------------------------------


@given(st.lists(st.sampled_from(REPORTS), max_size=25), st.booleans())
def test_whatever_a_run_went_through_its_records_are_clean(
    reports: list[tuple[str, tuple[str, ...]]],
    attach: bool,  # noqa: FBT001 - hypothesis passes it by name
) -> None:
    """From spawning on, as it reports members at any time and a tidy launcher does not."""
    with TemporaryDirectory() as folder:
        root, clock = Path(folder), FakeClock(BEGAN)
        (root / "demo").mkdir()
        with run_of(root, clock, attach=attach) as run:
            walk(run, [("enter", (phase,)) for phase in WAY])
            for report in reports:
                clock.advance(timedelta(seconds=7))
                walk(run, [report])
                assert () == audited(root, clock).findings
        clock.advance(timedelta(hours=1))

        assert () == audited(root, clock).findings


def test_several_runs_in_one_journal_are_clean(tmp_path: Path) -> None:
    clock = FakeClock(BEGAN)
    for _ in range(3):
        with run_of(tmp_path, clock) as run:
            walk(run, [("enter", (phase,)) for phase in WAY])
        clock.advance(timedelta(hours=1))

    found = audited(tmp_path, clock)

    assert ["other-run", "other-run"] == codes(found)
    assert (3, "info") == (found.runs, found.severity)


def test_a_rotated_journal_of_a_long_run_is_clean(tmp_path: Path) -> None:
    clock = FakeClock(BEGAN)
    with run_of(tmp_path, clock) as run:
        walk(run, [("enter", (phase,)) for phase in WAY])
        for _ in range(120):
            walk(run, [("fail", ("ada", "long " * 400)), ("retry", ("ada",))])

        assert ["head-missing"] == codes(audited(tmp_path, clock))


@pytest.mark.parametrize(
    ("report", "arguments"),
    [("enter", ("auditing_truth",)), ("accept_spawn", ("ada",)), ("finish", ("failed",))],
)
def test_a_crash_between_the_two_writes_is_a_warning_once_it_is_one(
    tmp_path: Path, report: str, arguments: tuple[str, ...]
) -> None:
    clock = FakeClock(BEGAN)
    with run_of(tmp_path, clock) as run:
        walk(run, [("enter", (phase,)) for phase in WAY])
        state = (tmp_path / "demo" / STATE_FILE).read_bytes()
        clock.advance(timedelta(seconds=4))
        walk(run, [(report, arguments)])
        (tmp_path / "demo" / STATE_FILE).write_bytes(state)

        assert ["between-writes"] == codes(audited(tmp_path, clock))
        clock.advance(timedelta(minutes=1))
        assert ["one-event-apart"] == codes(audited(tmp_path, clock))


def test_a_run_that_began_and_has_no_state_yet_is_not_held_against_the_one_before(
    tmp_path: Path,
) -> None:
    clock = FakeClock(BEGAN)
    with run_of(tmp_path, clock):
        clock.advance(timedelta(minutes=5))
    state = (tmp_path / "demo" / STATE_FILE).read_bytes()
    clock.advance(timedelta(hours=1))
    with run_of(tmp_path, clock):
        (tmp_path / "demo" / STATE_FILE).write_bytes(state)

        assert {"between-writes"} == set(codes(audited(tmp_path, clock)))


def test_a_false_record_among_true_ones_is_found_at_its_line(tmp_path: Path) -> None:
    clock = FakeClock(BEGAN)
    with run_of(tmp_path, clock) as run:
        walk(run, [("enter", (phase,)) for phase in WAY])
        with (tmp_path / "demo" / JOURNAL_FILE).open("a") as journal:
            journal.write(
                f'{{"ts": {from_datetime(BEGAN)}, "runId": "{run.run_id}", "type": "member",'
                ' "name": "ada", "action": "resting"}\n'
            )
        walk(run, [("accept_spawn", ("bob",))])

        found = audited(tmp_path, clock)

    assert [("unknown-word", 7)] == [
        (finding.code, finding.line) for finding in found.findings if finding.line
    ]


# -- The samples -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("team", "expected"),
    [
        ("finished", []),
        ("member-failed", []),
        ("never-confirmed", []),
        ("not-launched", []),
        ("one-skipped", []),
        ("starting", []),
        ("two-snapshots", []),
        ("owner-gone", ["lock-stale"]),
        ("torn-journal", ["torn-line"]),
        ("state-unreadable", ["unreadable-file", "repeated-step"]),
    ],
)
def test_what_is_found_of_the_samples(team: str, expected: list[str]) -> None:
    evaluator = LaunchEvaluator(SAMPLES, processes=FakeProcesses(alive={1}))

    assert expected == codes(audit_team(evaluator, team))


# -- Whatever stands in a folder -------------------------------------------------------------------


def audit_folder(folder: TeamFolder) -> Audit:
    processes = FakeProcesses(alive={4242}, unknown={777})
    evidence = build_evidence(
        folder.files(), folder.team, now=from_datetime(NOW), processes=processes
    )
    return audit_evidence(evidence, holder=lock_holder(evidence.lock_document, processes))


@given(team_folders(damaged=True))
def test_whatever_stands_in_a_folder_is_audited(folder: TeamFolder) -> None:
    found = audit_folder(folder)

    assert found == audit_folder(folder)
    assert 1 + len(found.findings) + len(found.left_out) == len(found.text().splitlines())
    assert isinstance(to_wire(found), dict)


@given(team_folders())
def test_whatever_writers_write_is_no_damage(folder: TeamFolder) -> None:
    damage = {"unreadable-file", "unreadable-line", "torn-line", "incomplete-record", "wrong-type"}

    assert not damage & set(codes(audit_folder(folder)))


@given(
    hostile_bytes(),
    hostile_bytes(),
    hostile_bytes(),
    hostile_bytes() | document_bytes(launch_documents(damaged=True)),
)
def test_any_bytes_are_audited(state: bytes, journal: bytes, lock: bytes, launch: bytes) -> None:
    found = audit(state=state, journal=journal, lock=lock, launch=launch)

    assert found.text().isprintable() or "\n" in found.text()
    assert {True} == {line.isprintable() for line in found.text().split("\n")}


@pytest.mark.parametrize("stand_in", ["symlink", "folder", "fifo", "oversized"])
def test_what_stands_in_a_files_place_is_told(stand_in: Any) -> None:
    found = audit(state=stand_in, journal=stand_in, lock=stand_in, launch=stand_in)

    assert ["unreadable-file"] * 4 == codes(found)
    assert [
        "bootstrap-journal.jsonl",
        "bootstrap-state.json",
        ".bootstrap.lock/metadata.json",
        "launch-state.json",
    ] == [finding.file for finding in found.findings]


BOUND = 262_144
HOSTILE = (
    b"\n" * BOUND,
    b"1\n" * (BOUND // 2),
    b"{\n" * (BOUND // 2),
    b"{}\n" * (BOUND // 3),
    b'{"a":' * (BOUND // 5),
    (b'{"a":' * 1_100 + b"\n") * 47,
    b" " * BOUND,
    b'{"' + b"\\" * (BOUND - 2),
    b'{"type":"phase","phase":"a","runId":"b"}\n' * 6_000,
    b"".join(b'{"type":"phase","phase":"failed","runId":"%d"}\n' % run for run in range(5_000)),
    b"".join(b'{"type":"phase","phase":"failed","runId":"%d"}\n' % (n % 2) for n in range(5_000)),
    b"".join(
        b'{"type":"member","name":"%d","action":"failed","runId":"a"}\n{\n' % (n % 50)
        for n in range(4_000)
    ),
)


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_a_journal_made_to_be_slow_is_audited_and_told_in_few_lines(data: bytes) -> None:
    found = audit(journal=data, state=finished_state())

    assert "unreadable-file" not in codes(found)
    assert len(found.findings) < 500
    assert len(found.text()) < 100_000


def test_a_journal_over_its_bound_is_read_from_its_end(tmp_path: Path) -> None:
    long = phases("spawning_members", "run-0")
    seen = {"type": "member", "runId": "run-0", "name": "ada", "action": "registered"}
    early = journal([*long, *[seen] * 4_000], began=from_datetime(BEGAN) - 9_000_000)
    TeamFolder(journal=early + journal(finished())).write(tmp_path)
    assert len(early) > BOUND

    found = audit_team(LaunchEvaluator(tmp_path, clock=lambda: BEGAN + timedelta(hours=1)), "demo")

    assert ["journal-cut", "head-missing", "state-missing"] == codes(found)
    assert 2 == found.runs


def test_a_pack_of_copies_is_read_under_its_own_names(tmp_path: Path) -> None:
    folder = tmp_path / "2026-03-02T09-30-00-000Z-run-1"
    folder.mkdir()
    files = {
        "manifest.json": {"version": 1, "teamName": "demo", "runId": "run-1"},
        "bootstrap-state.json": finished_state(teamName="demo"),
        "bootstrap-lock-metadata.json": metadata(),
    }
    for name, document in files.items():
        (folder / name).write_text(json.dumps(document))
    (folder / "bootstrap-journal.tail.jsonl").write_bytes(journal(finished()))

    found = audit_team(LaunchEvaluator(tmp_path, processes=FakeProcesses()), folder.name)

    assert ["lock-released"] == codes(found)  # nothing is missing, and no pid is asked after
    assert 1 == found.runs


def test_a_key_as_long_as_its_file_is_told_in_few_words() -> None:
    launch = {**saved(("ada", "starting")), "members": {"x" * 100_000: dict.fromkeys(MEMBERS)}}
    launch["members"]["x" * 100_000] |= {"laneKind": 7, "launchState": 8}

    found = audit(launch=launch)

    assert {"wrong-type"} == set(codes(found))
    assert len(found.text()) < 2_000


# -- The function itself ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\0b"])
def test_a_name_that_is_no_folders_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TeamNameError):
        audit_team(LaunchEvaluator(tmp_path), name)


def test_a_team_that_is_not_there_has_nothing_to_find(tmp_path: Path) -> None:
    assert () == audit_team(LaunchEvaluator(tmp_path), "nobody").findings


def test_an_audit_says_of_whom_and_when(tmp_path: Path) -> None:
    found = audit_team(LaunchEvaluator(tmp_path, clock=lambda: BEGAN), "demo")

    assert ("demo", "2026-03-02T09:00:00.000Z") == (found.team, found.audited_at)


def test_an_audit_changes_nothing(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path, dirs_exist_ok=True)
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}

    for team in LaunchEvaluator(tmp_path).teams():
        audit_team(LaunchEvaluator(tmp_path), team)

    assert before == {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}


HOPEFUL = """
policy = "hopeful"
extends = "reference"

[[tables.member_state.rule]]
id = "spawned"
override = true
then = { launch_state = "confirmed_alive" }
"""


@pytest.mark.parametrize(
    ("policy", "expected"), [("reference", []), (HOPEFUL, ["snapshot-not-journaled"])]
)
def test_the_evaluators_policy_reads_the_launchers_snapshot(
    tmp_path: Path, policy: str, expected: list[str]
) -> None:
    if policy == HOPEFUL:
        (tmp_path / "hopeful.toml").write_text(HOPEFUL)
        policy = str(tmp_path / "hopeful.toml")
    launch = {**saved(("ada", "")), "members": {"ada": {"agentToolAccepted": True}}}
    TeamFolder(
        journal=journal(phases("spawning_members")),
        state=json.dumps(state("spawning_members", entry("ada", "pending"))).encode(),
        launch=json.dumps(launch).encode(),
    ).write(tmp_path / "teams")
    evaluator = LaunchEvaluator(tmp_path / "teams", policy=policy, processes=FakeProcesses())

    assert expected == codes(audit_team(evaluator, "demo"))

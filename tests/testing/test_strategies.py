"""The strategies give what they say: well-formed, damaged, legal, illegal, and fit to be pasted."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER, PHASE_EVENTS, Refusal
from launchfsm.records import results
from launchfsm.records.documents import Document
from launchfsm.records.results import launch_findings
from launchfsm.testing import hypothesis_plugin, strategies
from launchfsm.testing.strategies import (
    ExampleJournal,
    bootstrap_candidates,
    bootstrap_states,
    broken_journal_runs,
    document_bytes,
    failure_reasons,
    hostile_bytes,
    journal_records,
    journal_runs,
    journals,
    launch_documents,
    launch_identities,
    launch_members,
    launch_snapshots,
    launched_members,
    legacy_documents,
    lock_records,
    member_records,
    odd_values,
    runtime_states,
    team_folders,
)

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.records.results import LaunchSnapshot, MemberLaunch, RuntimeState

DOCUMENTS = {
    "bootstrap_states": bootstrap_states,
    "member_records": member_records,
    "lock_records": lock_records,
    "journal_records": journal_records,
    "launch_documents": launch_documents,
    "legacy_documents": legacy_documents,
    "launch_members": launch_members,
    "launch_identities": launch_identities,
    "bootstrap_candidates": bootstrap_candidates,
}


def test_everything_public_is_listed_in_order() -> None:
    names = strategies.__all__

    assert sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name)) == names
    assert all(getattr(strategies, name).__doc__ for name in names if name != "NOW")


# -- Documents -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("damaged", [False, True])
def test_a_document_is_json(*, name: str, damaged: bool) -> None:
    @given(document=DOCUMENTS[name](damaged=damaged))
    @settings(max_examples=10)
    def check(document: Any) -> None:
        assert document == json.loads(json.dumps(document))
        assert document == eval(repr(document))  # noqa: S307 - what a failing test prints

    check()


@given(data=st.data())
def test_bytes_of_a_document_say_the_same_in_any_style(data: st.DataObject) -> None:
    document = data.draw(launch_documents(damaged=True))
    written = data.draw(document_bytes(st.just(document)))

    assert document == json.loads(written)


@given(value=odd_values())
def test_an_odd_value_is_a_value_of_its_own(value: Any) -> None:
    before = repr(value)
    if isinstance(value, list):
        value.append("spoilt")
    elif isinstance(value, dict):
        value["spoilt"] = 1

    assert before in map(repr, WELL_KNOWN_ODD)


WELL_KNOWN_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, -0.0, 2**53 + 1, 10**30, 1e300, 5e-324, 8.64e15, 8.64e15 + 2),
    *("", " ", "x", "\ufeff", "\x85", "\ud800", "\0"),
    *([], [1], ["x", 1, " ", "x", None], {}, {"a": 1}, {"toString": None}),
)


@given(document=launch_documents() | legacy_documents())
def test_of_a_document_that_is_not_damaged_nothing_is_found(document: Any) -> None:
    assert [] == list(launch_findings(Document(document)))


@given(document=legacy_documents())
def test_a_marker_marks_members_that_it_expects_each_in_one_way(document: Any) -> None:
    missing, confirmed = document["missingMembers"], document["confirmedMembers"]

    assert set(document["expectedMembers"]) >= {*missing, *confirmed}
    assert missing
    assert not {*missing} & {*confirmed}


# -- That every kind comes up ----------------------------------------------------------------------


def names_of(state: dict[str, Any]) -> list[Any]:
    members = state.get("members")
    listed = members if isinstance(members, list) else []
    return [member.get("name") for member in listed if isinstance(member, dict)]


def phases_of(run: ExampleJournal) -> set[Any]:
    return {record.get("phase") for record in run.records[: run.illegal]}


def ended(run: ExampleJournal) -> bool:
    """Whether its end is told by a phase, before what is illegal."""
    return bool({"completed", "failed", "canceled"} & phases_of(run))


Condition = Callable[[Any], bool]

DAMAGED: dict[str, tuple[Any, Condition]] = {
    "a field of another type": (
        bootstrap_states(damaged=True),
        lambda one: not isinstance(one.get("phase"), str),
    ),
    "a state without a version": (
        bootstrap_states(damaged=True),
        lambda one: "version" not in one,
    ),
    "a repeated name": (
        bootstrap_states(damaged=True),
        lambda one: len(names_of(one)) > len(set(map(repr, names_of(one)))),
    ),
    "a name of nobody": (
        member_records(damaged=True),
        lambda one: str(one.get("name")).lower() == "team-lead",
    ),
    "a name in white space": (
        member_records(damaged=True),
        lambda one: str(one.get("name")).startswith(("\u00a0", "\ufeff", " ")),
    ),
    "a number without a date": (
        member_records(damaged=True),
        lambda one: one.get("lastObservedAt") == 8.64e15 + 2,
    ),
    "a legacy marker": (
        launch_documents(damaged=True),
        lambda one: isinstance(one, dict) and one.get("state") == "partial_launch_failure",
    ),
    "no document at all": (
        launch_documents(damaged=True),
        lambda one: not isinstance(one, dict),
    ),
    "a reason cut off": (
        failure_reasons(),
        lambda one: '"routing"' in one and not one.endswith("}"),
    ),
    "a stand-in": (team_folders(damaged=True), lambda one: isinstance(one.state, str)),
    "no file": (team_folders(damaged=True), lambda one: one.state is None),
    "a torn journal": (
        journals(damaged=True),
        lambda one: bool(one) and not one.endswith(b"\n"),
    ),
    "a byte-order mark": (hostile_bytes(), lambda one: one.startswith(b"\xef\xbb\xbf")),
    "deep nesting": (hostile_bytes(), lambda one: one.count(b"[") > 1_024),
    "a document cut off": (
        hostile_bytes(bootstrap_states()),
        lambda one: one.startswith(b'{"version": 1, "runId": "') and b"}" not in one,
    ),
    "a dead owner": (
        launch_snapshots(),
        lambda one: any("is gone" in str(m.hard_failure_reason) for m in one.members.values()),
    ),
    "a lock that speaks for a state": (
        runtime_states(damaged=True),
        lambda one: one.progress.message_severity == "warning",
    ),
    "a run that completed": (journal_runs(), lambda one: "completed" in phases_of(one)),
    "a run that attached to a team": (
        journal_runs(),
        lambda one: "spawning_members" in phases_of(one) and "creating_team" not in phases_of(one),
    ),
    "a member that was tried again": (
        journal_runs(),
        lambda one: any(record.get("action") == "pending" for record in one.records),
    ),
    "a run that took its lock first": (
        journal_runs(),
        lambda one: one.records[0]["type"] == "lock" and len(one.records) > 1,
    ),
    "a run that stopped while it spawned": (
        journal_runs(),
        lambda one: one.records[-1].get("action") == "spawn_started",
    ),
    "a run that stopped between the records of its end": (
        journal_runs(),
        lambda one: one.records[-1].get("phase") == "completed",
    ),
    "an end that is told by its status alone": (
        journal_runs(),
        lambda one: one.records[-1].get("action") == "released" and not ended(one),
    ),
    "a partial success": (
        journal_runs(),
        lambda one: one.records[-1].get("status") == "partial_success",
    ),
    "a member that reports while the launch is audited": (
        journal_runs(),
        lambda one: "name" in one.records[-1] and "auditing_truth" in phases_of(one),
    ),
    "a member that fails to be spawned": (
        journal_runs(),
        lambda one: one.records[-1].get("action") == "spawn_failed",
    ),
    "a first task": (journal_runs(), lambda one: one.records[-1]["type"] == "real_task"),
    "a step out of a terminal phase": (
        broken_journal_runs(),
        ended,
    ),
}


@pytest.mark.parametrize("what", DAMAGED)
@pytest.mark.slow
def test_every_kind_comes_up(what: str) -> None:
    strategy, condition = DAMAGED[what]
    try:
        find(
            strategy,
            condition,
            settings=settings(
                max_examples=2_000,
                phases=[Phase.generate],
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    except NoSuchExample:
        pytest.fail(f"{what} never came up")


# -- Runs ------------------------------------------------------------------------------------------

STEPS = {
    "spawn_started": "accept_spawn",
    "bootstrap_confirmed": "confirm",
    "failed": "fail",
    "spawn_failed": "fail",
    "pending": "retry",
}


ENDS = {
    "completed": "completed",
    "partial_success": "completed",
    "failed": "failed",
    "canceled": "canceled",
}


def refused(run: ExampleJournal) -> list[int]:
    """The records that a machine refuses, by index; what was refused did not happen."""
    phase: Any = None
    ended_by: set[str] = set()
    members: dict[str, Any] = {}
    found = []
    for index, record in enumerate(run.records):
        after: Any = None
        kind = record["type"]
        if kind in {"phase", "terminal"}:
            told: Any = record["phase"] if kind == "phase" else ENDS[record["status"]]
            event = PHASE_EVENTS.get(told)
            if phase is None:
                assert told == BOOTSTRAP.initial
                phase = told
            elif told == phase and ended_by and kind not in ended_by:
                ended_by.add(kind)  # an end, told by its other record
            elif event is None or isinstance(BOOTSTRAP.step(phase, event), Refusal):
                found.append(index)
            else:
                phase = told
                ended_by = {kind} if told in BOOTSTRAP.terminal else set()
        if record["type"] == "member" and record["action"] in STEPS:
            before = members.get(record["name"], MEMBER.initial)
            after = MEMBER.step(before, STEPS[record["action"]])  # type: ignore[arg-type]  # an event
            if isinstance(after, Refusal):
                found.append(index)
            else:
                members[record["name"]] = after
    return found


@given(run=journal_runs())
def test_a_legal_run_is_legal_from_its_first_record(run: ExampleJournal) -> None:
    assert [] == refused(run)
    assert run.illegal is None
    told = [record["phase"] for record in run.records if record["type"] == "phase"]
    assert ["validating_spec"] == told[:1] or ["lock"] == [one["type"] for one in run.records]


def test_most_legal_runs_tell_of_members() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=200, derandomize=True, database=None, phases=[Phase.generate])
    @given(run=journal_runs())
    def count(run: ExampleJournal) -> None:
        actions = {record.get("action") for record in run.records if "name" in record}
        seen.update(str(action) for action in actions)
        seen.update(["runs", *(["members"] if actions else []), *phases_of(run) & {"completed"}])

    count()
    least = {
        "members": 1 / 3,
        "spawn_started": 1 / 3,
        "bootstrap_confirmed": 1 / 4,
        "registered": 1 / 10,
        "runtime_alive": 1 / 10,
        "failed": 1 / 8,
        "spawn_failed": 1 / 20,
        "pending": 1 / 20,
        "completed": 1 / 6,
    }

    assert {} == {what: seen[what] for what in least if seen[what] < least[what] * seen["runs"]}


def test_the_simplest_run_is_the_shortest() -> None:
    def simplest(condition: Condition) -> list[str]:
        run = find(journal_runs(), condition, settings=settings(database=None))
        return [str(record.get("phase") or record.get("action")) for record in run.records]

    assert ["validating_spec"] == simplest(lambda _: True)
    assert ["spawning_members", "spawn_started"] == simplest(
        lambda run: any("name" in record for record in run.records)
    )[-2:]


@given(run=broken_journal_runs())
def test_a_broken_run_has_one_illegal_record_where_it_says(run: ExampleJournal) -> None:
    assert [run.illegal] == refused(run)


@given(run=journal_runs() | broken_journal_runs())
def test_a_run_tells_its_time_and_its_name_in_every_record(run: ExampleJournal) -> None:
    times = [record["ts"] for record in run.records]

    assert sorted(times) == times
    assert times[-1] < strategies.NOW.timestamp() * 1000
    assert {"run-1"} == {record["runId"] for record in run.records}


@given(run=journal_runs())
def test_a_run_is_written_a_line_each(run: ExampleJournal) -> None:
    assert list(run.records) == [json.loads(line) for line in run.data().splitlines()]
    assert run == eval(repr(run), {"ExampleJournal": ExampleJournal})  # noqa: S307 - what a failing test prints


# -- Results, and by type --------------------------------------------------------------------------


@given(found=launch_snapshots(damaged=True) | launched_members() | runtime_states())
def test_a_result_prints_as_what_makes_it(
    found: LaunchSnapshot | MemberLaunch | RuntimeState,
) -> None:
    assert found == eval(repr(found), vars(results))  # noqa: S307 - what a failing test prints


def test_a_counterexample_can_be_pasted() -> None:
    @given(snapshot=launch_snapshots())
    @settings(max_examples=500, database=None, suppress_health_check=list(HealthCheck))
    def claim(snapshot: LaunchSnapshot) -> None:
        assert not snapshot.members

    with pytest.raises(AssertionError) as caught:
        claim()
    (note,) = [note for note in caught.value.__notes__ if "claim(" in note]

    assert "alice" in note
    assert 2_500 > len(note), note


@pytest.mark.parametrize("name", ["LaunchSnapshot", "MemberLaunch", "RuntimeState"])
def test_a_type_is_enough_once_it_is_registered(name: str) -> None:
    hypothesis_plugin.register()

    @given(found=st.from_type(getattr(results, name)))
    @settings(max_examples=8)
    def check(found: Any) -> None:
        assert name == type(found).__name__
        assert found == eval(repr(found), vars(results))  # noqa: S307 - what a failing test prints

    check()


ASK_BY_TYPE = """
import sys
from hypothesis import Phase, find, settings, strategies as st
assert "launchfsm.testing.strategies" not in sys.modules, "nobody asked yet"
from launchfsm.records.results import LaunchSnapshot
unshrunk = settings(phases=[Phase.generate], database=None)
found = find(
    st.from_type(LaunchSnapshot), lambda snapshot: bool(snapshot.members), settings=unshrunk
)
print(type(found).__name__, list(found.members))
"""


def test_hypothesis_finds_the_registration_by_itself(tmp_path: Path) -> None:
    """Through its entry point, as installed: here by a distribution that has nothing else."""
    metadata = tmp_path / "registered-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: launchfsm-registered\nVersion: 1\n"
    )
    (metadata / "entry_points.txt").write_text(
        "[hypothesis]\nlaunchfsm = launchfsm.testing.hypothesis_plugin:register\n"
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])

    done = subprocess.run(
        [sys.executable, "-c", ASK_BY_TYPE],
        env={**os.environ, "PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert re.fullmatch(r"LaunchSnapshot \['.+'\]\n", done.stdout), done.stderr


def test_fakes_and_folders_need_no_hypothesis() -> None:
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from launchfsm.testing import FakeClock, FakeProcesses, TeamFolder\n"
        "print(TeamFolder(state=b'{}').team, FakeProcesses(alive={1}).check(1).liveness)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )

    assert "demo alive\n" == done.stdout, done.stderr

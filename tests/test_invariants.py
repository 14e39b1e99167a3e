"""What is true of every evaluation, whatever the files hold.

Most of it is in memory, through the same functions that an evaluator of a disk calls; that the two
say the same is one of the invariants. Where one that could be expected does not hold under
`reference`, the smallest counterexample stands beside it, as a test of its own. The invariants of
the wire form are in `test_wire`, those of the choice between two snapshots in `test_preference`.
"""

from __future__ import annotations

import copy
import json
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import assume, given
from hypothesis import strategies as st

from launchfsm import LaunchEvaluator, member_spawn_statuses, parse_launch_snapshot, to_wire
from launchfsm.ecma.text import is_blank, trim
from launchfsm.engine.engine import Engine
from launchfsm.engine.trace import TracedStep, TracingEngine
from launchfsm.evaluation.members import MemberResult, complete_member, complete_snapshot
from launchfsm.evaluation.pipeline import judge_team
from launchfsm.evaluation.selection import names_of
from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER
from launchfsm.records.documents import Document
from launchfsm.records.results import launch_findings
from launchfsm.testing import FakeProcesses
from launchfsm.testing.folders import TeamFolder
from launchfsm.testing.strategies import (
    NOW,
    bootstrap_states,
    hostile_bytes,
    journal_records,
    launch_documents,
    launch_snapshots,
    lock_records,
    saved_snapshots,
    team_folders,
)
from launchfsm.vocabulary import TerminalPhase, values
from tests.teams import (
    ALIVE,
    JUDGE,
    NOW_MS,
    OWNER,
    POLICY,
    evaluation,
    folder_of,
    journal_bytes,
    launched,
    said,
    saved,
)

if TYPE_CHECKING:
    import pytest

    from launchfsm.evaluation.evaluator import Evaluation
    from launchfsm.records.results import LaunchSnapshot

# -- Total and deterministic -----------------------------------------------------------------------

ANY_FILE = hostile_bytes(
    bootstrap_states(damaged=True) | launch_documents(damaged=True) | lock_records(damaged=True)
)


@given(state=ANY_FILE, journal=ANY_FILE, lock=ANY_FILE, launch=ANY_FILE, alive=ALIVE)
def test_there_is_an_answer_to_any_bytes(
    state: bytes, journal: bytes, lock: bytes, launch: bytes, alive: tuple[int, ...]
) -> None:
    folder = TeamFolder(state=state, journal=journal, lock=lock, launch=launch)
    found = evaluation(folder, alive)

    assert json.loads(json.dumps(said(found))) == said(found)
    assert found.explain().text().startswith("demo, under the policy 'reference':")


@given(folder=team_folders(damaged=True), alive=ALIVE)
def test_there_is_an_answer_to_any_folder(folder: TeamFolder, alive: tuple[int, ...]) -> None:
    found = evaluation(folder, alive)

    assert json.loads(json.dumps(said(found))) == said(found)


@given(first=team_folders(damaged=True), second=team_folders(damaged=True), alive=ALIVE)
def test_an_answer_does_not_depend_on_what_was_asked_before(
    first: TeamFolder, second: TeamFolder, alive: tuple[int, ...]
) -> None:
    alone = [said(evaluation(one, alive, engine=Engine(POLICY))) for one in (first, second)]
    shared = Engine(POLICY)
    together = [said(evaluation(one, alive, engine=shared)) for one in (first, second, first)]

    assert [*alone, alone[0]] == together


@given(folder=team_folders(damaged=True), alive=ALIVE)
def test_a_disk_says_what_memory_says(
    folder: TeamFolder, alive: tuple[int, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("teams")
    folder.write(root)
    processes = FakeProcesses(alive=alive)
    found = LaunchEvaluator(
        root, clock=lambda: NOW, processes=processes, policy="reference"
    ).evaluate(folder.team)

    assert told(evaluation(folder, alive)) == told(found)


def told(found: Evaluation) -> dict[str, Any]:
    """What an evaluation says, of its findings only where they are and what was expected there."""
    return {
        **said(found),
        "findings": sorted((one.file, one.path, one.expected) for one in found.findings),
    }


# -- What a document says does not depend on how it is written -------------------------------------


def shuffled(value: Any, seed: int) -> Any:
    """The same document with the keys of every object in another order."""
    if isinstance(value, list):
        return [shuffled(item, seed) for item in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    random.Random(seed).shuffle(keys)  # noqa: S311 - no secret
    return {key: shuffled(value[key], seed) for key in keys}


@given(
    state=bootstrap_states(damaged=True),
    lock=lock_records(damaged=True),
    events=st.lists(journal_records(damaged=True), max_size=3),
    launch=launch_documents(damaged=True),
    seed=st.integers(0, 2**16),
)
def test_the_order_of_keys_says_nothing(
    state: Any, lock: Any, events: list[Any], launch: Any, seed: int
) -> None:
    members = launch.get("members") if isinstance(launch, dict) else None
    if isinstance(members, dict):  # of two keys for one name the last counts
        assume(len(members) == len({trim(key) for key in members}))
    plain = evaluation(folder_of(state, launch=launch, lock=lock, journal=events))
    other = evaluation(
        folder_of(
            shuffled(state, seed),
            launch=shuffled(launch, seed),
            lock=shuffled(lock, seed),
            journal=shuffled(events, seed),
        )
    )

    assert told(plain) == told(other)


def test_of_two_keys_for_one_name_the_last_counts() -> None:
    """Why the order of keys can say something after all: §10 trims the names of `members`."""
    accepted = {"agentToolAccepted": True}

    assert saved({"members": {"bob": {}, " bob ": accepted}}).members["bob"].agent_tool_accepted
    assert not saved({"members": {" bob ": accepted, "bob": {}}}).members["bob"].agent_tool_accepted


def with_unknown_keys(value: Any, noise: Any, *, are_names: bool = False) -> Any:
    """The same document with keys that nobody knows in every object, but not among names."""
    if isinstance(value, list):
        return [with_unknown_keys(item, noise) for item in value]
    if not isinstance(value, dict):
        return value
    known = {
        key: with_unknown_keys(item, noise, are_names=key == "members")
        for key, item in value.items()
    }
    return known if are_names else {"": noise, **known, "someFutureKey": noise}


@given(
    state=bootstrap_states(damaged=True),
    lock=lock_records(damaged=True),
    events=st.lists(journal_records(damaged=True), max_size=3),
    launch=launch_documents(damaged=True),
    noise=launch_documents(damaged=True),
)
def test_unknown_keys_change_nothing(
    state: Any, lock: Any, events: list[Any], launch: Any, noise: Any
) -> None:
    plain = evaluation(folder_of(state, launch=launch, lock=lock, journal=events))
    noisy = evaluation(
        folder_of(
            with_unknown_keys(state, noise),
            launch=with_unknown_keys(launch, noise),
            lock=with_unknown_keys(lock, noise),
            journal=with_unknown_keys(events, noise),
        )
    )

    assert told(plain) == told(noisy)


@given(document=launch_documents(damaged=True))
def test_a_document_is_left_as_it_was(document: Any) -> None:
    before = copy.deepcopy(document)
    parse_launch_snapshot("demo", document, now=NOW, policy="reference")
    list(launch_findings(Document(document)))

    assert repr(before) == repr(document)


# -- Whatever is missing is accounted for ----------------------------------------------------------


@given(folder=team_folders(damaged=True), alive=ALIVE)
def test_nothing_is_missing_without_a_finding(folder: TeamFolder, alive: tuple[int, ...]) -> None:
    found = evaluation(folder, alive)
    files = {finding.file for finding in found.findings}

    if found.bootstrap_snapshot is None and folder.state is not None:
        assert "bootstrap-state.json" in files
    if found.launcher_snapshot is None and folder.launch is not None:
        assert "launch-state.json" in files
    unreadable = found._evidence.state_document.fault is not None
    if unreadable and found.runtime_state is None and folder.lock is not None:
        assert ".bootstrap.lock/metadata.json" in files


@given(folder=team_folders(damaged=True))
def test_a_finding_says_where_what_and_what_would_have_been_used(folder: TeamFolder) -> None:
    for finding in evaluation(folder).findings:
        assert finding.file.startswith(("bootstrap-", ".bootstrap.lock/", "launch-state.json"))
        assert "$" in finding.path
        assert finding.got
        assert finding.expected
        assert finding.text().isprintable()


@given(folder=team_folders())
def test_nothing_is_found_in_what_a_launcher_writes(folder: TeamFolder) -> None:
    assert () == evaluation(folder).findings


@given(snapshot=saved_snapshots(damaged=True))
def test_nothing_is_found_in_what_we_write(snapshot: LaunchSnapshot) -> None:
    # What we would write and not take for what it was is not saved: see `test_wire`.
    assume(not is_blank(snapshot.updated_at))  # which a legacy marker may say
    assume(not any(member.runtime_pid == 0 for member in snapshot.members.values()))

    assert [] == list(launch_findings(Document(to_wire(snapshot))))


# -- Members and their count -----------------------------------------------------------------------


@given(snapshot=launch_snapshots(damaged=True))
def test_the_summary_counts_every_name_once(snapshot: LaunchSnapshot) -> None:
    counts = attrs.asdict(snapshot.summary)
    further = [count for name, count in counts.items() if name.endswith("_pending_count")]

    assert len(names_of(snapshot)) == sum(counts.values()) - sum(further)
    assert all(0 <= count <= snapshot.summary.pending_count for count in further)


@given(snapshot=launch_snapshots(damaged=True))
def test_every_expected_member_has_a_record_and_one_entry_in_the_roster(
    snapshot: LaunchSnapshot,
) -> None:
    assert set(snapshot.expected_members) <= set(snapshot.members)
    assert len(set(snapshot.expected_members)) == len(snapshot.expected_members)
    assert [member.name for member in snapshot.members.values()] == list(snapshot.members)
    assert list(snapshot.members) == list(member_spawn_statuses(snapshot, policy="reference"))


@given(snapshot=launch_snapshots(damaged=True))
def test_completing_twice_changes_nothing(snapshot: LaunchSnapshot) -> None:
    phase, members = snapshot.launch_phase, snapshot.members

    def complete(name: str, *, expected: bool) -> MemberResult:
        return complete_member(JUDGE, members[name], phase, expected=expected)

    assert snapshot == complete_snapshot(
        JUDGE,
        team_name=snapshot.team_name,
        updated_at=snapshot.updated_at,
        launch_phase=phase,
        expected=snapshot.expected_members,
        recorded=members,
        complete=complete,
        bootstrap_expected=snapshot.bootstrap_expected_members or (),
        lead_session_id=snapshot.lead_session_id,
    )


# -- A dead owner, and the end ---------------------------------------------------------------------


def without_and_with_owner(document: dict[str, Any]) -> tuple[Evaluation, Evaluation]:
    """The same state, its owner dead and its owner alive."""
    folder = folder_of({**document, "ownerPid": OWNER})
    return evaluation(folder), evaluation(folder, alive=(OWNER,))


@given(document=bootstrap_states(damaged=True))
def test_a_dead_owner_takes_nobody_who_is_confirmed_or_has_failed(
    document: dict[str, Any],
) -> None:
    dead, alive = without_and_with_owner(document)
    assume(dead.bootstrap_snapshot is not None)
    assert dead.bootstrap_snapshot is not None
    assert alive.bootstrap_snapshot is not None

    for name, member in alive.bootstrap_snapshot.members.items():
        settled = member.launch_state in ("confirmed_alive", "failed_to_start")
        if settled and member.agent_tool_accepted:
            assert member == dead.bootstrap_snapshot.members[name]


def test_a_dead_owner_is_the_reason_even_for_who_would_never_have_been_spawned() -> None:
    """Why only those who were accepted: §4 downgrades before §5 sweeps, so its reason wins."""
    state = {
        "phase": "spawning_members",
        "ownerPid": OWNER,
        "updatedAt": NOW_MS,
        "members": [{"name": "bob", "status": "pending"}],
        "terminal": {"status": "failed"},
    }
    gone = f"bootstrap owner pid {OWNER} is gone before bootstrap reached a terminal state"
    never = "Teammate was never spawned during launch."

    assert gone == launched(state).members["bob"].hard_failure_reason
    assert never == launched(state, alive=(OWNER,)).members["bob"].hard_failure_reason


@given(document=bootstrap_states(damaged=True))
def test_a_dead_owner_leaves_nobody_pending(document: dict[str, Any]) -> None:
    dead, alive = without_and_with_owner(document)
    assume(dead.bootstrap_snapshot is not None and dead.runtime_state != alive.runtime_state)
    assert dead.bootstrap_snapshot is not None

    assert 0 == dead.bootstrap_snapshot.summary.pending_count
    assert "finished" == dead.bootstrap_snapshot.launch_phase


@given(
    document=bootstrap_states(damaged=True),
    phase=st.sampled_from(values(TerminalPhase)),
    later=st.sampled_from((0, 1, 5 * 60_000, 10**12)),
)
def test_what_has_ended_stays_as_it_is(document: dict[str, Any], phase: str, later: int) -> None:
    dated = {**document, "phase": phase, "ownerPid": OWNER, "updatedAt": NOW_MS}
    folder = folder_of(dated)
    first = evaluation(folder, alive=(OWNER,))
    then = evaluation(folder, now=NOW + timedelta(milliseconds=later))

    assert first.bootstrap_snapshot == then.bootstrap_snapshot
    assert first.bootstrap_snapshot is None or "finished" == first.bootstrap_snapshot.launch_phase
    if first._evidence.state is not None:
        assert (None, None) == (first.runtime_state, then.runtime_state)


def test_no_event_leads_out_of_a_terminal_state() -> None:
    assert {"completed", "failed", "canceled"} == set(BOOTSTRAP.terminal)
    assert {"confirmed_alive"} == set(MEMBER.terminal)
    assert all(BOOTSTRAP.allowed(phase) == () for phase in BOOTSTRAP.terminal)
    assert all(MEMBER.allowed(state) == () for state in MEMBER.terminal)


# -- The explanation -------------------------------------------------------------------------------


@given(folder=team_folders(damaged=True), alive=ALIVE)
def test_the_explanation_is_of_the_same_evaluation(
    folder: TeamFolder, alive: tuple[int, ...]
) -> None:
    found = evaluation(folder, alive)
    again = judge_team(TracingEngine(POLICY), found._evidence)

    assert (
        found.bootstrap_snapshot,
        found.runtime_state,
        found.launcher_snapshot,
        found.preferred_source,
    ) == (
        again.bootstrap_snapshot,
        again.runtime_state,
        again.launcher_snapshot,
        again.preferred_source,
    )


@given(folder=team_folders(damaged=True), alive=ALIVE)
def test_what_is_explained_is_what_was_said(folder: TeamFolder, alive: tuple[int, ...]) -> None:
    found = evaluation(folder, alive)
    explanation = found.explain()
    believed = explanation.of("selection").outcome["believe"]

    assert (found.preferred_source or "neither") == believed
    if found.bootstrap_snapshot is not None:
        phase = explanation.of("launch_phase").outcome["launch_phase"]
        verdict = explanation.of("team_state").outcome["team_state"]
        assert found.bootstrap_snapshot.launch_phase == phase
        assert found.bootstrap_snapshot.team_launch_state == verdict


@given(folder=team_folders(damaged=True), alive=ALIVE)
def test_a_decision_is_won_by_rules_that_fired_and_lost_for_a_reason(
    folder: TeamFolder, alive: tuple[int, ...]
) -> None:
    for decision in evaluation(folder, alive).explain().decisions:
        table = POLICY.tables[decision.table]
        fired = tuple(trial.rule for trial in decision.rule_results if trial.fired)

        assert {trial.rule for trial in decision.rule_results} <= {rule.id for rule in table.rules}
        assert decision.won == (fired if table.hit == "collect" else fired[:1])
        assert all(trial.fired or trial.because for trial in decision.rule_results)


@given(folder=team_folders(damaged=True), alive=ALIVE)
def test_a_step_goes_where_the_machine_goes_or_says_why_not(
    folder: TeamFolder, alive: tuple[int, ...]
) -> None:
    steps = [
        entry
        for entry in evaluation(folder, alive).explain().entries
        if isinstance(entry, TracedStep)
    ]

    for step in steps:
        edge = [step.state, step.event, step.after]
        assert (step.refusal is None) == (edge in EDGES)
        assert step.refusal is None or step.state == step.after


EDGES = [
    [state, event, MEMBER.step(state, event)]
    for state in MEMBER.states
    for event in MEMBER.allowed(state)
]


def test_journal_lines_are_told_apart_by_their_numbers() -> None:
    folder = TeamFolder(journal=b"not json\n" + journal_bytes([{"type": "phase", "phase": 1}]))

    assert ["line 1: $", "line 2: $.phase"] == [one.path for one in evaluation(folder).findings]

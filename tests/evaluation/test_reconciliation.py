"""Healing a believed snapshot with what the bootstrap knows better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm import parse_launch_snapshot, to_wire
from launchfsm.ecma.dates import from_datetime, iso_from_ms
from launchfsm.engine.engine import Engine, TracedStep, TracingEngine
from launchfsm.evaluation.reconciliation import heal
from launchfsm.evaluation.selection import SelectionContext, names_of
from launchfsm.policy.loader import load_policy
from launchfsm.records.documents import state_of
from launchfsm.testing.strategies import NOW, bootstrap_snapshots, saved_snapshots
from tests.teams import judging

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.records.results import LaunchSnapshot

STRICT = load_policy("default")
NOW_MS = from_datetime(NOW)
BEGAN = NOW_MS - 600_000
STATE = state_of({"runId": "this", "startedAt": BEGAN})
BACKGROUND = SelectionContext(STATE)
STATES = st.sampled_from((STATE, state_of({}), state_of({"startedAt": 1})))
"""States of one run, of none, and of one that began before everything that is generated."""


def saved(**members: dict[str, Any]) -> LaunchSnapshot:
    """A launcher's snapshot, written five minutes ago."""
    text = iso_from_ms(NOW_MS - 300_000)
    document = {
        "version": 2,
        "updatedAt": text,
        "launchPhase": "finished",
        "expectedMembers": list(members),
        "bootstrapExpectedMembers": ["lead", *members],
        "leadSessionId": "session",
        "members": {name: {"runtimeRunId": "this"} | member for name, member in members.items()},
    }
    found = parse_launch_snapshot("demo", document, now=NOW, policy="reference")
    assert found is not None
    return found


def recorded(*names: str) -> LaunchSnapshot:
    """A bootstrap's snapshot that confirmed some members a minute ago."""
    snapshot = saved(**{name: {"bootstrapConfirmed": True} for name in names})
    heard = iso_from_ms(NOW_MS - 60_000)
    members = {
        name: attrs.evolve(member, last_evaluated_at=heard, last_heartbeat_at=heard)
        for name, member in snapshot.members.items()
    }
    return attrs.evolve(snapshot, members=members)


def healed(
    launch: LaunchSnapshot,
    bootstrap: LaunchSnapshot,
    background: SelectionContext = BACKGROUND,
    engine: Engine | None = None,
) -> LaunchSnapshot:
    return heal(engine or Engine(STRICT), launch, bootstrap, now=NOW_MS, context=background)


FAILED = {"hardFailure": True}
WAITING = {"agentToolAccepted": True}


def test_who_failed_and_was_confirmed_later_is_confirmed_and_counted() -> None:
    found = healed(saved(ada=FAILED, bob=WAITING), recorded("ada"))

    assert found.members["ada"].launch_state == "confirmed_alive"
    assert found.members["bob"].launch_state == "runtime_pending_bootstrap"
    assert (found.summary.confirmed_count, found.summary.failed_count) == (1, 0)
    assert found.team_launch_state == "partial_pending"


def test_nobody_healed_is_the_very_snapshot() -> None:
    launch = saved(ada=FAILED, bob=WAITING)

    assert healed(launch, recorded("bob")) is launch
    assert healed(launch, recorded("cid")) is launch
    assert healed(saved(), recorded("ada")).members == {}


def test_the_snapshot_keeps_all_else() -> None:
    launch = saved(bob=WAITING, ada=FAILED)

    found = healed(launch, recorded("ada"))

    assert list(found.members) == list(launch.members)
    kept = ("team_name", "updated_at", "launch_phase", "expected_members", "lead_session_id")
    for field in (*kept, "bootstrap_expected_members"):
        assert getattr(launch, field) == getattr(found, field)


def test_healing_twice_is_healing_once() -> None:
    bootstrap = recorded("ada")
    once = healed(saved(ada=FAILED), bootstrap)

    assert healed(once, bootstrap) is once


@pytest.mark.parametrize("when", ["soon", "", None])
def test_a_member_heard_of_or_looked_at_at_no_time_is_left_alone(when: str | None) -> None:
    launch, bootstrap = saved(ada=FAILED), recorded("ada")

    def undated(snapshot: LaunchSnapshot) -> LaunchSnapshot:
        member = attrs.evolve(snapshot.members["ada"], last_evaluated_at=when)
        return attrs.evolve(snapshot, members={"ada": member})

    assert healed(launch, undated(bootstrap)) is launch
    blind = undated(launch)
    assert healed(blind, bootstrap) is blind


def test_a_bootstrap_of_which_nobody_knows_the_run_heals_nobody() -> None:
    launch = saved(ada=FAILED)

    assert healed(launch, recorded("ada"), SelectionContext()) is launch


def test_default_heals_nobody_and_asks_nothing() -> None:
    engine, launch = TracingEngine(load_policy("reference")), saved(ada=FAILED)

    assert healed(launch, recorded("ada"), engine=engine) is launch
    assert engine.entries == []


@pytest.mark.parametrize(
    "undated", [("bootstrap",), ("launcher",), ("bootstrap", "launcher")], ids="-".join
)
def test_an_undated_record_does_not_keep_a_dated_member_from_healing(undated: Any) -> None:
    """Its run is named, and when it was heard of and looked at is said of the member itself."""
    looked = {"lastEvaluatedAt": iso_from_ms(NOW_MS - 200_000)}

    found = healed(
        saved(ada=FAILED | looked), recorded("ada"), SelectionContext(STATE, None, undated)
    )

    assert found.members["ada"].launch_state == "confirmed_alive"


def test_a_member_whose_machine_refuses_stays_as_it_was(tmp_path: Path) -> None:
    """A policy may send what it likes; it is the machine that says what may follow."""
    (tmp_path / "policy.toml").write_text('policy = "mine"\nextends = "reference"\n')
    (tmp_path / "healing.toml").write_text(
        'table = "reconciliation"\n\n[[rule]]\nid = "at-once"\nbefore = "launcher-believed"\n'
        "when = \"believed_state == 'failed_to_start'\"\n"
        'then = { events = ["retry", "confirm"] }\n'
    )
    engine, launch = TracingEngine(load_policy(tmp_path)), saved(ada=FAILED)

    assert healed(launch, recorded("ada"), engine=engine) is launch
    last = engine.entries[-1]
    assert isinstance(last, TracedStep)
    assert (last.event, last.state, last.after) == ("confirm", "starting", "starting")
    assert last.refusal is not None


# -- Whatever the two snapshots are ----------------------------------------------------------------


@st.composite
def pairs(draw: st.DrawFn) -> tuple[LaunchSnapshot, LaunchSnapshot]:
    """A launcher's snapshot, and a bootstrap's that mostly confirmed the same members."""
    launch = draw(saved_snapshots())
    names = draw(st.lists(st.sampled_from((*launch.members, "nobody else")), unique=True))
    return launch, draw(st.just(recorded(*names)) | bootstrap_snapshots())


@given(pairs(), STATES)
def test_a_member_is_left_alone_or_goes_from_failed_to_confirmed(
    pair: tuple[LaunchSnapshot, LaunchSnapshot], state: Any
) -> None:
    launch, bootstrap = pair

    found = healed(launch, bootstrap, SelectionContext(state))

    assert names_of(launch) == names_of(found)
    for name, member in found.members.items():
        before = launch.members[name]
        if member != before:
            assert before.launch_state == "failed_to_start"
            assert not before.skipped_for_launch
            assert member.launch_state == "confirmed_alive"
            assert not member.hard_failure
            assert bootstrap.members[name].launch_state == "confirmed_alive"


@given(pairs(), STATES)
def test_healing_again_changes_nothing(
    pair: tuple[LaunchSnapshot, LaunchSnapshot], state: Any
) -> None:
    launch, bootstrap = pair
    background = SelectionContext(state)

    once = healed(launch, bootstrap, background)

    assert to_wire(healed(once, bootstrap, background)) == to_wire(once)


def test_without_a_run_of_its_own_a_member_is_of_the_run_that_the_snapshot_was_saved_in() -> None:
    launch, bootstrap = saved(ada=FAILED | {"runtimeRunId": None}), recorded("ada")

    assert healed(launch, bootstrap) is not launch
    nobody_knows_when = SelectionContext(STATE, undated=("launcher",))
    assert healed(launch, bootstrap, nobody_knows_when) is launch


def test_a_healed_member_keeps_when_its_spawn_was_first_accepted() -> None:
    first = iso_from_ms(NOW_MS - 500_000)
    known = recorded("ada")
    member = attrs.evolve(known.members["ada"], first_spawn_accepted_at="later")
    bootstrap = attrs.evolve(known, members={"ada": member})

    with_one = healed(saved(ada=FAILED | {"firstSpawnAcceptedAt": first}), bootstrap)
    assert first == with_one.members["ada"].first_spawn_accepted_at
    assert "later" == healed(saved(ada=FAILED), bootstrap).members["ada"].first_spawn_accepted_at


def test_a_policy_may_heal_without_a_note(tmp_path: Path) -> None:
    rule = (
        'id = "mine"\nbefore = "confirmed-later"\n'
        'then = { events = ["retry", "accept_spawn", "confirm"] }'
    )
    engine = judging(tmp_path, "reconciliation", rule, extends="default")

    with_note = healed(saved(ada=FAILED), recorded("ada")).members["ada"].diagnostics
    without = healed(saved(ada=FAILED), recorded("ada"), engine=engine).members["ada"].diagnostics

    assert with_note is not None
    assert with_note[:-1] == without

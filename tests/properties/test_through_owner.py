"""What a table is told of an owner follows from the table `owner`, wherever that is moved to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.decisions.catalogue import OWNER
from launchfsm.policy.loader import load_policy
from launchfsm.properties import DEATH_NEVER_REVIVES, TIME_NEVER_HEALS, Launch
from launchfsm.properties.check_context import Asked
from launchfsm.properties.launches import NOW
from launchfsm.properties.moving import held_against
from launchfsm.properties.through_owner import OwnerMoveClaim
from launchfsm.testing import TeamFolder
from tests.properties.flawed import FORGETS, FORGIVES, HIDES, REVIVES, SOOTHES, flawed

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.engine.table import Policy
    from launchfsm.properties import Part, Property
    from launchfsm.properties.moving import Facts, Pair


def claims(prop: Property) -> dict[str, OwnerMoveClaim]:
    """The claims of a property that go through the owner, by table."""
    return {claim.table: claim for claim in prop.claims if isinstance(claim, OwnerMoveClaim)}


def settled(policy: Policy, prop: Property, table: str) -> Part:
    return claims(prop)[table].settle(Asked(policy=policy, source=policy.name))


def refuted(policy: Policy, prop: Property, table: str) -> tuple[Facts, ...]:
    """The two situations of the table that refute the property."""
    found = settled(policy, prop, table).counterexample
    assert found is not None
    return found.facts


def test_a_record_grows_stale_with_its_age(tmp_path: Path) -> None:
    before, after = refuted(flawed(tmp_path, FORGETS), TIME_NEVER_HEALS, "progress")

    assert [False, True] == [before["owner_stale"], after["owner_stale"]]
    assert -180_000 == after["state_ahead"] < before["state_ahead"]
    assert "is gone before" in before["owner_reason"]
    assert "is stale" in after["owner_reason"]


def test_a_failure_that_is_not_shown_is_none(tmp_path: Path) -> None:
    before, after = refuted(flawed(tmp_path, HIDES), TIME_NEVER_HEALS, "progress")

    assert before["quiet"] < after["quiet"] == 86_400_000


def test_an_owner_that_dies_is_found_dead(tmp_path: Path) -> None:
    before, after = refuted(flawed(tmp_path, SOOTHES), DEATH_NEVER_REVIVES, "progress")

    assert [False, True] == [before["owner_dead"], after["owner_dead"]]
    assert before["owner"] != after["owner"] == "dead"
    assert before["quiet"] >= 1_200_000


def test_what_is_wrong_with_the_owner_is_wrong_with_what_is_shown_of_it(tmp_path: Path) -> None:
    forgiven = refuted(flawed(tmp_path, FORGIVES, extends="default"), TIME_NEVER_HEALS, "progress")
    revived = refuted(flawed(tmp_path, REVIVES), DEATH_NEVER_REVIVES, "progress")

    for before, after in (forgiven, revived):
        assert [True, False] == [before["owner_dead"], after["owner_dead"]]


def test_a_launch_shows_the_same(tmp_path: Path) -> None:
    """The proof and the evaluation agree: the flaw is one of whole launches, too."""
    flawed(tmp_path, SOOTHES)
    moment = int(NOW.timestamp() * 1_000)
    state: dict[str, Any] = {"version": 1, "ownerPid": 4242, "phase": "creating_team"}
    state |= {"members": [], "startedAt": moment - 9_000_000, "updatedAt": moment - 1_800_000}
    folder = TeamFolder(state=json.dumps(state).encode())

    (said,) = DEATH_NEVER_REVIVES.complaints(
        Launch(policy=str(tmp_path / "flawed.toml"), folder=folder)
    )

    assert "the bootstrap is not shown as failed, where the owner is dead instead of" in said


# -- Nothing is looked at that cannot be -----------------------------------------------------------


def looked_at(
    policy: str, prop: Property, table: str, monkeypatch: pytest.MonkeyPatch
) -> list[Pair]:
    """Every move that a claim is held against."""
    seen: list[Pair] = []

    def watched(engine: Any, table: Any, pairs: Any, complaint: Any) -> Any:
        seen.extend(pairs)
        return held_against(engine, table, seen, complaint)

    monkeypatch.setattr("launchfsm.properties.through_owner.held_against", watched)
    settled(load_policy(policy), prop, table)
    return seen


PROPERTIES = pytest.mark.parametrize(
    "prop", [TIME_NEVER_HEALS, DEATH_NEVER_REVIVES], ids=lambda prop: prop.name
)


@PROPERTIES
@pytest.mark.parametrize("policy", ["reference", "default"])
def test_each_move_is_looked_at_once_and_changes_something_or_is_a_step_in_vain(
    policy: str, prop: Property, monkeypatch: pytest.MonkeyPatch
) -> None:
    for table in claims(prop):
        pairs = looked_at(policy, prop, table, monkeypatch)
        keys = [tuple(tuple(facts.items()) for facts in pair) for pair in pairs]

        assert len(set(keys)) == len(keys) > 0
        assert any(before != after for before, after in pairs)


@PROPERTIES
def test_whoever_is_dead_has_a_reason_and_is_dead(
    prop: Property, monkeypatch: pytest.MonkeyPatch
) -> None:
    for facts in (
        one for pair in looked_at("default", prop, "progress", monkeypatch) for one in pair
    ):
        assert facts["owner_dead"] is (facts["owner_reason"] is not None)
        assert not facts["owner_dead"] or facts["owner"] == "dead"
        assert not facts["owner_stale"] or facts["owner_dead"]
        known = [
            facts[name] for name in ("state_ahead", "journal_ahead") if facts[name] is not None
        ]
        assert (None if facts["quiet"] is None else -facts["quiet"]) == max(known, default=None)


def test_a_lock_has_an_owner_who_is_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    for table in ("beginning", "recovery"):
        for pair in looked_at("default", DEATH_NEVER_REVIVES, table, monkeypatch):
            assert {facts["owner"] for facts in pair} <= {"alive", "unknown", "dead"}
    beginnings = looked_at("default", DEATH_NEVER_REVIVES, "beginning", monkeypatch)
    elsewhere = {facts["owner"] for pair in beginnings for facts in pair if facts["other_host"]}

    assert {"unknown"} == elsewhere  # a pid of another host says nothing here


def test_a_table_that_asks_more_of_the_owner_has_it_told_apart(tmp_path: Path) -> None:
    """The owner's table does not ask for this status; what is shown may."""
    asks = """
[[tables.progress.rule]]
id = "half"
before = "owner-dead-stale"
when = "terminal_status == 'partial_success' and owner_dead"
then = {}
"""
    plain, asking = (
        settled(flawed(tmp_path, rule, extends="default"), TIME_NEVER_HEALS, "progress")
        for rule in ("", asks)
    )

    assert asking.looked_at > plain.looked_at
    assert "proven" == asking.status


def test_every_table_that_is_told_of_the_owner_is_asked() -> None:
    assert {"progress", "beginning", "recovery"} == set(claims(DEATH_NEVER_REVIVES))
    for claim in claims(DEATH_NEVER_REVIVES).values():
        told = claim.told.follows(dict.fromkeys(OWNER.fact_fields), OWNER.outcome())
        assert "owner" in told

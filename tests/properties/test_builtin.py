"""What the shipped policies guarantee, exactly, and that a flaw in a copy is found and explained.

`reference` is the reference behaviour, flaws included: where it refutes a property, the
counterexample stands here, and the property is one that `default` was made to hold.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
import pytest

from launchfsm.lifecycle.machines import MEMBER
from launchfsm.properties import (
    CONFIRMED_STAYS,
    DEATH_NEVER_REVIVES,
    DETERMINISTIC,
    ORDER_IRRELEVANT,
    PROPERTIES,
    TERMINAL_ABSORBS,
    TIME_NEVER_HEALS,
    Launch,
    PolicyAudit,
    Property,
    audit_policy,
)
from launchfsm.properties.launches import NOW
from launchfsm.testing import TeamFolder
from tests.properties.flawed import (
    DOUBTS,
    FORGETS,
    FORGIVES,
    HEALS,
    HIDES,
    RESURRECTS,
    REVIVES,
    SOOTHES,
    UNENDED,
    flawed,
)

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

EXAMPLES = 10


@pytest.fixture(scope="module")
def default() -> PolicyAudit:
    """The audit of `default`, held against nothing."""
    return audit_policy("default", examples=EXAMPLES, inherited=True)


@pytest.fixture(scope="module")
def reference() -> PolicyAudit:
    """The audit of `reference`; its refuted launch is shrunk in the tests of the docs."""
    tables = attrs.evolve(TERMINAL_ABSORBS, claims=TERMINAL_ABSORBS.claims[:-1])
    asked = [tables if prop is TERMINAL_ABSORBS else prop for prop in PROPERTIES]
    return audit_policy("reference", properties=asked, examples=EXAMPLES)


def statuses(audit: PolicyAudit, prop: Property) -> list[str]:
    return [part.status for part in audit.of(prop.name).parts]


@pytest.mark.slow
def test_default_holds_all_of_them(default: PolicyAudit) -> None:
    assert default, default.text()
    assert [prop.name for prop in PROPERTIES] == [verdict.name for verdict in default.verdicts]


def test_all_that_is_about_tables_is_proven_of_default(default: PolicyAudit) -> None:
    for verdict in default.verdicts:
        for part in verdict.parts:
            searched = part.about == "whole evaluations"
            assert part.status == ("not_refuted" if searched else "proven")
            assert part.looked_at > 0
            if searched:
                assert part.looked_at <= EXAMPLES


def test_reference_holds_all_but_one(reference: PolicyAudit) -> None:
    assert [TERMINAL_ABSORBS.name] == [verdict.name for verdict in reference.refuted]
    for prop in PROPERTIES:
        assert (prop is TERMINAL_ABSORBS) is (not reference.of(prop.name).holds)


def test_under_reference_a_bootstrap_that_ended_can_still_lose_its_owner(
    reference: PolicyAudit,
) -> None:
    """§3 asks the phase alone, so a terminal status beside an active phase ends nothing."""
    assert ["proven", "refuted", "refuted"] == statuses(reference, TERMINAL_ABSORBS)
    _, owner, progress = reference.of(TERMINAL_ABSORBS.name).parts
    assert owner.counterexample is not None
    assert progress.counterexample is not None

    assert "the answer is `shown`" == progress.counterexample.violation
    assert ("phase_kind != 'terminal' and owner == 'dead' and terminal_status is not None",) == (
        owner.counterexample.when
    )
    assert owner.counterexample.won[0].startswith("owner-gone (")


def test_under_reference_it_is_still_shown_as_under_way() -> None:
    state = b'{"version": 1, "phase": "creating_team", "terminal": {"status": "completed"}}'
    told = ("progress is shown of what ended: Creating team config",)

    assert told == TERMINAL_ABSORBS.violations(
        Launch(folder=TeamFolder(state=state), policy="reference")
    )
    assert () == TERMINAL_ABSORBS.violations(
        Launch(folder=TeamFolder(state=state), policy="default")
    )


def test_another_record_that_comes_to_be_believed_may_tell_of_a_success() -> None:
    """Why time never heals only while one record is believed: what is undated is of now (§2)."""
    state = {
        "version": 1,
        "phase": "completed",
        "members": [{"name": "bob", "status": "bootstrap_confirmed"}],
    }
    saved = {
        "version": 2,
        "updatedAt": "2023-11-14T22:23:21.000Z",  # a second after `NOW`
        "launchPhase": "finished",
        "expectedMembers": ["bob"],
        "members": {"bob": {"launchState": "failed_to_start", "hardFailure": True}},
    }
    folder = TeamFolder(state=json.dumps(state).encode(), launch=json.dumps(saved).encode())
    launch = Launch(folder=folder, policy="reference")
    now, later = launch.evaluate(), launch.evaluate(now=NOW + timedelta(seconds=2))

    assert ("launcher", "failed") == (now.preferred_source, now.verdict.severity)
    assert ("bootstrap", "ok") == (later.preferred_source, later.verdict.severity)
    assert () == TIME_NEVER_HEALS.violations(launch)


def test_under_default_a_silent_owner_is_warned_of_only_where_it_is_known_to_live() -> None:
    """Why a warning is no sign of death: with less known of the owner there is none (yet)."""
    written = {"phase": "validating_spec", "ownerPid": 4242, "updatedAt": 1_699_999_700_000}
    state = json.dumps({"version": 1, "members": [], **written}).encode()
    launch = Launch(folder=TeamFolder(state=state), policy="default")
    words = [launch.evaluate(owner=owner).verdict.severity for owner in ("alive", "unknown")]

    assert ["warning", "pending"] == words
    assert () == DEATH_NEVER_REVIVES.violations(launch)


def test_the_order_in_which_blocked_members_are_recorded_makes_no_difference() -> None:
    waiting = {
        "launchState": "runtime_pending_permission",
        "pendingPermissionRequestIds": ["per_1"],
    }
    saved = {
        "version": 2,
        "updatedAt": "2023-11-14T22:23:19.000Z",
        "teamName": "demo",
        "launchPhase": "active",
        "expectedMembers": ["bob", "alice"],
        "members": {"bob": waiting, "alice": waiting},
    }
    launch = Launch(folder=TeamFolder(launch=json.dumps(saved).encode()), policy="default")

    assert "alice waits for permission per_1; bob waits" in launch.evaluate().verdict.text
    assert () == ORDER_IRRELEVANT.violations(launch)


def test_a_newer_run_that_begins_is_not_the_one_that_ended() -> None:
    """Its progress is shown beside the state of a run that says that it was completed."""
    begun = 1_700_000_599_000
    state = {"version": 1, "runId": "1", "ownerPid": 4242, "startedAt": begun, "updatedAt": begun}
    state |= {"phase": "validating_spec", "members": [], "terminal": {"status": "completed"}}
    lock = {"pid": 4242, "runId": "2", "ownerStartedAt": begun, "createdAt": begun + 1_000}
    folder = TeamFolder(state=json.dumps(state).encode(), lock=json.dumps(lock).encode())
    launch = Launch(folder=folder, policy="default")
    shown = launch.evaluate().runtime_state

    assert shown is not None
    assert "2" == shown.run_id
    assert () == TERMINAL_ABSORBS.violations(launch)


def test_under_default_a_dead_owner_is_warned_of_where_no_member_is_missing() -> None:
    """It is no sign of life, though with less known of the owner the launch is unknown."""
    member = {"name": "alice", "status": "bootstrap_confirmed"}
    state = {"version": 1, "ownerPid": 4242, "phase": "validating_spec", "members": [member]}
    state |= {"startedAt": 1_699_914_200_000, "updatedAt": 1_699_914_200_000}
    launch = Launch(folder=TeamFolder(state=json.dumps(state).encode()), policy="default")
    words = [launch.evaluate(owner=owner).verdict.severity for owner in ("hidden", "dead")]

    assert ["unknown", "warning"] == words
    assert () == DEATH_NEVER_REVIVES.violations(launch)


# -- Flaws -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flaw", "prop", "table"),
    [(UNENDED, TERMINAL_ABSORBS, "owner"), (DOUBTS, CONFIRMED_STAYS, "standing")],
    ids=["terminal", "confirmed"],
)
def test_a_flaw_in_one_table_is_found_there(
    flaw: str, prop: Property, table: str, tmp_path: Path
) -> None:
    of_tables = attrs.evolve(prop, claims=prop.claims[:-1])
    audit = audit_policy(flawed(tmp_path, flaw), properties=[of_tables])
    refuted = [part.about for part in audit.verdicts[0].parts if part.status == "refuted"]

    assert 1 == len(refuted)
    assert refuted[0].startswith(f"{table}: when ")


def test_the_machine_bounds_what_a_policy_can_do_to_the_confirmed() -> None:
    """So no table has to be asked which events it sends to whoever is confirmed."""
    assert () == MEMBER.allowed("confirmed_alive")


# -- What is wrong with whole launches -------------------------------------------------------------


class Told:
    """A launch whose evaluations are those that a test tells, one after another."""

    def __init__(self, *evaluations: Any) -> None:
        self.folder, self.owner, self.now = TeamFolder(), "dead", NOW
        self._evaluations = list(evaluations)
        self.state = self.saved = None
        self.policy = "reference"

    def evaluate(self, **_: object) -> Any:
        return self._evaluations.pop(0) if self._evaluations[1:] else self._evaluations[0]


def launched(status: str, **others: object) -> Launch:
    member = {"name": "bob", "status": status, "failureReason": "no model"}
    state = {"version": 1, "phase": "spawning_members", "members": [member], **others}
    return Launch(folder=TeamFolder(state=json.dumps(state).encode()), policy="default")


FAILED, CONFIRMED = (launched(word).evaluate() for word in ("failed", "bootstrap_confirmed"))
WAITING, SHOWN = launched("pending").evaluate(), launched("pending", ownerPid=1)


@pytest.mark.parametrize(
    ("prop", "evaluations", "said"),
    [
        (DETERMINISTIC, (FAILED, CONFIRMED, FAILED), "judged otherwise the second time"),
        (
            DETERMINISTIC,
            (FAILED, FAILED, CONFIRMED),
            "what was asked before makes a difference: verdict.severity is ",
        ),
        (
            TERMINAL_ABSORBS,
            (CONFIRMED, FAILED),
            "that its owner is dead changes a launch that ended: verdict.severity is ",
        ),
        (CONFIRMED_STAYS, (CONFIRMED, FAILED), "bob was confirmed; the owner's fate makes it"),
        (
            DEATH_NEVER_REVIVES,
            (FAILED, WAITING),
            "bob had failed, and has not any more, where the owner is unknown",
        ),
        (
            DEATH_NEVER_REVIVES,
            (SHOWN.evaluate(owner="dead"), WAITING),
            "not any more, where the owner is unknown instead of alive",
        ),
    ],
)
def test_what_is_wrong_is_said(prop: Property, evaluations: tuple[Any, ...], said: str) -> None:
    (violation,) = prop.violations(Told(*evaluations))  # type: ignore[arg-type]  # a stand-in

    assert said in violation


def test_who_heals_with_time_is_named() -> None:
    told = Told(FAILED, WAITING)

    (violation,) = TIME_NEVER_HEALS.violations(told)  # type: ignore[arg-type]  # a stand-in
    assert violation.startswith("bob had failed, and has not any more")


@pytest.mark.parametrize("far", ["4000000d", "400000000000d"])
def test_a_threshold_behind_the_end_of_the_calendar_heals_nobody(far: str, tmp_path: Path) -> None:
    rule = f"""
policy = "patient"
extends = "reference"
[[tables.expired.rule]]
id = "at-last"
before = "expired-pending"
when = "age > '{far}'"
then = {{ expired = true }}
"""
    (tmp_path / "patient.toml").write_text(rule)
    launch = Launch(folder=TeamFolder(), policy=tmp_path / "patient.toml")

    assert () == TIME_NEVER_HEALS.violations(launch)


def test_an_order_that_matters_is_shown_with_the_other_and_what_differs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    launch = attrs.evolve(launched("failed"), folder=TeamFolder(state=TWO))
    turned = [launched("failed"), launched("pending")]
    judged = [one.evaluate() for one in turned]
    monkeypatch.setattr(Launch, "evaluate", lambda _, **changed: judged[bool(changed)])

    (violation,) = ORDER_IRRELEVANT.violations(launch)

    assert violation.startswith(
        "the order of members in bootstrap-state.json makes a difference: with ann, bob, instead of"
        " bob, ann: verdict.severity is 'failed' instead of "
    )
    assert violation.endswith(" more")


TWO = json.dumps(
    {
        "version": 1,
        "phase": "spawning_members",
        "members": [{"name": name, "status": "pending"} for name in ("ann", "bob")],
    }
).encode()


# -- What only a search can find -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flaw", "prop"),
    [
        (HEALS, TIME_NEVER_HEALS),
        (FORGIVES, TIME_NEVER_HEALS),
        (FORGETS, TIME_NEVER_HEALS),
        (HIDES, TIME_NEVER_HEALS),
        (REVIVES, DEATH_NEVER_REVIVES),
        (SOOTHES, DEATH_NEVER_REVIVES),
        (RESURRECTS, DEATH_NEVER_REVIVES),
    ],
    ids=["heals", "forgives", "forgets", "hides", "revives", "soothes", "resurrects"],
)
@pytest.mark.slow
def test_a_search_finds_who_heals_with_time_or_revives_by_death(
    flaw: str, prop: Property, tmp_path: Path
) -> None:
    audit = audit_policy(flawed(tmp_path, flaw), properties=[prop], examples=1_000)

    assert "refuted" == audit.of(prop.name).status

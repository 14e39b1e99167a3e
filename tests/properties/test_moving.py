"""What a move must not make of an answer is found wherever a move makes it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm.decisions.catalogue import CATALOGUE, OWNER, PROGRESS
from launchfsm.ecma.dates import parse_duration
from launchfsm.policy.analysis import space_of
from launchfsm.policy.analysis.coverage import Limits
from launchfsm.policy.authoring.runner import run_tests
from launchfsm.policy.loader import load_policy
from launchfsm.properties import (
    DEATH_NEVER_REVIVES,
    TIME_NEVER_HEALS,
    PropertyVerdict,
    audit_policy,
)
from launchfsm.properties.builtin import _progress_ages, _progress_follows
from launchfsm.properties.check_context import Asked, occurring
from launchfsm.properties.moving import MoveClaim, PassingTime
from launchfsm.properties.through_owner import OwnerMoveClaim, state_ages
from tests.properties.flawed import FORGIVES, HEALS, RESURRECTS, REVIVES, flawed

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.engine.table import Policy
    from launchfsm.properties import Counterexample, Property


def proofs(policy: Policy, prop: Property) -> PropertyVerdict:
    """What comes of the claims of a property that are about tables."""
    asked = Asked(policy=policy, source=policy.name)
    claims = [claim for claim in prop.claims if isinstance(claim, MoveClaim | OwnerMoveClaim)]
    parts = tuple(claim.settle(asked) for claim in claims)
    return PropertyVerdict(name=prop.name, sentence=prop.sentence, parts=parts)


def refutation(policy: Policy, prop: Property) -> Counterexample:
    """The first, of several tables if one tells another."""
    return next(one.counterexample for one in proofs(policy, prop).parts if one.counterexample)


@pytest.mark.parametrize("policy", ["reference", "default"])
@pytest.mark.parametrize("prop", [TIME_NEVER_HEALS, DEATH_NEVER_REVIVES], ids=lambda one: one.name)
def test_both_are_proven_of_the_tables_of_the_shipped_policies(policy: str, prop: Property) -> None:
    assert "proven" == proofs(load_policy(policy), prop).status


# -- Passing time ----------------------------------------------------------------------------------


def test_a_failure_that_is_hidden_after_a_day_is_found(tmp_path: Path) -> None:
    found = refutation(flawed(tmp_path, HEALS), TIME_NEVER_HEALS)
    before, after = found.facts

    assert found.complaint.startswith("what was shown as failed is not any more, after ")
    assert " to " in found.complaint
    assert before["quiet"] < after["quiet"] == 86_400_000
    assert found.won[-1].startswith("old-failure (")


def test_a_dead_owner_that_is_forgiven_is_found_though_it_is_dead_again_later(
    tmp_path: Path,
) -> None:
    found = refutation(flawed(tmp_path, FORGIVES, extends="default"), TIME_NEVER_HEALS)

    assert "an owner that was dead is not any more" in found.complaint
    assert 120_000 == found.facts[1]["state_age"]


def test_both_situations_of_a_counterexample_pass_as_tests_today(tmp_path: Path) -> None:
    found = refutation(flawed(tmp_path, HEALS), TIME_NEVER_HEALS)
    pasted = found.paste.replace("[[test]]", "[[tables.progress.test]]")

    results = run_tests(flawed(tmp_path, f"{HEALS}\n{pasted}\n"))

    assert 2 == len(results)
    assert all(result.passed for result in results)


MARKS = ("-1h", "-1m", "-200ms", "0s", "1ms", "2ms", "3m", "15m", "1h", "1d")
NEAR = st.builds(
    operator.add,
    st.sampled_from([parse_duration(mark.lstrip("-")) for mark in MARKS]),
    st.sampled_from((-50, -1, -0.5, 0, 0, 0, 0.5, 1, 50)),
)
AGES = NEAR | NEAR.map(operator.neg) | st.integers(-3_600_000, 90_000_000)
PASSED = st.sampled_from((0.25, 0.5, 1, 50, 60_000)) | st.integers(1, 200_000_000)
FACTS = st.sampled_from(("quiet", "state_ahead", "journal_ahead"))
OPS = st.sampled_from((">=", ">", "<", "<=", "==", "!="))
TESTS = st.builds("{} {} '{}'".format, FACTS, OPS, st.sampled_from(MARKS))


@st.composite
def wheres(draw: st.DrawFn) -> str:
    """Conditions over how old two records are."""
    parts = draw(st.lists(TESTS, min_size=1, max_size=3))
    joint = draw(st.sampled_from((" and ", " or ")))
    return joint.join(f"not {part}" if draw(st.booleans()) else part for part in parts)


@settings(max_examples=40)
@given(where=wheres(), ages=st.tuples(st.none() | AGES, st.none() | AGES), passed=PASSED)
def test_no_moment_is_overlooked(
    where: str,
    ages: tuple[float | None, float | None],
    passed: float,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """What two records of any age come to in any time is found by the few ages that are tried."""
    flaw = f"""
[[tables.progress.rule]]
id = "hidden"
before = "owner-dead-stale"
when = "owner_dead and ({where})"
then = {{}}
"""
    policy = flawed(tmp_path_factory.mktemp("policy"), flaw, extends="default")
    later = [None if age is None else age + passed for age in ages]
    gone: dict[str, Any] = dict.fromkeys(OWNER.fact_fields) | {
        "phase_kind": "active",
        "owner": "dead",
        "owner_pid": 4242,
        "basis": "no_such_process",
    }
    moments = []
    for known in (ages, later):
        dated = dict(zip(("state", "journal"), known, strict=True))
        owner = gone | state_ages(dated)
        verdict = policy.tables["owner"].decide(OWNER.facts(**owner))
        told = {"phase_message": "m", "folder": "demo", **_progress_ages(dated)}
        moments.append(told | _progress_follows(owner, verdict))
    table, occurs = policy.tables["progress"], occurring(PROGRESS)
    made = [PROGRESS.facts(**facts) for facts in moments]
    failed = [table.decide(facts).state == "failed" for facts in made]

    if all(map(occurs, made)) and failed == [True, False]:
        assert "refuted" == proofs(policy, TIME_NEVER_HEALS).status


# When what was shown as failed is hidden: for an instant, or for a moment that two records cross
# together, each on its own side of a mark of its own.
MOMENTS = {
    "an instant": ("-100ms", "state_ahead == '-200ms' and journal_ahead == '-1h'"),
    "a moment": (
        "-1s",
        (
            "state_ahead <= '-1500ms' and state_ahead > '-1800ms'"
            " and journal_ahead <= '-2h' and journal_ahead > '-7200100ms'"
        ),
    ),
}


@pytest.mark.parametrize(("mark", "hidden"), MOMENTS.values(), ids=MOMENTS)
def test_no_moment_is_too_short_to_be_found(tmp_path: Path, mark: str, hidden: str) -> None:
    flaw = f"""
[[tables.progress.rule]]
id = "hidden"
before = "owner-dead-stale"
when = "owner_dead and {hidden}"
then = {{}}

[[tables.progress.rule]]
id = "shown"
before = "owner-dead-stale"
when = "owner_dead and state_ahead == '{mark}' and owner_stale"
then = {{ shown = true, state = "failed", message = "m", error = "{{owner_reason}}" }}
"""
    found = refutation(flawed(tmp_path, flaw), TIME_NEVER_HEALS)

    assert found.won[-1].startswith("hidden (")


def test_a_table_in_which_nothing_is_compared_has_no_moments() -> None:
    policy = load_policy("reference")
    moves = PassingTime(records=("lock",), facts=lambda ages: {"lock_age": ages["lock"]}, what="")
    table = policy.tables["beginning"]

    assert [] == list(moves.pairs(table, space_of(table)))


# -- More evidence ---------------------------------------------------------------------------------


def test_a_zombie_that_is_taken_for_alive_is_found(tmp_path: Path) -> None:
    found = refutation(flawed(tmp_path, REVIVES), DEATH_NEVER_REVIVES)

    assert "an owner that was " in found.complaint
    assert found.complaint.endswith("zombie went from unknown to true")
    assert [None, True] == [facts["zombie"] for facts in found.facts]


def test_a_lock_that_revives_with_its_owners_death_is_found(tmp_path: Path) -> None:
    found = refutation(flawed(tmp_path, RESURRECTS), DEATH_NEVER_REVIVES)

    assert ["unknown", "dead"] == [facts["owner"] for facts in found.facts]


def test_what_cannot_occur_is_no_counterexample() -> None:
    occurs = occurring(OWNER)
    known: dict[str, Any] = dict.fromkeys(OWNER.fact_fields)

    assert occurs(OWNER.facts(**known))
    assert not occurs(OWNER.facts(**known | {"owner": "dead"}))
    for point in CATALOGUE.values():
        assert callable(occurring(point))


@pytest.mark.parametrize(
    ("few", "status"),
    [(Limits(at_once=2**16, parts=4), "not_all"), (Limits(at_once=1, parts=1), "asked_of_nothing")],
    ids=["some", "none"],
)
def test_a_space_that_is_too_large_is_not_called_proven(
    few: Limits, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("moving", "through_owner"):
        monkeypatch.setattr(f"launchfsm.properties.{module}.ONE_BY_ONE", few)
    verdict = proofs(load_policy("default"), DEATH_NEVER_REVIVES)
    found = verdict.parts[0]

    assert status == found.status
    assert (found.looked_at > 0) is (status == "not_all")
    assert "proven" not in {part.status for part in verdict.parts[:3]}
    assert found.unseen > 0
    assert f"up to {found.unseen:,} more were not" in found.text()


def test_an_audit_has_the_same_parts(tmp_path: Path) -> None:
    policy = flawed(tmp_path, HEALS)
    audit = audit_policy(policy, properties=[TIME_NEVER_HEALS], examples=1)

    assert proofs(policy, TIME_NEVER_HEALS).parts == audit.verdicts[0].parts[:3]

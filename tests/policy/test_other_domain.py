"""Somebody with a quite different domain has decisions, policies and explanations of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import attrs
import pytest

from launchfsm.engine import Decision, Doc, TracingEngine, ValueType, engine_for, explained
from launchfsm.policy import PolicyError, load_policy
from launchfsm.policy.authoring.reference import reference
from launchfsm.policy.authoring.runner import coverage, run_tests
from launchfsm.policy.authoring.schema import rule_file_schema
from tests.policy.written import write

if TYPE_CHECKING:
    from pathlib import Path


@attrs.frozen
class Change:
    """A change that somebody wants to deploy."""

    branch: Annotated[str, Doc("The branch that it comes from.")]
    tests: Annotated[Literal["passed", "failed"] | None, Doc("How its tests ended.")] = None
    waited: Annotated[int | None, Doc("How long ago it was approved.", unit="ms")] = None
    title: Annotated[str | None, Doc("What it says of itself.")] = None


@attrs.frozen
class Gate:
    """Whether it goes out."""

    open: Annotated[bool, Doc("It goes out.")]
    reason: Annotated[str, Doc("What its author is told.")]


@attrs.frozen
class Reviewer:
    """Somebody who has to look at it."""

    name: Annotated[str, Doc("Who.")]


DEPLOY = Decision(
    "deploy", Change, Gate, "Does a change go out?", params={"window": ValueType("duration")}
)
REVIEW = Decision("review", Change, Reviewer, "Who looks at a change?", collect=True)
CATALOGUE: dict[str, Decision[Any, Any]] = {"deploy": DEPLOY, "review": REVIEW}

HOUSE = """\
policy = "house"

[tables.deploy]
hit = "first"
params = { window = "2d", trusted = ["release/", "hotfix/"] }

[[tables.deploy.rule]]
id = "red"
when = "tests == 'failed' or tests is None"
then = { open = false, reason = "its tests {tests}" }

[[tables.deploy.rule]]
id = "stale"
when = "waited > '2d' and not branch.startswith(trusted)"
then = { open = false, reason = "approved {waited} ago" }
[[tables.deploy.rule.test]]
facts = { branch = "feature/a", tests = "passed", waited = "3d" }
fires = true
[[tables.deploy.rule.test]]
facts = { branch = "hotfix/a", tests = "passed", waited = "3d" }
fires = false

[[tables.deploy.rule]]
id = "rest"
then = { open = true, reason = "it may go" }

[tables.review]
hit = "collect"
[[tables.review.rule]]
id = "security"
when = "'password' in title"
then = { name = "security" }
[[tables.review.rule]]
id = "somebody"
then = { name = "somebody" }
"""


def test_a_policy_for_ones_own_catalogue_decides_and_explains(tmp_path: Path) -> None:
    path = write(tmp_path, {"house.toml": HOUSE}) / "house.toml"
    policy = load_policy(path, catalogue=CATALOGUE)
    change = Change("feature/x", "passed", 3 * 86_400_000, "Store the password hashed")

    gate = engine_for(policy).decide(DEPLOY, change)
    reviewers = engine_for(policy).decide(REVIEW, change)

    assert Gate(open=False, reason="approved 3d ago") == gate
    assert ("security", "somebody") == tuple(one.name for one in reviewers)
    assert 2 * 86_400_000 == policy.param(DEPLOY, "window")

    tracing = TracingEngine(policy)
    tracing.decide(DEPLOY, change, "change 7")
    why = explained("house", policy.name, tracing.entries).of("deploy", "change 7")
    assert ("stale",) == why.won
    assert "deploy [change 7]: stale -> open=false, reason='approved 3d ago'" in why.text()


def test_its_tests_its_reference_and_its_schema_come_with_it(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, {"house.toml": HOUSE}) / "house.toml", catalogue=CATALOGUE)

    assert [True, True] == [result.passed for result in run_tests(policy)]
    assert 3 == len(coverage(policy).unfired)
    assert "## deploy\n\nDoes a change go out?" in reference(CATALOGUE)
    assert {"deploy-rule", "review-rule", "policy"} <= rule_file_schema(CATALOGUE)["$defs"].keys()


def test_what_is_wrong_is_told_in_its_words(tmp_path: Path) -> None:
    text = HOUSE.replace("branch.startswith", "brnch.startswith").replace("2d'", "2 days'")
    path = write(tmp_path, {"house.toml": text}) / "house.toml"

    with pytest.raises(PolicyError) as caught:
        load_policy(path, catalogue=CATALOGUE)

    assert {"wrong-type", "unknown-fact"} == {fault.code for fault in caught.value.faults}
    assert "did you mean 'branch'?" in str(caught.value)

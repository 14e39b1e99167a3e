"""Rules of every decision about a member may ask who it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from launchfsm import LaunchEvaluator
from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.decision import OwnDecision
from launchfsm.policies import load_policy
from launchfsm.policy.authoring.runner import coverage, run_tests
from launchfsm.testing import FakeProcesses
from launchfsm.testing.folders import TeamFolder
from tests.policy.analysis.doors import verify_table
from tests.policy.written import write
from tests.teams import NOW_TEXT, evaluation, judging

if TYPE_CHECKING:
    from launchfsm import Evaluation
    from launchfsm.engine import Policy
    from launchfsm.engine.engine import Engine

POLICIES = Path(__file__).parents[2] / "examples" / "policies"
FAILED = {
    "launchState": "failed_to_start",
    "hardFailure": True,
    "hardFailureReason": "quota exceeded",
    "providerId": "codex",
    "laneKind": "primary",
}


def folder(*names: str, up: tuple[str, ...] = ()) -> TeamFolder:
    launch = {
        "version": 2,
        "teamName": "team",
        "updatedAt": NOW_TEXT,
        "launchPhase": "finished",
        "expectedMembers": [*names, *up],
        "members": {
            **dict.fromkeys(names, FAILED),
            **{name: {"launchState": "confirmed_alive"} for name in up},
        },
    }
    return TeamFolder(team="team", launch=json.dumps(launch).encode())


def test_every_decision_about_a_member_has_these_facts() -> None:
    each = [decision for decision in CATALOGUE.values() if decision.each]
    assert 21 == len(each)
    for decision in each:
        assert {"name", "provider", "lane_kind", "cause"} <= decision.fact_fields.keys()


def skipping(path: Path, asked: str) -> Engine:
    """An engine of a policy that skips failed members of whom a condition holds."""
    rule = f"""id = "mine"
when = "launch_state == 'failed_to_start' and {asked}"
before = "confirmed"
then = {{ standing = "skipped" }}"""
    return judging(path, "standing", rule, extends="default")


@pytest.mark.parametrize("asked", ["name == 'bob'", "name.startswith('b') and cause == 'quota'"])
def test_a_rule_tells_members_apart_that_are_alike_in_all_else(tmp_path: Path, asked: str) -> None:
    engine = skipping(tmp_path / "mine", asked)
    for _ in range(2):
        found = evaluation(folder("ada", "bob", "cy"), engine=engine)
        assert found.preferred_snapshot is not None
        summary = found.preferred_snapshot.summary
        assert (2, 1) == (summary.failed_count, summary.skipped_count)


def test_a_rule_asks_for_the_provider_and_the_lane(tmp_path: Path) -> None:
    asked = "provider == 'codex' and lane_kind == 'primary'"
    found = evaluation(folder("ada"), engine=skipping(tmp_path / "mine", asked))
    assert found.preferred_snapshot is not None
    assert 1 == found.preferred_snapshot.summary.skipped_count


# -- The members of a launch, by name --------------------------------------------------------------


def judged(policy: Path | Policy, *names: str, up: tuple[str, ...] = (), root: Path) -> Evaluation:
    folder(*names, up=up).write(root)
    processes = FakeProcesses()
    return LaunchEvaluator(root, policy=policy, processes=processes).evaluate("team")


@pytest.mark.parametrize(
    ("failed", "severity"),
    [
        (("optional-docs", "optional-lint"), "warning"),
        (("optional-docs", "builder"), "failed"),
        ((), "ok"),
    ],
)
def test_optional_members_may_fail(tmp_path: Path, failed: tuple[str, ...], severity: str) -> None:
    found = judged(POLICIES / "optional.toml", *failed, up=("ada",), root=tmp_path)
    assert severity == found.verdict.severity


def test_a_table_of_the_launch_asks_for_a_member_by_name(tmp_path: Path) -> None:
    text = 'policy = "mine"\nextends = "default"\n'
    for decision in ("team_state", "verdict", "foremost"):
        text += f"""
[tables.on_{decision}]
on = "{decision}"
hit = "first"
outcome.found = {{ type = "boolean" }}
outcome.who = {{ type = "text" }}
[[tables.on_{decision}.rule]]
id = "lead"
when = "'builder' in failed_names"
then = {{ found = true, who = "{{failed_names}}; {{blocked_names}}" }}
"""
    policy = load_policy(write(tmp_path, {"mine.toml": text}) / "mine.toml")
    found = judged(policy, "builder", "cy", up=("ada",), root=tmp_path / "one").answers
    other = judged(policy, "cy", root=tmp_path / "other").answers
    for decision in ("team_state", "verdict", "foremost"):
        assert {"found": True, "who": "builder, cy; "} == found[f"on_{decision}"]
        assert {"found": False, "who": None} == other[f"on_{decision}"]


# -- The sample policies ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["paging", "optional"])
def test_a_sample_policy_is_tested_and_its_own_rules_verified(name: str) -> None:
    policy = load_policy(POLICIES / f"{name}.toml")
    assert all(result.passed for result in run_tests(policy))
    assert coverage(policy).complete
    for table in policy.tables.values():
        if isinstance(table.decision, OwnDecision):
            seen, findings = verify_table(table)
            assert ((), True) == (findings, seen.complete)

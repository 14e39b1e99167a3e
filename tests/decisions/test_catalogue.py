"""What decision points declare of their facts is true of every evaluation."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from launchfsm.engine.engine import Engine
from launchfsm.engine.trace import TracedDecision
from launchfsm.policies import load_policy
from launchfsm.testing.strategies import team_folders
from tests.readme import ROOT
from tests.teams import ALIVE, evaluation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from launchfsm.engine import Policy
    from launchfsm.testing.folders import TeamFolder


loaded = functools.cache(load_policy)

NAMES = ("failed_names", "blocked_names")
"""Facts that are looked for only where a rule asks for them."""


def broken(policy: Policy, decision: TracedDecision) -> Iterator[str]:
    """What is declared of a decision's facts and does not hold."""
    asked = decision.asked
    named = policy.reads(asked, *NAMES)
    for text, condition in zip(asked.preconditions, asked.required, strict=True):
        looked_for = named or not any(name in text for name in NAMES)
        if looked_for and not condition.holds(decision.known):
            yield text
    yield from (declared.text() for declared in asked.sums if not declared.holds(decision.known))


@pytest.mark.parametrize("policy", ["reference", "default", ROOT / "examples/policies/paging.toml"])
@given(folder=team_folders(damaged=True), alive=ALIVE)
def test_every_evaluation_meets_the_preconditions(
    policy: str | Path, folder: TeamFolder, alive: tuple[int, ...]
) -> None:
    judged_by = loaded(policy)
    record = evaluation(folder, alive, engine=Engine(judged_by)).record()

    decisions = [entry for entry in record if isinstance(entry, TracedDecision)]
    told = [(one.asked.name, text) for one in decisions for text in broken(judged_by, one)]
    assert decisions
    assert [] == told

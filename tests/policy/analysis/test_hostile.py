"""What a stranger's policy costs to verify, compare and explain grows as the policy does.

A test of a policy asks every rule of its table, so that running tests has a bound of its own
(`tests/policy/test_hostile.py`).
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.engine.trace import TracingEngine, explained
from launchfsm.policies import load_policy
from launchfsm.policy.analysis import compare, verify
from tests.policy.written import HEAD, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from launchfsm.engine.table import Policy

RULE = """
[[tables.expired.rule]]
id = "r{0}"
before = "{1}"
when = "{2}"
then = {{ expired = true }}
"""

CONDITIONS: dict[str, str] = {
    "one threshold each": "age > '{0}s'",
    "two thresholds each": "age > '{0}s' and ahead > '{0}m'",
    "equal on one, over on another": "age == '{0}s' and ahead > '{0}m'",
}


def hostile(folder: Path, kind: str, count: int) -> Policy:
    first = load_policy("reference").tables["expired"].rules[0].id
    rules = [RULE.format(n, first, CONDITIONS[kind].format(n)) for n in range(1, count + 1)]
    return load_policy(write(folder, {"mine.toml": HEAD + "".join(rules)}) / "mine.toml")


def explain(policy: Policy) -> None:
    engine = TracingEngine(policy)
    decision = policy.tables["expired"].decision
    facts = {name: field.default for name, field in decision.fact_fields.items()}
    engine.decide(decision, decision.facts(**facts))
    explained("demo", policy.name, engine.entries).text()


WORK: dict[str, Callable[[Policy], object]] = {
    "verify": verify,
    "compare": lambda policy: compare(policy, load_policy("reference")),
    "explain": explain,
}


def steps(call: Callable[[], object]) -> int:
    """How many functions are called."""
    count, before = 0, sys.getprofile()

    def note(_frame: object, event: str, _arg: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("kind", CONDITIONS)
@pytest.mark.parametrize("work", WORK)
@pytest.mark.slow
def test_the_work_grows_as_the_policy_does(kind: str, work: str, tmp_path: Path) -> None:
    few, many = hostile(tmp_path, kind, 10), hostile(tmp_path, kind, 80)

    small, large = (steps(functools.partial(WORK[work], policy)) for policy in (few, many))

    assert large <= 8 * 1.5 * small, (small, large)

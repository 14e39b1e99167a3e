"""A search says how far it looked, shows the smallest it found, and never passes unsearched."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import itertools
import subprocess
import sys
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from launchfsm.properties import Launch, Part, Property, audit_policy
from launchfsm.testing import TeamFolder

BLOCKED = """
import sys
sys.modules["hypothesis"] = None
from launchfsm.properties import ORDER_IRRELEVANT, Property, audit_policy
proven = Property.never("proven", table="owner", when="owner == 'alive'", then="dead")
audit = audit_policy("reference", properties=[ORDER_IRRELEVANT, proven])
print(audit.holds, bool(audit), [verdict.status for verdict in audit.verdicts])
print(audit.text())
"""


def settled(violation: Any, **options: Any) -> Part:
    asked = {key: options.pop(key) for key in ("given", "damaged") if key in options}
    prop = Property.launches("it", violation, **asked)
    (part,) = audit_policy("reference", properties=[prop], **options).of("it").parts
    return part


def test_a_search_that_finds_nothing_says_how_far_it_looked() -> None:
    part = settled(lambda _: None, examples=25)

    assert ("not_refuted", 25, "launches") == (part.status, part.looked_at, part.unit)
    assert "not refuted in 25 launches: whole evaluations" == part.text()


def test_the_counterexample_is_the_smallest_and_can_be_pasted() -> None:
    def somebody_failed(launch: Launch) -> str | None:
        snapshot = launch.evaluate().bootstrap_snapshot
        return "somebody failed" if snapshot and snapshot.summary.failed_count else None

    part = settled(somebody_failed)
    found, made = part.counterexample, dict[str, Any]()
    assert found is not None
    with contextlib.redirect_stdout(io.StringIO()):
        exec(found.paste, made)  # noqa: S102 - that it is code is the point
    launch: Launch = made["launch"]

    assert "refuted" == part.status
    assert "somebody failed" == found.violation == somebody_failed(launch)
    assert launch.state is not None
    assert 1 == len(launch.state["members"])
    assert launch.folder.journal in {None, b""}
    assert launch.folder.launch is launch.folder.lock is None
    assert any(line.startswith("verdict: ") for line in found.won)


def test_a_launch_that_is_as_wrong_for_the_parent_does_not_count() -> None:
    def by_default(launch: Launch) -> str | None:
        return "not reference" if launch.evaluate().policy.name == "default" else None

    def always(_: Launch) -> str | None:
        return "whatever"

    found = {}
    for violation in (by_default, always):
        prop = Property.launches("it", violation)
        (found[violation],) = audit_policy("default", properties=[prop], examples=5).of("it").parts

    assert "refuted" == found[by_default].status
    assert ("inherited", 5, 5) == (
        found[always].status,
        found[always].looked_at,
        found[always].inherited,
    )


def test_what_is_raised_is_a_violation_so_a_property_may_assert() -> None:
    def asserting(launch: Launch) -> None:
        assert launch.owner == "dead", "the owner is there"

    part = settled(asserting)

    assert part.counterexample is not None
    assert part.counterexample.violation.startswith("AssertionError: the owner is there")


def test_only_launches_that_the_property_is_about_count() -> None:
    def with_a_lock(launch: Launch) -> Launch | None:
        return launch if launch.folder.lock else None

    seen: list[Launch] = []
    part = settled(seen.append, given=with_a_lock, examples=15)

    assert len(seen) == part.looked_at == 15
    assert all(launch.folder.lock for launch in seen)


def test_a_property_may_assume_what_it_is_about() -> None:
    def with_a_lock(launch: Launch) -> str | None:
        hypothesis.assume(launch.folder.lock)
        return None

    part = settled(with_a_lock, examples=15)

    assert ("not_refuted", 15) == (part.status, part.looked_at)


def test_a_property_that_does_not_say_the_same_twice_is_a_mistake_in_it() -> None:
    asked = itertools.count()

    def fickle(_: Launch) -> str | None:
        return "odd" if next(asked) == 2 else None

    with pytest.raises(TypeError, match=r"fickle says one thing of a launch and, asked again"):
        settled(fickle, examples=20)


def test_files_are_damaged_where_that_was_asked_for() -> None:
    def odd(launch: Launch) -> str | None:
        return None if isinstance(launch.folder.state, bytes | None) else "a stand-in"

    assert "not_refuted" == settled(odd, examples=20).status
    assert "refuted" == settled(odd, damaged=True, examples=150).status


def test_the_same_seed_finds_the_same() -> None:
    def told(seed: int) -> list[Launch]:
        seen: list[Launch] = []
        settled(seen.append, seed=seed, examples=10)
        return seen

    assert told(1) == told(1)
    assert told(1) != told(2)


def test_a_launch_that_cannot_be_judged_is_shown_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ArithmeticError("no")

    monkeypatch.setattr("launchfsm.properties.launches.Evaluation", refuse)
    part = settled(lambda launch: launch.evaluate().team)

    assert part.counterexample is not None
    assert "ArithmeticError: no" == part.counterexample.violation
    assert ("none: the evaluation raises ArithmeticError",) == part.counterexample.won


def test_without_hypothesis_nothing_passes_unsearched() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[0] == "False False ['not_searched', 'proven']"
    assert "\n  not searched, hypothesis is missing; pip install hypothesis: " in done.stdout
    assert done.stdout.splitlines()[-1] == "reference: 2 properties: 1 proven, 1 not searched"


def test_hypothesis_is_looked_for_only_by_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    assert "not_searched" == settled(lambda _: None).status
    never = Property.never("it", table="owner", when="owner == 'alive'", then="dead")
    assert audit_policy("reference", properties=[never])


def test_a_property_that_no_launch_is_about_does_not_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = st.just(TeamFolder())  # else hypothesis tries a thousand
    monkeypatch.setattr("launchfsm.testing.strategies.team_folders", lambda **_: few)
    part = settled(lambda _: "never asked", given=lambda _: None, examples=1)

    assert ("asked_of_nothing", 0) == (part.status, part.looked_at)
    assert "asked of nothing, there are no launches that it is about" in part.text()


@pytest.mark.parametrize("violation", [lambda _: True, lambda _: "", lambda _: ["bad"]])
def test_a_violation_that_is_no_text_is_a_mistake_and_no_finding(violation: Any) -> None:
    with pytest.raises(TypeError, match=r"returned .* it has to return what is wrong"):
        settled(violation, examples=5)


def test_what_makes_a_launch_makes_one_or_none() -> None:
    with pytest.raises(TypeError, match=r"returned True; it has to return a Launch"):
        settled(lambda _: None, given=lambda _: True, examples=5)


@pytest.mark.parametrize("wrong", [{"violation": "x"}, {"violation": len, "given": "x"}])
def test_what_is_no_function_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="'x' is no function of a Launch"):
        Property.launches("it", **wrong)

"""Strategies for policies: legal mutations of a given one, each as the file an author would write.

A mutation is a small change that loads: a threshold moved, a rule disabled, negated or moved ahead
of another, a word of an answer replaced. A policy's analyses should cope with all of them, and its
tests should notice most.
"""

from __future__ import annotations

import functools
import operator
import os
import tempfile
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from launchfsm.engine.conditions import ALWAYS
from launchfsm.engine.table import Policy, Rule, Table
from launchfsm.policies import load_policy
from launchfsm.policy.diagnostics import PolicyError
from launchfsm.policy.discovery import is_shipped
from launchfsm.policy.documents import toml_text

_DURATIONS: Final = ("0s", "1ms", "1s", "1m", "3m", "5m", "15m", "1h", "1d")
_NUMBERS: Final = (0, 1, 2, 3, 10)
_ONE_IN_THREE: Final = st.sampled_from((False, False, True))


# One change in TOML: the text that names a param or a rule, and what becomes of it.
_Mutation: TypeAlias = tuple[str, str]


@attrs.frozen
class MutatedPolicy:
    """A policy that extends another by a few changes.

    Attributes:
        text: The policy as one file, which can be kept as `mutated.toml` and looked into.
    """

    text: str

    @functools.cached_property
    def policy(self) -> Policy:
        """The policy, loaded; a `PolicyError` when it has faults, as none of the strategy's has."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "mutated.toml")
            path.write_text(self.text, encoding="utf-8")
            return load_policy(path)

    def loads(self) -> bool:
        """Whether it has no faults."""
        try:
            return bool(self.policy.tables)
        except PolicyError:
            return False


def mutated_policies(
    policy: str | os.PathLike[str] = "default", *, max_changes: int = 3
) -> SearchStrategy[MutatedPolicy]:
    """Legal mutations of a policy: all of them load.

    Args:
        policy: The policy: a name or a path.
        max_changes: The most changes that are made at once.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: It has faults itself.
        ValueError: `max_changes` is below 1.
    """
    if max_changes < 1:
        raise ValueError(f"a mutation makes 1 change at least, not {max_changes}")
    loaded = load_policy(policy)
    shipped = isinstance(policy, str) and is_shipped(policy)
    extended = str(policy) if shipped else str(Path(policy).resolve())
    head = f'policy = "mutated"\nextends = {toml_text(extended)}\n'
    return _written(head, _changes(loaded), max_changes).filter(MutatedPolicy.loads)


# Not by map(), of whose result hypothesis prints the call that made it.
@st.composite
def _written(
    draw: DrawFn, head: str, changes: SearchStrategy[_Mutation], most: int
) -> MutatedPolicy:
    """The changes below the head: first the params, as none can follow a rule, then the rules."""
    drawn = draw(st.lists(changes, min_size=1, max_size=most, unique_by=operator.itemgetter(0)))
    drawn.sort(key=lambda change: not change[0].startswith("tables."))
    return MutatedPolicy("".join([head, *(begins + changed for begins, changed in drawn)]))


@st.composite
def _changes(draw: DrawFn, policy: Policy) -> _Mutation:
    """One change: twice as often of a rule as of a param, of which there are fewer."""
    tables = policy.tables.values()
    params = [(table, name) for table in tables for name in table.params if _others(table, name)]
    if draw(_ONE_IN_THREE) and params:
        table, name = draw(st.sampled_from(params))
        value = draw(st.sampled_from(_others(table, name)))
        return f"tables.{table.decision.name}.params.{name} = ", f"{toml_text(value)}\n"
    table = draw(st.sampled_from([table for table in tables if _conditional(table)]))
    rule = draw(st.sampled_from(_conditional(table)))
    begins = f"\n[[tables.{table.decision.name}.rule]]\nid = {toml_text(rule.id)}\n"
    return begins, draw(st.sampled_from(_variants(table, rule))) + "\n"


def _conditional(table: Table) -> list[Rule]:
    return [rule for rule in table.rules if rule.when != ALWAYS]


def _others(table: Table, name: str) -> list[Any]:
    """What a param could be instead; nothing for one that is no threshold."""
    value = table.params[name]
    if isinstance(value, str) and value[:1].isdigit():
        return [other for other in _DURATIONS if other != value]
    if isinstance(value, int) and not isinstance(value, bool):
        return [other for other in _NUMBERS if other != value]
    return []


def _variants(table: Table, rule: Rule) -> list[str]:
    """What can become of a rule that does not always fire."""
    overridden = [f"when = {toml_text(f'not ({rule.when.text()})')}"]
    overridden += [
        f"before = {toml_text(other.id)}" for other in table.rules if other.id != rule.id
    ]
    for name, field in table.decision.outcome_fields.items():
        kind, said = field.kind, rule.then.get(name, field.default)
        if kind.many:
            continue
        others: list[Any] = [word for word in kind.words if word != said]
        if kind.name == "boolean":
            others.append(not said)
        overridden += [f"then = {toml_text({name: other})}" for other in others]
    return ["disable = true", *(f"override = true\n{lines}" for lines in overridden)]

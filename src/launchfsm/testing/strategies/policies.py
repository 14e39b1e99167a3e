"""Policies: legal mutations of a given one, each as the file that an author would have written.

A mutation is a small change that loads: a threshold moved, a rule disabled, turned around or moved
ahead of another, a word of an answer replaced. Whoever analyses policies should cope with them all;
whoever tests one should notice most.

Here: such files. Not here: policies that do not load, or what is wrong with any.
"""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
from hypothesis import strategies as st

from launchfsm.policy.conditions import ALWAYS
from launchfsm.policy.faults import PolicyError
from launchfsm.policy.finding import is_shipped
from launchfsm.policy.loading import load_policy

if TYPE_CHECKING:
    import os

    from hypothesis.strategies import DrawFn, SearchStrategy

    from launchfsm.policy.rules import Policy, Rule, Table

Entry: TypeAlias = tuple[str, str]
"""The header of a TOML table, and the lines below it."""

_DURATIONS: Final = ("0s", "1ms", "1s", "1m", "3m", "5m", "15m", "1h", "1d")
_NUMBERS: Final = (0, 1, 2, 3, 10)
_EITHER: Final[SearchStrategy[bool]] = st.booleans()


@attrs.frozen
class MutatedPolicy:
    """A policy that extends another by a few changes.

    Attributes:
        text: The policy as one file, which can be kept as `mutated.toml` and looked into.
    """

    text: str

    @functools.cached_property
    def policy(self) -> Policy:
        """The policy, loaded.

        Raises:
            PolicyError: It has faults, which none has that the strategy makes.
        """
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
    head = f'policy = "mutated"\nextends = {json.dumps(extended)}\n'
    entries = st.lists(_entries(loaded), min_size=1, max_size=max_changes, unique_by=_place)
    return _written(head, entries).filter(MutatedPolicy.loads)


def _place(entry: Entry) -> tuple[str, str]:
    """What an entry changes, so that no two change the same."""
    header, lines = entry
    return header, lines.partition("\n")[0]


@st.composite
def _written(draw: DrawFn, head: str, entries: SearchStrategy[list[Entry]]) -> MutatedPolicy:
    # Not by map(), of whose result hypothesis prints the call that made it.
    changes = [f"{header}\n{lines}\n" for header, lines in draw(entries)]
    return MutatedPolicy("\n".join([head, *changes]))


@st.composite
def _entries(draw: DrawFn, policy: Policy) -> Entry:
    """One change."""
    table = draw(st.sampled_from([table for table in policy.tables.values() if _changeable(table)]))
    moved: list[str] = [name for name, value in table.params.items() if _others(value)]
    of_a_param = draw(_EITHER)
    if moved and of_a_param:
        name = draw(st.sampled_from(moved))
        value = draw(st.sampled_from(_others(table.params[name])))
        return f"[tables.{table.point.name}.params]", f"{name} = {json.dumps(value)}"
    rule = draw(st.sampled_from([rule for rule in table.rules if rule.when != ALWAYS]))
    lines = draw(st.sampled_from(_changes(table, rule)))
    return f"[[tables.{table.point.name}.rule]]", f"id = {json.dumps(rule.id)}\n{lines}"


def _changeable(table: Table) -> bool:
    return any(rule.when != ALWAYS for rule in table.rules)


def _others(value: Any) -> list[Any]:
    """What a param could be instead; nothing for one that is no threshold."""
    if isinstance(value, str) and value[:1].isdigit():
        return [other for other in _DURATIONS if other != value]
    if isinstance(value, int) and not isinstance(value, bool):
        return [other for other in _NUMBERS if other != value]
    return []


def _changes(table: Table, rule: Rule) -> list[str]:
    """What can become of a rule that does not always fire."""
    overridden = [f"when = {json.dumps(f'not ({rule.when.text()})')}"]
    overridden += [
        f"before = {json.dumps(other.id)}" for other in table.rules if other.id != rule.id
    ]
    for name, field in table.point.outcome_fields.items():
        kind, said = field.kind, rule.then.get(name, field.default)
        if kind.many:
            continue
        if kind.name == "boolean":
            overridden.append(f"then = {{ {name} = {'false' if said else 'true'} }}")
        words = [word for word in kind.words if word != said]
        overridden += [f"then = {{ {name} = {json.dumps(word)} }}" for word in words]
    return ["disable = true", *(f"override = true\n{lines}" for lines in overridden)]

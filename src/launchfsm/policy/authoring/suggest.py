"""Suggest: inline tests for what the tests of a policy leave untested."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from launchfsm.engine.conditions import Not
from launchfsm.engine.table import NOTHING, Policy, Table
from launchfsm.engine.text import visible
from launchfsm.engine.types import write_value
from launchfsm.policy.analysis.reports import facts_text
from launchfsm.policy.analysis.sets import OutOfWorkError, Situations, Work
from launchfsm.policy.analysis.space import MOST_TABLES, WORK, Space, look_at, regions_of, space_of
from launchfsm.policy.authoring.runner import TableCoverage, measured
from launchfsm.policy.documents import toml_text


@attrs.frozen
class Suggestion:
    """An inline test that shows what no test of a policy shows yet; it passes today.

    Attributes:
        file: The file that has the rule, to which the test can be appended.
        shows: What it shows, a sentence.
        toml: The test; empty where no situation that was looked at shows it.
    """

    table: str
    file: str
    shows: str
    toml: str


def suggest_tests(
    policy: Policy, *, in_one_file: bool = False, work: int = WORK
) -> tuple[Suggestion, ...]:
    """Tests that make every rule of a policy answer, and show each condition from both sides.

    As `coverage`, it is about the rules that the policy wrote or changed. Of a very large table
    only the first are suggested.

    Args:
        in_one_file: Whether the policy is one file, where a test names its table.
        work: How much work a table may take; see `launchfsm.policy.analysis.WORK`.
    """
    shared = Work(MOST_TABLES * work)
    found: list[Suggestion] = []
    for covered in measured(policy):
        with contextlib.suppress(OutOfWorkError):
            found += _suggested(covered, Work(work, of=shared), in_one_file=in_one_file)
    return tuple(found)


def _suggested(covered: TableCoverage, work: Work, *, in_one_file: bool) -> Iterator[Suggestion]:
    table, name = covered.table, covered.table.decision.name
    unseen = [
        (id_, "", rule.when, True)
        for id_, rule in covered.rules.items()
        if id_ not in covered.fired
    ]
    for (rule, text), seen in covered.sides.items():
        condition = covered.conditions[rule][text]
        unseen += [(rule, text, condition, side) for side in (False, True) if side not in seen]
    if not unseen:
        return
    looked, regions = look_at(space_of(table, work=work), functools.partial(regions_of, table))
    numbers = {rule.id: number for number, rule in enumerate(table.rules)}
    for rule, text, condition, side in unseen:
        if side in covered.sides[rule, text] if text else rule in covered.fired:
            continue  # a test that is suggested for something else shows it
        file, verb = covered.rules[rule].location().file, "holds" if side else "does not hold"
        shows = f"`{text}` of rule {rule!r} {verb}" if text else f"rule {rule!r} answers"
        toml = ""
        where = looked.where(condition if side else Not(condition))
        found = regions.tried[numbers[rule]] & where if regions else None
        if found:
            facts = _plainest(looked, found)
            work.spend(table.size)
            covered.add(facts)
            # The file of the policy itself has its tables below `tables`.
            below = in_one_file or file.rpartition("/")[2] == "policy.toml"
            head = f"tables.{name}.test" if below else "test"
            toml = inline_test(table, facts, head=head, comment=shows, rule=rule)
        yield Suggestion(name, file, shows, toml)


def _plainest(space: Space, situations: Situations) -> dict[str, Any]:
    """The facts of that situation in which the most facts are at rest."""
    for index, axis in enumerate(space.axes):
        at_rest = situations & space.within(index, 1 << axis.number_of(axis.field.resting))
        situations = at_rest or situations
    return space.facts_of(situations.first())


# -- A situation as an inline test -----------------------------------------------------------------


def inline_test(
    table: Table,
    facts: Mapping[str, Any],
    *,
    head: str = "test",
    comment: str = "",
    rule: str | None = None,
) -> str:
    """An inline test that says what a table answers to facts: it passes as long as that is so.

    Args:
        head: The key that the test is an item of.
        comment: What to write above it.
        rule: Where several rules answer, the one whose answer the test names; else the first.
    """
    lines = [f"# {visible(comment)}"] if comment else []
    lines += [f"[[{head}]]", f"facts = {facts_text(table.decision, facts)}"]
    won = [winner.id for winner in table.winners(facts)]
    if len(won) > 1:
        answers = table.decide(table.decision.facts(**facts))
        lines.append(f"then = {answer_text(table, answers[won.index(rule) if rule in won else 0])}")
    else:
        lines.append(f"decides = {toml_text(won[0] if won else NOTHING)}")
    return "\n".join(lines)


def answer_text(table: Table, answer: Any) -> str:
    """An outcome as a rule's `then` writes it, without the fields at their default."""
    fields = table.decision.outcome_fields
    return toml_text(
        {
            name: write_value(field.kind, getattr(answer, name))
            for name, field in fields.items()
            if field.required or getattr(answer, name) != field.default
        }
    )

"""A rule wins for facts exactly where the regions say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given

from launchfsm.engine.engine import rule_results
from launchfsm.policy.analysis.situations import regions_of
from launchfsm.policy.analysis.spanning import space_of
from tests.policy.analysis.doors import any_table, facts_strategy, rule, table_of

if TYPE_CHECKING:
    from launchfsm.engine.table import Table


def test_the_first_rule_that_fires_wins() -> None:
    table = table_of(rule("a", "locked", {}) + rule("b", None, {}))
    space = space_of(table)
    regions = regions_of(table, space)
    assert (regions.fires[0], space.possible) == regions.fires
    assert (regions.fires[0], space.possible & ~regions.fires[0]) == regions.wins
    assert 0 == regions.nothing


def test_a_table_without_rules_answers_nothing() -> None:
    table = table_of("")
    space = space_of(table)
    assert space.possible == regions_of(table, space).nothing


@given(any_table(), facts_strategy())
def test_the_winner_for_facts_is_the_winner_of_their_situation(
    table: Table, facts: dict[str, Any]
) -> None:
    space = space_of(table)
    regions = regions_of(table, space)
    here = space.inside(space.box_of(facts))
    fired = [row.when.holds(facts) for row in table.rules]
    assert fired == [bool(where & here) for where in regions.fires]
    winners = [trial.rule.id for trial in rule_results(table, facts) if trial.fired]
    found = [row.id for row, where in zip(table.rules, regions.wins, strict=True) if where & here]
    assert winners == found
    assert (not winners) is bool(regions.nothing & here)


@given(any_table())
def test_wins_and_nothing_are_all_that_can_occur(table: Table) -> None:
    space = space_of(table)
    regions = regions_of(table, space)
    joined = regions.nothing
    for where in regions.wins:
        if table.hit != "collect":
            assert 0 == joined & where
        joined |= where
    assert space.possible == joined

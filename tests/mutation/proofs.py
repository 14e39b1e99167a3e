"""Proofs: what becomes of a mutant of the rules before any test runs.

A mutant that cannot be loaded even without its tests is no policy: it is *refused*, and counts
nowhere. One that its inline tests contradict is killed by them. One that answers every situation
as the original does is *equivalent*: that is proven, by `launchfsm.policy.analysis`.

Here: those three. Not here: the mutants that are left, for the suite (`campaign`).
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import attrs

from launchfsm.policies import load_policy
from launchfsm.policy.authoring.runner import run_tests
from launchfsm.policy.diagnostics import PolicyError
from tests.mutation.mutants import RuleMutant, Verdict
from tests.mutation.rules import RULES, toml_of, without_tests
from tests.policy.analysis.doors import compare_tables

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from launchfsm.engine.table import Policy, Table


def lay_rules(mutant: RuleMutant, folder: Path) -> Path:
    """The shipped policies in a folder, one file of them the mutant's."""
    rules = folder / "rules"
    if not rules.is_dir():
        shutil.copytree(RULES, rules)
    _write(mutant, rules, mutant.document)
    return rules


def settled(mutant: RuleMutant, folder: Path) -> Verdict | None:
    """What becomes of a mutant before any test runs; `None` when it takes the suite to say.

    Args:
        mutant: The mutant.
        folder: Where a copy of the policies may be; the one file is the original's afterwards.
    """
    rules = lay_rules(mutant, folder)
    policy = rules / mutant.part.removeprefix("rules/")
    original = (RULES.parent / mutant.file).read_text(encoding="utf-8")
    try:
        _write(mutant, rules, without_tests(mutant.document))
        try:
            load_policy(policy)
        except PolicyError as error:
            return Verdict(mutant, "refused", error.faults[0].code)
        _write(mutant, rules, mutant.document)
        try:
            loaded = load_policy(policy)
        except PolicyError as error:
            return Verdict(mutant, "killed", f"inline tests: {error.faults[0].code}")
        return _decided(mutant, loaded)
    finally:
        (folder / mutant.file).write_text(original, encoding="utf-8")


def _write(mutant: RuleMutant, rules: Path, document: dict[str, Any]) -> None:
    (rules.parent / mutant.file).write_text(toml_of(document), encoding="utf-8")


def _decided(mutant: RuleMutant, policy: Policy) -> Verdict | None:
    table = policy.tables[mutant.table]
    alone = attrs.evolve(policy, tables={mutant.table: table})
    failed = [result for result in run_tests(alone) if not result.passed]
    if failed:
        return Verdict(mutant, "killed", f"inline tests: {failed[0].location}")
    shipped = load_policy(mutant.part.removeprefix("rules/"))
    situations = proven_over(table, shipped.tables[mutant.table])
    if situations is None:
        return None
    return Verdict(mutant, "equivalent", f"proven over {situations:,} situations")


def proven_over(table: Table, original: Table) -> int | None:
    """How many situations there are, when two tables answer all of them alike."""
    if table.params != original.params and table.decision.params:
        return None  # evaluation itself reads them
    coverage, differences = compare_tables(table, original)
    return coverage.situations if coverage.complete and not differences else None

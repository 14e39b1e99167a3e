"""What becomes of a mutant of the rules before any test runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mutation.proofs import lay_rules, settled
from tests.mutation.rules import RULES, rule_mutants

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mutation.mutants import RuleMutant, Verdict


pytestmark = pytest.mark.slow


def mutant_of(key: str) -> RuleMutant:
    policy = key.split("/")[1]
    (found,) = (mutant for mutant in rule_mutants(policy) if mutant.key == key)
    return found


def verdict_of(key: str, folder: Path) -> Verdict | None:
    return settled(mutant_of(key), folder)


@pytest.mark.parametrize(
    ("key", "fate", "by"),
    [
        ("rules/reference/standing.toml pending: rule dropped", "refused", "no-default"),
        (
            'rules/reference/owner.toml (top): stale_after = "3m1ms"',
            "killed",
            "inline tests: ",
        ),
        (
            "rules/reference/launch_phase.toml says-it-ended: swapped with owner-dead",
            "equivalent",
            "proven over ",
        ),
        (
            "rules/default/owner.toml not-to-be-looked-at: swapped with unknown",
            "equivalent",
            "proven over ",
        ),
    ],
    ids=["refused", "killed", "equivalent", "equivalent in default"],
)
def test_what_takes_no_suite(key: str, fate: str, by: str, tmp_path: Path) -> None:
    verdict = verdict_of(key, tmp_path)

    assert verdict is not None
    assert (fate, True) == (verdict.fate, verdict.by.startswith(by)), verdict


def test_a_difference_that_no_inline_test_shows_is_left_to_the_suite(tmp_path: Path) -> None:
    assert (
        verdict_of(
            'rules/reference/phase.toml validating: message = "Validating'
            ' deterministic bootstrap spec?"',
            tmp_path,
        )
        is None
    )


def test_a_param_that_evaluation_reads_is_never_called_equivalent(tmp_path: Path) -> None:
    key = "rules/reference/journal_warning.toml (top): recent_lines = 4"

    assert verdict_of(key, tmp_path) is None


def test_afterwards_the_copy_is_the_original_again(tmp_path: Path) -> None:
    mutant = mutant_of('rules/reference/owner.toml (top): stale_after = "3m1ms"')
    before = (RULES / "reference/owner.toml").read_text(encoding="utf-8")

    settled(mutant, tmp_path)

    assert before == (tmp_path / mutant.file).read_text(encoding="utf-8")
    assert before == (RULES / "reference/owner.toml").read_text(encoding="utf-8")
    laid = lay_rules(mutant, tmp_path)
    assert before != (laid / "reference/owner.toml").read_text(encoding="utf-8")

"""What is printed in the end."""

from __future__ import annotations

from tests.mutation.mutants import Fate, Mutant, Verdict
from tests.mutation.scores import report, score_of


def verdict(fate: Fate, part: str = "code", file: str = "src/launchfsm/a.py") -> Verdict:
    return Verdict(Mutant(part, file, "f", f"{fate}!"), fate)


def test_what_nothing_can_notice_and_what_is_no_policy_count_nowhere() -> None:
    fates: list[Fate] = ["killed", "killed", "killed", "survived", "equivalent", "refused"]
    score = score_of("a", [verdict(fate) for fate in fates])

    assert (6, 1, 1, 3, 1) == (
        score.mutants,
        score.refused,
        score.equivalent,
        score.killed,
        score.survived,
    )
    assert 75.0 == score.percent


def test_no_mutant_is_all_there_was_to_notice() -> None:
    assert 100.0 == score_of("a", []).percent


def test_survivors_are_named_and_every_part_has_its_line() -> None:
    lines = list(
        report(
            [
                verdict("survived"),
                verdict("killed"),
                verdict("killed", "rules/reference", "rules/reference/owner.toml"),
            ]
        )
    )

    assert ["survived:", "  src/launchfsm/a.py f: survived!", ""] == lines[:3]
    assert ["mutants", "refused", "equivalent", "killed", "survived", "score"] == lines[3].split()
    assert [
        ["rules/reference", "1", "0", "0", "1", "0", "100.0", "%"],
        ["a.py", "2", "0", "0", "1", "1", "50.0", "%"],
        ["all", "rules", "1", "0", "0", "1", "0", "100.0", "%"],
        ["all", "code", "2", "0", "0", "1", "1", "50.0", "%"],
        ["all", "3", "0", "0", "2", "1", "66.7", "%"],
    ] == [line.split() for line in lines[4:]]

"""Scores: how many mutants were noticed, and which were not.

Here: counting and printing. Not here: what becomes of a mutant (`campaign`).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.mutation.mutants import Verdict


@attrs.frozen
class Score:
    """What became of the mutants of one part.

    Attributes:
        part: The part; a module or a folder of rules.
        mutants: How many there were.
        refused: Of them, those that are no policy at all.
        equivalent: Of them, those that nothing could notice.
        killed: Of them, those that the suite noticed.
        survived: Of them, those that it did not.
    """

    part: str
    mutants: int
    refused: int
    equivalent: int
    killed: int
    survived: int

    @property
    def percent(self) -> float:
        """How many of those that could be noticed were, in percent."""
        counted = self.killed + self.survived
        return 100 * self.killed / counted if counted else 100.0

    def text(self) -> str:
        """The score in a line of the table."""
        numbers = (self.mutants, self.refused, self.equivalent, self.killed, self.survived)
        cells = "".join(f"{number:>11,}" for number in numbers)
        return f"{self.part:<34}{cells}{self.percent:>8.1f} %"


_HEAD = ("mutants", "refused", "equivalent", "killed", "survived", "score")


def score_of(part: str, verdicts: Sequence[Verdict]) -> Score:
    """The score of some verdicts."""
    fates = Counter(verdict.fate for verdict in verdicts)
    return Score(
        part,
        len(verdicts),
        fates["refused"],
        fates["equivalent"],
        fates["killed"],
        fates["survived"],
    )


def report(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The survivors, the score of each part and of all, line by line."""
    survivors = sorted(v.mutant.key for v in verdicts if v.fate == "survived")
    if survivors:
        yield "survived:"
        yield from (f"  {key}" for key in survivors)
        yield ""
    parts: dict[str, list[Verdict]] = {}
    for verdict in sorted(verdicts, key=lambda v: v.mutant.file):
        mutant = verdict.mutant
        part = mutant.part if mutant.part != "code" else mutant.file.removeprefix("src/launchfsm/")
        parts.setdefault(part, []).append(verdict)
    yield f"{'':<34}" + "".join(f"{name:>11}" for name in _HEAD[:-1]) + f"{_HEAD[-1]:>10}"
    yield from (score_of(part, found).text() for part, found in parts.items())
    code = [verdict for verdict in verdicts if verdict.mutant.part == "code"]
    rules = [verdict for verdict in verdicts if verdict.mutant.part != "code"]
    for name, found in (("all rules", rules), ("all code", code), ("all", [*verdicts])):
        if found:
            yield score_of(name, found).text()

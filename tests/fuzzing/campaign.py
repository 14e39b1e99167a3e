"""A campaign: case after case, what they cost, and what went wrong.

Here: the loop and its report. Not here: several processes and the command (`command`).
"""

from __future__ import annotations

import resource
import time
import traceback
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final

import attrs

from launchfsm.evaluation.evaluator import Evaluation
from launchfsm.records.documents import LARGEST_FILE
from tests.fuzzing.case import POLICIES, Case, PolicyName
from tests.fuzzing.coverage import Coverage
from tests.fuzzing.measuring import allocated, seconds
from tests.fuzzing.minimising import minimised
from tests.fuzzing.mutators import mutated

Check = Callable[[Case, PolicyName | None], Evaluation | None]
"""Evaluates a case by a policy, or asks everything of both, and raises what is wrong."""

_KEPT: Final = 4_000  # cases; beyond it a new one takes the place of an old one
_LARGEST_KEPT: Final = 4_096  # bytes; what is made of a large case is large as well, and slow
_FAILURES: Final = 20  # kinds; who has so many has enough to do


@attrs.frozen(kw_only=True)
class Plan:
    """How a campaign goes about it.

    Attributes:
        seed: Of all that is random; the same plan makes the same cases.
        cases: How many to try.
        deadline: The monotonic time to stop at; `None`: when all were tried.
        largest: How many bytes a file may grow to; what is larger is not read (§1).
        longest: How many seconds an evaluation may take.
        most_memory: How many bytes one may allocate at once.
        thorough_every: Every how many cases one is asked everything.
        traced_every: Every how many cases the way that one takes is traced.
        weighed_every: Every how many cases the memory of one is measured.
        weighed_from: From how many bytes on the memory of every case is measured.
    """

    seed: int = 0
    cases: int = 1_000
    deadline: float | None = None
    largest: int = LARGEST_FILE
    longest: float = 0.05
    most_memory: int = 16 * 2**20
    thorough_every: int = 100
    traced_every: int = 250
    weighed_every: int = 500
    weighed_from: int = 65_536


@attrs.frozen
class Failure:
    """A case that something is wrong with.

    Attributes:
        kind: What, and where: failures of one kind are told once.
        case: The smallest that was found.
        detail: The traceback, or the measurement.
    """

    kind: str
    case: Case
    detail: str


@attrs.define(kw_only=True)
class Report:
    """What came of a campaign, or of several.

    Attributes:
        cases: How many were tried.
        thorough: How many of them were asked everything.
        traced: How many were traced.
        weighed: Of how many the memory was measured.
        kept: How many were kept because they did something new and are small.
        edges: How many edges of the code were seen.
        slowest: The most processor time of an evaluation, in seconds.
        slowest_case: That one.
        heaviest: The most memory of an evaluation, in bytes.
        heaviest_case: That one.
        grown: By how many bytes the process grew, the most of any.
        failures: What went wrong, by kind.
        failed: How many cases failed, of whatever kind.
    """

    cases: int = 0
    thorough: int = 0
    traced: int = 0
    weighed: int = 0
    kept: int = 0
    edges: int = 0
    slowest: float = 0.0
    slowest_case: Case | None = None
    heaviest: int = 0
    heaviest_case: Case | None = None
    grown: int = 0
    failures: dict[str, Failure] = attrs.Factory(dict)
    failed: int = 0

    def add(self, other: Report) -> None:
        """Take in what came of another one."""
        for count in ("cases", "thorough", "traced", "weighed", "kept", "failed"):
            setattr(self, count, getattr(self, count) + getattr(other, count))
        for most in ("edges", "grown"):
            setattr(self, most, max(getattr(self, most), getattr(other, most)))
        self.note_time(other.slowest, other.slowest_case)
        self.note_memory(other.heaviest, other.heaviest_case)
        self.failures = {**other.failures, **self.failures}

    def note_time(self, took: float, case: Case | None) -> None:
        """Remember the slowest case."""
        if took > self.slowest:
            self.slowest, self.slowest_case = took, case

    def note_memory(self, took: int, case: Case | None) -> None:
        """Remember the case with the most memory."""
        if took > self.heaviest:
            self.heaviest, self.heaviest_case = took, case


def check(case: Case, policy: PolicyName | None) -> Evaluation | None:
    """Evaluate a case by a policy, or ask everything of both."""
    if policy is not None:
        return case.evaluate(policy)
    case.check()
    return None


@attrs.define
class Campaign:
    """Cases of one seed, one after another.

    Attributes:
        plan: How to go about it.
        corpus: What to begin with; cases that do something new are added.
        check: What is done with a case.
    """

    plan: Plan
    corpus: list[Case]
    check: Check = check
    _rng: Random = attrs.field(init=False)
    _coverage: Coverage = attrs.field(factory=Coverage, init=False)
    _report: Report = attrs.field(factory=Report, init=False)

    def __attrs_post_init__(self) -> None:
        self._rng = Random(self.plan.seed)  # noqa: S311 - to be repeated, not to be secret

    def run(self) -> Report:
        """Try as many cases as planned, and say what came of it."""
        before, report = _resident(), self._report
        while report.cases < self.plan.cases and not self._is_over():
            case = mutated(
                self._rng.choice(self.corpus), self._rng, self.corpus, largest=self.plan.largest
            )
            report.cases += 1
            self._try(case, report.cases)
        report.edges, report.grown = len(self._coverage.edges), _resident() - before
        return report

    def _is_over(self) -> bool:
        return self.plan.deadline is not None and time.monotonic() >= self.plan.deadline

    def _try(self, case: Case, number: int) -> None:
        plan, report = self.plan, self._report
        policy = POLICIES[number % len(POLICIES)]
        try:
            start = time.process_time()
            evaluation = self.check(case, policy)
            took = time.process_time() - start
            new = evaluation is not None and self._coverage.answered(evaluation)
            if number % plan.thorough_every == 0:
                report.thorough += 1
                self.check(case, None)
        except Exception as error:  # noqa: BLE001 - that there is none is what is tried
            self._note_failure(case, error)
            return
        self._measure(case, partial(self.check, case, policy), took, number)
        if number % plan.traced_every == 0:
            report.traced += 1
            new |= self._coverage.traced(partial(self.check, case, policy))
        if new and _size(case) <= _LARGEST_KEPT:
            self._keep(case)

    def _measure(self, case: Case, act: Callable[[], object], took: float, number: int) -> None:
        plan, report = self.plan, self._report
        if took > plan.longest:
            took = seconds(act, limit=plan.longest)
        report.note_time(took, case)
        if took > plan.longest:
            self._note("too slow", case, f"{took * 1_000:.1f} ms of processor time")
        if number % plan.weighed_every == 0 or _size(case) >= plan.weighed_from:
            report.weighed += 1
            memory = allocated(act)
            report.note_memory(memory, case)
            if memory > plan.most_memory:
                self._note("too much memory", case, f"{memory:,} bytes")

    def _keep(self, case: Case) -> None:
        self._report.kept += 1
        if len(self.corpus) < _KEPT:
            self.corpus.append(case)
        else:
            self.corpus[self._rng.randrange(_KEPT)] = case

    def _note_failure(self, case: Case, error: Exception) -> None:
        kind = kind_of(error)
        detail = "".join(traceback.format_exception(error))
        if kind not in self._report.failures and len(self._report.failures) < _FAILURES:
            case = minimised(case, lambda smaller: self._kind(smaller) == kind)
        self._note(kind, case, detail)

    def _note(self, kind: str, case: Case, detail: str) -> None:
        self._report.failed += 1
        if len(self._report.failures) < _FAILURES:
            self._report.failures.setdefault(kind, Failure(kind, case, detail))

    def _kind(self, case: Case) -> str | None:
        try:
            for policy in POLICIES:
                self.check(case, policy)
            self.check(case, None)
        except Exception as error:  # noqa: BLE001 - which one, is the question
            return kind_of(error)
        return None


def kind_of(error: Exception) -> str:
    """Name a failure by its error's type and the place that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "nowhere"
    return f"{type(error).__name__} at {place}"


def _size(case: Case) -> int:
    folder = case.folder
    contents = (folder.state, folder.journal, folder.lock, folder.launch)
    return sum(len(content) for content in contents if isinstance(content, bytes))


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024

"""Coverage: which lines followed on which while a case was evaluated, and whether that was new.

Tracing makes Python some twenty times slower, so only a share of the cases is traced; what the
answers were is told for all of them, and an answer nobody gave before is worth keeping as well.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

import attrs

import launchfsm

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from launchfsm.evaluation.evaluator import Evaluation

_OURS: Final = (str(Path(launchfsm.__file__).parent), "<")
"""How files begin that are ours: the package's, and those that it generates from rules."""


@attrs.define
class Coverage:
    """What was seen so far.

    Attributes:
        edges: Pairs of lines, one after the other, in one function.
        answers: The gist of evaluations.
    """

    edges: set[tuple[CodeType, int, int]] = attrs.Factory(set)
    answers: set[tuple[Any, ...]] = attrs.Factory(set)

    def traced(self, act: Callable[[], object]) -> bool:
        """Do something, and tell whether it took a way that nothing took before."""
        found: set[tuple[CodeType, int, int]] = set()
        before = sys.gettrace()
        sys.settrace(_tracer(found))
        try:
            act()
        finally:
            sys.settrace(before)
        new = not found <= self.edges
        self.edges |= found
        return new

    def answered(self, evaluation: Evaluation) -> bool:
        """Tell whether no case was answered like this before."""
        gist = _gist(evaluation)
        if gist in self.answers:
            return False
        self.answers.add(gist)
        return True


def _gist(evaluation: Evaluation) -> tuple[Any, ...]:
    snapshot, runtime = evaluation.preferred_snapshot, evaluation.runtime_state
    return (
        evaluation.policy.name,
        evaluation.verdict.severity,
        evaluation.preferred_source,
        evaluation.real_task_submission,
        None if snapshot is None else (snapshot.launch_phase, snapshot.team_launch_state),
        None if runtime is None else (runtime.progress.state, runtime.progress.message[:40]),
    )


def _tracer(found: set[tuple[CodeType, int, int]]) -> Any:
    last: dict[FrameType, int] = {}

    def trace(frame: FrameType, event: str, _: object) -> Any:
        code = frame.f_code
        if event == "call":
            return trace if code.co_filename.startswith(_OURS) else None
        if event == "line":
            found.add((code, last.get(frame, 0), frame.f_lineno))
            last[frame] = frame.f_lineno
        elif event == "return":
            last.pop(frame, None)
        return trace

    return trace

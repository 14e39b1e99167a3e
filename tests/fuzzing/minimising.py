"""Minimising: the smallest case that still fails, by taking pieces away (delta debugging).

Here: which smaller cases to try. Not here: what failing is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from tests.fuzzing.case import Case
from tests.fuzzing.mutators import FILES


def minimised(case: Case, fails: Callable[[Case], bool], *, tries: int = 3_000) -> Case:
    """Return a case that fails, of which nothing more can be taken away.

    Args:
        case: One that fails.
        fails: Whether a case still does, in the same way.
        tries: How many smaller ones to try at most.
    """
    budget = _Budget(tries, fails)
    for name in FILES:
        without = _with(case, name, None)
        if getattr(case.folder, name) is not None and budget.fails(without):
            case = without
    for name in FILES:
        content = getattr(case.folder, name)
        if isinstance(content, bytes):
            case = _with(case, name, _smaller(case, name, content, budget))
    plain = attrs.evolve(case, now=Case().now, processes=Case().processes)
    return plain if budget.fails(plain) else case


@attrs.define
class _Budget:
    left: int
    judge: Callable[[Case], bool]

    def fails(self, case: Case) -> bool:
        self.left -= 1
        return self.left >= 0 and self.judge(case)


def _with(case: Case, name: str, content: bytes | None) -> Case:
    changed: dict[str, Any] = {name: content}
    return attrs.evolve(case, folder=attrs.evolve(case.folder, **changed))


def _smaller(case: Case, name: str, content: bytes, budget: _Budget) -> bytes:
    piece = max(1, len(content) // 2)
    while piece and content:
        start = 0
        while start < len(content):
            rest = content[:start] + content[start + piece :]
            if budget.fails(_with(case, name, rest)):
                content = rest
            else:
                start += piece
        piece //= 2
    return content

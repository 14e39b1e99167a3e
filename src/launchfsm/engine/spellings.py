"""Spellings: what authors bring along from other languages, and what a condition writes instead.

Asked only of a text that is no condition, so that it may guess: nothing that can be read is refused
because of it.

Here: operators, joints and durations. Not here: reading a condition (`conditions`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from launchfsm.policy.diagnostics import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OURS: Final[Mapping[str, str]] = {
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not",
    "=": "==",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
}
_WORDS: Final = frozenset({"and", "or", "not", "in", "is"})
_TOKEN: Final = re.compile(
    r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
    r"|(?P<duration>\b(?:\d+(?:ms|[smhd]))+\b)"
    r"|(?P<word>[^\W\d]\w*)"
    r"|(?P<mark>[&|!=<>:]+)"
)


def foreign(text: str) -> Iterator[Problem]:
    """What a text writes in another way than conditions do, from its beginning.

    Args:
        text: What is no condition, on one line.
    """
    for token in _TOKEN.finditer(text):
        if advice := _advice(token):
            yield Problem(
                "syntax", f"this is not a condition: {advice}", token.start(), len(token[0])
            )


def _advice(token: re.Match[str]) -> str:
    """What to write instead of a token; empty where it is one of ours."""
    theirs = token[0]
    if token["duration"]:
        return f"a duration stands in quotes; write '{theirs}'"
    if token["word"] and theirs not in _WORDS and theirs.lower() in _WORDS:
        return f"write `{theirs.lower()}` for `{theirs}`"
    if token["mark"] and theirs in _OURS:
        return f"write `{_OURS[theirs]}` for `{theirs}`"
    return ""

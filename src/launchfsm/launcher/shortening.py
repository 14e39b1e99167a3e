"""Shortening: texts cut to a length.

Here: that one cut. Not here: how long a text may be (``state``), or how it is written as JSON
(``launchfsm.ecma.json``).
"""

from __future__ import annotations

from typing import Final

_GAP: Final = " … "


def shorten(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of a text: its beginning and its end, the gap marked.

    Both ends matter in a reason: what happened comes first, the last words of a log come last.
    """
    if len(text) <= limit:
        return text
    room = max(0, limit - len(_GAP))
    tail = room // 2
    return (text[: room - tail] + _GAP + text[len(text) - tail :])[:limit]

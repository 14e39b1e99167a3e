"""Encoding: how documents and texts are put on disk.

Here: JSON without waste, and texts cut to a length. Not here: which documents there are.
"""

from __future__ import annotations

import json
from typing import Any, Final

_GAP: Final = " … "


def json_bytes(document: Any) -> bytes:
    """Return a document as JSON in UTF-8 on one line.

    A lone surrogate, such as undecodable bytes of a file's name become, has no UTF-8; a text that
    has one makes everything outside ASCII be escaped, which every reader takes.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(document, allow_nan=False, separators=(",", ":")).encode()


def shorten(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of a text: its beginning and its end, the gap marked.

    Both ends matter in a reason: what happened comes first, the last words of a log come last.
    """
    if len(text) <= limit:
        return text
    room = max(0, limit - len(_GAP))
    tail = room // 2
    return (text[: room - tail] + _GAP + text[len(text) - tail :])[:limit]

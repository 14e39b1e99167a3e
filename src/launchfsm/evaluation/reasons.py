"""Reasons: the readable part of a failure reason that is really a routing answer (§10).

Some launchers record the whole answer of a message router as the reason, sometimes cut off in the
middle. People are shown its summary and content.

Here: that one reading. Not here: who shows it.
"""

from __future__ import annotations

import re
from typing import Any, Final

from launchfsm.ecma.json import JsonError, parse_json_text
from launchfsm.ecma.text import trim

_MARKS: Final = ("Message sent to", '"routing"')
_KEYS: Final = ("summary", "content")


def reason_text(reason: str) -> str:
    """What a person is shown of a failure reason (§10)."""
    if not any(mark in reason for mark in _MARKS):
        return reason
    routing = _routing(reason)
    if routing is None:
        texts = [_raw_field(reason, key) for key in _KEYS]
    else:
        texts = [routing.get(key) for key in _KEYS]
    trimmed = [trim(text) for text in texts if isinstance(text, str)]
    return ": ".join(dict.fromkeys(text for text in trimmed if text)) or reason


def _routing(reason: str) -> dict[str, Any] | None:
    """The `routing` of a successful answer, when the whole text parses as one."""
    try:
        answer = parse_json_text(reason)
    except JsonError:
        return None
    if not isinstance(answer, dict) or answer.get("success") is not True:
        return None
    routing = answer.get("routing")
    if isinstance(routing, list):
        return {}
    return routing if isinstance(routing, dict) else None


def _raw_field(reason: str, key: str) -> str | None:
    """The first JSON text under a key in a text that need not be JSON; it may be cut off."""
    found = re.search(rf'"{key}"\s*:\s*"((?:[^"\\]+|\\.)*)', reason, re.DOTALL)
    if found is None:
        return None
    raw = found[1]
    try:
        text = parse_json_text(f'"{raw}"')
    except JsonError:
        return raw
    return text if isinstance(text, str) else None

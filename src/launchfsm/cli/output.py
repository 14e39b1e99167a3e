"""Output: what standard output is, and JSON for it.

Here: whether to lay out a table, whether to colour it, JSON texts. Not here: what is written.
"""

from __future__ import annotations

import json
import math
import os
import sys
from typing import Any


def is_terminal() -> bool:
    """Whether a person sees standard output, on a terminal that can be drawn on."""
    stream = sys.stdout
    return stream is not None and stream.isatty() and os.environ.get("TERM") not in {"dumb", ""}


def is_coloured() -> bool:
    """Whether to colour what goes to a terminal: not when `NO_COLOR` says anything at all."""
    return is_terminal() and not os.environ.get("NO_COLOR")


def json_text(value: Any) -> str:
    """JSON in plain ASCII, indented; a number that JSON lacks becomes a text such as `"inf"`."""
    try:
        return json.dumps(value, indent=2, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), indent=2, allow_nan=False)


def json_line(value: Any) -> str:
    """JSON in plain ASCII on one line, for JSON Lines."""
    return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value

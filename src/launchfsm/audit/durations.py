"""Spans: how far apart two times are, in words.

A record may give any number for a time, and so two may be further apart than any two dates are.

Here: that, for people. Not here: durations in general (`launchfsm.ecma.dates`).
"""

from __future__ import annotations

from launchfsm.ecma.dates import duration_text


def span_text(ms: float) -> str:
    """Say how long a span is, in ms; what no two dates are apart is that, and not unknown."""
    text = duration_text(ms)
    return "more than 500,000 years" if text == "unknown" else text

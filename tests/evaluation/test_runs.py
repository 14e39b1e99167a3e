"""Which run a record names, and which of its times count."""

from __future__ import annotations

from typing import Any

import pytest

from launchfsm.evaluation.runs import moment_of
from launchfsm.records.journal import named_run

BEGAN = 1_700_000_000_000


@pytest.mark.parametrize(
    ("written", "named"),
    [(None, None), ("", None), (" \ufeff\n", None), (" run 1\t", "run 1"), ("\x85", "\x85")],
)
def test_a_run_is_named_by_a_text_that_is_not_blank(written: str | None, named: str | None) -> None:
    assert named == named_run(written)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        (BEGAN, BEGAN),
        (BEGAN + 0.5, BEGAN + 0.5),
        ("2023-11-14T22:13:20Z", BEGAN),
        (1, 1),
        (0.5, 0.5),
        (0, None),
        (-1, None),
        ("1969-12-31", None),
        ("soon", None),
        (True, None),
        (None, None),
        (float("inf"), None),
        ([BEGAN], None),
    ],
)
def test_a_moment_is_a_time_after_1970(written: Any, moment: float | None) -> None:
    assert moment == moment_of(written)

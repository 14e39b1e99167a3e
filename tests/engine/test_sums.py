"""A sum says of facts whether they add up, and how."""

from __future__ import annotations

from launchfsm.engine.sums import Sum

ALL = Sum("names", ("confirmed", "failed"))


def test_facts_add_up_or_do_not() -> None:
    assert ALL.holds({"names": 5, "confirmed": 2, "failed": 3, "else": None})
    assert not ALL.holds({"names": 4, "confirmed": 2, "failed": 3})


def test_it_reads_like_a_condition() -> None:
    assert "names == confirmed + failed" == ALL.text()
    assert ("names", "confirmed", "failed") == ALL.facts

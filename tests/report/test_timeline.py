"""The chart of a run: where its bars are, and what is written beside them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from launchfsm.records.journal import parse_journal
from launchfsm.report.timeline import Chart, chart_lines, chart_of
from launchfsm.testing.strategies import hostile_bytes, journal_records
from tests.audit.teams import finished, journal, member, phase, terminal


def chart(*records: dict[str, Any]) -> Chart:
    (run,) = parse_journal(journal(records)).runs
    return chart_of(run)


def test_bars_are_where_their_times_are() -> None:
    rows = {row.name: row for row in chart(*finished()).rows}

    assert [("phase", 5 / 14, 11 / 14)] == [
        (bar.kind, bar.begin, bar.end) for bar in rows["spawning_members"].bars
    ]
    assert [("spawned", 6 / 14, 8 / 14), ("seen", 8 / 14, 9 / 14)] == [
        (bar.kind, bar.begin, bar.end) for bar in rows["ada"].bars
    ]
    assert ((9 / 14, "confirmed"),) == rows["ada"].ends
    assert "confirmed after 3s" == rows["ada"].text


def test_what_has_no_end_reaches_the_last_record() -> None:
    open_chart = chart(phase("spawning_members"), member("ada", "spawn_started"), phase("auditing"))
    rows = {row.name: row for row in open_chart.rows}

    assert ("open", "2s", "0/1 confirmed") == (
        open_chart.status,
        open_chart.took,
        open_chart.confirmed,
    )
    assert 1.0 == rows["ada"].bars[-1].end
    assert "spawned; no end recorded" == rows["ada"].text


def test_a_failure_says_why_and_an_attempt_its_number() -> None:
    failed = member("ada", "spawn_failed") | {"detail": "no such file"}
    tried = [member("ada", "spawn_started"), failed] * 2
    (row,) = chart(*tried).rows

    assert ("failed after 1s, attempt 2", "no such file") == (row.text, row.reason)
    assert 2 == len(row.ends) == len(row.bars)


def test_it_is_drawn_as_text() -> None:
    lines = list(chart_lines(chart(*finished(), terminal("completed") | {"reason": "done"})))

    assert lines[0].startswith("completed        run-1  2026-03-02T09:00:00.000Z  took 15s")
    assert lines[0].endswith("2/2 confirmed  done")
    ada = next(line for line in lines if "ada" in line)
    assert "|" + " " * 16 + "-----===+" + " " * 15 + "|" in ada


@pytest.mark.parametrize("ts", [None, 0, -1e300, 1e300])
def test_times_of_any_size_have_a_place(ts: float | None) -> None:
    found = chart(phase("x") | {"ts": ts}, phase("y") | {"ts": 1e308}, phase("z") | {"ts": -1e308})

    assert all(0 <= bar.begin <= bar.end <= 1 for row in found.rows for bar in row.bars)


@given(hostile_bytes(journal_records(damaged=True)))
def test_any_run_is_drawn(data: bytes) -> None:
    for run in parse_journal(data).runs:
        found = chart_of(run)
        assert all(0 <= bar.begin <= bar.end <= 1 for row in found.rows for bar in row.bars)
        assert len(list(chart_lines(found))) == 1 + len(found.rows)

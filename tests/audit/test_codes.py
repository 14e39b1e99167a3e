"""The codes are one table, and the documentation shows it as it is."""

from __future__ import annotations

from pathlib import Path

from launchfsm.audit import CODES, codes_table
from launchfsm.audit.codes import SEVERITIES, AuditCode
from launchfsm.vocabulary import Severity, values

DOCS = Path(__file__).parents[2] / "docs" / "audit-codes.md"


def test_every_code_has_a_meaning_and_every_meaning_a_code() -> None:
    assert values(AuditCode) == tuple(CODES)


def test_the_severities_are_all_there_are_worst_first() -> None:
    assert tuple(reversed(values(Severity))) == SEVERITIES


def test_every_severity_is_used() -> None:
    assert set(SEVERITIES) == {known.severity for known in CODES.values()}


def test_the_documentation_shows_the_table() -> None:
    assert DOCS.read_text().endswith("\n\n" + codes_table())


def test_no_meaning_breaks_the_table() -> None:
    assert {4} == {line.count("|") for line in codes_table().splitlines()}

"""Findings read as a line each, in the order of their gravity, and no code drowns the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchfsm import to_wire
from launchfsm.audit import CODES, Audit, AuditCode, codes_table
from launchfsm.audit.findings import MOST_OF_A_CODE, SEVERITIES, Findings, found
from launchfsm.records.wire import from_wire
from launchfsm.vocabulary import Severity, values
from tests.audit.teams import audit, finished, finished_state, journal, phase

DOCS = Path(__file__).parents[2] / "docs" / "audit-codes.md"
JOURNAL = "bootstrap-journal.jsonl"
TORN = b'{"ts": 1'


def test_a_finding_says_where_it_is() -> None:
    assert "launch-state.json" == found("unreadable-file", "launch-state.json", "").place
    assert f"{JOURNAL}:9" == found("torn-line", JOURNAL, "", line=9).place
    assert f"{JOURNAL}:9 $.ts" == found("wrong-type", JOURNAL, "", line=9, path="$.ts").place


def test_a_finding_reads_as_a_line() -> None:
    finding = found("torn-line", JOURNAL, "it breaks off", line=9)

    assert f"info     torn-line  {JOURNAL}:9  it breaks off" == finding.text()


def test_an_audit_reads_as_lines_the_gravest_first() -> None:
    records = [*finished()[:6], phase("completed"), *finished()[6:], phase("completed")]

    text = audit(journal=journal(records)).text()

    assert (
        "error    demo  1 error, 2 info found; 17 records of 1 run replayed\n"
        f"  error    illegal-step  {JOURNAL}:7  run 'run-1': phase 'completed': bootstrap: the"
        " event 'complete' is refused in state 'spawning_members'. Allowed there: audit, fail,"
        " cancel.\n"
        f"  info     repeated-step  {JOURNAL}:17  run 'run-1': phase 'completed': it is in"
        " 'completed' already\n"
        "  info     state-missing  bootstrap-state.json  only the journal tells of the launch"
    ) == text


def test_an_audit_that_found_nothing_says_so() -> None:
    text = audit(journal=journal(finished()), state=finished_state()).text()

    assert "ok       demo  nothing found; 15 records of 1 run replayed" == text


def test_findings_are_in_the_order_of_their_lines() -> None:
    audited = audit(journal=journal([TORN, *finished()[:5], TORN, *finished()[5:]]) + TORN)

    assert [1, 7, 18] == [finding.line for finding in audited.findings if finding.line is not None]


@pytest.mark.parametrize(("made", "left_out"), [(MOST_OF_A_CODE, {}), (250, {"torn-line": 150})])
def test_of_one_code_so_many_are_kept_and_the_others_counted(
    made: int, left_out: dict[str, int]
) -> None:
    findings = Findings()
    findings.add(found("torn-line", JOURNAL, "", line=line) for line in range(made))
    findings.add([found("state-missing", "bootstrap-state.json", "")])

    assert MOST_OF_A_CODE + 1 == len(findings.kept())
    assert left_out == findings.left_out()


def test_what_was_left_out_is_said() -> None:
    text = audit(journal=b"x\n" * 250).text()

    assert text.startswith("warning  demo  250 warnings found; 0 records of 0 runs replayed\n")
    assert text.endswith("\n  warning  unreadable-line  and 150 more")


def test_an_audit_survives_the_wire() -> None:
    audited = audit(journal=b"x\n" * 250 + journal(finished()), state=b"{")

    assert audited == from_wire(Audit, to_wire(audited))


def test_on_the_wire_no_severity_is_said_to_be_none() -> None:
    assert to_wire(audit())["severity"] is None


# -- Codes --


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

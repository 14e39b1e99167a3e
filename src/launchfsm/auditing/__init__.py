"""Audits of what launches left on disk: the journal replayed, and held against everything else.

Here: the public names, sorted, nothing else.
"""

from __future__ import annotations

from launchfsm.auditing.audit import audit_evidence, audit_team
from launchfsm.auditing.codes import CODES, AuditCode, CodeMeaning, codes_table
from launchfsm.auditing.findings import Audit, AuditFinding

__all__ = [
    "CODES",
    "Audit",
    "AuditCode",
    "AuditFinding",
    "CodeMeaning",
    "audit_evidence",
    "audit_team",
    "codes_table",
]

"""Audits of what launches left on disk: the journal replayed, and held against everything else.

Here: the public names, sorted, nothing else.
"""

from __future__ import annotations

from launchfsm.audit.audit import audit_evidence, audit_team
from launchfsm.audit.codes import CODES, AuditCode, CodeMeaning, codes_table
from launchfsm.audit.findings import Audit, AuditFinding

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

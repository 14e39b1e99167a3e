"""Audits of what launches left on disk: the journal replayed, and checked against the rest."""

from __future__ import annotations

from launchfsm.audit.audit import audit_evidence, audit_team
from launchfsm.audit.findings import CODES, Audit, AuditCode, AuditFinding, CodeMeaning, codes_table

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

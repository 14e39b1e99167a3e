"""Audits of policies: what a policy guarantees, proven where that is finite, else searched for.

    audit = audit_policy("./mine", properties=[*PROPERTIES, MY_OWN])
    assert audit, audit.text()

It stands beside the audits of teams (`launchfsm.audit`), as `launchfsm policy audit` stands
beside `launchfsm audit`.

Here: the public names. The rooms: `properties` (what to ask for) and `shipped` (what is asked for
unless told otherwise); `situations`, `answering`, `moving` and `through_owner` (claims that are
proven, table by table), with `ages` (how time passes); `searching`, `launches` and
`judged_launches` (claims that are searched for); `asking`, `pasting` (what they share), `audit`
(the asking) and `reports` (the answers).
"""

from __future__ import annotations

from launchfsm.properties.audit import audit_policy
from launchfsm.properties.builtin import (
    CONFIRMED_STAYS,
    DEATH_NEVER_REVIVES,
    DETERMINISTIC,
    ORDER_IRRELEVANT,
    PROPERTIES,
    TERMINAL_ABSORBS,
    TIME_NEVER_HEALS,
    TOTAL,
)
from launchfsm.properties.check_context import EXAMPLES
from launchfsm.properties.launches import Launch, OwnerIs
from launchfsm.properties.property import Claim, Complaint, Property
from launchfsm.properties.report import (
    Counterexample,
    Part,
    PolicyAudit,
    PropertyVerdict,
    Status,
)

__all__ = [
    "CONFIRMED_STAYS",
    "DEATH_NEVER_REVIVES",
    "DETERMINISTIC",
    "EXAMPLES",
    "ORDER_IRRELEVANT",
    "PROPERTIES",
    "TERMINAL_ABSORBS",
    "TIME_NEVER_HEALS",
    "TOTAL",
    "Claim",
    "Complaint",
    "Counterexample",
    "Launch",
    "OwnerIs",
    "Part",
    "PolicyAudit",
    "Property",
    "PropertyVerdict",
    "Status",
    "audit_policy",
]

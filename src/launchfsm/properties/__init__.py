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

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from launchfsm.properties.property import Claim, Property, Violation
    from launchfsm.properties.report import (
        Counterexample,
        Part,
        PolicyAudit,
        PropertyVerdict,
        Status,
    )

_HOMES = {
    "CONFIRMED_STAYS": "builtin",
    "Claim": "property",
    "Violation": "property",
    "Counterexample": "report",
    "DEATH_NEVER_REVIVES": "builtin",
    "DETERMINISTIC": "builtin",
    "EXAMPLES": "check_context",
    "Launch": "launches",
    "ORDER_IRRELEVANT": "builtin",
    "OwnerIs": "launches",
    "PROPERTIES": "builtin",
    "Part": "report",
    "PolicyAudit": "report",
    "Property": "property",
    "PropertyVerdict": "report",
    "Status": "report",
    "TERMINAL_ABSORBS": "builtin",
    "TIME_NEVER_HEALS": "builtin",
    "TOTAL": "builtin",
    "audit_policy": "audit",
}

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
    "Counterexample",
    "Launch",
    "OwnerIs",
    "Part",
    "PolicyAudit",
    "Property",
    "PropertyVerdict",
    "Status",
    "Violation",
    "audit_policy",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'launchfsm.properties' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"launchfsm.properties.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

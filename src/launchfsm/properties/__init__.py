"""Audits of policies: what a policy guarantees, proven where that is finite, else searched for.

For example::

    audit = audit_policy("./mine", properties=[*PROPERTIES, MY_OWN])
    assert audit, audit.text()

The audits of teams are in `launchfsm.audit`.
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
    from launchfsm.properties.claims import EXAMPLES
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
    "EXAMPLES": "claims",
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

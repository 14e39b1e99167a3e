"""Audits of policies: what a policy guarantees, proven where that is finite, else searched for.

`audit_policy` asks a policy for properties::

    audit = audit_policy("./mine", properties=[*PROPERTIES, MY_OWN])
    assert audit, audit.text()

`policy_impact` tells which recorded teams another policy would judge otherwise. The audits of teams
are in `launchfsm.audit`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from launchfsm.properties.audit import audit_policy as audit_policy
    from launchfsm.properties.builtin import CONFIRMED_STAYS as CONFIRMED_STAYS
    from launchfsm.properties.builtin import DEATH_NEVER_REVIVES as DEATH_NEVER_REVIVES
    from launchfsm.properties.builtin import DETERMINISTIC as DETERMINISTIC
    from launchfsm.properties.builtin import ORDER_IRRELEVANT as ORDER_IRRELEVANT
    from launchfsm.properties.builtin import PROPERTIES as PROPERTIES
    from launchfsm.properties.builtin import TERMINAL_ABSORBS as TERMINAL_ABSORBS
    from launchfsm.properties.builtin import TIME_NEVER_HEALS as TIME_NEVER_HEALS
    from launchfsm.properties.builtin import TOTAL as TOTAL
    from launchfsm.properties.claims import EXAMPLES as EXAMPLES
    from launchfsm.properties.impact import Impact as Impact
    from launchfsm.properties.impact import policy_impact as policy_impact
    from launchfsm.properties.launches import Launch as Launch
    from launchfsm.properties.launches import OwnerIs as OwnerIs
    from launchfsm.properties.property import Claim as Claim
    from launchfsm.properties.property import Property as Property
    from launchfsm.properties.property import Violation as Violation
    from launchfsm.properties.report import Counterexample as Counterexample
    from launchfsm.properties.report import Part as Part
    from launchfsm.properties.report import PolicyAudit as PolicyAudit
    from launchfsm.properties.report import PropertyVerdict as PropertyVerdict
    from launchfsm.properties.report import Status as Status

# Imported when first asked for (PEP 562): pytest imports this package in every suite.
_NAMES: Final = {
    "audit": "audit_policy",
    "builtin": (
        "CONFIRMED_STAYS DEATH_NEVER_REVIVES DETERMINISTIC ORDER_IRRELEVANT PROPERTIES "
        "TERMINAL_ABSORBS TIME_NEVER_HEALS TOTAL"
    ),
    "claims": "EXAMPLES",
    "impact": "Impact policy_impact",
    "launches": "Launch OwnerIs",
    "property": "Claim Property Violation",
    "report": "Counterexample Part PolicyAudit PropertyVerdict Status",
}
_HOMES: Final = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - all of them are texts


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'launchfsm.properties' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"launchfsm.properties.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__

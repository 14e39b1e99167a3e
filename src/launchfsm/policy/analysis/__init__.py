"""Analysis: policies proven by looking at every situation that they can tell apart.

`verify` says what is wrong with a policy, `compare` on what two policies differ, `why_not` what
would have to be different for a rule to win. The values of a table's facts
are partitioned into classes that nothing in the table tells apart (`partitions`), every combination
of classes is a situation (`space`), and sets of situations are decision diagrams (`sets`), so that
even 10^13 of them are looked at in a second. Work is bounded; what was left out is said
(`coverage`).
"""

from __future__ import annotations

from launchfsm.policy.analysis.comparison import (
    Comparison,
    ParamDifference,
    Side,
    TableDifference,
    compare,
)
from launchfsm.policy.analysis.counterfactual import Need, WhyNot, why_not
from launchfsm.policy.analysis.reports import Coverage, Example, RuleRef
from launchfsm.policy.analysis.sets import Situations
from launchfsm.policy.analysis.space import WORK, Axis, Regions, Space, regions_of, space_of
from launchfsm.policy.analysis.verification import TableFinding, Verification, verify

__all__ = [
    "WORK",
    "Axis",
    "Comparison",
    "Coverage",
    "Example",
    "Need",
    "ParamDifference",
    "Regions",
    "RuleRef",
    "Side",
    "Situations",
    "Space",
    "TableDifference",
    "TableFinding",
    "Verification",
    "WhyNot",
    "compare",
    "regions_of",
    "space_of",
    "verify",
    "why_not",
]

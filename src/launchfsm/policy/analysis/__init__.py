"""Analysis: policies proven by looking at every situation that they can tell apart.

`verify` says what is wrong with a policy, `compare` on what two policies differ, `why_not` what
would have to be different for a rule to win. The values of a table's facts are partitioned into
classes that nothing in the table tells apart (`partitions`), every combination of classes is a
situation (`space`), and sets of situations are decision diagrams (`sets`), so that even 10^13 of
them are looked at in a second. Work is bounded; reports say what was left out.
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
from launchfsm.policy.analysis.space import WORK
from launchfsm.policy.analysis.verification import TableFinding, Verification, verify

__all__ = [
    "WORK",
    "Comparison",
    "Coverage",
    "Example",
    "Need",
    "ParamDifference",
    "RuleRef",
    "Side",
    "TableDifference",
    "TableFinding",
    "Verification",
    "WhyNot",
    "compare",
    "verify",
    "why_not",
]

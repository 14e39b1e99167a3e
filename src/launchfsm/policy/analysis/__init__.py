"""Analysis: policies proven by looking at every situation that they can tell apart.

`verify` says what is wrong with a policy, `compare` on what two policies differ, `why_not` what
would have to be different for a rule to win. None of them samples: a table's facts are cut into the
classes that nothing in it tells apart (`cells`), every combination of them is a situation (`space`,
`spanning`), and sets of situations are integers, so that all of them are looked at in milliseconds.
"""

from __future__ import annotations

from launchfsm.policy.analysis.comparison import compare, compare_tables
from launchfsm.policy.analysis.counterfactual import why_not
from launchfsm.policy.analysis.coverage import Coverage, Limits
from launchfsm.policy.analysis.publishing import (
    Departures,
    PublishedDifference,
    departures,
    published,
)
from launchfsm.policy.analysis.reports import (
    Comparison,
    Difference,
    Example,
    Finding,
    Need,
    ParamDifference,
    RuleRef,
    Side,
    Verification,
    WhyNot,
)
from launchfsm.policy.analysis.situations import Regions, regions_of
from launchfsm.policy.analysis.space import Axis, Situations, Space
from launchfsm.policy.analysis.spanning import space_of
from launchfsm.policy.analysis.verification import verify, verify_table

__all__ = [
    "Axis",
    "Comparison",
    "Coverage",
    "Departures",
    "Difference",
    "Example",
    "Finding",
    "Limits",
    "Need",
    "ParamDifference",
    "PublishedDifference",
    "Regions",
    "RuleRef",
    "Side",
    "Situations",
    "Space",
    "Verification",
    "WhyNot",
    "compare",
    "compare_tables",
    "departures",
    "published",
    "regions_of",
    "space_of",
    "verify",
    "verify_table",
    "why_not",
]

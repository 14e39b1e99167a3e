"""Diagnostic codes: the stable names of everything that can be wrong in a policy, each with its meaning.

Tools and annotations go by these names, so one may be added but none renamed.

Here: the names and what they stand for. Not here: finding faults (`loading`, `merging`, `checking`,
`conditions`), whose messages say what is wrong in the case at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MEANINGS: Final[Mapping[str, str]] = {
    # files
    "unreadable": "A file or a folder's policy.toml cannot be read as UTF-8 text.",
    "toml": "A file is not TOML.",
    "unknown-key": "A key has no meaning where it stands.",
    "missing-key": "A key that has to be there is missing.",
    "wrong-type": "A value is not of the type that its place has.",
    # what is extended
    "unknown-policy": "The extended policy cannot be found.",
    "cycle": "Policies extend one another in a circle.",
    "duplicate-policy": "A policy has the name of one that it extends.",
    "unused-override": "A rule overrides or disables one that is not inherited.",
    "unknown-id": "A rule is named that the table does not have.",
    "duplicate-id": "Two rules of a table have the same id.",
    "rule-id": "A rule has an id that stands for no rule: an empty one, or `nothing`.",
    "type-change": "An inherited param or hit policy gets another type.",
    "contradiction": "Two keys of a rule exclude one another.",
    # tables
    "unknown-table": "There is no decision point of this name.",
    "duplicate-table": "A policy has a table twice.",
    "missing-table": "A policy lacks a table.",
    "hit-policy": "The hit policy is none that the decision point takes.",
    "no-default": "A table has no rule without `when`, and its outcome has no default.",
    "unused-param": "No rule names a param.",
    "param-name": "A param has a fact's name, or one that conditions cannot spell.",
    # conditions
    "syntax": "A condition cannot be parsed.",
    "too-long": "A condition or a text is longer than it may be.",
    "too-deep": "A condition is nested deeper than it can be read.",
    "not-allowed": "Something stands in a condition that conditions do not have.",
    "unknown-fact": "The decision point has no such fact.",
    "unknown-param": "The table has no such param.",
    "not-boolean": "A fact that is no boolean stands alone.",
    "operator": "A fact cannot be compared in this way.",
    "chained": "Comparisons are chained.",
    "left-side": "The left side of a comparison is no fact.",
    "not-none": "`is` compares with something else than None.",
    "always-known": "A fact that is always known is asked whether it is.",
    "constant": "A constant stands for a condition.",
    # outcomes and tests
    "missing-outcome": "A rule does not say what its outcome needs.",
    "unknown-field": "The outcome has no such field.",
    "template": "The braces of a text cannot be read.",
    "test": "An inline test asks nothing, or of facts that cannot be.",
}
"""What each code stands for, in the order in which loading comes to them."""

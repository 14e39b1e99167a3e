"""A small engine for decision tables: typed facts in, an answer out, and why.

A `Decision` declares a question with the attrs classes of its facts and its outcome, a `Table` of
rules answers it, an `Engine` applies a policy of tables, and a `TracingEngine` notes what it did.
Nothing here knows of launches, of TOML or of the disk; `launchfsm.policy` reads policies from TOML.
"""

from launchfsm.engine.decision import Decision, Sum
from launchfsm.engine.engine import Engine, engine_for
from launchfsm.engine.table import Policy, Rule, Table
from launchfsm.engine.trace import Explanation, TracingEngine, explained
from launchfsm.engine.types import Doc, ValueType

__all__ = [
    "Decision",
    "Doc",
    "Engine",
    "Explanation",
    "Policy",
    "Rule",
    "Sum",
    "Table",
    "TracingEngine",
    "ValueType",
    "engine_for",
    "explained",
]

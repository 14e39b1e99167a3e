"""What authors of policies are given: tests, a scaffold, a reference, a schema, drawings."""

from launchfsm.policy.authoring.drawing import DrawnRule, DrawnTable, draw
from launchfsm.policy.authoring.reference import reference
from launchfsm.policy.authoring.runner import TestCoverage, TestResult, coverage, run_tests
from launchfsm.policy.authoring.schema import rule_file_schema

__all__ = [
    "DrawnRule",
    "DrawnTable",
    "TestCoverage",
    "TestResult",
    "coverage",
    "draw",
    "reference",
    "rule_file_schema",
    "run_tests",
]

"""Modules: the decision code, and what is left out of it.

Here: which modules are mutated and why, and where their tests are. Not here: the mutants (`code`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULES: Final[Mapping[str, str]] = {
    "launchfsm.evaluation.owner": "whether the owner is dead (§3)",
    "launchfsm.evaluation.members": "what a member's record or flags mean (§4, §6)",
    "launchfsm.evaluation.bootstrap": "building, completing and counting a snapshot (§4, §5)",
    "launchfsm.evaluation.launch_state": "the launcher's own snapshot (§10)",
    "launchfsm.evaluation.launch_members": "one member of it (§10)",
    "launchfsm.records.launch_state": "the types of its fields (§10)",
    "launchfsm.evaluation.progress": "what a progress display shows, and what the journal tells (§7, §8, §9)",
    "launchfsm.evaluation.reasons": "the readable part of a reason (§10)",
    "launchfsm.evaluation.roster": "how a roster shows members (§10)",
    "launchfsm.evaluation.selection": "which snapshot is believed (§11)",
    "launchfsm.evaluation.reconciliation": "what the bootstrap knows better",
    "launchfsm.evaluation.runs": "which run a record is of",
    "launchfsm.evaluation.names": "who is a member",
    "launchfsm.evaluation.pipeline": "the order of all that",
    "launchfsm.evaluation.deadline": "when passing time changes a verdict",
    "launchfsm.lifecycle.machines": "what may follow what",
    "launchfsm.ecma.dates": "which texts are times (§2); thresholds are held against them",
    "launchfsm.ecma.text": "what is blank, and how numbers print (§2)",
    "launchfsm.records.fields": "which type a field must have (§2)",
    "launchfsm.engine.conditions": "what a rule's condition means",
    "launchfsm.engine.table": "what a table asks for, and what it sees",
    "launchfsm.engine.templates": "the texts of an outcome",
    "launchfsm.engine.engine": "applying a policy",
    "launchfsm.engine.trace": "recording and explaining",
}
"""The modules that decide: everything between facts and answers. By name: what it decides."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "launchfsm.system.files": "writes, renames and deletes: a mutant could do so anywhere",
    "launchfsm.system.processes": "sends signals: a mutant could send another than 0",
    "launchfsm.launcher": "writes, and starts and ends processes",
    "launchfsm.evaluation.evaluator": "clears a team's state, and decides nothing itself",
    "launchfsm.records.documents": "finds and reads files; the types of their fields are in shapes",
    "launchfsm.evaluation.evidence": "asks the system, and decides nothing",
    "launchfsm.decisions.facts": "names and types, no code",
    "launchfsm.decisions.outcomes": "names and types, no code",
    "launchfsm.cli": "shows what was decided",
}
"""Modules that a reader may look for above. By name: why a mutant of it is not made."""


def mirror_of(module: str) -> Path:
    """The test file that mirrors a module, from the repository's root."""
    *packages, name = module.split(".")[1:]
    return Path("tests", *packages, f"test_{name}.py")


FILES: Final = (
    *(mirror_of(module).as_posix() for module in MODULES),
    "tests/conformance",
    "tests/test_exhaustive.py",
    "tests/test_against_oracle.py",
    "tests/default_policy",
    "tests/evaluation/test_evaluator.py",
    "tests/test_invariants.py",
    "tests/records/test_wire.py",
    "tests/test_examples.py",
    "tests/policy/test_checker.py",
    "tests/engine/test_types.py",
    "tests/cli/test_explain.py",
)
"""The tests that look for mutants: those of the modules, and those of what is said in the end."""

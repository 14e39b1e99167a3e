"""Which modules are mutated, why some are not, and which tests are to notice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parents[2]

_DECIDING: Final = (
    "launchfsm.evaluation",
    "launchfsm.engine",
    "launchfsm.lifecycle",
    "launchfsm.ecma.dates",
    "launchfsm.ecma.text",
    "launchfsm.records.fields",
    "launchfsm.records.results",
    "launchfsm.records.names",
)

LEFT_OUT: Final[Mapping[str, str]] = {
    "launchfsm.system": "writes, renames, deletes and sends signals: a mutant could do so anywhere",
    "launchfsm.launcher": "writes, and takes locks",
    "launchfsm.evaluation.evaluator": "clears a team's state, and decides nothing itself",
    "launchfsm.evaluation.evidence": "reads files and asks the system, and decides nothing",
    "launchfsm.evaluation.many": "hands work to other processes, and decides nothing",
    "launchfsm.evaluation.watch": "lists folders and waits",
    "launchfsm.decisions": "names and types, no code",
    "launchfsm.cli": "shows what was decided",
}
"""Modules that a reader may look for among the mutated. By name: why a mutant of it is not made."""


def _modules() -> tuple[str, ...]:
    found: list[str] = []
    for name in _DECIDING:
        path = ROOT / "src" / name.replace(".", "/")
        inside = sorted(file.stem for file in path.glob("*.py") if file.stem != "__init__")
        found += [f"{name}.{stem}" for stem in inside] if path.is_dir() else [name]
    return tuple(name for name in found if name not in LEFT_OUT)


MODULES: Final = _modules()
"""The modules that decide: everything between facts and answers."""


def mirror_of(module: str) -> tuple[str, ...]:
    """The test files of a module, from the repository's root: its own, else all of its room."""
    *packages, name = module.split(".")[1:]
    room = Path("tests", *packages)
    own = sorted((ROOT / room).glob(f"test_{name}*.py"))
    return tuple(path.relative_to(ROOT).as_posix() for path in own) or (room.as_posix(),)


FILES: Final = tuple(
    dict.fromkeys(
        (
            *(file for module in MODULES for file in mirror_of(module)),
            "tests/conformance",
            "tests/test_exhaustive.py",
            "tests/test_against_oracle.py",
            "tests/default_policy",
            "tests/cases",
            "tests/evaluation/test_evaluator.py",
            "tests/test_invariants.py",
            "tests/records/test_wire.py",
            "tests/test_examples.py",
            "tests/policy/test_checker.py",
            "tests/cli/test_explain.py",
        )
    )
)
"""The tests that look for mutants: those of the modules, and those of what is said in the end."""

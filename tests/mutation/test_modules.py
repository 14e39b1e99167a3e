"""Which modules are mutated: only such as can do no harm."""

from __future__ import annotations

import ast
import importlib.util
import inspect

import pytest

from tests.mutation.code import ROOT, parsed
from tests.mutation.modules import FILES, LEFT_OUT, MODULES, mirror_of

WRITING = {"launchfsm.system.files", "launchfsm.system.processes", "launchfsm.launcher"}
HARMFUL = {"os", "shutil", "signal", "subprocess", "socket", "pathlib", "psutil", "tempfile"}


@pytest.mark.parametrize("module", MODULES)
def test_no_mutant_can_touch_a_file_or_a_process(module: str) -> None:
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Import):
            assert not HARMFUL & {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            assert node.module.split(".")[0] not in HARMFUL
            if node.module in WRITING:
                known = importlib.import_module(node.module)
                assert all(is_only_a_type(getattr(known, alias.name)) for alias in node.names)


def is_only_a_type(known: object) -> bool:
    """Whether it is a class or an alias, and not a function that does something."""
    return not inspect.isfunction(known)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_tests_that_mirror_it(module: str) -> None:
    files = mirror_of(module)

    assert files
    assert {*files} <= {*FILES}
    assert all((ROOT / file).exists() for file in files)


def test_no_module_is_both_mutated_and_left_out() -> None:
    assert not {*MODULES} & LEFT_OUT.keys()
    assert [] == [module for module in LEFT_OUT if importlib.util.find_spec(module) is None]
    assert all((ROOT / file).exists() for file in FILES)

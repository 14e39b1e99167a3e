"""Importing: a mutant in the place of a module in a process that imports everything again.

For what is worked out while modules are imported: constants, tables, default values.

Here: forgetting and importing. It is for a process that ends afterwards.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from typing import TYPE_CHECKING, Final

import pytest

from tests.mutation.code import ROOT, mutated, path_of

if TYPE_CHECKING:
    import types
    from collections.abc import Sequence
    from pathlib import Path

    from tests.mutation.mutants import CodeMutant

_KEPT: Final = "tests.mutation"


class _Loader(SourceFileLoader):
    def __init__(self, mutant: CodeMutant) -> None:
        super().__init__(mutant.module, str(path_of(mutant.module)))
        self.mutant = mutant

    def get_code(self, fullname: str) -> types.CodeType:  # noqa: ARG002 - it has one module
        return compile(mutated(self.mutant), self.path, "exec")


class _Finder(MetaPathFinder):
    """Finds the mutant instead of the module, and nothing else."""

    def __init__(self, mutant: CodeMutant) -> None:
        self.loader = _Loader(mutant)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's
        target: types.ModuleType | None = None,  # noqa: ARG002 - the protocol's
    ) -> ModuleSpec | None:
        if fullname != self.loader.mutant.module:
            return None
        return importlib.util.spec_from_file_location(
            fullname, self.loader.path, loader=self.loader
        )


def run_imported(mutant: CodeMutant | None, files: Sequence[str], folder: Path) -> int:
    """Import everything again with a mutant, and run test files until the first failure.

    Args:
        mutant: The mutant; `None` to see that nothing fails without one.
        files: The test files, from the root.
        folder: Where tests may write.

    Returns:
        pytest's exit status; 0 when nothing noticed.
    """
    if mutant is not None:
        path_of(mutant.module)  # while the package is there to say where its modules are
    forget_all()
    try:
        if mutant is not None:
            # Before pytest is there, which finds the modules of whoever brings it a plugin.
            sys.meta_path.insert(0, _Finder(mutant))
            importlib.import_module(mutant.module)
        return int(pytest.main([*arguments(folder), "-x", *(str(ROOT / file) for file in files)]))
    except Exception:  # noqa: BLE001 - the mutant's, when even pytest cannot be made ready
        return int(pytest.ExitCode.INTERNAL_ERROR)


def forget_all() -> None:
    """Forget every module of the package and of the tests, but for these."""
    for name in [*sys.modules]:
        if name.split(".")[0] in {"launchfsm", "tests", "conftest"} and not name.startswith(_KEPT):
            del sys.modules[name]


def arguments(folder: Path) -> list[str]:
    """How pytest is run here: in this process, writing nothing outside a folder."""
    return [
        "-q",
        "-s",
        "-n0",
        "-pno:cacheprovider",
        "-Wignore::pytest.PytestAssertRewriteWarning",  # launchfsm brings a plugin, and is here
        "-ptests.mutation.profile",
        "--hypothesis-profile=mutation",
        f"--rootdir={ROOT}",
        f"-c{ROOT / 'pyproject.toml'}",
        f"--basetemp={folder / 'pytest'}",
    ]

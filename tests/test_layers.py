"""No file imports itself through others, and no package does; imports inside functions count.

Which room may import which is told in `pyproject.toml` and checked by `lint-imports`. It does not
see a package's `__init__` that a file inside the package imports again; this does.
"""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}


def imported(path: Path) -> set[str]:
    """The modules of the source that a file names in its imports, wherever they stand in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                names.add(submodule if submodule in FILES else str(node.module))
    return names & FILES.keys()


IMPORTS = {name: imported(path) for name, path in FILES.items()}


def package(module: str) -> str:
    """The folder that a module's file lies in; a file at the top is a room of its own."""
    folder = ".".join(FILES[module].relative_to(SOURCE).parts[:-1])
    return module if folder == "launchfsm" else folder


def test_no_file_imports_itself_through_others() -> None:
    TopologicalSorter(IMPORTS).prepare()


def test_no_package_imports_itself_through_others() -> None:
    packages: dict[str, set[str]] = {}
    for module, targets in IMPORTS.items():
        here = package(module)
        packages.setdefault(here, set()).update({package(found) for found in targets} - {here})
    TopologicalSorter(packages).prepare()


def test_a_circle_would_be_noticed() -> None:
    """Imports inside functions are among those that are read."""
    assert "launchfsm.cli.program" in IMPORTS["launchfsm.cli"]
    assert any(
        isinstance(node, ast.Import | ast.ImportFrom) and node.col_offset > 0
        for path in FILES.values()
        for node in ast.walk(ast.parse(path.read_bytes()))
    )

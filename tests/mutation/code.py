"""Code: the mutants of a module.

Annotations, decorators, docstrings, `__all__` and what only type checkers read are left alone:
nothing decides by them. What is changed inside a function belongs to the outermost function around
it; default values and everything outside functions take effect when the module is imported.

Here: which places of a module count. Not here: what may stand there instead (`trees`), or putting
a mutant in the place of the module (`swapping`, `importing`).
"""

from __future__ import annotations

import ast
import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from tests.mutation.mutants import CodeMutant, Edit, told_apart
from tests.mutation.trees import changes_of, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[2]
_UNTOUCHED: Final = frozenset({"annotation", "returns", "decorator_list", "type_params"})

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@attrs.frozen
class _Scope:
    """Where in a module a node stands: its names, and the outermost function around it."""

    names: tuple[str, ...] = ()
    function: tuple[str, int] | None = None

    def entered(self, node: ast.AST) -> _Scope:
        """The scope of a node's body."""
        if not isinstance(node, _Function | ast.ClassDef):
            return self
        names = (*self.names, node.name)
        if self.function is not None or isinstance(node, ast.ClassDef):
            return attrs.evolve(self, names=names)
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
        return _Scope(names, (".".join(names), first))


@functools.cache
def path_of(module: str) -> Path:
    """The file of a module, which is not imported for it."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


def name_of(file: str | Path) -> str:
    """What a file of the repository is called from its root, wherever the package is installed."""
    path, package = Path(file), path_of("launchfsm").parent
    if path.is_relative_to(package):
        return Path("src", "launchfsm", path.relative_to(package)).as_posix()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(file)


def parsed(module: str) -> ast.Module:
    """A module's tree, new on every call, so that it can be changed."""
    return ast.parse(path_of(module).read_text(encoding="utf-8"))


def code_mutants(module: str) -> list[CodeMutant]:
    """Every mutant of a module, in the order of its source."""
    file = name_of(path_of(module))
    edits = list(_edits(parsed(module)))
    scopes = [".".join(scope.names) for scope, _ in edits]
    changes = told_apart(zip(scopes, (edit.change for _, edit in edits), strict=True))
    return [
        CodeMutant("code", file, where, change, module, number, scope.function)
        for number, (where, change, (scope, _)) in enumerate(
            zip(scopes, changes, edits, strict=True)
        )
    ]


def mutated(mutant: CodeMutant) -> ast.Module:
    """The tree of a mutant."""
    tree = parsed(mutant.module)
    for number, (_, edit) in enumerate(_edits(tree)):
        if number == mutant.number:
            edit.apply()
            return ast.fix_missing_locations(tree)
    raise ValueError(f"{mutant.module} has no edit {mutant.number}")


def _edits(tree: ast.Module) -> Iterator[tuple[_Scope, Edit]]:
    yield from _within(tree, _Scope())


def _within(node: ast.AST, scope: _Scope) -> Iterator[tuple[_Scope, Edit]]:
    inner = scope.entered(node)
    for name, value in ast.iter_fields(node):
        if name in _UNTOUCHED:
            continue
        # Default values are worked out where the function is defined.
        around = scope if name == "args" else inner
        places = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in places:
            if isinstance(child, ast.AST) and not _unread(child):
                for new in changes_of(child):
                    change = f"{source_of(child)}  ->  {source_of(new)}"
                    yield around, Edit(node, name, index, new, change)
                yield from _within(child, around)


def _unread(node: ast.AST) -> bool:
    """Whether nothing at run time reads it: imports of types, aliases, `__all__`."""
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.annotation) == "TypeAlias"
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) == "__all__"
    return isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal"

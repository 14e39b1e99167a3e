"""Swapping: a mutant put in the place of the original in a process where all is imported.

A function is given the code of its mutant, a live policy the tables of the mistaken one: nothing
is imported again, so that a mutant costs as much as the tests that notice it. What was worked out
before, when modules were imported, stays as it was; `importing` is for that.

Here: that exchange. It is for a process that ends afterwards.
"""

from __future__ import annotations

import functools
import gc
import types
from typing import TYPE_CHECKING

from launchfsm import policies
from launchfsm.policy import discovery
from tests.mutation.code import mutated, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.mutation.mutants import CodeMutant


class CannotSwapError(Exception):
    """The function's code cannot be exchanged, or there is no such function in the process."""


def swap_function(mutant: CodeMutant) -> None:
    """Give a function the code of its mutant.

    Raises:
        CannotSwapError: It cannot be: the mutant has to be imported.
    """
    if mutant.function is None:
        raise CannotSwapError(mutant.key)
    file = str(path_of(mutant.module))
    module_code = compile(mutated(mutant), file, "exec")
    codes = [code for code in _codes(module_code) if _named(code) == mutant.function]
    found = _functions(file, mutant.function)
    if len(codes) != 1 or not found:
        raise CannotSwapError(mutant.key)
    for function in found:
        try:
            function.__code__ = codes[0]
        except ValueError as error:  # it closes over other names
            raise CannotSwapError(mutant.key) from error


def _named(code: types.CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)


def _functions(file: str, name: tuple[str, int]) -> list[types.FunctionType]:
    """The live functions of a name; what they remembered is forgotten."""
    found = []
    for known in gc.get_objects():
        if isinstance(known, types.FunctionType):
            if _is(known, file, name):
                found.append(known)
        elif isinstance(known, functools._lru_cache_wrapper):
            inner = getattr(known, "__wrapped__", None)
            if isinstance(inner, types.FunctionType) and _is(inner, file, name):
                known.cache_clear()
                found.append(inner)
    return list(dict.fromkeys(found))


def _is(function: types.FunctionType, file: str, name: tuple[str, int]) -> bool:
    return function.__code__.co_filename == file and _named(function.__code__) == name


def swap_policies(folder: Path) -> None:
    """Give the live shipped policies the tables of those in a folder.

    Raises:
        PolicyError: One of the policies in the folder cannot be loaded.
    """
    live = {name: policies.load_policy(name) for name in ("reference", "default")}
    discovery.shipped_policies = lambda: folder  # type: ignore[assignment]
    for name, policy in live.items():
        policy.tables.update(policies._load_shipped.__wrapped__(name).tables)  # type: ignore[attr-defined]

"""Every code that loading gives out has a meaning, and no meaning is of a code that it does not."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

import launchfsm.policy
from launchfsm.policy.diagnostics import MEANINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

# Which argument of a call is a code, by what is called.
_CODES: Final = {
    "Diagnostic": 0,
    "fault": 0,
    "key_fault": 0,
    "Problem": 0,
    "_refuse": 1,
}


def given_out() -> Iterator[str]:
    """The codes that stand in the modules of the package."""
    package = Path(launchfsm.policy.__file__).parent
    for module in (*package.glob("*.py"), *(package.parent / "engine").glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
                    code = node.args[_CODES[called]] if called in _CODES else None
                case _:
                    continue
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value


def test_every_code_has_a_meaning_and_every_meaning_a_code() -> None:
    assert {*MEANINGS} == {*given_out()}


def test_a_meaning_is_a_sentence() -> None:
    assert [] == [meaning for meaning in MEANINGS.values() if not meaning.endswith(".")]

"""Templates: the texts of an outcome, with the names of facts and params in braces.

A brace itself is written twice. What a param says is put in when the text is read, what a fact
says when the text is filled in: numbers as ECMAScript prints them, durations in their two largest
units, a list with commas, an unknown fact as `unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

import attrs

from launchfsm.engine.parser import MOST_PROBLEMS, Problem
from launchfsm.engine.text import choices, duration_text, literal, number_text, quoted, short, show
from launchfsm.engine.types import TypeName, ValueType

UNKNOWN = "unknown"
"""What an unknown fact prints as."""

MOST_TEXT: Final = 131_072
"""The longest text of an outcome, what params say in it included."""

_MARK = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|[{}]")
_NAME = re.compile(r"\s*\w+\s*")


@attrs.frozen
class Template:
    """A text of an outcome, in pairs of literal text and the fact behind it.

    Behind the last text stands `""`; `source` is as the rule file writes it.
    """

    source: str
    parts: tuple[tuple[str, str], ...]


@attrs.frozen
class ReadTemplate:
    """A text without what is wrong in it, what is wrong in its order, and the params it names."""

    template: Template
    problems: tuple[Problem, ...]
    params: frozenset[str]


def read_template(
    source: str, *, facts: Collection[str], params: Mapping[str, object]
) -> ReadTemplate:
    """Read a text as the rule file writes it; its problems are collected, and none is raised."""
    parts: list[tuple[str, str]] = []
    problems: list[Problem] = []
    plain, end, length = [], 0, len(source)
    named = set()
    for mark in _MARK.finditer(source):
        plain.append(source[end : mark.start()])
        end = mark.end()
        name = mark["name"]
        if name in facts:
            parts.append(("".join(plain), name))
            plain = []
        elif mark[0] in {"{{", "}}"}:
            plain.append(mark[0][0])
        elif name in params and (text := param_text(params[name])) is not None:
            named.add(name)
            plain.append(text)
            length += len(text)
        else:
            problems.append(_problem(mark, facts, params))
        if length > MOST_TEXT or len(problems) == MOST_PROBLEMS:
            break
    if length > MOST_TEXT:
        message = f"a text has at most {MOST_TEXT} characters, its params included"
        problems.append(Problem("too-long", message, 0))
    parts.append(("".join([*plain, source[end:]]), ""))
    return ReadTemplate(Template(source, tuple(parts)), tuple(problems), frozenset(named))


def _problem(mark: re.Match[str], facts: Collection[str], params: Mapping[str, object]) -> Problem:
    """What is wrong with braces that are neither doubled nor around a known name."""
    name, length = mark["name"], len(mark[0])
    if name is None:
        message = f"this {mark[0]} stands alone; a brace itself is written twice: {mark[0] * 2}"
        return Problem("template", message, mark.start(), length)
    if name in params:
        message = f"param {name} is {show(params[name])}, which has no place in a text"
        return Problem("wrong-type", message, mark.start(), length, name)
    if not _NAME.fullmatch(name):
        message = (
            f"{show(mark[0])}: in braces stands the name of a fact or a param, and nothing else"
        )
        return Problem("template", message, mark.start(), length)
    known = [*facts, *params]
    message = f"{quoted(short(name))} is no fact or param{choices(name, known, 'known here')}"
    return Problem("unknown-fact", message, mark.start(), length)


def param_text(value: object) -> str | None:
    """What a param says in a text; `None` when it is a list, a table or a date."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return literal(value)
    return number_text(value) if isinstance(value, int | float) else None


def writer(kind: ValueType) -> Callable[[Any], str]:
    """How a fact of a type prints in a text."""
    write = _WRITERS.get(kind.name, str)
    if kind.many:
        return lambda value: UNKNOWN if value is None else ", ".join(map(write, value))
    return lambda value: UNKNOWN if value is None else write(value)


_WRITERS: Mapping[TypeName, Callable[[Any], str]] = {
    "number": number_text,
    "duration": duration_text,
    "boolean": literal,
}


def template_names(value: object) -> Iterator[str]:
    """The facts that an outcome's value mentions: none for a constant."""
    if isinstance(value, Template):
        yield from (fact for _, fact in value.parts if fact)
    elif isinstance(value, tuple):
        for item in value:
            yield from template_names(item)


def plain(value: Any) -> Any:
    """An outcome's value that mentions no fact: its text, its texts, or itself."""
    if isinstance(value, Template):
        return "".join(literal for literal, _ in value.parts)
    return tuple(plain(item) for item in value) if isinstance(value, tuple) else value

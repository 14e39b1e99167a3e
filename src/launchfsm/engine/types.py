"""Types of facts, params and outcome fields, read off attrs classes, and how TOML writes values."""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from launchfsm.engine.text import did_you_mean, parse_duration, show, write_duration

TypeName = Literal["boolean", "word", "number", "duration", "text"]


@attrs.frozen
class Doc:
    """What a fact means, written beside its type: `Annotated[bool, Doc("…")]`.

    Attributes:
        doc: One or two sentences for the fact catalogue.
        unit: `"ms"` makes a number a duration, which rule files write as `3m` or `90s`.
        moves: How a duration changes as time passes: 1 when it grows, -1 when it shrinks, 0 when it
            stays.
        needs: What somebody has to look at to know it, beyond what is always looked at. A fact that
            needs something is worked out only when the loaded policy reads it; else it is `None`.
        low: The least that a number can be; `None` when there is no such thing.
        behind: The fact that this one stands behind: an explanation that shows the one shows
            the other.
        individual: Whether it tells apart those that are asked about and otherwise alike, as a
            name does: a decision with such a fact is asked about each of many.
        lazy: Whether it is worked out only where a rule of the table asks for it, and at rest
            else: then preconditions that speak of it do not count.
    """

    doc: str
    unit: Literal["", "ms"] = ""
    moves: Literal[-1, 0, 1] = 0
    needs: tuple[str, ...] = ()
    low: float | None = None
    behind: str = ""
    individual: bool = False
    lazy: bool = False


@attrs.frozen
class ValueType:
    """The type of a value in a rule file.

    Attributes:
        name: Which of the five types.
        words: The words that a `word` may be, in the vocabulary's order.
        optional: Whether the value may be unknown (`None`).
        many: Whether the value is a list of such values.
        whole: Whether a number is always whole (`int`), so that nothing lies between 1 and 2.
        low: The least that a number can be; `None` when there is no such thing.
    """

    name: TypeName
    words: tuple[str, ...] = ()
    optional: bool = False
    many: bool = False
    whole: bool = False
    low: float | None = None

    def text(self) -> str:
        """The type in words, for messages and catalogues."""
        base = " | ".join(self.words) if self.name == "word" else self.noun()
        listed = f"list of {base}" if self.many else base
        return f"{listed}, or unknown" if self.optional else listed

    def noun(self) -> str:
        """The type in a word or two."""
        return "whole number" if self.whole and self.name == "number" else self.name


@attrs.frozen
class Location:
    """A stretch of a file, of which rules and tests say that they stand there.

    Lines and columns count from 1, columns and lengths in characters.

    Attributes:
        source: The line's own text; of a very long line, a part of it around the stretch.
        skipped: Characters of the line before `source`.
    """

    file: str
    line: int
    column: int = 1
    length: int = 1
    source: str = ""
    skipped: int = 0

    def text(self) -> str:
        """`file:line:column`, which editors and terminals make a link of."""
        return f"{self.file}:{self.line}:{self.column}"

    def order(self) -> tuple[str, int, int]:
        """Sorts locations by file, and in a file from its top."""
        return self.file, self.line, self.column


@attrs.frozen(kw_only=True)
class Field(Doc):
    """A fact of a decision, or a field of its outcome: its `Doc`, with a name and a type.

    `default` is its value where a test or a rule leaves it out; rules must set a `required` one.
    """

    name: str
    kind: ValueType
    default: Any
    required: bool = False

    @property
    def resting(self) -> Any:
        """A value of it that nobody gave: its default, else a word or a text of its type."""
        if self.default is not None or self.kind.optional:
            return self.default
        return self.kind.words[0] if self.kind.words else f"some {self.name.replace('_', ' ')}"


# -- Reading types off classes ---------------------------------------------------------------------


def fields_of(cls: type[Any]) -> Mapping[str, Field]:
    """The typed fields of a facts or outcome class, in their order.

    `TypeError`: a field has a type that rule files have no way to write, or is private.
    """
    attributes = attrs.fields(cls)
    hints = {attribute.name: attribute.type for attribute in attributes}
    if any(isinstance(hint, str) for hint in hints.values()):
        hints = get_type_hints(cls, include_extras=True)
    return {
        attribute.name: _field(cls, attribute, hints[attribute.name]) for attribute in attributes
    }


def _field(cls: type[Any], attribute: attrs.Attribute[Any], hint: Any) -> Field:
    name, note = attribute.name, Doc("")
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        note = next((found for found in notes if isinstance(found, Doc)), note)
    kind = _kind(hint, note)
    if name.startswith("_"):
        raise TypeError(f"{cls.__qualname__}.{name}: a fact or a field is public")
    if kind is None:
        raise TypeError(
            f"{cls.__qualname__}.{name} is a {hint}, which rule files cannot write; "
            "use bool, str, int, float, a Literal of texts, a tuple of one of them, or None"
        )
    required = attribute.default is attrs.NOTHING
    default = _zero(kind) if required else attribute.default
    said = attrs.asdict(note, recurse=False)
    return Field(**said, name=name, kind=kind, default=default, required=required)


def _kind(hint: Any, note: Doc) -> ValueType | None:
    parts = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    known = [part for part in parts if part is not types.NoneType]
    optional = len(known) < len(parts)
    if words := tuple(word for part in known for word in _words(part)):
        return ValueType("word", words, optional) if all(map(_words, known)) else None
    if len(known) != 1:
        return None
    match get_args(known[0]):
        case (item, end) if get_origin(known[0]) is tuple and end is ...:
            inner = _kind(item, note)
            return inner and attrs.evolve(inner, many=True, optional=optional)
    name = _NAMES.get(known[0])
    if name == "number" and note.unit == "ms":
        name = "duration"
    return name and ValueType(name, (), optional, whole=known[0] is int, low=note.low)


_NAMES: Mapping[Any, TypeName] = {bool: "boolean", str: "text", int: "number", float: "number"}


def _words(hint: Any) -> tuple[str, ...]:
    words = get_args(hint) if get_origin(hint) is Literal else ()
    return words if all(isinstance(word, str) for word in words) else ()


def _zero(kind: ValueType) -> Any:
    """The value of a fact that a test leaves out: unknown where it may be, else nothing at all."""
    if kind.optional or kind.many:
        return None if kind.optional else ()
    return {"boolean": False, "number": 0, "duration": 0}.get(kind.name)


# -- Values, as rule files write them --------------------------------------------------------------


def read_value(kind: ValueType, value: object) -> Any:
    """A TOML value as facts carry it: durations in milliseconds, lists as tuples.

    Nothing is coerced: `"3"` is no number and `1` is no boolean. `ValueError`: the value is not of
    the type; the message says what is expected.
    """
    return read_many(kind, value) if kind.many else read_one(kind, value)


def read_many(kind: ValueType, value: object) -> tuple[Any, ...]:
    """A list of values, each as `read_one` reads it; `ValueError` as there."""
    if not isinstance(value, list):
        raise ValueError(f"expected a list of {kind.noun()}s, got {show(value)}")  # noqa: TRY004 - a fault of the file
    return tuple(read_one(kind, item) for item in value)


def read_one(kind: ValueType, value: object) -> Any:
    """One value of a type, as `read_value` reads it, whether or not the type is a list's."""
    expected = _EXPECTED.get(kind.name, f"a {kind.noun()}")
    match kind.name, value:
        case ("boolean", bool()) | ("text", str()):
            return value
        case "word", _:
            if isinstance(value, str) and value in kind.words:
                return value
            near = did_you_mean(value, kind.words) if isinstance(value, str) else ""
            raise ValueError(f"{show(value)} is none of {', '.join(kind.words)}{near}")
        case "duration", str():  # a time that lies ahead has a negative age
            ms = parse_duration(value.removeprefix("-"))
            number: float = -ms if value.startswith("-") else ms
        case "number", int() | float() if type(value) is int or not (
            isinstance(value, bool) or kind.whole
        ):
            number, expected = value, f"{expected} that is finite"
        case _:
            raise ValueError(f"expected {expected}, got {show(value)}")
    if not -sys.float_info.max <= number <= sys.float_info.max:
        raise ValueError(f"expected {expected}, got {show(value)}")
    if kind.low is not None and number < kind.low:
        least = show(write_value(kind, kind.low))
        raise ValueError(f"expected a {kind.noun()} of at least {least}, got {show(value)}")
    return number


_EXPECTED: Mapping[TypeName, str] = {
    "boolean": "true or false",
    "text": "a text",
    "duration": "a duration such as '3m' or '90s'",
}


def write_value(kind: ValueType, value: Any) -> Any:
    """The value that `read_value` reads as this one: a duration in ms becomes its text again.

    An unknown value (`None`) stays one; what is finer than a millisecond is cut.
    """
    if value is None:
        return None
    if kind.many:
        return [write_value(attrs.evolve(kind, many=False), item) for item in value]
    return write_duration(value) if kind.name == "duration" else value

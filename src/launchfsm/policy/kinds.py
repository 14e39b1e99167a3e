"""Kinds: what type a fact, a param or an outcome field has, and how rule files write its values.

Here: reading kinds off annotated attrs classes, and checking a TOML value against a kind.
Not here: what the facts and outcomes are (`facts`, `outcomes`), nor conditions over them.
"""

from __future__ import annotations

import difflib
import functools
import types
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs

from launchfsm.timestamps import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KindName = Literal["boolean", "word", "number", "duration", "text"]


@attrs.frozen
class Fact:
    """What a fact means, written beside its type: `Annotated[bool, Fact("…")]`.

    Attributes:
        doc: One or two sentences for the fact catalogue.
        unit: `"ms"` makes a number a duration, which rule files write as `3m` or `90s`.
        costly: Computed only when the loaded policy reads it; `None` otherwise.
        low: The least that a number can be; `None` when there is no such thing.
    """

    doc: str
    unit: Literal["", "ms"] = ""
    costly: bool = False
    low: float | None = None


@attrs.frozen
class Kind:
    """The type of a value in a rule file.

    Attributes:
        name: Which of the five kinds.
        words: The words that a `word` may be, in the vocabulary's order.
        optional: Whether the value may be unknown (`None`).
        many: Whether the value is a list of such values.
        whole: Whether a number is always whole (`int`), so that nothing lies between 1 and 2.
        low: The least that a number can be; `None` when there is no such thing.
    """

    name: KindName
    words: tuple[str, ...] = ()
    optional: bool = False
    many: bool = False
    whole: bool = False
    low: float | None = None

    def text(self) -> str:
        """The kind in words, for messages and catalogues."""
        base = " | ".join(self.words) if self.name == "word" else self.name
        listed = f"list of {base}" if self.many else base
        return f"{listed}, or unknown" if self.optional else listed


@attrs.frozen
class Field:
    """One named, typed place: a fact of a decision point, or a field of its outcome."""

    name: str
    kind: Kind
    doc: str
    costly: bool
    required: bool
    default: Any


def fields_of(cls: type[Any]) -> Mapping[str, Field]:
    """The typed fields of a facts or outcome class, in their order."""
    return _fields_of(cast("Any", cls))  # to the type checker no class is hashable


@functools.cache
def _fields_of(cls: Any) -> Mapping[str, Field]:
    hints = get_type_hints(cls, include_extras=True)
    return {
        attribute.name: _field(attribute, hints[attribute.name]) for attribute in attrs.fields(cls)
    }


def _field(attribute: attrs.Attribute[Any], hint: Any) -> Field:
    note = Fact("")
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        note = next((found for found in notes if isinstance(found, Fact)), note)
    kind = _kind(hint, note)
    required = attribute.default is attrs.NOTHING
    default = _zero(kind) if required else attribute.default
    return Field(attribute.name, kind, note.doc, note.costly, required, default)


def _kind(hint: Any, note: Fact) -> Kind:
    parts = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    known = [part for part in parts if part is not type(None)]
    optional = len(known) < len(parts)
    if len(known) == 1 and get_origin(known[0]) is tuple:
        inner = _kind(get_args(known[0])[0], note)
        return attrs.evolve(inner, many=True, optional=optional)
    words = tuple(word for part in known for word in _words(part))
    if words:
        return Kind("word", words, optional)
    names: dict[type, KindName] = {bool: "boolean", str: "text"}
    name = names.get(known[0], "duration" if note.unit == "ms" else "number")
    return Kind(name, (), optional, whole=known[0] is int, low=note.low)


def _words(hint: Any) -> tuple[str, ...]:
    return get_args(hint) if get_origin(hint) is Literal else ()


def _zero(kind: Kind) -> Any:
    """The value of a fact that a test leaves out: unknown where it may be, else nothing at all."""
    if kind.optional or kind.name in {"word", "text"}:
        return None
    return False if kind.name == "boolean" else 0


def read_value(kind: Kind, value: object) -> Any:
    """Check a TOML value against a kind and return it as facts carry it.

    Durations become milliseconds, lists become tuples. Nothing is coerced: `"3"` is no number
    and `1` is no boolean.

    Raises:
        ValueError: The value is not of the kind; the message says what is expected.
    """
    if kind.many:
        if not isinstance(value, list):
            raise ValueError(f"expected a {kind.text()}, got {show(value)}")
        single = attrs.evolve(kind, many=False, optional=False)
        return tuple(read_value(single, item) for item in value)
    match kind.name:
        case "boolean" if isinstance(value, bool):
            return value
        case "number" if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        case "text" if isinstance(value, str):
            return value
        case "duration" if isinstance(value, str):
            return parse_duration(value)
        case "word" if isinstance(value, str):
            if value in kind.words:
                return value
            hint = did_you_mean(value, kind.words)
            raise ValueError(f"{show(value)} is none of {', '.join(kind.words)}{hint}")
        case "duration":
            raise ValueError(f"expected a duration such as '3m' or '90s', got {show(value)}")
    raise ValueError(f"expected {_article(kind.name)} {kind.name}, got {show(value)}")


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def show(value: object) -> str:
    """A value as a rule file or a condition would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return f"[{', '.join(show(item) for item in value)}]"
    return repr(value)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for the nearest known name, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""

"""Fields: which type a field on disk must have, and reading records tolerantly (§2).

A record is an attrs class whose fields state their type on disk, as `Annotated[str | None, TEXT]`
does. The key there is the camel case of the name; `At("messageID", TEXT)` states another one.
Readers and findings are derived from that one statement, also of the records inside a record.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import attrs

from launchfsm.ecma.dates import iso_from_ms, read_time
from launchfsm.ecma.text import SPACE, is_blank, number_text, quoted, read_finite, read_number, trim
from launchfsm.vocabulary import values

T = TypeVar("T")

_SHOWN = 60


@attrs.frozen
class Finding:
    """One thing that was wrong in a team's records. It never stops an evaluation.

    Attributes:
        file: The file's path below the team's folder, such as `bootstrap-state.json`.
        path: The JSON path inside it, such as `$.members[3].status`; for the journal the line's
            own path, such as `line 12: $.phase`.
        got: What was found, shortened.
        expected: What would have been used.
    """

    file: str
    path: str
    got: str
    expected: str

    def text(self) -> str:
        """The finding in one line."""
        return f"{self.file}: {self.path}: expected {self.expected}, got {self.got}"


@attrs.frozen(eq=False)
class FieldType:
    """The type that a value on disk must have to be used."""

    expected: str  # the type in words, for findings
    read: Callable[[Any], Any]  # the value as a record carries it, or `None`: not of this type
    plain: type | None = None  # values of this class are carried as they are, without `read`
    as_is: bool = False  # any value is carried as it is, as each use has its own fallback
    items: FieldType | None = None  # of a list; items of another type are left out one by one
    entries: FieldType | None = None  # of an object by names: the type of its values
    records: tuple[type, ...] = ()  # of an object: the classes that declare its fields
    needed: bool = False  # a record without it is not usable
    secret: bool = False  # no value of it may be shown, not even one of the wrong type
    newer: tuple[str, ...] = ()  # texts of newer writers, which read as nothing and are not wrong


def _if(kind: type) -> Callable[[Any], Any]:
    """Reads values of one type only."""
    return lambda value: value if isinstance(value, kind) else None


def _read_trimmed(value: Any) -> str | None:
    return (value.strip(SPACE) or None) if isinstance(value, str) else None


def _read_non_blank(value: Any) -> str | None:
    return value if isinstance(value, str) and trim(value) else None


def _read_above_0(value: Any) -> float | None:
    number = read_finite(value)
    return number if number is not None and number > 0 else None


def _read_time(value: Any) -> Any:
    if isinstance(value, str):
        return _read_non_blank(value)
    number = _read_above_0(value)
    return None if number is None or iso_from_ms(number) is None else number


def _read_pid(value: Any) -> int | None:
    number = _read_above_0(value)
    return None if number is None else math.floor(number)


def _read_texts(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple([item for item in value if isinstance(item, str) and not is_blank(item)]) or None


def _read_trimmed_texts(value: Any) -> tuple[str, ...] | None:
    once = dict.fromkeys(_read_texts(value) or ())
    return tuple(dict.fromkeys(map(trim, once))) or None


def _read_object(value: Any) -> dict[str, Any] | None:
    if isinstance(value, list):
        return {}
    return value if isinstance(value, dict) else None


TEXT = FieldType("a text", _if(str), str)
TRIMMED = FieldType("a text that is not blank", _read_trimmed)
NON_BLANK = FieldType("a text that is not blank", _read_non_blank)
NON_EMPTY = FieldType("a text that is not empty", lambda value: TEXT.read(value) or None)
SECRET = FieldType("a text that is not blank", _read_trimmed, secret=True)
NUMBER = FieldType("a number", read_number)
FINITE = FieldType("a finite number", read_finite)
ABOVE_0 = FieldType("a finite number above 0", _read_above_0)
PID = FieldType("a finite number above 0", _read_pid)
"""A number above 0, carried as a whole one."""
VERSION_1 = FieldType(
    "the number 1", lambda value: 1 if value == 1 and not isinstance(value, bool) else None
)
BOOLEAN = FieldType("true or false", _if(bool), bool)
TIME = FieldType("a text, or a number of ms above 0 that has a date", _read_time, as_is=True)
ISO_TIME = FieldType(
    "a text time", lambda value: read_time(value) if isinstance(value, str) else None
)
"""A text time, carried as ms since 1970."""
TEXTS = FieldType("a list of texts", _read_texts, items=TRIMMED)
TRIMMED_TEXTS = FieldType("a list of texts", _read_trimmed_texts, items=TRIMMED)
OBJECT = FieldType("an object", _read_object)
"""An object; an array counts as one without fields (§10)."""
STRICT_OBJECT = FieldType("an object", _if(dict))


def one_of(alias: object, *, newer: tuple[str, ...] = ()) -> FieldType:
    """The type of a text that must be one of some words; `newer` read as nothing, and are valid."""
    words = {word: word for word in values(alias)}

    def read(value: Any) -> str | None:
        return words.get(value) if value.__class__ is str else None

    return FieldType(f"one of {', '.join(words)}", read, newer=newer)


WORD = FieldType("one of the words of its type", TEXT.read)
"""A text that must be one of the words that the field's own type lists."""


def needed(kind: FieldType) -> FieldType:
    """The type of a field without which a record is not usable."""
    return attrs.evolve(kind, needed=True)


def object_of(*records: type, kind: FieldType = STRICT_OBJECT) -> FieldType:
    """The type of an object that is carried as JSON, and whose fields some records declare."""
    return attrs.evolve(kind, records=records)


def record_of(cls: type) -> FieldType:
    """The type of an object that is carried as a record."""
    return FieldType("an object", usable_reader_of(cls), records=(cls,))


def rows_of(*records: type, read: Callable[[list[Any]], Iterable[Any]] | None = None) -> FieldType:
    """The type of a list of objects, carried as their usable records.

    `records` declare the fields of an object; it is read as the first of them, unless `read` says
    how to read the list, which may hold anything.
    """
    read_row: Callable[[object], Any] = usable_reader_of(records[0])

    def read_rows(value: list[Any]) -> Iterable[Any]:
        return [found for found in map(read_row, value) if found is not None]

    read_all = read or read_rows
    return FieldType(
        "a list of objects",
        lambda value: tuple(read_all(value)) if isinstance(value, list) else None,
        items=object_of(*records),
    )


@attrs.frozen(eq=False)
class At:
    """The key and the type of a field on disk, stated where the key is not the camel case."""

    key: str
    type: FieldType


def camel(name: str) -> str:
    """The camel case of a field's name: its key in JSON."""
    return re.sub("_(.)", lambda found: found[1].upper(), name)


@functools.cache
def placed_fields(cls: Any) -> Mapping[str, At]:
    """The fields of a record that stand in its JSON object, by name."""
    hints = get_type_hints(cls, include_extras=True)
    found = {}
    for name in attrs.fields_dict(cls):
        if get_origin(hints[name]) is Annotated:
            hint, note = get_args(hints[name])
            key, kind = (note.key, note.type) if isinstance(note, At) else (camel(name), note)
            if kind is WORD:
                alias = hint if get_origin(hint) is Literal else get_args(hint)[0]  # of `… | None`
                kind = one_of(alias)
            found[name] = At(key, kind)
    return found


def fields_reader_of(cls: type) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """A function from a JSON object to the fields of a record that it holds, by field name (§2).

    A field of the wrong type is left out, as if it were absent. What it costs goes by the fields
    that are there, not by those that there could be.
    """
    reads = {
        place.key: (name, place.type.plain, None if place.type.as_is else place.type.read)
        for name, place in placed_fields(cls).items()
    }

    def read(raw: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for key, value in raw.items():
            if key in reads:
                name, plain, read_value = reads[key]
                if value.__class__ is plain or read_value is None:
                    found[name] = value
                elif (carried := read_value(value)) is not None:
                    found[name] = carried
        return found

    return read


def reader_of(cls: type[T]) -> Callable[[Mapping[str, Any]], T]:
    """A function from a JSON object to the record.

    A field of the wrong type has its default, as if it were absent.
    """
    read_fields = fields_reader_of(cls)
    return lambda raw: cls(**read_fields(raw))


def usable_reader_of(cls: type[T]) -> Callable[[object], T | None]:
    """A function from any JSON to the record, if it is an object with all fields that are needed.

    Needed are those that say so, and those without a default.
    """
    declared: Any = cls  # to the type checker no class is hashable
    read_fields = fields_reader_of(cls)
    wanted = {name for name, place in placed_fields(declared).items() if place.type.needed}
    wanted |= {field.name for field in attrs.fields(declared) if field.default is attrs.NOTHING}

    def read(raw: object) -> T | None:
        if not isinstance(raw, dict):
            return None
        found = read_fields(raw)
        return cls(**found) if found.keys() >= wanted else None

    return read


def rows_reader_of(cls: type[T]) -> Callable[[list[dict[str, Any]]], list[T]]:
    """A function from many JSON objects to their records, which are read field by field.

    For records that are many and have few fields: it takes half the time of reading one by one.
    The record's fields are those in the document, in order, and then the object itself.
    """
    declared: Any = cls
    reads = [
        (place.key, None if place.type.as_is else place.type.read)
        for place in placed_fields(declared).values()
    ]

    def read(rows: list[dict[str, Any]]) -> list[T]:
        columns: list[Iterable[Any]] = []
        for key, read_value in reads:
            column = [row.get(key) for row in rows]
            columns.append(column if read_value is None else map(read_value, column))
        return [*map(cls, *columns, rows)]

    return read


def findings_of(cls: type, raw: Mapping[str, Any], file: str, path: str) -> Iterator[Finding]:
    """Every field of a JSON object that is of the wrong type, or needed and not there.

    `null` is absent.
    """
    for place in placed_fields(cls).values():
        value, where = raw.get(place.key), f"{path}.{place.key}"
        if value is not None:
            yield from misfits(place.type, value, file, where)
        elif place.type.needed:
            yield Finding(file, where, "nothing", place.type.expected)


def misfits(kind: FieldType, value: object, file: str, path: str) -> Iterator[Finding]:
    """What keeps a value from being of a type, field by field."""
    wrong = kind.read(value) is None and value not in kind.newer
    if kind.items is not None and isinstance(value, list):
        for index, item in enumerate(value):
            yield from misfits(kind.items, item, file, f"{path}[{index}]")
        wrong = wrong and kind.needed
    if wrong and not (kind.records and isinstance(value, dict)):  # else a field of it is wrong
        got = "a value that is not shown" if kind.secret else shown(value)
        yield Finding(file, path, got, kind.expected)
    if isinstance(value, dict):
        for cls in kind.records:
            yield from findings_of(cls, value, file, path)
        if kind.entries is not None:
            for key, item in value.items():
                yield from misfits(kind.entries, item, file, f"{path}[{shown(key)}]")


def type_error(file: str, path: str, value: object, expected: str) -> Finding:
    """The finding of a value that is not what was expected."""
    return Finding(file, path, shown(value), expected)


def shown(value: object) -> str:
    """A JSON value, shortened, with its type where that is not plain to see."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"an object of {len(value)} keys"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        return quoted(value[:_SHOWN]) + ("…" if len(value) > _SHOWN else "")
    return number_text(value) if isinstance(value, int | float) else str(value)

"""Rule documents: a policy's files, read within bounds, and the shape of what they say.

Whatever stands at a path, reading it neither raises nor hangs. Nothing is coerced, no key is
skipped, and a value that has not the shape is told and left out, so that everything else in the
file is still checked.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import attrs
import tomli

from launchfsm.engine.text import did_you_mean, listing, short, show
from launchfsm.engine.types import Location
from launchfsm.policy.diagnostics import Diagnostic
from launchfsm.policy.locations import KeyPath, Positions, path_text
from launchfsm.system.files import ReadProblem, read_bounded

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from launchfsm.policy.diagnostics import Diagnostics

T = TypeVar("T")
Table: TypeAlias = dict[str, Any]
"""A TOML table: values of any type by key."""

MOST_FILE_BYTES: Final = 4 * 1024 * 1024
"""The largest rule file."""

MOST_KEY_PARTS: Final = 32
"""Parts of a dotted key; a rule file has three, and the parser's work grows with their square."""


# -- Files -----------------------------------------------------------------------------------------

_TOML_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_UNCLOSED = re.compile(r"""Illegal character '\\n'|Unterminated string|Expected "'(?:'')?\"""")
"""How `tomli` says that a text is not closed, wherever it noticed."""
_ONE_QUOTE = (
    "; a text ends at the next quote of its own kind, so write the other kind inside it, "
    """as in "owner == 'dead'\""""
)
_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(
    rf"(?P<long>{_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MOST_KEY_PARTS},}}+)"
    r"""|\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*+"|'[^'\n]*+'|\#[^\n]*+|[A-Za-z0-9_-]++""",
    re.DOTALL,
)
_BYTE_ORDER_MARK = "\ufeff"


@attrs.define(eq=False)
class RuleFile:
    """One TOML file of a policy: its path as faults name it, and its text."""

    path: str
    text: str

    @functools.cached_property
    def positions(self) -> Positions:
        """Where things stand; worked out only when a fault or an explanation asks."""
        return Positions(self.path, self.text)

    def key(self, path: KeyPath) -> Location:
        """Where the key of a path stands."""
        return self.positions.key(path)

    def value(self, path: KeyPath) -> Location:
        """Where the value of a path stands."""
        return self.positions.value(path)


def read_file(
    path: Traversable, shown: str, faults: Diagnostics, *, needed: str = ""
) -> tuple[RuleFile, Table | None]:
    """Read and parse one TOML file.

    Args:
        path: The file.
        shown: Its path, as faults name it.
        faults: What is wrong is added here.
        needed: What the file is needed for, to be said when it cannot be read.

    Returns:
        The file, and what it says; `None` when it cannot be read or is no TOML.
    """
    data = _read(path)
    if isinstance(data, _Unread):
        message = f"the file cannot be read: {data.why}{needed and f'; {needed}'}"
        faults.add(Diagnostic(data.code, message, Location(shown, 1)), "unread")
        return RuleFile(shown, ""), None
    try:
        file = RuleFile(shown, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        file = RuleFile(shown, data.decode("utf-8", "replace"))
        offset = len(data[: error.start].decode("utf-8"))
        message = f"byte {data[error.start]:#04x} is no UTF-8 here; save the file as UTF-8"
        faults.add(
            Diagnostic("unreadable", message, file.positions.at(offset, offset + 1)), "unread"
        )
        return file, None
    if any(line.count(".") >= MOST_KEY_PARTS for line in file.text.split("\n")):
        for key in _LONG_KEY.finditer(file.text):
            if key["long"]:
                message = f"this is no key of a rule file: it has more than {MOST_KEY_PARTS} parts"
                faults.add(Diagnostic("toml", message, file.positions.at(*key.span())), "unread")
                return file, None
    try:
        return file, tomli.loads(file.text)
    except (ValueError, RecursionError) as error:
        faults.add(_toml_fault(file, error), "unread")
        return file, None


@attrs.frozen
class _Unread:
    code: str
    why: str


def _read(path: Traversable) -> bytes | _Unread:
    """The bytes of a file; a link is followed inside its own folder only."""
    try:
        if not isinstance(path, Path):
            with path.open("rb") as stream:
                data = stream.read(MOST_FILE_BYTES + 1)
            if len(data) <= MOST_FILE_BYTES:
                return data
            return _Unread("too-large", f"it is over the bound of {MOST_FILE_BYTES} bytes")
        real, folder = os.path.realpath(path), os.path.realpath(path.parent)
        if os.path.commonpath([real, folder]) != folder:
            why = f"it is a link that leads out of its folder; name {short(real)} itself"
            return _Unread("outside", why)
        found = read_bounded(real, limit=MOST_FILE_BYTES)
    except (OSError, ValueError) as error:
        return _Unread("unreadable", getattr(error, "strerror", None) or str(error))
    if isinstance(found, ReadProblem):
        code = "too-large" if found.outcome == "oversized" else "unreadable"
        return _Unread(code, found.detail)
    return found


def _toml_fault(file: RuleFile, error: Exception) -> Diagnostic:
    message, location = str(error), file.positions.line(1)
    if file.text.startswith(_BYTE_ORDER_MARK):
        message = "it starts with a byte-order mark; save the file as UTF-8 without one"
    elif isinstance(error, RecursionError):
        message = "it nests too deep"
    elif where := _TOML_POSITION.search(message):
        message = message[: where.start()]
        end = len(file.text.rstrip())
        location = file.positions.at(end, end + 1)
        if where[1]:
            location = file.positions.line(int(where[1]), int(where[2]))
        before = location.source[: location.column - 1 - location.skipped]
        if _UNCLOSED.fullmatch(message) and (found := file.positions.unclosed()):
            location, quote = found
            message = f"the text that begins here is never closed; write {quote} where it ends"
        elif before.endswith(("'", '"')):
            message += _ONE_QUOTE
    return Diagnostic("toml", f"this is not TOML: {message}", location)


# -- Documents -------------------------------------------------------------------------------------


@attrs.frozen
class TestDocument:
    """An inline test: facts, and what must come of them.

    Attributes:
        at: Where it stands.
        facts: Fact values by name; those left out are unknown, or false or 0 when they never are.
        fires: Under a rule: whether its condition must hold.
        decides: Under a table: the id of the only rule that must answer, or `"nothing"`.
        then: Fields that the table's outcome must have, of several outcomes one of them.
    """

    __test__ = False  # pytest: this is no test class

    at: KeyPath
    facts: Table = attrs.field(factory=dict)
    fires: bool | None = None
    decides: str | None = None
    then: Table | None = None


@attrs.frozen
class RuleDocument:
    """One `[[rule]]`.

    Attributes:
        at: Where it stands.
        id: Its name, unique in the table.
        when: The condition; left out, the rule always fires.
        then: The outcome's fields.
        why: The author's reason, shown by explanations.
        override: It changes the inherited rule of this id: the keys given replace its keys, and
            `then` is merged field by field.
        disable: It removes the inherited rule of this id.
        before: Its place: ahead of the rule of this id.
        after: Its place: right behind the rule of this id.
        test: Its inline tests.
    """

    at: KeyPath
    id: str
    when: str | None = None
    then: Table | None = None
    why: str | None = None
    override: bool = False
    disable: bool = False
    before: str | None = None
    after: str | None = None
    test: tuple[TestDocument, ...] = ()


@attrs.frozen
class FieldDocument:
    """`[outcome.NAME]`: what the rules of an own table may answer.

    Attributes:
        at: Where it stands.
        type: boolean, word, number, duration or text.
        doc: A sentence on what it means.
        words: The words that a word may be.
        default: What it is where a rule does not say; left out: false, no items, else unknown.
        list: Whether it is a list of such values.
    """

    at: KeyPath
    type: str
    doc: str = ""
    words: tuple[object, ...] = ()
    default: object = None
    list: bool = False

    def given(self) -> dict[str, Any]:
        """What it says, as TOML has it."""
        said = attrs.asdict(
            self, filter=lambda key, value: key.name != "at" and value != key.default
        )
        return {key: [*value] if key == "words" else value for key, value in said.items()}


@attrs.frozen
class TableDocument:
    """One decision table, or the changes to an inherited one.

    Attributes:
        at: Where it stands.
        on: Of an own table: the decision, or the own table, after which it is asked.
        hit: The hit policy; needed unless inherited.
        doc: A sentence on what the table decides.
        outcome: Of an own table: what its rules may answer, by name.
        show: Of an own table: the line that displays have of its answer.
        params: Thresholds, weights and lists that conditions and texts name.
        rule: The rules in the order in which they are tried.
        test: Tests of the table as a whole.
    """

    at: KeyPath
    on: str | None = None
    hit: str | None = None
    doc: str | None = None
    outcome: Mapping[str, FieldDocument] = attrs.field(factory=dict)
    show: str | None = None
    params: Table = attrs.field(factory=dict)
    rule: tuple[RuleDocument, ...] = ()
    test: tuple[TestDocument, ...] = ()


@attrs.frozen
class TableFileDocument(TableDocument):
    """A file that holds one table; `table` names it."""

    table: str = attrs.field(kw_only=True)


@attrs.frozen
class PolicyDocument:
    """`policy.toml`, or a whole policy in one file.

    Attributes:
        at: Where it stands: at the file's top.
        policy: The policy's name.
        description: One or two sentences.
        extends: The name or the path of the policy that it starts from.
        tables: Tables by name, for a policy in one file.
    """

    at: KeyPath
    policy: str
    description: str = ""
    extends: str | None = None
    tables: Mapping[str, TableDocument] = attrs.field(factory=dict)


# -- Shapes ----------------------------------------------------------------------------------------


def read_document(
    cls: type[T], raw: object, file: RuleFile, faults: Diagnostics, at: KeyPath = ()
) -> T | None:
    """What a TOML value says as a document.

    Args:
        cls: The document's class.
        raw: The value.
        file: The file that it stands in.
        faults: Every way in which it is not that shape is added here; what is wrong is left out.
        at: Where in the file it stands.

    Returns:
        The document; `None` when it is no table, or lacks a key that it needs.
    """
    return _Shapes(file, faults).document(cls, raw, at)


class _Shapes:
    """Reads values of one file; notes what has not the shape, for which `None` stands."""

    def __init__(self, file: RuleFile, faults: Diagnostics) -> None:
        self.file = file
        self.faults = faults

    def document(self, cls: type[T], raw: object, at: KeyPath) -> T | None:
        """A table whose keys are a document's attributes."""
        table = self.typed(dict, "a table of keys and values", raw, at)
        if table is None:
            return None
        readers, needed = _READERS[cls], _NEEDED.get(cls, "")
        given = {}
        for key, value in table.items():
            if key in readers:
                given[key] = readers[key](self, value, (*at, key))
            else:
                meant = _MEANT.get(cls, {})
                near = f" ({meant[key]})" if key in meant else did_you_mean(key, readers)
                message = f"{short(key)!r} is no key here{near}; keys: {listing(readers)}"
                path = (*at, key)
                self.faults.add(
                    Diagnostic("unknown-key", message, self.file.key(path), path_text(path)),
                    "unread",
                )
        if needed and needed not in given:
            message = f"the key {needed!r} is missing"
            self.faults.add(
                Diagnostic("missing-key", message, self.file.key(at), path_text(at)), "unread"
            )
        known = {key: value for key, value in given.items() if value is not None}
        make: Any = cls
        return make(at=at, **known) if not needed or needed in known else None

    def tables(self, value: object, at: KeyPath) -> dict[str, TableDocument]:
        """Tables by name."""
        found = {}
        for name, table in (self.typed(dict, "a table of tables", value, at) or {}).items():
            inner = _Shapes(self.file, self.faults.of(name))
            found[name] = inner.document(TableDocument, table, (*at, name))
        return {name: table for name, table in found.items() if table is not None}

    def fields(self, value: object, at: KeyPath) -> dict[str, FieldDocument]:
        """What an own table answers, by name."""
        named = (self.typed(dict, "a table of tables", value, at) or {}).items()
        found = {name: self.document(FieldDocument, field, (*at, name)) for name, field in named}
        return {name: field for name, field in found.items() if field is not None}

    def documents(self, cls: type[T], value: object, at: KeyPath) -> tuple[T, ...]:
        """A list of documents: `[[rule]]` as often as there are rules."""
        noun = f"a list of tables, as [[{at[-1]}]] starts one"
        items = self.typed(list, noun, value, at) or []
        found = (self.document(cls, item, (*at, index)) for index, item in enumerate(items))
        return tuple(document for document in found if document is not None)

    def typed(self, cls: type[T], noun: str, value: object, at: KeyPath) -> T | None:
        """A value of exactly one of TOML's types."""
        if isinstance(value, cls):
            return value
        message = f"expected {noun}, got {show(value)}"
        self.faults.add(
            Diagnostic("wrong-type", message, self.file.value(at), path_text(at)), "unread"
        )
        return None


_Reader: TypeAlias = "Callable[[_Shapes, object, KeyPath], object]"


def _typed(cls: type[Any], noun: str) -> _Reader:
    return lambda shapes, value, at: shapes.typed(cls, noun, value, at)


def _documents(cls: type[Any]) -> _Reader:
    return lambda shapes, value, at: shapes.documents(cls, value, at)


_TEXT, _BOOLEAN = _typed(str, "a text"), _typed(bool, "true or false")
_TABLE = _typed(dict, "a table of keys and values")
_BY_TYPE: Mapping[Any, _Reader] = {
    **dict.fromkeys(("str", "str | None"), _TEXT),
    **dict.fromkeys(("bool", "bool | None"), _BOOLEAN),
    **dict.fromkeys(("Table", "Table | None"), _TABLE),
    "tuple[TestDocument, ...]": _documents(TestDocument),
    "tuple[RuleDocument, ...]": _documents(RuleDocument),
    "Mapping[str, TableDocument]": _Shapes.tables,
    "Mapping[str, FieldDocument]": _Shapes.fields,
    "tuple[object, ...]": lambda shapes, value, at: tuple(
        shapes.typed(list, "a list", value, at) or ()
    ),
    "object": lambda _shapes, value, _at: value,
}
_DOCUMENTS: tuple[Any, ...] = (
    TestDocument,
    RuleDocument,
    FieldDocument,
    TableDocument,
    TableFileDocument,
    PolicyDocument,
)
_KEYS = {  # those that are needed first
    cls: sorted(attrs.fields(cls)[1:], key=lambda key: key.default is not attrs.NOTHING)
    for cls in _DOCUMENTS
}
_READERS: Mapping[Any, Mapping[str, _Reader]] = {
    cls: {key.name: _BY_TYPE[key.type] for key in keys} for cls, keys in _KEYS.items()
}
_NEEDED: Mapping[Any, str] = {
    cls: key.name for cls, keys in _KEYS.items() for key in keys if key.default is attrs.NOTHING
}
_OUTCOME = "what a rule answers goes into `then = {{ {} = … }}`"
_MEANT: Mapping[Any, Mapping[str, str]] = {
    RuleDocument: {
        **dict.fromkeys(("if", "condition", "where"), "did you mean 'when'?"),
        **dict.fromkeys(("name", "rule"), "did you mean 'id'?"),
        **dict.fromkeys(("outcome", "result", "answer"), "did you mean 'then'?"),
        **dict.fromkeys(("because", "reason", "doc", "description"), "did you mean 'why'?"),
        **{key: _OUTCOME.format(key) for key in ("text", "severity", "state")},
        "message": _OUTCOME.format("text"),
    },
    TestDocument: {
        **dict.fromkeys(("given", "when"), "did you mean 'facts'?"),
        **dict.fromkeys(("rule", "wins", "id"), "did you mean 'decides'?"),
    },
    TableFileDocument: {"name": "did you mean 'table'?"},
    PolicyDocument: {"name": "did you mean 'policy'?"},
}
"""What authors write for a key that has another name here, too far from it to be a slip."""

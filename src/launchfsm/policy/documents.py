"""Documents: rule files, read within bounds, the shape that they have, and values as TOML.

Whatever stands at a path, reading it neither raises nor hangs. Nothing is coerced and no key is
skipped; a value that has not the shape is told and left out, so that the rest is still checked.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs
import tomli

from launchfsm.engine.text import did_you_mean, listing, quoted, short, show, visible
from launchfsm.engine.types import Location
from launchfsm.policy.diagnostics import Diagnostic, Diagnostics
from launchfsm.policy.locations import BARE_KEY, KeyPath, RuleFile, path_text
from launchfsm.system.files import ReadProblem, read_bounded

MOST_FILE_BYTES: Final = 4 * 1024 * 1024
"""The largest rule file."""

MOST_KEY_PARTS: Final = 32
"""Parts of a dotted key; a rule file has three, and the parser's work grows with their square."""

# -- Files -----------------------------------------------------------------------------------------

_UNCLOSED = re.compile(r"""Illegal character '\\n'|Unterminated string|Expected "'(?:'')?\"""")
"""How `tomli` says that a text is not closed, wherever it noticed."""
_ONE_QUOTE = (
    "; a text ends at the next quote of its own kind, so write the other kind inside it, "
    """as in "owner == 'dead'\""""
)
_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(
    rf"(?P<long>{_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MOST_KEY_PARTS},}})"
    r"""|\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*+"|'[^'\n]*+'|\#[^\n]*+|[A-Za-z0-9_-]++""",
    re.DOTALL,
)
_BYTE_ORDER_MARK = "\ufeff"


def read_file(
    path: Path, shown: str, faults: Diagnostics, *, needed: str = ""
) -> tuple[RuleFile, Located | None]:
    """A TOML file, and what it says; `None` when it cannot be read or is no TOML.

    Args:
        shown: Its path, as faults name it.
        needed: What the file is needed for, to be said when it cannot be read.
    """
    data = _bytes(path, shown, needed)
    if isinstance(data, Diagnostic):
        faults.add(data, "unread")
        return RuleFile(shown, ""), None
    file = RuleFile(shown, data.decode("utf-8", "replace"))
    try:
        data.decode("utf-8")
        if (long := _long_key(file.text)) is None:
            return file, Located(tomli.loads(file.text), file, ())
        message = f"this is no key of a rule file: it has more than {MOST_KEY_PARTS} parts"
        fault = Diagnostic("toml", message, file.at(*long))
    except UnicodeDecodeError as error:
        offset = len(data[: error.start].decode("utf-8"))
        message = f"byte {data[error.start]:#04x} is no UTF-8 here; save the file as UTF-8"
        fault = Diagnostic("unreadable", message, file.at(offset, offset + 1))
    except (ValueError, RecursionError) as error:
        fault = _toml_fault(file, error)
    faults.add(fault, "unread")
    return file, None


def _long_key(text: str) -> tuple[int, int] | None:
    """Where the first key with too many parts stands."""
    if all(line.count(".") < MOST_KEY_PARTS for line in text.split("\n")):
        return None
    return next((key.span() for key in _LONG_KEY.finditer(text) if key["long"]), None)


def _bytes(path: Path, shown: str, needed: str) -> bytes | Diagnostic:
    """The bytes of a file; a link is followed inside its own folder only."""

    def fault(code: str, why: str) -> Diagnostic:
        message = f"the file cannot be read: {why}{needed and f'; {needed}'}"
        return Diagnostic(code, message, Location(shown, 1))

    try:
        real, folder = os.path.realpath(path), os.path.realpath(path.parent)
        if os.path.commonpath([real, folder]) != folder:
            why = f"it is a link that leads out of its folder; name {short(real)} itself"
            return fault("outside", why)
        found = read_bounded(real, limit=MOST_FILE_BYTES)
    except (OSError, ValueError) as error:
        return fault("unreadable", getattr(error, "strerror", None) or str(error))
    if isinstance(found, ReadProblem):
        code = "too-large" if found.outcome == "oversized" else "unreadable"
        return fault(code, found.detail)
    return found


def _toml_fault(file: RuleFile, error: Exception) -> Diagnostic:
    message, location = str(error), file.line(1)
    if file.text.startswith(_BYTE_ORDER_MARK):
        message = "it starts with a byte-order mark; save the file as UTF-8 without one"
    elif isinstance(error, RecursionError):
        message = "it nests too deep"
    elif isinstance(error, tomli.TOMLDecodeError):
        message, end = error.msg, len(file.text.rstrip())
        at_end = error.pos >= len(error.doc)
        location = file.at(end, end + 1) if at_end else file.line(error.lineno, error.colno)
        before = location.source[: location.column - 1 - location.skipped]
        if _UNCLOSED.fullmatch(message) and (found := file.unclosed()):
            location, quote = found
            message = f"the text that begins here is never closed; write {quote} where it ends"
        elif before.endswith(("'", '"')):
            message += _ONE_QUOTE
    return Diagnostic("toml", f"this is not TOML: {message}", location)


# -- Shapes ----------------------------------------------------------------------------------------


_KINDS: Final[Mapping[str, tuple[type[Any], str]]] = {
    "text": (str, "a text"),
    "boolean": (bool, "true or false"),
    "list": (list, "a list"),
    "value": (object, "a value"),
    "table": (dict, "a table of keys and values"),
    "tables": (list, "a list of tables, as [[{key}]] starts one"),
    "named tables": (dict, "a table of tables"),
}
"""What a key's value can be: what TOML makes of it, and how a message calls it."""


@attrs.frozen(eq=False)
class Key:
    """A key that a table of a rule file may have.

    Attributes:
        doc: What it is for, as editors show it; may be empty.
        of: The keys of its `tables` or `named tables`.
        needed: Whether the table means nothing without it; such a key is the first.
        others: What authors write instead, too far from it to be a slip.
    """

    kind: str
    doc: str = ""
    of: Shape = attrs.field(factory=dict)
    needed: bool = False
    others: tuple[str, ...] = ()


Shape: TypeAlias = Mapping[str, Key]
"""The keys that a table of a rule file may have, by name."""

TEST: Final[Shape] = {
    "facts": Key("table", others=("given", "when")),
    "fires": Key("boolean"),
    "decides": Key("text", others=("rule", "wins", "id")),
    "then": Key("table"),
}
RULE: Final[Shape] = {
    "id": Key(
        "text", "The rule's name, unique in the table.", needed=True, others=("name", "rule")
    ),
    "when": Key(
        "text",
        "The condition; left out, the rule always fires.",
        others=("if", "condition", "where"),
    ),
    "then": Key("table", others=("outcome", "result", "answer")),
    "why": Key(
        "text",
        "The reason, shown by explanations.",
        others=("because", "reason", "doc", "description"),
    ),
    "override": Key("boolean", "Changes the inherited rule of this id."),
    "disable": Key("boolean", "Removes the inherited rule of this id."),
    "before": Key("text", "Puts a rule ahead of the rule of this id."),
    "after": Key("text", "Puts a rule right behind the rule of this id."),
    "test": Key("tables", "Tests of this rule's condition.", TEST),
}
_ANSWERS: Final = {"text": "text", "message": "text", "severity": "severity", "state": "state"}
"""What authors write beside a rule's `then`, and the field inside it that they mean."""
FIELD: Final[Shape] = {
    "type": Key("text", needed=True),
    "doc": Key("text", "A sentence on what it means."),
    "words": Key("list", "What a word may be."),
    "default": Key("value", "What it is where a rule does not say."),
    "list": Key("boolean", "Whether it is a list of such values."),
}
TABLE: Final[Shape] = {
    "on": Key("text", "After which decision it is asked."),
    "hit": Key("text", "Which firing rules answer."),
    "doc": Key("text", "A sentence on what the table decides."),
    "outcome": Key("named tables", "What its rules may answer.", FIELD),
    "show": Key("text", "The line that displays have of its answer."),
    "params": Key("table"),
    "rule": Key("tables", of=RULE),
    "test": Key("tables", "Tests of the table as a whole.", TEST),
}
TABLE_FILE: Final[Shape] = {
    "table": Key("text", "A table of one's own.", needed=True, others=("name",)),
    **TABLE,
}
POLICY: Final[Shape] = {
    "policy": Key("text", "The policy's name.", needed=True, others=("name",)),
    "description": Key("text", "One or two sentences."),
    "extends": Key("text", "The name or the path of the policy that it starts from."),
    "tables": Key("named tables", "Tables, for a policy in one file.", TABLE),
}

# -- Documents -------------------------------------------------------------------------------------


@attrs.frozen
class Located:
    """A value of a rule file, and where it stands.

    The value is what TOML has; what a document has at its keys, and in its tables, is located, too.
    """

    value: Any
    file: RuleFile
    at: KeyPath

    def get(self, key: str) -> Located | None:
        """What a table has at a key; `None` when there is nothing."""
        found: Located | None = self.value.get(key)
        return found

    def said(self, key: str, otherwise: Any = None) -> Any:
        """The value that a table has at a key."""
        found = self.value.get(key)
        return otherwise if found is None else found.value

    def under(self, *keys: str | int, value: Any = None) -> Located:
        """What stands inside this, or would."""
        return Located(value, self.file, (*self.at, *keys))

    def key(self) -> Location:
        """Where its key stands."""
        return self.file.key(self.at)

    def fault(self, code: str, message: str, *, other: Located | None = None) -> Diagnostic:
        """A fault of the value; `other` is a second place that the message speaks of."""
        related = other.key() if other else None
        return Diagnostic(code, message, self.file.value(self.at), path_text(self.at), related)

    def key_fault(self, code: str, message: str, *, other: Located | None = None) -> Diagnostic:
        """A fault of the key itself, or of all that stands under it."""
        return attrs.evolve(self.fault(code, message, other=other), location=self.key())


def read_document(shape: Shape, raw: Located, faults: Diagnostics) -> Located | None:
    """A table of a rule file, without the parts that do not fit its shape, which become faults.

    `None` when the key that it needs is missing or wrong.
    """
    if not _is_a("table", raw, faults):
        return None
    found: dict[str, Located] = {}
    for name, value in raw.value.items():
        written, key = raw.under(name, value=value), shape.get(name)
        if key is None:
            hint = _hint(name, shape)
            message = f"{quoted(short(name))} is no key here{hint}; keys: {listing(shape)}"
            faults.add(written.key_fault("unknown-key", message), "unread")
        elif _is_a(key.kind, written, faults):
            found[name] = _inside(key, written, faults)
    lacks = next((name for name, key in shape.items() if key.needed and name not in found), None)
    if lacks is None:
        return raw.under(value=found)
    if lacks not in raw.value:
        faults.add(raw.key_fault("missing-key", f"the key {lacks!r} is missing"), "unread")
    return None


def _hint(name: str, shape: Shape) -> str:
    """What the author of a key that a table does not have may have meant."""
    if shape is RULE and name in _ANSWERS:
        return f" (what a rule answers goes into `then = {{ {_ANSWERS[name]} = … }}`)"
    meant = next((known for known, key in shape.items() if name in key.others), None)
    return f" (did you mean {meant!r}?)" if meant else did_you_mean(name, shape)


def _is_a(kind: str, written: Located, faults: Diagnostics) -> bool:
    type_, noun = _KINDS[kind]
    if isinstance(written.value, type_):
        return True
    expected = noun.format(key=written.at and written.at[-1])
    message = f"expected {expected}, got {show(written.value)}"
    faults.add(written.fault("wrong-type", message), "unread")
    return False


def _inside(key: Key, written: Located, faults: Diagnostics) -> Located:
    """A value with all that it holds located, without the parts that do not fit their shape."""
    if key.kind == "tables":
        items = (written.under(index, value=item) for index, item in enumerate(written.value))
        read = (read_document(key.of, item, faults) for item in items)
        return written.under(value=tuple(item for item in read if item is not None))
    if key.kind not in {"table", "named tables"}:
        return written
    parts = {name: written.under(name, value=value) for name, value in written.value.items()}
    if key.kind == "table":
        return written.under(value=parts)
    tables = {
        name: read_document(key.of, part, faults.of(name) if key.of is TABLE else faults)
        for name, part in parts.items()
    }
    return written.under(value={name: table for name, table in tables.items() if table})


# -- Values as TOML --------------------------------------------------------------------------------


def toml_text(value: object) -> str:
    """A value, or one of a document, as TOML on one line."""
    match value:
        case Located():
            return toml_text(value.value)
        case Mapping():
            pairs = (f"{toml_key(name)} = {toml_text(item)}" for name, item in value.items())
            return f"{{ {', '.join(pairs)} }}" if value else "{}"
        case list() | tuple():
            return f"[{', '.join(map(toml_text, value))}]"
        case dt.date() | dt.time():
            return value.isoformat()
        case float():
            return repr(value)  # `inf` and `nan`, which JSON does not have
    import json  # noqa: PLC0415 - 2 ms that only those who write have to pay

    if isinstance(value, str):
        return visible(json.dumps(value, ensure_ascii=False))
    try:
        return json.dumps(value)
    except ValueError:  # Python prints no integer of more than 4,300 digits but as hexadecimal
        return f"{value:#x}"


def toml_key(name: str) -> str:
    """A key as TOML: in quotes unless it is a bare one."""
    return name if BARE_KEY.fullmatch(name) else toml_text(name)

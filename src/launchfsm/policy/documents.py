"""Rule documents: the shape of a rule file, read strictly from TOML.

Nothing is coerced, no key is skipped, and a value that has not the shape is told and left out, so
that everything else in the file is still checked.

Here: the attrs classes of what an author writes, and every way in which a file may not be that
shape. Not here: the files (`rule_files`), what overrides what (`merging`), or which facts and
outcomes exist (`checking`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import attrs

from launchfsm.engine.text import did_you_mean, show
from launchfsm.policy.diagnostics import Diagnostic
from launchfsm.policy.locations import Path, path_text

if TYPE_CHECKING:
    from launchfsm.policy.rule_files import RuleFile

T = TypeVar("T")
Table: TypeAlias = dict[str, Any]
"""A TOML table: values of any type by key."""


@attrs.frozen
class TestDocument:
    """An inline test: facts, and what must come of them.

    Attributes:
        at: Where it stands.
        facts: Doc values by name; those left out are unknown, or false or 0 when they never are.
        fires: Under a rule: whether its condition must hold.
        decides: Under a table: the id of the only rule that must answer, or `"nothing"`.
        then: Fields that the table's outcome must have, of several outcomes one of them.
    """

    __test__ = False  # pytest: this is no test class

    at: Path
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

    at: Path
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
class TableDocument:
    """One decision table, or the changes to an inherited one.

    Attributes:
        at: Where it stands.
        hit: The hit policy; needed unless inherited.
        doc: A sentence on what the table decides.
        params: Thresholds, weights and lists that conditions and texts name.
        rule: The rules in the order in which they are tried.
        test: Tests of the table as a whole.
    """

    at: Path
    hit: str | None = None
    doc: str | None = None
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

    at: Path
    policy: str
    description: str = ""
    extends: str | None = None
    tables: Mapping[str, TableDocument] = attrs.field(factory=dict)


# -- Shapes ----------------------------------------------------------------------------------------


def read_document(
    cls: type[T], raw: object, file: RuleFile, faults: list[Diagnostic], at: Path = ()
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

    def __init__(self, file: RuleFile, faults: list[Diagnostic]) -> None:
        self.file = file
        self.faults = faults

    def document(self, cls: type[T], raw: object, at: Path) -> T | None:
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
                self.unknown_key(key, list(readers), at, _MEANT.get(cls, {}))
        if needed and needed not in given:
            message = f"the key {needed!r} is missing"
            self.faults.append(Diagnostic("missing-key", message, self.file.key(at), path_text(at)))
        known = {key: value for key, value in given.items() if value is not None}
        make: Any = cls
        return make(at=at, **known) if not needed or needed in known else None

    def tables(self, value: object, at: Path) -> dict[str, TableDocument]:
        """TracedDecision tables by name."""
        found = {
            name: self.document(TableDocument, table, (*at, name))
            for name, table in (self.typed(dict, "a table of tables", value, at) or {}).items()
        }
        return {name: table for name, table in found.items() if table is not None}

    def documents(self, cls: type[T], value: object, at: Path) -> tuple[T, ...]:
        """A list of documents: `[[rule]]` as often as there are rules."""
        noun = f"a list of tables, as [[{at[-1]}]] starts one"
        items = self.typed(list, noun, value, at) or []
        found = (self.document(cls, item, (*at, index)) for index, item in enumerate(items))
        return tuple(document for document in found if document is not None)

    def typed(self, cls: type[T], noun: str, value: object, at: Path) -> T | None:
        """A value of exactly one of TOML's types."""
        if isinstance(value, cls):
            return value
        message = f"expected {noun}, got {show(value)}"
        self.faults.append(Diagnostic("wrong-type", message, self.file.value(at), path_text(at)))
        return None

    def unknown_key(self, key: str, known: list[str], at: Path, meant: Mapping[str, str]) -> None:
        """Note a key that means nothing here."""
        near = f" ({meant[key]})" if key in meant else did_you_mean(key, known)
        message = f"{key!r} is no key here{near}; keys: {', '.join(known)}"
        path = (*at, key)
        self.faults.append(Diagnostic("unknown-key", message, self.file.key(path), path_text(path)))


_Reader: TypeAlias = "Callable[[_Shapes, object, Path], object]"


def _typed(cls: type[Any], noun: str) -> _Reader:
    return lambda shapes, value, at: shapes.typed(cls, noun, value, at)


def _documents(cls: type[Any]) -> _Reader:
    return lambda shapes, value, at: shapes.documents(cls, value, at)


_TEXT = _typed(str, "a text")
_BOOLEAN = _typed(bool, "true or false")
_TABLE = _typed(dict, "a table of keys and values")
_TABLE_KEYS: Mapping[str, _Reader] = {
    "hit": _TEXT,
    "doc": _TEXT,
    "params": _TABLE,
    "rule": _documents(RuleDocument),
    "test": _documents(TestDocument),
}
_READERS: Mapping[Any, Mapping[str, _Reader]] = {
    TestDocument: {"facts": _TABLE, "fires": _BOOLEAN, "decides": _TEXT, "then": _TABLE},
    RuleDocument: {
        "id": _TEXT,
        "when": _TEXT,
        "then": _TABLE,
        "why": _TEXT,
        "override": _BOOLEAN,
        "disable": _BOOLEAN,
        "before": _TEXT,
        "after": _TEXT,
        "test": _documents(TestDocument),
    },
    TableDocument: _TABLE_KEYS,
    TableFileDocument: {"table": _TEXT, **_TABLE_KEYS},
    PolicyDocument: {
        "policy": _TEXT,
        "description": _TEXT,
        "extends": _TEXT,
        "tables": _Shapes.tables,
    },
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
_NEEDED: Mapping[Any, str] = {
    RuleDocument: "id",
    TableFileDocument: "table",
    PolicyDocument: "policy",
}

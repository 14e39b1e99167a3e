"""Rule documents: the shape of a rule file, read strictly from TOML.

Here: the attrs classes of what an author writes, and every way in which a file may not be that
shape, with its JSON path. Not here: what facts and outcomes exist, or merging (`loading`).
"""

from __future__ import annotations

import functools
import re
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import cattrs
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError

from launchfsm.policy.faults import Fault, Place
from launchfsm.policy.kinds import did_you_mean, show
from launchfsm.policy.positions import Positions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.resources.abc import Traversable

T = TypeVar("T")

_TOML_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")


@attrs.frozen
class TestDocument:
    """An inline test: facts, and what must come of them.

    Attributes:
        facts: Fact values by name; those left out are unknown, false or 0.
        fires: Under a rule: whether its condition must hold.
        decides: Under a table: the id of the rule that must win, or `"nothing"`.
        then: Fields that the table's outcome must have.
    """

    __test__ = False  # pytest: this is no test class

    facts: dict[str, Any] = attrs.field(factory=dict)
    fires: bool | None = None
    decides: str | None = None
    then: dict[str, Any] | None = None


@attrs.frozen
class RuleDocument:
    """One `[[rule]]`.

    Attributes:
        id: Its name, unique in the table.
        when: The condition; left out, the rule always fires.
        then: The outcome's fields.
        why: The author's reason, shown by explanations.
        override: It changes the inherited rule of this id: the keys given replace its keys, and
            `then` is merged field by field.
        disable: It removes the inherited rule of this id.
        before: A new rule's place: ahead of the rule of this id.
        after: A new rule's place: right behind the rule of this id.
        test: Its inline tests.
    """

    id: str
    when: str | None = None
    then: dict[str, Any] | None = None
    why: str | None = None
    override: bool = False
    disable: bool = False
    before: str | None = None
    after: str | None = None
    test: list[TestDocument] = attrs.field(factory=list)


@attrs.frozen
class TableDocument:
    """One decision table, or the changes to an inherited one.

    Attributes:
        hit: The hit policy; needed unless inherited.
        doc: A sentence on what the table decides.
        params: Thresholds, weights and lists that conditions and texts name.
        rule: The rules in the order in which they are tried.
        test: Tests of the table as a whole.
    """

    hit: str | None = None
    doc: str | None = None
    params: dict[str, Any] = attrs.field(factory=dict)
    rule: list[RuleDocument] = attrs.field(factory=list)
    test: list[TestDocument] = attrs.field(factory=list)


@attrs.frozen
class TableFileDocument(TableDocument):
    """A file that holds one table; `table` names it."""

    table: str = attrs.field(kw_only=True)


@attrs.frozen
class PolicyDocument:
    """`policy.toml`, or a whole policy in one file.

    Attributes:
        policy: The policy's name.
        description: One or two sentences.
        extends: The name or the path of the policy that it starts from.
        tables: Tables by name, for a policy in one file.
    """

    policy: str
    description: str = ""
    extends: str | None = None
    tables: dict[str, TableDocument] = attrs.field(factory=dict)


@attrs.define(eq=False)
class RuleFile:
    """One TOML file of a policy: its path as faults name it, and its text."""

    path: str
    text: str

    @functools.cached_property
    def positions(self) -> Positions:
        """Where things stand; worked out only when a fault or an explanation asks."""
        return Positions(self.path, self.text)

    def key(self, path: str) -> Place:
        """Where the key of a JSON path stands."""
        return self.positions.key(path)

    def value(self, path: str) -> Place:
        """Where the value of a JSON path stands."""
        return self.positions.value(path)


def read_file(
    path: Traversable, shown: str, faults: list[Fault]
) -> tuple[RuleFile, dict[str, Any]]:
    """Read and parse one TOML file; what is wrong is added to `faults`, the document then empty."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        place = Place(shown, 1)
        faults.append(Fault("unreadable", f"the file cannot be read as UTF-8: {error}", place))
        return RuleFile(shown, ""), {}
    file = RuleFile(shown, text)
    try:
        return file, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        faults.append(_toml_fault(file, error))
        return file, {}


def _toml_fault(file: RuleFile, error: Exception) -> Fault:
    message, line, column = str(error), len(file.positions.lines), 1
    if where := _TOML_POSITION.search(message):
        message, line, column = message[: where.start()], int(where[1]), int(where[2])
    return Fault("toml", f"this is not TOML: {message}", file.positions.line(line, column))


def structure(
    cls: type[T], raw: object, file: RuleFile, faults: list[Fault], path: str = "$"
) -> T | None:
    """The document as `cls`; every way in which it is not that shape is added to `faults`."""
    try:
        return _converter().structure(raw, cls)
    except ClassValidationError as error:
        faults += _shape_faults(error, file, path)
        return None


@functools.cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    for cls, noun in ((str, "a text"), (bool, "true or false")):
        converter.register_structure_hook(cls, _strict(cls, noun))
    converter.register_structure_hook_func(
        lambda cls: cls == dict[str, Any], _strict(dict, "a table of keys and values")
    )
    return converter


def _strict(cls: type[T], noun: str) -> Callable[[Any, Any], T]:
    """A hook that takes only what already has the type: cattrs alone would coerce."""

    def check(value: Any, _: Any) -> T:
        if type(value) is not cls:
            raise ValueError(f"expected {noun}, got {show(value)}")
        return value

    return check


def _shape_faults(error: BaseException, file: RuleFile, path: str) -> Iterator[Fault]:
    match error:
        case ForbiddenExtraKeysError():
            known = [field.name for field in attrs.fields(error.cl)]
            for key in sorted(error.extra_fields):
                message = (
                    f"{key!r} is no key here{did_you_mean(key, known)}; keys: {', '.join(known)}"
                )
                where = f"{path}.{key}"
                yield Fault("unknown-key", message, file.key(where), where)
        case ClassValidationError():
            for inner, note in error.group_exceptions()[0]:
                yield from _shape_faults(inner, file, f"{path}.{note.name}")
            for inner in error.group_exceptions()[1]:
                yield from _shape_faults(inner, file, path)
        case IterableValidationError():
            for inner, item in error.group_exceptions()[0]:
                index = f"[{item.index}]" if isinstance(item.index, int) else f".{item.index}"
                yield from _shape_faults(inner, file, f"{path}{index}")
        case KeyError():
            parent, _, name = path.rpartition(".")
            message = f"the key {name!r} is missing"
            yield Fault("missing-key", message, file.key(parent or "$"), parent or "$")
        case ValueError():
            yield Fault("wrong-type", str(error), file.value(path), path)
        case _:  # cattrs asked a number or a text for its keys or its items
            message = "expected a table of keys and values, or a list of them"
            yield Fault("wrong-type", message, file.value(path), path)

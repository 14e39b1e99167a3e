"""A decision of no meaning, with facts of every kind, and conditions over them to draw."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import attrs
from hypothesis import strategies as st

from launchfsm.engine.conditions import TEXT_OPERATORS, Condition, Group, Not, Test
from launchfsm.engine.decision import Decision
from launchfsm.engine.text import show
from launchfsm.engine.types import Doc, ValueType, read_many, read_one

Colour = Literal["red", "green", "dark blue"]


@attrs.define
class Facts:
    """Known and unknown facts of every kind; some are named like the engine's own variables."""

    flag: Annotated[bool, Doc("A flag.")] = False
    found: Annotated[bool | None, Doc("A flag that may be unknown.")] = None
    colour: Annotated[Colour, Doc("A colour.")] = "red"
    facts: Annotated[Colour | None, Doc("A colour that may be unknown.")] = None
    count: Annotated[int, Doc("How many.")] = 0
    c1: Annotated[float | None, Doc("A number that may be unknown.")] = None
    age: Annotated[float | None, Doc("How old; negative in the future.", unit="ms")] = None
    name: Annotated[str, Doc("Its name.")] = ""
    outcome: Annotated[str | None, Doc("A text that may be unknown.")] = None


@attrs.frozen
class Answer:
    """What a rule may say."""

    said: Annotated[str | None, Doc("What was said.")] = None
    texts: Annotated[tuple[str, ...], Doc("What else was said.")] = ()
    yes: Annotated[bool, Doc("Yes.")] = False


@attrs.frozen
class NeededAnswer:
    """What every rule has to say."""

    colour: Annotated[Colour, Doc("A colour.")]
    count: Annotated[int, Doc("How many.")] = 0


POINT = Decision("synthetic", Facts, Answer, "What is said?")
NEEDED = Decision("needed", Facts, NeededAnswer, "Which colour?")
MANY = Decision("many", Facts, Answer, "What is all said?", collect=True)
FIELDS = POINT.fact_fields

TEXTS = st.one_of(
    st.sampled_from(["", "a", "it's", '"', "\n\\", "#", "é\u00a0", "\ud800"]), st.text()
)
RAW: dict[str, st.SearchStrategy[Any]] = {
    "word": st.sampled_from(["red", "green", "dark blue"]),
    "number": st.one_of(
        st.integers(-2, 2),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    "duration": st.sampled_from(["0s", "1ms", "-3m", "2m59s999ms", "3m", "4d"]),
    "text": TEXTS,
}
"""Values as rule files write them, by the name of their kind."""

PARAMS = ("limit", "age_limit", "name2")
"""Names of params; each condition drawn brings their values along."""

ORDERING = ["<", "<=", ">", ">=", "==", "!="]


@attrs.frozen
class Drawn:
    """A condition and the params that it names."""

    condition: Condition
    params: dict[str, Any]


@st.composite
def _tests(draw: st.DrawFn, params: dict[str, Any]) -> Test:
    field = draw(st.sampled_from(list(FIELDS.values())))
    kind = field.kind
    if kind.name == "text" and draw(st.booleans()):
        return draw(_text_tests(field.name, params))
    if kind.optional and draw(st.integers(0, 3)) == 0:
        return Test(field.name, draw(st.sampled_from(["is", "is not"])), None, "None")
    if kind.name == "boolean":
        return Test(field.name, "true")
    ordered = kind.name in {"number", "duration"}
    op = draw(st.sampled_from([*(ORDERING if ordered else ORDERING[-2:]), "in", "not in"]))
    listed = op.endswith("in")
    raw = draw(st.lists(RAW[kind.name], max_size=3) if listed else RAW[kind.name])
    value = (read_many if listed else read_one)(ValueType(kind.name, kind.words), raw)
    param = draw(st.sampled_from(["", "", *PARAMS]))
    if param and params.setdefault(param, raw) is not raw:
        param = ""
    return Test(field.name, op, value, show(raw), param)


@st.composite
def _text_tests(draw: st.DrawFn, fact: str, params: dict[str, Any]) -> Test:
    """A test that looks into a text."""
    op = draw(st.sampled_from(sorted(TEXT_OPERATORS)))
    raw = draw(st.one_of(TEXTS.filter(bool), st.lists(TEXTS.filter(bool), max_size=3)))
    param = draw(st.sampled_from(["", *PARAMS]))
    if param and params.setdefault(param, raw) is not raw:
        param = ""
    return Test(fact, op, tuple(raw) if isinstance(raw, list) else (raw,), show(raw), param)


@st.composite
def conditions(draw: st.DrawFn) -> Drawn:
    """A condition as the parser would make it, over the facts above."""
    params: dict[str, Any] = {}
    tree: st.SearchStrategy[Condition] = st.recursive(
        _tests(params),
        lambda parts: st.one_of(
            parts.map(Not),
            st.builds(
                Group,
                st.sampled_from(["and", "or"]),
                st.lists(parts, min_size=2, max_size=3).map(tuple),
            ),
        ),
        max_leaves=6,
    )
    return Drawn(draw(tree), params)


def facts(decision: Decision[Any, Any] = POINT) -> st.SearchStrategy[Any]:
    """Facts objects, known and unknown, often of values that conditions compare with."""
    fields = decision.fact_fields.values()
    return st.builds(decision.facts, **{field.name: _values(field.kind) for field in fields})


def _values(kind: ValueType) -> st.SearchStrategy[Any]:
    if kind.name == "boolean":
        known: st.SearchStrategy[Any] = st.booleans()
    else:
        raw = st.integers(-3, 3) if kind.whole else RAW[kind.name]
        known = raw.map(lambda raw: read_one(kind, raw))
    return st.one_of(known, known, st.none()) if kind.optional else known

"""Every key and value is found where it stands, whatever way TOML has of writing it."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.policy.locations import RuleFile, path_text
from tests.policy.toml_documents import TomlDocument, toml_documents

if TYPE_CHECKING:
    from launchfsm.engine.types import Location
    from launchfsm.policy.locations import KeyPath


def place_of(document: TomlDocument, start: int, end: int) -> tuple[int, int, int]:
    """Line, column and length, worked out the plain way; a stretch ends with its line."""
    lines = document.text[:start].split("\n")
    on_line = document.text[start:].split("\n")[0].removesuffix("\r")
    return len(lines), len(lines[-1]) + 1, max(1, min(end - start, len(on_line)))


def told(location: Location) -> tuple[int, int, int]:
    return location.line, location.column, location.length


def under(location: Location) -> str:
    """The text that the caret underlines."""
    return location.source[location.column - 1 : location.column - 1 + location.length]


@given(toml_documents())
def test_the_documents_below_are_toml_and_say_what_they_mean_to(document: TomlDocument) -> None:
    assert document.says == tomllib.loads(document.text)


@given(toml_documents())
def test_everything_is_found_where_it_stands(document: TomlDocument) -> None:
    file = RuleFile("rules.toml", document.text)

    for path, at in document.places.items():
        assert place_of(document, *at.key) == told(file.key(path))
        assert place_of(document, *at.value) == told(file.value(path))
        for offset, (start, end) in enumerate(pairwise(at.characters)):
            assert place_of(document, start, end) == told(file.inside(path, offset, 1))


@given(toml_documents(), st.data())
def test_what_has_no_place_stands_where_the_thing_around_it_does(
    document: TomlDocument, data: st.DataObject
) -> None:
    file = RuleFile("rules.toml", document.text)
    path: KeyPath = data.draw(st.sampled_from([(), *document.places]))

    assert file.key(path) == file.key((*path, "no such key"))
    assert file.key(path) == file.value((*path, "no such key", 3, "below it"))


@given(st.text(st.sampled_from("[]{}=,.\"'\\# \r\nab1é")), st.integers(), st.integers())
def test_no_text_is_too_odd_to_have_places(text: str, number: int, column: int) -> None:
    file = RuleFile("rules.toml", text)

    for path in [(), ("a",), ("a", 0, "b")]:
        assert file.key(path).line in range(1, len(text) + 2)
        assert file.value(path).length >= 1
        assert file.inside(path, 3, 1000).length >= 1
    assert file.line(number, column).line in range(1, text.count("\n") + 1 + 1)


RULES = '''\
# A comment with [brackets] and "quotes
table = "owner"\t# and another
params = { stale_after = "3m", 'grace' = "5m" }

[[rule]]
id = "é-first"
when = """
  owner == 'dead' \\
    and state_age > grace
"""
then = { reason = "{owner_pid} is gone", dead = true }

[[rule]]
id = 'second'
when = "phase_kind == \\"active\\" and owner_gone"
"why" = \'\'\'it's gone\'\'\'
then.dead = true

[[rule.test]]
facts = { owner = "dead", state_age = "3m" }
'''

PLACES = [
    (("table",), "table", '"owner"'),
    (("params", "grace"), "'grace'", '"5m"'),
    (("rule", 0), "[[rule]]", "[[rule]]"),
    (("rule", 0, "id"), "id", '"é-first"'),
    (("rule", 0, "when"), "when", '"""'),
    (("rule", 0, "then", "dead"), "dead", "true"),
    (("rule", 1, "why"), '"why"', "'''it's gone'''"),
    (("rule", 1, "then", "dead"), "dead", "true"),
    (("rule", 1, "test", 0), "[[rule.test]]", "[[rule.test]]"),
    (("rule", 1, "test", 0, "facts", "state_age"), "state_age", '"3m"'),
]


@pytest.mark.parametrize(("path", "key", "value"), PLACES, ids=[path_text(p[0]) for p in PLACES])
def test_a_place_underlines_what_it_speaks_of(path: KeyPath, key: str, value: str) -> None:
    file = RuleFile("owner.toml", RULES)

    assert key == under(file.key(path))
    assert value == under(file.value(path))


def test_the_condition_of_a_rule_is_underlined_where_it_is_wrong() -> None:
    file = RuleFile("owner.toml", RULES)
    says: list[dict[str, Any]] = tomllib.loads(RULES)["rule"]
    first, second = says[0]["when"], says[1]["when"]

    def shown(rule: int, when: str, piece: str) -> tuple[int, str]:
        location = file.inside(("rule", rule, "when"), when.index(piece), len(piece))
        return location.line, under(location)

    assert (8, "owner == 'dead'") == shown(0, first, "owner == 'dead'")
    assert (9, "state_age > grace") == shown(0, first, "state_age > grace")
    assert (15, "owner_gone") == shown(1, second, "owner_gone")
    assert (15, r"\"active\"") == shown(1, second, '"active"')


def test_a_stretch_over_several_lines_is_underlined_on_its_first() -> None:
    file = RuleFile("owner.toml", "when = '''\nowner and\r\nother'''\r\n")

    assert "owner and" == under(file.inside(("when",), 0, 15))


def test_behind_the_end_of_a_string_stands_its_closing_quote() -> None:
    file = RuleFile("owner.toml", 'when = "owner and"')

    assert (1, 18, 1) == told(file.inside(("when",), 9, 1))
    assert (1, 18, 1) == told(file.inside(("when",), 900, 7))


def test_inside_of_what_is_no_string_is_the_value() -> None:
    file = RuleFile("owner.toml", "when = 12\n")

    assert (1, 8, 2) == told(file.inside(("when",), 1, 1))


def test_what_nests_deeper_than_any_rule_has_the_place_of_what_is_around_it() -> None:
    deep = "a = " + "[" * 60 + '"]"' + "]" * 60 + "\nb = 1\n"
    file = RuleFile("deep.toml", deep)

    assert (1, 36) == told(file.value(("a", *[0] * 60)))[:2]
    assert (2, 1, 1) == told(file.key(("b",)))


def test_a_key_with_more_dots_than_any_rule_is_found_soon() -> None:
    file = RuleFile("deep.toml", "a" + ".a" * 100_000 + " = 1\n[" + "b." * 100_000 + "b]\n")

    assert (1, 3, 1) == told(file.key(("a", "a")))
    assert 2 == file.key(("b",)).line


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), "$"),
        (("rule", 2, "when"), "$.rule[2].when"),
        (("tables", "a.b", "é"), "$.tables['a.b']['é']"),
        (("",), "$['']"),
    ],
)
def test_a_path_is_written_so_that_it_can_be_told_apart(path: KeyPath, text: str) -> None:
    assert text == path_text(path)

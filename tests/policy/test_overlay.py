"""What a policy says is laid over what it inherits, and what that leaves untold is a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.policy.checker import check_tables
from launchfsm.policy.diagnostics import Diagnostics
from launchfsm.policy.overlay import MergedTable, inherited
from tests.policy.synthetic import POINT
from tests.policy.written import laid, marked, spot_of

if TYPE_CHECKING:
    from launchfsm.engine.table import Table

BASE = """\
hit = "first"

[params]
grace = "3m"
few = [1, 2]

[[rule]]
id = "a"
when = "age >= grace"
then = { said = "a", yes = true }
why = "Because of a."

[[rule.test]]
facts = { age = "3m" }
fires = true

[[rule]]
id = "b"
when = "count in few"
then = { said = "b" }

[[rule]]
id = "c"
then = {}

[[test]]
facts = {}
decides = "c"
"""


def lay(*texts: str) -> tuple[MergedTable, Diagnostics]:
    """Tables laid over one another, the first below; each is of a file and a policy of its own."""
    faults = Diagnostics()
    merged: MergedTable | None = None
    for index, text in enumerate(texts):
        over = inherited(merged) if merged else None
        path, origin = f"p{index}.toml", f"p{index}"
        merged = laid(text, faults, name="synthetic", over=over, path=path, origin=origin)
    assert merged is not None
    return merged, faults


def loaded(*texts: str) -> Table:
    """The table that comes of it."""
    merged, faults = lay(*texts)
    table = check_tables({POINT.name: merged}, {POINT.name: POINT}, faults)[POINT.name]
    assert () == faults.told()
    return table


def order(*texts: str) -> str:
    return "".join(rule.id for rule in loaded(*texts).rules)


def rule(rule_id: str, body: str) -> str:
    return f'[[rule]]\nid = "{rule_id}"\n{body}\n'


NEW = 'when = "flag"\nthen = { said = "new" }'


# -- What comes of it ------------------------------------------------------------------------------


def test_an_override_keeps_what_it_does_not_say() -> None:
    table = loaded(BASE, rule("a", 'override = true\nthen = { said = "mine" }'))

    (a, _, _) = table.rules
    assert ("age >= grace", "Because of a.", "p1") == (a.when.text(), a.why, a.origin)
    assert ("mine", True) == (a.then["said"].source, a.then["yes"])
    assert ("p1.toml:1:1", "p0") == (a.location().text(), table.rules[1].origin)


def test_an_override_may_change_everything_and_stays_in_its_place() -> None:
    body = 'override = true\nwhen = "flag"\nthen = { yes = false }\nwhy = "Mine."'
    table = loaded(BASE, rule("b", body))

    assert ["a", "b", "c"] == [found.id for found in table.rules]
    b = table.rules[1]
    assert ("flag", "Mine.", False) == (b.when.text(), b.why, b.then["yes"])


def test_a_disabled_rule_is_gone() -> None:
    assert "ac" == order(BASE, rule("b", "disable = true"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (rule("x", NEW), "abcx"),
        (rule("x", f'before = "a"\n{NEW}'), "xabc"),
        (rule("x", f'before = "c"\n{NEW}'), "abxc"),
        (rule("x", f'after = "a"\n{NEW}'), "axbc"),
        (rule("x", f'after = "c"\n{NEW}'), "abcx"),
        (rule("x", f'before = "a"\n{NEW}') + rule("y", f'before = "a"\n{NEW}'), "xyabc"),
        (rule("x", f'after = "a"\n{NEW}') + rule("y", f'after = "a"\n{NEW}'), "ayxbc"),
        (rule("x", f'before = "b"\n{NEW}') + rule("y", f'after = "x"\n{NEW}'), "axybc"),
        (rule("b", 'override = true\nbefore = "a"'), "bac"),
        (rule("a", 'override = true\nafter = "b"'), "bac"),
        (rule("a", 'override = true\nbefore = "b"'), "abc"),
        (rule("b", "disable = true") + rule("x", f'before = "c"\n{NEW}'), "axc"),
    ],
)
def test_a_rule_goes_where_it_says(changes: str, expected: str) -> None:
    assert expected == order(BASE, changes)


def test_a_chain_of_policies_has_its_say_from_the_last_to_the_first() -> None:
    middle = 'params.grace = "4m"\n' + rule("a", 'override = true\nthen = { said = "middle" }')
    middle += rule("m", f'before = "c"\n{NEW}')
    top = 'params.grace = "5m"\n' + rule("m", 'override = true\nwhen = "found"')
    top += rule("b", "disable = true")

    table = loaded(BASE, middle, top)

    assert [("a", "p1"), ("m", "p2"), ("c", "p0")] == [(one.id, one.origin) for one in table.rules]
    a, m, _ = table.rules
    assert ("middle", True, "found", "new") == (
        a.then["said"].source,
        a.then["yes"],
        m.when.text(),
        m.then["said"].source,
    )
    assert "5m" == table.params["grace"]
    assert [300_000] == [test.value for test in a.when.tests()]


def test_a_param_that_is_changed_is_changed_wherever_it_is_named() -> None:
    table = loaded(BASE, 'params = { grace = "10s", few = [] }')

    assert [10_000, ()] == [test.value for one in table.rules for test in one.when.tests()]


def test_tests_stay_with_the_policy_that_wrote_them() -> None:
    test = '[[rule.test]]\nfacts = { age = "3m" }\nfires = true\n'
    table = loaded(BASE, rule("a", f'override = true\nwhy = "x"\n{test}'))

    assert ["p1.toml:5:1"] == [
        one.location().text() for found in table.rules for one in found.tests
    ]
    assert () == table.tests


def test_an_inherited_table_has_no_tests() -> None:
    merged, _ = lay(BASE)

    heir = inherited(merged)
    assert ["test"] == [*merged.written.value.keys() - heir.written.value.keys()]
    assert merged.rules[0].written.get("test")
    assert heir.rules[0].written.get("test") is None


def test_a_test_may_be_all_that_an_override_adds() -> None:
    test = '[[rule.test]]\nfacts = { age = "3m" }\nfires = true\n'

    assert 1 == len(loaded(BASE, rule("a", f"override = true\n{test}")).rules[0].tests)


def test_an_inherited_param_that_lost_its_rule_is_no_fault_of_who_dropped_the_rule() -> None:
    assert "bc" == order(BASE, rule("a", "disable = true"))


def test_a_param_written_for_nothing_is_a_fault_even_where_one_is_inherited() -> None:
    merged, faults = lay(BASE, 'params.grace = "4m"\n' + rule("a", "disable = true"))
    check_tables({POINT.name: merged}, {POINT.name: POINT}, faults)

    assert [("unused-param", "p1.toml:1:8")] == [
        (one.code, one.location.text()) for one in faults.told()
    ]


# -- What is wrong with it -------------------------------------------------------------------------

BASE_MARKED = BASE.replace('[[rule]]\nid = "a"', '⟦[[rule]]⟧\nid = "a"')

TWICE = """\
⟦[[rule]]⟧
id = "a"
override = true
why = "x"

[[rule]]
id = «"a"»
override = true
why = "y"
"""
FAULTS: list[tuple[str, str, str, str]] = [
    # below, above, the code, what is said
    (BASE, rule("o", "override = true").replace('"o"', '«"o"»'), "unused-override",
     "no inherited rule is named 'o', so there is nothing to override; inherited ids: a, b, c"),
    (BASE, rule("aa", "disable = true").replace('"aa"', '«"aa"»'), "unused-override",
     "nothing to disable (did you mean 'a'?)"),
    (BASE_MARKED, "«[[rule]]»\nid = 'a'\noverride = true\n", "unused-override",
     "this overrides nothing of rule 'a'; say what changes, or remove it"),
    (BASE_MARKED, "«[[rule]]»\nid = 'a'\noverride = true\ndisable = true\n", "contradiction",
     "rule 'a' is either overridden or disabled, not both"),
    (BASE, "[[rule]]\nid = 'a'\ndisable = true\n«when» = 'flag'\n", "contradiction",
     "rule 'a' is disabled, so its 'when' does nothing; remove one"),
    (BASE, "[[rule]]\nid = 'a'\ndisable = true\n«then» = {}\n", "contradiction", "its 'then'"),
    (BASE, "[[rule]]\nid = 'a'\ndisable = true\n«before» = ''\n", "contradiction", "'before'"),
    (BASE, "[[rule]]\nid = 'a'\ndisable = true\n«[[rule.test]]»\nfires = true\n",
     "contradiction", "its 'test'"),
    (BASE_MARKED, "[[rule]]\nid = «'a'»\nthen = {}\n", "duplicate-id",
     "rule 'a' is inherited; say `override = true` to change it, or choose another id"),
    (BASE, "⟦[[rule]]⟧\nid = 'x'\nthen = {}\n[[rule]]\nid = «'x'»\nthen = {}\n",
     "duplicate-id", "rule 'x' is in this table twice; give each rule an id of its own"),
    (BASE, "⟦[[rule]]⟧\nid = 'a'\ndisable = true\n[[rule]]\nid = «'a'»\nthen = {}\n",
     "duplicate-id", "rule 'a' is in this table twice"),
    (BASE, TWICE, "duplicate-id", "rule 'a' is in this table twice"),
    (BASE, "«[[rule]]»\nid = 'x'\nthen = {}\nbefore = 'a'\nafter = 'b'\n", "contradiction",
     "rule 'x' goes before one rule or after one, not both"),
    (BASE, "[[rule]]\nid = 'x'\nthen = {}\nbefore = «'q'»\n", "unknown-id",
     "no rule is named 'q'; ids so far: a, b, c"),
    (BASE, "[[rule]]\nid = 'a'\noverride = true\nafter = «''»\n", "unknown-id",
     "no rule is named ''; ids so far: b, c"),
    (BASE.replace("hit", "⟦hit⟧"), "hit = «'unique'»\n", "type-change",
     "the table is inherited with hit policy 'first', which cannot change"),
    (BASE.replace("grace =", "⟦grace⟧ ="), "params.grace = «3»\n", "type-change",
     'cannot become number 3; a duration is a text with its units, as in "300s" or "5m"'),
    (BASE.replace("few =", "⟦few⟧ ="), "params.few = «{ a = 1 }»\n", "type-change",
     "as list [1, 2] and cannot become table or date a table of keys and values"),
    (BASE.replace("few =", "⟦few⟧ ="), "params.few = «true»\n", "type-change",
     "as list [1, 2] and cannot become boolean true"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("below", "above", "code", "said"),
    FAULTS,
    ids=[f"{row[2]}: {row[3]}"[:70] for row in FAULTS],
)
def test_what_is_wrong_with_a_change_names_both_places(
    below: str, above: str, code: str, said: str
) -> None:
    base, _, other_below = marked(below)
    text, spot, other_above = marked(above)

    _, faults = lay(base, text)

    assert [code] == [fault.code for fault in faults.told()]
    (fault,) = faults.told()
    assert said in fault.message
    assert ("p1.toml", spot) == (fault.location.file, spot_of(fault.location))
    if other_below is not None or other_above is not None:
        assert fault.related is not None
        file = "p1.toml" if other_below is None else "p0.toml"
        assert (file, other_below or other_above) == (fault.related.file, spot_of(fault.related))


def test_without_anything_inherited_there_is_nothing_to_change() -> None:
    _, faults = lay('hit = "first"\n' + rule("a", "override = true\nwhy = 'x'"))

    told = "no inherited rule is named 'a', so there is nothing to override; inherited ids: none"
    assert [told] == [fault.message for fault in faults.told()]


def test_all_that_contradicts_itself_in_a_rule_is_told() -> None:
    keys = "override = true\ndisable = true\nbefore = 'p'\nafter = 'q'\n"

    _, faults = lay(BASE, rule("a", keys))
    _, lost = lay(BASE, rule("o", keys))

    assert ["contradiction"] == [fault.code for fault in faults.told()]
    assert ["contradiction"] == [fault.code for fault in lost.told()]


def test_what_may_stand_in_a_part_not_read_is_not_missed() -> None:
    broken = BASE + "[[rule]]\nid = 3\n"
    changes = rule("q", "override = true\nwhy = 'x'") + rule("x", f'before = "q"\n{NEW}')

    _, faults = lay(broken, changes)

    assert [("p0.toml", "wrong-type")] == [
        (fault.location.file, fault.code) for fault in faults.told()
    ]


@given(st.permutations(["a", "b", "c"]), st.data())
def test_a_move_changes_the_place_of_one_rule_and_nothing_else(
    ids: list[str], data: st.DataObject
) -> None:
    base = 'hit = "first"\n' + "".join(rule(one, "then = {}") for one in ids)
    moved, to = data.draw(st.permutations(ids))[:2]
    side = data.draw(st.sampled_from(["before", "after"]))

    found = order(base, rule(moved, f'override = true\n{side} = "{to}"'))

    assert [one for one in ids if one != moved] == [one for one in found if one != moved]
    assert (f"{moved}{to}" if side == "before" else f"{to}{moved}") in found

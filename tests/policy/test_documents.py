"""A rule file has exactly its shape: nothing is coerced and nothing is skipped."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.policy.diagnostics import Diagnostics
from launchfsm.policy.documents import POLICY, RULE, TABLE_FILE, Located, Shape, read_document
from launchfsm.policy.locations import RuleFile
from tests.policy.toml_documents import TomlDocument, toml_documents
from tests.policy.written import document_of, marked, spot_of

if TYPE_CHECKING:
    from launchfsm.policy.diagnostics import Diagnostic


def read(shape: Shape, text: str) -> tuple[Any, list[Diagnostic]]:
    """What a document says, as TOML has it, and what is wrong with it."""
    faults = Diagnostics()
    return plain(document_of(text, faults, shape)), list(faults.told())


def plain(value: object) -> Any:
    """What located values say."""
    if isinstance(value, Located):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


TABLE = """
table = "owner"
hit = "first"
doc = "A sentence."

[params]
grace = "3m"

[[rule]]
id = "one"
when = "owner_dead"
then = { dead = true }
why = "Because."
before = "two"

[[rule.test]]
facts = { owner_dead = true }
fires = true

[[rule]]
id = "two"
override = true
disable = true
after = "one"

[[test]]
facts = {}
decides = "one"
then = { dead = true }
"""


def test_a_table_says_what_its_file_says_and_each_part_where_it_stands() -> None:
    said, faults = read(TABLE_FILE, TABLE)
    document = document_of(TABLE, Diagnostics(), TABLE_FILE)

    assert [] == faults
    assert tomllib.loads(TABLE) == said
    assert document is not None
    first, second = document.said("rule")
    assert (("rule", 0), ("rule", 1)) == (first.at, second.at)
    assert ("rule", 0, "test", 0, "facts", "owner_dead") == (
        first.said("test")[0].said("facts")["owner_dead"].at
    )
    assert (None, "otherwise") == (second.get("when"), second.said("when", "otherwise"))


def test_a_policy_in_one_file_holds_its_tables_by_name() -> None:
    text = 'policy = "p"\nextends = "reference"\n[tables.owner]\nhit = "first"\n[tables.phase]\n'
    said, faults = read(POLICY, text)

    assert ([], tomllib.loads(text)) == (faults, said)


BAD_TABLES: list[tuple[str, str, str]] = [
    # the text, the code, what is said; the mark is around what is underlined
    ("«tabel» = 3", "unknown-key", "'tabel' is no key here (did you mean 'table'?); keys: table,"),
    ("«rules» = []", "unknown-key", "'rules' is no key here (did you mean 'rule'?)"),
    ("hit = «1»", "wrong-type", "expected a text, got 1"),
    ("doc = «['a']»", "wrong-type", "expected a text, got ['a']"),
    ("params = «[]»", "wrong-type", "expected a table of keys and values, got []"),
    ("rule = «''»", "wrong-type", "expected a list of tables, as [[rule]] starts one, got ''"),
    ("rule = «{}»", "wrong-type", "expected a list of tables, as [[rule]] starts one, got a table"),
    ("«[rule]»\nid = 'x'", "wrong-type", "expected a list of tables, as [[rule]] starts one, got"),
    ("rule = [«1»]", "wrong-type", "expected a table of keys and values, got 1"),
    ("«[test]»\nfacts = {}", "wrong-type", "expected a list of tables, as [[test]] starts one"),
    ("«[[rule]]»\nwhen = 'x'", "missing-key", "the key 'id' is missing"),
    ("[[rule]]\nid = «3»", "wrong-type", "expected a text, got 3"),
    ("[[rule]]\nid = 'x'\nwhen = «true»", "wrong-type", "expected a text, got true"),
    ("[[rule]]\nid = 'x'\nthen = «'x'»", "wrong-type", "expected a table of keys and values, got"),
    ("[[rule]]\nid = 'x'\nwhy = «2023-01-02»", "wrong-type", "expected a text, got 2023-01-02"),
    ("[[rule]]\nid = 'x'\noverride = «'true'»", "wrong-type", "expected true or false, got 'true'"),
    ("[[rule]]\nid = 'x'\ndisable = «1»", "wrong-type", "expected true or false, got 1"),
    ("[[rule]]\nid = 'x'\nbefore = «[]»", "wrong-type", "expected a text, got []"),
    ("[[rule]]\nid = 'x'\n«whn» = 'y'", "unknown-key", "'whn' is no key here (did you mean 'when'"),
    ("[[rule]]\nid = 'x'\n«if» = 'y'", "unknown-key", "'if' is no key here (did you mean 'when'?)"),
    ("[[rule]]\nid = 'x'\n«name» = 'y'", "unknown-key", "is no key here (did you mean 'id'?)"),
    ("[[rule]]\nid = 'x'\n«message» = 'y'", "unknown-key", "goes into `then = { text = … }`)"),
    ("[[rule]]\nid = 'x'\n«\"a.b\"» = 'y'", "unknown-key", "'a.b' is no key here; keys: id, when,"),
    ("[[rule]]\nid='x'\n[[rule.test]]\nfires = «1»", "wrong-type", "expected true or false, got 1"),
    ("[[test]]\nfacts = «3»", "wrong-type", "expected a table of keys and values, got 3"),
    ("[[test]]\nthen = «[]»", "wrong-type", "expected a table of keys and values, got []"),
    ("[[test]]\ndecides = «true»", "wrong-type", "expected a text, got true"),
    ("[[test]]\n«decide» = 'x'", "unknown-key", "'decide' is no key here (did you mean 'decides'?"),
    ("[[test]]\n«fact» = {}", "unknown-key", "'fact' is no key here (did you mean 'facts'?)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "said"), BAD_TABLES, ids=[row[0].replace("\n", " ") for row in BAD_TABLES]
)
def test_what_has_not_the_shape_of_a_table_is_told_where_it_stands(
    text: str, code: str, said: str
) -> None:
    clean, spot, _ = marked(f'table = "owner"\n{text}\n')

    _, (fault,) = read(TABLE_FILE, clean)

    assert (code, spot) == (fault.code, spot_of(fault.location))
    assert said in fault.message


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("«»description = 'x'", "missing-key", "the key 'policy' is missing"),
        ("policy = «3»", "wrong-type", "expected a text, got 3"),
        ("policy = 'p'\nextends = «['a']»", "wrong-type", "expected a text, got ['a']"),
        ("policy = 'p'\n«extend» = 'a'", "unknown-key", "(did you mean 'extends'?)"),
        ("policy = 'p'\ntables = «[]»", "wrong-type", "expected a table of tables, got []"),
        ("policy = 'p'\ntables.owner = «3»", "wrong-type", "expected a table of keys and values,"),
        ("policy = 'p'\n[tables.owner]\n«table» = 'x'", "unknown-key", "'table' is no key here"),
    ],
)  # fmt: skip
def test_what_has_not_the_shape_of_a_policy_is_told_where_it_stands(
    text: str, code: str, said: str
) -> None:
    clean, spot, _ = marked(text)

    _, (fault,) = read(POLICY, clean)

    assert code == fault.code
    assert spot is not None
    assert (spot.line, spot.column) == (fault.location.line, fault.location.column)
    assert said in fault.message


def test_the_path_of_a_fault_is_told() -> None:
    text = 'table = "owner"\n[[rule]]\nid = "x"\n[[rule.test]]\nfires = 1\n"a b" = 2\n'

    _, faults = read(TABLE_FILE, text)

    assert ["$.rule[0].test[0].fires", "$.rule[0].test[0]['a b']"] == [
        fault.path for fault in faults
    ]


def test_all_faults_of_a_file_are_told_and_the_rest_of_it_is_read() -> None:
    text = (
        'table = "owner"\nhit = 1\n[[rule]]\nwhen = "x"\n'
        '[[rule]]\nid = "kept"\nwhen = 3\nthen = { dead = true }\nwhat = 1\n'
    )

    document, faults = read(TABLE_FILE, text)

    assert ["wrong-type", "missing-key", "wrong-type", "unknown-key"] == [
        fault.code for fault in faults
    ]
    assert {"table": "owner", "rule": [{"id": "kept", "then": {"dead": True}}]} == document


@pytest.mark.parametrize(
    ("shape", "raw"),
    [
        (TABLE_FILE, {"hit": "first"}),
        (TABLE_FILE, {"table": 3}),
        (POLICY, []),
        (RULE, None),
    ],
)
def test_without_what_it_needs_there_is_no_document(shape: Shape, raw: object) -> None:
    faults = Diagnostics()

    assert read_document(shape, Located(raw, RuleFile("x.toml", ""), ()), faults) is None
    assert 1 == len(faults.told())


@given(toml_documents(), st.sampled_from([TABLE_FILE, POLICY]))
def test_no_toml_is_too_odd_to_be_told_what_is_wrong_with_it(
    toml: TomlDocument, shape: Shape
) -> None:
    _, faults = read(shape, toml.text)

    assert faults, "no key of these documents means anything but by chance"
    for fault in faults:
        assert fault.location.line <= toml.text.count("\n") + 1
        assert fault.message

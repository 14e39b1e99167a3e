"""JSON as JSON.parse reads it; what it accepts was measured on Node.js 20."""

from __future__ import annotations

import copy
import json
import math
import pickle
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.ecma.json import (
    MAX_DEPTH,
    JsonError,
    json_bytes,
    parse_json,
    parse_json_text,
    parse_without_orjson,
)

if TYPE_CHECKING:
    from collections.abc import Callable

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
# Texts in which brackets, escapes and noncharacters meet often enough to be confused.
JSON_LOOKALIKES = st.lists(
    st.sampled_from(
        [
            *'[]{},:"\\ \n01-.e\ufdd0',
            *["true", "null", '"a"', '"\\"["', '"\\\\"', "1e400", "NaN", "e999", "9" * 400],
            *["\\ud83d", "\\uDE00", "\\ufdd0", "\ufdd0i", "ud800", '"\\ud800":', '"\\ud800"'],
        ]
    )
).map("".join)


READERS: list[Callable[[str], Any]] = [
    parse_json_text,
    lambda text: parse_json(text.encode("utf-8", "surrogatepass")),
    parse_without_orjson,
]
every_reader = pytest.mark.parametrize("read", READERS, ids=["text", "bytes", "without orjson"])

ACCEPTED = [
    (" \t\r\n1 \t\r\n", 1),
    ("-0", 0),
    ("-0.0", -0.0),
    ("1E+2", 100.0),
    ("4242.0", 4242.0),
    ("1e400", math.inf),
    ("-1e400", -math.inf),
    ("1e-400", 0.0),
    ("9" * 5_000, math.inf),
    (f"-{'9' * 5_000}", -math.inf),
    (f"0.{'0' * 5_000}1", 0.0),
    ("18446744073709551615", 2**64 - 1),
    ("18446744073709551616", 2.0**64),
    ("-9223372036854775808", -(2**63)),
    ("-9223372036854775809", -(2.0**63)),
    ('"\\u0000\\ud83d\\ude00\x7f\u2028\\/"', "\x00😀\x7f\u2028/"),
    ('{"a": 1, "b": 2, "a": [3]}', {"a": [3], "b": 2}),
    ('{"": {}, "__proto__": []}', {"": {}, "__proto__": []}),
    ('[[], {}, [1, "]"], {"}": "\\"{"}]', [[], {}, [1, "]"], {"}": '"{'}]),
]

REFUSED = [
    ("", 0),
    ("NaN", 0),
    ("[1, NaN]", 4),
    ("[-Infinity]", 1),
    ('{"a": Infinity}', 6),
    ("\N{ZERO WIDTH NO-BREAK SPACE}1", 0),
    ("\xa01", 0),
    ("\x0b1", 0),
    ("1 2", 2),
    ("tru", 0),
    ("True", 0),
    ("'a'", 0),
    ("{a: 1}", 1),
    ("{1: 1}", 1),
    ("// 1", 0),
    ('["a\nb"]', 3),
    ('["\\x"]', 2),
    ("]", 0),
]
# Where exactly the fault is, is a matter of opinion; that there is one is not.
REFUSED_SOMEWHERE = [
    *[
        " ",
        "\t\n",
        "01",
        "+1",
        ".5",
        "1.",
        "1e",
        "-",
        "--1",
        "1_000",
        "0x10",
        "1,",
        "1,2",
        ",1",
        "[",
        "{",
        '"',
    ],
    *["[1,]", "[,1]", "[1,,2]", "[1 2]", "[1}", "[1]]", "[:]", "[1:2]", '["a":1]', "[[1]", "[1}]"],
    *['{"a"}', '{"a":}', '{"a":1,}', '{"a" 1}', '{"a":1 "b":2}', "{,}", '{"a":1,2}', '{"a"::1}'],
    *['{"a":1,"b"}', '{"a":[}', "{[]}", "{{}}", '{"a":1,[]}', '{"a":1]', '"\\ud80"', '"\\'],
    *['{"a":1,"b","c":2}', '{"a","b":1}', "1 NaN", "[] Infinity", "[],[]", "[],1", "1,[]"],
    *["[] []", "{} 1", "[],", "1:", '"a":1', "[]:1", "1\x00", "\x001", "[1\x00]", '"\x01"'],
]


@every_reader
def test_what_javascript_accepts_is_accepted(read: Callable[[str], Any]) -> None:
    for text, value in ACCEPTED:
        assert (text, repr(value)) == (text, repr(read(text)))


def offset(read: Callable[[str], Any], text: str) -> int | None:
    """Where a fault is told; `None` when none is."""
    try:
        read(text)
    except JsonError as error:
        return error.offset
    return None


@every_reader
def test_what_javascript_refuses_is_refused_and_the_place_is_told(
    read: Callable[[str], Any],
) -> None:
    assert [(text, offset(read, text)) for text, _ in REFUSED] == REFUSED
    for text in REFUSED_SOMEWHERE:
        place = offset(read, text)
        assert place is not None, text
        assert 0 <= place <= len(text), text


@every_reader
def test_an_escaped_lone_surrogate_is_a_character(read: Callable[[str], Any]) -> None:
    document = '{"\\ud83d": ["\\ude00\\ud83d", "\\ud83d\\ud83d\\ude00"]}'
    assert read(document) == {"\ud83d": ["\ude00\ud83d", "\ud83d😀"]}


@pytest.mark.parametrize("read", [parse_json_text, parse_without_orjson])
def test_a_raw_lone_surrogate_of_a_text_is_a_character(read: Callable[[str], Any]) -> None:
    assert read('["\ud800"]') == ["\ud800"]


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'"\xff"', "\ufffd"),
        (b'"a\xc3"', "a\ufffd"),
        (b'"\xe2\x82\xacx\xe2\x82x"', "€x\ufffdx"),
        (b'"\xf0\x9f\x98"', "\ufffd"),
        (b'"\xed\xa0\x80"', "\ufffd" * 3),
        (b'"\xc0\xaf\xf5"', "\ufffd" * 3),
        (b'{"\xff": 1, "\xfe": 2}', {"\ufffd": 2}),
    ],
)
def test_bytes_that_are_not_utf8_become_replacement_characters(data: bytes, value: object) -> None:
    assert parse_json(data) == value


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf{}", '{"a": 1}'.encode("utf-16"), b"\xff\xfe", b"\x00", b'{"a": \xff}']
)
def test_other_encodings_and_byte_order_marks_are_not_json(data: bytes) -> None:
    with pytest.raises(JsonError):
        parse_json(data)


@every_reader
def test_of_duplicate_keys_the_last_value_takes_the_first_place(read: Callable[[str], Any]) -> None:
    assert list(read('{"b": [], "a": {}, "b": 1}').items()) == [("b", 1), ("a", {})]


DEEP = "[" * 200


@pytest.mark.parametrize(
    ("before", "fault"),
    [
        ("", "x"),
        ("1,", "NaN"),
        ('"\\ud800",', "x"),
        ('"\\ud800\ufdd0\ufdd0",', "x"),
        ('{"\ufdd0":"\\ufdd0","\\udfff": -1e999},', "x"),
        ('1e400,\n"😀€",', "x"),
        (f"{'9' * 400}, ", "x"),
        ("{", "1e400 : 1}"),
        ("", "01e999"),
        ("", "1.e999"),
        ("", "+1e999"),
    ],
)
def test_a_fault_below_deep_nesting_is_told_with_its_place(before: str, fault: str) -> None:
    text = f"{DEEP}{before}{fault}"
    with pytest.raises(JsonError) as caught:
        parse_json(text.encode())
    assert caught.value.offset - len(DEEP + before) in {0, 1, 2}  # at it, or inside of it
    assert caught.value.line == 1 + before.count("\n")


def nested(depth: int, *, opening: str, inner: str, closing: str) -> str:
    return opening * depth + inner + closing * depth


def unwrap(value: Any) -> tuple[int, Any]:
    """Count the containers around a value, without recursion."""
    depth = 0
    while isinstance(value, (list, dict)) and value:
        value = value[0] if isinstance(value, list) else value["["]
        depth += 1
    return depth, value


@every_reader
@pytest.mark.parametrize("inner", ["1", '"\\ud800"', '"["'])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('[{"[":', "}]")])
def test_nesting_is_read_up_to_the_limit_and_refused_beyond(
    read: Callable[[str], Any], inner: str, opening: str, closing: str
) -> None:
    most = MAX_DEPTH // len(closing)
    value = read(nested(most, opening=opening, inner=inner, closing=closing))
    assert unwrap(value) == (MAX_DEPTH, json.loads(inner))
    with pytest.raises(JsonError, match="Nesting deeper than 1024"):
        read(nested(most + 1, opening=opening, inner=inner, closing=closing))


@every_reader
def test_nesting_without_end_is_refused(read: Callable[[str], Any]) -> None:
    for opening in ("[", '{"a":', '[{"":', "[1,"):
        with pytest.raises(JsonError, match="Nesting deeper than 1024"):
            read(opening * 100_000)


def from_a_stack_of(frames: int, read: Callable[[], Any]) -> Any:
    return read() if frames == 0 else from_a_stack_of(frames - 1, read)


def stack_depth() -> int:
    frame, depth = sys._getframe(), 0
    while frame.f_back:
        frame, depth = frame.f_back, depth + 1
    return depth


@pytest.mark.parametrize("spare_frames", [900, 30])
@pytest.mark.parametrize("depth", [20, 101, MAX_DEPTH])
def test_the_answer_does_not_depend_on_the_callers_stack(depth: int, spare_frames: int) -> None:
    document = nested(depth, opening="[", inner='"\\ud800"', closing="]").encode()
    torn = document[:-1]
    frames = max(0, sys.getrecursionlimit() - stack_depth() - spare_frames)
    assert from_a_stack_of(frames, lambda: unwrap(parse_json(document))) == (depth, "\ud800")
    with pytest.raises(JsonError) as caught:
        from_a_stack_of(frames, lambda: parse_json(torn))
    assert caught.value.offset == len(torn)


@pytest.mark.parametrize(
    ("inner", "depth"),
    [
        *[("1,", 900), ("[],", 1), ('{"":1},', 900), ('"\\"[",', 1)],
        *[("NaN,", 900), ("\\", 0), ('"', 0), (" ", 900)],
    ],
)
def test_documents_of_the_largest_size_get_an_answer(inner: str, depth: int) -> None:
    """One of 256 KiB, whole or torn, deep or flat, with something that orjson refuses."""
    filling = inner * ((262_144 - 2 * depth) // len(inner))
    whole = nested(depth, opening="[", inner=f'{filling}"\\ud800"', closing="]")
    for document in (whole, filling):
        try:
            parse_json(document.encode())
        except JsonError as error:
            assert 0 <= error.offset <= len(document)  # noqa: PT017 - an answer, not demanded


@given(JSON_VALUES)
def test_what_json_writes_is_read_as_json_reads_it(value: Any) -> None:
    text = json.dumps(value).replace("NaN", "null").replace("Infinity", "1e999")
    expected = json.loads(text, parse_int=float)
    for read in READERS:
        assert floats_only(read(text)) == expected


def floats_only(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: floats_only(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [floats_only(inner) for inner in value]
    return float(value) if type(value) is int else value


@given(JSON_LOOKALIKES)
def test_all_readers_agree_on_what_is_json_and_what_it_says(text: str) -> None:
    answers = set()
    for read in READERS:
        try:
            answers.add(repr(read(text)))
        except JsonError:
            answers.add("refused")
    assert len(answers) == 1


@given(st.binary() | st.text(alphabet=st.characters(codec="utf-8")).map(str.encode))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    try:
        parse_json(data)
    except JsonError as error:
        assert 0 <= error.offset <= len(data)  # noqa: PT017 - an answer, not demanded


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_as_a_json_string_is_itself(text: str) -> None:
    assert parse_json_text(json.dumps(text)) == json.loads(json.dumps(text))


def test_an_error_says_what_and_where() -> None:
    with pytest.raises(JsonError) as caught:
        parse_json(b'{"a": 1,\n "b": x}')
    assert str(caught.value) == "Expecting value at line 2, column 7 (offset 15)"
    assert (caught.value.line, caught.value.column, caught.value.offset) == (2, 7, 15)
    assert isinstance(caught.value, ValueError)


def test_an_error_says_once_that_it_says_where() -> None:
    with pytest.raises(JsonError) as caught:
        parse_json(b'["a')
    assert str(caught.value) == "Unterminated string starting at line 1, column 2 (offset 1)"


def test_an_error_counts_characters_and_not_bytes() -> None:
    with pytest.raises(JsonError) as caught:
        parse_json('["😀€", x]'.encode())
    assert caught.value.offset == 7


def test_an_error_survives_copies_and_pickles() -> None:
    error = JsonError("Expecting value", 15, 2, 7)
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 - our own
        assert str(twin) == str(error)
        assert twin.offset == error.offset


# -- Writing ---------------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(st.dictionaries(ANY_TEXT, ANY_TEXT | st.integers() | st.booleans()))
def test_what_is_written_reads_back_on_one_line_whatever_the_text(document: object) -> None:
    data = json_bytes(document)

    assert json.loads(data) == document
    assert b"\n" not in data


def test_text_is_written_as_it_is_read() -> None:
    assert json_bytes({"name": "Zoë"}) == '{"name":"Zoë"}'.encode()


def test_a_lone_surrogate_is_escaped() -> None:
    assert json_bytes({"name": "\udcff"}) == b'{"name":"\\udcff"}'


def test_a_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        json_bytes({"at": float("nan")})

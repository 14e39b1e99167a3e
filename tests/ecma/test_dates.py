"""Times as ECMAScript reads and prints them; the tables were measured on Node.js 20, in UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from launchfsm.ecma.dates import (
    from_datetime,
    iso,
    iso_from_ms,
    read_instant,
    read_time,
)

LAST_MS = 8_640_000_000_000_000
NOON = 1_699_963_200_000  # 2023-11-14T12:00:00.000Z
FALLBACK = "the fallback"

ISO_TEXTS = [
    (0, "1970-01-01T00:00:00.000Z"),
    (0.5, "1970-01-01T00:00:00.000Z"),
    (-0.5, "1970-01-01T00:00:00.000Z"),
    (0.001, "1970-01-01T00:00:00.000Z"),
    (-1, "1969-12-31T23:59:59.999Z"),
    (-1.5, "1969-12-31T23:59:59.999Z"),
    (999.999, "1970-01-01T00:00:00.999Z"),
    (-999.999, "1969-12-31T23:59:59.001Z"),
    (-1000.999, "1969-12-31T23:59:59.000Z"),
    (1700000000500, "2023-11-14T22:13:20.500Z"),
    (1700000000500.0, "2023-11-14T22:13:20.500Z"),
    (1700000000000.75, "2023-11-14T22:13:20.000Z"),
    (951782400000, "2000-02-29T00:00:00.000Z"),
    (951868799999, "2000-02-29T23:59:59.999Z"),
    (-2203891200001, "1900-02-28T23:59:59.999Z"),
    (4107542400000, "2100-03-01T00:00:00.000Z"),
    (253402300799999, "9999-12-31T23:59:59.999Z"),
    (253402300800000, "+010000-01-01T00:00:00.000Z"),
    (-62135596800000, "0001-01-01T00:00:00.000Z"),
    (-62135596800001, "0000-12-31T23:59:59.999Z"),
    (-62167219200000, "0000-01-01T00:00:00.000Z"),
    (-62167219200001, "-000001-12-31T23:59:59.999Z"),
    (-377705116800000, "-009999-01-01T00:00:00.000Z"),
    (LAST_MS, "+275760-09-13T00:00:00.000Z"),
    (-LAST_MS, "-271821-04-20T00:00:00.000Z"),
]

DATELESS = [
    LAST_MS + 1,
    -LAST_MS - 1,
    LAST_MS + 1.0,
    1e300,
    10**400,
    -(10**400),
    math.inf,
    -math.inf,
    math.nan,
]

READ_BY_NODE_TOO = [
    ("2023", 1672531200000),
    ("2023-11", 1698796800000),
    ("2023-11-14", 1699920000000),
    ("2024-02-29", 1709164800000),
    ("0000", -62167219200000),
    ("0001-01-01", -62135596800000),
    ("+000000-01-01", -62167219200000),
    ("-000001-01-01", -62198755200000),
    ("+012023", 317242051200000),
    ("+012023-11", 317268316800000),
    ("+012023-11-14", 317269440000000),
    ("+012023-11-14 10:00", 317269476000000),
    ("2023T10:00", 1672567200000),
    ("2023-11T10:00", 1698832800000),
    ("2023 10:00", 1672567200000),
    ("2023-11-14T22:20", 1700000400000),
    ("2023-11-14 22:20", 1700000400000),
    ("2023-11-14T22:20:05", 1700000405000),
    ("2023-11-14T22:20:05.1", 1700000405100),
    ("2023-11-14T22:20:05.1239Z", 1700000405123),
    ("2023-11-14T22:20:05.9999Z", 1700000405999),
    ("2023-11-14T22:20:05.123456", 1700000405123),
    ("2023-11-14T24:00", 1700006400000),
    ("2023-11-14 24:00", 1700006400000),
    ("2023-11-14T24:00:00.000Z", 1700006400000),
    ("2023-11-14T22:20Z", 1700000400000),
    ("2023-11-14T22:20-00:00", 1700000400000),
    ("2023-11-14T22:20+02:00", 1699993200000),
    ("2023-11-14T22:20+0200", 1699993200000),
    ("2023-11-14 22:20:05+0200", 1699993205000),
    ("2023-11-14T22:20+23:59", 1699914060000),
    ("+275760-09-13T00:00:00.000Z", LAST_MS),
    ("+275760-09-13T02:00:00+02:00", LAST_MS),
    ("-271821-04-20T00:00:00.000Z", -LAST_MS),
    (" 2023-11-14 ", 1699920000000),
    ("\t2023-11-14\n", 1699920000000),
    ("\N{ZERO WIDTH NO-BREAK SPACE}2023-11-14", 1699920000000),
    ("Tue, 14 Nov 2023 22:13:20 GMT", 1700000000000),
    ("Mon, 14 Nov 2023 22:13:20 GMT", 1700000000000),
    ("tue, 14 NOV 2023 22:13:20 gmt", 1700000000000),
    ("Tue , 14 Nov 2023 22:13:20 GMT", 1700000000000),
    ("Tue,14 Nov 2023 22:13:20 GMT", 1700000000000),
    ("Tue,\r\n 14 Nov 2023 22:13:20 GMT", 1700000000000),
    ("14 Nov 2023 22:13:20 GMT", 1700000000000),
    ("14 Nov 2023 22:13 GMT", 1699999980000),
    ("14 Nov 2023 22:13", 1699999980000),
    ("14 Nov 23 22:13:20 EST", 1700018000000),
    ("14 Nov 49 22:13:20 EST", 2520558800000),
    ("14 Nov 50 22:13:20 EST", -603665200000),
    ("29 Feb 00 00:00:00 GMT", 951782400000),
    ("14 Nov 12023 22:13:20 GMT", 317269520000000),
    ("14 Nov 2023 22:13:20 UT", 1700000000000),
    ("14 Nov 2023 22:13:20 UTC", 1700000000000),
    ("14 Nov 2023 22:13:20 Z", 1700000000000),
    ("14 Nov 2023 22:13:20 EDT", 1700014400000),
    ("14 Nov 2023 22:13:20 MST", 1700025200000),
    ("14 Nov 2023 22:13:20 -0000", 1700000000000),
    ("14 Nov 2023 22:13:20 +0200", 1699992800000),
    ("14 Nov 2023 22:13:20 +9959", 1699640060000),
    ("Tue, 14 Nov 2023 22:13:20 GMT (x)", 1700000000000),
    ("(c) Tue, 14 Nov 2023 22:13:20 GMT", 1700000000000),
    ("Tue (a), 14 (b(c)) Nov 2023 22:13:20 GMT", 1700000000000),
    ("14(x)Nov 2023 22:13:20 GMT", 1700000000000),
]

# Where Node.js refuses what §2 or RFC 2822 allows, or means another year, the specification wins.
READ_AS_SPECIFIED = [
    ("2023-11-14T10:00Z ", 1699956000000),
    ("\u30002023-11-14T10:00Z", 1699956000000),
    ("2023-11-14T22:13:20.1000Z", 1700000000100),
    ("0099-01-01 00:00Z", -59042995200000),
    ("+000000-01-01 00:00", -62167219200000),
    ("14 Nov 123 22:13:20 GMT", 1700000000000),
    ("14 Nov 2023 22:13:20 GMT (\\))", 1700000000000),
]

UNKNOWN = [
    *["", " ", "not a date", "now", "x", "Nov", "T", "Z", "-", "+", "NaN", "0", "1700000000000"],
    # no such day, hour, minute, second or offset
    *["2023-02-29", "2023-02-30", "2100-02-29", "2023-04-31T10:00Z", "2023-11-31", "2023-11-32"],
    *["2023-11-00", "2023-00-01", "2023-13-01", "2023-13", "-000000", "-000000-01-01"],
    *["2023-11-14T25:00", "2023-11-14T24:01", "2023-11-14T24:00:01", "2023-11-14T24:00:00.001"],
    *["2023-11-14T24:00:00.0001Z", "2023-11-14T22:60", "2023-11-14T22:20:60Z"],
    *["2023-11-14T22:20:60.000Z", "2023-11-14T22:20:99.000Z", "2023-11-14T99:20:20.000Z"],
    *["2023-11-14T22:20+24:00", "2023-11-14T22:20+23:60", "2023-11-14T22:20+9959"],
    # past the last date
    *["+275760-09-13T00:00:00.001Z", "-271821-04-19T23:59:59.999Z", "+999999", "-999999-01-01"],
    *["+275760-09-13T00:00-00:01", "14 Nov 275760 22:13:20 GMT", f"14 Nov {'9' * 900} 22:13 GMT"],
    # ordinal, week and compact forms, and other spellings
    *["2023-318", "2023-W46-2", "2023W462", "20231114", "20231114T222005Z", "2023-1-1", "23-11-14"],
    *["12023", "012023-11-14", "+12023-11-14", "+0012023-11-14", "2023/11/14", "11/14/2023"],
    *["2023-11-14t22:20", "2023-11-14T22:20z", "2023-11-14Z", "2023-11-14+02:00", "2023-11-14T"],
    *["2023-11-14T22", "2023-11-14T22Z", "2023-11-14T2:20", "2023-11-14T22:2", "2023-11-14T2220"],
    *["2023-11-14T22:20:05.", "2023-11-14T22:20:05.Z", "2023-11-14T22:20:05,5Z"],
    *["2023-11-14T22:20.5", "2023-11-14T22:20+02", "2023-11-14T22:20+2:00", "2023-11-14T22:20 Z"],
    *[
        "2023-11-14  22:20",
        "2023-11-14T22:20ZZ",
        "2023-11-14\x00",
        "2023-11-14\x1c",
        "202\N{FULLWIDTH DIGIT THREE}",
    ],
    # not RFC 2822, or not a date in it
    *["14 Nov 2023", "Tue 14 Nov 2023 22:13:20 GMT", "Xyz, 14 Nov 2023 22:13:20 GMT", "Tue, "],
    *["Tue, 14 November 2023 22:13:20 GMT", "14-Nov-2023 22:13:20 GMT", "14Nov2023 22:13:20 GMT"],
    *["014 Nov 2023 22:13:20 GMT", "0 Nov 2023 22:13:20 GMT", "31 Nov 2023 22:13:20 GMT"],
    *["29 Feb 2023 22:13:20 GMT", "14 Nov 2023 24:00:00 GMT", "14 Nov 2023 22:13:60 GMT"],
    *["14 Nov 2023 22:60 GMT", "14 Nov 2023 2:13:20 GMT", "14 Nov 2023 22:13:20.5 GMT"],
    *["14 Nov 2023 22 : 13 : 20 GMT", "14 Nov 2023 22:13:20GMT", "14 Nov 2023 22:13:20+0200"],
    *["14 Nov 2023 22:13:20 +02:00", "14 Nov 2023 22:13:20 +0260", "14 Nov 2023 22:13:20 +020"],
    *["14 Nov 2023 22:13:20 CET", "14 Nov 2023 22:13:20 A", "14 Nov 2023 22:13:20 GMT+0200"],
    *["14 Nov 3 22:13:20 GMT", "14 Nov 1899 22:13:20 GMT", "14 Nov 0023 22:13:20 GMT"],
    *["14 Nov 2023 22:13:20 GMT (", "14 Nov 2023 22:13:20 GMT )", "14 Nov 2023 22:13:20 GMT (\\)"],
    *["14 Nov 2023 22:13:20 GMT)(", "14 \\Nov 2023 22:13:20 GMT", "14 Nov 2023 22(x):13:20 GMT"],
    *[
        "14 Nov 2023 22:13:20 \N{KELVIN SIGN}",
        "Tue, 14 Nov 2023 22:13:20 E\N{LATIN SMALL LETTER LONG S}T",
    ],
    *["14 Nov 2023 22:13:20 ((x) GMT", "(x)) 14 Nov 2023 22:13:20", ")(x) 14 Nov 2023 22:13:20"],
    *["\u017fun, 14 Nov 2023 22:13:20 GMT", "14 \u017fep 2023 22:13:20 GMT"],
    *["Tue Nov 14 2023 22:13:20 GMT+0000 (UTC)", "November 14, 2023", "1\u0664 Nov 2023 22:13 GMT"],
]

HOSTILE = [
    "(" * 262_144,
    "()" * 131_072,
    "\\" * 262_144,
    " " * 262_144,
    "2" * 262_144,
    "2023-11-14T22:20:05." + "1" * 262_144 + "x",
    "14 Nov " + "9" * 262_144 + " 22:13:20 GMT",
    "Tue," + " \t\r\n" * 65_536 + "14",
    "14" + " (x)" * 65_536 + "Nov 2023 22:13",
    "1h" * 131_072,
    "9" * 262_144 + "d",
    "\ud800" * 262_144,
    "\x00",
]

any_text = st.text(alphabet=st.characters(exclude_categories=()))
any_number = st.integers() | st.floats()
dates = st.integers(-LAST_MS, LAST_MS)


def test_times_print_as_ecmascript_prints_them() -> None:
    assert [(ms, iso_from_ms(ms)) for ms, _ in ISO_TEXTS] == ISO_TEXTS


def test_what_is_past_the_last_date_has_no_text() -> None:
    assert [ms for ms in DATELESS if iso_from_ms(ms) is not None] == []


@given(dates)
def test_a_printed_time_reads_back_as_itself(ms: int) -> None:
    text = iso_from_ms(ms)
    assert text is not None
    assert read_time(text) == ms


@given(st.floats(-LAST_MS, LAST_MS))
def test_a_fraction_of_a_millisecond_is_cut_towards_1970(ms: float) -> None:
    assert iso_from_ms(ms) == iso_from_ms(math.trunc(ms))


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_within_pythons_calendar_print_as_python_prints_them(moment: datetime) -> None:
    expected = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert iso_from_ms(from_datetime(moment)) == expected


@given(st.integers(-LAST_MS, LAST_MS - 146_097 * 86_400_000))
def test_the_calendar_repeats_every_400_years(ms: int) -> None:
    earlier, later = iso_from_ms(ms), iso_from_ms(ms + 146_097 * 86_400_000)
    assert earlier is not None
    assert later is not None
    assert earlier[-20:] == later[-20:]
    assert int(later[:-20]) - int(earlier[:-20]) == 400


@given(any_number)
def test_every_number_has_a_text_exactly_when_it_has_a_date(ms: float) -> None:
    assert (iso_from_ms(ms) is not None) == (-LAST_MS <= ms <= LAST_MS)


@pytest.mark.parametrize("text", ["2023-11-14", "not a date", " x ", "\x1c", "\x85", "\ud800"])
def test_iso_returns_a_text_that_is_not_blank_untouched(text: str) -> None:
    assert iso(text, FALLBACK) == text


NO_TIMES: list[object] = [
    *[
        "",
        " ",
        "\N{ZERO WIDTH NO-BREAK SPACE}\n",
        None,
        True,
        False,
        [],
        [1],
        {},
        0,
        -1,
        -0.001,
    ],
    *[0.0, -0.0, -LAST_MS, -LAST_MS - 1, math.inf, -math.inf, math.nan, 10**400, -(10**400)],
]


def test_iso_returns_the_fallback_for_what_says_no_time() -> None:
    assert [value for value in NO_TIMES if iso(value, FALLBACK) != FALLBACK] == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1970-01-01T00:00:00.001Z"),
        (0.001, "1970-01-01T00:00:00.000Z"),
        (1700000000500, "2023-11-14T22:13:20.500Z"),
        (1700000000500.75, "2023-11-14T22:13:20.500Z"),
        (float(LAST_MS), "+275760-09-13T00:00:00.000Z"),
    ],
)
def test_iso_prints_a_number_above_zero(value: float, text: str) -> None:
    assert iso(value, FALLBACK) == text


@pytest.mark.parametrize("value", [LAST_MS + 1, LAST_MS + 1.0, 2**53, 2**64, 10**300, 1e300])
def test_iso_has_no_date_for_a_number_past_the_last_one(value: float) -> None:
    assert iso(value, FALLBACK) is None


def test_text_times_are_read() -> None:
    times = READ_BY_NODE_TOO + READ_AS_SPECIFIED
    assert [(text, read_time(text)) for text, _ in times] == times


def test_other_texts_are_unknown() -> None:
    assert [text for text in UNKNOWN if read_time(text) is not None] == []


@given(any_text)
def test_any_text_is_a_time_within_the_calendar_or_unknown(text: str) -> None:
    ms = read_time(text)
    assert ms is None or (type(ms) is int and -LAST_MS <= ms <= LAST_MS)


@given(
    st.text(alphabet="0123456789+-:.TZ ", min_size=4, max_size=30)
    | st.from_regex(
        r"[+-]?[0-9]{4,6}(-[0-3][0-9]){0,2}([T ][0-2][0-9]:[0-6][0-9])?", fullmatch=True
    )
)
def test_what_is_read_as_a_time_is_the_same_with_white_space_around_it(text: str) -> None:
    assert read_time(f"\t\N{NO-BREAK SPACE}{text}\n ") == read_time(text)


@given(
    moment=st.datetimes(),
    places=st.dictionaries(st.integers(0, 23), st.sampled_from("0124569WTZ+-:., \u0662")),
)
@example(datetime(2023, 11, 14), {5: "W", 7: "2", 9: "-"})  # noqa: DTZ001 - its text counts
def test_a_time_that_is_nearly_as_we_print_it_is_read_as_any_other(
    moment: datetime, places: dict[int, str]
) -> None:
    """With white space before it, it is none that we print."""
    text = [*f"{moment.isoformat(timespec='milliseconds')}Z"]
    for place, letter in places.items():
        text[place] = letter

    assert read_time("".join(text)) == read_time(f" {''.join(text)}")


@given(
    st.datetimes(
        timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    )
)
def test_what_python_prints_as_iso_8601_is_read_as_the_same_moment(moment: datetime) -> None:
    for separator in ("T", " "):
        assert read_time(moment.isoformat(separator)) == from_datetime(moment)


@given(
    st.datetimes(
        min_value=datetime(1900, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
        timezones=st.integers(-1439, 1439).map(
            lambda minutes: timezone(timedelta(minutes=minutes))
        ),
    )
)
def test_what_python_prints_as_rfc_2822_is_read_as_the_same_moment(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    assert read_time(format_datetime(whole)) == from_datetime(whole)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        *[("UT", 0), ("GMT", 0), ("EST", 5), ("EDT", 4), ("CST", 6), ("CDT", 5)],
        *[("MST", 7), ("MDT", 6), ("PST", 8), ("PDT", 7)],
    ],
)
def test_the_obsolete_zone_names_have_their_offsets(zone: str, hours: int) -> None:
    assert read_time(f"14 Nov 2023 12:00 {zone}") == NOON + hours * 3_600_000


def test_hostile_texts_are_unknown() -> None:
    assert [text[:20] for text in HOSTILE if read_time(text) is not None] == []


INSTANTS: list[tuple[object, float | None]] = [
    (1700000000500, 1700000000500),
    (1700000000500.75, 1700000000500.75),
    (0, 0),
    (-1, -1),
    (1e300, 1e300),
    ("2023-11-14T12:00", NOON),
    ("", None),
    ("not a date", None),
    (math.inf, None),
    (math.nan, None),
    (10**400, None),
    (True, None),
    (None, None),
    ([], None),
    ({}, None),
]


def test_an_instant_is_a_finite_number_or_a_text_time() -> None:
    assert [(value, read_instant(value)) for value, _ in INSTANTS] == INSTANTS


@given(any_text | any_number | st.none() | st.booleans() | st.lists(st.integers()))
def test_any_value_has_an_instant_or_none_and_a_date_or_none(value: object) -> None:
    instant = read_instant(value)
    assert instant is None or math.isfinite(instant)
    date = iso(value, FALLBACK)
    assert date is None or isinstance(date, str)


def test_a_datetime_becomes_milliseconds() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert from_datetime(datetime(2023, 11, 14, 21, 0, 0, 999, tzinfo=tokyo)) == NOON
    assert from_datetime(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    assert from_datetime(datetime.min.replace(tzinfo=UTC)) == -62_135_596_800_000
    assert from_datetime(datetime.max.replace(tzinfo=UTC)) == 253_402_300_799_999


def test_a_naive_datetime_is_refused_with_the_remedy() -> None:
    with pytest.raises(ValueError, match=r"naive.*Pass an aware datetime"):
        from_datetime(datetime(2023, 11, 14))  # noqa: DTZ001 - this is what is refused


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1 Jan 1900 00:00:00 GMT", -2_208_988_800_000),
        ("31 Dec 1899 23:59:59 GMT", None),
        ("1 Jan 50 00:00:00 GMT", -631_152_000_000),
        ("1 Jan 49 00:00:00 GMT", 2_493_072_000_000),
        ("1 Jan 000 00:00:00 GMT", -2_208_988_800_000),
        ("1 Jan 1970 00:00:00 GMT".ljust(997) + "Z", None),
        ("1 Jan 1970 00:00:00 GMT".rjust(998, "("), None),
        ("(" * 400 + ")" * 400 + "1 Jan 1970 00:00:00 GMT", 0),
        ("(" + "x" * 973 + ")" + "1 Jan 1970 00:00:00 GMT", 0),
        ("(" + "x" * 974 + ")" + "1 Jan 1970 00:00:00 GMT", None),
    ],
    ids=lambda one: str(one)[:30],
)
def test_the_bounds_of_rfc_dates(text: str, ms: int | None) -> None:
    assert ms == read_time(text)

"""Times as ECMAScript reads and prints them.

Inside launchfsm a time is a number of milliseconds since 1970 in UTC, an int or a float, and a
duration is a number of milliseconds. The clock is an argument of whoever needs it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from launchfsm.ecma.text import is_blank, read_finite, trim

_SECOND: Final = 1_000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

_LAST_MS: Final = 8_640_000_000_000_000
"""ECMAScript has no date further than this from 1970, either way."""

# datetime.date knows the years 1 to 9999. The calendar repeats every 400 years, so any other year
# is read off the cycle that begins in 1970.
_CYCLE_YEARS: Final = 400
_CYCLE_DAYS: Final = 146_097
_LAST_SHORT_YEAR: Final = 9_999
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_MS_TEXTS: Final = tuple(f".{ms:03d}Z" for ms in range(1_000))
_PRINTED: Final = len("2023-11-14T22:13:20.500Z")
_MILLISECOND: Final = timedelta(milliseconds=1)

_ISO_TIME: Final = re.compile(
    r"""
    (?!-000000) (?P<year> [0-9]{4} | [+-][0-9]{6})
    (?: - (?P<month> [0-9]{2}) (?: - (?P<day> [0-9]{2}) )? )?
    (?: [T\ ]
        (?P<hour> [01][0-9] | 2[0-4]) : (?P<minute> [0-5][0-9])
        (?: : (?P<second> [0-5][0-9]) (?: \. (?P<fraction> [0-9]+) )? )?
        (?: Z | (?P<offset> [+-] (?: [01][0-9] | 2[0-3]) :? [0-5][0-9]) )?
    )?
    """,
    re.VERBOSE,
)

_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_RFC_TIME: Final = re.compile(
    rf"""
    (?: (?: mon|tue|wed|thu|fri|sat|sun) [ \t\r\n]* , [ \t\r\n]* )?
    (?P<day> [0-9]{{1,2}}) [ \t\r\n]+
    (?P<month> {"|".join(_MONTHS)}) [ \t\r\n]+
    (?P<year> [0-9]{{2,}}) [ \t\r\n]+
    (?P<hour> [01][0-9] | 2[0-3]) : (?P<minute> [0-5][0-9]) (?: : (?P<second> [0-5][0-9]) )?
    (?: [ \t\r\n]+ (?: (?P<offset> [+-] [0-9]{{2}} [0-5][0-9]) | (?P<zone> [a-z]+) ) )?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_RFC_COMMENT_MARK: Final = re.compile(r"\\.|[()]", re.DOTALL)
_RFC_LONGEST_LINE: Final = 998
_RFC_FIRST_YEAR: Final = 1_900
_RFC_FIRST_TWO_DIGIT_YEAR_OF_1900: Final = 50

# The military letters other than Z are left out: RFC 822 defined them the wrong way round, so a
# text that uses one does not say which time it means.
_RFC_ZONE_HOURS: Final = {
    "ut": 0, "gmt": 0, "utc": 0, "z": 0,
    "edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8,
}  # fmt: skip


def iso_from_ms(ms: float) -> str | None:
    """Print a time as `Date.prototype.toISOString` does (§2), such as `2023-11-14T22:13:20.500Z`.

    `None` for NaN and beyond 8.64e15 ms either way. A fraction of a millisecond is cut, towards
    1970.
    """
    if not -_LAST_MS <= ms <= _LAST_MS:
        return None
    second, rest = divmod(int(ms), _SECOND)
    return f"{_second_text(second)}{_MS_TEXTS[rest]}"


def iso(value: object, fallback: str) -> str | None:
    """Return the date text that a field stands for, `iso(value, fallback)` of §2.

    A non-blank text is the answer as it is, a finite number above 0 is milliseconds since 1970,
    `None` when it is past 8.64e15 and so has no date. Of anything else it is the fallback.
    """
    if value is None:
        return fallback
    if type(value) is int and 0 < value <= _LAST_MS:
        # Nearly every date on disk is this: `iso_from_ms` without its call.
        return f"{_second_text(value // _SECOND)}{_MS_TEXTS[value % _SECOND]}"
    if isinstance(value, str):
        return fallback if is_blank(value) else value
    ms = read_finite(value)
    return fallback if ms is None or ms <= 0 else iso_from_ms(ms)


def read_instant(value: object) -> int | float | None:
    """Return the time, in ms since 1970, of any finite JSON number (§3) or of a text time."""
    return read_time(value) if isinstance(value, str) else read_finite(value)


def read_time(text: str | None) -> int | None:
    """Read a text time (§2 of the specification), in ms since 1970.

    ISO 8601 calendar dates with or without a time, and RFC 2822 dates; UTC where no offset is
    given. RFC 2822 dates may have comments, the obsolete two and three-digit years and zone names,
    `UTC`, and no zone at all; a day of the week is not compared with the date. `None` for none, any
    other text, a day that its month does not have, a leap second, and beyond 8.64e15 ms either way.
    """
    if text is None:
        return None
    ms = _read_printed_time(text)
    if ms is None:
        trimmed = trim(text)
        ms = _read_iso_time(trimmed)
        if ms is None:
            ms = _read_rfc_time(trimmed)
    return ms if ms is not None and -_LAST_MS <= ms <= _LAST_MS else None


def from_datetime(moment: datetime) -> int:
    """Return a moment as ms since 1970; what is finer than a millisecond is cut, to the earlier.

    Raises:
        ValueError: `moment` is naive.
    """
    if moment.utcoffset() is None:
        raise ValueError(
            f"{moment!r} is naive: it does not say which moment it is. Pass an aware datetime, "
            "for example datetime.now(tz=UTC)."
        )
    return (moment - _EPOCH) // _MILLISECOND


def to_datetime(ms: float | None) -> datetime | None:
    """A time in ms since 1970, in UTC; `None` past the year 9999, which ends Python's dates."""
    try:
        return None if ms is None else _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return None


@lru_cache(maxsize=4_096)
def _second_text(second: int) -> str:
    """Print a second, counted from 1970, up to the point; launches cluster in few of them."""
    cycle, rest = divmod(second, _CYCLE_DAYS * _DAY // _SECOND)
    moment = _EPOCH + timedelta(seconds=rest)
    year = moment.year + cycle * _CYCLE_YEARS
    year_text = f"{year:04d}" if 0 <= year <= _LAST_SHORT_YEAR else f"{year:+07d}"
    return f"{year_text}-{moment:%m-%dT%H:%M:%S}"


def _day_number(year: int, month: int, day: int) -> int | None:
    """Count the days from 1970 to a date; `None` when there is no such date."""
    cycle, year_of_cycle = divmod(year - _EPOCH.year, _CYCLE_YEARS)
    try:
        in_cycle = date(_EPOCH.year + year_of_cycle, month, day)
    except ValueError:
        return None
    return cycle * _CYCLE_DAYS + in_cycle.toordinal() - _EPOCH.toordinal()


def _read_printed_time(text: str) -> int | None:
    """Read what `iso_from_ms` prints of a year of four digits, as nearly every time is written."""
    printed = len(text) == _PRINTED and text[10] == "T" and text[19] == "." and text[-1] == "Z"
    if not printed or text[7] != "-":  # else it may name a week
        return None
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND
    except ValueError:
        return None


def _read_iso_time(trimmed: str) -> int | None:
    match = _ISO_TIME.fullmatch(trimmed)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    day_number = _day_number(int(year), int(month or 1), int(day or 1))
    time = _time_of_day(hour, minute, second)
    if fraction:
        time += int(fraction[:3].ljust(3, "0"))
    past_midnight = time > _DAY or (time == _DAY and fraction and fraction.strip("0"))
    if day_number is None or past_midnight:
        return None
    return day_number * _DAY + time - _offset(offset)


def _read_rfc_time(trimmed: str) -> int | None:
    # RFC 2822 allows no longer line, and so nobody can make us read a long one.
    is_line = len(trimmed) <= _RFC_LONGEST_LINE
    match = _RFC_TIME.fullmatch(_without_comments(trimmed)) if is_line else None
    if match is None:
        return None
    day, month, year_digits, hour, minute, second, offset, zone = match.groups()
    year = int(year_digits)
    of_1900 = year >= _RFC_FIRST_TWO_DIGIT_YEAR_OF_1900
    # What two and three digits mean (RFC 2822, section 4.3).
    year += {2: 1_900 if of_1900 else 2_000, 3: 1_900}.get(len(year_digits), 0)
    day_number = _day_number(year, _MONTHS.index(month.lower()) + 1, int(day))
    zone_hours = _RFC_ZONE_HOURS.get(zone.lower()) if zone else 0
    if day_number is None or zone_hours is None or year < _RFC_FIRST_YEAR:
        return None
    time = _time_of_day(hour, minute, second)
    return day_number * _DAY + time - _offset(offset) - zone_hours * _HOUR


def _time_of_day(hour: str | None, minute: str | None, second: str | None) -> int:
    return int(hour or 0) * _HOUR + int(minute or 0) * _MINUTE + int(second or 0) * _SECOND


def _offset(text: str | None) -> int:
    """Return in ms what `+02:00` or `+0200` says; 0 when nothing is said."""
    if text is None:
        return 0
    size = int(text[1:3]) * _HOUR + int(text[-2:]) * _MINUTE
    return -size if text[0] == "-" else size


def _without_comments(text: str) -> str:
    """Put a space for each RFC 2822 comment; parentheses without a partner stay where they are."""
    pieces: list[str] = []
    depth = start = 0
    for mark in _RFC_COMMENT_MARK.finditer(text):
        if mark[0] == "(":
            if depth == 0:
                pieces.append(text[start : mark.start()])
            depth += 1
        elif mark[0] == ")":
            depth -= 1
            if depth == 0:
                start = mark.end()
    return " ".join([*pieces, text[start:]]).strip(" \t\r\n")

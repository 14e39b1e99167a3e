"""The page's small words: field types, trimming, numbers, JSON and times as ECMAScript has them.

No judgement about a launch lives here: those are in `bootstrap` and `launch`.
"""

from __future__ import annotations

import json
import math
import re
import sys
from decimal import Decimal
from typing import Any, Final

# ECMAScript WhiteSpace and LineTerminator: U+001C..U+001F and U+0085 are not among them.
WHITE_SPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
LAST_DATE_MS: Final = 8.64e15
DAY_MS: Final = 86_400_000
MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
ZONE_HOURS: Final = {
    "z": 0,
    "ut": 0,
    "utc": 0,
    "gmt": 0,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
}


class NoDateError(Exception):
    """A number of milliseconds is past the last date, so what needs it is `None`."""


# §2, types: anything that is not of the type asked for is the same as absent, here `None`.


def number(value: Any) -> float | None:
    """§2: a JSON number, never a boolean, as the double that JavaScript holds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def finite(value: Any) -> float | None:
    """§2: a number that is not infinite (`1e400` is)."""
    found = number(value)
    return found if found is not None and math.isfinite(found) else None


def text(value: Any) -> str | None:
    """§2: a string."""
    return value if isinstance(value, str) else None


def trim(value: str) -> str:
    """§2: what ECMAScript's `String.trim` removes, from both ends."""
    return value.strip(WHITE_SPACE)


def non_blank(value: Any) -> str | None:
    """§2: a text that is not empty after trimming, untrimmed."""
    return value if isinstance(value, str) and trim(value) else None


def trimmed(value: Any) -> str | None:
    """§2: a non-blank text, trimmed."""
    return trim(value) if non_blank(value) else None


def printed(value: float) -> str:
    """§2: a number inside a message, as ECMAScript's `Number.toString` prints it."""
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign, digit_tuple, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, digit_tuple))
    point = len(digits) + int(exponent)
    if len(digits) <= point <= 21:
        body = digits + "0" * (point - len(digits))
    elif 0 < point <= 21:
        body = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        body = "0." + "0" * -point + digits
    else:
        mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
        body = f"{mantissa}e{point - 1:+d}"
    return ("-" if sign else "") + body


# §1, JSON.


def parse_json(source: str) -> Any:
    """§1: what `JSON.parse` reads; raises `ValueError` for the rest, and for too deep a nesting."""
    allowed = sys.getrecursionlimit()
    sys.setrecursionlimit(allowed + 2_000)  # a nesting of 1,000 has to be read
    try:
        return json.loads(source, parse_int=float, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    finally:
        sys.setrecursionlimit(allowed)


def _refuse(literal: str) -> None:
    raise ValueError(f"{literal} is not JSON")


# §2, time.


def iso(value: Any, fallback: str) -> str:
    """§2: a text as it is, a number as a date; raises `NoDateError` past the last date."""
    if non_blank(value):
        return str(value)
    ms = finite(value)
    return date(ms) if ms is not None and ms > 0 else fallback


def date(ms: float) -> str:
    """§2: milliseconds since 1970, fractions cut, as ECMAScript's `toISOString` prints them."""
    if abs(ms) > LAST_DATE_MS:
        raise NoDateError(ms)
    days, rest = divmod(math.trunc(ms), DAY_MS)
    year, month, day = _civil(days)
    seconds, millis = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    years = f"{year:04d}" if 0 <= year <= 9999 else f"{year:+07d}"
    return f"{years}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.{millis:03d}Z"


ISO_TIME: Final = re.compile(
    r"(?P<year>[0-9]{4}|[+-][0-9]{6})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?"
    r"(?:[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
RFC_2822_TIME: Final = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)\s*,\s*)?"
    r"(?P<day>[0-9]{1,2})\s+(?P<month>[a-z]{3})\s+(?P<year>[0-9]{4})"
    r"\s+(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?(?P<fraction>)"
    r"(?:\s+(?P<zone>[+-][0-9]{4}|[a-z]+))?",
    re.IGNORECASE | re.ASCII,
)


def read_time(value: Any) -> int | None:
    """§2: reading a text time, in milliseconds since 1970; `None` is unknown."""
    if text(value) is None:
        return None
    found = ISO_TIME.fullmatch(trim(value)) or RFC_2822_TIME.fullmatch(trim(value))
    if found is None:
        return None
    month = _month(found["month"])
    year, day = int(found["year"]), int(found["day"] or 1)
    hour, minute, second = (int(found[key] or 0) for key in ("hour", "minute", "second"))
    millis = int((found["fraction"] or "")[:3].ljust(3, "0"))
    offset = _offset_minutes(found["zone"] or "Z")
    if month is None or not 1 <= day <= _month_length(year, month) or offset is None:
        return None
    last_midnight = (hour, minute, second, millis) == (24, 0, 0, 0)
    if not last_midnight and (hour > 23 or minute > 59 or second > 59):
        return None
    minutes = (_days(year, month, day) * 24 + hour) * 60 + minute - offset
    ms = (minutes * 60 + second) * 1000 + millis
    return ms if abs(ms) <= LAST_DATE_MS else None


def _month(spelled: str | None) -> int | None:
    if spelled is None:
        return 1
    if spelled.lower() in MONTHS:
        return MONTHS.index(spelled.lower()) + 1
    return int(spelled) if spelled.isdigit() and 1 <= int(spelled) <= 12 else None


def _offset_minutes(zone: str) -> int | None:
    if zone.lower() in ZONE_HOURS:
        return ZONE_HOURS[zone.lower()] * 60
    if zone[0] not in "+-":
        return None
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)


# The proleptic Gregorian calendar without a last year, which `datetime` has.


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _month_length(year: int, month: int) -> int:
    return [31, 29 if _leap(year) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]


def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to this one."""
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400
    days += sum(_month_length(year, earlier) for earlier in range(1, month)) + day - 1
    return days - 719_162


def _civil(days: int) -> tuple[int, int, int]:
    """The year, month and day that are this many days after 1970-01-01."""
    year = 1970 + days // 366 - 1 if days >= 0 else 1970 + days // 365 - 1
    while _days(year + 1, 1, 1) <= days:
        year += 1
    month = max(m for m in range(1, 13) if _days(year, m, 1) <= days)
    return year, month, days - _days(year, month, 1) + 1

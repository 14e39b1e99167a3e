"""How values read in conditions, texts and messages: durations, numbers, names; and limits."""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Final

MOST_SHOWN: Final = 200
"""Characters of a value that a message repeats."""

MOST_LISTED: Final = 30
"""Names that a message lists; it counts the others."""

MOST_COMPARED: Final = 300
"""Names among which a similar one is looked for, so that a mistake costs the same anywhere."""

_LONGEST_NAME: Final = 60
"""Characters of a name for which a similar one is looked for, and of one in a list."""


# -- Durations -------------------------------------------------------------------------------------

_UNITS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_UNITS_OF_AN_AGE: Final = tuple(_UNITS.items())[:-1]
_DURATION: Final = re.compile(
    r"(?=[0-9])"
    + "(?: (?=[0-9]))?".join(rf"(?:(?P<{unit}>[0-9]{{1,12}}){unit})?" for unit in _UNITS)
)
_LONGEST_AGE: Final = 2 * 8_640_000_000_000_000
"""The time between the first and the last date that ECMAScript knows, in ms."""


def parse_duration(text: str) -> int:
    """Read a duration of a rule file, such as `3m` or `1h30m`, as ms, or raise `ValueError`."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{show(text)} is not a duration. Write whole numbers, each with its unit d, h, m, s "
            "or ms, the largest first: 3m, 90s, 1h30m, 250ms, 2d."
        )
    return sum(int(match[unit] or 0) * ms for unit, ms in _UNITS.items())


def duration_text(ms: float) -> str:
    """Print a duration in ms for people, in its two largest units: `3m 20s`, `2h 5m`, `4d`.

    Below a second `250ms`; a negative one has a minus sign in front. One that is not finite, or
    longer than the time between any two dates, is `unknown`.
    """
    if not -_LONGEST_AGE <= ms <= _LONGEST_AGE:
        return "unknown"
    whole = int(ms)
    sign, rest = ("-", -whole) if whole < 0 else ("", whole)
    if 0 < rest < _UNITS["s"]:
        return f"{sign}{rest}ms"
    for (unit, size), (smaller_unit, smaller_size) in itertools.pairwise(_UNITS_OF_AN_AGE):
        if rest >= size:
            smaller = rest % size // smaller_size
            return f"{sign}{rest // size}{unit}" + (f" {smaller}{smaller_unit}" if smaller else "")
    return f"{sign}{rest // _UNITS['s']}s"


def write_duration(ms: float) -> str:
    """A duration as `parse_duration` reads it back, with all its units; fractions of ms are cut."""
    if not math.isfinite(ms):
        return str(ms)
    sign, rest, text = "-" if ms < 0 else "", int(abs(ms)), ""
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return f"{sign}{text}" if text else "0s"


# -- Numbers ---------------------------------------------------------------------------------------

_LAST_EXACT: Final = 2**53
_FIRST_WITH_EXPONENT: Final = 21
_LAST_WITH_EXPONENT: Final = -7


def number_text(number: float) -> str:
    """A number as ECMAScript prints it: `4242` for 4242.0, `1e+21`, `1e-7`, `NaN`, `-Infinity`."""
    if isinstance(number, int) and -_LAST_EXACT <= number <= _LAST_EXACT:
        return str(int(number))
    try:
        value = float(number)
    except OverflowError:
        value = math.inf if number > 0 else -math.inf
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    # Python and ECMAScript agree on the digits, and differ in where they go over to an exponent.
    mantissa, _, exponent = repr(abs(value)).partition("e")
    sign, mantissa = "-" if value < 0 else "", mantissa.removesuffix(".0")
    if not exponent:
        return f"{sign}{mantissa}"
    power, digits = int(exponent), mantissa.replace(".", "")
    if 0 < power < _FIRST_WITH_EXPONENT:
        return f"{sign}{digits.ljust(power + 1, '0')}"
    if _LAST_WITH_EXPONENT < power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    return f"{sign}{mantissa}e{power:+d}"


# -- Values in messages ----------------------------------------------------------------------------


def literal(value: object) -> str:
    """A value as a condition writes it, however long; what no condition has, in words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        items = ("[…]" if isinstance(item, tuple | list) else literal(item) for item in value)
        return f"[{', '.join(items)}]"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        return "a table of keys and values"
    try:
        return str(value)
    except ValueError:  # Python prints no integer of more than 4,300 digits
        return "a number of thousands of digits"


def show(value: object) -> str:
    """A value for a message: as `literal` writes it, but cut when it is long."""
    if isinstance(value, str):
        return quoted(value, most=MOST_SHOWN)
    if isinstance(value, tuple | list):
        items = [short(item) if isinstance(item, str) else item for item in value[:MOST_LISTED]]
        more = f", … and {len(value) - MOST_LISTED} more" if len(value) > MOST_LISTED else ""
        return f"{literal(items)[:-1]}{more}]"
    return literal(value)


def listing(names: Collection[str], *, empty: str = "none") -> str:
    """Names in a row, for a message; of many only the first, and how many there are besides."""
    told = [short(name) for name in itertools.islice(names, MOST_LISTED)]
    more = f" and {len(names) - len(told)} more" if len(names) > len(told) else ""
    return ", ".join(told) + more if told else empty


def short(name: str) -> str:
    """A name that a message repeats, cut when it is long."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for the nearest known name, or nothing."""
    if len(word) > _LONGEST_NAME:
        return ""
    compared = [
        name for name in itertools.islice(known, MOST_COMPARED) if len(name) <= _LONGEST_NAME
    ]
    import difflib  # noqa: PLC0415 - only who errs pays for it

    near = difflib.get_close_matches(word, compared, n=1, cutoff=0.6)
    return f" (did you mean {quoted(near[0])}?)" if near else ""


def choices(word: str, known: Collection[str], called: str) -> str:
    """What follows a name that is none: the nearest known one, and all, as in `; facts: a, b`."""
    return f"{did_you_mean(word, known)}; {called}: {listing(known)}"


# Printable to Python, invisible to people: what Unicode lists as Default_Ignorable_Code_Point
# beside format characters, the blank braille pattern, and the musical null notehead.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U0001d159\U000e0000-\U000e0fff]"
)


def visible(text: str, *, most: int | None = None) -> str:
    r"""A text in which every character can be seen and none does anything to a terminal.

    Control and format characters, separators of lines, lone surrogates and letters without a shape
    become escapes, such as `\u001b` and `\u202e`. Of more than `most` characters the others are
    counted.
    """
    more = ""
    if most is not None and len(text) > most:
        more = f"… ({len(text) - most} more characters)"
        text = text[:most]
    if not text.isascii() or not text.isprintable():
        text = "".join(char if _can_be_seen(char) else _escape(ord(char)) for char in text)
    return text + more


def quoted(text: str, *, most: int | None = None) -> str:
    r"""A text in quotes, as a condition writes it: visible, a control character as `\u001b`.

    Of more than `most` characters the others are counted.
    """
    if most is not None and len(text) > most:
        return f"{quoted(text[:most])}… ({len(text) - most} more characters)"
    written = _HEXADECIMAL.sub(lambda found: found[0].replace(r"\x", r"\u00"), repr(text))
    return visible(written)


_HEXADECIMAL: Final = re.compile(r"\\\\|\\x")
"""Python's short escape; not behind a backslash that is one itself."""


def visible_lines(text: str) -> str:
    """A text of several lines, each made visible; tabs stay, as carets are aligned by them."""
    return "\n".join(
        "\t".join(visible(part) for part in line.split("\t")) for line in text.split("\n")
    )


def pictured(text: str) -> str:
    """A line with a picture or a placeholder of one column for what `visible` would escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char == "\t" or _can_be_seen(char) else _PICTURES.get(char, "\ufffd")
        for char in text
    )


_PICTURES: Final = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {"\x7f": "\u2421"}


def _can_be_seen(char: str) -> bool:
    # Spaces of other scripts are not "printable" to Python, and do no harm.
    printable = char.isprintable() or unicodedata.category(char) == "Zs"
    return printable and not _INVISIBLE.match(char)


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - TOML's two forms

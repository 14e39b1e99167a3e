"""How ECMAScript trims text and reads and prints numbers.

The files that launchfsm reads were written, and first interpreted, by JavaScript. Where Python's
own idea of white space or of a number differs, this module is the one to ask.
"""

from __future__ import annotations

import math
import re
from typing import Final

_WHITE_SPACE: Final = (
    "\t\v\f \N{NO-BREAK SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"
    "\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_LINE_TERMINATORS: Final = "\n\r\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}"
SPACE: Final = _WHITE_SPACE + _LINE_TERMINATORS
"""What `trim` removes, for those who run too often to call it: `text.strip(SPACE)`."""

_LAST_EXACT: Final = 2**53
"""Up to here every integer is a double of its own."""

_FIRST_WITH_EXPONENT: Final = 21
_LAST_WITH_EXPONENT: Final = -7

_HEXADECIMAL: Final = re.compile(r"\\\\|\\x")
"""Python's short escape of a character; not behind a backslash that is one itself."""


def trim(text: str) -> str:
    """Return `text` without the white space and line ends around it (§2 of the specification).

    Exactly `String.prototype.trim`: U+FEFF goes; U+001C to U+001F and U+0085, which
    `str.strip()` would remove, stay.
    """
    return text.strip(SPACE)


def is_blank(text: str) -> bool:
    """Whether nothing of `text` is left after `trim`."""
    return not text.strip(SPACE)


def read_number(value: object) -> int | float | None:
    """Return `value` when it is a JSON number, else `None` (§2 of the specification).

    A boolean is not a number. Integers past 2**53 become the nearest double, or an infinity:
    the parsers keep more of them exact than JavaScript does, and here is where that ends.
    `4242.0` stays a float; it equals `4242`, and `number_text` prints both the same.
    """
    if type(value) is int:
        return value if -_LAST_EXACT <= value <= _LAST_EXACT else _double(value)
    if type(value) is float:
        return value
    return None


def read_finite(value: object) -> int | float | None:
    """Return `value` when it is a finite JSON number, else `None`, as `read_number` does."""
    number = read_number(value)
    return number if number is not None and math.isfinite(number) else None


def number_text(number: float) -> str:
    """Print a number as `Number.prototype.toString` does (§2 of the specification).

    Examples: `4242` for 4242.0, `1e+21`, `1e-7`, `NaN`, `-Infinity`, `0` for -0.0.
    """
    if isinstance(number, int) and -_LAST_EXACT <= number <= _LAST_EXACT:
        return str(int(number))
    value = _double(number)
    if math.isnan(value):
        return "NaN"
    sign = "-" if value < 0 else ""
    if math.isinf(value):
        return f"{sign}Infinity"
    # Python and ECMAScript agree on the digits (the fewest that read back as the same double) and
    # differ only in where they go over to an exponent: Python does so earlier.
    mantissa, _, exponent = repr(abs(value)).partition("e")
    mantissa = mantissa.removesuffix(".0")
    if not exponent:
        return f"{sign}{mantissa}"
    power, digits = int(exponent), mantissa.replace(".", "")
    if 0 < power < _FIRST_WITH_EXPONENT:
        return f"{sign}{digits.ljust(power + 1, '0')}"
    if _LAST_WITH_EXPONENT < power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    return f"{sign}{mantissa}e{power:+d}"


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def quoted(text: str) -> str:
    r"""Return a text in quotes, with a control character as JSON has it: `\u001b`."""
    return _HEXADECIMAL.sub(lambda found: found[0].replace(r"\x", r"\u00"), repr(text))

"""Escaping: text from files, made safe to show.

A name or a reason in a record may hold anything: escape sequences that repaint a terminal, marks
that turn the direction of writing, line ends that forge lines of output.

Here: making such text visible instead of effective. Not here: JSON, which escapes by itself.
"""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST_NAME: Final = 80
"""Characters of a name that are shown."""

LONGEST_TEXT: Final = 400
"""Characters of a reason or a message that are shown."""


def shown(text: str, *, most: int | None = None) -> str:
    r"""A text in which every character can be seen and none does anything.

    Control characters (C0, C1, DEL), format characters such as bidirectional overrides, line and
    paragraph separators and lone surrogates become escapes such as `\x1b` and `\u202e`.

    Args:
        text: The text as found.
        most: How many of its characters to show; all when not given.
    """
    cut = ""
    if most is not None and len(text) > most:
        cut = f"… ({len(text) - most} more characters)"
        text = text[:most]
    if not text.isprintable():
        text = "".join(char if _harmless(char) else _escape(char) for char in text)
    return text + cut


def shown_lines(text: str) -> str:
    """A text of several lines, each made safe; tabs stay, as carets are aligned by them."""
    return "\n".join(
        "\t".join(shown(part) for part in line.split("\t")) for line in text.split("\n")
    )


def _harmless(char: str) -> bool:
    # Spaces of other scripts are not "printable" to Python, and do no harm.
    return char.isprintable() or unicodedata.category(char) == "Zs"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")

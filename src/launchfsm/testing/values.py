"""Strategies for the values in records: moments, texts, names and pids, plain and odd."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from launchfsm.ecma.dates import from_datetime, iso_from_ms

T = TypeVar("T")

NOW: Final = datetime(2023, 11, 14, 22, 23, 20, tzinfo=UTC)
"""The moment around which records are dated unless another is given."""

TEAMS: Final = ("demo", "Team One", "ünïcode")
"""Names of teams, and of their folders."""

_SECOND: Final = 1_000
_MINUTE: Final = 60 * _SECOND

# Where the default policy changes its mind, one ms to either side, and far from there.
_AGES: Final = (
    _SECOND, 0, -_SECOND, _MINUTE, 3 * _MINUTE, 3 * _MINUTE - 1, 3 * _MINUTE + 1, 5 * _MINUTE,
    5 * _MINUTE - 1, 5 * _MINUTE + 1, 15 * _MINUTE, 24 * 60 * _MINUTE,
)  # fmt: skip

_NAMES: Final = ("alice", "bob", "cara", "dan", "worker-1", "a b", "Ерік", "李雷")
# NBSP and BOM are white space to ECMAScript; NEL (U+0085) and the separators are none.
_TRICKY_NAMES: Final = (
    " bob ", "\u00a0bob", "\ufeffbob\u2003", "\u0085bob", "bob\x1c", "Bob", "team-lead",
    "Team-Lead", "TEAM-LEAD", " team-lead\n", "user", "User", "\tuser", "team lead",
    "team-lead-2", "__proto__", "constructor", "", " ", "a\0b", "\ud800", "b" * 300,
)  # fmt: skip
_ODD_TIMES: Final = (
    "2023-11-14", "2023-11-14T22:18:20+02:00", "2023-11-14 22:18",
    "Tue, 14 Nov 2023 22:18:20 GMT", " 2023-11-14T22:18:20.000Z\ufeff",
    "+012023-11-14T22:18:20.000Z", "2023-02-30", "not a date", "", " ", 1_700_000_000_000.75, 0,
    -1, 0.5, 8.64e15, 8.64e15 + 2, -8.64e15,
)  # fmt: skip
_PIDS: Final = (4242, 777, 31337)
_IMPOSSIBLE_PIDS: Final = (4242.0, 4242.5, 0, -5, 2**31, 1e21, 10**30, 1e-7)
_TEXTS: Final = ("some text", "2", "  padded ", "naïve — 李雷", "line\nbreak")
_ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1.5, "", " ", "x", [], [1], {}, {"a": 1}, -0.0, 2**53 + 1, 10**30,
    1e300, 5e-324, 8.64e15, 8.64e15 + 2, "\ufeff", "\x85", "\ud800", "\0",
    ["x", 1, " ", "x", None], {"toString": None},
)  # fmt: skip


# Strategies are built here once rather than inside of a draw, where building them costs more than
# drawing from them.
_ODD_VALUES: Final = st.sampled_from(_ODD).map(copy.deepcopy)
_ONE_IN_TWELVE: Final = st.sampled_from((False,) * 11 + (True,))
_ONE_IN_FOUR: Final = st.sampled_from((False,) * 3 + (True,))


def odd_values() -> SearchStrategy[Any]:
    """Values that hardly any field expects: every JSON type, blanks, numbers without a date."""
    return _ODD_VALUES


@st.composite
def mostly(draw: DrawFn, usual: SearchStrategy[T]) -> T | Any:
    """The usual value, and once in a while an odd one."""
    # A chance rather than one_of(), which would weigh by how many branches the usual value has.
    return draw(_ODD_VALUES if draw(_ONE_IN_TWELVE) else usual)


def json_objects(
    needed: Mapping[str, SearchStrategy[Any]],
    optional: Mapping[str, SearchStrategy[Any]],
    *,
    damaged: bool,
) -> SearchStrategy[dict[str, Any]]:
    """Objects of some fields; of damaged ones up to three fields are lost or of any type."""
    damage = st.lists(st.sampled_from((*needed, *optional)), max_size=3) if damaged else st.just([])
    return _objects(dict(needed), tuple(optional.items()), damage)


@st.composite
def _objects(
    draw: DrawFn,
    needed: dict[str, SearchStrategy[Any]],
    optional: tuple[tuple[str, SearchStrategy[Any]], ...],
    damage: SearchStrategy[list[str]],
) -> dict[str, Any]:
    found = {key: draw(value) for key, value in needed.items()}
    # One choice tells of which optional fields there are, a bit each: fixed_dictionaries() makes
    # two choices for each of forty fields, and took most of the time of a test.
    size = (len(optional) + 7) // 8
    chosen = int.from_bytes(draw(st.binary(min_size=size, max_size=size)), "big")
    for bit, (key, value) in enumerate(optional):
        if chosen >> bit & 1:
            found[key] = draw(value)
    for key in draw(damage):
        if draw(_ONE_IN_FOUR):
            found.pop(key, None)
        else:
            found[key] = draw(_ODD_VALUES)
    return found


# What follows is one choice among ready values each, with the usual ones several times: a choice of
# a strategy, and then another of a value, would take twice the time.


def instants(now: datetime = NOW) -> SearchStrategy[int]:
    """Moments in ms since 1970, most of them where an age begins to matter."""
    return st.sampled_from(_moments(now))


def time_texts(now: datetime = NOW) -> SearchStrategy[str]:
    """The same moments as texts, as writers print them."""
    return st.sampled_from([iso_from_ms(ms) or "" for ms in _moments(now)])


def odd_times(now: datetime = NOW) -> SearchStrategy[Any]:
    """Times as a tolerant reader may meet them: numbers, texts in several spellings, no times."""
    numbers = _moments(now)
    return st.sampled_from([*numbers, *(iso_from_ms(ms) for ms in numbers), *_ODD_TIMES])


def _moments(now: datetime) -> list[int]:
    return [from_datetime(now) - age for age in _AGES]


def member_names(*, damaged: bool = False) -> SearchStrategy[str]:
    """Names of members; damaged ones are padded, reserved, blank, endless or unprintable."""
    return st.sampled_from([*_NAMES, *_NAMES, *_NAMES, *_TRICKY_NAMES] if damaged else _NAMES)


def texts() -> SearchStrategy[str]:
    """Texts that say something."""
    return st.sampled_from(_TEXTS)


def pids(*, damaged: bool = False) -> SearchStrategy[float]:
    """Pids; damaged ones are numbers that no process can have."""
    return st.sampled_from([*_PIDS * 4, *_IMPOSSIBLE_PIDS] if damaged else _PIDS)


def one_word(words: tuple[str, ...], *, damaged: bool = False) -> SearchStrategy[str]:
    """One of the words of an enumerated field; damaged, nearly one of them."""
    if not damaged:
        return st.sampled_from(words)
    misspelt = [*(word.upper() for word in words), *(f" {word}" for word in words)]
    return st.sampled_from([*words * 8, *misspelt])

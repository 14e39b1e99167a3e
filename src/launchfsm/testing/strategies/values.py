"""Values: the small things that records are made of, well-formed and odd.

Here: moments, texts, names, pids, and the two ways to make an object of fields. Not here: which
fields a record has.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hypothesis import strategies as st

from launchfsm.timestamps import from_datetime, iso_from_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import DrawFn, SearchStrategy

T = TypeVar("T")

NOW: Final = datetime(2023, 11, 14, 22, 23, 20, tzinfo=UTC)
"""The moment around which records are dated unless another is given."""

_SECOND: Final = 1_000
_MINUTE: Final = 60 * _SECOND

# Where the default policy changes its mind, one ms to either side, and far from there.
_AGES: Final = (
    _SECOND,
    0,
    -_SECOND,
    _MINUTE,
    3 * _MINUTE,
    3 * _MINUTE - 1,
    3 * _MINUTE + 1,
    5 * _MINUTE,
    5 * _MINUTE - 1,
    5 * _MINUTE + 1,
    15 * _MINUTE,
    24 * 60 * _MINUTE,
)

_NAMES: Final = ("alice", "bob", "cara", "dan", "worker-1", "a b", "Ерік", "李雷")
_TRICKY_NAMES: Final = (
    " bob ",
    "\u00a0bob",  # NBSP and BOM are white space to ECMAScript
    "\ufeffbob\u2003",
    "\u0085bob",  # NEL and the separators are none
    "bob\x1c",
    "Bob",
    "team-lead",
    "Team-Lead",
    "TEAM-LEAD",
    " team-lead\n",
    "user",
    "User",
    "\tuser",
    "team lead",
    "team-lead-2",
    "__proto__",
    "constructor",
    "",
    " ",
    "a\0b",
    "\ud800",
    "b" * 300,
)
_TEXTS: Final = ("some text", "2", "  padded ", "naïve — 李雷", "line\nbreak")
_ODD: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    "",
    " ",
    "x",
    [],
    [1],
    {},
    {"a": 1},
    -0.0,
    2**53 + 1,
    10**30,
    1e300,
    5e-324,
    8.64e15,
    8.64e15 + 2,
    "\ufeff",
    "\x85",
    "\ud800",
    "\0",
    ["x", 1, " ", "x", None],
    {"toString": None},
)
_ODD_OUT_OF: Final = 12


def odd_values() -> SearchStrategy[Any]:
    """Values that hardly any field expects: every JSON type, blanks, numbers without a date."""
    return st.sampled_from(_ODD).map(copy.deepcopy)


def mostly(usual: SearchStrategy[T]) -> SearchStrategy[T | Any]:
    """The usual value, and once in a while an odd one."""
    return _mostly(usual)


@st.composite
def _mostly(draw: DrawFn, usual: SearchStrategy[Any]) -> Any:
    # Bits rather than one_of(), which would weigh by how many branches the usual value has.
    odd = draw(st.integers(0, _ODD_OUT_OF - 1)) == _ODD_OUT_OF - 1
    return draw(odd_values() if odd else usual)


def json_objects(
    needed: Mapping[str, SearchStrategy[Any]],
    optional: Mapping[str, SearchStrategy[Any]],
    *,
    damaged: bool,
) -> SearchStrategy[dict[str, Any]]:
    """Objects of some fields.

    Args:
        needed: The fields that are always there, unless they were damaged.
        optional: The fields that may be left out.
        damaged: Whether up to three fields are lost or of any type.
    """
    whole = st.fixed_dictionaries(dict(needed), optional=dict(optional))
    return _damaged(whole, (*needed, *optional)) if damaged else whole


@st.composite
def _damaged(
    draw: DrawFn, whole: SearchStrategy[dict[str, Any]], keys: tuple[str, ...]
) -> dict[str, Any]:
    found = draw(whole)
    for key in draw(st.lists(st.sampled_from(keys), max_size=3)):
        if draw(st.integers(0, 3)) == 0:
            found.pop(key, None)
        else:
            found[key] = draw(odd_values())
    return found


def instants(now: datetime = NOW) -> SearchStrategy[int]:
    """Moments in ms since 1970, most of them where an age begins to matter."""
    ms = from_datetime(now)
    return st.sampled_from(_AGES).map(lambda age: ms - age)


def time_texts(now: datetime = NOW) -> SearchStrategy[str]:
    """The same moments as texts, as writers print them."""
    return instants(now).map(lambda ms: iso_from_ms(ms) or "")


def odd_times(now: datetime = NOW) -> SearchStrategy[Any]:
    """Times as a tolerant reader may meet them: numbers, texts in several spellings, no times."""
    spellings = (
        "2023-11-14",
        "2023-11-14T22:18:20+02:00",
        "2023-11-14 22:18",
        "Tue, 14 Nov 2023 22:18:20 GMT",
        " 2023-11-14T22:18:20.000Z\ufeff",
        "+012023-11-14T22:18:20.000Z",
        "2023-02-30",
        "not a date",
        "",
        " ",
    )
    numbers = (1_700_000_000_000.75, 0, -1, 0.5, 8.64e15, 8.64e15 + 2, -8.64e15)
    return st.one_of(
        instants(now), time_texts(now), st.sampled_from(spellings), st.sampled_from(numbers)
    )


def member_names(*, damaged: bool = False) -> SearchStrategy[str]:
    """Names of members; damaged ones are padded, reserved, blank, endless or unprintable."""
    plain = st.sampled_from(_NAMES)
    return st.one_of(plain, plain, st.sampled_from(_TRICKY_NAMES)) if damaged else plain


def texts() -> SearchStrategy[str]:
    """Texts that say something."""
    return st.sampled_from(_TEXTS)


def pids(*, damaged: bool = False) -> SearchStrategy[float]:
    """Pids; damaged ones are numbers that no process can have."""
    usual = st.sampled_from((4242, 777, 31337))
    impossible = st.sampled_from((4242.0, 4242.5, 0, -5, 2**31, 1e21, 10**30, 1e-7))
    return st.one_of(usual, usual, impossible) if damaged else usual


def one_word(words: tuple[str, ...], *, damaged: bool = False) -> SearchStrategy[str]:
    """One of the words of an enumerated field; damaged, nearly one of them."""
    usual = st.sampled_from(words)
    if not damaged:
        return usual
    return st.one_of(usual, usual, usual, usual.map(str.upper), usual.map(lambda word: f" {word}"))

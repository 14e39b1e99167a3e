"""Mutators: what may happen to a team's bytes, to the clock and to the processes.

Each takes bytes and returns others, and what is random comes from the given generator alone: a seed
gives the same cases again. Not here: which cases are mutated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm import vocabulary
from launchfsm.vocabulary import values
from tests.fuzzing.case import Case, Everybody

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

FILES: Final = ("state", "journal", "lock", "launch")
_STAND_INS: Final = (None, "symlink", "folder", "fifo", "oversized")
_LAST_MOMENT: Final = 253_402_300_799_999  # of Python's clocks, in ms since 1970
_MOMENTS: Final = (0, 1, -1, 1_700_000_600_000, _LAST_MOMENT)

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|[][{}:,]')

_WORDS: Final = tuple(
    dict.fromkeys(
        f'"{word}"'.encode()
        for alias in vars(vocabulary).values()
        if hasattr(alias, "__args__")
        for word in values(alias)
    )
)
_NAMES: Final = (
    "version phase ownerPid updatedAt startedAt runId teamName members name status terminal"
    " finishedAt failureReason lastAttemptAt lastObservedAt realTaskSubmissionState type action"
    " detail ts reason state pid ownerStartedAt createdAt bootId host expectedMembers"
    " bootstrapExpectedMembers launchPhase leadSessionId confirmedMembers missingMembers"
    " launchState hardFailure hardFailureReason skippedForLaunch agentToolAccepted runtimeAlive"
    " bootstrapConfirmed sources diagnostics pendingPermissionRequestIds launchIdentity"
    " appManagedBootstrapCandidate livenessKind laneKind laneId laneOwnerProviderId providerId"
    " providerBackendId runtimePid bootstrapStalled lastEvaluatedAt lastHeartbeatAt"
    " firstSpawnAcceptedAt runtimeLastSeenAt"
)
_KEYS: Final = tuple(f'"{name}"'.encode() for name in _NAMES.split())
_NUMBERS: Final = (
    b"null true false 0 -0 1 -1 1.5 4242 4242.0 2147483647 2147483648 1e21 1e308 1e309 -1e400"
    b" 5e-324 9007199254740993 18446744073709551616 1700000000000 8640000000000000"
    b" 8640000000000001 -8640000000000000 0.1 1e-7 NaN Infinity -Infinity 01 1. .5 [] {}"
)
_ODD: Final = (
    *_NUMBERS.split(),
    b"9" * 400,
    b'""',
    b'" "',
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\\u0000"',
    b'"\\u001c\\u0085"',
    b'"\xef\xbb\xbf"',
    b'"\xed\xa0\x80"',
    b'"\\ufdd0i"',
    b'"\xff\xfe"',
    b'"team-lead"',
    b'"TEAM-LEAD"',
    b'"user"',
    b'"__proto__"',
    b'"2023-11-14T22:13:20.500Z"',
    b'"2023-11-14 24:00"',
    b'"2023-02-30T00:00:00Z"',
    b'"+275760-09-13T00:00:00.001Z"',
    b'"-271821-04-19"',
    b'"+999999-12-31T23:59:59Z"',
    b'"0000-01-01T00:00:00+23:59"',
    b'"Tue, 14 Nov 2023 22:13:20 GMT"',
    b'"Tue, 14 Nov 99999 22:13:20 +9999"',
    b'"Message sent to lead {\\"success\\":true,\\"routing\\":{\\"summary\\":\\"a\\"}}"',
    b'"\\"routing\\" \\"summary\\": \\"torn',
)
_LINES: Final = (b"\n", b"\r\n", b"\n\n", b"\xc2\xa0\n", b"\xef\xbb\xbf", b" ", b"\0")
_DEPTHS: Final = (1, 2, 50, 100, 101, 900, 1_000, 1_024, 1_025, 3_000)
_ENCODINGS: Final = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "utf-7")


def mutated(case: Case, rng: Random, others: list[Case], *, largest: int) -> Case:
    """The case after one to six things have happened to it.

    Args:
        case: What to begin with.
        rng: Where all that is random comes from.
        others: Cases to take pieces from.
        largest: How many bytes a file may grow to.
    """
    contents: dict[str, Any] = {name: getattr(case.folder, name) for name in FILES}
    if rng.random() < _CROSSED:
        name = rng.choice(FILES)
        contents[name] = getattr(rng.choice(others).folder, name)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4, 6))):
        name = rng.choice(FILES)
        content = contents[name]
        if rng.random() < _REPLACED:
            contents[name] = rng.choice(_STAND_INS)
        elif isinstance(content, bytes):
            other = getattr(rng.choice(others).folder, name)
            other = other if isinstance(other, bytes) else b""
            if rng.random() < _GROWN:
                contents[name] = grow(content, rng, largest)
            else:
                contents[name] = rng.choice(MUTATORS)(content, rng, other)[:largest]
    folder = attrs.evolve(case.folder, **contents)
    if rng.random() < _MOVED:
        return Case(folder=folder, now=_moment(case, rng), processes=_processes(rng))
    return attrs.evolve(case, folder=folder)


# How often what happens, out of 1.
_CROSSED: Final = 0.2
_SOMETIMES: Final = 0.2
_GROWN: Final = 0.001
_REPLACED: Final = 0.02
_MOVED: Final = 0.3


def _moment(case: Case, rng: Random) -> int:
    if rng.random() < _SOMETIMES:
        return rng.choice(_MOMENTS)
    moved = case.now + rng.choice((-1, 0, 1)) * rng.choice((1, 1_000, 180_000, 300_000, 10**9))
    return min(max(0, moved), _LAST_MOMENT)


def _processes(rng: Random) -> Everybody:
    liveness: Any = rng.choice(("alive", "dead", "unknown"))
    started_at = rng.choice((None, 0, 1_700_000_000_000, 1_700_000_600_000))
    return Everybody(liveness, started_at, zombie=rng.random() < _SOMETIMES)


# -- Bytes -----------------------------------------------------------------------------------------


def _place(data: bytes, rng: Random) -> int:
    return int(rng.random() * (len(data) + 1))


def _range(data: bytes, rng: Random) -> tuple[int, int]:
    start = _place(data, rng)
    return start, min(len(data), start + rng.choice((1, 2, 4, 16, 64, 512)))


def flip_bits(data: bytes, rng: Random, _: bytes) -> bytes:
    """A few bits of anything turn."""
    changed = bytearray(data)
    for _turn in range(rng.choice((1, 1, 2, 8))):
        if changed:
            changed[int(rng.random() * len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def insert_bytes(data: bytes, rng: Random, _: bytes) -> bytes:
    """Some bytes too many."""
    place = _place(data, rng)
    return data[:place] + rng.randbytes(rng.choice((1, 2, 8))) + data[place:]


def delete_range(data: bytes, rng: Random, _: bytes) -> bytes:
    """Some bytes are missing."""
    start, end = _range(data, rng)
    return data[:start] + data[end:]


def repeat_range(data: bytes, rng: Random, _: bytes) -> bytes:
    """Some bytes are there again and again."""
    start, end = _range(data, rng)
    return data[:end] + data[start:end] * rng.choice((1, 1, 2, 10, 300)) + data[end:]


def truncate(data: bytes, rng: Random, _: bytes) -> bytes:
    """A torn write."""
    return data[: _place(data, rng)]


def splice(data: bytes, rng: Random, other: bytes) -> bytes:
    """The beginning of one and the end of another."""
    return data[: _place(data, rng)] + other[_place(other, rng) :]


def concatenate(data: bytes, rng: Random, other: bytes) -> bytes:
    """Two in one file."""
    return data + rng.choice(_LINES) + other


def encode_otherwise(data: bytes, rng: Random, _: bytes) -> bytes:
    """Located by somebody who thinks that text is something else than UTF-8."""
    return data.decode("utf-8", "replace").encode(rng.choice(_ENCODINGS), "replace")


def add_line(data: bytes, rng: Random, _: bytes) -> bytes:
    """Line ends, blanks, marks and NULs where there were none."""
    place = rng.choice((0, len(data), _place(data, rng)))
    return data[:place] + rng.choice(_LINES) * rng.choice((1, 1, 2, 50)) + data[place:]


def shuffle_lines(data: bytes, rng: Random, other: bytes) -> bytes:
    """Lines in another order, or of another journal."""
    lines = data.split(b"\n") + (other.split(b"\n") if rng.random() < _SOMETIMES else [])
    rng.shuffle(lines)
    return b"\n".join(lines)


# -- JSON ------------------------------------------------------------------------------------------


def _token(data: bytes, rng: Random) -> tuple[int, int]:
    """Where a token stands, any one; nowhere in what has none."""
    found = _TOKEN.search(data, _place(data, rng)) or _TOKEN.search(data)
    return found.span() if found else (0, 0)


def replace_token(data: bytes, rng: Random, _: bytes) -> bytes:
    """A value of another type, size or time, or another word."""
    start, end = _token(data, rng)
    return data[:start] + rng.choice(rng.choice((_ODD, _ODD, _WORDS, _KEYS))) + data[end:]


def swap_tokens(data: bytes, rng: Random, _: bytes) -> bytes:
    """Two tokens in each other's place."""
    one, other = sorted((_token(data, rng), _token(data, rng)))
    if one[1] > other[0]:
        return data
    first, second = data[slice(*one)], data[slice(*other)]
    return data[: one[0]] + second + data[one[1] : other[0]] + first + data[other[1] :]


def borrow_token(data: bytes, rng: Random, other: bytes) -> bytes:
    """A token of another document."""
    (start, end), borrowed = _token(data, rng), _token(other, rng)
    return data[:start] + other[slice(*borrowed)] + data[end:]


def add_member(data: bytes, rng: Random, _: bytes) -> bytes:
    """A key more, or one that is there already; or an item more."""
    place = 1 + max(data.find(b"{", _place(data, rng)), data.find(b"{"))
    value = rng.choice(rng.choice((_ODD, _WORDS)))
    return data[:place] + rng.choice(_KEYS) + b":" + value + b"," + data[place:]


def nest(data: bytes, rng: Random, _: bytes) -> bytes:
    """A value inside of many others."""
    start, end = _token(data, rng)
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'[{"":', b"}]")))
    depth = rng.choice(_DEPTHS)
    closed = depth if rng.random() < 1 - _SOMETIMES else rng.choice((0, depth - 1, depth + 1))
    return data[:start] + opening * depth + data[start:end] + closing * closed + data[end:]


def grow(data: bytes, rng: Random, largest: int) -> bytes:
    """An object with many of its items again, up to as large as a file may be, and whole."""
    start = data.find(b"{", _place(data, rng))
    end = data.find(b"}", start) + 1
    if start < 0 or not end:
        return data
    item = data[start:end] + b","
    room = max(0, largest - len(data)) // len(item)
    return data[:start] + item * min(room, rng.choice((3, 30, room))) + data[start:]


MUTATORS: Final[tuple[Callable[[bytes, Random, bytes], bytes], ...]] = (
    *(flip_bits, insert_bytes, delete_range, repeat_range, truncate, splice, concatenate) * 3,
    *(replace_token, swap_tokens, borrow_token, add_member) * 10,
    *(encode_otherwise, add_line, shuffle_lines, add_line, shuffle_lines, nest),
)

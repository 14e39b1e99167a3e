"""Strategies for whole team folders, and for bytes that a hostile writer may leave in a file."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from launchfsm.testing.documents import (
    bootstrap_states,
    journal_records,
    launch_documents,
    lock_records,
)
from launchfsm.testing.folders import StandIn, TeamFolder
from launchfsm.testing.values import NOW, TEAMS, odd_values

_TOO_DEEP = 1_100  # levels: past every reader's bound, short enough to be printed
_TOO_LONG = 400  # digits: past every double

_NASTY: tuple[bytes, ...] = (
    *(b"", b" \n", b"null", b"true", b"1", b'"text"', b"[]", b"{}", b"\0", b"\xff\xfe\xfd"),
    b'\xef\xbb\xbf{"version": 1}',
    '{"version": 1}'.encode("utf-16"),
    b'{"version": 1',
    b'{"version": 1}}',
    b'{"version": 1,}',
    b"{'version': 1}",
    b'{"version": NaN}',
    b'{"version": 1, "ownerPid": Infinity}',
    b'{"version": 1, "ownerPid": 1e400, "updatedAt": -1e400, "phase": "creating_team"}',
    b'{"version": 1, "updatedAt": 8640000000000001, "phase": "creating_team"}',
    b'{"version": 1, "ownerPid": ' + b"9" * _TOO_LONG + b', "phase": "creating_team"}',
    b'{"version": 1, "version": 2}',
    b'{"version": 2, "version": 1, "phase": "failed", "phase": "completed"}',
    b'{"version": 1, "runId": "\\ud800", "phase": "creating_team"}',
    b'{"version": 1, "runId": "\xed\xa0\x80", "phase": "creating_team"}',
    b'{"version": 1, "runId": "\\u0000", "teamName": "\\u001b[31m", "phase": "creating_team"}',
    b'{"version": 1, "runId": "\n"}',
    b'{"version": 1, "members": ' + b"[" * _TOO_DEEP + b"]" * _TOO_DEEP + b"}",
    b'{"a":' * _TOO_DEEP,
    b'{"version": 2, "members": {"bob": {"runtimePid": 1e300}}}',
    b'{"pid": 1e400, "runId": "run"}',
    b'{"pid": 4242, "runId": "run", "ownerStartedAt": -8640000000000000}',
)

_ODD_LINES = (
    b"", b"  ", b"not json", b"null", b"0", b"[1]", b'"text"', b'{"type": "phase"', b"\xff",
)  # fmt: skip


def team_folders(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[TeamFolder]:
    """Whole team folders."""
    launches = _files(launch_documents(now=now, damaged=damaged), damaged=damaged)
    return _folders(now, launches, damaged=damaged)


def bootstrap_folders(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[TeamFolder]:
    """Team folders with the bootstrap's own files only, which takes half the time to generate."""
    return _folders(now, st.none(), damaged=damaged)


def _folders(
    now: datetime, launches: SearchStrategy[bytes | StandIn | None], *, damaged: bool
) -> SearchStrategy[TeamFolder]:
    states = bootstrap_states(now=now, damaged=damaged)
    locks = lock_records(now=now, damaged=damaged)
    return st.builds(
        TeamFolder,
        team=st.sampled_from(TEAMS),
        state=_files(states, damaged=damaged),
        journal=_or_nothing(journals(now=now, damaged=damaged), damaged=damaged),
        lock=_files(locks, damaged=damaged),
        launch=launches,
    )


def journals(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[bytes]:
    """What `bootstrap-journal.jsonl` holds: records without regard to their neighbours."""
    lines = journal_records(now=now, damaged=damaged).map(_line)
    if not damaged:
        return st.lists(lines, max_size=6).map(lambda found: b"".join(f + b"\n" for f in found))
    odd = st.sampled_from(_ODD_LINES)
    return _damaged_journals(st.lists(st.one_of(lines, lines, lines, odd), max_size=6))


@st.composite
def _damaged_journals(draw: DrawFn, lines: SearchStrategy[list[bytes]]) -> bytes:
    end = draw(st.sampled_from((b"\n", b"\r\n")))
    text = b"".join(line + end for line in draw(lines))
    whole = draw(st.integers(0, 3)) > 0
    return text if whole else text[: draw(st.integers(0, len(text)))]


def _line(record: Any) -> bytes:
    return json.dumps(record).encode()


def _files(
    documents: SearchStrategy[Any], *, damaged: bool
) -> SearchStrategy[bytes | StandIn | None]:
    written = document_bytes(documents)
    if damaged:
        other = hostile_bytes(documents) | odd_values().map(_line)
        written = st.one_of(written, written, written, other)
    return _or_nothing(written, damaged=damaged)


def _or_nothing(
    written: SearchStrategy[bytes], *, damaged: bool
) -> SearchStrategy[bytes | StandIn | None]:
    stand_ins: SearchStrategy[StandIn | None] = st.sampled_from((None, *get_args(StandIn)))
    return _usually(written, stand_ins) if damaged else st.none() | written


@st.composite
def _usually(draw: DrawFn, usual: SearchStrategy[Any], other: SearchStrategy[Any]) -> Any:
    return draw(other if draw(st.integers(0, 7)) == 0 else usual)  # `None` is the simplest


def hostile_bytes(
    documents: SearchStrategy[Any] | None = None,
) -> SearchStrategy[bytes]:
    """Bytes that are no readable document, or a document that nobody expected.

    Args:
        documents: Documents to damage, among bytes that never were documents.
    """
    strange = st.one_of(st.sampled_from(_NASTY), st.binary(max_size=40))
    if documents is None:
        return strange
    return st.one_of(strange, _damaged_bytes(document_bytes(documents)))


@st.composite
def document_bytes(draw: DrawFn, documents: SearchStrategy[Any]) -> bytes:
    """A document as JSON, in one of the styles that all say the same.

    Args:
        documents: The documents to write.
    """
    document = draw(documents)
    indent, space = draw(st.sampled_from(((None, ""), (1, "\n"), (None, " \t\r\n"))))
    if draw(st.booleans()):
        document = _reversed(document)
    text = json.dumps(document, ensure_ascii=False, indent=indent) + space
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate can only be written escaped
        return json.dumps(document, indent=indent).encode()


def _reversed(value: Any) -> Any:
    """The same document with the keys of every object the other way round."""
    if isinstance(value, dict):
        return {key: _reversed(item) for key, item in reversed(value.items())}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


@st.composite
def _damaged_bytes(draw: DrawFn, written: SearchStrategy[bytes]) -> bytes:
    data = draw(written)
    at = draw(st.integers(0, len(data)))
    match draw(st.sampled_from(("cut", "replaced", "inserted", "doubled"))):
        case "cut":
            return data[:at]
        case "replaced":
            return data[:at] + draw(st.binary(min_size=1, max_size=1)) + data[at + 1 :]
        case "inserted":
            return data[:at] + draw(st.binary(min_size=1, max_size=4)) + data[at:]
        case _:
            return data + data

"""Team folders: all four files of a team together.

Here: folders as a launcher leaves them, and folders where each file may be anything. Not here: what
a folder is (`launchfsm.testing.TeamFolder`), or the documents in it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from hypothesis import strategies as st

from launchfsm.testing.folders import StandIn, TeamFolder
from launchfsm.testing.strategies.bootstrap import bootstrap_states, journal_records, lock_records
from launchfsm.testing.strategies.hostile import document_bytes, hostile_bytes
from launchfsm.testing.strategies.launch_state import launch_documents
from launchfsm.testing.strategies.values import NOW, odd_values

if TYPE_CHECKING:
    from datetime import datetime

    from hypothesis.strategies import DrawFn, SearchStrategy

_TEAMS = ("demo", "Team One", "ünïcode")
_ODD_LINES = (
    b"",
    b"  ",
    b"not json",
    b"null",
    b"0",
    b"[1]",
    b'"text"',
    b'{"type": "phase"',
    b"\xff",
)


def team_folders(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[TeamFolder]:
    """Whole team folders.

    Args:
        now: The moment that their times are about.
        damaged: Whether fields may be of any type, files be hostile bytes, and something else
            stand in a file's place.
    """
    launches = _files(launch_documents(now=now, damaged=damaged), damaged=damaged)
    return _folders(now, launches, damaged=damaged)


def bootstrap_folders(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[TeamFolder]:
    """Team folders with the bootstrap's own files only, which takes half the time to generate.

    Args:
        now: The moment that their times are about.
        damaged: Whether fields may be of any type, files be hostile bytes, and something else
            stand in a file's place.
    """
    return _folders(now, st.none(), damaged=damaged)


def _folders(
    now: datetime, launches: SearchStrategy[bytes | StandIn | None], *, damaged: bool
) -> SearchStrategy[TeamFolder]:
    states = bootstrap_states(now=now, damaged=damaged)
    locks = lock_records(now=now, damaged=damaged)
    return st.builds(
        TeamFolder,
        team=st.sampled_from(_TEAMS),
        state=_files(states, damaged=damaged),
        journal=_or_nothing(journals(now=now, damaged=damaged), damaged=damaged),
        lock=_files(locks, damaged=damaged),
        launch=launches,
    )


def journals(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[bytes]:
    """What `bootstrap-journal.jsonl` holds: records without regard to their neighbours.

    Args:
        now: The moment that its records are about.
        damaged: Whether fields may be of any type and lines be anything.
    """
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
    if not damaged:
        return st.none() | written
    other = hostile_bytes(documents) | odd_values().map(_line)
    return _or_nothing(st.one_of(written, written, written, other), damaged=True)


def _or_nothing(
    written: SearchStrategy[bytes], *, damaged: bool
) -> SearchStrategy[bytes | StandIn | None]:
    stand_ins: SearchStrategy[StandIn | None] = st.sampled_from((None, *get_args(StandIn)))
    return _usually(written, stand_ins) if damaged else st.none() | written


@st.composite
def _usually(draw: DrawFn, usual: SearchStrategy[Any], other: SearchStrategy[Any]) -> Any:
    return draw(other if draw(st.integers(0, 7)) == 0 else usual)  # `None` is the simplest

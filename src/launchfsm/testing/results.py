"""Strategies for the results of an evaluation: snapshots, their members, runtime states.

They come from evaluated documents: one put together field by field might be one that no evaluation
gives.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from launchfsm.ecma.dates import from_datetime
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evaluator import parse_launch_snapshot
from launchfsm.evaluation.evidence import build_evidence
from launchfsm.evaluation.pipeline import Judgement, judge_team
from launchfsm.policies import load_policy
from launchfsm.records.results import LaunchSnapshot, MemberLaunch, RuntimeState
from launchfsm.testing.documents import bootstrap_states, launch_documents
from launchfsm.testing.fakes import FakeProcesses
from launchfsm.testing.folders import TeamFolder
from launchfsm.testing.team_folders import bootstrap_folders, document_bytes
from launchfsm.testing.values import NOW

T = TypeVar("T")

_ALIVE = ((4242,), (), (4242, 777, 31337))


def launch_snapshots(
    *, now: datetime = NOW, damaged: bool = False
) -> SearchStrategy[LaunchSnapshot]:
    """Snapshots of either source, under the `reference` policy."""
    return bootstrap_snapshots(now=now, damaged=damaged) | saved_snapshots(now=now, damaged=damaged)


def saved_snapshots(
    *, now: datetime = NOW, damaged: bool = False
) -> SearchStrategy[LaunchSnapshot]:
    """Snapshots as the launcher's own record tells them (§10)."""
    return _given(_parsed(launch_documents(now=now, damaged=damaged), now))


def bootstrap_snapshots(
    *, now: datetime = NOW, damaged: bool = False
) -> SearchStrategy[LaunchSnapshot]:
    """Snapshots as the bootstrap's state tells them (§4); its owner may be dead."""
    states = document_bytes(bootstrap_states(now=now, damaged=damaged))
    folders = st.builds(TeamFolder, state=states)
    return _given(_judged(folders, now, lambda judged: judged.bootstrap_snapshot))


def launched_members(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[MemberLaunch]:
    """Members of snapshots of either source."""
    peopled = launch_snapshots(now=now, damaged=damaged).filter(lambda found: bool(found.members))
    return peopled.flatmap(lambda found: st.sampled_from(list(found.members.values())))


def runtime_states(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[RuntimeState]:
    """Runtime states, of readable states and of locks that speak for unreadable ones (§7, §8)."""
    folders = bootstrap_folders(now=now, damaged=damaged)
    return _given(_judged(folders, now, lambda judged: judged.runtime_state))


# Composed, not built or mapped: of such hypothesis prints the call that made them, and a result is
# to be pasted without what it was made of.
@st.composite
def _parsed(draw: DrawFn, documents: SearchStrategy[Any], now: datetime) -> LaunchSnapshot | None:
    return parse_launch_snapshot("demo", draw(documents), now=now)


@st.composite
def _judged(
    draw: DrawFn,
    folders: SearchStrategy[TeamFolder],
    now: datetime,
    part: Callable[[Judgement], T | None],
) -> T | None:
    """A part of what the `reference` policy says of folders, some of their processes alive."""
    folder, processes = draw(folders), FakeProcesses(alive=draw(st.sampled_from(_ALIVE)))
    evidence = build_evidence(
        folder.files(), folder.team, now=from_datetime(now), processes=processes
    )
    return part(judge_team(Engine(load_policy("reference")), evidence))


def _given(found: SearchStrategy[T | None]) -> SearchStrategy[T]:
    return found.filter(lambda one: one is not None)  # type: ignore[return-value]  # filter() does not narrow

"""Snapshots: completed ones, from either record, as an evaluation makes them.

Here: `LaunchSnapshot` objects that a document led to. Not here: the documents (`bootstrap`,
`saved`). A snapshot put together field by field would be one that no evaluation gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from launchfsm.evaluation import parse_launch_snapshot
from launchfsm.evidence import weigh
from launchfsm.judgement import judge_team
from launchfsm.policy.engine import Judge
from launchfsm.policy.loading import load_policy
from launchfsm.testing.fakes import FakeProcesses
from launchfsm.testing.folders import TeamFolder
from launchfsm.testing.strategies.bootstrap import bootstrap_states
from launchfsm.testing.strategies.hostile import document_bytes
from launchfsm.testing.strategies.saved import launch_documents
from launchfsm.testing.strategies.values import NOW
from launchfsm.timestamps import from_datetime

if TYPE_CHECKING:
    from datetime import datetime

    from hypothesis.strategies import SearchStrategy

    from launchfsm.results import LaunchSnapshot

T = TypeVar("T")


def launch_snapshots(
    *, now: datetime = NOW, damaged: bool = False
) -> SearchStrategy[LaunchSnapshot]:
    """Snapshots of either source, under the `default` policy.

    Args:
        now: The moment of the evaluation.
        damaged: Whether the documents behind them were damaged.
    """
    return bootstrap_snapshots(now=now, damaged=damaged) | saved_snapshots(now=now, damaged=damaged)


def saved_snapshots(
    *, now: datetime = NOW, damaged: bool = False
) -> SearchStrategy[LaunchSnapshot]:
    """Snapshots as the launcher's own record tells them (§10).

    Args:
        now: The moment of the evaluation.
        damaged: Whether the documents behind them were damaged.
    """
    documents = launch_documents(now=now, damaged=damaged)
    return _given(documents.map(lambda found: parse_launch_snapshot("demo", found, now=now)))


def bootstrap_snapshots(
    *, now: datetime = NOW, damaged: bool = False
) -> SearchStrategy[LaunchSnapshot]:
    """Snapshots as the bootstrap's state tells them (§4); its owner may be dead.

    Args:
        now: The moment of the evaluation.
        damaged: Whether the states behind them were damaged.
    """
    states = document_bytes(bootstrap_states(now=now, damaged=damaged))
    owners = st.sampled_from(((4242,), (), (4242, 777, 31337)))

    def snapshot(state: bytes, alive: tuple[int, ...]) -> LaunchSnapshot | None:
        evidence = weigh(
            TeamFolder(state=state).files(),
            "demo",
            now=from_datetime(now),
            processes=FakeProcesses(alive=alive),
        )
        return judge_team(Judge(load_policy("default")), evidence).launch_snapshot

    return _given(st.builds(snapshot, states, owners))


def _given(found: SearchStrategy[T | None]) -> SearchStrategy[T]:
    return found.filter(lambda one: one is not None)  # type: ignore[return-value]  # filter() does not narrow

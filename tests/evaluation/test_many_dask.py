"""A real Dask cluster says what a loop says, and what its dead workers took is not missing."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm import Evaluation, ExecutorFailedError, evaluate_many

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor
    from pathlib import Path

distributed = pytest.importorskip("distributed", reason="needs the extra `dask`")
dask = pytest.importorskip("dask")

# A cluster's own: it ends its processes by signals, and leaves sockets to the collector.
pytestmark = pytest.mark.filterwarnings("default")

COUNT = 23
DEAD = 2**31 - 2  # no kernel gives out a pid this high


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    settings = {
        "distributed.scheduler.allowed-failures": 0,  # what kills a worker is not tried again
        "distributed.comm.timeouts.connect": "30s",
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2,  # one is killed, and need not come back
            threads_per_worker=1,
            dashboard_address=":0",
            host="127.0.0.1",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(COUNT):
        folder = tmp_path / "teams" / f"team-{number:02}"
        folder.mkdir(parents=True)
        phase = ("spawning_members", "completed", "failed")[number % 3]
        (folder / "bootstrap-state.json").write_text(
            f'{{"version": 1, "phase": "{phase}", "ownerPid": {DEAD}, "updatedAt": 1700000000000}}'
        )
    return tmp_path / "teams"


def now() -> datetime:
    return datetime(2023, 11, 14, 22, 14, 20, tzinfo=UTC)


@pytest.mark.slow
def test_a_cluster_says_what_a_loop_says(root: Path, executor: Executor) -> None:
    alone = list(evaluate_many(root, clock=now))

    rows = evaluate_many(root, clock=now, executor=executor, chunk_size=4, in_flight=3)

    assert alone == sorted(rows, key=lambda row: row.team)


def owner(evaluation: Evaluation) -> Any:
    return evaluation.explain().of("owner").facts["owner"]


@pytest.mark.slow
def test_a_worker_on_this_host_knows_its_pids(root: Path, executor: Executor) -> None:
    assert ["dead"] == list(evaluate_many(root, ["team-00"], executor=executor, each=owner))


def odd(evaluation: Evaluation) -> None:
    raise LookupError(evaluation.team)


@pytest.mark.slow
def test_an_error_names_its_team(root: Path, executor: Executor) -> None:
    with pytest.raises(LookupError) as raised:
        list(evaluate_many(root, executor=executor, each=odd))

    assert raised.value.__notes__[0].startswith("while team 'team-00' was evaluated")


def team_of(evaluation: Evaluation) -> str:
    return evaluation.team


def die_at_five(evaluation: Evaluation) -> str:
    if evaluation.team == "team-05":
        os.kill(os.getpid(), signal.SIGKILL)
    return evaluation.team


@pytest.mark.slow
def test_what_a_killed_worker_took_is_named(root: Path, executor: Executor) -> None:
    found: list[str] = []

    with pytest.raises(ExecutorFailedError, match="KilledWorker") as raised:
        found.extend(evaluate_many(root, executor=executor, chunk_size=4, each=die_at_five))

    assert "team-05" in raised.value.teams
    assert sorted(evaluate_many(root, each=team_of)) == sorted([*found, *raised.value.teams])

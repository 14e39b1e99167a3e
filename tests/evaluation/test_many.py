"""Many teams give one answer each, whoever evaluates them, and none is silently missing."""

from __future__ import annotations

import json
import os
import pickle
import signal
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm import (
    Evaluation,
    ExecutorFailedError,
    LaunchEvaluator,
    PolicyChangedError,
    PolicyNotFoundError,
    StatedProcesses,
    SystemProcesses,
    TeamNameError,
    evaluate_many,
    load_policy,
)
from launchfsm.system.processes import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

START_MS = 1_700_000_000_000
START = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
NOW = START + timedelta(minutes=1)
COUNT = 23
OWNER = 2**31 - 2  # no kernel gives out a pid this high
ALIVE = StatedProcesses(alive={OWNER})


def now() -> datetime:
    return NOW


def write(root: Path, team: str, **state: Any) -> None:
    (root / team).mkdir(parents=True)
    member = {"name": "ada", "status": "bootstrap_confirmed"}
    document = {
        "version": 1,
        "runId": "run",
        "startedAt": START_MS,
        "updatedAt": START_MS + 30_000,
        "phase": "spawning_members",
        "ownerPid": OWNER,
        "members": [member, {"name": "bob", "status": "spawn_started"}],
        **state,
    }
    (root / team / "bootstrap-state.json").write_text(json.dumps(document))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(COUNT):
        phase = ("spawning_members", "completed", "failed")[number % 3]
        write(tmp_path, f"team-{number:02}", phase=phase)
    return tmp_path


@pytest.fixture(scope="module", params=["threads", "fork", "spawn"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "threads":
        with ThreadPoolExecutor(2) as threads:
            yield threads
        return
    with ProcessPoolExecutor(1, mp_context=get_context(request.param)) as workers:
        yield workers


# -- Rows ------------------------------------------------------------------------------------------


def test_a_row_tells_what_the_evaluation_tells(root: Path) -> None:
    evaluator = LaunchEvaluator(root, clock=now, processes=ALIVE)

    for row in evaluate_many(root, clock=now, processes=ALIVE):
        found = evaluator.evaluate(row.team)
        assert (found.verdict.severity, found.verdict.text) == (row.verdict, row.text)
        assert (found.cause and found.cause.name, found.preferred_source) == (row.cause, row.source)
        assert found.evaluated_at == row.evaluated_at


def test_a_row_counts_members_and_says_when(root: Path) -> None:
    (row,) = evaluate_many(root, ["team-00"], clock=now, processes=ALIVE)

    assert ("pending", 1, 1, 0, 0, 2) == (
        row.verdict,
        row.confirmed,
        row.pending,
        row.failed,
        row.skipped,
        row.members,
    )
    assert (START, START + timedelta(seconds=30), NOW) == (
        row.started_at,
        row.updated_at,
        row.evaluated_at,
    )
    assert timedelta(seconds=30) == row.age


def test_a_launcher_s_snapshot_began_with_the_first_spawn_that_was_accepted(tmp_path: Path) -> None:
    accepted = {"ada": "2023-11-14T22:13:50Z", "bob": "2023-11-14T22:13:40Z", "eve": "soon"}
    document = {
        "version": 2,
        "teamName": "one",
        "updatedAt": "2023-11-14T22:14:00Z",
        "launchPhase": "active",
        "expectedMembers": [*accepted],
        "members": {
            name: {"name": name, "launchState": "starting", "firstSpawnAcceptedAt": text}
            for name, text in accepted.items()
        },
    }
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "launch-state.json").write_text(json.dumps(document))

    (row,) = evaluate_many(tmp_path, clock=now, processes=ALIVE)

    assert ("launcher", START + timedelta(seconds=20)) == (row.source, row.started_at)


def test_dates_that_python_does_not_have_are_none(tmp_path: Path) -> None:
    write(tmp_path, "one", startedAt=8.64e15, updatedAt=8.64e15)

    (row,) = evaluate_many(tmp_path, clock=now, processes=ALIVE)

    assert (None, None, None) == (row.started_at, row.updated_at, row.age)


def test_a_row_is_small_and_pickles(root: Path) -> None:
    rows = list(evaluate_many(root, clock=now, processes=ALIVE))

    assert rows == pickle.loads(pickle.dumps(rows))  # noqa: S301 - made here
    assert len(pickle.dumps(rows)) < 300 * COUNT
    assert not hasattr(rows[0], "__dict__")


# -- Executors -------------------------------------------------------------------------------------


def word(evaluation: Evaluation) -> tuple[str, str]:
    return evaluation.team, evaluation.verdict.severity


def test_every_executor_says_what_a_loop_says(root: Path, executor: Executor) -> None:
    alone = list(evaluate_many(root, clock=now, processes=ALIVE))

    rows = list(evaluate_many(root, clock=now, processes=ALIVE, executor=executor, chunk_size=4))

    assert [f"team-{number:02}" for number in range(COUNT)] == [row.team for row in alone]
    assert alone == sorted(rows, key=lambda row: row.team)


def test_a_function_of_one_s_own_is_asked_of_each(root: Path, executor: Executor) -> None:
    names = ("team-02", "team-00")

    found = evaluate_many(root, names, clock=now, processes=ALIVE, executor=executor, each=word)

    assert [("team-02", "failed"), ("team-00", "pending")] == list(found)


def test_a_policy_of_one_s_own_reaches_the_workers(
    root: Path, tmp_path_factory: pytest.TempPathFactory, executor: Executor
) -> None:
    policy = tmp_path_factory.mktemp("policy") / "mine.toml"
    policy.write_text(
        'policy = "mine"\nextends = "default"\n[[tables.verdict.rule]]\nid = "mine"\n'
        'before = "under-way"\nwhen = "progress_state is not None"\n'
        'then = { severity = "warning", text = "mine" }\n'
    )

    found = evaluate_many(
        root,
        ["team-00"],
        policy=policy,
        clock=now,
        processes=ALIVE,
        executor=executor,
        each=word,
    )

    assert [("team-00", "warning")] == list(found)


def test_a_team_that_is_not_there_is_unknown(root: Path, executor: Executor) -> None:
    found = evaluate_many(
        root, ["gone", "team-00"], clock=now, processes=ALIVE, executor=executor, each=word
    )

    assert [("gone", "unknown"), ("team-00", "pending")] == list(found)


class Counting(ThreadPoolExecutor):
    """Counts the chunks that were submitted and whose results nobody has taken."""

    submitted = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.submitted += 1
        return super().submit(fn, *args, **kwargs)


def test_work_in_flight_is_bounded(root: Path) -> None:
    names = (f"team-{number % COUNT:02}" for number in range(1_000_000_000))
    with Counting(2) as executor:
        rows = evaluate_many(root, names, executor=executor, chunk_size=2, in_flight=3)
        assert 0 == executor.submitted
        for _ in range(10):
            next(rows)
        assert executor.submitted <= 5 + 3
        rows.close()  # type: ignore[attr-defined]


# -- What goes wrong -------------------------------------------------------------------------------


def only_even(evaluation: Evaluation) -> str:
    if int(evaluation.team[-2:]) % 2:
        raise LookupError("odd")
    return evaluation.team


def test_an_error_of_one_s_own_function_names_the_team(root: Path, executor: Executor) -> None:
    found = evaluate_many(root, executor=executor, each=only_even)

    assert "team-00" == next(found)
    with pytest.raises(LookupError, match="odd") as raised:
        next(found)
    (note,) = raised.value.__notes__
    assert note.startswith("while team 'team-01' was evaluated")
    # From another process there is no traceback but the one in the note.
    assert ("in only_even" in note) is isinstance(executor, ProcessPoolExecutor)


def test_a_name_that_is_no_folder_s_is_refused(root: Path, executor: Executor) -> None:
    with pytest.raises(TeamNameError):
        list(evaluate_many(root, ["team-00", "../team-00"], executor=executor))


def die_at_five(evaluation: Evaluation) -> str:
    if evaluation.team == "team-05":
        os.kill(os.getpid(), signal.SIGKILL)
    return evaluation.team


def test_a_worker_that_is_killed_loses_no_team_silently(root: Path) -> None:
    names = LaunchEvaluator(root).teams()
    found: list[str] = []
    with ProcessPoolExecutor(1) as executor:
        teams = evaluate_many(root, executor=executor, each=die_at_five, chunk_size=2)
        with pytest.raises(ExecutorFailedError, match="BrokenProcessPool") as raised:
            found.extend(teams)

    assert "team-05" in raised.value.teams
    assert sorted(names) == sorted([*found, *raised.value.teams])
    assert raised.value.teams == pickle.loads(pickle.dumps(raised.value)).teams  # noqa: S301


def test_an_executor_that_is_shut_down_loses_no_team_silently(root: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        pass

    with pytest.raises(ExecutorFailedError, match="'team-00' first") as raised:
        next(evaluate_many(root, executor=executor))

    assert LaunchEvaluator(root).teams() == raised.value.teams


@pytest.mark.parametrize("executor", ["fork"], indirect=True)
def test_a_policy_that_changed_meanwhile_is_told(
    root: Path, tmp_path_factory: pytest.TempPathFactory, executor: Executor
) -> None:
    file = tmp_path_factory.mktemp("policy") / "mine.toml"
    file.write_text('policy = "mine"\nextends = "default"\n')
    policy = load_policy(file)
    file.write_text('policy = "other"\nextends = "default"\n')

    with pytest.raises(PolicyChangedError):
        list(evaluate_many(root, policy=policy, executor=executor))


def itself(evaluation: Evaluation) -> Any:
    return lambda: evaluation


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"clock": lambda: NOW}, "functions and classes of a module"),
        ({"each": itself}, "itself.<locals>"),
    ],
    ids=["there", "back"],
)
@pytest.mark.parametrize("executor", ["fork"], indirect=True)
def test_what_cannot_be_sent_is_told(
    root: Path, asked: dict[str, Any], told: str, executor: Executor
) -> None:
    with pytest.raises(ExecutorFailedError, match=told):
        list(evaluate_many(root, executor=executor, **asked))


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"teams": "team-00"}, TypeError, "not one text"),
        ({"chunk_size": 0}, ValueError, "chunk_size must be at least 1"),
        ({"in_flight": 0}, ValueError, "in_flight must be at least 1"),
        ({"policy": "nobody's"}, PolicyNotFoundError, "nobody"),
    ],
    ids=["teams", "chunk_size", "in_flight", "policy"],
)
def test_a_mistake_is_told_at_once(
    root: Path, asked: dict[str, Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        evaluate_many(root, **asked)


def test_a_root_that_cannot_be_listed_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        evaluate_many(tmp_path / "nowhere")


# -- Other hosts -----------------------------------------------------------------------------------


class Far(Executor):
    """Sends work to where another boot id and other namespaces are, as another host's are."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        sent = pickle.dumps((fn, args, kwargs))
        done: Future[Any] = Future()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Place, "here", lambda: Place("another", None, None))
            there, args, kwargs = pickle.loads(sent)  # noqa: S301 - made above
            done.set_result(there(*args, **kwargs))
        return done


def owner(evaluation: Evaluation) -> str:
    return str(evaluation.explain().of("owner").facts["owner"])


@pytest.mark.parametrize(
    ("processes", "told"),
    [
        (None, "unknown"),
        (SystemProcesses(), "dead"),
        (StatedProcesses(), "unknown"),
        (ALIVE, "alive"),
    ],
    ids=["default", "told", "stated-none", "stated"],
)
def test_on_another_host_no_pid_is_known_unless_told(root: Path, processes: Any, told: str) -> None:
    asked = evaluate_many(
        root, ["team-00"], clock=now, processes=processes, executor=Far(), each=owner
    )

    assert [told] == list(asked)


def test_in_another_process_of_this_host_pids_are_known(root: Path, executor: Executor) -> None:
    found = evaluate_many(root, ["team-00"], clock=now, executor=executor, each=owner)

    assert ["dead"] == list(found)

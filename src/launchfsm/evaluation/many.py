"""Many teams: evaluated one after the other, or by the workers of any executor."""

from __future__ import annotations

import functools
import itertools
import os
import pickle
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar

import attrs

from launchfsm.decisions.verdict import VerdictSeverity
from launchfsm.ecma.dates import read_time, to_datetime
from launchfsm.errors import LaunchfsmError
from launchfsm.evaluation.evaluator import Clock, Evaluation, LaunchEvaluator
from launchfsm.records.results import LaunchSummary
from launchfsm.system.processes import Place, Processes, UnknownProcesses

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from launchfsm.policies import PolicyLike

CHUNK_SIZE: Final = 250
"""How many teams a worker is given at a time, unless told otherwise."""


class ExecutorFailedError(LaunchfsmError, RuntimeError):
    """The executor lost some teams: a worker died, or something could not be sent to it or back.

    All other teams that it was given were yielded before. The cause is the executor's own error.

    Attributes:
        teams: The names of all teams that were not answered for, to evaluate them otherwise.
    """

    def __init__(self, message: str, teams: tuple[str, ...]) -> None:
        super().__init__(message, teams)
        self.teams = teams

    def __str__(self) -> str:
        return str(self.args[0])


@attrs.frozen(kw_only=True)
class Row:
    """A team in a list of many: what a line about it shows, in some 500 bytes.

    Attributes:
        team: The name of the team's folder.
        verdict: The state of the launch, in a word.
        text: The verdict's line, for people.
        cause: The class of the reason that members failed or are pending for; `None` without one.
        confirmed: How many members are confirmed.
        pending: How many are pending.
        failed: How many failed.
        skipped: How many are skipped.
        source: Whose snapshot is believed; `None` when neither is.
        started_at: When the launch began, as far as its records tell.
        updated_at: When the snapshot that is believed was written.
        evaluated_at: The instant of the evaluation.
    """

    team: str
    verdict: VerdictSeverity
    text: str
    cause: str | None = None
    confirmed: int = 0
    pending: int = 0
    failed: int = 0
    skipped: int = 0
    source: Literal["bootstrap", "launcher"] | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    evaluated_at: datetime

    @classmethod
    def of(cls, evaluation: Evaluation) -> Row:
        """The row of an evaluation."""
        verdict, cause = evaluation.verdict, evaluation.cause
        snapshot, runtime = evaluation.preferred_snapshot, evaluation.runtime_state
        summary = LaunchSummary() if snapshot is None else snapshot.summary
        if runtime is not None:
            started = read_time(runtime.progress.started_at)
        else:
            members = () if snapshot is None else snapshot.members.values()
            accepted = (read_time(member.first_spawn_accepted_at) for member in members)
            started = min((moment for moment in accepted if moment is not None), default=None)
        return cls(
            team=evaluation.team,
            verdict=verdict.severity,
            text=verdict.text,
            cause=None if cause is None else cause.name,
            confirmed=summary.confirmed_count,
            pending=summary.pending_count,
            failed=summary.failed_count,
            skipped=summary.skipped_count,
            source=evaluation.preferred_source,
            started_at=to_datetime(started),
            updated_at=None if snapshot is None else to_datetime(read_time(snapshot.updated_at)),
            evaluated_at=evaluation.evaluated_at,
        )

    @property
    def members(self) -> int:
        """How many members the launch has."""
        return self.confirmed + self.pending + self.failed + self.skipped

    @property
    def age(self) -> timedelta | None:
        """How long ago the snapshot that is believed was written; negative when it lies ahead."""
        return None if self.updated_at is None else self.evaluated_at - self.updated_at


if TYPE_CHECKING:
    from typing_extensions import TypeVar as TypeVarWithDefault  # every type checker brings it

    T = TypeVarWithDefault("T", default=Row)
else:
    T = TypeVar("T")


def evaluate_many(
    root: str | os.PathLike[str],
    teams: Iterable[str] | None = None,
    *,
    policy: PolicyLike = "default",
    clock: Clock | None = None,
    processes: Processes | None = None,
    executor: Executor | None = None,
    chunk_size: int = CHUNK_SIZE,
    in_flight: int | None = None,
    each: Callable[[Evaluation], T] = Row.of,  # type: ignore[assignment]  # by the default of T
) -> Iterator[T]:
    """Evaluate many teams, and yield what is asked of each as it comes.

    Without an executor the teams are evaluated here, in order. With one, its workers are given
    chunks of names, and the teams come in the order in which chunks are done. When the iteration
    ends early, by `close`, an error or Ctrl-C, chunks that no worker has begun are canceled; the
    executor stays the caller's to shut down.

    Args:
        root: The folder that holds one folder a team.
        teams: The names of the teams' folders, read as they are needed; all of the root when
            `None`. A team that is not there, or vanishes meanwhile, is `unknown`.
        policy: The policy to judge by: a name, a path, or a loaded one.
        clock: Says the time, as an aware datetime; each worker's own by default.
        processes: Answers for pids. By default those of this machine; a worker on another host, or
            in a container of its own, then knows nothing of any pid.
        executor: Any executor: of threads, of processes, of Dask, …
        chunk_size: How many teams a worker is given at a time.
        in_flight: How many chunks at most are being evaluated, or done and not yet yielded; by
            default two more than twice the cores of this machine. For workers on many machines,
            twice their number.
        each: Makes of an evaluation what is yielded. For workers in other processes, a function of
            a module whose result can be pickled.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: The policy has faults.
        OSError: The root cannot be listed, when all its teams are asked for.
        TypeError: `teams` is a single text.
        ValueError: `chunk_size` or `in_flight` is below one.
        TeamNameError: A name is not one plain path component; raised when it is reached, as an
            error of `each` is, after the teams before it in its chunk.
        ExecutorFailedError: A worker died, or something cannot be sent to it or back; raised when
            all that can be yielded has been, and `teams` was read to its end.
    """
    if isinstance(teams, (str, bytes)):
        raise TypeError(f"teams must be several names, not one text: [{teams!r}]")
    most = 2 + 2 * (os.cpu_count() or 1) if in_flight is None else in_flight
    for name, value in (("chunk_size", chunk_size), ("in_flight", most)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}")
    evaluator = LaunchEvaluator(root, policy=policy, clock=clock, processes=processes)
    if teams is None:
        os.scandir(root).close()  # the evaluator takes a root that is not there for an empty one
        teams = evaluator.teams()
    work = _Work(lambda: evaluator, each, stated=processes is not None)
    if executor is None:
        return (work.ask(team) for team in teams)
    names = iter(teams)
    chunks = iter(lambda: tuple(itertools.islice(names, chunk_size)), ())
    return _spread(work, chunks, executor, most)


@attrs.frozen(eq=False, slots=False)
class _Work(Generic[T]):
    """What every chunk has in common. It is pickled small, and a worker builds it once."""

    evaluator: Callable[[], LaunchEvaluator]
    each: Callable[[Evaluation], T]
    stated: bool
    away: bool = False

    def ask(self, team: str) -> T:
        try:
            return self.each(self.evaluator().evaluate(team))
        except Exception as error:
            # An exception that is sent to another process loses its traceback.
            where = f"\n{traceback.format_exc()}" if self.away else ""
            error.add_note(f"while team {team!r} was evaluated{where}")
            raise

    def __call__(self, teams: tuple[str, ...]) -> tuple[list[T], Exception | None]:
        """What is asked of a chunk's teams, up to the first that raises an error, and the error."""
        found: list[T] = []
        try:
            for team in teams:
                found.append(self.ask(team))  # noqa: PERF401 - what was found before an error counts
        except Exception as error:  # noqa: BLE001 - raised again by whoever iterates
            return found, error
        return found, None

    def __reduce__(self) -> tuple[Any, ...]:
        # Unpacked when a team is asked for: an error on arrival would end the process.
        return _Work, (functools.partial(_unpacked, self._packed), self.each, self.stated, True)

    @functools.cached_property
    def _packed(self) -> bytes:
        asked = self.evaluator()
        parts = (asked.root, asked.policy, asked.clock, asked.processes, self.stated, Place.here())
        try:
            return pickle.dumps(parts)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise TypeError(
                "the clock, processes or policy cannot be sent to another process; use functions "
                f"and classes of a module instead of lambdas and nested functions: {error}"
            ) from error


@functools.lru_cache(maxsize=4)
def _unpacked(packed: bytes) -> LaunchEvaluator:
    root, policy, clock, processes, stated, machine = pickle.loads(packed)  # noqa: S301 - made above
    if not stated and machine != Place.here():
        processes = UnknownProcesses()
    return LaunchEvaluator(root, policy=policy, clock=clock, processes=processes)


def _spread(
    work: _Work[T], chunks: Iterator[tuple[str, ...]], executor: Executor, most: int
) -> Iterator[T]:
    from concurrent.futures import FIRST_COMPLETED, wait  # noqa: PLC0415 - 10 ms

    waiting: dict[Future[tuple[list[T], Exception | None]], tuple[str, ...]] = {}
    lost: list[str] = []
    failure: BaseException | None = None
    try:
        while True:
            while failure is None and len(waiting) < most and (chunk := next(chunks, ())):
                try:
                    waiting[executor.submit(work, chunk)] = chunk
                except Exception as error:  # noqa: BLE001 - told below, with what it lost
                    failure = error
                    lost += chunk
            if not waiting:
                break
            wait(waiting, return_when=FIRST_COMPLETED)
            for future in [one for one in waiting if one.done()]:
                chunk = waiting.pop(future)
                try:
                    found, raised = future.result()
                except Exception as error:  # noqa: BLE001 - told below
                    failure = error
                    lost += chunk
                    continue
                yield from found
                if raised is not None:
                    raise raised
    finally:
        for future in waiting:
            future.cancel()
    if failure is not None:
        lost += itertools.chain.from_iterable(chunks)
        raise ExecutorFailedError(
            f"{len(lost)} teams were not evaluated, {lost[0]!r} first: the executor failed with "
            f"{type(failure).__name__}: {failure}. Evaluate them again by teams=error.teams, with "
            "another executor or with none",
            tuple(lost),
        ) from failure

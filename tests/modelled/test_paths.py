"""Every edge of the model and every refusal, done once by a real run in a real folder.

One member and a team that is created, none and a team that is attached to: what more of them
would add is more of the same, as the exploration counts members and does not name them. Files are
not synced, as what is on the disk after a power cut is no matter here.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from launchfsm.ecma.dates import from_datetime
from launchfsm.launcher import BootstrapRun, EventRefusedError, LockLostError
from launchfsm.lifecycle.machines import BOOTSTRAP, Refusal
from launchfsm.lifecycle.product import Edge, Event, Exploration, LaunchModel, ProductState, explore
from launchfsm.lifecycle.synchronization import SYNCHRONIZATION
from launchfsm.records.documents import JOURNAL_FILE, STATE_FILE
from launchfsm.system.files import FileSystem
from launchfsm.testing import FakeClock, FakeProcesses
from tests.modelled.crashing import open_descriptors
from tests.modelled.launches import (
    RUN_SYNCHRONIZATION,
    TEAM,
    Expected,
    acting_as,
    contents,
    evaluator,
    run_model,
    ways,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from launchfsm.launcher import RunState

NOW = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
NAMES = ("alice", "bob")
PID, STRANGER = 4242, 4343
KINDS = pytest.mark.parametrize(("members", "attach"), [(1, False), (0, True)])


@cache
def explored(members: int, attach: bool) -> Exploration:  # noqa: FBT001 - a key
    return explore(members, run_model(attach=attach))


@attrs.frozen
class Way:
    """A run of the model, with each event's member by name: the first that it can happen to."""

    end: ProductState
    events: tuple[tuple[str, str | None], ...] = ()

    def then(self, model: LaunchModel, event: Event) -> Way:
        after = model.step(self.end, event)
        assert isinstance(after, ProductState)
        return Way(after, (*self.events, (event.name, self.name_of(event))))

    def name_of(self, event: Event) -> str | None:
        return None if event.member is None else NAMES[self.end.members.index(event.member)]


def path_of(exploration: Exploration, members: int, edges: Iterable[Edge]) -> Way:
    path = Way(exploration.model.initial(members))
    for edge in edges:
        path = path.then(exploration.model, edge.event)
    return path


class Quick(FileSystem):
    """The real one, that does not wait for the disk."""

    def fsync(self, descriptor: int) -> None:
        """Return at once."""


@attrs.define
class Launch:
    """A real run on its way along a path of the model."""

    root: Path
    members: int
    attach: bool
    clock: FakeClock = attrs.Factory(lambda: FakeClock(NOW))
    processes: FakeProcesses = attrs.Factory(
        lambda: FakeProcesses(alive=[PID], started_at={PID: 1})
    )
    run: BootstrapRun = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        if self.attach:
            self.folder.mkdir(parents=True)
        self.root.mkdir(exist_ok=True)
        self.run = BootstrapRun(
            self.root,
            TEAM,
            members=NAMES[: self.members],
            run_id="run-1",
            attach=self.attach,
            clock=self.clock,
            processes=self.processes,
            filesystem=Quick(),
        )
        with acting_as(PID):
            self.run.__enter__()

    @property
    def folder(self) -> Path:
        return self.root / TEAM

    def follow(self, path: Way) -> None:
        for event, name in path.events:
            self.do(event, name)

    def do(self, event: str, name: str | None, way: int = 0) -> None:
        self.clock.advance(1)
        if event == "lose_owner" and name is None:
            self.processes.die(PID)
            return
        with acting_as(PID):
            ways(event, name)[way](self.run)

    def agrees_with(self, path: Way) -> None:
        state = self.run.state
        assert path.end.phase == state.phase
        evaluation = evaluator(self.root, self.clock, self.processes).evaluate(TEAM)
        expected = Expected(
            phase=path.end.phase,
            owner_lost=path.end.owner_lost,
            members=dict(zip(NAMES, path.end.members, strict=False)),
            failed=[name for name, entry in state.members.items() if entry.status == "failed"],
            updated_at=from_datetime(self.clock()) - 1_000 * path.end.owner_lost,
            pid=PID,
        )
        expected.agree(evaluation)
        default = evaluator(self.root, self.clock, self.processes, policy="default")
        with acting_as(PID):
            assert default.evaluate(TEAM).bootstrap_snapshot == self.run.snapshot()

    def journal(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / JOURNAL_FILE).read_text().splitlines()]


# -- What happens ----------------------------------------------------------------------------------


@KINDS
def test_along_every_edge_run_and_evaluator_go_where_the_model_goes(
    members: int, *, attach: bool, tmp_path: Path
) -> None:
    exploration = explored(members, attach)
    descriptors, taken = open_descriptors(), Counter[str]()
    for edge in exploration.edges:
        before = path_of(exploration, members, exploration.run_to(edge.before))
        path = before.then(exploration.model, edge.event)
        for way in range(ways_of(*path.events[-1])):
            launch = Launch(tmp_path / str(taken.total()), members, attach)
            launch.follow(before)
            launch.do(*path.events[-1], way)
            launch.agrees_with(path)
            tells_last(launch, edge, path.events[-1][1])
            taken[edge.event.name] += 1

    assert len(exploration.edges) + taken["complete"] // 2 == taken.total()
    assert descriptors == open_descriptors()


def ways_of(event: str, name: str | None) -> int:
    return 1 if event == "lose_owner" else len(ways(event, name))


def tells_last(launch: Launch, edge: Edge, name: str | None) -> None:
    """The journal's last record is of the event that happened last, and of its time."""
    record, now = launch.journal()[-1], from_datetime(launch.clock())
    if edge.event.name == "lose_owner":
        assert now - 1_000 == record["ts"]
        return
    assert (now, "run-1", name) == (record["ts"], record["runId"], record.get("name"))
    if edge.event.member is None:
        ends = edge.event.name in {"complete", "fail", "cancel"}
        assert ("terminal" if ends else "phase") == record["type"]
    elif edge.event.name == "fail":  # what the state does not say, the journal does
        assert ("failed" if edge.event.member.accepted else "spawn_failed") == record["action"]


# -- What does not happen --------------------------------------------------------------------------


@KINDS
def test_every_refused_event_is_refused_by_name_and_changes_nothing(
    members: int, *, attach: bool, tmp_path: Path
) -> None:
    exploration = explored(members, attach)
    for number, state in enumerate(exploration.states):
        path = path_of(exploration, members, exploration.run_to(state))
        launch = Launch(tmp_path / str(number), members, attach)
        launch.follow(path)
        before, memory = contents(launch.folder), launch.run.state
        launch.clock.advance(7)
        for event, refusal in refusals_of(exploration, state):
            for way in ways(event.name, path.name_of(event)):
                refuses(launch, state, way, refusal, path.name_of(event))
                assert memory is launch.run.state
        assert before == contents(launch.folder)


def refusals_of(exploration: Exploration, state: ProductState) -> Iterator[tuple[Event, Refusal]]:
    """Each event that does not happen, as its machine refuses it, or the bootstrap where unsent."""
    model = exploration.model
    happening = [event for event in model.events(state) if is_taken(exploration, state, event)]
    allowed = tuple(event.name for event in happening if event.member is None)
    for event in model.events(state):
        if event in happening or event.name == "lose_owner":
            continue
        after = model.step(state, event)
        if isinstance(after, Refusal) and event.member is not None:
            yield event, after
        elif event.member is not None:  # the table's words: what the run is for plays no part
            yield (
                event,
                Refusal(BOOTSTRAP.name, state.phase, event.name, BOOTSTRAP.allowed(state.phase)),
            )
        else:
            taken = tuple(name for name in allowed if name != "lose_owner")
            yield event, Refusal(BOOTSTRAP.name, state.phase, event.name, taken)


def is_taken(exploration: Exploration, state: ProductState, event: Event) -> bool:
    return isinstance(exploration.model.step(state, event), ProductState)


def refuses(
    launch: Launch,
    state: ProductState,
    way: Callable[[BootstrapRun], object],
    refusal: Refusal,
    name: str | None,
) -> None:
    if state.owner_lost:  # nobody is there to send it, and somebody else may not
        with acting_as(STRANGER), pytest.raises((LockLostError, EventRefusedError)):
            way(launch.run)
        return
    with acting_as(PID), pytest.raises(EventRefusedError) as caught:
        way(launch.run)
    assert refusal == caught.value.refusal
    assert name == caught.value.member
    text = str(caught.value)
    for word in (refusal.event, refusal.state, *refusal.allowed, caught.value.member or ""):
        assert word in text


# -- That nothing is left out ----------------------------------------------------------------------


def test_the_runs_model_is_the_shipped_one_without_what_runs_have_no_words_for() -> None:
    reports = set(RUN_SYNCHRONIZATION.member_events())

    assert {"request_permission", "resolve_permission", "skip"} == (
        set(SYNCHRONIZATION.member_events()) - reports
    )
    assert reports <= set(SYNCHRONIZATION.member_events())
    for phase, row in RUN_SYNCHRONIZATION.phases.items():
        shipped = SYNCHRONIZATION.phases[phase]
        assert (shipped.on_entering, shipped.on_owner_lost) == (row.on_entering, row.on_owner_lost)


@KINDS
def test_how_many_paths_there_are(members: int, *, attach: bool) -> None:
    exploration = explored(members, attach)

    counted = len(exploration.states), len(exploration.edges)
    assert {(1, False): (36, 68), (0, True): (13, 20)}[members, attach] == counted


def test_the_state_file_is_what_the_run_remembers(tmp_path: Path) -> None:
    """So comparing the folder's bytes and the run's state is comparing all there is."""
    launch = Launch(tmp_path, 2, attach=False)
    state: RunState = launch.run.state

    assert json.loads((launch.folder / STATE_FILE).read_bytes()) == state.document()

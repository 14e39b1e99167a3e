"""Many runs of one team in any order: with crashes, clocks that jump, and processes that die.

A world is a real folder with a real run in it, driven by random events; beside it goes the model.
After every step the run, its snapshot, an evaluator and the tests' own reading of the specification
say the same as the model. A process is a number here: code that runs as it sees that number as its
own pid, and when it dies, what it still does has no effect.

`python -m tests.modelled.worlds 2000` is the long version, by hand: 2,000 worlds.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Phases
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from launchfsm.audit import audit_team
from launchfsm.ecma.dates import from_datetime
from launchfsm.launcher import (
    BootstrapRun,
    EventRefusedError,
    LauncherError,
    LockHeldError,
    LockLostError,
    find_lock,
)
from launchfsm.lifecycle.product import Event, LaunchModel, Member, ProductState
from launchfsm.records.documents import STATE_FILE
from launchfsm.testing import FakeClock, FakeProcesses
from launchfsm.vocabulary import Phase
from tests.modelled.crashing import Died, Mortal, open_descriptors
from tests.modelled.launches import (
    PROGRESS,
    REPORTS,
    TEAM,
    Expected,
    acting_as,
    agree_with_oracle,
    contents,
    evaluator,
    run_model,
    ways,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from launchfsm.launcher import RunState
    from launchfsm.lifecycle.machines import MemberEvent
    from launchfsm.vocabulary import MemberStatus

NOW: Final = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
NAMES: Final = ("alice", "bob", "carol")
LAUNCH_EVENTS: Final = (
    *("load_state", "acquire_lock", "create_team", "spawn_members", "audit"),
    *("complete", "fail", "cancel"),
)
CALLS: Final = 25  # system calls, a few more than an event takes
JUMPS: Final = (1, 30, 179, 180, 181, 3_600, 86_400 * 400)  # seconds

Sending: TypeAlias = tuple[str, str | None, int]
"""An event, the member that it is of, and which way to tell it."""

Writing: TypeAlias = "tuple[Callable[[BootstrapRun], object], Recorded | None]"
"""What a run is told, and what is recorded once it is written; `None` when it is refused."""

members = st.sampled_from(NAMES)
launch_events = st.sampled_from(LAUNCH_EVENTS)
# Mostly not the ends, which leave nothing to send.
sendings = st.one_of(
    st.tuples(st.sampled_from(LAUNCH_EVENTS[:5]), st.none(), st.just(0)),
    st.tuples(st.sampled_from(REPORTS), members, st.just(0)),
    st.tuples(st.sampled_from(["accept_spawn", "confirm"]), members, st.just(0)),
    st.tuples(st.sampled_from([*LAUNCH_EVENTS, "audit"]), st.none(), st.integers(0, 1)),
)
# Ten events, if none fails, until all members are confirmed, which leaves two to the end.
distances = st.integers(0, 10)


@attrs.frozen
class Recorded:
    """What the model says that the run has recorded.

    Attributes:
        phase: The phase.
        members: What each member is, as far as its run says so: nobody was lost or never spawned.
        failed: Those who failed.
        at: When the last of it happened, in ms since 1970.
    """

    phase: Phase
    members: Mapping[str, Member]
    failed: frozenset[str]
    at: int

    def after(self, model: LaunchModel, event: str, name: str | None, at: int) -> Recorded | None:
        """What is recorded after an event; `None` when it does not happen."""
        sent: Any = event
        if name is None:
            after = model.step(self.launch(), Event(sent))
            if not isinstance(after, ProductState):
                return None
            return attrs.evolve(self, phase=after.phase, at=at)
        member = self.members[name]
        after = model.step(ProductState(self.phase, False, (member,)), Event(sent, member))  # noqa: FBT003
        if not isinstance(after, ProductState):
            return None
        failed = self.failed | {name} if event == "fail" else self.failed - {name}
        return Recorded(self.phase, {**self.members, name: after.members[0]}, failed, at)

    def launch(self) -> ProductState:
        """The launch as it is recorded."""
        return ProductState(self.phase, owner_lost=False, members=tuple(self.members.values()))

    def seen(self, model: LaunchModel, *, owner_lost: bool) -> dict[str, Member]:
        """What each member is to those who read it."""
        launch, event = self.launch(), Event("lose_owner")
        if not owner_lost:
            if self.phase in PROGRESS:
                return dict(self.members)
            # Whatever way it came here, entering told all who were never spawned.
            launch, event = launch._replace(phase="spawning_members"), Event("fail")
        after = model.step(launch, event)
        assert isinstance(after, ProductState)
        return dict(zip(self.members, after.members, strict=True))

    def statuses(self) -> dict[str, set[MemberStatus]]:
        """What may stand in the state file of each member; sightings are not for the model."""
        pending: set[MemberStatus] = {"spawn_started", "registered", "runtime_alive"}
        states: dict[str, set[MemberStatus]] = {
            "starting": {"pending"},
            "runtime_pending_bootstrap": pending,
            "confirmed_alive": {"bootstrap_confirmed"},
            "failed_to_start": {"failed"},
        }
        return {name: states[member.state] for name, member in self.members.items()}


@attrs.define(eq=False)
class Owner:
    """A process, and its run."""

    pid: int
    run: BootstrapRun
    files: Mortal
    model: LaunchModel

    def does(self, what: Callable[[BootstrapRun], object]) -> None:
        with acting_as(self.pid):
            what(self.run)


class World(RuleBasedStateMachine):
    """One team's folder, and all who have to do with it."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(mkdtemp(prefix="launchfsm-world-"))
        self.descriptors = open_descriptors()
        self.clock = FakeClock(NOW)
        self.processes = FakeProcesses()
        self.pid = 100
        self.owner: Owner | None = None  # who holds the lock, and lives
        self.bereft: list[Owner] = []  # who lives and has lost the lock
        self.recorded: Recorded | None = None
        self.recorder: tuple[int, LaunchModel] = (0, run_model(attach=False))

    @property
    def folder(self) -> Path:
        return self.root / TEAM

    @property
    def now(self) -> int:
        return from_datetime(self.clock())

    # -- Runs ------------------------------------------------------------------------------------

    def new_owner(self, *, attach: bool, **arguments: Any) -> Owner:
        attach = attach and self.folder.exists()
        self.pid += 1
        self.processes.start(self.pid, started_at=self.pid)
        files = Mortal()
        run = BootstrapRun(
            self.root,
            TEAM,
            members=NAMES,
            run_id=f"run-{self.pid}",
            attach=attach,
            clock=self.clock,
            processes=self.processes,
            filesystem=files,
            **arguments,
        )
        return Owner(self.pid, run, files, run_model(attach=attach))

    def begun(self, owner: Owner) -> Recorded:
        initial = owner.model.initial(len(NAMES))
        members = dict(zip(NAMES, initial.members, strict=True))
        return Recorded(initial.phase, members, frozenset(), self.now)

    @initialize(attach=st.booleans(), distance=distances, sent=st.lists(sendings, max_size=8))
    def begin_at_once(self, *, attach: bool, distance: int, sent: list[Sending]) -> None:
        self.begin(attach=attach, distance=distance, sent=sent)

    @precondition(lambda self: self.owner is None)
    @rule(attach=st.booleans(), distance=distances, sent=st.lists(sendings, max_size=8))
    def begin(self, *, attach: bool, distance: int, sent: list[Sending]) -> None:
        """A new run takes the lock, one that is free or whose owner has died, and comes far."""
        found = (
            find_lock(str(self.folder), processes=self.processes) if self.folder.exists() else None
        )
        owner = self.new_owner(attach=attach)
        owner.does(lambda run: run.__enter__())
        stolen = owner.run.stolen_from
        assert (None if found is None else found.holder) == stolen
        self.owner, self.recorder = owner, (owner.pid, owner.model)
        self.recorded = self.begun(owner)
        self.report((*following, 0) for following in islice(self.ordinary(), distance))
        self.report(sent)

    @precondition(lambda self: self.owner is not None)
    @rule(unprovable=st.booleans())
    def fail_to_begin(self, *, unprovable: bool) -> None:
        """Nobody takes the lock of a run that lives, whatever is allowed."""
        before = contents(self.folder)
        other = self.new_owner(attach=False, break_unprovable=unprovable)
        with acting_as(other.pid), pytest.raises(LockHeldError) as caught:
            other.run.__enter__()
        assert caught.value.provable
        assert before == contents(self.folder)

    @precondition(lambda self: self.owner is not None)
    @rule()
    def take_over_from_who_may_live(self) -> None:
        """A lock whose owner cannot be seen is taken over on request alone; its run is bereft."""
        earlier = self.living()
        self.processes.start(earlier.pid, refused=True)
        other = self.new_owner(attach=False)
        with acting_as(other.pid), pytest.raises(LockHeldError) as caught:
            other.run.__enter__()
        assert not caught.value.provable
        owner = self.new_owner(attach=True, break_unprovable=True)
        owner.does(lambda run: run.__enter__())
        assert owner.run.stolen_from is not None
        assert earlier.pid == owner.run.stolen_from.pid
        self.bereft.append(earlier)
        self.owner, self.recorder = owner, (owner.pid, owner.model)
        self.recorded = self.begun(owner)

    @precondition(lambda self: self.owner is not None)
    @rule()
    def have_the_lock_removed(self) -> None:
        """Somebody removes the lock, which makes the run bereft of it."""
        shutil.rmtree(self.folder / ".bootstrap.lock")
        self.bereft.append(self.living())
        self.owner = None

    def living(self) -> Owner:
        assert self.owner is not None
        return self.owner

    # -- Events ----------------------------------------------------------------------------------

    @precondition(lambda self: self.owner is not None)
    @rule(sent=st.lists(sendings, min_size=3, max_size=12))
    def report(self, sent: Iterable[Sending]) -> None:
        """Events of the launch and of members, as they come; of what is refused nothing is left."""
        for event, name, way in sent:
            self.send(event, name, way)
            self.everybody_says_the_same()

    @precondition(lambda self: self.owner is not None)
    @rule(failing=st.sets(members), way=st.integers(0, 1))
    def go_to_the_end(self, *, failing: set[str], way: int) -> None:
        """As launches mostly go, and as no random order of events does: to their completion."""
        self.report((event, name, way) for event, name in self.ordinary(failing))

    def ordinary(self, failing: Collection[str] = ()) -> Iterator[tuple[str, str | None]]:
        """What follows on the ordinary way to the end, on which some members fail once.

        What that is, is asked only when it is to be sent, after what was before it.
        """
        waiting = set(failing)
        while (following := self.following(waiting)) is not None:
            yield following
            event, name = following
            if event == "fail" and name is not None:
                waiting.remove(name)

    def following(self, failing: Collection[str]) -> tuple[str, str | None] | None:
        """What happens next on the ordinary way; who is to fail does so before it is confirmed."""
        owner, recorded = self.living(), self.recorded
        assert recorded is not None
        if recorded.phase == "spawning_members":
            for name, member in recorded.members.items():
                report = _FOLLOWING.get(member.state)
                if report is not None:
                    return "fail" if report == "confirm" and name in failing else report, name
        # In their order these are the ordinary ones, but for the ends that come last.
        for event in LAUNCH_EVENTS[: LAUNCH_EVENTS.index("complete") + 1]:
            if recorded.after(owner.model, event, None, self.now) is not None:
                return event, None
        return None

    def send(self, event: str, name: str | None, way: int) -> None:
        owner = self.living()
        act, expected = self.writing(event, name, way)
        if expected is None:
            self.refuses(owner, act, EventRefusedError)
        else:
            owner.does(act)
            self.recorded = expected

    def writing(self, event: str, name: str | None, way: int) -> Writing:
        owner, recorded = self.living(), self.recorded
        assert recorded is not None
        if event == "submit":
            return _submit, attrs.evolve(recorded, at=self.now)
        possible = ways(event, name)
        return (
            possible[way % len(possible)],
            recorded.after(owner.model, event, name, self.now),
        )

    @precondition(lambda self: self.owner is not None)
    @rule(name=members, running=st.booleans())
    def sight(self, name: str, *, running: bool) -> None:
        """To see a member moves nobody; only who may still be confirmed can be seen."""
        owner, recorded = self.living(), self.recorded
        assert recorded is not None

        def act(run: BootstrapRun) -> None:
            (run.runtime_reported if running else run.registered)(name)

        if recorded.after(owner.model, "confirm", name, self.now) is None:
            self.refuses(owner, act, EventRefusedError)
        else:
            owner.does(act)
            self.recorded = attrs.evolve(recorded, at=self.now)

    @precondition(lambda self: self.owner is not None)
    @rule(submission=st.sampled_from(["submitted", "unknown"]))
    def submit_first_task(self, submission: Any) -> None:
        self.living().does(lambda run: run.submit_first_task(submission))
        assert self.recorded is not None
        self.recorded = attrs.evolve(self.recorded, at=self.now)
        answer = evaluator(self.root, self.clock, self.processes).evaluate(TEAM)
        assert submission == answer.real_task_submission

    @precondition(lambda self: self.bereft)
    @rule(data=st.data(), event=launch_events)
    def send_without_the_lock(self, data: st.DataObject, event: str) -> None:
        """A run that lost its lock writes nothing, whatever it reports, and says so."""
        owner = data.draw(st.sampled_from(self.bereft))
        for act in (ways(event, None)[0], ways("accept_spawn", "alice")[0], _submit):
            self.refuses(owner, act, (EventRefusedError, LockLostError))

    @precondition(lambda self: self.bereft)
    @rule(data=st.data())
    def leave_without_the_lock(self, data: st.DataObject) -> None:
        owner = data.draw(st.sampled_from(self.bereft))
        self.bereft.remove(owner)
        before = contents(self.folder)
        if owner.run.state.terminal_status is None:
            with acting_as(owner.pid), pytest.raises(LockLostError):
                owner.run.__exit__(None, None, None)
        else:
            owner.does(lambda run: run.__exit__(None, None, None))
        assert before == contents(self.folder)

    def refuses(
        self,
        owner: Owner,
        act: Callable[[BootstrapRun], object],
        error: type[LauncherError] | tuple[type[LauncherError], ...],
    ) -> None:
        before, memory = contents(self.folder), owner.run.state
        with acting_as(owner.pid), pytest.raises(error):
            act(owner.run)
        assert before == contents(self.folder)
        assert memory is owner.run.state

    # -- Ends ------------------------------------------------------------------------------------

    @precondition(lambda self: self.owner is not None)
    @rule(how=st.sampled_from([None, ValueError, KeyboardInterrupt]))
    def leave(self, how: type[BaseException] | None) -> None:
        """The block is left: the run ends as it has earned, and the lock is free."""
        owner, recorded = self.living(), self.recorded
        assert recorded is not None
        error = None if how is None else how("why")
        owner.does(lambda run: run.__exit__(how, error, None))
        if recorded.phase in PROGRESS:
            end = self.earned(recorded) if how is None else _BY_ERROR[how]
            self.recorded = recorded.after(owner.model, end, None, self.now)
        assert find_lock(str(self.folder), processes=self.processes) is None
        self.owner = None

    def earned(self, recorded: Recorded) -> str:
        confirmed = any(one.state == "confirmed_alive" for one in recorded.members.values())
        return "complete" if recorded.phase == "auditing_truth" and confirmed else "fail"

    # -- Deaths ----------------------------------------------------------------------------------

    @precondition(lambda self: self.owner is not None)
    @rule(reaped=st.booleans())
    def die(self, *, reaped: bool) -> None:
        """The owner's process ends between two events, without another word."""
        self.processes.die(self.living().pid, reaped=reaped)
        self.owner = None

    @precondition(lambda self: self.owner is not None)
    @rule(data=st.data(), calls=st.integers(0, CALLS), way=st.integers(0, 1))
    def die_while_writing(self, data: st.DataObject, *, calls: int, way: int) -> None:
        """It ends between two system calls of an event, which then has happened, or has not."""
        event, name = data.draw(st.sampled_from(self.happening()))
        self.die_after(calls, [(event, name, way)])

    @precondition(lambda self: self.owner is not None)
    @rule(failing=st.sets(members), calls=st.integers(0, 12 * CALLS))
    def die_on_the_way(self, *, failing: set[str], calls: int) -> None:
        """The same, at any system call on the ordinary way, most of which is about members."""
        self.die_after(calls, ((event, name, 0) for event, name in self.ordinary(failing)))

    def happening(self) -> list[tuple[str, str | None]]:
        """What a run can be told now that it does not refuse."""
        told: list[tuple[str, str | None]] = [
            *((event, None) for event in (*LAUNCH_EVENTS, "submit")),
            *((event, name) for event in REPORTS for name in NAMES),
        ]
        return [sent for sent in told if self.writing(*sent, 0)[1] is not None]

    def die_after(self, calls: int, sent: Iterable[Sending]) -> None:
        owner = self.living()
        owner.files.left = calls
        for sending in sent:
            if not self.survives(*sending):
                break
        self.processes.die(owner.pid)
        self.owner = None

    def survives(self, event: str, name: str | None, way: int) -> bool:
        owner, before = self.living(), self.recorded
        act, after = self.writing(event, name, way)
        assert after is not None
        try:
            owner.does(act)
        except Died:
            self.recorded = after if self.on_disk(after) else before
            return False
        self.recorded = after
        return True

    @precondition(lambda self: self.owner is None)
    @rule(calls=st.integers(0, 80), attach=st.booleans())
    def die_while_beginning(self, calls: int, *, attach: bool) -> None:
        """A run's process ends while it takes the lock, or records that it did."""
        owner = self.new_owner(attach=attach)
        owner.files.left = calls
        with suppress(Died):
            owner.does(lambda run: run.__enter__())
        if self.state_run() == f"run-{owner.pid}":
            self.recorded, self.recorder = self.begun(owner), (owner.pid, owner.model)
        self.processes.die(owner.pid)

    @precondition(lambda self: self.recorder_is_gone())
    @rule()
    def let_the_pid_change_hands(self) -> None:
        """Another process gets it: by pid alone the owner seems to live. Or what has it, ends.

        What has it is a zombie, of which its parent takes note, or that other process.
        """
        pid, _ = self.recorder
        if self.processes.check(pid).liveness == "dead":
            self.processes.start(pid, started_at=9_000 + pid)
        else:
            self.processes.die(pid)

    def recorder_is_gone(self) -> bool:
        pid, _ = self.recorder
        living = [*self.bereft, *([] if self.owner is None else [self.owner])]
        return all(owner.pid != pid for owner in living)

    # -- Time ------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([*JUMPS, *(-jump for jump in JUMPS)]))
    def set_the_clock(self, seconds: int) -> None:
        """Time passes, or somebody sets the clock, also back."""
        self.clock.jump_to(self.clock() + timedelta(seconds=seconds))

    # -- What is so after every step -------------------------------------------------------------

    def document(self) -> dict[str, Any] | None:
        path = self.folder / STATE_FILE
        if not path.exists():
            return None
        document: dict[str, Any] = json.loads(path.read_bytes())
        return document

    def on_disk(self, recorded: Recorded) -> bool:
        """Whether the state file says so, as far as it is for the model."""
        document = self.document()
        if document is None:
            return False
        statuses = {one["name"]: one["status"] for one in document["members"]}
        return (recorded.phase, recorded.at) == (document["phase"], document["updatedAt"]) and all(
            statuses[name] in may for name, may in recorded.statuses().items()
        )

    def state_run(self) -> str | None:
        document = self.document()
        return None if document is None else document["runId"]

    @invariant()
    def everybody_says_the_same(self) -> None:
        answer = evaluator(self.root, self.clock, self.processes).evaluate(TEAM)
        agree_with_oracle(answer, self.root, self.clock, self.processes)
        if self.recorded is None:
            assert answer.bootstrap_snapshot is None
            return
        pid, model = self.recorder
        lost = self.recorded.phase in PROGRESS and self.processes.check(pid).liveness == "dead"
        Expected(
            phase=self.recorded.phase,
            owner_lost=lost,
            members=self.recorded.seen(model, owner_lost=lost),
            failed=sorted(self.recorded.failed),
            updated_at=self.recorded.at,
            pid=pid,
        ).agree(answer)

    @invariant()
    def the_run_remembers_what_the_disk_says(self) -> None:
        document, recorded = self.document(), self.recorded
        assert (document is None) == (recorded is None)
        if document is None or recorded is None:
            return
        assert self.on_disk(recorded), (recorded, document)
        if self.owner is not None:
            state: RunState = self.owner.run.state
            assert document == state.document()

    @invariant()
    def the_journal_is_a_legal_run_of_the_machines(self) -> None:
        if not self.folder.exists():
            return
        audit = audit_team(evaluator(self.root, self.clock, self.processes), TEAM)
        assert ILLEGAL.isdisjoint(finding.code for finding in audit.findings), audit.findings

    def teardown(self) -> None:
        descriptors = open_descriptors()
        shutil.rmtree(self.root)
        assert self.descriptors == descriptors


_FOLLOWING: Final[Mapping[str, MemberEvent]] = {
    "starting": "accept_spawn",
    "runtime_pending_bootstrap": "confirm",
    "failed_to_start": "retry",
}
"""What happens next to a member, by its state, until it is confirmed."""

_BY_ERROR: Final[dict[type[BaseException], str]] = {ValueError: "fail", KeyboardInterrupt: "cancel"}

ILLEGAL: Final = frozenset(
    {
        "illegal-step",
        "unreadable-line",
        "unknown-word",
        "unknown-type",
        "wrong-type",
        "never-spawned",
    }
)
"""What no crash excuses. A torn last line, or one event more than the state knows, it does."""


def explore_worlds(examples: int, steps: int, *, shrink: bool = True, again: bool = False) -> None:
    """Drive worlds by random steps, and raise what goes wrong.

    Args:
        examples: How many worlds.
        steps: How many steps each, at most.
        shrink: Whether to look for the fewest steps that go wrong.
        again: Whether it is to be the same worlds every time.
    """
    phases = [Phases.generate, *([Phases.shrink] if shrink else [])]
    run_state_machine_as_test(
        World,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            phases=phases,
            derandomize=again,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _submit(run: BootstrapRun) -> None:
    run.submit_first_task("submitted")


def main(arguments: Sequence[str] | None = None) -> None:
    """Explore as many worlds as asked for, and say how many went by without a failure."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.modelled.worlds",
        description="Drive real runs, crashes, clocks and process tables side by side with the"
        " model, at random. The first world that goes wrong is printed as the steps to it.",
    )
    parser.add_argument("worlds", type=int, help="how many")
    parser.add_argument("--steps", type=int, default=30, help="of each, at most (%(default)s)")
    asked = parser.parse_args(arguments)
    explore_worlds(asked.worlds, asked.steps)
    print(f"{asked.worlds:,} worlds of up to {asked.steps} steps, and none went wrong")  # noqa: T201 - a command


if __name__ == "__main__":
    main()

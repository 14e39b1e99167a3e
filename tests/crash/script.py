"""Scripts: what a launcher asks of a run, and what each step means for the records.

The meaning is written down here a second time, from the specification (§4, §9, §13) and without a
line of the launcher's, so that what a crash leaves can be held against something independent. Every
clock in the campaign stands still at `AT`, so that a script says its records to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from launchfsm.launcher import BootstrapRun
from launchfsm.system.processes import StatedProcesses, SystemProcesses

if TYPE_CHECKING:
    from pathlib import Path

TEAM: Final = "crashed"
AT: Final = 1_700_000_000_000  # ms since 1970
MEMBER_PID: Final = 4242
NOW: Final = datetime.fromtimestamp(AT / 1000, UTC)

Document = dict[str, Any]


@frozen
class TracedStep:
    """One call of a launcher's, and what it means.

    Attributes:
        says: Makes the call.
        records: The journal's records of it, without what all records have.
        means: What it makes of the state's document.
        waits: Whether it waits for the disk even where only phases and the end do.
    """

    says: Callable[[BootstrapRun], None]
    records: tuple[Document, ...]
    means: Callable[[Document], None] = field(kw_only=True)
    waits: bool = field(default=False, kw_only=True)


def entered(phase: Any) -> TracedStep:
    return TracedStep(
        lambda run: run.enter(phase),
        ({"type": "phase", "phase": phase},),
        means=lambda state: state.update(phase=phase),
        waits=True,
    )


def of_member(
    name: str,
    action: str,
    says: Callable[[BootstrapRun], None],
    means: Callable[[Document], None],
    **more: str,
) -> TracedStep:
    def change(state: Document) -> None:
        means(next(member for member in state["members"] if member["name"] == name))

    return TracedStep(
        says, ({"type": "member", "name": name, "action": action, **more},), means=change
    )


def accepted(name: str) -> TracedStep:
    return of_member(
        name,
        "spawn_started",
        lambda run: run.accept_spawn(name, runtime_pid=MEMBER_PID),
        lambda member: member.update(
            status="spawn_started", lastAttemptAt=AT, runtimePid=MEMBER_PID
        ),
    )


def registered(name: str) -> TracedStep:
    return of_member(
        name,
        "registered",
        lambda run: run.registered(name, detail="seen in the config"),
        lambda member: member.update(status="registered", lastObservedAt=AT),
        detail="seen in the config",
    )


def reported(name: str) -> TracedStep:
    return of_member(
        name,
        "runtime_alive",
        lambda run: run.runtime_reported(name),
        lambda member: member.update(status="runtime_alive", lastObservedAt=AT),
    )


def confirmed(name: str) -> TracedStep:
    return of_member(
        name,
        "bootstrap_confirmed",
        lambda run: run.confirm(name),
        lambda member: member.update(status="bootstrap_confirmed", lastObservedAt=AT),
    )


def failed(name: str, reason: str) -> TracedStep:
    """Of a member whose spawn was accepted."""
    return of_member(
        name,
        "failed",
        lambda run: run.fail(name, reason),
        lambda member: member.update(status="failed", lastObservedAt=AT, failureReason=reason),
        detail=reason,
    )


def not_spawned(name: str, reason: str) -> TracedStep:
    return of_member(
        name,
        "spawn_failed",
        lambda run: run.fail(name, reason),
        lambda member: member.update(
            status="failed", lastAttemptAt=AT, lastObservedAt=AT, failureReason=reason
        ),
        detail=reason,
    )


def skipped(name: str, reason: str) -> TracedStep:
    def do_without(member: Document) -> None:
        member.clear()
        member.update(name=name, status="skipped", lastObservedAt=AT, failureReason=reason)

    return of_member(name, "skipped", lambda run: run.skip(name, reason), do_without, detail=reason)


def retried(name: str) -> TracedStep:
    def start_over(member: Document) -> None:
        member.clear()
        member.update(name=name, status="pending")

    return of_member(
        name, "pending", lambda run: run.retry(name), start_over, detail="to be spawned again"
    )


def tasked() -> TracedStep:
    return TracedStep(
        lambda run: run.submit_first_task(),
        ({"type": "real_task", "state": "submitted"},),
        means=lambda state: state.update(realTaskSubmissionState="submitted"),
        waits=True,
    )


def finished(status: Any, phase: str, reason: str) -> TracedStep:
    return TracedStep(
        lambda run: run.finish(status, reason=reason),
        ({"type": "terminal", "status": status, "reason": reason},),
        means=lambda state: state.update(
            phase=phase, terminal={"status": status, "finishedAt": AT}
        ),
        waits=True,
    )


# -- The block, which every script begins with entering and ends with leaving ----------------------


def nothing(_: object) -> None:
    """What entering and leaving change is said where they are known (`Script`, `log`)."""


BEGIN: Final = TracedStep(lambda run: nothing(run.__enter__()), (), means=nothing, waits=True)
END: Final = TracedStep(lambda run: run.__exit__(None, None, None), (), means=nothing)


@frozen
class Script:
    """A launch from beginning to end.

    Attributes:
        name: What to call it.
        members: Who is launched.
        between: The steps inside of the block.
        attach: Whether the team is there before.
        resume: Whether it takes over whom an earlier run had confirmed.
    """

    name: str
    members: tuple[str, ...]
    between: tuple[TracedStep, ...]
    attach: bool = False
    resume: bool = False

    @property
    def steps(self) -> tuple[TracedStep, ...]:
        """All steps in order."""
        return (BEGIN, *self.between, END)

    def run(self, root: Path, run_id: str, **arguments: Any) -> BootstrapRun:
        """A run that has not begun yet; to one that takes over, members are there."""
        if self.resume:
            others = arguments.get("processes") or SystemProcesses()
            arguments["processes"] = StatedProcesses(
                [MEMBER_PID], started_at={MEMBER_PID: AT}, others=others
            )
        return BootstrapRun(
            root,
            TEAM,
            members=self.members,
            run_id=run_id,
            attach=self.attach,
            resume=self.resume,
            clock=lambda: NOW,
            **arguments,
        )

    def state_after(
        self, count: int, run_id: str, pid: int, taken: Mapping[str, Document]
    ) -> Document | None:
        """The state's document after so many steps; `None` after none.

        Args:
            count: How many.
            run_id: The run.
            pid: The process.
            taken: The members that it took over from an earlier run, as they were recorded.
        """
        if count == 0:
            return None
        state: Document = {
            "version": 1,
            "runId": run_id,
            "teamName": TEAM,
            "ownerPid": pid,
            "startedAt": AT,
            "updatedAt": AT,
            "phase": "validating_spec",
            "realTaskSubmissionState": "not_submitted",
            "members": [
                dict(taken.get(name) or {"name": name, "status": "pending"})
                for name in self.members
            ],
        }
        for step in self.steps[:count]:
            step.means(state)
        return state

    def records_of(self, index: int, run_id: str, begin: tuple[Document, ...]) -> list[Document]:
        """The journal's records of a step.

        Args:
            index: Which step.
            run_id: The run.
            begin: The records of beginning, which depend on how the lock was found; the first
                tells whose it is now.
        """
        steps = self.steps
        owner = begin[0]["ownerPid"]
        records = steps[index].records
        if index == 0:
            records = begin
        elif index == len(steps) - 1:
            records = ({"type": "lock", "action": "released", "ownerPid": owner},)
        return [{"ts": AT, "type": record["type"], "runId": run_id, **record} for record in records]


WAY: Final = ("loading_existing_state", "acquiring_bootstrap_lock", "creating_team")

SUCCESS: Final = Script(
    "success",
    ("alice", "bob"),
    (
        *map(entered, WAY),
        entered("spawning_members"),
        accepted("alice"),
        accepted("bob"),
        registered("bob"),
        reported("alice"),
        confirmed("alice"),
        confirmed("bob"),
        entered("auditing_truth"),
        tasked(),
        finished("completed", "completed", "all of them came"),
    ),
)
TROUBLE: Final = Script(
    "trouble",
    ("alice", "bob", "Zoë"),
    (
        *map(entered, WAY[:2]),
        entered("spawning_members"),
        not_spawned("Zoë", "no such command"),
        accepted("bob"),
        failed("bob", "exited with status 3: " + "it was out of memory, " * 9),
        retried("bob"),
        accepted("alice"),
        accepted("bob"),
        confirmed("bob"),
        skipped("Zoë", "nobody needs it"),
        entered("auditing_truth"),
        finished("partial_success", "completed", "one of three"),
        tasked(),
    ),
    attach=True,
)
CANCELED: Final = Script(
    "canceled",
    ("alice",),
    (*map(entered, WAY[:2]), finished("canceled", "canceled", "an operator said so")),
)
CROWD: Final = Script(
    "crowd",
    tuple(f"member-{number}" for number in range(12)),
    (
        *map(entered, WAY),
        entered("spawning_members"),
        *(accepted(f"member-{number}") for number in range(2)),
        *(failed(f"member-{number}", "why? " * 300) for number in range(2)),
        finished("failed", "failed", "nobody came"),
    ),
)
RECOVERY: Final = Script(
    "the next run", ("alice",), (entered(WAY[0]), finished("failed", "failed", "it has to start"))
)
RESUMED: Final = Script(
    "resumed",
    ("bob", "alice"),
    (*map(entered, WAY[:2]), finished("canceled", "canceled", "taken over, and that was all")),
    resume=True,
)
SCRIPTS: Final = (SUCCESS, TROUBLE, CANCELED, CROWD, RESUMED)

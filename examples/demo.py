"""Three launches of real processes, shown while they happen: python examples/demo.py [ROOT].

One launch succeeds, one has a member that fails, and one loses its owner to SIGKILL half way. After
each step the verdict on the records is shown, and at the end the rules that it rests on. The
records are written below ROOT, or else to a folder that is removed. No process is left behind.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from contextlib import suppress

import psutil

from launcher import Launcher
from launchfsm.engine.trace import ExplainedDecision, TracedStep
from launchfsm.evaluation.evaluator import Evaluation, LaunchEvaluator
from launchfsm.launcher import BootstrapRun

CONFIRMS = "echo registered; echo confirmed; exec cat"
FAILS = "echo registered; echo no model; exit 3"
WAITS = "exec cat"

TEAMS = {
    "all-well": {"researcher": CONFIRMS, "writer": CONFIRMS},
    "one-fails": {"researcher": CONFIRMS, "writer": FAILS},
    "owner-killed": {"researcher": CONFIRMS, "writer": WAITS},
}

# The launcher of a team is killed once it has told of all of these.
KILLED_AFTER = {"owner-killed": {"researcher: bootstrap_confirmed", "writer: spawned"}}

# The tables whose decisions are explained, of those that were asked.
EXPLAINED = {"owner", "member", "downgrade", "team_state", "foremost", "verdict"}


def show(root: str) -> None:
    """Launch all teams, one after another, and print what happens and why."""
    evaluator = LaunchEvaluator(root)
    for team in TEAMS:
        print(f"{team}:")
        launcher = subprocess.Popen(
            [sys.executable, __file__, root, team], stdout=subprocess.PIPE, text=True
        )
        with launcher:  # waits for it
            try:
                follow(launcher, KILLED_AFTER.get(team, {"ended as"}))
                if team in KILLED_AFTER:
                    kill(launcher)
                    print(line("SIGKILL to the launcher", evaluator, team))
                explain(evaluator.evaluate(team))
            finally:
                kill(launcher)


def follow(launcher: subprocess.Popen[str], until: set[str]) -> None:
    """Print what a launcher tells, until it has told of all these steps."""
    assert launcher.stdout is not None  # noqa: S101
    left = set(until)
    for told in launcher.stdout:
        print(told, end="", flush=True)
        left -= {step for step in left if told.strip().startswith(step)}
        if not left:
            return


def kill(launcher: subprocess.Popen[str]) -> None:
    """Kill a launcher, and then the members that it leaves behind."""
    try:
        process = psutil.Process(launcher.pid)
        process.suspend()  # so that it starts no more members
        members = process.children(recursive=True)
        launcher.kill()
        launcher.wait()
    except psutil.NoSuchProcess:
        return
    for member in members:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(members, timeout=1)


def explain(evaluation: Evaluation) -> None:
    """Print the members, the rules that decided, and what a lifecycle did not allow."""
    snapshot = evaluation.preferred_snapshot
    for name, member in snapshot.members.items() if snapshot else ():
        print(f"   {name:<12} {member.launch_state}  {member.hard_failure_reason or ''}".rstrip())
    for entry in evaluation.explain().entries:
        about = f" of {entry.subject}" if entry.subject else ""
        if isinstance(entry, TracedStep) and entry.refusal:
            print(f"           but the lifecycle{about} refuses {entry.event} in {entry.state}")
        elif isinstance(entry, ExplainedDecision) and entry.table in EXPLAINED:
            won = entry.rule_results[-1]
            print(
                f"   because {entry.table}{about}: {won.rule} ({won.when or 'no rule before it'})"
            )


def line(step: str, evaluator: LaunchEvaluator, team: str) -> str:
    """Return what a step made of the verdict."""
    verdict = evaluator.evaluate(team).verdict
    return f"   {step:<34} {verdict.severity:<8} {verdict.text}"


async def launch(root: str, team: str) -> None:
    """Launch one team, telling of each step on the standard output: the launcher's process."""
    evaluator = LaunchEvaluator(root)

    def tell(step: str) -> None:
        print(line(step, evaluator, team), flush=True)

    with BootstrapRun(root, team, members=TEAMS[team]) as run:
        tell("took the lock")
        await Launcher(run, 60.0, tell).launch(TEAMS[team])
    tell(f"ended as {run.state.terminal_status}")
    await asyncio.Event().wait()  # the members work on, until the demo kills their launcher


if __name__ == "__main__":
    try:
        match sys.argv[1:]:
            case [root, team]:
                asyncio.run(launch(root, team))
            case [root]:
                show(root)
            case _:
                with tempfile.TemporaryDirectory(prefix="launchfsm-demo-") as root:
                    show(root)
    except KeyboardInterrupt:
        sys.exit(130)

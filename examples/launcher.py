"""A launcher of a team: python examples/launcher.py ROOT TEAM.

Each member here is a shell script that checks in on its standard output: "registered" when its
team knows it, "confirmed" when it is ready. Real members would talk over a socket or a file.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable, Mapping

from launchfsm.launcher import BootstrapRun, LauncherError

# A member reads its input to the end, and so ends with its launcher, even if that is killed.
MEMBERS = {
    "researcher": "echo registered; echo confirmed; exec cat",
    "writer": "echo registered; echo no model; exit 3",
    "reviewer": "echo registered; exec cat",
}


class Launcher:
    """Brings up the members of a run, each within ``patience`` seconds; ``tell`` hears of it."""

    def __init__(self, run: BootstrapRun, patience: float, tell: Callable[[str], object]) -> None:
        self.run, self.patience, self.tell = run, patience, tell
        self.processes: list[Process] = []

    async def launch(self, members: Mapping[str, str]) -> None:
        """Take the run from its second phase to the audit."""
        self.run.enter("loading_existing_state")
        self.run.enter("acquiring_bootstrap_lock")
        self.run.enter("creating_team")
        self.run.enter("spawning_members")
        async with asyncio.TaskGroup() as group:
            for name, script in members.items():
                group.create_task(self.bring_up(name, script))
        self.run.enter("auditing_truth")
        self.run.submit_first_task()
        self.tell("entered auditing_truth")

    async def bring_up(self, name: str, script: str) -> None:
        """Start a member and record how far it comes."""
        process = await asyncio.create_subprocess_exec(
            "sh", "-c", script, stdin=PIPE, stdout=PIPE, stderr=STDOUT
        )
        self.processes.append(process)
        self.run.accept_spawn(name, runtime_pid=process.pid)
        self.tell(f"{name}: spawned")
        try:
            async with asyncio.timeout(self.patience):
                await self.check_in(name, process)
        except TimeoutError:
            self.run.fail(name, f"did not confirm within {self.patience:g} seconds")
        member = self.run.state.members[name]
        self.tell(f"{name}: {member.failure_reason or member.status}")

    async def check_in(self, name: str, process: Process) -> None:
        """Read what a member says until it has confirmed or ended."""
        said = "nothing"
        while process.stdout and (line := await process.stdout.readline()):
            said = line.decode(errors="replace").strip()
            if said == "registered":
                self.run.registered(name)
            elif said == "confirmed":
                return self.run.confirm(name)
        return self.run.fail(name, f"ended with status {await process.wait()}, saying: {said}")

    async def end(self) -> None:
        """End the members that still run, as this example leaves no process behind."""
        for process in self.processes:
            if process.returncode is None:
                process.kill()
            await process.communicate()


async def main(root: str, team: str) -> None:
    """Launch the team, and print what became of it."""
    with BootstrapRun(root, team, members=MEMBERS) as run:
        launcher = Launcher(run, 2.0, print)
        try:
            await launcher.launch(MEMBERS)
        finally:
            await launcher.end()
    print(f"ended as {run.state.terminal_status}")


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:3]))
    except LauncherError as error:
        sys.exit(f"not launched: {error}")
    except KeyboardInterrupt:
        sys.exit(130)

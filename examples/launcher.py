"""A launcher of a team: python examples/launcher.py ROOT TEAM.

Each member here is a shell that does nothing but check in. A real one would be told what to do, and
check in, by `launchfsm.launcher.check_in` or a line to `$LAUNCHFSM_CHECK_IN`, once it is ready.
"""

from __future__ import annotations

import sys

from launchfsm.launcher import BootstrapRun, LauncherError, MemberProcesses

MEMBERS = {
    "researcher": 'echo bootstrap_confirmed >> "$LAUNCHFSM_CHECK_IN"; exec sleep 600',
    "writer": 'echo registered >> "$LAUNCHFSM_CHECK_IN"; echo "no model" >&2; exit 3',
}


def launch(root: str, team: str) -> str:
    """Launch a team and return how that ended."""
    with BootstrapRun(root, team, members=MEMBERS) as run:
        run.enter("loading_existing_state")
        run.enter("acquiring_bootstrap_lock")
        run.enter("creating_team")
        run.enter("spawning_members")
        members = MemberProcesses(run, confirm_within=180.0)
        for name, script in MEMBERS.items():
            members.spawn(name, ["sh", "-c", script])
        members.wait()
        run.enter("auditing_truth")
        run.submit_first_task()
    for name, member in run.state.members.items():
        print(f"{name}: {member.status}", member.failure_reason or "")
    return str(run.state.terminal_status)


if __name__ == "__main__":
    if sys.argv[3:] or not sys.argv[2:]:
        sys.exit(__doc__)
    try:
        print(launch(*sys.argv[1:]))
    except LauncherError as error:
        sys.exit(f"not launched: {error}")

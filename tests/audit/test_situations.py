"""For every code there is a team of which an audit finds exactly that, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from launchfsm.audit import CODES
from launchfsm.system.files import FileEnd
from tests.audit.teams import (
    BEGAN,
    MINUTE,
    NOW,
    OWNER,
    audit,
    entry,
    finished,
    finished_state,
    journal,
    lock,
    member,
    metadata,
    phase,
    phases,
    record,
    saved,
    state,
    terminal,
)

SPAWNING = phases("spawning_members")
TORN = b'{"ts": 1, "type": "pha'
DONE = journal(finished())
BOUND = 262_144
FAILED = [member("ada", "spawn_started"), member("ada", "failed")]
HOLDING = [*phases("acquiring_bootstrap_lock"), lock("acquired")]
TAKEN, GOES_ON = lock("acquired", "run-2"), phase("creating_team")
# Bob failed, and the launch was completed all the same.
DONE_BUT_BOB = journal([*finished()[:10], member("bob", "failed"), *finished()[11:]])
DONE_BUT_BOB_STATE = finished_state(members=[entry("ada"), entry("bob", "failed")])


def launcher_member(word: str, **fields: Any) -> dict[str, Any]:
    """A launcher's snapshot of ada in a launch state, with some fields more."""
    launch = saved(("ada", word))
    launch["members"]["ada"] |= fields
    return launch


# The code, and a team's files.
SITUATIONS: list[tuple[str, dict[str, Any]]] = [
    ("unreadable-file", {"journal": "folder"}),
    ("unreadable-file", {"state": b"{", "journal": DONE}),
    ("unreadable-file", {"state": {"version": 3}, "journal": DONE}),
    ("unreadable-file", {"lock": b"[", "journal": DONE, "state": finished_state()}),
    ("unreadable-file", {"launch": "oversized", "journal": DONE, "state": finished_state()}),
    ("unreadable-line", {"journal": journal([*finished()[:5], TORN, *finished()[5:]])}),
    ("torn-line", {"journal": DONE + TORN}),
    ("line-end-missing", {"journal": DONE[:-1]}),
    (
        "journal-cut",
        {
            "journal": "oversized",
            "journal_end": FileEnd(b'rt"}\n' + DONE, len(DONE) + BOUND),
            "state": finished_state(),
        },
    ),
    ("incomplete-record", {"journal": journal([*SPAWNING, record("member", name="ada")])}),
    ("incomplete-record", {"journal": journal([*SPAWNING, {"type": "phase", "phase": "failed"}])}),
    ("incomplete-record", {"journal": journal(SPAWNING) + b'{"runId": "run-1", "ts": 1}\n'}),
    ("incomplete-record", {"state": state(""), "journal": journal(SPAWNING)}),
    (
        "incomplete-record",
        {"lock": {"runId": "run-1"}, "state": finished_state(), "journal": DONE},
    ),
    ("wrong-type", {"journal": journal([*SPAWNING, phase("failed") | {"phase": 42}])}),
    ("wrong-type", {"journal": journal([*SPAWNING, phase("failed") | {"ts": "noon"}])}),
    ("wrong-type", {"state": finished_state(startedAt=[]), "journal": DONE}),
    ("unknown-word", {"journal": journal([*SPAWNING, phase("resting")])}),
    ("unknown-word", {"journal": journal([*SPAWNING, member("ada", "vanished")])}),
    ("unknown-word", {"journal": journal([*SPAWNING, terminal("exploded")])}),
    ("unknown-word", {"journal": journal([*SPAWNING, lock("borrowed")])}),
    ("unknown-word", {"journal": journal([*SPAWNING, record("real_task", state="lost")])}),
    ("unknown-type", {"journal": journal([*SPAWNING, record("telemetry", phase=["any"])])}),
    ("illegal-step", {"journal": journal([*SPAWNING, phase("completed")])}),
    ("illegal-step", {"journal": journal([*SPAWNING, terminal("completed")])}),
    ("illegal-step", {"journal": journal([*SPAWNING, phase("validating_spec")])}),
    (
        "illegal-step",
        {"journal": journal([*finished()[:11], member("ada", "registered"), *finished()[11:]])},
    ),
    ("illegal-step", {"journal": journal([*finished(), phase("failed")])}),
    ("repeated-step", {"journal": journal([*SPAWNING, phase("spawning_members")])}),
    ("repeated-step", {"journal": journal([*finished(), terminal("completed")])}),
    ("repeated-step", {"journal": journal([*SPAWNING, *[member("ada", "spawn_started")] * 2])}),
    ("step-untold", {"journal": journal([*SPAWNING, member("ada", "registered")])}),
    ("step-untold", {"journal": journal([*SPAWNING, member("ada", "bootstrap_confirmed")])}),
    ("spawned-again", {"journal": journal([*SPAWNING, *FAILED, member("ada", "spawn_started")])}),
    (
        "late-confirmation",
        {
            "journal": journal(
                [*SPAWNING, *FAILED, terminal("failed"), member("ada", "bootstrap_confirmed")]
            )
        },
    ),
    ("late-sighting", {"journal": journal([*SPAWNING, *FAILED, member("ada", "runtime_alive")])}),
    ("confirmed-then-failed", {"journal": journal([*finished()[:11], member("ada", "failed")])}),
    (
        "confirmed-then-failed",
        {"launch": launcher_member("failed_to_start", bootstrapConfirmed=True)},
    ),
    (
        "member-not-journaled",
        {
            "journal": DONE,
            "state": finished_state(members=[entry("ada"), entry("bob"), entry("eve")]),
        },
    ),
    (
        "snapshot-not-journaled",
        {
            "journal": journal(SPAWNING),
            "state": state("spawning_members", entry("ada", "pending")),
            "launch": saved(("ada", "confirmed_alive")),
        },
    ),
    ("member-contradiction", {"launch": launcher_member("confirmed_alive", hardFailure=True)}),
    (
        "member-contradiction",
        {"launch": launcher_member("confirmed_alive", bootstrapConfirmed=False)},
    ),
    ("member-contradiction", {"launch": launcher_member("starting", agentToolAccepted=True)}),
    ("member-contradiction", {"launch": launcher_member("confirmed_alive", name="bob")}),
    (
        "member-contradiction",
        {
            "launch": launcher_member(
                "confirmed_alive",
                firstSpawnAcceptedAt="2026-03-02T09:09:00Z",
                lastHeartbeatAt="2026-03-02T09:00:00Z",
            )
        },
    ),
    (
        "member-contradiction",
        {
            "journal": DONE,
            "state": finished_state(
                members=[
                    entry("ada", lastAttemptAt=BEGAN + MINUTE, lastObservedAt=BEGAN),
                    entry("bob"),
                ]
            ),
        },
    ),
    (
        "summary-denied",
        {"launch": saved(("ada", "confirmed_alive"), summary={"confirmedCount": 2})},
    ),
    (
        "summary-denied",
        {"launch": saved(("ada", "confirmed_alive"), teamLaunchState="partial_failure")},
    ),
    ("summary-denied", {"journal": DONE_BUT_BOB, "state": DONE_BUT_BOB_STATE}),
    ("other-team", {"launch": saved(("ada", "confirmed_alive"), teamName="other")}),
    ("other-team", {"journal": DONE, "state": finished_state(teamName="other")}),
    (
        "member-out-of-phase",
        {"journal": journal([*phases("creating_team"), member("ada", "spawn_started")])},
    ),
    ("member-out-of-phase", {"journal": journal([*finished(), member("eve", "spawn_started")])}),
    ("head-missing", {"journal": journal(finished()[1:])}),
    ("run-begins-midway", {"journal": journal([*finished(), *finished("run-2")[1:]])}),
    (
        "runs-interleaved",
        {"journal": journal([*SPAWNING, *phases("creating_team", "run-2"), phase("failed")])},
    ),
    (
        "late-record",
        {
            "journal": journal(
                [*finished(), *phases("completed", "run-2"), record("real_task", state="unknown")]
            )
        },
    ),
    (
        "two-holders",
        {"journal": journal([*HOLDING, *phases("validating_spec", "run-2"), TAKEN, GOES_ON])},
    ),
    (
        "released-by-other",
        {"journal": journal([*HOLDING, lock("released") | {"ownerPid": OWNER + 1}])},
    ),
    (
        "other-run",
        {"journal": journal(finished("run-0"), began=BEGAN - MINUTE) + DONE}
        | {"state": finished_state()},
    ),
    ("time-backwards", {"journal": journal([*SPAWNING, phase("failed") | {"ts": BEGAN - MINUTE}])}),
    (
        "time-backwards",
        {"journal": DONE, "state": finished_state(startedAt=BEGAN + 2 * MINUTE)},
    ),
    (
        "time-backwards",
        {
            "journal": DONE,
            "state": finished_state(terminal={"status": "completed", "finishedAt": BEGAN - MINUTE}),
        },
    ),
    (
        "time-backwards",
        {"journal": DONE + journal(phases("creating_team", "run-2"), began=BEGAN)},
    ),
    ("time-ahead", {"journal": DONE, "now": BEGAN - MINUTE}),
    ("time-ahead", {"journal": DONE, "state": finished_state(updatedAt=NOW + MINUTE + 1)}),
    ("journal-missing", {"state": finished_state()}),
    ("journal-empty", {"state": finished_state(), "journal": b"\n \n"}),
    ("state-missing", {"journal": DONE}),
    (
        "state-contradiction",
        {
            "journal": journal(SPAWNING),
            "state": state("spawning_members", terminal={"status": "failed"}),
        },
    ),
    ("run-not-journaled", {"journal": DONE, "state": finished_state(runId="run-2")}),
    ("run-not-journaled", {"journal": DONE, "state": finished_state(runId=" ")}),
    (
        "state-of-older-run",
        {
            "journal": DONE + journal(phases("creating_team", "run-2"), began=BEGAN + MINUTE),
            "state": finished_state(),
        },
    ),
    (
        "between-writes",
        {
            "journal": journal(finished()[:12]),
            "state": state("spawning_members", entry("ada"), entry("bob")),
            "now": BEGAN + MINUTE,
        },
    ),
    (
        "one-event-apart",
        {
            "journal": journal(finished()[:12]),
            "state": state("spawning_members", entry("ada"), entry("bob")),
        },
    ),
    ("one-event-apart", {"journal": journal(finished()[:12]), "state": finished_state()}),
    (
        "one-event-apart",
        {
            "journal": journal(SPAWNING),
            "state": state("spawning_members", entry("ada", "spawn_started")),
        },
    ),
    (
        "one-event-apart",
        {
            "journal": journal([*SPAWNING, member("ada", "spawn_started")]),
            "state": state("spawning_members", entry("ada", "pending")),
        },
    ),
    ("phase-denied", {"journal": journal(SPAWNING), "state": state("completed")}),
    ("phase-denied", {"journal": journal(phases("completed")), "state": state("creating_team")}),
    ("phase-denied", {"journal": journal(phases("completed")), "state": state("failed")}),
    (
        "terminal-denied",
        {"journal": DONE, "state": finished_state(terminal={"status": "partial_success"})},
    ),
    ("end-unsaid", {"journal": DONE, "state": finished_state(terminal={})}),
    (
        "end-unsaid",
        {"journal": journal(finished()[:13]), "state": finished_state()},
    ),
    (
        "one-event-apart",
        {
            "journal": journal([*finished()[:-2], terminal("partial_success")]),
            "state": finished_state(
                members=[entry("ada"), entry("bob", "failed")],
                terminal={"status": "partial_success"},
            ),
        },
    ),
    (
        "member-denied",
        {"journal": DONE, "state": finished_state(members=[entry("ada"), entry("bob", "pending")])},
    ),
    ("member-unlisted", {"journal": DONE, "state": finished_state(members=[entry("ada")])}),
    (
        "task-denied",
        {
            "journal": journal([*finished(), record("real_task", state="submitted")]),
            "state": finished_state(realTaskSubmissionState="not_submitted"),
        },
    ),
    ("state-older", {"journal": DONE, "state": finished_state(updatedAt=BEGAN + 7_999)}),
    ("lock-left", {"journal": DONE, "state": finished_state(), "lock": metadata()}),
    (
        "lock-stale",
        {"journal": journal(SPAWNING), "state": state("spawning_members"), "lock": metadata()},
    ),
    (
        "lock-of-other-run",
        {
            "journal": DONE,
            "state": finished_state(),
            "lock": metadata(runId="run-2"),
            "alive": {OWNER},
        },
    ),
    (
        "lock-released",
        {"journal": DONE, "state": finished_state(), "lock": metadata(), "alive": {OWNER}},
    ),
    (
        "lock-missing",
        {"journal": journal(SPAWNING), "state": state("spawning_members"), "alive": {OWNER}},
    ),
    (
        "snapshot-of-other-run",
        {
            "journal": DONE,
            "state": finished_state(),
            "launch": saved(("ada", "failed_to_start"), updatedAt="2026-03-02T08:00:00Z"),
        },
    ),
    (
        "snapshot-names-differ",
        {
            "journal": DONE,
            "state": finished_state(),
            "launch": saved(("ada", "confirmed_alive")),
        },
    ),
    (
        "snapshot-names-differ",
        {
            "journal": DONE,
            "state": finished_state(),
            "launch": saved(
                ("ada", "confirmed_alive"), ("bob", "confirmed_alive"), ("eve", "starting")
            ),
        },
    ),
    (
        "snapshot-states-differ",
        {
            "journal": DONE,
            "state": finished_state(),
            "launch": saved(("ada", "confirmed_alive"), ("bob", "failed_to_start")),
        },
    ),
]


def told_of(files: dict[str, Any], code: str) -> list[str]:
    """The codes of an audit; a journal alone is of course told to lack a state."""
    found = [finding.code for finding in audit(**files).findings]
    alone = "state" not in files and code != "state-missing"
    return [word for word in found if not (alone and word == "state-missing")]


@pytest.mark.parametrize(("code", "files"), SITUATIONS)
def test_a_team_of_which_only_this_is_found_as_grave_as_the_table_says(
    code: str, files: dict[str, Any]
) -> None:
    assert [code] == told_of(files, code), audit(**files).text()
    for finding in audit(**files).findings:
        assert CODES[finding.code].severity == finding.severity


def test_every_code_has_its_team() -> None:
    assert set(CODES) == {code for code, _ in SITUATIONS}


def test_of_a_launch_that_went_well_nothing_is_found() -> None:
    launch = saved(("ada", "confirmed_alive"), ("bob", "confirmed_alive"))

    audited = audit(journal=DONE, state=finished_state(), launch=launch)

    assert ((), None) == (audited.findings, audited.severity)
    assert (len(finished()), 1) == (audited.records, audited.runs)


def test_of_a_team_that_was_never_launched_nothing_is_found() -> None:
    assert () == audit().findings

"""What is of the present: stops, team names, removals, leads, and what is left without records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm import LaunchEvaluator, member_spawn_statuses
from launchfsm.testing import FakeProcesses
from tests.default_policy.launches import (
    ADA,
    BEGAN,
    BOB,
    MINUTE,
    NOW,
    OWNER,
    RUN,
    WRITTEN,
    event,
    lay,
    lock,
    owner_alive,
    rule,
    saved,
    state,
    text,
)

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm import Evaluation
    from launchfsm.system.processes import Processes
    from tests.default_policy.launches import Json

CONFIRMED: Json = {"bootstrapConfirmed": True, "agentToolAccepted": True}
WAITING: Json = {"launchState": "runtime_pending_bootstrap", "agentToolAccepted": True}
FAILED: Json = {"launchState": "failed_to_start", "hardFailureReason": "no key"}
STOP: Json = {"version": 1, "teamName": "demo", "kind": "stop", "stopId": "s"}
MARKER: Json = {"version": 1, "teamName": "demo", "stopId": "s", "stoppedAt": text(NOW - MINUTE)}
LEAD: Json = {"providerId": "opencode", "laneOwnerProviderId": "opencode", "laneKind": "primary"}


def judged(
    root: Path,
    *,
    files: dict[str, Any] | None = None,
    processes: Processes | None = None,
    **documents: Any,
) -> Evaluation:
    """Write a team's four files and further ones, and judge them under `default`."""
    lay(root, **documents)
    (root / "demo").mkdir(exist_ok=True)
    for name, document in (files or {}).items():
        (root / "demo" / name).write_text(json.dumps(document))
    moment = datetime.fromtimestamp(NOW / 1000, UTC)
    evaluator = LaunchEvaluator(root, clock=lambda: moment, processes=processes or FakeProcesses())
    return evaluator.evaluate("demo")


# -- Stops -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"launch-freshness.json": STOP}, "stopped; nobody recorded when"),
        (
            {"launch-freshness.json": STOP, "launch-stopped.json": MARKER},
            f"stopped at {text(NOW - MINUTE)}",
        ),
        (
            {"launch-freshness.json": STOP, "launch-stopped.json": MARKER | {"stopId": "other"}},
            "stopped; nobody recorded when",
        ),
        ({"launch-stopped.json": MARKER}, f"stopped at {text(NOW - MINUTE)}"),
    ],
)
def test_a_stop_is_the_last_word(tmp_path: Path, files: Json, line: str) -> None:
    found = judged(tmp_path, state=state(ADA, phase="completed"), files=files)

    assert ("stopped", line) == (found.verdict.severity, found.verdict.text)
    assert "before it was stopped: 1 of 1 confirmed" in found.verdict.also


def test_a_crowd_of_other_files_hides_no_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may write into the folder cannot push the marker out of its listing."""
    monkeypatch.setattr("launchfsm.system.folders._MOST_ENTRIES", 0)

    found = judged(
        tmp_path, state=state(ADA, phase="completed"), files={"launch-freshness.json": STOP}
    )

    assert "stopped" == found.verdict.severity


def test_nobody_of_a_stopped_team_is_there(tmp_path: Path) -> None:
    launch = saved(
        ada=CONFIRMED | {"runtimeAlive": True}, bob=FAILED, cid={"skippedForLaunch": True}
    )
    found = judged(tmp_path, launch=launch, files={"launch-freshness.json": STOP})
    assert found.preferred_snapshot is not None

    roster = member_spawn_statuses(found.preferred_snapshot)

    assert {"ada": "offline", "bob": "offline", "cid": "skipped"} == {
        name: status.status for name, status in roster.items()
    }
    assert {(False, None)} == {
        (status.runtime_alive, status.liveness_source) for status in roster.values()
    }
    assert "before it was stopped: 1 of 3 confirmed, 1 failed" in found.verdict.also


def test_a_stop_fails_nobody(tmp_path: Path) -> None:
    """c5: that the launch is over, and its owner gone, is the stop's doing."""
    launch = saved("finished", bob={"launchState": "starting"}, ada={"launchState": "starting"})
    files = {"launch-freshness.json": STOP}

    roots = [tmp_path / "launcher", tmp_path / "bootstrap"]
    for root in roots:
        root.mkdir()

    found = judged(roots[0], launch=launch, files=files)
    other = judged(roots[1], state=state(BOB), files=files)

    assert found.preferred_snapshot is not None
    assert 0 == found.preferred_snapshot.summary.failed_count
    assert "finished" == found.preferred_snapshot.launch_phase
    assert other.preferred_snapshot is not None
    assert "runtime_pending_bootstrap" == other.preferred_snapshot.members["bob"].launch_state
    assert "before it was stopped: 0 of 1 confirmed" in other.verdict.also


@pytest.mark.parametrize(
    "files",
    [
        {"launch-stopped.json": MARKER | {"teamName": "other"}},
        {"launch-stopped.json": MARKER | {"stoppedAt": text(BEGAN - 1)}},
        {"launch-stopped.json": MARKER | {"stoppedAt": "soon"}},
        {"launch-freshness.json": STOP | {"teamName": " demo"}},
        {"launch-freshness.json": STOP | {"kind": "launch", "runId": RUN},
         "launch-stopped.json": MARKER},
    ],
)  # fmt: skip
def test_what_is_no_stop_of_this_team_or_run_stops_nothing(tmp_path: Path, files: Json) -> None:
    found = judged(
        tmp_path, state=state(ADA, phase="completed"), files=files, processes=owner_alive()
    )

    assert found.verdict.severity != "stopped"


def test_a_launch_that_begins_after_a_stop_is_shown(tmp_path: Path) -> None:
    files = {
        "launch-freshness.json": STOP | {"stoppedRunId": "older"},
        "launch-stopped.json": MARKER | {"stoppedAt": text(BEGAN - 1)},
    }

    found = judged(tmp_path, state=state(BOB), files=files, processes=owner_alive())

    assert "pending" == found.verdict.severity


def test_a_deleted_team_says_so_before_anything_else(tmp_path: Path) -> None:
    config = {"name": "demo", "members": [], "deletedAt": text(NOW - MINUTE)}
    files = {"config.json": config, "launch-freshness.json": STOP}

    found = judged(tmp_path, state=state(ADA, phase="completed"), files=files)

    assert f"the team was deleted at {text(NOW - MINUTE)}" == found.verdict.text


# -- Names and removals ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["other", None, 7, ""])
def test_a_launchers_record_of_another_team_is_not_read(tmp_path: Path, name: object) -> None:
    found = judged(tmp_path, launch=saved(ada=CONFIRMED) | {"teamName": name})

    assert found.launcher_snapshot is found.preferred_snapshot is None


def test_a_bootstraps_record_of_another_team_confirms_nobody(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        state=state(ADA, BOB, phase="completed", teamName="other"),
        launch=saved(ada=WAITING | {"laneKind": "primary"}),
    )

    assert found.preferred_snapshot is not None
    assert "confirmed_alive" != found.preferred_snapshot.members["ada"].launch_state


def test_a_bootstraps_record_of_another_team_is_not_believed_before_the_launchers(
    tmp_path: Path,
) -> None:
    launch = saved("active", bob={"launchState": "starting"})

    found = judged(tmp_path, state=state(ADA, BOB, teamName="other"), launch=launch)

    assert "launcher" == found.preferred_source


@pytest.mark.parametrize("removed", [[{"name": " BOB ", "removedAt": 1}], []])
def test_who_was_removed_is_missed_by_nobody(tmp_path: Path, removed: list[Json]) -> None:
    meta = {"version": 1, "members": [{"name": "ada"}, *removed]}
    documents: dict[str, Any] = {
        "state": state(ADA, BOB, phase="completed"),
        "launch": saved(ada=CONFIRMED, bob=FAILED),
    }

    found = judged(tmp_path, **documents, files={"members.meta.json": meta})

    names = ("ada",) if removed else ("ada", "bob")
    for snapshot in (found.bootstrap_snapshot, found.launcher_snapshot, found.preferred_snapshot):
        assert snapshot is not None
        assert names == snapshot.expected_members == tuple(snapshot.members)


def test_when_everybody_was_removed_nobody_failed(tmp_path: Path) -> None:
    meta = {"version": 1, "members": [{"name": "bob", "removedAt": 1}]}

    found = judged(tmp_path, launch=saved(bob=FAILED), files={"members.meta.json": meta})

    assert ("ok", "no members besides the lead") == (found.verdict.severity, found.verdict.text)


def test_a_record_of_another_team_is_a_finding(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        state=state(ADA, teamName="other"),
        launch=saved(ada=CONFIRMED) | {"teamName": "third"},
        files={"launch-freshness.json": STOP | {"teamName": "fourth"}},
    )

    assert {"bootstrap-state.json", "launch-state.json", "launch-freshness.json"} == {
        finding.file for finding in found.findings if finding.path == "$.teamName"
    }


# -- The lead --------------------------------------------------------------------------------------


def with_lead(name: str, lead: Json) -> Json:
    """A launcher's snapshot of a confirmed member and a lead."""
    members = {"ada": CONFIRMED, name: lead}
    return saved() | {"members": members, "expectedMembers": list(members)}


@pytest.mark.parametrize("name", ["team-lead", " Team-Lead "])
def test_a_lead_that_failed_is_told_first(tmp_path: Path, name: str) -> None:
    found = judged(tmp_path, launch=with_lead(name, LEAD | FAILED))

    assert "the lead did not start: no key; 1 of 2 members failed" == found.verdict.text
    assert found.preferred_snapshot is not None
    assert ("ada",) == found.preferred_snapshot.expected_members
    assert 1 == found.preferred_snapshot.summary.failed_count


def test_a_lead_of_another_provider_is_no_member(tmp_path: Path) -> None:
    lead = LEAD | FAILED | {"providerId": "anthropic"}

    found = judged(tmp_path, launch=with_lead("team-lead", lead))

    assert "clean_success" == found.preferred_snapshot.team_launch_state  # type: ignore[union-attr]


def test_a_wrong_field_of_a_message_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "demo" / "inboxes").mkdir(parents=True)
    rows = [{"from": "bob", "text": 5, "timestamp": text(NOW)}]
    (tmp_path / "demo" / "inboxes" / "team-lead.json").write_text(json.dumps(rows))
    launch = saved("active", bob={"launchState": "starting"})
    (tmp_path / "demo" / "launch-state.json").write_text(json.dumps(launch))
    moment = datetime.fromtimestamp(NOW / 1000, UTC)

    (found,) = LaunchEvaluator(tmp_path, clock=lambda: moment).evaluate("demo").findings

    assert ("inboxes/team-lead.json", "$[0].text") == (found.file, found.path)


# -- Why it ended ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "line"),
    [
        ((BOB,), "bootstrap canceled: user pressed stop"),
        (
            ({"name": "bob", "status": "failed", "failureReason": "no key"},),
            "bootstrap canceled: user pressed stop",
        ),
    ],
)
def test_the_reason_of_the_end_reaches_the_verdict(
    tmp_path: Path, members: tuple[Json, ...], line: str
) -> None:
    journal = [event("terminal", status="canceled", reason="user pressed stop")]

    found = judged(tmp_path, state=state(*members, phase="canceled"), journal=journal)

    assert ("stopped", line) == (found.verdict.severity, found.verdict.text)
    failed = "1 of 1 members failed: no key"
    assert (failed in found.verdict.also) is (members[0]["status"] == "failed")


# -- What is left ----------------------------------------------------------------------------------


def member(name: str, action: str, **others: Any) -> Json:
    return event("member", name=name, action=action, **others)


ENDED = "2026-03-02T08:59:59.000Z"


@pytest.mark.parametrize(
    ("journal", "word", "line"),
    [
        (
            [member("bob", "bootstrap_confirmed"), event("terminal", status="completed")],
            "ok",
            (
                "every member is confirmed, as its journal tells; its records were cleared; "
                f"the last run completed at {ENDED}"
            ),
        ),
        ([event("terminal", status="completed")], "ok", "no members besides the lead"),
        (
            [member("bob", "spawn_failed", detail="no key"), event("terminal", status="failed")],
            "failed",
            f"1 of 1 members failed: no key; the last run failed at {ENDED}",
        ),
        (
            [event("terminal", status="canceled", reason="user pressed stop")],
            "stopped",
            f"the last run was canceled at {ENDED}: user pressed stop",
        ),
        (
            [member("bob", "registered", at=NOW - 5 * MINUTE)],
            "warning",
            "the last run never ended, and its last word is 5m old: bob: registered",
        ),
        (
            [event("phase", run="older"), member("bob", "registered", at=NOW - 5 * MINUTE)],
            "warning",
            (
                "the last run never ended, and its last word is 5m old: bob: registered; "
                "of 2 runs 0 ended"
            ),
        ),
        (
            [member("bob", "registered", at=NOW - 4 * MINUTE)],
            "pending",
            "the last run has not ended, its last word: bob: registered",
        ),
        (
            [
                member("bob", "failed", run="older"),
                member("bob", "bootstrap_confirmed"),
                member("bob", "failed", detail="late"),
                event("terminal", status="completed"),
            ],
            "ok",
            (
                "every member is confirmed, as its journal tells; its records were cleared; "
                f"the last run completed at {ENDED}"
            ),
        ),
    ],
)
def test_a_journal_speaks_for_records_that_were_cleared(
    tmp_path: Path, journal: list[Json], word: str, line: str
) -> None:
    found = judged(tmp_path, journal=journal)

    assert (word, line) == (found.verdict.severity, found.verdict.text)
    assert found.preferred_snapshot is None


def test_a_journal_names_its_members_and_what_was_recorded_of_each_last(tmp_path: Path) -> None:
    many = [member(f"m{number:02}", "registered") for number in range(12)]

    few = judged(tmp_path / "few", journal=[member("bob", "failed", detail="x" * 999), *many[:1]])
    all_of_them = judged(tmp_path / "all", journal=many)

    assert few.verdict.also == (
        f"its members' last steps: bob failed: {'x' * 188}, m00 registered",
    )
    (line,) = all_of_them.verdict.also
    assert line.endswith("m09 registered, and 2 more")


def test_a_run_that_is_in_the_journal_was_not_cut_off_before_it_recorded_anything(
    tmp_path: Path,
) -> None:
    journal = [member("bob", "spawn_failed", detail="no key")]

    found = judged(tmp_path, journal=journal, lock=lock())

    assert rule(found, "beginning") == "cut-off"
    assert found.verdict.text == (
        f"1 of 1 members failed: no key; then the run was cut off, and its owner, pid {OWNER}, "
        "is gone"
    )


def test_a_roster_alone_is_no_launch(tmp_path: Path) -> None:
    config = {"name": "demo", "members": [{"name": "team-lead"}, {"name": "ada"}]}

    found = judged(tmp_path, files={"config.json": config})

    assert ("unknown", "no launch is recorded here; config.json names 2 members") == (
        found.verdict.severity,
        found.verdict.text,
    )


# -- The first publication of a run ----------------------------------------------------------------


def test_a_first_publication_beats_a_richer_older_record(tmp_path: Path) -> None:
    files = {"launch-freshness.json": STOP | {"kind": "launch", "runId": "new"}}
    first = saved("active", at=WRITTEN + 1) | {
        "expectedMembers": ["ada", "bob"],
        "publicationRunId": "new",
    }

    found = judged(tmp_path, state=state(ADA, phase="completed"), launch=first, files=files)

    assert "launcher" == found.preferred_source
    assert ("pending", 2) == (
        found.verdict.severity,
        found.preferred_snapshot.summary.pending_count,  # type: ignore[union-attr]
    )
    assert f"run {RUN}: 1 of 1 confirmed" in found.verdict.also


def test_a_pack_of_copies_is_judged_without_a_look_at_processes(tmp_path: Path) -> None:
    files = {"manifest.json": {"version": 1, "teamName": "origin", "runId": RUN}}

    found = judged(
        tmp_path, state=state(BOB), launch=saved(bob=WAITING) | {"teamName": "origin"}, files=files
    )

    assert found.launcher_snapshot is not None
    assert "failed" != found.verdict.severity

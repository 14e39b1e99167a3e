"""The launcher's snapshot is held against state and journal, member by member of the same run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.audit.teams import (
    BEGAN,
    MINUTE,
    RUN,
    audit,
    codes,
    entry,
    finished,
    finished_state,
    journal,
    member,
    only,
    phases,
    saved,
    state,
    terminal,
)

DONE = journal(finished())
WENT_WELL = (("ada", "confirmed_alive"), ("bob", "confirmed_alive"))
SPAWNING = journal(phases("spawning_members"))
PENDING = state("spawning_members", entry("ada", "pending"))


def told(launch: dict[str, Any], **others: Any) -> list[str]:
    files = {"journal": DONE, "state": finished_state(), **others}
    return codes(audit(launch=launch, **files))


def with_member(name: str, **fields: Any) -> dict[str, Any]:
    """A snapshot of the launch that went well, and of one more member."""
    launch = saved(*WENT_WELL, (name, "confirmed_alive"))
    launch["members"][name] |= fields
    return launch


# -- Of which run ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("launch", "expected"),
    [
        (saved(*WENT_WELL), []),
        (saved(*WENT_WELL, updatedAt="2026-03-02T08:59:59.999Z"), ["snapshot-of-other-run"]),
        (saved(*WENT_WELL, updatedAt="noon"), ["snapshot-of-other-run"]),
        ({"version": 2, "updatedAt": "2026-03-02T08:00:00Z"}, ["snapshot-names-differ"]),
    ],
)
def test_a_snapshot_is_of_the_states_run_when_it_was_written_since(
    launch: dict[str, Any], expected: list[str]
) -> None:
    assert expected == told(launch)


@pytest.mark.parametrize(("run", "expected"), [(RUN, []), ("run-0", ["snapshot-of-other-run"])])
def test_a_snapshot_may_name_its_run(run: str, expected: list[str]) -> None:
    launch = saved(*WENT_WELL)
    for fields in launch["members"].values():
        fields["runtimeRunId"] = run

    assert expected == told(launch)


def test_without_a_state_the_journals_last_run_counts() -> None:
    launch = saved(("ada", "confirmed_alive"))

    found = codes(audit(journal=SPAWNING, launch=launch))

    assert ["snapshot-not-journaled", "state-missing"] == found


ROTATED = journal(finished()[5:], began=BEGAN + 5_000)


@pytest.mark.parametrize(
    ("data", "expected"), [(DONE, ["snapshot-of-other-run"]), (ROTATED, ["head-missing"])]
)
def test_a_snapshot_is_of_no_older_run_than_one_that_may_have_begun_before_it(
    data: bytes, expected: list[str]
) -> None:
    launch = saved(*WENT_WELL, updatedAt="2026-03-02T08:59:59.000Z")

    assert sorted([*expected, "state-missing"]) == sorted(told(launch, journal=data, state=None))


@pytest.mark.parametrize(("run", "expected"), [(RUN, []), ("run-0", ["snapshot-of-other-run"])])
def test_a_snapshot_may_name_its_run_when_nobody_knows_when_that_began(
    run: str, expected: list[str]
) -> None:
    launch = saved(*WENT_WELL)
    for fields in launch["members"].values():
        fields["runtimeRunId"] = run

    found = told(launch, journal=ROTATED, state=None)

    assert sorted(["head-missing", "state-missing", *expected]) == sorted(found)


def test_a_snapshot_alone_has_nothing_to_be_held_against() -> None:
    assert () == audit(launch=saved(*WENT_WELL)).findings


# -- Names -----------------------------------------------------------------------------------------


def test_names_that_only_one_knows_are_listed() -> None:
    names = [f"m{number}" for number in range(7)]
    members = [entry(name, "pending") for name in names]
    audited = audit(
        journal=SPAWNING,
        state=state("spawning_members", *members),
        launch=saved(("eve", "starting")),
    )

    assert [
        "only the state lists 'm0', 'm1', 'm2', 'm3', 'm4' and 2 more",
        "the state does not list 'eve'",
    ] == [found.message for found in audited.findings]
    assert {"snapshot-names-differ"} == set(codes(audited))


@pytest.mark.parametrize(
    "fields",
    [
        {"laneKind": "secondary"},
        {"launchState": "skipped_for_launch"},
        {"launchState": None, "skippedForLaunch": True},
        {"runtimeRunId": "lane-7"},
    ],
)
def test_members_that_the_bootstrap_does_not_start_are_not_missed(fields: dict[str, Any]) -> None:
    assert [] == told(with_member("eve", **fields))


def test_a_member_that_the_bootstrap_does_start_is_missed() -> None:
    assert ["snapshot-names-differ", "snapshot-not-journaled"] == told(with_member("eve"))
    assert ["snapshot-names-differ"] == told(
        with_member("eve", launchState="starting"), journal=DONE
    )


def test_whom_the_bootstrap_expected_counts_when_it_is_said() -> None:
    launch = with_member("eve", launchState="starting")

    assert [] == told({**launch, "bootstrapExpectedMembers": ["ada", "bob"]})


def test_the_lead_in_any_case_is_no_member_to_be_missed() -> None:
    members = [entry("ada"), entry("bob"), entry("Team-Lead", "pending")]

    assert [] == told(saved(*WENT_WELL), state=finished_state(members=members))


# -- States ----------------------------------------------------------------------------------------

STATUSES = {"spawn_started": "pending", "bootstrap_confirmed": "confirmed", "failed": "failed"}
STATES = {
    "runtime_pending_bootstrap": "pending",
    "confirmed_alive": "confirmed",
    "failed_to_start": "failed",
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("word", STATES)
def test_only_opposite_ends_disagree(status: str, word: str) -> None:
    actions = ["spawn_started"] + ([status] if status != "spawn_started" else [])
    data = journal([*phases("spawning_members"), *(member("ada", action) for action in actions)])

    found = codes(
        audit(
            journal=data,
            state=state("spawning_members", entry("ada", status)),
            launch=saved(("ada", word)),
        )
    )

    assert ({STATUSES[status], STATES[word]} == {"confirmed", "failed"}) == bool(found)
    assert {"snapshot-states-differ"} >= set(found)


def test_a_disagreement_is_ordinary_while_one_may_be_on_its_way() -> None:
    launch = saved(("ada", "confirmed_alive"), ("bob", "failed_to_start"))
    files: dict[str, Any] = {"journal": DONE, "state": finished_state(), "launch": launch}

    only(audit(**files, now=BEGAN + MINUTE + 59_999), "between-writes")
    found = only(audit(**files, now=BEGAN + MINUTE + 60_000), "snapshot-states-differ")
    assert (
        "member 'bob': it says 'failed_to_start', and the state 'confirmed_alive'" == found.message
    )
    assert "launch-state.json $.members['bob']" == found.place


# -- Where the state is gone -----------------------------------------------------------------------


@pytest.mark.parametrize("status", ["bootstrap_confirmed", "failed"])
@pytest.mark.parametrize("word", ["confirmed_alive", "failed_to_start"])
def test_the_journal_is_compared_where_the_state_is_gone(status: str, word: str) -> None:
    actions = (member("ada", "spawn_started"), member("ada", status))
    data = journal([*phases("spawning_members"), *actions])

    found = codes(audit(journal=data, launch=saved(("ada", word))))

    differ = (status == "failed") != (word == "failed_to_start")
    assert [*(["snapshot-states-differ"] if differ else []), "state-missing"] == found


def test_a_member_that_only_the_journal_names_is_told() -> None:
    found = audit(journal=DONE, launch=saved(("ada", "confirmed_alive"))).findings

    assert ["snapshot-names-differ", "state-missing"] == [one.code for one in found]
    assert "only the journal lists 'bob'" == found[0].message


@pytest.mark.parametrize(
    ("last", "expected"),
    [("registered", ["snapshot-states-differ"]), ("bootstrap_confirmed", [])],
)
def test_a_clean_launch_whose_run_failed_contradicts_it_unless_all_came_late(
    last: str, expected: list[str]
) -> None:
    records = [member("ada", "spawn_started"), member("ada", last), terminal("failed")]
    data = journal([*phases("spawning_members"), *records])

    found = codes(audit(journal=data, launch=saved(("ada", "confirmed_alive"))))

    assert [*expected, "state-missing"] == found


def test_the_run_of_a_lane_says_nothing_of_the_bootstraps() -> None:
    """An OpenCode member's `runtimeRunId` is its lane's run."""
    launch = saved(("ada", "confirmed_alive"), ("bob", "confirmed_alive"))
    for body in launch["members"].values():
        body |= {"providerId": "opencode", "runtimeRunId": "lane-7"}

    assert () == audit(journal=DONE, state=finished_state(), launch=launch).findings


def test_a_snapshot_that_names_another_run_is_not_compared() -> None:
    launch = saved(("ada", "failed_to_start"), publicationRunId="run-7")

    found = only(
        audit(journal=DONE, state=finished_state(), launch=launch), "snapshot-of-other-run"
    )

    assert "it is of the run 'run-7', and the bootstrap's 'run-1'" == found.message


# -- Members that the journal never names ----------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"launchState": "confirmed_alive"}, ["snapshot-not-journaled"]),
        ({"launchState": "failed_to_start", "agentToolAccepted": True}, []),
        ({"launchState": "starting"}, []),
        ({"launchState": "confirmed_alive", "laneKind": "secondary"}, []),
        ({"launchState": "skipped_for_launch"}, []),
    ],
)
def test_who_is_confirmed_is_named_by_the_journal(
    fields: dict[str, Any], expected: list[str]
) -> None:
    launch = {**saved(("ada", "starting")), "members": {"ada": fields}}

    assert expected == told(launch, journal=SPAWNING, state=PENDING)


def test_a_legacy_record_says_of_everybody_that_the_spawn_was_accepted() -> None:
    launch = {
        "state": "partial_launch_failure",
        "updatedAt": "2026-03-02T09:01:00Z",
        "expectedMembers": ["ada"],
        "missingMembers": ["ada"],
    }

    assert [] == told(launch, journal=SPAWNING, state=PENDING)


@pytest.mark.parametrize(
    "data", [SPAWNING + b'{"ts": 1', SPAWNING.split(b"\n", 1)[1]], ids=["torn", "rotated"]
)
def test_a_spawn_that_may_not_have_been_read_is_not_missed(data: bytes) -> None:
    launch = saved(("ada", "confirmed_alive"))

    assert "snapshot-not-journaled" not in told(launch, journal=data, state=PENDING)


def test_a_spawn_in_another_run_is_none_in_this() -> None:
    records = [*finished("run-0"), *phases("spawning_members")]

    assert ["snapshot-not-journaled", "other-run"] == told(
        saved(("ada", "confirmed_alive")), journal=journal(records), state=PENDING
    )


@pytest.mark.parametrize(
    "document", [[], "text", {"version": 3}, {"version": 2, "members": {"ada": 7}}]
)
def test_a_document_that_is_no_snapshot_is_told_field_by_field(document: Any) -> None:
    launch = json.dumps(document).encode()

    assert "wrong-type" in codes(audit(journal=DONE, state=finished_state(), launch=launch))


@pytest.mark.parametrize("failed", [0, 1])
def test_a_summary_may_count_the_lead(failed: int) -> None:
    launch = saved(("ada", "confirmed_alive"), summary={"confirmedCount": 1, "failedCount": failed})
    launch["members"]["team-lead"] = {"launchState": "failed_to_start"}

    assert () == audit(launch=launch).findings

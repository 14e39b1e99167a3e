"""A diff shows where two snapshots disagree, and exits as diff does."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from launchfsm import LaunchEvaluator, to_wire
from launchfsm.cli.team import disagreements
from launchfsm.records.results import LaunchSnapshot
from launchfsm.records.wire import from_wire
from tests.cli.running import invoke, lay, member, run_on_terminal, saved, state
from tests.conformance.cases import LaunchCase, launch_cases

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lay(
        tmp_path,
        "demo",
        state=state("completed", member("ada"), member("old")),
        launch=saved("finished", ada={"agentToolAccepted": True, "laneId": "1"}, new={}),
    )
    return tmp_path


def test_disagreements_are_shown_field_by_field(root: Path) -> None:
    ended = invoke("--root", root, "diff", "demo")

    shown = ended.out.splitlines()
    assert 1 == ended.status
    assert ["--- demo/bootstrap-state.json", "+++ demo/launch-state.json"] == shown[:2]
    assert "@@ the launch @@" == shown[2]
    assert '-expectedMembers: ["ada", "old"]' in shown
    assert '+expectedMembers: ["ada", "new"]' in shown
    assert "-summary.confirmedCount: 2" in shown
    assert "+summary.confirmedCount: 0" in shown
    ada = shown[shown.index("@@ member ada @@") : shown.index("@@ member old @@")]
    assert '-launchState: "confirmed_alive"' in ada
    assert '+launchState: "runtime_pending_bootstrap"' in ada
    assert "-only here: firstSpawnAcceptedAt, lastHeartbeatAt, lastRuntimeAliveAt, sources" in ada
    assert "+only here: laneId, skippedForLaunch" in ada
    assert ["-only here: the whole member", "@@ member new @@", "+only here: the whole member"] == (
        shown[-3:]
    )


def test_in_full_nothing_is_summed_up(root: Path) -> None:
    shown = invoke("--root", root, "diff", "demo", "--full").out

    assert "only here" not in shown
    assert '+laneId: "1"' in shown
    assert '-name: "old"' in shown


def test_json_names_every_difference(root: Path) -> None:
    ended = invoke("--root", root, "diff", "demo", "--json")

    document = json.loads(ended.out)
    assert 1 == ended.status
    assert ("demo", "launcher") == (document["team"], document["preferredSource"])
    assert {"member": "ada", "field": "laneId", "launcher": "1"} in document["differences"]
    assert {
        "member": None,
        "field": "summary.confirmedCount",
        "bootstrap": 2,
        "launcher": 0,
    } in document["differences"]


def test_two_snapshots_that_say_the_same_are_no_difference(root: Path) -> None:
    snapshot = LaunchEvaluator(root).evaluate("demo").bootstrap_snapshot
    lay(
        root,
        "same",
        state=state("completed", member("ada"), member("old"), teamName="demo"),
        launch=to_wire(snapshot),
    )

    ended = invoke("--root", root, "diff", "same", "--full")

    # The launcher's parser says of every member whether it is skipped and what its sources are.
    assert all(
        line.startswith(("---", "+++", "@@")) or "skippedForLaunch" in line or "sources." in line
        for line in ended.out.splitlines()
    )


@pytest.mark.parametrize(
    ("files", "lacking"),
    [
        ({}, "bootstrap-state.json and launch-state.json"),
        ({"state": state("completed")}, "launch-state.json"),
        ({"launch": saved("finished"), "state": "{"}, "bootstrap-state.json"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_without_two_snapshots_there_is_nothing_to_compare(
    tmp_path: Path, files: dict[str, Any], lacking: str, form: tuple[str, ...]
) -> None:
    lay(tmp_path, "demo", **files)

    ended = invoke("--root", tmp_path, "diff", "demo", *form)

    assert (3, "") == (ended.status, ended.out)
    assert f"none comes from {lacking};" in ended.errors


def test_a_terminal_shows_the_sides_in_colour(root: Path) -> None:
    coloured = run_on_terminal("--root", root, "diff", "demo")
    plain = run_on_terminal("--root", root, "diff", "demo", NO_COLOR="1")

    assert "\x1b[31m-expectedMembers" in coloured.out
    assert "\x1b[32m+expectedMembers" in coloured.out
    assert invoke("--root", root, "diff", "demo") == attrs.evolve(plain, errors="")


# -- The comparison --------------------------------------------------------------------------------

SNAPSHOTS = [
    from_wire(LaunchSnapshot, case.expect["snapshot"])
    for case in launch_cases()
    if case.expect["snapshot"] is not None
]


@pytest.mark.parametrize("snapshot", SNAPSHOTS[::10])
def test_a_snapshot_does_not_differ_from_itself(snapshot: LaunchSnapshot) -> None:
    assert [] == list(disagreements(snapshot, snapshot))


@pytest.mark.parametrize(("one", "other"), list(itertools.pairwise(SNAPSHOTS))[::5])
def test_differences_are_mirrored_and_complete(one: LaunchSnapshot, other: LaunchSnapshot) -> None:
    found, mirrored = list(disagreements(one, other)), list(disagreements(other, one))

    opposite = {"bootstrap": "launcher", "launcher": "bootstrap"}
    turned = [{opposite.get(key, key): value for key, value in each.items()} for each in mirrored]
    assert sorted(found, key=place) == sorted(turned, key=place)
    assert (to_wire(one) == to_wire(other)) is (not found)


def place(difference: dict[str, Any]) -> tuple[str, str]:
    return difference["member"] or "", difference["field"]


def test_what_one_side_leaves_out_is_told_from_what_it_says_is_unknown() -> None:
    case: LaunchCase = next(
        case
        for case in launch_cases()
        if case.expect["snapshot"]
        and any("launchIdentity" in each for each in case.expect["snapshot"]["members"].values())
    )
    whole = from_wire(LaunchSnapshot, case.expect["snapshot"])
    name = next(name for name, each in whole.members.items() if each.launch_identity is not None)
    bare = attrs.evolve(
        whole,
        members={**whole.members, name: attrs.evolve(whole.members[name], launch_identity=None)},
    )

    found = list(disagreements(whole, bare))

    assert {name} == {each["member"] for each in found}
    assert not any("launcher" in each for each in found)
    assert None in [each["bootstrap"] for each in found]

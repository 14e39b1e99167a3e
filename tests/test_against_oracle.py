"""The implementation against the oracle, on generated teams of every kind of damage.

The oracle states the page a second time, plainly and on its own; it shares nothing with the
library. Where the two differ, one of them is wrong or the page can be read in two ways.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import example, given

from launchfsm import (
    choose_preferred_snapshot,
    has_mixed_metadata,
    is_expired_pending,
    member_spawn_statuses,
    parse_launch_snapshot,
    to_wire,
)
from launchfsm.evaluation.causes import reason_text
from launchfsm.testing.strategies import (
    NOW,
    bootstrap_folders,
    failure_reasons,
    launch_documents,
    team_folders,
)
from tests.oracle import bootstrap, launch
from tests.teams import ALIVE, NOW_MS, evaluation, oracle_read

if TYPE_CHECKING:
    from launchfsm.testing.folders import TeamFolder


@given(folder=bootstrap_folders(now=NOW, damaged=True), alive=ALIVE)
def test_the_bootstraps_side(folder: TeamFolder, alive: tuple[int, ...]) -> None:
    files, found = folder.files(), evaluation(folder, alive)

    assert bootstrap.evaluate(
        folder.team,
        NOW_MS,
        state=oracle_read(files.state),
        journal=oracle_read(files.journal),
        lock=oracle_read(files.lock),
        is_alive=alive.__contains__,
    ) == {
        "launch_snapshot": to_wire(found.bootstrap_snapshot),
        "runtime_state": to_wire(found.runtime_state),
        "real_task_submission": found.real_task_submission,
    }


@given(document=launch_documents(now=NOW, damaged=True))
def test_the_launchers_side(document: Any) -> None:
    snapshot = parse_launch_snapshot("demo", document, now=NOW, policy="reference")
    stated = launch.parse("demo", document, NOW_MS)

    assert stated == to_wire(snapshot)
    if snapshot is not None and stated is not None:
        assert launch.spawn_statuses(stated) == to_wire(
            member_spawn_statuses(snapshot, policy="reference")
        )
        assert launch.mixed(stated) == has_mixed_metadata(snapshot)
        assert launch.expired_pending(stated, NOW_MS) == is_expired_pending(
            snapshot, now=NOW, policy="reference"
        )


@given(
    document=launch_documents(now=NOW, damaged=True), other=launch_documents(now=NOW, damaged=True)
)
def test_the_choice(document: Any, other: Any) -> None:
    sides = {
        "bootstrap": parse_launch_snapshot("demo", document, now=NOW, policy="reference"),
        "launch": parse_launch_snapshot("demo", other, now=NOW, policy="reference"),
        None: None,
    }
    chosen = choose_preferred_snapshot(
        sides["bootstrap"], sides["launch"], now=NOW, policy="reference"
    )
    stated = launch.choose(
        launch.parse("demo", document, NOW_MS), launch.parse("demo", other, NOW_MS), NOW_MS
    )

    assert sides[stated] is chosen


@given(folder=team_folders(now=NOW, damaged=True), alive=ALIVE)
def test_the_choice_within_a_team(folder: TeamFolder, alive: tuple[int, ...]) -> None:
    found = evaluation(folder, alive)
    mine, theirs = to_wire(found.bootstrap_snapshot), to_wire(found.launcher_snapshot)

    side = launch.choose(mine, theirs, NOW_MS)
    assert ("launcher" if side == "launch" else side) == found.preferred_source


@given(reason=failure_reasons())
@example(reason='"routing" "summary": "one \\" two", "content": "\\u0063ut \\')
@example(reason='Message sent to "summary" : "x\ny" "summary": "second"')
def test_the_readable_part_of_a_reason(reason: str) -> None:
    assert launch.reason_text(reason) == reason_text(reason)

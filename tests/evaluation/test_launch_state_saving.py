from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from launchfsm import LaunchEvaluator, parse_launch_snapshot, to_wire
from launchfsm.ecma.json import json_bytes
from launchfsm.evaluation.evaluator import system_clock
from launchfsm.evaluation.launch_state import SnapshotRefusedError
from launchfsm.records.documents import LARGEST_FILE
from launchfsm.system.folders import TeamNameError
from launchfsm.system.processes import StatedProcesses
from launchfsm.vocabulary import MemberStatus, values

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.records.results import LaunchSnapshot


def parsed(document: dict[str, Any]) -> LaunchSnapshot:
    found = parse_launch_snapshot("demo", document, now=system_clock())
    assert found is not None
    return found


def document(**changes: Any) -> dict[str, Any]:
    return {
        "version": 2,
        "updatedAt": "2023-11-14T22:20:00.000Z",
        "launchPhase": "active",
        "expectedMembers": ["alice", "bob"],
        "members": {"alice": {"launchState": "confirmed_alive", "providerId": "codex"}},
        **changes,
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "demo").mkdir()
    return tmp_path


def test_a_saved_snapshot_reads_back_equal(root: Path) -> None:
    evaluator = LaunchEvaluator(root)
    snapshot = parsed(document())

    evaluator.save_snapshot("demo", snapshot)

    assert snapshot == evaluator.evaluate("demo").launcher_snapshot
    assert ["launch-state.json"] == [entry.name for entry in (root / "demo").iterdir()]


def test_a_member_that_no_reader_would_take_is_named_once(root: Path) -> None:
    snapshot = parsed(document())
    members = {**snapshot.members, "user": snapshot.members["bob"].like(name="user")}

    with pytest.raises(SnapshotRefusedError, match=r"back equal: \$\.members\.user; save"):
        LaunchEvaluator(root).save_snapshot("demo", attrs.evolve(snapshot, members=members))


names = st.text(min_size=1, max_size=8)


@given(
    expected=st.lists(names, max_size=4),
    members=st.dictionaries(
        names,
        st.fixed_dictionaries(
            {},
            optional={
                "launchState": st.sampled_from(["confirmed_alive", "failed_to_start", "starting"]),
                "hardFailureReason": st.text(max_size=12),
                "laneId": st.text(max_size=4),
                "sources": st.dictionaries(st.just("nativeHeartbeat"), st.booleans()),
            },
        ),
        max_size=4,
    ),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_parser_makes_can_be_saved_and_reads_back_equal(
    root: Path, expected: list[str], members: dict[str, Any]
) -> None:
    evaluator = LaunchEvaluator(root)
    snapshot = parsed(document(expectedMembers=expected, members=members))

    evaluator.save_snapshot("demo", snapshot)

    assert snapshot == evaluator.evaluate("demo").launcher_snapshot


@given(
    statuses=st.lists(
        st.sampled_from([*values(MemberStatus), "resting"]).map(
            lambda status: {"status": status, "lastAttemptAt": 5, "lastObservedAt": 7}
        ),
        max_size=5,
    ),
    phase=st.sampled_from(["spawning_members", "completed"]),
    policy=st.sampled_from(["default", "reference"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_bootstrap_tells_can_be_saved_and_means_the_same(
    root: Path, statuses: list[dict[str, Any]], phase: str, policy: str
) -> None:
    for number, member in enumerate(statuses):
        member["name"] = f"member-{number}"
        # `reference` does not know `skipped`, and §10 has a reason for failures alone.
        if member["status"] in {"failed", "skipped" if policy == "default" else ""}:
            member["failureReason"] = "why"
    state = {"version": 1, "updatedAt": 9, "phase": phase, "members": statuses, "ownerPid": 1}
    (root / "demo/bootstrap-state.json").write_bytes(json_bytes(state))
    evaluator = LaunchEvaluator(root, policy=policy, processes=StatedProcesses([1]))
    told = evaluator.evaluate("demo").bootstrap_snapshot
    assert told is not None

    evaluator.save_snapshot("demo", told)

    saved = evaluator.evaluate("demo").launcher_snapshot
    assert saved is not None
    assert attrs.evolve(told, members={}) == attrs.evolve(saved, members={})
    for name, found in told.members.items():
        there = saved.members[name]
        alike = {"sources": there.sources, "diagnostics": there.diagnostics}
        assert found.like(**{**alike, "skipped_for_launch": there.skipped_for_launch}) == there


class TestRefused:
    def refused(self, root: Path, snapshot: LaunchSnapshot) -> str:
        evaluator = LaunchEvaluator(root)
        evaluator.save_snapshot("demo", parsed(document()))
        before = (root / "demo/launch-state.json").read_bytes()
        with pytest.raises(SnapshotRefusedError) as caught:
            evaluator.save_snapshot("demo", snapshot)
        assert before == (root / "demo/launch-state.json").read_bytes()
        assert ["launch-state.json"] == [entry.name for entry in (root / "demo").iterdir()]
        return str(caught.value)

    def test_a_snapshot_of_another_team(self, root: Path) -> None:
        said = self.refused(root, attrs.evolve(parsed(document()), team_name="other"))

        assert "'other'" in said
        assert "'demo'" in said

    def test_a_snapshot_that_readers_would_find_oversized(self, root: Path) -> None:
        long = parsed(document(members={"alice": {"model": "x" * LARGEST_FILE}}))

        assert f"at most {LARGEST_FILE}" in self.refused(root, long)

    def test_a_snapshot_that_would_not_read_back_equal_says_where(self, root: Path) -> None:
        unread = attrs.evolve(parsed(document()), updated_at=" ")

        assert "$.updatedAt" in self.refused(root, unread)

    def test_what_a_reader_takes_for_nothing(self, root: Path) -> None:
        snapshot = parsed(document())
        alice = attrs.evolve(snapshot.members["alice"], runtime_pid=0)
        unread = attrs.evolve(snapshot, members={**snapshot.members, "alice": alice})

        assert "$.members.alice.runtimePid" in self.refused(root, unread)

    def test_a_team_name_that_is_no_component_of_a_path(self, root: Path) -> None:
        with pytest.raises(TeamNameError):
            LaunchEvaluator(root).save_snapshot("../demo", parsed(document()))


def test_exactly_the_largest_file_is_saved_and_read(root: Path) -> None:
    empty = parsed(document(members={"alice": {"model": "x"}}))
    rest = LARGEST_FILE - len(json_bytes(to_wire(empty))) + 1
    full = parsed(document(members={"alice": {"model": "x" * rest}}))
    evaluator = LaunchEvaluator(root)

    evaluator.save_snapshot("demo", full)

    assert LARGEST_FILE == (root / "demo/launch-state.json").stat().st_size
    assert full == evaluator.evaluate("demo").launcher_snapshot


def test_a_team_without_a_folder_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LaunchEvaluator(tmp_path).save_snapshot("demo", parsed(document()))

    assert [] == [entry.name for entry in (tmp_path).iterdir()]


def test_nothing_is_saved_or_cleared_through_a_link(root: Path) -> None:
    """Whoever may write to the teams root could lead both to another folder."""
    (root / "demo" / "bootstrap-state.json").write_text("{}")
    (root / "linked").symlink_to("demo")
    evaluator = LaunchEvaluator(root)

    with pytest.raises(OSError, match="symbolic links"):
        evaluator.clear("linked")
    with pytest.raises(OSError, match="symbolic links"):
        evaluator.save_snapshot("linked", attrs.evolve(parsed(document()), team_name="linked"))

    assert ["bootstrap-state.json"] == [entry.name for entry in (root / "demo").iterdir()]


def test_a_link_in_a_record_s_place_is_itself_replaced_or_removed(root: Path) -> None:
    (root / "precious").write_text("years of work")
    for name in ("bootstrap-state.json", "launch-state.json"):
        (root / "demo" / name).symlink_to(root / "precious")
    evaluator = LaunchEvaluator(root)

    evaluator.clear("demo")
    evaluator.save_snapshot("demo", parsed(document()))

    assert (root / "precious").read_text() == "years of work"
    assert ["launch-state.json"] == [entry.name for entry in (root / "demo").iterdir()]
    assert not (root / "demo" / "launch-state.json").is_symlink()

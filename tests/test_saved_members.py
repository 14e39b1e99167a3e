"""Members of a launcher's record: judged once for all that are alike, which must not show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given

from launchfsm.policy.engine import Judge, RecordingJudge
from launchfsm.policy.loading import load_policy
from launchfsm.saved_members import _WEIGHED, SavedMembers
from launchfsm.saved_records import SavedMember
from launchfsm.saved_snapshots import snapshot_of_document
from launchfsm.testing.strategies import launch_documents
from tests.policy.written import write
from tests.teams import NOW_TEXT

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.members import Settled

JUDGES = [Judge(load_policy(name)) for name in ("default", "strict")]

ALIKE: dict[str, Any] = {
    "agentToolAccepted": True,
    "providerId": "opencode",
    "laneKind": "secondary",
    "laneOwnerProviderId": "opencode",
    "bootstrapStalled": True,
}


def settled(judge: Judge, raw: dict[str, Any], name: str = "bob") -> Settled:
    return SavedMembers(judge, "finished", NOW_TEXT).settle(name, raw, expected=True)


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.policy.name)
@given(document=launch_documents(damaged=True))
def test_a_judge_that_remembers_says_what_one_says_that_does_not(
    judge: Judge, document: dict[str, Any]
) -> None:
    forgetful = RecordingJudge(judge.policy)

    remembered = snapshot_of_document(judge, "demo", document, now=NOW_TEXT)

    assert snapshot_of_document(forgetful, "demo", document, now=NOW_TEXT) == remembered


def test_who_is_alike_is_judged_once() -> None:
    judge = Judge(load_policy("default"))
    known = judge.memory("saved", "finished")

    for pid, session, lane in ((1, "a", "lane-1"), (2, "b", "lane-2"), (3, "c", "lane-3")):
        raw = ALIKE | {"runtimePid": pid, "runtimeSessionId": session, "laneId": lane}
        member = settled(judge, raw, f"worker-{pid}").member
        assert (f"worker-{pid}", pid, session, lane) == (
            member.name,
            member.runtime_pid,
            member.runtime_session_id,
            member.lane_id,
        )

    assert 1 == len(known)


def policy_of(folder: Path, table: str, rules: str) -> Judge:
    """A judge of `default` with some rules of one table said otherwise."""
    files = {
        "policy.toml": 'policy = "mine"\nextends = "default"\n',
        f"{table}.toml": f'table = "{table}"\n{rules}',
    }
    return Judge(load_policy(write(folder, files)))


# what the policy asks; members that are alike but for it; whether each counts as stalled
TOLD_APART: list[tuple[str, list[dict[str, Any]], list[bool | None]]] = [
    ("runtime_pid >= 1000", [{"runtimePid": 999}, {"runtimePid": 1000}], [None, True]),
    (
        "runtime_session == 'x'",
        [{"runtimeSessionId": "x"}, {"runtimeSessionId": "y"}, {}],
        [True, None, None],
    ),
    ("runtime_session is not None", [{}, {"runtimeSessionId": "y"}], [None, True]),
]


@pytest.mark.parametrize(("when", "raws", "stalled"), TOLD_APART)
def test_whom_the_policy_tells_apart_is_judged_apart(
    tmp_path: Path, when: str, raws: list[dict[str, Any]], stalled: list[bool | None]
) -> None:
    rule = f"""
[[rule]]
id = "runtime-shown"
override = true
when = "{when}"
then = {{ stalled = true }}
"""
    judge = policy_of(tmp_path / "mine", "stalled", rule)

    found = [settled(judge, ALIKE | raw) for raw in raws]

    assert stalled == [one.member.bootstrap_stalled for one in found]


def test_a_lane_that_a_text_mentions_is_told_apart(tmp_path: Path) -> None:
    rule = """
[[rule]]
id = "never-spawned"
override = true
then = { event = "never_spawned", reason = "nobody in {lane_id}" }
"""
    judge = policy_of(tmp_path / "mine", "never_spawned", rule)

    reasons = [
        settled(judge, {"laneId": lane}).member.hard_failure_reason for lane in ("a", "b", "a")
    ]

    assert ["nobody in a", "nobody in b", "nobody in a"] == reasons


def test_what_is_weighed_are_fields_of_the_record() -> None:
    assert set(_WEIGHED) <= set(attrs.fields_dict(SavedMember))

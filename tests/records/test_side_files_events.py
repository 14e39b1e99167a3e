"""What a member's own process reported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.records.documents import TeamSource
from launchfsm.records.side_files import (
    LONGEST_EVENT,
    MOST_EVENTS,
    RuntimeEvent,
    events_file,
    events_of,
)
from launchfsm.system.files import FileEnd

if TYPE_CHECKING:
    from pathlib import Path

WHEN = "2026-09-20T10:00:00.000Z"
TOKEN = "s3cret-token"  # noqa: S105 - what must never be shown


def line(kind: object = "heartbeat", **more: Any) -> bytes:
    return json.dumps({"version": 1, "type": kind, "timestamp": WHEN, **more}).encode()


def events(end: bytes, *, whole: bool = True) -> tuple[RuntimeEvent, ...]:
    return events_of(FileEnd(end, len(end) + (not whole)))


def types(end: bytes, *, whole: bool = True) -> list[str | None]:
    return [event.type for event in events(end, whole=whole)]


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("alice", "alice"),
        ("Alice_B.2", "alice-b-2"),
        ("Дима", "----"),
        ("a\U0001f600", "a--"),
        ("CON", "_con"),
        ("com1", "_com1"),
        ("com0", "com0"),
        ("console", "console"),
        ("", ""),
    ],
)
def test_the_prefix_of_a_members_files(name: str, prefix: str) -> None:
    assert f"runtime/{prefix}.runtime.jsonl" == events_file(name)


def test_a_stated_path_counts_when_it_lies_inside_the_folders_runtime(tmp_path: Path) -> None:
    folder, outside = tmp_path / "demo", tmp_path / "outside"
    (folder / "runtime").mkdir(parents=True)
    outside.mkdir()
    (folder / "runtime/link").symlink_to(outside)
    (tmp_path / "alias").symlink_to(folder)

    def file(path: object) -> str | None:
        return TeamSource(str(folder)).below("runtime", str(path))

    assert "runtime/x.jsonl" == file(folder / "runtime/x.jsonl")
    assert "runtime/x.jsonl" == file(tmp_path / "alias/runtime/x.jsonl")
    assert file(folder / "runtime/link/x.jsonl") is None
    assert file(folder / "runtime/../x.jsonl") is None
    assert file(folder / "runtime") is None
    assert file("runtime/x.jsonl") is None
    assert file(f"{folder}/runtime/\0") is None
    assert "runtime/a.runtime.jsonl" == events_file("a")


@pytest.mark.parametrize(
    "other",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        line(version=2),
        line(kind=5),
        line(timestamp="soon"),
        line(timestamp=5),
        line(detail="x" * LONGEST_EVENT),
        b"\xff\xfe",
    ],
)
def test_a_line_that_is_no_event_is_skipped(other: bytes) -> None:
    assert ["one", "two"] == types(b"\n".join([line("one"), other, line("two")]))


def test_a_cut_first_line_and_all_but_the_last_lines_are_dropped() -> None:
    assert ["b"] == types(line("a") + b"\n" + line("b") + b"\n", whole=False)
    assert [] == types(line("a"), whole=False)
    many = b"\n".join(line(str(number)) for number in range(MOST_EVENTS + 3))
    assert [str(number) for number in range(3, MOST_EVENTS + 3)] == types(many)


def test_an_event_carries_its_fields() -> None:
    (event,) = events(
        line("failed", pid=7, retryable=False, bootstrapRunId="r", detail=" why ", agentName="a")
    )

    assert ("failed", 1_789_898_400_000, 7, False, "r", "why", "a") == (
        event.type,
        event.occurred_at,
        event.pid,
        event.retryable,
        event.bootstrap_run_id,
        event.detail,
        event.agent_name,
    )


def test_parts_of_a_proof_may_stand_in_the_detail_where_the_event_lacks_them() -> None:
    within = {"source": "s", "runId": "inner", "bootstrapProofToken": TOKEN, "pid": 9}
    within |= {"contextHash": "c", "briefingHash": "b"}
    (event,) = events(line(runId="outer", detail=json.dumps(within)))

    assert ("s", "outer", TOKEN, "c", "b", None) == (
        event.source,
        event.run_id,
        event.bootstrap_proof_token,
        event.context_hash,
        event.briefing_hash,
        event.pid,
    )


@pytest.mark.parametrize(
    "detail",
    [
        json.dumps({"bootstrapProofToken": TOKEN}),
        json.dumps({"a": {"bootstrapProofToken": TOKEN}}),
        json.dumps({"a": json.dumps({"bootstrapProofToken": TOKEN})}),
        f"bootstrapProofToken={TOKEN}, retrying",
        f"'bootstrapProofToken': '{TOKEN}'",
    ],
)
def test_a_proof_token_is_never_shown(detail: str) -> None:
    (event,) = events(line(detail=detail, bootstrapProofToken=TOKEN))

    assert TOKEN == event.bootstrap_proof_token
    assert TOKEN not in repr(event)


@given(st.binary(), st.booleans())
def test_no_bytes_raise(end: bytes, whole: bool) -> None:  # noqa: FBT001 - drawn
    assert all(event.type is not None for event in events(end, whole=whole))

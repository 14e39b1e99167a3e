"""What a member's own process and messages tell of it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from launchfsm.engine.engine import Engine
from launchfsm.evaluation.runtime import (
    Spawn,
    Stages,
    by_sender,
    newest_word,
    proof_of,
    stages_of,
)
from launchfsm.policies import load_policy
from launchfsm.records.roster import ConfigMember, NameIndex
from launchfsm.records.side_files import Message, RuntimeEvent
from tests.evaluation.crews import ms

DEFAULT = Engine(load_policy("default"))
NAMES = ("ann", "bob")
TOKEN = "tok-1"  # noqa: S105 - no secret
HASHES: dict[str, Any] = {"context_hash": "c" * 64, "briefing_hash": "b" * 64}
PRIVATE = ConfigMember(
    name="ann",
    bootstrap_proof_token=TOKEN,
    bootstrap_run_id="run-7",
    bootstrap_proof_mode="native_app_managed_context",
    bootstrap_context_hash="c" * 64,
    bootstrap_briefing_hash="b" * 64,
)
SPAWN = Spawn("ann", NameIndex(NAMES), "crew", "ann@crew", "run-7", 4242, ms(0), ConfigMember())
BRIEFED = RuntimeEvent(
    type="bootstrap_confirmed",
    occurred_at=ms(30),
    team_name="crew",
    agent_name="ann",
    source="member_briefing_tool_success",
)
TURNED = attrs.evolve(
    BRIEFED,
    source="native_app_managed_bootstrap_private_turn",
    run_id="run-7",
    bootstrap_proof_token=TOKEN,
    **HASHES,
)


def test_e5_a_proof_counts_from_the_spawn_on() -> None:
    at_spawn, before = (attrs.evolve(BRIEFED, occurred_at=ms(0) - early) for early in (0, 1))

    assert proof_of([at_spawn], SPAWN) == ms(0)
    assert proof_of([before], SPAWN) is None


@pytest.mark.parametrize(
    "change",
    [
        {"type": "bootstrap_submitted"},
        {"team_name": "other"},
        {"agent_name": "bob"},
        {"agent_name": None},
        {"source": None},
        {"source": "hearsay"},
    ],
    ids=str,
)
def test_e5_what_is_no_proof(change: dict[str, Any]) -> None:
    assert proof_of([attrs.evolve(BRIEFED, **change)], SPAWN) is None


@pytest.mark.parametrize(
    "change",
    [{"team_name": None}, {"agent_name": "ANN-2"}, {"agent_name": None, "agent_id": "ann@crew"}],
)
def test_e5_what_is_one(change: dict[str, Any]) -> None:
    assert proof_of([attrs.evolve(BRIEFED, **change)], SPAWN) == ms(30)


def test_e5_a_configured_token_must_be_repeated() -> None:
    spawn = attrs.evolve(SPAWN, config=ConfigMember(bootstrap_proof_token=TOKEN))
    undated = attrs.evolve(spawn, at=None)
    repeated = attrs.evolve(BRIEFED, bootstrap_proof_token=TOKEN)

    assert proof_of([BRIEFED], spawn) is None
    assert proof_of([repeated], spawn) == ms(30)
    assert proof_of([repeated], undated) == ms(30)
    assert proof_of([BRIEFED], attrs.evolve(SPAWN, at=None)) is None


def test_e5_the_newest_proof_counts() -> None:
    later = attrs.evolve(BRIEFED, occurred_at=ms(40))

    assert proof_of([later, BRIEFED], SPAWN) == ms(40)


def test_e5_a_private_turn_must_repeat_everything() -> None:
    spawn = attrs.evolve(SPAWN, config=PRIVATE)

    assert proof_of([TURNED], spawn) == ms(30)
    wrong: list[tuple[str, Any]] = [
        ("team_name", None),
        ("run_id", "run-8"),
        ("context_hash", None),
        ("briefing_hash", "x"),
        ("bootstrap_proof_token", None),
    ]
    for field, value in wrong:
        assert proof_of([attrs.evolve(TURNED, **{field: value})], spawn) is None, field
    for field in (
        "bootstrap_proof_token",
        "bootstrap_proof_mode",
        "bootstrap_run_id",
        "bootstrap_context_hash",
        "bootstrap_briefing_hash",
    ):
        less = attrs.evolve(spawn, config=attrs.evolve(PRIVATE, **{field: None}))
        assert proof_of([TURNED], less) is None, field
    assert proof_of([TURNED], SPAWN) is None


def stage(kind: str, **fields: Any) -> RuntimeEvent:
    return RuntimeEvent(type=kind, occurred_at=ms(10), **fields)


@pytest.mark.parametrize(
    "change",
    [
        {"team_name": "other"},
        {"agent_id": "bob@crew"},
        {"agent_name": "bob"},
        {"bootstrap_run_id": "run-6"},
        {"pid": 1},
        {"occurred_at": ms(-1)},
    ],
    ids=str,
)
def test_e6_events_of_another_spawn_do_not_count(change: dict[str, Any]) -> None:
    assert stages_of([attrs.evolve(stage("cli_started"), **change)], SPAWN) == Stages()


def test_e6_without_run_pid_and_time_nothing_counts() -> None:
    unknown = attrs.evolve(SPAWN, run_id=None, pid=None, at=None)

    assert stages_of([stage("exited")], unknown) == Stages()


def test_e7_the_last_event_that_ends_a_start_counts() -> None:
    refused = stage("bootstrap_submit_rejected", retryable=False, detail="fatal")
    events = [stage("failed", detail="first"), refused, stage("runtime_ready"), stage("heartbeat")]

    found = stages_of(events, SPAWN)

    assert found.ended == "bootstrap submit rejected: fatal"
    assert found.last == "runtime ready"


def test_e8_stages_in_words() -> None:
    events = [
        stage("bootstrap_submitted", detail="in /home/me/x"),
        stage("process_spawned", detail="not told"),
        stage("whatever"),
    ]

    found = stages_of(events, SPAWN)

    assert (found.last, found.submitted) == ("process spawned", True)
    assert stages_of(events[:1], SPAWN).last == "bootstrap submitted: in <path>"
    long = stages_of([stage("exited", detail="x" * 9_000)], SPAWN)
    assert long.last == f"exited: {'x' * 500}"


# -- Words to the lead -----------------------------------------------------------------------------


def message(sender: str, text: str = "ready", seconds: float | None = 10, **fields: Any) -> Message:
    at = None if seconds is None else ms(seconds)
    return Message(sender=sender, text=text, sent_at=at, **fields)


def test_e8_no_stage_repeats_the_token_of_a_proof() -> None:
    event = RuntimeEvent(type="failed", occurred_at=ms(10), detail=f"the proof {TOKEN} was refused")
    spawn = attrs.evolve(SPAWN, config=PRIVATE)
    signed = attrs.evolve(event, bootstrap_proof_token=TOKEN)

    assert stages_of([event], spawn).ended == "failed: the proof [hidden] was refused"
    assert stages_of([signed], SPAWN).ended == "failed: the proof [hidden] was refused"


@pytest.mark.parametrize(
    ("sender", "whose"),
    [
        ("ann", "ann"),
        ("ANN", "ann"),
        ("ann-2", "ann"),
        ("ann-1", None),
        ("team-lead", None),
        ("chief", None),
        ("user", None),
        ("system", None),
        ("nobody", None),
    ],
)
def test_e2_whose_message_it_is(sender: str, whose: str | None) -> None:
    names = (*NAMES, "chief", "user", "system")

    assert set(by_sender([message(sender)], NameIndex(names), "chief")) == (
        {whose} if whose else set()
    )


def test_e2_a_name_that_two_could_mean_is_nobodys() -> None:
    assert by_sender([message("ann-2")], NameIndex(("ann", "Ann")), "team-lead") == {}


def test_e3_a_message_without_a_time_is_no_word() -> None:
    assert by_sender([message("ann", seconds=None)], NameIndex(NAMES), "team-lead") == {}


@pytest.mark.parametrize(
    "text",
    [
        " ",
        '{"type": "idle_notification"}',
        '{"type": "shutdown_approved"}',
        '{"type": "teammate_terminated"}',
        '{"type": "shutdown_request"}',
        '{"type": "permission_request"}',
        "<agent_teams_native_bootstrap_control> rules",
    ],
)
def test_e3_what_is_no_word_gives_way_to_the_one_before(text: str) -> None:
    messages = [message("ann", text, 20), message("ann", "ready", 10)]

    found = newest_word(DEFAULT, messages, "ann", ms(0))

    assert found is not None
    assert (found.text, found.failed) == ("ready", False)


def test_e4_of_two_at_once_the_greater_id_is_newer() -> None:
    rows = [
        message("ann", "ready", message_id="m1"),
        message("ann", "bootstrap failed", message_id="m2"),
    ]

    found = newest_word(
        DEFAULT, by_sender(rows, NameIndex(NAMES), "team-lead")["ann"], "ann", ms(0)
    )

    assert found is not None
    assert found.failed


def test_e4_a_word_is_shortened() -> None:
    found = newest_word(DEFAULT, [message("ann", "x" * 400)], "ann", ms(0))

    assert found is not None
    assert len(found.text) == 280


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        ("Bootstrap FAILED: no idea", True),
        ("member_briefing is not available", True),
        ("lead_briefing: unspecified error", True),
        ("Member ann not found", True),
        ("unknown model gpt-9", True),
        ("No such tool available: mcp__agent_teams__member_briefing", True),
        ("Please check the provided tool list", True),
        ("member_briefing done", False),
        ("ready to work", False),
        ("готово", False),
        ('{"type": "status", "text": "working"}', False),
    ],
)
def test_k2_words_of_failure(text: str, failed: bool) -> None:  # noqa: FBT001 - one row
    found = newest_word(DEFAULT, [message("ann", text)], "ann", ms(0))

    assert found is not None
    assert found.failed is failed

"""The class of a reason, and the one cause of many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.engine import Engine
from launchfsm.evaluation.causes import cause_text, classify, common_cause, comparable, masked
from launchfsm.policies import load_policy

DEFAULT = Engine(load_policy("default"))
ORDER = ("trust", "quota", "auth")


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("User: <agent_teams_native_bootstrap_control> rules", "control text"),
        (
            (
                "You are bootstrapping into team x. Your first action is to call the MCP tool "
                "member_briefing"
            ),
            "bootstrap prompt",
        ),
        ("CLI process exited (code ?) \u2013 team provisioned but not alive", "CLI exited"),
        ("CLI process exited (code -9) — team provisioned but not alive", "CLI exited"),
        (
            (
                "CLI process exited (code 1) — team provisioned but not alive; process table "
                "unavailable"
            ),
            "CLI exited",
        ),
        ("CLI process exited (code one) — team provisioned but not alive", "process exited"),
        ("Process table is unavailable", "process table"),
        ("Teammate was never spawned during launch.", "never spawned"),
        ("Teammate did not join within the launch grace window.", "grace"),
        ("persisted runtime pid is not alive", "stale pid"),
        (
            (
                "Launch ended before teammate bootstrap completed. Runtime process was alive after "
                "bootstrap failure."
            ),
            "clean-up",
        ),
        (
            (
                "Bootstrap prompt was submitted, but teammate did not bootstrap-confirm before "
                "submitted-confirmation timeout (3m). Last transport stage: bootstrap_submitted"
            ),
            "check-in timeout",
        ),
        (
            (
                "Bootstrap prompt was submitted, but teammate did not bootstrap-confirm before "
                "timeout. Last transport stage: inbox poller ready"
            ),
            "check-in timeout, others",
        ),
        ("bootstrap owner pid 30112 is gone and persisted bootstrap state is stale", "owner gone"),
        ("Claude Code: workspace trust is not accepted", "workspace trust"),
        ("Teammate failed. Root cause: spawn ENOSPC", "disk full"),
        ("401 Unauthorized", "auth"),
        ("the API key is invalid", "auth"),
        ("request failed with HTTP 429", "rate limit"),
        ("Timed out waiting for inbox_poller_ready", "process readiness"),
        ("pane exited", "process exited"),
        ("out of cheese", "other"),
    ],
)
def test_k4_the_first_class_that_fits(reason: str, name: str) -> None:
    assert classify(DEFAULT, reason, "ann").name == name


def test_k4_the_last_resort_of_a_root_cause_is_the_whole_text() -> None:
    reason = "last transport stage: cli_started. Root cause: nobody knows"

    assert classify(DEFAULT, reason, "ann").name == "check-in timeout, others"


@pytest.mark.parametrize(
    ("reason", "gives_way"),
    [
        ("member_launch_grace_timeout", (True, True, True)),
        (
            "Teammate was registered but did not bootstrap-confirm before timeout.",
            (True, True, False),
        ),
        ("persisted runtime pid is not alive", (True, False, False)),
        ("quota exceeded", (False, False, False)),
        (None, (False, False, False)),
    ],
)
def test_k4_what_a_class_gives_way_to(
    reason: str | None, gives_way: tuple[bool, bool, bool]
) -> None:
    found = classify(DEFAULT, reason, "ann")

    assert (found.clears, found.auto, found.accepts) == gives_way


def test_under_reference_no_failure_gives_way() -> None:
    found = classify(Engine(load_policy("reference")), "member_launch_grace_timeout", "ann")

    assert (found.name, found.clears) == ("other", False)


@given(st.text(max_size=300))
def test_any_text_has_a_class(reason: str) -> None:
    assert classify(DEFAULT, reason, "ann").name


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("boom; process table unavailable", "boom"),
        ("x. Root cause: disk is full", "disk is full"),
        ("Root cause: ", "Root cause:"),
        (" boom ", "boom"),
    ],
)
def test_k3_what_is_told_of_a_reason(reason: str, text: str) -> None:
    assert cause_text(reason) == text


def test_k3_what_differs_between_members_is_replaced() -> None:
    text = (
        "ann (ann@crew, pid 4242, 0190a1b2-0000-4000-8000-00000000000f) gave up after 12.5s "
        "in /home/me/project; annabel did not"
    )

    assert comparable(text, "ann") == (
        "<member> (<member>, pid <pid>, <id>) gave up after <time> in <path>; annabel did not"
    )


def test_secrets_and_paths_are_masked() -> None:
    text = "token=abc123 Bearer xyz sk-ant-12345678 at C:\\Users\\me\\x and /home/me/x"

    hidden = masked(text)

    assert not any(secret in hidden for secret in ("abc123", "xyz", "12345678", "me"))


def test_k3_the_class_with_most_members_is_the_cause() -> None:
    reasons = {
        "ann": ("quota", "ann: quota exceeded after 3s"),
        "bob": ("quota", "bob: quota exceeded after 4s"),
        "cid": ("auth", "not logged in"),
    }

    found = common_cause(reasons, order=ORDER, failed=True)

    assert found is not None
    assert (found.name, found.count, found.members) == ("quota", 2, ("ann", "bob"))
    assert found.text == "quota exceeded after <time>"
    assert dict(found.others) == {"auth": ("cid",)}
    assert not found.everybody


def test_k3_of_equally_many_the_tables_first_class_is_the_cause() -> None:
    reasons = {"ann": ("auth", "not logged in"), "bob": ("quota", "quota exceeded")}

    found = common_cause(reasons, order=ORDER, failed=True)

    assert found is not None
    assert found.name == "quota"


def test_k3_one_text_for_everybody_is_the_runs_own() -> None:
    reasons = dict.fromkeys(("ann", "bob"), ("clean-up", "Launch ended."))

    found = common_cause(reasons, order=ORDER, failed=True)

    assert found is not None
    assert found.everybody
    assert found.text == "Launch ended."


def test_nobody_has_no_cause() -> None:
    assert common_cause({}, order=ORDER, failed=True) is None

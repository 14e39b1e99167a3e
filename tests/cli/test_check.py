"""The exit status follows the verdict, and the line says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.cli.teams import EXIT_STATUS
from launchfsm.decisions.verdict import VerdictSeverity
from launchfsm.engine.trace import explained
from launchfsm.vocabulary import values
from tests.cli.running import DEAD, NOW, invoke, lay, member, saved, state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from launchfsm.engine.trace import Explanation

WAITING = member("bob", "spawn_started")
CASES: list[tuple[int, str, dict[str, Any]]] = [
    (0, "ok", {"state": state("completed", member("ada"))}),
    (1, "pending", {"state": state("spawning_members", WAITING)}),
    (
        1,
        "blocked",
        {
            "launch": saved(
                "active",
                ada={
                    "launchState": "runtime_pending_permission",
                    "pendingPermissionRequestIds": ["per_1"],
                },
            )
        },
    ),
    (1, "stopped", {"state": state("completed", member("ada", runtimePid=DEAD))}),
    (1, "warning", {"state": state("auditing_truth", member("ada"), ownerPid=DEAD)}),
    (2, "failed", {"state": state("spawning_members", WAITING, ownerPid=DEAD)}),
    (3, "unknown", {"state": "{"}),
]
STRICTER = """
policy = "stricter"
extends = "reference"

[[tables.verdict.rule]]
id = "nobody-skipped"
before = "some-skipped"
when = "skipped > 0"
then = { severity = "failed", text = "{skipped} skipped" }
"""


def test_every_word_of_a_verdict_has_an_exit_status() -> None:
    assert set(values(VerdictSeverity)) == set(EXIT_STATUS)
    assert {severity for _, severity, _ in CASES} == set(EXIT_STATUS)


@pytest.mark.parametrize(("status", "severity", "files"), CASES)
def test_the_exit_status_follows_the_verdict(
    tmp_path: Path, status: int, severity: str, files: dict[str, Any]
) -> None:
    lay(tmp_path, "demo", **files)

    ended = invoke(
        "--root", tmp_path, "check", "demo", "--now", "2026-03-02T09:01:00Z", "--alive", "1"
    )

    assert status == ended.status
    assert ended.out.startswith(f"{severity:<8} demo  ")


def test_a_rule_of_a_policy_changes_the_exit_status(tmp_path: Path) -> None:
    lay(
        tmp_path,
        "demo",
        launch=saved("finished", ada={"bootstrapConfirmed": True}, bob={"skippedForLaunch": True}),
    )
    policy = tmp_path / "stricter.toml"
    policy.write_text(STRICTER)

    assert 0 == invoke("--root", tmp_path, "check", "demo").status

    ended = invoke("--root", tmp_path, "check", "demo", "--policy", policy)
    assert 2 == ended.status
    assert ended.out.startswith("failed   demo  1 skipped  ")
    assert "  because     nobody-skipped: skipped > 0 (" in ended.out


def test_the_members_that_matter_and_the_rule_are_shown(tmp_path: Path) -> None:
    failed = member("eve", "failed", failureReason="exit status 1")
    lay(tmp_path, "demo", state=state("completed", member("ada"), failed))

    lines = invoke("--root", tmp_path, "check", "demo", "--now", NOW).out.splitlines()

    assert [
        (
            "failed   demo  1 of 2 members failed: exit status 1  "
            "[1/2 confirmed, from bootstrap-state.json, 0s ago]"
        ),
        "  failed      demo/eve  exit status 1",
    ] == lines[:2]
    assert lines[-1].startswith("  because     members-failed-alike: members == 'failed' and ")
    assert lines[-1].endswith(
        "One reason that all share is given once, with their number. A dead owner has its own line."
    )


def test_not_every_decision_is_explained_for_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, "demo", state=state("completed", *[member(str(one)) for one in range(50)]))
    entries: list[int] = []

    def counted(team: str, policy: str, decisions: Sequence[object]) -> Explanation:
        entries.append(len(decisions))
        return explained(team, policy, decisions)  # type: ignore[arg-type]

    monkeypatch.setattr("launchfsm.evaluation.evaluator.explained", counted)

    assert "because" in invoke("--root", tmp_path, "check", "demo").out
    assert sum(entries) < 10


def test_the_last_rule_of_all_needs_no_condition(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))

    last = invoke("--root", tmp_path, "check", "demo").out.splitlines()[-1]

    assert last.startswith("  because     all-confirmed: no rule before it fired (")

"""The words are complete, written once, and reachable as data."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from typing import Literal, get_origin

import pytest

from launchfsm import vocabulary
from launchfsm.vocabulary import values

ALIASES = {name: alias for name, alias in vars(vocabulary).items() if get_origin(alias) is Literal}

# The page, told a second time, so that a word lost or misspelt in the module is noticed here.
PAGE = {
    "ActivePhase": "validating_spec loading_existing_state acquiring_bootstrap_lock creating_team"
    " spawning_members auditing_truth",
    "TerminalPhase": "completed failed canceled",
    "Phase": "validating_spec loading_existing_state acquiring_bootstrap_lock creating_team"
    " spawning_members auditing_truth completed failed canceled",
    "Liveness": "alive dead unknown",
    "Basis": "reached refused no_such_process impossible_pid error",
    "MemberStatus": "spawn_started registered runtime_alive bootstrap_confirmed failed pending"
    " skipped",
    "TerminalStatus": "completed partial_success failed canceled",
    "LaunchPhase": "active finished reconciled",
    "TeamLaunchState": "partial_failure partial_pending partial_skipped clean_success",
    "LaunchState": "starting runtime_pending_bootstrap runtime_pending_permission confirmed_alive"
    " failed_to_start skipped_for_launch",
    "ProgressState": "validating configuring assembling finalizing ready failed cancelled",
    "JournalType": "phase lock member terminal real_task",
    "Provider": "anthropic codex gemini opencode",
    "CodexBackend": "codex-native",
    "GeminiBackend": "auto api cli-sdk",
    "OpencodeBackend": "adapter opencode-cli",
    "Backend": "codex-native auto api cli-sdk adapter opencode-cli",
    "BillingMode": "api subscription free unknown",
    "Effort": "none minimal low medium high xhigh max",
    "FastMode": "inherit on off",
    "LaneKind": "primary secondary",
    "LivenessKind": "confirmed_bootstrap runtime_process runtime_process_candidate"
    " permission_blocked shell_only registered_only stale_metadata not_found",
    "PidSource": "lead_process tmux_pane tmux_child agent_process_table opencode_bridge"
    " runtime_bootstrap persisted_metadata",
    "Severity": "info warning error",
    "EvidenceSource": "runtime_bootstrap_checkin app_managed_bootstrap",
    "BootstrapMode": "model_tool_checkin app_managed_context",
    "ModelKind": "explicit default",
    "CatalogSource": "anthropic-models-api anthropic-compatible-api app-server static-fallback"
    " runtime unavailable",
    "SpawnStatus": "error skipped online waiting spawning offline",
    "LivenessSource": "heartbeat process",
    "RealTaskSubmission": "not_submitted submitted unknown",
    "LockAction": "acquired released stolen",
    "MemberAction": "spawn_started registered runtime_alive bootstrap_confirmed failed pending"
    " skipped spawn_failed resumed",
}


def literals_as_written() -> dict[str, list[str]]:
    """The texts of each alias as the source spells them: ``get_args`` would hide a repetition."""
    tree = ast.parse(inspect.getsource(vocabulary))
    return {
        statement.target.id: [
            node.value
            for node in ast.walk(statement.value)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        for statement in tree.body
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and statement.value is not None
    }


def test_every_alias_has_the_words_of_the_page_in_the_order_of_the_page() -> None:
    assert {name: tuple(told.split()) for name, told in PAGE.items()} == {
        name: values(alias) for name, alias in ALIASES.items()
    }


@pytest.mark.parametrize("name", sorted(ALIASES))
def test_no_alias_writes_a_word_twice(name: str) -> None:
    written = literals_as_written()[name]
    assert sorted(set(written)) == sorted(written)


def test_a_union_has_no_word_that_two_of_its_parts_share() -> None:
    for whole, parts in {
        "Phase": ("ActivePhase", "TerminalPhase"),
        "Backend": ("CodexBackend", "GeminiBackend", "OpencodeBackend"),
    }.items():
        told = [word for part in parts for word in values(ALIASES[part])]
        assert tuple(told) == values(ALIASES[whole])


def test_every_word_can_be_written_to_a_file_and_a_url_unescaped() -> None:
    for alias in ALIASES.values():
        for word in values(alias):
            assert word.replace("-", "_").isidentifier()
            assert word.isascii()
            assert word.islower()


@pytest.mark.parametrize(
    "alias",
    [str, "Provider", None, 3, Literal, tuple[str, ...], Literal[1, 2], Literal["a", 1]],
    ids=repr,
)
def test_what_is_no_alias_of_texts_has_no_words(alias: object) -> None:
    with pytest.raises(TypeError, match="has no words: pass a Literal alias of texts"):
        values(alias)


def test_reading_the_vocabulary_loads_no_library() -> None:
    """So the command line can offer words in its help without paying for machines or records."""
    script = (
        "import sys; import launchfsm.vocabulary; print(sorted(set(sys.modules)"
        " & {'attr', 'attrs', 'cattrs', 'transitions', 'click', 'rich', 'orjson', 'psutil'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert "[]\n" == done.stdout

"""Each change is one line, and the end of a wait is an exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.running import DEAD, NOW, NOW_MS, invoke, lay, member, state

if TYPE_CHECKING:
    from pathlib import Path

WAITING = member("bob", "spawn_started")
PROGRAM = (sys.executable, "-m", "launchfsm")


def put(root: Path, document: dict[str, Any]) -> None:
    """Put a new state in place of the team's old one, whole, as launchers do."""
    new = root / "demo" / "new"
    new.write_text(json.dumps(document))
    new.replace(root / "demo" / "bootstrap-state.json")


def test_the_first_look_prints_a_line_a_team_with_its_time(tmp_path: Path) -> None:
    lay(tmp_path, "one", state=state("completed", member("ada")))
    lay(tmp_path, "two", state=state("spawning_members", WAITING))

    ended = invoke(
        "--root", tmp_path, "watch", "--looks", "1", "--now", "2026-03-02T09:01:00Z", "--alive", "1"
    )

    lines = ended.out.splitlines()
    assert 0 == ended.status
    assert ["2026-03-02T09:01:00.000Z"] * 2 == [line.split()[0] for line in lines]
    assert [["ok", "one"], ["pending", "two"]] == [line.split()[1:3] for line in lines]


def test_what_stays_as_it_is_is_told_once(tmp_path: Path) -> None:
    lay(tmp_path, "one", state=state("completed", member("ada")))

    ended = invoke("--root", tmp_path, "watch", "--looks", "3", "--interval", "0.01")

    assert 1 == len(ended.out.splitlines())


def test_json_is_one_object_a_line_and_says_when_to_look_again(tmp_path: Path) -> None:
    lay(tmp_path, "one", state=state("spawning_members", WAITING, ownerPid=DEAD))

    ended = invoke(
        "--root", tmp_path, "watch", "--looks", "1", "--json", "--now", "2026-03-02T09:01:00Z"
    )

    (line,) = ended.out.splitlines()
    document = json.loads(line)
    assert "failed" == document["verdict"]["severity"]
    assert "2026-03-02T09:03" == document["recheckAt"][:16]


def test_a_watch_sees_a_launch_end_and_ends_itself_when_interrupted(tmp_path: Path) -> None:
    """With a real process that watches: the second line can only come from the second state."""
    lay(tmp_path, "demo", state=state("spawning_members", WAITING))
    watching = subprocess.Popen(
        [
            *PROGRAM,
            "--root",
            str(tmp_path),
            "watch",
            "demo",
            "--alive",
            "1",
            "--now",
            NOW,
            "--interval",
            "0.05",
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert watching.stdout is not None
    with watching:
        first = watching.stdout.readline()
        put(tmp_path, state("completed", member("bob")))
        second = watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        watching.stdout.read()

    assert ["pending", "demo"] == first.split()[1:3]
    assert ["ok", "demo"] == second.split()[1:3]
    assert 130 == watching.returncode


class TestWait:
    def test_what_has_come_already_is_not_waited_for(self, tmp_path: Path) -> None:
        lay(tmp_path, "demo", state=state("completed", member("ada")))

        ended = invoke("--root", tmp_path, "wait", "demo")

        assert 0 == ended.status
        assert ended.out.startswith("ok       demo")

    def test_a_launch_that_was_stopped_is_over(self, tmp_path: Path) -> None:
        folder = lay(tmp_path, "demo", state=state("spawning_members", WAITING))
        (folder / "launch-freshness.json").write_text(
            json.dumps({"version": 1, "teamName": "demo", "kind": "stop", "stopId": "s"})
        )

        ended = invoke("--root", tmp_path, "wait", "demo", "--timeout", "0s", "--alive", "1")

        assert (0, "stopped") == (ended.status, ended.out.split()[0])

    def test_a_launch_that_left_only_its_journal_is_over(self, tmp_path: Path) -> None:
        records = [
            {"type": "phase", "phase": "spawning_members"},
            {"type": "member", "name": "ada", "action": "bootstrap_confirmed"},
            {"type": "phase", "phase": "completed"},
            {"type": "terminal", "status": "completed"},
        ]
        journal = [json.dumps({"ts": NOW_MS, "runId": "run-1", **record}) for record in records]
        lay(tmp_path, "demo", journal="\n".join(journal) + "\n")

        ended = invoke("--root", tmp_path, "wait", "demo", "--timeout", "0s")

        assert (0, "ok") == (ended.status, ended.out.split()[0])

    def test_when_the_time_is_over_before_it_says_so_by_status(self, tmp_path: Path) -> None:
        lay(tmp_path, "demo", state=state("spawning_members", WAITING))

        ended = invoke(
            *("--root", tmp_path, "wait", "demo", "--timeout", "20ms"),
            *("--now", "2026-03-02T09:01Z", "--alive", "1"),
        )

        assert 1 == ended.status
        assert ended.out.startswith("pending  demo")

    def test_a_verdict_can_be_waited_for(self, tmp_path: Path) -> None:
        lay(tmp_path, "demo", state=state("spawning_members", WAITING, ownerPid=DEAD))

        ended = invoke("--root", tmp_path, "wait", "demo", "--for", "failed")

        assert 0 == ended.status

    def test_a_launch_that_ends_while_waited_for_ends_the_wait(self, tmp_path: Path) -> None:
        lay(tmp_path, "demo", state=state("spawning_members", WAITING))
        waiting = subprocess.Popen(
            [*PROGRAM, "--root", str(tmp_path), "wait", "demo", "--alive", "1", "--timeout", "60s"],
            stdout=subprocess.PIPE,
            text=True,
        )
        put(tmp_path, state("completed", member("bob")))

        out, _ = waiting.communicate(timeout=60)

        assert 0 == waiting.returncode
        assert out.startswith("ok       demo")

    @pytest.mark.parametrize(
        ("arguments", "status"),
        [
            (("nobody",), 3),
            (("demo", "--timeout", "soon"), 64),
            (("demo", "--for", "ever"), 64),
        ],
    )
    def test_what_cannot_be_waited_for_is_said_by_status(
        self, tmp_path: Path, arguments: tuple[str, ...], status: int
    ) -> None:
        lay(tmp_path, "demo", state=state("completed", member("ada")))

        assert status == invoke("--root", tmp_path, "wait", *arguments).status

"""Watch tells of transitions, and runs a command for each; wait ends when it has its answer."""

from __future__ import annotations

import json
import os
import signal
import termios
from contextlib import AbstractContextManager, contextmanager
from typing import IO, TYPE_CHECKING, Any

import pytest

from tests.cli.running import (
    DEAD,
    NOW,
    ended,
    interrupt,
    invoke,
    lay,
    member,
    read_to_end,
    run_on_terminal,
    running,
    running_on_terminal,
    state,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkProcess
    from pathlib import Path

WAITING = member("bob", "spawn_started")
ALIVE = ("--now", NOW, "--alive", "1")


def put(root: Path, document: dict[str, Any], team: str = "demo") -> None:
    """Put a new state in place of the team's old one, whole, as launchers do."""
    (root / team).mkdir(exist_ok=True)
    new = root / team / "new"
    new.write_text(json.dumps(document))
    new.replace(root / team / "bootstrap-state.json")


@contextmanager
def watching(root: Path, *options: str) -> Iterator[tuple[ForkProcess, IO[str]]]:
    """A real process that watches, from the first states on, and what it prints."""
    command = ("watch", "--initial", *ALIVE, *options)
    with (
        errors_of(root).open("w") as errors,
        running("--root", root, *command, errors=errors) as watched,
    ):
        yield watched


def errors_of(root: Path) -> Path:
    return root.with_name(f"{root.name}-errors")


def words(out: IO[str]) -> list[str]:
    """The transition and the team of the next line."""
    return out.readline().split()[1:5]


# -- In a pipe -------------------------------------------------------------------------------------


def test_the_first_states_are_told_when_asked(tmp_path: Path) -> None:
    lay(tmp_path, "one", state=state("completed", member("ada")))
    lay(tmp_path, "two", state=state("spawning_members", WAITING))
    asked = ("--root", tmp_path, "watch", "--looks", "1", *ALIVE)

    assert (0, "") == (invoke(*asked).status, invoke(*asked).out)
    assert [
        "none -> ok          one  every member is confirmed  [1/1 confirmed, 0s ago]",
        "none -> pending     two  Spawning teammate runtimes (1)  [0/1 confirmed, 0s ago]",
    ] == [line.partition("  ")[2] for line in invoke(*asked, "--initial").out.splitlines()]
    assert invoke(*asked, "--initial").out.startswith(f"{NOW[:-1]}.000Z  none")


def test_a_watch_sees_transitions_and_ends_when_interrupted(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("spawning_members", WAITING))

    with watching(tmp_path, "--interval", "0.05") as (process, out):
        seen = [words(out)]
        put(tmp_path, state("completed", member("bob")))
        seen.append(words(out))
        put(tmp_path, state("completed", member("eve", "failed")), "new")
        seen.append(words(out))
        (tmp_path / "new" / "bootstrap-state.json").unlink()
        (tmp_path / "new").rename(tmp_path.with_name(f"{tmp_path.name}-away"))
        seen.append(words(out))

    assert [
        ["none", "->", "pending", "demo"],
        ["pending", "->", "ok", "demo"],
        ["none", "->", "failed", "new"],
    ] == seen[:3]
    assert ["->", "none", "new"] == seen[-1][1:] or ["->", "unknown", "new"] == seen[-1][1:]
    assert 130 == process.exitcode


def test_json_lines_name_the_decision_and_the_rule(tmp_path: Path) -> None:
    lay(tmp_path, "one", state=state("spawning_members", WAITING, ownerPid=DEAD))
    asked = ("--root", tmp_path, "watch", "--looks", "1", "--jsonl", "--initial")

    (line,) = invoke(*asked, "--now", "2026-03-02T09:01:00Z").out.splitlines()
    document = json.loads(line)

    assert ["one", None, "failed"] == [document[key] for key in ("team", "old", "new")]
    assert ["verdict", "bootstrap-failed"] == [document[key] for key in ("decision", "rule")]
    assert "verdict.toml:" in document["location"]
    assert "2026-03-02T09:01:00.000Z" == document["evaluatedAt"]
    assert "2026-03-02T09:03" == document["recheckAt"][:16]


def test_files_that_change_wake_it_long_before_the_next_look(tmp_path: Path) -> None:
    pytest.importorskip("watchfiles")
    lay(tmp_path, "demo", state=state("spawning_members", WAITING))

    with watching(tmp_path, "--interval", "3600", "--looks", "2") as (process, out):
        assert ["none", "->", "pending", "demo"] == words(out)
        while process.is_alive():  # the watch on the files may not have begun yet
            put(tmp_path, state("completed", member("bob")))
            process.join(0.1)
        assert ["pending", "->", "ok", "demo"] == words(out)


def test_without_watchfiles_it_looks_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    lay(tmp_path, "demo", state=state("spawning_members", WAITING))

    ended = invoke("--root", tmp_path, "watch", "--initial", "--looks", "2", *ALIVE)

    assert (0, "", 1) == (ended.status, ended.errors, len(ended.out.splitlines()))


def test_an_interval_that_is_shorter_than_a_tick_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("time.sleep", slept.append)

    ended = invoke("--root", tmp_path, "watch", "--interval", "0.01", "--looks", "3", *ALIVE)

    assert 0 == ended.status
    assert {0.01} == set(slept)


def test_what_watchfiles_cannot_do_is_said_once_and_done_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "OS file watch limit reached")

    pytest.importorskip("watchfiles")
    monkeypatch.setattr("watchfiles.watch", refuse)
    lay(tmp_path, "demo", state=state("spawning_members", WAITING))

    ended = invoke("--root", tmp_path, "watch", "--initial", "--looks", "3", *ALIVE)

    assert (0, 1) == (ended.status, len(ended.out.splitlines()))
    assert 1 == ended.errors.count("files are looked at every 0.5 s, as watchfiles does not tell")
    assert "OS file watch limit reached" in ended.errors


# -- Commands --------------------------------------------------------------------------------------


def test_a_command_runs_once_per_transition_and_none_is_lost(tmp_path: Path) -> None:
    """Though the watch is interrupted while most of them still wait for their turn."""
    root = tmp_path / "teams"
    for number in range(5):
        lay(root, f"t{number}", state=state("completed", member("ada", "failed")))
    seen = tmp_path / "seen"
    command = (
        'sleep 0.1; echo "$LAUNCHFSM_OLD>$LAUNCHFSM_NEW $LAUNCHFSM_TEAM $LAUNCHFSM_TEXT '
        f'$LAUNCHFSM_ROOT" >> {seen}; echo noise; exit 3'
    )

    with watching(root, "--exec", command, "--exec-jobs", "1") as (process, out):
        told = [words(out) for _ in range(5)]
    errors = errors_of(root).read_text()

    assert [["none", "->", "failed", f"t{number}"] for number in range(5)] == told
    assert [f"none>failed t{number} 1 of 1 members failed {root}" for number in range(5)] == sorted(
        line for line in seen.read_text().splitlines()
    )
    assert 5 == errors.count("none -> failed, failed: exit status 3\n")
    assert 5 == errors.count("noise\n")
    assert "commands of --exec\n" in errors
    assert 130 == process.exitcode


def test_what_a_command_is_told_does_nothing_in_a_terminal(tmp_path: Path) -> None:
    root = tmp_path / "teams"
    text = "\x1b[31m$(touch /tmp/never)\x00"
    lay(root, "demo", state=state("completed", member("ada", "failed", failureReason=text)))
    seen = tmp_path / "seen"
    command = f'printf %s "$LAUNCHFSM_TEXT" > {seen}'

    invoke("--root", root, "watch", "--initial", "--looks", "1", "--exec", command)

    assert r"\u001b[31m$(touch /tmp/never)\u0000" in seen.read_text()


# -- On a terminal ---------------------------------------------------------------------------------


def test_a_terminal_shows_the_worst_first_and_what_fits(tmp_path: Path) -> None:
    for number in range(60):
        lay(tmp_path, f"t{number:02}", state=state("completed", member("ada")))
    lay(tmp_path, "zzz", state=state("completed", member("ada", "failed")))

    shown = run_on_terminal("--root", tmp_path, "watch", "--looks", "1", NO_COLOR="1").out

    lines = [line.strip() for line in shown.replace("\x1b[H", "\n").splitlines()]
    begin = lines.index("61 teams: 1 failed, 60 ok")
    assert lines[begin + 1].startswith("failed   zzz   0/1 ")
    assert lines[begin + 2].startswith("ok       t00   1/1 ")
    assert "and 13 teams: 13 ok" == lines[begin + 49].split("\x1b")[0].strip()


def test_a_single_team_is_shown_with_its_members(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada", "failed", failureReason="no")))

    shown = run_on_terminal("--root", tmp_path, "watch", "demo", "--looks", "1", NO_COLOR="1").out

    assert "member  state   note" in shown


def test_a_resize_is_drawn_at_once(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))
    with running_on_terminal(
        "--root", tmp_path, "watch", "--interval", "3600", *ALIVE, NO_COLOR="1"
    ) as (process, terminal):
        shown = b""
        while b"every member is confirmed" not in shown:
            shown += os.read(terminal, 65_536)
        termios.tcsetwinsize(terminal, (50, 40))
        interrupt(process, signal.SIGWINCH)
        while "every mem…".encode() not in shown:
            shown += os.read(terminal, 65_536)
        interrupt(process)
        read_to_end(terminal)

    assert 130 == ended(process)


# -- wait ------------------------------------------------------------------------------------------


def wait(root: Path, *options: str) -> tuple[int, str, str]:
    ended = invoke("--root", root, "wait", *options)
    return ended.status, ended.out, ended.errors


class TestWait:
    def test_what_has_come_already_is_not_waited_for(self, tmp_path: Path) -> None:
        lay(tmp_path, "demo", state=state("completed", member("ada")))

        status, out, _ = wait(tmp_path, "demo")

        assert 0 == status
        assert out.startswith("ok       demo")

    def test_a_launch_that_was_stopped_is_over(self, tmp_path: Path) -> None:
        folder = lay(tmp_path, "demo", state=state("spawning_members", WAITING))
        (folder / "launch-freshness.json").write_text(
            json.dumps({"version": 1, "teamName": "demo", "kind": "stop", "stopId": "s"})
        )

        status, out, _ = wait(tmp_path, "demo", "--timeout", "0s", "--alive", "1")

        assert (0, "stopped") == (status, out.split()[0])

    def test_a_launch_that_left_only_its_journal_is_over(self, tmp_path: Path) -> None:
        records = [
            {"type": "phase", "phase": "spawning_members"},
            {"type": "member", "name": "ada", "action": "bootstrap_confirmed"},
            {"type": "phase", "phase": "completed"},
            {"type": "terminal", "status": "completed"},
        ]
        journal = [
            json.dumps({"ts": 1_772_442_000_000, "runId": "run-1", **one}) for one in records
        ]
        lay(tmp_path, "demo", journal="\n".join(journal) + "\n")

        status, out, _ = wait(tmp_path, "demo", "--timeout", "0s")

        assert (0, "ok") == (status, out.split()[0])

    def test_when_the_time_is_over_before_it_says_so_by_status(self, tmp_path: Path) -> None:
        lay(tmp_path, "demo", state=state("spawning_members", WAITING))

        status, out, _ = wait(
            tmp_path, *("demo", "--timeout", "20ms", "--now", "2026-03-02T09:01Z", "--alive", "1")
        )

        assert 1 == status
        assert out.startswith("pending  demo")

    @pytest.mark.parametrize("goals", ["failed", "ok,failed", "stopped, failed"])
    def test_one_of_several_verdicts_can_be_waited_for(self, tmp_path: Path, goals: str) -> None:
        lay(tmp_path, "demo", state=state("spawning_members", WAITING, ownerPid=DEAD))

        assert 0 == wait(tmp_path, "demo", "--for", goals)[0]

    def test_what_cannot_come_any_more_is_not_waited_for(self, tmp_path: Path) -> None:
        lay(tmp_path, "demo", state=state("spawning_members", WAITING, ownerPid=DEAD))
        lay(tmp_path, "other", state=state("spawning_members", WAITING))

        status, out, errors = wait(tmp_path, "other", "demo", "--for", "ok,warning", "--alive", "1")

        assert 2 == status
        assert ["other", "demo"] == [line.split()[1] for line in out.splitlines()]
        why = "demo cannot become ok or warning any more: it is failed, and its launch is over\n"
        assert why == errors

    def test_all_teams_are_waited_for_or_any(self, tmp_path: Path) -> None:
        lay(tmp_path, "done", state=state("completed", member("ada")))
        lay(tmp_path, "begun", state=state("spawning_members", WAITING))
        lay(tmp_path, "failed", state=state("completed", member("ada", "failed")))
        asked = ("--for", "ok", "--timeout", "0s", "--alive", "1", "--now", NOW)

        assert 1 == wait(tmp_path, "done", "begun", *asked)[0]
        assert 0 == wait(tmp_path, "done", "begun", "--any", *asked)[0]
        assert 0 == wait(tmp_path, "done", "failed", "--any", *asked)[0]
        assert 1 == wait(tmp_path, "begun", "failed", "--any", *asked)[0]
        assert 2 == wait(tmp_path, "failed", "--any", *asked)[0]

    def test_a_team_that_is_not_there_yet_is_waited_for_when_asked(self, tmp_path: Path) -> None:
        root = tmp_path / "teams"

        status, out, _ = wait(root, "demo", "--create", "--timeout", "0s")

        assert (1, "unknown  demo  there is no such team\n") == (status, out)
        with waiting(root, "demo", "--create") as (process, printed):
            root.mkdir()
            put(root, state("completed", member("bob")))
            out = printed.read()
        assert (0, "ok") == (process.exitcode, out.split()[0])

    def test_a_launch_that_ends_while_waited_for_ends_the_wait(self, tmp_path: Path) -> None:
        lay(tmp_path, "demo", state=state("spawning_members", WAITING))
        with waiting(tmp_path, "demo") as (process, printed):
            put(tmp_path, state("completed", member("bob")))
            out = printed.read()

        assert 0 == process.exitcode
        assert out.startswith("ok       demo")

    @pytest.mark.parametrize(
        ("arguments", "status"),
        [
            (("nobody",), 3),
            (("../demo", "--create"), 3),
            ((), 64),
            (("demo", "--timeout", "soon"), 64),
            (("demo", "--for", "ever"), 64),
            (("demo", "--for", "ok,"), 64),
        ],
    )
    def test_what_cannot_be_waited_for_is_said_by_status(
        self, tmp_path: Path, arguments: tuple[str, ...], status: int
    ) -> None:
        lay(tmp_path, "demo", state=state("completed", member("ada")))

        assert status == wait(tmp_path, *arguments)[0]


def waiting(root: Path, *options: str) -> AbstractContextManager[tuple[ForkProcess, IO[str]]]:
    return running("--root", root, "wait", "--alive", "1", "--timeout", "60s", *options)

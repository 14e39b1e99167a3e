"""The program starts light, ends with the status that scripts rely on, and never with a trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path

import click
import pytest

import launchfsm
from launchfsm import LaunchEvaluator
from launchfsm.cli.program import SUBCOMMANDS, main, program
from launchfsm.evaluation.watch import Watcher
from tests.cli.running import (
    COMMAND,
    ended,
    environment,
    interrupt,
    invoke,
    lay,
    member,
    read_to_end,
    run,
    run_script,
    running_on_terminal,
    state,
)

HEAVY = {"transitions", "attrs", "attr", "cattrs", "orjson", "rich", "psutil", "hypothesis"}
SCRIPT = Path(sys.executable).with_name("launchfsm")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(200):
        lay(tmp_path, f"team-{number:03}", state=state("completed", member("ada"), member("bob")))
    return tmp_path


# -- Starting --------------------------------------------------------------------------------------


def loaded(*lines: str, root: Path | str = ".") -> tuple[str, list[str]]:
    """What a new interpreter prints for some command lines, and which heavy libraries it loads."""
    script = f"""
import sys
from launchfsm.cli import main
for line in {lines!r}:
    sys.argv = ["launchfsm", "--root", sys.argv[2], *line.split()]
    try:
        main()
    except SystemExit:
        pass
print(*sorted(set(sys.modules) & set({sorted(HEAVY)!r})), file=sys.stderr)
"""
    shown = run_script(script, "--root", root)
    return shown.out, shown.errors.split()


def test_help_loads_none_of_the_heavy_libraries() -> None:
    out, heavy = loaded("--help", "policy --help")

    assert "Usage: launchfsm [OPTIONS]" in out
    assert "Usage: launchfsm policy [OPTIONS]" in out
    assert [] == heavy


def test_only_a_terminal_loads_rich(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))
    out, heavy = loaded("status", root=tmp_path)

    assert out.startswith("ok       demo")
    assert not {"rich", "psutil"} & set(heavy)


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_the_table_tells_of_each_subcommand_what_it_tells_itself(name: str) -> None:
    command = SUBCOMMANDS[name].load()

    assert isinstance(command, click.Command)
    assert name == command.name
    assert SUBCOMMANDS[name].summary == (command.help or "").splitlines()[0]


def test_help_lists_the_subcommands_in_the_order_of_the_table() -> None:
    shown = invoke("--help").out

    places = [shown.index(f"\n  {name} ") for name in SUBCOMMANDS]

    assert sorted(places) == places


def test_without_a_subcommand_there_is_help() -> None:
    assert invoke("--help") == invoke()


@pytest.mark.parametrize("command", [(str(SCRIPT),), (sys.executable, "-m", "launchfsm")])
def test_the_installed_script_and_the_package_are_this_program(command: tuple[str, ...]) -> None:
    done = subprocess.run([*command, "--version"], capture_output=True, check=True, text=True)

    assert done.stdout.endswith(f"launchfsm {version('launchfsm')}\n")


# -- Ending ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "statsu",
        "--bogus",
        "status --bogus",
        "wait",
        "explain",
        "diff",
        "machines owner",
    ],
)
def test_wrong_usage_ends_with_64_and_says_how_to_go_on(line: str) -> None:
    ended = invoke(*line.split())

    assert (64, "") == (ended.status, ended.out)
    assert "Error: " in ended.errors
    assert "--help" in ended.errors


def test_a_misspelt_subcommand_is_told_the_nearest() -> None:
    assert "there is no command 'statsu' (did you mean 'status'?)" in invoke("statsu").errors


def test_a_hostile_word_for_a_subcommand_is_shown_escaped() -> None:
    assert "\x1b" not in invoke("\x1b[31mstatus").errors


def test_a_program_that_is_not_standalone_returns_its_status(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada", "failed")))

    ended = program.main(["--root", str(tmp_path), "check", "demo"], standalone_mode=False)

    assert 2 == ended


def test_whoever_stops_reading_stops_it_without_a_trace(root: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "--root", root, "status"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        errors = process.stderr.read()

    assert (b"", 141) == (errors, process.returncode)


@pytest.mark.parametrize("line", ["--help", "status --json"])
def test_a_pipe_that_nobody_reads_is_no_error_of_ours(root: Path, line: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "--root", root, *line.split()],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(),
        check=False,
    )
    os.close(writing)

    assert (b"", 141) == (done.stderr, done.returncode)


def test_errors_into_a_broken_pipe_change_no_status() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "statsu"],
        stdout=subprocess.PIPE,
        stderr=writing,
        env=environment(),
        check=False,
    )
    os.close(writing)

    assert (b"", 64) == (done.stdout, done.returncode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_in_a_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            check=False,
        )

    assert 3 == done.returncode
    assert b"Error: standard output: No space left on device\n" == done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("line", ["--bogus", "check demo"])
def test_a_message_that_cannot_be_written_changes_no_status(tmp_path: Path, line: str) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada", "failed")))
    command = [*COMMAND, "--root", str(tmp_path), *line.split()]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=full, env=environment(), check=False)

    assert invoke("--root", tmp_path, *line.split()).status == done.returncode


def called() -> object:
    """The exit status of `main`, called in this process."""
    with pytest.raises(SystemExit) as exited:
        main()
    return exited.value.code


def fail(monkeypatch: pytest.MonkeyPatch, root: Path, error: BaseException) -> None:
    """Have the command fail so when it evaluates the team `demo`."""

    def evaluate(*_: object) -> None:
        raise error

    lay(root, "demo", state=state("completed", member("ada")))
    monkeypatch.setattr(LaunchEvaluator, "evaluate", evaluate)


def test_an_error_of_the_system_is_told_where_there_is_no_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail(monkeypatch, tmp_path, PermissionError(13, "Permission denied", "a\x1bfile"))
    monkeypatch.setattr(sys, "argv", ["launchfsm", "--root", str(tmp_path), "check", "demo"])
    with monkeypatch.context() as without_output:
        without_output.setattr(sys, "stdout", None)
        assert 3 == called()

    assert "Error: 'a\\x1bfile': Permission denied\n" == capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (RuntimeError("a bug"), 3, "RuntimeError: a bug"),
        (KeyboardInterrupt(), 130, ""),
        (SystemExit(0), 3, "something that was loaded tried to exit with 0"),
    ],
    ids=repr,
)
def test_neither_a_bug_nor_an_interrupt_nor_an_exit_reads_as_a_verdict(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
    said: str,
) -> None:
    fail(monkeypatch, tmp_path, error)

    ended = run("--root", tmp_path, "check", "demo")

    assert (status, "") == (ended.status, ended.out)
    assert said in ended.errors


def test_without_a_standard_output_the_status_still_counts(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada", "failed")))
    line = 'exec "$0" -m launchfsm --root "$1" check demo >&-'
    done = subprocess.run(
        ["/bin/sh", "-c", line, sys.executable, tmp_path],
        stderr=subprocess.PIPE,
        env=environment(),
        check=False,
    )

    assert (b"", 2) == (done.stderr, done.returncode)


def test_an_encoding_that_lacks_a_character_gets_an_escape(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada", "failed", failureReason="日本")))

    script = "from launchfsm.cli import main; main()"
    asked = ("--root", tmp_path, "status", "demo")
    ended = run_script(script, *asked, PYTHONIOENCODING="latin-1")

    assert 0 == ended.status
    assert r"failed      demo/ada  \u65e5\u672c" in ended.out


# -- Signals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_live_table_that_is_ended_shows_the_cursor_again(
    tmp_path: Path, number: signal.Signals
) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))
    with running_on_terminal("--root", tmp_path, "watch") as (watching, terminal):
        shown = b""
        while b"\x1b[?25l" not in shown:
            shown += os.read(terminal, 65_536)
        interrupt(watching, number)
        shown += read_to_end(terminal)

    assert 128 + number == ended(watching)
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")
    assert b"Traceback" not in shown


@pytest.mark.parametrize("line", ["watch", "watch --jsonl", "wait demo"])
def test_a_command_that_is_terminated_says_so_by_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    lay(tmp_path, "demo", state=state("spawning_members", member("ada", "spawn_started")))
    monkeypatch.setattr(Watcher, "until_due", lambda *_: os.kill(os.getpid(), signal.SIGTERM))

    ended = run("--root", tmp_path, *line.split(), "--alive", "1")

    assert (143, "") == (ended.status, ended.errors)


# -- The root --------------------------------------------------------------------------------------


def test_the_nearest_root_counts(tmp_path: Path) -> None:
    for place in ("home/.claude/teams", "env", "group", "own"):
        lay(tmp_path / place, place.partition("/")[0], state=state("completed", member("ada")))
    home, env = {"HOME": str(tmp_path / "home")}, {"LAUNCHFSM_ROOT": str(tmp_path / "env")}
    group, own = ("--root", tmp_path / "group"), ("--root", tmp_path / "own")

    assert "home" == team_of(invoke("status", **home).out)
    assert "home" == team_of(invoke("status", **home, LAUNCHFSM_ROOT="").out)
    assert "env" == team_of(invoke("status", **home, **env).out)
    assert "group" == team_of(invoke(*group, "status", **home, **env).out)
    assert "own" == team_of(invoke(*group, "status", *own, **home, **env).out)


def team_of(lines: str) -> str:
    return lines.split()[1]


def test_the_package_does_not_need_its_command() -> None:
    script = """
import sys, launchfsm.evaluation.evaluator
print(sorted(set(sys.modules) & {"click", "rich"}))
"""

    assert "[]\n" == run_script(script).out
    assert "cli" not in launchfsm.__all__


def test_a_program_that_calls_it_keeps_its_signals_and_may_call_it_in_any_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statuses = []

    def handlers() -> list[object]:
        return [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]

    monkeypatch.setattr(sys, "argv", ["launchfsm", "machines"])
    before = handlers()
    statuses.append(called())
    thread = threading.Thread(target=lambda: statuses.append(called()))
    thread.start()
    thread.join()

    assert [0, 0] == statuses
    assert before == handlers()

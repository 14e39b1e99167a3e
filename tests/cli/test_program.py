"""The program starts light, ends with the status that scripts rely on, and never with a trace."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

import launchfsm
from launchfsm.cli.program import SUBCOMMANDS, program
from tests.cli.running import (
    COMMAND,
    environment,
    invoke,
    lay,
    member,
    read_to_end,
    run,
    run_script,
    state,
)

HEAVY = {"transitions", "attrs", "attr", "cattrs", "orjson", "rich", "psutil", "hypothesis"}
CALL_MAIN = "from launchfsm.cli import main; main()"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(200):
        lay(tmp_path, f"team-{number:03}", state=state("completed", member("ada"), member("bob")))
    return tmp_path


# -- Starting --------------------------------------------------------------------------------------


def test_help_loads_none_of_the_heavy_libraries() -> None:
    script = f"""
import sys
sys.argv = ["launchfsm", "--help"]
try:
    {CALL_MAIN}
finally:
    print("loaded:", sorted(set(sys.modules) & set({sorted(HEAVY)!r})), file=sys.stderr)
"""
    shown = run_script(script)

    assert "Usage: launchfsm" in shown.out
    assert "loaded: []\n" == shown.errors


def test_only_a_terminal_loads_rich(tmp_path: Path) -> None:
    script = f"""
import sys
sys.argv = ["launchfsm", "--root", sys.argv[1], "status"]
try:
    {CALL_MAIN}
finally:
    print("loaded:", sorted(set(sys.modules) & {{"rich", "psutil"}}), file=sys.stderr)
"""
    lay(tmp_path, "demo", state=state("completed", member("ada")))

    assert "loaded: []\n" == run_script(script, tmp_path).errors


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


def test_it_says_its_version() -> None:
    from importlib.metadata import version  # noqa: PLC0415 - asked of the installed package

    assert f"launchfsm {version('launchfsm')}\n" == run("--version").out.replace(
        "python -m launchfsm", "launchfsm"
    )


def test_the_installed_script_is_the_same_program() -> None:
    script = Path(sys.executable).with_name("launchfsm")
    done = subprocess.run([script, "machines"], capture_output=True, check=True, text=True)

    assert run("machines").out == done.stdout


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


@pytest.mark.parametrize("line", ["--help", "status", "status --json", "machines"])
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


def test_errors_into_a_broken_pipe_change_no_status(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "--root", tmp_path, "check", "nobody"],
        stdout=subprocess.PIPE,
        stderr=writing,
        env=environment(),
        check=False,
    )
    os.close(writing)

    assert (b"", 3) == (done.stdout, done.returncode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_in_a_line(root: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "--root", root, "status"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            check=False,
        )

    assert 3 == done.returncode
    assert b"Error: standard output: No space left on device\n" == done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("line", ["check nobody", "policy check nobody", "--bogus", "check demo"])
def test_a_message_that_cannot_be_written_changes_no_status(tmp_path: Path, line: str) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada", "failed")))
    command = [*COMMAND, "--root", str(tmp_path), *line.split()]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=full, env=environment(), check=False)

    assert invoke("--root", tmp_path, *line.split()).status == done.returncode


def test_an_error_of_the_system_is_told_where_there_is_no_output(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))
    script = f"""
import sys
from launchfsm import LaunchEvaluator
def evaluate(self, team):
    raise PermissionError(13, "Permission denied", "a\\x1bfile")
LaunchEvaluator.evaluate = evaluate
sys.argv = ["launchfsm", "--root", sys.argv[1], "check", "demo"]
sys.stdout = None
{CALL_MAIN}
"""
    ended = run_script(script, tmp_path)

    assert (3, "Error: 'a\\x1bfile': Permission denied\n") == (ended.status, ended.errors)


def test_code_that_is_loaded_cannot_end_the_program_well(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))
    script = f"""
import sys
from launchfsm import LaunchEvaluator
LaunchEvaluator.evaluate = lambda *_: sys.exit(0)
sys.argv = ["launchfsm", "--root", sys.argv[1], "check", "demo"]
{CALL_MAIN}
"""
    ended = run_script(script, tmp_path)

    assert (3, "") == (ended.status, ended.out)
    assert "something that was loaded tried to exit with 0" in ended.errors


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


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [("RuntimeError('a bug')", 3, "RuntimeError: a bug"), ("KeyboardInterrupt", 130, "")],
)
def test_neither_a_bug_nor_an_interrupt_reads_as_a_verdict(
    tmp_path: Path, error: str, status: int, said: str
) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))
    script = f"""
import sys
from launchfsm import LaunchEvaluator
def evaluate(self, team):
    raise {error}
LaunchEvaluator.evaluate = evaluate
sys.argv = ["launchfsm", "--root", sys.argv[1], "check", "demo"]
{CALL_MAIN}
"""
    ended = run_script(script, tmp_path)

    assert status == ended.status
    assert said in ended.errors


def test_an_encoding_that_lacks_a_character_gets_an_escape(tmp_path: Path) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada", "failed", failureReason="日本")))

    ended = run("--root", tmp_path, "status", "demo", PYTHONIOENCODING="latin-1")

    assert 0 == ended.status
    assert r"failed      demo/ada  \u65e5\u672c" in ended.out


# -- Signals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_live_table_that_is_ended_shows_the_cursor_again(
    tmp_path: Path, number: signal.Signals
) -> None:
    lay(tmp_path, "demo", state=state("completed", member("ada")))
    terminal, slave = pty.openpty()
    watching = subprocess.Popen(
        [*COMMAND, "--root", tmp_path, "watch"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment(TERM="xterm"),
        preexec_fn=_default_signals,  # noqa: PLW1509 - no threads here
    )
    os.close(slave)
    shown = b""
    while b"\x1b[?25l" not in shown:
        shown += os.read(terminal, 65_536)
    watching.send_signal(number)
    shown += read_to_end(terminal)
    os.close(terminal)

    assert 128 + number == watching.wait(60)
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")
    assert b"Traceback" not in shown


def _default_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize("line", ["watch", "watch --jsonl", "wait demo"])
def test_a_command_that_is_terminated_says_so_by_status(tmp_path: Path, line: str) -> None:
    lay(tmp_path, "demo", state=state("spawning_members", member("ada", "spawn_started")))
    script = f"""
import os, signal, sys
from launchfsm.evaluation.watch import Watcher
Watcher.until_due = lambda *_: os.kill(os.getpid(), signal.SIGTERM)
sys.argv = ["launchfsm", "--root", sys.argv[1], *{line!r}.split(), "--alive", "1"]
{CALL_MAIN}
"""
    ended = run_script(script, tmp_path)

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


def test_a_program_that_calls_it_keeps_its_signals_and_may_call_it_in_any_thread() -> None:
    script = """
import signal, sys, threading
from launchfsm.cli import main
sys.argv = ["launchfsm", "machines"]
def handlers():
    return [signal.getsignal(getattr(signal, name)) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
def call():
    try:
        main()
    except SystemExit as exited:
        print("exited with", exited.code, file=sys.stderr)
before = handlers()
call()
thread = threading.Thread(target=call)
thread.start()
thread.join()
print(handlers() == before, file=sys.stderr)
"""
    assert "exited with 0\nexited with 0\nTrue\n" == run_script(script).errors

"""Running the command: in this process, in a real one, and on a real terminal."""

from __future__ import annotations

import json
import multiprocessing
import os
import pty
import shlex
import signal
import subprocess
import sys
import termios
import warnings
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from attrs import frozen
from click.testing import CliRunner

from launchfsm.cli.program import main, program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkProcess

NOW = "2026-03-02T09:00:00Z"
NOW_MS = 1_772_442_000_000
COMMAND = (sys.executable, "-m", "launchfsm")
DEAD = 2**31 - 2  # no kernel gives out a pid this high

# Variables of whoever runs the tests that would change what is shown.
_DECIDING = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "LAUNCHFSM_ROOT")


@frozen
class Run:
    """How a command ended, and what it said."""

    status: int
    out: str
    errors: str = ""


def invoke(*args: str | Path, **env: str) -> Run:
    """Run the command in this process."""
    result = CliRunner().invoke(program, [str(arg) for arg in args], env=env)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Run(result.exit_code, result.stdout, result.stderr)


def completed(*typed: str | Path) -> list[str]:
    """What bash is offered for the last of the words behind the command's name."""
    words = ["launchfsm", *(str(word) for word in typed)]
    env = {
        "_LAUNCHFSM_COMPLETE": "bash_complete",
        "COMP_WORDS": shlex.join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    result = CliRunner().invoke(program, env=env, prog_name="launchfsm")
    assert (0, "") == (result.exit_code, result.stderr)
    return [line.removeprefix("plain,") for line in result.stdout.split("\n") if line]


def environment(**env: str) -> dict[str, str]:
    """This process's environment without what would change the output, and with `env`."""
    return {key: value for key, value in os.environ.items() if key not in _DECIDING} | env


def run_script(source: str, *args: str | Path, **env: str) -> Run:
    """Run a script by an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", source, *args],
        capture_output=True,
        check=False,
        env=environment(**env),
        timeout=60,
    )
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())


def fork(
    *args: str | Path,
    stdin: IO[Any] | int,
    stdout: IO[Any] | int,
    stderr: IO[Any] | int,
    **env: str,
) -> ForkProcess:
    """Begin the real command in a process forked from this one, where everything is imported.

    It costs a tenth of a new interpreter, and sees what a test has patched.
    """
    process = multiprocessing.get_context("fork").Process(
        target=_become, args=(args, (stdin, stdout, stderr), environment(**env)), daemon=True
    )
    with warnings.catch_warnings():  # pytest-xdist has threads, of which the fork needs none
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    return process


def _become(
    args: tuple[str | Path, ...], streams: tuple[IO[Any] | int, ...], env: dict[str, str]
) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    for place, stream in enumerate(streams):
        os.dup2(stream if isinstance(stream, int) else stream.fileno(), place)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - for good
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["launchfsm", *map(str, args)]
    main()


def ended(process: ForkProcess) -> int:
    """The exit status of a forked command, when it has ended."""
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def run(*args: str | Path, **env: str) -> Run:
    """Run the real command in a process of its own, its output into files."""
    with (
        Path(os.devnull).open() as nothing,
        TemporaryFile() as out,
        TemporaryFile() as errors,
    ):
        status = ended(fork(*args, stdin=nothing, stdout=out, stderr=errors, **env))
        out.seek(0)
        errors.seek(0)
        return Run(status, out.read().decode(), errors.read().decode())


@contextmanager
def running(
    *args: str | Path, errors: IO[Any] | int = 2, **env: str
) -> Iterator[tuple[ForkProcess, IO[str]]]:
    """The real command, and the pipe into which it prints; it is interrupted in the end."""
    reading, writing = os.pipe()
    with Path(os.devnull).open() as nothing, os.fdopen(reading) as out:
        process = fork(*args, stdin=nothing, stdout=writing, stderr=errors, **env)
        os.close(writing)
        try:
            yield process, out
        finally:
            interrupt(process)
            ended(process)


def interrupt(process: ForkProcess, number: signal.Signals = signal.SIGINT) -> None:
    """Send a signal to a forked command, unless it has ended."""
    if process.is_alive():
        assert process.pid is not None
        os.kill(process.pid, number)


def run_on_terminal(*args: str | Path, columns: int = 200, **env: str) -> Run:
    """Run the real command on a real terminal; what it shows is `out`."""
    with running_on_terminal(*args, columns=columns, **env) as (process, terminal):
        shown = read_to_end(terminal)
    return Run(ended(process), shown.decode().replace("\r\n", "\n"))


@contextmanager
def running_on_terminal(
    *args: str | Path, columns: int = 200, **env: str
) -> Iterator[tuple[ForkProcess, int]]:
    """The real command on a real terminal, and the terminal's other end."""
    terminal, slave = pty.openpty()
    termios.tcsetwinsize(slave, (50, columns))
    env = {"TERM": "xterm-256color", **env}
    process = fork(*args, stdin=slave, stdout=slave, stderr=slave, **env)
    os.close(slave)
    try:
        yield process, terminal
    finally:
        os.close(terminal)


def read_to_end(master: int) -> bytes:
    """What is shown on a terminal until the last process has left it."""
    found = b""
    while True:
        try:
            chunk = os.read(master, 65_536)
        except OSError:  # Linux says EIO where a pipe says end of file
            return found
        if not chunk:
            return found
        found += chunk


# -- Teams -----------------------------------------------------------------------------------------


def lay(
    root: Path,
    team: str,
    *,
    state: Any = None,
    launch: Any = None,
    lock: Any = None,
    journal: str | None = None,
) -> Path:
    """Lay a team's files into a teams root; a text is written as it is, all else as JSON."""
    folder = root / team
    folder.mkdir(parents=True)
    if lock is not None:
        (folder / ".bootstrap.lock").mkdir()
    if isinstance(launch, dict):
        launch = {"teamName": team, **launch}
    files = {
        "bootstrap-state.json": state,
        "launch-state.json": launch,
        ".bootstrap.lock/metadata.json": lock,
        "bootstrap-journal.jsonl": journal,
    }
    for name, content in files.items():
        if content is not None:
            text = content if isinstance(content, str) else json.dumps(content)
            (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    return folder


def state(phase: str, *members: dict[str, Any], **others: Any) -> dict[str, Any]:
    """A bootstrap's state; its owner is pid 1, which lives on every machine."""
    return {
        "version": 1,
        "runId": "run-1",
        "ownerPid": 1,
        "startedAt": NOW_MS,
        "updatedAt": NOW_MS,
        "phase": phase,
        "members": list(members),
        **others,
    }


def member(name: str, status: str = "bootstrap_confirmed", **others: Any) -> dict[str, Any]:
    """A member of a bootstrap's state."""
    return {"name": name, "status": status, **others}


def saved(phase: str, **members: dict[str, Any]) -> dict[str, Any]:
    """A launcher's snapshot."""
    return {
        "version": 2,
        "updatedAt": NOW,
        "launchPhase": phase,
        "expectedMembers": list(members),
        "members": members,
    }


HOSTILE_TEXTS = (
    "\x1b[2J\x1b[31mred\x1b]0;title\x07",  # C0: clears the screen, colours, renames the window
    "\x9b31m\x85\x7f",  # C1, NEL and DEL
    "[bold red]loud[/bold red] [link=https://example.org]here[/link] :boom:",  # rich's markup
    "abc\u202e\u2066fdp.exe\u2069\u200f",  # bidirectional overrides, isolates and marks
    "one\nok       forged  every member is confirmed\r\u2028\u2029\u0085two",  # line ends
    "\ud800lone\udfff",  # surrogates that no encoding has
    "\ufeff\u200b\u00ad\U000e0041tagged",  # invisible characters
    "x" * 100_000,
    "tab\tnul\x00",
)


def lay_hostile(root: Path, team: str = "hostile") -> Path:
    """A team in which every text is an attack on whoever shows it."""
    members = [
        member(f"{index}{text}", "failed", failureReason=text)
        for index, text in enumerate(HOSTILE_TEXTS)
        if len(text) < 1000
    ]
    long = member(HOSTILE_TEXTS[7], "spawn_started")
    records = [
        {"type": "member", "name": text, "action": text, "detail": text}
        for text in HOSTILE_TEXTS[:3]
    ]
    attack = "".join(HOSTILE_TEXTS[:7])
    saved_members = {
        text: {
            "launchState": "runtime_pending_permission",
            "laneId": text,
            "pendingPermissionRequestIds": [text],
            "runtimeDiagnostic": text,
            "diagnostics": [text],
            "effort": text,
            "runtimePid": 1e300,
        }
        for text in HOSTILE_TEXTS[:7]
    }
    return lay(
        root,
        team,
        state=state("spawning_members", *members, long, teamName=attack),
        launch={
            **saved("active"),
            "members": saved_members,
            "updatedAt": attack,
        },
        journal="\n".join(json.dumps(record) for record in records) + f"\n{attack}",
    )

"""The program: `launchfsm`, its subcommands by name, and how it ends.

Here: the table of subcommands, `--root`, exit statuses, pipes that break. Not here: any
subcommand; each is a module of its own, imported when it is asked for.
"""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from launchfsm.cli.lazy import LazyCommand, LazyGroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SUBCOMMANDS: Final[Mapping[str, LazyCommand]] = {
    "status": LazyCommand("launchfsm.cli.status", "Say how launches stand, team by team."),
    "explain": LazyCommand("launchfsm.cli.explain", "Say why: every decision behind a verdict."),
    "check": LazyCommand("launchfsm.cli.check", "Say it by exit status, for scripts."),
    "diff": LazyCommand("launchfsm.cli.diff", "Show where a team's two snapshots disagree."),
    "watch": LazyCommand("launchfsm.cli.watch", "Say it again each time a verdict changes."),
    "wait": LazyCommand("launchfsm.cli.wait", "Wait until a launch has come so far."),
    "audit": LazyCommand("launchfsm.cli.audit", "Hold a launch's records against each other."),
    "policy": LazyCommand(
        "launchfsm.cli.policy", "Write policies: check, test, verify, compare and show them."
    ),
    "machines": LazyCommand("launchfsm.cli.machines", "Print the lifecycles as Mermaid diagrams."),
}

UNUSABLE: Final = 3
"""Exit status when there is nothing to say: wrong usage, an unknown team, a faulty policy."""

INTERRUPTED: Final = 130  # 128 + SIGINT, as a shell tells it
_PIPE_BROKEN: Final = 141  # 128 + SIGPIPE


class _PipeBrokenError(Exception):
    """Whoever read the output has gone; kept from click, which would exit with 1, a warning."""


class Program(LazyGroup):
    """The root of all commands: ends with 3 where click would end with 1 or 2."""

    def main(  # type: ignore[override]  # click's overloads tell standalone mode's return type
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *,
        standalone_mode: bool = True,
        **settings: Any,
    ) -> int:
        """Run a command line and exit, or return the exit status when not standalone."""
        status = self._run(args, prog_name, settings)
        if standalone_mode:
            sys.exit(status)
        return status

    def _run(
        self, args: Sequence[str] | None, prog_name: str | None, settings: dict[str, Any]
    ) -> int:
        try:
            status = super().main(args, prog_name, standalone_mode=False, **settings)
        except click.ClickException as error:
            error.show()
            return UNUSABLE
        except click.Abort:
            return INTERRUPTED
        return status if isinstance(status, int) else 0

    def make_context(self, *args: Any, **settings: Any) -> click.Context:
        """As click does; `--help` is answered here."""
        with _pipe_watched():
            return super().make_context(*args, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does; every subcommand runs in here."""
        with _pipe_watched():
            return super().invoke(ctx)


@contextmanager
def _pipe_watched() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise _PipeBrokenError from error


@click.command(
    cls=Program,
    subcommands=SUBCOMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--root",
    metavar="FOLDER",
    envvar="LAUNCHFSM_ROOT",
    default="~/.claude/teams",
    show_default=True,
    show_envvar=True,
    help="The folder that holds one folder a team.",
)
@click.version_option(package_name="launchfsm", message="%(prog)s %(version)s")
@click.pass_context
def program(ctx: click.Context, root: str) -> None:
    """Say, with reasons, how launches of agent teams stand.

    Reads what a launch left in its team's folder, and changes nothing there. How it is judged is
    written in decision tables that anyone can read and change: the policy.
    """
    ctx.obj = root
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run the program as the console script does, and exit."""
    _tolerate_any_text()
    try:
        status = program.main(standalone_mode=False)
        _flush()
    except (_PipeBrokenError, BrokenPipeError):
        _let_output_go()
        status = _PIPE_BROKEN
    except OSError as error:
        _let_output_go(but_errors=True)
        click.echo(f"Error: {_told(error)}", err=True)
        status = UNUSABLE
    except Exception:  # noqa: BLE001 - Python would exit with 1, which `check` says for a warning
        traceback.print_exc()
        status = UNUSABLE
    sys.exit(status)


def _tolerate_any_text() -> None:
    """A character that the output's encoding lacks is written as an escape, and no error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _told(error: OSError) -> str:
    # Nothing that is read raises; an error that names no file is most likely a full disk.
    where = "standard output" if error.filename is None else ascii(error.filename)
    return f"{where}: {error.strerror or error}"


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _let_output_go(*, but_errors: bool = False) -> None:
    """What is still buffered goes nowhere, so that the interpreter's last flush cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1,) if but_errors else (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)

"""The program `launchfsm`: its subcommands by name, `--root`, and how it ends.

Subcommands are imported when they are asked for: `--help` costs no more than click.
"""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
import threading
import traceback
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

import click

from launchfsm.errors import LaunchfsmError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

    from click.shell_completion import CompletionItem

UNUSABLE: Final = 3
"""Exit status when there is no answer: an unknown team, a faulty policy, a full disk."""

WRONG_USAGE: Final = 64
"""Exit status of wrong usage (`EX_USAGE` of sysexits.h), which is no verdict of `check`."""

_COMPLETE: Final = "_LAUNCHFSM_COMPLETE"  # set by the shell functions that click writes
_SIGNALLED: Final = 128  # a shell reports a process that a signal ended as 128 + the signal
_INTERRUPTED: Final = _SIGNALLED + 2
_PIPE_BROKEN: Final = _SIGNALLED + 13
_SHOW_CURSOR: Final = "\x1b[?25h"


# -- Subcommands -----------------------------------------------------------------------------------


class LazyCommand(NamedTuple):
    """A subcommand that is not imported yet, and the first line of its help."""

    place: str  # the module of this package that defines it, a dot, and its name there
    summary: str

    def load(self) -> click.Command:
        """Import the subcommand."""
        module, _, name = self.place.partition(".")
        command: click.Command = getattr(importlib.import_module(f"launchfsm.cli.{module}"), name)
        return command


class LazyGroup(click.Group):
    """A group whose subcommands are imported when one of them is asked for."""

    def __init__(self, *args: Any, subcommands: Mapping[str, LazyCommand], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.subcommands = subcommands

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of the table."""
        return list(self.subcommands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The subcommand of a name, imported now; `None` when there is none."""
        known = self.subcommands.get(cmd_name)
        return None if known is None else known.load()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; the message about an unknown subcommand names the nearest one."""
        wrong = args[0] not in self.subcommands and not args[0].startswith("-")
        if wrong and not ctx.resilient_parsing:
            from launchfsm.cli.output import no_such  # noqa: PLC0415 - needed for errors only

            ctx.fail(no_such("command", args[0], self.subcommands))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names in the table, without an import, and the options."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - for shells alone

        names = [name for name in self.subcommands if name.startswith(incomplete)]
        found = [CompletionItem(name, help=self.subcommands[name].summary) for name in names]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """The table, without an import."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, known.summary) for name, known in self.subcommands.items()])


_EXPLAIN: Final = LazyCommand("team.explain", "Explain a verdict, decision by decision.")

POLICY_SUBCOMMANDS: Final[Mapping[str, LazyCommand]] = {
    "new": LazyCommand("policy.new", "Create the folder of a new policy."),
    "check": LazyCommand("policy.check", "List everything wrong with a policy."),
    "test": LazyCommand("policy.test", "Run the tests in a policy's files."),
    "verify": LazyCommand(
        "policy.verify", "Check every situation: unreachable rules, incomplete tables."
    ),
    "audit": LazyCommand("audit.policy_audit", "Check what a policy guarantees."),
    "eval": LazyCommand("policy.evaluate", "Ask one table, and show its answer and why."),
    "impact": LazyCommand(
        "policy.impact", "Tell which recorded teams a policy would judge otherwise."
    ),
    # The same command as without `policy`: authors of rules look for it here.
    "explain": _EXPLAIN,
    "show": LazyCommand("policy.show_policy", "Print a policy as one merged document."),
    "report": LazyCommand("policy.report", "Write a page about a policy, for a browser."),
    "list": LazyCommand("policy.list_policies", "List the policies by name."),
    "catalogue": LazyCommand(
        "policy.show_catalogue", "Print the facts and outcomes that rules can use."
    ),
    "schema": LazyCommand("policy.schema", "Print the JSON Schema of rule files, for editors."),
}


@click.command("policy", cls=LazyGroup, subcommands=POLICY_SUBCOMMANDS, invoke_without_command=True)
@click.pass_context
def policy(ctx: click.Context) -> None:
    """Write policies: create, check, test, verify.

    `verify` checks one policy; with --against it also compares the policy with another.

    A POLICY is a name that `launchfsm policy list` lists, or the path of a folder or a file, such
    as ./mine.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


SUBCOMMANDS: Final[Mapping[str, LazyCommand]] = {
    "status": LazyCommand("teams.status", "Show the state of each team's launch."),
    "explain": _EXPLAIN,
    "check": LazyCommand("teams.check", "Report the verdict as an exit status."),
    "report": LazyCommand("teams.report", "Write a page about teams, for a browser."),
    "timeline": LazyCommand(
        "team.timeline", "Draw the runs of a team's journal as bars over time."
    ),
    "runs": LazyCommand("team.runs", "List the runs of a team's journal."),
    "diff": LazyCommand("team.diff", "Compare a team's two snapshots."),
    "watch": LazyCommand("watch.watch", "Print a line whenever a verdict changes."),
    "wait": LazyCommand("watch.wait", "Wait for launches to reach a state."),
    "metrics": LazyCommand("teams.metrics", "Print the root's teams as OpenMetrics."),
    "audit": LazyCommand("audit.audit", "Check a launch's records for contradictions."),
    "policy": LazyCommand("program.policy", "Write policies: create, check, test, verify."),
    "machines": LazyCommand("team.machines", "Print the lifecycles as Mermaid diagrams."),
}


# -- The program -----------------------------------------------------------------------------------


class _PipeBrokenError(Exception):
    """The reader of the output has gone; hidden from click, which would exit with 1."""


class Program(LazyGroup):
    """The root of all commands: ends with 64 or 3 where click would end with 2 or 1."""

    def main(  # type: ignore[override]  # click's overloads tell standalone mode's return type
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *,
        standalone_mode: bool = True,
        **settings: Any,
    ) -> int:
        """Run a command line and exit, or return the exit status when not standalone."""
        try:
            returned = super().main(args, prog_name, standalone_mode=False, **settings)
            status = returned if isinstance(returned, int) else 0
        except click.ClickException as error:
            message = io.StringIO()
            error.show(message)
            _complain(message.getvalue())
            status = WRONG_USAGE if isinstance(error, click.UsageError) else UNUSABLE
        except LaunchfsmError as error:
            _complain(f"Error: {error}")
            status = UNUSABLE
        except click.Abort:
            status = _INTERRUPTED
        except SystemExit as error:
            status = 0
            if _COMPLETE not in os.environ:  # else a shell asked what may come next, and was told
                # click ends otherwise: this is code that was loaded
                _complain(f"Error: something that was loaded tried to exit with {error.code!r}")
                status = UNUSABLE
        if standalone_mode:
            sys.exit(status)
        return status

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
    help="The folder that contains one folder per team.",
)
@click.version_option(package_name="launchfsm", message="%(prog)s %(version)s")
@click.pass_context
def program(ctx: click.Context, root: str) -> None:  # noqa: ARG001 - read where it is needed
    """Tell the state of agent teams' launches, and the reasons.

    Reads the files that a launch left in its team's folder, and changes nothing there. The rules
    that decide are tables that anyone can read and change: the policy.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


# -- The console script ----------------------------------------------------------------------------


class _TerminatedError(BaseException):
    """Another signal than that of Ctrl-C asked the program to end."""


def main() -> None:
    """Run the program as the console script does, and exit."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a character that its encoding lacks is escaped
            stream.reconfigure(errors="backslashreplace")
    signalled: list[int] = []
    handlers = _end_in_order_when_signalled(signalled)
    try:
        status = program.main(standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (_PipeBrokenError, BrokenPipeError):
        _give_up_output()
        status = _PIPE_BROKEN
    except OSError as error:
        _give_up_output()
        # Reading never raises; an error that names no file is most likely a full disk.
        where = "standard output" if error.filename is None else ascii(error.filename)
        _complain(f"Error: {where}: {error.strerror or error}")
        status = UNUSABLE
    except (_TerminatedError, KeyboardInterrupt):
        status = _INTERRUPTED
    except Exception:  # noqa: BLE001 - Python would exit with 1, which `check` uses for a warning
        _complain(traceback.format_exc())
        status = UNUSABLE
    if signalled:  # whatever became of its exception: watchfiles makes each an interrupt
        status = _SIGNALLED + signalled[0]
    if status > _SIGNALLED and "rich" in sys.modules:
        from launchfsm.cli.output import is_terminal  # noqa: PLC0415 - needed here only

        for stream in filter(is_terminal, (sys.stdout, sys.stderr)):
            with suppress(OSError):
                click.echo(_SHOW_CURSOR, file=stream, nl=False)  # a live table or a bar hid it
    for one, handler in handlers.items():  # a program that called this may go on
        if signal.getsignal(one) is not signal.SIG_IGN:  # which says that one came
            signal.signal(one, handler)
    sys.exit(status)


def _end_in_order_when_signalled(signalled: list[int]) -> dict[int, Any]:
    """Let the first signal to end unwind the program; what cleans up is not interrupted again.

    Its number goes into `signalled`. Returns the handlers from before; none in a thread in which
    Python lets nobody handle signals.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    endings = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP"):
        endings.append(signal.SIGHUP)
    endings = [one for one in endings if signal.getsignal(one) is not signal.SIG_IGN]

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        for one in endings:
            signal.signal(one, signal.SIG_IGN)
        signalled.append(number)
        raise KeyboardInterrupt if number == signal.SIGINT else _TerminatedError

    return {one: signal.signal(one, end) for one in endings}


def _complain(text: str) -> None:
    """Print to standard error, if possible: the exit status does not depend on it."""
    from launchfsm.cli.output import show_if_possible  # noqa: PLC0415 - needed for errors only

    show_if_possible(*text.rstrip().split("\n"), err=True)


def _give_up_output() -> None:
    from launchfsm.cli.output import discard  # noqa: PLC0415 - needed for errors only

    discard(sys.stdout)

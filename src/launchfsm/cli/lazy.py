"""Lazy groups: a command whose subcommands are imported when one of them is asked for.

Here: that group. Not here: which subcommands there are (`program`). This module imports click
alone, so that `--help` costs no more than it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyCommand(NamedTuple):
    """A subcommand that is not imported yet.

    Attributes:
        module: Where it lives; the module's `command` is the subcommand.
        summary: What it does, in one line; the first line of the subcommand's own help.
    """

    module: str
    summary: str


class LazyGroup(click.Group):
    """A group that knows its subcommands by name and summary.

    Args:
        subcommands: By name, in the order in which help lists them.
    """

    def __init__(self, *args: Any, subcommands: Mapping[str, LazyCommand], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.subcommands = subcommands

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of the table."""
        return list(self.subcommands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The subcommand of a name, imported now; `None` when there is none."""
        known = self.subcommands.get(cmd_name)
        if known is None:
            return None
        command: click.Command = importlib.import_module(known.module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a word that is no subcommand is told with the nearest one."""
        if args[0] not in self.subcommands and not args[0].startswith("-"):
            from launchfsm.cli.escaping import shown  # noqa: PLC0415 - only who errs pays for it
            from launchfsm.engine.types import did_you_mean  # noqa: PLC0415 - the same

            ctx.fail(
                f"there is no command {shown(args[0])!r}{did_you_mean(args[0], self.subcommands)}; "
                f"there are: {', '.join(self.subcommands)}"
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """The table, without an import."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, known.summary) for name, known in self.subcommands.items()])

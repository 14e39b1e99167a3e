"""Options shared by subcommands, what they make of their texts, and how a shell completes them."""

# Paths are plain text here, as in the evaluator:
# ruff: noqa: PTH100, PTH111, PTH112

from __future__ import annotations

import functools
import importlib
import os
import shlex
import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, TypeVar, cast

import attrs
import click
from click.shell_completion import CompletionItem

from launchfsm.cli.output import LONGEST_NAME, LONGEST_TEXT, no_such, shown
from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.ecma.dates import read_time, to_datetime
from launchfsm.engine.table import Policy, Table
from launchfsm.engine.text import parse_duration, quoted
from launchfsm.evaluation.evaluator import Clock, Evaluation, LaunchEvaluator
from launchfsm.evaluation.watch import Watcher
from launchfsm.policies import load_policy
from launchfsm.policy.discovery import policy_names, shipped_policies
from launchfsm.policy.loader import Catalogue, checked_catalogue
from launchfsm.records.documents import BOUNDS
from launchfsm.system.folders import team_folder
from launchfsm.system.processes import (
    HIGHEST_PID,
    Processes,
    StatedProcesses,
    SystemProcesses,
    UnknownProcesses,
)

F = TypeVar("F", bound=Callable[..., Any])

_LONGEST_WAIT: Final = timedelta(days=3650)


# -- Teams -----------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class Root:
    """A root, the folder that contains one folder per team."""

    path: str

    def names(self) -> tuple[str, ...]:
        """The names of all teams, sorted."""
        try:
            with os.scandir(self.path) as entries:
                found = {entry.name: entry.is_dir() for entry in entries}
        except (OSError, ValueError) as error:
            why = f"cannot be read ({getattr(error, 'strerror', None) or error})"
            if isinstance(error, FileNotFoundError):
                why = "does not exist"
            raise click.ClickException(
                f"{shown(self.path)} {why}: name the folder that contains your teams with --root "
                "or $LAUNCHFSM_ROOT"
            ) from None
        # The lock stands in a folder, of which the listing has the name.
        tops = {name.partition("/")[0]: "/" in name for name in BOUNDS}
        own = [top for top, is_folder in tops.items() if found.get(top) is is_folder]
        if own:
            above, team = os.path.split(os.path.abspath(self.path))
            raise click.ClickException(
                f"{shown(self.path)} is the folder of one team, as {own[0]} stands in it: name the "
                f"folder above it with --root {shown(shlex.quote(above))}, and the team as "
                f"{shown(shlex.quote(team))}"
            )
        return tuple(sorted(name for name, is_folder in found.items() if is_folder))

    def asked(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Some teams, when there are such teams; all of the root when none is named."""
        return tuple(self.known(name) for name in names) if names else self.names()

    def known(self, team: str) -> str:
        """A team's name, when there is such a team."""
        if os.path.isdir(team_folder(self.path, team)):
            return team
        names = self.names()
        if team in names:  # of a root that may be listed and not entered
            return team
        raise click.ClickException(no_such("team", team, names, where=f" under {shown(self.path)}"))


@attrs.frozen(eq=False)
class Teams(Root):
    """The teams of a root, and their evaluator."""

    evaluator: LaunchEvaluator

    def evaluate(self, team: str) -> Evaluation:
        """The evaluation of a team."""
        return self.evaluator.evaluate(self.known(team))

    def watcher(self, names: tuple[str, ...], *, create: bool = False) -> Watcher:
        """A watcher of some teams; of all teams of the root, at any time, when none is named.

        With `create`, named teams, and the root, may be missing yet.
        """
        for name in names if create else ():
            team_folder(self.path, name)  # which refuses what is no name
        known = names if create else self.asked(names)
        return Watcher(self.evaluator, known if names else None)


# -- Completion in a shell -------------------------------------------------------------------------

Completer: TypeAlias = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _completer(found: Callable[[click.Context], Iterable[str]]) -> Completer:
    """Complete by these names; by none, and in silence, when they cannot be found."""

    @functools.wraps(found)
    def complete(
        ctx: click.Context, _parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        try:
            names = [name for name in found(ctx) if name.startswith(incomplete)]
        except Exception:  # noqa: BLE001 - a message would stand in the middle of a command line
            return []
        return [CompletionItem(name) for name in names if name.isprintable()]

    return complete


def _argument(ctx: click.Context) -> str:
    """The first argument; before an option that has no value yet, click tells none apart."""
    return ctx.params["name"] or next(iter(ctx.args), "")


def _policy(ctx: click.Context) -> Policy:
    name = ctx.params["policy"] if "policy" in ctx.params else _argument(ctx)
    return load_policy(name or "default")


@_completer
def complete_teams(ctx: click.Context) -> Iterable[str]:
    """The teams of the root."""
    root: Root = ctx.params["root"]
    return root.names()


@_completer
def complete_members_and_tables(ctx: click.Context) -> Iterable[str]:
    """The members of the team that is named before, and the tables of the policy."""
    policy = _policy(ctx)
    evaluator = LaunchEvaluator(ctx.params["root"].path, policy=policy)
    return [*evaluator.evaluate(_argument(ctx)).members, *policy.tables]


@_completer
def complete_policies(_ctx: click.Context) -> Iterable[str]:
    """The policies by name; paths are left to the shell."""
    return policy_names()


@_completer
def complete_tables(ctx: click.Context) -> Iterable[str]:
    """The tables of the policy that `--policy` names, or the argument."""
    return _policy(ctx).tables


@_completer
def complete_rules(ctx: click.Context) -> Iterable[str]:
    """The rules of that policy, as `table.rule`."""
    tables = _policy(ctx).tables
    return [f"{name}.{rule.id}" for name, table in tables.items() for rule in table.rules]


# -- What evaluates --------------------------------------------------------------------------------

team_argument = click.argument("name", metavar="TEAM", shell_complete=complete_teams)
teams_argument = click.argument(
    "names", metavar="[TEAM]...", nargs=-1, shell_complete=complete_teams
)


def form_option(form: str, told: str = "Print JSON.") -> Callable[[F], F]:
    """The flag that asks for a form of output, passed as `as_FORM`; two at once are refused."""
    return click.option(f"--{form}", f"as_{form}", is_flag=True, callback=_one_form, help=told)


def _one_form(ctx: click.Context, parameter: click.Parameter, asked: bool) -> bool:  # noqa: FBT001 - click's signature
    flag = parameter.opts[0]
    if asked and ctx.meta.setdefault("launchfsm.form", flag) != flag:
        first = ctx.meta["launchfsm.form"]
        raise click.UsageError(f"{first} and {flag} are two forms; ask for one of them")
    return asked


json_option = form_option("json")


def report_forms(function: F) -> F:
    """Give a subcommand `--json` and `--sarif`, passed as `as_json` and `as_sarif`."""
    return json_option(form_option("sarif", "Print SARIF 2.1.0, for annotations.")(function))


output_option = click.option(
    "-o", "--output", "file", metavar="FILE", required=True, help="The file to write or replace."
)


def _read_root(ctx: click.Context, _parameter: click.Parameter, root: str | None) -> Root:
    return Root(os.path.expanduser(ctx.find_root().params["root"] if root is None else root))


root_option = click.option(
    "--root", metavar="FOLDER", callback=_read_root, help="Same as the global --root; overrides it."
)


def policy_option(option: str, told: str) -> Callable[[F], F]:
    """An option for the name or path of a policy, passed as `policy`."""
    return click.option(
        option,
        "policy",
        metavar="NAME_OR_PATH",
        default="default",
        show_default=True,
        shell_complete=complete_policies,
        help=told,
    )


def judges(function: F, *, option: str = "--policy", told: str = "The policy that decides.") -> F:
    """Give a subcommand the options of everything that evaluates, and the `Teams` they make."""

    @root_option
    @policy_option(option, told)
    @click.option(
        "--now",
        metavar="TIME",
        type=_read_now,
        help="Evaluate old records as of this time, such as 2026-03-02T09:00:00Z. Processes are "
        "looked up as they are now.",
    )
    @click.option(
        "--processes",
        type=click.Choice(("host", "unknown")),
        default="host",
        show_default=True,
        help="Whether to look up recorded pids on this machine; unknown for records that were "
        "copied from another one. Those of a failure's artifacts are never looked up.",
    )
    @click.option(
        "--alive",
        metavar="PID",
        type=click.IntRange(1, HIGHEST_PID),
        multiple=True,
        help="Take this process to be alive, without looking; may be given several times.",
    )
    def asked(
        root: Root,
        policy: str,
        now: Clock | None,
        processes: str,
        alive: tuple[int, ...],
        **others: Any,
    ) -> Any:
        known: Processes = UnknownProcesses() if processes == "unknown" else SystemProcesses()
        if alive:
            known = StatedProcesses(alive, others=known)
        evaluator = LaunchEvaluator(root.path, policy=policy, clock=now, processes=known)
        return function(Teams(root.path, evaluator), **others)

    return cast("F", functools.update_wrapper(asked, function))


def _read_now(text: str) -> Clock:
    moment = to_datetime(read_time(text))
    if moment is None:
        raise click.BadParameter(
            f"{quoted(text)} is not a time; write one such as 2026-03-02T09:00:00Z or 2026-03-02"
        )
    return functools.partial(_same, moment)  # no lambda: worker processes are sent the clock


def _same(moment: datetime) -> datetime:
    return moment


# -- Policies --------------------------------------------------------------------------------------


def catalogue_option(function: F) -> F:
    """Give a subcommand the option `--catalogue`, passed as `catalogue`."""
    return click.option(
        "--catalogue",
        metavar="MODULE:NAME",
        callback=_read_catalogue,
        help="The decisions that the policy answers, when they are not those of a launch: a "
        "mapping in a Python module, which is imported, such as gate:CATALOGUE.",
    )(function)


def policy_argument(function: F) -> F:
    """Give a subcommand a policy's name or path, passed as `name`, and `catalogue_option`."""
    argument = click.argument("name", metavar="POLICY", shell_complete=complete_policies)
    return argument(catalogue_option(function))


def _read_catalogue(
    _ctx: click.Context, _parameter: click.Parameter, text: str | None
) -> Catalogue:
    if text is None:
        return CATALOGUE
    module, _, name = text.partition(":")
    if not module or not name:
        raise click.BadParameter(
            f"{quoted(text)} names no catalogue; write module:NAME, such as gate:CATALOGUE"
        )
    if "" not in sys.path:
        sys.path.insert(0, "")  # the working folder, as with `python -m`
    try:
        found = functools.reduce(getattr, name.split("."), importlib.import_module(module))
        return checked_catalogue(found)
    except Exception as error:  # noqa: BLE001 - whatever the module's own code raises
        reason = f"{type(error).__name__}: {error}"
        raise click.BadParameter(
            shown(f"{quoted(text)} cannot be used: {reason}", most=LONGEST_TEXT)
        ) from None


def known_table(policy: Policy, name: str) -> Table:
    """The table of a name."""
    if name not in policy.tables:
        where = f" in {shown(policy.name)}"
        raise click.ClickException(no_such("table", name, policy.tables, where=where))
    return policy.tables[name]


def short_rules(text: str) -> str:
    """A text for people in which the paths of shipped rules begin with `rules/`."""
    return text.replace(f"{shipped_policies()}{os.sep}", "rules/")


# -- Types of options ------------------------------------------------------------------------------


def read_wait(text: str) -> timedelta:
    """Read an option's duration such as `90s`, of at most ten years."""
    try:
        ms = parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(shown(str(error))) from None
    if ms > _LONGEST_WAIT / timedelta(milliseconds=1):
        raise click.BadParameter(f"{quoted(text, most=LONGEST_NAME)} is more than ten years")
    return timedelta(milliseconds=ms)


def read_interval(text: str) -> timedelta:
    """Read an option's number of seconds, from 0.01 to a day."""
    seconds: float = click.FLOAT(text)
    if not 0.01 <= seconds <= 86_400:  # noqa: PLR2004 - as just said
        raise click.BadParameter("an interval is from 0.01 to 86400 seconds")
    return timedelta(seconds=seconds)


class WordList(click.Choice[str]):
    """One or more words of a fixed set, separated by commas."""

    def convert(  # type: ignore[override]  # several instead of one
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The words that were given."""
        given = value if isinstance(value, tuple) else value.split(",")
        return tuple(super(WordList, self).convert(word.strip(), param, ctx) for word in given)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The words that complete the last one."""
        before, comma, last = incomplete.rpartition(",")
        found = super().shell_complete(ctx, param, last)
        return [CompletionItem(f"{before}{comma}{word.value}") for word in found]

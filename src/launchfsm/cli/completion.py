"""What a shell may complete an argument with: teams, members, policies, tables and rules.

A completion never fails and says nothing: what cannot be found or read completes nothing.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, TypeAlias

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click

    from launchfsm.engine.table import Policy

Completer: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"


def _completer(found: Callable[[click.Context], Iterable[str]]) -> Completer:
    @functools.wraps(found)
    def complete(
        ctx: click.Context, _parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        try:
            return [
                CompletionItem(name)
                for name in found(ctx)
                if name.startswith(incomplete) and name.isprintable()
            ]
        except Exception:  # noqa: BLE001 - a message would stand in the middle of a command line
            return []

    return complete


def _root(ctx: click.Context) -> str:
    root = ctx.params.get("root") or ctx.find_root().params["root"]
    return os.path.expanduser(str(root))  # noqa: PTH111 - paths are plain text here


def _policy(ctx: click.Context) -> Policy:
    from launchfsm.policies import load_policy  # noqa: PLC0415 - for those who ask

    name = ctx.params["policy"] if "policy" in ctx.params else _name(ctx)
    return load_policy(name or "default")


def _name(ctx: click.Context) -> str | None:
    """The first argument; before an option that has no value yet, click tells none apart."""
    return ctx.params["name"] or next(iter(ctx.args), None)


@_completer
def complete_teams(ctx: click.Context) -> Iterable[str]:
    """The teams of the root."""
    with os.scandir(_root(ctx)) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir())


@_completer
def complete_members_and_tables(ctx: click.Context) -> Iterable[str]:
    """The members of the team that is named before, and the tables of the policy."""
    from launchfsm.evaluation.evaluator import LaunchEvaluator  # noqa: PLC0415 - for those who ask

    policy = _policy(ctx)
    evaluator = LaunchEvaluator(_root(ctx), policy=policy)
    return [*evaluator.evaluate(_name(ctx) or "").members, *policy.tables]


@_completer
def complete_policies(_ctx: click.Context) -> Iterable[str]:
    """The policies by name; paths are left to the shell."""
    from launchfsm.policy.discovery import policy_names  # noqa: PLC0415 - for those who ask

    return policy_names()


@_completer
def complete_tables(ctx: click.Context) -> Iterable[str]:
    """The tables of the policy that `--policy` names, or the argument."""
    return _policy(ctx).tables


@_completer
def complete_rules(ctx: click.Context) -> Iterable[str]:
    """The rules of that policy, as `table.rule`."""
    for name, table in _policy(ctx).tables.items():
        yield from (f"{name}.{rule.id}" for rule in table.rules)

"""What a shell may complete an argument with: teams, members, policies, tables and rules.

A completion never fails and says nothing: what cannot be found or read completes nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypeAlias

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click

    from launchfsm.engine.table import Policy

Completer: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"


def _completer(found: Callable[[click.Context], Iterable[str]]) -> Completer:
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


def _team_names(ctx: click.Context) -> list[str]:
    with os.scandir(_root(ctx)) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir())


def _policy_names(_ctx: click.Context) -> Iterable[str]:
    from launchfsm.policy.discovery import policy_names  # noqa: PLC0415 - for those who ask

    return policy_names()


def _tables(ctx: click.Context) -> Iterable[str]:
    return _policy(ctx).tables


def _rules(ctx: click.Context) -> Iterable[str]:
    for name, table in _policy(ctx).tables.items():
        yield from (f"{name}.{rule.id}" for rule in table.rules)


def _members_and_tables(ctx: click.Context) -> Iterable[str]:
    from launchfsm.evaluation.evaluator import LaunchEvaluator  # noqa: PLC0415 - for those who ask

    policy = _policy(ctx)
    evaluator = LaunchEvaluator(_root(ctx), policy=policy)
    return [*evaluator.evaluate(_name(ctx) or "").members, *policy.tables]


complete_teams: Final = _completer(_team_names)
"""The teams of the root."""

complete_members_and_tables: Final = _completer(_members_and_tables)
"""The members of the team that is named before, and the tables of the policy."""

complete_policies: Final = _completer(_policy_names)
"""The policies by name; paths are left to the shell."""

complete_tables: Final = _completer(_tables)
"""The tables of the policy that `--policy` names, or the argument."""

complete_rules: Final = _completer(_rules)
"""The rules of that policy, as `table.rule`."""

"""`launchfsm policy list`: the policies that have a name.

Here: the command. Not here: what a name leads to (`launchfsm.policy.discovery`).
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import attrs
import click

from launchfsm.cli.escaping import shown
from launchfsm.cli.output import json_text
from launchfsm.policy.discovery import (
    ENTRY_POINTS,
    PolicyNotFoundError,
    find_policy,
    is_shipped,
    policy_names,
)
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator


_TAKEN = "launchfsm has a policy of this name, which is used; give the package's another one"


@attrs.frozen
class NamedPolicy:
    """A policy that has a name.

    Attributes:
        name: Its name.
        package: The installed package that brings it, and its version.
        place: The folder or file that it is; `None` when the name does not lead to one.
        trouble: Why it does not; `None` when it does.
    """

    name: str
    package: str
    place: str | None = None
    trouble: str | None = None


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """List the policies that have a name.

    Those that come with launchfsm, then those that installed packages bring through the entry
    point group `launchfsm.policies`: the name, the package, the place.
    """
    policies = tuple(named_policies())
    if as_json:
        click.echo(json_text(to_wire(policies)))
        return
    names = max(len(shown(policy.name)) for policy in policies)
    packages = max(len(shown(policy.package)) for policy in policies)
    for policy in policies:
        name, package = shown(policy.name).ljust(names), shown(policy.package).ljust(packages)
        click.echo(f"{name}  {package}  {_place(policy)}")


def named_policies() -> Iterator[NamedPolicy]:
    """The policies that have a name; a name that several packages bring once for each of them."""
    points = metadata.entry_points(group=ENTRY_POINTS)
    for name in policy_names():
        if is_shipped(name):
            yield _named(name, f"launchfsm {metadata.version('launchfsm')}")
        for point in points.select(name=name):
            package = f"{point.dist.name} {point.dist.version}" if point.dist else "?"
            taken = is_shipped(name)
            yield NamedPolicy(name, package, None, _TAKEN) if taken else _named(name, package)


def _named(name: str, package: str) -> NamedPolicy:
    try:
        return NamedPolicy(name, package, str(find_policy(name)))
    except PolicyNotFoundError as error:
        return NamedPolicy(name, package, None, str(error))


def _place(policy: NamedPolicy) -> str:
    return shown(policy.place if policy.place is not None else f"unusable: {policy.trouble}")

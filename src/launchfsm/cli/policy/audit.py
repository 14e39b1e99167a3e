"""`launchfsm policy audit`: what a policy guarantees, proven or searched for.

Here: the command, its exit status, and properties written on the command line. Not here: the audit
(`launchfsm.properties`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from launchfsm.cli.escaping import shown, shown_lines
from launchfsm.cli.output import json_text
from launchfsm.cli.policy.named import loaded, policy_argument
from launchfsm.engine.types import did_you_mean
from launchfsm.properties import EXAMPLES, PROPERTIES, Property, audit_policy
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.properties import PolicyAudit

_CLAIM = "'TABLE: WHEN -> THEN'"


@click.command("audit")
@policy_argument
@click.option(
    "--property",
    "names",
    metavar="NAME",
    multiple=True,
    help="Ask for this property only; may be given several times.",
)
@click.option(
    "--never",
    metavar=_CLAIM,
    multiple=True,
    help="Ask, too, that where WHEN holds, no answer of TABLE fulfils THEN.",
)
@click.option(
    "--always",
    metavar=_CLAIM,
    multiple=True,
    help="Ask, too, that where WHEN holds, the answer of TABLE fulfils THEN.",
)
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=EXAMPLES,
    show_default=True,
    help="Launches that each search looks at.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Where searches begin.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    name: str,
    names: tuple[str, ...],
    never: tuple[str, ...],
    always: tuple[str, ...],
    examples: int,
    seed: int,
    as_json: bool,
) -> None:
    """Ask what it guarantees: proven, or searched for.

    What is finite is proven, over every situation that a table can tell apart. What is not is
    searched with hypothesis, through launches that it makes up and shrinks. What is refuted is
    shown with the smallest thing against it, and a test to paste.

    Exit status 0: every property holds. 1: one is refuted. 3: no such policy, or one that does not
    load (see `launchfsm policy check`), wrong usage, a property that is about nothing, or
    hypothesis is missing and was needed.
    """
    properties = [*_shipped(names), *_written("never", never), *_written("always", always)]
    loaded(name)
    audit = audit_policy(name, properties=properties, examples=examples, seed=seed)
    click.echo(json_text(_document(audit)) if as_json else shown_lines(audit.text()))
    ctx.exit(_status(audit))


def _status(audit: PolicyAudit) -> int:
    if audit.refuted:
        return 1
    return 0 if audit.holds else 3


def _shipped(names: tuple[str, ...]) -> Iterator[Property]:
    """The shipped properties of some names, in their own order; all when none is named."""
    known = [prop.name for prop in PROPERTIES]
    for name in names:
        if name not in known:
            raise click.BadParameter(
                f"there is no property {shown(name)!r}{shown(did_you_mean(name, known))}; "
                f"there are: {', '.join(known)}",
                param_hint="--property",
            )
    return (prop for prop in PROPERTIES if prop.name in names or not names)


def _written(kind: str, claims: tuple[str, ...]) -> Iterator[Property]:
    """The properties that stand on the command line: `never`, `never-2` and so on."""
    make = Property.never if kind == "never" else Property.always
    for number, claim in enumerate(claims, start=1):
        table, colon, rest = claim.partition(":")
        when, arrow, then = rest.rpartition("->")
        if not colon or not arrow:
            raise click.BadParameter(
                f"{shown(claim)!r} is not {_CLAIM}; WHEN may be left out, the arrow may not",
                param_hint=f"--{kind}",
            )
        try:
            name = kind if number == 1 else f"{kind}-{number}"
            yield make(name, table=table.strip(), when=when.strip(), then=then.strip())
        except ValueError as error:
            raise click.BadParameter(shown_lines(str(error)), param_hint=f"--{kind}") from None


def _document(audit: PolicyAudit) -> dict[str, Any]:
    """Everything that was found, for JSON."""
    verdicts = [
        {**to_wire(verdict), "status": verdict.status, "holds": verdict.holds}
        for verdict in audit.verdicts
    ]
    return {"policy": audit.policy, "holds": audit.holds, "verdicts": verdicts}

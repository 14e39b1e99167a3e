"""The commands that audit: `audit` a team's records, `policy audit` a policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import attrs
import click

from launchfsm.audit import Audit, audit_team, codes_table
from launchfsm.audit.findings import CODES
from launchfsm.cli import options
from launchfsm.cli.output import (
    no_such,
    safe,
    show,
    show_json,
    show_json_list,
    show_sarif,
    show_text,
    shown,
    wire_with,
)
from launchfsm.cli.program import UNUSABLE
from launchfsm.cli.workers import tracked
from launchfsm.engine.table import Policy
from launchfsm.engine.text import quoted
from launchfsm.engine.types import Location
from launchfsm.policies import load_policy
from launchfsm.policy.authoring.sarif import SarifResult, location_of
from launchfsm.properties import EXAMPLES, PROPERTIES, PolicyAudit, Property, audit_policy
from launchfsm.properties.claims import SituationClaim
from launchfsm.records.wire import to_wire
from launchfsm.vocabulary import Severity

EXIT_STATUS: Final[Mapping[Severity | None, int]] = {None: 0, "info": 0, "warning": 1, "error": 2}
"""The exit status of `audit`, by the gravest finding."""

_COLOURS: Final = {"ok": "green", "info": "cyan", "warning": "yellow", "error": "red"}
_WORD: Final = 8  # columns for a severity
_CLAIM: Final = "'TABLE: WHEN -> THEN'"


# -- A team's records ------------------------------------------------------------------------------


def _print_codes(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if wanted:
        show_text(codes_table())
        ctx.exit()


@click.command("audit")
@options.teams_argument
@options.report_forms
@click.option(
    "--codes",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_codes,
    help="Print what can be found, as a Markdown table, and exit.",
)
@options.judges
def audit(teams: options.Teams, *, names: tuple[str, ...], as_json: bool, as_sarif: bool) -> int:
    """Check a launch's records for contradictions.

    Replays the whole journal through the two lifecycles, and compares it with the state, the lock
    and the launcher's snapshot. Without a TEAM, all teams of the root. 0: nothing was found, or
    nothing that is wrong. 1: a warning. 2: an error. 3: no such team, a faulty policy.
    """
    asked = teams.asked(names)
    worst = 0

    def audits() -> Iterator[Audit]:
        nonlocal worst
        audited = (audit_team(teams.evaluator, name) for name in asked)
        for found in tracked(audited, len(asked), "Auditing", bar=not as_json):
            worst = max(worst, EXIT_STATUS[found.severity])
            yield found

    if as_json:
        show_json_list(to_wire(found) for found in audits())
    elif as_sarif:
        show_sarif(
            SarifResult(
                code=one.code,
                meaning=CODES[one.code].text,
                message=one.message if one.path is None else f"{one.path}: {one.message}",
                location=Location(f"{teams.path}/{found.team}/{one.file}", one.line or 1),
                level="note" if one.severity == "info" else one.severity,
            )
            for found in audits()
            for one in found.findings
        )
    elif not asked:
        show(f"There are no teams under {shown(teams.path)}.", err=True)
    else:
        for found in audits():
            show(*safe(found).text().split("\n"), paint=_painted)
    return worst


def _painted(line: str) -> str:
    """A line with its severity in colour."""
    indent = len(line) - len(line.lstrip())
    word = line[indent : indent + _WORD]
    return line[:indent] + click.style(word, fg=_COLOURS[word.strip()]) + line[indent + _WORD :]


# -- A policy --------------------------------------------------------------------------------------


def _known_property(name: str) -> Property:
    known = {prop.name: prop for prop in PROPERTIES}
    if name not in known:
        raise click.BadParameter(no_such("property", name, known))
    return known[name]


@click.command("audit")
@click.argument("name", metavar="POLICY")
@click.option(
    "--property",
    "named",
    metavar="NAME",
    type=_known_property,
    multiple=True,
    help="Check only this property; may be given several times.",
)
@click.option(
    "--never",
    metavar=_CLAIM,
    multiple=True,
    help="Also check that where WHEN holds, no outcome of TABLE fulfils THEN.",
)
@click.option(
    "--always",
    metavar=_CLAIM,
    multiple=True,
    help="Also check that where WHEN holds, the outcome of TABLE fulfils THEN.",
)
@click.option(
    "--examples",
    type=click.IntRange(1, 1_000_000),
    default=EXAMPLES,
    show_default=True,
    help="How many launches each search looks at.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The random seed of the searches."
)
@click.option(
    "--inherited",
    is_flag=True,
    help="Also report what is as wrong with the policy that it extends.",
)
@options.report_forms
def policy_audit(
    *,
    name: str,
    named: tuple[Property, ...],
    never: tuple[str, ...],
    always: tuple[str, ...],
    examples: int,
    seed: int,
    inherited: bool,
    as_json: bool,
    as_sarif: bool,
) -> int:
    """Check what a policy guarantees.

    A property of one table is proven, over every situation that the table can tell apart. A
    property of whole launches is searched for counterexamples with hypothesis. A refuted property
    is shown with the smallest counterexample, and a test to paste. What is wrong in the same
    situation or launch under the policy that it extends is counted and not reported.

    Exit status 0: every property holds. 1: one is refuted. 3: no such policy, or one that does not
    load (see `launchfsm policy check`), a property that is about nothing, or hypothesis is missing
    and was needed.
    """
    policy = load_policy(name)
    properties = list(dict.fromkeys(named or PROPERTIES))
    properties += _written("never", never, policy)
    properties += _written("always", always, policy)
    found = audit_policy(
        name, properties=properties, examples=examples, seed=seed, inherited=inherited
    )
    if as_json:
        verdicts = [wire_with(verdict, "status", "holds") for verdict in found.verdicts]
        show_json({**wire_with(found, "holds"), "verdicts": verdicts})
    elif as_sarif:
        show_sarif(_policy_sarif(name, found))
    else:
        show_text(attrs.evolve(found, policy=shown(found.policy)).text())
    if found.refuted:
        return 1
    return 0 if found.holds else UNUSABLE


def _written(kind: str, claims: tuple[str, ...], policy: Policy) -> Iterator[Property]:
    """The properties that stand on the command line: `never`, `never-2` and so on."""
    make = Property.never if kind == "never" else Property.always
    for number, claim in enumerate(claims, start=1):
        table, colon, rest = claim.partition(":")
        when, arrow, then = rest.rpartition("->")
        if not colon or not arrow:
            raise click.BadParameter(
                f"{quoted(claim)} is not {_CLAIM}; WHEN may be left out, the arrow may not",
                param_hint=f"--{kind}",
            )
        try:
            name = kind if number == 1 else f"{kind}-{number}"
            prop = make(name, table=table.strip(), when=when.strip(), then=then.strip())
            for one in prop.claims:
                if isinstance(one, SituationClaim):
                    one.conditions(policy)
            yield prop
        except ValueError as error:
            raise click.BadParameter(shown(str(error)), param_hint=f"--{kind}") from None


def _policy_sarif(policy: str, found: PolicyAudit) -> Iterator[SarifResult]:
    """Each claim that does not hold, at a rule that answers against it."""
    for verdict in found.verdicts:
        for part in verdict.parts:
            example = part.counterexample
            if example is not None:
                yield SarifResult(
                    code=verdict.name,
                    meaning=verdict.sentence,
                    message=part.text().partition(": ")[2],
                    location=location_of(example.place or policy),
                )

"""The commands about one team, and `machines`, which draws what each goes through."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from launchfsm.cli import options
from launchfsm.cli.output import (
    LONGEST_NAME,
    LONGEST_TEXT,
    no_such,
    safe,
    show,
    show_json,
    show_text,
    shown,
)
from launchfsm.engine.table import Policy, Table
from launchfsm.engine.text import choices, did_you_mean, listing, quoted
from launchfsm.engine.trace import TracedDecision
from launchfsm.evaluation.evaluator import Evaluation
from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER, Lifecycle
from launchfsm.records.documents import JOURNAL_FILE, LAUNCH_FILE, STATE_FILE
from launchfsm.records.journal import Journal, read_journal
from launchfsm.records.results import LaunchSnapshot
from launchfsm.records.wire import to_wire
from launchfsm.report.timeline import LEGEND, chart_lines, chart_of, journal_document, run_line

if TYPE_CHECKING:
    from launchfsm.policy.analysis import WhyNot

# -- explain ---------------------------------------------------------------------------------------


@click.command("explain")
@options.team_argument
@click.option(
    "--why-not",
    "rule",
    metavar="RULE",
    shell_complete=options.complete_rules,
    help="Tell instead what would have to be different for this rule to win: `table.rule`, or the "
    "rule alone where one table has it.",
)
@click.option(
    "--about",
    metavar="MEMBER_OR_TABLE",
    shell_complete=options.complete_members_and_tables,
    help="Only about this member or this table, such as `verdict`; with --why-not this member.",
)
@options.json_option
@options.judges
def explain(
    teams: options.Teams, *, name: str, rule: str | None, about: str | None, as_json: bool
) -> None:
    """Explain a verdict, decision by decision.

    For each decision: the rule that won, the facts it read, and why the rules before it did not
    fire. Between the decisions: the steps of the two lifecycles, the bootstrap's and the members'.
    """
    evaluation = teams.evaluate(name)
    if rule is not None:
        answers = _why_not(evaluation, rule, about)
        if as_json:
            show_json([{"subject": about, "answer": to_wire(answer)} for about, answer in answers])
        else:
            texts = (
                f"{subject}:\n{answer.text()}" if subject else answer.text()
                for subject, answer in map(safe, answers)
            )
            nothing = f"{shown(rule)} was not tried: its table decided nothing about this team"
            show_text(options.short_rules("\n\n".join(texts)) or nothing)
        return
    explanation = evaluation.explain()
    if about is not None:
        try:
            explanation = explanation.about(about)
        except LookupError as error:
            raise click.ClickException(shown(str(error))) from None
    if as_json:
        show_json(to_wire(explanation))
    else:
        show_text(options.short_rules(safe(explanation).text()))


def _why_not(
    evaluation: Evaluation, rule: str, about: str | None
) -> tuple[tuple[str, WhyNot], ...]:
    """The subject and the answer of each decision that the rule could have won, alike ones once."""
    from launchfsm.policy.analysis import why_not  # noqa: PLC0415 - 50 ms that only this costs

    table, rule_id = _table_and_rule(evaluation.policy, rule)
    decisions = [
        entry
        for entry in evaluation.record()
        if isinstance(entry, TracedDecision) and entry.table is table
    ]
    asked = [one for one in decisions if about in (None, one.subject, _subject(one))]
    if not asked and about is not None:
        known = list(dict.fromkeys(filter(None, map(_subject, decisions))))
        raise click.ClickException(
            f"table {table.decision.name!r} decided nothing about {quoted(about)}"
            f"{shown(did_you_mean(about, known))}; it did about: "
            f"{shown(listing(known, empty='nobody in particular'))}"
        )
    return tuple(dict.fromkeys((one.subject, why_not(table, one.known, rule_id)) for one in asked))


def _subject(decision: TracedDecision) -> str:
    """A decision's subject, without its first part if it has two, as in `launch snapshot, ada`."""
    return decision.subject.partition(", ")[2] or decision.subject


def _table_and_rule(policy: Policy, text: str) -> tuple[Table, str]:
    """What is meant by `table.rule`, or by a rule alone where one table has it."""
    ids = {name: [rule.id for rule in table.rules] for name, table in policy.tables.items()}
    name, _, rule = text.partition(".")
    if rule in ids.get(name, ()):
        return policy.tables[name], rule
    having = [table for table, rules in ids.items() if text in rules]
    if len(having) == 1:
        return policy.tables[having[0]], text
    if having:
        full = ", ".join(f"{table}.{text}" for table in having)
        why = f"more than one table has a rule {quoted(text)}: {full}"
    elif name in ids:
        near = choices(rule, ids[name], "rules")
        why = f"table {name!r} has no rule {quoted(rule)}{near}"
    else:
        known = [full for table in ids for one in ids[table] for full in (one, f"{table}.{one}")]
        why = (
            f"policy {policy.name!r} has no rule {quoted(text)}{did_you_mean(text, known)}; "
            f"write `table.rule`, one of the tables {', '.join(ids)}"
        )
    raise click.ClickException(shown(why))


# -- diff ------------------------------------------------------------------------------------------

_COLOURS: Final = {"-": "red", "+": "green", "@": "cyan"}


@click.command("diff")
@options.team_argument
@click.option("--full", is_flag=True, help="Show the values of fields that only one snapshot has.")
@options.form_option("json", "Print JSON, always in full.")
@options.judges
def diff(teams: options.Teams, *, name: str, full: bool, as_json: bool) -> int:
    """Compare a team's two snapshots.

    Member by member, field by field: `-` is what the bootstrap's state says, `+` what the
    launcher's own snapshot says. Fields that only one of them has are named on one line. Exits like
    diff: 0 when they are the same, 1 when they differ, and 3 when there are not two to compare.
    """
    evaluation = teams.evaluate(name)
    bootstrap, launcher = evaluation.bootstrap_snapshot, evaluation.launcher_snapshot
    if bootstrap is None or launcher is None:
        sides = ((STATE_FILE, bootstrap), (LAUNCH_FILE, launcher))
        lacking = " and ".join(file for file, snapshot in sides if snapshot is None)
        raise click.ClickException(
            f"team {shown(evaluation.team)} has no two snapshots to compare: none comes from "
            f"{lacking}; `launchfsm status` says what is wrong with it, if it is there"
        )
    found = list(disagreements(bootstrap, launcher))
    if as_json:
        about = {"team": evaluation.team, "preferredSource": evaluation.preferred_source}
        show_json({**about, "differences": found})
    elif found:
        for line in _diff_lines(evaluation.team, found, full=full):
            show(line, paint=lambda line: click.style(line, fg=_COLOURS[line[0]]))
    return 1 if found else 0


def disagreements(bootstrap: LaunchSnapshot, launcher: LaunchSnapshot) -> Iterator[dict[str, Any]]:
    """Every field about which two snapshots disagree: the launch's first, then each member's.

    A mapping each, in the files' words: `member` (`None` for the launch as a whole), `field` (its
    path, such as `sources.configRegistered`), and its value as `bootstrap` and `launcher`, of which
    one is missing where only the other snapshot has the field.
    """
    sides = {"bootstrap": to_wire(bootstrap), "launcher": to_wire(launcher)}
    members = {side: document.pop("members") for side, document in sides.items()}
    for name in (None, *dict.fromkeys(itertools.chain(*members.values()))):
        fields: dict[str, dict[str, Any]] = {}
        for side, document in sides.items():
            about = document if name is None else members[side].get(name, {})
            for path, value in _flat(about):
                fields.setdefault(path, {})[side] = value
        for path, values in fields.items():
            if len(values) == 1 or values["bootstrap"] != values["launcher"]:
                yield {"member": name, "field": path, **values}


def _flat(document: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a document by path; a list is a leaf."""
    for key, value in document.items():
        if value and isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _diff_lines(team: str, found: list[dict[str, Any]], *, full: bool) -> Iterator[str]:
    yield f"--- {shown(team)}/{STATE_FILE}"
    yield f"+++ {shown(team)}/{LAUNCH_FILE}"
    marks = {"bootstrap": "-", "launcher": "+"}
    for member, group in itertools.groupby(found, lambda one: one["member"]):
        about = "the launch" if member is None else f"member {shown(member, most=LONGEST_NAME)}"
        yield f"@@ {about} @@"
        one_sided: dict[str, list[str]] = {mark: [] for mark in marks.values()}
        for one in group:
            known = {mark: one[side] for side, mark in marks.items() if side in one}
            for mark, value in known.items():
                if full or len(known) == len(marks):
                    # As JSON, so that a text, a number and a word cannot be taken for one another.
                    said = json.dumps(value, ensure_ascii=False)
                    yield f"{mark}{one['field']}: {shown(said, most=LONGEST_TEXT)}"
                else:
                    one_sided[mark].append(one["field"])
        for mark, paths in one_sided.items():
            keys = ", ".join(dict.fromkeys(path.split(".", 1)[0] for path in paths))
            if paths:
                yield f"{mark}only here: {'the whole member' if 'name' in paths else keys}"


# -- timeline and runs -----------------------------------------------------------------------------

_journal_json_option = options.form_option("json", "Print JSON; times are in ms since 1970.")


@click.command("timeline")
@options.team_argument
@click.option("--run", "run_id", metavar="ID", help="Show only this run.")
@_journal_json_option
@options.root_option
def timeline(root: options.Root, *, name: str, run_id: str | None, as_json: bool) -> None:
    """Draw the runs of a team's journal as bars over time.

    For each run a line, then its phases and its members: when each was spawned, registered,
    confirmed or failed, how long that took, and why. The run that wrote last comes last.

    Exit status 3: no such team, or no such run.
    """
    journal = read_journal(root.path, root.known(name))
    chosen = journal.runs
    if run_id is not None:
        one = journal.run(run_id)
        if one is None:
            known = [run.id for run in journal.runs if run.id is not None]
            where = f" in the journal of {shown(name)}"
            raise click.ClickException(no_such("run", run_id, known, where=where))
        chosen = (one,)
    if as_json:
        show_json(journal_document(name, journal, chosen))
        return
    _show_problems(name, journal)
    for run in chosen:
        show(*chart_lines(chart_of(run)), "")
    if chosen:
        show(LEGEND)


@click.command("runs")
@options.team_argument
@_journal_json_option
@options.root_option
def runs(root: options.Root, *, name: str, as_json: bool) -> None:
    """List the runs of a team's journal.

    For each run: how it ended, its id, when it began, how long it took, how many members were
    confirmed, and the cause. The run that wrote last comes last.

    Exit status 3: no such team.
    """
    journal = read_journal(root.path, root.known(name))
    if as_json:
        show_json(journal_document(name, journal, journal.runs))
        return
    _show_problems(name, journal)
    for run in journal.runs:
        show(run_line(chart_of(run)))


def _show_problems(team: str, journal: Journal) -> None:
    """Say beside the output what of the journal is not in it."""
    if journal.problem is not None:
        show(f"{team}: there is nothing to show of {JOURNAL_FILE}: {journal.problem}", err=True)
    elif not journal.runs:
        show(f"{team}: {JOURNAL_FILE} has no records", err=True)
    if journal.cut:
        show(f"{team}: {JOURNAL_FILE} is long; only its end was read", err=True)
    if journal.unreadable:
        show(f"{team}: {journal.unreadable} lines of {JOURNAL_FILE} could not be read", err=True)


# -- machines --------------------------------------------------------------------------------------

_MACHINES: Final[dict[str, Lifecycle[Any, Any]]] = {"bootstrap": BOOTSTRAP, "member": MEMBER}


@click.command("machines")
@click.argument(
    "name", metavar="[bootstrap|member]", type=click.Choice(tuple(_MACHINES)), required=False
)
def machines(name: str | None) -> None:
    """Print the lifecycles as Mermaid diagrams.

    Without a name, both, each below a comment with its name.
    """
    if name is not None:
        show_text(_MACHINES[name].mermaid())
        return
    diagrams = [f"%% {name}\n{machine.mermaid()}" for name, machine in _MACHINES.items()]
    show_text("\n".join(diagrams))

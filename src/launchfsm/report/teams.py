"""A team as a section of the report: all that is known of it, as texts that are safe to show.

Texts go through `Words`, which may replace them. The templates only lay out what is here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs

from launchfsm.audit import CODES, audit_team
from launchfsm.decisions.outcomes import VerdictSeverity
from launchfsm.ecma.dates import from_datetime, read_time
from launchfsm.engine.text import duration_text
from launchfsm.engine.trace import TracedDecision
from launchfsm.lifecycle.machines import BOOTSTRAP
from launchfsm.policy.discovery import is_shipped
from launchfsm.records.documents import LAUNCH_FILE, STATE_FILE
from launchfsm.records.runs import read_journal
from launchfsm.report.timeline import Chart, chart_of
from launchfsm.report.words import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from launchfsm.audit import Audit
    from launchfsm.engine.table import Rule
    from launchfsm.evaluation.evaluator import Evaluation, LaunchEvaluator
    from launchfsm.records.runs import Journal
    from launchfsm.report.words import Words

WORST_FIRST: Final[tuple[VerdictSeverity, ...]] = (
    "failed",
    "blocked",
    "warning",
    "unknown",
    "pending",
    "stopped",
    "ok",
)

_FILES: Final = {"bootstrap": STATE_FILE, "launcher": LAUNCH_FILE}
_LAST_WORD: Final = ("verdict", "foremost", "notes", "advice", "cause", "remains")
_MOST_RUNS: Final = 3
_MOST_ROWS: Final = 50  # members of a chart or a table
_MOST_FINDINGS: Final = 10
_MOST_RULES: Final = 24
_MOST_SUBJECTS: Final = 4


@attrs.frozen
class Member:
    """A member as the report shows it; what is not known is empty.

    Attributes:
        name: Its name.
        word: Where it stands.
        cause: The class of its failure.
        note: Why it is there.
        details: What its record says besides: lane, liveness, pid.
    """

    name: str
    word: str
    cause: str
    note: str
    details: str


@attrs.frozen
class Reason:
    """A rule that answered something about the team.

    Attributes:
        table: The table.
        rule: The rule.
        about: The members that it answered about; empty for the launch.
        when: Its condition, which held; empty when it always holds.
        facts: The facts of its condition, with their values.
        why: The author's reason.
        place: The rule's policy and file.
    """

    table: str
    rule: str
    about: str
    when: str
    facts: str
    why: str
    place: str


@attrs.frozen
class Trouble:
    """A finding of the evaluation or of the audit.

    Attributes:
        severity: How grave it is.
        code: What it is called.
        place: The file, and where in it.
        text: What was found.
    """

    severity: str
    code: str
    place: str
    text: str


@attrs.frozen(kw_only=True)
class Section:
    """A team as the report shows it.

    Attributes:
        team: Its name.
        severity: The verdict's word.
        text: The verdict's line.
        tally: How many members are confirmed, and of how many.
        age: When the record that is believed was written.
        source: Which file that is.
        notes: What else a person should know: the kind, and a line.
        charts: Its last runs, the newest first.
        more_runs: How many older ones the journal has.
        phase: The bootstrap's phase, one of the lifecycle's; empty when it is not known.
        states: How many members are in which state of the lifecycle.
        members: Its members.
        more_members: How many more it has.
        reasons: The rules that answered, by what they were asked about.
        more_reasons: How many more answered.
        troubles: What is wrong with its records.
        more_troubles: How many more things are.
    """

    team: str
    severity: VerdictSeverity
    text: str
    tally: str
    age: str
    source: str
    notes: tuple[tuple[str, str], ...]
    charts: tuple[Chart, ...]
    more_runs: int
    phase: str
    states: Mapping[str, int]
    members: tuple[Member, ...]
    more_members: int
    reasons: Mapping[str, tuple[Reason, ...]]
    more_reasons: int
    troubles: tuple[Trouble, ...]
    more_troubles: int


def section_of(evaluator: LaunchEvaluator, team: str, words: Words) -> Section:
    """Evaluate and audit a team, and say what the report shows of it.

    Args:
        evaluator: Evaluates; its root, clock, processes and policy are used.
        team: The name of the team's folder.
        words: Makes texts safe to show.

    Raises:
        TeamNameError: The name is not one plain path component. No file was touched.
    """
    evaluation, journal = evaluator.evaluate(team), read_journal(evaluator.root, team)
    audit = audit_team(evaluator, team)
    decisions = [one for one in evaluation.record(reports=True) if isinstance(one, TracedDecision)]
    snapshot = evaluation.preferred_snapshot
    names = {} if snapshot is None else snapshot.members
    shown_team = words.say("team", team)
    for name in (*names, *(name for run in journal.runs for name in run.members)):
        words.say("member", name)
    for report in evaluation.members.values():
        for request in report.requests:
            words.say("id", request)
    words.learn(decisions)
    summary = None if snapshot is None else snapshot.summary
    phase = evaluation.phase or _last_phase(journal)
    runs = journal.runs[::-1]
    reasons = _reasons(decisions, words)
    troubles = [*_findings(evaluation, words), *_audit(audit, words)]
    wrong = len(evaluation.findings) + len(audit.findings) + sum(audit.left_out.values())
    return Section(
        team=shown_team,
        severity=evaluation.verdict.severity,
        text=words.say("text", evaluation.verdict.text),
        tally="" if summary is None else f"{summary.confirmed_count}/{len(names)} confirmed",
        age="" if snapshot is None else _age(evaluation, snapshot.updated_at),
        source=_FILES.get(evaluation.preferred_source or "", ""),
        notes=tuple(_notes(evaluation, words)),
        charts=tuple(_worded(chart_of(run), words) for run in runs[:_MOST_RUNS]),
        more_runs=max(len(runs) - _MOST_RUNS, 0),
        phase=phase if phase in BOOTSTRAP.states else "",
        states=Counter(member.launch_state for member in names.values()),
        members=tuple(_members(evaluation, words)),
        more_members=max(len(names) - _MOST_ROWS, 0),
        reasons=_grouped(reasons[:_MOST_RULES]),
        more_reasons=max(len(reasons) - _MOST_RULES, 0),
        troubles=tuple(troubles[:_MOST_FINDINGS]),
        more_troubles=wrong - len(troubles[:_MOST_FINDINGS]),
    )


def _last_phase(journal: Journal) -> str | None:
    phases = [run.phases[-1].phase for run in journal.runs[-1:] if run.phases]
    return phases[0] if phases else None


def _age(evaluation: Evaluation, written: str) -> str:
    at = read_time(written)
    if at is None:
        return ""
    ms = from_datetime(evaluation.evaluated_at) - at
    return f"{duration_text(ms)} ago" if ms >= 0 else f"{duration_text(-ms)} ahead of the clock"


def _notes(evaluation: Evaluation, words: Words) -> Iterator[tuple[str, str]]:
    """What else is known and not said before."""
    cause, said = evaluation.cause, evaluation.verdict.text
    notes: list[tuple[str, str]] = []
    if cause is not None:
        notes.append(("cause", cause.text))
    notes += [("note", text) for text in evaluation.verdict.also]
    if evaluation.runtime_state is not None:
        progress = evaluation.runtime_state.progress
        notes += [("error", progress.error)] if progress.error is not None else []
        notes += [("note", warning) for warning in progress.warnings or ()]
    if evaluation.advice is not None:
        notes.append(("advice", evaluation.advice))
    for kind, text in notes:
        if text not in said:
            said += f"\n{text}"
            yield kind, words.say("text", text)


def _worded(chart: Chart, words: Words) -> Chart:
    """A chart in the words of the page."""
    rows = tuple(
        attrs.evolve(
            row,
            name=(
                words.word(row.name, BOOTSTRAP.states)
                if row.kind == "phase"
                else words.say("member", row.name)
            ),
            reason=words.say("text", row.reason) if row.reason else "",
        )
        for row in chart.rows[:_MOST_ROWS]
    )
    return attrs.evolve(
        chart,
        run=words.say("run", chart.run) if chart.run else "",
        cause=words.say("text", chart.cause) if chart.cause else "",
        rows=rows,
    )


def _members(evaluation: Evaluation, words: Words) -> Iterator[Member]:
    snapshot = evaluation.preferred_snapshot
    members = () if snapshot is None else tuple(snapshot.members.items())[:_MOST_ROWS]
    for name, member in members:
        report = evaluation.members[name]
        told = [report.remark, report.reason, member.skip_reason]
        lane = "/".join(filter(None, (member.lane_kind, member.lane_owner_provider_id)))
        details = {
            "lane": lane,
            "liveness": member.liveness_kind,
            "pid": "" if member.runtime_pid is None else str(member.runtime_pid)[:12],
            "waits for": " ".join(words.say("id", one) for one in report.requests[:_MOST_SUBJECTS]),
        }
        yield Member(
            name=words.say("member", name),
            word=report.word,
            cause=report.cause or "",
            note="; ".join(words.say("text", text) for text in dict.fromkeys(told) if text),
            details=", ".join(f"{key} {value}" for key, value in details.items() if value),
        )


# -- Why -------------------------------------------------------------------------------------------


def _reasons(decisions: Sequence[TracedDecision], words: Words) -> list[tuple[str, Reason]]:
    """The rules that answered, each once, the last word first; and what each was asked about.

    Rules that always fire and answer nothing are left out.
    """
    about: dict[tuple[str, str], list[str]] = {}
    first: dict[tuple[str, str], tuple[TracedDecision, Rule]] = {}
    for decision in decisions:
        for rule in decision.winners:
            if not rule.then and not rule.reads():
                continue
            key = (decision.asked.name, rule.id)
            first.setdefault(key, (decision, rule))
            if decision.subject and decision.subject not in about.setdefault(key, []):
                about[key].append(decision.subject)
    found = []
    for key, (decision, rule) in first.items():
        table, subjects = key[0], about.get(key, [])
        group = "The verdict" if table in _LAST_WORD else "Members" if subjects else "The launch"
        found.append((group, _reason(decision, rule, subjects, words)))
    order = ("The verdict", "The launch", "Members")
    return sorted(found, key=lambda one: order.index(one[0]))


def _reason(decision: TracedDecision, rule: Rule, subjects: Sequence[str], words: Words) -> Reason:
    names = [words.say("member", name) for name in subjects[:_MOST_SUBJECTS]]
    more = len(subjects) - _MOST_SUBJECTS
    file = rule.location().file.replace("\\", "/").rpartition("/")[2]
    return Reason(
        table=decision.asked.name,
        rule=rule.id,
        about=", ".join(names) + (f" and {more} more" if more > 0 else ""),
        when=PLAIN.say("rule", rule.when.text()),
        facts=", ".join(f"{name} = {words.fact(decision, name)}" for name in rule.reads()[:5]),
        why=PLAIN.say("rule", rule.why),
        place=f"{policy_name(rule.origin, words)}/{PLAIN.say('path', file)}:{rule.location().line}",
    )


def policy_name(name: str, words: Words) -> str:
    """A policy's name in the words of the page; those of launchfsm's own policies stay."""
    return name if is_shipped(name) else words.say("policy", name)


def _grouped(reasons: Sequence[tuple[str, Reason]]) -> dict[str, tuple[Reason, ...]]:
    groups: dict[str, list[Reason]] = {}
    for group, reason in reasons:
        groups.setdefault(group, []).append(reason)
    return {group: tuple(found) for group, found in groups.items()}


# -- What is wrong ---------------------------------------------------------------------------------


def _findings(evaluation: Evaluation, words: Words) -> Iterator[Trouble]:
    for finding in evaluation.findings[:_MOST_FINDINGS]:
        text, place = f"expected {finding.expected}, got {finding.got}", finding.path
        if words.redacts:
            # Of what is expected, only this one names something: the folder.
            named = finding.expected.startswith("the folder's name")
            text, place = "expected the folder's name" if named else text.partition(", got ")[0], ""
        file = words.file(finding.file)
        yield Trouble(
            "finding", "field", f"{file} {PLAIN.say('path', place)}", PLAIN.say("text", text)
        )


def _audit(audit: Audit, words: Words) -> Iterator[Trouble]:
    for finding in audit.findings[:_MOST_FINDINGS]:
        text, place = finding.message, f"{words.file(finding.file)}"
        if finding.line is not None:
            place = f"{place}:{finding.line}"
        if words.redacts:
            text = CODES[finding.code].text
        elif finding.path is not None:
            place = f"{place} {finding.path}"
        yield Trouble(
            finding.severity, finding.code, PLAIN.say("path", place), PLAIN.say("text", text)
        )

"""A team as a section of the report: all that is known of it, as texts that are safe to show.

Texts go through `Words`, which may replace them. The template lays out what is here, by its names.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import attrs

from launchfsm.audit import CODES, audit_team
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
    from collections.abc import Iterable, Iterator, Sequence

    from launchfsm.audit import Audit
    from launchfsm.engine.table import Rule
    from launchfsm.evaluation.evaluator import Evaluation, LaunchEvaluator
    from launchfsm.records.results import LaunchSnapshot
    from launchfsm.report.words import Words

_FILES: Final = {"bootstrap": STATE_FILE, "launcher": LAUNCH_FILE}
_LAST_WORD: Final = frozenset({"verdict", "foremost", "notes", "advice", "cause", "remains"})
_MOST_RUNS: Final = 3
_MOST_ROWS: Final = 50  # members of a chart or a table
_MOST_FINDINGS: Final = 10
_MOST_RULES: Final = 18
_MOST_SUBJECTS: Final = 4
_MOST_FACTS: Final = 5


def section_of(evaluator: LaunchEvaluator, team: str, words: Words) -> dict[str, Any]:
    """Evaluate and audit a team, and say what the report shows of it, by the template's names.

    Args:
        evaluator: Evaluates; its root, clock, processes and policy are used.
        team: The name of the team's folder.
        words: Makes texts safe to show.

    Raises:
        TeamNameError: The name is not one plain path component. No file was touched.
    """
    evaluation, journal = evaluator.evaluate(team), read_journal(evaluator.root, team)
    audit, runs = audit_team(evaluator, team), journal.runs[::-1]
    record = evaluation.record(reports=True)
    decisions = [one for one in record if isinstance(one, TracedDecision)]
    snapshot = evaluation.preferred_snapshot
    members = {} if snapshot is None else snapshot.members
    shown_team = words.say("team", team)
    # Names and ids are known by what they are before they are met inside other texts.
    for name in (*members, *(name for run in runs for name in run.members)):
        words.say("member", name)
    for request in (one for told in evaluation.members.values() for one in told.requests):
        words.say("id", request)
    words.learn(decisions)
    phase = evaluation.phase or next((one.phase for run in runs[:1] for one in run.phases[-1:]), "")
    reasons = _reasons(decisions, words)
    troubles = [*_findings(evaluation, words), *_audit(audit, words)][:_MOST_FINDINGS]
    wrong = len(evaluation.findings) + len(audit.findings) + sum(audit.left_out.values())
    confirmed = 0 if snapshot is None else snapshot.summary.confirmed_count
    return {
        "name": shown_team,
        "severity": evaluation.verdict.severity,
        "text": words.say("text", evaluation.verdict.text),
        "tally": "" if snapshot is None else f"{confirmed}/{len(members)} confirmed",
        "age": "" if snapshot is None else _age(evaluation, snapshot),
        "source": _FILES.get(evaluation.preferred_source or "", ""),
        "notes": [(kind, words.say("text", text)) for kind, text in _notes(evaluation)],
        "charts": [_worded(chart_of(run), run.reason, words) for run in runs[:_MOST_RUNS]],
        "more_runs": max(len(runs) - _MOST_RUNS, 0),
        "phase": phase if phase in BOOTSTRAP.states else "",
        "states": Counter(member.launch_state for member in members.values()),
        "members": [] if snapshot is None else list(_members(evaluation, snapshot, words)),
        "more_members": max(len(members) - _MOST_ROWS, 0),
        "reasons": reasons[:_MOST_RULES],
        "more_reasons": max(len(reasons) - _MOST_RULES, 0),
        "troubles": troubles,
        "more_troubles": wrong - len(troubles),
    }


def _age(evaluation: Evaluation, snapshot: LaunchSnapshot) -> str:
    at = read_time(snapshot.updated_at)
    ms = 0 if at is None else from_datetime(evaluation.evaluated_at) - at
    ago = f"{duration_text(ms)} ago" if ms >= 0 else f"{duration_text(-ms)} ahead of the clock"
    return "" if at is None else ago


def _notes(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    """What else is known and not said before: the kind, and a line."""
    cause, said = evaluation.cause, evaluation.verdict.text
    notes = [] if cause is None else [("cause", cause.text)]
    notes += [("note", text) for text in evaluation.verdict.also]
    if evaluation.runtime_state is not None:
        progress = evaluation.runtime_state.progress
        notes += [] if progress.error is None else [("error", progress.error)]
        notes += [("note", warning) for warning in progress.warnings or ()]
    notes += [] if evaluation.advice is None else [("advice", evaluation.advice)]
    for kind, text in notes:
        if text not in said:
            said += f"\n{text}"
            yield kind, text


def _worded(chart: Chart, reason: str | None, words: Words) -> Chart:
    """A chart in the words of the page; its cause is the run's own, members have theirs."""

    def named(kind: str, name: str) -> str:
        known = kind == "phase" and name in BOOTSTRAP.states
        return name if known else words.say("text" if kind == "phase" else "member", name)

    rows = [
        attrs.evolve(
            row,
            name=named(row.kind, row.name),
            reason=words.say("text", row.reason) if row.reason else "",
        )
        for row in chart.rows[:_MOST_ROWS]
    ]
    return attrs.evolve(
        chart,
        run=words.say("run", chart.run) if chart.run else "",
        cause=words.say("text", reason) if reason else "",
        rows=tuple(rows),
    )


def _members(
    evaluation: Evaluation, snapshot: LaunchSnapshot, words: Words
) -> Iterator[dict[str, str]]:
    for name, member in tuple(snapshot.members.items())[:_MOST_ROWS]:
        report = evaluation.members[name]
        told = dict.fromkeys((report.remark, report.reason, member.skip_reason))
        details = {
            "lane": "/".join(filter(None, (member.lane_kind, member.lane_owner_provider_id))),
            "liveness": member.liveness_kind,
            "pid": "" if member.runtime_pid is None else str(member.runtime_pid)[:12],
            "waits for": " ".join(words.say("id", one) for one in report.requests[:_MOST_SUBJECTS]),
        }
        yield {
            "name": words.say("member", name),
            "word": report.word,
            "cause": "" if report.cause in {None, "other"} else str(report.cause),
            "note": "; ".join(words.say("text", text) for text in told if text),
            "details": ", ".join(f"{key} {value}" for key, value in details.items() if value),
        }


# -- Why -------------------------------------------------------------------------------------------


def _reasons(decisions: Iterable[TracedDecision], words: Words) -> list[dict[str, str]]:
    """The rules that answered, each once: those of the verdict, of the launch, then of members.

    Rules that always fire and answer nothing are left out.
    """
    first: dict[tuple[str, str], tuple[TracedDecision, Rule]] = {}
    about: dict[tuple[str, str], dict[str, None]] = {}
    for decision in decisions:
        for rule in decision.winners:
            key = (decision.asked.name, rule.id)
            if rule.then or rule.reads():
                first.setdefault(key, (decision, rule))
                about.setdefault(key, {}).update(
                    {decision.subject: None} if decision.subject else {}
                )
    found = [_reason(*first[key], tuple(about[key]), words) for key in first]
    order = ("The verdict", "The launch", "Members")
    return sorted(found, key=lambda reason: order.index(reason["group"]))


def _reason(
    decision: TracedDecision, rule: Rule, subjects: Sequence[str], words: Words
) -> dict[str, str]:
    names = [words.say("member", name) for name in subjects[:_MOST_SUBJECTS]]
    names += [f"{len(subjects) - len(names)} more"] if len(subjects) > len(names) else []
    table, location = decision.asked.name, rule.location()
    file = location.file.replace("\\", "/").rpartition("/")[2]
    if not is_shipped(rule.origin):
        file = words.say("path", file)
    group = "The verdict" if table in _LAST_WORD else "Members" if subjects else "The launch"
    facts = rule.reads()[:_MOST_FACTS]
    return {
        "group": group,
        "table": table,
        "rule": rule.id,
        "about": ", ".join(names),
        "when": PLAIN.say("rule", rule.when.text()),
        "facts": ", ".join(f"{name} = {words.fact(decision, name)}" for name in facts),
        "why": PLAIN.say("rule", rule.why),
        "place": f"{policy_name(rule.origin, words)}/{file}:{location.line}",
    }


def policy_name(name: str, words: Words) -> str:
    """A policy's name in the words of the page; those of launchfsm's own policies stay."""
    return name if is_shipped(name) else words.say("policy", name)


# -- What is wrong ---------------------------------------------------------------------------------


def _findings(evaluation: Evaluation, words: Words) -> Iterator[dict[str, str]]:
    for finding in evaluation.findings[:_MOST_FINDINGS]:
        text, place = f"expected {finding.expected}, got {finding.got}", finding.path
        if words.redacts:
            # Of what is expected, only this one names something: the folder.
            named = finding.expected.startswith("the folder's name")
            text, place = "expected the folder's name" if named else text.partition(", got ")[0], ""
        place = f"{words.file(finding.file)} {PLAIN.say('path', place)}"
        yield {"kind": "finding", "place": place, "text": PLAIN.say("text", text)}


def _audit(audit: Audit, words: Words) -> Iterator[dict[str, str]]:
    for finding in audit.findings[:_MOST_FINDINGS]:
        line = "" if finding.line is None else f":{finding.line}"
        text, path = finding.message, finding.path or ""
        if words.redacts:
            text, path = CODES[finding.code].text, ""
        yield {
            "kind": f"{finding.severity} {finding.code}",
            "place": f"{words.file(finding.file)}{line} {PLAIN.say('path', path)}",
            "text": PLAIN.say("text", text),
        }

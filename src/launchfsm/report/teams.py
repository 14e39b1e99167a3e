"""A team as a section of the report: all that is known of it, as texts that are safe to show.

Texts go through `Words`, which may replace them. The template lays out what is here, by its names.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from launchfsm.audit import CODES, Audit, audit_team
from launchfsm.engine.table import Rule
from launchfsm.engine.trace import TracedDecision
from launchfsm.evaluation.evaluator import Evaluation, LaunchEvaluator
from launchfsm.lifecycle.machines import BOOTSTRAP
from launchfsm.policy.discovery import is_shipped
from launchfsm.records.journal import read_journal
from launchfsm.report.timeline import chart_of
from launchfsm.report.views import view_of
from launchfsm.report.words import PLAIN, Words

_LAST_WORD: Final = frozenset({"verdict", "foremost", "notes", "advice", "cause", "remains"})
_MOST_RUNS: Final = 3
_MOST_ROWS: Final = 50  # members of a chart or a table
_MOST_TROUBLES: Final = 10
_MOST_RULES: Final = 18
_MOST_SUBJECTS: Final = 4
_MOST_FACTS: Final = 5


def section_of(evaluator: LaunchEvaluator, team: str, words: Words) -> dict[str, Any]:
    """Evaluate and audit a team, and say what the report shows of it, by the template's names.

    Raises:
        TeamNameError: The name is not one plain path component. No file was touched.
    """
    evaluation, journal = evaluator.evaluate(team), read_journal(evaluator.root, team)
    audit, runs = audit_team(evaluator, team), journal.runs[::-1]
    record = evaluation.record(reports=True)
    decisions = [one for one in record if isinstance(one, TracedDecision)]
    snapshot = evaluation.preferred_snapshot
    members = {} if snapshot is None else snapshot.members
    words.say("team", team)
    # Names and ids are known by what they are before they are met inside other texts.
    for name in (*members, *(name for run in runs for name in run.members)):
        words.say("member", name)
    for request in (one for told in evaluation.members.values() for one in told.requests):
        words.say("id", request)
    words.learn(decisions)
    phase = evaluation.phase or next((one.phase for run in runs[:1] for one in run.phases[-1:]), "")
    reasons = _reasons(decisions, words)
    troubles = list(itertools.islice(_troubles(evaluation, audit, words), _MOST_TROUBLES))
    wrong = len(evaluation.findings) + len(audit.findings) + sum(audit.left_out.values())
    return {
        "view": view_of(evaluation, words, most_members=_MOST_ROWS),
        "charts": [chart_of(run, words, most_rows=_MOST_ROWS) for run in runs[:_MOST_RUNS]],
        "more_runs": max(len(runs) - _MOST_RUNS, 0),
        "phase": phase if phase in BOOTSTRAP.states else "",
        "states": Counter(member.launch_state for member in members.values()),
        "more_members": max(len(members) - _MOST_ROWS, 0),
        "reasons": reasons[:_MOST_RULES],
        "more_reasons": max(len(reasons) - _MOST_RULES, 0),
        "troubles": troubles,
        "more_troubles": wrong - len(troubles),
    }


def _reasons(decisions: Iterable[TracedDecision], words: Words) -> list[dict[str, str]]:
    """The rules that answered, each once: those of the verdict, of the launch, then of members.

    Rules that always fire and answer nothing are left out.
    """
    answered: dict[tuple[str, str], tuple[TracedDecision, Rule, dict[str, None]]] = {}
    for decision in decisions:
        for rule in decision.winners:
            if rule.then or rule.reads():
                key = (decision.asked.name, rule.id)
                _, _, subjects = answered.setdefault(key, (decision, rule, {}))
                subjects.update({decision.subject: None} if decision.subject else {})
    found = [_reason(*one, words) for one in answered.values()]
    order = ("The verdict", "The launch", "Members")
    return sorted(found, key=lambda reason: order.index(reason["group"]))


def _reason(
    decision: TracedDecision, rule: Rule, subjects: Collection[str], words: Words
) -> dict[str, str]:
    named = itertools.islice(subjects, _MOST_SUBJECTS)
    names = [words.say("member", name) for name in named]
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
        "place": f"{words.policy(rule.origin)}/{file}:{location.line}",
    }


def _troubles(evaluation: Evaluation, audit: Audit, words: Words) -> Iterator[dict[str, str]]:
    """What the evaluation and the audit found; redacted only what is said in launchfsm's words."""
    for finding in evaluation.findings:
        public = f"expected {finding.expected}"
        if finding.expected.startswith("the folder's name"):  # nothing else expected is a name
            public = "expected the folder's name"
        text = f"expected {finding.expected}, got {finding.got}"
        yield {"kind": "finding", **_told(finding.file, finding.path, text, public, words)}
    for found in audit.findings:
        line = "" if found.line is None else f":{found.line}"
        told = _told(found.file, found.path or "", found.message, CODES[found.code].text, words)
        yield {"kind": f"{found.severity} {found.code}", **told, "line": line}


def _told(file: str, path: str, text: str, public: str, words: Words) -> dict[str, str]:
    return {
        "file": words.file(file),
        "line": "",
        "path": "" if words.redacts else PLAIN.say("path", path),
        "text": PLAIN.say("text", public if words.redacts else text),
    }

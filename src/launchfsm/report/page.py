"""Pages as files: one self-contained HTML document each, without a script and without a request.

Whatever a record says is text: templates escape it, and the content security policy of a page
allows its one style sheet, by its hash, and nothing else.
"""

# Paths are plain text here, as in the evaluator:
# ruff: noqa: PTH105, PTH108, PTH120

from __future__ import annotations

import base64
import functools
import hashlib
import itertools
import os
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from typing import IO, TYPE_CHECKING, Any, Final

import attrs

from launchfsm.audit import CODES, Audit, audit_team
from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.decisions.verdict import WORST_FIRST
from launchfsm.ecma.dates import from_datetime, iso_from_ms
from launchfsm.engine.table import Rule
from launchfsm.engine.text import visible
from launchfsm.engine.trace import TracedDecision
from launchfsm.evaluation.evaluator import Evaluation, LaunchEvaluator
from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER
from launchfsm.policies import PolicyLike, load_policy
from launchfsm.policy.discovery import is_shipped
from launchfsm.policy.loader import Catalogue
from launchfsm.records.journal import read_journal
from launchfsm.report.lifecycles import BOX_HEIGHT, BOX_WIDTH, LEFT, diagram
from launchfsm.report.policies import shown_tables
from launchfsm.report.timeline import chart_of
from launchfsm.report.views import view_of
from launchfsm.report.words import PLAIN, RedactingWords, Words
from launchfsm.system.files import demand_replaceable

if TYPE_CHECKING:
    from jinja2 import Environment

_END: Final = "</main>\n</body>\n</html>\n"
_LAST_WORD: Final = frozenset({"verdict", "foremost", "notes", "advice", "cause", "remains"})
_MOST_RUNS: Final = 3
_MOST_ROWS: Final = 50  # members of a chart or a table
_MOST_TROUBLES: Final = 10
_MOST_RULES: Final = 18
_MOST_SUBJECTS: Final = 4
_MOST_FACTS: Final = 5


def write_team_report(
    evaluator: LaunchEvaluator,
    teams: Iterable[str],
    file: str | os.PathLike[str],
    *,
    redact: bool = False,
) -> None:
    """Write a page about some teams: an overview, the worst first, and a section for each.

    Sections wait in a temporary file, so that thousands of teams take no more memory than one. The
    page replaces the file as a whole; when something fails, the old one is left as it was.

    Args:
        evaluator: Evaluates the teams.
        teams: Their names.
        file: The file to write or replace.
        redact: Whether names, ids, paths and texts of records are replaced by stand-ins.

    Raises:
        TeamNameError: A name is not one plain path component.
        OSError: The file could not be written.
    """
    words = RedactingWords() if redact else Words()
    lines: list[dict[str, Any]] = []
    with tempfile.TemporaryFile() as sections:
        template = _environment().get_template("section.html")
        for number, team in enumerate(teams, start=1):
            found = _section(evaluator, team, words)
            begin = sections.tell()
            text = template.render(team=found, number=number)
            sections.write(text.encode("utf-8", "backslashreplace"))
            view = attrs.evolve(found["view"], members=(), notes=())  # all that an overview tells
            place = {"begin": begin, "end": sections.tell()}
            lines.append({"view": view, "number": number, **place})
        lines.sort(key=lambda line: (WORST_FIRST.index(line["view"].severity), line["number"]))
        counts = Counter(line["view"].severity for line in lines)
        overview = _environment().get_template("overview.html")
        with _replaced(file) as page:
            parts = overview.generate(
                title="Launches",
                teams=lines,
                counts={word: counts[word] for word in WORST_FIRST if counts[word]},
                root=words.say("path", evaluator.root),
                now=iso_from_ms(from_datetime(evaluator.clock())),
                policy=words.policy(evaluator.policy.name),
                redacted=redact,
            )
            page.writelines(part.encode("utf-8", "backslashreplace") for part in parts)
            for line in lines:
                sections.seek(line["begin"])
                page.write(sections.read(line["end"] - line["begin"]))
            page.write(_END.encode())


def write_policy_report(
    policy: PolicyLike, file: str | os.PathLike[str], *, catalogue: Catalogue = CATALOGUE
) -> None:
    """Write a page about a policy: its tables, its tests, and what it changes of its parent.

    Args:
        policy: Its name, the path of its folder or file, or a loaded one.
        file: The file to write or replace.
        catalogue: The decisions that its tables answer, by name.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: It has faults.
        OSError: The file could not be written.
    """
    loaded = load_policy(policy, catalogue=catalogue)
    tables = list(shown_tables(loaded))
    template = _environment().get_template("policy.html")
    parts = template.generate(title=f"Policy {loaded.name}", policy=loaded, tables=tables)
    with _replaced(file) as page:
        page.writelines(part.encode("utf-8", "backslashreplace") for part in parts)


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - 60 ms, for pages alone
    from markupsafe import Markup  # noqa: PLC0415 - the same

    environment = Environment(
        loader=PackageLoader("launchfsm.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    style = resources.files("launchfsm.report").joinpath("templates/style.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals.update(
        style=Markup(style),  # noqa: S704 - our own style sheet
        style_hash=f"sha256-{digest}",
        diagrams=(diagram(BOOTSTRAP), diagram(MEMBER)),
        left=LEFT,
        box_width=BOX_WIDTH,
        box_height=BOX_HEIGHT,
        percent=lambda part: f"{max(part * 100, 0.3):.4g}%",
    )
    return environment


@contextmanager
def _replaced(file: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A new content for a file, which it gets whole or not at all; readable by its owner alone."""
    path = os.path.realpath(file)
    demand_replaceable(path)
    folder = os.path.dirname(path)
    descriptor, temporary = tempfile.mkstemp(prefix=".launchfsm-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as page:
            yield page
            page.flush()
            os.fsync(page.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


# -- The section of a team -------------------------------------------------------------------------


def _section(evaluator: LaunchEvaluator, team: str, words: Words) -> dict[str, Any]:
    """Evaluate and audit a team, and say what the report shows of it, by the template's names."""
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

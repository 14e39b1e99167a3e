"""A team as people see it, in lines, on a terminal and on a page: texts that are safe to show.

The first line of a team begins with its verdict's word in the first column. Every line below it
begins with two spaces and a word, and names the team again, so that it can be understood alone:

    failed   docs-site  1 of 2 members failed  [1/2 confirmed, from bootstrap-state.json, 3m ago]
      failed      docs-site/writer  exit status 1
      finding     docs-site  bootstrap-journal.jsonl: line 9: $: expected a JSON object, got …
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

import attrs

from launchfsm.decisions.reconciliation import MemberWord
from launchfsm.decisions.verdict import WORST_FIRST, VerdictSeverity
from launchfsm.ecma.dates import from_datetime, read_time
from launchfsm.engine.text import duration_text, visible
from launchfsm.evaluation.causes import cause_text, comparable
from launchfsm.evaluation.evaluator import Evaluation
from launchfsm.evaluation.many import Row
from launchfsm.records.documents import LAUNCH_FILE, STATE_FILE
from launchfsm.records.results import MemberLaunch
from launchfsm.report.words import PLAIN, Words

Note: TypeAlias = tuple[Literal["cause", "error", "note", "advice", "answer", "finding"], str]
"""What a line tells, and the line."""

_MOMENT: Final = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_MOST_FINDINGS: Final = 5
_MOST_REQUESTS: Final = 4
_LONGEST_NOTE: Final = 600  # characters of all that is told of a member
_PID: Final = 12  # digits; a file may claim more


@attrs.frozen(kw_only=True)
class MemberView:
    """One member as it is shown; what is not known is empty."""

    name: str
    word: MemberWord
    lane: str  # its kind and owner; where neither is known, its id
    liveness: str  # what the record of it rests on
    pid: str
    permissions: str  # the requests that it waits for
    cause: str  # the class of the reason why it failed; empty also for `other`
    note: str  # why it failed or is skipped, or what it waits for


@attrs.frozen(kw_only=True)
class TeamView:
    """One team as it is shown; what is not known is empty."""

    team: str
    severity: VerdictSeverity
    text: str  # of the verdict
    tally: str  # how many members are confirmed, and of how many
    source: str  # which file is believed, and against which
    updated: str  # how long ago that file says that it was written
    members: tuple[MemberView, ...]
    notes: tuple[Note, ...]  # what else a person should know, line by line

    @property
    def about(self) -> str:
        """The tally, the source and the time, as far as there are any."""
        return ", ".join(filter(None, (self.tally, self.source, self.updated)))

    def parted_notes(self) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
        """The notes to show above the members, and those to show below them."""
        count = sum(kind == "cause" for kind, _ in self.notes)  # which come first
        return self.notes[:count], self.notes[count:]


def view_of(
    evaluation: Evaluation, words: Words = PLAIN, *, most_members: int | None = None
) -> TeamView:
    """What is shown of an evaluation, and of at most so many of its members."""
    snapshot, now = evaluation.preferred_snapshot, evaluation.evaluated_at
    tally = source = updated = ""
    members: list[MemberLaunch] = []
    if snapshot is not None and evaluation.preferred_source is not None:
        others = {"bootstrap": (STATE_FILE, LAUNCH_FILE), "launcher": (LAUNCH_FILE, STATE_FILE)}
        believed, other = others[evaluation.preferred_source]
        alone = evaluation.bootstrap_snapshot is None or evaluation.launcher_snapshot is None
        source = f"from {believed}" if alone else f"from {believed}, not {other}"
        summary, members = snapshot.summary, [*snapshot.members.values()]
        tally = f"{summary.confirmed_count}/{summary.names} confirmed"
        at = read_time(snapshot.updated_at)
        updated = words.say("text", snapshot.updated_at) if at is None else _age(now, at)
    return TeamView(
        team=words.say("team", evaluation.team),
        severity=evaluation.verdict.severity,
        text=told(evaluation.verdict.text, now, words),
        tally=tally,
        source=source,
        updated=updated,
        members=tuple(_member(evaluation, member, words) for member in members[:most_members]),
        notes=tuple(dict.fromkeys(_notes(evaluation, words))),
    )


def ago_text(ms: float) -> str:
    """An age in words, such as `3m ago`."""
    return f"{duration_text(ms)} ago" if ms >= 0 else f"{duration_text(-ms)} ahead of the clock"


def told(text: str, now: datetime, words: Words = PLAIN) -> str:
    """A text made safe to show, with an age beside each moment in it."""

    def aged(found: re.Match[str]) -> str:
        at = read_time(found[0])
        return found[0] if at is None else f"{found[0]} ({_age(now, at)})"

    return _MOMENT.sub(aged, words.say("text", text))


def _age(now: datetime, at: float) -> str:
    return ago_text(from_datetime(now) - at)


def _notes(evaluation: Evaluation, words: Words) -> Iterator[Note]:
    """What else is known than the verdict says."""
    now, findings = evaluation.evaluated_at, evaluation.findings
    cause, about, already = evaluation.cause, "", ""
    found: list[Note] = []
    if cause is not None and cause.text in evaluation.verdict.text:
        already = f": {cause.text}"  # beside the verdict only whom it concerns is new
    elif cause is not None and cause.count > 1:
        state = "failed" if cause.failed else "are pending"
        about = f"{cause.count} of {len(evaluation.members)} members {state}: "
        found.append(("cause", cause.text))
    found += [("note", text.removesuffix(already)) for text in evaluation.verdict.also]
    if evaluation.runtime_state is not None:
        progress = evaluation.runtime_state.progress
        found += [] if progress.error is None else [("error", progress.error)]
        found += [("note", warning) for warning in progress.warnings or ()]
    if evaluation.advice is not None:
        found.append(("advice", evaluation.advice))
    found += [("answer", line) for line in evaluation.shown.get("", ())]
    said = evaluation.verdict.text
    for kind, text in found:
        if text not in said:
            said += f"\n{text}"
            yield kind, (about if kind == "cause" else "") + told(text, now, words)
    for finding in findings[:_MOST_FINDINGS]:
        yield "finding", told(finding.text(), now, words)
    if len(findings) > _MOST_FINDINGS:
        yield "finding", f"and {len(findings) - _MOST_FINDINGS} more: see status --json"


def _member(evaluation: Evaluation, member: MemberLaunch, words: Words) -> MemberView:
    report, now = evaluation.members[member.name], evaluation.evaluated_at
    lane = [word for word in (member.lane_kind, member.lane_owner_provider_id) if word]
    requests = [words.say("id", one) for one in report.requests[:_MOST_REQUESTS]]
    if len(report.requests) > _MOST_REQUESTS:
        requests.append(f"{len(report.requests) - _MOST_REQUESTS} more")
    return MemberView(
        name=words.say("member", member.name),
        word=report.word,
        lane="/".join(lane) or (words.say("id", member.lane_id) if member.lane_id else ""),
        liveness=member.liveness_kind or "",
        pid="" if member.runtime_pid is None else visible(str(member.runtime_pid), most=_PID),
        permissions=", ".join(requests),
        cause="" if report.cause in {None, "other"} else str(report.cause),
        note=visible(
            "; ".join(told(text, now, words) for text in _member_notes(evaluation, member)),
            most=_LONGEST_NOTE,
        ),
    )


def _member_notes(evaluation: Evaluation, member: MemberLaunch) -> list[str]:
    """Why a member is where it is; a reason that the team's cause tells is not told again."""
    name, report, cause = member.name, evaluation.members[member.name], evaluation.cause
    said = [report.remark]
    if cause is not None and cause.count > 1 and name in cause.members:
        if comparable(cause_text(report.reason or ""), name) != comparable(cause.text, name):
            said.append(report.reason)
    elif member.launch_state == "failed_to_start":
        said += [report.reason, member.runtime_diagnostic]
    elif member.launch_state == "skipped_for_launch":
        said += [member.skip_reason, member.runtime_diagnostic]
    elif member.launch_state != "confirmed_alive":
        said += [*(member.diagnostics or ()), member.runtime_diagnostic]
    return list(dict.fromkeys(text for text in (*said, *evaluation.shown.get(name, ())) if text))


# -- Lines -----------------------------------------------------------------------------------------


def worst_first(row: Row) -> tuple[int, str]:
    """Sorts rows: the worst verdict first, then by name."""
    return WORST_FIRST.index(row.verdict), row.team


def row_tally(row: Row) -> str:
    """How many members of a team are confirmed, and of how many; empty without any."""
    return f"{row.confirmed}/{row.members}" if row.members else ""


def row_line(row: Row) -> str:
    """A team in a line."""
    known = [f"{row_tally(row)} confirmed"] if row.members else []
    known += [] if row.age is None else [ago_text(row.age / timedelta(milliseconds=1))]
    about = f"  [{', '.join(known)}]" if known else ""
    return f"{row.verdict:<8} {visible(row.team)}  {told(row.text, row.evaluated_at)}{about}"


def totals_text(totals: Counter[VerdictSeverity]) -> str:
    """How many teams there are of each verdict, the worst first: `3 teams: 1 failed, 2 ok`."""
    parts = ", ".join(f"{totals[word]} {word}" for word in WORST_FIRST if totals[word])
    teams = "1 team" if totals.total() == 1 else f"{totals.total()} teams"
    return f"{teams}: {parts}" if parts else teams


def team_lines(view: TeamView) -> Iterator[str]:
    """All lines about a team: the verdict, the cause, the members, and what else there is."""
    about = f"  [{view.about}]" if view.about else ""
    yield f"{view.severity:<8} {view.team}  {view.text}{about}"
    causes, notes = view.parted_notes()
    yield from (f"  {kind:<11} {view.team}  {text}" for kind, text in causes)
    for member in view.members:
        yield f"  {member.word:<11} {view.team}/{member.name}  {member_text(member)}".rstrip()
    yield from (f"  {kind:<11} {view.team}  {text}" for kind, text in notes)


def member_text(member: MemberView) -> str:
    """What is known of a member as `key=value`, and the note at the end."""
    fields = ("lane", "liveness", "pid", "permissions")
    known = [f"{field}={value}" for field in fields if (value := getattr(member, field))]
    return "  ".join([*known, member.note] if member.note else known)

"""What is shown of a team: a view of its evaluation, and the view as plain lines.

Every text from a file passes `shown` in the view, on its way to lines and tables alike. The first
line of a team begins with its verdict's word in the first column. Every line below it begins with
two spaces and a word, and names the team again, so that it can be understood alone:

    failed   docs-site  1 of 2 members failed  [1/2 confirmed, from bootstrap-state.json, 3m ago]
      failed      docs-site/writer  exit status 1
      finding     docs-site  bootstrap-journal.jsonl: line 9: $: expected a JSON object, got …
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import attrs

from launchfsm.cli.output import LONGEST_NAME, LONGEST_TEXT, shown
from launchfsm.decisions.outcomes import WORST_FIRST, VerdictSeverity
from launchfsm.decisions.reconciliation import MemberWord
from launchfsm.ecma.dates import from_datetime, read_time
from launchfsm.engine.text import duration_text
from launchfsm.evaluation.causes import cause_text, comparable
from launchfsm.records.documents import LAUNCH_FILE, STATE_FILE

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from datetime import datetime

    from launchfsm.evaluation.causes import TeamCause
    from launchfsm.evaluation.evaluator import Evaluation
    from launchfsm.evaluation.many import Row
    from launchfsm.evaluation.reports import MemberReport
    from launchfsm.records.results import LaunchSnapshot, MemberLaunch

NoteKind: TypeAlias = Literal["cause", "error", "note", "advice", "answer", "finding"]

_FILES: Final = {"bootstrap": STATE_FILE, "launcher": LAUNCH_FILE}
_MOMENT: Final = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_MOST_FINDINGS: Final = 5
_PID: Final = 12  # digits; a file may claim more


@attrs.frozen(kw_only=True)
class MemberView:
    """One member as it is shown; what is not known is empty.

    Attributes:
        name: Its name.
        word: Where it stands.
        lane: The kind and the owner of its lane; where neither is known, its id.
        liveness: What the record of its liveness rests on.
        pid: The pid of its runtime.
        permissions: The permission requests that it waits for.
        note: Why it failed, is skipped, or what it waits for.
    """

    name: str
    word: MemberWord
    lane: str
    liveness: str
    pid: str
    permissions: str
    note: str


@attrs.frozen(kw_only=True)
class TeamView:
    """One team as it is shown.

    Attributes:
        team: Its name.
        severity: The verdict's word.
        text: The verdict's line.
        tally: How many members are confirmed, and of how many; empty without a snapshot.
        source: Which file is believed, and against which; empty when none is.
        updated: When that file says that it was written, and how long ago that was.
        members: Its members.
        notes: What else a person should know: the kind, and a line.
    """

    team: str
    severity: VerdictSeverity
    text: str
    tally: str
    source: str
    updated: str
    members: tuple[MemberView, ...]
    notes: tuple[tuple[NoteKind, str], ...]


def view_of(evaluation: Evaluation) -> TeamView:
    """What is shown of an evaluation."""
    snapshot, now = evaluation.preferred_snapshot, evaluation.evaluated_at
    text = told(evaluation.verdict.text, now)
    tally = updated = ""
    if snapshot is not None:
        count = snapshot.summary
        known = count.confirmed_count + count.pending_count + count.failed_count
        tally = f"{count.confirmed_count}/{known + count.skipped_count} confirmed"
        updated = _age(now, snapshot.updated_at) or shown(snapshot.updated_at, most=LONGEST_NAME)
    return TeamView(
        team=shown(evaluation.team),
        severity=evaluation.verdict.severity,
        text=text,
        tally=tally,
        source=_source(evaluation),
        updated=updated,
        members=() if snapshot is None else _members(evaluation, snapshot),
        notes=tuple(_notes(evaluation, text)),
    )


def _age(now: datetime, moment: str) -> str | None:
    """How long ago a moment was; `None` when the text is none."""
    at = read_time(moment)
    return None if at is None else _ago(from_datetime(now) - at)


def _ago(ms: float) -> str:
    return f"{duration_text(ms)} ago" if ms >= 0 else f"{duration_text(-ms)} ahead of the clock"


def told(text: str, now: datetime) -> str:
    """A text made safe to show, with an age beside each moment in it."""

    def aged(found: re.Match[str]) -> str:
        age = _age(now, found[0])
        return f"{found[0]} ({age})" if age else found[0]

    return _MOMENT.sub(aged, shown(text, most=LONGEST_TEXT))


def _source(evaluation: Evaluation) -> str:
    side = evaluation.preferred_source
    if side is None:
        return ""
    if evaluation.bootstrap_snapshot is None or evaluation.launcher_snapshot is None:
        return f"from {_FILES[side]}"
    other = _FILES["launcher" if side == "bootstrap" else "bootstrap"]
    return f"from {_FILES[side]}, not {other}"


def _notes(evaluation: Evaluation, verdict: str) -> Iterator[tuple[NoteKind, str]]:
    """What else is known and not said before."""
    found: list[tuple[NoteKind, str]] = []
    cause, already = evaluation.cause, ""
    if cause is not None and cause.text in evaluation.verdict.text:
        already = f": {cause.text}"  # beside the verdict only whom it concerns is new
    elif cause is not None and cause.count > 1:
        state = "failed" if cause.failed else "are pending"
        count = f"{cause.count} of {len(evaluation.members)} members"
        found.append(("cause", f"{count} {state}: {cause.text}"))
    found += [("note", text.removesuffix(already)) for text in evaluation.verdict.also]
    if evaluation.runtime_state is not None:
        progress = evaluation.runtime_state.progress
        found += [] if progress.error is None else [("error", progress.error)]
        found += [("note", warning) for warning in progress.warnings or ()]
    if evaluation.advice is not None:
        found.append(("advice", evaluation.advice))
    found += [("answer", line) for line in evaluation.shown.get("", ())]
    found += [("finding", finding.text()) for finding in evaluation.findings[:_MOST_FINDINGS]]
    more = len(evaluation.findings) - _MOST_FINDINGS
    found += [("finding", f"and {more} more: see status --json")] if more > 0 else []
    said = verdict
    for kind, line in found:
        text = told(line, evaluation.evaluated_at)
        if text not in said:
            said += f"\n{text}"
            yield kind, text


# -- Members ---------------------------------------------------------------------------------------


def _members(evaluation: Evaluation, snapshot: LaunchSnapshot) -> tuple[MemberView, ...]:
    reports, cause, own = evaluation.members, evaluation.cause, evaluation.shown
    return tuple(
        MemberView(
            name=shown(name, most=LONGEST_NAME),
            word=reports[name].word,
            lane=_lane(member),
            liveness=member.liveness_kind or "",
            pid="" if member.runtime_pid is None else shown(str(member.runtime_pid), most=_PID),
            permissions=_joined(", ", *(member.pending_permission_request_ids or ())),
            note=told(
                _joined_lines(_note(name, member, reports[name], cause), *own.get(name, ())),
                evaluation.evaluated_at,
            ),
        )
        for name, member in snapshot.members.items()
    )


def _lane(member: MemberLaunch) -> str:
    lane = _joined("/", member.lane_kind, member.lane_owner_provider_id)
    return lane or _joined("", member.lane_id)


def _joined(separator: str, *parts: str | None) -> str:
    return shown(separator.join(part for part in parts if part), most=LONGEST_NAME)


def _note(name: str, member: MemberLaunch, report: MemberReport, cause: TeamCause | None) -> str:
    """Why a member is where it is; a reason that the team's cause tells is not told again."""
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
    return _joined_lines(*said)


def _joined_lines(*lines: str | None) -> str:
    return "; ".join(dict.fromkeys(line for line in lines if line))


# -- Rows ------------------------------------------------------------------------------------------


def worst_first(row: Row) -> tuple[int, str]:
    """Sorts rows: the worst verdict first, then by name."""
    return WORST_FIRST.index(row.verdict), row.team


def row_tally(row: Row) -> str:
    """How many members of a team are confirmed, and of how many; empty without any."""
    return f"{row.confirmed}/{row.members}" if row.members else ""


def row_line(row: Row) -> str:
    """A team in a line."""
    known = [f"{row_tally(row)} confirmed"] if row.members else []
    known += [] if row.age is None else [_ago(row.age / timedelta(milliseconds=1))]
    about = f"  [{', '.join(known)}]" if known else ""
    return f"{row.verdict:<8} {shown(row.team)}  {told(row.text, row.evaluated_at)}{about}"


def totals_text(totals: Counter[VerdictSeverity]) -> str:
    """How many teams there are of each verdict, the worst first: `3 teams: 1 failed, 2 ok`."""
    count = sum(totals.values())
    parts = [f"{totals[word]} {word}" for word in WORST_FIRST if totals.get(word)]
    return (
        f"{count} {'team' if count == 1 else 'teams'}" + (": " if parts else "") + ", ".join(parts)
    )


# -- Lines -----------------------------------------------------------------------------------------


def team_lines(view: TeamView) -> Iterator[str]:
    """All lines about a team: the verdict, the cause, the members, and what else there is."""
    yield verdict_line(view)
    yield from note_lines(view, "cause")
    for member in view.members:
        yield member_line(view, member)
    yield from note_lines(view, "error", "note", "advice", "answer", "finding")


def verdict_line(view: TeamView) -> str:
    """The line with the verdict."""
    known = ", ".join(part for part in (view.tally, view.source, view.updated) if part)
    return f"{view.severity:<8} {view.team}  {view.text}" + (f"  [{known}]" if known else "")


def member_line(view: TeamView, member: MemberView) -> str:
    """A member: its word, its name, what is known as `key=value`, and the note at the end."""
    known = {
        "lane": member.lane,
        "liveness": member.liveness,
        "pid": member.pid,
        "permissions": member.permissions,
    }
    parts = [f"{view.team}/{member.name}"]
    parts += [f"{key}={value}" for key, value in known.items() if value]
    parts += [member.note] if member.note else []
    return f"  {member.word:<11} {'  '.join(parts)}"


def note_lines(view: TeamView, *kinds: NoteKind) -> Iterator[str]:
    """The notes of some kinds."""
    for kind, text in view.notes:
        if kind in kinds:
            yield f"  {kind:<11} {view.team}  {text}"

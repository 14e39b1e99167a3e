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
from launchfsm.decisions.reconciliation import MemberWord
from launchfsm.decisions.verdict import WORST_FIRST, VerdictSeverity
from launchfsm.evaluation.notes import (
    SOURCE_FILES,
    NoteKind,
    age_text,
    ago_text,
    member_notes,
    team_notes,
)

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from datetime import datetime

    from launchfsm.evaluation.evaluator import Evaluation
    from launchfsm.evaluation.many import Row
    from launchfsm.records.results import LaunchSnapshot, MemberLaunch

LineKind: TypeAlias = NoteKind | Literal["finding"]

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
    notes: tuple[tuple[LineKind, str], ...]


def view_of(evaluation: Evaluation) -> TeamView:
    """What is shown of an evaluation."""
    snapshot, now = evaluation.preferred_snapshot, evaluation.evaluated_at
    text = told(evaluation.verdict.text, now)
    tally = updated = ""
    if snapshot is not None:
        count = snapshot.summary
        known = count.confirmed_count + count.pending_count + count.failed_count
        tally = f"{count.confirmed_count}/{known + count.skipped_count} confirmed"
        updated = age_text(now, snapshot.updated_at) or shown(
            snapshot.updated_at, most=LONGEST_NAME
        )
    return TeamView(
        team=shown(evaluation.team),
        severity=evaluation.verdict.severity,
        text=text,
        tally=tally,
        source=_source(evaluation),
        updated=updated,
        members=() if snapshot is None else _members(evaluation, snapshot),
        notes=tuple(dict.fromkeys(_notes(evaluation))),
    )


def told(text: str, now: datetime) -> str:
    """A text made safe to show, with an age beside each moment in it."""

    def aged(found: re.Match[str]) -> str:
        age = age_text(now, found[0])
        return f"{found[0]} ({age})" if age else found[0]

    return _MOMENT.sub(aged, shown(text, most=LONGEST_TEXT))


def _source(evaluation: Evaluation) -> str:
    side = evaluation.preferred_source
    if side is None:
        return ""
    if evaluation.bootstrap_snapshot is None or evaluation.launcher_snapshot is None:
        return f"from {SOURCE_FILES[side]}"
    other = SOURCE_FILES["launcher" if side == "bootstrap" else "bootstrap"]
    return f"from {SOURCE_FILES[side]}, not {other}"


def _notes(evaluation: Evaluation) -> Iterator[tuple[LineKind, str]]:
    """What else is known and not said before."""
    now, findings = evaluation.evaluated_at, evaluation.findings
    for kind, about, text in team_notes(evaluation):
        yield kind, told(f"{about}: {text}" if about else text, now)
    for finding in findings[:_MOST_FINDINGS]:
        yield "finding", told(finding.text(), now)
    if len(findings) > _MOST_FINDINGS:
        yield "finding", f"and {len(findings) - _MOST_FINDINGS} more: see status --json"


# -- Members ---------------------------------------------------------------------------------------


def _members(evaluation: Evaluation, snapshot: LaunchSnapshot) -> tuple[MemberView, ...]:
    reports = evaluation.members
    return tuple(
        MemberView(
            name=shown(name, most=LONGEST_NAME),
            word=reports[name].word,
            lane=_lane(member),
            liveness=member.liveness_kind or "",
            pid="" if member.runtime_pid is None else shown(str(member.runtime_pid), most=_PID),
            permissions=_joined(", ", *(member.pending_permission_request_ids or ())),
            note=told("; ".join(member_notes(evaluation, name)), evaluation.evaluated_at),
        )
        for name, member in snapshot.members.items()
    )


def _lane(member: MemberLaunch) -> str:
    lane = _joined("/", member.lane_kind, member.lane_owner_provider_id)
    return lane or _joined("", member.lane_id)


def _joined(separator: str, *parts: str | None) -> str:
    return shown(separator.join(part for part in parts if part), most=LONGEST_NAME)


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
    known += [] if row.age is None else [ago_text(row.age / timedelta(milliseconds=1))]
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


def note_lines(view: TeamView, *kinds: LineKind) -> Iterator[str]:
    """The notes of some kinds."""
    for kind, text in view.notes:
        if kind in kinds:
            yield f"  {kind:<11} {view.team}  {text}"

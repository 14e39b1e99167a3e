"""What is shown of a team: a view of its evaluation, and the view as plain lines.

Every text from a file passes `shown` in the view, on its way to lines and tables alike. The first
line of a team begins with its verdict's word in the first column. Every line below it begins with
two spaces and a word, and names the team again, so that it can be understood alone:

    failed   docs-site  1 of 2 members failed  [1/2 confirmed, from bootstrap-state.json]
      error    docs-site/writer  failed_to_start  exit status 1
      finding  docs-site  bootstrap-journal.jsonl: line 9: $: expected a JSON object, got …
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import attrs

from launchfsm.cli.output import LONGEST_NAME, LONGEST_TEXT, shown
from launchfsm.decisions.outcomes import VerdictSeverity
from launchfsm.evaluation.evaluator import member_spawn_statuses
from launchfsm.records.documents import LAUNCH_FILE, STATE_FILE
from launchfsm.vocabulary import LaunchState, SpawnStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.evaluation.evaluator import Evaluation
    from launchfsm.records.results import LaunchSnapshot, MemberLaunch

NoteKind: TypeAlias = Literal["error", "note", "finding"]

_FILES: Final = {"bootstrap": STATE_FILE, "launcher": LAUNCH_FILE}
_MOST_FINDINGS: Final = 5
_PID: Final = 12  # digits; a file may claim more


@attrs.frozen(kw_only=True)
class MemberView:
    """One member as it is shown; what is not known is empty.

    Attributes:
        name: Its name.
        status: What a roster shows of it (§10).
        state: Where its lifecycle stands.
        lane: The kind and the owner of its lane; where neither is known, its id.
        liveness: What its liveness rests on.
        pid: The pid of its runtime.
        permissions: The permission requests that it waits for.
        note: Why it failed, is skipped, or what it waits for.
    """

    name: str
    status: SpawnStatus
    state: LaunchState
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
        updated_at: When that file says that it was written.
        members: Its members.
        notes: What else a person should know: the kind, and a line.
    """

    team: str
    severity: VerdictSeverity
    text: str
    tally: str
    source: str
    updated_at: str
    members: tuple[MemberView, ...]
    notes: tuple[tuple[NoteKind, str], ...]


def view_of(evaluation: Evaluation) -> TeamView:
    """What is shown of an evaluation."""
    verdict, snapshot = evaluation.verdict, evaluation.preferred_snapshot
    text = shown(verdict.text, most=LONGEST_TEXT)
    return TeamView(
        team=shown(evaluation.team),
        severity=verdict.severity,
        text=text,
        tally="" if snapshot is None else _tally(snapshot),
        source=_source(evaluation),
        updated_at="" if snapshot is None else shown(snapshot.updated_at, most=LONGEST_NAME),
        members=() if snapshot is None else _members(evaluation, snapshot),
        notes=tuple(_notes(evaluation, text)),
    )


def _tally(snapshot: LaunchSnapshot) -> str:
    summary = snapshot.summary
    waiting = summary.pending_count + summary.failed_count + summary.skipped_count
    return f"{summary.confirmed_count}/{summary.confirmed_count + waiting} confirmed"


def _source(evaluation: Evaluation) -> str:
    side = evaluation.preferred_source
    if side is None:
        return ""
    if evaluation.bootstrap_snapshot is None or evaluation.launcher_snapshot is None:
        return f"from {_FILES[side]}"
    other = _FILES["launcher" if side == "bootstrap" else "bootstrap"]
    return f"from {_FILES[side]}, not {other}"


def _notes(evaluation: Evaluation, verdict: str) -> Iterator[tuple[NoteKind, str]]:
    """What the runtime state and the findings add to the verdict's line."""
    said = verdict
    for kind, found in (*_runtime_notes(evaluation), *_finding_notes(evaluation)):
        text = shown(found, most=LONGEST_TEXT)
        if text not in said:
            said += f"\n{text}"
            yield kind, text


def _runtime_notes(evaluation: Evaluation) -> Iterator[tuple[NoteKind, str]]:
    if evaluation.runtime_state is None:
        return
    progress = evaluation.runtime_state.progress
    if progress.error is not None:
        yield "error", progress.error
    for warning in progress.warnings or ():
        yield "note", warning


def _finding_notes(evaluation: Evaluation) -> Iterator[tuple[NoteKind, str]]:
    for finding in evaluation.findings[:_MOST_FINDINGS]:
        yield "finding", finding.text()
    more = len(evaluation.findings) - _MOST_FINDINGS
    if more > 0:
        yield "finding", f"and {more} more: see status --json"


# -- Members ---------------------------------------------------------------------------------------


def _members(evaluation: Evaluation, snapshot: LaunchSnapshot) -> tuple[MemberView, ...]:
    statuses = member_spawn_statuses(snapshot, policy=evaluation.policy)
    return tuple(
        MemberView(
            name=shown(name, most=LONGEST_NAME),
            status=statuses[name].status,
            state=member.launch_state,
            lane=_lane(member),
            liveness=member.liveness_kind or "",
            pid="" if member.runtime_pid is None else shown(str(member.runtime_pid), most=_PID),
            permissions=_joined(", ", *(member.pending_permission_request_ids or ())),
            note=_note(member),
        )
        for name, member in snapshot.members.items()
    )


def _lane(member: MemberLaunch) -> str:
    lane = _joined("/", member.lane_kind, member.lane_owner_provider_id)
    return lane or _joined("", member.lane_id)


def _joined(separator: str, *parts: str | None) -> str:
    return shown(separator.join(part for part in parts if part), most=LONGEST_NAME)


def _note(member: MemberLaunch) -> str:
    match member.launch_state:
        case "confirmed_alive":
            said: list[str | None] = []
        case "failed_to_start":
            said = [member.hard_failure_reason]
        case "skipped_for_launch":
            said = [member.skip_reason]
        case _:
            said = list(member.diagnostics or ())
    said.append(member.runtime_diagnostic)
    return shown("; ".join(part for part in said if part), most=LONGEST_TEXT)


# -- Lines -----------------------------------------------------------------------------------------


def team_lines(view: TeamView) -> Iterator[str]:
    """All lines about a team."""
    yield verdict_line(view)
    for member in view.members:
        yield member_line(view, member)
    yield from note_lines(view)


def verdict_line(view: TeamView) -> str:
    """The one line that says how a team stands."""
    known = ", ".join(part for part in (view.tally, view.source) if part)
    return f"{view.severity:<8} {view.team}  {view.text}" + (f"  [{known}]" if known else "")


def member_line(view: TeamView, member: MemberView) -> str:
    """A member: status, name, state, what is known as `key=value`, and the note at the end."""
    known = {
        "lane": member.lane,
        "liveness": member.liveness,
        "pid": member.pid,
        "permissions": member.permissions,
    }
    parts = [f"{view.team}/{member.name}", member.state]
    parts += [f"{key}={value}" for key, value in known.items() if value]
    parts += [member.note] if member.note else []
    return f"  {member.status:<8} {'  '.join(parts)}"


def note_lines(view: TeamView) -> Iterator[str]:
    """What else there is to know."""
    for kind, text in view.notes:
        yield f"  {kind:<8} {view.team}  {text}"

"""What people are told of an evaluation beside its verdict, alike on a terminal and on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from launchfsm.ecma.dates import from_datetime, read_time
from launchfsm.engine.text import duration_text
from launchfsm.evaluation.causes import cause_text, comparable
from launchfsm.records.documents import LAUNCH_FILE, STATE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from launchfsm.evaluation.evaluator import Evaluation

NoteKind: TypeAlias = Literal["cause", "error", "note", "advice", "answer"]

SOURCE_FILES: Final = {"bootstrap": STATE_FILE, "launcher": LAUNCH_FILE}
"""The file of each source of a snapshot."""


def ago_text(ms: float) -> str:
    """An age in words, such as `3m ago`."""
    return f"{duration_text(ms)} ago" if ms >= 0 else f"{duration_text(-ms)} ahead of the clock"


def age_text(now: datetime, moment: str) -> str | None:
    """How long ago an ISO text was, in words; `None` when it is no time."""
    at = read_time(moment)
    return None if at is None else ago_text(from_datetime(now) - at)


def team_notes(evaluation: Evaluation) -> Iterator[tuple[NoteKind, str, str]]:
    """Notes on a launch that its verdict does not tell: the kind, whom it is about, and the text.

    Whom it is about is empty unless it is some of the members.
    """
    found: list[tuple[NoteKind, str, str]] = []
    cause, already = evaluation.cause, ""
    if cause is not None and cause.text in evaluation.verdict.text:
        already = f": {cause.text}"  # beside the verdict only whom it concerns is new
    elif cause is not None and cause.count > 1:
        state = "failed" if cause.failed else "are pending"
        about = f"{cause.count} of {len(evaluation.members)} members {state}"
        found.append(("cause", about, cause.text))
    found += [("note", "", text.removesuffix(already)) for text in evaluation.verdict.also]
    if evaluation.runtime_state is not None:
        progress = evaluation.runtime_state.progress
        found += [] if progress.error is None else [("error", "", progress.error)]
        found += [("note", "", warning) for warning in progress.warnings or ()]
    if evaluation.advice is not None:
        found.append(("advice", "", evaluation.advice))
    found += [("answer", "", line) for line in evaluation.shown.get("", ())]
    said = evaluation.verdict.text
    for note in found:
        if note[2] not in said:
            said += f"\n{note[2]}"
            yield note


def member_notes(evaluation: Evaluation, name: str) -> tuple[str, ...]:
    """Why a member of the preferred snapshot is where it is.

    A reason that the team's cause tells is not told again.
    """
    snapshot, cause = evaluation.preferred_snapshot, evaluation.cause
    if snapshot is None:
        return ()
    member, report = snapshot.members[name], evaluation.members[name]
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
    return tuple(dict.fromkeys(line for line in (*said, *evaluation.shown.get(name, ())) if line))

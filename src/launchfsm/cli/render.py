"""What is shown of a team, as plain lines.

The first line of a team begins with its verdict's word in the first column. Every line below it
begins with two spaces and a word, and names the team again, so that it can be understood alone:

    failed   docs-site  1 of 2 members failed  [1/2 confirmed, from bootstrap-state.json, 3m ago]
      failed      docs-site/writer  exit status 1
      finding     docs-site  bootstrap-journal.jsonl: line 9: $: expected a JSON object, got …
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from launchfsm.cli.output import shown
from launchfsm.decisions.verdict import WORST_FIRST, VerdictSeverity
from launchfsm.report.views import ago_text, told

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from launchfsm.evaluation.many import Row
    from launchfsm.report.views import MemberView, TeamView

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
    parts = ", ".join(f"{totals[word]} {word}" for word in WORST_FIRST if totals[word])
    teams = "1 team" if totals.total() == 1 else f"{totals.total()} teams"
    return f"{teams}: {parts}" if parts else teams


# -- Lines -----------------------------------------------------------------------------------------


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
    known = {
        "lane": member.lane,
        "liveness": member.liveness,
        "pid": member.pid,
        "permissions": member.permissions,
    }
    parts = [f"{key}={value}" for key, value in known.items() if value]
    return "  ".join([*parts, member.note] if member.note else parts)

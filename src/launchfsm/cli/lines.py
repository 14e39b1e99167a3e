"""Lines: teams as plain text, for pipes, files and grep.

The first line of a team begins with its verdict's word in the first column. Every line below it
begins with two spaces and a word, and names the team again, so that it can be understood alone:

    failed   docs-site  1 of 2 members failed  [1/2 confirmed, from bootstrap-state.json]
      error    docs-site/writer  failed_to_start  exit status 1
      finding  docs-site  bootstrap-journal.jsonl: line 9: $: expected a JSON object, got …

Here: that layout. Not here: what is shown (`views`), or tables (`tables`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.cli.views import MemberView, TeamView


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

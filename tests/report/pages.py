"""Pages to look at: written from teams, and parsed as a browser would."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from launchfsm import LaunchEvaluator, StatedProcesses
from launchfsm.report.page import write_team_report
from tests.readme import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TEAMS = ROOT / "examples" / "teams"
NOW = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
_VOID = {"meta", "br", "hr", "img", "input", "link"}


def evaluator(root: Path = TEAMS) -> LaunchEvaluator:
    """An evaluator of sample teams at the time for which they were made."""
    return LaunchEvaluator(root, clock=lambda: NOW, processes=StatedProcesses(alive={1}))


def team_page(folder: Path, root: Path = TEAMS, *, redact: bool = False) -> str:
    """The page about all teams of a root."""
    found, file = evaluator(root), folder / "page.html"
    write_team_report(found, found.teams(), file, redact=redact)
    return file.read_text(encoding="utf-8")


class Outline(HTMLParser):
    """A page's elements, its texts, and the tags that were not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)
        self.close()
        self.faults += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)
        self.ids += [str(value) for name, value in attrs if name == "id"]
        self.links += [str(value) for name, value in attrs if name == "href"]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All that is to be read."""
        return " ".join(" ".join(self.texts).split())

"""The pictures of the docs: `python -m tests.report.pictures` draws them anew in a real browser."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from launchfsm.report.page import write_policy_report
from tests.readme import ROOT
from tests.report.browser import browser
from tests.report.pages import TEAMS, team_page

FOLDER: Final = ROOT / "docs" / "pictures"
_WIDTH: Final = 1240


def draw() -> None:
    """Write `docs/pictures/report.png` and its dark and narrow sisters, and `policy-report.png`."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, browser() as window:
        teams, policy = Path(folder) / "teams.html", Path(folder) / "policy.html"
        root = Path(folder) / "teams"
        for name in ("finished", "member-failed", "starting", "two-snapshots"):
            shutil.copytree(TEAMS / name, root / name)
        page = team_page(Path(folder), root).replace(str(root), "~/.claude/teams")
        teams.write_text(page, encoding="utf-8")
        write_policy_report("default", policy)
        window.open(teams, width=_WIDTH, height=1060)
        (FOLDER / "report.png").write_bytes(window.picture())
        window.open(teams, width=_WIDTH, height=760, dark=True)
        window.ask("document.querySelector('section').scrollIntoView()")
        (FOLDER / "report-dark.png").write_bytes(window.picture())
        window.open(policy, width=_WIDTH, height=740)
        window.ask(
            "[...document.querySelectorAll('section')].find(one =>"
            " one.querySelector('h2').textContent.trim().startsWith('recovery')).scrollIntoView()"
        )
        (FOLDER / "policy-report.png").write_bytes(window.picture())


if __name__ == "__main__":
    draw()

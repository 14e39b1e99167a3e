"""Lists of differences: the files that `--publish` writes and `--expect` reads.

Here: those files. Not here: what a list says (`launchfsm.policy.analysis`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from launchfsm.cli.escaping import shown, shown_lines
from launchfsm.policy.analysis import departures, published
from launchfsm.policy.analysis.page import differences_page
from launchfsm.records.wire import WireError, to_wire

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.policy.analysis import Comparison, Departures


def departures_from(comparison: Comparison, path: Path) -> Departures:
    """In what a comparison departs from the list in a file.

    Raises:
        ClickException: The file cannot be read, or is no such list.
    """
    try:
        return departures(comparison, json.loads(path.read_bytes()))
    except OSError as error:
        raise click.ClickException(f"{shown(str(path))}: {error.strerror}") from None
    except (WireError, ValueError, RecursionError) as error:
        message = f"{path} is no list of differences: {error}; --publish writes one"
        raise click.ClickException(shown_lines(message)) from None


def publish(comparison: Comparison, path: Path) -> None:
    """Write the list of a comparison: a page when the file's name ends in `.md`, else JSON."""
    if path.suffix == ".md":
        text = differences_page(comparison)
    else:
        text = json.dumps(to_wire(published(comparison)), indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")

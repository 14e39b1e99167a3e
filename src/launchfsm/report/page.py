"""Pages as files: one self-contained HTML document each, without a script and without a request.

Whatever a record says is text: templates escape it, and the content security policy of a page
allows its one style sheet, by its hash, and nothing else.
"""

# Paths are plain text here, as in the evaluator:
# ruff: noqa: PTH105, PTH108, PTH120

from __future__ import annotations

import base64
import functools
import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from typing import IO, TYPE_CHECKING, Any, Final

import attrs

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.decisions.verdict import WORST_FIRST
from launchfsm.ecma.dates import from_datetime, iso_from_ms
from launchfsm.engine.text import visible
from launchfsm.evaluation.evaluator import LaunchEvaluator
from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER
from launchfsm.policies import load_policy
from launchfsm.policy.loader import Catalogue
from launchfsm.report.lifecycles import BOX_HEIGHT, BOX_WIDTH, LEFT, diagram
from launchfsm.report.policies import shown_tables
from launchfsm.report.teams import section_of
from launchfsm.report.words import RedactingWords, Words
from launchfsm.system.files import demand_replaceable

if TYPE_CHECKING:
    from jinja2 import Environment

_END: Final = "</main>\n</body>\n</html>\n"


def write_team_report(
    evaluator: LaunchEvaluator,
    teams: Iterable[str],
    file: str | os.PathLike[str],
    *,
    redact: bool = False,
) -> None:
    """Write a page about some teams: an overview, the worst first, and a section for each.

    Sections wait in a temporary file, so that thousands of teams take no more memory than one. The
    page replaces the file as a whole; when something fails, the old one is left as it was.

    Args:
        evaluator: Evaluates the teams.
        teams: Their names.
        file: The file to write or replace.
        redact: Whether names, ids, paths and texts of records are replaced by stand-ins.

    Raises:
        TeamNameError: A name is not one plain path component.
        OSError: The file could not be written.
    """
    words = RedactingWords() if redact else Words()
    lines: list[dict[str, Any]] = []
    with tempfile.TemporaryFile() as sections:
        template = _environment().get_template("section.html")
        for number, team in enumerate(teams, start=1):
            found = section_of(evaluator, team, words)
            begin = sections.tell()
            text = template.render(team=found, number=number)
            sections.write(text.encode("utf-8", "backslashreplace"))
            view = attrs.evolve(found["view"], members=(), notes=())  # all that an overview tells
            place = {"begin": begin, "end": sections.tell()}
            lines.append({"view": view, "number": number, **place})
        lines.sort(key=lambda line: (WORST_FIRST.index(line["view"].severity), line["number"]))
        counts = Counter(line["view"].severity for line in lines)
        overview = _environment().get_template("overview.html")
        with _replaced(file) as page:
            parts = overview.generate(
                title="Launches",
                teams=lines,
                counts={word: counts[word] for word in WORST_FIRST if counts[word]},
                root=words.say("path", evaluator.root),
                now=iso_from_ms(from_datetime(evaluator.clock())),
                policy=words.policy(evaluator.policy.name),
                redacted=redact,
            )
            page.writelines(part.encode("utf-8", "backslashreplace") for part in parts)
            for line in lines:
                sections.seek(line["begin"])
                page.write(sections.read(line["end"] - line["begin"]))
            page.write(_END.encode())


def write_policy_report(
    policy: str | os.PathLike[str],
    file: str | os.PathLike[str],
    *,
    catalogue: Catalogue = CATALOGUE,
) -> None:
    """Write a page about a policy: its tables, its tests, and what it changes of its parent.

    Args:
        policy: Its name, or the path of its folder or file.
        file: The file to write or replace.
        catalogue: The decisions that its tables answer, by name.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: It has faults.
        OSError: The file could not be written.
    """
    loaded = load_policy(policy, catalogue=catalogue)
    tables = list(shown_tables(loaded))
    template = _environment().get_template("policy.html")
    parts = template.generate(title=f"Policy {loaded.name}", policy=loaded, tables=tables)
    with _replaced(file) as page:
        page.writelines(part.encode("utf-8", "backslashreplace") for part in parts)


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - 60 ms, for pages alone
    from markupsafe import Markup  # noqa: PLC0415 - the same

    environment = Environment(
        loader=PackageLoader("launchfsm.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    style = resources.files("launchfsm.report").joinpath("templates/style.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals.update(
        style=Markup(style),  # noqa: S704 - our own style sheet
        style_hash=f"sha256-{digest}",
        diagrams=(diagram(BOOTSTRAP), diagram(MEMBER)),
        left=LEFT,
        box_width=BOX_WIDTH,
        box_height=BOX_HEIGHT,
        percent=lambda part: f"{max(part * 100, 0.3):.4g}%",
    )
    return environment


@contextmanager
def _replaced(file: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A new content for a file, which it gets whole or not at all; readable by its owner alone."""
    path = os.path.realpath(file)
    demand_replaceable(path)
    folder = os.path.dirname(path)
    descriptor, temporary = tempfile.mkstemp(prefix=".launchfsm-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as page:
            yield page
            page.flush()
            os.fsync(page.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise

"""The corpus: what fuzzing begins with.

Measured cases, the example teams, and what the strategies of `launchfsm.testing` generate. Not
here: what is done with it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings

from launchfsm.ecma.dates import from_datetime
from launchfsm.records.documents import JOURNAL_FILE, LAUNCH_FILE, LOCK_FILE, STATE_FILE
from launchfsm.testing import StandIn, TeamFolder
from launchfsm.testing.strategies import NOW, team_folders
from tests.conformance.cases import CaseFile, bootstrap_cases, launch_cases
from tests.fuzzing.case import Case, Everybody

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES: Final = Path(__file__).parents[2] / "examples" / "teams"

_STAND_INS: Final[dict[str, StandIn]] = {
    "symlink": "symlink",
    "dir": "folder",
    "fifo": "fifo",
    "oversize": "oversized",
}


def corpus(*, seed: int, generated: int = 200) -> list[Case]:
    """Everything to begin with.

    Args:
        seed: Of what is generated.
        generated: How many cases the strategies add, half of them damaged.
    """
    written = [*_measured(), *_examples()]
    return [*written, *_generated(seed, generated)] if generated else written


def _measured() -> Iterator[Case]:
    for case in bootstrap_cases():
        files = {name: _content(file) for name, file in case.files.items()}
        processes = Everybody("alive" if case.answering else "dead", case.now_ms - 60_000)
        yield Case(folder=TeamFolder(**files), now=case.now_ms, processes=processes)
    for launch in launch_cases():
        # The other document is a snapshot too, so its bytes are worth as much in the file.
        for document in (launch.document, launch.other):
            if document is not None:
                data = json.dumps(document).encode("utf-8", "surrogatepass")
                yield Case(folder=TeamFolder(launch=data), now=launch.now_ms)


def _content(file: CaseFile) -> Any:
    return file.content if file.kind == "bytes" else _STAND_INS[file.kind]


def _examples() -> Iterator[Case]:
    for folder in sorted(path for path in EXAMPLES.iterdir() if path.is_dir()):
        files: dict[str, Any] = {
            name: (folder / path).read_bytes() if (folder / path).exists() else None
            for name, path in (
                ("state", STATE_FILE),
                ("journal", JOURNAL_FILE),
                ("lock", LOCK_FILE),
                ("launch", LAUNCH_FILE),
            )
        }
        for liveness in ("alive", "dead", "unknown"):
            yield Case(folder=TeamFolder(**files), processes=Everybody(liveness, 1))


def _generated(seed: int, count: int) -> list[Case]:
    found: list[Case] = []
    now = from_datetime(NOW)
    for damaged in (False, True):

        @hypothesis.seed(seed)
        @settings(
            max_examples=max(1, count // 2),
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(team_folders(damaged=damaged))
        def collect(folder: TeamFolder) -> None:
            found.append(Case(folder=folder, now=now))

        collect()
    return found

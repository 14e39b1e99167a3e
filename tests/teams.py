"""Teams for tests: evaluations of folders that are never written, and snapshots of one member.

Here: the short way from documents to what is said of them. Not here: expectations, generated
documents (`launchfsm.testing.strategies`), or the measured cases (`tests.conformance`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from launchfsm import parse_launch_snapshot, to_wire
from launchfsm.ecma.dates import from_datetime, iso_from_ms
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evaluator import Evaluation
from launchfsm.evaluation.evidence import build_evidence
from launchfsm.policies import load_policy
from launchfsm.system.files import ReadProblem
from launchfsm.testing import FakeProcesses
from launchfsm.testing.folders import TeamFolder
from launchfsm.testing.strategies import NOW

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from launchfsm.records.results import LaunchSnapshot, MemberLaunch
    from tests.conformance.cases import Read

POLICY: Final = load_policy("reference")
JUDGE: Final = Engine(POLICY)
NOW_MS: Final = from_datetime(NOW)
NOW_TEXT: Final = "2023-11-14T22:23:20.000Z"
OWNER: Final = 4242
MOST_BRACKETS: Final = 1_000
ALIVE: Final = st.sampled_from(((), (OWNER,), (777, 31337)))
"""Which of the generated pids are alive."""


def judging(folder: Path, table: str, rule: str, *, extends: str = "reference") -> Engine:
    """A judge of a policy that adds a rule to a table of another, or says one otherwise.

    Args:
        folder: Where the policy is written; made when missing.
        table: The table's name.
        rule: The rule as a file has it, its id first.
        extends: The policy that is extended.
    """
    folder.mkdir(exist_ok=True)
    (folder / "policy.toml").write_text(
        f'policy = "mine"\nextends = "{extends}"\n\n[[tables.{table}.rule]]\n{rule}\n'
    )
    return Engine(load_policy(folder))


def ms_text(ms: float) -> str:
    """A moment as a text."""
    text = iso_from_ms(ms)
    assert text is not None
    return text


def evaluation(
    folder: TeamFolder,
    alive: Iterable[float] = (),
    *,
    unknown: Iterable[float] = (),
    now: datetime = NOW,
    engine: Engine = JUDGE,
) -> Evaluation:
    """What is said of a folder; the folder is not written."""
    processes = FakeProcesses(alive=alive, unknown=unknown)
    evidence = build_evidence(
        folder.files(), folder.team, now=from_datetime(now), processes=processes
    )
    return Evaluation(engine, evidence)


def oracle_read(read: bytes | ReadProblem) -> Read:
    """What was read, as the oracle is told."""
    if isinstance(read, ReadProblem):
        return read.outcome
    # Past this depth a document may be called invalid (§1): the library does, the oracle does not.
    return "invalid" if read.count(b"[") + read.count(b"{") > MOST_BRACKETS else read


def folder_of(
    state: Any = None, *, launch: Any = None, lock: Any = None, journal: Iterable[Any] | None = None
) -> TeamFolder:
    """A folder of JSON documents; `None` is no file."""
    return TeamFolder(
        state=None if state is None else json_bytes(state),
        launch=None if launch is None else json_bytes(launch),
        lock=None if lock is None else json_bytes(lock),
        journal=None if journal is None else journal_bytes(journal),
    )


def json_bytes(document: Any) -> bytes:
    """A document as JSON, its infinities as numbers past every double."""
    return json.dumps(document).replace("Infinity", "1e400").encode()


def journal_bytes(records: Iterable[Any]) -> bytes:
    """Journal records, a line each."""
    return b"".join(json_bytes(record) + b"\n" for record in records)


def said(found: Evaluation) -> dict[str, Any]:
    """Everything that an evaluation says, as JSON."""
    return {
        "bootstrap_snapshot": to_wire(found.bootstrap_snapshot),
        "runtime_state": to_wire(found.runtime_state),
        "real_task_submission": found.real_task_submission,
        "launcher_snapshot": to_wire(found.launcher_snapshot),
        "preferred_source": found.preferred_source,
        "findings": [finding.text() for finding in found.findings],
    }


def launched(state: dict[str, Any], alive: Iterable[float] = ()) -> LaunchSnapshot:
    """The snapshot of a state of version 1."""
    snapshot = evaluation(folder_of({"version": 1, **state}), alive).bootstrap_snapshot
    assert snapshot is not None
    return snapshot


def saved(document: dict[str, Any], now: datetime = NOW) -> LaunchSnapshot:
    """The snapshot of a launcher's document, version 2 unless it says otherwise."""
    snapshot = parse_launch_snapshot(
        "demo", {"version": 2, **document}, now=now, policy="reference"
    )
    assert snapshot is not None
    return snapshot


def saved_member(member: Any, **document: Any) -> MemberLaunch:
    """The one member of a launcher's document, under the name `bob`, expected unless it is not."""
    document = {"expectedMembers": ["bob"], "members": {"bob": member}, **document}
    return saved(document).members["bob"]


def through_json(result: object) -> Any:
    """A result as somebody else reads it from its JSON text."""
    return json.loads(json.dumps(to_wire(result)))

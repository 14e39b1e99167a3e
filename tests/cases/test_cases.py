"""The cases of today's launches: what the policy `default` says of 64 checks and 21 scenes.

Seventy-eight more checks (`own.jsonl`) were written from the facts alone, their answers before any
run.

A case that does not hold yet is listed in `UNMET` and must be taken off the list once it holds.
"""

from __future__ import annotations

import json
import pickle
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from launchfsm import LaunchEvaluator, has_mixed_metadata, member_spawn_statuses, to_wire
from launchfsm.audit import audit_team
from launchfsm.ecma.dates import from_datetime
from launchfsm.testing import FakeProcesses

if TYPE_CHECKING:
    from collections.abc import Callable

HERE: Final = Path(__file__).parent
UNMET: Final = frozenset(json.loads((HERE / "unmet.json").read_text()))
"""The ids of the cases that do not hold yet."""


EXIT_STATUS: Final = {None: 0, "info": 0, "warning": 1, "error": 2}
"""How `launchfsm audit` exits by its gravest finding."""


def cases(name: str) -> list[Any]:
    lines = (HERE / name).read_text(encoding="utf-8").split("\n")
    read = [json.loads(line) for line in lines if line]
    unmet = pytest.mark.xfail(reason="not judged yet", strict=True)
    return [
        pytest.param(case, id=case["id"], marks=[unmet] if case["id"] in UNMET else [])
        for case in read
    ]


def lay(root: Path, case: dict[str, Any]) -> None:
    """Write the files of a case into `<root>/<team>/`."""
    for name, value in case["files"].items():
        path = root / case["team"] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        match value:
            case {"$lines": lines}:
                path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
            case {"$text": text}:
                path.write_text(text)
            case {"$symlink_to": text}:
                target = root / f"target of {path.name}"
                target.write_text(text)
                path.symlink_to(target)
            case {"$filler": size}:
                path.write_bytes(b" " * size)
            case _:
                path.write_text(json.dumps(value))


def evaluator_of(root: Path, case: dict[str, Any]) -> LaunchEvaluator:
    lay(root, case)
    now = datetime.fromisoformat(case["now"])
    started: dict[float, int] = {
        int(pid): began if isinstance(began, int) else from_datetime(datetime.fromisoformat(began))
        for pid, began in case.get("started", {}).items()
    }
    processes = FakeProcesses(
        alive=case.get("alive", ()), refused=case.get("refused", ()), started_at=started
    )
    return LaunchEvaluator(root, clock=lambda: now, processes=processes)


def differences(want: Any, got: Any, path: str = "$") -> list[str]:
    """Where a value is not as expected, as far as the expectation says something."""
    found: list[str] = []
    match want:
        case {"$absent": True}:
            found = [] if got is None else [f"{path} is there: {got!r}"]
        case {"$contains": part}:
            found = [] if got is not None and part in got else [f"{path}: {part!r} not in {got!r}"]
        case {"$any_of": options}:
            if all(differences(option, got, path) for option in options):
                found = [f"{path}: {got!r} is none of {options!r}"]
        case dict():
            if not isinstance(got, dict):
                return [f"{path}: {got!r}, not an object"]
            for key, value in want.items():
                found += differences(value, got.get(key), f"{path}.{key}")
        case _:
            found = [] if want == got else [f"{path}: {got!r}, not {want!r}"]
    return found


@pytest.mark.parametrize("case", [*cases("peer.jsonl"), *cases("own.jsonl")])
def test_an_evaluation_says_what_the_peer_says(case: dict[str, Any], tmp_path: Path) -> None:
    found = evaluator_of(tmp_path, case).evaluate(case["team"])
    preferred, launcher = found.preferred_snapshot, found.launcher_snapshot
    parts: dict[str, Callable[[], Any]] = {
        "bootstrap_snapshot": lambda: to_wire(found.bootstrap_snapshot),
        "launcher_snapshot": lambda: to_wire(launcher),
        "preferred_snapshot": lambda: to_wire(preferred),
        "preferred_source": lambda: found.preferred_source,
        "runtime_state": lambda: to_wire(found.runtime_state),
        "real_task_submission": lambda: found.real_task_submission,
        "statuses": lambda: (
            None if preferred is None else to_wire(member_spawn_statuses(preferred))
        ),
        "launcher_statuses": lambda: (
            None if launcher is None else to_wire(member_spawn_statuses(launcher))
        ),
        "mixed": lambda: has_mixed_metadata(launcher),
        "failed_names": lambda: sorted(
            name
            for name, member in ({} if preferred is None else preferred.members).items()
            if member.launch_state == "failed_to_start"
        ),
        "current": lambda: None if found.expired else to_wire(preferred),
        "says_pending": lambda: found.verdict.severity == "pending",
        "severity": lambda: found.verdict.severity,
        "text": lambda: found.verdict.text,
        "findings": lambda: [one.file for one in found.findings],
        "also": lambda: found.verdict.also,
        "words": lambda: {name: report.word for name, report in found.members.items()},
        "cause": lambda: None if found.cause is None else attrs.asdict(found.cause),
    }

    assert [] == [
        line
        for key, want in case["expect"].items()
        for line in differences(want, parts[key](), key)
    ]


@pytest.mark.parametrize("case", cases("scenes.jsonl"))
def test_a_folder_of_somebody_who_asked_for_help_is_explained(
    case: dict[str, Any], tmp_path: Path
) -> None:
    evaluator = evaluator_of(tmp_path, case)
    found = evaluator.evaluate(case["team"])
    expect, verdict = case["expect"], found.verdict
    shown = json.dumps(found.to_dict(), ensure_ascii=False)
    members = {} if found.preferred_snapshot is None else found.preferred_snapshot.members

    assert verdict.severity in expect["severity"], verdict.text
    for text in expect.get("says", ()):
        assert text.lower() in verdict.text.lower()
    for text in expect.get("shows", ()):
        assert text in shown
    assert expect.get("members", {}) == {
        name: members[name].launch_state for name in expect.get("members", {})
    }
    if "findings" in expect:
        assert expect["findings"] == len(found.findings), found.findings
    if "audit_at_most" in expect:
        audit = audit_team(evaluator, case["team"])
        assert EXIT_STATUS[audit.severity] <= expect["audit_at_most"], audit.text()


# -- From bytes, and through a pickle --------------------------------------------------------------


@pytest.mark.parametrize("case", cases("scenes.jsonl"))
def test_a_pickle_explains_as_what_was_pickled(case: dict[str, Any], tmp_path: Path) -> None:
    found = evaluator_of(tmp_path, case).evaluate(case["team"])
    again = pickle.loads(pickle.dumps(found))  # noqa: S301 - our own

    assert found.explain().text() == again.explain().text()
    assert found.recheck_at == again.recheck_at


@pytest.mark.parametrize(
    "case", [*cases("peer.jsonl"), *cases("own.jsonl"), *cases("scenes.jsonl")]
)
def test_bytes_and_pickles_say_what_the_folder_says(case: dict[str, Any], tmp_path: Path) -> None:
    evaluator, folder = evaluator_of(tmp_path, case), tmp_path / case["team"]
    found = evaluator.evaluate(case["team"])

    pickled = pickle.dumps(found)
    again = pickle.loads(pickled)  # noqa: S301 - our own
    assert len(pickled) < 20_000
    assert found.to_dict() == again.to_dict()
    assert (found.files, found.pids) == (again.files, again.pids)

    paths = [path for path in folder.rglob("*") if path.is_file()]
    if not any(path.is_symlink() for path in paths):
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        assert found.to_dict() == evaluator.evaluate_files(case["team"], files).to_dict()

"""Metrics are what Prometheus and a textfile collector read, and count what `status` shows."""

from __future__ import annotations

import builtins
import os
from collections import Counter
from typing import TYPE_CHECKING, Any, get_args

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as textfile

from launchfsm.cli import workers
from launchfsm.decisions.reconciliation import MemberWord
from launchfsm.decisions.verdict import VerdictSeverity
from tests.cli.running import DEAD, NOW, Run, invoke, lay, lay_hostile, member, run, saved, state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from prometheus_client import Metric

PARSERS = [openmetrics, textfile]
WAITS = {
    "launchState": "runtime_pending_permission",
    "pendingPermissionRequestIds": ["per_1"],
    "firstSpawnAcceptedAt": "2026-03-02T08:58:00Z",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "teams"
    lay(root, "asks", launch=saved("active", ada=WAITS))
    for name, age in (("begun", 30), ("begun-first", 90)):
        began = {"startedAt": f"2026-03-02T08:{59 - age // 60}:{60 - age % 60}Z"}
        lay(root, name, state=state("spawning_members", member("ada", "spawn_started"), **began))
    lay(root, "done", state=state("completed", member("ada"), member("bob")))
    lay(root, "torn", state="{")
    lay(root, "lost", state=state("spawning_members", member("ada"), ownerPid=DEAD))
    return root


def measured(root: Path, *args: str) -> Run:
    return invoke("--root", root, "metrics", "--now", NOW, "--alive", "1", *args)


def numbers(text: str, parse: Callable[[str], Iterable[Metric]]) -> dict[str, dict[str, float]]:
    return {
        family.name: {"".join(one.labels.values()): one.value for one in family.samples}
        for family in parse(text)
    }


@pytest.mark.parametrize("parse", PARSERS, ids=["openmetrics", "textfile"])
def test_what_is_printed_is_read_by_both_parsers(
    root: Path, parse: Callable[[str], Iterable[Metric]]
) -> None:
    found = numbers(measured(root).out, parse)

    assert {"pending": 90, "blocked": 120} == found["launchfsm_oldest_launch_age_seconds"]
    assert {"": 1_772_442_000} == found["launchfsm_evaluation_timestamp_seconds"]
    assert found["launchfsm_evaluation_duration_seconds"][""] > 0
    assert found["launchfsm_findings"][""] >= 1


def words(evaluation: Any) -> tuple[str, list[str]]:
    return evaluation.verdict.severity, [told.word for told in evaluation.members.values()]


def test_teams_and_members_are_counted_as_status_shows_them(root: Path) -> None:
    found = numbers(measured(root, "--processes", "unknown", "--alive", "1").out, openmetrics)
    shown = [line.split()[0] for line in status_lines(root)]

    assert set(get_args(VerdictSeverity)) == set(found["launchfsm_teams"])
    assert set(get_args(MemberWord)) == set(found["launchfsm_members"])
    assert Counter(shown) == Counter(
        {verdict: count for verdict, count in found["launchfsm_teams"].items() if count}
    )
    assert 6 == sum(found["launchfsm_members"].values())
    assert 1 == found["launchfsm_members"]["blocked"]


def status_lines(root: Path) -> list[str]:
    told = invoke(
        "--root", root, "status", "--now", NOW, "--processes", "unknown", "--alive", "1"
    ).out
    return told.splitlines()[:-1]


def test_an_empty_root_has_all_numbers(tmp_path: Path) -> None:
    found = numbers(measured(tmp_path).out, openmetrics)

    assert {0} == set(found["launchfsm_teams"].values())
    assert {"pending": 0, "blocked": 0} == found["launchfsm_oldest_launch_age_seconds"]


def test_no_text_of_a_team_is_a_label(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    lay_hostile(tmp_path / "full")

    assert len(measured(tmp_path / "full").out.splitlines()) == len(
        measured(tmp_path / "empty").out.splitlines()
    )


def test_several_jobs_count_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "CHUNK_SIZE", 2)  # as if there were many teams
    alone, together = (
        numbers(measured(root, "--jobs", jobs).out, openmetrics) for jobs in ("1", "2")
    )

    assert together.pop("launchfsm_evaluation_duration_seconds")
    assert alone.items() >= together.items()


def test_a_file_is_replaced_whole_and_can_be_read_by_a_collector(
    root: Path, tmp_path: Path
) -> None:
    target = tmp_path / "launchfsm.prom"

    first = measured(root, "--output", str(target))
    before = target.stat()
    target.chmod(0o640)
    measured(root, "--output", str(target))

    assert (0, "") == (first.status, first.out)
    assert (
        numbers(target.read_text(), textfile).keys()
        == numbers(target.read_text(), openmetrics).keys()
    )
    assert 0o644 == before.st_mode & 0o777
    assert 0o640 == target.stat().st_mode & 0o777
    assert before.st_ino != target.stat().st_ino
    assert {"launchfsm.prom", "teams"} == {entry.name for entry in tmp_path.iterdir()}


def test_a_root_that_is_not_there_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "launchfsm.prom"
    target.write_text("old")

    found = measured(tmp_path / "nowhere", "--output", str(target))

    assert 3 == found.status
    assert "does not exist" in found.errors
    assert "old" == target.read_text()


def test_a_folder_that_is_not_there_is_named(root: Path, tmp_path: Path) -> None:
    found = run("--root", root, "metrics", "--output", tmp_path / "none" / "launchfsm.prom")

    assert 3 == found.status
    assert "launchfsm.prom cannot be written: No such file or directory" in found.errors


def test_what_is_no_file_is_not_replaced(root: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    found = measured(root, "--output", str(pipe))

    assert (3, True) == (found.status, pipe.is_fifo())
    assert "pipe cannot be written: it is there, and no regular file" in found.errors


def test_without_the_library_the_command_says_what_to_install(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any) -> Any:
        if name.startswith("prometheus_client"):
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", missing)

    found = measured(root)

    assert (3, "") == (found.status, found.out)
    assert "pip install 'launchfsm[metrics]'" in found.errors

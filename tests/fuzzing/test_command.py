"""The command: what it prints, what it saves, and how it ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import attrs
import pytest

from tests.fuzzing import campaign, command
from tests.fuzzing.command import campaign as run_share
from tests.fuzzing.command import main
from tests.fuzzing.corpus import corpus
from tests.fuzzing.test_campaign import breaks_on

if TYPE_CHECKING:
    from pathlib import Path

LINES = ["cases", "speed", "failures", "slowest", "memory", "growth", "coverage"]


@pytest.fixture(autouse=True)
def no_strategies_and_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    def quick(plan: campaign.Plan) -> campaign.Report:
        return campaign.Campaign(attrs.evolve(plan, longest=1e9), corpus(seed=0, generated=0)).run()

    monkeypatch.setattr(command, "campaign", quick)


def test_every_table_is_compiled_before_the_first_case(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []

    class Table:
        def __init__(self, name: str) -> None:
            self.name = name

        @property
        def decide(self) -> None:
            compiled.append(self.name)

    def load(name: str) -> Any:
        return SimpleNamespace(tables={table: Table(f"{name} {table}") for table in "ab"})

    monkeypatch.setattr(command, "load_policy", load)
    monkeypatch.setattr(command, "corpus", lambda **_: [])
    assert 0 == run_share(campaign.Plan(cases=0)).cases

    assert ["reference a", "reference b", "default a", "default b"] == compiled


def test_it_says_what_was_tried_and_at_what_cost(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert 0 == main(["--cases", "40", "--save", str(tmp_path / "found")])

    printed = capsys.readouterr().out.splitlines()
    assert LINES == [line.split()[0] for line in printed]
    assert "40 by one of two policies each, files of up to 262,144 bytes" in printed[0]
    assert "0 of 0 kinds" in printed[2]
    assert not (tmp_path / "found").exists()


def test_what_is_found_is_saved_and_fails_the_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(plan: campaign.Plan) -> campaign.Report:
        plan = attrs.evolve(plan, longest=1e9)
        return campaign.Campaign(plan, corpus(seed=0, generated=0), breaks_on(b"pha")).run()

    monkeypatch.setattr(command, "campaign", broken)
    assert 1 == main(["--cases", "60", "--save", str(tmp_path / "found")])

    (saved,) = (tmp_path / "found").iterdir()
    assert str(saved) in capsys.readouterr().out
    assert "# LookupError: no b'pha', please" in saved.read_text()
    assert "journal=b'pha'" in saved.read_text()


def test_time_is_up_when_it_is_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["--cases", "10000000", "--minutes", "0"])
    assert "cases     0 " in capsys.readouterr().out


def test_the_cases_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[campaign.Plan] = []

    class Here:
        def __init__(self, jobs: int) -> None:
            assert 3 == jobs

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def map(self, _: object, given: Any) -> list[campaign.Report]:
            plans.extend(given)
            return [campaign.Report(cases=plan.cases) for plan in plans]

    monkeypatch.setattr(command, "ProcessPoolExecutor", Here)
    assert 0 == main(["--cases", "10", "--jobs", "3", "--seed", "7"])
    assert [4, 3, 3] == [plan.cases for plan in plans]
    assert 3 == len({plan.seed for plan in plans})

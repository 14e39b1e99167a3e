"""Cost: what only `default` asks is not gathered under `reference`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn
from unittest.mock import Mock

import pytest

from launchfsm import Evaluation, to_wire
from launchfsm.evaluation import pipeline, progress, selection
from launchfsm.evaluation.evidence import requested_by
from launchfsm.policies import load_policy
from launchfsm.records.documents import RecordFile
from launchfsm.system.processes import Place
from launchfsm.testing import FakeProcesses
from tests.default_policy.launches import (
    ADA,
    BEGAN,
    BOB,
    OWNER,
    RUN,
    both,
    event,
    judged,
    lay,
    lock,
    owner_alive,
    saved,
    state,
)

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.system.processes import ProcessIdentity

RICH = {"runtimeRunId": RUN, "providerId": "codex", "laneId": "lane-1", "laneKind": "primary"}
LAUNCH = saved("active", ada={"bootstrapConfirmed": True} | RICH, bob=RICH)
DOCUMENTS: dict[str, Any] = {
    "state": state(ADA, BOB),
    "journal": [event(phase="creating_team"), event("lock", action="acquired")],
    "lock": lock(bootId="some boot", host="some host"),
    "launch": LAUNCH,
}


class Counting(FakeProcesses):
    """A process table that counts how often somebody looks closer."""

    looked = 0

    def identify(self, pid: float) -> ProcessIdentity | None:
        self.looked += 1
        return super().identify(pid)


def everything(evaluation: Evaluation) -> list[Any]:
    """All that an evaluation is asked for, so that nothing stays lazy."""
    return [
        to_wire(evaluation.bootstrap_snapshot),
        to_wire(evaluation.runtime_state),
        to_wire(evaluation.preferred_snapshot),
        evaluation.verdict,
        evaluation.explain().text(),
    ]


def never(*_: Any, **__: Any) -> NoReturn:
    pytest.fail("the policy does not ask for this")


def test_nobody_looks_closer_at_a_process_under_default(tmp_path: Path) -> None:
    processes = Counting(alive={OWNER}, started_at={OWNER: BEGAN})

    here = {name: value for name, value in DOCUMENTS.items() if name != "lock"}
    everything(both(tmp_path, processes=processes, **here).reference)
    before = processes.looked
    everything(judged(tmp_path, "reference", processes=processes))

    assert before == 1  # by the default policy
    assert processes.looked == before


@pytest.mark.parametrize("documents", [{}, {"state": state(BOB)}, {"lock": lock()}])
def test_under_strict_at_most_one_process_is_looked_at_once(
    tmp_path: Path, documents: dict[str, Any]
) -> None:
    processes = Counting(alive={OWNER}, started_at={OWNER: BEGAN})
    lay(tmp_path, **documents)

    everything(judged(tmp_path, "default", processes=processes))

    assert processes.looked == len(documents)


def test_a_process_that_is_gone_is_not_looked_at(tmp_path: Path) -> None:
    processes = Counting()
    lay(tmp_path, state=state(BOB))

    everything(judged(tmp_path, "default", processes=processes))

    assert processes.looked == 0


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (RecordFile, "read"),
        (Place, "here"),
        (selection, "is_mixed"),
        (pipeline, "TeamRecords"),
        (progress, "named_run"),
    ],
)
def test_default_does_not_pay_for_what_only_strict_asks(
    tmp_path: Path, module: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, **DOCUMENTS)
    monkeypatch.setattr(module, name, never)

    everything(judged(tmp_path, "reference"))

    with pytest.raises(pytest.fail.Exception):
        everything(judged(tmp_path, "default"))


@pytest.mark.parametrize("documents", [{"state": state(phase="completed")}, {"lock": lock()}])
def test_default_does_not_read_a_journal_that_it_does_not_show(
    tmp_path: Path, documents: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, journal=DOCUMENTS["journal"], **documents)
    monkeypatch.setattr(progress, "judge_journal", never)

    everything(judged(tmp_path, "reference"))


@pytest.mark.parametrize("policy", ["reference", "default"])
def test_a_journal_is_read_once_when_it_is_shown(
    tmp_path: Path, policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, **DOCUMENTS)
    reading = Mock(side_effect=progress.judge_journal)
    monkeypatch.setattr(progress, "judge_journal", reading)

    found = judged(tmp_path, policy)
    reading.assert_not_called()
    _ = found.verdict, found.runtime_state, found.members, found.findings

    reading.assert_called_once()


# -- Each fact asks for no more than it needs ------------------------------------------------------


def policy(root: Path, table: str, rule: str) -> Path:
    """A policy that adds a rule to a table of `reference`."""
    root.mkdir()
    (root / "policy.toml").write_text('policy = "mine"\nextends = "reference"\n')
    (root / f"{table}.toml").write_text(f'table = "{table}"\n\n[[rule]]\nid = "mine"\n{rule}\n')
    return root


OWNERS = 'before = "owner-gone-stale"\nwhen = "{}"\nthen = {{}}'
OLD = "when = \"lock_age > '1h'\"\n"
ALIVE = "when = \"owner == 'alive'\"\n"
BEGINNINGS = 'before = "nothing-recorded"\n{}then = {{ {} }}'


@pytest.mark.parametrize(
    ("table", "rule", "wanted"),
    [
        ("owner", OWNERS.format("owner == 'alive'"), set()),
        ("owner", OWNERS.format("zombie"), {"identity"}),
        ("owner", OWNERS.format("began_after > '5s'"), {"identity", "lock"}),
        ("owner", OWNERS.format("replaced"), {"identity", "lock"}),
        ("owner", OWNERS.format("other_host"), {"lock"}),
        ("beginning", BEGINNINGS.format(ALIVE, ""), set()),
        ("beginning", BEGINNINGS.format(OLD, 'state = "failed"'), {"lock"}),
        ("beginning", BEGINNINGS.format("", 'state = "failed"'), {"lock"}),
    ],
)  # fmt: skip
def test_a_policy_is_given_what_it_asks_for(
    tmp_path: Path, table: str, rule: str, wanted: set[str]
) -> None:
    mine = policy(tmp_path / "mine", table, rule)

    assert requested_by(load_policy(mine)) == wanted


def test_the_shipped_ones_ask_for_nothing_and_for_everything() -> None:
    assert requested_by(load_policy("reference")) == set()
    assert requested_by(load_policy("default")) >= {"identity", "lock"}


def test_a_rule_that_asks_nothing_hears_of_a_beginning_all_the_same(tmp_path: Path) -> None:
    says = BEGINNINGS.format("", 'state = "configuring", message = "Somebody holds the lock"')
    mine = policy(tmp_path / "mine", "beginning", says)
    lay(tmp_path / "teams", lock=lock())

    found = judged(tmp_path / "teams", str(mine), processes=owner_alive())

    assert found.runtime_state is not None
    assert found.runtime_state.progress.message == "Somebody holds the lock"


def test_a_rule_that_heals_without_a_look_at_the_bootstraps_state_is_heard(
    tmp_path: Path,
) -> None:
    heals = 'before = "launcher-believed"\nthen = { events = ["retry"], note = "try again" }'
    mine = policy(tmp_path / "mine", "reconciliation", heals)
    failed = saved(ada={"hardFailure": True, "providerId": "codex", "laneId": "lane-1"})
    lay(tmp_path / "teams", state=state(BOB | {"name": "ada"}, phase="completed"), launch=failed)

    found = judged(tmp_path / "teams", str(mine))

    assert found.preferred_source == "launcher"
    assert found.preferred_snapshot is not None
    assert "try again" in (found.preferred_snapshot.members["ada"].diagnostics or ())

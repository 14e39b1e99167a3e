"""No mistake gets past `policy check`, `test` and `verify` together."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.policy.faults_injected import (
    DEFAULT,
    FAULTS,
    Injected,
    Noticed,
    inject,
    noticed_by,
    table,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind)
@pytest.mark.slow
def test_every_mistake_is_noticed(fault: Injected, tmp_path: Path) -> None:
    assert () != inject(fault, tmp_path / "policy").by


def test_nothing_is_noticed_where_there_is_no_mistake(tmp_path: Path) -> None:
    shutil.copytree(DEFAULT, tmp_path / "policy")

    assert ((), True) == noticed_by(tmp_path / "policy")


def test_there_are_enough_kinds_and_each_is_one_of_its_own() -> None:
    kinds = {fault.kind for fault in FAULTS}

    assert len(FAULTS) == len(kinds) >= 30


def test_the_table_counts_who_noticed() -> None:
    *_, one, other, totals = table(
        [
            Noticed("a typo", "owner: x", ("check",), loads=False),
            Noticed("a swap", "owner: y", ("verify", "verify --against"), loads=True),
            Noticed("a slip", "owner: z", (), loads=True),
        ]
    )

    assert "| a swap | `owner: y` |  |  | yes | yes |" == one
    assert "| a slip | `owner: z` |  |  |  |  |" == other
    assert "| **3 kinds** | missed by all: 1 | 1 | 0 | 1 | 1 |" == totals

"""Every call of a run fails in every way: the error says so, and nothing else is harmed."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, get_args

import pytest

from launchfsm.testing import FileMethod
from tests.crash.faults import ERRORS, LASTING, FaultCampaign, ordeals

if TYPE_CHECKING:
    from tests.crash.faults import Ordeal

pytestmark = pytest.mark.slow

ORDEALS = ordeals()


@pytest.mark.parametrize("ordeal", ORDEALS, ids=range(len(ORDEALS)))
def test_whatever_call_fails_in_whatever_way_the_records_are_right_and_the_next_run_starts(
    ordeal: Ordeal,
) -> None:
    """Some thirty of all ways; the campaign by hand does all."""
    campaign = FaultCampaign(every=sum(1 for _ in ordeal.ailments()) // 30 | 1)

    campaign.through(ordeal)

    assert campaign.figures["single failures"] > 15
    assert campaign.figures["lasting failures"] > 5
    assert campaign.figures["told as RecordWriteError"] > 15


def test_every_call_of_a_run_is_of_a_kind_that_is_made_to_fail() -> None:
    made = Counter(method for ordeal in ORDEALS for method, _ in ordeal.calls())

    assert set(ERRORS) == set(get_args(FileMethod))
    # The first is for files of other permissions, the second takes back after another failure.
    assert set(ERRORS) - set(made) == {"fchmod", "ftruncate"}


def test_each_error_is_one_of_this_system() -> None:
    codes = {code for codes in ERRORS.values() for code in codes} | set(LASTING)

    assert all(os.strerror(code) for code in codes)
    assert all(methods <= set(ERRORS) for methods in LASTING.values())


def test_each_call_of_each_run_fails_at_least_once_and_for_good() -> None:
    for ordeal in ORDEALS:
        if ordeal.every > 1:
            continue
        calls = ordeal.calls()
        once = {ailment.at for ailment in ordeal.ailments() if not ailment.lasts}
        lasting = {ailment.at for ailment in ordeal.ailments() if ailment.lasts}

        assert set(range(1, len(calls) + 1)) == once == lasting

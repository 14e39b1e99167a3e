"""Every instant of a run, and everything that a crash or a power cut then may leave."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.crash.replay import DURABILITIES, NOTHING, Walk, record, scenarios, wreck
from tests.crash.script import CANCELED, SUCCESS

if TYPE_CHECKING:
    from launchfsm.launcher import Durability

pytestmark = pytest.mark.slow

both = pytest.mark.parametrize("durability", DURABILITIES)


def test_after_bytes_of_every_write_all_that_may_survive_is_as_the_log_says() -> None:
    """After every sixteenth; the campaign by hand looks after each."""
    walk = Walk(stride=16)
    recording = record(CANCELED, wreck("journal"), "phases")

    walk.through(recording)

    writes = [call.result for call in recording.calls if call.method == "write"]
    assert walk.figures["instants"] > len(recording.calls) + sum(writes) / 17
    assert walk.figures["next runs"] > 100


# Some of them; `python -m tests.crash --only replay` walks through all.
CANCELED_RUNS = [index for index, (script, _) in enumerate(scenarios()) if script is CANCELED]
WALKS = [
    (0, "every_change"),
    (4, "every_change"),
    (CANCELED_RUNS[0], "phases"),
    (-1, "every_change"),
]


@pytest.mark.parametrize(("index", "durability"), WALKS)
def test_after_every_call_of_a_run_all_that_may_survive_is_as_the_log_says(
    index: int, durability: Durability
) -> None:
    script, before = scenarios()[index]
    walk = Walk(stride=1_000_000)

    walk.through(record(script, before, durability))

    assert walk.figures["instants"] > walk.figures["calls"] > 100
    assert walk.figures["judged"] > 60
    assert walk.figures["next runs on a real disk"] > 0


@both
def test_a_recording_knows_at_each_call_which_steps_were_done(durability: Durability) -> None:
    recording = record(SUCCESS, NOTHING, durability)
    logs = [recording.log_at(count, power_cut=True) for count in range(len(recording.calls) + 1)]

    assert (0, 0) == (logs[0].began, logs[0].done)
    assert logs[-1].done == logs[-1].began == len(SUCCESS.steps)
    for earlier, later in pairwise(logs):
        assert earlier.done <= later.done <= later.began <= later.done + 1
    waited = [log.synced == log.done for log in logs]
    assert all(waited) == (durability == "every_change")


def test_the_last_walk_is_through_a_run_that_takes_over() -> None:
    script, before = scenarios()[-1]
    recording = record(script, before, "phases")

    assert list(recording.log.taken) == ["alice", "bob"]
    assert [record.get("action") for record in recording.log.begin[2:]] == ["resumed"] * 2


def test_a_wreck_has_what_its_name_says() -> None:
    assert not wreck("journal").journal.endswith(b"\n")
    assert wreck("state").state is not None
    assert any(".launchfsm-" in path for path in wreck("state").entries or {})
    assert wreck("lock").lock is None
    assert any(".launchfsm-lock-" in path for path in wreck("lock").entries or {})
    assert wreck("release").lock is None
    assert wreck("state").lock is not None

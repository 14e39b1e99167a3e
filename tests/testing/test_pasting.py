"""What hypothesis prints of an example is Python that makes it again."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm import results
from launchfsm.testing import TeamFolder
from launchfsm.testing.strategies import (
    JournalRun,
    bootstrap_states,
    broken_journal_runs,
    hostile_bytes,
    journal_records,
    journal_runs,
    launch_documents,
    launch_snapshots,
    launched_members,
    legacy_documents,
    lock_records,
    runtime_states,
    team_folders,
)

NAMES: Final = {"JournalRun": JournalRun, "TeamFolder": TeamFolder, **vars(results)}

STRATEGIES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "bootstrap states": bootstrap_states(damaged=True),
    "lock records": lock_records(damaged=True),
    "journal records": journal_records(damaged=True),
    "launch documents": launch_documents(damaged=True),
    "legacy documents": legacy_documents(),
    "hostile bytes": hostile_bytes(bootstrap_states()),
    "team folders": team_folders(damaged=True),
    "journal runs": journal_runs(),
    "broken journal runs": broken_journal_runs(),
    "launch snapshots": launch_snapshots(),
    "members": launched_members(),
    "runtime states": runtime_states(),
}


@pytest.mark.parametrize("name", STRATEGIES)
@settings(max_examples=15)
@given(data=st.data())
def test_an_example_can_be_pasted(name: str, data: st.DataObject) -> None:
    example = data.draw(STRATEGIES[name])

    assert example == eval(repr(example), dict(NAMES))  # noqa: S307 - that it is code is the point

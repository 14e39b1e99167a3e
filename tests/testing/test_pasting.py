"""What hypothesis prints of an example is Python that makes it again."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from launchfsm.records import results
from launchfsm.testing import TeamFolder
from launchfsm.testing.strategies import (
    ExampleJournal,
    MutatedPolicy,
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
    mutated_policies,
    runtime_states,
    saved_snapshots,
    team_folders,
)

NAMES: Final = {
    "ExampleJournal": ExampleJournal,
    "MutatedPolicy": MutatedPolicy,
    "TeamFolder": TeamFolder,
    **vars(results),
}
LENGTHS: Final = (0, 60)

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
    "saved snapshots": saved_snapshots(),
    "snapshots by their type": st.from_type(results.LaunchSnapshot),
    "mutated policies": mutated_policies("reference"),
}


@pytest.mark.parametrize("name", STRATEGIES)
@settings(max_examples=6)
@given(data=st.data())
def test_an_example_can_be_pasted(name: str, data: st.DataObject) -> None:
    example = data.draw(STRATEGIES[name])

    assert example == eval(repr(example), dict(NAMES))  # noqa: S307 - that it is code is the point


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", STRATEGIES)
def test_a_failing_example_is_printed_to_be_pasted(name: str, length: int) -> None:
    """Hypothesis prints some examples as the call that made them, whatever their `repr` is."""
    failed: list[Any] = []

    @settings(max_examples=60, database=None, phases=(Phase.generate,), report_multiple_bugs=False)
    @given(example=STRATEGIES[name])
    def fails(example: Any) -> None:
        failed.append(example)
        assert len(repr(example)) < length

    with pytest.raises(AssertionError) as caught:
        fails()
    printed = "\n".join(caught.value.__notes__)
    call = printed[printed.index("fails(") :].split("\n)", 1)[0] + "\n)"

    made = eval(call, {**NAMES, "fails": lambda example: example})  # noqa: S307 - the same
    assert made == failed[-1]

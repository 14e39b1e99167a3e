"""The diagrams are the machines' own."""

from __future__ import annotations

import pytest

from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER
from tests.cli.running import invoke


@pytest.mark.parametrize(("name", "machine"), [("bootstrap", BOOTSTRAP), ("member", MEMBER)])
def test_a_machine_is_printed_by_name(name: str, machine: object) -> None:
    assert machine.mermaid() == invoke("machines", name).out  # type: ignore[attr-defined]  # a Lifecycle of either kind


def test_without_a_name_both_are_printed_below_comments() -> None:
    expected = f"%% bootstrap\n{BOOTSTRAP.mermaid()}\n%% member\n{MEMBER.mermaid()}"

    assert expected == invoke("machines").out

"""The catalogue: every decision that an evaluation asks of a policy, by subject.

Each has one table, in `rules/<policy>/<name>.toml`. `launchfsm.evaluation.pipeline` says in which
order an evaluation reaches them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launchfsm.decisions import bootstrap, members, present, reconciliation, verdict
from launchfsm.engine.decision import Decision

CATALOGUE: Mapping[str, Decision[Any, Any]] = {
    decision.name: decision
    for subject in (bootstrap, members, present, reconciliation, verdict)
    for decision in vars(subject).values()
    if isinstance(decision, Decision)
}
"""Every decision by name, as the files of this folder declare them."""

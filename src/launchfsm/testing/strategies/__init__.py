"""Hypothesis strategies for everything that a launch leaves on disk, and for what is made of it.

Every document comes well-formed, as writers write it (§13), or `damaged`: fields missing, of any
type or size, dated beyond any calendar, names padded and reserved; for an evaluation there is no
difference but in what it finds. Around them are bytes that are hostile (`hostile_bytes`), whole
team folders (`team_folders`), snapshots as objects (`launch_snapshots`), and journals that tell a
run of the machines, legal (`journal_runs`) or with one illegal step (`broken_journal_runs`).
Policies come as legal mutations of a given one (`mutated_policies`).

Times are about `NOW` unless another moment is given: evaluate at that moment.
"""

from __future__ import annotations

from launchfsm.testing.strategies.bootstrap import (
    bootstrap_states,
    journal_records,
    lock_records,
    member_records,
)
from launchfsm.testing.strategies.folders import bootstrap_folders, journals, team_folders
from launchfsm.testing.strategies.hostile import document_bytes, hostile_bytes
from launchfsm.testing.strategies.launch_state import (
    bootstrap_candidates,
    failure_reasons,
    launch_documents,
    launch_identities,
    launch_members,
    legacy_documents,
)
from launchfsm.testing.strategies.legal_runs import JournalRun, broken_journal_runs, journal_runs
from launchfsm.testing.strategies.policies import MutatedPolicy, mutated_policies
from launchfsm.testing.strategies.results import (
    bootstrap_snapshots,
    launch_snapshots,
    launched_members,
    runtime_states,
    saved_snapshots,
)
from launchfsm.testing.strategies.values import (
    NOW,
    instants,
    member_names,
    odd_times,
    odd_values,
    pids,
    time_texts,
)

__all__ = [
    "NOW",
    "JournalRun",
    "MutatedPolicy",
    "bootstrap_candidates",
    "bootstrap_folders",
    "bootstrap_snapshots",
    "bootstrap_states",
    "broken_journal_runs",
    "document_bytes",
    "failure_reasons",
    "hostile_bytes",
    "instants",
    "journal_records",
    "journal_runs",
    "journals",
    "launch_documents",
    "launch_identities",
    "launch_members",
    "launch_snapshots",
    "launched_members",
    "legacy_documents",
    "lock_records",
    "member_names",
    "member_records",
    "mutated_policies",
    "odd_times",
    "odd_values",
    "pids",
    "runtime_states",
    "saved_snapshots",
    "team_folders",
    "time_texts",
]

"""Hypothesis strategies for everything that a launch leaves on disk, and for what is made of it.

A document comes well-formed, as writers write it (§13), or `damaged`: fields missing, of any type
or size, dates beyond any calendar, names padded or reserved. There are also hostile bytes, whole
team folders, results as objects, journals that tell a run of the lifecycles, legal or with one
illegal step, and legal mutations of a policy. Times are about the moment `now`, or else `NOW`:
evaluate at that moment.
"""

from __future__ import annotations

from launchfsm.testing.documents import (
    bootstrap_candidates,
    bootstrap_states,
    failure_reasons,
    journal_records,
    launch_documents,
    launch_identities,
    launch_members,
    legacy_documents,
    lock_records,
    member_records,
)
from launchfsm.testing.journals import ExampleJournal, broken_journal_runs, journal_runs
from launchfsm.testing.policies import MutatedPolicy, mutated_policies
from launchfsm.testing.results import (
    bootstrap_snapshots,
    launch_snapshots,
    launched_members,
    runtime_states,
    saved_snapshots,
)
from launchfsm.testing.team_folders import (
    bootstrap_folders,
    document_bytes,
    hostile_bytes,
    journals,
    team_folders,
)
from launchfsm.testing.values import (
    NOW,
    instants,
    member_names,
    odd_times,
    odd_values,
    pids,
    time_texts,
)

__all__ = [
    "NOW", "ExampleJournal", "MutatedPolicy", "bootstrap_candidates", "bootstrap_folders",
    "bootstrap_snapshots", "bootstrap_states", "broken_journal_runs", "document_bytes",
    "failure_reasons", "hostile_bytes", "instants", "journal_records", "journal_runs", "journals",
    "launch_documents", "launch_identities", "launch_members", "launch_snapshots",
    "launched_members", "legacy_documents", "lock_records", "member_names", "member_records",
    "mutated_policies", "odd_times", "odd_values", "pids", "runtime_states", "saved_snapshots",
    "team_folders", "time_texts",
]  # fmt: skip

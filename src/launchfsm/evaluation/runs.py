"""Which of a team's records are of the present: runs, stops, team names and removals.

What is worked out here are comparisons; what follows from them is the policy's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import attrs

from launchfsm.decisions import present
from launchfsm.decisions.facts import Side
from launchfsm.ecma.dates import iso_from_ms, read_instant, read_time
from launchfsm.ecma.text import trim
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evidence import Evidence, of_other_run
from launchfsm.evaluation.members import decide_about
from launchfsm.records.bootstrap import BootstrapState
from launchfsm.records.documents import LAUNCH_FILE, STATE_FILE
from launchfsm.records.fields import Finding, type_error
from launchfsm.records.journal import named_run
from launchfsm.records.results import LaunchSnapshot, MemberLaunch
from launchfsm.records.side_files import Freshness
from launchfsm.vocabulary import Liveness

_NO_STATE: Final = BootstrapState()
_NO_FRESHNESS: Final = Freshness()
_OF_ONE_RUN: Final = present.RunsVerdict()


def moment_of(value: object) -> float | None:
    """The time of a record's date, in ms since 1970; as in §2 a number up to 0 is none."""
    moment = read_instant(value)
    return None if moment is None or moment <= 0 else moment


def instant(ms: float | None) -> str | None:
    """A time as people read it; `None` where it is not known."""
    return None if ms is None else iso_from_ms(ms)


def minus(one: float | None, other: float | None) -> float | None:
    """The difference of two times; `None` where one of them is not known."""
    return None if one is None or other is None else one - other


def is_same(one: str | None, other: str | None) -> bool | None:
    """Whether two names are one; `None` where one of them is not known."""
    return None if one is None or other is None else one == other


# -- Names -----------------------------------------------------------------------------------------


def judge_team_name(
    engine: Engine, evidence: Evidence, record: Side, name: object
) -> present.TeamNameVerdict:
    """Whether a record that holds `name` for its team's name is read, and whether it heals."""
    if "name" not in evidence.wanted:
        return present.TeamNameVerdict()
    named: Literal["this", "other", "none"] = "none"
    if isinstance(name, str):
        wanted = evidence.side.team
        named = "this" if wanted is None or trim(name) == wanted else "other"
    return engine.decide(present.TEAM_NAME, present.TeamNameFacts(record, named))


def name_findings(evidence: Evidence) -> Iterator[Finding]:
    """Which of the two records name another team than theirs."""
    wanted = evidence.side.team
    documents = {STATE_FILE: evidence.state_document, LAUNCH_FILE: evidence.launch_document}
    for file, document in documents.items():
        name = document.value.get("teamName") if isinstance(document.value, dict) else None
        if isinstance(name, str) and wanted is not None and trim(name) not in {"", wanted}:
            yield type_error(file, "$.teamName", name, f"the folder's name, {wanted!r}")


def dropped_names(engine: Engine, evidence: Evidence) -> frozenset[str]:
    """The names, in lower case, that the launch is told without."""
    meta = evidence.members_meta
    if meta is None:
        return frozenset()
    return frozenset(
        name
        for name in sorted(meta.removed)
        if decide_about(engine, present.REMOVED, MemberLaunch(name), removed=True).dropped
    )


# -- Stops -----------------------------------------------------------------------------------------


@attrs.frozen
class Stop:
    """A stop that is the last word on a team; `at` is in ms since 1970, when somebody tells."""

    at: int | None


def judge_stop(
    engine: Engine, evidence: Evidence, launcher: LaunchSnapshot | None, owner: Liveness | None
) -> Stop | None:
    """The stop that is the last word on a team; `None` when there is none.

    `owner` is whether the owner of a bootstrap that did not end is there.
    """
    if "freshness" not in evidence.wanted:
        return None
    state, freshness, marker = evidence.state, evidence.side.freshness, evidence.side.stop
    if freshness is None and marker is None:
        return None
    state, freshness = state or _NO_STATE, freshness or _NO_FRESHNESS
    run = named_run(state.run_id)
    facts = present.StoppedFacts(owner=owner, marker=marker is not None, freshness=freshness.kind)
    if run is not None and freshness.stopped_run_id is not None:
        facts.other_run = run != freshness.stopped_run_id
    stopped_at = None if marker is None else marker.stopped_at
    if marker is not None and stopped_at is not None:
        dated = None if "launcher" in evidence.undated else launcher
        updated_at = None if dated is None else read_time(dated.updated_at)
        began = moment_of(state.started_at)
        facts.launcher_after = None if updated_at is None else updated_at > stopped_at
        facts.bootstrap_after = None if began is None else began > stopped_at
        if freshness.kind == "stop":
            facts.same_stop = is_same(marker.stop_id, freshness.stop_id)
    verdict = engine.decide(present.STOPPED, facts)
    return Stop(stopped_at if verdict.dated else None) if verdict.stopped else None


# -- Runs ------------------------------------------------------------------------------------------


def judge_runs(
    engine: Engine, evidence: Evidence, launcher: LaunchSnapshot | None, owner: Liveness | None
) -> present.RunsVerdict:
    """Which of a team's two records are of an older run.

    `owner` is whether the owner of a bootstrap that did not end is there.
    """
    state, freshness = evidence.state or _NO_STATE, evidence.freshness or _NO_FRESHNESS
    current = freshness.run_id if freshness.kind == "launch" else None
    lock = evidence.lock if evidence.wanted else None
    if lock is not None and not of_other_run(lock, state):
        lock = None
    if (evidence.state is None or launcher is None) and current is None and lock is None:
        return _OF_ONE_RUN
    mine = named_run(state.run_id)
    theirs = None if launcher is None else named_run(launcher.publication_run_id)
    written = read_instant(state.updated_at)
    facts = present.RunsFacts(
        freshness=freshness.kind,
        owner=owner,
        bootstrap_current=is_same(mine, current),
        launcher_current=is_same(theirs, current),
        state_age=minus(evidence.now, written),
    )
    taken = None if lock is None else moment_of(lock.created_at)
    if lock is not None and taken is not None and written is not None:
        facts.lock_after, facts.lock_ahead = taken - written, taken - evidence.now
        facts.launcher_of_lock = theirs == named_run(lock.run_id)
    if evidence.state is not None and launcher is not None:
        saved = None if "launcher" in evidence.undated else read_time(launcher.updated_at)
        _compare(facts, evidence, state, launcher, saved)
    return engine.decide(present.RUNS, facts)


def _compare(
    facts: present.RunsFacts,
    evidence: Evidence,
    state: BootstrapState,
    launcher: LaunchSnapshot,
    saved: float | None,
) -> None:
    """Add what a state and a snapshot, saved at some time, say against each other."""
    mine, theirs = named_run(state.run_id), named_run(launcher.publication_run_id)
    began = moment_of(state.started_at)
    spawns = (read_time(one.first_spawn_accepted_at) for one in launcher.members.values())
    spawned = min(filter(None, spawns), default=None)
    facts.begun_ahead = minus(began, evidence.now)
    facts.begun_after = minus(began, saved)
    facts.spawned_after = minus(spawned, began)
    facts.same_run = is_same(mine, theirs)
    native = {
        named_run(member.spawning_run_id)
        for member in launcher.members.values()
        if member.spawning_run_id is not None
    }
    if mine is not None and native:
        facts.member_runs = "bootstrap" if mine in native else "other"
    if facts.same_run is not False:
        return
    if began is not None and spawned is not None and began != spawned:
        facts.later_start = "bootstrap" if began > spawned else "launcher"
    places = {run.id: run.place for run in evidence.journal.runs}
    if mine in places and theirs in places:
        later = places[mine] > places[theirs]
        facts.later_in_journal = "bootstrap" if later else "launcher"

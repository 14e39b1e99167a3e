"""Every record of one member beside the base snapshot's, and which of them are of its spawn.

Here are the member's own clock (e1), which words of the bootstrap are of this spawn (a7), and which
process is the member's (f).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final, Literal

from launchfsm.decisions.facts import Side
from launchfsm.decisions.reconciliation import CURRENCY, MEMBER_PROCESS, ProcessWord
from launchfsm.ecma.dates import read_instant, read_time
from launchfsm.ecma.text import trim
from launchfsm.engine.decision import Decision, R
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.bootstrap import phase_kind_of
from launchfsm.evaluation.evidence import Evidence
from launchfsm.evaluation.members import A, decide_about
from launchfsm.evaluation.runs import is_same, minus
from launchfsm.evaluation.runtime import (
    Spawn,
    Stages,
    Word,
    by_sender,
    newest_word,
    proof_of,
    stages_of,
)
from launchfsm.records.bootstrap import MemberRecord
from launchfsm.records.names import LEAD
from launchfsm.records.results import LaunchSnapshot, MemberLaunch
from launchfsm.records.roster import ConfigMember, NameIndex
from launchfsm.records.side_files import Message, RuntimeEvent
from launchfsm.vocabulary import Liveness

Says = Literal["confirmed", "accepted", "failed"]

_UNRECORDED: Final = MemberRecord()
_UNLISTED: Final = ConfigMember()


class TeamRecords:
    """What other records say of the members of the base snapshot, which is that of `side`.

    `owner` is whether the owner of a bootstrap that did not end is there. Unless it `heals`, the
    bootstrap's members say nothing of the launcher's: they are of another team or an older run.
    """

    def __init__(
        self,
        engine: Engine,
        evidence: Evidence,
        snapshot: LaunchSnapshot,
        side: Side,
        owner: Liveness | None = None,
        *,
        heals: bool = True,
    ) -> None:
        state = evidence.state
        self.engine, self.evidence, self.snapshot, self.side = engine, evidence, snapshot, side
        self.beside, self.elsewhere = evidence.side, evidence.elsewhere
        self.bootstrap_live = (  # at work: in an active phase, its owner not known to be gone
            owner in {"alive", "unknown"}
            and state is not None
            and phase_kind_of(state.phase) == "active"
        )
        self.state = state if side == "bootstrap" or heals else None
        self.bootstrap: dict[str, MemberRecord] = {}
        self.run_id: str | None = None
        if self.state is not None:
            self.bootstrap = {one.name: one for one in self.state.members if one.name}
            self.run_id = trim(self.state.run_id or "") or None

    @functools.cached_property
    def names(self) -> NameIndex:
        """The names of all members."""
        return NameIndex((*self.snapshot.expected_members, *self.snapshot.members))

    def leaves_alone(self, member: MemberLaunch) -> bool:
        """Whether no record can say anything new of a member, nor is there a pid to look for."""
        if member.is_skipped or member.launch_state == "skipped_for_launch":
            return True
        if member.launch_state == "confirmed_alive":
            if member.runtime_pid is not None or self.elsewhere:
                return False
            record = self.bootstrap.get(member.name, _UNRECORDED)
            return record.status != "failed" and record.runtime_pid is None
        if member.launch_state != "failed_to_start":
            return False
        return self.side == "bootstrap" and self.beside.is_quiet and not member.has_own_lane

    @functools.cached_property
    def messages(self) -> Mapping[str, list[Message]]:
        """The members' messages to the lead, by name, newest first."""
        config, messages = self.beside.config, self.beside.messages
        lead = LEAD if config is None else config.lead_name
        return by_sender(messages, self.names, lead) if messages else {}

    def claims_alive(self, name: str) -> bool:
        """Whether the base's record of a member says that its runtime is alive."""
        if self.side == "bootstrap":
            return self.bootstrap.get(name, _UNRECORDED).status == "runtime_alive"
        return self.says(name, "runtimeAlive")

    def says(self, name: str, key: str) -> bool:
        """Whether the launcher's record of a member says that something is true."""
        return self._said.get(name, {}).get(key) is True

    @functools.cached_property
    def _said(self) -> Mapping[str, dict[str, Any]]:
        document = self.evidence.launch_document.value
        raw = document.get("members") if isinstance(document, dict) else None
        members = raw.items() if isinstance(raw, dict) else ()
        return {trim(key): value for key, value in members if isinstance(value, dict)}


class MemberRecords:
    """The records of one member, each looked at when first asked for; an absent one says nothing.

    `recorded` is the base snapshot's, and `member` what is made of it so far.
    """

    def __init__(self, team: TeamRecords, recorded: MemberLaunch) -> None:
        self.team = team
        self.engine = team.engine
        self.recorded = recorded
        self.member = recorded
        self.name = recorded.name
        found = team.bootstrap.get(recorded.name)
        self.bootstrap = found or _UNRECORDED
        self.lane = recorded.has_own_lane
        # The bootstrap's record, where it may say more than the base snapshot.
        self.other = None if self.lane or team.side == "bootstrap" else found

    def decide(self, decision: Decision[A, R], **facts: Any) -> R:
        """The policy's answer about it, as far as is known by now."""
        return decide_about(self.engine, decision, self.member, **facts)

    @property
    def config(self) -> ConfigMember:
        """What the roster of the tool that runs it says of it."""
        config = self.team.beside.config
        return (None if config is None else config.member(self.name)) or _UNLISTED

    # -- Its own clock and run (e1, a7) ------------------------------------------------------------

    @property
    def run_id(self) -> str | None:
        """The run that spawned it."""
        member = self.member
        spawned_by = self.config.bootstrap_run_id or member.bootstrap_run_id
        if spawned_by is not None:
            return spawned_by
        if self.team.side == "bootstrap":
            return self.team.run_id
        return member.spawning_run_id

    @property
    def attempted_at(self) -> float | None:
        """When the bootstrap's record says that it was spawned, where its dates agree."""
        attempt, observed = read_instant(self.bootstrap.last_attempt_at), self.observed_at
        impossible = attempt is not None and observed is not None and attempt > observed
        return None if impossible else attempt

    @property
    def observed_at(self) -> float | None:
        """When the bootstrap last saw it."""
        return read_instant(self.bootstrap.last_observed_at)

    @property
    def spawned_at(self) -> float | None:
        """When its spawn was accepted, by the base's record of it (e1)."""
        if self.team.side == "bootstrap":
            return read_instant(self.bootstrap.last_attempt_at)
        return read_time(self.member.first_spawn_accepted_at)

    @property
    def looked_at(self) -> int | None:
        """When the launcher last looked at it."""
        return read_time(self.member.last_evaluated_at)

    @property
    def since_spawn(self) -> float | None:
        """How long ago its spawn was accepted, in ms."""
        return minus(self.team.evidence.now, self.spawned_at)

    def is_current(self, says: Says) -> bool:
        """Whether the bootstrap's word of it is of this spawn (a7)."""
        run, team = self.run_id, self.team
        same = is_same(run, team.run_id)
        attempted, said_at = self.attempted_at, self.observed_at
        if says == "accepted" and attempted is not None:
            said_at = attempted
        boundary, looked_at = self.spawned_at, self.looked_at
        if boundary is not None and looked_at is not None and boundary > looked_at:
            boundary = None  # somebody looked at it before that (a7b)
        if boundary is not None and says == "confirmed" and same and attempted is not None:
            boundary = min(boundary, attempted)
        dated_at = said_at
        if said_at is None and team.state is not None:
            dated_at = read_instant(team.state.updated_at)
        return self.decide(
            CURRENCY,
            says=says,
            same_run=same,
            member_run_known=run is not None,
            bootstrap_run_known=team.run_id is not None,
            boundary=boundary is not None,
            before_boundary=minus(boundary, said_at),
            behind=minus(looked_at, dated_at),
            dated=dated_at is not None,
            ahead=minus(dated_at, team.evidence.now),
        ).current

    @property
    def bootstrap_is_live(self) -> bool:
        """Whether the bootstrap of its run is at work, and judges its members itself."""
        return self.team.bootstrap_live and is_same(self.run_id, self.team.run_id) is not False

    # -- What it did itself (e2-e8) ----------------------------------------------------------------

    def word(self) -> Word | None:
        """Its newest word to the lead after its spawn."""
        messages = None if self.team.beside.is_quiet else self.team.messages.get(self.name)
        if not messages:
            return None
        return newest_word(self.engine, messages, self.name, self._expected_after)

    def proof(self) -> int | None:
        """When it proved its bootstrap, in ms since 1970."""
        return proof_of(self.events, self._spawn()) if self.events else None

    def stages(self) -> Stages:
        """How far its start came."""
        return stages_of(self.events, self._spawn()) if self.events else Stages()

    @property
    def events(self) -> tuple[RuntimeEvent, ...]:
        """What its process reported."""
        if self.team.beside.is_quiet:
            return ()
        configured = self.config.bootstrap_runtime_events_path
        path = configured or self.member.bootstrap_runtime_events_path
        return self.team.beside.events(self.name, path)

    @property
    def _expected_after(self) -> float | None:
        spawned = self.spawned_at
        return self.config.bootstrap_expected_after if spawned is None else spawned

    def _spawn(self) -> Spawn:
        config = self.config
        return Spawn(
            name=self.name,
            names=self.team.names,
            team=self.team.beside.team or self.team.evidence.team,
            agent_id=self.member.agent_id or config.agent_id or self.bootstrap.spawn.agent_id,
            run_id=self.run_id,
            pid=self.pid,
            at=self._expected_after,
            config=config,
        )

    @property
    def is_process(self) -> bool:
        """Whether it runs as a process of its own, by any record."""
        config, member = self.config, self.member
        kinds = (member.backend_type, config.backend_type, self.bootstrap.spawn.backend_type)
        panes = (member.tmux_pane_id, config.tmux_pane_id)
        return "process" in kinds or any(pane and pane.startswith("process:") for pane in panes)

    # -- Its process (f) ---------------------------------------------------------------------------

    @property
    def pid(self) -> float | None:
        """The pid of its process, by the first record that has one of its own (f1).

        The roster is asked only for who is not confirmed.
        """
        member, record, team = self.member, self.bootstrap, self.team
        if member.runtime_pid is not None:
            foreign = self.engine.policy.param(MEMBER_PROCESS, "foreign_sources")
            if member.pid_source not in foreign:
                return member.runtime_pid
        own_run = member.bootstrap_run_id
        if own_run is None:
            own_run = member.spawning_run_id
        same_run = is_same(own_run, team.run_id) is not False
        if record.runtime_pid is not None and same_run:
            return record.runtime_pid
        if self.recorded.launch_state == "confirmed_alive":
            return None
        config = self.config
        if config.runtime_pid is None or config.bootstrap_run_id is None:
            return None
        runs = {own_run, team.run_id if same_run else None, team.snapshot.publication_run_id}
        return config.runtime_pid if config.bootstrap_run_id in runs else None

    def find_process(self) -> ProcessWord | None:
        """What is known of its process; `None` when no pid is recorded, or nobody looks."""
        team = self.team
        if "member_process" not in self.engine.policy.needs:
            return None
        known: dict[str, Any] = {"liveness": None, "elsewhere": team.elsewhere}
        if not team.elsewhere:
            pid, processes = self.pid, team.evidence.processes
            if pid is None:
                return None
            found = processes.check(pid)
            known |= {"liveness": found.liveness, "basis": found.basis}
            if found.liveness == "alive" and "member_identity" in self.engine.policy.needs:
                identity = processes.identify(pid)
                began = None if identity is None else identity.started_at
                last_word: float | None = read_time(self.member.runtime_last_seen_at)
                if team.side == "bootstrap" and self.bootstrap is not _UNRECORDED:
                    last_word = self.observed_at
                elif last_word is None:
                    last_word = self.looked_at
                known["began_after"] = minus(began, last_word)
        return self.decide(MEMBER_PROCESS, **known).process

"""Evaluation: the library's main job, from a teams root to what is true of a team."""

from __future__ import annotations

import functools
import itertools
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any, Final

import attrs

from launchfsm.decisions.facts import Side
from launchfsm.decisions.verdict import TeamVerdict
from launchfsm.ecma.dates import from_datetime, iso_from_ms, read_time, to_datetime
from launchfsm.engine.decision import OwnDecision
from launchfsm.engine.engine import Engine, OwnAnswer, engine_for
from launchfsm.engine.table import Policy
from launchfsm.engine.trace import (
    ExplainedDecision,
    Explanation,
    TracedDecision,
    TracedStep,
    TracingEngine,
    explained,
)
from launchfsm.evaluation.causes import TeamCause
from launchfsm.evaluation.deadline import next_change, traced
from launchfsm.evaluation.evidence import Evidence, gather, pack, requested_by, unpack
from launchfsm.evaluation.launch_state import snapshot_bytes, snapshot_of_document
from launchfsm.evaluation.pipeline import Judgement, judge_shown, judge_team, judge_verdict
from launchfsm.evaluation.reports import MemberReport, spawn_statuses
from launchfsm.evaluation.runs import name_findings
from launchfsm.evaluation.selection import choose, is_expired, is_mixed
from launchfsm.policies import PolicyLike, load_policy
from launchfsm.records.bootstrap import state_findings
from launchfsm.records.documents import BOUNDS, LAUNCH_FILE, STATE_FILE, TeamSource
from launchfsm.records.fields import Finding
from launchfsm.records.journal import journal_findings
from launchfsm.records.lock import LOCK
from launchfsm.records.results import (
    LaunchSnapshot,
    MemberSpawnStatus,
    RuntimeState,
    launch_findings,
)
from launchfsm.records.side_files import SIDE_FILES
from launchfsm.records.wire import to_wire
from launchfsm.system.folders import FolderInMemory, open_folder, team_folder
from launchfsm.system.processes import Processes, SystemProcesses, UnknownProcesses
from launchfsm.vocabulary import RealTaskSubmission

EVERY_FILE: Final = (".", *BOUNDS, *SIDE_FILES)
"""What may change in any team's folder: the folder itself, and its files by name."""

Clock = Callable[[], datetime]
"""Says the time, as an aware datetime."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def system_clock() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


_FILES: Final = {"bootstrap": (STATE_FILE,), "launcher": (LAUNCH_FILE,), None: ()}


class LaunchEvaluator:
    """Says what is true of the launches under a teams root.

    Its attributes are `root` (a text) and `policy` (loaded), `clock` and `processes`.

    Args:
        teams_root: The folder that holds one folder a team.
        policy: The policy to judge by: a name, a path, or a loaded one.
        clock: Says the time, as an aware datetime; the machine's own by default.
        processes: Answers for pids; the machine's own by default.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: The policy has faults.
    """

    def __init__(
        self,
        teams_root: str | os.PathLike[str],
        *,
        policy: PolicyLike = "default",
        clock: Clock | None = None,
        processes: Processes | None = None,
    ) -> None:
        self.root: Final = os.fspath(teams_root)
        self.policy: Final = load_policy(policy)
        self.clock: Final = clock or system_clock
        self.processes: Final[Processes] = processes or SystemProcesses()
        self._told = processes
        self._engine = engine_for(self.policy)
        self._wanted = requested_by(self.policy)

    def teams(self) -> tuple[str, ...]:
        """The names of the folders under the root, sorted; none when the root cannot be read."""
        try:
            with os.scandir(self.root) as entries:
                return tuple(sorted(entry.name for entry in entries if entry.is_dir()))
        except OSError:
            return ()

    def evaluate(self, team: str) -> Evaluation:
        """Say what is true of a team's launch, now.

        Nothing that stands in the team's folder raises or hangs; what is wrong with it is among
        the findings.

        Args:
            team: The name of the team's folder.

        Raises:
            TeamNameError: The name is not one plain path component. No file was touched.
        """
        source = TeamSource(team_folder(self.root, team))
        return self._evaluate(source, team, self.processes)

    def evaluate_files(self, team: str, files: Mapping[str, bytes]) -> Evaluation:
        """Say what is true of a team whose files are in memory, as of an archive; no disk is read.

        The pids in such files are of another machine or another day: nothing is known of them,
        unless the evaluator was made with `processes`, which then answers for them.

        Args:
            team: The name of the team's folder.
            files: What the folder holds, by path below it, such as `bootstrap-state.json`.

        Raises:
            TeamNameError: The name is not one plain path component.
            TypeError: A file's content is not bytes.
            ValueError: All paths begin with the team's folder, `./` or `/`, as they do in archives.
        """
        if files and all(name.startswith((f"{team}/", "./", "/")) for name in files):
            given = max(files, key=len)
            below = given.removeprefix(".").removeprefix("/").removeprefix(f"{team}/")
            raise ValueError(f"paths are below the team's folder: {below!r}, not {given!r}")
        for name, data in files.items():
            if not isinstance(data, bytes):
                raise TypeError(f"file {name!r} must be bytes, not {type(data).__name__}")
        source = TeamSource(team_folder(self.root, team), FolderInMemory(files))
        return self._evaluate(source, team, self._told or UnknownProcesses())

    def _evaluate(self, source: TeamSource, team: str, processes: Processes) -> Evaluation:
        now = from_datetime(self.clock())
        evidence = gather(source, team, now=now, processes=processes, wanted=self._wanted)
        return Evaluation(self._engine, evidence)

    def clear(self, team: str) -> None:
        """Remove a team's `bootstrap-state.json`, and nothing else; none there is fine (§12).

        Raises:
            TeamNameError: The name is not one plain path component.
            OSError: The file is there and cannot be removed, or records are only read on this
                system, as on Windows.
        """
        path = team_folder(self.root, team)
        with suppress(FileNotFoundError), open_folder(path) as folder:
            folder.demand_writable()
            folder.unlink(STATE_FILE)

    def save_snapshot(self, team: str, snapshot: LaunchSnapshot) -> None:
        """Write a team's `launch-state.json`, whole or not at all; it reads back equal (§10).

        A bootstrap's snapshot is accepted too, and reads back with what a launcher's record says
        besides: which sources are unknown, and that a member is not skipped.

        Args:
            team: The name of the team's folder, which exists.
            snapshot: The snapshot to save.

        Raises:
            TeamNameError: The name is not one plain path component.
            SnapshotRefusedError: It is of another team, larger than a reader reads, or would not
                read back equal. Nothing was written.
            OSError: It could not be written, or records are only read on this system, as on
                Windows; the old one stands, and nothing is left behind.
        """
        path = team_folder(self.root, team)
        now = iso_from_ms(from_datetime(self.clock())) or ""
        data = snapshot_bytes(self._engine, team, snapshot, now=now)
        with open_folder(path) as folder:
            folder.demand_writable()
            folder.replace(LAUNCH_FILE, data)


@attrs.frozen(eq=False, repr=False, slots=False)  # slots would hide what is cached from help()
class Evaluation:
    """What is true of a team's launch at one instant, and why.

    Made by `LaunchEvaluator.evaluate`.
    """

    _engine: Engine
    _evidence: Evidence
    _judgement: Judgement = attrs.field(init=False)

    @_judgement.default
    def _judge(self) -> Judgement:
        return judge_team(self._engine, self._evidence)

    def __reduce__(self) -> tuple[Any, ...]:
        # What it rests on: from that everything that it says follows again. Whatever it looks at
        # only when asked has to be looked at first.
        _ = self.findings, self.advice
        return _evaluation_of, (self.policy, pack(self._evidence))

    def __repr__(self) -> str:
        moment, verdict = self.evaluated_at.isoformat(), self.verdict
        return f"<Evaluation of {self.team!r} at {moment}: {verdict.severity}, {verdict.text!r}>"

    @property
    def team(self) -> str:
        """The name of the team's folder."""
        return self._evidence.team

    @property
    def policy(self) -> Policy:
        """The policy that judged."""
        return self._engine.policy

    @property
    def evaluated_at(self) -> datetime:
        """The instant of the evaluation, in UTC."""
        return _EPOCH + timedelta(milliseconds=self._evidence.now)

    @property
    def bootstrap_snapshot(self) -> LaunchSnapshot | None:
        """The launch as the bootstrap's state tells it (§4); `None` when it tells none."""
        return self._judgement.bootstrap_snapshot

    @property
    def runtime_state(self) -> RuntimeState | None:
        """What a progress display shows (§7, §8); `None` when there is nothing to show."""
        return self._judgement.runtime_state

    @property
    def phase(self) -> str | None:
        """The phase that the bootstrap's state records, whatever it says (§3)."""
        state = self._evidence.state
        return None if state is None else state.phase

    @property
    def real_task_submission(self) -> RealTaskSubmission | None:
        """Whether the team was given its first task (§12); `None` when nobody says."""
        state = self._evidence.state
        return None if state is None else state.real_task_submission

    @property
    def launcher_snapshot(self) -> LaunchSnapshot | None:
        """The launch as the launcher's own record tells it (§10); `None` when it tells none."""
        return self._judgement.launcher_snapshot

    @property
    def preferred_snapshot(self) -> LaunchSnapshot | None:
        """The snapshot to believe (§11), one of the other two; `None` when neither is.

        Of the launcher's, members may be healed, when the policy does that.
        """
        return self._judgement.preferred_snapshot

    @property
    def preferred_source(self) -> Side | None:
        """Whose snapshot is believed, `bootstrap` or `launcher`; `None` when neither is."""
        return self._judgement.preferred_source

    @property
    def expired(self) -> bool:
        """Whether the preferred snapshot is too old to be shown as the present (§11)."""
        judgement = self._judgement
        return judgement.is_expired(judgement.engine, judgement.preferred_snapshot)

    @property
    def pids(self) -> tuple[float, ...]:
        """The pids whose processes were asked after, the owner's, a lock's and members'."""
        evidence = self._evidence
        owners = [found.pid for found in (evidence.owner, evidence.lock_owner) if found is not None]
        return tuple(dict.fromkeys((*owners, *evidence.processes.pids)))

    @property
    def identified(self) -> frozenset[float]:
        """Those of the pids of which it mattered which process has them."""
        return self._evidence.processes.identified

    @property
    def files(self) -> tuple[str, ...]:
        """The files, below the team's folder, that another look at it may find changed."""
        return (*EVERY_FILE, *self._evidence.side.member_files)

    @property
    def members(self) -> Mapping[str, MemberReport]:
        """What people are told of each member of the preferred snapshot, by name.

        `member_spawn_statuses` has the words of a roster display instead (§10).
        """
        return self._judgement.reports

    @property
    def cause(self) -> TeamCause | None:
        """Why members failed, or the errors that pending members tell; `None` when none is told."""
        return self._judgement.cause

    @property
    def advice(self) -> str | None:
        """What a person can do next, a line; `None` when there is nothing to say."""
        return self._judgement.advice

    @property
    def verdict(self) -> TeamVerdict:
        """How the launch stands, in a word and a line, by all of the above."""
        return self._judgement.verdict

    @functools.cached_property
    def answers(self) -> Mapping[str, Any]:
        """What the policy's own tables answer, by table, each the fields of the answer by name.

        Durations are in ms, lists are tuples.

        Of a table about each member it is that by the member's name, of a table with hit policy
        `collect` a tuple of answers. `None` where what a table stands on was not asked.
        """
        found: dict[str, Any] = {}
        for decision, given in self._own_answers:
            answers = {subject: one.answer for subject, one in given.items()}
            found[decision.name] = answers if decision.each else answers.get("")
        return found

    @functools.cached_property
    def shown(self) -> Mapping[str, tuple[str, ...]]:
        """The lines that own tables show, by member; those about the launch under `""`."""
        lines: dict[str, tuple[str, ...]] = {}
        for _, answers in self._own_answers:
            for subject, one in answers.items():
                lines[subject] = (*lines.get(subject, ()), *one.lines)
        return {subject: told for subject, told in lines.items() if told}

    @functools.cached_property
    def _own_answers(self) -> list[tuple[OwnDecision, dict[str, OwnAnswer]]]:
        """The own tables, each with its last answers about the records that are believed.

        Answers are by subject. A table about the launch as a whole that was not asked about those
        records has its last answer about another one.
        """
        self.verdict, self.runtime_state  # noqa: B018 - they ask
        judge_shown(self._judgement)
        believed = {"", *_FILES[self.preferred_source]}
        found: dict[str, tuple[OwnDecision, dict[str, OwnAnswer]]] = {}
        for own in itertools.chain.from_iterable(self.policy.own.values()):
            found[own.name] = own, {}
        every = self._judgement.engine.own_answers
        for one in sorted(every, key=lambda one: one.source in believed):
            own, answers = found[one.table]
            if one.source in believed or not own.each:
                answers[one.subject] = one
        return [*found.values()]

    @functools.cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What was wrong in the team's records, file by file, each with its JSON path (§2)."""
        evidence = self._evidence
        found = [
            *state_findings(evidence.state_document),
            *journal_findings(evidence.files.journal),
            *LOCK.findings(evidence.lock_document),
            *launch_findings(evidence.launch_document),
        ]
        if evidence.wanted:
            self.verdict  # noqa: B018 - what stands beside these files is read when it is judged
            found += [*name_findings(evidence), *evidence.side.findings()]
        return tuple(found)

    @functools.cached_property
    def recheck_at(self) -> datetime | None:
        """When to look again though no file and no process changed; `None` when never.

        The earliest instant at which the verdict, or anything it rests on, can change by passing
        time alone, worked out from the policy's thresholds. Until then it stays as it is.
        """
        return to_datetime(next_change(self._engine, self._evidence))

    def to_dict(self) -> dict[str, Any]:
        """Everything that is said of the team, JSON-ready; `launchfsm status --json` prints it.

        Keys are camelCase; `document_schema` beside this class is its JSON Schema.
        """
        now, stop, snapshot = self._evidence.now, self._judgement.stop, self.preferred_snapshot
        recorded = None
        if snapshot is not None and (at := read_time(snapshot.updated_at)) is not None:
            recorded = {"at": iso_from_ms(at) or snapshot.updated_at, "ms": now - at}
        document = {
            "team": self.team,
            "policy": self.policy.name,
            "evaluatedAt": self._evidence.now_text,
            "verdict": self.verdict,
            "cause": self.cause,
            "advice": self.advice,
            "answers": self.answers,
            "expired": self.expired,
            "stoppedAt": None if stop is None or stop.at is None else iso_from_ms(stop.at),
            "recorded": recorded,
            "preferredSource": self.preferred_source,
            "preferredSnapshot": snapshot,
            "members": self.members,
            "spawnStatuses": self._judgement.statuses,
            "bootstrapSnapshot": self.bootstrap_snapshot,
            "launcherSnapshot": self.launcher_snapshot,
            "runtimeState": self.runtime_state,
            "realTaskSubmission": self.real_task_submission,
            "findings": self.findings,
        }
        return dict(to_wire(document))

    def explain(self) -> Explanation:
        """Why: for each decision the rule that won, the facts it read, and why others did not.

        `record` as objects that read well.
        """
        return explained(self.team, self.policy.name, self.record())

    def explain_verdict(self) -> ExplainedDecision:
        """Why the verdict is what it is: its decision alone, however many members there are."""
        engine = TracingEngine(self.policy)
        judge_verdict(engine, self._judgement)
        last = [
            entry
            for entry in engine.entries
            if isinstance(entry, TracedDecision) and not isinstance(entry.asked, OwnDecision)
        ][-1]
        (decision,) = explained(self.team, self.policy.name, [last]).decisions
        return decision

    def record(self, *, reports: bool = False) -> tuple[TracedDecision | TracedStep, ...]:
        """Every decision and machine step in the order in which they were taken, with all facts.

        The same evidence is evaluated once more, by an engine that notes what it does.

        Args:
            reports: Whether those behind `members`, `cause` and `advice` are among them.
        """
        return tuple(traced(self.policy, self._evidence, reports=reports)[0])


def document_schema() -> dict[str, Any]:
    """The JSON Schema of `Evaluation.to_dict`, as it is shipped in the package."""
    text = resources.files("launchfsm.evaluation").joinpath("evaluation.schema.json").read_text()
    return dict(json.loads(text))


def _evaluation_of(policy: Policy, packed: bytes) -> Evaluation:
    return Evaluation(engine_for(policy), unpack(packed))


# -- Over snapshots alone --------------------------------------------------------------------------
# `now` is aware; `policy` is a name, a path or a loaded one.


def parse_launch_snapshot(
    team: str, document: object, *, now: datetime, policy: PolicyLike = "default"
) -> LaunchSnapshot | None:
    """Read a parsed `launch-state.json`, JSON of any type, of a team's folder (§10).

    Returns:
        The snapshot; `None` when the document is none of the two known forms.
    """
    text = iso_from_ms(from_datetime(now)) or ""
    return snapshot_of_document(engine_for(load_policy(policy)), team, document, now=text)


def choose_preferred_snapshot(
    bootstrap: LaunchSnapshot | None,
    launch: LaunchSnapshot | None,
    *,
    now: datetime,
    policy: PolicyLike = "default",
) -> LaunchSnapshot | None:
    """The one to believe of the bootstrap's snapshot and the launcher's (§11); `None`: neither."""
    believed = choose(engine_for(load_policy(policy)), bootstrap, launch, now=from_datetime(now))
    return {"bootstrap": bootstrap, "launcher": launch, None: None}[believed]


def is_expired_pending(
    snapshot: LaunchSnapshot, *, now: datetime, policy: PolicyLike = "default"
) -> bool:
    """Whether a finished launch waited for its members too long (§11)."""
    return is_expired(engine_for(load_policy(policy)), snapshot, now=from_datetime(now))


def member_spawn_statuses(
    snapshot: LaunchSnapshot, *, policy: PolicyLike = "default"
) -> dict[str, MemberSpawnStatus]:
    """The roster of a snapshot by member name, one entry a record (§10)."""
    return spawn_statuses(engine_for(load_policy(policy)), snapshot)


def has_mixed_metadata(snapshot: LaunchSnapshot | None) -> bool:
    """Whether a snapshot's metadata is of more than one kind of launch (§10); none has none."""
    return snapshot is not None and is_mixed(snapshot)

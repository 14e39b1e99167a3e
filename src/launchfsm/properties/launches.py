"""Launches: what is searched through when a property is about whole evaluations.

A `Launch` is a team's files, what is known of its processes, the moment, and the policy that judges
them: all of it a value that prints as Python, so that a counterexample is a test to paste.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

import attrs

from launchfsm.ecma.dates import from_datetime
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evaluator import Evaluation
from launchfsm.evaluation.evidence import build_evidence, requested_by
from launchfsm.policies import PolicyLike, load_policy
from launchfsm.system.processes import ProcessEvidence, ProcessIdentity, impossible_pid
from launchfsm.testing.folders import TeamFolder
from launchfsm.vocabulary import Basis, Liveness

OwnerIs: TypeAlias = Literal["alive", "hidden", "unknown", "zombie", "replaced", "dead"]
"""What is found of a process: it is there and was before its run; it refuses to be looked at; it
cannot be asked after; it ended and was not reaped; the pid is a younger process's; it is gone."""

NOW: Final = datetime(2023, 11, 14, 22, 23, 20, tzinfo=UTC)
"""The moment of a launch unless another is given: that of `launchfsm.testing.strategies`."""

_CHECKED: Final[Mapping[OwnerIs, tuple[Liveness, Basis, str]]] = {
    "alive": ("alive", "reached", ""),
    "hidden": ("alive", "refused", ""),
    "unknown": ("unknown", "error", "it could not be asked"),
    "zombie": ("alive", "reached", ""),
    "replaced": ("alive", "reached", ""),
    "dead": ("dead", "no_such_process", ""),
}
_YOUNG: Final = 1_000  # ms: a process that began a second ago


@attrs.frozen
class _EveryPid:
    """A machine on which the same is found of every pid that a process can have."""

    owner: OwnerIs
    now: int

    def check(self, pid: float) -> ProcessEvidence:
        return impossible_pid(pid) or ProcessEvidence(pid, *_CHECKED[self.owner])

    def identify(self, pid: float) -> ProcessIdentity | None:
        if impossible_pid(pid) is not None or self.owner in {"dead", "unknown", "hidden"}:
            return None
        began = self.now - _YOUNG if self.owner == "replaced" else 0
        return ProcessIdentity(began, zombie=self.owner == "zombie")


@attrs.frozen(kw_only=True)
class Launch:
    """A launch as it was found, and the policy that judges it."""

    folder: TeamFolder  #: the team's files
    owner: OwnerIs = "alive"  #: what is found of the processes that the files name
    now: datetime = NOW  #: the moment, aware
    policy: PolicyLike = attrs.field(default="default", repr=False)  #: a name, a path, a loaded one

    def evaluate(
        self,
        *,
        owner: OwnerIs | None = None,
        now: datetime | None = None,
        folder: TeamFolder | None = None,
        afresh: bool = False,
    ) -> Evaluation:
        """What the policy makes of it, or of the same with one thing changed.

        Args:
            owner: What is found of the processes instead.
            now: The moment instead, aware.
            folder: The files instead.
            afresh: Whether to judge by an engine that was asked nothing before.

        Raises:
            PolicyNotFoundError: There is no such policy.
            PolicyError: The policy has faults.
            ValueError: The moment has no time zone.
        """
        policy, files = load_policy(self.policy), folder or self.folder
        engine = Engine(policy) if afresh else _shared_engine(policy)
        at = from_datetime(now or self.now)
        evidence = build_evidence(
            files.files(),
            files.team,
            now=at,
            processes=_EveryPid(owner or self.owner, at),
            wanted=requested_by(policy),
        )
        return Evaluation(engine, evidence)

    @property
    def state(self) -> dict[str, Any] | None:
        """`bootstrap-state.json` as JSON has it; `None` when it is no object."""
        return _object(self.folder.state)

    @property
    def saved(self) -> dict[str, Any] | None:
        """`launch-state.json` as JSON has it; `None` when it is no object."""
        return _object(self.folder.launch)

    def with_state(self, **fields: Any) -> TeamFolder:
        """The files with other fields in `bootstrap-state.json`, where there is one to read.

        Args:
            fields: Fields by their wire name; `None` leaves one out.
        """
        return attrs.evolve(self.folder, state=_changed(self.folder.state, fields))

    def with_saved(self, **fields: Any) -> TeamFolder:
        """The same of `launch-state.json`."""
        return attrs.evolve(self.folder, launch=_changed(self.folder.launch, fields))

    def pasted(self, source: str) -> str:
        """The launch as Python that makes it again, and shows how it is judged.

        Args:
            source: What to load the policy by: its name or its path.
        """
        elsewhen = self.now != NOW
        lines = ["import datetime", ""] if elsewhen else []
        lines += ["from launchfsm.properties import Launch"]
        lines += ["from launchfsm.testing import TeamFolder", "", "launch = Launch("]
        lines += [f"    policy={source!r},", f"    owner={self.owner!r},"]
        if elsewhen:
            lines.append(f"    now={self.now.astimezone(UTC)!r},")
        lines.append("    folder=TeamFolder(")
        lines += [
            f"        {field.name}={getattr(self.folder, field.name)!r},"
            for field in attrs.fields(TeamFolder)
            if getattr(self.folder, field.name) != field.default
        ]
        lines += ["    ),", ")", "print(launch.evaluate().explain().text())"]
        return "\n".join(lines)


def _object(content: object) -> dict[str, Any] | None:
    if not isinstance(content, bytes):
        return None
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _changed(content: Any, fields: dict[str, Any]) -> Any:
    """A document with other fields; what is no document stays as it is."""
    found = _object(content)
    if found is None:
        return content
    found |= fields
    return json.dumps({name: value for name, value in found.items() if value is not None}).encode()


_shared_engine: Final = functools.lru_cache(maxsize=16)(Engine)
"""The engine of a policy, which remembers answers from launch to launch."""

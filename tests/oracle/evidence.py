"""The oracle's rules of evidence: what becomes of a member of the snapshot that is believed.

A second reading of `docs/records.md` (a, e, f), one method a rule, in the order in which a folder
is read. It knows one member on no lane of its own. `Scene` says what the records are; the member is
as the snapshot has it (§4, §10).
"""

from __future__ import annotations

from typing import Any, Final

import attrs

from launchfsm import MemberLaunch

MINUTE: Final = 60_000
GRACE: Final = 2 * MINUTE
HOUR: Final = 60 * MINUTE

# ruff: noqa: RUF001 - the dashes of records are theirs

CLASSES: Final[dict[str, tuple[str, set[str]]]] = {
    "CLI process exited (code 1) — team provisioned but not alive": ("cli", {"clears"}),
    "CLI process exited (code ?) – team provisioned but not alive; process table unavailable": (
        "cli",
        {"clears"},
    ),
    "Teammate was never spawned during launch.": ("never spawned", {"clears", "auto", "accepts"}),
    "member_launch_grace_timeout": ("grace", {"clears", "auto", "accepts"}),
    "registered runtime metadata without live process": ("", {"clears", "auto", "accepts"}),
    "Launch ended before teammate bootstrap completed.": ("", {"clears", "auto", "accepts"}),
    "Teammate was registered but did not bootstrap-confirm before timeout.": (
        "check-in",
        {"clears", "auto"},
    ),
    "process table unavailable": ("process table", {"clears", "auto", "accepts"}),
    "<agent_teams_native_bootstrap_control> x": ("control", {"clears", "auto", "accepts"}),
    "bootstrap owner pid 77 is gone": ("owner gone", set()),
    "quota exceeded": ("quota", set()),
    "spawn failed: exit 1": ("other", set()),
}
"""Reasons with their class, and what may become of a failure for them (k4)."""

_UNSAFE_LIVENESS: Final = {
    "not_found", "shell_only", "permission_blocked", "runtime_process_candidate",
}  # fmt: skip
_ACCEPTED: Final = {"spawn_started", "registered", "runtime_alive", "bootstrap_confirmed"}
_ENDS: Final = {"failed", "exited"}


def may(reason: str | None, what: str) -> bool:
    """Whether a failure for a reason `clears`, is `auto`, or gives way to one who `accepts`."""
    return reason is not None and what in CLASSES.get(reason, ("other", set()))[1]


@attrs.frozen(kw_only=True)
class Scene:
    """The records of one member; times are in ms since 1970, `None` is not recorded."""

    now: int
    launch_phase: str
    gone: frozenset[int]  # the pids that are not there
    claims_alive: bool  # whether the record behind the snapshot says that its runtime is
    spawned_at: int | None
    looked_at: int
    heard_at: int | None  # its heartbeat
    record: dict[str, Any] | None  # the bootstrap's, beside the launcher's snapshot
    state_run: str | None = None
    state_updated_at: int = 0
    bootstrap_is_live: bool = False
    config_run: str | None = None
    own_run: str | None = None  # of the state, where the snapshot is the bootstrap's
    own_pid: int | None = None  # of the bootstrap's record, likewise
    expected_after: int | None = None
    words: tuple[tuple[int, str, str], ...] = ()  # when, `failed` or `alive`, the text
    proof_at: int | None = None
    events: tuple[tuple[int, str, bool], ...] = ()  # when, which, whether it may be tried again


class Reading:
    """What becomes of the member; `state` and `reason` are what is believed so far."""

    def __init__(self, scene: Scene, member: MemberLaunch) -> None:
        self.scene, self.recorded = scene, member
        self.state: str = member.launch_state
        self.reason = member.hard_failure_reason
        self.accepted = member.agent_tool_accepted
        self.spawned_at = scene.spawned_at
        self.failed_at: int | None = None
        self.pid = scene.own_pid if member.runtime_pid is None else int(member.runtime_pid)
        run = None if member.provider_id == "opencode" else member.runtime_run_id
        self.run = scene.config_run or member.bootstrap_run_id or run or scene.own_run
        self.same_run = None
        if self.run is not None and scene.state_run is not None:
            self.same_run = self.run == scene.state_run

    def read(self) -> tuple[str, str | None]:
        """The member's state, and why it failed if it did, as the rules have it one by one."""
        if self.state != "skipped_for_launch":
            word = max(self._words(), default=None)
            if word is not None and word[1] == "failed" and self.state == "confirmed_alive":
                word = None
            self.word_of_failure(word)
            self.own_record()
            self.bootstrap()
            self.word_of_life(word)
            self.proof()
            self.acceptance()
            self.transport()
            self.grace()
        return self.state, self.reason if self.failed else None

    # -- What all rules ask ------------------------------------------------------------------------

    @property
    def failed(self) -> bool:
        return self.state == "failed_to_start"

    @property
    def why(self) -> str | None:
        """The reason of its failure, or what its record says of it (`reason(m)`)."""
        return (self.reason if self.failed else None) or self.recorded.runtime_diagnostic

    @property
    def waiting(self) -> bool:
        asks = bool(self.recorded.pending_permission_request_ids)
        final = {"failed_to_start", "confirmed_alive"}
        return self.state not in final and (self.state == "runtime_pending_permission" or asks)

    def fail(self, reason: str, at: int | None = None) -> None:
        self.state, self.reason, self.failed_at = "failed_to_start", reason, at

    def confirm(self) -> None:
        self.state, self.accepted, self.reason = "confirmed_alive", True, None

    def may_be_cleared(self) -> bool:
        """Rule a5."""
        member, diagnostic = self.recorded, self.recorded.runtime_diagnostic
        kind, loud = member.liveness_kind, member.runtime_diagnostic_severity == "error"
        if not self.failed:
            return True
        if not may(self.why, "clears"):
            return False
        name = CLASSES[self.why or ""][0]
        if name == "cli":
            if loud or kind in _UNSAFE_LIVENESS:
                return False
            texts = f"{diagnostic} {self.reason}"
            known = kind not in {None, "registered_only", "stale_metadata"}
            return known or ("process table" in texts and "unavailable" in texts)
        if name == "control" and kind in _UNSAFE_LIVENESS:
            return False
        return not loud or may(diagnostic, "clears")

    def is_current(self, says: str) -> bool:
        """Rule a7."""
        scene, record = self.scene, self.scene.record or {}
        attempted, observed = record.get("lastAttemptAt"), record.get("lastObservedAt")
        if attempted is not None and observed is not None and attempted > observed:
            attempted = None
        if self.same_run is False:
            return False
        at = observed
        if says == "accepted" and attempted is not None:
            at = attempted
        boundary = scene.spawned_at
        if boundary is not None and boundary > scene.looked_at:
            boundary = None
        if boundary is None:
            latest = scene.state_updated_at if at is None else at
            return scene.looked_at - latest <= HOUR
        if says == "confirmed" and self.same_run and attempted is not None:
            boundary = min(boundary, attempted)
        if at is None or at >= boundary:
            return at is not None
        unfenced = self.run is not None and scene.state_run is None
        return says == "confirmed" and boundary - at <= 10_000 and not unfenced

    def _words(self) -> list[tuple[int, str, str]]:
        """Rules e1 and e3: words before the spawn, or without one, are none."""
        since = self.scene.spawned_at
        since = self.scene.expected_after if since is None else since
        return [word for word in self.scene.words if since is not None and word[0] >= since]

    @property
    def confirms_itself(self) -> bool:
        member = self.recorded
        return member.bootstrap_confirmed or member.liveness_kind == "confirmed_bootstrap"

    def confirmed_after(self, at: int | None, *, by_bootstrap: bool) -> bool:
        """Whether its record, a proof or the bootstrap confirms it at a later time (a9, e4)."""
        scene, record = self.scene, self.scene.record or {}
        own = scene.heard_at
        if own is None and self.recorded.launch_state == "confirmed_alive":
            own = scene.looked_at
        times = [own if self.confirms_itself else None, scene.proof_at]
        if by_bootstrap and record.get("status") == "bootstrap_confirmed":
            times.append(record.get("lastObservedAt") if self.is_current("confirmed") else None)
        return at is not None and any(time is not None and time > at for time in times)

    # -- The rules, one by one ---------------------------------------------------------------------

    def word_of_failure(self, word: tuple[int, str, str] | None) -> None:
        """Rule e4."""
        failed = word is not None and word[1] == "failed"
        if word and failed and not self.confirmed_after(word[0], by_bootstrap=True):
            self.fail(word[2], word[0])

    def own_record(self) -> None:
        """Rule a2."""
        untouched = self.failed and self.failed_at is None
        if untouched and self.confirms_itself and self.may_be_cleared():
            self.confirm()

    def bootstrap(self) -> None:
        """Rules a3 and a9."""
        record = self.scene.record or {}
        observed = record.get("lastObservedAt")
        if record.get("status") == "bootstrap_confirmed" and self.state != "confirmed_alive":
            if self.is_current("confirmed") and self.may_be_cleared():
                self.confirm()
        elif record.get("status") == "failed" and self.is_current("failed") and not self.waiting:
            undated = observed is None and self.state == "confirmed_alive"
            if undated or self.confirmed_after(observed, by_bootstrap=False):
                return
            if not self.failed or may(self.why, "clears"):
                reason = record.get("failureReason") or (self.reason if self.failed else None)
                self.fail(reason or "deterministic bootstrap failed", observed)

    def word_of_life(self, word: tuple[int, str, str] | None) -> None:
        """Rule e4."""
        if word is None or word[1] != "alive" or self.state == "confirmed_alive" or self.waiting:
            return
        since = self.scene.looked_at if self.failed_at is None else self.failed_at
        if not self.failed or may(self.why, "clears") or word[0] > since:
            self.confirm()

    def proof(self) -> None:
        """Rule a4."""
        if self.scene.proof_at is not None and self.may_be_cleared():
            self.confirm()

    def acceptance(self) -> None:
        """Rule a6."""
        record = self.scene.record or {}
        if record.get("status") not in _ACCEPTED or self.accepted:
            return
        if self.state == "confirmed_alive" or not self.is_current("accepted"):
            return
        self.accepted = True
        attempted, observed = record.get("lastAttemptAt"), record.get("lastObservedAt")
        if self.spawned_at is None:
            fits = attempted is not None and (observed is None or attempted <= observed)
            self.spawned_at = attempted if fits else observed
        if not self.failed or may(self.why, "accepts"):
            asks = bool(self.recorded.pending_permission_request_ids)
            asks = asks or self.state == "runtime_pending_permission"
            self.state = "runtime_pending_permission" if asks else "runtime_pending_bootstrap"
            self.reason = None

    @property
    def is_live(self) -> bool:
        return self.scene.bootstrap_is_live and self.same_run is not False

    def transport(self) -> None:
        """Rules e6 to e8."""
        if self.state == "confirmed_alive" or self.waiting:
            return
        if self.failed and not may(self.why, "auto"):
            return
        since = self.scene.expected_after if self.spawned_at is None else self.spawned_at
        if since is None and self.run is None and self.pid is None:
            return
        events = [event for event in self.scene.events if since is None or event[0] >= since]
        if not events:
            return
        ends = [kind for _, kind, again in events if kind in _ENDS or not again]
        if ends:
            self.fail(ends[-1].replace("_", " "))
            return
        age = None if self.spawned_at is None else self.scene.now - self.spawned_at
        young = age is not None and age < GRACE
        if self.scene.launch_phase == "active" and (young or age is None or self.is_live):
            if self.failed:
                self.state = "runtime_pending_bootstrap" if self.accepted else "starting"
                self.reason = None
            return
        submitted = any(kind == "bootstrap_submitted" for _, kind, _ in events)
        told = (
            "was submitted, but teammate did not bootstrap-confirm"
            if submitted
            else ("was not submitted")
        )
        stage = events[-1][1].replace("_", " ")
        self.fail(f"Bootstrap prompt {told} before timeout. Last transport stage: {stage}")

    def grace(self) -> None:
        """Rule e10, with f1 and f2."""
        member, scene = self.recorded, self.scene
        if self.failed or self.state == "confirmed_alive" or self.waiting or not self.accepted:
            return
        if member.bootstrap_stalled or self.spawned_at is None or self.is_live:
            return
        if scene.now - self.spawned_at < GRACE:
            return
        if not scene.claims_alive if self.pid is None else self.pid in scene.gone:
            loud = member.runtime_diagnostic_severity == "error"
            told = member.runtime_diagnostic if loud else None
            self.fail(self.reason or told or "member_launch_grace_timeout")

"""The oracle's §5, §6, §10 and §11: what a snapshot is, the launcher's own one, which to believe.

Wire dicts in, wire dicts out. The bootstrap's side (§3, §4, §7 to §9, §12) is in `bootstrap`.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, Literal

from tests.oracle.words import date, finite, non_blank, number, parse_json, read_time, text, trim
from tests.oracle.words import trimmed as trimmed_text

Wire = dict[str, Any]

LAUNCH_STATES: Final = (
    "starting",
    "runtime_pending_bootstrap",
    "runtime_pending_permission",
    "confirmed_alive",
    "failed_to_start",
    "skipped_for_launch",
)
PROVIDERS: Final = ("anthropic", "codex", "gemini", "opencode")
BILLING_MODES: Final = ("api", "subscription", "free", "unknown")
EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
FAST_MODES: Final = ("inherit", "on", "off")
ONE_OF: Final = {
    "providerId": PROVIDERS,
    "laneOwnerProviderId": PROVIDERS,
    "billingMode": BILLING_MODES,
    "effort": EFFORTS,
    "selectedFastMode": FAST_MODES,
    "laneKind": ("primary", "secondary"),
    "livenessKind": (
        "confirmed_bootstrap",
        "runtime_process",
        "runtime_process_candidate",
        "permission_blocked",
        "shell_only",
        "registered_only",
        "stale_metadata",
        "not_found",
    ),
    "pidSource": (
        "lead_process",
        "tmux_pane",
        "tmux_child",
        "agent_process_table",
        "opencode_bridge",
        "runtime_bootstrap",
        "persisted_metadata",
    ),
    "runtimeDiagnosticSeverity": ("info", "warning", "error"),
    "bootstrapEvidenceSource": ("runtime_bootstrap_checkin", "app_managed_bootstrap"),
    "bootstrapMode": ("model_tool_checkin", "app_managed_context"),
}
TRIMMED_TEXTS: Final = (
    "model",
    "laneId",
    "skipReason",
    "skippedAt",
    "runtimeRunId",
    "runtimeSessionId",
    "runtimeDiagnostic",
    "runtimeLastSeenAt",
)
TEXTS_AS_THEY_ARE: Final = ("firstSpawnAcceptedAt", "lastHeartbeatAt", "lastRuntimeAliveAt")
SOURCE_FLAGS: Final = (
    "inboxHeartbeat",
    "nativeHeartbeat",
    "processAlive",
    "configRegistered",
    "configDrift",
    "hardFailureSignal",
    "duplicateRespawnBlocked",
)
CATALOG_SOURCES: Final = (
    "anthropic-models-api",
    "anthropic-compatible-api",
    "app-server",
    "static-fallback",
    "runtime",
)
CANDIDATE_TEXTS: Final = (
    "teamName",
    "memberName",
    "runId",
    "laneId",
    "runtimeSessionId",
    "messageID",
    "contextHash",
    "briefingHash",
    "injectionVerifiedAt",
    "candidateAt",
)
LEGACY_REASON: Final = "Legacy partial launch marker reported teammate missing."
NEVER_SPAWNED: Final = "Teammate was never spawned during launch."


def present(fields: Wire) -> Wire:
    """§5: absent values are left out, never `null`."""
    return {key: value for key, value in fields.items() if value is not None}


def one_of(value: Any, words: tuple[str, ...]) -> str | None:
    """§10: one of these texts, else absent."""
    return value if isinstance(value, str) and value in words else None


def is_lead(name: str) -> bool:
    """§5: any spelling of `team-lead` in upper or lower case."""
    return name.lower() == "team-lead"


def is_strongly_alive(member: Wire) -> bool:
    """§5: alive, and confirmed or of a liveness kind that proves it."""
    return bool(
        member["runtimeAlive"]
        and (
            member["bootstrapConfirmed"]
            or member.get("livenessKind") in ("confirmed_bootstrap", "runtime_process")
        )
    )


# §5


def complete(
    *,
    team: str,
    updated_at: str,
    launch_phase: str,
    expected: list[str],
    members: Wire,
    lead_session_id: str | None = None,
    bootstrap_expected: list[str] | None = None,
) -> Wire:
    """§5: completing a snapshot; every snapshot passes here."""
    names = expected_names(expected)
    bootstrap_names = expected_names(bootstrap_expected or [])
    records = dict(members)
    for name in names:
        records.setdefault(name, missing_record(name, updated_at))
    if launch_phase != "active":
        for name in names:
            if was_never_spawned(records[name]):
                records[name] = failed_as_never_spawned(records[name])
    counts = summary(names, records)
    return present(
        {
            "version": 2,
            "teamName": team,
            "updatedAt": updated_at,
            "leadSessionId": lead_session_id,
            "launchPhase": launch_phase,
            "expectedMembers": names,
            "bootstrapExpectedMembers": (
                bootstrap_names if bootstrap_names and bootstrap_names != names else None
            ),
            "members": records,
            "summary": counts,
            "teamLaunchState": team_launch_state(counts),
        }
    )


def expected_names(names: list[str]) -> list[str]:
    """§5: trimmed, deduplicated, without `user` and the lead."""
    clean = [trim(name) for name in names]
    return list(
        dict.fromkeys(name for name in clean if name and name != "user" and not is_lead(name))
    )


def missing_record(name: str, updated_at: str) -> Wire:
    """§5: an expected name without a record."""
    return {
        "name": name,
        "launchState": "starting",
        "skippedForLaunch": False,
        "agentToolAccepted": False,
        "runtimeAlive": False,
        "bootstrapConfirmed": False,
        "hardFailure": False,
        "lastEvaluatedAt": updated_at,
        "diagnostics": [],
    }


def was_never_spawned(member: Wire) -> bool:
    """§5: starting, nothing ever happened, and not on a recoverable lane."""
    flags = ("agentToolAccepted", "runtimeAlive", "bootstrapConfirmed", "hardFailure")
    on_recoverable_lane = (
        member.get("laneKind") == "secondary"
        and member.get("laneOwnerProviderId") == "opencode"
        and non_blank(member.get("laneId"))
    )
    return bool(
        member["launchState"] == "starting"
        and not any(member[flag] for flag in flags)
        and not on_recoverable_lane
    )


def failed_as_never_spawned(member: Wire) -> Wire:
    """§5: how a member that was never spawned fails."""
    failed = {
        **member,
        "hardFailure": True,
        "hardFailureReason": member.get("hardFailureReason") or NEVER_SPAWNED,
    }
    failed["launchState"] = derived_state(failed)
    failed["diagnostics"] = diagnostics(failed)
    return failed


PENDING_KIND_COUNTS: Final = {
    "shell_only": "shellOnlyPendingCount",
    "runtime_process": "runtimeProcessPendingCount",
    "runtime_process_candidate": "runtimeCandidatePendingCount",
    "not_found": "noRuntimePendingCount",
    "stale_metadata": "noRuntimePendingCount",
    "registered_only": "noRuntimePendingCount",
}


def summary(names: list[str], records: Wire) -> dict[str, int]:
    """§5: the ten counts, over expected names then record names, each once."""
    counts = dict.fromkeys(
        (
            *("confirmedCount", "pendingCount", "failedCount", "skippedCount"),
            *("runtimeAlivePendingCount", "permissionPendingCount"),
            *PENDING_KIND_COUNTS.values(),
        ),
        0,
    )
    for name in dict.fromkeys([*names, *records]):
        member = records.get(name)
        if member is None:
            counts["pendingCount"] += 1
        elif member["launchState"] == "confirmed_alive":
            counts["confirmedCount"] += 1
        elif member["launchState"] == "skipped_for_launch" or member.get("skippedForLaunch"):
            counts["skippedCount"] += 1
        elif member["launchState"] == "failed_to_start":
            counts["failedCount"] += 1
        else:
            count_pending(counts, member)
    return counts


def count_pending(counts: dict[str, int], member: Wire) -> None:
    """§5: of the pending also."""
    counts["pendingCount"] += 1
    if is_strongly_alive(member):
        counts["runtimeAlivePendingCount"] += 1
    if member["launchState"] == "runtime_pending_permission":
        counts["permissionPendingCount"] += 1
    by_kind = PENDING_KIND_COUNTS.get(member.get("livenessKind", ""))
    if by_kind is not None:
        counts[by_kind] += 1


def team_launch_state(counts: dict[str, int]) -> str:
    """§5: first that fits."""
    if counts["failedCount"]:
        return "partial_failure"
    if counts["pendingCount"]:
        return "partial_pending"
    if counts["skippedCount"]:
        return "partial_skipped"
    return "clean_success"


# §6


def derived_state(member: Wire) -> str:
    """§6: derived state, first that fits."""
    if member.get("skippedForLaunch"):
        return "skipped_for_launch"
    if member["hardFailure"]:
        return "failed_to_start"
    if member["bootstrapConfirmed"]:
        return "confirmed_alive"
    if member.get("pendingPermissionRequestIds"):
        return "runtime_pending_permission"
    if member["runtimeAlive"] or member["agentToolAccepted"]:
        return "runtime_pending_bootstrap"
    return "starting"


def diagnostics(member: Wire) -> list[str]:
    """§6: diagnostics, in this order."""
    alive, confirmed = member["runtimeAlive"], member["bootstrapConfirmed"]
    lines = []
    if member["agentToolAccepted"]:
        lines.append("spawn accepted")
    if alive:
        lines.append("runtime alive")
    if confirmed:
        lines.append("late heartbeat received")
    if member.get("pendingPermissionRequestIds"):
        lines.append("waiting for permission approval")
    elif member.get("bootstrapStalled"):
        lines.append("opencode_bootstrap_stalled")
    elif member["hardFailure"] and alive and not confirmed:
        lines.append("bootstrap failed while runtime process was still alive")
    elif alive and not confirmed:
        lines.append("waiting for teammate check-in")
    if member.get("hardFailureReason"):
        lines.append(f"hard failure reason: {reason_text(member['hardFailureReason'])}")
    if member.get("skippedForLaunch"):
        reason = member.get("skipReason")
        lines.append(f"skipped for this launch: {reason}" if reason else "skipped for this launch")
    sources = member.get("sources", {})
    if sources.get("duplicateRespawnBlocked"):
        lines.append("respawn blocked as duplicate")
    if sources.get("configDrift"):
        lines.append("config drift detected")
    return lines


# §10, the documents


def fields_of(value: Any) -> Wire | None:
    """§10: where an object is asked for, an array counts as an object without fields."""
    if isinstance(value, dict):
        return value
    return {} if isinstance(value, list) else None


def texts_of(value: Any) -> list[str]:
    """§10: the non-blank texts of an array, as they are."""
    return [item for item in value if non_blank(item)] if isinstance(value, list) else []


def parse(team: str, document: Any, now_ms: int) -> Wire | None:
    """§10: the launcher's own snapshot, read into the same snapshot."""
    if not isinstance(document, dict):
        return None
    if document.get("state") == "partial_launch_failure":
        return parse_legacy(team, document, date(now_ms))
    if number(document.get("version")) == 2:
        return parse_version_2(team, document, date(now_ms))
    return None


def parse_legacy(team: str, document: Wire, now: str) -> Wire | None:
    """§10, legacy."""
    expected, confirmed, missing = (
        [trim(name) for name in texts_of(document.get(key))]
        for key in ("expectedMembers", "confirmedMembers", "missingMembers")
    )
    if not expected or not missing:
        return None
    given = text(document.get("updatedAt"))
    updated_at = now if given is None else given
    members = {
        name: legacy_member(
            name, missing=name in missing, confirmed=name in confirmed, updated_at=updated_at
        )
        for name in expected
    }
    return complete(
        team=team,
        updated_at=updated_at,
        launch_phase="reconciled",
        expected=expected,
        members=members,
        lead_session_id=trimmed_text(document.get("leadSessionId")),
    )


def legacy_member(name: str, *, missing: bool, confirmed: bool, updated_at: str) -> Wire:
    """§10, legacy: each expected, first that fits."""
    if missing:
        state = "failed_to_start"
    elif confirmed:
        state = "confirmed_alive"
    else:
        state = "starting"
    member = present(
        {
            "name": name,
            "launchState": state,
            "agentToolAccepted": True,
            "runtimeAlive": False,
            "bootstrapConfirmed": confirmed,
            "hardFailure": missing,
            "hardFailureReason": LEGACY_REASON if missing else None,
            "lastEvaluatedAt": updated_at,
        }
    )
    return {**member, "diagnostics": diagnostics(member)}


def parse_version_2(team: str, document: Wire, now: str) -> Wire:
    """§10, version 2."""
    updated_at = non_blank(document.get("updatedAt")) or now
    members: Wire = {}
    for key, value in (fields_of(document.get("members")) or {}).items():
        name, record = trim(key), fields_of(value)
        if record is not None and name and name != "user" and not is_lead(name):
            members[name] = parse_member(name, record, updated_at)
    given = document.get("bootstrapExpectedMembers")
    return complete(
        team=trimmed_text(document.get("teamName")) or team,
        updated_at=updated_at,
        launch_phase=one_of(document.get("launchPhase"), ("active", "finished", "reconciled"))
        or "finished",
        expected=texts_of(document.get("expectedMembers")),
        members=members,
        lead_session_id=trimmed_text(document.get("leadSessionId")),
        bootstrap_expected=texts_of(given),
    )


# §10, a member


def parse_member(name: str, record: Wire, updated_at: str) -> Wire:
    """§10: a member of a version 2 document."""
    given_state = one_of(record.get("launchState"), LAUNCH_STATES)
    member: Wire = {"name": name}
    for key, words in ONE_OF.items():
        member[key] = one_of(record.get(key), words)
    for key in TRIMMED_TEXTS:
        member[key] = trimmed_text(record.get(key))
    for key in TEXTS_AS_THEY_ARE:
        member[key] = text(record.get(key))
    evaluated_at = text(record.get("lastEvaluatedAt"))
    member["lastEvaluatedAt"] = updated_at if evaluated_at is None else evaluated_at
    member["providerBackendId"] = backend(member["providerId"], record.get("providerBackendId"))
    resolved = record.get("resolvedFastMode")
    member["resolvedFastMode"] = resolved if isinstance(resolved, bool) else None
    member["runtimePid"] = runtime_pid(record.get("runtimePid"))
    member["pendingPermissionRequestIds"] = permission_ids(record)
    member |= flags(record, given_state, member["livenessKind"])
    if member["hardFailure"]:
        reason = trimmed_text(record.get("hardFailureReason"))
        member["hardFailureReason"] = reason and reason_text(reason)
    member["sources"] = parse_sources(record.get("sources"), alive=member["runtimeAlive"])
    member["launchIdentity"] = launch_identity(record.get("launchIdentity"), member["providerId"])
    member["appManagedBootstrapCandidate"] = candidate(record.get("appManagedBootstrapCandidate"))
    member = present(member)
    member["launchState"] = given_state or derived_state(member)
    if record.get("bootstrapStalled") is True and may_be_stalled(member):
        member["bootstrapStalled"] = True
    member["diagnostics"] = texts_of(record.get("diagnostics")) or diagnostics(member)
    return member


def flags(record: Wire, given_state: str | None, liveness_kind: str | None) -> dict[str, bool]:
    """§10: skipped, accepted, alive, confirmed, failed."""
    skipped = record.get("skippedForLaunch") is True or given_state == "skipped_for_launch"
    if skipped:
        accepted = alive = confirmed = failed = False
    else:
        accepted = record.get("agentToolAccepted") is True
        failed = record.get("hardFailure") is True or given_state == "failed_to_start"
        confirmed = record.get("bootstrapConfirmed") is True or given_state == "confirmed_alive"
        alive = record.get("runtimeAlive") is True and is_strongly_alive(
            {
                "runtimeAlive": True,
                "bootstrapConfirmed": confirmed,
                "livenessKind": liveness_kind,
            }
        )
    return {
        "skippedForLaunch": skipped,
        "agentToolAccepted": accepted,
        "runtimeAlive": alive,
        "bootstrapConfirmed": confirmed,
        "hardFailure": failed,
    }


def backend(provider: str | None, value: Any) -> str | None:
    """§10: `providerBackendId` by provider; what is not a text is as good as blank."""
    given = trimmed_text(value) or ""
    if provider == "codex":
        known = ("", "auto", "adapter", "api", "codex-native")
        return "codex-native" if given in known else None
    if provider == "gemini":
        return one_of(given, ("auto", "api", "cli-sdk"))
    if provider == "opencode":
        return one_of(given, ("adapter", "opencode-cli"))
    return None


def runtime_pid(value: Any) -> int | None:
    """§10: a finite number above 0, cut to a whole number (0.5 becomes 0)."""
    pid = finite(value)
    return math.trunc(pid) if pid is not None and pid > 0 else None


def permission_ids(record: Wire) -> list[str] | None:
    """§10: trimmed non-blank texts, once each, absent when none."""
    given = texts_of(record.get("pendingPermissionRequestIds"))
    return list(dict.fromkeys(trim(item) for item in given)) or None


def parse_sources(value: Any, *, alive: bool) -> dict[str, bool] | None:
    """§10: the seven flags; absent when none is true."""
    given = fields_of(value)
    if given is None:
        return None
    sources = {flag: given.get(flag) is True for flag in SOURCE_FLAGS}
    if not alive:
        del sources["processAlive"]
    return sources if any(sources.values()) else None


def launch_identity(value: Any, member_provider: str | None) -> Wire | None:
    """§10: `launchIdentity`; here an unknown value is `null`."""
    given = fields_of(value)
    if given is None:
        return None
    provider = one_of(given.get("providerId"), PROVIDERS) or member_provider
    if provider is None:
        return None
    resolved_fast = given.get("resolvedFastMode")
    identity: Wire = {
        "providerId": provider,
        "providerBackendId": backend(provider, given.get("providerBackendId")),
        "selectedModel": trimmed_text(given.get("selectedModel")),
        "selectedModelKind": one_of(given.get("selectedModelKind"), ("explicit",)) or "default",
        "resolvedLaunchModel": trimmed_text(given.get("resolvedLaunchModel")),
        "catalogId": trimmed_text(given.get("catalogId")),
        "catalogSource": one_of(given.get("catalogSource"), CATALOG_SOURCES) or "unavailable",
        "catalogFetchedAt": trimmed_text(given.get("catalogFetchedAt")),
        "selectedEffort": one_of(given.get("selectedEffort"), EFFORTS),
        "resolvedEffort": one_of(given.get("resolvedEffort"), EFFORTS),
        "selectedFastMode": one_of(given.get("selectedFastMode"), FAST_MODES),
        "resolvedFastMode": resolved_fast if isinstance(resolved_fast, bool) else None,
        "fastResolutionReason": trimmed_text(given.get("fastResolutionReason")),
    }
    billing_mode = one_of(given.get("billingMode"), BILLING_MODES)
    return identity if billing_mode is None else {**identity, "billingMode": billing_mode}


def candidate(value: Any) -> Wire | None:
    """§10: `appManagedBootstrapCandidate`, an object (no array) with all ten texts."""
    if not isinstance(value, dict):
        return None
    texts = {key: trimmed_text(value.get(key)) for key in CANDIDATE_TEXTS}
    if (
        number(value.get("schemaVersion")) != 1
        or value.get("source") != "app_managed_bootstrap"
        or None in texts.values()
    ):
        return None
    extra = {key: trimmed_text(value.get(key)) for key in ("model", "agent")}
    return present({"schemaVersion": 1, "source": "app_managed_bootstrap", **texts, **extra})


def is_pending_opencode_secondary(member: Wire) -> bool:
    """§10: an OpenCode secondary still pending."""
    return bool(
        member.get("providerId") == "opencode"
        and member.get("laneKind") == "secondary"
        and member.get("laneOwnerProviderId") == "opencode"
        and member["launchState"] == "runtime_pending_bootstrap"
        and not member["bootstrapConfirmed"]
        and not member["hardFailure"]
    )


def may_be_stalled(member: Wire) -> bool:
    """§10: where `bootstrapStalled` is kept."""
    shown = (
        member["runtimeAlive"]
        or member.get("runtimePid")
        or member.get("runtimeSessionId")
        or member.get("livenessKind")
        in ("runtime_process", "runtime_process_candidate", "registered_only")
    )
    return is_pending_opencode_secondary(member) and bool(shown)


# §10, the reason of a hard failure


def reason_text(reason: str) -> str:
    """§10: `hardFailureReason`, when it is the answer of a message tool."""
    if "Message sent to" not in reason and '"routing"' not in reason:
        return reason
    routing = parsed_routing(reason)
    if routing is None:
        parts = [raw_field(reason, "summary"), raw_field(reason, "content")]
    else:
        parts = [routing.get("summary"), routing.get("content")]
    texts = [part for part in map(trimmed_text, parts) if part is not None]
    return ": ".join(dict.fromkeys(texts)) or reason


def parsed_routing(reason: str) -> Wire | None:
    """§10: the object `routing` of a JSON answer with `success` true."""
    try:
        answer = parse_json(reason)
    except ValueError:
        return None
    if not isinstance(answer, dict) or answer.get("success") is not True:
        return None
    return fields_of(answer.get("routing"))


def raw_field(reason: str, key: str) -> str | None:
    """§10: the first JSON string field of that name in the raw text, closed or not."""
    found = re.search(rf'"{key}"\s*:\s*"((?:\\.|[^"\\])*)', reason, re.DOTALL)
    if found is None:
        return None
    try:
        return str(json.loads(f'"{found[1]}"'))
    except ValueError:
        return found[1]


# §10, what a roster shows


def spawn_statuses(snapshot: Wire) -> Wire:
    """§10: spawn statuses, one entry a record."""
    return {name: spawn_status(member) for name, member in snapshot["members"].items()}


def spawn_status(member: Wire) -> Wire:
    """§10: the entry of one record."""
    skipped = member["launchState"] == "skipped_for_launch" or bool(member.get("skippedForLaunch"))
    status, source = status_and_source(member)
    copied = (
        *("hardFailureReason", "livenessKind", "lastHeartbeatAt", "firstSpawnAcceptedAt"),
        *("runtimeDiagnostic", "runtimeDiagnosticSeverity", "skippedForLaunch", "skippedAt"),
        *("skipReason", "bootstrapMode", "bootstrapEvidenceSource"),
        *("pendingPermissionRequestIds", "appManagedBootstrapCandidate"),
    )
    return present(
        {
            "status": status,
            "launchState": member["launchState"],
            "agentToolAccepted": not skipped and member["agentToolAccepted"],
            "runtimeAlive": not skipped and is_strongly_alive(member),
            "bootstrapConfirmed": not skipped and member["bootstrapConfirmed"],
            "hardFailure": not skipped and member["hardFailure"],
            "bootstrapStalled": member.get("bootstrapStalled", False),
            "livenessLastCheckedAt": member.get("runtimeLastSeenAt") or member["lastEvaluatedAt"],
            "updatedAt": member["lastEvaluatedAt"],
            "error": member.get("hardFailureReason") if member["hardFailure"] else None,
            "livenessSource": source,
            **{key: member.get(key) for key in copied},
        }
    )


def status_and_source(member: Wire) -> tuple[str, str | None]:
    """§10: `status` by `launchState`, and `livenessSource`."""
    state = member["launchState"]
    if state == "failed_to_start":
        return "error", None
    if state == "skipped_for_launch":
        return "skipped", None
    if state == "confirmed_alive":
        return "online", "heartbeat"
    if state == "starting":
        return "waiting" if member["agentToolAccepted"] else "spawning", None
    if (
        is_strongly_alive(member)
        and not is_pending_opencode_secondary(member)
        and not member.get("bootstrapStalled")
    ):
        return "online", "process"
    return "waiting", None


def mixed(snapshot: Wire) -> bool:
    """§10: mixed metadata; on the wire `bootstrapExpectedMembers` is there when it differs."""
    keys = ("laneId", "laneKind", "laneOwnerProviderId", "launchIdentity")
    return "bootstrapExpectedMembers" in snapshot or any(
        key in member for member in snapshot["members"].values() for key in keys
    )


# §11


def names_of(snapshot: Wire) -> list[str]:
    """§11: expected and record names, each once."""
    return list(dict.fromkeys([*snapshot["expectedMembers"], *snapshot["members"]]))


RICHNESS_WEIGHTS: Final = {
    "providerId": 3,
    "providerBackendId": 3,
    "selectedFastMode": 2,
    "resolvedFastMode": 2,
    "laneId": 4,
    "laneKind": 4,
    "laneOwnerProviderId": 3,
    "launchIdentity": 6,
}


def richness(snapshot: Wire) -> int:
    """§11: richness."""
    members = snapshot["members"].values()
    return (
        10 * len(names_of(snapshot))
        + 5 * len(members)
        + (20 if snapshot.get("bootstrapExpectedMembers") else 0)
        + sum(
            weight
            for member in members
            for key, weight in RICHNESS_WEIGHTS.items()
            if key in member
        )
    )


def expired_pending(snapshot: Wire, now_ms: int) -> bool:
    """§11: expired pending."""
    updated_ms = read_time(snapshot["updatedAt"])
    return (
        snapshot["launchPhase"] == "finished"
        and snapshot["teamLaunchState"] == "partial_pending"
        and updated_ms is not None
        and now_ms - updated_ms >= 5 * 60_000
    )


def choose(
    bootstrap: Wire | None, launch: Wire | None, now_ms: int
) -> Literal["bootstrap", "launch"] | None:
    """§11: preferred of (bootstrap's, launcher's), first that fits."""
    if bootstrap is None:
        return None if launch is None else "launch"
    if launch is None:
        return None if expired_pending(bootstrap, now_ms) else "bootstrap"
    richer = richness(launch) - richness(bootstrap)
    more_names = len(names_of(launch)) - len(names_of(bootstrap))
    if richer > 0 and more_names >= 0:
        return "launch"
    if richer < 0 and more_names <= 0:
        return "bootstrap"
    launch_ms, bootstrap_ms = read_time(launch["updatedAt"]), read_time(bootstrap["updatedAt"])
    if launch_ms is not None and bootstrap_ms is not None and launch_ms > bootstrap_ms:
        return "launch"
    return "bootstrap"

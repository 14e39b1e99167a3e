"""Every combination of what an evaluation looks at, against the oracle's statement of the page.

The spaces are finite once times are cut at the thresholds: below, at and above each of them, in the
future and unknown. Everything else in the documents is as plain as can be.
"""

from __future__ import annotations

import json
from itertools import chain, combinations, product
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from launchfsm import has_mixed_metadata, member_spawn_statuses, parse_launch_snapshot, to_wire
from launchfsm.testing.folders import TeamFolder
from launchfsm.testing.strategies import NOW
from launchfsm.vocabulary import (
    LaneKind,
    LaunchPhase,
    LaunchState,
    LivenessKind,
    MemberStatus,
    Phase,
    Provider,
    TerminalStatus,
    values,
)
from tests.oracle import bootstrap, launch
from tests.teams import NOW_MS, OWNER, evaluation, folder_of, oracle_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

pytestmark = pytest.mark.slow

MINUTE: Final = 60_000
STALE: Final = 3 * MINUTE


class _Absent:
    """The field is not there; named, so that test ids are the same in every process."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()
"""No such field."""

PHASES: Final = (*values(Phase), "resting", "", ABSENT)
STATUSES: Final = (*values(MemberStatus), "resting", ABSENT)
TERMINALS: Final = (*values(TerminalStatus), "resting", ABSENT)
AGES: Final = {
    "fresh": NOW_MS - MINUTE,
    "nearly stale": NOW_MS - STALE + 1,
    "just stale": NOW_MS - STALE,
    "long stale": NOW_MS - 100 * STALE,
    "in the future": NOW_MS + STALE,
    "unknown": ABSENT,
}
# The pid recorded, and what the system says of it. The page knows alive and dead only; whom nobody
# could ask after counts as alive, as nothing is to be said of him.
OWNERS: Final[dict[str, tuple[Any, tuple[int, ...], tuple[int, ...]]]] = {
    "alive": (OWNER, (OWNER,), ()),
    "dead": (OWNER, (), ()),
    "impossible": (OWNER + 0.5, (OWNER,), ()),
    "unknown": (OWNER, (), (OWNER,)),
    "none": (ABSENT, (OWNER,), ()),
}


def some_fields(**fields: Any) -> dict[str, Any]:
    """The fields that are not absent."""
    return {key: value for key, value in fields.items() if value is not ABSENT}


def subsets(items: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    known = tuple(items)
    return chain.from_iterable(combinations(known, size) for size in range(len(known) + 1))


def assert_bootstrap_as_stated(state: dict[str, Any], owner: str) -> None:
    _, alive, unknown = OWNERS[owner]
    document = json.dumps(state).encode()
    found = evaluation(TeamFolder(state=document), alive, unknown=unknown)

    assert bootstrap.evaluate(
        "demo",
        NOW_MS,
        state=document,
        journal="absent",
        lock="absent",
        is_alive=(*alive, *unknown).__contains__,
    ) == {
        "launch_snapshot": to_wire(found.bootstrap_snapshot),
        "runtime_state": to_wire(found.runtime_state),
        "real_task_submission": None,
    }, (state, owner)


def members_of(statuses: Iterable[Any]) -> list[dict[str, Any]]:
    """A member for each status, named after it."""
    return [
        some_fields(name="absent" if status is ABSENT else status, status=status)
        for status in statuses
    ]


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: repr(phase) if phase else "empty")
def test_every_bootstrap(phase: Any, owner: str) -> None:
    """Of each phase, owner, age and terminal status, with a member of each status."""
    for updated_at, terminal in product(AGES.values(), TERMINALS):
        assert_bootstrap_as_stated(
            some_fields(
                version=1,
                phase=phase,
                ownerPid=OWNERS[owner][0],
                updatedAt=updated_at,
                terminal=ABSENT if terminal is ABSENT else {"status": terminal},
                members=members_of(STATUSES),
            ),
            owner,
        )


def test_how_many_combinations_that_are() -> None:
    assert 19_440 == (len(PHASES) * len(OWNERS) * len(AGES) * len(TERMINALS) * len(STATUSES))


@pytest.mark.parametrize("owner", ["alive", "dead"])
@pytest.mark.parametrize("phase", ["spawning_members", "completed", "resting"])
def test_every_set_of_members(phase: str, owner: str) -> None:
    """Of up to three, as more of them count as nothing else; and of all."""
    few = chain.from_iterable(combinations(STATUSES, size) for size in range(4))
    for statuses in (*few, STATUSES):
        assert_bootstrap_as_stated(
            {
                "version": 1,
                "phase": phase,
                "ownerPid": OWNER,
                "members": members_of(statuses),
            },
            owner,
        )


UNREADABLE: Final = (b"", b"null", b"[]", b"{}", "symlink", "oversized")
LOCKS: Final[tuple[dict[str, Any] | None, ...]] = (
    None,
    {},
    {"pid": OWNER},
    {"runId": "r"},
    {"pid": OWNER, "runId": " "},
    {"pid": 0, "runId": "r"},
    {"pid": -1, "runId": "r"},
    {"pid": OWNER, "runId": " r ", "ownerStartedAt": NOW_MS - MINUTE},
    {"pid": OWNER, "runId": "r", "ownerStartedAt": -1},
    {"pid": OWNER, "runId": "r", "ownerStartedAt": 8.64e15 + 2},
    {"pid": OWNER + 0.5, "runId": "r"},
)


@pytest.mark.parametrize("state", UNREADABLE, ids=repr)
def test_every_degraded_recovery(state: Any) -> None:
    journals = [None, [], ["no"], *([{"type": "phase", "phase": phase}] for phase in PHASES[:-1])]
    for lock, journal, alive in product(LOCKS, journals, ((), (OWNER,))):
        folder = attrs.evolve(folder_of(lock=lock, journal=journal), state=state)
        found = evaluation(folder, alive)
        files = folder.files()
        expected = bootstrap.evaluate(
            "demo",
            NOW_MS,
            state=oracle_read(files.state),
            journal=oracle_read(files.journal),
            lock=oracle_read(files.lock),
            is_alive=alive.__contains__,
        )
        assert expected["runtime_state"] == to_wire(found.runtime_state), (lock, journal, alive)
        assert found.bootstrap_snapshot is None


# -- The launcher's members ------------------------------------------------------------------------

FLAGS: Final = ("agentToolAccepted", "runtimeAlive", "bootstrapConfirmed", "hardFailure")
STATES: Final = (*values(LaunchState), ABSENT)
KINDS: Final = (*values(LivenessKind), ABSENT)
LANE: Final = {
    "providerId": "opencode",
    "laneKind": "secondary",
    "laneOwnerProviderId": "opencode",
    "laneId": "lane-1",
}


def assert_as_stated(document: dict[str, Any]) -> None:
    snapshot = parse_launch_snapshot("demo", document, now=NOW, policy="reference")
    stated = launch.parse("demo", document, NOW_MS)
    assert snapshot is not None
    assert stated is not None

    assert stated == to_wire(snapshot), document
    assert launch.spawn_statuses(stated) == to_wire(
        member_spawn_statuses(snapshot, policy="reference")
    ), document
    assert launch.mixed(stated) == has_mixed_metadata(snapshot)


def members_of_each_kind(extra: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A member for each set of flags and each liveness kind."""
    return {
        f"{'+'.join(flags) or 'none'}/{kind}": {
            **extra,
            **dict.fromkeys(flags, True),
            **some_fields(livenessKind=kind),
        }
        for flags in subsets(FLAGS)
        for kind in KINDS
    }


@pytest.mark.parametrize("phase", values(LaunchPhase))
@pytest.mark.parametrize("state", STATES, ids=lambda state: str(state)[:20])
def test_every_saved_member(state: Any, phase: str) -> None:
    unexpected = [(skipped, False, False) for skipped in (False, True)]
    for skipped, asked, expected in (*product((False, True), (False, True), (True,)), *unexpected):
        members = members_of_each_kind(
            some_fields(
                launchState=state,
                skippedForLaunch=True if skipped else ABSENT,
                pendingPermissionRequestIds=["p"] if asked else ABSENT,
            )
        )
        assert_as_stated(
            {
                "version": 2,
                "launchPhase": phase,
                "expectedMembers": list(members) if expected else [],
                "members": members,
            }
        )


@pytest.mark.parametrize("state", STATES, ids=lambda state: str(state)[:20])
def test_every_lane(state: Any) -> None:
    """Recoverable or not, reported as stalled or not, with every sign of a runtime."""
    signs: dict[str, dict[str, Any]] = {
        "none": {},
        "alive": {"runtimeAlive": True, "livenessKind": "runtime_process"},
        "pid": {"runtimePid": OWNER},
        "pid cut to 0": {"runtimePid": 0.5},
        "session": {"runtimeSessionId": "s"},
        **{kind: {"livenessKind": kind} for kind in values(LivenessKind)},
    }
    # a lane of its own, one that lacks one thing that makes it so, and none
    lanes = [tuple(LANE), *combinations(LANE, len(LANE) - 1), ()]
    members = {
        f"{'+'.join(lane)}/{sign}/{'+'.join(flags)}/{stalled}": {
            **{key: LANE[key] for key in lane},
            **signs[sign],
            **dict.fromkeys(flags, True),
            **some_fields(launchState=state, bootstrapStalled=stalled),
        }
        for lane in lanes
        for sign in signs
        for flags in subsets(("agentToolAccepted", "bootstrapConfirmed", "hardFailure"))
        for stalled in (True, ABSENT)
    }

    assert_as_stated(
        {"version": 2, "expectedMembers": list(members), "members": members},
    )


def test_every_kind_of_lane() -> None:
    members = {
        f"{provider}/{kind}/{owner}": some_fields(
            providerId=provider, laneKind=kind, laneOwnerProviderId=owner, laneId="lane-1"
        )
        for provider, kind, owner in product(
            (*values(Provider), ABSENT), (*values(LaneKind), ABSENT), (*values(Provider), ABSENT)
        )
    }

    assert_as_stated({"version": 2, "expectedMembers": list(members), "members": members})


def test_every_backend_of_every_provider() -> None:
    spellings = ("", " ", "auto", "adapter", "api", "codex-native", " cli-sdk ", "opencode-cli", 1)
    members = {
        f"{provider}/{own}/{spelling}": some_fields(
            providerId=provider,
            providerBackendId=spelling,
            launchIdentity=some_fields(providerId=own, providerBackendId=spelling),
        )
        for provider, own, spelling in product(
            (*values(Provider), ABSENT), (*values(Provider), ABSENT), (*spellings, ABSENT)
        )
    }

    assert_as_stated({"version": 2, "members": members})


def test_every_legacy_marker() -> None:
    names = {"".join(lists) or "-": lists for lists in subsets("emc")}
    marked = {
        key: [name for name, lists in names.items() if letter in lists]
        for key, letter in (
            ("expectedMembers", "e"),
            ("missingMembers", "m"),
            ("confirmedMembers", "c"),
        )
    }

    assert_as_stated({"state": "partial_launch_failure", **marked})


def test_every_summary() -> None:
    """All sets of members that differ in how they are counted."""
    standings = ("confirmed_alive", "failed_to_start", "skipped_for_launch", "starting")
    for some in subsets(standings):
        assert_as_stated(
            {"version": 2, "members": {state: {"launchState": state} for state in some}}
        )

"""Shipped: the properties that every policy is asked for unless others are named.

Here: each of them, with the claims that it comes to. Not here: how claims are settled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from launchfsm.evaluation.owner import known_liveness
from launchfsm.properties.claims import SituationClaim
from launchfsm.properties.launch_properties import (
    confirmation_lost,
    death_that_revives,
    ended,
    judged_by_order,
    judged_otherwise_again,
    terminal_that_moves,
    time_that_heals,
    unanswered,
)
from launchfsm.properties.moving import Answered, MoveClaim, PassingTime, Steps, Worsened
from launchfsm.properties.property import Property
from launchfsm.properties.search import LaunchClaim
from launchfsm.properties.through_owner import (
    OwnerMoveClaim,
    OwnersAge,
    OwnersDeath,
    Told,
    state_ages,
)
from launchfsm.properties.totality import AnswersAreSettled, EveryTableAnswers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from launchfsm.decisions.outcomes import OwnerVerdict
    from launchfsm.properties.ages import Ages
    from launchfsm.properties.moving import Facts


def _always(table: str, when: str, then: str) -> SituationClaim:
    return SituationClaim(table=table, when=when, then=then, wanted=True)


def _never(table: str, when: str, then: str) -> SituationClaim:
    return SituationClaim(table=table, when=when, then=then, wanted=False)


# -- An answer, and one answer ---------------------------------------------------------------------

TOTAL: Final = Property(
    name="total",
    sentence="whatever is asked, there is an answer",
    claims=(EveryTableAnswers(), LaunchClaim(complaint=unanswered, damaged=True)),
)
"""Every table answers in every situation, and every folder is judged, whatever stands in it."""

DETERMINISTIC: Final = Property(
    name="deterministic",
    sentence="the same evidence gets the same answer, whatever was asked before",
    claims=(AnswersAreSettled(), LaunchClaim(complaint=judged_otherwise_again, damaged=True)),
)
"""No rules compete, no answer depends on what was asked before."""

# -- What is over, and who is confirmed ------------------------------------------------------------

_ENDED: Final = "(phase_kind == 'terminal' or terminal_status is not None)"

TERMINAL_ABSORBS: Final = Property(
    name="terminal-absorbs",
    sentence="what says that it ended has ended, and its owner's death changes nothing",
    claims=(
        _always("launch_phase", _ENDED, "launch_phase == 'finished'"),
        _never("owner", _ENDED, "dead"),
        _never("progress", f"{_ENDED} and not owner_dead", "shown"),
        LaunchClaim(complaint=terminal_that_moves, given=ended),
    ),
)
"""A terminal phase or status is the last word on a bootstrap."""

_CONFIRMED: Final = "launch_state == 'confirmed_alive'"

CONFIRMED_STAYS: Final = Property(
    name="confirmed-stays",
    sentence="a member whose bootstrap is confirmed is nothing less, whatever happens around it",
    claims=(
        _always("member", "status == 'bootstrap_confirmed'", "confirmed and not failed"),
        _always("legacy_member", "confirmed and not missing", "confirmed and not failed"),
        _always("member_state", "confirmed and not failed and not skipped", _CONFIRMED),
        _always("standing", _CONFIRMED, "standing == 'confirmed'"),
        _always("spawn_status", _CONFIRMED, "status == 'online'"),
        LaunchClaim(complaint=confirmation_lost),
    ),
)
"""Nobody takes a confirmation back."""

# -- Passing time ----------------------------------------------------------------------------------


def _dead_no_more(before: Answered, after: Answered) -> str | None:
    if before.outcome.dead and not after.outcome.dead:
        return "an owner that was dead is not any more"
    return None


def _no_more(failed: Callable[[Answered], bool]) -> Worsened:
    """That what was shown as failed is not any more."""

    def complaint(before: Answered, after: Answered) -> str | None:
        if failed(before) and not failed(after):
            return "what was shown as failed is not any more"
        return None

    return complaint


def _progress_failed(answered: Answered) -> bool:
    return bool(answered.outcome.shown and answered.outcome.state == "failed")


def _beginning_failed(answered: Answered) -> bool:
    return bool(answered.outcome.state == "failed")


def _recovery_failed(answered: Answered) -> bool:
    return bool((answered.outcome.state or answered.facts["phase_state"]) == "failed")


def _lock_ages(ages: Ages) -> dict[str, float | None]:
    return {"lock_age": ages["lock"]}


def _progress_ages(ages: Ages) -> dict[str, float | None]:
    known = [age for age in ages.values() if age is not None]
    ahead = {name: None if age is None else -age for name, age in ages.items()}
    return {
        "quiet": min(known, default=None),
        "state_ahead": ahead["state"],
        "journal_ahead": ahead["journal"],
    }


def _progress_follows(owner: Facts, verdict: OwnerVerdict) -> dict[str, Any]:
    return {
        "phase_kind": owner["phase_kind"],
        "terminal_status": owner["terminal_status"],
        "owner": known_liveness(owner["owner"], verdict),
        "owner_dead": verdict.dead,
        "owner_stale": verdict.stale,
        "owner_reason": verdict.reason,
    }


def _beginning_follows(owner: Facts, verdict: OwnerVerdict) -> dict[str, Any]:
    return {"owner": known_liveness(owner["owner"], verdict), "other_host": owner["other_host"]}


def _recovery_follows(owner: Facts, verdict: OwnerVerdict) -> dict[str, Any]:
    return {"owner": known_liveness(owner["owner"], verdict)}


_OF_A_LOCK: Final = {"phase_kind": "active", "terminal_status": None}
_TOLD: Final = {
    "progress": Told(follows=_progress_follows, records=("state", "journal"), ages=_progress_ages),
    "beginning": Told(follows=_beginning_follows, fixed=_OF_A_LOCK, recorded=True),
    "recovery": Told(follows=_recovery_follows, fixed=_OF_A_LOCK, recorded=True),
}
_FAILED_NO_MORE: Final[Mapping[str, Worsened]] = {
    "progress": _no_more(_progress_failed),
    "beginning": _no_more(_beginning_failed),
    "recovery": _no_more(_recovery_failed),
}

_STAYS_FAILED: Final = "what is shown as failed stays failed"

TIME_NEVER_HEALS: Final = Property(
    name="time-never-heals",
    sentence="who is dead or failed is so later, while only time passes and one record is believed",
    claims=(
        MoveClaim(
            table="owner",
            moves=PassingTime(
                records=("state",), facts=state_ages, what="as the state grows older"
            ),
            complaint=_dead_no_more,
            sentence="a dead owner stays dead",
        ),
        OwnerMoveClaim(
            table="progress",
            told=_TOLD["progress"],
            moves=OwnersAge(what="as state and journal grow older"),
            complaint=_FAILED_NO_MORE["progress"],
            sentence=_STAYS_FAILED,
        ),
        MoveClaim(
            table="beginning",
            moves=PassingTime(records=("lock",), facts=_lock_ages, what="as the lock grows older"),
            complaint=_FAILED_NO_MORE["beginning"],
            sentence=_STAYS_FAILED,
        ),
        LaunchClaim(complaint=time_that_heals),
    ),
)
"""Waiting brings nobody back.

That another record comes to be believed is not healing: where a state does not say when it was
written, and the launcher's snapshot is dated a moment ahead, the state is the newer one as soon as
that moment has come (§11), and what it says counts then.
"""

# -- More evidence of death ------------------------------------------------------------------------

_IDENTITY: Final = (
    *(f"owner == '{word}'" for word in ("alive", "unknown", "dead")),
    *(f"basis == '{word}'" for word in ("reached", "refused", "error", "no_such_process")),
    *("zombie", "zombie is None", "replaced", "replaced is None", "began_after is None"),
)


def _more_evidence(facts: Facts) -> Iterator[Facts]:
    """What else could be found of the owner's process that speaks for its death."""
    gone = {**facts, "owner": "dead", "basis": "no_such_process", "zombie": None}
    gone |= {"began_after": None, "replaced": facts["replaced"] or None}
    if facts["owner"] == "alive":
        yield gone
        if not (facts["zombie"] or facts["replaced"] or facts["began_after"] is not None):
            yield {**gone, "owner": "unknown", "basis": "error"}
        if not facts["zombie"]:
            yield {**facts, "zombie": True}
        if not facts["replaced"]:
            yield {**facts, "replaced": True}
    elif facts["owner"] == "unknown":
        yield gone


def _began_later(ages: Ages) -> dict[str, float | None]:
    return {"began_after": ages["process"]}


def _livelier(before: Answered, after: Answered) -> str | None:
    was, now = (_LIFE[one.outcome.dead, one.outcome.unsure] for one in (before, after))
    return f"an owner that was {was[1]} is {now[1]}" if now[0] > was[0] else None


_LIFE: Final = {
    (False, False): (2, "taken for alive"),
    (False, True): (1, "somebody of whom nobody knows"),
    (True, False): (0, "dead"),
    (True, True): (0, "dead"),
}


def _shown(table: str) -> OwnerMoveClaim:
    return OwnerMoveClaim(
        table=table,
        told=_TOLD[table],
        moves=OwnersDeath(
            apart=_IDENTITY,
            steps=_more_evidence,
            rising="began_after",
            what="the more speaks for its owner's death",
        ),
        complaint=_FAILED_NO_MORE[table],
        sentence=_STAYS_FAILED,
    )


_NOT_LIVELIER: Final = "the owner looks no livelier"

DEATH_NEVER_REVIVES: Final = Property(
    name="death-never-revives",
    sentence="more evidence of an owner's death never makes a team look more alive",
    claims=(
        MoveClaim(
            table="owner",
            moves=Steps(
                apart=_IDENTITY,
                steps=_more_evidence,
                what="the more speaks for its process's death",
            ),
            complaint=_livelier,
            sentence=_NOT_LIVELIER,
        ),
        MoveClaim(
            table="owner",
            moves=PassingTime(
                records=("process",), facts=_began_later, what="the younger its process is"
            ),
            complaint=_livelier,
            sentence=_NOT_LIVELIER,
        ),
        *(_shown(table) for table in _TOLD),
        LaunchClaim(complaint=death_that_revives),
    ),
)
"""Dead, gone, replaced, a zombie: whatever is found speaks in one direction.

A warning is no sign of death. Under `default` a living owner that is silent for 15 minutes is warned
of, and one that cannot be asked after is not, before an hour.
"""

# -- Order -----------------------------------------------------------------------------------------

ORDER_IRRELEVANT: Final = Property(
    name="order-irrelevant",
    sentence="in which order members are recorded makes no difference",
    claims=(LaunchClaim(complaint=judged_by_order),),
)
"""Members are a set."""

PROPERTIES: Final[tuple[Property, ...]] = (
    TOTAL,
    DETERMINISTIC,
    TERMINAL_ABSORBS,
    CONFIRMED_STAYS,
    TIME_NEVER_HEALS,
    DEATH_NEVER_REVIVES,
    ORDER_IRRELEVANT,
)
"""All shipped properties."""

"""The decisions about why a launch failed and what a person can do about it."""

from __future__ import annotations

from typing import Annotated

import attrs

from launchfsm.decisions.reconciliation import Unsafe
from launchfsm.engine.decision import Decision
from launchfsm.engine.types import Doc


@attrs.define
class CauseFacts:
    """Why something failed, as a record says it."""

    reason: Annotated[
        str,
        Doc(
            "The reason in small letters: routing answers reduced to what they say, the suffix "
            "about the process table cut, dashes and exit codes written in one way."
        ),
    ]


@attrs.frozen
class Cause:
    """The class of a reason. The resting answer: none in particular."""

    name: Annotated[str, Doc("The class, a word or two.")] = "other"
    clears: Annotated[bool, Doc("A failure of this class gives way to a confirmation.")] = False
    auto: Annotated[bool, Doc("A failure of this class gives way to what runtime events tell.")] = (
        False
    )
    accepts: Annotated[
        bool, Doc("A failure of this class gives way to a mere acceptance of the spawn.")
    ] = False
    unsafe: Annotated[
        Unsafe, Doc("Which evidence of a dead runtime keeps it from being cleared.")
    ] = "diagnostic"


@attrs.define
class AdviceFacts:
    """What is known of why a launch is not as it should be."""

    cause: Annotated[str | None, Doc("The class of the cause (`cause` table).")] = None
    member: Annotated[str | None, Doc("A member that the advice is about.")] = None
    request: Annotated[str | None, Doc("What a blocked member waits for.")] = None
    left_lock_pid: Annotated[
        int | None, Doc("The pid of the owner of a lock that was left behind.")
    ] = None
    gone: Annotated[int, Doc("How many confirmed members are gone now.", low=0)] = 0


@attrs.frozen
class Advice:
    """What a person can do. The resting answer: nothing."""

    text: Annotated[str | None, Doc("What to do next, a line; left out: nothing.")] = None


CAUSE = Decision("cause", CauseFacts, Cause, "Of which class is the reason of a failure?")
ADVICE = Decision("advice", AdviceFacts, Advice, "What can a person do about it?")

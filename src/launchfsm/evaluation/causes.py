"""Why members failed: the class of each reason, and the one cause of many with its count."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import attrs

from launchfsm.decisions.reconciliation import CAUSE, Cause, CauseFacts
from launchfsm.ecma.json import JsonError, parse_json_text
from launchfsm.ecma.text import trim
from launchfsm.engine.engine import Engine
from launchfsm.engine.templates import Template

_UNAVAILABLE: Final = re.compile(r";\s*process table (?:is )?unavailable\.?$", re.IGNORECASE)
_ROOT_CAUSE: Final = "Root cause: "
_SPEAKER: Final = re.compile(r"(?:human|user):\s*", re.IGNORECASE)
_CLI_EXITED: Final = re.compile(
    r"cli process exited \(code (?:-?[0-9]+|unknown|\?)\) "
    r"[-\u2013\u2014] team provisioned but not alive"
)
_CLI_EXITED_CLASS: Final = "cli process exited (code n) - team provisioned but not alive"

_UUID: Final = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE
)
_PID: Final = re.compile(r"\bpid[ :=]?[0-9]+\b", re.IGNORECASE)
_DURATION: Final = re.compile(
    r"\b[0-9]+(?:\.[0-9]+)? ?(?:ms|s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?)\b"
)
_PATH: Final = re.compile(r"(?<![\w/.<])(?:/[^\s/:;,'\"()]+){2,}|\b[A-Za-z]:\\[^\s;,'\"()]+")
_SECRET: Final = re.compile(
    r"(?i)\b(?:sk-[a-z0-9_-]{8,}|bearer\s+\S+)|((?:token|secret|password|api[_-]?key)\s*[:=]\s*)\S+"
)
_OWN_NAME: Final = re.compile(r"^<member>[:,]?\s+")


def cause_text(reason: str) -> str:
    """A reason as it is told: of a routing answer its texts, after `Root cause: ` what follows."""
    told, root = _told(reason)
    return root or told


def _told(reason: str) -> tuple[str, str]:
    """A reason without the suffix about the process table, and what of it is the root cause."""
    text = _UNAVAILABLE.sub("", trim(reason_text(reason)))
    return text, text.rpartition(_ROOT_CAUSE)[2].strip()


def classify(engine: Engine, reason: str | None, subject: str) -> Cause:
    """The class of a recorded reason, about a member; `None` has no class."""
    if reason is None:
        return NO_CAUSE

    def work_out() -> Cause:
        told, root = _told(reason)
        found = _class_of(engine, root or told, subject)
        if found == NO_CAUSE and root and root != told:
            return _class_of(engine, told, subject)
        return found

    return engine.cached(("cause", reason), subject, work_out, asks=(CAUSE,))


NO_CAUSE: Final = Cause()
"""The class of a reason that no other fits."""


def unquoted(text: str) -> str:
    """A text without the speaker whom it quotes."""
    return text[found.end() :] if (found := _SPEAKER.match(text)) else text


def _class_of(engine: Engine, text: str, subject: str) -> Cause:
    lower = unquoted(text).lower()
    if _CLI_EXITED.fullmatch(lower):
        lower = _CLI_EXITED_CLASS
    return engine.decide(CAUSE, CauseFacts(lower), subject)


def masked(text: str) -> str:
    """A text without secrets and absolute paths."""
    hidden = _SECRET.sub(lambda found: f"{found[1] or ''}[hidden]", text)
    return _PATH.sub("<path>", hidden)


def comparable(text: str, member: str) -> str:
    """A text with everything replaced in it that differs between members which failed alike."""
    if member:
        own = rf"(?<![\w-]){re.escape(member)}(?:@[\w.-]+)?(?![\w-])"
        text = re.sub(own, "<member>", text)
    text = _UUID.sub("<id>", text)
    text = _PID.sub("pid <pid>", text)
    text = _DURATION.sub("<time>", text)
    return _PATH.sub("<path>", text)


@attrs.frozen
class TeamCause:
    """Why members of a team are not where they should be.

    Attributes:
        name: The class that most of them share (`cause` table).
        text: The reason that most of these share.
        count: How many members gave a reason of that class.
        members: Their names.
        others: The members that gave a reason of another class, by class.
        everybody: Whether all who failed gave one and the same text, which the run then copied to
            each.
        failed: Whether they failed; else they are pending and their records tell an error.
    """

    name: str
    text: str
    count: int
    members: tuple[str, ...]
    others: Mapping[str, tuple[str, ...]]
    everybody: bool
    failed: bool


def classes_in_order(engine: Engine) -> Iterator[str]:
    """The classes of reasons as the policy tries them."""
    for rule in engine.policy.tables[CAUSE.name].rules:
        name = rule.then.get("name", NO_CAUSE.name)
        yield name.source if isinstance(name, Template) else name


def common_cause(
    reasons: Mapping[str, tuple[str, str]], *, order: Iterable[str], failed: bool
) -> TeamCause | None:
    """What most members have in common who gave a reason; `None` when nobody gave one.

    By member are given its reason's class and text. Of equally frequent classes the first in
    `order` is the cause. `failed` is whether these members failed.
    """
    if not reasons:
        return None
    classes: dict[str, list[str]] = {}
    for name, (cause, _) in reasons.items():
        classes.setdefault(cause, []).append(name)
    most = max(map(len, classes.values()))
    common = sorted(name for name, found in classes.items() if len(found) == most)
    first = next(name for name in itertools.chain(order, common) if name in common)
    members = tuple(classes[first])
    texts = {reason: cause_text(reason) for reason in {reasons[name][1] for name in members}}
    told = {name: texts[reasons[name][1]] for name in members}
    every = {reason for _, reason in reasons.values()}
    return TeamCause(
        first,
        _common_text(told),
        len(members),
        members,
        {name: tuple(found) for name, found in classes.items() if name != first},
        len(every) == 1 and len(reasons) > 1,
        failed,
    )


def _common_text(told: Mapping[str, str]) -> str:
    """The text that most members tell, in what differs between them alike."""
    originals = set(told.values())
    if len(originals) > 1:
        known = {text: comparable(text, "") for text in originals}
        alike = {
            name: comparable(text, name) if name in text else known[text]
            for name, text in told.items()
        }
        shared = Counter(alike.values())
        common = min(shared, key=lambda text: (-shared[text], text))  # not the first recorded
        originals = {told[name] for name, text in alike.items() if text == common}
    return originals.pop() if len(originals) == 1 else _OWN_NAME.sub("", common)


# -- Routing answers (§10) -------------------------------------------------------------------------

_MARKS: Final = ("Message sent to", '"routing"')
_ROUTING_KEYS: Final = ("summary", "content")


def reason_text(reason: str) -> str:
    """What a person is shown of a failure reason (§10).

    Some launchers record the whole answer of a message router as the reason, sometimes cut off in
    the middle. People are shown its summary and content.
    """
    if not any(mark in reason for mark in _MARKS):
        return reason
    try:
        answer = parse_json_text(reason)
    except JsonError:
        answer = None
    succeeded = isinstance(answer, dict) and answer.get("success") is True
    routing = answer.get("routing") if succeeded else None
    if isinstance(routing, list):
        return reason
    if isinstance(routing, dict):
        texts = [routing.get(key) for key in _ROUTING_KEYS]
    else:
        texts = [_raw_field(reason, key) for key in _ROUTING_KEYS]
    trimmed = [trim(text) for text in texts if isinstance(text, str)]
    return ": ".join(dict.fromkeys(text for text in trimmed if text)) or reason


def _raw_field(reason: str, key: str) -> str | None:
    """The first JSON text under a key in a text that need not be JSON; it may be cut off."""
    found = re.search(rf'"{key}"\s*:\s*"((?:[^"\\]+|\\.)*)', reason, re.DOTALL)
    if found is None:
        return None
    raw = found[1]
    try:
        text = parse_json_text(f'"{raw}"')
    except JsonError:
        return raw
    return text if isinstance(text, str) else None

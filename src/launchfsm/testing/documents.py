"""Strategies for JSON documents: state, lock, journal records and the launcher's snapshot.

Each comes as writers write it (§10, §13), or `damaged`: fields missing, of any type or size. Which
fields there are, and of which type, follows from the records' own declarations. `now` is the
moment that times are about.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from launchfsm.records.bootstrap import BootstrapState, MemberRecord, TerminalRecord
from launchfsm.records.fields import camel, placed_fields
from launchfsm.records.lock import LockRecord
from launchfsm.records.results import (
    BootstrapCandidate,
    LaunchIdentity,
    LaunchSnapshot,
    MemberLaunch,
    Sources,
)
from launchfsm.testing.values import (
    NOW,
    TEAMS,
    instants,
    json_objects,
    member_names,
    mostly,
    odd_times,
    odd_values,
    one_word,
    pids,
    texts,
    time_texts,
)
from launchfsm.vocabulary import (
    Backend,
    JournalType,
    LockAction,
    MemberAction,
    Phase,
    RealTaskSubmission,
    TerminalStatus,
    values,
)

Json = dict[str, Any]

_STATE_FIELDS = (
    "version", "run_id", "team_name", "owner_pid", "started_at", "updated_at", "phase", "members",
)  # fmt: skip
_MARKED = ("expectedMembers", "missingMembers", "confirmedMembers")
_EXPECTED = st.lists(member_names(), min_size=1, max_size=3, unique=True)
_BACKENDS = (*values(Backend), "", " codex-native ")
# What proves which process holds a lock; made up, it would be another machine's.
_PLACE = ("since_boot", "boot_id", "host", "namespaces")
_ROUTED = (
    "Boot failed", "tool not found", "  padded ", 'with "quotes"', "line\nbreak", "", "naïve",
)  # fmt: skip


# -- From declared fields to objects ---------------------------------------------------------------


@attrs.frozen
class _Style:
    """How records are made.

    Attributes:
        now: The moment that their times are about.
        damaged: Whether fields may be missing or of any type.
        numeric: Whether times are numbers, as the bootstrap writes them, rather than texts.
    """

    now: datetime
    damaged: bool
    numeric: bool = True

    def objects(
        self,
        record: type,
        needed: Collection[str] = (),
        *,
        without: Collection[str] = (),
        **others: SearchStrategy[Any],
    ) -> SearchStrategy[Json]:
        """Objects with the declared fields of a record.

        The fields `needed` come first, and are lost by damage alone; those `without` are never
        there; `others` are not as their type says, or not declared.
        """
        hints = get_type_hints(record)
        keys = {name: place.key for name, place in placed_fields(record).items()}
        fields = {name: self._value(name, hints[name]) for name in keys if name not in without}
        fields |= others
        known = {name: keys.get(name, camel(name)) for name in fields}
        return json_objects(
            {known[name]: fields[name] for name in needed},
            {known[name]: value for name, value in fields.items() if name not in needed},
            damaged=self.damaged,
        )

    def _value(self, name: str, hint: Any) -> SearchStrategy[Any]:
        """A field's values, by its declared type and its name."""
        words = _words(hint)
        if words:
            text = all(isinstance(word, str) for word in words)
            return one_word(words, damaged=self.damaged) if text else st.sampled_from(words)
        kinds = {hint, *get_args(hint)}
        if bool in kinds:
            return st.booleans()
        if name.endswith(("_at", "_after")) or name == "ts":
            return self.times()
        if kinds & {int, float}:
            return pids(damaged=self.damaged)
        if any(get_origin(kind) is tuple for kind in kinds):
            return st.lists(mostly(texts()) if self.damaged else texts(), max_size=3)
        return texts()

    def times(self) -> SearchStrategy[Any]:
        """Times, as the writer of these records writes them."""
        if self.damaged:
            return odd_times(self.now)
        return instants(self.now) if self.numeric else time_texts(self.now)


def _words(hint: Any) -> tuple[Any, ...]:
    """The words of an enumerated field, optional or not."""
    enumerated = (part for part in (hint, *get_args(hint)) if get_origin(part) is Literal)
    return tuple(word for part in enumerated for word in get_args(part))


# -- The bootstrap's records (§13) -----------------------------------------------------------------


def bootstrap_states(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Json]:
    """What `bootstrap-state.json` holds."""
    style = _Style(now, damaged)
    phases = (*values(Phase), *(("", "resting") if damaged else ()))
    members = member_records(now=now, damaged=damaged)
    return style.objects(
        BootstrapState,
        _STATE_FIELDS,
        version=st.sampled_from((1, 1.0)) if damaged else st.just(1),
        team_name=st.sampled_from(TEAMS),
        phase=one_word(phases, damaged=damaged),
        members=(
            st.lists(mostly(members), max_size=4)
            if damaged
            else st.lists(members, max_size=4, unique_by=lambda record: record["name"])
        ),
        terminal=style.objects(TerminalRecord, ("status",)),
    )


def member_records(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Json]:
    """One of `members` in `bootstrap-state.json`."""
    names = member_names(damaged=damaged)
    return _Style(now, damaged).objects(MemberRecord, ("name", "status"), name=names)


def lock_records(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Json]:
    """What `.bootstrap.lock/metadata.json` holds."""
    needed = ("pid", "run_id", "owner_started_at")
    return _Style(now, damaged).objects(LockRecord, needed, without=_PLACE)


def journal_records(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Json]:
    """One line of `bootstrap-journal.jsonl`, of any type and without regard to its neighbours."""
    details = {"detail": texts()}
    # Of each type the fields that it needs, and those that it may have.
    fields: dict[JournalType | str, tuple[dict[str, Any], dict[str, Any]]] = {
        "phase": ({"phase": one_word(values(Phase))}, {}),
        "lock": ({"action": one_word(values(LockAction)), "ownerPid": pids()}, details),
        "member": ({"name": member_names(), "action": one_word(values(MemberAction))}, details),
        "terminal": ({"status": one_word(values(TerminalStatus))}, {"reason": texts()}),
        "real_task": ({"state": one_word(values(RealTaskSubmission))}, details),
    }
    if damaged:
        fields["other"] = ({}, {})
    head = {"ts": odd_times(now) if damaged else instants(now), "runId": texts()}
    objects = []
    for kind, (needed, optional) in fields.items():
        typed: dict[str, Any] = {"type": st.just(kind)}
        if damaged:
            objects.append(json_objects(typed, head | needed | optional, damaged=True))
        else:
            objects.append(json_objects(typed | head | needed, optional, damaged=False))
    return st.one_of(objects)


# -- The launcher's own snapshot (§10) -------------------------------------------------------------


def launch_documents(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Any]:
    """What `launch-state.json` holds: version 2, and when damaged also anything else."""
    fields = _Style(now, damaged, numeric=False).objects(
        LaunchSnapshot,
        ("version", "updated_at"),
        without=("expected_members", "members"),
        version=st.sampled_from((2, 2.0)) if damaged else st.just(2),
        team_name=st.sampled_from(TEAMS),
        bootstrap_expected_members=_name_lists(damaged=damaged),
    )
    expected, members = _name_lists(damaged=damaged), launch_members(now=now, damaged=damaged)
    others = st.lists(member_names(damaged=damaged), max_size=1)
    if not damaged:
        return _assembled(fields, expected, others, members)
    current = _assembled(fields, mostly(expected), others, mostly(members))
    legacy = legacy_documents(now=now, damaged=True)
    return st.one_of(current, current, current, legacy, legacy, odd_values())


@st.composite
def _assembled(
    draw: DrawFn,
    fields: SearchStrategy[Json],
    expected: SearchStrategy[Any],
    others: SearchStrategy[list[str]],
    members: SearchStrategy[Any],
) -> Json:
    names = draw(expected)
    listed = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    # Most of them, so that members are both expected and recorded.
    keys = [*(name for name in listed if draw(st.integers(0, 3)) > 0), *draw(others)]
    recorded = {key: draw(members) for key in dict.fromkeys(keys)}
    return {**draw(fields), "expectedMembers": names, "members": recorded}


def legacy_documents(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Json]:
    """The old form of `launch-state.json`: a partial failure, names only."""
    any_names = dict.fromkeys(_MARKED, _name_lists(damaged=True)) if damaged else {}
    fields = json_objects(
        {
            "state": st.just("partial_launch_failure"),
            **any_names,
            "updatedAt": _Style(now, damaged, numeric=False).times(),
        },
        {"leadSessionId": texts(), "version": st.sampled_from((1, 2))},
        damaged=damaged,
    )
    return fields if damaged else _marking(fields)


@st.composite
def _marking(draw: DrawFn, fields: SearchStrategy[Json]) -> Json:
    """A marker that marks somebody: some of the expected are missing, some others confirmed."""
    expected = draw(_EXPECTED)
    missing = draw(st.integers(1, len(expected)))
    confirmed = draw(st.integers(missing, len(expected)))
    parts = (expected, expected[:missing], expected[missing:confirmed])
    return {**draw(fields), **dict(zip(_MARKED, parts, strict=True))}


def launch_members(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[Json]:
    """One of `members` in `launch-state.json`."""
    style = _Style(now, damaged, numeric=False)
    return style.objects(
        MemberLaunch,
        ("launch_state",),
        provider_backend_id=st.sampled_from(_BACKENDS),
        launch_identity=launch_identities(damaged=damaged),
        app_managed_bootstrap_candidate=bootstrap_candidates(damaged=damaged),
        hard_failure_reason=failure_reasons(),
        sources=style.objects(Sources),
    )


def launch_identities(*, damaged: bool = False) -> SearchStrategy[Json]:
    """`launchIdentity` of a member."""
    backends = st.sampled_from(_BACKENDS)
    return _Style(NOW, damaged, numeric=False).objects(LaunchIdentity, provider_backend_id=backends)


def bootstrap_candidates(*, damaged: bool = False) -> SearchStrategy[Json]:
    """`appManagedBootstrapCandidate` of a member."""
    declared = attrs.fields(BootstrapCandidate)
    needed = [field.name for field in declared if field.default is attrs.NOTHING]
    return _Style(NOW, damaged, numeric=False).objects(BootstrapCandidate, needed)


def failure_reasons() -> SearchStrategy[str]:
    """Reasons of failures: plain texts, and a message router's whole answers, some cut off."""
    routed = st.sampled_from(_ROUTED)
    fields = {
        "success": st.just(value=True),
        "message": st.just("Message sent to lead"),
        "routing": json_objects({"summary": routed, "content": routed}, {}, damaged=True),
    }
    return st.one_of(texts(), _written(json_objects(fields, {}, damaged=True)))


@st.composite
def _written(draw: DrawFn, answers: SearchStrategy[Json]) -> str:
    text = json.dumps(draw(answers), ensure_ascii=draw(st.booleans()))
    whole = draw(st.integers(0, 3)) > 0
    return text if whole else text[: draw(st.integers(1, len(text)))]


def _name_lists(*, damaged: bool) -> SearchStrategy[list[Any]]:
    if not damaged:
        return st.lists(member_names(), max_size=3, unique=True)
    return st.lists(mostly(member_names(damaged=True)), max_size=3)

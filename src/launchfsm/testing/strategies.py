"""Hypothesis strategies for everything that a launch leaves on disk, and for what is made of it.

A document comes well-formed, as writers write it (§13), or `damaged`: fields missing, of any type
or size, dates beyond any calendar, names padded or reserved. There are also hostile bytes, whole
team folders, results as objects, journals that tell a run of the lifecycles, legal or with one
illegal step, and legal mutations of a policy. Times are about the moment `now`, or else `NOW`:
evaluate at that moment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from launchfsm.ecma.dates import from_datetime
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.evaluator import parse_launch_snapshot
from launchfsm.evaluation.evidence import build_evidence
from launchfsm.evaluation.pipeline import Judgement, judge_team
from launchfsm.policies import load_policy
from launchfsm.records.bootstrap import BootstrapState, MemberRecord, TerminalRecord
from launchfsm.records.fields import camel, placed_fields
from launchfsm.records.lock import LockRecord
from launchfsm.records.results import (
    BootstrapCandidate,
    LaunchIdentity,
    LaunchSnapshot,
    MemberLaunch,
    RuntimeState,
    Sources,
)
from launchfsm.testing.fakes import FakeProcesses
from launchfsm.testing.folders import StandIn, TeamFolder
from launchfsm.testing.journals import ExampleJournal, broken_journal_runs, journal_runs
from launchfsm.testing.policies import MutatedPolicy, mutated_policies
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

__all__ = [
    "NOW", "ExampleJournal", "MutatedPolicy", "bootstrap_candidates", "bootstrap_folders",
    "bootstrap_snapshots", "bootstrap_states", "broken_journal_runs", "document_bytes",
    "failure_reasons", "hostile_bytes", "instants", "journal_records", "journal_runs", "journals",
    "launch_documents", "launch_identities", "launch_members", "launch_snapshots",
    "launched_members", "legacy_documents", "lock_records", "member_names", "member_records",
    "mutated_policies", "odd_times", "odd_values", "pids", "runtime_states", "saved_snapshots",
    "team_folders", "time_texts",
]  # fmt: skip

Json = dict[str, Any]

_STATE_FIELDS = (
    "version", "run_id", "team_name", "owner_pid", "started_at", "updated_at", "phase", "members",
)  # fmt: skip
# Mostly one name, so that most records are of the team in whose folder they stand.
_TEAM_NAMES = st.sampled_from((*TEAMS[:1] * 12, *TEAMS))
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
    """How records are made."""

    now: datetime  # what their times are about
    damaged: bool  # whether fields may be missing or of any type
    numeric: bool = True  # whether times are numbers, as the bootstrap writes them, or texts

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
        enumerated = (part for part in (hint, *get_args(hint)) if get_origin(part) is Literal)
        words = tuple(word for part in enumerated for word in get_args(part))
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
        team_name=_TEAM_NAMES,
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
        team_name=_TEAM_NAMES,
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


# -- Files and folders -----------------------------------------------------------------------------

_TOO_DEEP = 1_100  # levels: past every reader's bound, short enough to be printed
_TOO_LONG = 400  # digits: past every double

_NASTY: tuple[bytes, ...] = (
    *(b"", b" \n", b"null", b"true", b"1", b'"text"', b"[]", b"{}", b"\0", b"\xff\xfe\xfd"),
    b'\xef\xbb\xbf{"version": 1}',
    '{"version": 1}'.encode("utf-16"),
    b'{"version": 1',
    b'{"version": 1}}',
    b'{"version": 1,}',
    b"{'version': 1}",
    b'{"version": NaN}',
    b'{"version": 1, "ownerPid": Infinity}',
    b'{"version": 1, "ownerPid": 1e400, "updatedAt": -1e400, "phase": "creating_team"}',
    b'{"version": 1, "updatedAt": 8640000000000001, "phase": "creating_team"}',
    b'{"version": 1, "ownerPid": ' + b"9" * _TOO_LONG + b', "phase": "creating_team"}',
    b'{"version": 1, "version": 2}',
    b'{"version": 2, "version": 1, "phase": "failed", "phase": "completed"}',
    b'{"version": 1, "runId": "\\ud800", "phase": "creating_team"}',
    b'{"version": 1, "runId": "\xed\xa0\x80", "phase": "creating_team"}',
    b'{"version": 1, "runId": "\\u0000", "teamName": "\\u001b[31m", "phase": "creating_team"}',
    b'{"version": 1, "runId": "\n"}',
    b'{"version": 1, "members": ' + b"[" * _TOO_DEEP + b"]" * _TOO_DEEP + b"}",
    b'{"a":' * _TOO_DEEP,
    b'{"version": 2, "members": {"bob": {"runtimePid": 1e300}}}',
    b'{"pid": 1e400, "runId": "run"}',
    b'{"pid": 4242, "runId": "run", "ownerStartedAt": -8640000000000000}',
)

_ODD_LINES = (
    b"", b"  ", b"not json", b"null", b"0", b"[1]", b'"text"', b'{"type": "phase"', b"\xff",
)  # fmt: skip


def team_folders(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[TeamFolder]:
    """Whole team folders."""
    launches = _files(launch_documents(now=now, damaged=damaged), damaged=damaged)
    return _folders(now, launches, damaged=damaged)


def bootstrap_folders(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[TeamFolder]:
    """Team folders with the bootstrap's own files only, which takes half the time to generate."""
    return _folders(now, st.none(), damaged=damaged)


def _folders(
    now: datetime, launches: SearchStrategy[bytes | StandIn | None], *, damaged: bool
) -> SearchStrategy[TeamFolder]:
    states = bootstrap_states(now=now, damaged=damaged)
    locks = lock_records(now=now, damaged=damaged)
    return st.builds(
        TeamFolder,
        team=_TEAM_NAMES,
        state=_files(states, damaged=damaged),
        journal=_or_nothing(journals(now=now, damaged=damaged), damaged=damaged),
        lock=_files(locks, damaged=damaged),
        launch=launches,
    )


def journals(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[bytes]:
    """What `bootstrap-journal.jsonl` holds: records without regard to their neighbours."""
    lines = journal_records(now=now, damaged=damaged).map(_line)
    if not damaged:
        return st.lists(lines, max_size=6).map(lambda found: b"".join(f + b"\n" for f in found))
    odd = st.sampled_from(_ODD_LINES)
    return _damaged_journals(st.lists(st.one_of(lines, lines, lines, odd), max_size=6))


@st.composite
def _damaged_journals(draw: DrawFn, lines: SearchStrategy[list[bytes]]) -> bytes:
    end = draw(st.sampled_from((b"\n", b"\r\n")))
    text = b"".join(line + end for line in draw(lines))
    whole = draw(st.integers(0, 3)) > 0
    return text if whole else text[: draw(st.integers(0, len(text)))]


def _line(record: Any) -> bytes:
    return json.dumps(record).encode()


def _files(
    documents: SearchStrategy[Any], *, damaged: bool
) -> SearchStrategy[bytes | StandIn | None]:
    written = document_bytes(documents)
    if damaged:
        other = hostile_bytes(documents) | odd_values().map(_line)
        written = st.one_of(written, written, written, other)
    return _or_nothing(written, damaged=damaged)


def _or_nothing(
    written: SearchStrategy[bytes], *, damaged: bool
) -> SearchStrategy[bytes | StandIn | None]:
    stand_ins: SearchStrategy[StandIn | None] = st.sampled_from((None, *get_args(StandIn)))
    return _usually(written, stand_ins) if damaged else st.none() | written


@st.composite
def _usually(draw: DrawFn, usual: SearchStrategy[Any], other: SearchStrategy[Any]) -> Any:
    return draw(other if draw(st.integers(0, 7)) == 0 else usual)  # `None` is the simplest


def hostile_bytes(documents: SearchStrategy[Any] | None = None) -> SearchStrategy[bytes]:
    """Bytes that no reader expects: no document at all, an odd one, or `documents`, damaged."""
    strange = st.one_of(st.sampled_from(_NASTY), st.binary(max_size=40))
    if documents is None:
        return strange
    return st.one_of(strange, _damaged_bytes(document_bytes(documents)))


@st.composite
def document_bytes(draw: DrawFn, documents: SearchStrategy[Any]) -> bytes:
    """A document as JSON, in one of the styles that all say the same."""
    document = draw(documents)
    indent, space = draw(st.sampled_from(((None, ""), (1, "\n"), (None, " \t\r\n"))))
    if draw(st.booleans()):
        document = _reversed(document)
    text = json.dumps(document, ensure_ascii=False, indent=indent) + space
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate can only be written escaped
        return json.dumps(document, indent=indent).encode()


def _reversed(value: Any) -> Any:
    """The same document with the keys of every object the other way round."""
    if isinstance(value, dict):
        return {key: _reversed(item) for key, item in reversed(value.items())}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


@st.composite
def _damaged_bytes(draw: DrawFn, written: SearchStrategy[bytes]) -> bytes:
    data = draw(written)
    at = draw(st.integers(0, len(data)))
    match draw(st.sampled_from(("cut", "replaced", "inserted", "doubled"))):
        case "cut":
            return data[:at]
        case "replaced":
            return data[:at] + draw(st.binary(min_size=1, max_size=1)) + data[at + 1 :]
        case "inserted":
            return data[:at] + draw(st.binary(min_size=1, max_size=4)) + data[at:]
        case _:
            return data + data


# -- Results ---------------------------------------------------------------------------------------

T = TypeVar("T")

_ALIVE = ((4242,), (), (4242, 777, 31337))


def launch_snapshots(
    *, now: datetime = NOW, damaged: bool = False
) -> SearchStrategy[LaunchSnapshot]:
    """Snapshots of either source, under the `reference` policy."""
    return bootstrap_snapshots(now=now, damaged=damaged) | saved_snapshots(now=now, damaged=damaged)


def saved_snapshots(
    *, now: datetime = NOW, damaged: bool = False
) -> SearchStrategy[LaunchSnapshot]:
    """Snapshots as the launcher's own record tells them (§10)."""
    return _given(_parsed(launch_documents(now=now, damaged=damaged), now))


def bootstrap_snapshots(
    *, now: datetime = NOW, damaged: bool = False
) -> SearchStrategy[LaunchSnapshot]:
    """Snapshots as the bootstrap's state tells them (§4); its owner may be dead."""
    states = document_bytes(bootstrap_states(now=now, damaged=damaged))
    folders = st.builds(TeamFolder, state=states)
    return _given(_judged(folders, now, lambda judged: judged.bootstrap_snapshot))


def launched_members(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[MemberLaunch]:
    """Members of snapshots of either source."""
    peopled = launch_snapshots(now=now, damaged=damaged).filter(lambda found: bool(found.members))
    return peopled.flatmap(lambda found: st.sampled_from(list(found.members.values())))


def runtime_states(*, now: datetime = NOW, damaged: bool = False) -> SearchStrategy[RuntimeState]:
    """Runtime states, of readable states and of locks that speak for unreadable ones (§7, §8)."""
    folders = bootstrap_folders(now=now, damaged=damaged)
    return _given(_judged(folders, now, lambda judged: judged.runtime_state))


# Composed, not built or mapped: of such hypothesis prints the call that made them, and a result is
# to be pasted without what it was made of.
@st.composite
def _parsed(draw: DrawFn, documents: SearchStrategy[Any], now: datetime) -> LaunchSnapshot | None:
    return parse_launch_snapshot("demo", draw(documents), now=now)


@st.composite
def _judged(
    draw: DrawFn,
    folders: SearchStrategy[TeamFolder],
    now: datetime,
    part: Callable[[Judgement], T | None],
) -> T | None:
    """A part of what the `reference` policy says of folders, some of their processes alive."""
    folder, processes = draw(folders), FakeProcesses(alive=draw(st.sampled_from(_ALIVE)))
    evidence = build_evidence(
        folder.files(), folder.team, now=from_datetime(now), processes=processes
    )
    return part(judge_team(Engine(load_policy("reference")), evidence))


def _given(found: SearchStrategy[T | None]) -> SearchStrategy[T]:
    return found.filter(lambda one: one is not None)  # type: ignore[return-value]  # filter() does not narrow

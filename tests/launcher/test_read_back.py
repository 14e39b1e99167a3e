"""Whatever the writing calls accept reads back without a finding; the rest is refused unwritten."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st

from launchfsm import LaunchEvaluator
from launchfsm.launcher import BootstrapLock, BootstrapRun, EventRefusedError, find_lock
from launchfsm.records.bootstrap import parse_state_document, state_of
from launchfsm.records.documents import LARGEST_FILE, LARGEST_LOCK, parse_document
from launchfsm.records.journal import journal_findings
from launchfsm.records.lock import LOCK, LockRecord
from launchfsm.system.files import FileSystem
from tests.launcher.helpers import claim

if TYPE_CHECKING:
    from launchfsm.vocabulary import Phase

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Quick(FileSystem):
    """The real one, that does not wait for the disk."""

    def fsync(self, descriptor: int) -> None:
        """Return at once."""


# Any code point, lone surrogates too, and as long as any bound of the records or longer.
SHORT = st.text(st.characters(), max_size=12)
TEXTS = st.one_of(
    st.none(),
    SHORT,
    st.sampled_from(
        ["", " ", "\t", "\ufeff", "team-lead", "user", "\0", "\ud800", "\u2028", "é" * 199]
    ),
    st.tuples(
        st.text(st.characters(), min_size=1, max_size=2),
        st.sampled_from([100, 200, 201, 2_000, 2_001, 70_000, 300_000]),
    ).map(lambda pair: (pair[0] * pair[1])[: pair[1]]),
)
PIDS = st.one_of(
    st.none(),
    st.integers(),
    st.sampled_from([True, 0, -1, 1, 2**31 - 1, 2**31, 2**53 + 1, 1.0, 1.5, float("nan"), 1e300]),
)
MOMENTS = st.one_of(
    st.none(),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(
        [
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(1970, 1, 1, microsecond=1000, tzinfo=UTC),
            datetime.max.replace(tzinfo=UTC),
            datetime.min.replace(tzinfo=UTC),
        ]
    ),
)
PHASES: list[Phase] = [
    "loading_existing_state",
    "acquiring_bootstrap_lock",
    "creating_team",
    "spawning_members",
]
EVENTS = st.one_of(
    st.tuples(
        st.just("accept_spawn"),
        st.fixed_dictionaries(
            {}, optional={"runtime_pid": PIDS, "agent_id": TEXTS, "backend_type": TEXTS}
        ),
    ),
    st.tuples(st.just("registered"), st.fixed_dictionaries({"detail": TEXTS})),
    st.tuples(st.just("runtime_reported"), st.fixed_dictionaries({"detail": TEXTS})),
    st.tuples(st.just("confirm"), st.fixed_dictionaries({"heartbeat_at": MOMENTS})),
    st.tuples(st.just("fail"), st.fixed_dictionaries({"reason": TEXTS})),
    st.tuples(st.just("retry"), st.just({})),
)


def findings(root: Path, team: str) -> list[str]:
    """Everything that readers find wrong with what was written."""
    found = [one.text() for one in LaunchEvaluator(root).evaluate(team).findings]
    journal = (root / team / "bootstrap-journal.jsonl").read_bytes()
    assert len(journal) <= LARGEST_FILE
    return found + [one.text() for one in journal_findings(journal)]


@settings(deadline=None, max_examples=60)  # it uses a disk
@given(
    arguments=st.one_of(
        st.just({}),
        st.fixed_dictionaries(
            {},
            optional={
                "members": st.lists(st.one_of(st.sampled_from(["a", "b", "c"]), TEXTS), max_size=3),
                "run_id": TEXTS,
                "request_hash": TEXTS,
                "clock": MOMENTS.map(lambda moment: lambda: moment or NOW),
            },
        ),
    ),
    team=st.one_of(st.just("demo"), SHORT),
    events=st.lists(st.tuples(st.integers(0, 2), EVENTS), max_size=8),
    submission=TEXTS,
    end=st.tuples(st.sampled_from(["failed", "canceled"]), TEXTS),
)
@example(
    arguments={},
    team="demo",
    events=[(0, ("accept_spawn", {})), (0, ("registered", {"detail": ""}))],
    submission=" ",
    end=("failed", ""),
)
def test_what_is_accepted_reads_back_and_what_is_refused_was_not_written(
    arguments: dict[str, Any],
    team: str,
    events: list[tuple[int, tuple[str, dict[str, Any]]]],
    submission: Any,
    end: tuple[Any, Any],
) -> None:
    defaults: dict[str, Any] = {
        "members": ["a", "b", "c"],
        "clock": lambda: NOW,
        "filesystem": Quick(),
    }
    with TemporaryDirectory() as name:
        root = Path(name)
        with ExitStack() as block:
            try:
                run = BootstrapRun(root, team, **(defaults | arguments))
                block.enter_context(run)
            except (ValueError, TypeError):
                left = [path for path in root.rglob("*") if path.is_file()]
                assert left == []
                return
            for phase in PHASES:
                run.enter(phase)
            for index, (event, reported) in events:
                for member in [*run.state.members][index : index + 1]:
                    report(run, root, event, member, reported)
            run.submit_first_task(detail=submission)
            run.finish(end[0], reason=end[1])
            held = find_lock(str(root / team))
            assert held is not None
            assert held.verdict.standing == "alive"
            assert held.holder.run_id == run.run_id
        assert findings(root, team) == []
        assert find_lock(str(root / team)) is None


def report(run: BootstrapRun, root: Path, event: str, name: str, arguments: dict[str, Any]) -> None:
    """Report an event; refused, it leaves no trace, and accepted it reads back."""
    folder = root / run.team
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    try:
        getattr(run, event)(name, **arguments)
    except (ValueError, TypeError, EventRefusedError):
        assert before == {
            path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()
        }
        return
    written = (folder / "bootstrap-state.json").read_bytes()
    assert json.loads(written) == json.loads(json.dumps(run.state.document()))
    read = state_of(parse_state_document(written).value)
    entry, record = run.state.members[name], read.members[list(run.state.members).index(name)]
    assert (record.name, record.status) == (name, entry.status)
    assert (record.spawn.runtime_pid, record.spawn.agent_id) == (entry.runtime_pid, entry.agent_id)
    assert record.spawn.backend_type == entry.backend_type


@pytest.mark.parametrize("count", [1, 50, 500])
def test_of_a_crowd_whose_every_field_is_as_long_as_may_be_nobody_is_refused_half_way(
    tmp_path: Path, count: int
) -> None:
    """The room for what was accepted is there whatever follows."""
    names = [f"{'é' * 190}-{number}" for number in range(count)]
    with BootstrapRun(tmp_path, "demo", members=names, filesystem=Quick()) as run:
        for phase in PHASES:
            run.enter(phase)
        for name in names[:80]:
            try:
                run.accept_spawn(name, runtime_pid=2**31 - 1, agent_id="\0" * 200)
            except ValueError:
                run.accept_spawn(name, runtime_pid=2**31 - 1)
        for name in names[::20]:
            run.fail(name, "\0" * 5_000)
        run.finish("failed", reason="é" * 5_000)

    assert findings(tmp_path, "demo") == []


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "pid": PIDS,
            "run_id": TEXTS,
            "request_hash": TEXTS,
            "nonce": TEXTS,
            "host": TEXTS,
            "boot_id": TEXTS,
            "namespaces": TEXTS,
            "created_at": PIDS,
        },
    )
)
def test_a_lock_is_only_taken_with_metadata_that_readers_take(fields: dict[str, Any]) -> None:
    holder: LockRecord = evolve(claim(), **fields)
    with TemporaryDirectory() as name:
        try:
            lock = BootstrapLock.take(name, lambda: holder, filesystem=Quick())
        except (ValueError, TypeError):
            assert list(Path(name).iterdir()) == []
            return
        data = (Path(name) / ".bootstrap.lock" / "metadata.json").read_bytes()
        assert len(data) <= LARGEST_LOCK
        assert list(LOCK.findings(parse_document(data))) == []
        with lock.writing():
            pass
        lock.release()
        assert list(Path(name).iterdir()) == []


def test_a_clock_before_1970_is_refused_at_once_and_at_the_end_the_lock_is_free(
    tmp_path: Path,
) -> None:
    moment = [datetime(1969, 12, 31, tzinfo=UTC)]
    run = BootstrapRun(tmp_path, "demo", clock=lambda: moment[0])
    with pytest.raises(ValueError, match="readers take times after 1970"):
        run.__enter__()
    assert find_lock(str(tmp_path / "demo")) is None

    moment[0] = NOW
    with (
        pytest.raises(ValueError, match="readers take times after 1970"),
        BootstrapRun(tmp_path, "demo", clock=lambda: moment[0]),
    ):
        moment[0] = NOW - timedelta(days=365 * 80)
    assert find_lock(str(tmp_path / "demo")) is None


def test_one_text_is_no_list_of_members(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"pass \['abc'\] for one member"):
        BootstrapRun(tmp_path, "demo", members="abc")
    assert list(tmp_path.iterdir()) == []

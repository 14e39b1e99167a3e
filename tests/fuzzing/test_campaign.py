"""A few thousand cases of a fixed seed with every run; and that the fuzzer finds what is wrong."""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.testing import TeamFolder
from tests.fuzzing.campaign import Campaign, Check, Plan, Report, _size, check
from tests.fuzzing.case import POLICIES, Case, Everybody, PolicyName
from tests.fuzzing.corpus import corpus
from tests.fuzzing.measuring import allocated, seconds
from tests.fuzzing.minimising import minimised
from tests.fuzzing.mutators import FILES, MUTATORS, grow, mutated

if TYPE_CHECKING:
    from launchfsm.evaluation.evaluator import Evaluation

pytestmark = pytest.mark.slow

NO_CLOCK = 1e9  # seconds; what time a case takes is for campaigns by hand


@cache
def seeds() -> tuple[Case, ...]:
    return tuple(corpus(seed=0, generated=100))


def campaign(cases: int, **settings: Any) -> Campaign:
    plan = Plan(cases=cases, longest=NO_CLOCK, **settings)
    return Campaign(plan, list(seeds()))


@pytest.mark.parametrize("seed", range(3))
def test_damaged_bytes_never_raise(seed: int) -> None:
    report = campaign(1_000, seed=seed).run()

    assert 1_000 == report.cases
    assert {} == report.failures
    assert report.heaviest < 16 * 2**20
    assert 0 < report.kept


def test_the_same_seed_tries_the_same_cases() -> None:
    def tried(seed: int) -> list[Case]:
        rng = Random(seed)  # noqa: S311 - to be repeated
        return [mutated(seeds()[0], rng, list(seeds()), largest=9_999) for _ in range(50)]

    assert tried(1) == tried(1)
    assert tried(1) != tried(2)


# -- That something is found -----------------------------------------------------------------------


def breaks_on(needle: bytes) -> Check:
    def broken(case: Case, policy: PolicyName | None) -> Evaluation | None:
        if isinstance(case.folder.journal, bytes) and needle in case.folder.journal:
            raise LookupError(f"no {needle!r}, please")
        return check(case, policy)

    return broken


def test_an_exception_is_found_and_made_small_and_told_once() -> None:
    found = campaign(300)
    found.check = breaks_on(b"pha")
    report = found.run()

    (failure,) = report.failures.values()
    assert 1 < report.failed
    assert failure.kind.startswith("LookupError at ")
    assert "no b'pha', please" in failure.detail
    assert Case(folder=TeamFolder(journal=b"pha")) == failure.case


def test_what_was_found_is_written_as_a_test() -> None:
    case = Case(
        folder=TeamFolder(journal=b"\xff", state="fifo"), now=5, processes=Everybody("alive")
    )
    namespace: dict[str, Any] = {"Case": Case, "TeamFolder": TeamFolder, "Everybody": Everybody}
    exec(case.text(), namespace)  # noqa: S102 - our own text

    namespace["test_found_by_fuzzing"]()
    written = case.text().split("    ", 1)[1].rsplit(".check()", 1)[0]
    assert case == eval(written, namespace)  # noqa: S307 - our own text


def test_what_takes_too_long_every_time_is_found() -> None:
    report = Campaign(Plan(cases=20, longest=0.0), list(seeds())).run()

    assert 20 == report.failed
    assert ["too slow"] == list(report.failures)


def test_what_takes_too_much_memory_is_found() -> None:
    report = campaign(20, most_memory=1, weighed_every=10).run()

    assert 2 == report.weighed == report.failed
    assert ["too much memory"] == list(report.failures)


def test_time_is_measured_again_before_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 9.0, 10.0, 15.0, 20.0, 21.0, 30.0, 99.0])
    monkeypatch.setattr("time.process_time", lambda: next(moments))
    acts: list[int] = []

    assert 1.0 == seconds(lambda: acts.append(1), limit=2.0)
    assert 3 == len(acts)


def test_memory_is_what_there_was_at_once() -> None:
    def act() -> None:
        for _ in range(10):
            bytearray(1_000_000)

    assert 1_000_000 <= allocated(act) < 2_000_000


def test_new_ways_are_kept() -> None:
    found = campaign(200, traced_every=1)
    before = len(found.corpus)
    report = found.run()

    assert 200 == report.traced
    assert 0 < report.kept == len(found.corpus) - before
    assert 1_000 < report.edges


def test_a_smaller_case_fails_in_the_same_way_or_is_none() -> None:
    def fails(case: Case) -> bool:
        state, lock = case.folder.state, case.folder.lock
        return isinstance(state, bytes) and state.count(b"x") >= 2 and lock == b"pid"

    noisy = Case(folder=TeamFolder(state=b"axbxcx" * 50, lock=b"pid", launch=b"{}"), now=7)
    smallest = minimised(noisy, fails)

    assert Case(folder=TeamFolder(state=b"xx", lock=b"pid")) == smallest


def test_the_minimiser_gives_up_in_time() -> None:
    asked: list[Case] = []

    def fails(case: Case) -> bool:
        asked.append(case)
        return False

    case = Case(folder=TeamFolder(state=b"x" * 1_000))
    assert case == minimised(case, fails, tries=50)
    assert 50 == len(asked)


def test_reports_are_added_up() -> None:
    one = Report(cases=2, slowest=1.0, heaviest=5, grown=7, edges=3)
    one.add(Report(cases=3, slowest=0.5, heaviest=9, grown=1, edges=4, failed=1))

    expected = Report(cases=5, slowest=1.0, heaviest=9, grown=7, edges=4, failed=1)
    assert expected == one


# -- Mutators --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mutate", dict.fromkeys(MUTATORS), ids=lambda found: found.__name__)
def test_every_mutator_takes_anything_and_changes_something(mutate: Any) -> None:
    rng = Random(5)  # noqa: S311 - to be repeated
    document = b'{"version": 1,\n"members": [{"name": "bob"}], "phase": "failed"}\n\xff'
    changed = {mutate(document, rng, b'{"other": [1, 2]}\n{}') for _ in range(50)}

    assert len(changed - {document}) > 1
    for nothing in (b"", b"\0", b"{", b"}"):
        assert isinstance(mutate(nothing, rng, b""), bytes)


def test_what_grows_is_whole_and_some_of_it_as_large_as_it_may_be() -> None:
    rng = Random(5)  # noqa: S311 - to be repeated
    document = b'{"version": 1, "members": [{"name": "bob"}], "phase": "failed"}'
    grown = {grow(document, rng, 65_536) for _ in range(50)}

    inner = {data for data in grown if data.count(b'"version"') == 1}
    assert 65_000 < max(map(len, inner)) <= 65_536
    assert all(isinstance(json.loads(data), dict) for data in inner)
    for nothing in (b"", b"\0", b"{", b"}"):
        assert nothing == grow(nothing, rng, 65_536)


def test_files_grow_no_larger_than_asked() -> None:
    rng = Random(6)  # noqa: S311 - to be repeated
    before = {getattr(seed.folder, name) for seed in seeds() for name in FILES}
    for _ in range(300):
        case = mutated(rng.choice(seeds()), rng, list(seeds()), largest=500)
        for name in FILES:
            content = getattr(case.folder, name)
            assert content in before or not isinstance(content, bytes) or len(content) <= 500


def test_both_policies_are_tried_by_turns() -> None:
    asked: list[PolicyName | None] = []

    def note(case: Case, policy: PolicyName | None) -> Evaluation | None:
        asked.append(policy)
        return check(case, policy)

    found = campaign(6, thorough_every=3, traced_every=100, weighed_every=100, weighed_from=10**9)
    found.check = note
    found.run()

    reference, default = POLICIES
    assert [default, reference, default, None, reference, default, reference, None] == asked


def test_only_small_cases_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzzing.mutators._GROWN", 0.5)
    campaign = Campaign(Plan(seed=3, cases=300, largest=65_536, longest=1e9), list(seeds()))
    report = campaign.run()

    kept = campaign.corpus[len(seeds()) :]
    assert report.weighed > 5, "some were large"
    assert report.kept == len(kept) > 5
    assert max(map(_size, kept)) <= 4_096

"""What an analysis may take is bounded by counting, and what it left out is always said."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm.engine.conditions import Test as Leaf
from launchfsm.engine.types import Field, ValueType
from launchfsm.policies import load_policy
from launchfsm.policy.analysis import compare, verify, why_not
from launchfsm.policy.analysis.partitions import partition_of
from launchfsm.policy.analysis.sets import OutOfWorkError, Work
from launchfsm.policy.analysis.space import space_of
from tests.policy.analysis.doors import NOTICES, compare_tables, door, rule, table_of, verify_table

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.engine.table import Policy, Table

LISTED = ",".join(map(str, range(400)))
ONE_RULE = " or ".join(
    f"{fact} in [{LISTED}]" for fact in ("confirmed", "pending", "failed", "skipped")
)


def policy(folder: Path, *whens: str) -> Policy:
    """A policy that adds rules to the table `verdict`."""
    rules = "".join(
        f'[[tables.verdict.rule]]\nid = "r{number}"\nbefore = "members-failed"\nwhen = "{when}"\n'
        'then = { severity = "ok", text = "a{failed}" }\n'
        for number, when in enumerate(whens)
    )
    path = folder / "p.toml"
    path.write_text(f'policy = "p"\nextends = "reference"\n{rules}')
    return load_policy(path)


def table(*whens: str | None, **options: Any) -> Table:
    rules = (
        rule(
            f"r{number}",
            when,
            {"level": number % 3} if "decision" not in options else {"text": "x"},
        )
        for number, when in enumerate(whens)
    )
    return table_of("\n".join(rules), **options)


# -- Policies that would take hours ----------------------------------------------------------------


def test_a_part_of_a_space_beyond_all_bounds_is_chosen_at_once(tmp_path: Path) -> None:
    space = space_of(policy(tmp_path, ONE_RULE).tables["verdict"])

    assert space.size > 10**12
    assert 2**13 < space.narrowed(2**14).size <= 2**14


@pytest.mark.parametrize(
    "whens",
    [(ONE_RULE,), tuple(f"failed > {number} and names == {number}" for number in range(60))],
    ids=["one rule of 6 KB", "sixty rules"],
)
def test_a_policy_that_would_take_hours_says_how_little_was_looked_at(
    whens: tuple[str, ...], tmp_path: Path
) -> None:
    made = policy(tmp_path, *whens)
    verification = verify(made, work=2**14)
    comparison = compare(made, load_policy("reference"), work=2**14)

    for report in (verification, comparison):
        (left_out,) = (one for one in report.tables if one.table == "verdict")
        assert not report.complete
        assert not left_out.complete
        assert left_out.unseen > 0
        assert "NOT ALL: up to" in left_out.text()
        assert "which is NOT ALL" in report.text()


def test_work_is_counted_so_every_machine_stops_at_the_same_place(tmp_path: Path) -> None:
    made = policy(tmp_path, *(f"failed > {number} and names == {number}" for number in range(30)))

    assert verify(made, work=2**14) == verify(made, work=2**14)


def test_tables_beside_one_that_takes_too_much_are_looked_at_all_the_same(tmp_path: Path) -> None:
    verification = verify(policy(tmp_path, ONE_RULE), work=2**16)

    assert ["verdict"] == [one.table for one in verification.tables if not one.complete]


def test_of_a_number_compared_with_thousands_some_classes_are_left_out() -> None:
    lists = (list(range(start, start + 900)) for start in (0, 900, 1_800))
    many = " or ".join(f"visitors in {numbers}" for numbers in lists)
    coverage, _ = verify_table(table(many, "weight > 1", None))

    assert not coverage.complete
    assert coverage.unseen > 0


@pytest.mark.slow
def test_thousands_of_patterns_are_looked_for_by_bounded_work() -> None:
    patterns = (f"'p{number:03}' in note" for number in range(160))
    coverage, _ = verify_table(
        table(" or ".join(patterns), *(f"'q{n}' in note" for n in range(99)))
    )

    assert not coverage.complete
    assert "note with some combinations of 259 patterns" in coverage.text()


@pytest.mark.parametrize("many", [False, True])
def test_tens_of_thousands_of_patterns_are_cut_at_once(many: bool) -> None:  # noqa: FBT001 - a case
    field = Field("", name="note", kind=ValueType("text", many=many), default=() if many else "")
    texts = [tuple(f"{number} {n}" for n in range(1_000)) for number in range(20)]
    tests = [Leaf("note", "contains", each) for each in texts]
    started = time.process_time()

    found = partition_of(field, tests, conditions=tests)

    assert found.left_out
    assert time.process_time() - started < 4


def test_what_is_done_with_two_sets_is_work_also_when_they_have_nothing_in_common() -> None:
    work = Work(100)
    space = space_of(table("locked", "not locked"), work=work)
    left = work.left

    assert not space.nothing & space.everything
    assert left - 1 == work.left


@pytest.mark.slow
@pytest.mark.parametrize("hit", ["first", "unique"])
def test_pairs_of_thousands_of_rules_are_looked_at_by_bounded_work(hit: str) -> None:
    many = [f"visitors == {number} and weight > {number}" for number in range(4_000)]
    made = table(*many, None, hit=hit)
    started = time.process_time()

    coverage, findings = verify_table(made, work=2**14)

    assert not coverage.complete
    assert not any(one.is_error for one in findings if one.code == "unreachable")
    assert time.process_time() - started < 10


def test_why_not_ends_without_an_answer_when_it_takes_too_much() -> None:
    told = why_not(table("locked and visitors > 3", None), door(), "r0", work=1)

    assert not told.possible
    assert not told.complete
    assert "wins in no situation that was looked at" in told.text()


def test_pairs_of_rules_that_overlap_are_told_up_to_a_bound() -> None:
    _, findings = verify_table(
        table(*(f"visitors > {number}" for number in range(60)), hit="unique")
    )

    overlaps = [one for one in findings if one.code == "overlap"]
    assert 1_000 == len(overlaps)
    assert overlaps[-1].message.endswith(", and so may others")


def test_what_is_named_in_a_message_is_bounded() -> None:
    many = [f"visitors == {number}" for number in range(30)]
    (last,) = verify_table(table(*many, "visitors < 30", None))[1][-1:]

    assert "and" not in last.rules[0].id
    assert "more" in last.message
    assert len(last.message) < 300


# -- What is said with little work is true ---------------------------------------------------------

WHEN = st.sampled_from(
    [
        "locked",
        "visitors > 2",
        "visitors == 1 and locked",
        "colour == 'red'",
        "guard is None and alarm",
        "weight > 1 or visitors > 3",
        "'a' in note",
    ]
)


@settings(max_examples=40)
@given(whens=st.lists(WHEN, min_size=1, max_size=5), work=st.integers(0, 12).map(lambda n: 2**n))
def test_with_less_work_less_is_found_and_never_anything_else(whens: list[str], work: int) -> None:
    made = table(*whens)
    everything, true = verify_table(made)
    coverage, found = verify_table(made, work=work)

    assert coverage.situations + coverage.unseen + coverage.impossible >= everything.situations
    told = {(one.code, one.rules) for one in true}
    if coverage.complete:
        assert told == {(one.code, one.rules) for one in found}
    else:
        assert {(one.code, one.rules) for one in found if one.proven} <= told


@settings(max_examples=40)
@given(
    before=st.lists(WHEN, min_size=1, max_size=3),
    after=st.lists(WHEN, min_size=1, max_size=3),
    work=st.integers(0, 12).map(lambda n: 2**n),
    many=st.booleans(),
)
def test_tables_of_which_not_all_was_compared_are_not_called_the_same(
    before: list[str],
    after: list[str],
    work: int,
    many: bool,  # noqa: FBT001 - drawn
) -> None:
    options: dict[str, Any] = {"decision": NOTICES, "hit": "collect"} if many else {}
    one, other = table(*before, **options), table(*after, **options)
    _, true = compare_tables(other, one)
    coverage, found = compare_tables(other, one, work=work)

    assert bool(found) <= bool(true)
    if coverage.complete:
        assert len(true) == len(found)


def test_a_work_that_is_used_up_stops_all_that_share_it() -> None:
    whole = Work(100)
    with pytest.raises(OutOfWorkError):
        Work(50, of=whole).spend(60)
    with pytest.raises(OutOfWorkError):
        Work(of=whole).spend(60)
    shared = Work(100)
    with shared.share(4), pytest.raises(OutOfWorkError):
        shared.spend(30)
    shared.spend(70)

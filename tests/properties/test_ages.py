"""Time passes in every way that it can, and in no other."""

from __future__ import annotations

import itertools

from launchfsm.properties.ages import UNKNOWN, ages_at, known_ages, passing, places


def test_every_place_in_time_is_left_for_every_next_one() -> None:
    """Two thresholds and two records, by hand: 6 places each, the unknown one among them."""
    thresholds = (0.0, 10.0)
    anywhere = (UNKNOWN, *places(thresholds, 2))
    steps = {
        (*map(_place, ages), *map(_place, later))
        for both in itertools.product(anywhere, repeat=2)
        for ages in ages_at(both)
        for later in [[None if age is None else age + 2 for age in ages]]
    }

    some = {"before", "between"}
    for one, other in itertools.product(NEXT, repeat=2):
        marks = {one, other} & {"first", "last"}
        found = {step[2:] for step in steps if step[:2] == (one, other)}
        if marks:
            expected = {tuple(NEXT[at] if at in marks else at for at in (one, other))}
        else:
            both = [(at, NEXT[at]) if at in some else (at,) for at in (one, other)]
            expected = {*itertools.product(*both)} - {(one, other)}
        assert expected == found


NEXT = {
    "unknown": "unknown",
    "before": "first",
    "first": "between",
    "between": "last",
    "last": "after",
    "after": "after",
}


def _place(age: float | None) -> str:
    if age is None:
        return "unknown"
    if age in (0, 10):
        return "last" if age else "first"
    return "before" if age < 0 else "after" if age > 10 else "between"


def test_where_nothing_is_compared_with_there_is_one_place_and_no_way_from_it() -> None:
    assert [None] == list(known_ages(()))
    assert [] == list(passing((), ("state", "journal")))


def test_all_records_grow_older_by_as_much() -> None:
    for before, after in passing((0.0, 10.0), ("state", "journal")):
        grown = {(after[record] or 0) - age for record, age in before.items() if age is not None}
        assert 1 == len(grown)
        assert min(grown) > 0

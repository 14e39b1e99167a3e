"""Which texts name a member of a launch."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchfsm.ecma.text import trim
from launchfsm.records.names import is_member, is_recorded_member, member_names
from launchfsm.testing.strategies import member_names as names

# a trimmed name; is it a member's in a completed snapshot, and in a bootstrap's state
KINDS = [
    ("bob", True, True),
    ("User", True, True),
    ("users", True, True),
    ("team-lead-2", True, True),
    ("team lead", True, True),
    ("team\N{HYPHEN}lead", True, True),
    ("__proto__", True, True),
    ("李雷", True, True),
    ("Team-Lead", False, True),
    ("TEAM-LEAD", False, True),
    ("team-lead", False, False),
    ("user", False, False),
    ("", False, False),
]


@pytest.mark.parametrize(("name", "completed", "recorded"), KINDS)
def test_the_lead_and_the_user_are_no_members(
    *, name: str, completed: bool, recorded: bool
) -> None:
    assert (completed, recorded) == (is_member(name), is_recorded_member(name))


def test_no_spelling_of_the_lead_is_a_member() -> None:
    spellings = map("".join, product(*[(letter, letter.upper()) for letter in "team-lead"]))

    assert not any(map(is_member, spellings))


def test_a_letter_that_only_looks_like_one_of_the_leads_is_another_name() -> None:
    others = [chr(code) for code in range(0x80, 0x3000)]

    assert all(is_member(f"t{char}am-lead") and is_member(f"team-lea{char}") for char in others)


# names as they are found, as a snapshot expects them
EXPECTED = [
    ([], ()),
    (["bob", "cara"], ("bob", "cara")),
    (["cara", "bob", "cara", " bob\n"], ("cara", "bob")),
    (["\u00a0bob\ufeff", "\u0085bob"], ("bob", "\u0085bob")),
    (["", " ", "\ufeff"], ()),
    ([" user", "User", "team-lead ", "Team-Lead", "bob"], ("User", "bob")),
]


@pytest.mark.parametrize(("found", "expected"), EXPECTED)
def test_names_are_trimmed_and_told_once_in_order(
    found: list[str], expected: tuple[str, ...]
) -> None:
    assert expected == member_names(found)


@given(found=st.lists(names(damaged=True) | st.text(), max_size=8))
def test_what_was_cleaned_is_clean(found: list[str]) -> None:
    cleaned = member_names(found)

    assert cleaned == member_names(cleaned)
    assert set(cleaned) <= {trim(name) for name in found}
    assert all(map(is_member, cleaned))
    assert len(set(cleaned)) == len(cleaned)

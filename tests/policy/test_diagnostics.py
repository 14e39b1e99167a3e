"""A fault reads as a compiler would print it, whatever the file held."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from launchfsm.engine.types import Location
from launchfsm.policy.diagnostics import Diagnostic, PolicyError, caret


def test_a_fault_says_where_what_and_shows_the_line() -> None:
    place = Location("rules/owner.toml", 9, 9, 5, 'when = "onwer == 3"')
    related = Location("base/owner.toml", 2, 1, 5, "[params]")

    assert (
        "rules/owner.toml:9:9: onwer is no fact (did you mean 'owner'?) [unknown-fact]\n"
        '    when = "onwer == 3"\n'
        "            ^^^^^\n"
        "  see base/owner.toml:2:1\n"
        "    [params]\n"
        "    ^^^^^"
    ) == Diagnostic(
        "unknown-fact", "onwer is no fact (did you mean 'owner'?)", place, "$.when", related
    ).text()


def test_a_fault_of_no_known_line_shows_none() -> None:
    assert (
        "x.toml:1:1: it is gone [unreadable]"
        == Diagnostic("unreadable", "it is gone", Location("x.toml", 1)).text()
    )


def test_the_caret_stands_under_what_it_speaks_of_in_a_terminal() -> None:
    place = Location("x.toml", 1, 8, 3, "\té日e\u0301= abc")

    assert "    \té日e\u0301= abc\n    \t      ^^^" == caret(place)


def test_wide_characters_are_underlined_whole() -> None:
    assert "    日本\n    ^^^^" == caret(Location("x.toml", 1, 1, 2, "日本"))


def test_behind_the_end_of_a_line_one_caret_stands() -> None:
    assert "    ab\n      ^" == caret(Location("x.toml", 1, 3, 7, "ab"))


@given(st.text(), st.text(), st.integers(1, 40), st.integers(1, 40))
def test_no_file_moves_the_cursor_of_a_terminal(
    message: str, source: str, column: int, length: int
) -> None:
    text = Diagnostic("code", message, Location("x.toml", 1, column, length, source)).text()

    assert not [char for char in text if ord(char) < 32 and char not in "\t\n"]
    assert not set("\x7f\x80\x9b\u202e\u2066") & set(text)


def test_control_characters_keep_their_place() -> None:
    place = Location("x.toml", 1, 3, 1, "a\x1bb")

    assert (
        "x.toml:1:3: no \\u001b here [c]\n    a\u241bb\n      ^"
        == Diagnostic("c", "no \x1b here", place).text()
    )


def test_a_policy_error_tells_all_faults_by_file_and_from_the_top() -> None:
    places = [("b.toml", 1, 1), ("a.toml", 10, 2), ("a.toml", 10, 1), ("a.toml", 9, 7)]
    error = PolicyError(Diagnostic("c", str(place), Location(*place)) for place in places)

    assert sorted(places) == [fault.location.order() for fault in error.faults]
    assert "4 faults in the policy\na.toml:9:7: ('a.toml', 9, 7) [c]\n" in f"{error}"
    assert "1 fault in the policy\n" in f"{PolicyError([error.faults[0]])}"


def test_a_policy_error_survives_the_way_from_another_process() -> None:
    error = PolicyError([Diagnostic("c", "what", Location("a.toml", 1))])

    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - its own

    assert (error.faults, str(error)) == (again.faults, str(again))

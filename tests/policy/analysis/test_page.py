"""A page says of every difference when, what was, what is, and an example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from launchfsm.policy.analysis import compare
from launchfsm.policy.analysis.page import differences_page
from launchfsm.policy.loader import load_policy

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 'policy = "mine"\nextends = "reference"\n'


def page(folder: Path, text: str) -> str:
    policy = folder / "mine.toml"
    policy.write_text(HEAD + text)
    return differences_page(compare(load_policy(policy), load_policy("reference")))


def test_each_class_of_situations_has_its_condition_both_answers_and_an_example(
    tmp_path: Path,
) -> None:
    text = page(
        tmp_path,
        '[[tables.team_state.rule]]\nid = "some-skipped"\noverride = true\n'
        'then = { team_state = "clean_success" }\n',
    )

    assert text.endswith(
        """
## team_state

### `some-skipped` instead of `some-skipped`

- when `pending == 0 and failed == 0 and skipped >= 1`
- `reference` answers `{ team_state = "partial_skipped" }`
- `mine` answers `{ team_state = "clean_success" }`
- for example `{ names = 1, skipped = 1 }`
"""
    )
    assert "table by table: 1 difference.\nAll " in text


def test_several_conditions_stand_below_one_another(tmp_path: Path) -> None:
    text = page(
        tmp_path,
        '[[tables.member_state.rule]]\nid = "spawned"\noverride = true\n'
        'then = { launch_state = "starting" }\n',
    )

    when, other = (line for line in text.splitlines() if line.startswith(("- when `", "  or `")))
    assert {"accepted", "alive"} == {line.rsplit(" ", 1)[1].strip("`") for line in (when, other)}


def test_answers_in_another_order_are_told_as_that(tmp_path: Path) -> None:
    text = page(
        tmp_path,
        '[[tables.diagnostics.rule]]\nid = "accepted"\noverride = true\nafter = "confirmed"\n',
    )

    assert "- `mine` gives the answers of `reference` in another order\n" in text


def test_an_answer_less_is_nothing(tmp_path: Path) -> None:
    text = page(
        tmp_path,
        '[[tables.diagnostics.rule]]\nid = "config-drift"\ndisable = true\n',
    )

    assert (
        '- `reference` answers `{ text = "config drift detected" }`\n- `mine` answers nothing\n'
        in text
    )


def test_a_param_that_evaluation_reads_is_told_by_itself(tmp_path: Path) -> None:
    text = page(tmp_path, '[tables.journal_warning.params]\nseparator = "`"\n')

    assert "## journal_warning: the param `separator`\n\n- `reference`: `' | '`\n" in text
    assert "- `mine`: `` '`' ``\n" in text


def test_policies_that_do_not_differ_make_a_page_that_says_so(tmp_path: Path) -> None:
    text = page(tmp_path, "")

    assert "0 differences" in text
    assert "##" not in text


@pytest.mark.parametrize("name", ["reference", "default"])
def test_a_page_ends_with_one_line_end_and_no_line_with_a_space(name: str) -> None:
    against = load_policy("default" if name == "reference" else "reference")
    text = differences_page(compare(load_policy(name), against))

    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert [] == [line for line in text.splitlines() if line != line.rstrip()]

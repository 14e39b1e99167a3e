"""The shipped policies under the analysis, and every flaw seeded into a copy of one found by it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from launchfsm.policies import load_policy
from launchfsm.policy.analysis import Verification, compare, verify
from launchfsm.policy.diagnostics import PolicyError
from launchfsm.policy.discovery import shipped_policies

if TYPE_CHECKING:
    from launchfsm.engine.table import Policy

DEFAULT = Path(str(shipped_policies() / "reference"))


def flawed(folder: Path, file: str, old: str, new: str) -> Policy:
    """A copy of the reference policy in which one text of a file is another."""
    shutil.copytree(DEFAULT, folder / "copy")
    path = folder / "copy" / file
    text = untested(path.read_text(encoding="utf-8"))
    assert 1 == text.count(old), text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return load_policy(folder / "copy")


def untested(text: str) -> str:
    """A rule file without its inline tests, which would speak of a rule that a flaw took away."""
    blocks = text.split("\n[[")
    return "\n[[".join(block for block in blocks if not block.startswith(("rule.test]]", "test]]")))


def told(verification: Verification) -> list[tuple[str, str, str]]:
    return [
        (found.table, found.code, found.rules[0].id if found.rules else "")
        for found in verification.findings
    ]


@pytest.mark.parametrize("name", ["reference", "default"])
def test_nothing_is_wrong_with_a_shipped_policy(name: str) -> None:
    verification = verify(load_policy(name))
    assert verification.holds, verification.text()
    assert verification.complete


@pytest.mark.slow
def test_default_differs_from_reference_and_every_example_shows_it() -> None:
    comparison = compare(load_policy("default"), load_policy("reference"))
    assert comparison.complete
    assert comparison.differences
    for found in comparison.differences:
        assert found.was.outcome != found.now.outcome, found.text()


def test_a_copy_of_a_policy_is_the_same(tmp_path: Path) -> None:
    shutil.copytree(DEFAULT, tmp_path / "copy")
    assert compare(load_policy(tmp_path / "copy"), load_policy("reference")).same


# -- Flaws that a policy shows by itself -----------------------------------------------------------

UNREACHABLE = """
[[rule]]
id = "sealed"
when = "skipped and failed"
then = { launch_state = "starting" }

[[rule]]
id = "failed"
"""

FLAWS_BY_THEMSELVES = {
    "unreachable": (
        "member_state.toml",
        '\n[[rule]]\nid = "failed"\n',
        UNREACHABLE,
        ("member_state", "unreachable", "sealed"),
    ),
    "contradiction": (
        "stalled.toml",
        'when = "not reported"',
        'when = "not reported and reported"',
        ("stalled", "unreachable", "not-reported"),
    ),
    "condition-dropped": (
        "launch_phase.toml",
        'when = "terminal_status is not None"\n',
        "",
        ("launch_phase", "unreachable", "owner-dead"),
    ),
    "condition-too-wide": (
        "owner.toml",
        "owner == 'dead' and state_age >= stale_after",
        "owner == 'dead' or state_age >= stale_after",
        ("owner", "unreachable", "owner-gone"),
    ),
    "incomplete": (
        "progress.toml",
        'id = "over"\nthen = {}',
        'id = "over"\nwhen = "phase_kind == \'terminal\'"\nthen = {}',
        ("progress", "incomplete", ""),
    ),
    "overlap": (
        "standing.toml",
        'hit = "first"',
        'hit = "unique"',
        ("standing", "overlap", "confirmed"),
    ),
    "redundant": (
        "launch_phase.toml",
        'then = { launch_phase = "active" }',
        'then = { launch_phase = "finished" }',
        ("launch_phase", "redundant", "says-it-ended"),
    ),
    "answer-at-odds-with-itself": (
        "owner.toml",
        "dead = true, stale = true",
        "stale = true",
        ("owner", "inconsistent-answer", "owner-gone-stale"),
    ),
}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    FLAWS_BY_THEMSELVES.values(),
    ids=FLAWS_BY_THEMSELVES.keys(),
)
def test_a_flaw_that_shows_by_itself_is_found(
    tmp_path: Path, file: str, old: str, new: str, expected: tuple[str, str, str]
) -> None:
    verification = verify(flawed(tmp_path, file, old, new))
    assert expected in told(verification)
    found = next(one for one in verification.findings if (one.code, one.table) == expected[1::-1])
    assert found.place.startswith(str(tmp_path)) or file in found.place


# -- What follows from what counts are ------------------------------------------------------------


CANNOT_BE = (
    "failed > 3 and names < 2",
    "names > 0 and confirmed == 0 and pending == 0 and failed == 0 and skipped == 0",
    "failed > 0 and team_state is None",
    "pending > 0 and records != 'readable'",
    "age is not None and records == 'none'",
)


@pytest.mark.parametrize("name", ["reference", "default"])
def test_a_verdict_on_counts_that_cannot_be_is_never_given(tmp_path: Path, name: str) -> None:
    rules = [
        f'[[rule]]\nid = "odd-{index}"\nwhen = "{when}"\nbefore = "owner-gone-all-there"\n'
        'then = { severity = "ok", text = "odd" }\n'
        for index, when in enumerate(CANNOT_BE)
    ]
    (tmp_path / "verdict.toml").write_text("\n".join(['table = "verdict"', *rules]))
    (tmp_path / "policy.toml").write_text(f'policy = "odd"\nextends = "{name}"\n')

    policy = load_policy(tmp_path)
    alone = attrs.evolve(policy, tables={"verdict": policy.tables["verdict"]})
    found = verify(alone).findings

    assert [("unreachable", f"odd-{index}", None) for index in range(len(CANNOT_BE))] == sorted(
        (one.code, one.rules[0].id, one.example) for one in found
    )


def test_an_example_is_of_facts_that_a_test_may_give(tmp_path: Path) -> None:
    rule = 'id = "odd"\nwhen = "failed > 3"\nthen = { severity = "ok", text = "odd" }'
    (tmp_path / "verdict.toml").write_text(f'table = "verdict"\n[[rule]]\n{rule}\n')
    (tmp_path / "policy.toml").write_text('policy = "odd"\nextends = "reference"\n')

    (found,) = verify(load_policy(tmp_path)).findings
    assert found.example is not None
    test = f'[[test]]\nfacts = {found.example.written}\nthen = {{ severity = "failed" }}\n'
    (tmp_path / "verdict.toml").write_text(f'table = "verdict"\n{test}')

    assert "failed = 4" in found.example.written
    assert load_policy(tmp_path).tables["verdict"].tests


def test_a_test_of_counts_that_do_not_add_up_is_refused(tmp_path: Path) -> None:
    test = "[[test]]\nfacts = { failed = 5, names = 1, confirmed = 9 }\ndecides = 'some-failed'\n"
    (tmp_path / "team_state.toml").write_text(f'table = "team_state"\n{test}')
    (tmp_path / "policy.toml").write_text('policy = "odd"\nextends = "reference"\n')

    with pytest.raises(PolicyError, match="but 1 is not 9 \\+ 0 \\+ 5 \\+ 0"):
        load_policy(tmp_path)


# -- Flaws that show against the policy as it was --------------------------------------------------

OWNER_LOST = "phase_kind != 'terminal' and owner == 'dead'"

FLAWS_AGAINST_DEFAULT = {
    "threshold-off-by-one-unit": (
        "owner.toml",
        'stale_after = "3m"',
        'stale_after = "3m1ms"',
        [("owner", (f"{OWNER_LOST} and state_age >= '3m' and state_age < '3m1ms'",))],
    ),
    "operator-off-by-one": (
        "expired.toml",
        "age >= grace",
        "age > grace",
        [
            (
                "expired",
                (
                    (
                        "launch_phase == 'finished' and team_state == 'partial_pending' "
                        "and age == '5m'"
                    ),
                ),
            )
        ],
    ),
    "count-off-by-one": (
        "team_state.toml",
        "failed > 0",
        "failed > 1",
        [
            ("team_state", ("pending >= 1 and failed == 1",)),
            ("team_state", ("pending == 0 and failed == 1 and skipped >= 1",)),
            ("team_state", ("pending == 0 and failed == 1 and skipped == 0",)),
        ],
    ),
    "wrong-enum": (
        "standing.toml",
        "launch_state == 'failed_to_start'",
        "launch_state == 'starting'",
        [
            ("standing", ("launch_state == 'failed_to_start' and not skipped",)),
            ("standing", ("launch_state == 'starting' and not skipped",)),
        ],
    ),
    "word-missing-in-a-list": (
        "pending.toml",
        '"stale_metadata", ',
        "",
        [("pending", ("liveness_kind == 'stale_metadata'",))],
    ),
    "changed-text": (
        "unreadable.toml",
        "{file} is oversized.",
        "{file} is oversized!",
        [("unreadable", ("fault == 'oversized'",))],
    ),
    "changed-param-in-a-text": (
        "legacy_member.toml",
        "teammate missing.",
        "teammate missing",
        [
            ("legacy_member", ("missing and confirmed",)),
            ("legacy_member", ("missing and not confirmed",)),
        ],
    ),
    "changed-number": (
        "richness.toml",
        "points = 20",
        "points = 21",
        [("richness", ("expected_given",))],
    ),
    "dropped-line": (
        "diagnostics.toml",
        (
            '[[rule]]\nid = "config-drift"\nwhen = "config_drift"\n'
            'then = { text = "config drift detected" }\n'
        ),
        "",
        [("diagnostics", ("config_drift",))],
    ),
    "negation-lost": (
        "diagnostics.toml",
        "stalled and not permission_pending",
        "stalled and permission_pending",
        [
            ("diagnostics", ("not permission_pending and stalled",)),
            ("diagnostics", ("permission_pending and stalled",)),
        ],
    ),
    "and-for-or": (
        "member_state.toml",
        "alive or accepted",
        "alive and accepted",
        [
            (
                "member_state",
                (
                    (
                        "not skipped and not failed and not confirmed and not permission_pending "
                        "and not alive and accepted"
                    ),
                    (
                        "not skipped and not failed and not confirmed and not permission_pending "
                        "and alive and not accepted"
                    ),
                ),
            )
        ],
    ),
    "wrong-answer": (
        "selection.toml",
        'when = "newer == \'launcher\'"\nthen = { believe = "launcher" }',
        'when = "newer == \'launcher\'"\nthen = { believe = "neither" }',
        [
            (
                "selection",
                (
                    "richer is None and newer == 'launcher'",
                    "richer == 'bootstrap' and wider == 'launcher' and newer == 'launcher'",
                    "richer == 'launcher' and wider == 'bootstrap' and newer == 'launcher'",
                ),
            )
        ],
    ),
}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    FLAWS_AGAINST_DEFAULT.values(),
    ids=FLAWS_AGAINST_DEFAULT.keys(),
)
def test_a_flaw_that_shows_against_default_is_found_where_it_is(
    tmp_path: Path, file: str, old: str, new: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    comparison = compare(flawed(tmp_path, file, old, new), load_policy("reference"))
    found = [(one.table, tuple(sorted(one.when))) for one in comparison.differences]
    assert sorted((table, tuple(sorted(when))) for table, when in expected) == sorted(found)


def test_swapped_rules_are_found(tmp_path: Path) -> None:
    skipped, failed = (
        f'[[rule]]\nid = "{name}"\nwhen = "{name}"\nthen = {{ launch_state = "{state}" }}\n'
        for name, state in (("skipped", "skipped_for_launch"), ("failed", "failed_to_start"))
    )
    policy = flawed(tmp_path, "member_state.toml", f"{skipped}\n{failed}", f"{failed}\n{skipped}")
    (found,) = compare(policy, load_policy("reference")).differences
    assert ("skipped and failed",) == found.when
    assert (["skipped"], ["failed"]) == (
        [rule.id for rule in found.was.rules],
        [rule.id for rule in found.now.rules],
    )


def test_a_param_that_evaluation_reads_is_found(tmp_path: Path) -> None:
    policy = flawed(tmp_path, "journal_warning.toml", "recent_lines = 3", "recent_lines = 2")
    comparison = compare(policy, load_policy("reference"))
    assert not comparison.same
    assert ["journal_warning: recent_lines was 3, is 2"] == [
        found.text() for found in comparison.params
    ]
    assert () == comparison.differences

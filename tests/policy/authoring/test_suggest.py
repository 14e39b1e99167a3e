"""What is suggested can be pasted, passes, and shows what no test showed before."""

from __future__ import annotations

from pathlib import Path

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.policies import load_policy
from launchfsm.policy.authoring.render import policy_toml
from launchfsm.policy.authoring.runner import coverage, run_tests
from launchfsm.policy.authoring.suggest import suggest_tests
from tests.cli.policy.policies import lay_policy

ODD = """
[[rule]]
id = "odd"
before = "owner-gone-stale"
when = "owner == 'dead' and (state_age > '1h' or zombie) and not replaced"
then = { dead = true, reason = "odd {owner_pid}" }
"""
"""A rule of which `default` leaves no zombie: an earlier rule takes them."""

TWO = """
[[rule]]
id = "accepted-twice"
after = "accepted"
when = "accepted"
then = { text = "said twice" }
"""


def test_a_policy_without_tests_gets_all_that_it_needs(tmp_path: Path) -> None:
    file = tmp_path / "all.toml"
    file.write_text(policy_toml("reference", catalogue=CATALOGUE))
    suggested = suggest_tests(load_policy(file), in_one_file=True)
    with file.open("a") as stream:
        stream.writelines(f"\n{one.toml}\n" for one in suggested)
    policy = load_policy(file)

    assert all(result.passed for result in run_tests(policy))
    assert coverage(policy).complete
    assert () == suggest_tests(policy, in_one_file=True)


def test_what_no_situation_shows_is_said(tmp_path: Path) -> None:
    folder = lay_policy(tmp_path / "mine", ODD, extends="default")
    suggested = suggest_tests(load_policy(folder))
    with (folder / "owner.toml").open("a") as stream:
        stream.writelines(f"\n{one.toml}\n" for one in suggested)
    policy = load_policy(folder)
    left = coverage(policy)

    assert ["`zombie` of rule 'odd' holds"] == [one.shows for one in suggested if not one.toml]
    assert {(folder / "owner.toml").resolve()} == {Path(one.file).resolve() for one in suggested}
    assert all(result.passed for result in run_tests(policy))
    assert () == left.unfired
    assert ["zombie"] == [one.condition for one in left.one_sided]


def test_of_several_answers_that_of_the_rule_is_tested(tmp_path: Path) -> None:
    rule = TWO.replace("[[rule", "[[tables.diagnostics.rule")
    text = f'policy = "mine"\nextends = "reference"\n{rule}'
    file = tmp_path / "mine.toml"
    file.write_text(text)
    first = suggest_tests(load_policy(file), in_one_file=True)[0]
    file.write_text(f"{text}\n{first.toml}\n")

    assert 'then = { text = "said twice" }' in first.toml
    assert all(result.passed for result in run_tests(load_policy(file)))


def test_little_work_suggests_less_and_nothing_wrong(tmp_path: Path) -> None:
    policy = load_policy(lay_policy(tmp_path / "mine", ODD, extends="default"))

    few = suggest_tests(policy, work=300)

    assert set(few) != set(suggest_tests(policy))

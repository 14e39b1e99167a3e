"""What own tables answer of a launch and of its members, as an evaluation tells it."""

from __future__ import annotations

import functools
import json
import pickle
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import jsonschema
import pytest

from launchfsm import LaunchEvaluator
from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.engine import Engine
from launchfsm.engine.trace import TracedDecision
from launchfsm.evaluation.evaluator import document_schema
from launchfsm.policies import load_policy
from launchfsm.testing import FakeProcesses
from launchfsm.testing.folders import TeamFolder
from launchfsm.testing.strategies import NOW
from tests.policy.written import write
from tests.teams import NOW_TEXT, evaluation

if TYPE_CHECKING:
    from launchfsm import Evaluation

PAGING = """\
[tables.paging]
on = "verdict"
hit = "first"
show = "who: {who}"
outcome.page = { type = "boolean" }
outcome.who = { type = "word", words = ["oncall", "nobody"], default = "nobody" }
[[tables.paging.rule]]
id = "failed-members"
when = "severity == 'failed' and failed > 0"
then = { page = true, who = "oncall" }
[[tables.paging.rule]]
id = "nothing-there"
when = "records == 'none'"
then = { who = "oncall" }
"""

CHORES = """\
[tables.chore]
on = "{on}"
hit = "first"
show = "do {{what}}"
outcome.what = {{ type = "text" }}
[[tables.chore.rule]]
id = "any"
when = "{when}"
then = {{ what = "look" }}
"""

FAILED = {"launchState": "failed_to_start", "hardFailure": True, "hardFailureReason": "no quota"}
UP = {"launchState": "confirmed_alive"}


def folder(*, state: bytes | None = None, **members: dict[str, Any]) -> TeamFolder:
    launch = {
        "version": 2,
        "updatedAt": NOW_TEXT,
        "launchPhase": "finished",
        "expectedMembers": list(members),
        "members": members,
    }
    return TeamFolder(team="team", state=state, launch=json.dumps(launch).encode())


class Judge(Protocol):
    def __call__(self, tables: str, team: TeamFolder, *, extends: str = ...) -> Evaluation: ...


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Evaluates a team under a policy with some tables of its own, each policy loaded once."""

    @functools.cache
    def engine(tables: str, extends: str) -> Engine:
        text = f'policy = "mine"\nextends = "{extends}"\n{tables}'
        folder = write(tmp_path_factory.mktemp("mine"), {"mine.toml": text})
        return Engine(load_policy(folder / "mine.toml"))

    def judge(tables: str, team: TeamFolder, *, extends: str = "default") -> Evaluation:
        return evaluation(team, engine=engine(tables, extends))

    return judge


def test_an_own_table_about_the_launch_gives_its_fields(judged: Judge) -> None:
    for extends in ("default", "reference"):
        found = judged(PAGING, folder(ada=FAILED, bob=UP), extends=extends)
        assert {"paging": {"page": True, "who": "oncall"}} == found.answers
        assert {"": ("who: oncall",)} == found.shown


def test_what_no_rule_answers_is_told_and_not_shown(judged: Judge) -> None:
    found = judged(PAGING, folder(ada=UP))
    assert {"paging": {"page": False, "who": "nobody"}} == found.answers
    assert {} == found.shown


def test_the_verdict_is_asked_after_wherever_it_comes_from(judged: Judge) -> None:
    found = judged(PAGING, TeamFolder(team="team"))
    assert {"page": False, "who": "oncall"} == found.answers["paging"]


def test_an_own_table_sees_what_is_told_beside_the_verdict(tmp_path: Path) -> None:
    table = CHORES.format(on="verdict", when="").replace('"look"', '"{also}"')
    text = f'policy = "mine"\nextends = "default"\n{table}'.replace('when = ""\n', "")
    policy = write(tmp_path, {"mine.toml": text}) / "mine.toml"
    teams = Path(__file__).parents[2] / "examples" / "teams"
    found = LaunchEvaluator(teams, policy=policy, processes=FakeProcesses()).evaluate(
        "member-failed"
    )
    assert found.verdict.also
    assert {"what": ", ".join(found.verdict.also)} == found.answers["chore"]


def test_an_own_table_about_members_answers_by_name(judged: Judge) -> None:
    for on, when in (
        ("spawn_status", "status == 'error'"),
        ("member_word", "word == 'failed'"),
        ("standing", "standing == 'failed'"),
    ):
        table = CHORES.format(on=on, when=when)
        found = judged(table, folder(ada=FAILED, bob=UP, cy=FAILED))
        assert {
            "ada": {"what": "look"},
            "bob": {"what": None},
            "cy": {"what": "look"},
        } == found.answers["chore"]
        assert {"ada": ("do look",), "cy": ("do look",)} == found.shown


def test_what_it_stands_on_was_not_asked(judged: Judge) -> None:
    about_launch = CHORES.format(on="team_state", when="failed > 0")
    about_members = CHORES.format(on="standing", when="standing == 'failed'")
    nothing = TeamFolder(team="team")
    assert {"chore": None} == judged(about_launch, nothing).answers
    assert {"chore": {}} == judged(about_members, nothing).answers


def test_answers_are_those_of_the_record_that_is_believed(judged: Judge) -> None:
    table = CHORES.format(on="standing", when="standing == 'failed'")
    state = {
        "version": 1,
        "runId": "r",
        "teamName": "team",
        "phase": "completed",
        "updatedAt": 1,
        "members": [{"name": "ada", "status": "bootstrap_confirmed"}, {"name": "old"}],
    }
    both = folder(state=json.dumps(state).encode(), ada=FAILED, bob=UP)
    found = judged(table, both, extends="reference")
    assert "launcher" == found.preferred_source
    assert {"ada": {"what": "look"}, "bob": {"what": None}} == found.answers["chore"]


def test_the_document_has_the_answers_and_fits_its_schema(judged: Judge) -> None:
    table = CHORES.format(on="standing", when="standing == 'failed'")
    found = judged(PAGING + table, folder(ada=FAILED))
    document = json.loads(json.dumps(found.to_dict()))
    jsonschema.validate(document, document_schema())
    assert {"paging": {"page": True, "who": "oncall"}, "chore": {"ada": {"what": "look"}}} == (
        document["answers"]
    )


def test_an_explanation_tells_what_was_asked_after_what(judged: Judge) -> None:
    table = CHORES.format(on="spawn_status", when="status == 'error'")
    found = judged(PAGING + table, folder(ada=FAILED))
    explanation = found.explain()
    assert ("failed-members",) == explanation.of("paging").won
    assert ("any",) == explanation.of("chore", "ada").won
    assert found.explain_verdict().table in {"foremost", "verdict"}


def test_a_threshold_of_an_own_table_is_an_instant_to_look_again(judged: Judge) -> None:
    plain = judged("", folder(ada=UP))
    found = judged(CHORES.format(on="verdict", when="age > '90s'"), folder(ada=UP))
    assert found.recheck_at is not None
    assert plain.recheck_at is None or found.recheck_at < plain.recheck_at
    assert 90_001 == (found.recheck_at - found.evaluated_at).total_seconds() * 1000


def test_an_evaluation_keeps_its_answers_when_it_is_pickled(judged: Judge, tmp_path: Path) -> None:
    table = CHORES.format(on="standing", when="standing == 'failed'")
    policy = judged(PAGING + table, folder(ada=FAILED)).policy
    folder(ada=FAILED).write(tmp_path)
    found = LaunchEvaluator(tmp_path, policy=policy).evaluate("team")
    again = pickle.loads(pickle.dumps(found))  # noqa: S301 - our own
    assert found.answers == again.answers


def test_a_policy_without_own_tables_answers_nothing() -> None:
    found = evaluation(folder(ada=FAILED))
    assert ({}, {}) == (found.answers, found.shown)


def test_what_was_judged_alike_before_is_asked_again_for_each(judged: Judge) -> None:
    table = CHORES.format(on="standing", when="standing == 'failed'")
    teams: tuple[dict[str, Any], ...] = (
        {"ada": FAILED, "bob": FAILED},
        {"cy": FAILED, "dee": FAILED},
    )
    for members in (*teams, *teams):
        found = judged(table, folder(**members), extends="reference")
        assert members.keys() == found.answers["chore"].keys()


def test_a_table_that_collects_gives_all_its_answers_and_lists_to_who_stands_on_it(
    judged: Judge,
) -> None:
    tables = """
[tables.todo]
on = "verdict"
hit = "collect"
show = "todo: {what}"
outcome.what = { type = "text" }
outcome.within = { type = "duration", default = "1h" }
[[tables.todo.rule]]
id = "look"
when = "failed > 0"
then = { what = "look", within = "5m" }
[[tables.todo.rule]]
id = "wait"
when = "failed > 1"
then = { what = "wait" }
[tables.all]
on = "todo"
hit = "first"
show = "all: {what}; {within}"
outcome.waits = { type = "boolean" }
[[tables.all.rule]]
id = "waits"
when = "'wait' in what"
then = { waits = true }
"""
    found = judged(tables, folder(ada=FAILED, bob=FAILED))
    todo = ({"what": "look", "within": 300_000}, {"what": "wait", "within": 3_600_000})
    assert {"todo": todo, "all": {"waits": True}} == found.answers
    assert {"": ("todo: look", "todo: wait", "all: look, wait; 5m, 1h")} == found.shown
    assert {"todo": (), "all": {"waits": False}} == judged(tables, folder()).answers


# -- After every decision --------------------------------------------------------------------------


def after(name: str, *, each: bool) -> str:
    """An own table that asks whether it is told whom it is asked about."""
    nameless = f"""[[tables.own_{name}.rule]]
id = "nameless"
when = "name == ''"
then = {{ own_name = "nobody" }}
"""
    return f"""
[tables.own_{name}]
on = "{name}"
hit = "first"
show = "{name} was asked"
outcome.own_name = {{ type = "text" }}
{nameless if each else ""}
[[tables.own_{name}.rule]]
id = "any"
then = {{ own_name = "{"{name}" if each else "launch"}" }}
"""


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> tuple[LaunchEvaluator, LaunchEvaluator]:
    """An evaluator with an own table after every decision, and a plain one."""
    tables = (after(name, each=decision.each) for name, decision in CATALOGUE.items())
    text = 'policy = "mine"\nextends = "default"\n' + "".join(tables)
    folder = tmp_path_factory.mktemp("everywhere")
    evaluator = partial(LaunchEvaluator, TEAMS, processes=FakeProcesses(), clock=lambda: NOW)
    return evaluator(policy=write(folder, {"mine.toml": text}) / "mine.toml"), evaluator()


TEAMS = Path(__file__).parents[2] / "examples" / "teams"


@pytest.mark.parametrize("team", sorted(path.name for path in TEAMS.iterdir() if path.is_dir()))
def test_own_tables_after_every_decision_know_whom_they_are_asked_about(
    team: str, everywhere: tuple[LaunchEvaluator, LaunchEvaluator]
) -> None:
    found, plain = (evaluator.evaluate(team) for evaluator in everywhere)
    document, expected = found.to_dict(), plain.to_dict()

    for name, decision in CATALOGUE.items():
        answer = document["answers"].pop(f"own_{name}")
        if decision.each:
            assert {member: {"own_name": member} for member in answer} == answer
        else:
            assert answer in (None, {"own_name": "launch"})
    assert {"own_name": "launch"} == found.answers["own_verdict"]
    same = {"answers", "policy", "evaluatedAt", "recorded", "verdict"}
    assert {key: value for key, value in expected.items() if key not in same} == {
        key: value for key, value in document.items() if key not in same
    }
    traced = {one.asked.name for one in found.record() if isinstance(one, TracedDecision)}
    asked = {name for name, answer in found.answers.items() if answer}
    assert asked <= traced

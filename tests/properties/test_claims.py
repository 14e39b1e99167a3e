"""A claim about a table is proven or refuted as looking at every situation would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from launchfsm.engine.conditions import ALWAYS
from launchfsm.engine.engine import Engine
from launchfsm.engine.parser import parse_condition
from launchfsm.policies import load_policy
from launchfsm.policy.analysis import verify
from launchfsm.policy.analysis.space import space_of
from launchfsm.policy.authoring.runner import run_tests
from launchfsm.properties import Property, audit_policy
from launchfsm.properties.claims import (
    ANSWERS_ARE_DETERMINISTIC,
    EVERY_TABLE_ANSWERS,
    CheckContext,
    EveryTableClaim,
)

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.engine.table import Policy, Table
    from launchfsm.properties import Part

CLAIMS = (
    ("owner", "phase_kind == 'terminal'", "dead"),
    ("owner", "owner == 'alive'", "dead"),
    ("owner", "", "stale and not dead"),
    ("owner", "state_age >= '7m' and owner == 'dead'", "reason is None"),
    ("verdict", "team_state == 'partial_failure'", "severity == 'ok'"),
    ("verdict", "team_state == 'partial_failure'", "severity == 'failed'"),
    ("selection", "not bootstrap and not launcher", "believe == 'neither'"),
    ("selection", "bootstrap and launcher", "believe == 'neither'"),
    ("pending", "liveness_kind == 'shell_only'", "count in ['shell_only', 'permission']"),
    ("pending", "", "count == 'no_runtime'"),
    ("beginning", "owner == 'dead'", "state == 'failed'"),
    ("expired", "age is None", "expired"),
)


SHELL = ("pending", "liveness_kind == 'shell_only' and strongly_alive", "count == 'shell_only'")


def settled(policy: str, kind: str, claim: tuple[str, str, str], **options: Any) -> Part:
    table, when, then = claim
    make = Property.never if kind == "never" else Property.always
    prop = make("it", table=table, when=when, then=then)
    audit = audit_policy(policy, properties=[prop], **{"inherited": True, **options})
    (part,) = audit.of("it").parts
    return part


def one_by_one(policy: str, kind: str, claim: tuple[str, str, str]) -> bool:
    """Whether the claim holds of what the compiled table answers in each situation."""
    name, when, then = claim
    table = load_policy(policy).tables[name]
    parsed = parse_condition(when, facts=table.decision.fact_fields, params={})
    given = parsed.condition if when else ALWAYS
    asked = parse_condition(then, facts=table.decision.outcome_fields, params={}).condition
    space = space_of(table, also=given)
    read = [index for index, axis in enumerate(space.axes) if axis.role != "tied"]
    about = {
        tuple(situation[index] for index in read): situation
        for situation in space.possible & space.where(given)
    }
    for facts in map(space.facts_of, about.values()):
        if given.holds(facts):
            answers = answers_to(table, facts)
            fulfilled = any(asked.holds(attrs.asdict(one, recurse=False)) for one in answers)
            if fulfilled is (kind == "never"):
                return False
    return True


def answers_to(table: Table, facts: dict[str, Any]) -> tuple[Any, ...]:
    answer = table.decide(table.decision.facts(**facts))
    return answer if table.decision.collect else (answer,)


@pytest.mark.parametrize(
    ("policy", "claim"),
    [
        *(("reference", claim) for claim in CLAIMS),
        # Where they are few enough to be gone through one by one.
        *(
            ("default", claim)
            for claim in CLAIMS
            if claim[0] in {"pending", "beginning", "expired"}
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value[0]}: {value[1]} -> {value[2]}",
)
@pytest.mark.parametrize("kind", ["never", "always"])
def test_a_claim_holds_exactly_when_no_single_situation_speaks_against_it(
    policy: str, kind: str, claim: tuple[str, str, str]
) -> None:
    part = settled(policy, kind, claim)

    assert ("proven" if one_by_one(policy, kind, claim) else "refuted") == part.status
    assert part.looked_at > 0


def test_only_the_situations_that_the_claim_is_about_are_counted() -> None:
    about = settled("default", "never", ("owner", "phase_kind == 'terminal'", "dead"))
    everything = settled("default", "never", ("owner", "", "stale and not dead"))

    assert 0 < about.looked_at < everything.looked_at


def test_a_claim_cuts_the_facts_where_the_rules_do_not() -> None:
    """No rule of `reference` knows of 7 minutes; a claim may."""
    part = settled("reference", "never", ("owner", "state_age >= '7m' and owner == 'dead'", "dead"))
    found = part.counterexample

    assert found is not None
    assert ("phase_kind != 'terminal' and owner == 'dead' and state_age >= '7m'",) == found.when
    assert 420_000 == found.facts[0]["state_age"]


def test_the_counterexample_names_the_rule_and_is_a_test_that_passes_today(tmp_path: Path) -> None:
    part = settled("reference", "never", ("owner", "terminal_status is not None", "dead"))
    found = part.counterexample
    assert found is not None
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "policy.toml").write_text('policy = "mine"\nextends = "reference"\n')
    (mine / "owner.toml").write_text(f'table = "owner"\n\n{found.paste}\n')

    (result,) = run_tests(load_policy(mine))

    assert result.passed
    assert "the answer is `dead`" == found.violation
    assert ("owner-gone",) == result.won
    assert found.won[0].startswith("owner-gone (")
    assert "dead = true" in found.won[0]


def test_of_several_answers_one_is_pasted(tmp_path: Path) -> None:
    part = settled("reference", "never", SHELL)
    found = part.counterexample
    assert found is not None
    (tmp_path / "policy.toml").write_text('policy = "mine"\nextends = "reference"\n')
    (tmp_path / "pending.toml").write_text(f'table = "pending"\n\n{found.paste}\n')

    (result,) = run_tests(load_policy(tmp_path))

    assert result.passed
    assert len(found.won) > 1


def test_a_table_that_answers_nothing_has_no_answer() -> None:
    part = settled(
        "reference", "always", ("pending", "not strongly_alive", "count == 'shell_only'")
    )

    assert part.counterexample is not None
    assert "there is no answer" == part.counterexample.violation
    assert ("no rule",) == part.counterexample.won


def test_a_space_of_which_a_part_was_looked_at_is_not_called_proven() -> None:
    few = settled("default", "never", ("owner", "", "stale and not dead"), work=5_000)

    assert "not_all" == few.status
    assert few.unseen > 0 < few.looked_at
    assert "which is NOT ALL" in few.text()


@pytest.mark.parametrize("work", [10, 100, 1_000, 4_000, 5_000])
def test_whatever_the_work_is_used_up_at_the_audit_says_so(work: int) -> None:
    few = settled("default", "never", ("owner", "", "stale and not dead"), work=work)

    assert few.status in {"not_all", "asked_of_nothing"}
    assert few.unseen


def test_what_no_work_was_left_for_is_not_called_proven() -> None:
    asked = ("owner", "owner == 'dead'", "stale and not dead")
    few = settled("default", "never", asked, work=1)

    assert ("asked_of_nothing", 0) == (few.status, few.looked_at)
    assert "asked of nothing so far, it is about none of the situations looked at, up to " in (
        few.text()
    )


@pytest.mark.parametrize(
    "when", ["names > 0 and names < 0", "names == 2 and confirmed == 2 and failed == 1"]
)
def test_a_claim_about_what_never_is_does_not_hold(when: str) -> None:
    prop = Property.never("never", table="verdict", when=when, then="severity == 'ok'")
    audit = audit_policy("reference", properties=[prop])

    assert not audit
    assert ("asked_of_nothing", 0) == (
        audit.verdicts[0].status,
        audit.verdicts[0].parts[0].looked_at,
    )
    assert "unknown   never: " in audit.text()
    assert "asked of nothing, there are no situations that it is about: verdict: " in audit.text()
    assert "reference: 1 property: 1 asked of nothing" == audit.summary()


# -- Every table answers ---------------------------------------------------------------------------


def asked_everywhere(claim: EveryTableClaim, policy: Policy, **options: Any) -> Part:
    return claim.check(CheckContext(policy=policy, source=policy.name, **options))


def with_table(name: str, **changes: Any) -> Policy:
    """`reference` with one table changed, as loading it from files would refuse."""
    policy = load_policy("reference")
    table: Table = attrs.evolve(policy.tables[name], **changes)
    return attrs.evolve(policy, tables={**policy.tables, name: table})


@pytest.mark.parametrize(
    "claim", [EVERY_TABLE_ANSWERS, ANSWERS_ARE_DETERMINISTIC], ids=lambda one: one.about
)
def test_as_many_situations_are_asked_as_verify_covers(
    claim: EveryTableClaim,
) -> None:
    policy = load_policy("reference")
    part = asked_everywhere(claim, policy)

    assert "proven" == part.status
    assert sum(table.situations for table in verify(policy).tables) == part.looked_at


def test_a_table_without_a_last_rule_does_not_answer() -> None:
    rules = load_policy("reference").tables["team_state"].rules
    part = asked_everywhere(EVERY_TABLE_ANSWERS, with_table("team_state", rules=rules[:-1]))

    assert part.counterexample is not None
    assert "team_state has no answer" == part.counterexample.violation
    assert ("no rule",) == part.counterexample.won
    assert part.counterexample.paste.endswith('decides = "nothing"')


def test_a_table_that_raises_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ArithmeticError("no")

    monkeypatch.setattr(Engine, "decide", refuse)
    part = asked_everywhere(EVERY_TABLE_ANSWERS, load_policy("reference"))

    assert part.counterexample is not None
    assert "unreadable raises ArithmeticError: no" == part.counterexample.violation


def test_of_rules_that_compete_under_unique_both_are_named() -> None:
    part = asked_everywhere(ANSWERS_ARE_DETERMINISTIC, with_table("member_state", hit="unique"))

    assert part.counterexample is not None
    assert part.counterexample.violation.endswith(" only one may fire")


def test_an_answer_that_depends_on_what_was_asked_before_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    decide = Engine.decide

    def forgetful(engine: Engine, point: Any, facts: Any, subject: str = "") -> Any:
        asked.append(facts)
        return len(asked) if point.name == "pending" else decide(engine, point, facts, subject)

    monkeypatch.setattr(Engine, "decide", forgetful)
    part = asked_everywhere(ANSWERS_ARE_DETERMINISTIC, load_policy("reference"))

    assert part.counterexample is not None
    assert "pending answers otherwise when asked again" == part.counterexample.violation


def test_tables_of_which_not_all_was_asked_are_not_called_proven() -> None:
    part = asked_everywhere(EVERY_TABLE_ANSWERS, load_policy("reference"), work=200)

    assert "not_all" == part.status
    assert part.unseen > 0


# -- Beside the parent -----------------------------------------------------------------------------

ENDED = ("owner", "phase_kind == 'terminal' or terminal_status is not None", "dead")
"""`reference` refutes that such an owner is never dead, where the phase is not terminal."""

ALSO_TERMINAL = """
policy = "mine"
extends = "reference"

[[tables.owner.rule]]
id = "dead-all-the-same"
before = "bootstrap-ended"
when = "phase_kind == 'terminal' and zombie"
then = { dead = true }
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(ALSO_TERMINAL)
    return path


def test_only_what_is_worse_than_the_parent_counts(mine: Path) -> None:
    worse = settled(str(mine), "never", ENDED, inherited=False)
    both = settled(str(mine), "never", ENDED)

    assert worse.counterexample is not None
    assert both.counterexample is not None
    assert ("phase_kind == 'terminal' and zombie",) == worse.counterexample.when
    assert 2 == len(both.counterexample.when)
    assert worse.inherited > 0 == both.inherited
    assert worse.counterexample.place.endswith("/mine.toml:5:1")


def test_what_is_as_wrong_as_the_parent_is_inherited(mine: Path) -> None:
    mine.write_text(ALSO_TERMINAL.replace("dead = true", "dead = false"))
    audit = audit_policy(
        mine, properties=[Property.never("it", table=ENDED[0], when=ENDED[1], then=ENDED[2])]
    )
    (part,) = audit.of("it").parts

    assert audit
    assert "inherited" == part.status == audit.of("it").status
    assert part.text().startswith(f"inherited, {part.inherited:,} of ")
    assert "mine: 1 property, held against reference: 1 inherited" == audit.summary()
    assert part.counterexample is None


def test_a_policy_without_a_parent_has_nothing_inherited() -> None:
    assert "refuted" == settled("reference", "never", ENDED, inherited=False).status

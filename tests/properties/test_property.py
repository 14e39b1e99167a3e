"""A property is written in a line, and a mistake in it is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchfsm.properties import (
    PROPERTIES,
    TERMINAL_ABSORBS,
    TOTAL,
    Launch,
    Property,
    audit_policy,
)
from launchfsm.testing import TeamFolder

PAGING = Path(__file__).parents[2] / "examples" / "policies" / "paging.toml"
NO_SILENT_FAILURE = Property.never(
    "no-silent-failure",
    table="verdict",
    when="team_state == 'partial_failure'",
    then="severity == 'ok'",
)


def test_a_line_is_enough_to_have_it_proven() -> None:
    audit = audit_policy("reference", properties=[NO_SILENT_FAILURE])

    assert audit
    assert "proven" == audit.of("no-silent-failure").status


def test_without_a_sentence_it_says_its_conditions() -> None:
    said = "verdict: when team_state == 'partial_failure', never severity == 'ok'"

    assert said == NO_SILENT_FAILURE.sentence
    assert "owner: always dead" == Property.always("dead", table="owner", then="dead").sentence
    assert "Said." == Property.never("it", table="owner", then="dead", sentence="Said.").sentence


def test_a_function_says_in_its_docstring_what_it_asks() -> None:
    def quiet(launch: Launch) -> str | None:
        """Nobody is told anything.

        At all.
        """
        return launch.folder.team

    assert "Nobody is told anything." == Property.launches("quiet", quiet).sentence
    assert "unsaid" == Property.launches("unsaid", lambda _: None).sentence


@pytest.mark.parametrize(
    ("table", "when", "then", "told"),
    [
        ("verdict", "team_stat is None", "severity == 'ok'", "(did you mean 'team_state'?)"),
        ("verdict", "team_state ==", "severity == 'ok'", "when `team_state ==`: "),
        ("verdict", "", "severity == 'okay'", "'okay' is none of ok, pending"),
        ("verdict", "", "text == 'fine'", "Property.launches() can look for it"),
        ("owner", "", "reason == 'gone'", "ask `reason is None` or `is not None`"),
        ("verdict", "", " ", "`then` is empty"),
        ("member", "", "events is None", "is always known"),
        ("member", "", "events == 'confirm'", "is a list"),
    ],
)
def test_a_mistake_is_told_when_it_is_written(table: str, when: str, then: str, told: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - what it says is asked below
        Property.never("it", table=table, when=when, then=then)

    assert told in str(raised.value)


def test_a_table_that_the_policy_does_not_have_is_told_by_the_audit() -> None:
    prop = Property.never("it", table="verdikt", then="severity == 'ok'")

    with pytest.raises(ValueError, match=r"no table 'verdikt' \(did you mean 'verdict'\?\)"):
        audit_policy("reference", properties=[prop])


def test_a_policys_own_table_is_asked() -> None:
    never = Property.never("it", table="paging", when="severity == 'ok'", then="page")
    always = Property.always("other", table="paging", when="severity == 'failed'", then="page")
    wrong = Property.never("it", table="paging", then="pag")
    audit = audit_policy(PAGING, properties=[never, always])

    assert ["proven", "refuted"] == [verdict.status for verdict in audit.verdicts]
    with pytest.raises(ValueError, match="did you mean 'page'"):
        audit_policy(PAGING, properties=[wrong])


def test_of_an_own_table_only_what_is_worse_than_the_parent_counts(tmp_path: Path) -> None:
    heir = tmp_path / "heir.toml"
    heir.write_text(f'policy = "heir"\nextends = "{PAGING}"\n')
    always = Property.always("it", table="paging", when="severity == 'failed'", then="page")

    assert "inherited" == audit_policy(heir, properties=[always]).of("it").status


def test_a_property_that_claims_nothing_is_none() -> None:
    with pytest.raises(ValueError, match="claims nothing"):
        Property(name="empty", sentence="", claims=())
    with pytest.raises(ValueError, match="needs a name"):
        Property.never(" ", table="owner", then="dead")


def test_the_shipped_ones_have_names_of_their_own() -> None:
    assert len(PROPERTIES) == len({prop.name for prop in PROPERTIES})
    assert all(prop.sentence for prop in PROPERTIES)


def test_a_single_launch_can_be_held_against_a_property() -> None:
    state = b'{"version": 1, "phase": "creating_team", "terminal": {"status": "completed"}}'
    launch = Launch(folder=TeamFolder(state=state), policy="reference")

    assert ("progress is shown of what ended: Creating team config",) == (
        TERMINAL_ABSORBS.violations(launch)
    )
    assert () == NO_SILENT_FAILURE.violations(launch)


def test_what_is_asked_for_has_to_be_properties() -> None:
    with pytest.raises(TypeError, match=r"'time-never-heals' is no Property; PROPERTIES has"):
        audit_policy("reference", properties=["time-never-heals"])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"write properties=\[total"):
        audit_policy("reference", properties=TOTAL)  # type: ignore[arg-type]


def test_to_ask_for_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nothing would be asked, and anything would pass"):
        audit_policy("reference", properties=[])


def test_two_properties_of_one_name_cannot_be_told_apart() -> None:
    with pytest.raises(ValueError, match="two properties are called 'total'"):
        audit_policy("reference", properties=[TOTAL, TOTAL])

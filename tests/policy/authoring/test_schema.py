from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.policy.authoring.render import policy_toml
from launchfsm.policy.authoring.schema import rule_file_schema

RULES = Path(__file__).parents[3] / "rules"
SHIPPED = sorted(RULES.rglob("*.toml"))


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(rule_file_schema(CATALOGUE))


def test_the_shipped_schema_is_current() -> None:
    """If not: `launchfsm policy schema > rules/rules.schema.json`."""
    assert rule_file_schema(CATALOGUE) == json.loads((RULES / "rules.schema.json").read_text())


def test_the_schema_is_one() -> None:
    some = {name: CATALOGUE[name] for name in ("owner", "verdict", "diagnostics")}
    jsonschema.Draft202012Validator.check_schema(rule_file_schema(some))


def test_every_shipped_file_names_the_schema_and_fits_it(
    validator: jsonschema.Draft202012Validator,
) -> None:
    """A table's file is held against its own definition: trying all of them takes seconds."""
    schema = rule_file_schema(CATALOGUE)
    for file in SHIPPED:
        text = file.read_text()
        document = tomllib.loads(text)
        own = f"{document['table']}-table" if "table" in document else "policy"
        only = {**schema, "oneOf": [{"$ref": f"#/$defs/{own}"}]}

        assert text.startswith("#:schema ../rules.schema.json\n"), file
        validator.evolve(schema=only).validate(document)


@pytest.mark.parametrize("file", ["reference/policy.toml", "default/clearing.toml"])
def test_a_file_is_one_of_what_the_schema_knows(
    file: str, validator: jsonschema.Draft202012Validator
) -> None:
    validator.validate(tomllib.loads((RULES / file).read_text()))


def test_a_policy_in_one_file_fits_it(validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(tomllib.loads(policy_toml("default", catalogue=CATALOGUE)))


@pytest.mark.parametrize("policy", ["paging", "optional"])
def test_a_policy_with_own_tables_fits_it(
    policy: str, validator: jsonschema.Draft202012Validator
) -> None:
    path = RULES.parent / "examples" / "policies" / f"{policy}.toml"
    validator.validate(tomllib.loads(path.read_text()))
    tables = tomllib.loads(policy_toml(path, catalogue=CATALOGUE))["tables"]
    for name in set(tables) - set(CATALOGUE):
        validator.validate({"table": name, **tables[name]})


@pytest.mark.parametrize(
    "document",
    [
        {"table": "ownr"},
        {"table": "owner", "hit": "frist"},
        {"table": "owner", "hit": "collect"},
        {"table": "diagnostics", "hit": "first"},
        {"table": "owner", "rules": []},
        {"table": "owner", "rule": [{"when": "owner == 'dead'"}]},
        {"table": "owner", "rule": [{"id": "a", "then": {"ded": True}}]},
        {"table": "owner", "rule": [{"id": "a", "then": {"dead": "yes"}}]},
        {"table": "owner", "rule": [{"id": "a", "test": [{"facts": {"owner": "deed"}}]}]},
        {"table": "owner", "rule": [{"id": "a", "test": [{"facts": {"state_age": "3 minutes"}}]}]},
        {"table": "owner", "on": "verdict"},
        {"table": "paging", "on": "verdict", "outcome": {"page": {"type": "bool"}}},
        {"table": "paging", "on": "verdict", "outcome": {"page": {"doc": "Whether."}}},
        {"table": "paging", "on": "verdict", "hit": "last"},
        {"policy": "p", "tables": {"paging": {"hit": "first"}}},
        {"policy": 3},
        {"description": "a policy without a name"},
    ],
)
def test_what_the_loader_refuses_for_its_shape_the_schema_refuses_too(
    document: dict[str, Any], validator: jsonschema.Draft202012Validator
) -> None:
    assert not validator.is_valid(document)

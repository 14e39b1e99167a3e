"""A log is what SARIF 2.1.0 and the hosts that show it ask for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, get_args

import jsonschema
import pytest

from launchfsm.engine.types import Location
from launchfsm.policies import load_policy
from launchfsm.policy.analysis import verify
from launchfsm.policy.analysis.verification import FINDING_MEANINGS, FindingCode
from launchfsm.policy.authoring.sarif import SarifResult, location_of, sarif_log
from launchfsm.policy.diagnostics import MEANINGS, Diagnostic, PolicyError

if TYPE_CHECKING:
    from pathlib import Path

_MESSAGE: Final = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
_LOCATION: Final = {
    "type": "object",
    "required": ["artifactLocation", "region"],
    "properties": {
        "artifactLocation": {
            "type": "object",
            "required": ["uri"],
            "properties": {
                # RFC 3986: what may stand in a relative reference or a file URI, and no backslash.
                "uri": {"type": "string", "pattern": r"^[A-Za-z0-9._~:/%!$&'()*+,;=@-]+$"},
                "uriBaseId": {"type": "string"},
            },
            "additionalProperties": False,
        },
        "region": {
            "type": "object",
            "required": ["startLine", "startColumn", "endColumn"],
            "properties": {
                "startLine": {"type": "integer", "minimum": 1},
                "startColumn": {"type": "integer", "minimum": 1},
                "endColumn": {"type": "integer", "minimum": 2},
                "snippet": _MESSAGE,
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
_RULE: Final = {
    "type": "object",
    "required": ["id", "shortDescription", "fullDescription", "help"],
    "properties": {
        "id": {"type": "string", "pattern": "^[a-z0-9-]+$"},
        "shortDescription": _MESSAGE,
        "fullDescription": _MESSAGE,
        "help": _MESSAGE,
        "defaultConfiguration": {
            "type": "object",
            "properties": {"level": {"enum": ["none", "note", "warning", "error"]}},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
_RESULT: Final = {
    "type": "object",
    "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": _MESSAGE,
        "locations": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "required": ["physicalLocation"],
                "properties": {"physicalLocation": _LOCATION},
                "additionalProperties": False,
            },
        },
        "relatedLocations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "physicalLocation", "message"],
                "properties": {
                    "id": {"type": "integer", "minimum": 0},
                    "physicalLocation": _LOCATION,
                    "message": _MESSAGE,
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
ESSENTIALS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "$schema": {"const": "https://json.schemastore.org/sarif-2.1.0.json"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "columnKind", "results"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "semanticVersion", "rules"],
                                "properties": {
                                    "name": {"const": "launchfsm"},
                                    "semanticVersion": {"pattern": r"^\d+\.\d+\.\d+"},
                                    "rules": {"type": "array", "items": _RULE},
                                },
                                "additionalProperties": False,
                            }
                        },
                        "additionalProperties": False,
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": _RESULT},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
"""What of the standard's schema such a log uses, all of it required to be as it says."""


def log_of(*faults: Diagnostic) -> dict[str, Any]:
    return checked(sarif_log(map(SarifResult.of_fault, faults), version="1.2.3"))


def checked(log: dict[str, Any]) -> dict[str, Any]:
    """A log, when it is what the standard asks for."""
    jsonschema.Draft202012Validator(ESSENTIALS).validate(log)
    return log


def physical(log: dict[str, Any]) -> dict[str, Any]:
    place: dict[str, Any] = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    return place


def test_a_policy_without_faults_makes_a_log_without_results() -> None:
    run = log_of()["runs"][0]

    assert [] == run["results"]
    assert [] == run["tool"]["driver"]["rules"]


def test_a_fault_stands_where_it_is_and_names_its_rule() -> None:
    place = Location("mine/owner.toml", 6, 9, 4, "when = \"ownr == 'dead'\"")
    log = log_of(Diagnostic("unknown-fact", "ownr is no fact", place, "$.rule[0].when"))

    assert {
        "artifactLocation": {"uri": "mine/owner.toml", "uriBaseId": "%SRCROOT%"},
        "region": {
            "startLine": 6,
            "startColumn": 9,
            "endColumn": 13,
            "snippet": {"text": "when = \"ownr == 'dead'\""},
        },
    } == physical(log)
    run = log["runs"][0]
    assert "ownr is no fact" == run["results"][0]["message"]["text"]
    assert MEANINGS["unknown-fact"] == run["tool"]["driver"]["rules"][0]["shortDescription"]["text"]


def test_the_second_place_of_a_fault_is_related() -> None:
    fault = Diagnostic(
        "cycle", "in a circle", Location("a.toml", 1), related=Location("b.toml", 2, 3)
    )

    related = log_of(fault)["runs"][0]["results"][0]["relatedLocations"][0]

    assert "b.toml" == related["physicalLocation"]["artifactLocation"]["uri"]
    assert 2 == related["physicalLocation"]["region"]["startLine"]


def test_every_result_points_to_the_rule_of_its_code() -> None:
    run = log_of(*(Diagnostic(code, "message", Location("a.toml", 1)) for code in MEANINGS))[
        "runs"
    ][0]

    rules = run["tool"]["driver"]["rules"]
    assert {*MEANINGS} == {rule["id"] for rule in rules}
    assert all(result["ruleId"] == rules[result["ruleIndex"]]["id"] for result in run["results"])


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("our own/größe.toml", "our%20own/gr%C3%B6%C3%9Fe.toml"),
        ("../a#b?.toml", "../a%23b%3F.toml"),
        (os.fsdecode(b"\xff.toml"), "%FF.toml"),
        ("/tmp/a b.toml", "file:///tmp/a%20b.toml"),  # noqa: S108 - no file is written
    ],
)
def test_a_path_becomes_a_uri(path: str, uri: str) -> None:
    location = physical(log_of(Diagnostic("toml", "message", Location(path, 1))))

    assert uri == location["artifactLocation"]["uri"]
    assert path.startswith("/") is ("uriBaseId" not in location["artifactLocation"])


def test_the_faults_of_a_real_policy_make_a_log(tmp_path: Path) -> None:
    policy = tmp_path / "mine.toml"
    policy.write_text(
        'policy = "mine"\nextends = "reference"\n[tables.owner]\nhti = "first"\n'
        '[[tables.owner.rule]]\nid = "a"\nwhen = "ownr"\nthen = { dead = 1 }\n'
    )
    with pytest.raises(PolicyError) as raised:
        load_policy(policy)

    results = log_of(*raised.value.faults)["runs"][0]["results"]

    assert len(raised.value.faults) == len(results) > 0


def test_the_findings_of_verify_make_a_log(tmp_path: Path) -> None:
    late = '[[tables.owner.rule]]\nid = "late"\nwhen = "zombie"\nthen = { dead = true }\n'
    file = tmp_path / "mine.toml"
    file.write_text(f'policy = "mine"\nextends = "reference"\n{late}')
    results = map(SarifResult.of_finding, verify(load_policy(file)).findings)
    (result,) = checked(sarif_log(results, version="1.2.3"))["runs"][0]["results"]

    assert "unreachable" == result["ruleId"]
    assert result["message"]["text"].startswith("rule 'late' never wins")
    assert "zombie" in result["message"]["text"]
    assert 3 == result["locations"][0]["physicalLocation"]["region"]["startLine"]
    assert set(get_args(FindingCode)) == set(FINDING_MEANINGS)


def test_a_place_that_names_no_line_is_the_top_of_a_file() -> None:
    assert Location("a:b.toml", 3, 4) == location_of("a:b.toml:3:4")
    assert Location("verdict", 1) == location_of("verdict")

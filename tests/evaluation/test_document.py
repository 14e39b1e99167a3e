"""An evaluation as a JSON document: what is in it, and that it fits its schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from launchfsm.evaluation.evaluator import document_schema
from tests.cases.test_cases import cases, evaluator_of
from tests.evaluation.schema import derived_schema

if TYPE_CHECKING:
    from pathlib import Path

VALIDATOR = Draft202012Validator(document_schema())


def test_the_schema_in_the_package_is_that_of_the_results() -> None:
    """If not: `python -m tests.evaluation.schema`."""
    assert derived_schema() == document_schema()


@pytest.mark.parametrize(
    "case", [case for (case,), *_ in (*cases("scenes.jsonl"), *cases("peer.jsonl"))]
)
def test_every_document_fits_the_schema(case: dict[str, Any], tmp_path: Path) -> None:
    document = evaluator_of(tmp_path, case).evaluate(case["team"]).to_dict()

    assert [] == [error.message for error in VALIDATOR.iter_errors(document)]
    assert document == json.loads(json.dumps(document))


def test_an_age_is_an_instant_and_a_distance(tmp_path: Path) -> None:
    (case,) = next(values for values, *_ in cases("scenes.jsonl") if values[0]["id"] == "report-54")

    document = evaluator_of(tmp_path, case).evaluate(case["team"]).to_dict()

    assert {"at": "2026-04-14T10:00:00.000Z", "ms": 60_000} == document["recorded"]

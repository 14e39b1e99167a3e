"""SARIF 2.1.0, an OASIS standard: the log that code hosts show beside the lines it is about."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote

import attrs

from launchfsm.engine.types import Location
from launchfsm.policy.analysis.verification import FINDING_MEANINGS, TableFinding
from launchfsm.policy.diagnostics import MEANINGS, Diagnostic

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"

Level: TypeAlias = Literal["error", "warning", "note"]


@attrs.frozen
class SarifResult:
    """One entry of a log: what is wrong where, and what its code stands for.

    `related` is another place that the message speaks of.
    """

    code: str
    meaning: str
    message: str
    location: Location
    level: Level = "error"
    related: Location | None = None

    @classmethod
    def of_fault(cls, fault: Diagnostic) -> SarifResult:
        """A fault of a rule file, as `policy check` finds it."""
        meaning = MEANINGS[fault.code]
        return cls(fault.code, meaning, fault.message, fault.location, related=fault.related)

    @classmethod
    def of_finding(cls, finding: TableFinding) -> SarifResult:
        """A finding of `policy verify`; an error or a warning."""
        code, message = finding.code, finding.text()[len(finding.place) + 2 :]
        level: Level = "error" if finding.is_error else "warning"
        return cls(code, FINDING_MEANINGS[code], message, location_of(finding.place), level)


def location_of(place: str) -> Location:
    """The location that a text such as `file:line:column` names; of any other, a file's top."""
    file, *numbers = place.rsplit(":", 2)
    if len(numbers) == 2 and all(number.isdecimal() for number in numbers):  # noqa: PLR2004 - both
        return Location(file, int(numbers[0]), int(numbers[1]))
    return Location(place, 1)


def sarif_log(results: Iterable[SarifResult], *, version: str) -> dict[str, Any]:
    """A SARIF log of one run of some version of launchfsm, as JSON has it.

    Without results it clears the annotations of an earlier one.
    """
    results = tuple(results)
    meanings = dict(sorted((result.code, result.meaning) for result in results))
    numbers = {code: number for number, code in enumerate(meanings)}
    rules = [
        {
            "id": code,
            "shortDescription": {"text": meaning},
            "fullDescription": {"text": meaning},
            "help": {"text": f"{meaning} The message says more."},
            "defaultConfiguration": {"level": "error"},
        }
        for code, meaning in meanings.items()
    ]
    run = {
        "tool": {"driver": {"name": "launchfsm", "semanticVersion": version, "rules": rules}},
        # Python counts characters, not UTF-16 units.
        "columnKind": "unicodeCodePoints",
        "results": [_result(result, numbers[result.code]) for result in results],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(found: SarifResult, number: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": number,
        "level": found.level,
        "message": {"text": found.message},
        "locations": [{"physicalLocation": _physical(found.location)}],
    }
    if found.related is not None:
        see = {"text": "The other place that the message speaks of."}
        location = {"id": 1, "physicalLocation": _physical(found.related), "message": see}
        result["relatedLocations"] = [location]
    return result


def _physical(location: Location) -> dict[str, Any]:
    region: dict[str, Any] = {
        "startLine": location.line,
        "startColumn": location.column,
        "endColumn": location.column + max(1, location.length),
    }
    if location.source:
        region["snippet"] = {"text": location.source}
    # A file as a URI: relative to the working folder, which a pipeline has at its checkout.
    uri = quote(os.fsencode(location.file))
    if os.path.isabs(location.file):  # noqa: PTH117 - paths are plain text here
        return {"artifactLocation": {"uri": f"file://{uri}"}, "region": region}
    return {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}, "region": region}

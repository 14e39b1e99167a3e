"""SARIF: the faults of a policy as a log that code hosts show beside the lines they are about.

The format is SARIF 2.1.0, an OASIS standard.

Here: that log. Not here: finding faults (`loading`), or their other forms (`faults`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from launchfsm.policy.fault_codes import MEANINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from launchfsm.engine.types import Location
    from launchfsm.policy.diagnostics import Diagnostic

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif_log(faults: Iterable[Diagnostic], *, version: str) -> dict[str, Any]:
    """A SARIF log of one run, as JSON has it.

    Args:
        faults: What is wrong; none makes a log without results, which clears old annotations.
        version: The version of launchfsm that looked.
    """
    faults = tuple(faults)
    codes = sorted({fault.code for fault in faults})
    driver = {
        "name": "launchfsm",
        "semanticVersion": version,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        # Python counts characters, not UTF-16 units.
        "columnKind": "unicodeCodePoints",
        "results": [_result(fault, codes) for fault in faults],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    meaning = {"text": MEANINGS[code]}
    return {
        "id": code,
        "shortDescription": meaning,
        "fullDescription": meaning,
        "help": {"text": f"{MEANINGS[code]} The message says what to do."},
        "defaultConfiguration": {"level": "error"},
    }


def _result(fault: Diagnostic, codes: Sequence[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": fault.code,
        "ruleIndex": codes.index(fault.code),
        "level": "error",
        "message": {"text": fault.message},
        "locations": [{"physicalLocation": _location(fault.location)}],
    }
    if fault.related is not None:
        see = {"text": "The other location that the message speaks of."}
        location = {"id": 1, "physicalLocation": _location(fault.related), "message": see}
        result["relatedLocations"] = [location]
    return result


def _location(location: Location) -> dict[str, Any]:
    region: dict[str, Any] = {
        "startLine": location.line,
        "startColumn": location.column,
        "endColumn": location.column + max(1, location.length),
    }
    if location.source:
        region["snippet"] = {"text": location.source}
    return {"artifactLocation": _artifact(location.file), "region": region}


def _artifact(path: str) -> dict[str, str]:
    """A file as a URI: relative to the working folder, which a pipeline has at its checkout."""
    uri = quote(os.fsencode(path))
    if os.path.isabs(path):  # noqa: PTH117 - paths are plain text here
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}

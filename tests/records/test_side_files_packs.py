"""A pack of copies that was taken when a launch failed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from launchfsm.records.documents import parse_document
from launchfsm.records.side_files import (
    MANIFEST,
    PACK_NAMES,
    is_pack,
    journal_in_pack,
)


def document(value: object) -> Any:
    return parse_document(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("names", "pack"),
    [
        ({"manifest.json", "launch-state.json"}, True),
        ({"bootstrap-journal.tail.jsonl"}, True),
        ({"bootstrap-lock-metadata.json"}, True),
        ({"bootstrap-journal.jsonl", "manifest.json"}, False),
        ({"bootstrap-state.json", "config.json"}, False),
        (set(), False),
    ],
)
def test_a_pack_is_known_by_its_names(names: set[str], pack: bool) -> None:  # noqa: FBT001 - a table
    assert pack == is_pack(names)


def test_each_file_of_a_team_has_a_name_in_a_pack() -> None:
    assert {
        "bootstrap-state.json": "bootstrap-state.json",
        "launch-state.json": "launch-state.json",
        "bootstrap-journal.jsonl": "bootstrap-journal.tail.jsonl",
        ".bootstrap.lock/metadata.json": "bootstrap-lock-metadata.json",
    } == PACK_NAMES


def test_a_cut_journal_keeps_its_lines() -> None:
    cut = b'[truncated to last 262144 bytes]\n{"a":1}\n'

    assert b'{"a":1}\n' == journal_in_pack(cut)
    assert b'{"a":1}\n' == journal_in_pack(b'{"a":1}\n')
    assert b"" == journal_in_pack(b"[truncated to last 262144 bytes]")


def test_a_manifest_says_whose_pack_it_is() -> None:
    found = MANIFEST.read(document({"version": 1, "teamName": " demo ", "createdAt": 5}))

    assert found is not None
    assert "demo" == found.team_name
    assert ["$.teamName"] == [
        finding.path for finding in MANIFEST.findings(document({"version": 1, "teamName": 5}))
    ]
    assert MANIFEST.read(document([])) is None

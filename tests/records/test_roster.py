"""Who belongs to a team, and whom a name means."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from launchfsm.records.documents import parse_document
from launchfsm.records.roster import (
    CONFIG,
    MEMBERS_META,
    TEAM_META,
    NameIndex,
)

TOKEN = "s3cret-token"  # noqa: S105 - what must never be shown


def document(value: object) -> Any:
    return parse_document(json.dumps(value).encode())


def config(*members: Any, **top: Any) -> Any:
    found = CONFIG.read(document({"members": list(members), **top}))
    assert found is not None
    return found


def test_the_roster_has_the_members_that_have_a_name() -> None:
    found = config({"name": " a "}, {"name": 5}, "b", {}, {"name": "c", "runtimePid": 4.0})

    assert [("a", None), ("c", 4)] == [(one.name, one.runtime_pid) for one in found.members]
    assert CONFIG.read(document({"members": "a"})) == CONFIG.read(document({}))
    assert CONFIG.read(document([])) is None


@pytest.mark.parametrize(
    ("members", "lead"),
    [
        ([{"name": "a"}, {"name": "boss", "agentType": "orchestrator"}], "boss"),
        ([{"name": "a", "agentType": "lead"}, {"name": "team-lead"}], "a"),
        ([{"name": "a"}, {"name": "Team-Lead"}], "Team-Lead"),
        ([{"name": "a", "agentType": "Lead"}], "team-lead"),
        ([], "team-lead"),
    ],
)
def test_the_lead_is_the_first_of_a_leads_type_or_name(members: list[Any], lead: str) -> None:
    assert lead == config(*members).lead_name


@pytest.mark.parametrize(
    ("names", "wanted", "found"),
    [
        (["alice-2", "alice"], "alice", "alice"),
        (["bob", "alice-2"], "alice", "alice-2"),
        (["alice-2", "alice-3"], "alice", None),
        (["alice-1"], "alice", None),
        (["ALICE"], "alice", None),
    ],
)
def test_a_member_is_found_by_its_name_or_as_the_only_numbered_one(
    names: list[str], wanted: str, found: str | None
) -> None:
    member = config(*({"name": name} for name in names)).member(wanted)
    assert found == (None if member is None else member.name)


def test_times_are_read_once() -> None:
    found = config(
        {"name": "a", "bootstrapExpectedAfter": "2026-09-20T10:00:00Z"},
        deletedAt="2026-09-20T10:00:01Z",
        createdAt=5,
    )

    assert 1_789_898_400_000 == found.members[0].bootstrap_expected_after
    assert (1_789_898_401_000, 5) == (found.deleted_at, found.created_at)


def test_a_proof_token_is_never_shown() -> None:
    good = {"members": [{"name": "a", "bootstrapProofToken": TOKEN}]}
    odd = {"members": [{"name": "a", "bootstrapProofToken": {TOKEN: TOKEN}}]}
    found = CONFIG.read(document(good))

    assert found is not None
    assert TOKEN == found.members[0].bootstrap_proof_token
    assert TOKEN not in repr(found)
    (finding,) = CONFIG.findings(document(odd))
    assert "$.members[0].bootstrapProofToken" == finding.path
    assert TOKEN not in finding.text()


def test_each_wrong_field_of_a_roster_is_a_finding_and_null_is_none() -> None:
    value = {
        "createdAt": "x",
        "leadSessionId": None,
        "members": [{"name": "a", "isActive": 1, "model": None, "removedAt": 5}, 3, {}],
    }

    assert [
        "$.createdAt",
        "$.members[0].isActive",
        "$.members[0].removedAt",
        "$.members[1]",
        "$.members[2].name",
    ] == sorted(finding.path for finding in CONFIG.findings(document(value)))
    assert ["$.members"] == [one.path for one in CONFIG.findings(document({"members": {}}))]


def test_of_a_repeated_name_the_last_counts_and_numbered_duplicates_of_the_living_do_not() -> None:
    found = MEMBERS_META.read(
        document(
            {
                "version": 1,
                "members": [
                    {"name": "a", "removedAt": 5},
                    {"name": "a-2"},
                    {"name": "a"},
                    {"name": "b", "removedAt": 5},
                    {"name": "b-2"},
                    {"name": "c-1"},
                    {"name": "c"},
                ],
            }
        )
    )

    assert found is not None
    assert ["a", "b", "b-2", "c-1", "c"] == [one.name for one in found.members]
    assert {"b"} == found.removed


@pytest.mark.parametrize("removed_at", [0, "2026-09-20T10:00:00Z", None, True])
def test_who_is_removed_has_a_number_other_than_0(removed_at: object) -> None:
    found = MEMBERS_META.read(document({"members": [{"name": "a", "removedAt": removed_at}]}))

    assert found is not None
    assert not found.removed


def test_each_wrong_field_of_the_metas_is_a_finding() -> None:
    members = document({"version": 2, "members": [{"name": "a", "removedAt": "now"}]})
    team = document({"version": 1, "createdAt": "now", "cwd": "/x"})

    assert ["$.version", "$.members[0].removedAt"] == [
        finding.path for finding in MEMBERS_META.findings(members)
    ]
    assert ["$.createdAt"] == [finding.path for finding in TEAM_META.findings(team)]
    found = TEAM_META.read(team)
    assert found is not None
    assert "/x" == found.cwd


@pytest.mark.parametrize(
    ("name", "names", "found"),
    [
        ("alice", ["alice", "alice-2"], "alice"),
        ("ALICE ", ["alice"], "alice"),
        ("alice-2", ["alice", "alice-2"], "alice-2"),
        ("alice-2", ["alice", "bob"], "alice"),
        ("alice-12", ["Alice"], "Alice"),
        ("alice-1", ["alice"], None),
        ("alice-02", ["alice"], None),
        ("alice-2", ["alice", "Alice"], None),
        ("alice", ["alice-2"], None),
        ("", ["alice"], None),
    ],
)
def test_a_signature_means_the_same_name_or_the_only_one_that_it_numbers(
    name: str, names: list[str], found: str | None
) -> None:
    assert found == NameIndex(names).resolve(name)


def test_rosters_survive_pickling() -> None:
    found = config({"name": "a", "bootstrapProofToken": TOKEN})
    assert found == pickle.loads(pickle.dumps(found))  # noqa: S301 - our own bytes


def test_rosters_of_thousands_are_searched_at_once() -> None:
    many = [{"name": f"m{number}-2"} for number in range(5_000)]
    found = config(*many)
    meta = MEMBERS_META.read(document({"members": many}))
    index = NameIndex(one["name"] for one in many)

    assert meta is not None
    assert 5_000 == len(meta.members)
    for number in range(5_000):
        assert found.member(f"m{number}") is found.members[number]
        assert f"m{number}-2" == index.resolve(f"M{number}-2")

"""No document makes a reader raise, and no finding is long or unprintable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm.records.documents import Document, document_findings
from launchfsm.records.fields import placed_fields
from launchfsm.records.roster import (
    CONFIG,
    MEMBERS_META,
    TEAM_META,
    ConfigMember,
    MetaMember,
    TeamConfig,
    TeamMeta,
)
from launchfsm.records.side_files import (
    FRESHNESS,
    MANIFEST,
    MESSAGES,
    STOPPED,
    Freshness,
    Manifest,
    Message,
    StopMarker,
    freshness_of,
    marker_findings,
    messages_of,
    stop_marker_of,
)
from launchfsm.testing.strategies import odd_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from launchfsm.records.fields import Finding

LONGEST = 400  # characters of a finding, whatever a file holds

Reads = tuple["Callable[[Document], object]", "Callable[[Document], Iterable[Finding]]", type]

READERS: dict[str, Reads] = {
    "freshness": (
        lambda found: freshness_of(found, "demo"),
        lambda found: marker_findings(FRESHNESS, found, "demo"),
        Freshness,
    ),
    "stop": (
        lambda found: stop_marker_of(found, "demo"),
        lambda found: marker_findings(STOPPED, found, "demo"),
        StopMarker,
    ),
    "config": (CONFIG.read, CONFIG.findings, TeamConfig),
    "config members": (CONFIG.read, CONFIG.findings, ConfigMember),
    "members meta": (MEMBERS_META.read, MEMBERS_META.findings, MetaMember),
    "team meta": (TEAM_META.read, TEAM_META.findings, TeamMeta),
    "inbox": (
        messages_of,
        lambda found: document_findings(found, "inboxes/a.json", MESSAGES),
        Message,
    ),
    "manifest": (MANIFEST.read, MANIFEST.findings, Manifest),
}


@pytest.mark.parametrize("what", READERS)
@settings(max_examples=50)
@given(data=st.data())
def test_no_document_makes_a_reader_raise(what: str, data: st.DataObject) -> None:
    read, findings, cls = READERS[what]
    keys = [place.key for place in placed_fields(cls).values()]
    objects = st.dictionaries(st.sampled_from([*keys, "members"]), odd_values())
    rows = st.lists(objects | odd_values(), max_size=4)
    value: Any = data.draw(
        odd_values() | objects | rows | rows.map(lambda found: {"members": found})
    )

    read(Document(value))
    for finding in findings(Document(value)):
        assert len(finding.text()) <= LONGEST
        assert finding.text().isprintable()

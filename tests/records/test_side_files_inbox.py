"""Messages to a team's lead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from launchfsm.records.documents import document_findings, parse_document
from launchfsm.records.side_files import MESSAGES, inbox_file, messages_of

ROW = {"from": "alice", "text": "hello", "timestamp": "2026-09-20T10:00:00Z"}


def document(value: object) -> Any:
    return parse_document(json.dumps(value).encode())


def test_a_message_has_a_sender_a_text_and_a_timestamp() -> None:
    rows = [ROW, {**ROW, "text": 5}, {**ROW, "from": None}, [ROW], {**ROW, "timestamp": "soon"}]
    found = messages_of(document(rows))

    assert [("alice", 1_789_898_400_000), ("alice", None)] == [
        (one.sender, one.sent_at) for one in found
    ]
    assert () == messages_of(document({"rows": rows}))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"type": "idle_notification", "from": "alice"}', "idle_notification"),
        ('\ufeff {"type": "shutdown_request"}\n', "shutdown_request"),
        ('{"type": 5}', None),
        ('{"type": "idle_notification"', None),
        ('["idle_notification"]', None),
        ("idle_notification", None),
        ("", None),
    ],
)
def test_a_message_that_is_a_json_object_has_a_type(text: str, kind: str | None) -> None:
    (message,) = messages_of(document([{**ROW, "text": text}]))
    assert kind == message.protocol_type


def test_each_wrong_field_of_an_inbox_is_a_finding() -> None:
    rows = [{**ROW, "read": "no", "to": None}, "x"]
    file = inbox_file("team-lead")

    assert [("inboxes/team-lead.json", "$[0].read"), ("inboxes/team-lead.json", "$[1]")] == [
        (one.file, one.path) for one in document_findings(document(rows), file, MESSAGES)
    ]
    assert ["$"] == [one.path for one in document_findings(document({}), file, MESSAGES)]

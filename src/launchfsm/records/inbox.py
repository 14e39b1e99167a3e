"""Messages to a team's lead: `inboxes/<lead>.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import attrs

from launchfsm.ecma.json import JsonError, parse_json_text
from launchfsm.ecma.text import trim
from launchfsm.records.fields import (
    BOOLEAN,
    ISO_TIME,
    TEXT,
    Finding,
    at,
    findings_of,
    reader_of,
    type_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.records.documents import Document

INBOXES: Final = "inboxes"
LARGEST_INBOX: Final = 2_097_152


def inbox_file(name: str) -> str:
    """The path of somebody's inbox below the team's folder; the name must be one path component."""
    return f"{INBOXES}/{name}.json"


@attrs.frozen
class Message:
    """One message of an inbox.

    Attributes:
        sender: Who says that it wrote it, as it is; possibly a numbered name.
        text: What it says.
        sent_at: When it was written, in ms since 1970; `None` when that cannot be read.
        to: Whom it is to.
        message_id: Its own id.
        read: Whether it was read.
    """

    sender: Annotated[str | None, at("from", TEXT)] = None
    text: Annotated[str | None, TEXT] = None
    sent_at: Annotated[int | None, at("timestamp", ISO_TIME)] = None
    to: Annotated[str | None, TEXT] = None
    message_id: Annotated[str | None, TEXT] = None
    read: Annotated[bool | None, BOOLEAN] = None
    source: Annotated[str | None, TEXT] = None
    summary: Annotated[str | None, TEXT] = None

    @property
    def protocol_type(self) -> str | None:
        """The `type` of a message that is a JSON object, such as `idle_notification`."""
        text = trim(self.text or "")
        if not text.startswith("{"):
            return None
        try:
            value = parse_json_text(text)
        except JsonError:
            return None
        return TEXT.read(value.get("type")) if isinstance(value, dict) else None


_read_message = reader_of(Message)


def messages_of(document: Document) -> tuple[Message, ...]:
    """The messages that have a sender, a text and a timestamp, in file order."""
    if not isinstance(document.value, list):
        return ()
    rows = [row for row in document.value if isinstance(row, dict)]
    needed = ("from", "text", "timestamp")
    return tuple(
        [_read_message(row) for row in rows if all(isinstance(row.get(key), str) for key in needed)]
    )


def inbox_findings(document: Document, file: str) -> Iterator[Finding]:
    """What is wrong with an inbox, message by message."""
    if document.fault is not None:
        yield Finding(file, "$", document.detail, "a readable JSON document")
    elif document.value is not None and not isinstance(document.value, list):
        yield type_error(file, "$", document.value, "a list of messages")
    for index, row in enumerate(document.value if isinstance(document.value, list) else ()):
        if isinstance(row, dict):
            yield from findings_of(Message, row, file, f"$[{index}]")
        else:
            yield type_error(file, f"$[{index}]", row, "an object")

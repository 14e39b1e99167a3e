"""Messages to a team's lead: `inboxes/<lead>.json`."""

from __future__ import annotations

from typing import Annotated, Final

import attrs

from launchfsm.ecma.text import trim
from launchfsm.records.documents import Document, object_in
from launchfsm.records.fields import (
    BOOLEAN,
    ISO_TIME,
    TEXT,
    At,
    reader_of,
    rows_of,
)

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
        sent_at: When it was written, in ms since 1970; `None` when that cannot be read.
        read: Whether somebody has read it.
    """

    sender: Annotated[str | None, At("from", TEXT)] = None
    text: Annotated[str | None, TEXT] = None
    sent_at: Annotated[int | None, At("timestamp", ISO_TIME)] = None
    to: Annotated[str | None, TEXT] = None
    message_id: Annotated[str | None, TEXT] = None
    read: Annotated[bool | None, BOOLEAN] = None
    source: Annotated[str | None, TEXT] = None
    summary: Annotated[str | None, TEXT] = None

    @property
    def protocol_type(self) -> str | None:
        """The `type` of a message that is a JSON object, such as `idle_notification`."""
        value = object_in(trim(self.text or ""))
        return None if value is None else TEXT.read(value.get("type"))


MESSAGES: Final = rows_of(Message)
"""An inbox."""

_read_message = reader_of(Message)
_NEEDED: Final = ("from", "text", "timestamp")


def messages_of(document: Document) -> tuple[Message, ...]:
    """The messages that have a sender, a text and a timestamp, in file order."""
    rows = document.value if isinstance(document.value, list) else []
    return tuple(
        [
            _read_message(row)
            for row in rows
            if isinstance(row, dict) and all(isinstance(row.get(key), str) for key in _NEEDED)
        ]
    )

r"""Hostile bytes: what a file may hold when nobody can be trusted to have written it.

Here: JSON documents as bytes in every style that is still the same document, bytes that were JSON
before something happened to them, and bytes that never were. Not here: the documents themselves
(`bootstrap`, `saved`), or what stands in a file's place (`folders`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_TOO_DEEP = 1_100  # levels: past every reader's bound, short enough to be printed
_TOO_LONG = 400  # digits: past every double

_NASTY: tuple[bytes, ...] = (
    b"",
    b" \n",
    b"null",
    b"true",
    b"1",
    b'"text"',
    b"[]",
    b"{}",
    b"\0",
    b"\xff\xfe\xfd",
    b'\xef\xbb\xbf{"version": 1}',
    '{"version": 1}'.encode("utf-16"),
    b'{"version": 1',
    b'{"version": 1}}',
    b'{"version": 1,}',
    b"{'version': 1}",
    b'{"version": NaN}',
    b'{"version": 1, "ownerPid": Infinity}',
    b'{"version": 1, "ownerPid": 1e400, "updatedAt": -1e400, "phase": "creating_team"}',
    b'{"version": 1, "updatedAt": 8640000000000001, "phase": "creating_team"}',
    b'{"version": 1, "ownerPid": ' + b"9" * _TOO_LONG + b', "phase": "creating_team"}',
    b'{"version": 1, "version": 2}',
    b'{"version": 2, "version": 1, "phase": "failed", "phase": "completed"}',
    b'{"version": 1, "runId": "\\ud800", "phase": "creating_team"}',
    b'{"version": 1, "runId": "\xed\xa0\x80", "phase": "creating_team"}',
    b'{"version": 1, "runId": "\\u0000", "teamName": "\\u001b[31m", "phase": "creating_team"}',
    b'{"version": 1, "runId": "\n"}',
    b'{"version": 1, "members": ' + b"[" * _TOO_DEEP + b"]" * _TOO_DEEP + b"}",
    b'{"a":' * _TOO_DEEP,
    b'{"version": 2, "members": {"bob": {"runtimePid": 1e300}}}',
    b'{"pid": 1e400, "runId": "run"}',
    b'{"pid": 4242, "runId": "run", "ownerStartedAt": -8640000000000000}',
)


def hostile_bytes(
    documents: SearchStrategy[Any] | None = None,
) -> SearchStrategy[bytes]:
    """Bytes that are no readable document, or a document that nobody expected.

    Args:
        documents: Documents to damage, among bytes that never were documents.
    """
    strange = st.one_of(st.sampled_from(_NASTY), st.binary(max_size=40))
    return (
        strange
        if documents is None
        else st.one_of(strange, _damaged_bytes(document_bytes(documents)))
    )


def document_bytes(documents: SearchStrategy[Any]) -> SearchStrategy[bytes]:
    """A document as JSON, in one of the styles that all say the same.

    Args:
        documents: The documents to write.
    """
    return _document_bytes(documents)


@st.composite
def _document_bytes(draw: DrawFn, documents: SearchStrategy[Any]) -> bytes:
    document = draw(documents)
    indent, space = draw(st.sampled_from(((None, ""), (1, "\n"), (None, " \t\r\n"))))
    if draw(st.booleans()):
        document = _reversed(document)
    text = json.dumps(document, ensure_ascii=False, indent=indent) + space
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate can only be written escaped
        return json.dumps(document, indent=indent).encode()


def _reversed(value: Any) -> Any:
    """The same document with the keys of every object the other way round."""
    if isinstance(value, dict):
        return {key: _reversed(item) for key, item in reversed(value.items())}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


@st.composite
def _damaged_bytes(draw: DrawFn, written: SearchStrategy[bytes]) -> bytes:
    data = draw(written)
    at = draw(st.integers(0, len(data)))
    match draw(st.sampled_from(("cut", "replaced", "inserted", "doubled"))):
        case "cut":
            return data[:at]
        case "replaced":
            return data[:at] + draw(st.binary(min_size=1, max_size=1)) + data[at + 1 :]
        case "inserted":
            return data[:at] + draw(st.binary(min_size=1, max_size=4)) + data[at:]
        case _:
            return data + data

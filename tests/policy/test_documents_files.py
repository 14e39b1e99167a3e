"""Whatever stands where a rule file should, it is read or it is a fault, and never a wait."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.policy.diagnostics import Diagnostics
from launchfsm.policy.documents import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from launchfsm.policy.diagnostics import Diagnostic
    from launchfsm.policy.locations import RuleFile


def read(path: Path) -> tuple[RuleFile, dict[str, Any] | None, list[Diagnostic]]:
    faults = Diagnostics()
    file, raw = read_file(path, "shown.toml", faults)
    return file, None if raw is None else raw.value, list(faults.told())


def test_a_file_is_read_with_what_it_says_and_where(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes('a = "é"\r\nb = 1\r\n'.encode())

    file, raw, faults = read(path)

    assert ({"a": "é", "b": 1}, []) == (raw, faults)
    assert ("shown.toml:2:1", "b = 1") == (file.key(("b",)).text(), file.key(("b",)).source)
    assert "shown.toml:2:5" == file.value(("b",)).text()


BAD: list[tuple[str, bytes, str, str]] = [
    # what is wrong, the bytes, where, what is said
    ("no value", b'a = 1\nb = \nc = "x"\n', "2:5", "this is not TOML: Invalid value [toml]"),
    ("a key twice", b"a = 1\na = 2\n", "2:6", "this is not TOML: Cannot overwrite a value"),
    ("a text not closed", b'a = "x\n', "1:5", 'begins here is never closed; write " where it'),
    ("a literal not closed", b"a = '''\nb = 'x\n", "1:5", "never closed; write ''' where it ends"),
    ("a key not closed", b'a = 1\n"b = 1\n', "2:1", 'is never closed; write " where it ends'),
    ("behind a closed one", b'a = ["x", "y]', "1:11", 'is never closed; write " where it ends'),
    ("a comment's quote", b'# it"s\na = 1 "', "2:7", "Expected newline or end of document"),
    (
        "closed too soon",
        b'a = "b == "c""\n',
        "1:12",
        "a text ends at the next quote of its own kind",
    ),
    ("a list not closed", b"a = [1,\n\n", "1:8", "this is not TOML: Invalid value"),
    ("a table twice", b"[a]\n[a]\n", "2:3", "this is not TOML: Cannot declare ('a',) twice"),
    ("a bare CR", b"a = 1\rb = 2\n", "1:6", "this is not TOML: "),
    ("a NUL", b'a = "\x00"\n', "1:6", "this is not TOML: Illegal character '\\x00'"),
    ("a mark", b"\xef\xbb\xbfa = 1\n", "1:1", "starts with a byte-order mark; save the file as"),
    ("a date that is none", b"a = 2023-02-30\n", "1:5", "this is not TOML: Invalid date"),
    ("an endless number", b"a = " + b"9" * 5000, "1:1", "this is not TOML: Exceeds the limit"),
    ("endless lists", b"a = " + b"[" * 9000, "1:1", "this is not TOML: it nests too deep"),
    ("Latin-1", "a = 1\nb = 'é'\n".encode("latin-1"), "2:6", "byte 0xe9 is no UTF-8 here; save"),
    ("Latin-1 behind é", b"b = '\xc3\xa9\xe9'\n", "1:7", "byte 0xe9 is no UTF-8 here"),
    ("UTF-16", "a = 1\n".encode("utf-16"), "1:1", "byte 0xff is no UTF-8 here"),
    ("a surrogate", b"a = '\xed\xa0\x80'\n", "1:6", "byte 0xed is no UTF-8 here"),
]


@pytest.mark.parametrize(
    ("data", "place", "said"), [row[1:] for row in BAD], ids=[r[0] for r in BAD]
)
def test_what_is_no_toml_is_told_where_it_stands(
    data: bytes, place: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(data)

    _, raw, (fault,) = read(path)

    assert raw is None
    assert f"shown.toml:{place}" == fault.location.text()
    assert said in fault.text()
    assert fault.location.source in data.decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("stands", "said"),
    [
        ("nothing", "the file cannot be read: there is no such file"),
        ("a folder", "the file cannot be read: it is a folder"),
        ("a fifo", "the file cannot be read: it is a FIFO"),
        ("a link to nothing", "the file cannot be read: there is no such file"),
        ("a link to itself", "the file cannot be read: "),
        ("a name too long", "the file cannot be read: File name too long"),
    ],
)
def test_what_is_no_file_is_told(stands: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    if stands == "a folder":
        path.mkdir()
    elif stands == "a fifo":
        os.mkfifo(path)
    elif stands == "a link to nothing":
        path.symlink_to("gone")
    elif stands == "a link to itself":
        path.symlink_to(path)
    elif stands == "a name too long":
        path = tmp_path / f"{'x' * 5000}.toml"

    file, raw, (fault,) = read(path)

    assert (None, "") == (raw, file.text)
    assert ("unreadable", "shown.toml:1:1") == (fault.code, fault.location.text())
    assert fault.message.startswith(said)


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("a = 1")
    (tmp_path / "x.toml").symlink_to("real.toml")

    assert {"a": 1} == read(tmp_path / "x.toml")[1]


def test_a_file_that_may_not_be_read_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Said by a double: whoever runs the tests may be allowed to read everything."""
    path = tmp_path / "x.toml"
    path.write_text("a = 1")
    real = os.open

    def refuse(name: str, *given: Any, **named: Any) -> int:
        if str(name).endswith("x.toml"):
            raise PermissionError(13, "Permission denied")
        return real(name, *given, **named)

    monkeypatch.setattr(os, "open", refuse)

    assert ["the file cannot be read: Permission denied"] == [
        fault.message for fault in read(path)[2]
    ]


def test_what_a_file_is_needed_for_is_told_with_it(tmp_path: Path) -> None:
    faults = Diagnostics()
    read_file(tmp_path / "x.toml", "shown.toml", faults, needed="without it nothing goes")

    assert faults.told()[0].message.endswith("; without it nothing goes")

"""Reading back: the end of a file, or the error that kept it from being read."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from launchfsm.launcher.reading import read_end
from launchfsm.system.files import FILE_SYSTEM
from launchfsm.testing import FaultyFileSystem, InjectedFault

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("limit", "expected"), [(0, b""), (1, b"9"), (9, b"123456789"), (10, b"0123456789")]
)
def test_the_last_bytes_are_returned_with_the_size_of_the_whole(
    tmp_path: Path, limit: int, expected: bytes
) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")

    found = read_end(str(tmp_path / "file"), limit, filesystem=FILE_SYSTEM)

    assert (expected, 10) == found


@pytest.mark.parametrize(
    ("kind", "code"),
    [("fifo", errno.EINVAL), ("link", errno.ELOOP), ("folder", errno.EINVAL), ("", errno.ENOENT)],
)
def test_what_is_no_regular_file_is_an_error_at_once(tmp_path: Path, kind: str, code: int) -> None:
    path = tmp_path / "thing"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(tmp_path)
    elif kind == "folder":
        path.mkdir()

    with pytest.raises(OSError, match="thing") as caught:
        read_end(str(path), 10, filesystem=FILE_SYSTEM)

    assert (code, str(path)) == (caught.value.errno, caught.value.filename)


@pytest.mark.parametrize("method", ["open", "fstat", "pread", "close"])
def test_whichever_call_fails_no_descriptor_is_lost(tmp_path: Path, method: str) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    filesystem = FaultyFileSystem(InjectedFault(errno.EIO, method=method))  # type: ignore[arg-type]  # a parameter
    try:
        found = read_end(str(tmp_path / "file"), 3, filesystem=filesystem)
    except OSError as error:
        assert (errno.EIO, str(tmp_path / "file")) == (error.errno, error.filename)  # noqa: PT017 - it need not fail
    else:
        assert ("close", (b"789", 10)) == (method, found)  # nothing depended on it
    for call in filesystem.calls:
        if call.method == "open" and call.result is not None:
            with pytest.raises(OSError, match="Bad file descriptor"):
                os.fstat(call.result)

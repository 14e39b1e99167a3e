"""Files and folders to test with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A regular file of ten bytes."""
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the examples of one property may share."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture
def _quick_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the disk where only the order of calls matters."""
    monkeypatch.setattr(os, "fsync", lambda _: None)

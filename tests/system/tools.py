"""What the tests of files and folders share."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launchfsm.system.files import (
    ReadProblem,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest


def open_descriptors() -> int:
    return len(names(Path("/proc/self/fd")))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def outcome(found: bytes | ReadProblem) -> str:
    return found.outcome if isinstance(found, ReadProblem) else "read"


def before(
    monkeypatch: pytest.MonkeyPatch, name: str, *actions: Callable[[], object] | None
) -> list[int]:
    """Run the n-th action before the n-th call of ``os.name``; return a list, one item a call."""
    real = getattr(os, name)
    calls: list[int] = []

    def hooked(*arguments: Any, **keywords: Any) -> Any:
        calls.append(1)
        if len(calls) <= len(actions) and (action := actions[len(calls) - 1]) is not None:
            action()
        return real(*arguments, **keywords)

    monkeypatch.setattr(os, name, hooked)
    return calls


def fail(code: int) -> Callable[[], object]:
    def action() -> object:
        raise OSError(code, os.strerror(code))

    return action


@contextmanager
def running(code: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program that prints a line once it is under way; end it with the block."""
    lines = code.strip("\n").splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    program = "\n".join(line[indent:] for line in lines)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert "\n" == process.stdout.readline()
            yield process
        finally:
            process.kill()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up root's licence to open everything, where we have it."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def limited(what: int, most: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(what, (soft, hard))

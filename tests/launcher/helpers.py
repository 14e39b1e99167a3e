"""What several of the launcher's tests need: processes of their own, and claims on locks."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import evolve

from launchfsm.launcher.lock import BootstrapLock
from launchfsm.records.lock import LockRecord, this_process
from launchfsm.system.processes import SystemProcesses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SYSTEM = SystemProcesses()


def claim(run_id: str = "run-1") -> LockRecord:
    return this_process(
        run_id, owner_started_at=1_700_000_000_000, created_at=1_700_000_000_500, processes=SYSTEM
    )


def dead_holder() -> LockRecord:
    """A holder of this place whose pid is another process by now: this one."""
    return evolve(claim("dead"), since_boot=1)


@contextmanager
def python(code: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a child that talks over its standard streams, and is gone after the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


HOLD = """
import sys
from tests.launcher.helpers import claim
from launchfsm.launcher.lock import BootstrapLock
lock = BootstrapLock.take(sys.argv[1], lambda: claim("held"))
print("held", flush=True)
for line in sys.stdin:
    lock.release()
    print("released", flush=True)
"""


@contextmanager
def holding_process(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a child that holds the lock, releases it on a line of input, and dies at the end."""
    with python(HOLD, str(folder)) as process:
        assert line_of(process) == b"held\n"
        yield process


def line_of(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    return process.stdout.readline()


def tell(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(line)
    process.stdin.flush()


def end_unreaped(process: subprocess.Popen[bytes]) -> None:
    """End a child and wait until it has, leaving it a zombie."""
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


def take(folder: Path, run_id: str = "run-1", **arguments: object) -> BootstrapLock:
    return BootstrapLock.take(str(folder), lambda: claim(run_id), **arguments)  # type: ignore[arg-type]  # passed on

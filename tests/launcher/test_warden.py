"""The warden: it ends the groups that are left when its launcher is gone, and no others."""

from __future__ import annotations

import io
import os
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from launchfsm.launcher.warden import Warden, watch_over

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def group(command: str = "cat") -> Iterator[subprocess.Popen[bytes]]:
    """A process group that lives until its input ends, or it is ended."""
    process = subprocess.Popen(
        ["sh", "-c", command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        yield process


def test_groups_that_are_left_are_ended_and_those_that_were_let_go_are_not() -> None:
    with group() as left, group() as let_go:
        told = f"+{left.pid}\n+{let_go.pid}\n-{let_go.pid}\n"

        watch_over(io.BytesIO(told.encode()), grace=0)

        assert left.wait() in {-signal.SIGTERM, -signal.SIGKILL}
        assert let_go.poll() is None


def test_a_group_that_ignores_sigterm_is_killed() -> None:
    with group("trap '' TERM; echo ready; cat") as stubborn:
        assert stubborn.stdout is not None
        assert stubborn.stdout.readline() == b"ready\n"

        watch_over(io.BytesIO(f"+{stubborn.pid}\n".encode()), grace=0.05)

        assert stubborn.wait(60) == -signal.SIGKILL


@pytest.mark.parametrize("line", [b"", b"\n", b"+\n", b"+x\n", b"nonsense\n", b"+2147483647\n"])
def test_what_makes_no_sense_ends_nobody(line: bytes) -> None:
    with group() as bystander:
        watch_over(io.BytesIO(line), grace=0)

        assert bystander.poll() is None


def test_a_warden_that_is_dismissed_ends_nobody_it_was_told_to_forget() -> None:
    warden = Warden(grace=0)
    with group() as let_go, group() as left:
        warden.add(let_go.pid)
        warden.add(left.pid)
        warden.remove(let_go.pid)

        warden.dismiss()

        assert left.wait() < 0
        assert let_go.poll() is None
    warden.dismiss()


def test_a_warden_that_was_ended_by_somebody_is_no_reason_to_fail() -> None:
    warden = Warden(grace=0)
    warden._process.kill()
    warden._process.wait()

    warden.add(os.getpid())
    warden.remove(os.getpid())
    warden.dismiss()

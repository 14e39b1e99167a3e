"""Signals that end a process: its run is canceled by name, and the process ends as it should."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from launchfsm.launcher import BootstrapRun, find_lock
from launchfsm.launcher.signals import SignalExit
from tests.launcher.helpers import line_of, python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def heard_signals() -> Iterator[None]:
    """Children hear SIGHUP also where the tests themselves ignore it, as under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


PLAIN = """
import sys, time
from launchfsm.launcher import BootstrapRun
with BootstrapRun(sys.argv[1], "demo", members=["a"]) as run:
    run.enter("loading_existing_state")
    print("ready", flush=True)
    time.sleep(600)
"""

ASYNCIO = """
import asyncio, sys
from launchfsm.launcher import BootstrapRun
async def main():
    with BootstrapRun(sys.argv[1], "demo", members=["a"]) as run:
        run.enter("loading_existing_state")
        print("ready", flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""

ASYNC_WITH = ASYNCIO.replace("    with", "    async with")

NESTED = """
import sys, time
from launchfsm.launcher import BootstrapRun
with BootstrapRun(sys.argv[1], "other"), BootstrapRun(sys.argv[1], "demo") as run:
    run.enter("loading_existing_state")
    print("ready", flush=True)
    time.sleep(600)
"""


def how_it_ended(root: Path, team: str = "demo") -> tuple[str, str | None]:
    lines = (root / team / "bootstrap-journal.jsonl").read_text().splitlines()
    (terminal,) = [line for line in map(json.loads, lines) if line["type"] == "terminal"]
    assert find_lock(str(root / team)) is None
    return terminal["status"], terminal.get("reason")


@pytest.mark.parametrize(
    ("code", "name"),
    [(PLAIN, "SIGTERM"), (PLAIN, "SIGHUP"), (ASYNC_WITH, "SIGTERM"), (NESTED, "SIGHUP")],
    ids=["plain, SIGTERM", "plain, SIGHUP", "async with", "nested"],
)
def test_a_run_whose_process_is_told_to_end_is_canceled(
    tmp_path: Path, code: str, name: str
) -> None:
    number = getattr(signal, name)
    with python(code, str(tmp_path)) as process:
        assert line_of(process) == b"ready\n"
        process.send_signal(number)
        assert process.wait(60) == 128 + number

    assert how_it_ended(tmp_path) == ("canceled", f"ended by {name}")
    if code == NESTED:
        assert how_it_ended(tmp_path, "other") == ("canceled", f"ended by {name}")


@pytest.mark.parametrize(
    "code", [PLAIN, ASYNCIO, ASYNC_WITH, NESTED], ids=["plain", "asyncio", "async with", "nested"]
)
def test_a_run_that_is_interrupted_is_canceled(tmp_path: Path, code: str) -> None:
    with python(code, str(tmp_path)) as process:
        assert line_of(process) == b"ready\n"
        process.send_signal(signal.SIGINT)
        process.wait(60)

    assert how_it_ended(tmp_path) == ("canceled", "ended by SIGINT")


def test_in_an_event_loop_what_was_under_way_is_ended_in_order(tmp_path: Path) -> None:
    """An exception out of the handler would end the callback in which the signal comes."""
    code = """
import asyncio, os, signal, sys
from launchfsm.launcher import BootstrapRun
async def main():
    done = asyncio.get_running_loop().create_future()
    def callback():
        os.kill(os.getpid(), signal.SIGTERM)
        done.set_result("done")
    async with BootstrapRun(sys.argv[1], "demo"):
        asyncio.get_running_loop().call_soon(callback)
        try:
            await asyncio.sleep(600)
        finally:
            print(await done, flush=True)
asyncio.run(main())
"""
    with python(code, str(tmp_path)) as process:
        assert line_of(process) == b"done\n"
        assert process.wait(60) == 128 + signal.SIGTERM

    assert how_it_ended(tmp_path) == ("canceled", "ended by SIGTERM")


def test_a_second_signal_does_not_wait_for_a_task_that_goes_on(tmp_path: Path) -> None:
    code = """
import asyncio, sys
from launchfsm.launcher import BootstrapRun
async def main():
    async with BootstrapRun(sys.argv[1], "demo"):
        try:
            print("ready", flush=True)
            await asyncio.sleep(600)
        finally:
            print("ending", flush=True)
            await asyncio.sleep(600)
asyncio.run(main())
"""
    with python(code, str(tmp_path)) as process:
        for line in (b"ready\n", b"ending\n"):
            assert line_of(process) == line
            process.send_signal(signal.SIGHUP)
        assert process.wait(60) == 128 + signal.SIGHUP

    assert how_it_ended(tmp_path) == ("canceled", "ended by SIGHUP")


@pytest.fixture
def handlers() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    assert before == {number: signal.getsignal(number) for number in before}


@pytest.mark.usefixtures("handlers")
def test_after_the_block_the_signals_are_as_they_were(tmp_path: Path) -> None:
    with BootstrapRun(tmp_path, "demo"):
        assert callable(signal.getsignal(signal.SIGTERM))


@pytest.mark.usefixtures("handlers")
def test_who_handles_a_signal_keeps_it(tmp_path: Path) -> None:
    came = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        with BootstrapRun(tmp_path, "demo"):
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert came == [signal.SIGTERM]
    assert how_it_ended(tmp_path)[0] == "failed"


@pytest.mark.usefixtures("handlers")
def test_runs_that_are_left_in_another_order_leave_the_signals_as_they_were(tmp_path: Path) -> None:
    first, second = (BootstrapRun(tmp_path, name) for name in ("first", "demo"))
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    with pytest.raises(SignalExit) as caught:
        os.kill(os.getpid(), signal.SIGTERM)
    second.__exit__(SignalExit, caught.value, None)

    assert how_it_ended(tmp_path, "first")[0] == "failed"
    assert how_it_ended(tmp_path) == ("canceled", "ended by SIGTERM")


@pytest.mark.usefixtures("handlers")
def test_any_handler_is_called(tmp_path: Path) -> None:
    class Handler:
        __hash__ = None  # type: ignore[assignment]  # so that it is in no set

        def __call__(self, number: int, _: object) -> None:
            came.append(number)

    came: list[int] = []
    handler = Handler()
    before = signal.signal(signal.SIGHUP, handler)
    try:
        with BootstrapRun(tmp_path, "demo"):
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is handler
    finally:
        signal.signal(signal.SIGHUP, before)

    assert came == [signal.SIGHUP]


@pytest.mark.usefixtures("handlers")
def test_a_handler_that_was_installed_inside_of_the_block_stays(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def another(*_: object) -> None:
        raise AssertionError

    with BootstrapRun(tmp_path, "demo"):
        signal.signal(signal.SIGTERM, another)

    assert signal.signal(signal.SIGTERM, before) is another


class ShutdownError(Exception):
    """What a launcher's own handler raises."""


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize(
    ("error", "by"),
    [(ShutdownError, "SIGTERM"), (asyncio.CancelledError, "SIGTERM"), (OSError, None)],
)
def test_a_signal_is_named_when_it_is_why_the_block_is_left(
    tmp_path: Path, error: type[BaseException], by: str | None
) -> None:
    """An error that only comes later is not the signal's; that a task is canceled may be."""

    def end(*_: object) -> None:
        if error is ShutdownError:
            raise error

    before = signal.signal(signal.SIGTERM, end)
    try:
        with pytest.raises(error), BootstrapRun(tmp_path, "demo"):  # noqa: PT012 - as it happens
            os.kill(os.getpid(), signal.SIGTERM)
            raise error
    finally:
        signal.signal(signal.SIGTERM, before)

    expected = ("failed", "OSError") if by is None else ("canceled", f"ended by {by}")
    assert how_it_ended(tmp_path) == expected


@pytest.mark.usefixtures("handlers")
def test_a_run_in_another_thread_handles_none(tmp_path: Path) -> None:
    found, before = [], signal.getsignal(signal.SIGTERM)

    def launch() -> None:
        with BootstrapRun(tmp_path, "demo"):
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=launch)
    thread.start()
    thread.join()

    assert found == [before]


@pytest.mark.parametrize("how", ["plain", "asyncio"])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_while_the_beginning_is_written_waits_for_it(
    tmp_path: Path, name: str, how: str
) -> None:
    code = """
import asyncio, os, signal, sys
from launchfsm.launcher import BootstrapRun
from launchfsm.system.files import FileSystem
number = getattr(signal, sys.argv[2])
class Telling(FileSystem):
    told = False
    def rename(self, source, target, **inside):
        super().rename(source, target, **inside)
        if not self.told:  # the lock is in place, and nothing else is
            self.told = True
            os.kill(os.getpid(), number)
def launch():
    with BootstrapRun(sys.argv[1], "demo", filesystem=Telling()):
        print("inside")
async def launch_in_loop():
    async with BootstrapRun(sys.argv[1], "demo", filesystem=Telling()):
        await asyncio.sleep(600)
        print("inside")
if sys.argv[3] == "plain":
    launch()
else:
    asyncio.run(launch_in_loop())
"""
    with python(code, str(tmp_path), name, how) as process:
        assert line_of(process) == b""
        status = process.wait(60)

    assert status == (-signal.SIGINT if name == "SIGINT" else 128 + signal.SIGTERM)
    assert how_it_ended(tmp_path) == ("canceled", f"ended by {name}")


def test_a_signal_while_the_end_is_written_waits_for_it(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from launchfsm.launcher import BootstrapRun
from launchfsm.system.files import FileSystem
class Telling(FileSystem):
    def fsync(self, descriptor):
        if sys.argv[2:]:
            os.kill(os.getpid(), signal.SIGTERM)
with BootstrapRun(sys.argv[1], "demo", filesystem=Telling()) as run:
    sys.argv.append("now")
"""
    with python(code, str(tmp_path)) as process:
        assert process.wait(60) == -signal.SIGTERM

    assert how_it_ended(tmp_path)[0] == "failed"


def test_a_forked_child_dies_of_a_signal_as_any_process(tmp_path: Path) -> None:
    with BootstrapRun(tmp_path, "demo"):
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert status == -signal.SIGTERM
    assert how_it_ended(tmp_path)[0] == "failed"

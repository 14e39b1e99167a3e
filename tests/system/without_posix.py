"""A machine that is not POSIX, as far as Python shows it: `python -m tests.system.without_posix`.

Runs pytest with the given arguments after taking away what Windows lacks, and giving what remains
the habits that it has there: `os.kill` ends processes, folders cannot be opened, there is no
`/proc`. Paths keep their slashes. Libraries are imported before, as they are not what is tested.
"""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
import time
from types import SimpleNamespace
from typing import Any, NoReturn

ABSENT = {
    os: (
        "O_NOFOLLOW O_DIRECTORY O_NONBLOCK O_CLOEXEC O_NOCTTY O_SYNC O_DSYNC fork fchmod fchown"
        " fchdir pread pwrite uname sysconf getuid geteuid getgid getegid getpgid getpgrp getsid"
        " setsid killpg waitid wait nice sched_getaffinity register_at_fork posix_fadvise"
        " posix_fallocate sync statvfs chown lchown ttyname ctermid"
    ),
    signal: "SIGHUP SIGKILL SIGPIPE SIGCHLD SIGALRM SIGUSR1 SIGUSR2 SIGSTOP SIGCONT SIGWINCH"
    " SIGQUIT SIGTSTP pthread_sigmask pthread_kill sigwait setitimer alarm siginterrupt",
    time: "CLOCK_BOOTTIME CLOCK_MONOTONIC clock_gettime clock_gettime_ns",
}
MODULES = ("fcntl", "resource", "pwd", "grp", "syslog")

_EVERY = 12
"""Of how many conformance cases one is run: the others are read alike."""


def take_posix_away() -> None:
    """Change `os` and its like for the rest of this process."""
    importlib.import_module("shutil")  # from Python 3.12 on it looks at sys.platform
    for name in ("psutil", "psutil._pslinux", "psutil._psposix"):  # it has ways of its own there
        setattr(importlib.import_module(name), "os", SimpleNamespace(**vars(os)))  # noqa: B010 - no module declares it
    for module, names in ABSENT.items():
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]  # so that importing it fails
    for functions in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
        functions.clear()
    os.O_BINARY = 0  # type: ignore[attr-defined]  # on Windows it is there, and something
    sys.platform = "win32"
    real = {name: getattr(os, name) for name in ("open", "lstat", "stat", "scandir", "readlink")}

    def plain(name: str) -> Any:
        def call(path: Any, *arguments: Any, dir_fd: int | None = None, **more: Any) -> Any:
            if dir_fd is not None or (isinstance(path, int) and name != "stat"):
                raise NotImplementedError(f"os.{name} takes plain paths on this system")
            if isinstance(path, str) and path.startswith("/proc/"):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            if name == "open" and os.path.isdir(path):  # noqa: PTH112 - a text, as told
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            return real[name](path, *arguments, **more)

        return call

    for name in real:
        setattr(os, name, plain(name))

    def kill(pid: int, number: int) -> NoReturn:
        raise AssertionError(f"on Windows this ends the process {pid}, whatever {number} is")

    os.kill = kill

    def lack(*_: object) -> NoReturn:
        import pytest  # noqa: PLC0415 - after what it needs is there

        pytest.skip("there is no such thing on this system")

    setattr(os, "mkfifo", lack)  # noqa: B010 - for the type checker
    setattr(os, "mknod", lack)  # noqa: B010 - likewise


def main() -> int:
    """Run pytest on such a machine."""
    import asyncio  # noqa: F401, PLC0415
    import concurrent.futures.process  # noqa: F401, PLC0415
    import multiprocessing  # noqa: F401, PLC0415
    import pty  # noqa: F401, PLC0415
    import subprocess  # noqa: F401, PLC0415
    import tempfile  # noqa: F401, PLC0415

    # Its plugins are imported with it, and ours reads records; it is registered below.
    os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"
    import click  # noqa: F401, PLC0415
    import hypothesis.internal.conjecture.engine  # noqa: F401, PLC0415
    import pytest  # noqa: PLC0415
    import rich.console  # noqa: F401, PLC0415

    class Fake:
        def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
            cases = [item for item in items if "conformance" in str(item.path)]
            others = [item for item in items if item not in cases]
            items[:] = [*cases[::_EVERY], *others]

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionstart(self) -> None:
            early = [name for name in sys.modules if name.startswith("launchfsm.system")]
            assert not early, f"imported before POSIX is taken away: {early}"
            take_posix_away()
            from launchfsm.testing.hypothesis_plugin import register  # noqa: PLC0415 - now

            register()

    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # hypothesis is there already
    return int(pytest.main([*options, *sys.argv[1:]], [Fake()]))


if __name__ == "__main__":
    sys.exit(main())

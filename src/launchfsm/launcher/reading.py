"""Reading back: what a writer has to know of its team's files, where an error is an error.

`read_bounded` of `launchfsm.system.files` says of every failure that there are no bytes, which is right
for whoever judges. A writer must not take "too many open files" for a lock that is gone, nor for
one whose owner cannot be known.

Here: the end of a regular file. Not here: what it means.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from launchfsm.system.files import FileSystem

# O_NONBLOCK: a FIFO or a device must not make the reader wait.
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_end(path: str, limit: int, *, filesystem: FileSystem) -> tuple[bytes, int]:
    """Return the last bytes of a file, at most ``limit`` of them, and the size of the whole.

    Raises:
        OSError: It could not be read; ``EINVAL`` when it is no regular file, and ``ELOOP`` when it
            is a symbolic link.
    """
    descriptor = filesystem.open(path, _READ)
    try:
        return _read(descriptor, limit, filesystem)
    except OSError as error:
        error.filename = path
        raise
    finally:
        with suppress(OSError):  # nothing was written through it, so nothing can be lost here
            filesystem.close(descriptor)


def _read(descriptor: int, limit: int, filesystem: FileSystem) -> tuple[bytes, int]:
    status = filesystem.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    start = max(0, status.st_size - limit)
    return filesystem.pread(descriptor, limit, start), status.st_size

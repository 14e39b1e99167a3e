"""The lock: what its metadata says, and whether the process that holds it is provably gone.

Theory of operation. A pid alone proves nothing: after a restart, and in time without one, another
process gets it. So a holder also writes down its host, the boot, its namespaces, and how long
after the boot it began, which together name one process for good. From there:

- *another host*, or a pid of another namespace, cannot be looked at from here: unprovable;
- *another boot* of this host ended every process of the boot before: dead;
- *no such pid*: dead. A zombie has ended too, and only its parent has not taken note;
- *the pid is there, but began at another moment*: that is another process, the holder is dead;
- *the pid is there and began when the holder did*: alive.

Where the metadata lacks what a step needs, the answer is unprovable. A clone of this machine that
shares its disk and its host name looks like an earlier boot: give clones names of their own.
"""

from __future__ import annotations

import os
from typing import Annotated, Any, Final, Literal, TypeAlias

import attrs

from launchfsm.records.documents import LARGEST_LOCK, LOCK_FILE, RecordFile
from launchfsm.records.fields import (
    ABOVE_0,
    FINITE,
    NON_BLANK,
    TEXT,
    TRIMMED,
    At,
    needed,
    placed_fields,
    reader_of,
)
from launchfsm.system.processes import Place, Processes, ProcessIdentity

Standing: TypeAlias = Literal["alive", "dead", "unprovable"]
"""Whether a lock's holder is known to live, known to be gone, or neither."""

_SHOWN = 80  # characters of a text from a lock


@attrs.frozen
class LockRecord:
    """The metadata of a lock (§8, §13 of the specification), and what proves who wrote it.

    Attributes:
        pid: The process that holds the lock.
        run_id: The run that it holds it for.
        request_hash: What was asked for, as a hash.
        owner_started_at: When that run began, in ms since 1970.
        created_at: When the lock was taken, in ms since 1970.
        nonce: What tells this taking of the lock from every other.
        since_boot: When the process began, in ms after the boot.
        boot_id: The boot of the machine `host` that the pid and the start count in.
        namespaces: The namespaces that both count in, where the system has them.
    """

    pid: Annotated[float | None, needed(ABOVE_0)] = None
    run_id: Annotated[str | None, needed(TRIMMED)] = None
    request_hash: Annotated[str | None, TEXT] = None
    owner_started_at: Annotated[float | None, FINITE] = None
    created_at: Annotated[float | None, FINITE] = None
    nonce: Annotated[str | None, NON_BLANK] = None
    since_boot: Annotated[float | None, At("ownerSinceBoot", FINITE)] = None
    boot_id: Annotated[str | None, NON_BLANK] = None
    host: Annotated[str | None, NON_BLANK] = None
    namespaces: Annotated[str | None, NON_BLANK] = None

    def document(self) -> dict[str, Any]:
        """Return the JSON object of the metadata; what is not known is left out."""
        values = {
            place.key: getattr(self, name) for name, place in placed_fields(LockRecord).items()
        }
        return {key: value for key, value in values.items() if value is not None}


read_lock = reader_of(LockRecord)
"""Read the JSON object of a metadata file; a field of another type is as if it were absent."""

LOCK: Final = RecordFile(LOCK_FILE, LARGEST_LOCK, LockRecord)
"""The lock; usable with a pid above 0 and a run's id (§8)."""


@attrs.frozen
class Elsewhere:
    """In what a lock was taken at another place than this one; `None` is not known.

    A lock that names namespaces was taken in others where this system does not tell its own: its
    pid proves nothing here.
    """

    host: bool | None = None
    boot: bool | None = None
    namespace: bool | None = None

    @classmethod
    def of(cls, lock: LockRecord, here: Place) -> Elsewhere:
        """Compare what a lock says of its place with this one."""
        unknown = None in {lock.boot_id, here.boot_id}
        return cls(
            host=None if lock.host is None else lock.host != here.host,
            boot=None if unknown else lock.boot_id != here.boot_id,
            namespace=None if lock.namespaces is None else lock.namespaces != here.namespaces,
        )


def this_process(
    run_id: str,
    *,
    request_hash: str | None = None,
    owner_started_at: int,
    created_at: int,
    processes: Processes,
) -> LockRecord:
    """Return the metadata with which the calling process takes a lock, under a nonce of its own.

    Times are in ms since 1970; `processes` are asked when this process began.
    """
    place, pid = Place.here(), os.getpid()
    identity = processes.identify(pid)
    return LockRecord(
        pid=pid,
        run_id=run_id,
        request_hash=request_hash,
        owner_started_at=owner_started_at,
        created_at=created_at,
        nonce=os.urandom(16).hex(),
        since_boot=None if identity is None else identity.since_boot,
        boot_id=place.boot_id,
        host=place.host,
        namespaces=place.namespaces,
    )


@attrs.frozen
class HolderVerdict:
    """Whether a holder lives, and in a sentence what was seen."""

    standing: Standing
    reason: str


def is_replaced(
    lock: LockRecord, identity: ProcessIdentity | None, other: Elsewhere
) -> bool | None:
    """Say whether the process that has a lock's pid is another one than the lock's owner.

    Exact starts are compared, counted from the boot; no wall clock is asked. `identity` is that of
    the process that has the pid, `other` in what the lock was taken elsewhere. `None` when it
    cannot be known.
    """
    if other.boot is None:
        return None
    if other.boot:  # another boot of this host, or just another host
        return True if other.host is False else None
    if other.namespace is True:
        return None
    if identity is None or identity.since_boot is None or lock.since_boot is None:
        return None
    return identity.since_boot != lock.since_boot


def judge_holder(holder: LockRecord, *, here: Place, processes: Processes) -> HolderVerdict:
    """Say whether the process that wrote a lock's metadata is provably alive, or provably dead."""
    if holder.pid is None or holder.host is None:
        return HolderVerdict("unprovable", "its metadata does not say which process of which host")
    other = Elsewhere.of(holder, here)
    if other.host:
        reason = f"it was taken on the host {escaped(holder.host)}, and this is {here.host!r}"
        return HolderVerdict("unprovable", reason)
    if other.boot:
        return HolderVerdict("dead", f"the host {here.host!r} was started again since")
    if other.namespace:
        return HolderVerdict("unprovable", "its pid is of another namespace, as of a container")
    evidence = processes.check(holder.pid)
    if evidence.liveness == "unknown" or evidence.basis == "impossible_pid":
        return HolderVerdict("unprovable", evidence.text())
    if evidence.liveness == "dead":
        return HolderVerdict("dead", evidence.text())
    identity, pid = processes.identify(holder.pid), f"pid {holder.pid:.0f}"
    if identity is not None and identity.zombie:
        return HolderVerdict("dead", f"{pid} has ended, and its parent has not taken note")
    replaced = is_replaced(holder, identity, other)
    if replaced is None:
        reason = f"{evidence.text()}, but whether it is still the same process is unknown"
        return HolderVerdict("unprovable", reason)
    if replaced:
        return HolderVerdict("dead", f"{pid} is another process by now")
    return HolderVerdict("alive", evidence.text())


def escaped(text: str) -> str:
    """Return a text from a lock, cut and escaped, so that an error can say it."""
    return ascii(text[:_SHOWN]) + ("…" if len(text) > _SHOWN else "")

"""Loading: a policy by name or path, with all that it extends, checked as a whole.

Here: the order of events, from files to a `Policy`, and every fault of it raised at once.
Not here: each step (`finding`, `documents`, `merging`, `checking`).
"""

from __future__ import annotations

import functools
import os
from importlib.resources.abc import Traversable
from pathlib import Path

import attrs

from launchfsm.decisions import POINTS
from launchfsm.policy.checking import check_table
from launchfsm.policy.documents import (
    PolicyDocument,
    RuleFile,
    TableFileDocument,
    read_file,
    structure,
)
from launchfsm.policy.faults import Fault, Place, PolicyError
from launchfsm.policy.finding import PolicyNotFoundError, find_policy, is_shipped
from launchfsm.policy.kinds import did_you_mean
from launchfsm.policy.merging import MergedTable, TableSource, inherited, lay_over
from launchfsm.policy.rules import Policy

_POLICY_FILE = "policy.toml"


@attrs.frozen
class PolicySource:
    """One policy's own files, read but not merged.

    Attributes:
        document: What `policy.toml` says.
        tables: Its tables, or its changes to inherited ones.
        file: The file that holds `policy.toml`'s keys.
        place: The folder or file that the policy is.
    """

    document: PolicyDocument
    tables: tuple[TableSource, ...]
    file: RuleFile
    place: Traversable


@attrs.frozen
class MergedPolicy:
    """A policy laid over those that it extends, not yet checked.

    Attributes:
        sources: The policies, the loaded one first.
        tables: By name.
    """

    sources: tuple[PolicySource, ...]
    tables: dict[str, MergedTable]


def load_policy(policy: str | os.PathLike[str]) -> Policy:
    """Load a policy by name or path.

    Args:
        policy: A shipped or installed policy's name, or the path of a folder or file.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: It has faults; all of them are listed, each with its place.
    """
    if isinstance(policy, str) and is_shipped(policy):
        return _load_shipped(policy)
    return _load(policy)


@functools.cache
def _load_shipped(name: str) -> Policy:
    """Shipped policies do not change while a process runs: they are loaded once."""
    return _load(name)


def _load(policy: str | os.PathLike[str]) -> Policy:
    faults: list[Fault] = []
    merged = merge_policy(policy, faults)
    checked = check_policy(merged, faults)
    if checked is None or faults:
        raise PolicyError(faults)
    return checked


def merge_policy(policy: str | os.PathLike[str], faults: list[Fault]) -> MergedPolicy:
    """Read a policy and everything it extends, and lay them over one another.

    Raises:
        PolicyNotFoundError: There is no such policy.
    """
    sources = _read_chain(find_policy(policy), faults)
    tables: dict[str, MergedTable] = {}
    for source in reversed(sources):
        changed = {table.name: table for table in source.tables}
        tables = {
            name: lay_over(base, changed.pop(name), faults) if name in changed else inherited(base)
            for name, base in tables.items()
        }
        for name, table in changed.items():
            tables[name] = lay_over(None, table, faults)
    return MergedPolicy(tuple(sources), tables)


def check_policy(merged: MergedPolicy, faults: list[Fault]) -> Policy | None:
    """Check a merged policy; `None` when it has faults, which are all added to `faults`."""
    tables = {}
    for name, point in POINTS.items():
        table = merged.tables.get(name)
        if table is not None:
            tables[name] = check_table(table, point, faults)
        elif not faults:
            message = f"the policy has no table {name!r}; extend `default` or write it"
            faults.append(Fault("missing-table", message, merged.sources[0].file.key("$")))
    if faults:
        return None
    document = merged.sources[0].document
    return Policy(
        document.policy,
        document.description,
        tuple(source.document.policy for source in merged.sources),
        {name: table for name, table in tables.items() if table is not None},
    )


def _read_chain(place: Traversable, faults: list[Fault]) -> list[PolicySource]:
    """The policy at `place`, then the one it extends, and so on to the last."""
    chain: list[PolicySource] = []
    while True:
        source = _read_source(place, faults)
        if source is None:
            return chain
        chain.append(source)
        wanted = source.document.extends
        if wanted is None:
            return chain
        folder = place if place.is_dir() else Path(str(place)).parent
        try:
            place = find_policy(wanted, beside=folder)
        except PolicyNotFoundError as error:
            value = source.file.value("$.extends")
            faults.append(Fault("unknown-policy", str(error), value, "$.extends"))
            return chain
        if (known := _already(place, chain)) is not None:
            loop = " -> ".join([*(link.document.policy for link in chain), wanted])
            message = f"policies extend one another in a circle: {loop}"
            value, related = source.file.value("$.extends"), known.file.key("$.policy")
            faults.append(Fault("cycle", message, value, "$.extends", related))
            return chain


def _already(place: Traversable, chain: list[PolicySource]) -> PolicySource | None:
    wanted = _identity(place)
    return next((source for source in chain if _identity(source.place) == wanted), None)


def _identity(place: Traversable) -> str:
    return str(place.resolve()) if isinstance(place, Path) else str(place)


def _read_source(place: Traversable, faults: list[Fault]) -> PolicySource | None:
    """One policy's own files; `None` when even its `policy.toml` cannot be used."""
    shown = _shown(place)
    head = place / _POLICY_FILE if place.is_dir() else place
    head_shown = f"{shown}/{_POLICY_FILE}" if place.is_dir() else shown
    if not head.is_file():
        message = f'a policy folder needs a {_POLICY_FILE} that says `policy = "name"`'
        faults.append(Fault("unreadable", message, Place(head_shown, 1)))
        return None
    file, raw = read_file(head, head_shown, faults)
    if not raw and faults:
        return None
    document = structure(PolicyDocument, raw, file, faults)
    if document is None:
        return None
    sources = [
        TableSource(name, table, file, f"$.tables.{name}", document.policy)
        for name, table in document.tables.items()
    ]
    if place.is_dir():
        sources += _table_files(place, shown, document.policy, faults)
    return PolicySource(document, _known_tables(sources, faults), file, place)


def _table_files(
    folder: Traversable, shown: str, origin: str, faults: list[Fault]
) -> list[TableSource]:
    sources = []
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name == _POLICY_FILE or not item.name.endswith(".toml"):
            continue
        before = len(faults)
        file, raw = read_file(item, f"{shown}/{item.name}", faults)
        if len(faults) > before:
            continue
        document = structure(TableFileDocument, raw, file, faults)
        if document is not None:
            sources.append(TableSource(document.table, document, file, "$", origin))
    return sources


def _known_tables(sources: list[TableSource], faults: list[Fault]) -> tuple[TableSource, ...]:
    """The tables that answer a decision point, each once; the others are faults."""
    known: dict[str, TableSource] = {}
    for source in sources:
        key = "$.table" if source.path == "$" else source.path
        if source.name not in POINTS:
            message = (
                f"no decision point is named {source.name!r}{did_you_mean(source.name, POINTS)}; "
                f"there are: {', '.join(POINTS)}"
            )
            faults.append(Fault("unknown-table", message, source.file.value(key), key))
        elif source.name in known:
            other = known[source.name].file.key(known[source.name].path)
            message = f"table {source.name!r} is in this policy twice; put its rules in one place"
            faults.append(Fault("duplicate-table", message, source.file.value(key), key, other))
        else:
            known[source.name] = source
    return tuple(known.values())


def _shown(place: Traversable) -> str:
    """A place as messages name it: as short as the working folder allows."""
    text = str(place)
    try:
        return os.path.relpath(text) if len(os.path.relpath(text)) < len(text) else text
    except (OSError, ValueError):
        return text


__all__ = ["MergedPolicy", "PolicyNotFoundError", "check_policy", "load_policy", "merge_policy"]

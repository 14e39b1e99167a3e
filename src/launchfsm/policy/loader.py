"""Loading: a policy by name or path, with all that it extends, checked as a whole.

Here: the order of events, from files to a `Policy`, and every fault of it raised at once.
Not here: each step (`finding`, `rule_files`, `documents`, `merging`, `checking`).
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import attrs

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.table import Policy
from launchfsm.engine.text import did_you_mean
from launchfsm.engine.types import Location
from launchfsm.policy.checker import check_table
from launchfsm.policy.diagnostics import Diagnostic, PolicyError
from launchfsm.policy.discovery import PolicyNotFoundError, find_policy, folder_of, is_shipped
from launchfsm.policy.documents import PolicyDocument, TableFileDocument, read_document
from launchfsm.policy.overlay import (
    Located,
    MergedTable,
    TableSource,
    inherited,
    naming,
    overlay,
)
from launchfsm.policy.rule_files import RuleFile, read_file

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable  # noqa: TC004 - 10 ms, for an annotation that nobody reads

PolicyLike: TypeAlias = str | os.PathLike[str] | Policy
"""A policy, its name, or its path."""

_POLICY_FILE = "policy.toml"
_NEEDED = f'a policy folder has a {_POLICY_FILE} that says `policy = "its name"`'


@attrs.frozen
class PolicySource:
    """One policy's own files, read but not merged.

    Attributes:
        document: What `policy.toml` says.
        tables: Its tables, or its changes to inherited ones.
        file: The file that holds `policy.toml`'s keys.
        place: The folder or file that the policy is.
        whole: Whether all of its files could be read.
    """

    document: PolicyDocument
    tables: tuple[TableSource, ...]
    file: RuleFile
    place: Traversable
    whole: bool

    def written(self, key: str) -> Located:
        """A key of `policy.toml`."""
        return Located(None, self.file, (key,))


@attrs.frozen
class MergedPolicy:
    """A policy laid over those that it extends, not yet checked.

    Attributes:
        sources: The policies, the loaded one first.
        tables: By name.
        whole: Whether all their files could be read.
    """

    sources: tuple[PolicySource, ...]
    tables: dict[str, MergedTable]
    whole: bool


def load_policy(policy: PolicyLike) -> Policy:
    """Load a policy by name or path; a loaded one is itself.

    Args:
        policy: A shipped or installed policy's name, the path of a folder or file, or a policy that
            is loaded already.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: It has faults; all of them are listed, each with its place.
    """
    if isinstance(policy, Policy):
        return policy
    if isinstance(policy, str) and is_shipped(policy):
        return _load_shipped(policy)
    return _load(policy)


@functools.cache
def _load_shipped(name: str) -> Policy:
    """Shipped policies do not change while a process runs: they are loaded once."""
    return _load(name)


def _load(policy: str | os.PathLike[str]) -> Policy:
    faults: list[Diagnostic] = []
    merged = merge_policy(policy, faults)
    checked = check_policy(merged, faults)
    if checked is None or faults:
        raise PolicyError(faults)
    return checked


def merge_policy(policy: str | os.PathLike[str], faults: list[Diagnostic]) -> MergedPolicy:
    """Read a policy and everything it extends, and lay them over one another.

    Args:
        policy: A name, or the path of a folder or file.
        faults: What is wrong is added here.

    Raises:
        PolicyNotFoundError: There is no such policy.
    """
    sources, whole = _read_chain(find_policy(policy), faults)
    tables: dict[str, MergedTable] = {}
    for source in reversed(sources):
        tables = {name: inherited(table) for name, table in tables.items()}
        for table in source.tables:
            tables[table.name] = overlay(tables.get(table.name), table, faults, whole=whole)
        whole = whole and source.whole
    return MergedPolicy(tuple(sources), tables, whole)


def check_policy(merged: MergedPolicy, faults: list[Diagnostic]) -> Policy | None:
    """Check a merged policy; `None` when it has faults, which are all added to `faults`."""
    tables = {}
    for name, point in CATALOGUE.items():
        if name in merged.tables:
            tables[name] = check_table(merged.tables[name], point, faults)
    missing = [name for name in CATALOGUE if name not in merged.tables]
    if missing and merged.whole:
        message = f"the policy has no table {', '.join(missing)}; extend 'default' or write it"
        faults.append(merged.sources[0].written("policy").key_fault("missing-table", message))
    if faults:
        return None
    document = merged.sources[0].document
    lineage = tuple(source.document.policy for source in merged.sources)
    known = {name: table for name, table in tables.items() if table is not None}
    return Policy(document.policy, document.description, lineage, known)


# -- The chain of policies -------------------------------------------------------------------------


def _read_chain(place: Traversable, faults: list[Diagnostic]) -> tuple[list[PolicySource], bool]:
    """The policy at a place, then the one it extends, and so on; and whether the last was found."""
    chain: list[PolicySource] = []
    found: Traversable | None = place
    while found is not None:
        source = _read_source(found, faults)
        if source is None:
            return chain, False
        _named_apart(source, chain, faults)
        chain.append(source)
        if source.document.extends is None:
            return chain, True
        found = _extended(chain, source.document.extends, faults)
    return chain, False


def _extended(
    chain: list[PolicySource], wanted: str, faults: list[Diagnostic]
) -> Traversable | None:
    """Where the policy stands that the last of a chain extends."""
    source = chain[-1]
    written = source.written("extends")
    try:
        place = find_policy(wanted, beside=folder_of(source.place))
    except PolicyNotFoundError as error:
        faults.append(written.fault("unknown-policy", str(error)))
        return None
    for known in chain:
        if _identity(known.place) == _identity(place):
            loop = " -> ".join(repr(link.document.policy) for link in chain)
            message = f"policies extend one another in a circle: {loop} -> {wanted!r}"
            faults.append(written.fault("cycle", message, other=known.written("policy")))
            return None
    return place


def _named_apart(source: PolicySource, chain: list[PolicySource], faults: list[Diagnostic]) -> None:
    """Explanations name the policy that a rule is from: two of one name could not be told apart."""
    for known in chain:
        if known.document.policy == source.document.policy:
            message = f"the policy that this one extends is named {source.document.policy!r}, too"
            other = source.written("policy")
            faults.append(known.written("policy").fault("duplicate-policy", message, other=other))


def _identity(place: Traversable) -> str:
    return os.path.realpath(place) if isinstance(place, Path) else str(place)


# -- One policy's files ----------------------------------------------------------------------------


def _read_source(place: Traversable, faults: list[Diagnostic]) -> PolicySource | None:
    """One policy's own files; `None` when even its `policy.toml` cannot be used."""
    before = len(faults)
    shown, is_folder = _shown(place), place.is_dir()
    head, head_shown = (
        (place / _POLICY_FILE, f"{shown}/{_POLICY_FILE}") if is_folder else (place, shown)
    )
    file, raw = read_file(head, head_shown, faults, needed=_NEEDED if is_folder else "")
    document = None if raw is None else read_document(PolicyDocument, raw, file, faults)
    if document is None:
        return None
    whole = len(faults) == before
    origin = document.policy
    sources = [
        TableSource(name, table, file, origin, whole) for name, table in document.tables.items()
    ]
    if is_folder:
        sources += _table_files(place, shown, origin, faults)
    tables = _known_tables(sources, faults)
    return PolicySource(document, tables, file, place, len(faults) == before)


def _table_files(
    folder: Traversable, shown: str, origin: str, faults: list[Diagnostic]
) -> list[TableSource]:
    """The tables of a folder's files; hidden ones are an editor's, not the author's."""
    try:
        items = sorted(folder.iterdir(), key=lambda item: item.name)
    except OSError as error:
        message = f"the folder cannot be read: {error.strerror or error}"
        faults.append(Diagnostic("unreadable", message, Location(shown, 1)))
        return []
    sources = []
    for item in items:
        is_rule_file = item.name.endswith(".toml") and not item.name.startswith(".")
        if is_rule_file and item.name != _POLICY_FILE:
            before = len(faults)
            file, raw = read_file(item, f"{shown}/{item.name}", faults)
            document = None if raw is None else read_document(TableFileDocument, raw, file, faults)
            if document is not None:
                whole = len(faults) == before
                sources.append(TableSource(document.table, document, file, origin, whole))
    return sources


def _known_tables(sources: list[TableSource], faults: list[Diagnostic]) -> tuple[TableSource, ...]:
    """The tables that answer a decision point, each once; the others are faults."""
    known: dict[str, TableSource] = {}
    for source in sources:
        named = naming(source.head)
        if source.name not in CATALOGUE:
            message = (
                f"no decision point is named {source.name!r}{did_you_mean(source.name, CATALOGUE)}; "
                f"there are: {', '.join(CATALOGUE)}"
            )
            faults.append(named.fault("unknown-table", message))
        elif source.name in known:
            message = f"table {source.name!r} is in this policy twice; put its rules in one place"
            other = known[source.name].head
            faults.append(named.fault("duplicate-table", message, other=other))
        else:
            known[source.name] = source
    return tuple(known.values())


def _shown(place: Traversable) -> str:
    """A place as messages name it: as short as the working folder allows."""
    text = str(place)
    try:
        return min(os.path.relpath(text), text, key=len)
    except (OSError, ValueError):  # the working folder is gone, or on another drive
        return text


__all__ = ["MergedPolicy", "PolicyNotFoundError", "check_policy", "load_policy", "merge_policy"]

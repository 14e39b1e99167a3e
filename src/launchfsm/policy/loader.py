"""Loader: a policy by name or path, with all that it extends, checked as a whole."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs

from launchfsm.engine.decision import Decision
from launchfsm.engine.table import Policy
from launchfsm.engine.text import choices, listing, quoted, short, show
from launchfsm.engine.types import Location
from launchfsm.errors import LaunchfsmError
from launchfsm.policy.checker import check_tables
from launchfsm.policy.diagnostics import Diagnostic, Diagnostics, TooManyFaultsError
from launchfsm.policy.discovery import PolicyNotFoundError, find_policy, is_path
from launchfsm.policy.documents import POLICY, TABLE_FILE, Located, read_document, read_file
from launchfsm.policy.locations import RuleFile
from launchfsm.policy.overlay import MergedTable, inherited, naming, overlay, unfit
from launchfsm.policy.own_tables import own_decisions

PolicyLike: TypeAlias = str | os.PathLike[str] | Policy
"""A policy, its name, or its path."""

Catalogue: TypeAlias = Mapping[str, Decision[Any, Any]]
"""The decisions that a policy answers, by name."""

MOST_BYTES: Final = 8 * 1024 * 1024
"""The most that the files of a policy and of all that it extends add up to, in characters."""

MOST_RULES: Final = 20_000
"""The most rules that a policy has and changes, those of what it extends included."""

MOST_FILES: Final = 200
"""The most rule files in a policy's folder."""

MOST_ENTRIES: Final = 10_000
"""The most entries of a policy's folder, rule files or not."""

MOST_PARENTS: Final = 16
"""The longest chain of policies that extend one another."""

_POLICY_FILE = "policy.toml"
_NEEDED = f'a policy folder has a {_POLICY_FILE} that says `policy = "its name"`'


def checked_catalogue(catalogue: object) -> Catalogue:
    """A catalogue, when everything that it declares can be used.

    Raises:
        TypeError: It is no mapping of names to decisions, or a field of a decision's facts or
            outcome has a type that rule files cannot write.
        ValueError: A decision stands under another name than its own, or a precondition, a
            postcondition or a sum of one is not about its fields.
    """
    if not isinstance(catalogue, Mapping) or not catalogue:
        raise TypeError(f"a catalogue is a mapping of names to decisions, not {show(catalogue)}")
    for name, decision in catalogue.items():
        if not isinstance(decision, Decision):
            raise TypeError(f"{show(name)} is {show(decision)}, and no Decision")
        if decision.name != name:
            raise ValueError(f"the decision {decision.name!r} stands under the name {show(name)}")
        decision.check()
    return catalogue


@attrs.frozen
class PolicySource:
    """What one policy's own files say: its `policy.toml`, and its tables or changes to tables."""

    name: str
    document: Located
    tables: Mapping[str, Located]
    place: Path


class PolicyChangedError(LaunchfsmError, ValueError):
    """A pickled policy is read where its files have another content."""


@attrs.frozen(eq=False, kw_only=True)
class LoadedPolicy(Policy):
    """A policy that was loaded from files.

    Attributes:
        place: Its name, or its absolute path.
        parent: The absolute path of the policy that it extends.
        texts: The texts of its files, and of those that it extends.
        load: Loads a policy of the same catalogue by name or path; it pickles.
    """

    place: str
    parent: str | None
    texts: tuple[str, ...]
    load: Callable[[str], Policy]

    def __reduce__(self) -> tuple[Any, ...]:
        return load_same, (self.place, self.digest, self.load)

    @functools.cached_property
    def digest(self) -> str:
        """The SHA-256 of all its texts."""
        import hashlib  # noqa: PLC0415 - 1 ms that only those who pickle have to pay

        whole = hashlib.sha256()
        for text in self.texts:
            data = text.encode("utf-8", "surrogatepass")
            whole.update(b"%d:" % len(data) + data)
        return whole.hexdigest()


@functools.lru_cache(maxsize=16)
def load_same(place: str, digest: str, load: Callable[[str], Policy]) -> Policy:
    """The policy that a pickle holds, loaded once; `PolicyChangedError` when its files changed."""
    policy = load(place)
    if isinstance(policy, LoadedPolicy) and policy.digest == digest:
        return policy
    raise PolicyChangedError(
        f"policy {quoted(place)} is not the one that was pickled: its files are different here; "
        "use the same files, and the same version of launchfsm, on both sides"
    )


def load_policy(
    policy: PolicyLike, *, catalogue: Catalogue, again: Callable[[str], Policy] | None = None
) -> Policy:
    """Load a policy by name or path; a loaded one is itself.

    Args:
        policy: A shipped or installed policy's name, the path of a folder or file, or a policy that
            is loaded already.
        catalogue: The decisions that it has to answer.
        again: Loads a policy of the same catalogue where a pickle is read; the catalogue itself is
            pickled when this is not given.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: It has faults; they are listed, each with its place.
    """
    if isinstance(policy, Policy):
        return policy
    place, faults = find_policy(policy), Diagnostics()
    with faults.raised():
        sources, merged = merged_policy(place, catalogue, faults)
        decisions = {**catalogue, **own_decisions(merged, catalogue, faults)}
        tables = check_tables(merged, decisions, faults)
        missing = [name for name in catalogue if name not in merged]
        if missing and sources:
            message = (
                f"the policy has no table {listing(missing)}; extend a policy that has it, "
                "or write it"
            )
            named = sources[0].document.under("policy")
            faults.add(named.key_fault("missing-table", message), "missing")
    first, *others = sources
    documents = (one for source in sources for one in (source.document, *source.tables.values()))
    return LoadedPolicy(
        first.name,
        first.document.said("description", ""),
        tuple(source.name for source in sources),
        tables,
        place=os.path.abspath(policy) if is_path(policy) else os.fspath(policy),  # noqa: PTH100 - text
        parent=os.path.abspath(others[0].place) if others else None,  # noqa: PTH100
        texts=tuple(file.text for file in dict.fromkeys(one.file for one in documents)),
        load=again or functools.partial(load_policy, catalogue=catalogue),
    )


def parent_of(policy: Policy) -> Policy | None:
    """The policy that a loaded one extends, which may be gone by now, or have faults.

    `None` when it extends none, or was built in memory.
    """
    if not isinstance(policy, LoadedPolicy) or policy.parent is None:
        return None
    return policy.load(policy.parent)


def merged_policy(
    place: Path, catalogue: Catalogue, faults: Diagnostics
) -> tuple[tuple[PolicySource, ...], Mapping[str, MergedTable]]:
    """A policy's sources, itself first, and its tables laid over those of all that it extends.

    What conditions say is not checked.
    """
    sources = _Files(faults).chain(place)
    tables: dict[str, MergedTable] = {}
    for source in reversed(sources):
        tables = {name: inherited(table) for name, table in tables.items()}
        for name, head in source.tables.items():
            own = name not in catalogue
            if own and name not in tables and head.get("on") is None:
                message = (
                    f"no decision is named {show(name)}{choices(name, catalogue, 'there are')}; "
                    "a table of your own says after which of them it is asked, as in "
                    '`on = "verdict"`'
                )
                faults.add(naming(head).fault("unknown-table", message))
                continue
            for key in () if own else ("on", "outcome", "show"):
                if head.said(key):
                    message = (
                        f"{name!r} is a decision that is there without this policy, so {key!r} "
                        "cannot be said of it; give a table of your own another name"
                    )
                    faults.of(name).add(head.under(key).key_fault("unknown-key", message))
            tables[name] = overlay(tables.get(name), name, head, source.name, faults)
    return sources, tables


class _Files:
    """Reads the files of a policy, and of those that it extends, within bounds."""

    def __init__(self, faults: Diagnostics) -> None:
        self.faults = faults
        self.characters = 0
        self.rules = 0

    def chain(self, place: Path) -> tuple[PolicySource, ...]:
        """The policy at a place, then the one that it extends, and so on."""
        chain: list[PolicySource] = []
        found: Path | None = place
        extends: Located | None = None
        while found is not None and (source := self._source(found, extends)) is not None:
            for known in chain:  # explanations name a rule's policy: each has its own name
                if known.name == source.name:
                    message = f"the policy that this one extends is named {quoted(known.name)}, too"
                    named, other = (one.document.under("policy") for one in (known, source))
                    self.faults.add(named.fault("duplicate-policy", message, other=other))
            chain.append(source)
            extends = source.document.get("extends")
            found = None if extends is None else self._extended(chain, extends)
        return tuple(chain)

    def _extended(self, chain: list[PolicySource], written: Located) -> Path | None:
        """Where the policy stands that the last of a chain extends."""
        if len(chain) > MOST_PARENTS:
            message = f"a policy has at most {MOST_PARENTS} others behind it, one extending another"
            self.faults.add(written.fault("too-large", message), "unread")
            return None
        last = chain[-1].place
        beside = last if last.is_dir() else last.parent
        try:
            place = find_policy(written.value, beside=beside)
        except PolicyNotFoundError as error:
            self.faults.add(written.fault("unknown-policy", str(error)), "unread")
            return None
        for known in chain:
            if known.place.resolve() == place.resolve():
                loop = " -> ".join(map(quoted, [*(link.name for link in chain), written.value]))
                message = f"policies extend one another in a circle: {loop}"
                other = known.document.under("policy")
                self.faults.add(written.fault("cycle", message, other=other), "unread")
                return None
        return place

    def _source(self, place: Path, extended: Located | None) -> PolicySource | None:
        """What the files of a policy say; `None` when its `policy.toml` cannot be used."""
        shown = _shown(place)
        document = self._head(place, shown, extended)
        if document is None:
            return None
        tables: dict[str, Located] = {}
        others = self._table_files(place, shown) if place.is_dir() else ()
        for name, table in itertools.chain(document.said("tables", {}).items(), others):
            if name in tables:
                message = f"table {quoted(name)} is in this policy twice; put its rules in one"
                fault = naming(table).fault("duplicate-table", message, other=tables[name])
                self.faults.add(fault)
            else:
                self._count(table.file, rules=len(table.said("rule", ())))
                tables[name] = table
        return PolicySource(document.said("policy"), document, tables, place)

    def _head(self, place: Path, shown: str, extended: Located | None) -> Located | None:
        """What a `policy.toml`, or a policy in one file, says.

        `extended` is the `extends` that names it.
        """
        path, needed = place, ""
        if place.is_dir():
            path, shown, needed = place / _POLICY_FILE, f"{shown}/{_POLICY_FILE}", _NEEDED
        faults = self.faults if extended is None else Diagnostics()
        file, raw = read_file(path, shown, faults, needed=needed)
        named = raw.value.get("policy") if raw else None
        if extended is not None and not isinstance(named, str):
            # It is no TOML, or does not say `policy = "…"`. Nothing of it is told: `extends` may
            # name any file, also one that its reader keeps to himself.
            message = f"{short(shown)} is no policy that can be read; check it by itself"
            self.faults.add(extended.fault("no-policy", message), "unread")
            return None
        self._count(file, characters=len(file.text))
        document = raw and read_document(POLICY, raw, self.faults)
        if document is None:
            return None
        if wrong := unfit("policy", document.said("policy")):
            self.faults.add(document.under("policy").fault("policy-name", wrong))
        return document

    def _count(self, file: RuleFile, *, characters: int = 0, rules: int = 0) -> None:
        """Stop where what was read up to a file is over the bounds of the whole policy."""
        self.characters += characters
        self.rules += rules
        if self.characters > MOST_BYTES or self.rules > MOST_RULES:
            message = (
                f"a policy and what it extends have at most {MOST_BYTES} characters and "
                f"{MOST_RULES} rules; behind this file nothing was read"
            )
            self.faults.add(Diagnostic("too-large", message, Location(file.path, 1)), "unread")
            raise TooManyFaultsError

    def _table_files(self, folder: Path, shown: str) -> Iterator[tuple[str, Located]]:
        """The tables of a folder's files, with their names."""
        for item in self._listed(folder, shown):
            file, raw = read_file(item, f"{shown}/{item.name}", self.faults)
            self._count(file, characters=len(file.text))
            named = raw.value.get("table") if raw else None
            faults = self.faults.of(named) if isinstance(named, str) else self.faults
            document = raw and read_document(TABLE_FILE, raw, faults)
            if document is not None:
                yield document.said("table"), document

    def _listed(self, folder: Path, shown: str) -> list[Path]:
        """The rule files of a folder; hidden ones are an editor's, not the author's."""
        try:
            entries = sorted(itertools.islice(folder.iterdir(), MOST_ENTRIES + 1))
        except OSError as error:
            message = f"the folder cannot be read: {error.strerror or error}"
            self.faults.add(Diagnostic("unreadable", message, Location(shown, 1)), "unread")
            return []
        found = [item for item in entries if item.suffix == ".toml" and item.name[0] != "."]
        if len(entries) > MOST_ENTRIES or len(found) > MOST_FILES + 1:
            message = (
                f"a policy's folder has at most {MOST_FILES} rule files and {MOST_ENTRIES} entries"
            )
            self.faults.add(Diagnostic("too-large", message, Location(shown, 1)), "unread")
            return []
        return [item for item in found if item.name != _POLICY_FILE]


def _shown(place: Path) -> str:
    """A place as messages name it: as short as the working folder allows."""
    text = str(place)
    try:
        return min(os.path.relpath(text), text, key=len)
    except (OSError, ValueError):  # the working folder is gone, or on another drive
        return text

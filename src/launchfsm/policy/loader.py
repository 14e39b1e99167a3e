"""Loader: a policy by name or path, with all that it extends, checked as a whole."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from launchfsm.engine.decision import Decision
from launchfsm.engine.table import Policy
from launchfsm.engine.text import did_you_mean, listing, short, show, visible
from launchfsm.engine.types import Location
from launchfsm.errors import LaunchfsmError
from launchfsm.policy.checker import check_table
from launchfsm.policy.diagnostics import (
    Diagnostic,
    Diagnostics,
    PolicyError,
    TooManyFaultsError,
)
from launchfsm.policy.discovery import PolicyNotFoundError, find_policy, folder_of, is_path
from launchfsm.policy.documents import (
    PolicyDocument,
    RuleFile,
    TableFileDocument,
    read_document,
    read_file,
)
from launchfsm.policy.overlay import (
    LONGEST_NAME,
    Located,
    MergedTable,
    TableSource,
    inherited,
    naming,
    overlay,
)
from launchfsm.policy.own_tables import own_decisions

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable  # noqa: TC004 - 10 ms, for an annotation that nobody reads

PolicyLike: TypeAlias = str | os.PathLike[str] | Policy
"""A policy, its name, or its path."""

Catalogue: TypeAlias = Mapping[str, Decision[Any, Any]]
"""The decisions that a policy answers, by name, in the order in which they are asked."""

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

    @property
    def files(self) -> tuple[RuleFile, ...]:
        """All files that were read of it; one that holds several things is there as often."""
        return (self.file, *(table.file for table in self.tables))

    def written(self, key: str) -> Located:
        """A key of `policy.toml`."""
        return Located(None, self.file, (key,))


@attrs.frozen
class MergedPolicy:
    """A policy laid over those that it extends, not yet checked.

    Attributes:
        sources: The policies, the loaded one first.
        tables: By name.
    """

    sources: tuple[PolicySource, ...]
    tables: dict[str, MergedTable]


class PolicyChangedError(LaunchfsmError, ValueError):
    """A pickle needs a policy whose files are others where the pickle is read."""


@attrs.frozen(eq=False)
class PolicyOrigin:
    """What a policy was loaded from.

    Attributes:
        place: Its name, or its absolute path.
        texts: The texts of its files, and of those that it extends.
        load: Loads a policy of the same catalogue by name or path; it pickles.
    """

    place: str
    texts: tuple[str, ...]
    load: Callable[[str], Policy]

    @functools.cached_property
    def digest(self) -> str:
        """The SHA-256 of all its texts."""
        import hashlib  # noqa: PLC0415 - 1 ms that only those who pickle have to pay

        whole = hashlib.sha256()
        for text in self.texts:
            data = text.encode("utf-8", "surrogatepass")
            whole.update(b"%d:" % len(data) + data)
        return whole.hexdigest()

    def pickled(self) -> tuple[Callable[..., Policy], tuple[Any, ...]]:
        """The function that loads the same policy where a pickle is read, and its arguments."""
        return load_same, (self.place, self.digest, self.load)


@functools.lru_cache(maxsize=16)
def load_same(place: str, digest: str, load: Callable[[str], Policy]) -> Policy:
    """The policy that a pickle holds; loaded once in a process.

    Args:
        place: Its name, or its absolute path.
        digest: What its files must add up to.
        load: Loads a policy by name or path.

    Raises:
        PolicyChangedError: The files are others than those of the policy that was pickled.
        PolicyNotFoundError: There is no such policy here.
        PolicyError: It has faults.
    """
    policy = load(place)
    if isinstance(policy.origin, PolicyOrigin) and policy.origin.digest == digest:
        return policy
    raise PolicyChangedError(
        f"policy {place!r} is not the one that was pickled: its files are different here; "
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
    with contextlib.suppress(TooManyFaultsError):
        merged = _merge(place, catalogue, faults)
        loaded = _check(merged, catalogue, faults)
        files = [file for source in merged.sources for file in source.files]
        origin = PolicyOrigin(
            os.path.abspath(policy) if is_path(policy) else os.fspath(policy),  # noqa: PTH100 - text
            tuple([file.text for file in dict.fromkeys(files)]),
            again or functools.partial(load_policy, catalogue=catalogue),
        )
        loaded = attrs.evolve(loaded, origin=origin)
    if told := faults.told():
        raise PolicyError(told)
    return loaded


def parent_of(policy: Policy, *, catalogue: Catalogue) -> Policy | None:
    """The policy that a loaded one extends; `None` when it extends none, or was built in memory.

    Raises:
        PolicyNotFoundError: It is gone.
        PolicyError: It has faults.
    """
    origin = policy.origin
    if not isinstance(origin, PolicyOrigin) or not policy.lineage[1:]:
        return None
    merged = merge_policy(origin.place, catalogue=catalogue)
    return origin.load(str(merged.sources[1].place))


def merge_policy(policy: str | os.PathLike[str], *, catalogue: Catalogue) -> MergedPolicy:
    """A policy laid over everything that it extends; what its conditions say is not checked.

    Args:
        policy: A name, or the path of a folder or file.
        catalogue: The decisions that it has to answer.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: Its files cannot be read or merged.
    """
    place, faults = find_policy(policy), Diagnostics()
    with contextlib.suppress(TooManyFaultsError):
        merged = _merge(place, catalogue, faults)
    if told := faults.told():
        raise PolicyError(told)
    return merged


def _merge(place: Traversable, catalogue: Catalogue, faults: Diagnostics) -> MergedPolicy:
    sources = _Reader(faults).chain(place)
    tables: dict[str, MergedTable] = {}
    for source in reversed(sources):
        tables = {name: inherited(table) for name, table in tables.items()}
        for table in source.tables:
            base = tables.get(table.name)
            if _has_its_keys(table, base, catalogue, faults):
                tables[table.name] = overlay(base, table, faults)
    return MergedPolicy(sources, tables)


def _has_its_keys(
    table: TableSource, base: MergedTable | None, catalogue: Catalogue, faults: Diagnostics
) -> bool:
    """Whether a table answers a decision of the catalogue, or else says what it stands on."""
    named, document = naming(table.head), table.document
    if table.name in catalogue:
        for key in ("on", "outcome", "show"):
            if getattr(document, key):
                message = (
                    f"{table.name!r} is a decision that is there without this policy, so {key!r} "
                    "cannot be said of it; give a table of your own another name"
                )
                faults.of(table.name).add(table.head.under(key).key_fault("unknown-key", message))
        return True
    if base is not None or document.on is not None:
        return True
    message = (
        f"no decision is named {show(table.name)}{did_you_mean(table.name, catalogue)}; "
        f"there are: {listing(catalogue)}; a table of your own says after which of them it is "
        'asked, as in `on = "verdict"`'
    )
    faults.add(named.fault("unknown-table", message))
    return False


def _check(merged: MergedPolicy, catalogue: Catalogue, faults: Diagnostics) -> Policy:
    own = own_decisions(merged.tables, catalogue, faults)
    tables = {
        name: check_table(merged.tables[name], decision, faults)
        for name, decision in {**catalogue, **own}.items()
        if name in merged.tables
    }
    if not merged.sources:
        return Policy("", "", (), tables)
    missing = [name for name in catalogue if name not in merged.tables]
    if missing:
        message = (
            f"the policy has no table {listing(missing)}; extend a policy that has it, or write it"
        )
        fault = merged.sources[0].written("policy").key_fault("missing-table", message)
        faults.add(fault, "missing")
    document = merged.sources[0].document
    lineage = tuple(source.document.policy for source in merged.sources)
    return Policy(document.policy, document.description, lineage, tables)


class _Reader:
    """Reads the files of a policy, and of those that it extends, within bounds."""

    def __init__(self, faults: Diagnostics) -> None:
        self.faults = faults
        self.characters = 0
        self.rules = 0
        self.full = False

    # -- The chain of policies -------------------------------------------------------------------

    def chain(self, place: Traversable) -> tuple[PolicySource, ...]:
        """The policy at a place, then the one that it extends, and so on."""
        chain: list[PolicySource] = []
        found: Traversable | None = place
        while found is not None:
            source = self._source(found, extended_by=chain[-1] if chain else None)
            if source is None:
                break
            self._named_apart(source, chain)
            chain.append(source)
            wanted = source.document.extends
            found = None if wanted is None else self._extended(chain, wanted)
        return tuple(chain)

    def _extended(self, chain: list[PolicySource], wanted: str) -> Traversable | None:
        """Where the policy stands that the last of a chain extends."""
        source = chain[-1]
        written = source.written("extends")
        if len(chain) > MOST_PARENTS:
            message = f"a policy has at most {MOST_PARENTS} others behind it, one extending another"
            self.faults.add(written.fault("too-large", message), "unread")
            return None
        try:
            place = find_policy(wanted, beside=folder_of(source.place))
        except PolicyNotFoundError as error:
            self.faults.add(written.fault("unknown-policy", str(error)), "unread")
            return None
        for known in chain:
            if _identity(known.place) == _identity(place):
                loop = " -> ".join(repr(link.document.policy) for link in chain)
                message = f"policies extend one another in a circle: {loop} -> {show(wanted)}"
                fault = written.fault("cycle", message, other=known.written("policy"))
                self.faults.add(fault, "unread")
                return None
        return place

    def _named_apart(self, source: PolicySource, chain: list[PolicySource]) -> None:
        """Explanations name a rule's policy: two of one name could not be told apart."""
        name = source.document.policy
        for known in chain:
            if known.document.policy == name:
                message = f"the policy that this one extends is named {name!r}, too"
                other = source.written("policy")
                fault = known.written("policy").fault("duplicate-policy", message, other=other)
                self.faults.add(fault)

    # -- One policy's files ----------------------------------------------------------------------

    def _source(
        self, place: Traversable, *, extended_by: PolicySource | None
    ) -> PolicySource | None:
        """One policy's own files; `None` when even its `policy.toml` cannot be used."""
        shown, is_folder = _shown(place), place.is_dir()
        head, head_shown = (
            (place / _POLICY_FILE, f"{shown}/{_POLICY_FILE}") if is_folder else (place, shown)
        )
        needed = _NEEDED if is_folder else ""
        said = {} if extended_by is None else read_file(head, "", Diagnostics())[1]
        if extended_by is not None and not isinstance((said or {}).get("policy"), str):
            # It is no TOML, or does not say `policy = "…"`. Nothing of it is told: `extends` may
            # name any file, also one that its reader keeps to himself.
            message = f"{short(head_shown)} is no policy that can be read; check it by itself"
            self.faults.add(extended_by.written("extends").fault("no-policy", message), "unread")
            return None
        file, raw = read_file(head, head_shown, self.faults, needed=needed)
        document = None if raw is None else read_document(PolicyDocument, raw, file, self.faults)
        if document is None:
            return None
        name = document.policy
        if len(name) > LONGEST_NAME or visible(name) != name:
            message = (
                f"a policy cannot be named {show(name)}: its name has at most {LONGEST_NAME} "
                "characters, all of which can be seen"
            )
            self.faults.add(Located(None, file, ("policy",)).fault("policy-name", message))
        if not self._fits(file.path, characters=len(file.text)):
            return None
        sources = [
            TableSource(name, table, file, document.policy)
            for name, table in document.tables.items()
        ]
        if is_folder:
            sources += self._table_files(place, shown, document.policy)
        return PolicySource(document, self._known_tables(sources), file, place)

    def _fits(self, path: str, *, characters: int = 0, rules: int = 0) -> bool:
        """Whether what was read of a file is within the bounds of the whole policy."""
        self.characters += characters
        self.rules += rules
        if self.characters <= MOST_BYTES and self.rules <= MOST_RULES:
            return True
        if self.full:
            return False
        self.full = True
        message = (
            f"a policy and what it extends have at most {MOST_BYTES} characters and "
            f"{MOST_RULES} rules; behind this file nothing was read"
        )
        self.faults.add(Diagnostic("too-large", message, Location(path, 1)), "unread")
        return False

    def _table_files(self, folder: Traversable, shown: str, origin: str) -> list[TableSource]:
        """The tables of a folder's files; hidden ones are an editor's, not the author's."""
        sources = []
        for item in self._listed(folder, shown):
            file, raw = read_file(item, f"{shown}/{item.name}", self.faults)
            named = raw.get("table") if raw is not None else None
            faults = self.faults.of(named) if isinstance(named, str) else self.faults
            document = None if raw is None else read_document(TableFileDocument, raw, file, faults)
            if document is not None:
                sources.append(TableSource(document.table, document, file, origin))
            if not self._fits(file.path, characters=len(file.text)):
                break
        return sources

    def _listed(self, folder: Traversable, shown: str) -> list[Traversable]:
        try:
            entries = list(itertools.islice(folder.iterdir(), MOST_ENTRIES + 1))
        except OSError as error:
            message = f"the folder cannot be read: {error.strerror or error}"
            self.faults.add(Diagnostic("unreadable", message, Location(shown, 1)), "unread")
            return []
        names = {item.name: item for item in entries if item.name != _POLICY_FILE}
        found = [
            names[name]
            for name in sorted(names)
            if name.endswith(".toml") and not name.startswith(".")
        ]
        if len(entries) > MOST_ENTRIES or len(found) > MOST_FILES:
            message = (
                f"a policy's folder has at most {MOST_FILES} rule files and {MOST_ENTRIES} entries"
            )
            self.faults.add(Diagnostic("too-large", message, Location(shown, 1)), "unread")
            return []
        return found

    def _known_tables(self, sources: list[TableSource]) -> tuple[TableSource, ...]:
        """The tables, each once; the others are faults."""
        known: dict[str, TableSource] = {}
        for source in sources:
            named = naming(source.head)
            if source.name in known:
                message = f"table {source.name!r} is in this policy twice; put its rules in one"
                other = known[source.name].head
                self.faults.add(named.fault("duplicate-table", message, other=other))
            elif self._fits(source.file.path, rules=len(source.document.rule)):
                known[source.name] = source
            else:
                break
        return tuple(known.values())


def _identity(place: Traversable) -> str:
    return os.path.realpath(place) if isinstance(place, Path) else str(place)


def _shown(place: Traversable) -> str:
    """A place as messages name it: as short as the working folder allows."""
    text = str(place)
    try:
        return min(os.path.relpath(text), text, key=len)
    except (OSError, ValueError):  # the working folder is gone, or on another drive
        return text


__all__ = [
    "Catalogue",
    "MergedPolicy",
    "PolicyLike",
    "PolicyNotFoundError",
    "load_policy",
    "merge_policy",
]

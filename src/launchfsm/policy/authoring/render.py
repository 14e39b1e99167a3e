"""Render: a policy as one merged document, each rule with where it came from.

The text is TOML and a policy in one file: loaded, it decides as the policy that it shows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from launchfsm.engine.text import visible
from launchfsm.policy.diagnostics import Diagnostics
from launchfsm.policy.discovery import find_policy
from launchfsm.policy.documents import Located, toml_key, toml_text
from launchfsm.policy.loader import Catalogue, merged_policy
from launchfsm.policy.overlay import MergedTable


def policy_toml(policy: str | os.PathLike[str], *, catalogue: Catalogue) -> str:
    """A policy, by name or path, with all that it extends as TOML.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: Its files cannot be read or merged.
    """
    place, faults = find_policy(policy), Diagnostics()
    with faults.raised():
        sources, tables = merged_policy(place, catalogue, faults)
    document = sources[0].document
    lineage = " -> ".join(source.name for source in sources)
    lines = [
        f"# The policy {visible(lineage)}, as one document.",
        f"policy = {toml_text(document.said('policy'))}",
        f"description = {toml_text(document.said('description', ''))}",
    ]
    for table in tables.values():
        lines += ["", *_table(table)]
    return "\n".join(lines) + "\n"


def _table(table: MergedTable) -> Iterator[str]:
    head, name = table.written, f"tables.{toml_key(table.name)}"
    yield f"[{name}]"
    yield from _pairs(head, "on", "hit", "show", *(["doc"] if head.get("on") else []))
    for field, written in head.said("outcome").items():
        yield ""
        yield f"[{name}.outcome.{toml_key(field)}]  # {_place(written)}"
        yield from _pairs(written, *written.value)
    if params := head.said("params"):
        yield ""
        yield f"[{name}.params]"
        for param, written in params.items():
            yield f"{toml_key(param)} = {toml_text(written.value)}  # {_place(written)}"
    for rule in table.rules:
        yield ""
        yield f"# {visible(rule.origin)}: {_place(rule.written)}"
        yield f"[[{name}.rule]]"
        yield from _pairs(rule.written, "id", "when", "then", "why")


def _pairs(table: Located, *keys: str) -> Iterator[str]:
    """What a table has at some keys, as far as it has anything there."""
    for key in keys:
        if (written := table.get(key)) is not None:
            yield f"{key} = {toml_text(written.value)}"


def _place(written: Located) -> str:
    place = written.key()
    return f"{visible(place.file)}:{place.line}"

"""Render: a policy as one merged document, each rule with where it came from.

The text is TOML and a policy in one file: loaded, it decides as the policy that it shows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from launchfsm.engine.text import visible
from launchfsm.policy.diagnostics import Diagnostics
from launchfsm.policy.discovery import find_policy
from launchfsm.policy.documents import Located, toml_text
from launchfsm.policy.loader import Catalogue, merged_policy
from launchfsm.policy.overlay import MergedRule, MergedTable


def policy_toml(policy: str | os.PathLike[str], *, catalogue: Catalogue) -> str:
    """A policy with all that it extends as TOML.

    Args:
        policy: A name, or the path of a folder or file.
        catalogue: The decisions that it has to answer.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: Its files cannot be read or merged.
    """
    place, faults = find_policy(policy), Diagnostics()
    with faults.raised():
        merged = merged_policy(place, catalogue, faults)
    document = merged.sources[0].document
    lineage = " -> ".join(source.name for source in merged.sources)
    lines = [
        f"# The policy {visible(lineage)}, as one document.",
        f"policy = {toml_text(document.said('policy'))}",
        f"description = {toml_text(document.said('description', ''))}",
    ]
    for table in merged.tables.values():
        lines += ["", *_table(table)]
    return "\n".join(lines) + "\n"


def _table(table: MergedTable) -> Iterator[str]:
    yield f"[tables.{table.name}]"
    for key, written in (("on", table.on), ("hit", table.hit), ("show", table.show)):
        if written is not None:
            yield f"{key} = {toml_text(written.value)}"
    if table.on is not None and table.doc:
        yield f"doc = {toml_text(table.doc)}"
    for name, written in table.outcome.items():
        yield ""
        yield f"[tables.{table.name}.outcome.{name}]  # {_place(written)}"
        yield from (f"{key} = {toml_text(said.value)}" for key, said in written.value.items())
    if table.params:
        yield ""
        yield f"[tables.{table.name}.params]"
        for name, written in table.params.items():
            yield f"{name} = {toml_text(written.value)}  # {_place(written)}"
    for rule in table.rules:
        yield ""
        yield from _rule(table.name, rule)


def _rule(table: str, rule: MergedRule) -> Iterator[str]:
    yield f"# {visible(rule.origin)}: {_place(rule.head)}"
    yield f"[[tables.{table}.rule]]"
    yield f"id = {toml_text(rule.id)}"
    if rule.when is not None:
        yield f"when = {toml_text(rule.when.value)}"
    then = {name: written.value for name, written in (rule.then or {}).items()}
    yield f"then = {toml_text(then)}"
    if rule.why:
        yield f"why = {toml_text(rule.why)}"


def _place(written: Located) -> str:
    place = written.key()
    return f"{visible(place.file)}:{place.line}"

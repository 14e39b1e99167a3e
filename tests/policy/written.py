"""Policies written for a test, the places of their faults marked in their own text.

In a marked text `«…»` stands around what a fault underlines, and `⟦…⟧` around the other location
that it names; the marks themselves are not written.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import attrs

from launchfsm.policies import load_policy
from launchfsm.policy.diagnostics import Diagnostic, Diagnostics, PolicyError
from launchfsm.policy.documents import TABLE, Located, Shape, read_document
from launchfsm.policy.locations import RuleFile
from launchfsm.policy.overlay import MergedTable, overlay

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from launchfsm.engine.types import Location

HEAD = 'policy = "mine"\nextends = "reference"\n'


@attrs.frozen
class Spot:
    """A marked stretch of a text."""

    line: int
    column: int
    text: str


def marked(text: str) -> tuple[str, Spot | None, Spot | None]:
    """A text without its marks, and the stretches that were marked."""
    spots: dict[str, Spot] = {}
    clean = ""
    for piece in re.split(r"([«⟦][^»⟧]*[»⟧])", text):
        inner = piece
        if piece[:1] in {"«", "⟦"}:
            inner = piece[1:-1]
            column = len(clean) - (clean.rfind("\n") + 1) + 1
            spots[piece[0]] = Spot(clean.count("\n") + 1, column, inner)
        clean += inner
    return clean, spots.get("«"), spots.get("⟦")


def spot_of(location: Location) -> Spot:
    """What a location underlines."""
    start = location.column - 1
    return Spot(location.line, location.column, location.source[start : start + location.length])


def document_of(
    text: str, faults: Diagnostics, shape: Shape = TABLE, *, path: str = "x.toml"
) -> Located | None:
    """What a rule file's text says, as far as it has a shape."""
    return read_document(shape, Located(tomllib.loads(text), RuleFile(path, text), ()), faults)


def laid(
    text: str,
    faults: Diagnostics,
    *,
    name: str,
    over: MergedTable | None = None,
    path: str = "x.toml",
    origin: str = "mine",
    shape: Shape = TABLE,
) -> MergedTable:
    """A table's text, laid over what it inherits."""
    document = document_of(text, faults.of(name), shape, path=path)
    assert document is not None, faults.told()
    return overlay(over, name, document, origin, faults)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Lay files into a folder, made when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def faults_of(policy: Path) -> tuple[Diagnostic, ...]:
    """What is wrong with a policy; nothing when it loads."""
    try:
        load_policy(policy)
    except PolicyError as error:
        return error.faults
    return ()


def check_marked(folder: Path, text: str, code: str, said: str, *, head: str = HEAD) -> Diagnostic:
    """Load a one-file policy that has one fault, and hold it against the marks in its text."""
    clean, spot, other = marked(head + text)
    path = write(folder, {"mine.toml": clean}) / "mine.toml"
    found = faults_of(path)
    assert [code] == [fault.code for fault in found], [fault.text() for fault in found]
    (fault,) = found
    assert said in fault.message
    assert path.name == fault.location.file.rsplit("/", 1)[-1]
    if spot is not None:
        assert spot == spot_of(fault.location)
    if other is not None:
        assert fault.related is not None
        assert other == spot_of(fault.related)
    return fault

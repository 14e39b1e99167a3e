"""Mutants: one small mistake each, and what became of it.

Here: the values. Not here: making mutants (`rules`, `code`), or trying them (`campaign`).
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Fate: TypeAlias = Literal["refused", "equivalent", "killed", "survived"]
"""What becomes of a mutant: no policy or module at all, no difference, noticed, unnoticed."""


@attrs.frozen
class Mutant:
    """One mistake.

    Attributes:
        part: What it is a mutant of, in the score: `rules/reference`, `rules/default`, `code`.
        file: The file, from the repository's root.
        where: The rule's id or the function's qualified name; empty for the file's head.
        change: What is different; with `file` and `where` it names the mutant.
    """

    part: str
    file: str
    where: str
    change: str

    @property
    def key(self) -> str:
        """Its name, the same as long as the line that it changes stays."""
        return f"{self.file} {self.where or '(top)'}: {self.change}"


@attrs.frozen
class RuleMutant(Mutant):
    """A rule file with a mistake.

    Attributes:
        table: The table that it decides.
        document: All that the mistaken file says.
    """

    table: str
    document: dict[str, Any] = attrs.field(repr=False, eq=False)


@attrs.frozen
class CodeMutant(Mutant):
    """A module with a mistake.

    Attributes:
        module: The module's name.
        number: Which of the module's edits it is, in the order of its source.
        function: The outermost function around it, and its first line; `None` when the mistake is
            made while the module is imported.
    """

    module: str
    number: int
    function: tuple[str, int] | None


@attrs.frozen
class Verdict:
    """What became of a mutant.

    Attributes:
        mutant: The mutant.
        fate: What became of it.
        by: The stage or the test that settled it; empty for a survivor.
    """

    mutant: Mutant
    fate: Fate
    by: str = ""


@attrs.frozen
class Edit:
    """One change of a syntax tree.

    Attributes:
        parent: The node in which something is replaced.
        field: The field of it.
        index: Which item, where the field is a list.
        new: What stands there instead; `None` for nothing.
        change: What that is, in the words of the source.
    """

    parent: ast.AST
    field: str
    index: int | None
    new: ast.AST | None
    change: str

    def apply(self) -> ast.AST | None:
        """Make the change, and return what stood there, for `put`."""
        old: ast.AST | None
        if self.index is None:
            old = getattr(self.parent, self.field)
        else:
            old = getattr(self.parent, self.field)[self.index]
        self.put(self.new)
        return old

    def put(self, node: ast.AST | None) -> None:
        """Put a node at the place of the change."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def told_apart(places: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The changes of pairs of where and change; from the second of a kind on with its number."""
    seen: Counter[tuple[str, str]] = Counter()
    for place in places:
        seen[place] += 1
        yield place[1] if seen[place] == 1 else f"{place[1]} #{seen[place]}"

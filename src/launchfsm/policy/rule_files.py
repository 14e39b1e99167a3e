"""Rule files: one TOML file of a policy, read and parsed.

Whatever stands at the path, reading it neither raises nor hangs; what is wrong is a fault.

Here: from a path to what TOML says, and where in the file it says it. Not here: which files a
policy has (`loading`), or what they have to say (`documents`).
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

import attrs
import tomli

from launchfsm.engine.types import Location
from launchfsm.policy.diagnostics import Diagnostic
from launchfsm.policy.locations import Path, Positions

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_TOML_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_UNCLOSED = re.compile(r"""Illegal character '\\n'|Unterminated string|Expected "'(?:'')?\"""")
"""How `tomli` says that a text is not closed, wherever it noticed."""
_ONE_QUOTE = (
    "; a text ends at the next quote of its own kind, so write the other kind inside it, "
    """as in "owner == 'dead'\""""
)
_NO_FOLDER = "it is a folder, where a file is expected"
_NO_FILE = "there is no such file, or it is a pipe or a device"
_BYTE_ORDER_MARK = "\ufeff"


@attrs.define(eq=False)
class RuleFile:
    """One TOML file of a policy: its path as faults name it, and its text."""

    path: str
    text: str

    @functools.cached_property
    def positions(self) -> Positions:
        """Where things stand; worked out only when a fault or an explanation asks."""
        return Positions(self.path, self.text)

    def key(self, path: Path) -> Location:
        """Where the key of a path stands."""
        return self.positions.key(path)

    def value(self, path: Path) -> Location:
        """Where the value of a path stands."""
        return self.positions.value(path)


def read_file(
    path: Traversable, shown: str, faults: list[Diagnostic], *, needed: str = ""
) -> tuple[RuleFile, dict[str, Any] | None]:
    """Read and parse one TOML file.

    Args:
        path: The file.
        shown: Its path, as faults name it.
        faults: What is wrong is added here.
        needed: What the file is needed for, to be said when it cannot be read.

    Returns:
        The file, and what it says; `None` when it cannot be read or is no TOML.
    """
    try:
        if not path.is_file():  # a FIFO would keep its reader waiting
            raise OSError(_NO_FOLDER if path.is_dir() else _NO_FILE)  # noqa: TRY301 - as bad as any other
        data = path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}{needed and f'; {needed}'}"
        faults.append(Diagnostic("unreadable", message, Location(shown, 1)))
        return RuleFile(shown, ""), None
    try:
        file = RuleFile(shown, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        file = RuleFile(shown, data.decode("utf-8", "replace"))
        faults.append(_encoding_fault(file, data, error))
        return file, None
    try:
        return file, tomli.loads(file.text)
    except (ValueError, RecursionError) as error:
        faults.append(_toml_fault(file, error))
        return file, None


def _encoding_fault(file: RuleFile, data: bytes, error: UnicodeDecodeError) -> Diagnostic:
    offset = len(data[: error.start].decode("utf-8"))
    message = f"byte {data[error.start]:#04x} is no UTF-8 here; save the file as UTF-8"
    return Diagnostic("unreadable", message, file.positions.at(offset, offset + 1))


def _toml_place(file: RuleFile, where: re.Match[str]) -> Location:
    if where[1]:
        return file.positions.line(int(where[1]), int(where[2]))
    end = len(file.text.rstrip())
    return file.positions.at(end, end + 1)


def _toml_fault(file: RuleFile, error: Exception) -> Diagnostic:
    message, place = str(error), file.positions.line(1)
    if file.text.startswith(_BYTE_ORDER_MARK):
        message = "it starts with a byte-order mark; save the file as UTF-8 without one"
    elif isinstance(error, RecursionError):
        message = "it nests too deep"
    elif where := _TOML_POSITION.search(message):
        message = message[: where.start()]
        place = _toml_place(file, where)
        if _UNCLOSED.fullmatch(message) and (found := file.positions.unclosed()):
            place, quote = found
            message = f"the text that begins here is never closed; write {quote} where it ends"
        elif place.source[: place.column - 1].endswith(("'", '"')):
            message += _ONE_QUOTE
    return Diagnostic("toml", f"this is not TOML: {message}", place)

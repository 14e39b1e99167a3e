"""The door through which everything printed goes: text made safe to show, and JSON.

Names and reasons in records can hold anything: escape sequences that repaint a terminal, marks
that reverse the direction of writing, line ends that forge lines, characters that nobody sees.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar

import attrs
import click

from launchfsm.engine.text import choices, quoted, visible
from launchfsm.records.wire import to_wire

if TYPE_CHECKING:
    from launchfsm.policy.authoring.sarif import SarifResult

LONGEST_NAME: Final = 80
"""Characters of a name that are shown."""

LONGEST_TEXT: Final = 400
"""Characters of a reason or a message that are shown."""

shown = visible
"""Makes every character of a text visible, and none effective."""

T = TypeVar("T")


def no_such(what: str, name: str, known: Collection[str], *, where: str = "") -> str:
    """The message about a name that is none, with the nearest one and all there are."""
    named = quoted(name, most=LONGEST_NAME)
    return f"there is no {what} {named}{where}{shown(choices(name, known, 'there are'))}"


def safe(result: T) -> T:
    """The same result with every text in it made safe, so that no field can forge a line.

    Goes into tuples and attrs classes. Mappings are left as they are: they hold values, which
    results show as Python quotes them.
    """
    if isinstance(result, str):
        return shown(result)  # type: ignore[return-value]  # a text for a text
    if type(result) is tuple:
        return tuple(map(safe, result))  # type: ignore[return-value, call-overload]  # the same
    fields = getattr(type(result), "__attrs_attrs__", None)
    if fields is None:
        return result
    changes = {field.alias: safe(getattr(result, field.name)) for field in fields if field.init}
    return attrs.evolve(result, **changes)  # type: ignore[misc]  # it has fields


# -- Printing --------------------------------------------------------------------------------------


def is_terminal(stream: TextIO | None = None) -> bool:
    """Whether a stream, or standard output, is a terminal that can be drawn on."""
    stream = sys.stdout if stream is None else stream
    return stream is not None and stream.isatty() and os.environ.get("TERM") not in {"dumb", ""}


def is_coloured() -> bool:
    """Whether to colour what goes to a terminal: not when `NO_COLOR` has any value."""
    return is_terminal() and not os.environ.get("NO_COLOR")


def show(*lines: str, err: bool = False, paint: Callable[[str], str] | None = None) -> None:
    """Print lines for people, or for `err` to standard error; a line end inside a line is escaped.

    Tabs stay. `paint` adds colour to a line that is safe, if colour is wanted.
    """
    texts: Iterable[str] = ("\t".join(map(shown, line.split("\t"))) for line in lines)
    if paint is not None and is_coloured():
        texts = map(paint, texts)
    # The stream as it is: click would go around a progress bar that prints above itself.
    click.echo("\n".join(texts), file=sys.stderr if err else sys.stdout, err=err)


def show_text(text: str) -> None:
    """Print a text of several lines."""
    show(*text.removesuffix("\n").split("\n"))


@contextmanager
def writing(file: str) -> Iterator[None]:
    """End the program with the reason when a file of the command line cannot be written."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise click.ClickException(f"{shown(file)} cannot be written: {shown(why)}") from None


def show_if_possible(*lines: str, err: bool = False) -> None:
    """Print lines beside an answer that the exit status gives; drop what cannot be written."""
    try:
        show(*lines, err=err)
    except OSError:
        discard(sys.stderr if err else sys.stdout)


def discard(stream: TextIO | None) -> None:
    """Drop what a stream still buffers, so that the interpreter's last flush cannot fail."""
    if stream is None:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


# -- JSON ------------------------------------------------------------------------------------------


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """JSON in printable ASCII; a number that JSON lacks becomes a text such as `"inf"`."""
    try:
        text = json.dumps(value, indent=indent, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), indent=indent, allow_nan=False)
    return text.replace("\x7f", "\\u007f")


def wire_with(result: Any, *names: str) -> dict[str, Any]:
    """The wire form of a result, and some of its properties."""
    return {**to_wire(result), **{name: getattr(result, name) for name in names}}


def show_json(value: Any, *, indent: int | None = 2) -> None:
    """Print a value as JSON."""
    click.echo(json_text(value, indent=indent))


def show_result(result: Any, *, as_json: bool) -> None:
    """Print a result that has a text, or its wire form as JSON."""
    if as_json:
        show_json(to_wire(result))
    else:
        show_text(safe(result).text())


def show_json_list(values: Iterable[Any]) -> None:
    """Print values as a JSON list, each as soon as it is there."""
    separator = "[\n"
    for value in values:
        click.echo(separator + "  " + json_text(value).replace("\n", "\n  "), nl=False)
        separator = ",\n"
    click.echo("[]" if separator == "[\n" else "\n]")


def show_sarif(results: Iterable[SarifResult]) -> None:
    """Print a SARIF log."""
    from importlib import metadata  # noqa: PLC0415 - who prints no log does not need them

    from launchfsm.policy.authoring.sarif import sarif_log  # noqa: PLC0415 - the same

    show_json(sarif_log(results, version=metadata.version("launchfsm")))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value

"""Discovery: from a policy's name or path to the folder or file that it is.

A name is looked up among the shipped policies, then among those that installed packages bring
through the entry point group `launchfsm.policies`: each entry point is the path of a folder or a
file, or a function returning one.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from launchfsm.engine.text import choices, quoted, visible
from launchfsm.errors import LaunchfsmError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

ENTRY_POINTS = "launchfsm.policies"


class PolicyNotFoundError(LaunchfsmError, LookupError):
    """No policy has this name, or no folder or file stands at this path."""


@functools.cache
def shipped_policies() -> Path:
    """The folder of the shipped policies: inside the package, or the checkout's `rules/`."""
    here = Path(__file__).resolve()
    inside = here.parents[1] / "rules"
    return inside if inside.is_dir() else here.parents[3] / "rules"


def policy_names() -> tuple[str, ...]:
    """The names that `find_policy` knows: shipped ones, then those of installed packages."""
    shipped = sorted(item.name for item in shipped_policies().iterdir() if item.is_dir())
    return tuple(dict.fromkeys([*shipped, *sorted(_entry_points().names)]))


def _entry_points() -> EntryPoints:
    from importlib import metadata  # noqa: PLC0415 - 15 ms that shipped policies need not pay

    return metadata.entry_points(group=ENTRY_POINTS)


def is_shipped(name: str) -> bool:
    """Whether a text is the name of a policy that comes with launchfsm."""
    return not is_path(name) and name != "" and _missing(shipped_policies() / name) is None


def is_path(name: str | os.PathLike[str]) -> bool:
    """Whether a text is a path rather than a name: it has a separator or ends in `.toml`."""
    if not isinstance(name, str):
        return True
    return os.sep in name or "/" in name or name.endswith(".toml") or name in {".", ".."}


def find_policy(name: str | os.PathLike[str], *, beside: Path | None = None) -> Path:
    """The folder or file of a policy by its name, or by a path from `beside` or the working folder.

    Raises:
        PolicyNotFoundError: There is none; the message says which names there are.
    """
    text = os.fspath(name)
    if is_path(name):
        place = Path(text) if beside is None else beside / text
        if why := _missing(place):
            hint = ""
            if beside is not None and (near := _near(place.name, beside)):
                hint = f"; a path starts from the policy that names it: write {quoted(near)}"
            raise PolicyNotFoundError(f"no policy stands at {quoted(str(place))}: {why}{hint}")
        return place
    if is_shipped(text):
        return shipped_policies() / text
    brought = tuple(_entry_points().select(name=text))
    if len(brought) == 1:
        return _brought(brought[0])
    if brought:
        packages = ", ".join(_package(point) for point in brought)
        raise PolicyNotFoundError(
            f"several packages bring a policy named {quoted(text)}: {packages}; "
            "name one by its path"
        )
    known = policy_names()
    path = _near(text, beside or Path()) or ("./" if beside is None else "../") + text
    raise PolicyNotFoundError(
        f"no policy is named {quoted(text)}{choices(text, known, 'known')}; "
        f"a folder or file is named by its path, as in {quoted(path)}"
    )


def _near(name: str, start: Path) -> str | None:
    """The path, from a folder, of a policy of a name that stands in it or next to it."""
    for path in (f"./{name}", f"../{name}", f"./{name}.toml", f"../{name}.toml"):
        place = start / path
        if _missing(place) or place.resolve() == start.resolve():
            continue
        if place.is_file() or not _missing(place / "policy.toml"):
            return path
    return None


def _missing(place: Path) -> str | None:
    """Why nothing can be read at a place; `None` when there is a folder or a file."""
    try:
        there = place.is_dir() or place.is_file()
    except (OSError, ValueError) as error:  # too long, not to be entered, a NUL
        return getattr(error, "strerror", None) or str(error)
    return None if there else "there is no such folder or file"


def _brought(point: EntryPoint) -> Path:
    """The place that a package's entry point brings; an error names the package."""
    brings = f"{_package(point)} brings the policy {point.name!r} as {point.value!r}"
    try:
        found = point.load()
        place = Path(found() if callable(found) else found)
        why = _missing(place)
    except (Exception, SystemExit) as error:
        fails = visible(f"{type(error).__name__}: {error}")
        raise PolicyNotFoundError(f"{brings}, which fails: {fails}") from error
    if why is not None:
        raise PolicyNotFoundError(f"{brings}, but at {quoted(str(place))}: {why}")
    return place


def _package(point: EntryPoint) -> str:
    return f"the package {point.dist.name!r}" if point.dist else "an installed package"

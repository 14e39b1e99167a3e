"""Discovery: from a policy's name or path to the folder or file that it is.

A name is looked up among the shipped policies, then among those that installed packages bring
through the entry point group `launchfsm.policies`: each entry point is a path to a folder or a
file, a `Traversable` such as `importlib.resources.files(…) / "rules"`, or a function returning
either.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from launchfsm.engine.text import did_you_mean
from launchfsm.errors import LaunchfsmError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints
    from importlib.resources.abc import Traversable

ENTRY_POINTS = "launchfsm.policies"


class PolicyNotFoundError(LaunchfsmError, LookupError):
    """No policy has this name, or no folder or file stands at this path."""


@functools.cache
def shipped_policies() -> Traversable:
    """The folder of the shipped policies: inside the package, or the checkout's `rules/`."""
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "rules", here.parents[3] / "rules"):
        if folder.is_dir():
            return folder
    from importlib import resources  # noqa: PLC0415 - 10 ms that only a zipped package has to pay

    return resources.files("launchfsm") / "rules"


def policy_names() -> tuple[str, ...]:
    """The names that `find_policy` knows: shipped ones, then those of installed packages."""
    shipped = sorted(item.name for item in shipped_policies().iterdir() if item.is_dir())
    brought = sorted(_entry_points().names)
    return tuple(dict.fromkeys([*shipped, *brought]))


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


def find_policy(name: str | os.PathLike[str], *, beside: Traversable | None = None) -> Traversable:
    """The folder or file of a policy.

    Args:
        name: A policy's name (`"reference"`), or a path (`"./policies/mine"`, `"mine.toml"`).
        beside: The folder that a relative path starts from; else the working folder.

    Raises:
        PolicyNotFoundError: There is none; the message says which names there are.
    """
    if is_path(name):
        return _at_path(os.fspath(name), beside)
    text = os.fspath(name)
    if is_shipped(text):
        return shipped_policies() / text
    brought = tuple(_entry_points().select(name=text))
    if len(brought) == 1:
        return _brought(brought[0])
    if brought:
        packages = ", ".join(_package(point) for point in brought)
        raise PolicyNotFoundError(
            f"several packages bring a policy named {text!r}: {packages}; name one by its path"
        )
    known = policy_names()
    path = _near(text, beside) or ("./" if beside is None else "../") + text
    raise PolicyNotFoundError(
        f"no policy is named {text!r}{did_you_mean(text, known)}; "
        f"known: {', '.join(known)}; a folder or file is named by its path, as in {path!r}"
    )


def folder_of(place: Traversable) -> Traversable:
    """The folder that a policy's relative paths start from: itself, or the one it stands in."""
    return place if place.is_dir() else _around(place)


def _at_path(text: str, beside: Traversable | None) -> Traversable:
    place: Traversable = Path(text)
    if isinstance(beside, Path):
        place = beside / text
    elif beside is not None and not PurePosixPath(text).is_absolute():
        place = functools.reduce(_step, PurePosixPath(text).parts, beside)
    if why := _missing(place):
        near = None if beside is None else _near(PurePosixPath(text).name, beside)
        hint = f"; a path starts from the policy that names it: write {near!r}" if near else ""
        raise PolicyNotFoundError(f"no policy stands at '{place}': {why}{hint}")
    return place


def _near(name: str, beside: Traversable | None) -> str | None:
    """The path at which a policy of a name stands next to another, or in the working folder.

    Args:
        name: The name of a folder, or of a file with or without its ending.
        beside: The folder that the path starts from; else the working folder.
    """
    start: Traversable = Path() if beside is None else beside
    for path in (f"./{name}", f"../{name}", f"./{name}.toml", f"../{name}.toml"):
        place = functools.reduce(_step, PurePosixPath(path).parts, start)
        if _is_policy(place) and not _same(place, start):
            return path
    return None


def _is_policy(place: Traversable) -> bool:
    """Whether a policy seems to stand at a place."""
    return _missing(place) is None and (place.is_file() or _missing(place / "policy.toml") is None)


def _same(one: Traversable, other: Traversable) -> bool:
    """Whether two places are one, so that a policy there would extend itself."""
    if isinstance(one, Path) and isinstance(other, Path):
        return one.resolve() == other.resolve()
    return str(one) == str(other)


def _step(place: Traversable, name: str) -> Traversable:
    """One step of a relative path inside something that is no folder of the system: a zip file."""
    return _around(place) if name == ".." else place / name


def _around(place: Traversable) -> Traversable:
    """The folder around a place; a `Traversable` need not know it, but paths and zip files do."""
    parent: Traversable = getattr(place, "parent", place)
    return parent


def _missing(place: Traversable) -> str | None:
    """Why nothing can be read at a place; `None` when there is a folder or a file."""
    try:
        there = place.is_dir() or place.is_file()
    except (OSError, ValueError) as error:  # too long, not to be entered, a NUL
        return getattr(error, "strerror", None) or str(error)
    return None if there else "there is no such folder or file"


def _brought(point: EntryPoint) -> Traversable:
    """What a package's entry point stands for; if anything goes wrong, the package is named."""
    brings = f"{_package(point)} brings the policy {point.name!r} as {point.value!r}"
    try:
        found = point.load()
        found = found() if callable(found) else found
        place: Traversable = Path(found) if isinstance(found, str | os.PathLike) else found
        why = _missing(place)
    except (Exception, SystemExit) as error:
        raise PolicyNotFoundError(
            f"{brings}, which fails: {type(error).__name__}: {error}"
        ) from error
    if why is not None:
        raise PolicyNotFoundError(f"{brings}, but at '{place}': {why}")
    return place


def _package(point: EntryPoint) -> str:
    return f"the package {point.dist.name!r}" if point.dist else "an installed package"

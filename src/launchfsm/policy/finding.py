"""Finding a policy: from a name or a path to the folder or file that it is.

A name is looked up among the shipped policies, then among those that installed packages bring
through the entry point group `launchfsm.policies` (each entry point is a path to a folder or a
file, or a function returning one).

Here: that search. Not here: what the files say (`documents`, `loading`).
"""

from __future__ import annotations

import functools
import os
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING

from launchfsm.policy.kinds import did_you_mean

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ENTRY_POINTS = "launchfsm.policies"


class PolicyNotFoundError(LookupError):
    """No policy has this name, or no folder or file stands at this path."""


@functools.cache
def shipped_policies() -> Traversable:
    """The folder of the shipped policies: inside the package, or the checkout's `rules/`."""
    packaged = resources.files("launchfsm") / "rules"
    if packaged.is_dir():
        return packaged
    return Path(__file__).resolve().parents[3] / "rules"


def policy_names() -> tuple[str, ...]:
    """The names that `find_policy` knows: shipped ones, then those of installed packages."""
    shipped = sorted(item.name for item in shipped_policies().iterdir() if item.is_dir())
    brought = sorted(point.name for point in metadata.entry_points(group=ENTRY_POINTS))
    return tuple(dict.fromkeys([*shipped, *brought]))


def is_shipped(name: str) -> bool:
    """Whether a text is the name of a policy that comes with launchfsm."""
    return not is_path(name) and name != "" and (shipped_policies() / name).is_dir()


def is_path(name: str | os.PathLike[str]) -> bool:
    """Whether a text is a path rather than a name: it has a separator or ends in `.toml`."""
    if not isinstance(name, str):
        return True
    return os.sep in name or "/" in name or name.endswith(".toml") or name in {".", ".."}


def find_policy(name: str | os.PathLike[str], *, beside: Traversable | None = None) -> Traversable:
    """The folder or file of a policy.

    Args:
        name: A policy's name (`"default"`), or a path (`"./policies/mine"`, `"mine.toml"`).
        beside: The folder that a relative path starts from; else the working folder.

    Raises:
        PolicyNotFoundError: There is none; the message says which names there are.
    """
    if is_path(name):
        return _at_path(Path(name), beside)
    text = os.fspath(name)
    if is_shipped(text):
        return shipped_policies() / text
    for point in metadata.entry_points(group=ENTRY_POINTS, name=text):
        brought = point.load()
        return Path(brought() if callable(brought) else brought)
    known = policy_names()
    raise PolicyNotFoundError(
        f"no policy is named {text!r}{did_you_mean(text, known)}; "
        f"known: {', '.join(known)}; a folder or file is named by its path, as in './{text}'"
    )


def _at_path(path: Path, beside: Traversable | None) -> Path:
    full = beside / path if isinstance(beside, Path) else path
    if not full.exists():
        raise PolicyNotFoundError(
            f"no policy stands at {os.fspath(full)!r}: there is no such folder or file"
        )
    return full

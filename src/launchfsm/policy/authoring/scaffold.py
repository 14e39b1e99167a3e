"""Scaffold: the folder of a new policy, with comments that say what to do next.

It loads, its tests pass and nothing of it is unreachable: an author changes what works. The files
themselves stand in `template/`, where they can be read and tested as what they are.
"""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from importlib import resources
from pathlib import Path


def write_new_policy(folder: Path) -> tuple[Path, ...]:
    """Write a commented policy that passes check, test and verify.

    Args:
        folder: Where; it is made when it is missing, and must be empty.

    Returns:
        The files written.

    Raises:
        FileExistsError: Something stands in the folder; nothing was written.
        ValueError: The folder's path has characters that nobody sees.
        OSError: It could not be written.
    """
    if not str(folder).isprintable():
        raise ValueError(f"a policy is named after its folder, and {str(folder)!r} is not readable")
    standing = sorted(item.name for item in folder.iterdir()) if folder.exists() else []
    if standing:
        raise FileExistsError(
            f"{folder} is not empty ({', '.join(standing[:3])}); "
            "a new policy gets an empty folder, or one that is not there yet"
        )
    place = folder.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    name = json.dumps(place.name, ensure_ascii=False)
    template = resources.files("launchfsm.policy.authoring") / "template"
    files = sorted(template.iterdir(), key=lambda item: item.name)
    # Written beside its place and renamed: whoever interrupts it leaves all of it or nothing.
    with tempfile.TemporaryDirectory(prefix=".new-policy-", dir=place.parent) as beside:
        whole = Path(beside) / "policy"
        whole.mkdir()
        for file in files:
            text = file.read_text(encoding="utf-8")
            text = text.replace('"NAME"', name).replace("FOLDER", shell_path(folder))
            (whole / file.name).write_text(text, encoding="utf-8")
        if folder.exists():  # empty; it stays the same folder, as a shell may stand in it
            _move_all(whole, place)
        else:
            whole.rename(place)
    return tuple(folder / file.name for file in files)


def _move_all(source: Path, target: Path) -> None:
    """Move every file of a folder into an empty one: all, or none when it is interrupted."""
    try:
        for file in list(source.iterdir()):
            file.rename(target / file.name)
    except BaseException:
        for file in target.iterdir():
            file.unlink()
        raise


def shell_path(folder: Path) -> str:
    """A folder as a command line names it, so that a policy there is no name but a path."""
    text = str(folder)
    return shlex.quote(text if os.sep in text else f".{os.sep}{text}")

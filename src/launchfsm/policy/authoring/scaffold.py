"""Scaffold: the folder of a new policy, made of the files in `template/`.

It loads, its tests pass and nothing of it is unreachable: an author changes what works.
"""

from __future__ import annotations

import json
import os
import shlex
from importlib import resources
from pathlib import Path


def write_new_policy(folder: Path) -> tuple[Path, ...]:
    """Write a commented policy that passes check, test and verify into a new or empty folder.

    Gives the files that it wrote.

    Raises:
        FileExistsError: Something stands in the folder; nothing was written.
        ValueError: The folder's path has characters that nobody sees.
        OSError: It could not be written.
    """
    if not str(folder).isprintable():
        raise ValueError(f"a policy is named after its folder, and {str(folder)!r} is not readable")
    there = folder.exists()
    standing = sorted(item.name for item in folder.iterdir()) if there else []
    if standing:
        raise FileExistsError(
            f"{folder} is not empty ({', '.join(standing[:3])}); "
            "a new policy gets an empty folder, or one that is not there yet"
        )
    folder.mkdir(parents=True, exist_ok=True)
    name = json.dumps(folder.resolve().name, ensure_ascii=False)
    template = resources.files("launchfsm.policy.authoring") / "template"
    files = {folder / file.name: file.read_text(encoding="utf-8") for file in template.iterdir()}
    try:
        for file, text in sorted(files.items()):
            named = text.replace('"NAME"', name).replace("FOLDER", shell_path(folder))
            file.write_text(named, encoding="utf-8")
    except BaseException:  # whoever interrupts it leaves all of it or nothing
        for file in files:
            file.unlink(missing_ok=True)
        if not there:
            folder.rmdir()
        raise
    return tuple(sorted(files))


def shell_path(folder: Path) -> str:
    """A folder as a command line needs it: with a separator, so that it is taken for a path."""
    text = str(folder)
    return shlex.quote(text if os.sep in text else f".{os.sep}{text}")

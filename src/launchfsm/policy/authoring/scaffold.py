"""Starting: the folder of a new policy, with comments that say what to do next.

It loads, its tests pass and nothing of it is unreachable: an author changes what works. The files
themselves stand in `template/`, where they can be read and tested as what they are.

Here: copying them. Not here: what may stand in them (`documents`).
"""

from __future__ import annotations

import json
import os
import shlex
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_new_policy(folder: Path) -> tuple[Path, ...]:
    """Write a commented policy that passes check, test and verify.

    Args:
        folder: Where; it is made when it is missing, and must be empty.

    Returns:
        The files written.

    Raises:
        FileExistsError: Something stands in the folder; nothing was written.
        OSError: It could not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    standing = sorted(item.name for item in folder.iterdir())
    if standing:
        raise FileExistsError(
            f"{folder} is not empty ({', '.join(standing[:3])}); "
            "a new policy gets an empty folder, or one that is not there yet"
        )
    name = json.dumps(folder.resolve().name, ensure_ascii=False)
    template = resources.files("launchfsm.policy.authoring") / "template"
    written = []
    for file in sorted(template.iterdir(), key=lambda item: item.name):
        text = file.read_text(encoding="utf-8")
        text = text.replace('"NAME"', name).replace("FOLDER", shell_path(folder))
        (folder / file.name).write_text(text, encoding="utf-8")
        written.append(folder / file.name)
    return tuple(written)


def shell_path(folder: Path) -> str:
    """A folder as a command line names it, so that a policy there is no name but a path."""
    text = str(folder)
    return shlex.quote(text if os.sep in text else f".{os.sep}{text}")

"""Equivalents: mutants of which a person says that nothing could notice them, and why.

Those of rule files that answer every situation alike are not listed: `proofs` finds them itself.

Here: reading the list, `equivalents.toml`. A test sees to it that every mutant listed exists.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LIST: Final = Path(__file__).with_name("equivalents.toml")


def argued() -> Mapping[str, str]:
    """The reasons, by the key of the mutant."""
    groups = tomllib.loads(LIST.read_text(encoding="utf-8"))["equivalent"]
    return {key: group["why"] for group in groups for key in group["mutants"]}

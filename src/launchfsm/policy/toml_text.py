"""Values as TOML writes them, on one line."""

from __future__ import annotations

import json
from collections.abc import Mapping

from launchfsm.engine.text import visible


def toml_text(value: object) -> str:
    """A value as TOML. JSON's texts, numbers and booleans are TOML's too."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{name} = {toml_text(item)}" for name, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_text, value))}]"
    return (
        visible(json.dumps(value, ensure_ascii=False))
        if isinstance(value, str)
        else json.dumps(value)
    )

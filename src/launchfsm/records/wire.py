"""Results as JSON, and back.

Keys are camelCase; what is `None` because it was absent is left out, what is `None` because it is
said to be unknown (`runId`, the fields of a launch identity) is `null`. `from_wire` is for what
`to_wire` wrote, and refuses all else.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs

from launchfsm.errors import LaunchfsmError
from launchfsm.records.fields import camel, placed_fields
from launchfsm.records.results import ON_THE_WIRE

T = TypeVar("T")

_SCALARS: Final = frozenset({str, bool, int, float, NoneType})


class WireError(LaunchfsmError, ValueError):
    """A document is not what `to_wire` writes; the message lists every fault with its JSON path."""


@functools.cache
def keys_of(cls: Any) -> Mapping[str, str]:
    """The keys of the fields that are written, by the names of the fields."""
    placed = placed_fields(cls)
    return {
        field.name: placed[field.name].key if field.name in placed else camel(field.name)
        for field in attrs.fields(cls)
        if field.metadata.get(ON_THE_WIRE, True)
    }


# -- To JSON ---------------------------------------------------------------------------------------


def to_wire(result: object) -> Any:
    """A result, or a list or a dict of results, as JSON-ready dicts, lists and scalars.

    Raises:
        TypeError: It is no result: nothing of it could be said in JSON.
    """
    if result is None or isinstance(result, str | bool | int | float):
        return result
    if isinstance(result, list | tuple):
        return [to_wire(item) for item in result]
    if isinstance(result, Mapping):
        strange = [key for key in result if not isinstance(key, str)]
        if strange:
            raise TypeError(
                f"a dict has a wire form when its keys are texts; {strange[0]!r} is none"
            )
        return {key: to_wire(value) for key, value in result.items()}
    cls: Any = type(result)  # to the type checker no class is hashable
    document = {}
    for name, key, left_out in _written_fields(cls):
        value = getattr(result, name)
        if value is not None or not left_out:
            document[key] = value if value.__class__ in _SCALARS else to_wire(value)
    return document


@functools.cache
def _written_fields(cls: Any) -> list[tuple[str, str, bool]]:
    """The name and the key of each field of a result, and whether `None` is left out."""
    if not attrs.has(cls) or "__eq__" not in vars(cls):  # every result is compared by value
        instead = "; its to_dict() gives JSON" if hasattr(cls, "to_dict") else ""
        raise TypeError(
            f"{cls.__name__} has no wire form{instead}; to_wire writes results such as "
            "LaunchSnapshot, and lists and dicts of them"
        )
    fields = attrs.fields_dict(cls)
    return [(name, key, fields[name].default is None) for name, key in keys_of(cls).items()]


# -- From JSON -------------------------------------------------------------------------------------


def from_wire(cls: type[T], document: object) -> T:
    """The result that `to_wire` wrote.

    Args:
        cls: The result's class, such as `LaunchSnapshot`.
        document: The parsed JSON.

    Raises:
        WireError: The document is not one of that class.
    """
    faults: list[str] = []
    found: T = _read(cls, document, "$", faults)
    if faults:
        raise WireError(f"no {cls.__name__}: {'; '.join(faults)}")
    return found


_type_hints = functools.cache(get_type_hints)


def _read(hint: Any, value: Any, path: str, faults: list[str]) -> Any:
    """The value that a type hint stands for; what is wrong with it is added to the faults."""
    origin, parts = get_origin(hint), get_args(hint)
    expected = getattr(hint, "__name__", str(hint))
    if origin in {Union, UnionType}:
        return None if value is None else _read(parts[0], value, path, faults)  # it or `None`
    if origin is Literal:
        expected = f"one of {', '.join(map(str, parts))}"
        if any(value == word and type(value) is type(word) for word in parts):
            return value
    elif origin in {list, tuple}:
        expected = "a list"
        if isinstance(value, list):
            items = enumerate(value)
            return origin([_read(parts[0], item, f"{path}[{at}]", faults) for at, item in items])
    elif origin is not None or attrs.has(hint):
        expected = "an object"
        if isinstance(value, dict) and origin is None:
            return _read_object(hint, value, path, faults)
        if isinstance(value, dict):  # by names
            key_hint, item_hint = parts
            return {
                _read(key_hint, key, path, faults): _read(
                    item_hint, item, f"{path}[{key!r}]", faults
                )
                for key, item in value.items()
            }
    elif hint is Any or type(value) is hint or (hint is float and type(value) is int):
        return value
    faults.append(f"expected {expected}, got {value!r} @ {path}")
    return None


def _read_object(cls: Any, value: dict[str, Any], path: str, faults: list[str]) -> Any:
    keys, hints, before = keys_of(cls), _type_hints(cls), len(faults)
    faults += [f"there is no such key @ {path}.{key}" for key in value.keys() - keys.values()]
    found = {}
    for field in attrs.fields(cls):
        key = keys.get(field.name)
        if key in value:
            found[field.alias] = _read(hints[field.name], value[key], f"{path}.{key}", faults)
        elif field.default is attrs.NOTHING:
            faults.append(f"it is missing @ {path}.{key}")
    return cls(**found) if len(faults) == before else None

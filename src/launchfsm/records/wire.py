"""Results as JSON, and back.

Keys are camelCase; what is `None` because it was absent is left out, what is `None` because it is
said to be unknown (`runId`, the fields of a launch identity) is `null`. `from_wire` is for what
`to_wire` wrote, and refuses all else.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import ClassValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from launchfsm.errors import LaunchfsmError
from launchfsm.records.fields import camel, placed_fields
from launchfsm.records.results import ON_THE_WIRE

T = TypeVar("T")

_FIELD_IN_PATH: Final = re.compile(r"\['(?:[^'\\]|\\.)*'\]|\.(\w+)")


class WireError(LaunchfsmError, ValueError):
    """A document is not what `to_wire` writes; the message lists every fault with its JSON path."""


def to_wire(result: object) -> Any:
    """A result, or a list or a dict of results, as JSON-ready dicts, lists and scalars.

    Raises:
        TypeError: It is no result: nothing of it could be said in JSON.
    """
    return _converter().unstructure(result)


def from_wire(cls: type[T], document: object) -> T:
    """The result that `to_wire` wrote.

    Args:
        cls: The result's class, such as `LaunchSnapshot`.
        document: The parsed JSON.

    Raises:
        WireError: The document is not one of that class.
    """
    if not isinstance(document, dict):
        raise WireError(f"no {cls.__name__}: expected an object, got {document!r} @ $")
    try:
        return _converter().structure(document, cls)
    except ClassValidationError as error:
        faults = map(_with_keys, cattrs.transform_error(error, format_exception=_fault))
        raise WireError(f"no {cls.__name__}: {'; '.join(faults)}") from None


def _fault(error: BaseException, expected: type[Any] | None) -> str:
    """What is wrong, in our words where they are ours."""
    own = type(error) is ValueError
    return str(error) if own else cattrs.v.format_exception(error, expected)


def _with_keys(fault: str) -> str:
    """The fault with the keys of the document in its path, where cattrs has our fields."""
    said, _, path = fault.rpartition(" @ ")
    keys = _FIELD_IN_PATH.sub(lambda found: f".{camel(found[1])}" if found[1] else found[0], path)
    return f"{said} @ {keys}"


@functools.cache
def keys_of(cls: Any) -> Mapping[str, str]:
    """The keys of the fields that are written, by the names of the fields."""
    placed = placed_fields(cls)
    return {
        field.name: placed[field.name].key if field.name in placed else camel(field.name)
        for field in attrs.fields(cls)
        if field.metadata.get(ON_THE_WIRE, True)
    }


@functools.cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(
        forbid_extra_keys=True, unstructure_fallback_factory=lambda _: _scalar
    )
    for other in (bytes, bytearray, set, frozenset):  # cattrs would take them as they are
        converter.register_unstructure_hook(other, _scalar)
    converter.register_unstructure_hook(dict, _written)
    converter.register_unstructure_hook(tuple, lambda items: [to_wire(item) for item in items])
    converter.register_unstructure_hook_factory(attrs.has, lambda cls: _writer(cls, converter))
    converter.register_structure_hook_factory(attrs.has, lambda cls: _reader(cls, converter))
    for scalar in (str, bool, int):
        converter.register_structure_hook(scalar, _exactly(scalar.__name__, scalar))
    converter.register_structure_hook(float, _exactly("a number", int, float))
    converter.register_structure_hook_func(_is_word, _word)
    return converter


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    instead = "; its to_dict() gives JSON" if hasattr(value, "to_dict") else ""
    raise TypeError(
        f"{type(value).__name__} has no wire form{instead}; to_wire writes results such as "
        "LaunchSnapshot, and lists and dicts of them"
    )


def _written(document: dict[Any, Any]) -> dict[str, Any]:
    strange = [key for key in document if not isinstance(key, str)]
    if strange:
        raise TypeError(f"a dict has a wire form when its keys are texts; {strange[0]!r} is none")
    return {key: to_wire(value) for key, value in document.items()}


def _overrides(cls: Any) -> dict[str, Any]:
    """How each field is spelled, and whether it is written."""
    keys = keys_of(cls)
    return {
        field.name: override(
            rename=keys.get(field.name),
            omit=field.name not in keys,
            omit_if_default=field.default is None,
        )
        for field in attrs.fields(cls)
    }


def _writer(cls: type[Any], converter: cattrs.Converter) -> Any:
    if "__eq__" not in vars(cls):  # every result is compared by value
        return _scalar
    return make_dict_unstructure_fn(cls, converter, **_overrides(cls))


def _reader(cls: type[Any], converter: cattrs.Converter) -> Any:
    return make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True, **_overrides(cls))


def _exactly(expected: str, *classes: type[Any]) -> Any:
    def check(value: Any, _: Any) -> Any:
        if type(value) not in classes:
            raise ValueError(f"expected {expected}, got {value!r}")
        return value

    return check


def _is_word(cls: Any) -> bool:
    return get_origin(cls) is Literal


def _word(value: Any, cls: Any) -> Any:
    if not any(value == word and type(value) is type(word) for word in get_args(cls)):
        raise ValueError(f"expected one of {', '.join(map(str, get_args(cls)))}, got {value!r}")
    return value

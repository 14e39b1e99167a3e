"""Every value of a record is itself after a copy, a pickle, and so after a pool of processes."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import attrs

from launchfsm.records import (
    bootstrap,
    documents,
    fields,
    journal,
    lock,
    results,
    roster,
    side_files,
)
from launchfsm.system import files, folders, processes


def records() -> list[type[Any]]:
    """The value classes of the records and of the system."""
    rooms = (bootstrap, documents, fields, journal, lock)
    rooms += (results, roster, side_files, files, folders, processes)  # type: ignore[assignment]  # modules all
    found = {
        value
        for room in rooms
        for value in vars(room).values()
        if isinstance(value, type) and attrs.has(value) and value.__module__ == room.__name__
    }
    # An open folder is a descriptor, types of fields and of files are functions, and of processes
    # that are asked once a pickle keeps the answers alone.
    found -= {folders.Folder, fields.FieldType, fields.At, documents.RecordFile}
    found -= {processes.AskedOnce}
    return sorted(found, key=lambda cls: cls.__name__)


def test_a_value_is_itself_after_copies_and_pickles() -> None:
    for cls in records():
        value = cls(**{field.alias: f"a {field.name}" for field in attrs.fields(cls)})

        for twin in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):  # noqa: S301 - our own bytes
            assert cls is type(twin)
            assert [getattr(value, name) for name in attrs.fields_dict(cls)] == [
                getattr(twin, name) for name in attrs.fields_dict(cls)
            ]

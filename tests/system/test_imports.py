"""Every module can be imported, whatever the system lacks; `without_posix` runs this as well."""

from __future__ import annotations

import importlib
import pkgutil

import launchfsm


def test_every_module_can_be_imported() -> None:
    names = [module.name for module in pkgutil.walk_packages(launchfsm.__path__, "launchfsm.")]
    for name in names:
        if not name.endswith("__main__"):
            importlib.import_module(name)

    assert len(names) > 100

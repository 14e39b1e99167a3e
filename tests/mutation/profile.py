"""Profile: how hypothesis looks for mutants, as a plugin of pytest.

The same examples every time, nothing kept of them, and no search for the smallest one that fails.
"""

from __future__ import annotations

import importlib

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutation",
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)


def pytest_configure() -> None:
    """Tell hypothesis of the types as they are now: in a child they may have been imported anew."""
    importlib.import_module("launchfsm.testing.hypothesis_plugin").register()

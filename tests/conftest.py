"""How hypothesis works here: no deadlines, since the clock of a busy machine is no judge of code.

The same examples every time, so that a test that fails has to do with what was changed.
`pytest --hypothesis-profile=campaign` is the long version, of other examples, run by hand.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "launchfsm",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "campaign", settings.get_profile("launchfsm"), derandomize=False, max_examples=100_000
)
settings.load_profile("launchfsm")

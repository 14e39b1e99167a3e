"""How hypothesis works here: no deadlines, since the clock of a busy machine is no judge of code.

`pytest --hypothesis-profile=campaign` is the long version of the same tests, run by hand.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("launchfsm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "campaign", settings.get_profile("launchfsm"), max_examples=100_000, database=None
)
settings.load_profile("launchfsm")

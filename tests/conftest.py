"""What all tests rely on: how hypothesis works here, and that a process can be interrupted.

No deadlines, since the clock of a busy machine is no judge of code. The same examples every time,
so that a test that fails has to do with what was changed; few, so that the whole suite is quick.
`pytest --hypothesis-profile=campaign` is the long version, of other examples, run by hand.
"""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# A script's shell has what it starts in the background ignore interrupts, and whatever that starts
# in turn: a process that a test interrupts would run for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "launchfsm",
    deadline=None,
    max_examples=30,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "campaign", settings.get_profile("launchfsm"), derandomize=False, max_examples=100_000
)
settings.load_profile("launchfsm")

"""The whole crash campaign by one command: `python -m tests.crash --kills 20000`.

It kills real writers, replays every instant of recorded runs, has every call fail in every way, and
lets processes race for a lock. It prints a line of figures for each, and ends with status 0 when
nothing was misclassified; what was is told in full. `--seed` repeats the kills of another time.
"""

from __future__ import annotations

import sys

from tests.crash.campaign import main

if __name__ == "__main__":
    sys.exit(main())

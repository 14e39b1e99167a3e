"""`python -m tests.fuzzing`."""

from __future__ import annotations

import sys

from tests.fuzzing.command import main

if __name__ == "__main__":
    sys.exit(main())

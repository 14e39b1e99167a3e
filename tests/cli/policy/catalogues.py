"""Catalogues that cannot be used."""

from __future__ import annotations

from typing import Any

import attrs

from launchfsm.engine import Decision
from tests.policy.test_other_domain import DEPLOY, Change, Gate


@attrs.frozen
class Unwritable:
    """A fact that no rule file can write."""

    when: complex


UNNAMED = {"gate": DEPLOY}
NO_DECISION = {"deploy": 3}
UNWRITABLE: dict[str, Any] = {"gate": Decision("gate", Unwritable, Gate, "?")}
UNSOUND = {"gate": Decision("gate", Change, Gate, "?", preconditions=("brnch is None",))}

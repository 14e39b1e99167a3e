"""Audit: a policy, asked for properties.

Here: `audit_policy`. Not here: the properties (`properties`, `shipped`), or settling them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from launchfsm.auditing.policies.asking import EXAMPLES, Asked
from launchfsm.auditing.policies.reports import PolicyAudit, PropertyVerdict
from launchfsm.auditing.policies.shipped import PROPERTIES
from launchfsm.policy.analysis.coverage import Limits
from launchfsm.policy.loading import load_policy
from launchfsm.policy.rules import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from launchfsm.auditing.policies.properties import Property
    from launchfsm.policy.loading import PolicyLike


def audit_policy(
    policy: PolicyLike,
    *,
    properties: Iterable[Property] = PROPERTIES,
    examples: int = EXAMPLES,
    seed: int = 0,
    limits: Limits | None = None,
) -> PolicyAudit:
    """Ask a policy for properties: each is proven, searched for counterexamples, or refuted.

    What is finite is proven: all situations that a table can tell apart are looked at. What is not
    is searched with hypothesis, which has to be installed for that; where it is not, such
    properties are reported as not searched, and the audit does not hold.

    Args:
        policy: The policy: a name, a path, or a loaded one.
        properties: What to ask it for.
        examples: How many launches each search looks at.
        seed: Where searches begin: the same seed finds the same, with the same hypothesis.
        limits: How large a table's space may be; see `launchfsm.policy.analysis.Limits`.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: The policy has faults.
        ValueError: `examples` is below 1.
    """
    if examples < 1:
        raise ValueError(f"a search looks at 1 launch at least, not at {examples}")
    loaded = load_policy(policy)
    asked = Asked(
        policy=loaded,
        source=loaded.name if isinstance(policy, Policy) else os.fspath(policy),
        examples=examples,
        seed=seed,
        limits=limits or Limits(),
    )
    return PolicyAudit(
        policy=loaded.name,
        verdicts=tuple(
            PropertyVerdict(
                name=prop.name,
                sentence=prop.sentence,
                parts=tuple(claim.settle(asked) for claim in prop.claims),
            )
            for prop in properties
        ),
    )

"""Audit: a policy, asked for properties."""

from __future__ import annotations

import os
from collections.abc import Iterable

from launchfsm.engine.table import Policy
from launchfsm.policies import PolicyLike, load_policy, parent_of
from launchfsm.policy.analysis.space import WORK
from launchfsm.properties.builtin import PROPERTIES
from launchfsm.properties.claims import EXAMPLES, CheckContext
from launchfsm.properties.property import Property
from launchfsm.properties.report import PolicyAudit, PropertyVerdict


def audit_policy(
    policy: PolicyLike,
    *,
    properties: Iterable[Property] = PROPERTIES,
    examples: int = EXAMPLES,
    seed: int = 0,
    work: int = WORK,
    inherited: bool = False,
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
        work: How much work a table may take; see `launchfsm.policy.analysis.WORK`.
        inherited: Whether what is wrong with the policy that it extends counts as well, where the
            one is wrong in the same situation or launch as the other.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: The policy has faults.
        ValueError: `examples` is below 1; no property is given, or two of one name; a property is
            about a table that the policy does not have.
        TypeError: What is given is no property, or the function of one does not answer as it
            has to.
    """
    asked_for = _checked(properties)
    if examples < 1:
        raise ValueError(f"a search looks at 1 launch at least, not at {examples}")
    loaded = load_policy(policy)
    context = CheckContext(
        policy=loaded,
        source=loaded.name if isinstance(policy, Policy) else os.fspath(policy),
        examples=examples,
        seed=seed,
        work=work,
        parent=None if inherited else parent_of(loaded),
    )
    return PolicyAudit(
        policy=loaded.name,
        parent=None if context.parent is None else context.parent.name,
        verdicts=tuple(
            PropertyVerdict(
                name=prop.name,
                sentence=prop.sentence,
                parts=tuple(claim.check(context) for claim in prop.claims),
            )
            for prop in asked_for
        ),
    )


def _checked(properties: Iterable[object]) -> tuple[Property, ...]:
    """The properties, if that is what they are."""
    if isinstance(properties, Property):
        raise TypeError(f"properties takes several; write properties=[{properties.name}…]")
    found: dict[str, Property] = {}
    for prop in properties:
        if not isinstance(prop, Property):
            shipped = ", ".join(known.name for known in PROPERTIES)
            raise TypeError(
                f"{prop!r} is no Property; PROPERTIES has the shipped ones ({shipped}), and"
                " Property.never(), always() and launches() make others"
            )
        if prop.name in found:
            raise ValueError(f"two properties are called {prop.name!r}; a name says which is meant")
        found[prop.name] = prop
    if not found:
        raise ValueError("no property is given, so nothing would be asked, and anything would pass")
    return tuple(found.values())

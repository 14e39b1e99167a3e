"""Policies by name or path, loaded against launchfsm's catalogue unless told otherwise."""

from __future__ import annotations

import functools

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.table import Policy
from launchfsm.policy import loader
from launchfsm.policy.discovery import is_shipped
from launchfsm.policy.loader import Catalogue, PolicyLike, parent_of

__all__ = ["PolicyLike", "load_policy", "parent_of"]


def load_policy(policy: PolicyLike, *, catalogue: Catalogue = CATALOGUE) -> Policy:
    """Load a policy by name or path; a loaded one is itself.

    Args:
        policy: A shipped or installed policy's name, the path of a folder or file, or a policy that
            is loaded already.
        catalogue: The decisions that its tables answer, by name; launchfsm's own by default.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: It has faults; they are listed, each with its place.
    """
    if catalogue is CATALOGUE and isinstance(policy, str) and is_shipped(policy):
        return _load_shipped(policy)
    again = load_policy if catalogue is CATALOGUE else None
    return loader.load_policy(policy, catalogue=catalogue, again=again)


@functools.cache
def _load_shipped(name: str) -> Policy:
    """Shipped policies do not change while a process runs: they are loaded once."""
    return loader.load_policy(name, catalogue=CATALOGUE, again=load_policy)

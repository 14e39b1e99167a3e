"""Policies as TOML: found, read, laid over one another, and checked against a catalogue.

Which decisions there are is passed in; `launchfsm.policies` loads with those of launches.
`authoring` runs a policy's tests and writes its reference, `analysis` looks at every situation.
"""

from launchfsm.policy.diagnostics import Diagnostic, PolicyError
from launchfsm.policy.discovery import PolicyNotFoundError
from launchfsm.policy.loader import Catalogue, PolicyLike, checked_catalogue, load_policy

__all__ = [
    "Catalogue",
    "Diagnostic",
    "PolicyError",
    "PolicyLike",
    "PolicyNotFoundError",
    "checked_catalogue",
    "load_policy",
]

"""The pytest plugin: what a downstream project's suite can ask for without an import.

Pytest loads it in every suite of an environment in which launchfsm is installed, so importing it
imports nothing but pytest: the rest comes when the fixture is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from launchfsm.policies import PolicyLike
    from launchfsm.properties import PolicyAudit


class AuditLaunchPolicy(Protocol):
    """What the fixture `audit_launch_policy` is, for whoever annotates it."""

    def __call__(self, policy: PolicyLike, **options: Any) -> PolicyAudit:
        """Audit a policy, and fail the test unless all properties hold.

        Args:
            policy: The policy: a name, a path, or a loaded one.
            options: As `launchfsm.properties.audit_policy` takes them.
        """


@pytest.fixture(scope="session")
def audit_launch_policy() -> AuditLaunchPolicy:
    """Audit a launchfsm policy: call it with a name or a path; the test fails unless it holds."""

    def audit(policy: PolicyLike, **options: Any) -> PolicyAudit:
        from launchfsm.properties import audit_policy  # noqa: PLC0415 - see above

        found = audit_policy(policy, **options)
        if not found.holds:
            pytest.fail(found.text(), pytrace=False)
        return found

    return audit

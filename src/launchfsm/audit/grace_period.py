"""Passing: whether a difference between two records is only that of a moment.

A launcher writes its records one after another, and an auditor reads them one after another. Of a
launch that goes on, two records may therefore differ without anybody being wrong. So a difference
that the next write would mend is an ordinary one for as long as the last write is recent.

Here: that one question. Not here: which differences a write would mend (the callers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from launchfsm.audit.findings import found

if TYPE_CHECKING:
    from launchfsm.audit.codes import AuditCode
    from launchfsm.audit.findings import AuditFinding

# Two writes are some milliseconds apart; on a disk that is slow or full, some seconds.
_PASSING: Final = 60_000  # ms


@attrs.frozen
class Moment:
    """When an audit looks, and when what it looks at was last written.

    Attributes:
        now: The time of the audit, in ms since 1970.
        written: When any of the records in question was last written; `None` when none says.
    """

    now: float
    written: float | None

    @property
    def is_passing(self) -> bool:
        """Whether a writer may be between two writes."""
        return self.written is not None and abs(self.now - self.written) < _PASSING

    def found(
        self,
        code: AuditCode,
        file: str,
        message: str,
        *,
        path: str | None = None,
    ) -> AuditFinding:
        """A finding that is an ordinary one while a writer may be between two writes."""
        if self.is_passing:
            code = "between-writes"
        return found(code, file, message, path=path)


def latest(*moments: float | None) -> float | None:
    """The latest of some times that may not be known."""
    return max((moment for moment in moments if moment is not None), default=None)

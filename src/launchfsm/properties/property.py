"""Properties: what a policy can be asked for, and how an author asks for one more.

A property is a name, a sentence, and claims. A claim is checked over every situation of a table,
which proves it, or by a search through launches, which can only refute it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs

from launchfsm.properties.claims import EveryTableClaim, SituationClaim
from launchfsm.properties.launches import Launch
from launchfsm.properties.search import LaunchClaim

Violation: TypeAlias = Callable[[Launch], str | None]
"""What is wrong with how a policy judges a launch; `None` when nothing is."""


Claim: TypeAlias = SituationClaim | EveryTableClaim | LaunchClaim
"""Something that a policy can be asked for: `check` proves it or searches for what refutes it."""


@attrs.frozen(kw_only=True)
class Property:
    """Something that a policy should guarantee.

    Raises:
        ValueError: It has no name, or claims nothing.
    """

    name: str  #: what it is called, as in `--property NAME`
    sentence: str  #: what it says
    claims: tuple[Claim, ...]  #: what it comes to; it holds when each of them does

    def __attrs_post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a property needs a name, by which it is asked for and reported")
        if not self.claims:
            raise ValueError(
                f"the property {self.name!r} claims nothing, so it would hold of any policy: make "
                "it with Property.never(), Property.always() or Property.launches()"
            )

    @classmethod
    def never(
        cls, name: str, *, table: str, then: str, when: str = "", sentence: str = ""
    ) -> Property:
        """A property of a table: where `when` holds, no answer fulfils `then`. It is proven.

        Args:
            name: What to call it.
            table: The decision table.
            then: A condition over the fields of its outcome, spelled as in rule files. Texts and
                lists may hold facts, so of them it can only be asked whether they are there.
            when: A condition over its facts; empty: always.
            sentence: What it says; made of the conditions when empty.

        Raises:
            ValueError: A condition is none. Of a policy's own table that is told by the audit, as
                is a table that the policy does not have.
        """
        claim = SituationClaim(table=table, when=when, then=then, wanted=False)
        return cls(name=name, sentence=sentence or claim.text(), claims=(claim,))

    @classmethod
    def always(
        cls, name: str, *, table: str, then: str, when: str = "", sentence: str = ""
    ) -> Property:
        """A property of a table: where `when` holds, the answer fulfils `then`. It is proven.

        Of a table whose firing rules all answer, one of the answers does. Arguments and errors are
        those of `never`.
        """
        claim = SituationClaim(table=table, when=when, then=then, wanted=True)
        return cls(name=name, sentence=sentence or claim.text(), claims=(claim,))

    @classmethod
    def launches(
        cls,
        name: str,
        violation: Violation,
        *,
        sentence: str = "",
        given: Callable[[Launch], Launch | None] | None = None,
        damaged: bool = False,
    ) -> Property:
        """A property of whole evaluations, for which launches are searched through.

        Args:
            name: What to call it.
            violation: Called with a `Launch`: what is wrong with how it is judged, or `None`. An
                exception that it raises is a violation, too, so it may just as well assert.
            sentence: What it says; the first line of the function's docstring when empty.
            given: Makes of any launch one that the property is about; `None` when it cannot.
            damaged: Whether files may be damaged, hostile, or something else altogether.

        Raises:
            TypeError: One of the functions is none. What they return is looked at when they are
                called: anything but a text, a launch or `None` raises the same.
        """
        said = sentence or (violation.__doc__ or "").strip().partition("\n")[0] or name
        claim = LaunchClaim(violation=violation, given=given, damaged=damaged)
        return cls(name=name, sentence=said, claims=(claim,))

    def violations(self, launch: Launch) -> tuple[str, ...]:
        """What is wrong with how one launch is judged, of what the property claims of launches.

        Args:
            launch: A launch that it is about, as a counterexample prints it.
        """
        claims = (claim for claim in self.claims if isinstance(claim, LaunchClaim))
        return tuple(filter(None, (claim.said(launch) for claim in claims)))

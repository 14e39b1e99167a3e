"""Searching: a claim about whole evaluations, of which there are too many to look at all.

Hypothesis makes launches until one refutes the claim, and shrinks it to the smallest that still
does. It is imported when a search begins, as nothing else needs it: where it is missing, the claim
is reported as not searched, and never as held.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable
from typing import Final, get_args

import attrs

from launchfsm.properties.claims import CheckContext
from launchfsm.properties.launches import Launch, OwnerIs
from launchfsm.properties.report import Counterexample, Part
from launchfsm.testing.folders import TeamFolder

_REPORTED: Final = ("owner", "launch_phase", "team_state", "progress", "selection", "verdict")


@attrs.frozen(kw_only=True)
class LaunchClaim:
    """That nothing is wrong with how any launch is judged; `Property.launches` says of what."""

    violation: Callable[[Launch], str | None]
    given: Callable[[Launch], Launch | None] | None = None
    damaged: bool = False

    def __attrs_post_init__(self) -> None:
        for function in (self.violation, self.given):
            if function is not None and not callable(function):
                raise TypeError(f"{function!r} is no function of a Launch")

    def check(self, context: CheckContext) -> Part:
        """Search for the smallest launch that refutes it, and does not under the parent."""
        part = Part(about="whole evaluations", status="not_searched", looked_at=0, unit="launches")
        if importlib.util.find_spec("hypothesis") is None:
            return part
        looked_at, inherited, found = self._smallest(context)
        part = attrs.evolve(part, looked_at=looked_at, inherited=inherited)
        if found is not None:
            counterexample = self._counterexample(found, context)
            return attrs.evolve(part, status="refuted", counterexample=counterexample)
        if inherited:
            return attrs.evolve(part, status="inherited")
        return attrs.evolve(part, status="not_refuted" if looked_at else "asked_of_nothing")

    def said(self, launch: Launch) -> str | None:
        """What is wrong with how a launch is judged; empty when nothing is.

        `None` when the claim's function assumes that the launch is another, by `hypothesis.assume`.
        `TypeError` when it returns what is neither a text nor `None`.
        """
        try:
            said: object = self.violation(launch)
        except Exception as error:  # noqa: BLE001 - whatever is raised is what was looked for
            errors = sys.modules.get("hypothesis.errors")  # who assumes something has imported it
            if errors is not None and isinstance(error, errors.UnsatisfiedAssumption):
                return None
            return f"{type(error).__name__}: {error}".strip(": ")
        if said is None:
            return ""
        if isinstance(said, str) and said:
            return said
        raise TypeError(
            f"{_name(self.violation)} returned {said!r} for a launch; it has to return what is"
            " wrong with how the launch is judged, as a text, or None when nothing is"
        )

    def _smallest(self, context: CheckContext) -> tuple[int, int, Launch | None]:
        """How many launches were looked at, how many are as wrong for the parent, the smallest."""
        import hypothesis  # noqa: PLC0415 - see above
        from hypothesis import strategies as st  # noqa: PLC0415 - the same

        from launchfsm.testing.strategies import team_folders  # noqa: PLC0415 - the same

        looked_at = inherited = 0

        def refutes(drawn: tuple[TeamFolder, OwnerIs]) -> bool:
            nonlocal looked_at, inherited
            launch = self._about(drawn, context)
            said = None if launch is None else self.said(launch)
            if said is None:
                hypothesis.reject()
            looked_at += 1
            if not said or launch is None or context.parent is None:
                return bool(said)
            as_before = bool(self.said(attrs.evolve(launch, policy=context.parent)))
            inherited += as_before
            return not as_before

        drawn = st.tuples(team_folders(damaged=self.damaged), st.sampled_from(get_args(OwnerIs)))
        settings = hypothesis.settings(
            max_examples=context.examples,
            # Without the phase that explains a failure, which traces every line that runs.
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        seeded = random.Random(context.seed)  # noqa: S311 - no secret
        try:
            found = hypothesis.find(drawn, refutes, settings=settings, random=seeded)
        except (hypothesis.errors.NoSuchExample, hypothesis.errors.Unsatisfiable):
            return looked_at, inherited, None
        except hypothesis.errors.Flaky as error:
            raise TypeError(
                f"{_name(self.violation)} says one thing of a launch and, asked again, another; it"
                " has to depend on the launch alone, not on what it was asked before"
            ) from error
        return looked_at, inherited, self._about(found, context)

    def _about(self, drawn: tuple[TeamFolder, OwnerIs], context: CheckContext) -> Launch | None:
        folder, owner = drawn
        launch = Launch(folder=folder, owner=owner, policy=context.policy)
        about = launch if self.given is None else self.given(launch)
        if about is None or isinstance(about, Launch):
            return about
        raise TypeError(
            f"{_name(self.given)} returned {about!r}; it has to return a Launch that the property"
            " is about, or None when it can make none"
        )

    def _counterexample(self, launch: Launch, context: CheckContext) -> Counterexample:
        """What is wrong with a launch, with the rules that won what makes its verdict."""
        won, place = [], ""
        try:
            for decision in launch.evaluate().explain().decisions:
                if decision.table in _REPORTED and decision.won:
                    said = ", ".join(
                        f"{name} = {value!r}"
                        for name, value in decision.outcome.items()
                        if value not in (None, False)
                    )
                    line = f"{decision.table}: {', '.join(decision.won)}"
                    won.append(f"{line} -> {said}" if said else line)
                    place = decision.rule_results[-1].location
        except Exception as error:  # noqa: BLE001 - it may be the very thing that was found
            won = [f"none: the evaluation raises {type(error).__name__}"]
        return Counterexample(
            violation=self.said(launch) or "",
            won=tuple(won),
            place=place,
            paste=launch.pasted(context.source),
        )


def _name(function: object) -> str:
    return getattr(function, "__qualname__", None) or repr(function)

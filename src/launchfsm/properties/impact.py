"""Impact: which recorded teams another policy judges otherwise, and the rules that did it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import attrs

from launchfsm.engine.trace import TracedDecision
from launchfsm.evaluation.evaluator import Evaluation, LaunchEvaluator
from launchfsm.policies import PolicyLike, load_policy
from launchfsm.policy.analysis.reports import RuleRef, rule_refs, rules_text

MOST_TEAMS: Final = 1_000
"""Teams judged otherwise that are told one by one; others are counted."""

_MOST_RULES: Final = 10
_MOST_LINES: Final = 20


@attrs.frozen(kw_only=True)
class RuleChange:
    """A decision that comes out otherwise, though its facts are the same."""

    table: str
    subject: str  #: whom or what it is about; empty for the launch as a whole
    before: tuple[RuleRef, ...]  #: the rules that answer under the old policy
    after: tuple[RuleRef, ...]  #: those under the new one

    def text(self) -> str:
        """The change in a line."""
        about = f"{self.table} [{self.subject}]" if self.subject else self.table
        return f"{about}: {rules_text(self.after)} instead of {rules_text(self.before)}"


@attrs.frozen(kw_only=True)
class TeamImpact:
    """A team that is judged otherwise."""

    team: str  #: the name of its folder
    before: str  #: the verdict's word under the old policy
    after: str  #: the word under the new one
    was: str  #: the verdict's line under the old policy
    becomes: str  #: the line under the new one
    besides: tuple[str, ...]  #: what else differs, a line each, such as a member's word
    rules: tuple[RuleChange, ...]  #: the decisions that made the difference

    def text(self) -> str:
        """The team with what differs, some lines."""
        head = self.before if self.before == self.after else f"{self.before} -> {self.after}"
        lines = [f"{self.team}: {head}"]
        if self.was != self.becomes:
            lines += [f"  was      {self.was}", f"  becomes  {self.becomes}"]
        lines += [f"  besides  {line}" for line in self.besides]
        lines += [f"  because  {change.text()}" for change in self.rules]
        return "\n".join(lines)


@attrs.frozen(kw_only=True)
class Impact:
    """What another policy would change."""

    policy: str  #: the new policy's name
    against: str  #: the old policy's name
    teams: int  #: how many were judged
    changed: int  #: how many of them are judged otherwise
    verdicts: Mapping[str, int]  #: how many, by both verdicts' words, such as `failed -> warning`
    told: tuple[TeamImpact, ...]  #: the first of them, one by one

    def text(self) -> str:
        """A summary, then the teams."""
        noun = "team" if self.teams == 1 else "teams"
        head = f"{self.changed} of {self.teams} {noun} would be judged otherwise"
        lines = [f"{head} by {self.policy!r} than by {self.against!r}"]
        lines += [f"  {count:>6}  {words}" for words, count in self.verdicts.items()]
        lines += [f"\n{found.text()}" for found in self.told]
        if more := self.changed - len(self.told):
            lines.append(f"\nand {more} more")
        return "\n".join(lines)


def policy_impact(
    evaluator: LaunchEvaluator, policy: PolicyLike, teams: Iterable[str] | None = None
) -> Impact:
    """Judge recorded teams by two policies, at one instant, and tell where they differ.

    Args:
        evaluator: Judges by the old policy; it knows the root, the time and the processes.
        policy: The new policy.
        teams: The teams; all of the root when not given.

    Raises:
        PolicyNotFoundError: There is no such policy.
        PolicyError: The policy has faults.
        TeamNameError: A name is not one plain path component.
    """
    now, loaded = evaluator.clock(), load_policy(policy)
    old, new = (
        LaunchEvaluator(
            evaluator.root, policy=one, clock=lambda: now, processes=evaluator.processes
        )
        for one in (evaluator.policy, loaded)
    )
    judged, verdicts, told = 0, Counter[str](), list[TeamImpact]()
    for team in evaluator.teams() if teams is None else teams:
        judged += 1
        before, after = old.evaluate(team), new.evaluate(team)
        besides = list(_besides(before, after))
        if besides or before.verdict != after.verdict:
            words = (before.verdict.severity, after.verdict.severity)
            same = f"{words[0]}, told otherwise"
            verdicts[same if words[0] == words[1] else " -> ".join(words)] += 1
            if len(told) < MOST_TEAMS:
                if (more := len(besides) - _MOST_LINES) > 0:
                    besides[_MOST_LINES:] = [f"and {more} more"]
                told.append(
                    TeamImpact(
                        team=team,
                        before=words[0],
                        after=words[1],
                        was=before.verdict.text,
                        becomes=after.verdict.text,
                        besides=tuple(besides),
                        rules=_rule_changes(before, after),
                    )
                )
    return Impact(
        policy=loaded.name,
        against=evaluator.policy.name,
        teams=judged,
        changed=verdicts.total(),
        verdicts=dict(verdicts.most_common()),
        told=tuple(told),
    )


def _besides(before: Evaluation, after: Evaluation) -> Iterator[str]:
    """What differs beside the verdict."""
    for name in dict.fromkeys((*before.members, *after.members)):
        was, becomes = before.members.get(name), after.members.get(name)
        words = [one.word if one is not None else "not a member" for one in (was, becomes)]
        if words[0] != words[1]:
            yield f"{name}: {' -> '.join(words)}"
    for table, answer in before.answers.items():
        if answer != after.answers.get(table, answer):
            yield f"{table} answers otherwise"
    notes = (before.verdict.also, after.verdict.also)
    yield from (f"no longer told: {note}" for note in notes[0] if note not in notes[1])
    yield from (f"now told: {note}" for note in notes[1] if note not in notes[0])
    if before.advice != after.advice:
        yield f"advice: {before.advice or 'none'} -> {after.advice or 'none'}"


def _rule_changes(before: Evaluation, after: Evaluation) -> tuple[RuleChange, ...]:
    """The decisions that come out otherwise though their facts are the same: they came first.

    And those that one of the policies does not take, as its table says nothing. Where there is none
    of these, as when the policies have other params, the first that comes out otherwise.
    """
    old, new = _decisions(before), _decisions(after)
    found: dict[RuleChange, bool] = {}
    for key in dict.fromkeys((*old, *new)):
        was, becomes = old.get(key), new.get(key)
        if was is not None and becomes is not None:
            differs, caused = was.outcome != becomes.outcome, was.known == becomes.known
        elif (one := was or becomes) is not None:
            differs = caused = (
                not one.subject
                and not (before.policy.says(one.asked) and after.policy.says(one.asked))
                and any(rule.then for rule in one.winners)
            )
        if differs:
            change = RuleChange(
                table=key[0],
                subject=key[1],
                before=() if was is None else rule_refs(was.winners),
                after=() if becomes is None else rule_refs(becomes.winners),
            )
            found.setdefault(change, caused)
    causes = [change for change, caused in found.items() if caused] or list(found)[:1]
    return tuple(causes[:_MOST_RULES])


def _decisions(evaluation: Evaluation) -> dict[tuple[str, str, str, int], TracedDecision]:
    """Every decision by its table, its subject, its record, and which of several it is."""
    found: dict[tuple[str, str, str, int], TracedDecision] = {}
    times = Counter[tuple[str, str, str]]()
    for entry in evaluation.record(reports=True):
        if isinstance(entry, TracedDecision):
            name = (entry.asked.name, entry.subject, entry.source)
            times[name] += 1
            found[*name, times[name]] = entry
    return found

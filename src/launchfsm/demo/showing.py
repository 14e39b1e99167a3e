"""Showing: the demo's launches, each step with what an evaluator says of it.

Here: the steps, the kill, the last evaluation and its reasons, line by line. Not here: launching
(`launching`), or printing the lines (`launchfsm.cli.demo`).
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from launchfsm.demo.scenarios import SCENARIOS, Scenario
from launchfsm.engine.trace import ExplainedStep
from launchfsm.evaluation.evaluator import Evaluation, LaunchEvaluator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.engine.trace import ExplainedDecision, Explanation


def show(root: str) -> Iterator[str]:
    """Launch every scenario under a root, and tell of it while it happens.

    Raises:
        OSError: A process could not be started.
    """
    evaluator = LaunchEvaluator(root)
    for number, (team, scenario) in enumerate(SCENARIOS.items(), start=1):
        if number > 1:
            yield ""
        yield f"{number}. {scenario.title}"
        yield from _launched(evaluator, root, team, scenario)
        yield from _told(evaluator.evaluate(team), scenario)


def _launched(
    evaluator: LaunchEvaluator, root: str, team: str, scenario: Scenario
) -> Iterator[str]:
    command = [sys.executable, "-m", "launchfsm.demo.launching", root, team]
    with subprocess.Popen(  # noqa: S603 - this interpreter, and our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as launcher:
        assert launcher.stdin is not None  # noqa: S101 - asked for above
        assert launcher.stdout is not None  # noqa: S101 - asked for above
        for line in launcher.stdout:
            step = line.strip()
            yield _line(step, evaluator.evaluate(team))
            if step == scenario.killed_at:
                launcher.kill()
                launcher.wait()
                yield _line("SIGKILL to the launcher", evaluator.evaluate(team))
                return
            launcher.stdin.write("\n")
            launcher.stdin.flush()


def _line(step: str, evaluation: Evaluation) -> str:
    verdict = evaluation.verdict
    return f"   {step:<34} {verdict.severity:<8} {verdict.text}"


def _told(evaluation: Evaluation, scenario: Scenario) -> Iterator[str]:
    snapshot = evaluation.preferred_snapshot
    for name, member in ({} if snapshot is None else snapshot.members).items():
        reason = f"  {member.hard_failure_reason}" if member.hard_failure_reason else ""
        yield f"   {name:<12} {member.launch_state}{reason}"
    explanation = evaluation.explain()
    for table, subject in scenario.explain:
        yield _because(explanation.of(table, subject))
        if table == "downgrade":
            yield from _refusals(explanation, subject)


def _refusals(explanation: Explanation, subject: str) -> Iterator[str]:
    """What a member's machine did not take: the missing edges are the rule."""
    for entry in explanation.entries:
        if isinstance(entry, ExplainedStep) and entry.subject == subject and entry.refusal:
            yield f"           but its machine refuses {entry.event} in {entry.state}"


def _because(decision: ExplainedDecision) -> str:
    about = f" of {decision.subject}" if decision.subject else ""
    won = decision.rule_results[-1]
    return f"   because {decision.table}{about}: {won.rule} ({won.when or 'no rule before it'})"

"""The command: `python -m tests.mutation`, the mutation score of the rules and the decision code.

With no option everything is tried, which takes most of an hour of two processors; `--sample`
tries some, chosen by `--seed`, and `--only` those that a file names, such as the survivors of the
last time.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.mutation.campaign import Campaign
from tests.mutation.code import code_mutants
from tests.mutation.equivalents import argued
from tests.mutation.modules import FILES, MODULES
from tests.mutation.rules import POLICIES, rule_mutants
from tests.mutation.scores import report
from tests.mutation.suite import Suite, with_suite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.mutation.mutants import Mutant, Verdict


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the mutants that the arguments ask for, and print what became of them."""
    options = _options(arguments)
    mutants = _mutants(options)
    found: list[Verdict] = []
    with tempfile.TemporaryDirectory(prefix="launchfsm-mutation-") as folder:
        with_suite(lambda suite: _try(suite, mutants, options, found), options.tests, Path(folder))
    _say("\n".join(report(found)))
    return 1 if any(verdict.fate == "survived" for verdict in found) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--rules", action="store_true", help="only the rule files")
    parser.add_argument("--code", action="store_true", help="only the decision code")
    parser.add_argument("--module", action="append", help="only this module or rule file's table")
    parser.add_argument("--only", type=Path, help="only the mutants that a file names, a line each")
    parser.add_argument("--sample", type=int, help="as many of the mutants, by chance")
    parser.add_argument("--seed", type=int, default=1, help="which chance (1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once (2)")
    parser.add_argument("--seconds", type=float, default=20, help="of tests a mutant (20)")
    parser.add_argument("--tests", nargs="+", default=FILES, help="only these test files")
    parser.add_argument("--trace", type=Path, help="a file that keeps which test reaches what")
    parser.add_argument("--verbose", action="store_true", help="a line a mutant")
    return parser.parse_args(arguments)


def _mutants(options: argparse.Namespace) -> list[Mutant]:
    both = options.rules == options.code
    found: list[Mutant] = []
    if both or options.rules:
        found += [mutant for policy in POLICIES for mutant in rule_mutants(policy)]
    if both or options.code:
        found += [mutant for module in MODULES for mutant in code_mutants(module)]
    if options.module:
        found = [mutant for mutant in found if Path(mutant.file).stem in options.module]
    if options.only:
        asked = {line.strip() for line in options.only.read_text(encoding="utf-8").splitlines()}
        found = [mutant for mutant in found if mutant.key in asked]
    if options.sample is not None and options.sample < len(found):
        chance = random.Random(options.seed)  # noqa: S311 - no secret
        chosen = sorted(chance.sample(range(len(found)), options.sample))
        found = [found[index] for index in chosen]
    return found


def _try(
    suite: Suite, mutants: list[Mutant], options: argparse.Namespace, found: list[Verdict]
) -> None:
    began = time.monotonic()
    _say(f"{len(mutants):,} mutants, {len(suite.items):,} tests")
    if options.trace is None:
        suite.trace(options.jobs)
    else:
        suite.remember(options.trace, options.jobs)
    failing = len(suite.items) - len(suite.reached)
    _say(f"traced in {time.monotonic() - began:.0f} s; {failing} fail as they are")
    campaign = Campaign(suite, argued(), options.seconds, options.jobs)
    if options.tests is not FILES:
        campaign.wider = ()
    campaign.check(mutants)
    for number, verdict in enumerate(campaign.verdicts(mutants), 1):
        found.append(verdict)
        if options.verbose:
            _say(f"{verdict.fate}: {verdict.mutant.key}  [{verdict.by}]")
        elif number % 100 == 0 or verdict.fate == "survived":
            _progress(number, len(mutants), verdict, time.monotonic() - began)
    _say(f"took {time.monotonic() - began:.0f} s\n")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _progress(number: int, total: int, verdict: Verdict, seconds: float) -> None:
    survived = f"  survived: {verdict.mutant.key}" if verdict.fate == "survived" else ""
    _say(f"{number:,} of {total:,} after {seconds:.0f} s{survived}")


if __name__ == "__main__":
    sys.exit(main())

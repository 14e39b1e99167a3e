"""Campaign: every mutant tried, each in a process of its own.

Of a rule file: loaded, its inline tests, a proof that nothing differs, then the tests that ask the
table. Of a module: the tests that call the function, then, where it is called while modules are
imported, tests in a process that imports the mutant.

Here: that order. Not here: its steps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from launchfsm.policy.diagnostics import PolicyError
from tests.mutation.children import Ended, tried
from tests.mutation.importing import run_imported
from tests.mutation.modules import mirror_of
from tests.mutation.mutants import CodeMutant, Mutant, RuleMutant, Verdict
from tests.mutation.proofs import lay_rules, settled
from tests.mutation.suite import Suite
from tests.mutation.swapping import CannotSwapError, swap_function, swap_policies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_LONGER: Final = 6
"""How many times longer than the original a mutant may take; past it, it has no end."""

_LEAST_SECONDS: Final = 90
_CHECKED_SECONDS: Final = 900
WIDER: Final = ("tests/conformance/test_conformance.py",)
"""Tests that a mutant made at import is tried on when its own did not notice it."""

_COPIES: Final = ("tests/policy/", "tests/cli/policy/")
"""Tests that compare the live policies with copies of the files, which a mutant does not change."""

Said: TypeAlias = tuple[str, str, int | None]
"""What a child says: the fate, by what, and the index of the test that noticed."""


@attrs.define
class Campaign:
    """The trying of mutants.

    Attributes:
        suite: The tests.
        argued: The mutants that are argued to be equivalent, by key.
        seconds: How long the tests of one mutant may take together.
        jobs: How many processes at once.
        wider: Tests that a mutant made at import is tried on when its own did not notice it.
    """

    suite: Suite
    argued: Mapping[str, str]
    seconds: float
    jobs: int
    wider: Sequence[str] = WIDER

    def verdicts(self, mutants: Iterable[Mutant]) -> Iterator[Verdict]:
        """What becomes of each mutant, in the order of ending."""
        for mutant, ended in tried(mutants, self._try, seconds=self._limit, jobs=self.jobs):
            yield self._verdict(mutant, ended)

    def check(self, mutants: Iterable[Mutant]) -> None:
        """See to it that importing everything again fails nothing by itself.

        Raises:
            RuntimeError: It does, so that mutants would seem to be noticed that are not.
        """
        modules = {mutant.module for mutant in mutants if isinstance(mutant, CodeMutant)}
        files = [file for module in sorted(modules) for file in mirror_of(module)]
        for asked, ended in tried(
            [[*files, *self.wider]] if files else [],
            lambda asked, folder: run_imported(None, asked, folder),
            seconds=lambda _: _CHECKED_SECONDS,
            jobs=1,
        ):
            if ended.status != 0:
                raise RuntimeError(f"imported again, unmutated, some of these fail: {asked}")

    def _verdict(self, mutant: Mutant, ended: Ended) -> Verdict:
        if ended.status != 0:
            return Verdict(mutant, "killed", "it crashed, or had no end")
        fate, by, index = json.loads(ended.said)
        if index is not None:
            self.suite.noticed[mutant.file, index] += 1
        if fate == "survived" and mutant.key in self.argued:
            return Verdict(mutant, "equivalent", f"argued: {self.argued[mutant.key]}")
        return Verdict(mutant, fate, by)

    def _limit(self, mutant: Mutant) -> int:
        return _LEAST_SECONDS + int(_LONGER * self.suite.seconds_of(self._tests(mutant)))

    def _tests(self, mutant: Mutant) -> Sequence[int]:
        avoided: tuple[str, ...] = ()
        mirror: tuple[str, ...] = ("tests/default_policy",)
        if isinstance(mutant, RuleMutant):
            target = (f"<table {mutant.table}>", "_decide")
            avoided = _COPIES
        else:
            assert isinstance(mutant, CodeMutant)
            if mutant.function is None:
                return []
            target = (mutant.file, mutant.function[0])
            mirror = mirror_of(mutant.module)
        return self.suite.tests_for(mutant.file, target, mirror, self.seconds, avoided)

    def _try(self, mutant: Mutant, folder: Path) -> int:
        judge = self._try_rule if isinstance(mutant, RuleMutant) else self._try_code
        said = judge(mutant, folder)  # type: ignore[arg-type]
        (folder / "said").write_text(json.dumps(said), encoding="utf-8")
        return 0

    def _try_rule(self, mutant: RuleMutant, folder: Path) -> Said:
        verdict = settled(mutant, folder)
        if verdict is not None:
            return verdict.fate, verdict.by, None
        try:
            swap_policies(lay_rules(mutant, folder))
        except PolicyError as error:
            return "killed", f"default extends it: {error.faults[0].code}", None
        return self._noticed(mutant, folder)

    def _try_code(self, mutant: CodeMutant, folder: Path) -> Said:
        try:
            swap_function(mutant)
        except CannotSwapError:
            return self._imported(mutant, folder)
        said = self._noticed(mutant, folder)
        target = (mutant.file, (mutant.function or ("", 0))[0])
        if said[0] == "survived" and target in self.suite.at_import:
            return self._imported(mutant, folder)
        return said

    def _noticed(self, mutant: Mutant, folder: Path) -> Said:
        found = self.suite.first_to_notice(self._tests(mutant), folder)
        if found is None:
            return "survived", "", None
        return "killed", self.suite.items[found].nodeid, found

    def _imported(self, mutant: CodeMutant, folder: Path) -> Said:
        run = partial(run_imported, mutant, folder=folder)
        wider = self.wider if mutant.function is None else ()
        for files in (mirror_of(mutant.module), wider):
            if files and run(files) != 0:
                return "killed", f"imported: {files[0]}", None
        return "survived", "", None

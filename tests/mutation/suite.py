"""Suite: the tests that look for mutants, collected once, and which code each of them reaches.

A mutant of a function can only be noticed by a test that calls the function, so only those are
run: those of the mirroring test file first, of these and of the others the ones that have noticed
mutants of the file before, then a case of each test function before the next case of any.

Here: collecting, tracing, choosing, running. Not here: mutants.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pickle
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
import pytest

from tests.mutation.children import tried
from tests.mutation.code import ROOT, name_of
from tests.mutation.importing import arguments, forget_all

if TYPE_CHECKING:
    import types
    from pathlib import Path

Target: TypeAlias = tuple[str, str]
"""Something that tests call: the file that it is compiled from, from the root, or the name of the
table; and its outermost function's name."""

_TRACED_SECONDS: Final = 1_800
_NEARER: Final = 0.5
"""The share of the time that the tests next to the module have, before all others."""


@attrs.frozen
class Reached:
    """What a test did when nothing was wrong.

    Attributes:
        seconds: How long it took.
        targets: What it called.
    """

    seconds: float
    targets: frozenset[Target]


@attrs.define
class Suite:
    """The tests, collected.

    Attributes:
        items: The tests.
        reached: What each of them reaches, by its index; those that fail unmutated are missing.
        at_import: What is called while modules are imported.
        noticed: How many mutants of a file a test has noticed, by file and index.
    """

    items: Sequence[pytest.Item]
    reached: dict[int, Reached] = attrs.field(factory=dict)
    at_import: frozenset[Target] = frozenset()
    noticed: Counter[tuple[str, int]] = attrs.field(factory=Counter)

    def remember(self, file: Path, jobs: int) -> None:
        """As `trace`, or as a file has it from when the same tests of the same code were traced."""
        state = [item.nodeid for item in self.items], _code_state()
        if file.is_file():
            known = pickle.loads(file.read_bytes())  # noqa: S301 - written below
            if known[0] == state:
                _, self.reached, self.at_import = known
                return
        self.trace(jobs)
        file.write_bytes(pickle.dumps((state, self.reached, self.at_import)))

    def trace(self, jobs: int) -> None:
        """Run every test once, and see what it reaches."""
        shares = [range(start, len(self.items), jobs) for start in range(jobs)]
        for _, ended in tried(
            [*shares, None], self._traced, seconds=lambda _: _TRACED_SECONDS, jobs=jobs
        ):
            if ended.status is None or not ended.said:
                raise RuntimeError("the tests could not be traced: a process of theirs ended")
            said = json.loads(ended.said)
            if isinstance(said, list):
                self.at_import = frozenset(map(tuple, said))
            else:
                self.reached |= {
                    int(index): Reached(seconds, frozenset(map(tuple, targets)))
                    for index, (seconds, targets) in said.items()
                }

    def _traced(self, share: Sequence[int] | None, folder: Path) -> int:
        self._settle(folder)
        if share is None:
            files = dict.fromkeys(item.path for item in self.items)
            said: object = sorted(_called(lambda: _import_all(files)))
        else:
            said = {index: found for index in share if (found := self._look(index)) is not None}
        (folder / "said").write_text(json.dumps(said), encoding="utf-8")
        return 0

    def _look(self, index: int) -> tuple[float, list[Target]] | None:
        """How long a test takes and what it calls; `None` when it fails as it is."""
        failed: list[str | None] = []
        began = time.process_time()
        targets = _called(lambda: failed.append(self._run(index, None)))
        seconds = time.process_time() - began
        return (seconds, sorted(targets)) if failed == [None] else None

    def tests_for(
        self,
        file: str,
        target: Target,
        mirror: tuple[str, ...],
        seconds: float,
        avoided: tuple[str, ...],
    ) -> list[int]:
        """The tests that reach something, the likeliest to notice first.

        Args:
            file: The file that the mutant is of.
            target: What they reach.
            mirror: The tests that are nearest to it, from the root.
            seconds: How long they may take together; there are always some.
            avoided: Tests that are of no use, by the beginning of their ids.
        """
        found = [
            index
            for index, test in self.reached.items()
            if target in test.targets and not self.items[index].nodeid.startswith(avoided)
        ]
        turns = self._turns(found)

        def worth(index: int) -> tuple[int, int, float]:
            return -self.noticed[file, index], turns[index], self.reached[index].seconds

        found.sort(key=worth)
        near = [index for index in found if self.items[index].nodeid.startswith(mirror)]
        first = self._as_many(near, seconds * _NEARER)
        taken = {*first}
        rest = [index for index in found if index not in taken]
        return first + self._as_many(rest, seconds - self.seconds_of(first))

    def _as_many(self, tests: Sequence[int], seconds: float) -> list[int]:
        """As many of some tests as there is time for, the first of them always."""
        chosen: list[int] = []
        total = 0.0
        for index in tests:
            if not chosen or total + self.reached[index].seconds <= seconds:
                chosen.append(index)
                total += self.reached[index].seconds
        return chosen

    def _turns(self, tests: Iterable[int]) -> dict[int, int]:
        """When it is the turn of each test: first one case of every test function, then another.

        There are functions with a thousand cases, and what one of them does not notice the others
        hardly do.
        """
        cases: Counter[str] = Counter()
        turns = {}
        for index in sorted(tests, key=lambda index: self.reached[index].seconds):
            function = self.items[index].nodeid.split("[")[0]
            turns[index] = cases[function]
            cases[function] += 1
        return turns

    def seconds_of(self, tests: Sequence[int]) -> float:
        """How long tests take when nothing is wrong."""
        return sum(self.reached[index].seconds for index in tests)

    def first_to_notice(self, tests: Sequence[int], folder: Path) -> int | None:
        """Run tests until one fails, and return its index."""
        self._settle(folder)
        left = [*tests]
        while left:
            index = left.pop(0)
            if self._run(index, left[0] if left else None) is not None:
                return index
        return None

    def _settle(self, folder: Path) -> None:
        """Let temporary folders of tests be made in a folder of this process."""
        factory: Any = self.items[0].config._tmp_path_factory  # type: ignore[attr-defined]
        factory._basetemp = folder / "pytest"
        factory._basetemp.mkdir()

    def _run(self, index: int, following: int | None) -> str | None:
        """Run a test; what failed of it, if anything did."""
        item = self.items[index]
        reports = _Reports()
        item.config.pluginmanager.register(reports)
        try:
            item.ihook.pytest_runtest_protocol(
                item=item, nextitem=None if following is None else self.items[following]
            )
        finally:
            item.config.pluginmanager.unregister(reports)
        return next((report.nodeid for report in reports.seen if report.failed), None)


def _code_state() -> str:
    """What tells whether the code is still that which was traced."""
    files = sorted((ROOT / "src").rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


@attrs.define(eq=False)
class _Reports:
    """A plugin that keeps what pytest reports."""

    seen: list[pytest.TestReport] = attrs.field(factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seen.append(report)


def _called(action: Callable[[], object]) -> set[Target]:
    """What of ours is called while something is done: modules, and the functions of tables."""
    codes: set[types.CodeType] = set()

    def note(frame: types.FrameType, event: str, arg: object) -> None:  # noqa: ARG001 - as sys has it
        codes.add(frame.f_code)

    sys.settrace(note)
    try:
        action()
    finally:
        sys.settrace(None)
    named = [(name_of(code.co_filename), code.co_qualname) for code in codes]
    return {
        (file, name.split(".<locals>")[0])
        for file, name in named
        if file.startswith(("src/", "<table "))
    }


def _import_all(files: Iterable[Path]) -> None:
    """Import tests and the package as if nothing were there yet."""
    forget_all()
    for file in files:
        importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


@attrs.define(eq=False)
class _Collected:
    """A plugin that hands the collected tests to somebody, instead of running them."""

    use: Callable[[Suite], None]
    done: bool = False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.use(Suite(session.items))
        self.done = True
        return True


def with_suite(use: Callable[[Suite], None], files: Sequence[str], folder: Path) -> None:
    """Collect the tests and use them, inside pytest.

    Args:
        use: Given the suite.
        files: The test files and folders, from the root.
        folder: Where pytest may write.

    Raises:
        RuntimeError: The tests cannot be collected.
    """
    plugin = _Collected(use)
    places = [str(ROOT / file) for file in files]
    pytest.main([*arguments(folder), "--no-header", *places], plugins=[plugin])
    if not plugin.done:
        raise RuntimeError("the tests cannot be collected; run pytest to see why")

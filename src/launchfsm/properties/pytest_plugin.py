"""The pytest plugin: what a downstream project's suite can ask for without an import.

Pytest loads it in every suite of an environment in which launchfsm is installed, so importing it
imports nothing but pytest: the rest comes when it is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from launchfsm.policies import PolicyLike
    from launchfsm.policy.authoring.runner import TestResult
    from launchfsm.properties import PolicyAudit

_INI: Final = "launchfsm_policies"
_RESULTS: Final = pytest.StashKey[dict[Path, dict[Path, list[Any]]]]()
"""What came of the tests of each policy, by the rule file; empty until one of its files is read."""


@pytest.fixture(scope="session")
def audit_launch_policy() -> Callable[..., PolicyAudit]:
    """Audit a launchfsm policy: call it with a name or a path; the test fails unless it holds.

    It takes what `launchfsm.properties.audit_policy` takes.
    """

    def audit(policy: PolicyLike, **options: Any) -> PolicyAudit:
        from launchfsm.properties import audit_policy  # noqa: PLC0415 - see above

        found = audit_policy(policy, **options)
        if not found.holds:
            pytest.fail(found.text(), pytrace=False)
        return found

    return audit


# -- Inline tests ----------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the policies whose inline tests are collected."""
    told = "launchfsm policies whose inline tests are collected: names, or paths from this file"
    parser.addini(_INI, told, type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Find the policies, and have those collected that stand outside of what is collected anyway.

    Raises:
        UsageError: There is no such policy.
    """
    wanted = config.getini(_INI)
    if not wanted:
        return
    from launchfsm.policy.discovery import (  # noqa: PLC0415 - see above
        PolicyNotFoundError,
        find_policy,
        is_path,
    )

    start = config.inipath.parent if config.inipath is not None else config.rootpath
    try:
        found = [find_policy(start / name if is_path(name) else name) for name in wanted]
    except PolicyNotFoundError as error:
        raise pytest.UsageError(f"{_INI}: {error}") from None
    places = [Path(str(place)).resolve() for place in found]
    results: dict[Path, dict[Path, list[Any]]] = {place: {} for place in places}
    config.stash[_RESULTS] = results
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        walked = [(config.invocation_params.dir / arg).resolve() for arg in config.args]
        for place in places:
            if not any(place.is_relative_to(folder) for folder in walked):
                config.args.append(str(place))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the inline tests of a rule file that belongs to one of the policies."""
    if file_path.suffix != ".toml" or _RESULTS not in parent.config.stash:
        return None
    file = file_path.resolve()
    for place in parent.config.stash[_RESULTS]:
        if place in (file, file.parent):
            collector: _RuleFile = _RuleFile.from_parent(parent, path=file_path)
            collector.policy = place
            return collector
    return None


class _RuleFile(pytest.File):
    policy: Path  # the folder or file that the policy is

    def collect(self) -> Iterator[pytest.Item]:
        from launchfsm.policies import load_policy  # noqa: PLC0415 - see above
        from launchfsm.policy.authoring.runner import run_tests  # noqa: PLC0415 - the same
        from launchfsm.policy.diagnostics import PolicyError  # noqa: PLC0415 - the same

        known = self.config.stash[_RESULTS]
        if not known[self.policy]:
            try:
                results = run_tests(load_policy(self.policy))
            except PolicyError as error:
                raise self.CollectError(str(error)) from None
            files: dict[Path, list[TestResult]] = {self.policy: []}
            for result in results:
                file = Path(result.location.rsplit(":", 2)[0]).resolve()
                files.setdefault(file, []).append(result)
            known[self.policy] = files
        for result in known[self.policy].get(self.path.resolve(), ()):
            line = result.location.rsplit(":", 2)[1]
            where = f"{result.rule}:{line}" if result.rule else line
            item: _InlineTest = _InlineTest.from_parent(self, name=f"{result.table}[{where}]")
            item.result = result
            yield item


class _InlineTest(pytest.Item):
    result: TestResult

    def runtest(self) -> None:
        if not self.result.passed:
            pytest.fail(self.result.text(), pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, int(self.result.location.rsplit(":", 2)[1]) - 1, self.name

"""The command, on a few mutants and the tests that notice them.

It forks, so it has a process of its own: that of the tests may have threads.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.mutation.code import ROOT


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.mutation", "--verbose", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("tests", "status", "score"),
    [
        ("tests/ecma/test_dates.py", 0, "100.0 %"),
        ("tests/lifecycle/test_phases.py", 1, "0.0 %"),
    ],
    ids=["their own tests", "others' tests"],
)
@pytest.mark.slow
def test_mutants_are_noticed_by_the_tests_of_their_module_and_by_no_others(
    tests: str, status: int, score: str
) -> None:
    ran = run("--code", "--module", "dates", "--sample", "2", "--seed", "3", "--tests", tests)

    assert (status, "") == (ran.returncode, ran.stderr), ran.stdout
    assert ran.stdout.rstrip().endswith(f" {score}")

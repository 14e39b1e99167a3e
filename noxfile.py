"""What is run before a change is merged: `nox` for all of it, `nox -s lint` for a part.

Needs nox alone (`pip install nox`). A Python that is not installed is skipped.
"""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "types", "docs", "tests"]

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


@nox.session
def lint(session: nox.Session) -> None:
    """Lint, format and the layers of the rooms."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Types of everything, and what the public API promises a type checker."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation site; a warning is an error."""
    session.install("-e", ".[docs]")
    session.run("sphinx-build", "-q", "-W", "-b", "html", "docs", "build/site")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests, on every Python that is supported and installed."""
    session.install(".[test]")
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """All tests, and how much of the source they run; fails below the floor in pyproject.toml."""
    session.install("-e", ".[dev]")
    every = ("-m", "slow or not slow")
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *every, "--cov", "--cov-report=term")

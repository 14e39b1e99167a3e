"""The base of every error that launchfsm raises on purpose."""

from __future__ import annotations


class LaunchfsmError(Exception):
    """Something that launchfsm was asked for cannot be done; the message says why.

    Its subclasses are also the built-in errors that fit, such as ``ValueError`` and ``OSError``.
    """

"""Policies: decision tables over typed facts, loaded from TOML, applied and explained.

Here: the rule engine, which knows facts, tables and outcomes, and nothing of launches.
Not here: what launchfsm asks (`launchfsm.decisions.catalogue`), or the shipped answers (`rules/`).
"""

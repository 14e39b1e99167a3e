"""Policies as TOML: found, read, laid over one another, and checked against a catalogue.

Which decisions there are is passed in; `launchfsm.policies` loads with those of launches.
"""

"""Fuzzing: damaged bytes by the million, evaluated from bytes; `python -m tests.fuzzing --help`.

The rooms: `case` (what is tried, and what is demanded of it), `corpus` (where it begins),
`mutators` (what happens to it), `coverage` (what was new about it), `measuring` (what it costs),
`campaign` (the loop), `minimising` (the smallest input that still fails) and `command`.

A few thousand seeded cases run with every test run; ten million are a morning's work by hand.
"""

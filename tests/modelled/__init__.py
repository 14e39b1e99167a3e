"""Model against code: what `launchfsm.lifecycle.product` says, done by real runs in real folders.

The rooms: `launches` (a run that is driven as the model says, and what has to agree after each
step), `crashing` (file systems that die under a run), `worlds` (many runs, crashes, clocks and
deaths in any order), `test_paths` (every edge and every refusal) and `test_worlds` (some worlds).
"""

"""Mutation: how many small mistakes in the rules and in the decision code the suite notices.

    python -m tests.mutation

makes every mutant of the shipped rule files and of the decision code, one mistake each, lets the
suite look for it, and prints the score and the survivors. Nothing below `src/` or `rules/` is ever
written: mutants live in memory and in a temporary folder.

The rooms: `mutants` (what a mutant is), `conditions` and `rules` (of rule files), `trees` and
`code` (of modules), `modules` (which modules, and why not the others), `proofs` (what needs no
test: refused when loaded, caught by inline tests, proven equivalent), `suite` (the tests and what
each of them reaches), `swapping` and `importing` (a mutant put in the place of the original),
`children` (processes that try mutants), `equivalents` (those argued by hand), `scores` (what is
printed), `campaign` (the order of events), `profile` (how hypothesis looks for mutants).
"""

"""A small engine for decision tables: typed facts in, an answer out, and why.

A `Decision` declares a question with the attrs classes of its facts and its outcome, a `Table` of
rules answers it, an `Engine` applies a policy of tables, and a `TracingEngine` notes what it did.
Nothing here knows of launches, of TOML or of the disk.
"""

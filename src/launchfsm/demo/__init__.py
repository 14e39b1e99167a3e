"""The demo: three real launches with real processes, shown while they happen.

Here: what is launched (`scenarios`), the launcher (`launching`), and who shows and kills it
(`showing`). Not here: anything that the library itself needs.
"""

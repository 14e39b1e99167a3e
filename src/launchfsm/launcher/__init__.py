"""The writing side: a launcher's run, whose records every reader understands at every instant."""

"""From evidence to a verdict: what the records of a launch add up to."""

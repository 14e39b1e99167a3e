"""The catalogue: every question that an evaluation asks a policy."""

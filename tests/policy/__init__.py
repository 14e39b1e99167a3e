"""The rule engine, tested room by room."""

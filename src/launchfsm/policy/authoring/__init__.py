"""What authors of policies are given: tests, a scaffold, a reference, a schema, a merged view."""

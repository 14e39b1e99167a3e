"""A second, independent statement of the specification, for the tests alone."""

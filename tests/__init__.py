"""The tests, one module a module of the package."""

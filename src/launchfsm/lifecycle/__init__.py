"""The lifecycles of a bootstrap and of its members, and their product."""

"""Strategies that hypothesis finds by type, such as `st.from_type(LaunchSnapshot)`.

Hypothesis calls `register` through an entry point in every project where launchfsm is installed, so
the strategies are loaded only when one of the types is asked for.
"""

from __future__ import annotations

from launchfsm.records.results import LaunchSnapshot, MemberLaunch, RuntimeState


def register() -> None:
    """Tell hypothesis how to make a `LaunchSnapshot`, a `MemberLaunch` and a `RuntimeState`."""
    from hypothesis import strategies as st  # noqa: PLC0415 - hypothesis is being imported, by us or around us

    def lately(name: str) -> st.SearchStrategy[object]:
        from launchfsm.testing import strategies  # noqa: PLC0415 - only who asks for a type pays

        strategy: st.SearchStrategy[object] = getattr(strategies, name)(damaged=True)
        return strategy

    st.register_type_strategy(LaunchSnapshot, lambda _: lately("launch_snapshots"))
    st.register_type_strategy(MemberLaunch, lambda _: lately("launched_members"))
    st.register_type_strategy(RuntimeState, lambda _: lately("runtime_states"))

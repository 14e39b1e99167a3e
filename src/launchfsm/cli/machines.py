"""`launchfsm machines`: the lifecycles as Mermaid diagrams.

Here: the command. Not here: the diagrams, which the machines' own tables make.
"""

from __future__ import annotations

from typing import Any, Final

import click

from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER, Lifecycle

_MACHINES: Final[dict[str, Lifecycle[Any, Any]]] = {"bootstrap": BOOTSTRAP, "member": MEMBER}


@click.command("machines")
@click.argument(
    "name", metavar="[bootstrap|member]", type=click.Choice(tuple(_MACHINES)), required=False
)
def command(name: str | None) -> None:
    """Print the lifecycles as Mermaid diagrams.

    Without a name both, each below a comment that names it.
    """
    if name is not None:
        click.echo(_MACHINES[name].mermaid(), nl=False)
        return
    diagrams = [f"%% {name}\n{machine.mermaid()}" for name, machine in _MACHINES.items()]
    click.echo("\n".join(diagrams), nl=False)

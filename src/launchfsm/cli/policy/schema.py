"""`launchfsm policy schema`: the JSON Schema of rule files.

Here: the command. Not here: the schema (`launchfsm.policy.authoring.schema`).
"""

from __future__ import annotations

import json

import click

from launchfsm.policy.authoring.schema import rule_file_schema


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of rule files, for editors.

    A rule file names it in its first line, as in `#:schema rules.schema.json`.
    """
    click.echo(json.dumps(rule_file_schema(), indent=1, ensure_ascii=False))

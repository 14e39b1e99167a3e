from __future__ import annotations

from pathlib import Path

import pytest

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.policy.authoring.reference import reference

DOCS = Path(__file__).parents[3] / "docs"


def test_the_catalogue_in_the_docs_is_current() -> None:
    """If not: `launchfsm policy catalogue > docs/catalogue.md`."""
    assert reference(CATALOGUE) == (DOCS / "catalogue.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CATALOGUE)
def test_it_has_every_fact_and_every_outcome_with_its_sentence(name: str) -> None:
    text = reference(CATALOGUE)
    section = text[text.index(f"\n## {name}\n") :]

    for field in [*CATALOGUE[name].fact_fields.values(), *CATALOGUE[name].outcome_fields.values()]:
        assert f"| `{field.name}` | " in section
        assert field.doc.replace("|", "\\|") in section

"""Every link in the pages of this repository leads somewhere in it."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import TYPE_CHECKING

import pytest

from tests.readme import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (
        ROOT,
        ROOT / "changes",
        ROOT / "docs",
        ROOT / "docs" / "reference",
        ROOT / "examples" / "teams",
    )
    for path in folder.glob("*.md")
)


def anchors(page: Path) -> set[str]:
    """What a link may name of a page: its headings, as GitHub spells them."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    page = ROOT / name
    text = page.read_text(encoding="utf-8")
    for file, anchor in re.findall(r"\]\((?!\w+:)([^)#\s]*)#?([^)]*)\)", text):
        there = page if not file else (page.parent / file).resolve()
        assert there.exists(), f"{name}: {file}"
        assert not anchor or anchor in anchors(there), f"{name}: {file}#{anchor}"


def test_there_are_pages_to_look_at() -> None:
    assert {"README.md", "docs/architecture.md", "docs/specification.md"} <= {*PAGES}


def test_the_site_has_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = {f"docs/{line}.md" for line in re.findall(r"^[\w/-]+$", index, re.MULTILINE)}
    pages = {name for name in PAGES if name.startswith("docs/")}
    assert pages - {"docs/index.md"} == listed


def test_no_property_begins_with_a_colon_that_the_site_takes_for_a_type() -> None:
    """Napoleon reads the first line of a property as `type: description`."""
    page = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    modules = re.findall(r"automodule:: ([\w.]+)", page)
    assert {"launchfsm", "launchfsm.engine"} <= {*modules}
    for name in modules:
        module = importlib.import_module(name)
        classes = [getattr(module, one) for one in getattr(module, "__all__", vars(module))]
        for cls in filter(inspect.isclass, classes):
            for member, found in vars(cls).items():
                if isinstance(found, property) and not member.startswith("_"):
                    line = (found.__doc__ or "").partition("\n")[0]
                    assert ":" not in line, f"{name}.{cls.__name__}.{member}: {line}"

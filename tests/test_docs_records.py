"""Every rule of evidence that code and rule files cite by letter is on the page of records."""

from __future__ import annotations

import re
from typing import Final

from tests.readme import ROOT

PAGE: Final = ROOT / "docs" / "records.md"
TEXT: Final = PAGE.read_text(encoding="utf-8")
_CITED: Final = re.compile(r"\(((?:[a-k]\d{1,2}[a-f]?(?:-[a-k]?\d+)?(?:, )?)+)\)")


def rules() -> set[str]:
    """The rules of the page: a letter for each section, a number for each item."""
    found = set()
    for section in re.split(r"^### ", TEXT, flags=re.MULTILINE)[1:]:
        letter, items = section[0], section.partition("\n## ")[0]
        found |= {
            f"{letter}{number}" for number in re.findall(r"^(\d+)\. ", items, flags=re.MULTILINE)
        }
    return found


def cited() -> set[str]:
    """The rules that sources and rule files cite in brackets, such as (a7) or (e2, e4)."""
    files = [
        *(ROOT / "src").rglob("*.py"),
        *(ROOT / "rules").rglob("*.toml"),
    ]
    texts = (
        found[1] for path in files for found in _CITED.finditer(path.read_text(encoding="utf-8"))
    )
    return {name for text in texts for name in re.findall(r"[a-k]\d{1,2}", text)}


def test_every_rule_that_is_cited_is_on_the_page() -> None:
    assert {"a7", "e12"} <= cited()
    assert set() == cited() - rules()


def test_rules_are_numbered_without_a_gap() -> None:
    for letter in "abcdefghijk":
        numbers = sorted(int(rule[1:]) for rule in rules() if rule[0] == letter)
        assert list(range(1, len(numbers) + 1)) == numbers, letter


def test_every_rule_file_on_the_page_exists() -> None:
    for name in re.findall(r"`(?:rules/default/)?(\w+\.toml)`", TEXT):
        assert (ROOT / "rules" / "default" / name).exists(), name

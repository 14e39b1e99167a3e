"""The page about teams as a file: whole, valid, small, and whatever records say is text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchfsm import TeamNameError, vocabulary
from launchfsm.decisions.verdict import WORST_FIRST, VerdictSeverity
from launchfsm.ecma.json import JsonError, parse_json_text
from launchfsm.report.page import write_team_report
from launchfsm.testing.strategies import team_folders
from launchfsm.vocabulary import values
from tests.audit.teams import journal, member, phase
from tests.cli.running import HOSTILE_TEXTS, lay, lay_hostile
from tests.readme import ROOT
from tests.report.pages import TEAMS, Outline, evaluator, team_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launchfsm.testing.folders import TeamFolder


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return team_page(tmp_path_factory.mktemp("page"))


def test_the_worst_come_first_and_every_link_leads_somewhere(page: str) -> None:
    found = Outline(page)
    overview = page[page.index("<tbody>") : page.index("</tbody>")]
    words = re.findall(r'class="b (\w+)"', overview)

    assert [] == found.faults
    assert sorted(words, key=[*WORST_FIRST].index) == words
    assert len(evaluator().teams()) == len(words) == page.count("<section")
    assert {link.removeprefix("#") for link in found.links} <= {*found.ids}
    assert len(found.ids) == len({*found.ids})


def test_every_verdict_has_its_place_in_the_order() -> None:
    assert sorted(values(VerdictSeverity)) == sorted(WORST_FIRST)


def test_it_needs_nothing_else_and_allows_nothing_else(page: str) -> None:
    found = Outline(page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page.replace("&#39;", "'")
    assert {"script", "link", "img", "iframe", "object", "form"}.isdisjoint(found.tags)
    assert {"src", "style"}.isdisjoint(found.attributes)
    assert not [name for name in found.attributes if name.startswith("on")]
    assert all(link.startswith("#") for link in found.links)
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize(
    "said",
    [
        "1 of 3 members failed: tmux pane exited with status 127: claude: command not found",
        "see the log of the CLI or of the member",
        "answer the request per_5c07 of scout",
        "failed after 59s",  # a timeline
        "members-failed-alike",  # a rule
        "expected a JSON object",  # a finding of the evaluation
        "unreadable-file",  # one of the audit
        "no launch is recorded",
    ],
)
def test_what_is_known_of_teams_is_there(page: str, said: str) -> None:
    assert said in Outline(page).text


def test_a_member_is_drawn_whatever_came_of_it(tmp_path: Path) -> None:
    actions = ("spawn_started", "registered", "bootstrap_confirmed", "spawn_failed", "skipped", "x")
    records = [phase("spawning_members"), *(member(f"of-{word}", word) for word in actions)]
    lay(tmp_path / "root", "demo", journal=journal(records).decode())
    page = team_page(tmp_path, tmp_path / "root")

    assert [] == Outline(page).faults
    ends = [re.findall(r'<rect class="([cfo])"', row) for row in page.split('<div class="r">')[1:]]
    assert [["o"], ["o"], ["c"], ["f"], ["o"], ["o"]] == [end for end in ends if end]


def test_a_team_takes_less_than_ten_kilobytes(tmp_path: Path) -> None:
    names = evaluator().teams()
    for number in range(3 * len(names)):
        shutil.copytree(TEAMS / names[number % len(names)], tmp_path / "root" / f"team-{number}")

    assert 3 * len(names) * 10_000 > len(team_page(tmp_path, tmp_path / "root").encode())


def test_a_page_of_no_team_says_so(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()

    assert "There are no teams." in Outline(team_page(tmp_path, tmp_path / "root")).text


# -- Hostile records -------------------------------------------------------------------------------

MARKUP = (
    "</style></title><script>alert(1)</script><b onclick='x'>&amp;{{ 7 * 7 }}{% raw %}\"'--></svg>"
)


def lay_markup(root: Path) -> None:
    """A team in which every text is markup."""
    lay_hostile(root)
    folder = root / "markup"
    shutil.copytree(root / "hostile", folder)
    for file in folder.iterdir():
        text = file.read_text(encoding="utf-8", errors="surrogatepass")
        for index, attack in enumerate(HOSTILE_TEXTS[:7]):
            text = text.replace(json.dumps(attack)[1:-1], json.dumps(f"{index}{MARKUP}")[1:-1])
        file.write_text(text, encoding="utf-8", errors="surrogatepass")


@pytest.mark.parametrize("redact", [False, True])
def test_hostile_texts_stay_text(tmp_path: Path, *, redact: bool) -> None:
    root = tmp_path / "root"
    lay_markup(root)
    page = team_page(tmp_path, root, redact=redact)
    found = Outline(page)

    assert [] == found.faults
    assert {"script", "img"}.isdisjoint(found.tags)
    assert not [name for name in found.attributes if name.startswith("on")]
    assert all(char == "\n" or char.isprintable() for char in page)
    assert redact != ("<script>alert(1)</script>" in found.text)
    assert redact != ("{{ 7 * 7 }}" in found.text)
    assert 60_000 > len(page)


@given(folder=team_folders(damaged=True), redact=st.booleans())
@settings(max_examples=15)
def test_whatever_stands_in_a_folder_is_a_page(folder: TeamFolder, *, redact: bool) -> None:
    with TemporaryDirectory() as place:
        root = Path(place)
        folder.write(root / "teams")
        page = team_page(root, root / "teams", redact=redact)

    assert [] == Outline(page).faults
    assert 1 == page.count("<section")


# -- Redacted --------------------------------------------------------------------------------------


RULES = "".join(file.read_text("utf-8") for file in (ROOT / "rules").rglob("*.toml"))


def recorded_texts(root: Path) -> Iterator[str]:
    """Every text of any record below a root, and the names of its files and folders."""
    for file in root.rglob("*"):
        yield from file.relative_to(root).parts[:1]
        if file.is_file():
            for line in [
                file.read_text(errors="replace"),
                *file.read_text(errors="replace").split("\n"),
            ]:
                try:
                    yield from texts_of(parse_json_text(line))
                except JsonError:
                    continue


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from ([key] if isinstance(item, dict) else [])
            yield from texts_of(item)


def test_a_redacted_page_has_no_text_of_a_record(tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(TEAMS, root)
    secret = {text for text in recorded_texts(root) if len(text) > 3 and not is_public(text)}
    page = Outline(team_page(tmp_path, root, redact=True)).text
    plain = Outline(team_page(tmp_path, root)).text

    assert "planner" in secret
    assert "1 of 3 teammates failed to start" in secret
    assert 25 < sum(text in plain for text in secret)
    assert [] == [text for text in secret if re.search(rf"(?<!\w){re.escape(text)}(?!\w)", page)]
    assert str(root) not in page


def is_public(text: str) -> bool:
    """Whether a text is a word of launchfsm, a text of the rules, or a time."""
    aliases = [alias for alias in vars(vocabulary).values() if get_origin(alias) is Literal]
    words = {word for alias in aliases for word in values(alias)}
    return text in words or text in RULES or bool(re.match(r"\d{4}-\d\d-\d\dT", text))


def test_stand_ins_are_the_same_everywhere_and_rules_keep_their_words(tmp_path: Path) -> None:
    page = Outline(team_page(tmp_path, redact=True)).text

    assert re.search(r"1 of 3 members failed: text-\d+", page)
    request = re.search(r"answer the request (id-\d+) of (member-\d+)", page)
    assert request is not None
    assert f"waits for {request[1]}" in page


# -- The file --------------------------------------------------------------------------------------


def test_the_file_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("the old one")

    with pytest.raises(TeamNameError):
        write_team_report(evaluator(), ["starting", "../x"], file)
    assert "the old one" == file.read_text()
    assert [file] == list(tmp_path.iterdir())

    write_team_report(evaluator(), ["starting"], file)
    assert file.read_text().startswith("<!DOCTYPE html>")
    assert 0o600 == file.stat().st_mode & 0o777
    assert [file] == list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_team_report(evaluator(), ["starting"], tmp_path / "nowhere" / "page.html")

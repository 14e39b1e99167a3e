"""The pages in a real browser: what is drawn, in which colours, at which width, by which keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.lifecycle.machines import BOOTSTRAP, MEMBER
from launchfsm.report.page import write_policy_report
from tests.report.browser import CHROMIUM, DRIVER, Browser, browser
from tests.report.pages import evaluator, team_page
from tests.report.test_page import lay_markup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None,
    reason="no browser: apt-get install --no-install-recommends chromium chromium-driver",
)

PAGES = ("teams", "policy", "hostile")


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {name: folder / f"{name}.html" for name in PAGES}
    made["teams"].write_text(team_page(folder))
    lay_markup(folder / "root")
    made["hostile"].write_text(team_page(folder, folder / "root"))
    write_policy_report("reference", made["policy"])
    return made


_OPEN_ALL = "for (const one of document.querySelectorAll('details')) one.open = true;"


# -- Layout and colours ----------------------------------------------------------------------------

_OUTSIDE = """
const wide = document.documentElement.clientWidth;
const found = [...document.body.querySelectorAll('*')].filter(one =>
  !one.closest('.wide > *, defs') && one.getBoundingClientRect().right > wide + 1);
return [document.documentElement.scrollWidth - wide, found.map(one => one.outerHTML.slice(0, 80))];
"""


# Text on a background: of HTML the nearest that is not transparent, of a picture its boxes' or the
# page's. Large is what the Web Content Accessibility Guidelines call so.
_FAINT = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = colour => {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const light = colour => rgb(colour).slice(0, 3).map(part => part / 255).map(part =>
  part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
const contrast = (one, other) => {
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};
const behind = one => {
  for (let here = one; here; here = here.parentElement) {
    const colour = getComputedStyle(here).backgroundColor;
    if (rgb(colour)[3] > 0) return colour;
  }
  return 'white';
};
const faint = [], seen = {};
for (const one of document.querySelectorAll('body *')) {
  const said = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  if (!said || one.closest('style')) continue;
  const style = getComputedStyle(one), drawn = one instanceof SVGElement;
  const key = [one.tagName, one.className.baseVal ?? one.className, style.color, style.fill].join();
  if (seen[key]) continue;
  seen[key] = true;
  const box = drawn ? getComputedStyle(document.querySelector('.d rect')).fill : behind(one);
  const ratio = contrast(drawn ? style.fill : style.color, box);
  if (ratio < 4.5) faint.push([one.outerHTML.slice(0, 80), Math.round(ratio * 100) / 100]);
}
return [faint, Object.keys(seen).length];
"""


@pytest.mark.parametrize("name", PAGES)
def test_nothing_sticks_out_and_every_text_stands_out(
    window: Browser, pages: dict[str, Path], name: str
) -> None:
    window.open(pages[name])
    window.ask(_OPEN_ALL)
    for width in (400, 1400):
        window.change(width=width)
        assert [0, []] == window.ask(_OUTSIDE)
    for dark in (False, True):
        window.change(dark=dark)
        faint, looked_at = window.ask(_FAINT)
        assert [] == faint
        assert looked_at > 10
        background = window.ask("return getComputedStyle(document.body).backgroundColor")
        assert dark == (background < "rgb(2")


# -- What is drawn ---------------------------------------------------------------------------------

_TRACKS = """
return [...document.querySelectorAll('section .t')].map(track => {
  const own = track.getBoundingClientRect();
  return [...track.querySelectorAll('rect')].map(bar => {
    const box = bar.getBoundingClientRect();
    return [bar.className.baseVal, (box.left - own.left) / own.width,
            (box.right - own.left) / own.width, box.height,
            getComputedStyle(bar).fill !== getComputedStyle(track).backgroundColor];
  });
});
"""


@pytest.mark.parametrize("width", [400, 1400])
def test_bars_are_drawn_where_their_times_are(
    window: Browser, pages: dict[str, Path], width: int
) -> None:
    window.open(pages["teams"], width=width)
    tracks = window.ask(_TRACKS)
    assert len(tracks) > 20
    for kind, left, right, height, coloured in (bar for track in tracks for bar in track):
        assert -0.01 <= left < right <= 1.01, kind
        assert height > 4
        assert coloured
    # member-failed comes first: builder was spawned after 16 of 131.2 seconds, and failed after 75.
    _, _, builder, *_ = tracks
    (spawned, failed) = builder
    assert ("s", "f") == (spawned[0], failed[0])
    assert (16 / 131.2, 75 / 131.2) == pytest.approx(spawned[1:3], abs=0.01)
    assert 75 / 131.2 == pytest.approx(failed[1], abs=0.015)


_STATES = """
return [...document.querySelectorAll('section .l')].map(picture => {
  const name = picture.querySelector('use').getAttribute('href').slice(1);
  const boxes = [...document.querySelectorAll(`#${name} rect`)];
  const frame = picture.getBoundingClientRect();
  return [name, [...picture.querySelectorAll('.h')].map(mark => {
    const box = mark.getBoundingClientRect();
    const under = boxes.find(one => one.getAttribute('y') === mark.getAttribute('y')
                                  && one.getAttribute('x') === mark.getAttribute('x'));
    return [under.nextElementSibling.textContent,
            box.width > 100 && box.top >= frame.top - 2 && box.bottom <= frame.bottom + 2
            && getComputedStyle(mark).stroke !== getComputedStyle(under).stroke];
  }), [...picture.querySelectorAll('.k')].map(count => Number(count.textContent))];
});
"""


def test_the_present_states_are_marked(window: Browser, pages: dict[str, Path]) -> None:
    window.open(pages["teams"])
    found = window.ask(_STATES)

    assert 2 * len(evaluator().teams()) == len(found)
    assert all(visible for _, marks, _ in found for _, visible in marks)
    states = {"bootstrap": BOOTSTRAP.states, "member": MEMBER.states}
    assert all(state in states[name] for name, marks, _ in found for state, _ in marks)
    # member-failed comes first: two of its members are confirmed, and one failed
    assert ["bootstrap", [["completed", True]], []] == found[0]
    assert {"confirmed_alive": 2, "failed_to_start": 1} == dict(
        zip((state for state, _ in found[1][1]), found[1][2], strict=True)
    )


# -- By keys, on paper, and attacked ---------------------------------------------------------------

_FOCUS = """
const here = document.activeElement, style = getComputedStyle(here);
const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 1;
return [here.tagName, here.className, outlined];
"""


def test_folds_and_wide_tables_are_reached_and_opened_by_keys(
    window: Browser, pages: dict[str, Path]
) -> None:
    window.open(pages["teams"])
    for _ in evaluator().teams():
        window.press("Tab")
        tag, _, outlined = window.ask(_FOCUS)
        assert ("A", True) == (tag, outlined)
    for opened in (1, 2):  # why, and then the first of its parts
        window.press("Tab")
        assert ["SUMMARY", "", True] == window.ask(_FOCUS)
        assert opened - 1 == window.ask("return document.querySelectorAll('details[open]').length")
        window.press("Enter")
        assert opened == window.ask("return document.querySelectorAll('details[open]').length")
    assert window.ask("return document.querySelector('details[open] li').checkVisibility()")

    window.open(pages["policy"])
    window.ask("document.querySelector('section summary').focus()")
    window.press("Tab")
    assert ["DIV", "wide", True] == window.ask(_FOCUS)


def test_on_paper_folds_are_open(window: Browser, pages: dict[str, Path]) -> None:
    window.open(pages["teams"], dark=True)
    hidden = (
        "return [...document.querySelectorAll('li')].filter(one => !one.checkVisibility()).length"
    )
    assert window.ask(hidden) > 20

    window.print_view()
    assert 0 == window.ask(hidden)


def test_hostile_texts_do_nothing_and_no_page_asks_for_anything(
    window: Browser, pages: dict[str, Path]
) -> None:
    for page in pages.values():
        window.log()
        window.open(page)
        asked = "return [document.scripts.length, performance.getEntriesByType('resource').length]"
        assert [0, 0] == window.ask(asked)
        assert [] == window.log()
    window.open(pages["hostile"])
    shown: Any = window.ask("return [document.title, document.body.innerText]")
    assert "Launches" == shown[0]
    assert "<script>alert(1)</script>" in shown[1]
    assert 2 == window.ask("return document.querySelectorAll('section').length")

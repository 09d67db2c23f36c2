"""What axe-core finds wrong on a page for a reader with a screen reader, a keyboard or weak eyes.

Belongs here: running axe (the copy inside axe-playwright-python, so nothing is fetched) in the page that stands open, and
what of Streamlit's own widgets it may find. Our own markup is excused from nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tests.browser.conftest import Reader

#: The impacts that fail a page.
GRAVE = ("serious", "critical")


@dataclass(frozen=True)
class Excused:
    """A finding in a widget that Streamlit draws: which rule, inside which of its elements, why it stays."""

    rule: str
    inside: str
    why: str


EXCUSED: tuple[Excused, ...] = ()

_RUN = """async ([grave, excused]) => {
  const found = await axe.run(document, {resultTypes: ['violations']});
  const at = (path) => path.flat().reduce((root, one) => (root?.shadowRoot ?? root)?.querySelector(one), document);
  return found.violations.flatMap(rule => rule.nodes
    .filter(node => grave.includes(node.impact))
    .filter(node => !excused.some(([id, inside]) => id === rule.id && at(node.target)?.closest(inside)))
    .map(node => `${rule.id} (${node.impact}): ${node.html.slice(0, 240)} in ${node.target.flat().join(' ')}: `
      + [...node.any, ...node.all, ...node.none].map(one => one.message).join('; ')));
}"""


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def grave_findings(page: Any) -> list[str]:
    """Serious and critical findings of axe on the open page, shadow roots included, but for what is excused."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_axe())
    return list(page.evaluate(_RUN, [GRAVE, [[one.rule, one.inside] for one in EXCUSED]]))


#: Boards that are laid out for a phone, and its size.
PHONE_BOARDS = ("overview", "risk", "petitions")
PHONE = {"width": 390, "height": 844}


def on_a_phone(reader: Reader) -> list[str]:
    """The findings on the open page at a phone's width; one more if it is wider than the phone. The width is put back."""
    page, size = reader.page, reader.page.viewport_size
    page.set_viewport_size(PHONE)
    page.wait_for_timeout(500)
    found = grave_findings(page)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
        found.append("the page scrolls sideways")
    page.set_viewport_size(size)
    return found

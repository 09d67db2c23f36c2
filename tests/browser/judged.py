"""What is wrong with a board that stands open: errors, words of the other language, charts that say nothing.

Belongs here: the judgement that every walk of a board makes, in `make test` and in the full matrix. Does not: numbers (each
walk knows whose they are), accessibility (accessible).
"""

from __future__ import annotations

import re
from typing import Any

from tests.browser.conftest import Reader

#: What a page may show in the other language: the name of it.
ALLOWED = {"English", "中文"}
#: Streamlit's own boxes for what went wrong, and ours.
WRONG = '[data-testid="stException"], [data-testid="stAlert"], .error'
#: What a number or a sentence that went wrong looks like.
BROKEN = re.compile(r"Traceback|Error\b|Exception|NaN\b|undefined|None\b")
AS_OF = {"zh": "数据截至", "en": "data as of"}


def foreign_words(line: str, language: str) -> set[str]:
    """Words of the other language in a line; codes, file names, build ids and paths are recognised by their digits or slashes."""
    if language == "en":
        return set(re.findall(r"[\u4e00-\u9fff]+", line)) - ALLOWED
    line = re.sub(r"citybrain .*", " ", line)  # a command is typed as it stands
    return set(re.findall(r"[A-Za-z]{2,}", re.sub(r"[\w./\-]*[\d_/][\w./\-#]*", " ", line))) - ALLOWED


def charts_of(page: Any) -> list[tuple[str, str, int]]:
    """Title, subtitle and number of drawn marks of every chart."""
    return [(title, subtitle, marks) for title, subtitle, marks in page.evaluate(_CHARTS)]


_CHARTS = """() => [...document.querySelectorAll('.js-plotly-plot')].map(chart => [
  ...['.gtitle', '.gtitle-subtitle'].map(part => chart.querySelector(part)?.textContent.trim() ?? ''),
  chart.querySelectorAll('path.js-line, .points path, .point path, path.js-fill, .barlayer path').length])"""

#: The sentences that stand where a chart would: what follows the title in its place.
_EMPTY = """() => [...document.querySelectorAll('[class*="st-key-markup_empty_"]')].map(place => {
  const host = [...place.querySelectorAll('*')].find(one => one.shadowRoot);
  return host?.shadowRoot.querySelector('.muted')?.textContent.trim() ?? '';
})"""


def faults_of(reader: Reader, language: str) -> list[str]:
    """What is wrong with the open board, in words; takes what bureaus sent off the page."""
    page = reader.page
    text = reader.own_words()
    found = [f"a box of an error: {box}" for box in page.locator(WRONG).all_inner_texts()]
    if page.locator(".footer").count() != 1:
        found.append("the foot does not stand once")
    spoken = page.evaluate("document.documentElement.lang")
    if spoken != {"zh": "zh-CN", "en": "en"}[language]:
        found.append(f"the page says that it speaks {spoken}")
    for line in text.splitlines():
        if BROKEN.search(line):
            found.append(f"broken: {line}")
        if words := foreign_words(line, language):
            found.append(f"words of the other language {sorted(words)}: {line}")
    for title, subtitle, marks in charts_of(page):
        if not title or AS_OF[language] not in subtitle or not marks:
            found.append(f"a chart that says too little: {title!r}, {subtitle!r}, {marks} marks")
    found += ["a chart is missing without a sentence why" for sentence in page.evaluate(_EMPTY) if not sentence]
    return found

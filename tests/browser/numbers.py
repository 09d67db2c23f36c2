"""Numbers read off a page or out of an export, held against the view of the published file that they claim to be of.

The file is opened here by DuckDB alone: neither the boards' query function nor the code that writes figure ids is asked. An id is
made anew, in SQL, from the columns of the view.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from dashboards.kit.words import NOTHING, Language, Words

#: Everything that carries a figure's id, shadow roots included: attributes of markup, `ids` of charts' traces.
READ = """() => {
  const found = [];
  const walk = (node) => {
    for (const what of ['figure', 'parts', 'interval']) {
      const id = node.getAttribute?.(`data-${what}`);
      const text = id && (node.textContent.trim() || node.querySelector('[title]')?.getAttribute('title') || '');
      if (id) found.push([what, id, text]);
    }
    if (node.classList?.contains('js-plotly-plot')) {
      for (const trace of node.data) (trace.ids || []).forEach((id, at) => {
        const value = Array.from(trace[trace.meta]._inputArray || trace[trace.meta])[at];
        if (id && value !== null && value !== undefined) found.push(['point', id, String(value)]);
      });
    }
    if (node.shadowRoot) [...node.shadowRoot.children].forEach(walk);
    [...node.children].forEach(walk);
  };
  walk(document.body);
  return found;
}"""
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
#: Boards that open with no figure but the health of the data: a clerk's list, a question, two builds of which there is one, and
#: what needs attention, where nothing does: open cases by age are of no register entry.
HEALTH_ALONE = {"returned", "can_be_true", "why_changed", "risk"}
#: How a figure's id writes its period, from the columns of the view.
PERIOD = """case period_kind
    when 'year_to_date' then 'ytd-' || period_end when 'cumulative' then 'cumulative-' || period_end
    when 'rolling_28d' then '28d-' || period_end when 'day' then cast(period_start as varchar)
    when 'week' then strftime(period_start, '%G-W%V') when 'month' then strftime(period_start, '%Y-%m')
    when 'quarter' then year(period_start) || '-Q' || quarter(period_start) when 'year' then cast(year(period_start) as varchar)
end"""


class Shown(NamedTuple):
    """What a page shows of a figure: its value (`figure`), parts, interval, or a chart's point."""

    what: str
    figure: str
    text: str


def shown_on(page: Any) -> list[Shown]:
    """All that a page shows of figures."""
    return [Shown(*one) for one in page.evaluate(READ)]


class Published:
    """The published file, read plainly."""

    def __init__(self, home: Path) -> None:
        manifest = json.loads((home / "published" / "CURRENT.json").read_text(encoding="utf-8"))
        self.build = str(manifest["build"])
        self.rows = duckdb.connect(":memory:", config={"threads": 1, "autoinstall_known_extensions": False})
        self.rows.execute(f"attach '{home / 'published' / manifest['file']}' as published (read_only)")
        self.rows.execute("use published")

    def figures(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Rows of v_metric_display by their ids, as far as there are such; a restated one as it was where it does not differ."""
        wanted = set(names)
        metrics, areas = ({part for name in wanted if (part := re.split(at, name)[i])} for at, i in (("[~/]", 0), ("/", 1)))
        asked = self.rows.execute(
            f"select shown.metric_id || case slice_kind when 'all' then '' else '~' || slice_kind || '=' || slice_code end || '/' "
            f"|| grid_code || '/' || {PERIOD} || '/' || basis || '@' || $build as name, "
            "shown.value, shown.value_text, shown.num, shown.den, shown.ci_low, shown.ci_high, shown.is_suppressed, shown.reason, "
            "metric.family, metric.decimals, metric.unit_zh, metric.unit_en, metric.min_denominator "
            "from v_metric_display as shown inner join ref_metric as metric on shown.metric_id = metric.metric_id "
            "where shown.metric_id in (select unnest($metrics)) and grid_code in (select unnest($areas))",
            {"build": self.build, "metrics": sorted(metrics), "areas": sorted(areas)},
        )
        titles = [column[0] for column in asked.description]
        known = {row[0]: dict(zip(titles, row, strict=True)) for row in asked.fetchall()}
        return {name: row for name in wanted if (row := known.get(name) or known.get(name.replace("/restated@", "/as_was@")))}

    def families(self) -> dict[str, str]:
        """Metric to family."""
        return dict(self.rows.execute("select metric_id, family from ref_metric").fetchall())

    def within(self, area: str) -> set[str]:
        """The codes of an area and of all areas that ever lay in it."""
        paths = " or ".join(f"path_{level} = $area" for level in range(6))
        found = self.rows.execute(f"select grid_code from dim_grid where grid_code = $area or {paths}", {"area": area}).fetchall()
        return {code for (code,) in found}

    def root(self) -> str:
        """The code of the whole city."""
        return str(self.rows.execute("select root_code from build_info").fetchall()[0][0])

    def district(self) -> str:
        """The first district by code."""
        return self.first_of(1)

    def first_of(self, level: int) -> str:
        """The first area by code of those of a level that there are today."""
        found = "select min(grid_code) from dim_grid where is_current and grid_level = $level and grid_code <> 'UNASSIGNED'"
        return str(self.rows.execute(found, {"level": level}).fetchall()[0][0])


@contextmanager
def published(home: Path) -> Iterator[Published]:
    """The published file of a home."""
    found = Published(home)
    yield found
    found.rows.close()


def wrong(found: Sequence[Shown], held: Published, language: Language) -> list[str]:
    """What does not equal the view, one line each."""
    rows, families = held.figures(one.figure for one in found), held.families()
    return [
        f"{one.what} of {one.figure}: {one.text!r} shown, {why}"
        for one in found
        if (why := differs(one, rows.get(one.figure), families, language))
    ]


def compare(page: Any, home: Path, board: str, language: str) -> None:
    """Every number of an open page that says of which figure it is equals the view; more of them than the health in the banner."""
    found = shown_on(page)
    with published(home) as held:
        assert not wrong(found, held, "zh" if language == "zh" else "en")
    assert len(found) > (0 if board in HEALTH_ALONE else 1)


def plain(text: str) -> str:
    """A number without grouping, marks and signs of typography."""
    return re.sub(r"[,≈%\s]", "", text).replace("−", "-").removeprefix("+")


def rounded(value: float | Decimal, decimals: int) -> Decimal:
    """Half up, as the mart rounds."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def differs(one: Shown, row: dict[str, Any] | None, families: dict[str, str], language: Language) -> str:
    """Why something shown is not what the view says; empty where it is."""
    if row is None:
        return _of_no_row(one, families.get(re.split("[~/]", one.figure)[0], ""))
    if (row["reason"] or row["value"] is None) and (one.what != "parts" or row["num"] is None):
        told = (NOTHING, hidden_words(row, language, is_change=row["family"] == "change"))
        return "" if one.what == "figure" and one.text in told else f"hidden: {row['reason']}"
    if one.what == "figure":
        unit = row[f"unit_{language}"] or ""
        return "" if plain(one.text.removesuffix(unit)) == plain(row["value_text"]) else row["value_text"]
    if one.what == "point":
        return "" if rounded(float(one.text), row["decimals"]) == rounded(row["value"], row["decimals"]) else row["value_text"]
    numbers = NUMBER.findall(re.sub(r"[,≈]", "", one.text).replace("−", "-"))
    if one.what == "parts":
        parts = {str(part) for part in (row["num"], row["den"]) if part is not None}
        return "" if numbers and set(numbers) <= parts else f"{row['num']} / {row['den']}"
    ends = [str(rounded(row[end], row["decimals"])) for end in ("ci_low", "ci_high")]
    return "" if [number.removeprefix("+") for number in numbers[-2:]] == ends else " to ".join(ends)


def _of_no_row(one: Shown, family: str) -> str:
    """What the view has no row of counts nothing: a count of it is 0, else there is no number to show."""
    if not NUMBER.match(plain(one.text)):
        return ""
    return "" if family in ("count", "stock") and Decimal(plain(one.text)) == 0 else "which has no row"


def hidden_words(row: dict[str, Any], language: Language = "en", *, is_change: bool = False) -> str:
    """How a page says that a figure has no value."""
    words, key = Words(language), f"reason.{row['reason']}"
    least = "" if is_change else words.number(int(row["min_denominator"] or 0))
    return words(key if words.has(key) else "reason.none", least=least)


def areas_of(found: Iterable[Shown]) -> set[str]:
    """The areas that figures are of."""
    return {one.figure.split("/")[1] for one in found}

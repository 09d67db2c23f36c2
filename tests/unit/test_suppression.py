"""Suppression against an attacker who subtracts, on cities drawn at random; the numbers of the rule; its edges."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from dataclasses import asdict
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analytics.suppression import CELL, RANK, Rule, hidden_blocks, rank_of
from pipelines.core.register import Metric, parse_entry
from tests.integration.differencing import determined

RULE = Rule(small_cell_max=4, level=2)
DAY = dt.timedelta(days=1)
COUNT: dict[str, Any] = {
    "id": "V01", "name_zh": "件", "name_en": "c", "family": "count", "subject": "person", "cohort": "by_report",
    "time": "reported_at", "direction": "neutral", "kinds": ["petition", "court_case"], "slices": ["all", "event_kind"],
    "levels": [0, 1, 2, 3], "periods": ["week", "month", "quarter", "half_year", "year"],
}  # fmt: skip
METRICS = (
    parse_entry({**COUNT, "slices_coarse": ["channel"]}, "x.yml"),
    parse_entry({**COUNT, "id": "M05", "kinds": ["petition"], "slices": ["all"]}, "x.yml"),
)
#: Two districts of three streets of two communities: code -> the area that holds it.
PARENTS = {
    "0": "", **{f"{d}": "0" for d in "12"}, **{f"{d}{s}": d for d in "12" for s in "abc"},
    **{f"{d}{s}{c}": f"{d}{s}" for d in "12" for s in "abc" for c in "xy"},
}  # fmt: skip
LEVEL = {code: 0 if code == "0" else len(code) for code in PARENTS}


def periods(year: int) -> list[tuple[str, dt.date, dt.date]]:
    firsts = [dt.date(year, m, 1) for m in range(1, 13)] + [dt.date(year + 1, 1, 1)]
    found = [("month", a, b - DAY) for a, b in itertools.pairwise(firsts)]
    found += [("quarter", firsts[q], firsts[q + 3] - DAY) for q in (0, 3, 6, 9)]
    found += [("half_year", firsts[0], firsts[6] - DAY), ("half_year", firsts[6], firsts[12] - DAY)]
    found += [("year", firsts[0], firsts[12] - DAY)]
    found += [("year_to_date", firsts[0], first - DAY) for first in firsts[1:]]
    monday = dt.date(year, 1, 1) - dt.timedelta(days=dt.date(year, 1, 1).weekday())
    weeks = [monday + dt.timedelta(weeks=n) for n in range(53)]
    found += [("week", week, week + 6 * DAY) for week in weeks]
    return found + [("rolling_28d", week - 21 * DAY, week + 6 * DAY) for week in weeks[3:]]


def figures(cases: pl.DataFrame) -> pl.DataFrame:
    """CELL, level, num of every metric, from cases: community, day, kind, channel."""
    spans = pl.DataFrame(periods(2025) + periods(2026), schema=CELL[4:], orient="row").unique()
    above = [(c, a) for c in PARENTS if LEVEL[c] == 3 for a in PARENTS if a == "0" or c.startswith(a)]
    placed = cases.join(pl.DataFrame(above, schema=["community", "grid_code"], orient="row"), on="community")
    told = []
    for metric in METRICS:
        own = placed.filter(pl.col("event_kind").is_in(metric.kinds))
        for kind in (*metric.slices, *metric.slices_coarse):
            code = pl.lit("all") if kind == "all" else pl.col(kind)
            cut = own.with_columns(metric_id=pl.lit(metric.id), slice_kind=pl.lit(kind), slice_code=code)
            if kind in metric.slices_coarse:
                cut = cut.filter(pl.col("grid_code").str.len_chars() <= 2)
            told.append(cut.select(*CELL[:4], "day"))
    sums = pl.concat(told).join_where(spans, pl.col("day") >= pl.col("period_start"), pl.col("day") <= pl.col("period_end"))
    return sums.group_by(CELL).agg(pl.len().cast(pl.Int64).alias("num"), pl.lit(None, pl.Int64).alias("den")).with_columns(
        level=pl.col("grid_code").replace_strict(LEVEL, return_dtype=pl.Int32)
    )  # fmt: skip


def areas() -> pl.DataFrame:
    rows = [(code, parent or None, LEVEL[code], True) for code, parent in PARENTS.items()]
    schema = {"grid_code": pl.String, "parent_code": pl.String, "grid_level": pl.Int32, "is_current": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def read(cells: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """What a reader sees: CELL, is_hidden; every period of a hidden block, with cases or without."""
    spans = cells.select(CELL[4:]).unique()
    kinds = cells.select("metric_id", "slice_kind", "level", "period_kind").unique()
    rows = []
    for metric, kind, code, area, year, height in blocks.select(*CELL[:4], "year", "height").iter_rows():
        published = kinds.filter(metric_id=metric, slice_kind=kind, level=LEVEL[area])["period_kind"].to_list()
        rows += [
            (metric, kind, code, area, *span) for span in spans.iter_rows()
            if span[0] in published and year in (span[1].year, span[2].year) and rank_of(span[0], span[2]) <= height
        ]  # fmt: skip
    hidden = pl.DataFrame(rows, schema=cells.select(CELL).schema, orient="row").unique()
    shown = cells.select(CELL).join(hidden, on=CELL, how="anti")
    return pl.concat([shown.with_columns(is_hidden=pl.lit(False)), hidden.with_columns(is_hidden=pl.lit(True))])


def small(cells: pl.DataFrame) -> pl.DataFrame:
    return cells.filter((pl.col("level") >= RULE.level) & pl.col("num").is_between(1, RULE.small_cell_max)).select(CELL)


def definitions(metrics: tuple[Metric, ...] = METRICS) -> dict[str, str]:
    return {metric.id: json.dumps(asdict(metric)) for metric in metrics}


@st.composite
def cities(draw: st.DrawFn) -> pl.DataFrame:
    """Cases of communities, some busy, some nearly silent."""
    communities = [code for code in PARENTS if LEVEL[code] == 3]
    busy = {code: draw(st.sampled_from([0, 1, 3, 12, 60])) for code in communities}
    random = draw(st.randoms(use_true_random=False))
    rows = [
        (code, dt.date(2025, 1, 1) + dt.timedelta(days=random.randrange(730)), random.choice(["petition", "court_case"]),
         random.choice(["visit", "letter", "online"]))
        for code, n in busy.items() for _ in range(random.randint(0, 2 * n))
    ]  # fmt: skip
    rows += [("1ax", dt.date(2025, 5, 5), "petition", "visit")]
    return pl.DataFrame(rows, schema=["community", "day", "event_kind", "channel"], orient="row")


@settings(max_examples=12, deadline=None)
@given(cities())
def test_no_small_figure_can_be_worked_out(cases: pl.DataFrame) -> None:
    cells = figures(cases)
    here = cells.filter(pl.col("level") >= RULE.level)
    blocks = hidden_blocks(here.drop("level"), areas(), METRICS, RULE)
    told = read(cells, blocks)
    assert small(cells).join(told.filter("is_hidden"), on=CELL, how="anti").is_empty()
    found = determined(told, PARENTS, definitions())
    assert found.join(small(cells), on=CELL, how="semi").is_empty()


def test_hiding_small_figures_alone_hides_nothing() -> None:
    """The attacker is worth his salt: with the small cells blank and nothing else, he finds one."""
    rows = [("1ax", dt.date(2025, 5, n), "petition", "visit") for n in range(1, 4)]
    rows += [
        (c, dt.date(2025, m, 8), "petition", "letter") for c in ("1bx", "1cx", "1ay") for m in range(1, 13) for _ in range(9)
    ]
    cells = figures(pl.DataFrame(rows, schema=["community", "day", "event_kind", "channel"], orient="row"))
    blank = small(cells).with_columns(is_hidden=pl.lit(True))
    told = cells.select(CELL).join(blank, on=CELL, how="left").with_columns(pl.col("is_hidden").fill_null(False))
    found = determined(told, PARENTS, definitions())
    assert not found.join(small(cells), on=CELL, how="semi").is_empty()


@pytest.mark.parametrize(
    ("kind", "end", "rank"),
    [("year_to_date", "2026-05-15", "week"), ("year_to_date", "2026-05-31", "month"), ("year_to_date", "2026-06-30", "half_year"),
     ("quarter_to_date", "2026-06-30", "quarter"), ("month_to_date", "2026-06-30", "month"), ("month", "2026-06-30", "month"),
     ("spring_festival", "2026-02-28", "week"), ("half_year_to_date", "2026-12-31", "half_year")],
)  # fmt: skip
def test_what_ends_with_a_period_is_its_sum(kind: str, end: str, rank: str) -> None:
    assert rank_of(kind, dt.date.fromisoformat(end)) == RANK[rank]


def test_a_city_without_few_hides_nothing() -> None:
    rows = [
        (c, dt.date(2025, 1, 1) + dt.timedelta(days=n), kind, "visit")
        for c in PARENTS if LEVEL[c] == 3 for n in range(365) for kind in ("petition", "court_case")
    ]  # fmt: skip
    cells = figures(pl.DataFrame(rows, schema=["community", "day", "event_kind", "channel"], orient="row"))
    full = cells.filter((pl.col("level") >= RULE.level) & ~pl.col("period_kind").is_in(["week", "rolling_28d"]))
    assert hidden_blocks(full.drop("level"), areas(), METRICS, RULE).is_empty()


def test_a_hidden_street_hides_its_communities_and_its_neighbour() -> None:
    rows = [("1ax", dt.date(2025, 5, 5), "petition", "visit")]
    rows += [(c, dt.date(2025, m, 8), "petition", "visit") for c in ("1bx", "1cx") for m in range(1, 13) for _ in range(9)]
    cells = figures(pl.DataFrame(rows, schema=["community", "day", "event_kind", "channel"], orient="row"))
    blocks = hidden_blocks(cells.filter(pl.col("level") >= 2).drop("level"), areas(), METRICS, RULE)
    years = blocks.filter(pl.col("height") == RANK["year"], metric_id="V01", slice_kind="all")["grid_code"]
    assert {"1a", "1ax"} < set(years)
    assert {"1b", "1c"} & set(years)


@pytest.mark.parametrize(("num", "is_hidden"), [(0, False), (1, True), (4, True), (5, False)])
def test_small_is_one_to_four(num: int, is_hidden: bool) -> None:
    cell = ("V01", "all", "all", "1a", "year", dt.date(2025, 1, 1), dt.date(2025, 12, 31), num, None)
    schema = {
        **dict.fromkeys(CELL[:5], pl.String),
        "period_start": pl.Date,
        "period_end": pl.Date,
        "num": pl.Int64,
        "den": pl.Int64,
    }
    cells = pl.DataFrame([cell], schema=schema, orient="row")
    assert hidden_blocks(cells, areas(), METRICS, RULE).is_empty() != is_hidden


def test_a_city_without_figures_of_persons_hides_nothing() -> None:
    none = figures(pl.DataFrame(schema={"community": pl.String, "day": pl.Date, "event_kind": pl.String, "channel": pl.String}))
    assert none.is_empty()
    assert hidden_blocks(none, areas(), METRICS, RULE).is_empty()

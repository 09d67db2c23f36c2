"""The published tiny city against an attacker who subtracts; the view, the table and the rule tell the same."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipelines.analytics.suppression import CELL, rank_of
from pipelines.core.warehouse import open_published
from tests.conftest import TinyCity
from tests.integration.differencing import determined


@pytest.fixture(scope="module")
def published(tiny_city: TinyCity) -> Any:
    with open_published(tiny_city.home) as build:
        yield build.connection


@pytest.fixture(scope="module")
def seen(published: Any) -> pl.DataFrame:
    """All that a reader sees of figures about persons."""
    return published.sql(
        "select metric_id, slice_kind, slice_code, grid_code, grid_level, period_kind, period_start, period_end, is_suppressed as "
        "is_hidden, num, den from marts.v_metric_display join marts.ref_metric using (metric_id) "
        "where basis = 'as_was' and subject = 'person' and ref_metric.family not in ('median', 'change')"
    ).pl()


@pytest.fixture(scope="module")
def small(published: Any) -> pl.DataFrame:
    return published.sql(
        "select metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end, is_suppressed "
        "from marts.fct_metric_value join marts.ref_metric m using (metric_id) where subject = 'person' and grid_level >= 2 "
        "and family <> 'median' and (num between 1 and 4 or (m.population is null and den between 1 and 4)) and not (slice_kind = "
        "'event_kind' and slice_code in (select k.event_kind from marts.ref_event_kind k where k.subject = 'matter'))"
    ).pl()


def _parents(published: Any) -> dict[str, str]:
    """Of every area that ever was the one that holds it: a sum of areas as they were has parts that are gone."""
    return dict(
        published.sql(
            "select grid_code, parent_code from marts.dim_grid where parent_code is not null order by valid_from"
        ).fetchall()
    )


def _published_under_another_name(published: Any) -> set[str]:
    """Only children of areas whose figures are never hidden: the district's only street is the district."""
    parents = dict(published.sql("select grid_code, parent_code from marts.dim_grid where is_current").fetchall())
    level = dict(published.sql("select grid_code, grid_level from marts.dim_grid where is_current").fetchall())
    only = {code for code, up in parents.items() if list(parents.values()).count(up) == 1}
    return {code for code in only if level.get(parents[code], 9) < 2}


def test_every_small_figure_is_hidden(small: pl.DataFrame) -> None:
    assert small.height > 1000
    assert small["is_suppressed"].all()


def test_nothing_hidden_shows_a_number(seen: pl.DataFrame) -> None:
    hidden = seen.filter("is_hidden")
    assert hidden["num"].null_count() == hidden["den"].null_count() == hidden.height > 1000
    assert hidden["grid_level"].min() == 2
    assert 0 < hidden.filter(grid_level=3).height < seen.filter(grid_level=3).height, "something is shown below the street too"


def test_no_hidden_figure_can_be_worked_out(published: Any, seen: pl.DataFrame) -> None:
    parents = _parents(published)
    texts = dict(published.sql("select metric_id, definition from marts.ref_metric").fetchall())
    found = determined(seen.select(*CELL, "is_hidden"), parents, texts)
    known = _published_under_another_name(published)
    assert found.filter(~pl.col("grid_code").is_in(known)).rows() == []


def test_no_hidden_figure_can_be_worked_out_on_the_map_in_force(published: Any) -> None:
    cell = ", ".join(CELL)
    seen = published.sql(
        f"with told as (select {cell}, basis, is_suppressed as is_hidden from marts.v_metric_display "
        "join marts.ref_metric using (metric_id) where subject = 'person' and ref_metric.family not in ('median', 'change')), "
        "restated as (select * from told where basis = 'restated') "
        "select * from restated union all select * from told where basis = 'as_was' and grid_code in (select grid_code from "
        f"marts.dim_grid where is_current) and ({cell}) not in (select ({cell}) from restated)"
    ).pl()
    parents = dict(published.sql("select grid_code, parent_code from marts.dim_grid where is_current").fetchall())
    texts = dict(published.sql("select metric_id, definition from marts.ref_metric").fetchall())
    assert seen.filter(basis="restated").height > 1000
    found = determined(seen.select(*CELL, "is_hidden"), {code: up for code, up in parents.items() if up}, texts)
    assert found.filter(~pl.col("grid_code").is_in(_published_under_another_name(published))).rows() == []


def test_the_attacker_finds_what_is_hidden_alone(published: Any, small: pl.DataFrame) -> None:
    parents = _parents(published)
    texts = dict(published.sql("select metric_id, definition from marts.ref_metric").fetchall())
    every = published.sql(f"select {', '.join(CELL)} from marts.fct_metric_value").pl().join(
        pl.DataFrame({"metric_id": ["M05", "M02"]}), on="metric_id", how="semi"
    )  # fmt: skip
    blank = small.select(CELL).with_columns(is_hidden=pl.lit(True))
    told = every.join(blank, on=CELL, how="left").with_columns(pl.col("is_hidden").fill_null(False))
    found = determined(told, parents, texts).filter(~pl.col("grid_code").is_in(_published_under_another_name(published)))
    assert found.height > 100


def test_table_and_view_hide_the_same(published: Any) -> None:
    differ = published.sql(
        "select count(*) from marts.fct_metric_value v left join marts.v_metric_display d using (metric_id, slice_kind, slice_code, "
        "grid_code, period_kind, period_start, period_end, basis) where d.is_suppressed is distinct from v.is_suppressed"
    ).fetchall()
    assert differ == [(0,)]


def test_ranks_of_periods_are_the_rules(published: Any) -> None:
    rows = published.sql("select period_kind, period_end, period_rank, closing_rank from marts.dim_period").fetchall()
    assert {row[0] for row in rows} >= {"month_to_date", "year_to_date", "cumulative", "spring_festival"}
    for kind, end, rank, closing in rows:
        assert rank == rank_of(kind, end)
        assert closing == rank_of("year_to_date" if kind == "cumulative" else kind, end)


def test_alerts_and_open_cases_tell_nothing_more(published: Any) -> None:
    told = published.sql(
        "select count(*) from marts.fct_alert a join marts.v_metric_display d on d.metric_id = 'V01' and d.slice_kind = 'event_kind' "
        "and d.slice_code = a.event_kind and d.grid_code = a.grid_code and d.period_kind = 'week' "
        "and d.period_start = a.period_start where d.is_suppressed and a.value is not null"
    ).fetchall()
    assert told == [(0,)]
    person = "event_kind in (select k.event_kind from marts.ref_event_kind k where k.subject = 'person')"
    small = f"select count(*) from marts.fct_open_case where not is_suppressed and grid_level >= 2 and {person} and cases_n < 5"
    assert published.sql(small).fetchall() == [(0,)]
    hidden = published.sql(
        "select count(*), count(cases_n), count(age_band) from marts.fct_open_case where is_suppressed"
    ).fetchall()
    assert hidden[0][0] > 0
    assert hidden[0][1:] == (0, 0)
    overdue = published.sql(
        "select count(*) from marts.fct_open_case c join marts.v_metric_display d on d.metric_id = 'M44' and d.slice_kind = 'event_kind' "
        "and d.slice_code = c.event_kind and d.grid_code = c.grid_code where d.is_suppressed and not c.is_suppressed"
    ).fetchall()
    assert overdue == [(0,)], "what the stock of overdue cases hides is hidden among the open ones too"


def test_changes_are_hidden_without_cases_too(published: Any) -> None:
    rows = published.sql(
        "select count(*), count(num) from marts.v_metric_shown s join marts.ref_metric m using (metric_id) where m.family = 'change' "
        "and is_suppressed and (metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end, basis) not in "
        "(select (c.metric_id, c.slice_kind, c.slice_code, c.grid_code, c.period_kind, c.period_start, c.period_end, c.basis) "
        "from marts.fct_metric_change c)"
    ).fetchall()
    assert rows[0][0] > 0
    assert rows[0][1] == 0


def test_kinds_about_things_are_never_hidden(published: Any) -> None:
    rows = published.sql(
        "select count(*) from marts.fct_metric_hidden where slice_kind = 'event_kind' "
        "and slice_code in (select event_kind from marts.ref_event_kind where subject = 'matter')"
    ).fetchall()
    assert rows == [(0,)]

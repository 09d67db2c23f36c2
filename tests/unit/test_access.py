"""A reader sees the rows of their area and no others, whatever the query says."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dashboards.kit import access, opened
from dashboards.kit.access import QUERIES, Reader, ResultTooLarge, parameters_of, query_text, read, refuse_around
from pipelines.core.errors import UsageError
from pipelines.core.settings import Home
from pipelines.core.warehouse import scratch

ROWS = {
    "build_info": "select 'b1' as build_id, timestamp '2026-06-30 23:59:59' as as_of, '1' as root_code",
    "dim_grid": """
        select * from (values
            ('1', 0, null, '1', null, null), ('11', 1, '1', '1', '11', null), ('12', 1, '1', '1', '12', null),
            ('111', 2, '11', '1', '11', '111'), ('121', 2, '12', '1', '12', '121'), ('UNASSIGNED', 1, '1', '1', 'UNASSIGNED', null)
        ) as t (grid_code, grid_level, parent_code, path_0, path_1, path_2)
        cross join (select null::varchar as path_3, null::varchar as path_4, null::varchar as path_5)""",
    "fct_event": """
        select * from (values ('a', '111', 'p1', 'police'), ('b', '111', 'p2', 'police'), ('c', '121', 'u1', 'urban'),
            ('d', 'UNASSIGNED', 'u1', 'urban'), ('e', '11', null, 'police')) as t (event_id, grid_code, lead_dept_id, feed)""",
    "fct_event_version": "select * from (values ('a', 1), ('a', 2), ('c', 1), ('d', 1)) as t (event_id, version_no)",
    "fct_event_link": "select * from (values ('a', 'b'), ('a', 'c')) as t (event_id_a, event_id_b)",
    "fct_feed_outcome": "select * from (values ('police', 10), ('urban', 7)) as t (feed, read_n)",
    "dim_department": "select * from (values ('p0', null), ('p1', 'p0'), ('p2', 'p1'), ('u1', null)) as t (dept_id, parent_dept_id)",
    "fct_metric_value": """
        select * from (values ('M1', 'all', 'all', '111', 3), ('M1', 'department', 'p1', '111', 1), ('M1', 'department', 'u1', '111', 2),
            ('M50', 'feed', 'urban', '1', 9), ('M50', 'feed', 'police', '1', 8)) as t (metric_id, slice_kind, slice_code, grid_code, num)""",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A published build of a few rows, in the shape publish gives it."""
    root = tmp_path_factory.mktemp("published")
    folder = Home(root).published
    folder.mkdir(parents=True)
    with scratch() as connection:
        connection.execute(f"attach '{folder / 'b1.duckdb'}' as made")
        for name, sql in ROWS.items():
            connection.execute(f"create table made.{name} as {sql}")
    manifest = {"build": "b1", "file": "b1.duckdb", "as_of": "2026-06-30T23:59:59", "parts": []}
    (folder / "CURRENT.json").write_text(json.dumps(manifest), encoding="utf-8")
    return root, manifest


def events(
    place: tuple[Path, dict[str, Any]], scope: str, sql: str = "select event_id from marts.fct_event order by 1"
) -> list[str]:
    return read(*place, Reader(areas=(scope,) if scope else ()), sql, {}).to_series().to_list()


@pytest.mark.parametrize(
    ("scope", "seen"), [("", "abcde"), ("1", "abcde"), ("11", "abe"), ("12", "c"), ("111", "ab"), ("999", "")]
)
def test_a_scope_removes_rows_and_nothing_else(published: Any, scope: str, seen: str) -> None:
    assert events(published, scope) == list(seen)


def test_versions_follow_their_event(published: Any) -> None:
    assert events(published, "11", "select event_id from marts.fct_event_version") == ["a", "a"]
    assert len(events(published, "", "select event_id from marts.fct_event_version")) == 4


def test_tables_without_an_area_are_for_everybody(published: Any) -> None:
    assert read(*published, Reader(areas=("12",)), "select sum(read_n) as n from marts.fct_feed_outcome", {}).item() == 17


def test_a_scope_is_a_value_and_no_sql(published: Any) -> None:
    assert events(published, "x' or '1' = '1") == []


CASES = "select event_id from marts.fct_event order by 1"
CUTS = "select slice_code from marts.fct_metric_value order by 1"


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        (Reader(areas=("111", "12")), "abc"),
        (Reader(departments=("p0",)), "ab"),  # with the departments below it
        (Reader(departments=("u1",), areas=("12",)), "c"),
        (Reader(feeds=("urban",)), "cd"),
        (Reader(role="leader"), "abcde"),
        (Reader(role="analyst", areas=("1",)), "abcde"),
        (Reader(role="engineer"), ""),
        (Reader(role="clerk"), ""),  # of nobody's feeds
        (Reader(role="clerk", areas=("11",)), ""),
        (Reader(role="clerk", feeds=("police",), departments=("p2",)), "b"),
    ],
)
def test_a_role_and_a_scope_only_remove_cases(published: Any, reader: Reader, seen: str) -> None:
    assert read(*published, reader, CASES, {})["event_id"].to_list() == list(seen)
    versions = read(*published, reader, "select distinct event_id from marts.fct_event_version order by 1", {})
    assert versions["event_id"].to_list() == [event for event in "acd" if event in seen]
    links = read(*published, reader, "select event_id_a, event_id_b from marts.fct_event_link order by 2", {}).rows()
    assert links == [pair for pair in [("a", "b"), ("a", "c")] if set(pair) <= set(seen)]


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        (Reader(), ["all", "p1", "police", "u1", "urban"]),
        (Reader(departments=("p0",)), ["all", "p1", "police", "urban"]),
        (Reader(feeds=("urban",)), ["all", "p1", "u1", "urban"]),
        (Reader(areas=("11",)), ["all", "p1", "u1"]),
        (Reader(role="engineer"), ["all", "p1", "police", "u1", "urban"]),
    ],
)
def test_figures_of_an_area_stay_and_other_cuts_go(published: Any, reader: Reader, seen: list[str]) -> None:
    assert read(*published, reader, CUTS, {})["slice_code"].to_list() == seen


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        (Reader(), ["p0", "p1", "p2", "u1"]),
        (Reader(areas=("11",), feeds=("urban",)), ["p0", "p1", "p2", "u1"]),
        (Reader(departments=("p1",)), ["p1", "p2"]),  # with those below it, not the one above
        (Reader(departments=("u1", "x9")), ["u1"]),
    ],
)
def test_a_departments_reader_is_told_of_these_alone(published: Any, reader: Reader, seen: list[str]) -> None:
    sql = "select dept_id from marts.dim_department order by 1"
    assert read(*published, reader, sql, {})["dept_id"].to_list() == seen


def test_a_feeds_files_are_its_readers(published: Any) -> None:
    sql = "select read_n from marts.fct_feed_outcome order by 1"
    assert read(*published, Reader(feeds=("urban",)), sql, {})["read_n"].to_list() == [7]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from memory.marts.fct_event", 'select * from "memory".marts.fct_event', "select * from MEMORY . marts.fct_event",
        "select * from build_b1.fct_event", "select * from system.information_schema.tables", "from read_parquet('x')",
        "select * from 'x.parquet'", "select * from query('select 1')", "select * from query_table('memory.marts.fct_event')",
        "use memory", "select 1; select 2", "attach 'x' as y", "select * from duckdb_views()", "copy marts.fct_event to 'x'",
        "select 1 /* */ from/**/memory/**/.marts.fct_event",
    ],
)  # fmt: skip
def test_no_text_reaches_around_the_reader(sql: str) -> None:
    with pytest.raises(UsageError, match="may not say"):
        refuse_around(sql)


def test_a_text_is_looked_at_before_it_runs(published: Any) -> None:
    with pytest.raises(UsageError, match="may not say"):
        read(*published, Reader(areas=("12",)), "select event_id from memory.marts.fct_event", {})


def test_a_value_in_quotes_is_no_way_around(published: Any) -> None:
    sql = "select 'memory.x; use y' as said from marts.build_info -- attach nothing"
    assert read(*published, Reader(), sql, {}).item() == "memory.x; use y"


def test_parameters_are_bound(published: Any) -> None:
    sql = "select event_id from marts.fct_event where grid_code = $area order by 1"
    assert read(*published, Reader(), sql, {"area": "111", "other": 1})["event_id"].to_list() == ["a", "b"]
    assert read(*published, Reader(), sql, {"area": "' or true --"}).is_empty()
    with pytest.raises(UsageError, match="area"):
        read(*published, Reader(), sql, {})


def test_a_large_result_is_refused(published: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "LARGEST_RESULT", 4)
    with pytest.raises(ResultTooLarge):
        events(published, "")


def test_questions_at_once_keep_their_readers_apart(published: Any) -> None:
    scopes = ["", "11", "12", "111"] * 12
    alone = {scope: events(published, scope) for scope in scopes}
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(partial(events, published), scopes)) == [alone[scope] for scope in scopes]


def test_only_so_many_builds_stay_open(published: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "KEPT_OPEN", 2)
    opened.close_all()
    for scope in ("", "11", "12", "111", "111"):
        events(published, scope)
    assert [key[2].areas for key in opened.open_now()] == [("12",), ("111",)], "the two last used"
    opened.close_all()
    assert opened.open_now() == []
    assert events(published, "12") == ["c"], "opened anew"


def test_a_build_that_cannot_be_narrowed_is_not_kept(published: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.close_all()
    monkeypatch.setattr(access, "_narrow", lambda build, reader: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        events(published, "11")
    assert opened.open_now() == []


QUERY_FILES = sorted(path.stem for path in QUERIES.glob("*.sql"))


@pytest.mark.parametrize("name", QUERY_FILES)
def test_a_query_reads_marts_and_no_other_catalog(name: str) -> None:
    sql = re.sub(r"--.*", "", query_text(name)).lower()
    named = set(re.findall(r"(?:from|join)\s+(\w+)\.", sql))
    assert named == {"marts"}
    assert not re.findall(
        r"\b(memory|reader|build_\w+)\.|read_parquet|read_csv|attach|\bcopy\b|;|\"", sql.replace("marts.build_info", "")
    )


@pytest.mark.parametrize("name", QUERY_FILES)
def test_a_query_says_its_order(name: str) -> None:
    sql = re.sub(r"--.*", "", query_text(name)).lower()
    assert "order by" in sql or "limit 1" in sql or name == "case__names" or "from marts.build_info" in sql
    assert "current_date" not in sql
    assert "now()" not in sql


def test_one_rule_says_from_when_on_a_figure_is_known() -> None:
    """Queries compare with a year before only where it was: from the day that trace, too, calls the first."""
    texts = {name: (QUERIES / f"{name}.sql").read_text(encoding="utf-8") for name in QUERY_FILES}
    assert not {name for name, text in texts.items() if "fct_metric_begin" in text}
    comparing = {name for name, text in texts.items() if "{begins}" in text}
    assert {"overview__figures", "areas__figure", "trends__series"} <= comparing
    assert all("fct_metric_begin" in query_text(name) for name in comparing)


def test_an_unknown_query_is_named() -> None:
    with pytest.raises(UsageError, match="nonsense"):
        query_text("nonsense")


def test_parameters_are_found_in_a_text() -> None:
    assert parameters_of("select $a, $b_2 from marts.x where y = $a") == {"a", "b_2"}

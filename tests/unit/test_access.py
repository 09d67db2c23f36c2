"""A reader sees the rows of their area and no others, whatever the query says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dashboards.kit import access
from dashboards.kit.access import QUERIES, Reader, ResultTooLarge, parameters_of, query_text, read
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
        select * from (values ('a', '111'), ('b', '111'), ('c', '121'), ('d', 'UNASSIGNED'), ('e', '11')) as t (event_id, grid_code)""",
    "fct_event_version": "select * from (values ('a', 1), ('a', 2), ('c', 1), ('d', 1)) as t (event_id, version_no)",
    "fct_feed_outcome": "select 'police' as feed, 10 as read_n",
}


@pytest.fixture
def published(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A published build of a few rows, in the shape publish gives it."""
    folder = Home(tmp_path).published
    folder.mkdir(parents=True)
    with scratch() as connection:
        connection.execute(f"attach '{folder / 'b1.duckdb'}' as made")
        for name, sql in ROWS.items():
            connection.execute(f"create table made.{name} as {sql}")
    manifest = {"build": "b1", "file": "b1.duckdb", "as_of": "2026-06-30T23:59:59", "parts": []}
    (folder / "CURRENT.json").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path, manifest


def events(
    place: tuple[Path, dict[str, Any]], scope: str, sql: str = "select event_id from marts.fct_event order by 1"
) -> list[str]:
    return read(*place, Reader(scope=scope), sql, {}).to_series().to_list()


@pytest.mark.parametrize(
    ("scope", "seen"), [("", "abcde"), ("1", "abcde"), ("11", "abe"), ("12", "c"), ("111", "ab"), ("999", "")]
)
def test_a_scope_removes_rows_and_nothing_else(published: Any, scope: str, seen: str) -> None:
    assert events(published, scope) == list(seen)


def test_versions_follow_their_event(published: Any) -> None:
    assert events(published, "11", "select event_id from marts.fct_event_version") == ["a", "a"]
    assert len(events(published, "", "select event_id from marts.fct_event_version")) == 4


def test_tables_without_an_area_are_for_everybody(published: Any) -> None:
    assert read(*published, Reader(scope="12"), "select read_n from marts.fct_feed_outcome", {}).item() == 10


def test_a_scope_is_a_value_and_no_sql(published: Any) -> None:
    assert events(published, "x' or '1' = '1") == []


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


def test_an_unknown_query_is_named() -> None:
    with pytest.raises(UsageError, match="nonsense"):
        query_text("nonsense")


def test_parameters_are_found_in_a_text() -> None:
    assert parameters_of("select $a, $b_2 from marts.x where y = $a") == {"a", "b_2"}

"""A month that is not over is told by itself, as what it is, and no full month has a part in it."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import pytest

from dashboards.boards.dirt import dirt
from dashboards.boards.scores import scores
from dashboards.kit.access import Reader
from dashboards.kit.city import BoardCity
from dashboards.kit.data import Source
from dashboards.kit.filters import View
from dashboards.kit.page import Board
from dashboards.kit.periods import open_month
from dashboards.kit.words import Words
from pipelines.core.settings import PROJECT_ROOT, Home
from pipelines.core.warehouse import scratch

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
FEEDS = [{"feed": "calls", "title_zh": "热线", "title_en": "Hotline", "is_reference": False}]
HEAD = "'calls' as feed, 'hotline_order' as contract"


def built(root: Path, months: dict[str, int], *, as_of: dt.datetime, language: str = "zh") -> Board:
    """A board over a build that holds so many unmapped codes, and a score, in each month."""
    folder = Home(root).published
    folder.mkdir(parents=True)
    marks = (SEEDS / "ref_dirt_mark.csv").read_text(encoding="utf-8-sig")
    mark = next(line.split(",")[0] for line in marks.splitlines() if ",D06," in line)
    rows = ", ".join(f"(date '{month}-01', {n})" for month, n in months.items())
    with scratch() as connection:
        connection.execute(f"attach '{folder / 'b1.duckdb'}' as made")
        for name in ("ref_dirt", "ref_dirt_mark", "ref_score_dimension"):
            connection.execute(f"create table made.{name} as from read_csv('{SEEDS / name}.csv', all_varchar = true)")
        for table, columns in (("ref_dirt", ["effective_to"]), ("ref_score_dimension", ["effective_to"])):
            for column in columns:
                connection.execute(f"alter table made.{table} alter {column} type date")
        connection.execute(
            "create table made.build_info as select 'b1' as build_id, '1' as root_code, timestamp '2026-06-30 23:59:59' as as_of"
        )
        connection.execute(
            "create table made.dim_grid as select '1' as grid_code, " + ", ".join(f"'' as path_{n}" for n in range(6))
        )
        connection.execute(
            f"create table made.fct_dirt as select {HEAD}, month, 'D06' as dirt_code, 'category_code' as column_name, "
            f"'{mark}' as mark, 'value' as unit, cast(n as bigint) as found_n, cast(400 as bigint) as of_n from (values {rows}) as t (month, n)"
        )
        connection.execute(
            "create table made.fct_score as select 'calls' as feed, month, 'validity' as dimension, timestamp '2026-07-12 09:00' as seen_at, "
            "cast(n as bigint) as num, cast(400 as bigint) as den, 0 as gx_evaluated_n, 0 as gx_failed_n, 0 as gx_error_n, true as is_latest "
            f"from (values {rows}) as t (month, n)"
        )
    manifest = json.dumps({"build": "b1", "file": "b1.duckdb", "as_of": as_of.isoformat(), "parts": []})
    spoken = "zh" if language == "zh" else "en"
    city = BoardCity("甲市", "City A", spoken, is_synthetic=True, reader=Reader())
    return Board(Source(root, manifest, Reader()), View(language=spoken), Words(spoken), city, "data_quality")


def text(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


@pytest.mark.parametrize(
    ("as_of", "month"),
    [
        ((2026, 7, 12, 9), (2026, 7, 1)),
        ((2026, 7, 31, 23), None),
        ((2026, 7, 31, 22), (2026, 7, 1)),
        ((2026, 8, 1, 0), (2026, 8, 1)),
    ],
)
def test_a_month_is_open_until_its_last_hour(as_of: tuple[int, ...], month: tuple[int, ...] | None) -> None:
    assert open_month(dt.datetime(*as_of)) == (dt.date(*month) if month else None)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "2026年7月 未结束 截至2026年7月12日"), ("en", "July 2026 not over to 12 July 2026")]
)
def test_a_city_whose_only_file_came_this_month_is_told_of_it(tmp_path: Path, language: str, said: str) -> None:
    board = built(tmp_path, {"2026-07": 161}, as_of=dt.datetime(2026, 7, 12, 9), language=language)
    for told in (text(dirt(board, FEEDS).text), text(scores(board, FEEDS).text)):
        assert board.words("quality.no_full_month") in told
        assert said in told
    shown = dirt(board, FEEDS).text
    assert "161" in shown
    assert "40.25%" in shown
    assert "D01" not in shown  # no line of zeros for what has had no month yet
    assert "<svg" not in shown + scores(board, FEEDS).text


def test_an_open_month_is_part_of_no_full_one(tmp_path: Path) -> None:
    board = built(tmp_path, {"2026-05": 40, "2026-06": 20, "2026-07": 161}, as_of=dt.datetime(2026, 7, 12, 9))
    full, _, running = dirt(board, FEEDS).text.partition("<h3>")
    assert "D01" in full
    assert "7.50%" in full  # 60 of 800
    assert "161" not in full
    assert full.count("<svg") == 1
    assert "40.25%" in running
    assert "<svg" not in running
    full, _, running = scores(board, FEEDS).text.partition("<h3>")
    assert "5.00%" in full
    assert "40.25%" not in full
    assert "40.25%" in running


def test_a_city_that_ends_with_a_month_has_no_open_one(tmp_path: Path) -> None:
    board = built(tmp_path, {"2026-05": 40, "2026-06": 20}, as_of=dt.datetime(2026, 6, 30, 23, 59))
    assert board.words("quality.open") not in text(dirt(board, FEEDS).text + scores(board, FEEDS).text)

"""What a program may take for a formula is marked as text, by every way in which a table leaves the house."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.kit.paper import as_csv
from pipelines.cli.show_figure import write_csv
from pipelines.core.warehouse import PublishedBuild, scratch
from pipelines.reports import open_data, worklist_xlsx
from pipelines.reports.plain_cell import is_formula, plain_cell, plain_cell_sql
from pipelines.reports.report import Cell, Column, Report, Section, Table
from pipelines.reports.rule_words import Words
from pipelines.reports.worklist import Entry

#: All kinds of beginnings, half and full width; blanks before them are passed over.
FORMULAS = (
    "=1+1", "@SUM(1)", "+cmd", "-cmd", "＝1+1", "＠SUM(1)", "＋cmd", "－cmd", "\tx", "\rx", "\nx", " =1+1", "\u3000＝1+1", "\u00a0@x",
    "-1+1", "+1-2", "-", "=", "－3", "-1,2;=x", "-3\n", "=HYPERLINK(\"http://x\")", "-2+3+cmd|' /C calc'!A0",
)  # fmt: skip
PLAIN = ("", "云浦区", "-3", "+3", "-1,981", "+9.25%", "1=1", "a@b", "−3", "—", "2026-06-30", "'=1", " x", "3 - 2", "1001")


def by_board(texts: Sequence[str], _: Path) -> list[str]:
    """Each as a cell, a heading and an id."""
    table = Table("t", tuple(Column(text) for text in texts), (tuple(Cell(text, None, text) for text in texts),))
    report = Report("t", "en", dt.datetime(2026, 6, 30), "b", (), (Section("", tables=(table,)),), "", "", "id")
    with zipfile.ZipFile(io.BytesIO(as_csv(report))) as archive:
        head, cells = csv.reader(io.StringIO(archive.read("01.csv").decode("utf-8-sig"), newline=""))
    found = cells[: len(texts)]
    assert found == head[: len(texts)]
    assert [text for text in found if text] == cells[len(texts) :]
    return found


def by_command(texts: Sequence[str], folder: Path) -> list[str]:
    write_csv(folder / "x.csv", ["no", "case"], [{"no": n, "case": text} for n, text in enumerate(texts)])
    with (folder / "x.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [row["case"] for row in csv.DictReader(stream)]


def by_open_data(texts: Sequence[str], folder: Path) -> list[str]:
    with scratch() as connection:
        connection.execute("create table open_areas as select unnest($texts) as name_zh, 1 as n", {"texts": list(texts)})
        build = PublishedBuild("b", "2026-06-30T00:00:00", connection)
        path = open_data._table(build, "areas", folder / "areas.csv", "csv")
        parquet = open_data._table(build, "areas", folder / "areas.parquet", "parquet")
        kept = [text for (text,) in build.rows(f"select name_zh from '{parquet}'")]
    assert kept == list(texts), "Parquet says what is text: it stays as it is"
    with path.open(encoding="utf-8", newline="") as stream:
        return [row["name_zh"] for row in csv.DictReader(stream)]


@pytest.mark.parametrize("way", [by_board, by_command, by_open_data])
def test_every_beginning_of_a_formula_is_marked_and_nothing_else(
    way: Callable[[Sequence[str], Path], list[str]], tmp_path: Path
) -> None:
    assert way((*FORMULAS, *PLAIN), tmp_path) == [*(f"'{text}" for text in FORMULAS), *PLAIN]
    assert [plain_cell(text) for text in (*FORMULAS, *PLAIN)] == [*(f"'{text}" for text in FORMULAS), *PLAIN]


def test_a_workbook_of_the_work_list_flags_the_same() -> None:
    texts = [text for text in (*FORMULAS, *PLAIN) if text.strip()]
    rows = [
        Entry("t", "s", "f", "urban_case", "u.csv", "0" * 64, n, (), (), {"k": text}, (), Words("错", "wrong"), dt.datetime(2026, 6, 1),
              3, dt.date(2026, 6, 8), 0)
        for n, text in enumerate(texts)
    ]  # fmt: skip
    sheet = openpyxl.load_workbook(io.BytesIO(worklist_xlsx.as_bytes(rows)))[worklist_xlsx.ROWS]
    cells = [sheet.cell(number, 3) for number in range(2, len(texts) + 2)]
    assert [bool(cell.quotePrefix) for cell in cells] == [is_formula(text) for text in texts]
    assert {cell.data_type for cell in cells} == {"s"}


@given(st.lists(st.text(alphabet=" \u00a0\u3000=@+-＝＠＋－\t\r\n19,.%x'", max_size=8), min_size=100, max_size=200))
@settings(max_examples=5, deadline=None)
def test_the_function_and_its_sql_say_the_same(texts: list[str]) -> None:
    with scratch() as connection:
        rows = connection.execute(f"select {plain_cell_sql('t')} from (select unnest($texts) as t)", {"texts": texts}).fetchall()
    assert [row[0] for row in rows] == [plain_cell(text) for text in texts]

"""What a program may take for a formula is marked as text, by every way in which a table leaves the house."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
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


def report(text: str) -> Report:
    table = Table("t", (Column(text), Column("x")), ((Cell(text), Cell("x", None, text)),))
    sections = (Section("", tables=(table,)),)
    return Report("t", "en", dt.datetime(2026, 6, 30), "b", (), sections, "", "", "id")


def by_board(text: str, _: Path) -> str:
    with zipfile.ZipFile(io.BytesIO(as_csv(report(text)))) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("01.csv").decode("utf-8-sig"), newline="")))
    assert rows[0][0] == rows[1][0] == (rows[1][-1] if text else ""), "headings and ids too"
    return rows[1][0]


def by_command(text: str, folder: Path) -> str:
    write_csv(folder / "x.csv", ["case"], [{"case": text}])
    with (folder / "x.csv").open(encoding="utf-8-sig", newline="") as stream:
        return "".join(list(csv.reader(stream))[1])


def by_open_data(text: str, folder: Path) -> str:
    with scratch() as connection:
        connection.execute("create table open_areas as select cast(? as varchar) as name_zh, 1 as n", [text])
        build = PublishedBuild("b", "2026-06-30T00:00:00", connection)
        path = open_data._table(build, "areas", folder / "areas.csv", "csv")
        parquet = open_data._table(build, "areas", folder / "areas.parquet", "parquet")
        assert build.rows(f"select name_zh, n from '{parquet}'") == [(text, 1)], "Parquet says what is text: it stays as it is"
    with path.open(encoding="utf-8", newline="") as stream:
        return next(csv.DictReader(stream))["name_zh"]


def by_sql(text: str, _: Path) -> str:
    with scratch() as connection:
        cell = connection.execute(f"select {plain_cell_sql('t')} from (select cast(? as varchar) as t)", [text]).fetchone()
        assert cell is not None
        return str(cell[0])


@pytest.mark.parametrize("way", [by_board, by_command, by_open_data, by_sql])
def test_every_beginning_of_a_formula_is_marked_and_nothing_else(way, tmp_path: Path) -> None:
    for text in FORMULAS:
        assert way(text, tmp_path) == f"'{text}" == plain_cell(text)
    for text in PLAIN:
        assert way(text, tmp_path) == text == plain_cell(text)


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


@given(st.lists(st.text(alphabet=" \u00a0\u3000=@+-＝＠＋－\t\r\n19,.%x'", max_size=8), min_size=1, max_size=40))
@settings(max_examples=30, deadline=None)
def test_the_function_and_its_sql_say_the_same(texts: list[str]) -> None:
    with scratch() as connection:
        rows = connection.execute(f"select {plain_cell_sql('t')} from (select unnest($texts) as t)", {"texts": texts}).fetchall()
    assert [row[0] for row in rows] == [plain_cell(text) for text in texts]

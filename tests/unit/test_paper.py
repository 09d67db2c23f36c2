"""A page on paper: what stands on the screen, all of it, nothing else, and no formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest

from dashboards.kit import downloads
from dashboards.kit.filters import View
from dashboards.kit.markup import Column, Html, anchor, chip, join, table, tag
from dashboards.kit.paper import as_csv, number_of, report_of
from dashboards.kit.words import Words
from pipelines.reports.report_xlsx import as_xlsx

ID = "M16/990100/2026-06/as_was@20260630_0123456789"


def board() -> Any:
    """As much of a board as a paper needs."""
    source = SimpleNamespace(as_of=dt.datetime(2026, 6, 30, 23, 59, 59), build_id="20260630_0123456789")
    city = SimpleNamespace(title=lambda language: "Yunwan", is_synthetic=True)
    return SimpleNamespace(source=source, city=city, words=Words("en"), view=View(language="en"), path="risk")


def page() -> list[str]:
    value = tag("span", "75.82%", tag("span", "", kind="unit"), kind="value", data_figure=ID)
    svg = Html('<svg class="spark"><title>drawn</title><path d="M0 0"/></svg>')
    card = anchor(
        View(), tag("span", "On-time <b>", kind="name"), value, tag("span", svg, kind="aside"),
        tag("span", tag("span", "▲ +9.2 pp", kind="size"), chip("better", "better"), kind="change"),
        tag("span", tag("span", "737 of 972"), kind="note"), kind="card open",
    )  # fmt: skip
    rows = [
        [anchor(View(), "Here"), "1,981", tag("b", "−3"), "=1+1"],
        ["There", "—", "12 / 3", "+cmd"],
    ]
    columns = [Column("Area"), Column("Cases", is_number=True), Column("Change", is_number=True), Column("Note")]
    return [
        tag("h1", "How is it?").text + tag("p", tag("a", "up"), kind="crumbs").text + tag("p", "A sentence.", kind="lead").text,
        tag("h3", "Handling").text + tag("div", card, kind="cards").text,
        join([tag("h2", "Areas"), table(columns, rows, caption="June"), tag("p", "A note.", kind="muted small")]).text,
    ]


def test_a_page_is_read_whole() -> None:
    report = report_of(board(), page())
    assert report.title == "How is it?"
    assert [(part.heading, part.sentences) for part in report.sections] == [
        ("", ("A sentence.",)), ("Handling", ()), ("Areas", ("A note.",)),
    ]  # fmt: skip
    cards, areas = report.tables()
    assert [cell.text for cell in cards.rows[0]] == ["On-time <b>", "75.82%", "▲ +9.2 pp better", "737 of 972"]
    assert (cards.rows[0][1].value, cards.rows[0][1].figure) == (Decimal("75.82"), ID)
    assert [column.heading for column in areas.columns] == ["Area", "Cases", "Change", "Note"]
    assert [cell.value for cell in areas.rows[0]] == [None, Decimal(1981), Decimal(-3), None]
    assert [cell.text for cell in areas.rows[1]] == ["There", "—", "12 / 3", "+cmd"]
    assert areas.caption == "June"
    assert any("invented" in fact for fact in report.facts)


def test_plain_data_and_workbook_have_the_numbers_and_no_formula() -> None:
    report = report_of(board(), page())
    with zipfile.ZipFile(io.BytesIO(as_csv(report))) as archive:
        first, second = (list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig")))) for name in archive.namelist())
    assert first[1] == ["On-time <b>", "75.82", "▲ +9.2 pp better", "737 of 972", ID]
    assert first[0] == ["Figure", "Value", "Change", "Notes", "Value · figure id"]
    assert second[1:] == [["Here", "1981", "-3", "'=1+1"], ["There", "—", "12 / 3", "'+cmd"]]
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(report)))["Areas"]
    assert [cell.value for cell in sheet[2]] == ["Here", 1981, -3, "=1+1"]
    assert sheet["D2"].data_type == "s"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,981", "1981"),
        ("75.82%", "75.82"),
        ("−0.5%", "-0.5"),
        ("+3", "3"),
        ("12 / 3", None),
        ("2026-06-30", None),
        ("—", None),
        ("", None),
    ],
)
def test_a_number_is_a_number(text: str, number: str | None) -> None:
    assert number_of(text) == (None if number is None else Decimal(number))


def test_single_cases_are_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr(downloads.st, "columns", lambda n: [_Nothing()] * n)
    monkeypatch.setattr(downloads.st, "download_button", lambda label, data, name, *rest, **more: made.append((name, data)))
    downloads.remember("before a page begins: nothing", "x")
    downloads.begin()
    for number, markup in enumerate(page()):
        downloads.remember(markup, f"part{number}")
    downloads.remember(table([Column("Case")], [["case 4711"]]).text, "cases")
    downloads.offer(board())
    names = [name for name, _ in made]
    assert names[:2] == ["risk-all-20260630_0123456789.en.xlsx", "risk-all-20260630_0123456789.en.zip"]
    with zipfile.ZipFile(io.BytesIO(made[1][1]())) as archive:
        text = "".join(archive.read(name).decode("utf-8") for name in archive.namelist())
    assert "1981" in text
    assert "4711" not in text


def test_a_page_without_tables_offers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads.st, "download_button", lambda *given, **more: pytest.fail("offered"))
    downloads.begin()
    downloads.remember(tag("p", "nothing").text, "x")
    downloads.offer(board())


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

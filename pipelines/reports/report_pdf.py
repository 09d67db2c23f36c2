"""A report as PDF: its font embedded, its text extractable again, the same bytes for the same report.

Belongs here: layout on A4. Does not: what is said (report), which font and where lines break (fonts), charts (report_chart).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fpdf import FPDF

from pipelines.reports.fonts import Font, lines_of
from pipelines.reports.report import Ask, Cell, Chart, Column, Report, Section, Table, ids_of, said
from pipelines.reports.report_chart import SIZE as CHART_SIZE
from pipelines.reports.report_chart import draw_chart, height_of

Style = Literal["", "B"]
FAMILY = "report"
MARGIN, FOOT = 16.0, 18.0
GAP = 1.2
#: Line height for a size in points: 1.5 times, in millimetres.
LINE = 1.5 * 25.4 / 72
TITLE, HEADING, BODY, SMALL, TINY = 17.0, 12.5, 9.5, 8.0, 6.0
INK, GREY, RULE, SHADE = (28, 32, 38), (105, 112, 120), (190, 196, 204), (238, 241, 245)
#: Printers' mark for a character that the font does not have.
MISSING = "〓"


def as_pdf(report: Report, font: Font) -> bytes:
    """The report on A4 pages."""
    sheet = _Sheet(report, font)
    sheet.begin()
    for section in report.sections:
        sheet.section(section)
    return bytes(sheet.output())


class _Sheet(FPDF):
    """The pages as they are written."""

    def __init__(self, report: Report, font: Font) -> None:
        super().__init__(format="A4")
        self._report = report
        self.add_font(FAMILY, "", font.regular, collection_font_number=font.member)
        self.add_font(FAMILY, "B", font.bold, collection_font_number=font.member)
        self._has = frozenset(self.fonts[FAMILY].cmap)  # type: ignore[union-attr]
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(False)
        self.set_title(report.title)
        self.set_lang("zh-CN" if report.language == "zh" else "en")
        self.set_creation_date(report.as_of)  # of the data, not of the clock: the same report is the same bytes
        self.set_subject(report.build)

    # --- the frame of a page ---

    def header(self) -> None:
        """The title above every page but the first."""
        if self.page_no() == 1:
            return
        self._pen(TINY, "", GREY)
        self.set_xy(MARGIN, MARGIN - 7)
        self._line(f"{self._report.title}  ·  {self._report.build}", self.epw, TINY)
        self.set_y(MARGIN)

    def footer(self) -> None:
        """What this is not, and the page's number."""
        self.set_y(-FOOT + 4)
        self._pen(TINY, "", GREY)
        label = self._report.page.format(n=self.page_no())
        for text in lines_of(self._plain(self._report.footer), self.epw - 20, self.get_string_width):
            self._line(text, self.epw - 20, TINY)
        self.set_xy(self.w - MARGIN - 18, -FOOT + 4)
        self.cell(18, TINY * LINE, label, align="R")

    def begin(self) -> None:
        """Title and facts on the first page."""
        self.add_page()
        self._write(self._report.title, TITLE, "B")
        self._space(1)
        for fact in self._report.facts:
            self._write(fact, SMALL, "", GREY)
        self._space(2)
        self.set_draw_color(*RULE)
        self.line(MARGIN, self.get_y(), self.w - MARGIN, self.get_y())
        self._space(2)

    def section(self, section: Section) -> None:
        """Heading, sentences, asks, charts, tables."""
        if section.is_page:
            self.add_page()
        self._room(HEADING * LINE * 3)
        self._space(2)
        self._write(section.heading, HEADING, "B")
        for sentence in section.sentences:
            self._write(sentence, BODY)
        for ask in section.asks:
            self._ask(ask)
        for chart in section.charts:
            self._chart(chart)
        for table in section.tables:
            self._table(table)

    # --- text ---

    def _plain(self, text: str) -> str:
        return "".join(sign if sign == "\n" or ord(sign) in self._has else MISSING for sign in text)

    def _pen(self, size: float, style: Style = "", colour: tuple[int, int, int] = INK) -> None:
        self.set_font(FAMILY, style, size)
        self.set_text_color(*colour)

    def _line(self, text: str, width: float, size: float, align: Literal["L", "R"] = "L") -> None:
        self.cell(width, size * LINE, text, align=align, new_x="LEFT", new_y="NEXT")

    def _space(self, millimetres: float) -> None:
        self.set_xy(MARGIN, self.get_y() + millimetres)

    def _room(self, needed: float, again: Callable[[], None] | None = None) -> None:
        """Begin a page where less than `needed` is left; `again` is drawn on top of it."""
        if self.get_y() + needed > self.h - FOOT:
            self.add_page()
            if again:
                again()

    def _write(self, text: str, size: float, style: Style = "", colour: tuple[int, int, int] = INK, *, indent: float = 0) -> None:
        self._pen(size, style, colour)
        width = self.epw - indent
        for line in lines_of(self._plain(text), width, self.get_string_width):
            self._room(size * LINE)
            self._pen(size, style, colour)
            self.set_x(MARGIN + indent)
            self._line(line, width, size)

    # --- asks and tables ---

    def _ask(self, ask: Ask) -> None:
        self._room(BODY * LINE * 4)
        self._space(1.5)
        top = self.get_y()
        self._pen(BODY, "B")
        self.set_xy(MARGIN, top)
        self._line(f"{ask.number}.", 8, BODY)
        self.set_y(top)
        self._write(ask.what, BODY, "B", indent=8)
        self._write(said(ask), SMALL, indent=8)
        if ask.figure:
            self._write(ask.figure, TINY, "", GREY, indent=8)

    def _chart(self, chart: Chart) -> None:
        height = min(height_of(chart), self.h - MARGIN - FOOT - 4 * SMALL * LINE)
        self._room(height + 4 * SMALL * LINE)
        self._space(2)
        self._write(chart.title, SMALL, "B")
        self._write(chart.about, TINY, "", GREY)
        top = self.get_y() + 1
        self._pen(CHART_SIZE, "")
        draw_chart(self, chart, (MARGIN, top, self.epw, height), self._plain)
        self.set_xy(MARGIN, top + height)
        self._space(1)

    def _table(self, table: Table) -> None:
        self._space(1.5)
        if table.caption:
            self._room(SMALL * LINE * 4)
            self._write(table.caption, SMALL, "B")
        whole = sum(column.share for column in table.columns)
        widths = [self.epw * column.share / whole for column in table.columns]

        def head() -> None:
            self._row(table.columns, [Cell(column.heading) for column in table.columns], widths, is_head=True)

        head()
        for row in table.rows:
            self._room(self._height(row, widths), head)
            self._row(table.columns, row, widths)
        if table.note:
            self._space(1)
            self._write(table.note, SMALL, "", GREY)
        self._space(1)

    def _cells(self, row: tuple[Cell, ...] | list[Cell], widths: list[float]) -> list[list[str]]:
        return [
            lines_of(self._plain(cell.text), width - 2 * GAP - self.c_margin, self.get_string_width)
            for cell, width in zip(row, widths, strict=True)
        ]

    def _id_lines(self, row: tuple[Cell, ...] | list[Cell]) -> list[str]:
        self._pen(TINY)
        return lines_of("   ".join(ids_of(tuple(row))), self.epw - 2 * GAP, self.get_string_width) if ids_of(tuple(row)) else []

    def _height(self, row: tuple[Cell, ...] | list[Cell], widths: list[float]) -> float:
        ids = len(self._id_lines(row))
        self._pen(SMALL)
        return max(len(lines) for lines in self._cells(row, widths)) * SMALL * LINE + ids * TINY * LINE + GAP

    def _row(
        self, columns: tuple[Column, ...], row: tuple[Cell, ...] | list[Cell], widths: list[float], *, is_head: bool = False
    ) -> None:  # fmt: skip
        top, ids = self.get_y(), self._id_lines(row)
        self._pen(SMALL, "B" if is_head else "", INK)
        shown = self._cells(row, widths)
        below = top + max(len(lines) for lines in shown) * SMALL * LINE
        if is_head:
            self.set_fill_color(*SHADE)
            self.rect(MARGIN, top, self.epw, below - top + GAP, style="F")
        left = MARGIN
        for column, lines, width in zip(columns, shown, widths, strict=True):
            self.set_xy(left + GAP, top + GAP / 2)
            for line in lines:
                self._line(line, width - 2 * GAP, SMALL, "R" if column.is_number else "L")
            left += width
        self.set_xy(MARGIN + GAP, below)
        self._pen(TINY, "", GREY)
        for line in ids:
            self._line(line, self.epw - 2 * GAP, TINY)
        bottom = below + len(ids) * TINY * LINE + GAP
        self.set_draw_color(*RULE)
        self.line(MARGIN, bottom, self.w - MARGIN, bottom)
        self.set_xy(MARGIN, bottom)

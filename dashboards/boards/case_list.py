"""The cases behind a figure, one page at a time, each with the file and record it came from.

Belongs here: the list. Does not: which cases a figure is made of (pipelines.trace, from the register), one case's trail.
"""

from __future__ import annotations

from typing import Any

from dashboards.kit import unopened
from dashboards.kit.areas import UNASSIGNED, Place
from dashboards.kit.chance import whole
from dashboards.kit.filters import View
from dashboards.kit.markup import EMPTY, Column, Html, anchor, table, tag
from dashboards.kit.page import Board, put
from dashboards.kit.reading import Figure
from pipelines.trace import CaseQuery, case_query, has_cases


def show(board: Board, place: Place, figure: Figure) -> None:
    """The heading, how many there are, and one page of them."""
    words = board.words
    heading = tag("h2", words("cases.heading"))
    if not has_cases(figure.id):
        put(heading + tag("p", words("cases.not_of_cases"), kind="muted"), "cases")
        return
    if not board.source.reader.sees_cases:
        put(heading + tag("p", words("cases.not_for_role"), kind="muted"), "cases")
        return
    if figure.row["is_suppressed"]:
        put(heading + tag("p", words("cases.hidden"), kind="muted"), "cases")
        return
    query = case_query(figure.id, str(figure.row["period_kind"]), slice_kind=figure.slice_kind, slice_code=figure.slice_code,
                       without=unopened.categories(board.source.as_of.date()))  # fmt: skip
    where = {
        "area": place.code, "root": place.root, "first": figure.row["period_start"], "last": figure.row["period_end"]
    }  # fmt: skip
    listed(board, figure, query, board.view.but(figure=figure.id), where)


def listed(board: Board, figure: Figure, query: CaseQuery, view: View, where: dict[str, Any] | None = None) -> None:
    """One page of the cases that `query` finds with the values `where`; `view` is what the links to single cases change."""
    words, given = board.words, where or {}
    heading = tag("h2", words("cases.heading"))
    counted = board.source.ask_sql(query.count_sql, **given).row(0, named=True)
    if not counted["cases_n"]:
        put(heading + tag("p", words("cases.none"), kind="muted"), "cases")
        return
    listed_n, most = counted["cases_n"] - counted["unlisted_n"], whole("cases_per_page")
    pages = max(1, -(-listed_n // most))
    page = min(view.page, pages)
    rows = board.source.ask_sql(query.list_sql, **given, most=most, skip=(page - 1) * most).rows(named=True)
    said = tag("p", _count_sentence(board, figure, counted), " ", tag("span", words("cases.privacy"), kind="muted"))
    if counted["unlisted_n"]:
        said += tag("p", words("cases.unopened"), kind="muted")
    shown = _table(board, figure, rows, view) if rows else EMPTY
    put(heading + said + shown + _pager(board, page, pages), "cases")


def _count_sentence(board: Board, figure: Figure, counted: dict[str, Any]) -> str:
    said = {"name": figure.name, "period": figure.period_text, "n": board.words.number(counted["cases_n"])}
    if figure.is_share:
        return board.words("cases.count_ratio", num=board.words.number(counted["numerator_n"]), **said)
    return board.words("cases.count", **said)


def names_of(board: Board) -> dict[tuple[str, str], str]:
    """(kind of code, code) to its name in the reader's language."""
    rows = board.source.ask("case__names").rows(named=True)
    return {(row["code_kind"], row["code"]): board.words.pick(row, "name") for row in rows}


def _table(board: Board, figure: Figure, rows: list[dict[str, Any]], view: View) -> Html:
    words, names = board.words, names_of(board)
    files = {row["sha256"]: row["file_name"] for row in board.source.ask("case__files").rows(named=True)}
    codes = sorted({row["grid_code"] for row in rows})
    places = {
        row["grid_code"]: words.pick(row, "name") for row in board.source.ask("case__places", codes=tuple(codes)).rows(named=True)
    }
    places[UNASSIGNED] = words("area.unassigned")
    titles = ["case", "kind", "category", "place", "reported", "closed", "state"]
    titles += ["counted", "source"] if figure.is_share else ["source"]
    lines = []
    for row in rows:
        number = tag("span", row["source_case_no"] or row["event_id"][:12], kind="data")  # as the department writes it
        link = anchor(view.but(case=row["event_id"]), number)
        file = (files.get(row["source_file"]) or str(row["source_file"])[:12]).rsplit("/", 1)[-1]
        record = words("cases.record", file=file, n=row["source_record_no"])
        reported, closed = (words.stamp(row[name], row["time_precision"]) for name in ("reported_at", "closed_at"))
        cells: list[object] = [
            tag("span", link, kind="nowrap"), board.kind(row["event_kind"]),
            names.get(("category", row["category_code"]), row["category_code"]),
            places.get(row["grid_code"], row["grid_code"]), reported, closed, words(f"state.{row['current_state']}"),
        ]  # fmt: skip
        cells += [words("yes" if row["in_numerator"] else "no")] if figure.is_share else []
        lines.append([*cells, tag("span", record, kind="small")])
    numeric = {"reported", "closed"}
    return table([Column(words(f"column.{title}"), is_number=title in numeric) for title in titles], lines)


def _pager(board: Board, page: int, pages: int) -> Html:
    if pages == 1:
        return Html("")
    words, view = board.words, board.view
    before = anchor(view.but(page=page - 1), words("cases.previous")) if page > 1 else Html("")
    after = anchor(view.but(page=page + 1), words("cases.next")) if page < pages else Html("")
    at = tag("span", words("cases.page", page=words.number(page), pages=words.number(pages)))
    return tag("div", before, at, after, kind="pager")

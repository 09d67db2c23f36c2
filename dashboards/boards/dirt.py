"""Dirt, a part of the data quality board: what went wrong in the exports, how often, and what was done about it.

Belongs here: one line per kind of the catalogue, also where none came. Does not: finding dirt (cleaning, the models),
the rows that wait for their bureau (the board of returned rows, to which lines lead).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from dashboards.kit.chance import whole
from dashboards.kit.filters import View
from dashboards.kit.markup import EMPTY, Column, Html, anchor, chip, join, sparkline, table, tag
from dashboards.kit.menu import BOARDS
from dashboards.kit.page import Board, has_board
from dashboards.kit.periods import last_complete_month, open_month
from dashboards.kit.words import NOTHING
from pipelines.reports.rule_words import sentence_of

#: Ends of the ids of rules that set rows aside: these may wait on the work list.
RULES = ("required", "range", "window")


def months_shown(board: Board) -> list[dt.date]:
    """The months of the trend, oldest first; the last is the newest that is over."""
    last = last_complete_month(board.source.as_of)
    count = last.year * 12 + last.month - 1
    return [dt.date(n // 12, n % 12 + 1, 1) for n in range(count - whole("trend_months") + 1, count + 1)]


def months_with_files(board: Board) -> tuple[list[dt.date], dt.date | None]:
    """The months of the trend, none of them if no file came in any; and the open month, if a file came in it.

    An open month stands alone: it is part of no trend, and nothing is compared with it.
    """
    known = set(board.source.ask("quality__months")["month"].to_list())
    full, begun = months_shown(board), open_month(board.source.as_of)
    return (full if known & set(full) else []), (begun if begun in known else None)


def open_head(board: Board, month: dt.date) -> Html:
    """What stands over what is told of a month that is not over."""
    words = board.words
    until = words("quality.open_until", day=words.day(board.source.as_of.date()))
    return tag("h3", words.month(month), " ", chip(words("quality.open"), "wait"), " ", tag("span", until, kind="muted small"))


def dirt(board: Board, feeds: list[dict[str, Any]]) -> Html:
    """The table of the catalogue, then that of the month that is not over."""
    words = board.words
    months, begun = months_with_files(board)
    names = {feed["feed"]: words.pick(feed, "title") for feed in feeds}
    shown, every = tag("h2", words("quality.dirt")), []
    if months:
        kinds, marks = _found(board, months[0], months[-1])
        note = words("quality.dirt_note", first=words.month(months[0]), last=words.month(months[-1]))
        shown += tag("p", note, kind="muted small") + _table(board, kinds, marks, names, months)
        every += marks.rows(named=True)
    else:
        shown += tag("p", words("quality.no_full_month"), kind="muted")
    if begun:
        kinds, marks = _found(board, begun, begun)
        came = kinds.filter(pl.col("found_n") > 0)
        note = words("quality.open_dirt_note", n=words.number(kinds["dirt_code"].n_unique() - came["dirt_code"].n_unique()))
        shown += open_head(board, begun)
        shown += _table(board, came, marks, names, []) if came.height else tag("p", words("quality.open_no_dirt"))
        shown += tag("p", note, kind="muted small") if came.height else EMPTY
        every += marks.rows(named=True)
    return shown + _work_list(board, every, names)


def _found(board: Board, first: dt.date, last: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    when = {"first": first, "month_end": last}
    return board.source.ask("quality__dirt", **when), board.source.ask("quality__dirt_marks", **when)


def _table(
    board: Board, kinds: pl.DataFrame, marks: pl.DataFrame, names: dict[str, str], months: list[dt.date]
) -> Html:  # fmt: skip
    """One line per kind of `kinds`; with its trend where there are months for one."""
    titles = ["code", "dirt", "dirt_feeds", "dirt_marks", "found", "share", *(["trend"] if months else [])]
    numeric, wide = {"found", "share"}, {"dirt"}
    lines = []
    for code in kinds["dirt_code"].unique(maintain_order=True).to_list():
        own = kinds.filter(pl.col("dirt_code") == code)
        found = marks.filter(pl.col("dirt_code") == code).rows(named=True)
        lines.append(_line(board, code, own, found, names, months))
    columns = [Column(board.words(f"column.{title}"), is_number=title in numeric, is_wide=title in wide) for title in titles]
    return table(columns, lines)


def _line(
    board: Board, code: str, own: pl.DataFrame, found: list[dict[str, Any]], names: dict[str, str], months: list[dt.date]
) -> list[object]:
    words, first = board.words, own.row(0, named=True)
    total, of_n = int(own["found_n"].sum()), int(own["of_n"].sum())
    by_month = {row["month"]: row for row in own.rows(named=True)}
    shares = [_share(by_month.get(month)) for month in months]
    by_feed = _summed(found, lambda row: names.get(row["feed"], row["feed"]))
    by_mark = _summed(found, lambda row: words.pick(row, "name"))
    trend = [sparkline(shares, None, words("quality.dirt_trend", name=words.pick(first, "name")))] if months else []
    return [
        tag("b", code),
        tag("span", words.pick(first, "name")) + tag("div", words.pick(first, "treatment"), kind="muted small"),
        _counts(board, by_feed), _counts(board, by_mark), words.number(total),
        words.percent(100 * total / of_n, 2) if of_n else NOTHING, *trend,
    ]  # fmt: skip


def _share(row: dict[str, Any] | None) -> float | None:
    return 100 * row["found_n"] / row["of_n"] if row and row["of_n"] else None


def _summed(found: list[dict[str, Any]], name: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in found:
        counts[name(row)] = counts.get(name(row), 0) + int(row["found_n"])
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _counts(board: Board, counts: dict[str, int]) -> Html:
    """The largest few, each with its number."""
    kept = list(counts.items())[: whole("reasons_shown")]
    parts = [tag("span", f"{name} {board.words.number(n)}", kind="nowrap") for name, n in kept]
    more = tag("span", f" +{len(counts) - len(kept)}", kind="muted") if len(counts) > len(kept) else EMPTY
    return join(parts, board.words("comma")) + more if parts else tag("span", NOTHING, kind="muted")


def _work_list(board: Board, found: list[dict[str, Any]], names: dict[str, str]) -> Html:
    """The way to the rows that may wait there: one link per feed and rule, by kind of dirt."""
    if not has_board(board, "returned"):
        return EMPTY
    lines = []
    for code in dict.fromkeys(row["dirt_code"] for row in found):
        asked: dict[tuple[str, str], Html] = {}
        for row in found:
            if row["dirt_code"] == code and row["origin"] == "rule" and row["mark"] in RULES:
                for column in str(row["columns"]).split(", "):
                    rule = f"{column}-{row['mark']}"
                    said = getattr(sentence_of(row["contract"], rule, column), board.view.language)
                    view = View(language=board.view.language, feed=row["feed"], rule=rule)
                    asked[row["feed"], rule] = anchor(
                        view, f"{names.get(row['feed'], row['feed'])}: {said}", page=BOARDS["returned"]
                    )
        if asked:
            lines.append(
                tag("li", tag("b", code), " ", join(list(asked.values())[: whole("reasons_shown")], board.words("semicolon")))
            )
    if not lines:
        return EMPTY
    return tag("h3", board.words("quality.dirt_list")) + tag("ul", join(lines), kind="list small")

"""Data quality: can we trust today's data?

Belongs here: per feed whether the data arrived, whether it got in, and what stopped the rest. Does not: judging rows
(cleaning), the validation report itself (reports), who must mend it.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl

from dashboards.boards.dirt import dirt
from dashboards.boards.scores import scores
from dashboards.kit import charts
from dashboards.kit.chance import whole
from dashboards.kit.markup import Column, Html, Named, chip, join, table, tag
from dashboards.kit.named import id_of
from dashboards.kit.page import Board, draw, put
from dashboards.kit.periods import last_complete_month
from dashboards.kit.words import NOTHING
from pipelines.core.settings import PROJECT_ROOT, Home
from pipelines.reports.rule_words import sentence_of

#: Ends of a row's way, with the names they have in the ledger.
ENDS = {"accepted": "accepted_n", "quarantined": "quarantined_n", "repeats": "repeat_n", "nondata": "nondata_n"}


def show(board: Board) -> None:
    """The page."""
    feeds = board.source.ask("feeds").rows(named=True)
    funnel = {row["feed"]: row for row in board.source.ask("quality__funnel").rows(named=True)}
    health = board.health
    title = tag("h1", board.words("title.data_quality"))
    put(title + tag("p", _answer(board, feeds, funnel), kind="lead") + _tiles(board, feeds, funnel, health), "title")
    put(_feeds(board, feeds, funnel, health), "feeds")
    draw(_not_in(board, feeds, funnel), "not_in")
    put(_reasons(board, feeds), "reasons")
    put(dirt(board, feeds), "dirt")
    put(scores(board, feeds), "scores")
    put(_held(board, feeds) + _report(board), "held")


def _sum(funnel: dict[str, dict[str, Any]], name: str) -> int:
    return sum(int(row[name] or 0) for row in funnel.values())


def _answer(board: Board, feeds: list[dict[str, Any]], funnel: dict[str, dict[str, Any]]) -> str:
    """Yes, with care, or no; then where the rows went."""
    words, between = board.words, board.words("space")
    late, held, open_n = len(_late(board, feeds)), _sum(funnel, "held_n"), _sum(funnel, "not_closed_n")
    cares = [words(f"quality.care_{name}", n=n) for name, n in (("late", late), ("held", held)) if n]
    ends = {end: words.number(_sum(funnel, column)) for end, column in ENDS.items()}
    counted = words(
        "quality.lead", files=words.number(_sum(funnel, "files_n")), read=words.number(_sum(funnel, "read_n")), **ends
    )
    if open_n:
        return between.join([words("quality.answer_no", n=open_n), counted])
    answer = words("quality.answer_care", what=words("comma").join(cares)) if cares else words("quality.answer_yes")
    return between.join([answer, counted, words("quality.closed")])


def _late(board: Board, feeds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [feed for feed in feeds if not feed["is_reference"] and _is_late(board, feed)]


def _tile(name: str, value: str, note: str, tone: str = "", figure: str = "") -> Html:
    shown = tag("span", value, kind="value", data_figure=figure)
    return tag("div", tag("span", name, kind="name"), shown, tag("span", note, kind=f"note {tone}".strip()), kind="card")


def _tiles(board: Board, feeds: list[dict[str, Any]], funnel: dict[str, dict[str, Any]], health: list[dict[str, Any]]) -> Html:
    words = board.words
    overall = next((row for row in health if row["slice_kind"] == "all"), None)
    value = (
        words.percent(Decimal(str(overall["value"])), overall["decimals"])
        if overall and overall["value"] is not None
        else NOTHING
    )
    read, stopped = _sum(funnel, "read_n"), _sum(funnel, "quarantined_n")
    share = words.percent(100 * stopped / read, 2) if read else NOTHING
    late = _late(board, feeds)
    events = [row for row in feeds if not row["is_reference"]]
    files = words.number(_sum(funnel, "files_n"))
    month = words.month(last_complete_month(board.source.as_of))
    tiles = [
        _tile(
            words("quality.health"), value, words(f"quality.health_{'note' if value != NOTHING else 'none'}", month=month),
            figure=id_of(board, overall, overall["grid_code"]) if overall else "",
        ),
        _tile(words("quality.late_n"), words.number(len(late)), words("quality.late_of", n=len(events))),
        _tile(words("quality.held_n"), words.number(_sum(funnel, "held_n")), words("quality.late_of", n=files)),
        _tile(words("quality.waiting_n"), words.number(stopped), words("quality.share_of_read", share=share)),
    ]  # fmt: skip
    return tag("div", join(tiles), kind="tiles")


# --- feeds ------------------------------------------------------------------------------------------------------------


def _age_hours(board: Board, feed: dict[str, Any]) -> float | None:
    if feed["as_of"] is None:
        return None
    hours: float = (board.source.as_of - feed["as_of"]) / dt.timedelta(hours=1)
    return max(hours, 0.0)


def _is_late(board: Board, feed: dict[str, Any]) -> bool:
    age = _age_hours(board, feed)
    return age is None or (feed["latency_hours"] is not None and age > float(feed["latency_hours"]))


def _freshness(board: Board, feed: dict[str, Any]) -> Html:
    words, age = board.words, _age_hours(board, feed)
    if age is None:
        return chip(words("quality.none"), "alert")
    said = words("quality.age", age=words.hours(age), latency=words.hours(float(feed["latency_hours"] or 0)))
    is_late = _is_late(board, feed)
    return chip(words("quality.late" if is_late else "quality.fresh"), "alert" if is_late else "better") + tag(
        "span", f" {said}", kind="muted small nowrap"
    )


def _feeds(board: Board, feeds: list[dict[str, Any]], funnel: dict[str, dict[str, Any]], health: list[dict[str, Any]]) -> Html:
    words = board.words
    scores = {row["slice_code"]: row for row in health if row["slice_kind"] == "feed"}
    titles = ("feed", "newest", "freshness", "files", "read", "accepted", "quarantined", "repeats", "nondata",
              "deleted_at_source", "unmapped", "unassigned", "health")  # fmt: skip
    text = {"feed", "newest", "freshness"}
    lines = [_feed_line(board, feed, funnel.get(feed["feed"]), scores.get(feed["feed"])) for feed in feeds]
    shown = table([Column(words(f"column.{title}"), is_number=title not in text) for title in titles], lines)
    return tag("h2", words("quality.feeds")) + shown


def _feed_line(board: Board, feed: dict[str, Any], row: dict[str, Any] | None, score: dict[str, Any] | None) -> list[object]:
    words = board.words
    name = tag("b", words.pick(feed, "title"))
    if feed["is_reference"]:
        name += Html(" ") + chip(words("quality.reference"))
    counts: list[object] = [NOTHING] * 9
    if row is not None:
        ends = [words.number(int(row[column])) for column in ENDS.values()]
        lacking = [NOTHING if feed["is_reference"] else words.number(int(row[name])) for name in ("unmapped_n", "unassigned_n")]
        counts = [words.number(int(row["files_n"])), words.number(int(row["read_n"])), *ends]
        counts += [words.number(int(row["deleted_at_source_n"])), *lacking]
    value = words.percent(Decimal(str(score["value"])), score["decimals"]) if score and score["value"] is not None else NOTHING
    fresh = NOTHING if feed["is_reference"] else _freshness(board, feed)
    newest = tag("span", words.moment(feed["as_of"]) if feed["as_of"] else NOTHING, kind="nowrap")
    return [name, newest, fresh, *counts, Named(value, id_of(board, score, score["grid_code"]) if score else "")]


def _not_in(board: Board, feeds: list[dict[str, Any]], funnel: dict[str, dict[str, Any]]) -> charts.Chart:
    words = board.words
    shown = [feed for feed in feeds if funnel.get(feed["feed"], {}).get("read_n") and not feed["is_reference"]]
    colours = {"quarantined": charts.PALETTE["orange"], "repeats": charts.PALETTE["amber"], "nondata": charts.PALETTE["grey"]}
    segments = []
    for end, colour in colours.items():
        shares = [100 * funnel[feed["feed"]][ENDS[end]] / funnel[feed["feed"]]["read_n"] for feed in shown]
        hover = [
            words("quality.hover", feed=words.pick(feed, "title"), name=words(f"quality.{end}"),
                  n=words.number(int(funnel[feed["feed"]][ENDS[end]])), share=words.percent(share, 2))
            for feed, share in zip(shown, shares, strict=True)
        ]  # fmt: skip
        segments.append(charts.Segment(words(f"quality.{end}"), shares, hover, colour))
    ends = [words.percent(sum(segment.values[i] for segment in segments), 2) for i in range(len(shown))]
    caption = charts.Caption(words("quality.not_in"), "%", board.as_of, words("quality.not_in_empty"))
    return charts.stacked(caption, [words.pick(feed, "title") for feed in shown], segments, ends=ends)


# --- reasons, held files, report --------------------------------------------------------------------------------------


def _reasons(board: Board, feeds: list[dict[str, Any]]) -> Html:
    words, found = board.words, board.source.ask("quality__reasons")
    head = tag("h2", words("quality.reasons"))
    if found.is_empty():
        return head + tag("p", words("quality.no_reasons"))
    lines: list[list[object]] = []
    for feed in feeds:
        rows = found.filter(pl.col("feed") == feed["feed"]).rows(named=True)[: whole("reasons_shown")]
        for number, row in enumerate(rows):
            said = getattr(sentence_of(row["contract"], row["rule_id"], row["column_name"] or ""), board.view.language)
            share = row["failed_n"] / row["evaluated_n"] if row["evaluated_n"] else 0.0
            tone = {"quarantine": "wait", "block": "alert"}.get(row["severity"], "")
            lines.append(
                [tag("b", words.pick(feed, "title")) if number == 0 else "", said,
                 chip(words(f"quality.severity.{row['severity']}"), tone), words.number(int(row["failed_n"])),
                 words.number(int(row["evaluated_n"])), words.percent(100 * share, 2)]
            )  # fmt: skip
    titles = ("feed", "rule", "severity", "failed", "checked", "share")
    numeric = {"failed", "checked", "share"}
    columns = [Column(words(f"column.{title}"), is_number=title in numeric, is_wide=title == "rule") for title in titles]
    return head + table(columns, lines)


def _held(board: Board, feeds: list[dict[str, Any]]) -> Html:
    words, rows = board.words, board.source.ask("quality__held").rows(named=True)
    head = tag("h2", words("quality.held"))
    if not rows:
        return head + tag("p", words("quality.no_held"))
    names = {feed["feed"]: words.pick(feed, "title") for feed in feeds}
    columns = [Column(words(f"column.{title}")) for title in ("feed", "file", "received", "why")]
    lines = [
        [names.get(row["feed"], row["feed"]), row["file_name"], words.moment(row["received_at"]), row["held_what"] or NOTHING]
        for row in rows
    ]
    return head + table(columns, lines)


def _report(board: Board) -> Html:
    words = board.words
    path = Home(board.source.home_root).reports / "validation" / "index.html"
    head = tag("h2", words("quality.report"))
    if not path.exists():
        return head + tag("p", words("quality.report_none"), kind="muted")
    shown = path.relative_to(PROJECT_ROOT) if path.is_relative_to(PROJECT_ROOT) else path
    return head + tag("p", words("quality.report_at", path=""), tag("code", shown))

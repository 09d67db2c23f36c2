"""One department, opened: all its figures against the whole, the chosen one month by month, the cases behind it.

Belongs here: the order of these three. Does not: all departments of one figure (departments), the list itself (case_list).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dashboards.boards import case_list, trends
from dashboards.boards.department_share import Share, parts_of, standing
from dashboards.kit import charts
from dashboards.kit.areas import Place
from dashboards.kit.markup import Column, Html, anchor, table, tag
from dashboards.kit.named import Shown
from dashboards.kit.page import Board, draw, put
from dashboards.kit.reading import Figure
from dashboards.kit.series import Series, series_of
from dashboards.kit.spans import last_of
from dashboards.kit.words import NOTHING

#: A department has no targets of its own on this board.
NO_TARGETS = pl.DataFrame(schema={"metric_id": pl.String})


def show(
    board: Board, place: Place, code: str, metric: str, figures: Mapping[str, tuple[Figure, list[Share]]]
) -> None:  # fmt: skip
    """Everything about one department; a sentence where it has none of these figures."""
    words = board.words
    own = {name: share for name, (_, shares) in figures.items() for share in shares if share.code == code}
    back = anchor(board.view.but(cut="", page=1), words("department.back"))
    if not own:
        put(tag("h2", words("department.heading")) + tag("p", words("department.none"), " ", back, kind="muted"), "department")
        return
    name = next(iter(own.values())).name
    head = tag("h2", f"{name} · {place.name}") + tag("p", words("department.about"), " ", back, kind="muted small")
    put(head + own_table(board, place, figures, own), "department", focus=board.view.cut)
    if metric not in own:
        put(tag("p", words("department.not_this", name=figures[metric][0].name), kind="muted"), "department_none")
        return
    figure = own[metric].figure
    series = _months(board, place, code, figure)
    draw(_chart(board, place, series, f"{figure.name} · {name}"), "department_trend")
    if series.is_known:
        said = [sentence for sentence in trends.told_of(words, series) if sentence]
        put(tag("p", words("space").join(said), kind="small muted"), "department_said")
    case_list.show(board, place, figure)


def own_table(
    board: Board, place: Place, figures: Mapping[str, tuple[Figure, list[Share]]], own: Mapping[str, Share]
) -> Html:  # fmt: skip
    """A line per figure of the department: its value, the whole, where it stands."""
    words = board.words
    titles = ("figure", "value", "parts", "earlier", "whole", "standing")
    columns = [Column(words(f"column.{title}"), is_number=title not in ("figure", "standing")) for title in titles]
    lines: list[list[object]] = []
    for name, share in own.items():
        whole = figures[name][0]
        cells, of_all = Shown(board, share.figure, place.code), Shown(board, whole, place.code)
        lines.append(
            [
                anchor(board.view.but(figure=name, case="", page=1), whole.name), cells.value(),
                cells.parts(parts_of(share.figure)), cells.earlier(), NOTHING if whole.is_count else of_all.value(),
                standing(board, share.state, whole.row["direction"]),
            ]
        )  # fmt: skip
    return table(columns, lines)


def _months(board: Board, place: Place, code: str, figure: Figure) -> Series:
    """The figure of the department over the months that a trend is drawn of."""
    spans = last_of("month", board.source.as_of)
    found = board.source.ask(
        "departments__months", metric=figure.id, area=place.code, department=code, first=spans[0].year_before.start,
        last=spans[-1].start,
    )  # fmt: skip
    return series_of(figure.row, found, NO_TARGETS, spans, board.words)


def _chart(board: Board, place: Place, series: Series, title: str) -> charts.Chart:
    words = board.words
    names = {key: words(f"trends.chart_{key}") for key in ("now", "earlier", "mean", "limits", "outside")}
    caption = charts.Caption(words("trends.of", name=title), series.newest.unit, board.as_of, words("trends.empty"))
    return charts.trend(
        caption, labels=[span.short(words) for span in series.spans], values=series.values, earlier=series.earlier,
        limits=series.limits, names=names, hover=trends.hover_of(words, series), is_share=series.newest.is_share,
        marked=[at for at, signal in enumerate(series.signals) if signal],
        ids=trends.span_ids(board, place, series.newest, series.spans),
        earlier_ids=trends.span_ids(board, place, series.newest, [span.year_before for span in series.spans]),
    )  # fmt: skip

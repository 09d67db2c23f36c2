"""Flow: how many matters of a kind come in and are closed in each month.

Belongs here: the two lines. Does not: the figures (V01 and V02 of the register, by kind of matter). What is closed in a month
mostly came in before it: the two are shown beside each other and never divided.
"""

from __future__ import annotations

from dashboards.boards.field import Looked
from dashboards.kit import breakdown, charts
from dashboards.kit.named import month_ids
from dashboards.kit.reading import monthly


def items(kind: str) -> tuple[str, str]:
    """The figures of what comes in and of what is closed."""
    return f"V01/event_kind/{kind}", f"V02/event_kind/{kind}"


def chart(looked: Looked, kind: str) -> charts.Chart:
    """Both, month by month."""
    board, words = looked.board, looked.board.words
    name = board.kind(kind)
    caption = charts.Caption(words("flow.title", kind=name), words("unit.cases"), board.as_of, words("flow.empty"))
    figures = [looked.figure(item) for item in items(kind)]
    found = [
        dict(monthly(looked.months(item), figure, looked.period.month)) for item, figure in zip(items(kind), figures, strict=True)
    ]
    months = sorted(found[0] | found[1])
    lines = []
    styles = (("come", charts.PALETTE["accent"], "solid"), ("closed", charts.PALETTE["orange"], "dash"))
    for (what, colour, dash), values, figure in zip(styles, found, figures, strict=True):
        hover = [
            words("flow.hover", month=words.month(m), what=words(f"flow.{what}"), n=words.number(values.get(m))) for m in months
        ]
        lines.append(breakdown.Line(words(f"flow.{what}"), [values.get(m) for m in months], hover, colour, dash,
                                    month_ids(board, figure, looked.place, months)))  # fmt: skip
    return breakdown.lines(caption, [words.month_short(month) for month in months], lines)

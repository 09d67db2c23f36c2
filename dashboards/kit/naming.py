"""Naming: the permanent id of a figure that a board or a paper shows.

Belongs here: from what a query gave back to `trace.FigureName`. Does not: reading such a name, finding its figure (trace).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.kit.periods import month_end, months_before, same_day_last_year
from pipelines.trace import FigureName, Window


@dataclass(frozen=True, slots=True)
class FigureId:
    """A metric of one period and slice; with an area and a build it is a figure."""

    metric_id: str
    period_kind: str
    first: dt.date
    last: dt.date
    slice_kind: str = "all"
    slice_code: str = "all"

    def of(self, area: str, build: str) -> str:
        """The permanent id: METRIC[~KIND=CODE]/AREA/PERIOD/BASIS@BUILD."""
        period = str(Window(self.period_kind, self.first, self.last))
        return str(FigureName(self.metric_id, area, period, self.slice_kind, self.slice_code, build=build))

    @property
    def year_before(self) -> FigureId:
        """The figure of the same period a year before, as the boards compare them."""
        if self.period_kind == "month":
            first = months_before(self.first, 12)
            return FigureId(self.metric_id, self.period_kind, first, month_end(first), self.slice_kind, self.slice_code)
        first, last = same_day_last_year(self.first), same_day_last_year(self.last)
        return FigureId(self.metric_id, self.period_kind, first, last, self.slice_kind, self.slice_code)


def figure_id(row: Mapping[str, Any]) -> FigureId:
    """Of a row with metric_id, period_kind, period_start and period_end, and its slice where it has one."""
    return FigureId(
        str(row["metric_id"]), str(row["period_kind"]), row["period_start"], row["period_end"],
        str(row.get("slice_kind") or "all"), str(row.get("slice_code") or "all"),
    )  # fmt: skip


def id_of(row: Mapping[str, Any], area: str, build: str) -> str:
    """The permanent id of the figure in a row of a query."""
    return figure_id(row).of(area, build)

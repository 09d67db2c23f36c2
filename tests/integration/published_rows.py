"""One figure, one event of a published build, as tests of the hand-made city ask for them."""

from __future__ import annotations

from typing import Any

from pipelines.core.warehouse import PublishedBuild
from tests.integration.landed import event_id


def figure(built: PublishedBuild, metric: str, area: str, kind: str, end: str, slice_code: str = "all") -> tuple[Any, ...]:
    """(num, den, value_text) of one figure; (None, None, None) where there is no row."""
    rows = built.rows(
        "select v.num, v.den, d.value_text from marts.fct_metric_value v join marts.v_metric_display d "
        "using (metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end) "
        "where metric_id = ? and grid_code = ? and period_kind = ? and period_end = ? and slice_code = ?",
        [metric, area, kind, end, slice_code],
    )
    assert len(rows) <= 1
    return rows[0] if rows else (None, None, None)


def event(built: PublishedBuild, contract: str, number: str, columns: str) -> tuple[Any, ...]:
    rows = built.rows(f"select {columns} from marts.fct_event where event_id = ?", [event_id(contract, number)])
    assert len(rows) == 1, number
    return rows[0]

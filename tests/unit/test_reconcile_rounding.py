"""Our figure beside a bureau's is rounded as the boards show it: ratios, medians, and changes with their sign."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from pipelines.reports.reconcile import rounded
from pipelines.trace import Figure, FigureName, metric_of
from pipelines.tracing.naming import Window

JUNE = Window("month", dt.date(2026, 6, 1), dt.date(2026, 6, 30))


def figure(metric_id: str, num: int | None, den: int | None, stat_value: float | None = None, reason: str = "") -> Figure:
    told: dict[str, Any] = dict.fromkeys(("area_zh", "area_en", "root", "fingerprint", "value_text"), "")
    return Figure(
        name=FigureName(metric_id, "37", "2026-06"), metric=metric_of(metric_id), window=JUNE, area="37", level=0,
        as_of=dt.datetime(2026, 6, 30), num=num, den=den, stat_value=stat_value, ci_low=None, ci_high=None, is_hidden=False,
        reason=reason, **told,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "num", "den", "stat", "decimals", "value"),
    [
        ("M03b", 16, 10, None, 1, "60.0"),
        ("M06y", 38, 53, None, 2, "-28.30"),
        ("M06y", 999, 1000, None, 0, "0"),
        ("M03w", 16, 10, 0.624933643809741, 1, "62.5"),
        ("M03w", 16, 16, -0.006999288943891568, 2, "-0.70"),
        ("M03m", 12, 19, -0.3118513827027388, 1, "-31.2"),
        ("M16", 3, 8, None, 1, "37.5"),
        ("M06", 38, None, None, 0, "38"),
        ("M48", None, 5, 2.5, 1, "2.5"),
    ],
)
def test_a_value_is_that_of_the_boards(
    metric: str, num: int | None, den: int | None, stat: float | None, decimals: int, value: str
) -> None:
    found = rounded(figure(metric, num, den, stat), decimals)
    assert found is not None
    assert str(found) == str(Decimal(value)), "a fall that rounds to nothing has no sign"


def test_a_change_that_the_boards_do_not_show_has_no_value() -> None:
    assert rounded(figure("M03m", 16, 15, 0.12, "festival_months"), 1) is None
    assert rounded(figure("M03b", 3, 0, None, "no_base"), 1) is None
    assert rounded(figure("M03w", 3, 0), 1) is None

"""Figures whose cases need time are drawn and not judged until it is over."""

from __future__ import annotations

import csv
import datetime as dt

import pytest

from dashboards.kit import ripening
from dashboards.kit.periods import months_before
from dashboards.kit.reading import Figure, ripe_values
from dashboards.kit.words import Words
from tests.conftest import ROOT

DAY = dt.date(2026, 6, 30)


def test_an_evaluation_takes_as_long_as_its_threshold_says() -> None:
    with (ROOT / "dbt_project/seeds/ref_threshold.csv").open(encoding="utf-8", newline="") as stream:
        days = next(row["value"] for row in csv.DictReader(stream) if row["threshold_id"] == "petition_evaluation_days")
    assert ripening.ripe_days("M29", DAY) == int(days)
    assert ripening.ripe_days("M10", DAY) == 0


@pytest.mark.parametrize(
    ("last", "is_ripe"), [("2026-05-31", True), ("2026-06-01", False), ("2026-06-30", False), ("2026-12-31", False)]
)
def test_a_period_is_judged_when_its_last_case_had_its_time(last: str, is_ripe: bool) -> None:
    assert ripening.is_ripe("M29", dt.date.fromisoformat(last), DAY) is is_ripe
    assert ripening.is_ripe("M10", dt.date.fromisoformat(last), DAY)


def test_a_young_figure_says_its_change_and_does_not_judge_it() -> None:
    row = {
        "metric_id": "M29", "family": "ratio", "unit_en": "%", "decimals": 2, "direction": "higher", "period_kind": "year_to_date",
        "period_start": dt.date(2026, 1, 1), "period_end": DAY, "num": 700, "den": 1000, "value": 70, "ci_low": 0.67, "ci_high": 0.73,
        "earlier_num": 920, "earlier_den": 1000, "earlier_value": 92, "scale": 100, "population": "", "is_suppressed": False,
        "reason": None, "stat_value": 0.7,
    }  # fmt: skip
    words = Words("en")
    assert Figure(ripening.judged(row, DAY + dt.timedelta(days=30)), words).verdict == "less"
    young = Figure(ripening.judged(row, DAY), words)
    assert (young.verdict, young.tone) == ("unknown", "")
    assert young.change_text
    assert "no outcome yet" in young.meaning_text


def test_young_months_do_not_set_the_limits_of_a_trend() -> None:
    months = [months_before(dt.date(2026, 6, 1), n) for n in (2, 1, 0)]
    figure = Figure({"metric_id": "M29"}, Words("zh"))
    assert ripe_values(figure, [(month, 90.0) for month in months], DAY) == [90.0, 90.0, None]
    assert ripe_values(Figure({"metric_id": "M13b"}, Words("zh")), [(month, 90.0) for month in months], DAY) == [None] * 3

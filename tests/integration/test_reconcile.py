"""A bureau's figure beside ours: every documented variant, nearest first, by the real command."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from pipelines.core.warehouse import open_published
from pipelines.reports.reconcile import readings
from pipelines.trace import asked_name
from pipelines.tracing.naming import Window
from tests.conftest import citybrain

PERIOD = "2026-H1"


def test_the_variant_that_gives_the_bureaus_figure_stands_first(tiny_home: Path) -> None:
    with open_published(tiny_home) as build:
        root = str(build.rows("select root_code from marts.build_info")[0][0])
        asked = asked_name("M10", cut=None, area=root, period=PERIOD, basis=None)
        plain = readings(build, asked, Decimal("0.00"), 2)
        assert {reading.figure.metric.id for reading in plain} >= {"M10", "M10b"}
        backlog = next(reading for reading in plain if reading.figure.metric.id == "M10b")
        assert backlog.value != next(r for r in plain if r.figure.metric.id == "M10").value
        found = readings(build, asked, backlog.value, 2)
    assert found[0].figure.metric.id == "M10b"
    assert found[0].difference == 0
    distances = [abs(reading.difference) for reading in found]
    assert distances == sorted(distances)


def test_the_command_shows_numbers_and_caveats_and_tells_disagreement(tiny_home: Path) -> None:
    with open_published(tiny_home) as build:
        root = str(build.rows("select root_code from marts.build_info")[0][0])
    done = citybrain(
        "reconcile-figure", "M10", "--area", root, "--period", PERIOD, "--value", "1.23", "--home", str(tiny_home), check=False
    )
    assert done.returncode == 1
    assert "M10b" in done.stdout
    assert re.search(r"backlog", done.stdout)
    wrong = citybrain("reconcile-figure", "M10", "--area", root, "--period", PERIOD, "--value", "x", "--home", str(tiny_home),
                      check=False)  # fmt: skip
    assert wrong.returncode == 2
    assert "no number" in wrong.stderr


def test_every_change_is_laid_beside_the_bureaus_as_it_is_published(tiny_home: Path) -> None:
    """Changes by count and by working days, up and down: our own printed value differs from ours by nothing."""
    with open_published(tiny_home) as build:
        rows = build.rows(
            "select d.metric_id, d.slice_kind, d.slice_code, d.grid_code, d.period_kind, d.period_start, d.period_end, "
            "d.value, d.decimals from marts.v_metric_display as d join marts.ref_metric using (metric_id) "
            "where family = 'change' and value is not null and basis = 'as_was' and grid_code = (select root_code from "
            "marts.build_info) and period_kind in ('day', 'month', 'month_to_date') order by all"
        )
        assert {row[7] < 0 for row in rows} == {True, False}
        assert {str(row[0]) for row in rows} >= {"M03b", "M03w", "M03m", "M06y", "M35"}
        for metric, kind, code, area, *days, value, decimals in rows:
            period = str(Window(*days))
            cut = None if kind == "all" else f"{kind}={code}"
            asked = asked_name(str(metric), cut=cut, area=str(area), period=period, basis=None)
            printed = round(Decimal(str(value)), int(str(decimals)))
            found = {r.figure.metric.id: r for r in readings(build, asked, printed, int(str(decimals)))}
            assert (metric, period, found[str(metric)].difference) == (metric, period, 0)

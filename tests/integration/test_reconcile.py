"""A bureau's figure beside ours: every documented variant, nearest first, by the real command."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from pipelines.core.warehouse import open_published
from pipelines.reports.reconcile import readings
from pipelines.trace import asked_name
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

"""Overview's groups hold figures of the register, each in one group."""

from __future__ import annotations

import csv

from dashboards.boards.overview import GROUPS
from dashboards.kit.words import Words
from tests.conftest import ROOT


def test_every_figure_of_a_group_is_in_the_register_and_in_one_group() -> None:
    with (ROOT / "dbt_project" / "seeds" / "ref_metric.csv").open(encoding="utf-8", newline="") as stream:
        known = {row["metric_id"] for row in csv.DictReader(stream)}
    placed = [metric for members in GROUPS.values() for metric in members]
    assert set(placed) <= known
    assert len(placed) == len(set(placed))
    assert all(Words("zh").has(f"group.{group}") for group in GROUPS)

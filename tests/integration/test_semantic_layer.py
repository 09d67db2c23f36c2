"""The generated semantic layer gives the warehouse's own figures: its YAML, as dbt took it, compiled to SQL here and compared.

MetricFlow itself is not among our packages. What is compiled is the part of its grammar that the layer uses: sums of an
expression by a time and a dimension, and ratios of two such sums.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from pipelines.core.register import read_register
from pipelines.core.register_semantics import CUTS, is_sayable
from tests.conftest import TinyCity

Cells = dict[tuple[Any, ...], tuple[int, int | None]]
SAID = {metric.id.lower(): metric for metric in read_register() if is_sayable(metric)}
PERIODIC = sorted(name for name, metric in SAID.items() if not metric.numerator_time)
CUMULATIVE = sorted(set(SAID) - set(PERIODIC))


class Layer:
    """The semantic manifest of a build, and the warehouse it speaks of."""

    def __init__(self, city: TinyCity) -> None:
        folder = city.home / "warehouse"
        self.manifest = json.loads((folder / "dbt" / "semantic_manifest.json").read_text(encoding="utf-8"))
        self.connection = duckdb.connect(str(folder / "build.duckdb"), read_only=True)
        self.model = self.manifest["semantic_models"][0]
        self.metrics = {metric["name"]: metric for metric in self.manifest["metrics"]}
        self.measures = {measure["name"]: measure for measure in self.model["measures"]}
        self.dimensions = {dimension["name"]: dimension["expr"] or dimension["name"] for dimension in self.model["dimensions"]}

    def _summed(self, metric: str, grain: str, cut: str) -> dict[tuple[Any, ...], int]:
        """A simple metric by period and member of a cut; what has no such time has no period."""
        measure = self.measures[self.metrics[metric]["type_params"]["measure"]["name"]]
        relation = self.model["node_relation"]
        time = measure["agg_time_dimension"]
        period = f"cast(date_trunc('{grain}', {time}) as date)" if grain else "date '1900-01-01'"
        rows = self.connection.execute(
            f"select {period}, {self.dimensions.get(cut, cut)}, {measure['agg']}({measure['expr']}) "
            f"from {relation['schema_name']}.{relation['alias']} where {time} is not null group by all"
        ).fetchall()
        return {(period, member): int(value) for period, member, value in rows}

    def cells(self, metric: str, grain: str, cut: str = "'all'") -> Cells:
        """(period's first day, member) -> (numerator, denominator or None), without cells of nothing."""
        told = self.metrics[metric]
        if told["type"] == "simple":
            return {cell: (value, None) for cell, value in self._summed(metric, grain, cut).items() if value}
        above, below = (
            self._summed(told["type_params"][part]["name"], grain, cut) for part in ("numerator", "denominator")
        )  # fmt: skip
        return {cell: (above[cell], value) for cell, value in below.items() if value}

    def stored(self, metric_id: str, period: str, slice_kind: str = "all", level: int = 0) -> Cells:
        """The same of the marts; of totals up to several days, the last."""
        day, member = ("period_start", "slice_code") if period != "cumulative" else ("date '1900-01-01'", "slice_code")
        area = "grid_code = (select root_code from marts.build_info)" if level == 0 else f"grid_level = {level}"
        if level:
            member = "grid_code"
        rows = self.connection.execute(
            f"select {day}, {member}, num, den from marts.fct_metric_value where metric_id = ? and slice_kind = ? "
            f"and period_kind = ? and basis = 'as_was' and {area} and (num > 0 or den > 0) order by period_end", [metric_id, slice_kind, period],
        ).fetchall()  # fmt: skip
        return {(first, code): (num, den) for first, code, num, den in rows}


@pytest.fixture(scope="module")
def layer(tiny_city: TinyCity) -> Iterator[Layer]:
    made = Layer(tiny_city)
    yield made
    made.connection.close()


def test_dbt_took_every_metric_that_can_be_said(layer: Layer) -> None:
    assert set(SAID) <= set(layer.metrics)
    assert {"m16", "m36", "v01", "m05e", "m08"} <= set(SAID)
    assert not {"m01", "m18", "m44", "m10"} & set(layer.metrics)


@pytest.mark.parametrize("grain", ["month", "year"])
@pytest.mark.parametrize("name", PERIODIC)
def test_the_city_by_period_is_what_the_marts_say(layer: Layer, name: str, grain: str) -> None:
    if grain in SAID[name].periods:
        assert layer.cells(name, grain) == layer.stored(SAID[name].id, grain)


@pytest.mark.parametrize("name", CUMULATIVE)
def test_a_total_over_all_time_is_what_the_marts_say(layer: Layer, name: str) -> None:
    assert layer.cells(name, "") == layer.stored(SAID[name].id, "cumulative") != {}


@pytest.mark.parametrize("name", ["v01", "m16", "m05", "m39"])
def test_slices_are_what_the_marts_say(layer: Layer, name: str) -> None:
    cuts = [cut for cut in (*SAID[name].slices, *SAID[name].slices_coarse) if cut in CUTS]
    assert cuts
    for cut in cuts:
        assert layer.cells(name, "month", cut) == layer.stored(SAID[name].id, "month", cut)


@pytest.mark.parametrize("name", ["v01", "m16"])
def test_districts_are_what_the_marts_say(layer: Layer, name: str) -> None:
    stored = layer.stored(SAID[name].id, "year", level=1)
    assert {cell: value for cell, value in layer.cells(name, "year", "district").items() if cell[1] != "UNASSIGNED"} == {
        cell: value for cell, value in stored.items() if cell[1] != "UNASSIGNED"
    }
    assert len({area for _, area in stored}) > 1


def test_most_of_what_is_compared_is_there(layer: Layer) -> None:
    assert sum(bool(layer.cells(name, "year")) for name in PERIODIC) > len(PERIODIC) * 0.8

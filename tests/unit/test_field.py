"""The boards of domains: what they ask for is in the register, a part in the address is theirs, parts are not ranked."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from dashboards.boards import courts, disputes, due, field, field_slices, hazards, petitions, public_safety, urban
from dashboards.boards.field import Domain
from dashboards.kit import breakdown
from dashboards.kit.charts import Caption, Segment
from dashboards.kit.filters import View
from dashboards.kit.reading import Figure
from dashboards.kit.words import Words, table
from pipelines.core.register import Metric, read_register
from pipelines.trace import case_query

DOMAINS = {
    "petitions": petitions.PETITIONS,
    "urban": urban.URBAN,
    "courts": courts.COURTS,
    "public_safety": public_safety.PUBLIC_SAFETY,
    "hazards": hazards.HAZARDS,
    "disputes": disputes.DISPUTES,
}
REGISTER: dict[str, Metric] = {metric.id: metric for metric in read_register()}
CAPTION = Caption("t", "%", "as of", "why nothing")


def cuts(metric: Metric) -> set[str]:
    return {*metric.slices, *metric.slices_coarse}


@pytest.mark.parametrize("name", sorted(DOMAINS))
def test_a_board_asks_for_figures_that_the_register_gives(name: str) -> None:
    domain = DOMAINS[name]
    assert len(domain.items) > 5
    for item in domain.items:
        metric, kind, _ = item.split("/")
        assert kind in cuts(REGISTER[metric]), item
    assert field.full(domain.opened) in domain.items
    for group in [*domain.groups, *domain.context]:
        assert f"field.group.{group}" in table()
    kinds = {kind for item in domain.items for kind in cuts(REGISTER[item.split("/")[0]])} - {"all"}
    assert not {kind for kind in kinds if f"field.by.{kind}" not in table()}


@pytest.mark.parametrize(
    ("figure", "cut", "more"),
    [("M05", "channel.visit", ["M05/channel/visit"]), ("M05", "channel", []), ("", "channel.visit", []),
     ("M10", "department.U01", []), ("M05", "category.1004", []), ("M44", "age_band.d000_007", ["M44/age_band/d000_007", "M44/all/all"])],
)  # fmt: skip
def test_a_part_in_the_address_is_read_where_the_board_has_its_figure(figure: str, cut: str, more: list[str]) -> None:
    domain = Domain(kinds=(), groups={"rates": ("M36", "M44/event_kind/petition")}, opened="M05")
    source = SimpleNamespace(as_of=dt.datetime(2026, 6, 30, 23, 59, 59))
    board: Any = SimpleNamespace(view=View(figure=figure, cut=cut), source=source)
    assert field.items_of(board, domain) == ("M36/all/all", "M44/event_kind/petition", "M05/all/all", *more)


def share(num: int, den: int, **more: Any) -> Figure:
    row = {
        "metric_id": "M1", "family": "ratio", "scale": 100, "decimals": 1, "direction": "higher", "unit_zh": "%", "unit_en": "%",
        "num": num, "den": den, "value": 100 * num / den, "ci_low": 0.0, "ci_high": 1.0,
    }  # fmt: skip
    return Figure(row | more, Words("en"))


def test_a_part_is_called_unlike_the_whole_beyond_chance_only() -> None:
    whole = share(5_000, 10_000)
    state = field_slices._state
    assert state(share(50, 100), whole) == "average"
    assert state(share(90, 100), whole) == "far_above"
    assert state(share(90, 100, slice_kind="department", slice_code="UNMAPPED"), whole) == "unknown"
    assert state(share(90, 100), share(5_000, 10_000, direction="neutral")) == "unknown"


def test_parts_stand_in_the_order_given_with_their_intervals() -> None:
    rows = [breakdown.Row(name, value, ends, None, "", name) for name, value, ends in
            [("b", 80.0, (70.0, 85.0)), ("a", 90.0, None), ("c", 10.0, (5.0, 20.0))]]  # fmt: skip
    drawn = breakdown.intervals(CAPTION, rows, average=50.0, is_share=True, names={"now": "n", "before": "b", "whole": "w"})
    assert drawn.figure is not None
    assert list(drawn.figure.layout.yaxis.ticktext) == ["b", "a", "c"]
    dots = drawn.figure.data[-1]
    assert (list(dots.x), list(dots.y)) == ([80.0, 90.0, 10.0], [0, 1, 2])
    assert (list(dots.error_x.array), list(dots.error_x.arrayminus)) == ([5.0, 0.0, 10.0], [10.0, 0.0, 5.0])
    assert [trace.name for trace in drawn.figure.data] == ["w", "n"]


def test_nothing_to_draw_is_a_sentence() -> None:
    names = {"now": "n", "before": "b", "whole": "w"}
    assert breakdown.intervals(CAPTION, [], average=1.0, is_share=True, names=names).sentence == "why nothing"
    assert breakdown.columns(CAPTION, ["m"], [Segment("s", [0], [""], "#000")]).sentence == "why nothing"
    assert breakdown.columns(CAPTION, ["m"], [Segment("s", [1], [""], "#000")]).figure is not None


def test_a_code_from_an_address_is_a_text_in_the_query() -> None:
    sql = case_query("M44", "day", slice_kind="event_kind", slice_code="x' or '1'='1").list_sql
    assert "'x'' or ''1''=''1'" in sql


def test_what_was_due_is_in_time_late_or_left() -> None:
    assert due.due_of((95, 100), 80).counts(has_time=True) == (80, 15, 5)
    assert due.due_of((95, 100), None).counts(has_time=False) == (95, None, 5)
    assert due.due_of((95, 100), 80).total == due.due_of((95, 100), None).total == 100


def test_a_part_whose_rate_in_time_is_hidden_has_no_bar_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def part(code: str, num: int | None) -> field_slices.Part:
        row = {**share(0, 100).row, "num": num, "slice_code": code, "period_kind": "month"}
        return field_slices.Part(code, Figure(row, Words("en")), "unknown")

    parts = {"M10": [part("A", 95), part("B", 60), part("C", 40)], "M16": [part("A", 80), part("B", None)]}
    monkeypatch.setattr(field_slices, "parts_of", lambda board, place, figure, kind: parts[figure.id])
    looked: Any = SimpleNamespace(
        board=SimpleNamespace(words=Words("en"), as_of="as of"), place=None,
        figure=lambda item: SimpleNamespace(id=item, row={"period_kind": "month"}),
    )  # fmt: skip
    drawn = due.by_part(looked, "department", closed="M10", in_time="M16").figure
    assert drawn is not None
    assert [list(trace.x) for trace in drawn.data[:3]] == [[80, 0, 0], [15, 0, 0], [5, 40, 60]]

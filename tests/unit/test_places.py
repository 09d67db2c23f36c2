"""The ladder of places: each step, its dates, its borders, and what never matches."""

from __future__ import annotations

import datetime as dt
import time

import numpy as np
import polars as pl
import pytest

from pipelines.analytics.places import resolve_places, restate_places
from pipelines.core.errors import ConfigurationError

ALWAYS = (dt.date(1900, 1, 1), dt.date(9999, 12, 31))
DAY = dt.date(2025, 6, 1)


def square(x: float, y: float, size: float = 1.0) -> str:
    """WKT of a square with its lower left corner at (x, y)."""
    return f"POLYGON(({x} {y},{x + size} {y},{x + size} {y + size},{x} {y + size},{x} {y}))"


def grid(
    code: str, level: int, name: str, wkt: str | None = None, *, dates: tuple[dt.date, dt.date] = ALWAYS,
    version: str = "",
) -> dict[str, object]:  # fmt: skip
    return {
        "grid_version_id": version or f"v-{code}", "grid_code": code, "grid_level": level, "name_zh": name,
        "name_en": None, "parent_code": None, "geom_wkt": wkt, "valid_from": dates[0], "valid_to": dates[1],
    }  # fmt: skip


GRID_SCHEMA = {
    "grid_version_id": pl.String, "grid_code": pl.String, "grid_level": pl.Int32, "name_zh": pl.String,
    "name_en": pl.String, "parent_code": pl.String, "geom_wkt": pl.String, "valid_from": pl.Date, "valid_to": pl.Date,
}  # fmt: skip
EVENT_SCHEMA = {
    "event_id": pl.String, "on_date": pl.Date, "grid_code_sent": pl.String, "lon": pl.Float64, "lat": pl.Float64,
    "place_code": pl.String, "community_name": pl.String, "street_name": pl.String,
}  # fmt: skip

GRIDS = [
    grid("411603", 1, "甲区", square(110, 30, 10)),
    grid("411603101", 2, "东街道", square(110, 30)),
    grid("411603102", 2, "西街道", square(111, 30)),
    grid("411603101204", 3, "和平社区"),
    grid("411603102204", 3, "和平社区"),
    grid("411603102205", 3, "胜利社区"),
    grid("411603103", 2, "南街道", square(112, 30), dates=(dt.date(2000, 1, 1), dt.date(2024, 1, 1)), version="v-old"),
    grid("411603103", 2, "南新街道", square(112, 30), dates=(dt.date(2024, 1, 1), ALWAYS[1]), version="v-new"),
]


def place(grids: list[dict[str, object]] | None = None, **values: object) -> dict[str, object]:
    """The resolved place of one event with `values`."""
    event = {"event_id": "e", "on_date": DAY, **values}
    events = pl.DataFrame([event], schema=EVENT_SCHEMA)
    frame = pl.DataFrame(GRIDS if grids is None else grids, schema=GRID_SCHEMA)
    return resolve_places(events, frame).to_dicts()[0]


@pytest.mark.parametrize(
    ("values", "code", "method", "confidence"),
    [
        ({"grid_code_sent": "411603101"}, "411603101", "code", "high"),
        ({"grid_code_sent": " ４１１６０３１０１ "}, "411603101", "code", "high"),
        ({"lon": 110.5, "lat": 30.5}, "411603101", "polygon", "high"),
        ({"lon": 115.5, "lat": 35.5}, "411603", "polygon", "high"),
        ({"place_code": "411603102"}, "411603102", "place_code", "medium"),
        ({"community_name": "胜利社区"}, "411603102205", "name", "low"),
        ({"grid_code_sent": "胜利社区"}, "411603102205", "name", "low"),
        ({"community_name": "无此社区", "street_name": "西街道"}, "411603102", "name", "low"),
        ({}, "UNASSIGNED", "none", "none"),
        ({"grid_code_sent": ""}, "UNASSIGNED", "none", "none"),
    ],
)
def test_each_step_of_the_ladder_places_an_event(values, code, method, confidence):
    found = place(**values)
    assert (found["grid_code"], found["grid_resolution_method"], found["geo_conf"]) == (code, method, confidence)


def test_an_earlier_step_wins_over_a_later_one():
    everything = {"lon": 111.5, "lat": 30.5, "place_code": "411603", "community_name": "胜利社区"}
    assert place(grid_code_sent="411603101", **everything)["grid_code"] == "411603101"
    assert place(grid_code_sent="999999", **everything)["grid_code"] == "411603102"
    assert place(**{**everything, "lon": None})["grid_code"] == "411603"


def test_a_code_holds_only_between_its_dates():
    before, after = dt.date(2023, 12, 31), dt.date(2024, 1, 1)
    assert place(grid_code_sent="411603103", on_date=before)["grid_version_id"] == "v-old"
    assert place(grid_code_sent="411603103", on_date=after)["grid_version_id"] == "v-new"
    assert place(grid_code_sent="411603103", on_date=dt.date(1999, 12, 31))["grid_code"] == "UNASSIGNED"


def test_a_polygon_and_a_name_hold_only_between_their_dates():
    assert place(lon=112.5, lat=30.5, on_date=dt.date(2023, 1, 1))["grid_version_id"] == "v-old"
    assert place(lon=112.5, lat=30.5)["grid_version_id"] == "v-new"
    assert place(street_name="南街道", on_date=dt.date(2023, 1, 1))["grid_version_id"] == "v-old"
    assert place(street_name="南街道")["grid_code"] == "UNASSIGNED"


def test_an_event_without_a_day_meets_the_current_version():
    assert place(grid_code_sent="411603103", on_date=None)["grid_version_id"] == "v-new"


def test_a_point_on_a_border_falls_to_the_smallest_code_whatever_the_order():
    assert place(lon=111.0, lat=30.5)["grid_code"] == "411603101"
    assert place(GRIDS[::-1], lon=111.0, lat=30.5)["grid_code"] == "411603101"


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(0.0, 0.0), (0.0, 30.5), (110.5, 0.0), (30.5, 110.5), (float("nan"), 30.5), (float("inf"), 30.5), (110.5, None)],
)
def test_zero_swapped_and_broken_coordinates_match_nothing(lon, lat):
    around_zero = [*GRIDS, grid("1", 1, "零", square(-1, -1, 60))]
    assert place(around_zero, lon=lon, lat=lat)["grid_code"] == "UNASSIGNED"


def test_an_ambiguous_name_places_nothing():
    assert place(community_name="和平社区")["grid_code"] == "UNASSIGNED"
    assert place(community_name="和平社区", street_name="东街道")["grid_code"] == "411603101"


def test_another_spelling_of_a_number_is_another_code():
    numbered = [grid("30", 1, "South Lawndale")]
    assert place(numbered, grid_code_sent="30")["grid_code"] == "30"
    assert place(numbered, grid_code_sent="030")["grid_code"] == "UNASSIGNED"


def test_overlapping_versions_give_one_row_and_the_latest_start():
    overlapping = [
        grid("1", 1, "a", dates=(dt.date(2000, 1, 1), ALWAYS[1]), version="first"),
        grid("1", 1, "a", dates=(dt.date(2020, 1, 1), ALWAYS[1]), version="second"),
    ]
    assert place(overlapping, grid_code_sent="1")["grid_version_id"] == "second"
    assert place(overlapping[::-1], grid_code_sent="1")["grid_version_id"] == "second"


def test_order_and_number_of_events_are_kept():
    codes = ["411603102", None, "411603101", "411603102"]
    events = pl.DataFrame(
        [{"event_id": f"e{n}", "on_date": DAY, "grid_code_sent": code} for n, code in enumerate(codes)],
        schema=EVENT_SCHEMA,
    )
    found = resolve_places(events, pl.DataFrame(GRIDS, schema=GRID_SCHEMA))
    assert found.columns == [
        "event_id", "grid_code", "grid_version_id", "grid_level", "grid_resolution_method", "geo_conf", "is_outside",
    ]  # fmt: skip
    assert found["event_id"].to_list() == ["e0", "e1", "e2", "e3"]
    assert found["grid_code"].to_list() == ["411603102", "UNASSIGNED", "411603101", "411603102"]


def test_empty_frames_give_empty_frames():
    grids = pl.DataFrame(GRIDS, schema=GRID_SCHEMA)
    events = pl.DataFrame([{"event_id": "e", "on_date": DAY, "lon": 1.0, "lat": 1.0}], schema=EVENT_SCHEMA)
    assert resolve_places(events.clear(), grids).height == 0
    assert resolve_places(events, grids.clear())["grid_code"].to_list() == ["UNASSIGNED"]


def test_a_polygon_that_is_no_text_of_geometry_is_named():
    with pytest.raises(ConfigurationError, match="grid 7"):
        place([grid("7", 1, "x", "POLYGON((1 1, 2")], lon=1.0, lat=1.0)


def test_points_in_polygons_agree_with_ray_casting():
    """Random points in random convex and concave shapes against an even-odd rule written here."""
    random = np.random.default_rng(7)
    rings = []
    for centre in random.uniform(100, 104, (12, 2)):
        angles = np.sort(random.uniform(0, 2 * np.pi, 9))
        radii = random.uniform(0.2, 1.0, 9)
        rings.append(np.column_stack([centre[0] + radii * np.cos(angles), centre[1] - 70 + radii * np.sin(angles)]))
    shapes = [f"POLYGON(({','.join(f'{x} {y}' for x, y in [*ring, ring[0]])}))" for ring in rings]
    grids = pl.DataFrame([grid(f"{n:02}", 3, f"g{n}", wkt) for n, wkt in enumerate(shapes)], schema=GRID_SCHEMA)
    x, y = random.uniform(99, 105, 3000), random.uniform(29, 35, 3000)
    events = pl.DataFrame({"event_id": [str(n) for n in range(3000)], "on_date": [DAY] * 3000, "lon": x, "lat": y}).with_columns(
        pl.lit(None, pl.String).alias(c) for c in list(EVENT_SCHEMA)[2:] if c not in ("lon", "lat")
    )
    expected = ["UNASSIGNED"] * 3000
    for n in reversed(range(len(rings))):
        ax, ay = rings[n].T
        bx, by = np.roll(ax, -1), np.roll(ay, -1)
        crossed = ((ay > y[:, None]) != (by > y[:, None])) & (x[:, None] < (bx - ax) * (y[:, None] - ay) / (by - ay) + ax)
        for row in np.flatnonzero(crossed.sum(axis=1) % 2 == 1):
            expected[row] = f"{n:02}"
    assert resolve_places(events, grids)["grid_code"].to_list() == expected
    assert len(set(expected)) > 5


def test_a_million_events_take_seconds():
    random = np.random.default_rng(1)
    n = 1_000_000
    grids = pl.DataFrame(
        [grid(f"{x:03}{y:03}", 4, f"g{x}-{y}", square(110 + x / 65, 30 + y / 65, 1 / 65)) for x in range(65)
         for y in range(65)], schema=GRID_SCHEMA,
    )  # fmt: skip
    cells = random.integers(0, 65, (n, 2))
    events = pl.DataFrame({
        "event_id": np.arange(n), "on_date": np.full(n, np.datetime64("2025-06-01")),
        "lon": 110 + (cells[:, 0] + 0.5) / 65, "lat": 30 + (cells[:, 1] + random.uniform(0.1, 0.9, n)) / 65,
    }).with_columns(
        grid_code_sent=pl.when(pl.col("event_id") % 10 > 0).then(
            pl.Series([f"{x:03}{y:03}" for x, y in cells.tolist()])),
        place_code=pl.lit(None, pl.String), community_name=pl.lit(None, pl.String), street_name=pl.lit(None, pl.String),
    )  # fmt: skip
    began = time.process_time()
    found = resolve_places(events, grids)
    spent = time.process_time() - began
    assert found["grid_code"].to_list() == [f"{x:03}{y:03}" for x, y in cells.tolist()]
    assert found["grid_resolution_method"].value_counts().sort("count")["count"].to_list() == [n // 10, n - n // 10]
    assert spent < 10, f"{spent:.1f} CPU seconds"


# --- codes of another day, and today's map

ALIAS_SCHEMA = {
    "code_sent": pl.String, "grid_version_id": pl.String, "grid_code": pl.String, "grid_level": pl.Int32,
    "valid_from": pl.Date, "valid_to": pl.Date, "steps_n": pl.Int64,
}  # fmt: skip


def test_a_code_of_another_day_means_the_area_it_leads_to_and_the_fewest_changes_win() -> None:
    aliases = pl.DataFrame(
        [("411626", "v-411603", "411603", 1, *ALWAYS, 1), ("411626", "v-far", "411699", 1, *ALWAYS, 2)],
        schema=ALIAS_SCHEMA, orient="row",
    )  # fmt: skip
    events = pl.DataFrame(
        [{"event_id": "late", "on_date": DAY, "grid_code_sent": "411626", "lon": 110.5, "lat": 30.5},
         {"event_id": "place", "on_date": DAY, "place_code": "411626"},
         {"event_id": "held", "on_date": DAY, "grid_code_sent": "411603101"}], schema=EVENT_SCHEMA,
    )  # fmt: skip
    told = resolve_places(events, pl.DataFrame(GRIDS, schema=GRID_SCHEMA), aliases)
    assert told.select("grid_code", "grid_resolution_method").rows() == [
        ("411603", "other_code"), ("411603", "place_code"), ("411603101", "code"),
    ]  # fmt: skip


MOVES = pl.DataFrame(
    [("v-a", "b", 1.0, "code_change", None), ("v-s", "s1", 0.75, "weight", square(0.5, 0.5)), ("v-s", "s2", 0.25, "weight", square(1.5, 0.5))],
    schema=["grid_version_id", "to_code", "weight", "restated_by", "geom_wkt"], orient="row",
)  # fmt: skip


def restated(*events: tuple[str, str, float | None, float | None]) -> dict[str, tuple[str, str]]:
    """Where events (id, version, lon, lat) lie today and how we know."""
    places = pl.DataFrame(
        [(e, "old", v) for e, v, *_ in events], schema=["event_id", "grid_code", "grid_version_id"], orient="row"
    )
    points = pl.DataFrame(
        [(e, x, y) for e, _, x, y in events], schema={"event_id": pl.String, "lon": pl.Float64, "lat": pl.Float64}, orient="row"
    )
    told = restate_places(places, points, MOVES)
    assert told["event_id"].to_list() == [e for e, *_ in events]
    return {e: (code, by) for e, code, by in told.select("event_id", "restated_grid_code", "restated_by").iter_rows()}


def test_an_event_lies_today_where_its_point_is_or_where_its_whole_area_went() -> None:
    told = restated(("same", "v-x", 0.7, 0.7), ("one", "v-a", 0.7, 0.7), ("west", "v-s", 0.7, 0.7), ("east", "v-s", 1.7, 0.7))
    assert told == {
        "same": ("old", "same"), "one": ("b", "code_change"), "west": ("s1", "point"), "east": ("s2", "point"),
    }  # fmt: skip


def test_events_without_a_point_are_drawn_by_their_id_alone() -> None:
    many = [(f"e{n}", "v-s", None, None) for n in range(2000)]
    told = restated(*many)
    assert {by for _, by in told.values()} == {"weight"}
    # 1,500 expected, standard deviation 19.
    assert 1440 < sum(code == "s1" for code, _ in told.values()) < 1560
    assert restated(*many[::-7]) == {e: told[e] for e, *_ in many[::-7]}, "whatever other events there are, in whatever order"
    assert restated(("off", "v-s", 90.0, 45.0))["off"][1] == "weight", "a point outside every part tells nothing"

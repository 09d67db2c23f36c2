"""Points: what is converted to WGS-84 and what is not."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.cleaning import oddities


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_point_of_zeros_is_no_point_of_any_datum(datum: str) -> None:
    typed = pl.DataFrame({"lon": [0.0, 119.5, None], "lat": [0.0, 35.5, 35.5]})
    mended, marks, converted = oddities.points(typed, datum)
    assert mended.row(0) == (0.0, 0.0)
    assert mended.row(1) != (119.5, 35.5)
    assert mended.row(2) == (None, 35.5)
    assert [series.drop_nulls().to_list() for series in marks] == [["lon:zero_point"]]
    assert converted == {f"lon:{datum}": 1}

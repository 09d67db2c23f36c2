"""Points: what is converted to WGS-84 and what is not."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.cleaning import oddities
from pipelines.core.contracts import load_contract
from pipelines.core.personal_shapes import holds_personal


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_point_of_zeros_is_no_point_of_any_datum(datum: str) -> None:
    typed = pl.DataFrame({"lon": [0.0, 119.5, None], "lat": [0.0, 35.5, 35.5]})
    mended, marks, converted = oddities.points(typed, datum)
    assert mended.row(0) == (0.0, 0.0)
    assert mended.row(1) != (119.5, 35.5)
    assert mended.row(2) == (None, 35.5)
    assert [series.drop_nulls().to_list() for series in marks] == [["lon:zero_point"]]
    assert converted == {f"lon:{datum}": 1}


def test_free_text_is_searched_for_every_shape_of_personal_data() -> None:
    """What is counted in free text is what is hidden elsewhere: one list of shapes, read by Python and by Polars."""
    column = next(c for c in load_contract("urban_case").columns if c.is_free_text)
    texts = ["电话138" + "12345678", "证" + "110101" + "650307793" + "号", "a.b@c.cn", "call 617-" + "555-0134", "车牌京A" + "12345",
             "990101001001001", "路灯不亮", "", "2026-06-01 08:05"]  # fmt: skip
    seen = oddities.personal(load_contract("urban_case"), pl.DataFrame({column.name: texts}))
    told = [text for text in texts if holds_personal(text, names=False)]
    assert told == texts[:5]
    assert seen == {f"{column.name}:personal": len(told)}

"""What is typed into the box of the head becomes a part of the address, whatever it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboards.kit.filters import View, from_params, to_params
from dashboards.kit.search import typed


@given(st.text(max_size=400))
def test_whatever_is_typed_survives_the_address(text: str) -> None:
    view = View(find=typed(text))
    assert from_params(to_params(view)) == view


def test_blanks_and_markup_are_left_out() -> None:
    assert typed("  Yunpu   District\n") == "Yunpu District"
    assert typed("<img src='x'>") == "img src=x"

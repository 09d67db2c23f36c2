"""Addresses of boards, and what is none."""

from __future__ import annotations

import pytest

from dashboards.kit.menu import strange_path


@pytest.mark.parametrize(
    ("url", "base", "strange"),
    [
        (None, "", ""),
        ("http://city:8501/", "", ""),
        ("http://city:8501/trends?lang=zh", "", ""),
        ("http://city:8501/overview", "", ""),
        ("https://city/brain/", "brain", ""),
        ("https://city/brain/courts?area=1", "/brain/", ""),
        ("https://city/brain/court", "brain", "court"),
        ("http://city:8501/%E8%B6%8B%E5%8A%BF", "", "趋势"),
    ],
)
def test_an_address_that_names_no_board_is_told(url: str | None, base: str, strange: str) -> None:
    assert strange_path(url, base) == strange

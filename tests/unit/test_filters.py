"""A view and its address are the same thing, and no address breaks a board."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.kit.filters import PARAMETERS, View, from_params, link, to_params

CODES = st.one_of(st.just(""), st.from_regex(r"[A-Za-z0-9_.\-]{1,64}", fullmatch=True), st.just("未知网格_1"))
MONTHS = st.builds(lambda y, m: f"{y:04d}-{m:02d}", st.integers(1990, 2100), st.integers(1, 12))
VIEWS = st.builds(
    View,
    language=st.sampled_from(["zh", "en"]),
    area=CODES,
    period=st.one_of(st.just("ytd"), MONTHS),
    kind=CODES,
    build=CODES,
    figure=CODES,
    cut=CODES,
    case=CODES,
    feed=CODES,
    rule=CODES,
    ticket=CODES,
    unit=CODES,
    span=CODES,
    against=CODES,
    basis=CODES,
    one=CODES,
    other=CODES,
    network=CODES,
    page=st.integers(1, 999_999),
    named=st.one_of(
        st.just(""),
        st.sampled_from(
            ["M16/990100/ytd", "M16~category=3101/未知网格_1/2026-06/as_was@20260630_91c5567847", "V01/云湾市/festival-a..b"]
        ),
    ),
    earlier=CODES,
    printed=st.one_of(st.just(""), st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", fullmatch=True)),
    printed_of=st.one_of(st.just(""), st.integers(1, 10**12 - 1).map(str)),
    claim=st.sampled_from(["", "<", "<=", ">", ">=", "~"]),
    find=st.sampled_from(["", "云浦", "city management", "M16/990100/ytd", "50% & more=?#"]),
)
ANYTHING = st.dictionaries(st.sampled_from(sorted(PARAMETERS.values())), st.text(max_size=70))


@given(VIEWS)
def test_a_view_survives_its_address(view: View) -> None:
    assert from_params(to_params(view)) == view


@given(VIEWS)
def test_a_view_survives_a_link(view: View) -> None:
    assert from_params(dict(parse_qsl(link(view).removeprefix("?")))) == view


@given(ANYTHING)
def test_any_address_gives_a_view_that_survives(params: dict[str, str]) -> None:
    view = from_params(params)
    assert from_params(to_params(view)) == view


@pytest.mark.parametrize(
    "params",
    [
        {"period": "2026-13"},
        {"period": "0000-01"},
        {"page": "0"},
        {"page": "-3"},
        {"page": "²"},
        {"area": "x' or 1=1 --"},
        {"lang": "fr"},
        {"id": "M16"},
        {"id": "M16/<b>/ytd"},
        {"value": "72,5"},
        {"value": "1e5"},
        {"of": "0"},
        {"claim": "= 1"},
    ],
)
def test_nonsense_is_left_out(params: dict[str, str]) -> None:
    assert from_params(params) == View()


def test_the_city_decides_the_language_where_the_address_does_not() -> None:
    assert from_params({}, language="en").language == "en"
    assert from_params({"lang": "zh"}, language="en").language == "zh"


def test_every_part_of_a_view_has_a_parameter_of_its_own() -> None:
    assert set(PARAMETERS) == set(View.__dataclass_fields__)
    assert len(set(PARAMETERS.values())) == len(PARAMETERS)

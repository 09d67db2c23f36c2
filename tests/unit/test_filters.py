"""A view and its address are the same thing, and no address breaks a board."""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import streamlit
from hypothesis import example, given
from hypothesis import strategies as st

import dashboards.boards
from dashboards.kit import periods
from dashboards.kit.filters import PARAMETERS, View, choose, from_params, link, to_params
from dashboards.kit.named import figure_id
from dashboards.kit.owed import owe
from dashboards.kit.spans import UNITS, span_of
from dashboards.kit.words import Words
from pipelines.core.errors import UsageError
from pipelines.tracing.naming import window_of

CODES = st.one_of(st.just(""), st.from_regex(r"[A-Za-z0-9_.\-]{1,64}", fullmatch=True), st.just("未知网格_1"))
MONTHS = st.builds(lambda y, m: f"{y:04d}-{m:02d}", st.integers(1990, 2100), st.integers(1, 12))
#: What each part of a view may be.
PARTS = {
    "language": st.sampled_from(["zh", "en"]),
    "area": CODES,
    "period": st.one_of(st.just("ytd"), MONTHS),
    "kind": CODES,
    "build": CODES,
    "figure": CODES,
    "cut": CODES,
    "case": CODES,
    "feed": CODES,
    "rule": CODES,
    "ticket": CODES,
    "unit": CODES,
    "span": CODES,
    "against": CODES,
    "basis": CODES,
    "one": CODES,
    "other": CODES,
    "network": CODES,
    "page": st.integers(1, 999_999),
    "named": st.one_of(
        st.just(""),
        st.sampled_from(
            ["M16/990100/ytd", "M16~category=3101/未知网格_1/2026-06/as_was@20260630_91c5567847", "V01/云湾市/festival-a..b"]
        ),
    ),
    "earlier": CODES,
    "printed": st.one_of(st.just(""), st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", fullmatch=True)),
    "printed_of": st.one_of(st.just(""), st.integers(1, 10**12 - 1).map(str)),
    "claim": st.sampled_from(["", "<", "<=", ">", ">=", "~"]),
    "find": st.sampled_from(["", "云浦", "city management", "M16/990100/ytd", "50% & more=?#"]),
}
VIEWS = st.builds(View, **PARTS)
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


YEARS = st.one_of(
    st.sampled_from(["0000", "0001", "0002", "1582", "1948", "1949", "2026", "2100", "9999"]),
    st.integers(0, 9999).map("{:04d}".format),
)
NUMBERS = st.one_of(st.integers(0, 60).map("{:02d}".format), st.integers(0, 9).map(str))
#: Periods of a right shape and any years, and what only looks like one.
PERIODS = st.one_of(
    YEARS,
    st.builds("{}-{}{}".format, YEARS, st.sampled_from(["", "W", "Q", "H"]), NUMBERS),
    st.builds("{}-{}-{}-{}".format, st.sampled_from(["28d", "ytd", "mtd", "qtd", "htd", "cumulative", "as_of"]), YEARS, NUMBERS, NUMBERS),
    st.builds("festival-{0}-{1}-01..{0}-{1}-{2}".format, YEARS, NUMBERS, NUMBERS),
    st.builds("{}-{}-{}".format, YEARS, NUMBERS, NUMBERS),
    st.text(max_size=12),
)  # fmt: skip
MOMENTS = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2060, 12, 31))


@given(PERIODS, PERIODS, MOMENTS)
@example("0001-01", "9999-W52", dt.datetime(2026, 6, 30, 23, 59, 59))
@example("0002-02", "28d-0001-01-01", dt.datetime(2026, 6, 30, 23, 59, 59))
def test_no_period_in_an_address_is_an_error(period: str, other: str, as_of: dt.datetime) -> None:
    """All that is reckoned from it: the days looked at, a year before, spans, the period of a figure's name."""
    view = from_params({"period": period, "span": other, "against": period, "id": f"M16/990100/{other}"})
    looked = periods.period_of(view, as_of)
    assert looked.days[0] <= looked.days[1]
    assert looked.earlier_days[1] < looked.days[1]
    assert looked.params["first"] < looked.month
    for text in (period, other):
        for unit in UNITS:
            if (span := span_of(text, unit)) is not None:
                assert span.year_before.start <= span.earlier(1).start < span.start <= span.end
                assert span.written(Words("zh"))
        try:
            window = window_of(text, as_of=as_of.date(), earliest=dt.date(2000, 1, 1))
        except UsageError:
            continue  # told with what was meant: test_tracing
        assert window.first <= window.last
        named = {"metric_id": "M16", "period_kind": window.kind, "period_start": window.first, "period_end": window.last}
        assert window_of(str(window), as_of=as_of.date(), earliest=window.first) == window
        assert figure_id(named).year_before.last < window.last


@pytest.mark.parametrize(
    "params",
    [
        {"period": "2026-13"},
        {"period": "0000-01"},
        {"period": "0001-01"},
        {"period": "0002-02"},
        {"period": "9999-12"},
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


def test_the_property_goes_through_every_part_of_a_view() -> None:
    assert set(PARTS) == set(View.__dataclass_fields__)


@pytest.mark.parametrize("part", sorted(PARTS))
def test_each_part_alone_survives_its_address(part: str) -> None:
    """Every part has a value of its own that the address carries: none is left out or taken for another."""
    shaped = {"language": "en", "period": "2026-05", "page": 7, "named": "M16/990100/ytd", "printed": "72.5", "printed_of": "40",
              "claim": ">=", "find": "50% & more=?#"}  # fmt: skip
    view = View().but(**{part: shaped.get(part, f"{part}_1")})
    assert set(to_params(view)) == {PARAMETERS["language"], PARAMETERS[part]}
    assert from_params(to_params(view)) == view


def test_no_board_remembers_a_filter_beside_its_address() -> None:
    """What a board keeps of a session is the answer to a form: that a typed number was none, what came of an upload."""
    boards = Path(dashboards.boards.__file__).parent
    keeping = {path.name for path in boards.glob("*.py") if "session_state" in path.read_text(encoding="utf-8")}
    assert keeping == {"can_be_true.py", "returned_acts.py"}


@pytest.mark.parametrize(
    ("sent", "area"), [("990101", "990101"), ("[990102]", "990102"), ("words of an option that is gone", None)]
)
def test_a_box_writes_the_values_that_it_offers_and_no_others(
    monkeypatch: pytest.MonkeyPatch, sent: str, area: str | None
) -> None:
    """Streamlit hands on what the browser sent as it came where no option is written so."""
    written, again = chosen(monkeypatch, View("zh"), sent)
    assert written.get("area") == area
    assert again == (area is not None)


def chosen(monkeypatch: pytest.MonkeyPatch, view: View, sent: str, boxes: list[dict[str, Any]] | None = None) -> tuple[Any, bool]:
    """What a box of areas writes into the address where the browser sent `sent`, and whether the page is made anew."""
    written, again = dict[str, str](), list[bool]()
    monkeypatch.setattr(streamlit, "container", lambda **_: nullcontext())
    monkeypatch.setattr(streamlit, "selectbox", lambda *_, **more: (boxes.append(more) if boxes is not None else None) or sent)
    monkeypatch.setattr(streamlit, "rerun", lambda: again.append(True))
    monkeypatch.setattr(type(streamlit.query_params), "from_dict", lambda _, params: written.update(params))
    choose("area", ["", "990101", "990102"], view, "area", written="[{}]".format)
    return written, bool(again)


def test_what_a_page_still_shows_is_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The box of each value has an id of its own: what is sent late is sent to a box that is not there any more."""
    boxes: list[dict[str, Any]] = []
    assert chosen(monkeypatch, View("zh", area="990101"), "990101", boxes) == ({}, False)
    assert chosen(monkeypatch, View("zh", area="990102"), "990102", boxes) == ({}, False)
    assert [box["index"] for box in boxes] == [1, 2]
    assert len({box["key"] for box in boxes}) == len(boxes)
    # What a call does is lost with the run that is ended in it: it may note that a page is owed, and no more.
    assert {box["on_change"] for box in boxes} == {owe}

"""Violent crime: numbers of each kind for the whole city by months and longer, and no single case, for every reader."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from dashboards.kit import unopened
from dashboards.kit.access import Reader
from dashboards.kit.data import Source, open_source
from dashboards.kit.filters import View
from dashboards.kit.words import Words
from pipelines.core.warehouse import open_published
from pipelines.trace import case_query, metric_of
from tests.integration.opened_pages import EARLIER, said_by, with_earlier

DAY, OF_CASES = dt.date(2026, 6, 30), {"1001", "1002", "1003", "1004"}
ANALYST = Reader(role="analyst")


@pytest.fixture(params=[Reader(), Reader(role="leader"), Reader(areas=("990102",))], ids=["all", "leader", "district"])
def source(request: pytest.FixtureRequest, tiny_home: Path) -> Source:
    return open_source(tiny_home, request.param)


@pytest.fixture(scope="module")
def home(tiny_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_earlier(tiny_home, tmp_path_factory.mktemp("unopened"))


@pytest.fixture(scope="module")
def cases(home: Path) -> dict[str, str]:
    """Number to id of every single case of these kinds."""
    with open_published(home) as build:
        return dict(build.rows(
            "select source_case_no, event_id from marts.fct_event where category_code in (select unnest(?)) order by 1",
            [sorted(OF_CASES)],
        ))  # fmt: skip


def test_they_are_what_the_figure_of_violent_crime_counts() -> None:
    """With one of its kinds told of an area, the others would be the figure less that."""
    assert unopened.categories(DAY) == tuple(sorted(OF_CASES))
    assert metric_of("V03").filter.endswith(f"category_code in ({', '.join(repr(code) for code in sorted(OF_CASES))})")


def test_their_figures_are_the_citys_by_months_and_longer(source: Source) -> None:
    rows = source.ask_sql(
        "select distinct grid_code, period_kind, slice_code from marts.v_metric_display where slice_kind = 'category' "
        "and slice_code in (select unnest($codes)) order by all", codes=tuple(sorted(OF_CASES)),
    ).rows()  # fmt: skip
    assert {area for area, _, _ in rows} <= {"990100"}
    assert {kind for _, kind, _ in rows} <= set(unopened.MONTHS_AND_LONGER)
    assert {code for _, _, code in rows} == (set() if source.reader.areas else {"1001", "1002", "1003"}), "the city's are there"
    below = source.ask_sql("select count(*) as n from marts.v_metric_display where metric_id = 'V03' and grid_code = '990102'")
    assert below.item() > 0, "their sum is told of an area"


def test_what_is_not_opened_is_counted_and_not_listed(tiny_home: Path) -> None:
    source = open_source(tiny_home, Reader())
    where: dict[str, Any] = {"area": "990100", "root": "990100", "first": dt.date(2025, 1, 1), "last": dt.date(2025, 12, 31)}
    everything = source.ask_sql(case_query("M02", "year").list_sql, **where, most=5_000, skip=0)["category_code"]
    violent_n = sum(code in OF_CASES for code in everything)
    query = case_query("M02", "year", without=unopened.categories(source.as_of.date()))
    counted = source.ask_sql(query.count_sql, **where).row(0, named=True)
    listed = source.ask_sql(query.list_sql, **where, most=5_000, skip=0)["category_code"]
    assert counted["cases_n"] == len(everything)
    assert counted["unlisted_n"] == violent_n > 0
    assert sorted(listed) == sorted(code for code in everything if code not in OF_CASES)


# ---- figures and cases by a crafted address ----------------------------------------------------------------------------

#: Of a part of the city by code and by name, and of the city by less than a month; each has cases in the small city.
CUTS = (
    "V01~category=1002/990102/2025-H2", "V01~category=1002/云浦区/2025-H2",
    "V01~category=1002/990102001/2025-10", "M02~category=1003/990190/2025-Q3", "V01~category=1001/UNASSIGNED/2025",
    "V01~category=1002/990100/28d-2025-08-03", "V01~category=1003/云湾市/28d-2025-08-31", "V01~category=1001/990100/2025-10-08",
    "V01~category=1002/990100/mtd", "V01~category=1002/990102/ytd/restated",
)  # fmt: skip
OF_THE_CITY = ("V01~category=1002/990100/2025-H2", "V01~category=1002/云湾市/2025-10", "V01~category=1001/990100/2025")
BOARDS = ("explain", "can_be_true", "why_changed")


def is_refused(text: str) -> bool:
    return Words("zh")("named.unopened") in text


def opened(home: Path, board: str, figure: str, **more: str) -> str:
    given = {"from": EARLIER} if board == "why_changed" else {"value": "7"} if board == "can_be_true" else {}
    return said_by(home, board, {"id": figure, **given, **more}, ANALYST)


@pytest.mark.parametrize(
    ("figure", "board"),
    [*((figure, "explain") for figure in CUTS), *((figure, board) for figure in CUTS[:2] for board in BOARDS[1:])],
)
def test_a_figure_below_the_city_or_a_month_is_refused(home: Path, cases: dict[str, str], figure: str, board: str) -> None:
    text = opened(home, board, figure)
    assert is_refused(text)
    assert not [number for number in cases if number in text]


@pytest.mark.parametrize("figure", OF_THE_CITY)
def test_the_citys_by_months_are_told_and_two_builds_not_compared(home: Path, cases: dict[str, str], figure: str) -> None:
    for board in BOARDS:
        text = opened(home, board, figure)
        assert is_refused(text) == (board == "why_changed"), board
        assert not [number for number in cases if number in text]


@pytest.mark.parametrize("board", ["explain", "can_be_true"])
def test_a_kept_build_that_is_asked_for_tells_no_more(home: Path, board: str) -> None:
    assert is_refused(opened(home, board, f"{CUTS[0]}/as_was@{EARLIER}"))
    assert not is_refused(opened(home, board, f"{OF_THE_CITY[0]}/as_was@{EARLIER}"))


def test_what_is_pasted_into_the_search_leads_to_the_same_answer(home: Path) -> None:
    text = said_by(home, "overview", {"find": CUTS[0]}, ANALYST)
    assert "/explain?" in text.replace("\\", ""), "it is offered, whatever it is of"
    view = View("zh", named=CUTS[0])
    assert is_refused(opened(home, "explain", view.named))


def test_a_number_that_is_looked_for_finds_no_case_that_is_not_opened(home: Path, cases: dict[str, str]) -> None:
    with open_published(home) as build:
        (known,) = build.rows(
            "select source_case_no, event_id from marts.fct_event where event_kind = 'police_incident' and source_case_no is not null "
            "and category_code not in (select unnest(?)) order by 1 limit 1", [sorted(OF_CASES)],
        )  # fmt: skip
    nowhere = "NO-SUCH-NUMBER"
    told = [
        said_by(home, "overview", {"find": number}, ANALYST).replace(number, nowhere) for number in (*list(cases)[:2], nowhere)
    ]
    assert len(set(told)) == 1
    assert Words("zh")("search.nothing_cases", text=nowhere) in told[0]
    assert f"case={known[1]}" in said_by(home, "overview", {"find": known[0].lower()}, ANALYST)


def test_a_case_that_is_not_opened_is_answered_as_one_that_is_not_there(home: Path, cases: dict[str, str]) -> None:
    """Whoever knows how ids are made can work out one: a different answer would say that there is such a case."""
    for board, more in (("overview", {}), ("public_safety", {}), ("explain", {"id": "V03/990100/2025"})):
        nowhere = "0" * 32
        gone = Words("zh")("case.gone", event=nowhere)
        answers = {
            said_by(home, board, {"case": event, **more}, ANALYST).replace(event, nowhere)
            for event in (*list(cases.values())[:2], nowhere)
        }
        assert len(answers) == 1, board
        assert gone in answers.pop()

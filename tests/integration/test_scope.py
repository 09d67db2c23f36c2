"""A reader bounded to a district is told nothing of another one, whatever she asks: by a query, by the name of a figure, in a page.

To her an area outside her scope is an area that does not exist: every query must answer alike for both. The names, numbers and
cases of the other district are collected without the boards' code and looked for in all that a page says and that it gives
to take along.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dashboards.kit import downloads, paper
from dashboards.kit.access import QUERIES, Reader, parameters_of, query_text
from dashboards.kit.data import Source, open_source
from dashboards.kit.menu import MENU
from pipelines.core.errors import UsageError
from pipelines.core.warehouse import open_published
from pipelines.reports.explain import changed, compared, explain
from pipelines.trace import cases_of
from tests.integration.opened_pages import EARLIER, said_by, with_earlier

OWN, OTHER, NOWHERE = "990190", "990102", "990999"
READER = Reader(role="analyst", areas=(OWN,))
#: Queries about an area, a case or names: an unbounded reader is answered otherwise about OTHER than about NOWHERE.
TELLING = frozenset((
    "area", "areas__figure", "areas__two", "briefing__overdue", "briefing__weeks", "case", "case__places", "case__versions",
    "children", "departments__cases", "departments__figures", "disputes__links", "field__figures", "field__slices",
    "field__trends", "front__overdue", "overview__areas", "overview__figures", "overview__trends", "risk__areas",
    "risk__open", "search__places", "trends__days", "trends__series",
))  # fmt: skip


@dataclass(frozen=True)
class Foreign:
    """What the other district has and the reader's has not."""

    case: str
    case_no: str
    words: frozenset[str]


@pytest.fixture(scope="module")
def home(tiny_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_earlier(tiny_home, tmp_path_factory.mktemp("scope"))


@pytest.fixture(scope="module")
def foreign(home: Path) -> Foreign:
    """Names of areas, numbers and ids of cases, and the count of all matters of the year, there and in the whole city."""
    inside = f"'{OTHER}' in (path_0, path_1, path_2, path_3, path_4, path_5)"
    with open_published(home) as build:
        names = build.rows(
            f"select unnest([name_zh, name_en]) from marts.dim_grid where {inside} except "
            f"select unnest([name_zh, name_en]) from marts.dim_grid where not ({inside})"
        )  # fmt: skip
        cases = build.rows(
            f"select event_id, source_case_no from marts.fct_event join marts.dim_grid using (grid_version_id) where {inside} "
            "and source_case_no not in (select source_case_no from marts.fct_event join marts.dim_grid using (grid_version_id) "
            f"where not ({inside}) and source_case_no is not null) order by 1"
        )  # fmt: skip
        counts = build.rows(
            "select num from marts.fct_metric_value where metric_id = 'V01' and period_kind = 'year_to_date' and slice_kind = 'all' "
            f"and grid_code in ('{OTHER}', (select root_code from marts.build_info)) and num > 999"
        )  # fmt: skip
    assert len(names) > 20
    assert counts
    numbers = {f"{count:,}" for (count,) in counts}
    case, case_no = cases[0]
    return Foreign(case, case_no, frozenset({*(n for (n,) in names if n), *(name for both in cases for name in both), *numbers}))


# ---- queries ---------------------------------------------------------------------------------------------------------


def values_of(source: Source, area: str, event: str, text: str) -> dict[str, Any]:
    """A value for every parameter there is."""
    today, month = source.as_of.date(), source.as_of.date().replace(day=1)
    year = month.replace(month=1)
    days = {"earlier_end": today, "earlier_first": year, "earlier_last": today, "first": year, "first_day": year, "last": today,
            "last_day": today, "month": month, "month_end": today, "period_end": today, "period_start": year, "today": today,
            "week": today - dt.timedelta(days=today.weekday() + 7)}  # fmt: skip
    return {
        **days, "area": area, "root": "990100", "basis": "as_was", "code": area, "codes": (area,), "department": "P00", "event": event,
        "finest": 3, "is_year_to_date": True, "items": ("V01/all/all", "M16/all/all"), "kind": "", "kinds": ("police_incident",),
        "least": 1, "level": 1, "metric": "V01", "metrics": ("V01", "M16"), "most": 50, "one": area, "other": area,
        "period_kind": "year_to_date", "slice_kind": "all", "slice_code": "all", "text": text, "unit": "month", "within": area,
    }  # fmt: skip


def answers(source: Source, query: str, area: str, event: str, text: str) -> Any:
    return source.ask(query, **values_of(source, area, event, text))


#: Departments have no area: to who is bounded by areas alone their names are the city's directory, their figures and cases
#: are bounded as all others.
DIRECTORY = frozenset({"search__departments"})
ASKING = sorted({path.stem for path in QUERIES.glob("*.sql") if parameters_of(query_text(path.stem))} - DIRECTORY)


@pytest.mark.parametrize("query", ASKING)
def test_an_area_outside_is_an_area_that_is_not_there(home: Path, foreign: Foreign, query: str) -> None:
    source = open_source(home, READER)
    there = answers(source, query, OTHER, foreign.case, "云浦区")
    nowhere = answers(source, query, NOWHERE, "no-such-case", "no-such-place")
    assert_frame_equal(there, nowhere)
    if query in TELLING:
        everyone = open_source(home, Reader())
        told = answers(everyone, query, OTHER, foreign.case, "云浦区")
        assert not told.equals(answers(everyone, query, NOWHERE, "no-such-case", "no-such-place")), "the test would see nothing"


def test_the_whole_city_tells_her_of_her_own_alone(home: Path, foreign: Foreign) -> None:
    source = open_source(home, READER)
    for query in sorted(path.stem for path in QUERIES.glob("*.sql")):
        frame = answers(source, query, "990100", foreign.case, "社区")
        texts = {value for column in frame.iter_columns() for value in column.to_list() if isinstance(value, str)}
        assert not texts & foreign.words, query
        assert not {text for text in texts if text.startswith(OTHER)}, query


@pytest.mark.parametrize("own", ["P990102", "X10"])
def test_who_is_bounded_to_a_department_is_told_no_other_ones_name(home: Path, own: str) -> None:
    """By no query: nor by a part of the name, by its code, or as the name of what a case or a figure says."""
    with open_published(home) as build:
        names = dict(build.rows("select dept_id, name_zh from marts.dim_department where is_current"))
        below = {code for (code,) in build.rows("select dept_id from marts.dim_department where parent_dept_id = ?", [own])}
    assert below
    source = open_source(home, Reader(role="leader", departments=(own,)))
    others = {name for code, name in names.items() if code not in {own, *below}}
    assert len(others) > 20
    for query in sorted(path.stem for path in QUERIES.glob("*.sql")):
        frame = answers(source, query, "990100", "no-such-case", "云湾市")
        texts = {value for column in frame.iter_columns() for value in column.to_list() if isinstance(value, str)}
        assert not texts & others, query
    assert source.ask("search__departments", text=names[own], most=50)["dept_id"].to_list() == [own]
    assert not source.ask("search__departments", text="U01", most=50).height
    assert dict(source.ask("field__names").filter(pl.col("slice_kind") == "department").select("code", "name_zh").rows()) == {
        code: names[code] for code in {own, *below}
    }


# ---- figures by their names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("area", [OTHER, "云浦区", "990102001", "990100", "UNASSIGNED"])
def test_a_figure_outside_is_not_found(home: Path, foreign: Foreign, area: str) -> None:
    source = open_source(home, READER)
    earlier = json.dumps(json.loads((home / "published" / f"{EARLIER}.json").read_text(encoding="utf-8")), sort_keys=True)
    name = f"V01/{area}/2026-06@{source.build_id}"
    asked: list[tuple[Any, tuple[str, ...], str]] = [
        (explain, (name,), ""),
        (compared, (name, "12"), ""),
        (changed, (name,), earlier),
    ]
    for work, given, before in asked:
        with pytest.raises(UsageError) as refused:
            source.made(work, *given, language="zh", earlier=before)
        told = f"{refused.value}".replace(area, "")
        assert not [word for word in foreign.words if word in told]


def test_her_own_figure_is_found_with_her_own_cases(home: Path) -> None:
    source = open_source(home, READER)
    found = source.made(explain, f"V01/{OWN}/2026-06", language="zh")
    assert found.trace.agrees
    rows = source.ask_sql(cases_of(found.trace.figure).list_sql, most=5_000, skip=0)
    assert rows.height == found.trace.num
    assert all(code.startswith(OWN) for code in rows["grid_code"])


# ---- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each page gave to take along, as plain data."""
    found: list[str] = []

    def made(board: Any, pieces: list[str], make: Any) -> Any:
        report = paper.report_of(board, pieces)
        found.append(repr(report))
        return lambda: b""

    monkeypatch.setattr(downloads, "_made", made)
    return found


CRAFTED = {
    "a figure": ("explain", {"id": f"V01/{OTHER}/2026-06"}),
    "a figure of the city": ("explain", {"id": "V01/990100/ytd"}),
    "a figure by name": ("explain", {"id": "V01/云浦区/2026-06"}),
    "a case beside her own figure": ("explain", {"id": f"V01/{OWN}/2026-06", "case": "$case"}),
    "a number": ("can_be_true", {"id": f"M16/{OTHER}/2026-06", "value": "90"}),
    "a change": ("why_changed", {"id": f"V01/{OTHER}/2026-06", "from": EARLIER}),
    "a case": ("overview", {"case": "$case"}),
    "a kept build": ("overview", {"area": OTHER, "build": EARLIER}),
    "one of two areas": ("areas", {"one": OWN, "other": OTHER}),
    "a place searched for": ("overview", {"find": "云浦"}),
    "a case searched for": ("overview", {"find": "$no"}),
}


def check(home: Path, foreign: Foreign, taken: list[str], name: str, params: dict[str, str]) -> None:
    params = {key: value.replace("$case", foreign.case).replace("$no", foreign.case_no) for key, value in params.items()}
    text = said_by(home, name, params, READER)
    for asked in params.values():  # what she typed may be said back to her
        text = text.replace(asked, "")
    for told in (text, *taken):
        assert not [word for word in sorted(foreign.words) if word in told and word not in str(params)], name


@pytest.mark.parametrize("crafted", CRAFTED)
def test_a_crafted_address_shows_nothing_of_another_district(
    home: Path, foreign: Foreign, taken: list[str], crafted: str
) -> None:  # fmt: skip
    name, params = CRAFTED[crafted]
    check(home, foreign, taken, name, params)


def test_who_is_not_bounded_is_shown_it(home: Path, foreign: Foreign, taken: list[str]) -> None:
    """What is looked for is what these pages show: else the tests around would see nothing."""
    for params, least in (({"area": OTHER}, 2), ({"case": foreign.case}, 3)):
        text = said_by(home, "overview", params, Reader(role="analyst"))
        assert sum(word in text for word in foreign.words) >= least
    assert any(word in told for told in taken for word in foreign.words)
    assert f"case={foreign.case}" in said_by(home, "overview", {"find": foreign.case_no}, Reader(role="analyst"))


@pytest.mark.proof
@pytest.mark.parametrize("params", [{}, {"area": OTHER}, {"area": "990100"}], ids=["her own", "another's", "the city's"])
@pytest.mark.parametrize("name", [name for name in MENU if name != "returned"])
def test_no_board_shows_anything_of_another_district(
    home: Path, foreign: Foreign, taken: list[str], name: str, params: dict[str, str]
) -> None:  # fmt: skip
    """`make prove-readers`. Returned rows have no area yet: a scope of areas has none of them (test_returned)."""
    check(home, foreign, taken, name, params)

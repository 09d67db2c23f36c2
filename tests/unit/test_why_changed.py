"""Why did it change?: a late file, a retracted file and a recoded code between two builds are three steps that add up."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dashboards.boards import why_changed
from dashboards.kit import unopened
from dashboards.kit.access import Reader
from dashboards.kit.filters import View
from dashboards.kit.named import reading_of
from dashboards.kit.words import LANGUAGES, Language, Words
from pipelines.core.warehouse import PublishedBuild
from pipelines.trace import Difference, difference
from tests.unit.test_tracing import ASKED, CLOSED, NEW, OLD, Build, pair

__all__ = ["pair"]  # the fixture

ASKED_OF = replace(ASKED, slice_kind="category", slice_code="3101")
LATE = {"reported_at": dt.datetime(2026, 6, 2), "source_file": "f3", **CLOSED}


def disturbed() -> tuple[Build, Build]:
    """Cases of one class: one closed, one open, one of a file that is taken back, one whose code is another's, one told late."""
    before = Build(OLD, one=CLOSED, two={}, three={**CLOSED, "source_file": "f2"}, four=CLOSED)
    after = Build(
        NEW, one=CLOSED, two={}, four={**CLOSED, "category_code": "3999", "category_domain": "C39"}, five=LATE, six=LATE
    )
    after.files = {"f1": "loaded", "f2": "retracted", "f3": "loaded"}
    before.figures, after.figures = {"M16|3101|37": (3, 4, None)}, {"M16|3101|37": (3, 4, None)}
    return before, after


def found_in(made: PublishedBuild) -> Difference:
    for schema in ("before", "marts"):  # a figure is shown as the build rounds it
        made.connection.execute(f"create or replace view {schema}.v_metric_display as select * replace "
            f"(cast(round(100.0 * num / den, 2) as varchar) as value_text) from {schema}.v_metric_display_was")  # fmt: skip
    return difference(made, ASKED_OF)


def board(language: Language, reader: Reader = Reader()) -> Any:  # noqa: B008 - frozen
    source = SimpleNamespace(reader=reader, build_id="b_marts", as_of=NEW)
    return cast(
        "Any", SimpleNamespace(source=source, view=View(language), words=Words(language), as_of="as of", path="why_changed")
    )


@pytest.fixture
def found(pair: Any) -> Difference:
    made = pair(*disturbed())
    for schema in ("before", "marts"):
        made.connection.execute(f"alter view {schema}.v_metric_display rename to v_metric_display_was")
    return found_in(made)


def test_each_is_a_step_and_they_add_up(found: Difference) -> None:
    assert {step.id: (step.num, step.den, step.cases_n) for step in found.steps} == {
        "retracted": (-1, -1, 1), "reclassified": (-1, -1, 1), "late": (2, 2, 2)
    }  # fmt: skip
    assert found.adds_up


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_waterfall_of_a_share_names_each_and_has_no_gap(found: Difference, language: Language) -> None:
    at = board(language)
    before, after = (reading_of(at, figure) for figure in (found.before, found.after))
    drawn = why_changed.chart_of(at, found, before, after).figure
    assert drawn is not None, "a share has a value after every step"
    names = [at.words(f"why.step.{step}") for step in ("retracted", "reclassified", "late")]
    rows = list(drawn.layout.yaxis.categoryarray)[::-1]
    assert rows[1:-1] == names
    bars = {
        y: (base, size) for bar in drawn.data if bar.type == "bar" for y, base, size in zip(bar.y, bar.base, bar.x, strict=True)
    }
    reached = 75.0
    for name in names:
        base, size = bars[name]
        assert base == pytest.approx(reached)
        reached = base + size
    assert reached == pytest.approx(75.0)
    ends = next(trace for trace in drawn.data if trace.type == "scatter" and trace.mode == "markers")
    assert list(ends.x) == [75.0, 75.0]


def test_the_table_says_all_three_and_their_sum(found: Difference) -> None:
    at = board("zh")
    before, after = (reading_of(at, figure) for figure in (found.before, found.after))
    lines = [
        re.sub(r"<[^>]+>", " ", row).split()
        for row in re.findall(r"<tr.*?</tr>", why_changed._table(at, found, before, after).text)
    ]
    told = {line[0]: line[1:3] for line in lines}
    assert told["撤回或搁置的文件"] == ["−1", "−1"]
    assert told["重新归类"] == ["−1", "−1"]
    assert told["迟报"] == ["+2", "+2"]
    assert told["各步骤合计"] == ["0", "0"]


@pytest.mark.parametrize(
    ("kinds", "cases", "is_said"),
    [((), {"three", "four", "five", "six"}, False), (("3999",), {"three", "five", "six"}, True), (("3101",), set(), True)],
)  # fmt: skip
def test_a_case_that_no_board_opens_in_either_build_is_counted_and_not_listed(
    found: Difference, monkeypatch: pytest.MonkeyPatch, kinds: tuple[str, ...], cases: set[str], is_said: bool
) -> None:
    """`four` was 3101 and is 3999 now: a case that is one of them no more was one when the figure counted it."""
    always = [{"category_code": code, "effective_from": "2010-01-01", "effective_to": "9999-12-31"} for code in kinds]
    monkeypatch.setattr(unopened, "_rows", lambda: tuple(always))
    at = board("zh")
    text = why_changed._moves(at, found).text
    assert len(re.findall("<tr", text)) == (len(cases) + 1 if cases else 0)
    numbers = {row["event_id"]: row["source_case_no"] or row["event_id"][:12] for row in found.moves.iter_rows(named=True)}
    assert {event for event, number in numbers.items() if f">{number}<" in text} == cases
    assert (at.words("cases.unopened") in text) == is_said


def test_who_sees_a_part_is_told_of_what_she_does_not_see(pair: Any) -> None:
    """A reader of one department: the late cases are another's, and no step of hers is made up for them."""
    before, after = disturbed()
    for key in ("five", "six"):
        del after.cases[key]
    made = pair(before, after)
    seen = difference(made, ASKED_OF)
    at = board("zh", Reader(departments=("D1",)))
    names = [why_changed._name(at, step) for step in seen.steps]
    assert names == ["撤回或搁置的文件", "重新归类", "您看不到的案件"]
    assert sum(step.num for step in seen.steps) == 0

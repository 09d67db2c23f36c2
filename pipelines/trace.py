"""Trace: from a figure to the cases behind it, each with the file and record it came from.

Belongs here: the list of a figure's cases for the command and the boards. Does not: computing the figure (dbt), what a case
contributes (tracing.cases), why a figure changed (tracing.difference), opening files of the vault. The same register entry
makes the figure and this list, so the rows add up to the figure's numerator and denominator (a test).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pipelines.core.errors import UsageError
from pipelines.core.register import DERIVED, METRICS, Metric, read_register
from pipelines.core.settings import pick
from pipelines.core.warehouse import PublishedBuild, quoted
from pipelines.tracing.cases import IS_OPEN, IS_SHUT, Cut, Place, contributions, feed_states, has_denominator
from pipelines.tracing.days import is_over, is_to_date
from pipelines.tracing.definitions import definition_of
from pipelines.tracing.difference import Difference, Step, difference
from pipelines.tracing.figure import Figure, find_figure, metric_begins, residents_of
from pipelines.tracing.naming import FigureName, Window, asked_name, parse_name, window_of
from pipelines.tracing.steps import WORDS as STEP_WORDS
from pipelines.tracing.wholes import Whole, whole_of

__all__ = [
    "EXPORTED", "IS_OPEN", "IS_SHUT", "STEP_WORDS", "CaseQuery", "Difference", "Figure", "FigureName", "Metric", "Step", "Trace",
    "Window", "asked_name", "case_query", "cases_of", "check_export", "definition_of", "difference", "feed_states", "find_figure",
    "has_cases", "is_over", "is_to_date", "metric_begins", "metric_of", "pages", "parse_name", "trace", "window_of",
]  # fmt: skip

COLUMNS = (
    "event_id", "event_kind", "source_case_no", "category_code", "grid_code", "lead_dept_id", "current_state",
    "reported_at", "closed_at", "deadline_at", "time_precision", "source_file", "source_record_no",
)  # fmt: skip
#: What an export carries of each case, in this order.
EXPORTED = ("event_id", "event_kind", "source_case_no", "in_numerator", "in_denominator", "minutes", "file_name", "source_file",
            "source_record_no", "figure_at", "reported_at", "closed_at", "deadline_at", "grid_code", "category_code",
            "lead_dept_id", "current_state")  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """SQL over `marts.*` with parameters most, skip (`case_query`: area, root, first, last too); rows COLUMNS, in_numerator.

    `count_sql`: cases_n, numerator_n, and unlisted_n, those that the list leaves out.
    """

    list_sql: str
    count_sql: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What a figure is made of.

    Attributes:
        figure: as published.
        num, den: counted again from the cases; `den` None where the denominator is not one of cases.
        cases_n: how many cases there are.
        residents: (number, year it is of, how it was come by) of a rate per resident.
        whole: what a figure that is not made of cases is made of.
        agrees: whether the cases add up to what was published.
    """

    figure: Figure
    num: int | None
    den: int | None
    cases_n: int
    residents: tuple[int, int, str] | None
    whole: Whole | None
    agrees: bool


def metric_of(metric_id: str) -> Metric:
    """The register entry of a metric. Raises UsageError for an unknown id."""
    found = _registered(tuple(path.stat().st_mtime_ns for path in sorted(METRICS.glob("*.yml")))).get(metric_id)
    if found is None:
        raise UsageError(f"no metric {metric_id!r}", where="the register", remedy="see dbt_project/metrics")
    return found


@lru_cache(maxsize=1)
def _registered(_changed: tuple[int, ...]) -> dict[str, Metric]:
    """By id, read again when a file changed: to read it took 40 ms, and a board asks three times."""
    return {metric.id: metric for metric in read_register()}


def has_cases(metric_id: str) -> bool:
    """Whether the figure is one of cases (the health of data, a change or a score is not)."""
    metric = metric_of(metric_id)
    return not metric.sql and metric.family not in DERIVED


def case_query(
    metric_id: str, period_kind: str, *, slice_kind: str = "all", slice_code: str = "all", without: Sequence[str] = ()
) -> CaseQuery:  # fmt: skip
    """The cases behind a figure of one area and period: those of its numerator first, the newest of each first.

    Args:
        metric_id: of the register.
        period_kind: decides how exact a time must be.
        slice_kind: by what the figure is cut.
        slice_code: which part of it.
        without: categories whose cases are counted and not listed.

    Raises:
        UsageError: an unknown metric, or one that is not made of cases.
    """
    metric = metric_of(metric_id)
    if not has_cases(metric_id):
        raise UsageError(f"{metric_id} is no figure of cases", where="the register")
    cut = Cut(slice_kind, quoted(slice_code), "$area", "$root", "cast($first as date)", "cast($last as date)", period_kind)
    return _query(metric, cut, without)


def cases_of(figure: Figure, *, without: Sequence[str] = ()) -> CaseQuery:
    """The cases behind a figure of a build, by that build's own definition. Not of a whole, and not of a hidden figure."""
    return _query(figure.metric, figure.cut, without)


def _query(metric: Metric, cut: Cut, without: Sequence[str]) -> CaseQuery:
    place, own = Place.of("marts"), [name for name in COLUMNS if name != "event_id"]
    cases, counted = (
        f"with cases as ({contributions(metric, cut, place, also=names)}) " for names in (own, ["category_code"])
    )  # fmt: skip
    order = "in_numerator desc, figure_at desc, event_id"
    unlisted = f"coalesce(category_code in ({', '.join(map(quoted, without))}), false)" if without else "false"
    return CaseQuery(
        list_sql=f"{cases} select {', '.join(COLUMNS)}, num > 0 as in_numerator from cases "
        f"where not {unlisted} "
        f"order by {order} limit $most offset $skip",
        count_sql=f"{counted} select count(*) as cases_n, coalesce(sum(num), 0)::bigint as numerator_n, "
        f"count(*) filter ({unlisted}) as unlisted_n from cases",
    )


def trace(build: PublishedBuild, asked: FigureName) -> Trace:
    """The figure and what it is made of; the cases themselves come from `pages`.

    Raises UsageError for a name that leads nowhere.
    """
    figure = find_figure(build, asked)
    metric = figure.metric
    if figure.is_hidden:
        return Trace(replace(figure, num=None, den=None, stat_value=None), None, None, 0, None, None, agrees=True)
    if figure.is_whole:
        whole = whole_of(build, figure)
        agrees = whole.num is None or (whole.num, whole.den or 0) == (figure.num or 0, figure.den or 0)
        return Trace(figure, whole.num, whole.den, 0, None, whole, agrees)
    cases = contributions(metric, figure.cut, Place.of("marts"))
    told = build.rows(f"select count(*), coalesce(sum(num), 0), coalesce(sum(den), 0) from ({cases})")[0]
    cases_n, num, den = (int(value) for value in told)
    shown_num = None if metric.family == "median" else num
    shown_den = den if has_denominator(metric) else None
    residents = residents_of(build, figure)
    agrees = (shown_num or 0) == (figure.num or 0)
    if shown_den is not None:
        agrees = agrees and shown_den == (figure.den or 0)
    elif residents and figure.reason not in ("no_cases", "before_data"):
        agrees = agrees and residents[0] == figure.den
    return Trace(figure, shown_num, shown_den, cases_n, residents, None, agrees)


def pages(build: PublishedBuild, figure: Figure, *, most: int | None = None) -> Iterator[dict[str, Any]]:
    """The figure's cases, those of the numerator first, then the latest first: columns EXPORTED.

    Nothing for a hidden figure and for one that is not made of cases.
    """
    if figure.is_hidden or figure.is_whole:
        return
    cases = contributions(figure.metric, figure.cut, Place.of("marts"))
    picked = {
        "in_numerator": "cases.num > 0 as in_numerator", "in_denominator": "cases.den > 0 as in_denominator",
        "minutes": "cases.minutes", "figure_at": "cases.figure_at", "file_name": "coalesce(files.file_name, '') as file_name",
    }  # fmt: skip
    columns = ", ".join(picked.get(name, f"events.{name}") for name in EXPORTED)
    cursor = build.connection.cursor().execute(
        f"with cases as ({cases}) select {columns} from cases join marts.fct_event as events using (event_id) "
        "left join marts.fct_feed_outcome as files on events.feed = files.feed and events.source_file = files.sha256 "
        f"order by cases.num desc, cases.figure_at desc, event_id{f' limit {most}' if most is not None else ''}"
    )
    while rows := cursor.fetchmany(10_000):
        for row in rows:
            yield dict(zip(EXPORTED, row, strict=True))


def _may_leave(build: PublishedBuild, figure: Figure) -> bool:
    """Whether a figure's cases may go into a file: not where so few persons are counted that each could be known."""
    if figure.metric.subject != "person":
        return not figure.is_hidden
    most = build.rows("select max(value) from marts.ref_threshold where threshold_id = 'small_cell_max'")[0][0]
    below = figure.den if has_denominator(figure.metric) else None
    return not figure.is_hidden and not any(0 < (count or 0) <= most for count in (figure.num, below))


def check_export(build: PublishedBuild, figure: Figure) -> None:
    """Raises UsageError when the figure's cases may not go into a file."""
    if not _may_leave(build, figure):
        raise UsageError(
            pick("so few persons are not exported", "人数过少,不予导出"), where=str(figure.name),
            remedy=pick("ask for a larger area or a longer period", "请改用更大的区域或更长的时段"),
        )  # fmt: skip

"""One figure of one build: that it exists, what it says, what it is made of.

Belongs here: finding a figure by its name, the errors of names that lead nowhere, what may be shown. Does not: its cases
(cases), changes (difference).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from pipelines.core.errors import UsageError
from pipelines.core.register import DERIVED, GRIDS, POPULATIONS, Metric, cuts
from pipelines.core.settings import pick
from pipelines.core.spelling import nearest
from pipelines.core.warehouse import PublishedBuild
from pipelines.tracing.cases import Cut
from pipelines.tracing.definitions import definition_of
from pipelines.tracing.naming import AS_WAS, RESTATED, FigureName, Window, meant, window_of

#: Kinds of period that the calendar gives; the others end on days that hang on the build.
CALENDAR = ("day", "week", "month", "quarter", "half_year", "year")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a build. `num`, `den`, `stat_value` are what the build published; a figure without cases has no row.

    `is_hidden`: fewer persons than may be shown; nothing about its cases may be told.
    """

    name: FigureName
    metric: Metric
    window: Window
    area: str
    area_zh: str
    area_en: str
    level: int
    root: str
    as_of: dt.datetime
    fingerprint: str
    num: int | None
    den: int | None
    stat_value: float | None
    value_text: str
    ci_low: float | None
    ci_high: float | None
    is_hidden: bool
    reason: str

    @property
    def is_whole(self) -> bool:
        """Whether it is not made of cases: an entry with a rule of its own, a change or a composite."""
        return bool(self.metric.sql) or self.metric.family in DERIVED

    @property
    def cut(self) -> Cut:
        """Which cases it is made of."""
        return Cut.of(
            self.window, area=self.area, root=self.root, slice_kind=self.name.slice_kind, slice_code=self.name.slice_code,
            has_begun=self.window.first <= self.as_of.date(), basis=self.name.basis,
        )  # fmt: skip


def _one(build: PublishedBuild, sql: str, *params: object) -> dict[str, Any] | None:
    cursor = build.connection.cursor().execute(sql, list(params))
    names = [column[0] for column in cursor.description]
    row = cursor.fetchone()
    return None if row is None else dict(zip(names, row, strict=True))


def find_figure(build: PublishedBuild, asked: FigureName, *, schema: str = "marts", beside: Figure | None = None) -> Figure:
    """The figure that `asked` names in `build`.

    Args:
        build: the reader.
        asked: the name.
        schema: where the reader holds the build's tables.
        beside: the same figure in another build: an area, code or day that this build does not know yet means no case.

    Raises:
        UsageError: a metric, slice, area, period or basis that the build does not have, with the nearest it has.
    """
    info = _one(build, f"select * from {schema}.build_info") or {}
    metric = definition_of(build, asked.metric_id, schema)
    window = window_of(asked.period, as_of=info["as_of"].date(), earliest=info["earliest"])
    area = _area(build, schema, asked.area, window.last, beside)
    level = 0 if area["grid_code"] == info["root_code"] else area["grid_level"]
    _check_cut(metric, asked, level, window)
    name = replace(asked, area=area["grid_code"], period=str(window), build=str(info["build_id"]))
    row = _row(build, schema, name, window, is_stored=metric.family != "change")
    # What a change is compared with is published of a day before too.
    if row is None and metric.family == "stock" and window.last != info["as_of"].date():
        raise UsageError(
            pick(f"{metric.id} is what is open on a build's own day; {name.build} is of {info['as_of'].date()}",
                 f"{metric.id} 为统计时点的在办量；版本 {name.build} 的时点为 {info['as_of'].date()}"),
            where=f"--period {window}", remedy="--period as_of",
        )  # fmt: skip
    if row is None:
        _check_made(build, schema, name, window, info["as_of"].date(), is_alone=beside is None)
        if beside is None:
            _check_words(build, schema, name)
    # A period without a case inside a hidden block is hidden too: to say 0 would tell of its neighbours.
    is_hidden = row is None and _is_hidden(build, schema, name, window)
    missing = {"num": 0, "den": None, "reason": "small_cell"} if is_hidden else {}
    if row is None and not is_hidden:
        missing = _without_row(build, schema, metric, name, window, info["as_of"].date())
    told = row or {"stat_value": None, "value_text": "*" if is_hidden else "-", "ci_low": None, "ci_high": None,
                   "is_suppressed": is_hidden, **missing}  # fmt: skip
    return Figure(
        name=name, metric=metric, window=window, area=name.area, area_zh=area["name_zh"] or "", area_en=area["name_en"] or "",
        level=level, root=str(info["root_code"]), as_of=info["as_of"], fingerprint=str(info["fingerprint"]),
        num=told["num"], den=told["den"], stat_value=told["stat_value"], value_text=told["value_text"], ci_low=told["ci_low"],
        ci_high=told["ci_high"], is_hidden=bool(told["is_suppressed"]), reason=told["reason"] or "",
    )  # fmt: skip


def _row(build: PublishedBuild, schema: str, name: FigureName, window: Window, *, is_stored: bool) -> dict[str, Any] | None:
    """What the build published. A change is stored nowhere: only where figures are shown it has a row."""
    stored = f"{schema}.fct_metric_value" if is_stored else f"{schema}.v_metric_display"
    # Only what differs on the map in force has a row of its own there.
    today = f"grid_code in (select grid_code from {schema}.dim_grid where is_current)" if name.basis == RESTATED else "false"
    return _one(
        build,
        f"select v.num, v.den, v.stat_value, v.is_suppressed, v.reason, d.value_text, d.ci_low, d.ci_high "
        f"from {stored} as v join {schema}.v_metric_display as d using (metric_id, slice_kind, slice_code, "
        "grid_code, period_kind, period_start, period_end, basis) where metric_id = ? and slice_kind = ? and slice_code = ? "
        "and grid_code = ? and period_kind = ? and period_end = ? "
        # What is counted since ever begins where the city says; the name states its end.
        "and (period_start = ? or period_kind = 'cumulative') "
        # Printed figures bring further beginnings (int_metric_printed_period): the city's own goes first.
        f"and (basis = ? or (basis = '{AS_WAS}' and {today})) order by period_start = ? desc, basis = ? desc limit 1",
        name.metric_id, name.slice_kind, name.slice_code, name.area, window.kind, window.last, window.first, name.basis,
        window.first, name.basis,
    )  # fmt: skip


def metric_begins(schema: str) -> str:
    """One row per metric: the day from which cases of its kinds were sent, or for want of it from which the city counts."""
    return (
        "(select register.metric_id, coalesce(known.first_day, info.earliest) as first_day "
        f"from {schema}.ref_metric as register cross join {schema}.build_info as info "
        f"left join {schema}.fct_metric_begin as known on register.metric_id = known.metric_id)"
    )


def _without_row(
    build: PublishedBuild, schema: str, metric: Metric, name: FigureName, window: Window, as_of: dt.date
) -> dict[str, Any]:
    """Numbers and reason where the build has no row: no case, or nothing is known, for it lies before the first case sent.

    A share without a case is none of the whole that its other members are parts of. Of a change none in both periods, or
    nothing to compare with.
    """
    if metric.family != "change":
        known = _one(build, f"select first_day from {metric_begins(schema)} where metric_id = ?", metric.id)
        if known is not None and window.last < known["first_day"]:
            return {"num": None, "den": None, "reason": "before_data"}
        whole = _whole_of(build, schema, name, window) if metric.family == "share" else None
        return {"num": 0, "den": whole, "reason": "no_cases"}
    # As in fct_metric_change: the earlier period is in the data whole, or it is none.
    pair = _one(
        build,
        f"select 1 as yes from {schema}.bridge_period_before join {schema}.fct_metric_begin as begins "
        "on begins.metric_id = ? and before_start >= begins.first_day "
        "where against = ? and period_kind = ? and period_start = ? and period_end = ?",
        metric.of, metric.against, window.kind, window.first, window.last,
    )  # fmt: skip
    if pair:
        return {"num": 0, "den": 0, "reason": "no_base"}
    return {"num": None, "den": None, "reason": "not_over" if window.last > as_of else "no_period_before"}


def _whole_of(build: PublishedBuild, schema: str, name: FigureName, window: Window) -> int | None:
    """All cases of which the members of a slice are shares; None where no member is shown."""
    found = _one(
        build,
        f"select max(den) as den from {schema}.fct_metric_value where not is_suppressed and metric_id = ? and slice_kind = ? "
        "and grid_code = ? and period_kind = ? and period_start = ? and period_end = ? and basis = ?",
        name.metric_id, name.slice_kind, name.area, window.kind, window.first, window.last, name.basis,
    )  # fmt: skip
    return None if found is None or found["den"] is None else int(found["den"])


def _is_hidden(build: PublishedBuild, schema: str, name: FigureName, window: Window) -> bool:
    if _one(build, "select 1 as yes from duckdb_tables() where table_name = 'fct_metric_hidden'") is None:
        return False  # a build from before blocks were hidden
    return _one(
        build,
        f"select 1 as yes from {schema}.v_metric_display where is_suppressed and metric_id = ? and slice_kind = ? "
        "and slice_code = ? and grid_code = ? and period_kind = ? and period_end = ? limit 1",
        name.metric_id, name.slice_kind, name.slice_code, name.area, window.kind, window.last,
    ) is not None  # fmt: skip


def _area(build: PublishedBuild, schema: str, text: str, day: dt.date, beside: Figure | None) -> dict[str, Any]:
    """The area by code or by name, in the version of the period's last day. Raises UsageError with the nearest."""
    found = _one(
        build,
        f"select grid_code, grid_level, name_zh, name_en from {schema}.dim_grid where ? in (grid_code, name_zh, name_en) "
        "order by (grid_code = ?) desc, (valid_from <= ?) desc, case when valid_from <= ? then valid_from end desc, valid_from "
        "limit 1",
        text, text, day, day,
    )  # fmt: skip
    if found:
        return found
    if beside:
        return {"grid_code": beside.area, "grid_level": beside.level, "name_zh": beside.area_zh, "name_en": beside.area_en}
    names = [
        str(n) for row in build.rows(f"select distinct grid_code, name_zh, name_en from {schema}.dim_grid") for n in row if n
    ]
    near = nearest(text, names)
    raise UsageError(
        pick(f"no area {text!r}", f"没有区域 {text!r}"), where="--area",
        remedy=meant(near) or pick("give the code or the whole name of an area", "请给出区域编码或全称"),
    )  # fmt: skip


def _check_cut(metric: Metric, asked: FigureName, level: int, window: Window) -> None:
    """Only cuts of the published lattice are told; no finer one than the build suppressed by. Raises UsageError."""
    lattice = {(s, lv, p) for _, s, lv, p in cuts(metric)}
    kinds = sorted({s for s, _, _ in lattice})
    if asked.slice_kind not in kinds:
        near = nearest(asked.slice_kind, kinds)
        raise UsageError(
            pick(f"{metric.id} has no slice {asked.slice_kind!r}", f"{metric.id} 没有切片 {asked.slice_kind!r}"), where="--slice",
            remedy=meant(near) or pick("it has ", "可用：") + ", ".join(kinds),
        )  # fmt: skip
    periods = sorted({p for s, lv, p in lattice if (s, lv) == (asked.slice_kind, level)})
    if window.kind not in periods:
        where = pick(f"at level {level} by {asked.slice_kind}", f"层级 {level}、切片 {asked.slice_kind}")
        raise UsageError(
            pick(f"{metric.id} is not published for a {window.kind} {where}", f"{metric.id} 不发布 {where} 的 {window.kind}"),
            where=f"--period {window}",
            remedy=pick("periods there: ", "可用时段：") + (", ".join(periods) or pick("none at this level", "该层级无")),
        )  # fmt: skip


def _check_made(build: PublishedBuild, schema: str, name: FigureName, window: Window, as_of: dt.date, *, is_alone: bool) -> None:
    """No row means no case only if the build made figures of this period. Raises UsageError naming the last it made."""
    made = _one(
        build,
        f"select 1 as yes from {schema}.fct_metric_value where period_kind = ? and period_end = ? "
        "and (period_start = ? or period_kind = 'cumulative') limit 1",
        window.kind, window.last, window.first,
    )  # fmt: skip
    if made or (window.kind in CALENDAR and (window.first <= as_of or not is_alone)):
        return
    known = build.rows(
        f"select distinct period_start, period_end from {schema}.fct_metric_value where period_kind = ? order by 2 desc, 1 desc",
        [window.kind],
    )
    # As they are typed; windows that begin on different days may be typed alike.
    last = ", ".join(list(dict.fromkeys(str(Window(window.kind, *days)) for days in known))[:3]) or pick("none", "无")
    raise UsageError(
        pick(f"build {name.build} has no figures for {window}", f"版本 {name.build} 没有时段 {window} 的数值"), where="--period",
        remedy=pick(f"it reaches to {as_of}; it has {last}", f"其统计时点为 {as_of}；现有 {last}"),
    )  # fmt: skip


def _check_words(build: PublishedBuild, schema: str, name: FigureName) -> None:
    """A basis or a code that no figure of the metric carries was mistyped. Raises UsageError with the nearest."""
    for option, column, text in (("--basis", "basis", name.basis), ("--slice", "slice_code", name.slice_code)):
        rows = build.rows(
            f"select distinct {column} from {schema}.fct_metric_value where metric_id = ? and slice_kind = ? order by 1",
            [name.metric_id, name.slice_kind],
        )
        known = [str(row[0]) for row in rows]
        if known and text not in known:
            near = nearest(text, known)
            raise UsageError(
                pick(f"{name.metric_id} has no {column} {text!r}", f"{name.metric_id} 没有 {column} {text!r}"), where=option,
                remedy=meant(near) or pick("it has ", "可用：") + ", ".join(known),
            )  # fmt: skip


def residents_of(build: PublishedBuild, figure: Figure, *, schema: str = "marts") -> tuple[int, int, str] | None:
    """The residents below the line, of the period's year or the latest before: number, its year, how it was come by.

    Of a figure per grid the grids that were valid when the period ended. None for a metric that is per neither, and where
    nobody said how many there are.
    """
    if not figure.metric.population:
        return None
    if figure.metric.population == GRIDS:
        return _grids_of(build, figure, schema)
    found = []
    for kind in POPULATIONS[figure.metric.population]:
        rows = build.rows(
            f"select cast(value as bigint), year, method from {schema}.fct_population where grid_code = ? "
            # An area that nobody counted under its code has what the areas it came from had.
            "and pop_kind = ? and year <= ? and (? = 'as_was' or basis = 'restated') order by basis, year desc limit 1",
            [figure.area, kind, figure.window.last.year, figure.name.basis],
        )
        if not rows:
            return None
        found.append(rows[0])
    return sum(int(row[0]) for row in found), min(int(row[1]) for row in found), str(found[0][2])


def _grids_of(build: PublishedBuild, figure: Figure, schema: str) -> tuple[int, int, str] | None:
    """Grids valid in the area when the period ended, or at as_of while it lasts; on the map in force for `restated`."""
    inside = " or ".join(f"g.path_{level} = ?" for level in range(6))
    rows = build.rows(
        f"select count(*), any_value(b.root_code) from {schema}.dim_grid as g cross join {schema}.build_info as b "
        f"cross join (select max(value) as level from {schema}.ref_threshold where threshold_id = 'working_grid_level') as t "
        f"where g.grid_level = t.level and g.grid_code <> 'UNASSIGNED' and (b.root_code = ? or {inside}) "
        "and case when ? = 'restated' then g.is_current "
        "else least(?, cast(b.as_of as date)) >= g.valid_from and least(?, cast(b.as_of as date)) < g.valid_to end",
        [*[figure.area] * 7, figure.name.basis, figure.window.last, figure.window.last],
    )
    return (int(rows[0][0]), figure.window.last.year, "valid") if rows and rows[0][0] else None

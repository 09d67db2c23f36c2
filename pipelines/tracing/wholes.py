"""Figures that are not made of cases (entries with `sql:`): what they are made of instead.

Belongs here: the units of such a figure, where the published tables hold them. Does not: figures of cases (cases). An
entry without a query here is still told as a whole, with the name of the rule that makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from pipelines.core.register_rules import COUNTED_A_YEAR_BEFORE
from pipelines.core.settings import pick
from pipelines.core.warehouse import PublishedBuild, quoted
from pipelines.tracing.definitions import definition_of
from pipelines.tracing.figure import Figure
from pipelines.tracing.naming import ALL, Window


def clock_units(which: str, numerator: str, placed_by: str) -> str:
    """The units of a figure of clocks: SQL over fct_sla_clock, its event, and its feed's as_of, with `{schema}` to fill in."""
    return (
        "select event_id || ' ' || sla_rule_id as unit, feed, source_file as sha256, "
        f"cast(coalesce({numerator}, false) as integer) as num, 1 as den, cast({placed_by} as date) as happened "
        "from (select clocks.*, clocks.deadline_at as deadline, facts.event_kind, facts.reported_at, facts.extension_n, "
        "facts.source_file, feeds.as_of from {schema}.fct_sla_clock as clocks join {schema}.fct_event as facts "
        "on clocks.event_id = facts.event_id join {schema}.dim_feed as feeds on facts.feed = feeds.feed "
        "where facts.is_counted and facts.reported_at <= feeds.as_of and clocks.outcome <> 'void') as clocks "
        f"where {which}"
    )


#: name of the rule (`sql:`) -> units: unit, feed, sha256, num, den, happened (day). `{schema}` is filled in.
WHOLES = {
    "metric_sql__data_health": (
        "select rules.feed || ' ' || rules.sha256 || ' ' || rules.rule_id || ' ' || coalesce(rules.column_name, '') as unit, "
        "rules.feed, rules.sha256, case when rules.failed_n = 0 and not rules.is_error then weights.weight else 0 end as num, "
        "weights.weight as den, cast(files.extracted_at as date) as happened "
        "from {schema}.fct_rule_outcome as rules join {schema}.ref_quality_weight as weights using (severity) "
        "join {schema}.fct_feed_outcome as files on rules.feed = files.feed and rules.sha256 = files.sha256"
    ),
    "metric_sql__first_response": clock_units(
        "clock_role = 'first_response' and deadline <= as_of and outcome <> 'open_in_time'", "outcome = 'met'", "deadline"
    ),
    "metric_sql__arrival": clock_units(
        "clock_role = 'arrival' and event_kind = 'police_incident' and outcome in ('met', 'late')",
        "outcome = 'met'",
        "reported_at",
    ),
    "metric_sql__extension": clock_units(
        "clock_role = 'finish' and deadline <= as_of and outcome <> 'open_in_time'",
        "extension_minutes > 0 or extension_n > 0",
        "deadline",
    ),
    "metric_sql__bad_transition": (
        "select stages.event_id || ' ' || stages.seq as unit, facts.feed, facts.source_file as sha256, "
        "cast(stages.is_bad_transition as integer) as num, 1 as den, cast(facts.reported_at as date) as happened "
        "from {schema}.fct_event_stage as stages join {schema}.fct_event as facts using (event_id)"
    ),
}


#: The rule that counts places: which of them lie in an area, each with the kinds of cases it is a hot spot of.
HOT_SPOTS = "int_metric_hot_overlap"
PLACES = (
    "select coalesce(grids.name_{language}, '') || ' ' || spots.grid_code || ': ' "
    "|| string_agg(kinds.name_{language}, ', ' order by spots.event_kind) as unit, 1 as num, 0 as den "
    "from {schema}.fct_hot_spot as spots join {schema}.dim_grid as grids using (grid_version_id) "
    "join {schema}.ref_event_kind as kinds on spots.event_kind = kinds.event_kind "
    "where spots.is_hot and spots.is_shared and ({area} = {root} "
    "or {area} in (grids.path_0, grids.path_1, grids.path_2, grids.path_3, grids.path_4, grids.path_5)) "
    "group by spots.grid_code, grids.name_{language} order by spots.grid_code"
)

#: What COUNTED_A_YEAR_BEFORE counts: the areas of a level that are valid on a day, by the areas right below the figure's.
AREAS_OF_LEVEL = (
    "with valid as (select * from {schema}.dim_grid "
    "where grid_code <> 'UNASSIGNED' and date '{day}' >= valid_from and date '{day}' < valid_to), "
    "own as (select max(grid_level) as grid_level from valid where grid_code = {area}), "
    "parts as (select coalesce([path_0, path_1, path_2, path_3, path_4, path_5][own.grid_level + 2], valid.grid_code) as part "
    "from valid cross join own where valid.grid_level = {grid_level} "  # a list begins at 1: path_0 is its first
    "and ({area} = {root} or {area} in (path_0, path_1, path_2, path_3, path_4, path_5))) "
    "select concat_ws(' ', any_value(names.name_{language}), parts.part) as unit, count(*) as num, 0 as den "
    "from parts left join valid as names on parts.part = names.grid_code group by parts.part order by num desc, parts.part"
)

#: One change: of which case (or unit), by which step, by how much, and where its record is in both builds.
MOVE = {
    "event_id": pl.String, "step": pl.String, "num": pl.Int64, "den": pl.Int64, "minutes_before": pl.Int64,
    "minutes_after": pl.Int64, "event_kind": pl.String, "source_case_no": pl.String, "category_code": pl.String,
    "category_before": pl.String, "file_before": pl.String, "record_before": pl.Int64, "file_after": pl.String,
    "record_after": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Whole:
    """What such a figure is made of: in words, and counted where the published tables hold its units.

    `num` and `den` are None where they do not, `den` too where the figure has none. `units`: (name of the unit, numerator,
    denominator), largest first; a unit is a `file`, or an `area`. `is_of_lists`: whether it counts what the city's lists hold
    (areas, posts), no case.
    """

    words: str
    num: int | None
    den: int | None
    units: tuple[tuple[str, int, int], ...]
    unit_is: str = "file"
    is_of_lists: bool = False


def units_sql(figure: Figure, schema: str) -> str:
    """The units of the figure's slice with `is_inside` (the period), or an empty text where nothing published holds them."""
    query = WHOLES.get(figure.metric.sql, "")
    if not query:
        return ""
    only = "" if figure.name.slice_kind == ALL else f" where feed = {quoted(figure.name.slice_code)}"
    inside = f"coalesce(happened between date '{figure.window.first}' and date '{figure.window.last}', false) as is_inside"
    return f"select *, {inside} from ({query.format(schema=schema)}){only}"


def _words(build: PublishedBuild, figure: Figure, schema: str) -> str:
    """What a figure without published units is made of, and which figures to trace instead."""
    metric, name = figure.metric, figure.name
    if metric.family == "change":
        now, window = replace(name, metric_id=metric.of), figure.window
        # Which period it is compared with is the build's own knowledge: a year, a lunar year or a month before.
        before = build.rows(
            f"select before_start, before_end from {schema}.bridge_period_before "
            "where against = ? and period_kind = ? and period_start = ? and period_end = ?",
            [metric.against, window.kind, window.first, window.last],
        )
        if not before or figure.reason in ("not_over", "no_period_before"):
            return pick(f"trace {now}", f"请追溯 {now}")
        then = replace(now, period=str(Window(window.kind, *before[0])))
        return pick(f"trace {now} and {then}", f"请追溯 {now} 与 {then}")
    if metric.family == "composite":
        return pick("the weighted mean of robust z of the figures in ref_composite_weight: trace those",
                    "ref_composite_weight 所列指标稳健标准分的加权平均：请追溯各指标")  # fmt: skip
    return pick(
        f"computed as a whole by {metric.sql}; its units are not published", f"由 {metric.sql} 整体计算，其组成单元不发布"
    )


def _places(build: PublishedBuild, figure: Figure, schema: str) -> Whole:
    """The hot spots of several kinds that lie in the figure's area."""
    area, root = quoted(figure.area), quoted(figure.root)
    rows = build.rows(PLACES.format(schema=schema, language=pick("en", "zh"), area=area, root=root))
    words = pick(
        f"{len(rows)} areas that are hot spots of several kinds of cases (fct_hot_spot, which names every hot spot)",
        f"{len(rows)} 个多类事项重合的热点区域（各热点见 fct_hot_spot）",
    )
    units = tuple((str(name), int(num), int(den)) for name, num, den in rows)
    return Whole(words, len(units), None, units, unit_is="area")


def _areas(build: PublishedBuild, figure: Figure, schema: str) -> Whole:
    """The areas of a level in the figure's area on its day; of a figure per post, which figure counts its grids."""
    day, level = figure.window.last, figure.name.slice_code
    if figure.name.slice_kind == ALL:
        if not figure.den:
            return Whole(pick("no post is filled", "没有在岗的岗位"), None, None, (), is_of_lists=True)
        counted, working = build.rows(
            f"select metric_id, value from {schema}.ref_metric cross join {schema}.ref_threshold "
            "where formula = ? and family = 'stock' and threshold_id = 'working_grid_level' order by valid_to desc",
            [figure.metric.sql],
        )[0]
        grids = replace(figure.name, metric_id=counted, slice_kind="grid_level", slice_code=str(int(working)))
        words = pick(
            f"{figure.num:,} grids over {figure.den:,} filled posts of grid leaders and grid staff; the grids: {grids}; "
            "the list of posts is not published",
            f"网格 {figure.num:,} 个，除以在岗的网格长、网格员岗位 {figure.den:,} 个；网格见 {grids}；岗位名册不发布",
        )
        return Whole(words, None, None, (), is_of_lists=True)
    rows = build.rows(
        AREAS_OF_LEVEL.format(
            schema=schema, day=day, grid_level=int(level), area=quoted(figure.area), root=quoted(figure.root),
            language=pick("en", "zh"),
        )
    )  # fmt: skip
    units = tuple((str(name), int(num), int(den)) for name, num, den in rows)
    num = sum(counted for _, counted, _ in units)
    words = pick(f"{num:,} areas of level {level} that are valid on {day}", f"{day} 有效的第 {level} 级区域 {num:,} 个")
    return Whole(words, num, None, units, unit_is="area", is_of_lists=True)


def whole_of(build: PublishedBuild, figure: Figure, *, schema: str = "marts") -> Whole:
    """What the figure is made of, per feed and file, or place by place."""
    if figure.metric.sql == HOT_SPOTS:
        return _places(build, figure, schema)
    if figure.metric.sql == COUNTED_A_YEAR_BEFORE:
        return _areas(build, figure, schema)
    query = units_sql(figure, schema)
    rule = figure.metric.sql
    if not query:
        of = figure.metric.of
        is_of_lists = bool(of) and definition_of(build, of, schema).sql == COUNTED_A_YEAR_BEFORE
        return Whole(_words(build, figure, schema), None, None, (), is_of_lists=is_of_lists)
    rows = build.rows(
        "select coalesce(files.file_name, units.sha256) as name, sum(num)::bigint, sum(den)::bigint "
        f"from ({query}) as units "
        f"left join {schema}.fct_feed_outcome as files on units.feed = files.feed and units.sha256 = files.sha256 "
        "where is_inside group by all order by 3 desc, 1"
    )
    words = pick(f"cases of {len(rows)} files, judged by {rule}", f"{len(rows)} 个文件中的案件，按 {rule} 判定")
    if rule == "metric_sql__data_health":
        words = pick(
            f"checks of {len(rows)} files, weighted by severity ({rule})",
            f"{len(rows)} 个文件的检查结果，按严重程度加权（{rule}）",
        )
    units = tuple((str(name), int(num), int(den)) for name, num, den in rows)
    return Whole(words, sum(num for _, num, _ in units), sum(den for _, _, den in units), units)


def unit_moves(pair: PublishedBuild, before: Figure, after: Figure) -> pl.DataFrame:
    """What each unit changed, as the moves of cases; empty where the units are not published, or the rule is another one.

    Judged again (a file read by other rules, a second opinion that came later) is `rules`; a unit that only the period's
    move brought in or out is `time`.
    """
    old, new = units_sql(before, "before"), units_sql(after, "marts")
    if not old or not new or before.metric.sql != after.metric.sql:
        return pl.DataFrame(schema=MOVE)
    gone = "coalesce(files.status in ('retracted', 'held'), true)"
    return pair.frame(
        f"with o as ({old}), n as ({new}), units as (select coalesce(n.unit, o.unit) as event_id, "
        "coalesce(n.feed, o.feed) as feed, coalesce(n.sha256, o.sha256) as sha256, n.happened, o.unit is null as is_new, "
        "n.unit is null as is_gone, o.is_inside <> n.is_inside as is_moved, "
        "(case when n.is_inside then n.num else 0 end) - (case when o.is_inside then o.num else 0 end) as num, "
        "(case when n.is_inside then n.den else 0 end) - (case when o.is_inside then o.den else 0 end) as den "
        "from o full join n on o.unit = n.unit) "
        f"select units.event_id, case when is_gone then case when {gone} then 'retracted' else 'rules' end "
        "when is_new and earlier.sha256 is not null then 'rules' "
        "when is_new and happened <= cast(feeds.as_of as date) then 'late' "
        "when is_new then 'new' when is_moved then 'time' else 'rules' end as step, cast(num as bigint) as num, "
        "cast(den as bigint) as den, null::bigint as minutes_before, null::bigint as minutes_after, units.feed as event_kind, "
        "null::varchar as source_case_no, null::varchar as category_code, null::varchar as category_before, "
        "earlier.file_name as file_before, null::bigint as record_before, "
        "coalesce(files.file_name, units.sha256) as file_after, null::bigint as record_after from units "
        "left join before.fct_feed_outcome as earlier on units.feed = earlier.feed and units.sha256 = earlier.sha256 "
        "left join marts.fct_feed_outcome as files on units.feed = files.feed and units.sha256 = files.sha256 "
        "left join before.dim_feed as feeds on units.feed = feeds.feed where num <> 0 or den <> 0 order by step, units.event_id"
    )

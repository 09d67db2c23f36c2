"""Carrying cases from one build to the other: for each case that counts differently, what each step changes.

Belongs here: the queries over both builds. Does not: adding up (difference), the rule of the steps (steps).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import polars as pl

from pipelines.core.warehouse import PublishedBuild
from pipelines.tracing.cases import Place, contributions, feed_states
from pipelines.tracing.figure import Figure
from pipelines.tracing.steps import CARRIED, step_sql

BEFORE, AFTER = "before", "marts"
DIFFERS = "(a.num is distinct from b.num or a.den is distinct from b.den or a.minutes is distinct from b.minutes)"
#: Status of a file whose rows are no longer to be read, and of one that a newer file of the same days replaced.
GONE, REPLACED = ("retracted", "held"), "superseded"


@dataclass(frozen=True, slots=True)
class Moves:
    """One row per case and step that changed something, and how often each number of minutes occurred before (medians)."""

    rows: pl.DataFrame
    minutes: Counter[int]


def carried_moves(pair: PublishedBuild, before: Figure, after: Figure) -> Moves:
    """What each step changes in each case of a figure of cases.

    Returns:
        Rows of MOVE (wholes).
    """
    _prepare(pair, before, after)
    run = pair.connection.execute
    parts = [_gone_sql(), _came_sql()]
    if before.metric != after.metric:
        parts.append(_moved_sql("definition", "work.was", "work.was_defined"))
    carried = pair.rows("select count(*) from work.affected where is_old and is_new")[0][0]
    if carried:
        parts += [_moved_sql(step, old, new) for step, old, new in _carry(pair, before, after)]
    run(f"create or replace table work.moves as {' union all '.join(f'select * from ({part})' for part in parts)}")
    minutes: Counter[int] = Counter()
    if "median" in (before.metric.family, after.metric.family):
        minutes.update(dict(pair.rows("select minutes, count(*) from work.was where minutes is not null group by 1")))
    return Moves(pair.frame(_TOLD).with_columns(pl.col("num", "den").cast(pl.Int64)), minutes)


_TOLD = (
    "select moves.*, coalesce(n.event_kind, o.event_kind) as event_kind, "
    "coalesce(n.source_case_no, o.source_case_no) as source_case_no, "
    "coalesce(n.category_code, o.category_code) as category_code, o.category_code as category_before, "
    "coalesce(of.file_name, o.source_file) as file_before, o.source_record_no as record_before, "
    "coalesce(nf.file_name, n.source_file) as file_after, n.source_record_no as record_after from work.moves "
    "left join work.old_rows as o on moves.event_id = o.event_id left join work.new_rows as n on moves.event_id = n.event_id "
    "left join before.fct_feed_outcome as of on o.feed = of.feed and o.source_file = of.sha256 "
    "left join marts.fct_feed_outcome as nf on n.feed = nf.feed and n.source_file = nf.sha256 "
    "order by moves.step, moves.event_id"
)


def _prepare(pair: PublishedBuild, before: Figure, after: Figure) -> None:
    """Tables was, was_defined, is_now (contributions), affected (cases that count differently), old_rows and new_rows."""
    run = pair.connection.execute
    # Tables of the reader's own memory, not temporary ones: those would belong to one cursor alone.
    run("create schema if not exists work")
    for schema in (BEFORE, AFTER):
        run(f"create or replace table work.feeds_{schema} as select * from {feed_states(schema)}")
    run(f"create or replace table work.was as {contributions(before.metric, before.cut, _place(pair, BEFORE))}")
    run(f"create or replace table work.is_now as {contributions(after.metric, after.cut, _place(pair, AFTER))}")
    defined = "select * from work.was"
    if before.metric != after.metric:
        defined = contributions(after.metric, before.cut, _place(pair, BEFORE, wider_by=AFTER))
    run(f"create or replace table work.was_defined as {defined}")
    run(
        "create or replace table work.affected as with differing as ("
        "select coalesce(a.event_id, b.event_id) as event_id "
        f"from work.was as a full join work.is_now as b on a.event_id = b.event_id where {DIFFERS} union "
        "select coalesce(a.event_id, b.event_id) as event_id "
        f"from work.was as a full join work.was_defined as b on a.event_id = b.event_id where {DIFFERS}) "
        f"select event_id, event_id in (select event_id from {BEFORE}.fct_event) as is_old, "
        f"event_id in (select event_id from {AFTER}.fct_event) as is_new from differing"
    )
    for name, schema in (("old_rows", BEFORE), ("new_rows", AFTER)):
        rows = f"{schema}.fct_event where event_id in (select event_id from work.affected)"
        run(f"create or replace table work.{name} as select * from {rows}")
    same = f"(select max(fingerprint) from {BEFORE}.build_info) = (select max(fingerprint) from {AFTER}.build_info)"
    run(f"create or replace table work.rules as select not ({same}) as has_new_rules")


def _columns(pair: PublishedBuild, schema: str) -> dict[str, str]:
    return {str(row[0]): str(row[1]) for row in pair.rows(f"describe {schema}.fct_event")}


def _place(pair: PublishedBuild, schema: str, *, wider_by: str = "") -> Place:
    """The tables of one build; `wider_by` another one whose events have columns that this one's lack (they are NULL)."""
    place = replace(Place.of(schema), feeds=f"work.feeds_{schema}")
    if not wider_by:
        return place
    own = _columns(pair, schema)
    more = [f"null::{kind} as {name}" for name, kind in _columns(pair, wider_by).items() if name not in own]
    return replace(place, facts=f"(select {', '.join(['*', *more])} from {schema}.fct_event)") if more else place


def _moved_sql(step: str, old: str, new: str) -> str:
    """The change that a step makes, case by case."""
    return (
        f"select coalesce(a.event_id, b.event_id) as event_id, '{step}' as step, coalesce(b.num, 0) - coalesce(a.num, 0) as num, "
        "coalesce(b.den, 0) - coalesce(a.den, 0) as den, a.minutes as minutes_before, b.minutes as minutes_after "
        f"from {old} as a full join {new} as b on a.event_id = b.event_id where {DIFFERS}"
    )


def _gone_sql() -> str:
    """Cases that the new build does not have: their file was retracted or replaced, or their bureau withdrew them."""
    gone = ", ".join(f"'{status}'" for status in GONE)
    return (
        f"select a.event_id, case when files.status is null or files.status in ({gone}) then 'retracted' "
        f"when files.status = '{REPLACED}' then 'corrected' when has_new_rules then 'rules' else 'withdrawn' end as step, "
        "-a.num as num, -a.den as den, a.minutes as minutes_before, null::bigint as minutes_after "
        "from work.was_defined as a join work.affected on a.event_id = affected.event_id and not affected.is_new "
        "join work.old_rows as o on a.event_id = o.event_id cross join work.rules "
        f"left join {AFTER}.fct_feed_outcome as files on o.feed = files.feed and o.source_file = files.sha256"
    )


def _came_sql() -> str:
    """Cases that the old build does not have: of days that were over for their feed, or of new ones.

    If a file that the old build had read already tells of the case, it is not the case that is new but how it is read.
    """
    return (
        f"with read_before as (select distinct v.event_id from {AFTER}.fct_event_version as v "
        f"join {BEFORE}.fct_feed_outcome as files on v.source_file = files.sha256 and files.status = 'loaded' "
        "where v.event_id in (select event_id from work.affected where not is_old)) "
        "select b.event_id, case when b.event_id in (select event_id from read_before) "
        "then case when has_new_rules then 'rules' else 'corrected' end "
        "when feeds.feed_as_of is null or coalesce(n.reported_at, b.figure_at) <= feeds.feed_as_of then 'late' "
        "else 'new' end as step, "
        "b.num, b.den, null::bigint as minutes_before, b.minutes as minutes_after "
        "from work.is_now as b join work.affected on b.event_id = affected.event_id and not affected.is_old "
        f"join work.new_rows as n on b.event_id = n.event_id cross join work.rules "
        f"left join work.feeds_{BEFORE} as feeds on n.feed = feeds.feed"
    )


def _carry(pair: PublishedBuild, before: Figure, after: Figure) -> list[tuple[str, str, str]]:
    """(step, contributions before it, contributions after it) of the cases that both builds have."""
    run = pair.connection.execute
    both = "event_id in (select event_id from work.affected where is_old and is_new)"
    run(f"create or replace table work.stage_start as select * from work.was_defined where {both}")
    run(f"create or replace table work.stage_end as select * from work.is_now where {both}")
    columns = _paired(pair, contributions(after.metric, after.cut, Place()))
    found = pair.rows(f"select distinct unnest([{', '.join(f's_{name}' for name in columns)}]) from work.paired")
    # The grid and the clock are tables of their own; a group of columns is a step only where one of them changed.
    wanted = {"regridded", "time"} | {CARRIED[number] for (number,) in found if number is not None}
    stages, last = [], "work.stage_start"
    for number, step in enumerate(CARRIED):
        if step not in wanted or step == CARRIED[-1]:
            continue
        mixed = ", ".join(f"case when s_{name} <= {number} then n_{name} else o_{name} end as {name}" for name in columns)
        run(f"create or replace table work.mixed as select event_id, {mixed} from work.paired")
        grids = AFTER if number >= CARRIED.index("regridded") else BEFORE
        is_later = number >= CARRIED.index("time")
        clock = f"work.feeds_{AFTER if is_later else BEFORE}"
        place = Place("work.mixed", f"{grids}.dim_grid", clock, f"{BEFORE}.ref_age_band")
        cut = after.cut if is_later else before.cut
        run(f"create or replace table work.stage_{number} as {contributions(after.metric, cut, place)}")
        stages.append((step, last, f"work.stage_{number}"))
        last = f"work.stage_{number}"
    return [*stages, (CARRIED[-1], last, "work.stage_end")]


def _paired(pair: PublishedBuild, query: str) -> list[str]:
    """Table paired: of each case that both builds have, every column that `query` reads.

    o_ is the old value, n_ the new one, s_ the ordinal of the step that the change belongs to (NULL where there is none).

    Returns:
        The columns.
    """
    old, new = _columns(pair, BEFORE), _columns(pair, AFTER)
    used = [name for name in {**old, **new} if name != "event_id" and re.search(rf"\b{name}\b", query)]
    ordinal = " ".join(f"when '{step}' then {number}" for number, step in enumerate(CARRIED))
    picked = []
    for name in used:
        was = f"o.{name}" if name in old else f"cast(null as {new[name]})"
        now = f"n.{name}" if name in new else f"cast(null as {old[name]})"
        step = step_sql(name, new[name]) if name in old and name in new else "'rules'"
        picked += [
            f"{was} as o_{name}", f"{now} as n_{name}",
            f"case when {was} is distinct from {now} then case {step} {ordinal} end end as s_{name}",
        ]  # fmt: skip
    gone = ", ".join(f"'{status}'" for status in GONE)
    pair.connection.execute(
        f"create or replace table work.paired as select o.event_id, {', '.join(picked)} "
        "from work.old_rows as o join work.new_rows as n on o.event_id = n.event_id cross join work.rules "
        f"left join {AFTER}.fct_feed_outcome as files on o.feed = files.feed and o.source_file = files.sha256 "
        f"cross join lateral (select coalesce(files.status in ({gone}), false) as is_gone, "
        "o.source_file = n.source_file and o.source_record_no = n.source_record_no as is_same) as flags"
    )
    return used

"""Published, a part of `verify`: the pointer names one whole build of this home, and its figures are what its events say.

Belongs here: CURRENT.json against the ledger and the files, counts of figures against the parts. Does not: whether parts are
what was landed (verify); any import of `pipelines`, on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from quality.invariant import Invariant, Scene, compare, unchecked

#: Opens a published file read-only (verify owns the connection).
Opener = Callable[[Path], duckdb.DuckDBPyConnection]
#: Figures that can be counted again without the register: metric, the time that places an event in a month, its slice.
COUNTED = (
    ("V01", "reported_at", "all", "'all'"),
    ("V01", "reported_at", "event_kind", "event_kind"),
    ("V02", "closed_at", "all", "'all'"),
)
#: Of the whole city, month by month, full outer join: a figure without events and events without a figure both show.
FIGURES = """
with root as (select grid_code from dim_grid where is_current and parent_code is null),
kinds as (select event_kind from ref_event_kind where is_case),
feeds as (select feed, as_of from dim_feed),
events as (
    select cast(date_trunc('month', e.{time}) as date) as month, {slice} as slice_code, count(*) as n
    from read_parquet(?, union_by_name = true) as e join kinds using (event_kind) join feeds on feeds.feed = e.feed
    where e.is_counted and e.{time} <= feeds.as_of group by all
),
told as (
    select cast(v.period_start as date) as month, v.slice_code, v.num as n from fct_metric_value as v join root using (grid_code)
    where v.metric_id = ? and v.slice_kind = ? and v.period_kind = 'month' and v.basis = 'as_was'
)
select count(*), count(*) filter (where coalesce(events.n, 0) = coalesce(told.n, 0))
from events full join told on events.month = told.month and events.slice_code = told.slice_code
"""


def pointer(scene: Scene, manifest: dict[str, Any], opened: Opener) -> Iterator[Invariant]:
    """CURRENT.json names a build that the ledger finished, that is kept under its own name, and whose file says the same."""
    published, build = scene.home / "published", str(manifest["build"])
    row = scene.rows("select status, as_of from build where build_id = ?", build)
    yield compare(
        build, ("账本记为已发布", "the ledger says that it was published"), "published", row[0]["status"] if row else "?"
    )
    own = published / f"{build}.json"
    same = own.is_file() and json.loads(own.read_text(encoding="utf-8")) == manifest
    yield compare(build, ("指针与该版自己的清单一致", "the pointer is the build's own list"), expected=True, found=same)
    names = ("文件中的版本与时点即指针所说", "build and as-of time in the file are what the pointer says")
    try:
        with opened(published / manifest["file"]) as small:
            told = small.execute("select build_id, cast(as_of as varchar) from build_info").fetchall()
    except duckdb.Error as error:
        yield unchecked(build, names, build, ("无法读取", f"not readable: {type(error).__name__}"))
        return
    expected = [(build, str(manifest["as_of"]).replace("T", " "))]
    yield compare(build, names, expected, told)


def figures(scene: Scene, manifest: dict[str, Any], opened: Opener) -> Iterator[Invariant]:
    """Counts of the whole city by month, from the parts and as published."""
    published = scene.home / "published"
    parts = [str(published / part["path"]) for part in manifest["parts"] if part["table"] == "fct_event"]
    if not parts:
        return
    names = ("按月计数与事件一致", "counts by month are what the events say")
    for metric, time, kind, slice_sql in COUNTED:
        subject = f"{metric} {kind}"
        try:
            with opened(published / manifest["file"]) as small:
                asked = FIGURES.format(time=time, slice=slice_sql)
                cells, equal = small.execute(asked, [parts, metric, kind]).fetchall()[0]
        except duckdb.Error as error:
            yield unchecked(subject, names, "", ("无法读取", f"not readable: {type(error).__name__}"))
            continue
        yield compare(subject, names, cells, equal)

"""Departed, a part of `verify`: keys that a file no longer brings, counted anew.

Belongs here: which file came before which, and how many of its keys the newer one lacks, by SQL of our own over ledger and
landing. Does not: any import of `pipelines`, on purpose (see verify).
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from quality.invariant import Invariant, Scene, compare, unchecked

NAMES = ("不再带来的键数", "keys that it no longer brings")
#: Files whose rows count or did, each with the one before it of those that cover the same: extract time, then receipt.
PAIRS = """
with files as (
    select f.feed, f.sha256, f.name, p.parser, p.landing_path, f.covers, coalesce(f.extracted_at, '') as at,
        (select max(r.seq) from receipt r where r.feed = f.feed and r.sha256 = f.sha256) as seq
    from file f join parse p on p.feed = f.feed and p.sha256 = f.sha256 and p.is_current = 1
    where f.covers <> '' and f.status in ('loaded', 'superseded')
)
select feed, sha256, name, parser, landing_path,
    lag(landing_path) over (partition by feed, covers order by at, seq) as before_path
from files order by feed, name, sha256
"""
LACKING = """
select count(distinct _event_id) from read_parquet(?)
where _event_id not in (select _event_id from read_parquet(?)) and not list_contains(?, _event_id)
"""


def departed(scene: Scene, database: duckdb.DuckDBPyConnection) -> Iterator[Invariant]:
    """One invariant for each file that the ledger says lacks keys, or that is said to lack none and should."""
    if not scene.rows("select 1 from sqlite_master where name = 'departed'"):
        return
    told = {(row["feed"], row["sha256"]): row["deleted_at_source_n"] for row in scene.rows("select * from departed")}
    for file in scene.rows(PAIRS):
        said = told.pop((file["feed"], file["sha256"]), None)
        if said is None:  # nothing before it, a feed without keys, or no build since it came
            continue
        subject = f"{file['feed']}/{file['name']}"
        paths = [scene.home / path for path in (file["before_path"], file["landing_path"]) if path]
        if not all(path.is_file() for path in paths):
            yield unchecked(subject, NAMES, said, ("落地文件缺失", "the landing file is missing"))
            continue
        yield compare(subject, NAMES, _lacking(scene, database, file, [str(path) for path in paths]), said)
    for (feed, sha256), said in sorted(told.items()):
        yield compare(f"{feed}/{sha256[:8]}", NAMES, 0, said)


def _lacking(scene: Scene, database: duckdb.DuckDBPyConnection, file: dict[str, str], paths: list[str]) -> int:
    if len(paths) == 1:
        return 0
    refused = scene.rows(
        "select event_id from quarantine where feed = ? and sha256 = ? and parser = ? and event_id <> ''",
        file["feed"], file["sha256"], file["parser"],
    )  # fmt: skip
    found = database.execute(LACKING, [*paths, [row["event_id"] for row in refused]]).fetchone()
    return int(found[0]) if found else 0

"""Build notes: what a published build could not decide or understand, in a line each with what to do.

Belongs here: rows of one case that nothing orders, codes that nobody mapped. Does not: rows that were refused (worklist), what
stops a build (the gate), the share of such cases (the Data quality board).
"""

from __future__ import annotations

from pipelines.core.settings import pick
from pipelines.core.warehouse import PublishedBuild

TIED = """
select feeds.title_zh, feeds.title_en, count(distinct versions.event_id)
from marts.fct_event_version as versions
join marts.fct_event as events using (event_id)
join marts.dim_feed as feeds using (feed)
where versions.is_key_conflict and events.is_counted
group by all order by 3 desc, 2
"""
UNMAPPED = """
select feeds.title_zh, feeds.title_en, cast(sum(files.unmapped_n) as bigint)
from marts.fct_feed_outcome as files
join marts.dim_feed as feeds using (feed)
group by all having sum(files.unmapped_n) > 0 order by 3 desc, 2
"""


def notes(build: PublishedBuild, home: str = "") -> list[str]:
    """One line per kind of doubt; empty where the build understood everything. `home`: for the commands it names."""
    found = []
    if tied := build.rows(TIED):
        found.append(
            pick(
                f"{_total(tied)} stand on rows of the same time with different content; which row counts is arbitrary, though "
                f"always the same ({_by_feed(tied)}) -> docs/add_a_city.md, Which row is newer?",
                f"{_total(tied)}的多行时间相同而内容不同，取哪一行并无依据，但每次相同（{_by_feed(tied)}）"
                "-> 见 docs/add_a_city.md 的 Which row is newer?",
            )
        )
    if unmapped := build.rows(UNMAPPED):
        at = f" --home {home}" if home else ""
        found.append(
            pick(
                f"{_total(unmapped)} have a code that nobody has mapped ({_by_feed(unmapped)}) -> citybrain quarantine codes{at}",
                f"{_total(unmapped)}含有尚未对照的代码（{_by_feed(unmapped)}）-> citybrain quarantine codes{at}",
            )
        )
    return found


def _total(rows: list[tuple[str, str, int]]) -> str:
    n = sum(row[2] for row in rows)
    return pick(f"{n:,} case{'s' if n > 1 else ''}", f"{n:,} 件")


def _by_feed(rows: list[tuple[str, str, int]]) -> str:
    return pick(", ", "、").join(f"{pick(en, zh)} {n:,}" for zh, en, n in rows)

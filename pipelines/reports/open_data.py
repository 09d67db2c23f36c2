"""Open data: what of a published build anybody may have, as tables with a dictionary, and as Open311.

Belongs here: which metrics, slices and single matters are open, and the tables of them (Parquet and CSV). Does not: Open311's
JSON (open311), figures themselves (the marts).

Open is less than what boards show, and never more: figures whose subject is a matter and that count no kind of case with
persons, as published (a hidden figure stays hidden, with its reason), cut by public domains and kinds alone; single matters of
these kinds and domains by day and street, without a number of a department's, free text or anything about a person.

A matter's own number here is an HMAC of its `event_id` under a key of the home. `event_id` itself is a hash without a key: who
counts up a department's numbers would find each matter again.
"""

from __future__ import annotations

import csv
import datetime as dt
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.core.warehouse import PublishedBuild, quoted
from pipelines.reports.open311 import write_open311
from pipelines.reports.plain_cell import plain_cell_sql
from pipelines.trace import IS_OPEN, IS_SHUT, feed_states

DOMAINS = Path(__file__).with_name("open_domains.csv")
MATTER = "matter"
#: Cuts of a figure that say nothing of persons, departments being public bodies.
SLICES = ("all", "department", "handling_level", "age_band")
#: What the key of the permanent numbers is for (Vault.key_for): who changes it changes every number.
PURPOSE = "numbers of open data"
#: Characters of a permanent number: 128 bits.
DIGITS = 32


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of matters that is open, and the finest level at which a single one is placed."""

    code: str
    level: int


def open_domains(day: dt.date) -> list[Domain]:
    """The domains that are open on a day (open_domains.csv)."""
    with DOMAINS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [Domain(row["domain_code"], int(row["level"])) for row in rows
            if row["effective_from"] <= day.isoformat() <= row["effective_to"]]  # fmt: skip


def open_kinds(build: PublishedBuild) -> list[str]:
    """The kinds of case that are about a matter, not a person."""
    return [row[0] for row in build.rows(
        "select event_kind from marts.ref_event_kind where subject = ? and is_case order by 1", [MATTER])]  # fmt: skip


def open_metrics(build: PublishedBuild) -> list[str]:
    """The metrics whose subject is a matter and that count events of such kinds alone."""
    matters = {row[0] for row in build.rows("select event_kind from marts.ref_event_kind where subject = ?", [MATTER])}
    rows = build.rows("select metric_id, definition from marts.ref_metric where subject = ? order by 1", [MATTER])
    return [metric for metric, definition in rows if set(json.loads(definition)["kinds"]) <= matters]


def write_open_data(build: PublishedBuild, folder: Path, *, zone: str, key: bytes) -> list[Path]:
    """Write the open part of a build.

    Args:
        build: a published build.
        folder: where the files go; made if it is not there.
        zone: the city's time zone, for Open311's times.
        key: of the permanent numbers (`Vault.key_for(PURPOSE)`); the same key gives the same numbers in every export.

    Returns:
        The files: each table as Parquet and CSV, the dictionary, Open311's services and requests.
    """
    folder.mkdir(parents=True, exist_ok=True)
    domains, kinds = open_domains(dt.datetime.fromisoformat(build.as_of).date()), open_kinds(build)
    files: list[Path] = []
    build.connection.register("open_number", _numbers(build, kinds, key))
    queries = {
        "figures": _figures(open_metrics(build), kinds, domains), "metrics": _metrics(open_metrics(build)),
        "requests": _requests(kinds, domains), "categories": _categories(domains), "areas": _areas(domains),
    }  # fmt: skip
    for name, query in queries.items():
        build.connection.execute(f"create or replace table open_{name} as {query}")
        files += [_table(build, name, folder / f"{name}.{kind}", kind) for kind in ("parquet", "csv")]
    files.append(_dictionary(build, list(queries), folder))
    files += write_open311(build, folder, zone=zone)
    files.append(_about(build, folder, domains))
    return files


def _numbers(build: PublishedBuild, kinds: Sequence[str], key: bytes) -> pl.DataFrame:
    """event_id, request_id of every counted matter of these kinds."""
    found = build.frame(f"select event_id from marts.fct_event where event_kind in ({_list(kinds)}) and is_counted")
    ids = [hmac.digest(key, event.encode(), "sha256").hex()[:DIGITS] for event in found["event_id"]]
    return found.with_columns(request_id=pl.Series(ids, dtype=pl.String))


def _list(codes: Sequence[str]) -> str:
    return ", ".join(map(quoted, codes)) or "null"


def _figures(metrics: Sequence[str], kinds: Sequence[str], domains: Sequence[Domain]) -> str:
    codes = _list([domain.code for domain in domains])
    return f"""
    select metric_id, slice_kind, slice_code, grid_code, grid_level, grid_name_zh, grid_name_en, period_kind, period_start,
        period_end, basis, num, den, value, is_suppressed, reason, ci_low, ci_high
    from marts.v_metric_display
    where metric_id in ({_list(metrics)}) and (
        slice_kind in ({_list(SLICES)})
        or (slice_kind = 'event_kind' and slice_code in ({_list(kinds)}))
        or (slice_kind = 'domain' and slice_code in ({codes}))
        or (slice_kind = 'category' and slice_code in
            (select category_code from marts.dim_category where domain_code in ({codes}) and is_public_safe))
    )
    order by all"""


def _metrics(metrics: Sequence[str]) -> str:
    return f"""
    select metric_id, name_zh, name_en, unit_zh, unit_en, decimals, direction, family, scale, min_denominator, caveat_zh,
        caveat_en, definition
    from marts.ref_metric where metric_id in ({_list(metrics)}) order by metric_id"""


def _requests(kinds: Sequence[str], domains: Sequence[Domain]) -> str:
    """Counted matters; place at the domain's level, times as days: a single one tells no more than that.

    What is open is what boards count as open; where a feed never tells closings it is not known, and there is no status.
    """
    levels = " ".join(f"when {quoted(domain.code)} then {domain.level}" for domain in domains)
    return f"""
    with placed as (
        select events.*, categories.domain_code, {IS_OPEN} as is_open,
            case categories.domain_code {levels} end as open_level,
            areas.path_0, areas.path_1, areas.path_2, areas.path_3
        from marts.fct_event as events
        inner join marts.dim_category as categories using (category_code)
        inner join {feed_states("marts")} as feeds on events.feed = feeds.feed
        left join marts.dim_grid as areas using (grid_version_id)
        where events.event_kind in ({_list(kinds)}) and events.is_counted and categories.is_public_safe
            and categories.domain_code in ({_list([domain.code for domain in domains])})
    ),

    coarse as (
        select *, case least(open_level, placed.grid_level)
            when 0 then path_0 when 1 then path_1 when 2 then path_2 when 3 then path_3 end as area_code
        from placed
    )

    select open_number.request_id, coarse.event_kind, coarse.category_code, coarse.domain_code,
        coalesce(coarse.area_code, 'UNASSIGNED') as area_code, coarse.lead_dept_id as department_code,
        case when coarse.is_open then 'open' when {IS_SHUT} then 'closed' end as status,
        cast(coarse.reported_at as date) as requested_on, cast(coarse.deadline_at as date) as expected_on,
        case when not coarse.is_open then cast(coarse.closed_at as date) end as closed_on
    from coarse
    inner join open_number on coarse.event_id = open_number.event_id
    where coarse.reported_at is not null
    order by requested_on, request_id"""


def _categories(domains: Sequence[Domain]) -> str:
    return f"""
    select category_code, domain_code, name_zh, name_en from marts.dim_category
    where is_public_safe and domain_code in ({_list([domain.code for domain in domains])}) order by category_code"""


def _areas(domains: Sequence[Domain]) -> str:
    finest = max((domain.level for domain in domains), default=0)
    return f"""
    select grid_code as area_code, grid_level, name_zh, name_en, parent_code, valid_from, valid_to, is_current
    from marts.dim_grid where grid_level <= {finest} order by area_code, valid_from"""


def _table(build: PublishedBuild, name: str, path: Path, kind: str) -> Path:
    """One table as a file, whole or not at all; in CSV, which says of no cell what it is, every text stays a text."""
    draft = path.with_name(f".{path.name}.part")
    options = "format parquet, compression zstd" if kind == "parquet" else "format csv, header true"
    texts = [column for column, of, *_ in build.rows(f"describe open_{name}") if of == "VARCHAR" and kind == "csv"]
    plain = ", ".join(f"{plain_cell_sql(column)} as {column}" for column in texts)
    rows = f"select *{f' replace ({plain})' if plain else ''} from open_{name}"
    build.connection.execute(f"copy ({rows}) to {quoted(draft)} ({options})")
    draft.replace(path)
    return path


#: What is not a column of a mart, and so has no words there.
OWN_WORDS = {
    "request_id": ("事项编号", "Permanent number of the matter: keyed, so that nobody can work out the department's own"),
    "area_code": ("区域编码", "Area, no finer than the domain's level; UNASSIGNED where it is not known"),
    "department_code": ("主办部门编码", "Department that leads"),
    "status": ("状态", "open or closed, as boards count; empty where it is not known: the feed never tells closings"),
    "requested_on": ("上报日期", "Day of the report, city-local"),
    "expected_on": ("应办结日期", "Day by which it is to be closed"),
    "closed_on": ("办结日期", "Day on which it was closed"),
    "family": ("类型", "count, ratio, share, median or stock"),
    "scale": ("倍数", "100 for percent, 1,000 or 10,000 for rates"),
    "min_denominator": ("最小分母", "Below it no rate is computed"),
    "direction": ("方向", "lower or higher is better, or neutral"),
    "decimals": ("小数位数", "Decimals shown"),
    "caveat_zh": ("注意", "What the figure does not say, in Chinese"),
    "caveat_en": ("注意(英文)", "What the figure does not say"),
    "definition": ("口径定义", "Whole entry of the register, as JSON"),
}  # fmt: skip


def _dictionary(build: PublishedBuild, tables: Sequence[str], folder: Path) -> Path:
    """Every column of every table: type, Chinese and English words."""
    from pipelines.reports.dictionary import column_words

    known = column_words()
    path = folder / "data_dictionary.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["table", "column", "type", "name_zh", "description"])
        for table in tables:
            for column, kind, *_ in build.rows(f"describe open_{table}"):
                zh, text = OWN_WORDS.get(column) or known.get(column) or ("", "")
                writer.writerow([table, column, kind, zh, text])
    return path


def _about(build: PublishedBuild, folder: Path, domains: Sequence[Domain]) -> Path:
    (zh, en) = build.rows("select city_zh, city_en from marts.build_info")[0]
    codes = ", ".join(domain.code for domain in domains)
    path = folder / "README.md"
    path.write_text(
        f"# {zh} · {en}\n\n"
        f"版本 {build.build_id}，数据截至 {build.as_of}。公开范围：对象为事项的指标，以及 {codes} 各类单个事项（到日、到街镇）。"
        "涉及个人的领域不公开；隐去的数字仍然隐去，原因见 reason。请勿尝试识别个人。\n\n"
        f"Build {build.build_id}, data as of {build.as_of}. Open: figures about matters, and single matters of the domains "
        f"{codes} by day and street. Nothing about persons; a figure that is hidden stays hidden, `reason` says why. "
        "Do not try to identify people.\n\n"
        "| file | what |\n|---|---|\n"
        "| figures.parquet, .csv | 指标值 figures, as published |\n| metrics.parquet, .csv | 指标口径 what each figure is |\n"
        "| requests.parquet, .csv | 单个事项 single matters |\n| categories.parquet, .csv | 类别 categories |\n"
        "| areas.parquet, .csv | 区域 areas |\n| data_dictionary.csv | 数据字典 every column |\n"
        "| services.json, requests.json, requests/YYYY-MM.json | Open311 GeoReport v2 |\n",
        encoding="utf-8",
    )  # fmt: skip
    return path

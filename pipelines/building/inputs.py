"""What a build hands to dbt: `raw.<contract>` views over the ledger's current parses, and the `ops.*` tables.

Belongs here: reading ledger, decisions, bindings and vocabularies into the warehouse. Does not: any rule about events
(dbt_project), what changed since the last build (changes).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.core import decisions as human
from pipelines.core import targets
from pipelines.core.bindings import Binding, City
from pipelines.core.codes import code_map, vocabulary
from pipelines.core.contracts import CONTRACTS, Contract, contract_ids, load_contract
from pipelines.core.errors import BuildBlocked
from pipelines.core.settings import PROJECT_ROOT, Home, pick
from pipelines.core.state import Ledger
from pipelines.core.warehouse import Connection, quoted

#: Modules of pipelines/analytics that dbt's Python models call: what they say is part of every build.
MODELLED = ("hotspots.py", "places.py", "suppression.py")
TYPES = {
    "string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP",
    "date": "DATE",
}  # fmt: skip
LANDED = {
    "_event_id": "VARCHAR", "_file": "VARCHAR", "_record_no": "BIGINT", "_feed": "VARCHAR", "_system": "VARCHAR",
    "_covers": "VARCHAR", "extracted_at": "TIMESTAMP", "_version_at": "TIMESTAMP", "_content_hash": "VARCHAR",
    "time_precision": "VARCHAR", "terms": "VARCHAR[]", "_flags": "VARCHAR[]",
}  # fmt: skip
OPS: dict[str, str] = {
    "build_info": "build_id VARCHAR, as_of TIMESTAMP, mode VARCHAR, city VARCHAR, root_code VARCHAR, project_version "
    "VARCHAR, fingerprint VARCHAR, city_zh VARCHAR, city_en VARCHAR, earliest DATE",
    "feed": "feed VARCHAR, contract VARCHAR, system VARCHAR, domain VARCHAR, title_zh VARCHAR, title_en VARCHAR, "
    "latency_hours DOUBLE, as_of TIMESTAMP, is_reference BOOLEAN, delivery VARCHAR",
    "feed_outcome": "feed VARCHAR, contract VARCHAR, sha256 VARCHAR, name VARCHAR, status VARCHAR, received_at TIMESTAMP, "
    "extracted_at TIMESTAMP, covers VARCHAR, read_n BIGINT, accepted_n BIGINT, quarantined_n BIGINT, repeat_n BIGINT, "
    "nondata_n BIGINT, deleted_at_source_n BIGINT, clock_min TIMESTAMP, clock_max TIMESTAMP, held_what VARCHAR, "
    "is_current BOOLEAN, encoding VARCHAR, unknown_columns VARCHAR",
    "rule_outcome": "feed VARCHAR, contract VARCHAR, sha256 VARCHAR, rule_id VARCHAR, column_name VARCHAR, severity VARCHAR, "
    "dimension VARCHAR, evaluated_n BIGINT, failed_n BIGINT",
    "quality_outcome": "feed VARCHAR, contract VARCHAR, sha256 VARCHAR, rule_id VARCHAR, severity VARCHAR, "
    "evaluated_n BIGINT, failed_n BIGINT, is_error BOOLEAN",
    "parse_mark": "feed VARCHAR, contract VARCHAR, sha256 VARCHAR, column_name VARCHAR, mark VARCHAR, found_n BIGINT",
    "score": "feed VARCHAR, month VARCHAR, dimension VARCHAR, seen_at TIMESTAMP, num BIGINT, den BIGINT, "
    "gx_evaluated_n BIGINT, gx_failed_n BIGINT, gx_error_n BIGINT",
    "code_map": "contract VARCHAR, system VARCHAR, code_set VARCHAR, source_code VARCHAR, canonical_code VARCHAR, "
    "valid_from DATE, valid_to DATE",
    "code_name": "code_set VARCHAR, canonical_code VARCHAR, name_zh VARCHAR, name_en VARCHAR",
    "target_decision": "metric_id VARCHAR, slice_kind VARCHAR, slice_code VARCHAR, area_code VARCHAR, period_kind VARCHAR, "
    "valid_from DATE, target_value DOUBLE, set_by VARCHAR, source_text VARCHAR, decision_id BIGINT",
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a build is made of, as the ledger has it at one moment."""

    city: City
    parses: tuple[dict[str, Any], ...]
    feed_outcomes: tuple[dict[str, Any], ...]
    rule_outcomes: tuple[dict[str, Any], ...]
    quality_outcomes: tuple[dict[str, Any], ...]
    marks: tuple[dict[str, Any], ...]
    scores: tuple[dict[str, Any], ...]
    decisions: tuple[dict[str, Any], ...]
    as_of: dt.datetime
    feed_as_of: dict[str, dt.datetime]
    fingerprint: str
    build_id: str


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _feed_clock(parses: Iterable[dict[str, Any]]) -> dict[str, dt.datetime]:
    """Per feed the greatest extract time or clock value of its current parses."""
    clocks: dict[str, dt.datetime] = {}
    for parse in parses:
        for text in (parse["extracted_at"], parse["clock_max"]):
            moment = _moment(text)
            if moment is not None:
                clocks[parse["feed"]] = max(clocks.get(parse["feed"], moment), moment)
    return clocks


def read_inputs(home: Home, city: City, ledger: Ledger, as_of: dt.datetime | None) -> Inputs:
    """Read the ledger once. Raises BuildBlocked when nothing was landed that tells the time."""
    feeds = {binding.feed: binding for binding in city.feeds}
    parses = tuple(p for p in ledger.current_parses() if p["feed"] in feeds)
    clocks = _feed_clock(parses)
    events = {feed for feed, binding in feeds.items() if binding.contract.entity == "event"}
    times = [moment for feed, moment in clocks.items() if feed in events] or list(clocks.values())
    overall = as_of or city.as_of or (max(times) if times else None)
    if overall is None:
        raise BuildBlocked(
            pick("no file of events has been taken that tells its time, so there is no time to build for",
                 "尚无可判定时间的事件文件入库，无从确定统计时点"),
            where=city.name, remedy=f"citybrain status --home {home.root} names what is held; or give --as-of",
        )  # fmt: skip
    decided = tuple(human.every(home))
    for binding in city.feeds:
        if not binding.is_keyless:
            ledger.departed.settle(binding.feed, home.root)
    outcomes = tuple(_feed_outcomes(ledger, feeds))
    quality = tuple(_of_current(ledger, "quality_outcome", feeds))
    fingerprint = _fingerprint(city, parses, decided)
    return Inputs(
        city=city,
        parses=parses,
        feed_outcomes=outcomes,
        rule_outcomes=tuple(_of_current(ledger, "rule_outcome", feeds)),
        quality_outcomes=quality,
        marks=tuple(_of_current(ledger, "parse_mark", feeds, "o.column_name, o.mark")),
        scores=tuple(row for row in ledger.rows("select * from score order by 1, 2, 3, 4") if row["feed"] in feeds),
        decisions=decided,
        as_of=overall,
        feed_as_of={feed: min(clocks.get(feed, overall), overall) for feed in feeds},
        fingerprint=fingerprint,
        build_id=_build_id(overall, fingerprint, parses, outcomes, quality),
    )


def _build_id(as_of: dt.datetime, fingerprint: str, *contents: Sequence[dict[str, Any]]) -> str:
    """The name of a build follows from its content: the same inputs, the same name, whenever it is made."""
    volatile = {"received_at", "loaded_at", "ran_at", "landing_path"}
    told = [[{k: v for k, v in row.items() if k not in volatile} for row in rows] for rows in contents]
    text = json.dumps([as_of.isoformat(), fingerprint, told], sort_keys=True, default=str)
    return f"{as_of:%Y%m%d}_{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _fingerprint(city: City, parses: Sequence[dict[str, Any]], decisions: Sequence[dict[str, Any]]) -> str:
    """Hash of everything a build depends on except the event files: when it changes, nothing old can be kept.

    Decisions on files are no part of it: they switch parses in the ledger, and what these hold is touched.
    """
    digest = hashlib.sha256()

    def add(*parts: object) -> None:
        digest.update("\x1f".join(map(str, parts)).encode() + b"\x1e")

    add(city.name, city.root_area, city.title_zh, city.title_en, city.earliest)
    for contract_id in contract_ids():
        add(contract_id, load_contract(contract_id).digest)
    for binding in city.feeds:
        add(binding.feed, binding.digest, binding.codes)
    for parse in parses:
        if load_contract(parse["contract"]).entity == "reference":
            add(parse["feed"], parse["sha256"], parse["parser"])
    for decision in decisions:
        if decision["kind"] in human.READ_BY_MODELS:
            add(*decision.values())
    project = PROJECT_ROOT / "dbt_project"
    sources = [p for p in project.rglob("*") if p.suffix in (".sql", ".yml", ".csv", ".py") and "target" not in p.parts]
    modelled = [PROJECT_ROOT / "pipelines" / "analytics" / name for name in MODELLED]
    for path in [*sorted(sources), CONTRACTS / "codes.csv", *modelled]:
        add(path.relative_to(PROJECT_ROOT), hashlib.sha256(path.read_bytes()).hexdigest())
    for package in ("duckdb", "dbt-core", "dbt-duckdb", "polars", "shapely", "scipy"):
        add(package, version(package))
    return digest.hexdigest()[:16]


def _feed_outcomes(ledger: Ledger, feeds: dict[str, Binding]) -> Iterable[dict[str, Any]]:
    """One row per file received, with the counts of its current parse (0 where it has none, as a held file)."""
    rows = ledger.rows(
        "select f.feed, f.contract, f.sha256, f.name, f.status, f.received_at, f.extracted_at, f.covers, p.read_n, "
        "p.accepted_n, p.quarantined_n, p.repeat_n, p.nondata_n, "
        "d.deleted_at_source_n, p.clock_min, p.clock_max, "
        "case when f.status = 'held' then f.held_what else '' end as held_what, p.encoding, f.unknown_columns, "
        "p.sha256 is not null and f.status = 'loaded' as is_current "
        "from file f left join parse p on p.feed = f.feed and p.sha256 = f.sha256 and p.is_current = 1 "
        "left join deleted_at_source d on d.feed = f.feed and d.sha256 = f.sha256 order by f.feed, f.sha256"
    )
    counts = ("read_n", "accepted_n", "quarantined_n", "repeat_n", "nondata_n", "deleted_at_source_n")
    for row in rows:
        if row["feed"] in feeds:
            yield {**row, **{name: row[name] or 0 for name in counts}, "is_current": bool(row["is_current"])}


def _of_current(ledger: Ledger, table: str, feeds: dict[str, Binding], order: str = "o.rule_id") -> Iterable[dict[str, Any]]:
    rows = ledger.rows(
        f"select o.*, p.contract from {table} o join parse p using (feed, sha256, parser) "
        "join file f using (feed, sha256) where p.is_current = 1 and f.status in ('loaded', 'superseded') "
        f"order by o.feed, o.sha256, {order}"
    )
    return (row for row in rows if row["feed"] in feeds)


def write_raw_views(connection: Connection, home: Home, parses: Sequence[dict[str, Any]]) -> None:
    """`raw.<contract>` for every contract we ship: typed and empty where this city has none."""
    connection.execute("create schema if not exists raw")
    for contract_id in contract_ids():
        own = [p for p in parses if p["contract"] == contract_id]
        connection.execute(
            f"create or replace view raw.{contract_id} as {_view_sql(connection, home, load_contract(contract_id), own)}"
        )


def landing_path(home: Home, parse: dict[str, Any]) -> Path:
    """Where a parse lies; the ledger holds it relative to the home."""
    path = Path(parse["landing_path"])
    return path if path.is_absolute() else home.root / path


def _view_sql(connection: Connection, home: Home, contract: Contract, parses: Sequence[dict[str, Any]]) -> str:
    columns = LANDED | {c.name: "VARCHAR[]" if c.is_list else TYPES[c.type] for c in contract.landed}
    present: set[str] = set()
    relation = "(select 1) as nothing where false"
    if parses:
        # Matching columns by name makes DuckDB open every file; files of one parser share one schema.
        by_name = "false" if _is_of_one_schema([landing_path(home, p) for p in _one_of_each_parser(parses)]) else "true"
        paths = ", ".join(quoted(landing_path(home, p)) for p in parses)
        relation = f"read_parquet([{paths}], union_by_name = {by_name})"
        described = connection.execute(f"describe select * from {relation}").fetchall()
        present = {row[0] for row in described}
    selected = [f"cast({name if name in present else 'null'} as {kind}) as {name}" for name, kind in columns.items()]
    return f"select {', '.join(selected)} from {relation}"


def _one_of_each_parser(parses: Sequence[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    return {p["parser"]: p for p in parses}.values()


def _is_of_one_schema(paths: Sequence[Path]) -> bool:
    first = pq.read_schema(paths[0])
    return all(pq.read_schema(path).equals(first) for path in paths[1:])


def write_ops(connection: Connection, inputs: Inputs, mode: str) -> None:
    """The `ops.*` tables of docs/architecture.md, made anew; `touched` and `loaded` outlive a build and are not touched."""
    connection.execute("create schema if not exists ops")
    city = inputs.city
    rows: dict[str, Iterable[Sequence[Any]]] = {
        "build_info": [(
            inputs.build_id, inputs.as_of, mode, city.name, city.root_area, version("citybrain") if _installed() else "0",
            inputs.fingerprint, city.title_zh, city.title_en, city.earliest,
        )],
        "feed": [(
            b.feed, b.contract.id, b.system, b.contract.domain, b.title_zh, b.title_en, b.contract.latency_hours,
            inputs.feed_as_of[b.feed], b.contract.entity == "reference", b.delivery,
        ) for b in city.feeds],
        "feed_outcome": _picked(inputs.feed_outcomes, OPS["feed_outcome"]),
        "rule_outcome": _picked(inputs.rule_outcomes, OPS["rule_outcome"]),
        "quality_outcome": _picked(inputs.quality_outcomes, OPS["quality_outcome"]),
        "parse_mark": _picked(inputs.marks, OPS["parse_mark"]),
        "score": _picked(inputs.scores, OPS["score"]),
        "code_map": code_map(city, inputs.decisions),
        "code_name": [(r["code_set"], r["canonical_code"], r["name_zh"], r["name_en"]) for r in vocabulary()],
        "target_decision": [targets.decided_row(d) for d in inputs.decisions if d["kind"] == "target"],
    }  # fmt: skip
    for table, ddl in OPS.items():
        write_rows(connection, f"ops.{table}", ddl, rows[table])


def _installed() -> bool:
    try:
        version("citybrain")
    except ModuleNotFoundError:
        return False
    return True


def _picked(rows: Iterable[dict[str, Any]], ddl: str) -> list[tuple[Any, ...]]:
    names = [column.split()[0] for column in ddl.split(", ")]
    return [tuple(row[name] for name in names) for row in rows]


def write_rows(connection: Connection, table: str, ddl: str, rows: Iterable[Sequence[Any]]) -> None:
    """Make `table` anew from `rows`, in one transaction."""
    import polars as pl

    names = [column.split()[0] for column in ddl.split(", ")]
    held = [tuple(None if v is None else str(v) for v in row) for row in rows]
    handed = pl.DataFrame(held, schema=dict.fromkeys(names, pl.String), orient="row")
    connection.register("handed", handed)
    connection.execute("begin")
    connection.execute(f"create or replace table {table} ({ddl})")
    connection.execute(f"insert into {table} select * from handed")
    connection.execute("commit")
    connection.unregister("handed")

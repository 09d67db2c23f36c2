"""Publishing: the gate, the small file and the parts of a build, the pointer, rolling back.

Belongs here: write, audit, publish. Does not: building (build), what a reader sees of it (core.warehouse). A build reaches
the boards in one step, the replacement of CURRENT.json; whatever is killed before it leaves yesterday's in place.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.building.gate import findings
from pipelines.building.inputs import Inputs
from pipelines.core import disk, faults
from pipelines.core.errors import BuildBlocked, UsageError
from pipelines.core.settings import Home, Settings, pick
from pipelines.core.warehouse import STORAGE_VERSION, Connection, PublishedBuild, open_published, quoted, writer

#: Tables that are published as Parquet per month of the event's report; the rest goes into the small file.
PARTS = {
    "fct_event": "select f.*, {month} as part_month from marts.fct_event f",
    "fct_event_version": (
        "select v.*, {month} as part_month from marts.fct_event_version v join marts.fct_event f using (event_id)"
    ),
    "fct_callback": (
        "select c.*, {month} as part_month from marts.fct_callback c join marts.fct_event f on f.event_id = c.callback_id"
    ),
    "fct_event_link": (
        "select l.*, {month} as part_month from marts.fct_event_link l join marts.fct_event f on l.event_id_a = f.event_id"
    ),
    "fct_event_stage": ("select s.*, {month} as part_month from marts.fct_event_stage s join marts.fct_event f using (event_id)"),
    "fct_sla_clock": "select k.*, {month} as part_month from marts.fct_sla_clock k join marts.fct_event f using (event_id)",
    "fct_dispatch": "select d.*, {month} as part_month from marts.fct_dispatch d join marts.fct_event f using (event_id)",
}
ORDER = {
    "fct_event": "event_id", "fct_event_version": "event_id, version_no", "fct_callback": "callback_id",
    "fct_event_link": "event_id_a, event_id_b, link_kind", "fct_sla_clock": "event_id, sla_rule_id",
    "fct_dispatch": "event_id",
    "fct_event_stage": "event_id, seq",
}  # fmt: skip
#: Tables of the small file that are large enough for their order to matter: neighbours alike take half the room.
FILE_ORDER = {
    "fct_metric_value": "metric_id, slice_kind, slice_code, basis, period_kind, period_start, period_end, grid_level, grid_code"
}
#: Views of the warehouse that readers get as tables.
WRITTEN_OUT = ("fct_metric_value", "v_metric_pair")
CLOCKS = "fct_sla_clock"
MONTH = "strftime(f.reported_at, '%Y-%m')"
#: Seeds that readers need beside the marts.
SEEDS = (
    "ref_metric", "ref_metric_cut", "ref_metric_warning", "ref_metric_planned", "ref_warning", "ref_threshold",
    "ref_age_band", "ref_category_domain", "ref_event_kind", "ref_grid_level", "ref_quality_weight",
    "ref_sla_rule", "ref_native_stage", "ref_dirt", "ref_dirt_mark", "ref_score_dimension",
)  # fmt: skip
OPS = ("code_name",)
#: In the order in which they read each other.
VIEWS = ("v_metric_shown", "v_metric_display")
KEEP_BUILDS = 5
NO_MONTH = "0000-00"


@dataclass(frozen=True, slots=True)
class Published:
    """What was published."""

    build_id: str
    as_of: str
    file: str
    parts: int
    parts_written: int


def publish(
    home: Home, settings: Settings, inputs: Inputs, mode: str, *, now: dt.datetime,
    audit: Callable[[PublishedBuild], None] = lambda _: None,
) -> Published:  # fmt: skip
    """Audit the warehouse and publish it. `now` is when; it is told to people and is part of nothing else.

    `audit` sees the very build that readers would see, before the pointer moves; what it raises stops it.

    Raises BuildBlocked, naming the first invariants that do not hold; yesterday's build stays.
    """
    sweep_drafts(home)
    faults.hit("gate")
    with writer(home.warehouse, settings) as connection:
        wrong = findings(connection, inputs)
        if wrong:
            raise BuildBlocked(
                pick(f"{len(wrong)} totals do not agree: ", f"{len(wrong)} 项总数不符:") + "; ".join(map(str, wrong[:3])),
                where="gate",
                remedy=pick("yesterday's build stays published; citybrain verify", "继续使用上一版;citybrain verify"),
            )  # fmt: skip
        faults.hit("before_publish_file")
        parts, written = _write_parts(connection, home, mode, inputs.build_id)
        file = _write_file(connection, home, inputs.build_id)
    faults.hit("after_publish_file")
    manifest = {
        "build": inputs.build_id, "file": file, "as_of": inputs.as_of.isoformat(), "parts": parts,
        "published_at": now.isoformat(timespec="seconds"),
    }  # fmt: skip
    with open_published(home.root, manifest) as candidate:
        audit(candidate)
    _replace(home.published / f"{inputs.build_id}.json", manifest)
    _replace(home.published / "CURRENT.json", manifest)
    faults.hit("after_pointer")
    sweep(home)
    return Published(inputs.build_id, inputs.as_of.isoformat(), file, len(parts), written)


def _replace(path: Path, content: dict[str, Any]) -> None:
    """Replace a JSON file in one step that survives a crash: content synced, then renamed, then the folder synced."""
    with disk.drafting(path, "pointer") as draft:
        draft.write(json.dumps(content, ensure_ascii=False, indent=1).encode())


def _current(home: Home) -> dict[str, Any] | None:
    path = home.published / "CURRENT.json"
    if not path.exists():
        return None
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _finished(connection: Connection) -> set[str]:
    return {str(row[0]) for row in connection.execute("select build_id from ops.finished").fetchall()}


def _write_parts(connection: Connection, home: Home, mode: str, build_id: str) -> tuple[list[dict[str, str]], int]:
    """The parts of this build. An incremental one writes the months it touched and keeps the others' files."""
    current = _current(home)
    months = {row[0] for row in connection.execute(f"select distinct {MONTH} from marts.fct_event f").fetchall()}
    due = set(months)
    kept: list[dict[str, str]] = []
    judged_anew: set[str] = set()
    # What was touched is counted from the last finished build; after a rollback CURRENT.json names an older one, whose
    # other months may be stale too.
    if mode == "incremental" and current is not None and current["build"] in {build_id, *_finished(connection)}:
        touched = "select distinct strftime(day, '%Y-%m') from ops.touched where day is not null"
        due = {row[0] for row in connection.execute(touched).fetchall()} & months
        judged_anew = _clock_months(connection, home, current) - due
        kept = [
            part for part in current["parts"]
            if part["month"] in months - due and (home.published / part["path"]).exists()
            and not (part["table"] == CLOCKS and part["month"] in judged_anew)
        ]  # fmt: skip
    held = {(part["table"], part["month"]) for part in kept}
    wanted = [(table, month) for table in PARTS for month in sorted(months) or [NO_MONTH] if (table, month) not in held]
    parts = [*kept, *(_write_part(connection, home, table, month) for table, month in wanted)]
    return sorted(parts, key=lambda part: (part["table"], part["month"])), len(wanted)


def _clock_months(connection: Connection, home: Home, current: dict[str, Any]) -> set[str]:
    """Months in which clocks may have changed without their events.

    Open clocks run on with as_of. A clock that begins to run in a feed, or ceases to, may change any month.
    """
    joined = f"select distinct {MONTH} from marts.{CLOCKS} k join marts.fct_event f using (event_id)"
    paths = [quoted(home.published / part["path"]) for part in current["parts"] if part["table"] == CLOCKS]
    pairs = "select distinct feed, sla_rule_id from "
    before = connection.execute(f"{pairs} read_parquet([{', '.join(paths)}])").fetchall() if paths else []
    if set(before) != set(connection.execute(f"{pairs} marts.{CLOCKS}").fetchall()):
        joined = f"select distinct {MONTH} from marts.fct_event f"
    else:
        joined += " where k.outcome in ('open_in_time', 'open_overdue')"
    return {row[0] for row in connection.execute(joined).fetchall()}


def _write_part(connection: Connection, home: Home, table: str, month: str) -> dict[str, str]:
    """One immutable file, named by its content. Rows in the order of the key, so equal rows give equal bytes."""
    folder = home.published / "parts" / table
    disk.make_folder(folder)
    faults.hit("part_write")
    draft = folder / f".{month}.{os.getpid()}.draft"
    rows = PARTS[table].format(month=MONTH)
    connection.execute(
        f"copy (select * exclude (part_month) from ({rows}) where part_month = {quoted(month)} order by {ORDER[table]}) "
        f"to {quoted(draft)} (format parquet, compression zstd)"
    )
    digest = hashlib.sha256(draft.read_bytes()).hexdigest()
    path = folder / f"{month}-{digest[:16]}.parquet"
    disk.place(draft, path, "part")
    return {"table": table, "month": month, "path": str(path.relative_to(home.published)), "sha256": digest}


def _write_file(connection: Connection, home: Home, build_id: str) -> str:
    """The small file: every mart that is no part, the seeds a reader needs, and the display view."""
    draft = home.published / f".{build_id}.draft"
    draft.unlink(missing_ok=True)
    faults.hit("file_write")
    connection.execute(f"attach {quoted(draft)} as small (storage_version '{STORAGE_VERSION}')")
    tables = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts' and database_name = current_database() order by 1"
    ).fetchall()
    names = [name for (name,) in tables if name not in PARTS and not name.endswith("__dbt_tmp")]
    for name in [*names, *WRITTEN_OUT]:
        order = f" order by {FILE_ORDER[name]}" if name in FILE_ORDER else ""
        connection.execute(f"create table small.{name} as select * from marts.{name}{order}")
    for name in SEEDS:
        connection.execute(f"create table small.{name} as select * from seeds.{name}")
    for name in OPS:
        connection.execute(f"create table small.{name} as select * from ops.{name}")
    for name in VIEWS:
        connection.execute(f"use small; {_view(connection, name, _own_name(home))}; use {_own_name(home)}")
    connection.execute("checkpoint small")
    connection.execute("detach small")
    path = home.published / f"{build_id}.duckdb"
    disk.place(draft, path, "file")
    return path.name


def _own_name(home: Home) -> str:
    return home.warehouse.stem


def _view(connection: Connection, name: str, own: str) -> str:
    """The warehouse's view in a file where all tables lie in one schema."""
    sql: str = connection.execute(
        "select sql from duckdb_views() where schema_name = 'marts' and view_name = ? and database_name = ?", [name, own]
    ).fetchall()[0][0]
    for schema in ("marts", "seeds"):
        for prefix in (f'"{own}"."{schema}".', f"{own}.{schema}.", f'"{schema}".', f"{schema}."):
            sql = sql.replace(prefix, "")
    return sql.rstrip().rstrip(";")


def builds(home: Home) -> list[dict[str, Any]]:
    """The kept builds, newest first by when they were published."""
    found = [
        json.loads(path.read_text(encoding="utf-8")) for path in home.published.glob("*.json") if path.name != "CURRENT.json"
    ]
    return sorted(found, key=lambda manifest: (manifest["published_at"], manifest["build"]), reverse=True)


def rollback(home: Home, build_id: str) -> dict[str, Any]:
    """Point the boards at a kept build. Raises UsageError for a build that is not kept."""
    kept = {manifest["build"]: manifest for manifest in builds(home)}
    if build_id not in kept:
        raise UsageError(
            pick(f"build {build_id!r} is not kept", f"没有保留版本 {build_id!r}"), where=str(home.published),
            remedy=pick("kept are ", "现有:") + ", ".join(kept),
        )  # fmt: skip
    _replace(home.published / "CURRENT.json", kept[build_id])
    return kept[build_id]


def sweep(home: Home, keep: int = KEEP_BUILDS) -> None:
    """Remove builds beyond the newest `keep` (the current one always stays), and parts that no kept build lists."""
    current = _current(home)
    kept = builds(home)[:keep]
    listed = {part["path"] for manifest in [*kept, *([current] if current else [])] for part in manifest["parts"]}
    names = {manifest["build"] for manifest in kept} | ({current["build"]} if current else set())
    for manifest in builds(home):
        if manifest["build"] not in names:
            (home.published / f"{manifest['build']}.json").unlink(missing_ok=True)
            (home.published / manifest["file"]).unlink(missing_ok=True)
    for path in (home.published / "parts").rglob("*"):
        if path.is_file() and str(path.relative_to(home.published)) not in listed:
            path.unlink()
    sweep_drafts(home)


def sweep_drafts(home: Home) -> None:
    """Remove drafts of a build that was stopped. The caller holds the writer's lock, so nobody writes any now."""
    for path in [*home.published.glob(".*.draft*"), *(home.published / "parts").glob("*/.*.draft*")]:
        path.unlink()
    disk.sweep([home.published])

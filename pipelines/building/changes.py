"""What changed since the last finished build: the touched events with their old positions.

Belongs here: `ops.touched`, `ops.loaded`, `ops.finished*`. Does not: the new positions (the post-hook of fct_event), what
dbt does with them. `ops.touched` is append-only until CURRENT.json has moved, so the old positions of a killed build
survive it; this module never empties it but in `finish`.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.building.inputs import Inputs, landing_path
from pipelines.core.contracts import contract_ids, load_contract
from pipelines.core.register import SEEDS, read_register, time_columns
from pipelines.core.settings import Home
from pipelines.core.state import Ledger
from pipelines.core.warehouse import Connection, quoted

LOADED = "feed VARCHAR, sha256 VARCHAR, parser VARCHAR"
TOUCHED = "event_id VARCHAR, day DATE, grid_code VARCHAR"


def links() -> list[tuple[str, str, str, bool]]:
    """(contract, column, named contract, whether it holds a list): columns that name another case by its number.

    When one of the two moves, the other moves too: a merged case follows its root, an act its case, and a case counts
    the acts about it.
    """
    contracts = [load_contract(contract) for contract in contract_ids()]
    return [(c.id, col.name, named, col.is_list) for c in contracts for col in c.columns for named in col.links]


def clock_columns() -> tuple[str, ...]:
    """Columns of fct_event at which a clock of `ref_sla_rule` starts or stops, in the order of their names."""
    with (SEEDS / "ref_sla_rule.csv").open(encoding="utf-8", newline="") as stream:
        rules = [rule for rule in csv.DictReader(stream) if rule["is_run"] == "true"]
    return tuple(sorted({rule[end] for rule in rules for end in ("start_column", "stop_column")}))


def has_finished_build(connection: Connection) -> bool:
    """Whether this file holds a build that was published to its end."""
    found = connection.execute(
        "select count(*) = 2 from duckdb_tables() where schema_name = 'ops' and table_name in ('loaded', 'finished')"
    ).fetchone()
    return bool(found and found[0] and connection.execute("select count(*) from ops.finished").fetchall()[0][0])


def finished_fingerprint(connection: Connection) -> str:
    """The fingerprint of the last finished build."""
    return str(connection.execute("select fingerprint from ops.finished").fetchall()[0][0])


def is_regridded(connection: Connection, inputs: Inputs) -> bool:
    """Whether an area begins or ends between the two as_of: then old cases lie elsewhere on the map in force.

    A notice, or a validity in the register, may have been known long before; no file changes on its day.
    """
    days = " union all ".join(
        f"select {column} as day from raw.{contract}"
        for contract, column in (("grid_change", "effective_on"), ("grid", "valid_from"), ("grid", "valid_to"))
    )
    found = connection.execute(
        f"select count(*) from ({days}) as told, ops.finished as f "
        "where told.day > least(cast(f.as_of as date), cast(? as date)) "
        "and told.day <= greatest(cast(f.as_of as date), cast(? as date))",
        [inputs.as_of, inputs.as_of],
    ).fetchall()
    return bool(found[0][0])


def make_tables(connection: Connection) -> None:
    """The tables that outlive a build."""
    connection.execute("create schema if not exists ops")
    connection.execute(f"create table if not exists ops.touched ({TOUCHED})")


def _switched(connection: Connection, ledger: Ledger, inputs: Inputs) -> list[dict[str, Any]]:
    """Parses switched on or off since the last finished build, with where they lie."""
    now = {(p["feed"], p["sha256"], p["parser"]) for p in inputs.parses}
    before = set(connection.execute("select feed, sha256, parser from ops.loaded").fetchall())
    every = {(p["feed"], p["sha256"], p["parser"]): p for p in ledger.rows("select * from parse")}
    return [every[key] for key in sorted(now ^ before) if key in every]


def write_touched(connection: Connection, home: Home, ledger: Ledger, inputs: Inputs) -> int | None:
    """Append what changed to `ops.touched`; None when it cannot be known (a landing file is gone, the map is another one).

    Touched are: events of parses switched on or off; events of which a time that a register entry or a clock uses, or the
    deadline of an open clock, lies between the feed's two as_of; and whatever a declared number ties to one of these, at
    any distance.
    """
    paths_of_areas = [landing_path(home, p) for p in inputs.parses if p["contract"] in ("grid", "grid_change")]
    if not all(path.exists() for path in paths_of_areas) or is_regridded(connection, inputs):
        return None
    connection.execute("create or replace temp table changed (event_id varchar)")
    for contract, paths in _paths_by_contract(home, _switched(connection, ledger, inputs)).items():
        if not all(path.exists() for path in paths):
            return None
        _add_from_files(connection, contract, paths)
    _add_by_clock(connection, inputs)
    _follow_links(connection)
    positions = " union all ".join(
        f"select event_id, cast({column} as date) as day, grid_code from marts.fct_event"
        for column in time_columns(read_register())
    )
    connection.execute(
        "insert into ops.touched select distinct event_id, day, grid_code from ("
        f"select * from ({positions}) where day is not null and event_id in (select event_id from changed) "
        "union all select event_id, null, null from changed)"
    )
    _add_window_days(connection, inputs)
    return int(connection.execute("select count(distinct event_id) from ops.touched").fetchall()[0][0])


def _add_window_days(connection: Connection, inputs: Inputs) -> None:
    """The days at which windows that hang on as_of begin and end, old and new: chunks are cut there (int_metric_day)."""
    connection.execute(
        """
        insert into ops.touched
        with moved as (
            select cast(as_of as date) as day from ops.finished where cast(as_of as date) <> cast(? as date)
            union all select cast(? as date) from ops.finished where cast(as_of as date) <> cast(? as date)
        ),
        ends as (select day from moved union all select cast(day - interval 12 month as date) from moved)
        select null, cast(day + to_days(n) as date), null from ends, (values (-28), (-27), (0), (1)) as steps (n)
        """,
        [inputs.as_of, inputs.as_of, inputs.as_of],
    )


def _paths_by_contract(home: Home, parses: Sequence[dict[str, Any]]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for parse in parses:
        if load_contract(parse["contract"]).entity == "event":
            found.setdefault(parse["contract"], []).append(landing_path(home, parse))
    return found


def _add_from_files(connection: Connection, contract: str, paths: Sequence[Path]) -> None:
    files = f"read_parquet([{', '.join(quoted(path) for path in paths)}], union_by_name = true)"
    connection.execute(f"insert into changed select distinct _event_id from {files}")
    for child, column, parent, is_list in links():
        if parent == contract:
            named = f"(select _event_id, unnest({column}) as named from raw.{child})" if is_list else f"raw.{child}"
            connection.execute(
                f"insert into changed select distinct _event_id from {named} where {'named' if is_list else column} in "
                f"(select source_case_no from {files})"
            )
        if child == contract:
            said = f"unnest({column})" if is_list else column
            connection.execute(
                f"insert into changed select distinct _event_id from raw.{parent} where source_case_no in "
                f"(select {said} from {files})"
            )


def _follow_links(connection: Connection) -> None:
    """Add the events that a declared number ties to a changed one, in either direction, until there are no more.

    One step is not enough: an order that names a petition gets another root when that petition is merged. Every version
    counts: a corrected number leaves the case that it named before.
    """
    connection.execute("create or replace temp table frontier as select distinct event_id from changed")
    while True:
        steps = []
        for child, column, parent, is_list in links():
            named = f"(select _event_id, {f'unnest({column})' if is_list else column} as named from raw.{child})"
            steps += [
                f"select _event_id from {named} where named in (select source_case_no from raw.{parent} "
                "where _event_id in (select event_id from frontier))",
                f"select _event_id from raw.{parent} where source_case_no in (select named from {named} "
                "where _event_id in (select event_id from frontier))",
            ]
        connection.execute(
            "create or replace temp table tied as select distinct _event_id as event_id from "
            f"({' union all '.join(steps)}) where _event_id not in (select event_id from changed)"
        )
        if not connection.execute("select count(*) from tied").fetchall()[0][0]:
            return
        connection.execute("insert into changed select event_id from tied")
        connection.execute("create or replace temp table frontier as select event_id from tied")


def _add_by_clock(connection: Connection, inputs: Inputs) -> None:
    connection.execute("create or replace temp table clocks (feed varchar, as_of timestamp)")
    connection.executemany("insert into clocks values (?, ?)", list(inputs.feed_as_of.items()))
    passed = "({0} > least(c.as_of, b.as_of) and {0} <= greatest(c.as_of, b.as_of))"
    columns = sorted({*time_columns(read_register()), *clock_columns()})
    moved = "join clocks c on c.feed = e.feed join ops.finished_feed b on b.feed = e.feed where c.as_of <> b.as_of"
    connection.execute(
        f"insert into changed select e.event_id from marts.fct_event e {moved} "
        f"and ({' or '.join(passed.format(f'e.{column}') for column in columns)})"
    )
    connection.execute(
        f"insert into changed select e.event_id from marts.fct_sla_clock e {moved} "
        f"and e.outcome in ('open_in_time', 'open_overdue') and {passed.format('e.deadline_at')}"
    )


def finish(connection: Connection, inputs: Inputs) -> None:
    """After CURRENT.json has moved: remember what this build was made of, and empty `ops.touched`. One transaction."""
    loaded = [(p["feed"], p["sha256"], p["parser"]) for p in inputs.parses]
    connection.execute("begin")
    connection.execute(f"create or replace table ops.loaded ({LOADED})")
    connection.execute("create or replace table ops.finished_feed (feed VARCHAR, as_of TIMESTAMP)")
    connection.execute("create or replace table ops.finished (build_id VARCHAR, fingerprint VARCHAR, as_of TIMESTAMP)")
    if loaded:
        connection.executemany("insert into ops.loaded values (?, ?, ?)", loaded)
    connection.executemany("insert into ops.finished_feed values (?, ?)", list(inputs.feed_as_of.items()))
    connection.execute("insert into ops.finished values (?, ?, ?)", [inputs.build_id, inputs.fingerprint, inputs.as_of])
    connection.execute("delete from ops.touched")
    connection.execute("commit")
    connection.execute("checkpoint")

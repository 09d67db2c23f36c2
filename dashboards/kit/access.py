"""Access: the one function that asks the published data, and that takes away the rows a reader may not see.

Belongs here: who asks (role, scope), the rows they see, running a query file with bound parameters. Does not: caching
and which build (data), what is asked (queries/*.sql), what is shown.

How: a reader's connection has a second catalog whose schema `marts` holds, for every published mart, a view with the
rows of the reader's area only. A query file says `marts.fct_event` and cannot reach around it without naming another
catalog, which a test forbids. A role only removes rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.core.errors import CityError, UsageError
from pipelines.core.warehouse import PublishedBuild, open_published, quoted

QUERIES = Path(__file__).resolve().parents[1] / "queries"
#: A board draws what a person can read; a query that returns more is a mistake in the query.
LARGEST_RESULT = 6_000
#: The level of `path_<level>` columns starts at 0; a province has none and sees everything below it anyway.
_PATHS = "path_0, path_1, path_2, path_3, path_4, path_5"
_PARAMETER = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks. `scope` is the grid_code of the area they may see with everything in it; empty: all."""

    role: str = "reader"
    scope: str = ""


class ResultTooLarge(CityError):
    """A query gave more rows than a board may show."""


@cache
def query_text(name: str) -> str:
    """The text of `queries/<name>.sql`. Raises UsageError for an unknown name."""
    path = QUERIES / f"{name}.sql"
    if not path.is_file():
        raise UsageError(f"no query named {name!r}", where=str(QUERIES))
    return path.read_text(encoding="utf-8")


def parameters_of(sql: str) -> set[str]:
    """The names of the parameters that an SQL text binds."""
    return set(_PARAMETER.findall(sql))


def _narrow(build: PublishedBuild, scope: str) -> None:
    """Make catalog `reader` with a view per mart: all rows, or those of `scope` and the areas in it."""
    connection = build.connection
    connection.execute("attach ':memory:' as reader")
    connection.execute("create schema reader.marts")
    marts = connection.execute(
        "select view_name, list(column_name) from duckdb_views() v join duckdb_columns() c "
        "on c.table_name = v.view_name and c.schema_name = 'marts' and c.database_name = 'memory' "
        "where v.schema_name = 'marts' and v.database_name = 'memory' group by view_name order by view_name"
    ).fetchall()
    root = connection.execute("select root_code from memory.marts.build_info").fetchall()[0][0]
    if scope == root:
        scope = ""
    inside = f"select grid_code from memory.marts.dim_grid where grid_code = {quoted(scope)} or {quoted(scope)} in ({_PATHS})"
    for name, columns in marts:
        where = f" where grid_code in ({inside})" if scope and "grid_code" in columns else ""
        if scope and "event_id" in columns and "grid_code" not in columns:
            where = f" where event_id in (select event_id from memory.marts.fct_event where grid_code in ({inside}))"
        connection.execute(f"create view reader.marts.{name} as select * from memory.marts.{name}{where}")


def read(home_root: Path, manifest: dict[str, Any], reader: Reader, sql: str, params: Mapping[str, Any]) -> pl.DataFrame:
    """Ask one published build, as `reader`.

    Args:
        home_root: the home.
        manifest: the build, as `current_manifest` gave it.
        reader: whose rows.
        sql: the text of a file in queries/, or of a case list made by `trace`.
        params: values for the parameters that the text binds; others are left out.

    Returns:
        The rows, at most LARGEST_RESULT.

    Raises:
        UsageError: a parameter without value.
        ResultTooLarge: more rows than a board may show.
    """
    needed = parameters_of(sql)
    if missing := sorted(needed - set(params)):
        raise UsageError(f"no value for {', '.join(missing)}", where="a board's query")
    build = open_published(home_root, manifest)
    try:
        _narrow(build, reader.scope)
        cursor = build.connection.cursor()
        cursor.execute("use reader")
        bound = {name: list(params[name]) if isinstance(params[name], tuple) else params[name] for name in needed}
        frame: pl.DataFrame = cursor.sql(sql, params=bound or None).pl()
    finally:
        build.close()
    if frame.height > LARGEST_RESULT:
        raise ResultTooLarge(f"{frame.height} rows", where="a board's query", remedy="aggregate in the mart")
    return frame

"""Access: the one way to ask the published data, which takes away the rows a reader may not see.

Belongs here: who asks (role, scope), the rows they see, running a query file with bound parameters, lending a narrowed build
(or two) to a function of trace or reports. Does not: caching and which build (data), what is asked (queries/*.sql), what is
shown, which boards a role has (page).

How: a reader's connection has a second catalog whose schema `marts` holds, for every published mart, a view with the
rows within the reader's role and scope only. A query says `marts.fct_event`; a text that names another catalog, or reads
a file, is refused before it runs. A role and a scope only remove rows.

- An area: what lies in it and in the areas below it; figures of these areas alone.
- A department, a feed: cases of theirs with all that hangs on them; of figures cut by department or feed their own cuts;
  of files, rules and scores the feed's; of departments themselves and those below. Figures of a whole area stay: they are
  of nobody's department.
- A clerk sees single cases of her own departments and feeds alone; an engineer sees files and counts, and no single case.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar, cast

import polars as pl

from dashboards.kit.opened import cursor_of, pair_of
from dashboards.kit.unopened import shown_figures
from pipelines.core.board_options import Role
from pipelines.core.errors import CityError, UsageError
from pipelines.core.warehouse import PublishedBuild, quoted
from pipelines.trace import IS_OPEN, feed_states, metric_begins

#: DuckDB advises `sql` for large answers; ours are small, and `sql` binds the text twice (read).
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)

T = TypeVar("T")
QUERIES = Path(__file__).resolve().parents[1] / "queries"
#: A board draws what a person can read; a query that returns more is a mistake in the query.
LARGEST_RESULT = 6_000
#: The level of `path_<level>` columns starts at 0; a province has none and sees everything below it anyway.
_PATHS = tuple(f"path_{level}" for level in range(6))
_PARAMETER = re.compile(r"\$(\w+)")
#: Ways around the reader's own catalog: another catalog, a file, another text as a query, a second statement.
_AROUND = re.compile(
    r"\b(?:memory|reader|system|temp|build_\w*\d\w*)\s*\.|\b(?:read|scan|parquet|sniff)_\w+\s*\(|\bglob\s*\(|\bduckdb_\w+\s*\(|"
    r"\bquery(?:_table)?\s*\(|\b(?:from|join)\s+'|\b(?:attach|detach|copy|install|load|pragma|use|set|create|insert|update|delete)\s|;\s*\S",
    re.IGNORECASE,
)
#: Columns by which a row hangs on a case.
_OF_CASES = ("event_id", "event_id_a", "event_id_b", "case_event_id")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks. `areas`, `departments`, `feeds`: what they may see, with all that lies below; empty: not bounded by it."""

    role: Role = ""
    areas: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()

    @property
    def sees_cases(self) -> bool:
        """Whether any single case is shown to them at all."""
        return self.role != "engineer" and (self.role != "clerk" or bool(self.departments or self.feeds))

    @property
    def is_bounded(self) -> bool:
        """Whether any row is taken away."""
        return bool(self.areas or self.departments or self.feeds or not self.sees_cases)


class ResultTooLarge(CityError):
    """A query gave more rows than a board may show."""


@cache
def query_text(name: str) -> str:
    """The text of `queries/<name>.sql`, with trace's rules filled in.

    {is_open} and {feed_states}: what is open; {begins}: from which day a figure's cases were sent.

    Raises UsageError for an unknown name.
    """
    path = QUERIES / f"{name}.sql"
    if not path.is_file():
        raise UsageError(f"no query named {name!r}", where=str(QUERIES))
    text = path.read_text(encoding="utf-8")
    filled = {"{is_open}": IS_OPEN, "{feed_states}": feed_states("marts"), "{begins}": metric_begins("marts")}
    for name_of, rule in filled.items():
        text = text.replace(name_of, rule)
    return text


def parameters_of(sql: str) -> set[str]:
    """The names of the parameters that an SQL text binds."""
    return set(_PARAMETER.findall(sql))


def refuse_around(sql: str) -> None:
    """Raise UsageError for a text that could reach around the reader's views."""
    bare = re.sub(r"'(?:[^']|'')*'", "''", re.sub(r"--[^\n]*|/\*[\s\S]*?\*/", " ", sql)).replace('"', "")
    if found := _AROUND.search(bare):
        raise UsageError(f"a query may not say {found[0].strip()!r}", where="a board's query", remedy="read marts.*")


def _list(codes: tuple[str, ...]) -> str:
    return ", ".join(map(quoted, codes))


class _Rows:
    """Which rows of each mart a reader sees, as conditions on its columns; `schema` holds the build's marts."""

    def __init__(self, reader: Reader, root: str, schema: str) -> None:
        self._reader, self._marts = reader, f"memory.{schema}"
        areas = () if root in reader.areas else reader.areas
        self._areas = self._departments = ""
        if areas:
            below = " or ".join(f"{path} in ({_list(areas)})" for path in _PATHS)
            self._areas = f"select grid_code from {self._marts}.dim_grid where grid_code in ({_list(areas)}) or {below}"
        if reader.departments:
            own = f"select unnest([{_list(reader.departments)}]) as dept_id"
            below = f"select d.dept_id from {self._marts}.dim_department as d inner join own on d.parent_dept_id = own.dept_id"
            self._departments = f"with recursive own as ({own} union {below}) select dept_id from own"

    def _of_event(self) -> list[str]:
        """Conditions on the columns of `fct_event`."""
        found = [] if self._reader.sees_cases else ["false"]
        if self._areas:
            found.append(f"grid_code in ({self._areas})")
        if self._departments:
            found.append(f"lead_dept_id in ({self._departments})")
        if self._reader.feeds:
            found.append(f"feed in ({_list(self._reader.feeds)})")
        return found

    def of(self, mart: str, columns: list[str]) -> str:
        """The condition on one mart; empty: all its rows."""
        events, found = self._of_event(), []
        if mart == "fct_event":
            return " and ".join(events)
        if events:
            cases = f"select event_id from {self._marts}.fct_event where {' and '.join(events)}"
            found += [f"({name} is null or {name} in ({cases}))" for name in _OF_CASES if name in columns]
        if self._departments and mart == "dim_department":
            found.append(f"dept_id in ({self._departments})")
        if self._areas and "grid_code" in columns:
            found.append(f"grid_code in ({self._areas})")
        if self._reader.feeds and "feed" in columns:
            found.append(f"feed in ({_list(self._reader.feeds)})")
        if "slice_kind" in columns and "slice_code" in columns:
            if self._departments:
                found.append(f"(slice_kind <> 'department' or slice_code in ({self._departments}))")
            if self._reader.feeds:
                found.append(f"(slice_kind <> 'feed' or slice_code in ({_list(self._reader.feeds)}))")
        return " and ".join(found)


def _open(columns: list[str], root: str, day: dt.date) -> str:
    """The condition on figures that holds for every reader: no kind of case that is opened to nobody, below the city."""
    return shown_figures(root, day, quoted) if {"slice_kind", "slice_code", "grid_code", "period_kind"} <= set(columns) else ""


def _narrow(build: PublishedBuild, reader: Reader, schemas: tuple[str, ...] = ("marts",)) -> None:
    """Make catalog `reader` with a view per mart: all rows, or those within the reader's role and scope."""
    connection = build.connection
    connection.execute("attach ':memory:' as reader")
    for schema in schemas:
        connection.execute(f"create schema reader.{schema}")
        marts = connection.execute(
            "select view_name, list(column_name) from duckdb_views() v join duckdb_columns() c "
            "on c.table_name = v.view_name and c.schema_name = v.schema_name and c.database_name = v.database_name "
            "where v.schema_name = ? and v.database_name = 'memory' group by view_name order by view_name",
            [schema],
        ).fetchall()
        info = f"select root_code, cast(as_of as date) from memory.{schema}.build_info"
        root, day = connection.execute(info).fetchall()[0]
        rows = _Rows(reader, str(root), schema)
        for name, columns in marts:
            conditions = [rows.of(name, columns) if reader.is_bounded else "", _open(columns, str(root), day)]
            condition = " and ".join(part for part in conditions if part)
            where = f" where {condition}" if condition else ""
            connection.execute(f"create view reader.{schema}.{name} as select * from memory.{schema}.{name}{where}")


class _InCatalog:
    """A connection all of whose cursors begin in the reader's catalog: `marts.fct_event` is then the reader's view."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        connection.execute("use reader")

    def cursor(self) -> Any:
        """Another cursor there."""
        found = self._connection.cursor()
        found.execute("use reader")
        return found

    def execute(self, *asked: Any) -> Any:
        """Run it there."""
        return self._connection.execute(*asked)


def lend(
    home_root: Path, manifest: dict[str, Any], reader: Reader, work: Callable[[PublishedBuild], T],
    *, earlier: dict[str, Any] | None = None,
) -> T:  # fmt: skip
    """What a function of trace or reports makes of a build, which shows it the rows within `reader`'s role and scope only.

    Args:
        home_root: the home.
        manifest: the build.
        reader: whose rows.
        work: is given the build; with `earlier` a pair, whose schema `before` holds the earlier one, narrowed likewise.
        earlier: an earlier build.
    """
    with _opened(home_root, manifest, reader, earlier) as connection:
        return work(PublishedBuild(str(manifest["build"]), str(manifest["as_of"]), cast("Any", _InCatalog(connection))))


def _opened(
    home_root: Path, manifest: dict[str, Any], reader: Reader, earlier: dict[str, Any] | None
) -> AbstractContextManager[Any]:  # fmt: skip
    if earlier is None:
        return cursor_of(home_root, manifest, reader, partial(_narrow, reader=reader))
    return pair_of(home_root, earlier, manifest, partial(_narrow, reader=reader, schemas=("marts", "before")))


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
        UsageError: a parameter without value, a text that reaches around the reader's views.
        ResultTooLarge: more rows than a board may show.
    """
    refuse_around(sql)
    needed = parameters_of(sql)
    if missing := sorted(needed - set(params)):
        raise UsageError(f"no value for {', '.join(missing)}", where="a board's query")
    bound = {name: list(params[name]) if isinstance(params[name], tuple) else params[name] for name in needed}
    with cursor_of(home_root, manifest, reader, partial(_narrow, reader=reader)) as cursor:
        cursor.execute("use reader")
        # Not `sql`: that binds the text twice, of views within views a sixth of a question's time (DuckDB 2.0.0, 2026-11-23).
        frame = cast("pl.DataFrame", pl.from_arrow(cursor.execute(sql, bound or None).to_arrow_table()))
    if frame.height > LARGEST_RESULT:
        raise ResultTooLarge(f"{frame.height} rows", where="a board's query", remedy="aggregate in the mart")
    return frame

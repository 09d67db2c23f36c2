"""The warehouse file and the published builds: the only module that opens DuckDB.

Belongs here: opening (one writer under a kernel lock, readers of published builds) and the settings every connection
gets. Does not: what is in the tables (build, dbt), what is published and when (publish). `quality/verify.py` opens
DuckDB on its own, on purpose: it checks us by a path that shares no code.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.core.errors import HomeError, UsageError
from pipelines.core.settings import Home, Settings, pick

Connection = duckdb.DuckDBPyConnection

#: How long a second writer waits for the first before it says who holds the lock.
WAIT_SECONDS = 30.0
#: Written by 2.0 and still readable by 1.2 and later (2.0's own default is readable by nothing older).
STORAGE_VERSION = "v1.2.0"
SPILL_LIMIT = "20GB"
#: Lock files this process holds: a build holds the lock around everything and opens the file several times within.
_HELD: set[Path] = set()


def quoted(text: str | Path) -> str:
    """`text` as an SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def _configuration(memory_limit: str, threads: int, spill: Path | None) -> dict[str, str | bool | int | float | list[str]]:
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "threads": threads,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if spill is not None:
        spill.mkdir(parents=True, exist_ok=True)
        config |= {"temp_directory": str(spill), "max_temp_directory_size": SPILL_LIMIT}
    return config


@contextlib.contextmanager
def writer_lock(path: Path, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the kernel lock beside `path`; it goes with the process, so a kill leaves nothing to clean up.

    Raises HomeError naming the process that holds it once `wait_seconds` have passed.
    """
    if path in _HELD:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / f"{path.name}.lock").open("a+", encoding="utf-8") as stream:
        until = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= until:
                    stream.seek(0)
                    holder = stream.read().strip() or "?"
                    raise HomeError(
                        pick(f"the warehouse is being written by process {holder}", f"数据仓库正由进程 {holder} 写入"),
                        where=str(path),
                        remedy=pick("wait for it to end, or end that process", "请等待其结束，或结束该进程"),
                    ) from error
                time.sleep(0.1)
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        _HELD.add(path)
        try:
            yield
        finally:
            _HELD.discard(path)


def _connect(path: str, config: dict[str, Any], *, read_only: bool = False) -> Connection:
    connection = duckdb.connect(path, read_only=read_only, config=config)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")  # ours is the only progress that is shown
    return connection


@contextlib.contextmanager
def writer(path: Path, settings: Settings) -> Iterator[Connection]:
    """The one connection that may write `path`, under the kernel lock.

    dbt is a child process that opens the same file while the lock stays with us: a build takes `writer_lock` once around
    everything, and within it this function does not wait for itself.
    """
    with writer_lock(path):
        connection = _connect(str(path), _configuration(settings.memory_limit, settings.threads, path.parent / "spill"))
        try:
            yield connection
        finally:
            connection.close()


@contextlib.contextmanager
def read_only(path: Path) -> Iterator[Connection]:
    """A reader of a warehouse file that nobody writes: tests and `trace`."""
    connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": False})
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {quoted(path)} as warehouse (read_only)")
        connection.execute("use warehouse")
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def scratch(settings: Settings | None = None) -> Iterator[Connection]:
    """An in-memory connection, for writing small Parquet and for SQL on frames."""
    limit, threads = (settings.memory_limit, settings.threads) if settings else ("1GB", 1)
    connection = _connect(":memory:", _configuration(limit, threads, None))
    try:
        yield connection
    finally:
        connection.close()


@dataclass(slots=True)
class PublishedBuild:
    """A reader of one published build: schema `marts` holds views over its file and its parts."""

    build_id: str
    as_of: str
    connection: Connection

    def rows(self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query on `marts.*`."""
        return self.connection.cursor().execute(sql, params).fetchall()

    def frame(self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None) -> pl.DataFrame:
        """The same as a polars frame."""
        # In DuckDB 2.0 only relations have `pl()`; what `execute` returns has not.
        found: pl.DataFrame = self.connection.cursor().sql(sql, params=params).pl()
        return found

    def close(self) -> None:
        """Let the file go."""
        self.connection.close()

    def __enter__(self) -> PublishedBuild:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def current_manifest(home_root: Path) -> dict[str, Any]:
    """`CURRENT.json`. Raises UsageError when nothing was published yet."""
    path = Home(home_root).published / "CURRENT.json"
    try:
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(pick("nothing is published yet", "尚未发布任何数据"), where=str(path), remedy="citybrain run") from error
    return loaded


def open_published(home_root: Path, manifest: dict[str, Any] | None = None) -> PublishedBuild:
    """A reader of the current build, or of the build that `manifest` describes.

    In memory with the file attached: DuckDB caches instances by path, so a direct open could return yesterday's file.
    """
    found = manifest or current_manifest(home_root)
    # One thread: DuckDB 2.0.0 fails with "dict-surviving cache: global dictionary column changed identity" where several
    # write a CTE over a union of joins, as v_metric_shown is (8 of 8 times at demo size; 0 of 30 with one, as fast).
    connection = _connect(":memory:", _configuration("1GB", 1, None))
    # Parts never change; reading 24 feet anew was half of what a question about cases took (2026-11-23).
    connection.execute("set parquet_metadata_cache = true")
    _mount(connection, home_root, found, "marts")
    return PublishedBuild(build_id=found["build"], as_of=found["as_of"], connection=connection)


def open_pair(home_root: Path, before: dict[str, Any], after: dict[str, Any], spill: Path) -> PublishedBuild:
    """A reader of two kept builds at once: `marts` holds the later one, schema `before` the earlier one.

    What two large builds have in common need not fit into memory: it may spill to `spill`.
    """
    connection = _connect(":memory:", _configuration("1GB", 2, spill))
    _mount(connection, home_root, after, "marts")
    _mount(connection, home_root, before, "before")
    return PublishedBuild(build_id=after["build"], as_of=after["as_of"], connection=connection)


def _mount(connection: Connection, home_root: Path, manifest: dict[str, Any], schema: str) -> None:
    """Views in `schema` over a build's file and exactly the parts that its manifest lists."""
    published = Home(home_root).published
    name = f"build_{manifest['build']}"
    connection.execute(f"attach {quoted(published / manifest['file'])} as {name} (read_only)")
    connection.execute(f"create schema {schema}")
    tables = connection.execute(
        "select table_name from duckdb_tables() where database_name = ? union all "
        "select view_name from duckdb_views() where database_name = ? and not internal order by 1",
        [name, name],
    ).fetchall()
    for (table,) in tables:
        connection.execute(f"create view {schema}.{table} as select * from {name}.{table}")
    parts: dict[str, list[str]] = {}
    for part in manifest["parts"]:
        parts.setdefault(part["table"], []).append(quoted(published / part["path"]))
    for table, paths in parts.items():
        connection.execute(f"create view {schema}.{table} as select * from read_parquet([{', '.join(paths)}])")

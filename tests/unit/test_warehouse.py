"""Opening DuckDB: one writer at a time, readers of whole builds, settings that stay on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.core.errors import HomeError, UsageError
from pipelines.core.settings import PROJECT_ROOT, Home, load_settings
from pipelines.core.warehouse import STORAGE_VERSION, open_published, quoted, read_only, writer, writer_lock

SETTINGS = replace(load_settings(), memory_limit="200MB", threads=1)


def holder(path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock until its standard input closes."""
    program = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from pipelines.core.warehouse import writer_lock
        with writer_lock(Path({str(path)!r})):
            print("held", flush=True)
            sys.stdin.read()
    """)
    child = subprocess.Popen(
        [sys.executable, "-c", program], cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_a_second_writer_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "build.duckdb"
    child = holder(path)
    try:
        with pytest.raises(HomeError, match=str(child.pid)), writer_lock(path, wait_seconds=0.3):
            pass
    finally:
        child.kill()
        child.wait()
    with writer_lock(path, wait_seconds=0.3):  # a killed holder leaves nothing behind
        pass


def test_a_build_opens_the_file_several_times_under_its_own_lock(tmp_path: Path) -> None:
    path = tmp_path / "build.duckdb"
    with writer_lock(path, wait_seconds=0.3):
        for _ in range(2):
            with writer(path, SETTINGS) as connection:
                connection.execute("create or replace table t as select 1 as x")
    with read_only(path) as connection:
        assert connection.execute("select x from t").fetchall() == [(1,)]


def test_every_connection_is_bounded_and_fetches_nothing(tmp_path: Path) -> None:
    asked = ("TimeZone", "memory_limit", "threads", "temp_directory", "max_temp_directory_size",
             "autoinstall_known_extensions", "autoload_known_extensions")  # fmt: skip
    with writer(tmp_path / "w" / "build.duckdb", SETTINGS) as connection:
        found = {name: connection.execute(f"select current_setting('{name}')").fetchall()[0][0] for name in asked}
    assert found["TimeZone"] == "UTC"
    assert found["memory_limit"] == "190.7 MiB"
    assert str(found["temp_directory"]).endswith("spill")
    assert str(found["max_temp_directory_size"]) != "90% of available disk space"
    assert not found["autoinstall_known_extensions"]
    assert not found["autoload_known_extensions"]


def publish_by_hand(home: Home, build_id: str, value: int) -> dict[str, object]:
    home.published.mkdir(parents=True, exist_ok=True)
    with writer(home.warehouse, SETTINGS) as connection:
        connection.execute(
            f"attach {quoted(home.published / f'{build_id}.duckdb')} as small (storage_version '{STORAGE_VERSION}')"
        )
        connection.execute(
            f"create table small.build_info as select {value} as x; create view small.v as select x + 1 as y from small.build_info"
        )
        connection.execute("detach small")
        part = f"parts-{build_id}.parquet"
        connection.execute(f"copy (select {value} as id) to {quoted(home.published / part)} (format parquet)")
    manifest = {"build": build_id, "file": f"{build_id}.duckdb", "as_of": "2026-01-31T00:00:00",
                "parts": [{"table": "fct_event", "month": "2026-01", "path": part, "sha256": ""}]}  # fmt: skip
    (home.published / "CURRENT.json").write_text(json.dumps(manifest))
    return manifest


def test_a_reader_sees_the_file_and_exactly_the_listed_parts(tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish_by_hand(home, "20260131_aa", 1)
    (home.published / "stray.parquet").write_bytes(b"not listed")
    with open_published(tmp_path) as build:
        assert build.build_id == "20260131_aa"
        assert build.rows("select x from marts.build_info where x = ?", [1]) == [(1,)]
        assert build.frame("select id from marts.fct_event where id = $n", {"n": 1})["id"].to_list() == [1]


def test_an_open_reader_keeps_its_build_and_a_new_one_sees_the_new(tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish_by_hand(home, "20260131_aa", 1)
    with open_published(tmp_path) as old:
        publish_by_hand(home, "20260201_bb", 2)
        with open_published(tmp_path) as new:
            assert old.rows("select x from marts.build_info") == [(1,)]
            assert new.rows("select x from marts.build_info") == [(2,)]


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    publish_by_hand(Home(tmp_path), "20260131_aa", 1)
    with open_published(tmp_path) as build, pytest.raises(Exception, match="read-only"):
        build.rows("insert into build_20260131_aa.build_info values (2)")


def test_nothing_published_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="citybrain run"):
        open_published(tmp_path)

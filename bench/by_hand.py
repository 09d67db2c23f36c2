"""The hand-written pipeline: the same files by plain DuckDB, as the yardstick for the CPU time of ours.

What belongs here: reading the demo city's four feeds as fast as is honest, the rules, the latest version of each case,
a fact and a dozen marts. What does not: anything of `pipelines` (it shares no code with what it measures).

    python bench/by_hand.py SOURCE_FOLDER OUT.duckdb      prints one JSON line: records, events, rejected rows, seconds
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import python_calamine

SQL = Path(__file__).with_name("sql")
FEEDS = ("police", "urban", "petition", "court")


def text_of(path: Path) -> str:
    """The text of a CSV, gzipped or not: UTF-8 (byte order mark dropped), else GB18030."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def count_records(text: str) -> int:
    """Data records by Python's csv: a counter that is not the parser."""
    return sum(1 for _ in csv.reader(io.StringIO(text, newline=""))) - 1


def prepare(con: duckdb.DuckDBPyConnection, table: str, header: list[str]) -> None:
    """The table of a feed's texts, by the heading of its first file."""
    columns = ", ".join(f'"{name}" VARCHAR' for name in header)
    con.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} ({columns})")


def csv_into(con: duckdb.DuckDBPyConnection, table: str, path: Path, scratch: Path) -> int:
    """Append one CSV to `table` as text; returns its records by the independent count."""
    text = text_of(path)
    records = count_records(text)
    scratch.write_text(text, encoding="utf-8", newline="")
    header = next(csv.reader(io.StringIO(text[: text.index("\n") + 1])))
    prepare(con, table, header)
    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in header) + "}"
    con.execute(
        f"INSERT INTO {table} BY NAME SELECT * FROM read_csv(?, columns = {columns}, auto_detect = false, "
        "header = true, delim = ',', quote = '\"', escape = '\"', strict_mode = true)",
        [str(scratch)],
    )
    return records


def xlsx_into(con: duckdb.DuckDBPyConnection, table: str, path: Path) -> int:
    """Append the first sheet of a workbook to `table` as text; returns its records (calamine's own count)."""
    sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    header, rows = [str(cell) for cell in sheet[0]], sheet[1:]
    prepare(con, table, header)
    columns = zip(header, zip(*rows, strict=True), strict=True)
    con.register("incoming", pa.table({name: pa.array(map(_shown, cells), pa.string()) for name, cells in columns}))
    con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
    con.unregister("incoming")
    return len(rows)


def _shown(cell: object) -> str | None:
    if cell == "":
        return None
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def read_feed(con: duckdb.DuckDBPyConnection, feed: str, source: Path, scratch: Path) -> int:
    """All files of a feed into `raw_<feed>`; returns the records; stops if the parser and the counter disagree."""
    table, records = f"raw_{feed}", 0
    for path in sorted((source / feed).iterdir()):
        records += xlsx_into(con, table, path) if path.suffix == ".xlsx" else csv_into(con, table, path, scratch)
    read = con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    if read != records:
        sys.exit(f"by hand: {feed}: parsed {read} of {records} records")
    return records


def read_references(con: duckdb.DuckDBPyConnection, source: Path) -> None:
    """Areas with their parents, and residents."""
    grid_file = next((source / "reference").glob("grid_*.geojson"))
    areas = [f["properties"] for f in json.loads(grid_file.read_text(encoding="utf-8"))["features"]]
    names = {"code": "网格编码", "level": "网格层级", "parent": "上级网格编码"}
    con.register("areas", pa.table({k: [None if a[v] is None else str(a[v]) for a in areas] for k, v in names.items()}))
    con.execute("CREATE TABLE area AS SELECT code, level::INTEGER AS level, parent FROM areas")
    people = list(csv.DictReader(io.StringIO(text_of(next((source / "reference").glob("population_*.csv"))))))
    con.register("people", pa.table({k: [p[v] for p in people] for k, v in
                                     {"code": "区划编码", "year": "年份", "usual": "常住人口"}.items()}))  # fmt: skip
    con.execute("CREATE TABLE population AS SELECT code, year::INTEGER AS year, usual::BIGINT AS usual FROM people")


def build(source: Path, database: Path) -> dict[str, object]:
    """Everything; returns records, events and rejected rows per feed, and the seconds."""
    began = time.monotonic()
    con = duckdb.connect(str(database))
    con.execute("SET threads = 2; SET preserve_insertion_order = false")
    scratch = database.with_suffix(".csv")
    feeds = {feed: {"records": read_feed(con, feed, source, scratch)} for feed in FEEDS}
    scratch.unlink(missing_ok=True)
    read_references(con, source)
    for step in sorted(SQL.glob("*.sql")):
        con.execute(step.read_text(encoding="utf-8"))
    for feed, events, rejected in con.execute("SELECT feed, events, rejected FROM m_feed").fetchall():
        feeds[feed] |= {"events": events, "rejected": rejected}
    con.close()
    return {"feeds": feeds, "seconds": round(time.monotonic() - began, 1)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("database", type=Path)
    arguments = parser.parse_args()
    arguments.database.unlink(missing_ok=True)
    print(json.dumps(build(arguments.source, arguments.database), ensure_ascii=False))

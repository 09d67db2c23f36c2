"""One big CSV read by hand: the yardstick for the CPU time and the memory of `citybrain ingest`.

What belongs here: what an engineer would write against exactly this file (urban cases of the synthetic city): the records
counted by Python's csv, DuckDB reading, times and numbers typed, the reporter's name and phone as keyed hashes, free text
left out, rows without number or time and repeated rows set aside, Parquet. What does not: anything of `pipelines`.

    python bench/read_by_hand.py FILE.csv OUT.parquet      prints one JSON line: records, kept, refused, repeated
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

KEY = b"the key of a yardstick, not of a city"
PERSONAL = ("上报人", "上报人电话")
LEFT_OUT = ("问题描述",)
TIMES = (
    "上报时间", "受理时间", "立案时间", "派遣时间", "处置截止时间", "处置完成时间", "核查时间", "结案时间", "更新时间",
)  # fmt: skip
FORMS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S", "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日%H时%M分", "%Y年%m月%d日", "%Y-%m-%d 上午 %H:%M:%S",
)  # fmt: skip
NUMBERS = {
    "经度": "DOUBLE",
    "纬度": "DOUBLE",
    "处置时限": "INTEGER",
    "返工次数": "INTEGER",
    "回退次数": "INTEGER",
    "延期次数": "INTEGER",
}
BATCH_ROWS = 200_000


def counted(path: Path) -> tuple[list[str], int]:
    """Header and number of records, by a counter that is not the reader."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        return next(reader), sum(1 for _ in reader)


def typed(header: list[str]) -> str:
    """The select list: every column typed, the personal ones as they came."""
    forms = "[" + ", ".join(f"'{form}'" for form in FORMS) + "]"
    found = []
    for name in header:
        if name in TIMES:
            serial = f"timestamp '1899-12-30' + to_milliseconds(cast(round(try_cast(\"{name}\" as double) * 86400000) as bigint))"
            afternoon = f"try_strptime(\"{name}\", '%Y-%m-%d 下午 %H:%M:%S') + interval 12 hour"
            found.append(f'coalesce(try_strptime("{name}", {forms}), {afternoon}, {serial}) as "{name}"')
        elif name in NUMBERS:
            found.append(f'try_cast("{name}" as {NUMBERS[name]}) as "{name}"')
        elif name not in LEFT_OUT:
            found.append(f'"{name}"')
    return ", ".join(found)


def read(path: Path, out: Path) -> dict[str, int]:
    """Read the file to Parquet; returns the counts."""
    header, records = counted(path)
    connection = duckdb.connect()
    connection.execute("set memory_limit = '2GB'; set threads = 2; set preserve_insertion_order = false")
    connection.execute(f"set temp_directory = '{out.parent}/by-hand-spill'")
    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in header) + "}"
    how = "auto_detect = false, header = true, quote = '\"', escape = '\"', strict_mode = true"
    query = f"select {typed(header)} from read_csv(?, columns = {columns}, {how})"
    rows = connection.sql(query, params=[str(path)]).to_arrow_reader(BATCH_ROWS)
    seen: set[bytes] = set()
    kept = refused = repeated = 0
    writer: pq.ParquetWriter | None = None
    for batch in rows:
        table = pa.Table.from_batches([batch])
        for name in PERSONAL:
            marks = [hmac.digest(KEY, text.encode(), "sha256").hex() if text else None for text in table[name].to_pylist()]
            table = table.set_column(table.column_names.index(name), name, pa.array(marks, pa.string()))
        numbers, times, updates = (table[name].to_pylist() for name in ("任务号", "上报时间", "更新时间"))
        keep = []
        for number, time, update in zip(numbers, times, updates, strict=True):
            if not number or time is None:
                refused += 1
                keep.append(False)
                continue
            mark = hashlib.blake2b(f"{number}|{update}".encode(), digest_size=12).digest()
            keep.append(mark not in seen)
            repeated += mark in seen
            seen.add(mark)
        good = table.filter(pa.array(keep))
        kept += good.num_rows
        writer = writer or pq.ParquetWriter(out, good.schema, compression="zstd")
        writer.write_table(good)
    if writer:
        writer.close()
    if kept + refused + repeated != records:
        sys.exit(f"the reader saw {kept + refused + repeated} records, the counter {records}")
    return {"records": records, "kept": kept, "refused": refused, "repeated": repeated}


if __name__ == "__main__":
    print(json.dumps(read(Path(sys.argv[1]), Path(sys.argv[2]))))

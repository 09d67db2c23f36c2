"""Verify: on a sound home every invariant holds; each thing that can go wrong breaks the one that watches it."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cleaning import identity, parse
from pipelines.core.contracts import load_contract
from pipelines.core.settings import Home
from pipelines.core.state import FileRow, Ledger, Parsed, ParseRow
from quality.recount import count_records
from quality.verify import Invariant, verify
from tests.unit.test_verify_rows import sealed

ROWS = """\ufeff报警编号,报警时间,说明
A1,2024-12-31 08:00,"two
lines"
A2,2025-01-01 09:00,x

A3,soon,x
A1,2024-12-31 08:00,"two
lines"
A4,2025-06-01 10:00,x
"""
moment = dt.datetime.fromisoformat


#: Two grids became one: seven cases on either map. The city's own counts: one event in each of three months.
FIGURES = """
create or replace table ref_metric as select 'V01' as metric_id, 'count' as family;
create or replace table dim_grid as from (values ('0', null, true), ('a', '0', false), ('b', '0', false), ('c', '0', true))
    as g(grid_code, parent_code, is_current);
create or replace table fct_metric_value as
    select 'V01' as metric_id, 'all' as slice_kind, 'all' as slice_code, 4 as grid_level, 'month' as period_kind,
        date '2025-01-01' as period_start, *
    from (values ('a', 'as_was', 3), ('b', 'as_was', 4), ('c', 'restated', 7)) as v(grid_code, basis, num)
    union all select 'V01', kind, code, 0, 'month', month, '0', 'as_was', 1
    from (values ('all', 'all'), ('event_kind', 'police_incident')) as s(kind, code),
        (values (date '2024-12-01'), (date '2025-01-01'), (date '2025-06-01')) as m(month);
create or replace table build_info as select 'b1' as build_id, timestamp '2025-06-01 00:00:00' as as_of;
create or replace table ref_event_kind as select 'police_incident' as event_kind, true as is_case;
create or replace table dim_feed as select 'calls' as feed, timestamp '2025-06-02 00:00:00' as as_of;
"""


def hashed(reported_at: dt.datetime) -> str:
    """The content hash that ingest gives a call of which only its time is known."""
    columns = load_contract("police_incident").landed
    schema = {c.name: pl.List(pl.String) if c.is_list else parse.DTYPES[c.type] for c in columns}
    frame = pl.DataFrame([{"reported_at": reported_at}], schema=schema)
    return str(identity._Digests.of(identity._joined(frame, list(schema))).hex()[0])


class House:
    """A small home: one police file of six records (one blank), three accepted, one set aside, one repeat."""

    deleted: tuple[int, ...] = ()

    def __init__(self, root: Path) -> None:
        self.root, self.source, self.city = root / "home", root / "source", root / "city"
        (self.city / "feeds").mkdir(parents=True)
        (self.source / "police").mkdir(parents=True)
        (self.city / "feeds" / "calls.yml").write_text(
            "{contract: police_incident, system: p, source: {type: drop, pattern: 'police/*.csv*'}, delivery: increment}",
            encoding="utf-8",
        )
        self.home = Home(self.root).make()
        self.file = self.source / "police" / "2025.csv.gz"
        self.file.write_bytes(gzip.compress(ROWS.encode(), mtime=0))
        self.sha = hashlib.sha256(self.file.read_bytes()).hexdigest()
        self.landing = self.root / "landing" / "police_incident" / "calls-x.parquet"
        self.part = self.root / "published" / "parts" / "x.parquet"
        self.land([1, 2, 6])
        self.publish([("e1", "2024-12-31"), ("e2", "2025-01-01"), ("e6", "2025-06-01")])
        ledger = Ledger.of(self.home)
        name = "police/2025.csv.gz"
        ledger.enter_all([Parsed(
            FileRow("calls", self.sha, "police_incident", name, 9, "2025-06-02T08:00", None, "", "loaded"),
            ParseRow(
                "calls", self.sha, "p1", "police_incident", self.landing.relative_to(self.root).as_posix(), 1, 6, 3, 1,
                1, 1, None, None, "utf-8-sig", "2025-06-02T08:00",
            ),
            (), ((4, "reported_at-type"),),
        )])  # fmt: skip
        ledger.open_build("b1", "2025-06-02T09:00")
        ledger.close_build(
            "b1", finished_at="2025-06-02T09:01", as_of="2025-06-01T00:00:00", mode="full", status="published", reason="",
            fingerprint="",
        )  # fmt: skip
        ledger.sight("calls", str(self.file), 9, 9, sha256=self.sha, seen_at="2025-06-02T08:00")
        ledger.close()

    def land(self, numbers: list[int]) -> None:
        times = {1: "2024-12-31T08:00", 2: "2025-01-01T09:00", 6: "2025-06-01T10:00", 4: "2025-01-01"}
        rows = [
            {"_event_id": f"e{n}", "_record_no": n, "_feed": "calls", "_content_hash": hashed(moment(times[n])),
             "_file": self.sha, "_version_at": moment("2025-06-01"), "reported_at": moment(times[n]),
             "_flags": ["delete_flag:deleted_at_source" if n in self.deleted else "other"]}
            for n in numbers
        ]  # fmt: skip
        self.landing.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), self.landing)

    def publish(self, events: list[tuple[str, str]]) -> None:
        rows = [
            {"event_id": event, "event_kind": "police_incident", "source_file": self.sha, "reported_at": moment(day),
             "filed_at": moment(day), "restated_by": "same", "feed": "calls", "is_counted": True, "closed_at": None,
             "not_counted_reason": "-"}
            for event, day in events
        ]  # fmt: skip
        self.part.parent.mkdir(exist_ok=True)
        with duckdb.connect(str(self.root / "published" / "b1.duckdb")) as build:
            build.execute(FIGURES)
        table = pa.Table.from_pylist(rows)
        at = table.schema.get_field_index("closed_at")
        pq.write_table(table.set_column(at, "closed_at", table["closed_at"].cast(pa.timestamp("us"))), self.part)
        sha = hashlib.sha256(self.part.read_bytes()).hexdigest()
        listed = [{"table": "fct_event", "month": "2025-01", "path": "parts/x.parquet", "sha256": sha}]
        manifest = {"build": "b1", "file": "b1.duckdb", "as_of": "2025-06-01T00:00:00", "parts": listed}
        for name in ("CURRENT", "b1"):
            (self.root / "published" / f"{name}.json").write_text(json.dumps(manifest), encoding="utf-8")

    def ledger(self, sql: str) -> None:
        with sqlite3.connect(self.root / "state" / "ledger.db") as connection:
            connection.execute(sql)

    def verify(self) -> list[Invariant]:
        return verify(self.root, self.city, self.source)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def broken(found: list[Invariant]) -> set[str]:
    return {invariant.name_en.split(": ", 1)[1] for invariant in found if not invariant.ok}


def test_a_sound_home_holds(house: House) -> None:
    found = house.verify()
    assert not broken(found)
    assert len(found) == 21
    totals = {i.subject: (i.expected, i.found) for i in found if i.name_en.endswith("events landed")}
    assert totals == {"calls 2024": ("1", "1"), "calls 2025": ("2", "2")}
    assert all(i.name_zh and i.name_zh != i.name_en for i in found)


MONTHS = "counts by month are what the events say"


def point_elsewhere(house: House) -> None:
    """CURRENT.json names a build that nobody made, over the file of another."""
    path = house.root / "published" / "CURRENT.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"b1"', '"b0"'), encoding="utf-8")


def falsify(house: House) -> None:
    """A landed time is another one than when its hash was made."""
    table = pq.read_table(house.landing)
    rows = table.to_pylist()
    rows[0]["reported_at"] += dt.timedelta(hours=1)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), house.landing)


def flag(house: House) -> None:
    """The bureau deleted one event, and the build counts it all the same."""
    house.deleted = (6,)
    house.land([1, 2, 6])


FUNNEL = "read = accepted + set aside + repeats + no data"
BREAKS: dict[str, tuple[Callable[[House], Any], set[str]]] = {
    "the pipeline read one record too few": (
        lambda h: h.ledger("update parse set read_n = 5, nondata_n = 0"), {"records in the file = read",
                                                                           "record numbers lie within the file"},
    ),
    "a record vanished between read and its fate": (lambda h: h.ledger("update parse set repeat_n = 0"), {FUNNEL}),
    "a ticket was lost": (lambda h: h.ledger("delete from quarantine"), {"set aside = tickets"}),
    "landing lost a row": (lambda h: h.land([1, 2]), {"accepted = rows in landing", "events published = events landed"}),
    "a record is both accepted and set aside": (lambda h: h.land([1, 2, 4]), {"every record went one way only"}),
    "a record was landed twice": (
        lambda h: h.land([1, 2, 2]), {"every record went one way only", "events published = events landed"},
    ),
    "the landing file is gone": (
        lambda h: h.landing.unlink(),
        {"accepted = rows in landing (the landing file is missing)",
         "events by feed and year equal landing (not readable: IOException)"},
    ),
    "an event was not published": (
        lambda h: h.publish([("e1", "2024-12-31"), ("e2", "2025-01-01")]), {"events published = events landed", MONTHS},
    ),
    "an event moved to another year": (
        lambda h: h.publish([("e1", "2025-12-31"), ("e2", "2025-01-01"), ("e6", "2025-06-01")]),
        {"events published = events landed", MONTHS},
    ),
    "an event that was deleted at its source is counted": (
        flag, {"events published = events landed", "events published as deleted at source = landed so"},
    ),
    "a landed value was changed": (falsify, {"rows whose content is what its hash says"}),
    "the pointer names a build that nobody made": (
        point_elsewhere,
        {"the ledger says that it was published", "the pointer is the build's own list",
         "build and as-of time in the file are what the pointer says"},
    ),
    "a ticket was closed and nobody knows how": (
        lambda h: h.ledger("update quarantine set status = 'mended'"),
        {"closed tickets tell how"},  # a row without its number may be a repeat of any other
    ),
    "a ticket was closed for a row that is nowhere": (
        lambda h: h.ledger("update quarantine set status = 'mended', event_id = 'nowhere'"),
        {"closed tickets tell how", "rows that were mended or accepted are in landing"},
    ),
    "a ticket waits for a parse that no longer counts": (
        lambda h: h.ledger("update quarantine set parser = 'p0'"),
        {"tickets that wait belong to files that count", "set aside = tickets"},
    ),
    "a published part was changed": (
        lambda h: pq.write_table(pq.read_table(h.part), h.part, compression="gzip"),
        {"every published part is there and unchanged"},
    ),
    "a file was overlooked": (
        lambda h: (h.source / "police" / "new.csv").write_text("a\n1\n"), {"every file in the folder is in the ledger"},
    ),
    "nothing is published": (
        lambda h: (h.root / "published" / "CURRENT.json").unlink(),
        {"events by feed and year equal landing (nothing is published yet)"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BREAKS)
def test_each_fault_breaks_what_watches_it(house: House, what: str) -> None:
    damage, expected = BREAKS[what]
    damage(house)
    assert broken(house.verify()) == expected


def test_a_source_file_that_is_gone_is_said_and_is_not_ok(house: House) -> None:
    house.file.unlink()
    (gone,) = [i for i in house.verify() if not i.ok]
    assert "the source file is gone" in gone.name_en
    assert "源文件已不在原处" in gone.name_zh
    assert gone.found == "?"


def test_a_source_file_overwritten_by_other_bytes_is_not_counted_for_it(house: House) -> None:
    house.file.write_bytes(b"a\n1\n")
    found = broken(house.verify())
    assert found == {
        "records in the file = read (the source file is gone, or locked)", "every file in the folder is in the ledger",
    }  # fmt: skip


def test_a_home_without_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        verify(tmp_path, tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("text", "encoding", "binding", "expected"),
    [
        ("a,b\n1,2\n3,4", "utf-8", {}, 2),
        ("a,b\n1,2\n\n\n", "utf-8", {}, 3),
        ('a,b\n1,"x\ny"\n', "utf-8", {}, 1),
        ("编号,说明\n1,锟斤拷\n", "gb18030", {}, 1),
        ("編號;說明\n1;許功蓋\n", "big5", {"encoding": "big5", "delimiter": ";"}, 1),
        ("\n\na,b\n1,2\n", "utf-8-sig", {}, 1),
        ("a,b\n1,2\n", "utf-16", {}, 1),
        ("a,b\n", "utf-8", {}, 0),
        ("", "utf-8", {}, 0),
    ],
)
def test_csv_records_are_counted(tmp_path: Path, text: str, encoding: str, binding: dict[str, str], expected: int) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode(encoding))
    assert count_records(path, binding) == expected


def test_bytes_that_no_encoding_reads_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"a\n\xff\xff\n")
    with pytest.raises(ValueError, match="no encoding"):
        count_records(path, {})


def test_workbook_records_are_counted(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["标题"], ["编号", "名称"], [1, "a"], [None, None], [2, "b"], ["合计", 2], [None, None]):
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    # title, first row, blank, second row and total: all but the header
    assert count_records(tmp_path / "x.xlsx", {}) == 5
    book.create_sheet("二").append(["标题"])
    book["二"].append(["甲"])
    book.save(tmp_path / "x.xlsx")
    assert [count_records(tmp_path / "x.xlsx", {"sheet": sheet}) for sheet in ("二", "*", ["二", "S*"])] == [1, 6, 6]


def test_features_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps({"features": [{}, {}]}), encoding="utf-8")
    assert count_records(path, {}) == 2


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [('{"a": 1}\n{"a": 2}', "utf-8", 2), ("{}\r\n\r\n{", "utf-8-sig", 3), ('{"a": "\u2028"}\n', "utf-8", 1), ("", "utf-8", 0)],
)
def test_lines_are_counted(tmp_path: Path, text: str, encoding: str, expected: int) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(text.encode(encoding))
    assert count_records(path, {}) == expected


def test_an_array_and_a_parquet_file_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('\n[\n{"a": "[1]"},\n{}]', encoding="utf-8")
    assert count_records(tmp_path / "x.json", {}) == 2
    pl.DataFrame({"a": [1, None, 3]}).write_parquet(tmp_path / "x.parquet")
    assert count_records(tmp_path / "x.parquet", {}) == 3


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"")
    with pytest.raises(ValueError, match="unknown format"):
        count_records(tmp_path / "x.pdf", {})


def test_a_count_lost_between_the_maps_is_told(house: House) -> None:
    with duckdb.connect(str(house.root / "published" / "b1.duckdb")) as build:
        build.execute("update fct_metric_value set num = 6 where grid_code = 'c'")
    (told,) = [i for i in house.verify() if not i.ok]
    assert (told.subject, told.expected, told.found) == ("V01 4", "7", "6")


def test_a_published_count_that_is_not_what_the_events_say_is_told(house: House) -> None:
    with duckdb.connect(str(house.root / "published" / "b1.duckdb")) as build:
        build.execute("update fct_metric_value set num = 2 where slice_kind = 'event_kind' and period_start = '2025-06-01'")
    (told,) = [i for i in house.verify() if not i.ok]
    assert (told.subject, told.expected, told.found) == ("V01 event_kind", "3", "2")


def test_a_published_file_that_is_gone_is_told(house: House) -> None:
    (house.root / "published" / "b1.duckdb").unlink()
    assert broken(house.verify()) == {
        f"{what} (not readable: IOException)"
        for what in (
            "restating on the map in force keeps the sum",
            MONTHS,
            "build and as-of time in the file are what the pointer says",
        )
    }


def test_bytes_in_the_vault_that_are_not_those_received_are_told(house: House) -> None:
    master = b"m" * 32
    (house.root / "keys").mkdir(exist_ok=True)
    (house.root / "keys" / "master.key").write_bytes(base64.b64encode(master))
    kept = house.root / "vault" / "raw" / "calls" / house.sha
    for data, expected in (
        (house.file.read_bytes(), set()),
        (b"other", {"the vault keeps the bytes that came", "records of the file in the vault = read"}),
    ):
        sealed(data, house.root / "vault", master=master).replace(kept)
        assert broken(house.verify()) == expected
    kept.write_bytes(b"CBV1\x00")
    assert [name for name in broken(house.verify()) if name.startswith("the vault keeps the bytes that came (it does not open")]

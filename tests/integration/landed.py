"""A tiny city landed by hand: bindings, Parquet in the landing schema and ledger rows, without files to parse.

What comes before landing has tests of its own; here every row is chosen, so that a test can name it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from pipelines.core import decided
from pipelines.core.bindings import City, load_city
from pipelines.core.contracts import load_contract
from pipelines.core.landing import schema, writing
from pipelines.core.settings import Home
from pipelines.core.state import FileRow, Ledger, Parsed, ParseRow, RuleRow

ROOT = "990100"
FEEDS = {
    "police_incident": "police", "urban_case": "urban", "petition": "petition_office", "court_case": "court",
    "mediation": "justice_office",
    "grid_event": "platform", "dispatch_whistle": "platform", "grid_assist": "platform",
    "hotline_order": "hotline", "callback": "caller",
    "grid": "grid_office", "department": "staffing", "population": "statistics", "grid_change": "grid_office",
}  # fmt: skip
Row = dict[str, Any]


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _digest(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def event_id(contract: str, number: str) -> str:
    """The id of a case of the tiny city."""
    return _digest(FEEDS[contract], number)[:32]


def write_city(folder: Path, codes: dict[str, str] | None = None) -> City:
    """A city folder with one feed per contract."""
    (folder / "feeds").mkdir(parents=True)
    (folder / "codes").mkdir()
    city = {"name": folder.name, "title_zh": "小城", "title_en": "Tiny", "zone": "Asia/Shanghai", "root_area": ROOT}
    (folder / "city.yml").write_text(yaml.safe_dump(city, allow_unicode=True), encoding="utf-8")
    for contract, system in FEEDS.items():
        feed: Row = {
            "contract": contract, "system": system, "delivery": "increment", "extracted_at": {"stated": "2016-01-01"},
            "source": {"type": "drop", "pattern": f"{contract}/*.csv"},
        }  # fmt: skip
        if not load_contract(contract).key:
            feed["covers"] = "file"
        if contract in (codes or {}):
            feed["codes"] = {"category": f"{contract}.csv"}
            text = "source_code,canonical_code,valid_from,valid_to\n" + (codes or {})[contract]
            (folder / "codes" / f"{contract}.csv").write_text(text, encoding="utf-8")
        (folder / "feeds" / f"{contract}.yml").write_text(yaml.safe_dump(feed), encoding="utf-8")
    return load_city(folder)


@dataclass
class Landed:
    """One home of the tiny city."""

    home: Home
    city: City
    files: dict[str, tuple[str, str]] = field(default_factory=dict)

    def land(self, contract: str, name: str, rows: Iterable[Row], *, at: str | None = None, covers: str = "") -> str:
        """Land `rows` as one file extracted at `at`; returns its hash."""
        rows = list(rows)
        sha256 = _digest(contract, name, rows)
        path = self.home.landing / contract / f"{sha256}-p1.parquet"
        told = [self._landed_row(contract, sha256, number, row, at, covers) for number, row in enumerate(rows, 1)]
        columns = schema(load_contract(contract))
        with writing(path, columns) as writer:
            writer.write_table(pa.Table.from_pylist(told, schema=columns))
        clocks = self._clocks(contract, rows)
        ledger = Ledger.of(self.home)
        ledger.enter_all([Parsed(
            FileRow(contract, sha256, contract, name, 1, "2016-01-01T00:00:00", at, covers, "loaded"),
            ParseRow(
                contract, sha256, "p1", contract, str(path.relative_to(self.home.root)), 1, len(rows), len(rows), 0, 0, 0,
                min(clocks, default=None), max(clocks, default=None), "utf-8", "2016-01-01T00:00:00",
            ),
            (RuleRow(contract, sha256, "p1", "some-rule", "x", "warn", "conformity", len(rows), 0),),
            (),
        )])  # fmt: skip
        ledger.close()
        self.files[name] = (contract, sha256)
        return sha256

    def retract(self, name: str) -> None:
        """Take a landed file back, as `citybrain retract` does."""
        ledger = Ledger.of(self.home)
        file = ledger.file(*self.files[name])
        assert file is not None
        decided.retract(self.home, ledger, file, decided.Signed("data desk", "sent by mistake", dt.datetime(2017, 1, 9, 8)))
        ledger.close()

    def forget(self, name: str) -> None:
        """Make the home one to which a file never came: no row, no parse, no bytes, no decision."""
        feed, sha256 = self.files[name]
        for table in ("file", "parse", "rule_outcome", "quarantine", "quality_outcome"):
            with contextlib.closing(sqlite3.connect(self.home.state / "ledger.db")) as database, database:
                database.execute(f"delete from {table} where feed = ? and sha256 = ?", [feed, sha256])
        with contextlib.closing(sqlite3.connect(self.home.state / "state.db")) as database, database:
            database.execute("delete from decision where subject = ?", [f"{feed}/{sha256}"])
        (self.home.landing / feed / f"{sha256}-p1.parquet").unlink()

    def _clocks(self, contract: str, rows: list[Row]) -> list[str]:
        clocks = [c.name for c in load_contract(contract).columns if c.is_clock]
        values = [row[name] for row in rows for name in clocks if row.get(name) is not None]
        return [str(v.isoformat() if hasattr(v, "isoformat") else v) for v in values]

    def _landed_row(self, contract: str, sha256: str, number: int, row: Row, at: str | None, covers: str) -> Row:
        content = {k: v for k, v in row.items() if not k.startswith("_") and k not in ("time_precision",)}
        key = "|".join(str(row.get(name)) for name in load_contract(contract).key)
        extracted = moment(at) if at else None
        return {
            "_event_id": event_id(contract, key), "_file": sha256, "_record_no": number, "_feed": contract,
            "_system": FEEDS[contract], "_covers": covers, "extracted_at": extracted,
            "_version_at": row.get("updated_at") or extracted, "_content_hash": _digest(sorted(content.items())),
            "time_precision": "minute", "terms": [], "_flags": [], **row,
        }  # fmt: skip


def references(place: Landed) -> None:
    """Two districts, one with a street, a community and a grid; parents of the finer ones follow from their codes."""
    square = "POLYGON((118 36, 118.1 36, 118.1 36.1, 118 36.1, 118 36))"
    grids = [
        (ROOT, 0, "小城", None, None), ("990101", 1, "东区", ROOT, None), ("990102", 1, "西区", ROOT, None),
        ("990101001", 2, "东街道", None, None), ("990101001001", 3, "东社区", None, None),
        ("990101001001001", 4, "东一网格", "990101001001", square),
    ]  # fmt: skip
    place.land("grid", "grids", [
        {"grid_code": code, "level": level, "name_zh": name, "parent_code": parent, "geometry": shape}
        for code, level, name, parent, shape in grids
    ], at="2016-01-01")  # fmt: skip
    place.land("department", "departments", [
        {"dept_id": "D1", "name_zh": "城管局", "aliases": ["城管"], "network": "城管"},
        {"dept_id": "D2", "name_zh": "住建局", "aliases": ["建设局"]},
        {"dept_id": "D3", "name_zh": "规划局", "aliases": ["建设局"]},
    ], at="2016-01-01")  # fmt: skip
    place.land("population", "people", [
        {"area_code": "990101", "year": 2016, "usual_residents": 20_000},
        {"area_code": "990102", "year": 2016, "usual_residents": 30_000},
        {"area_code": "990101001", "year": 2016, "usual_residents": 9_000},
    ], at="2016-01-01")  # fmt: skip

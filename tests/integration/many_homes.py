"""Many small homes of one city, a few milliseconds each, and what a reader of the warehouse would see of them.

The real ingest runs in each: ledger, vault, landing. Only what a power cut would need is left out: nothing is synced to disk.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from pipelines import ingest
from pipelines.core import decisions
from pipelines.core.bindings import City, load_city
from pipelines.core.installation import Installation
from pipelines.core.settings import Home, load_settings
from pipelines.core.state import Ledger
from pipelines.core.vault import Vault
from pipelines.core.vault_keys import MasterKeys

NOW = dt.datetime(2026, 7, 1, 9)
CANARY, PHONE = "金丝雀甲乙丙", "13900000000"
HEADER = ["任务号", "上报时间", "结案时间", "单元网格编码", "小类名称", "上报人", "上报人电话", "问题描述", "更新时间"]
_SOURCE = "contract: urban_case\nsystem: s\nsource: {{type: drop, pattern: '{0}/*', settle_seconds: 0}}\n"
#: How each feed's files are read, by the name of the feed.
FEEDS = {
    "keyed": "format: csv\ndelivery: increment\nextracted_at: {name: '(\\d{8})'}\n",
    "month": "format: csv\ndelivery: snapshot\nkey: none\ncovers: {name: 'm(\\d\\d)'}\nextracted_at: {name: '(\\d{8})'}\n",
    "sheet": "format: xlsx\ndelivery: increment\nextracted_at: {name: '(\\d{8})'}\n",
    "lines": "format: jsonl\ndelivery: increment\nextracted_at: {name: '(\\d{8})'}\n",
}


def row(number: int, *, day: int = 1, closed: str = "", kind: str = "井盖", updated: str = "") -> list[str]:
    """One case as its bureau sends it."""
    seen = f"2026-06-{day:02d} 07:00:00"
    return [
        f"A{number}",
        seen,
        closed,
        "990101",
        kind,
        CANARY,
        PHONE,
        f"{CANARY}说有垃圾",
        updated or f"2026-06-{day:02d} 08:00:00",
    ]


def text_of(rows: Sequence[Sequence[str]], *, header: Sequence[str] = HEADER, end: str = "\r\n") -> str:
    """Rows as Python's csv writes them."""
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows([header, *rows])
    return out.getvalue()


@dataclass
class Homes:
    """Where homes of one city are made; each is gone when its block ends."""

    base: Path
    city: City = field(init=False)

    def __post_init__(self) -> None:
        folder = self.base / "city"
        (folder / "feeds").mkdir(parents=True)
        (folder / "city.yml").write_text("name: t\nzone: Asia/Shanghai\nroot_area: '99'\n", encoding="utf-8")
        for feed, form in FEEDS.items():
            (folder / "feeds" / f"{feed}.yml").write_text(_SOURCE.format(feed) + form, encoding="utf-8")
        self.city = load_city(folder)
        template = Home(self.base / "template").make()
        Ledger.of(template).close()
        decisions.every(template)

    @contextmanager
    def home(self) -> Iterator[Installation]:
        """An empty home with its drop folder."""
        base = self.base / "home"
        shutil.copytree(self.base / "template", base / "home")
        for feed in FEEDS:
            (base / "source" / feed).mkdir(parents=True)
        home = Home(base / "home")
        ledger = Ledger.of(home)
        ledger._db.execute("pragma synchronous = off")
        try:
            yield Installation(load_settings(), home, self.city, ledger, Vault(home, MasterKeys(bytes(32))), base / "source")
        finally:
            ledger.close()
            shutil.rmtree(base)


@contextmanager
def unsynced() -> Iterator[Homes]:
    """Homes that wait for no disk, in memory where the machine offers it: these tests cut no power."""
    real, os.fsync = os.fsync, lambda _: None  # type: ignore[assignment]
    memory = Path("/dev/shm")  # noqa: S108 (a private folder is made in it)
    try:
        with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as base:
            yield Homes(Path(base))
    finally:
        os.fsync = real


def put(place: Installation, feed: str, name: str, data: bytes | str) -> Path:
    """Lay a file into a feed's folder."""
    path = place.source_root / feed / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def take(place: Installation, feed: str) -> list[ingest.FileOutcome]:
    """Ingest what is new of a feed."""
    return ingest.ingest_feed(place.city.feed(feed), place, now=NOW)


def landed(place: Installation) -> pl.DataFrame:
    """The rows that count: of the parses that the ledger calls current."""
    paths = [place.home.root / parse["landing_path"] for parse in place.ledger.current_parses()]
    return pl.concat([pl.read_parquet(path) for path in paths]) if paths else pl.DataFrame()


ARRIVAL = ("_file", "_record_no", "_covers", "extracted_at")


def current(place: Installation) -> list[tuple[Any, ...]]:
    """What a reader sees: of each event the last version, by (version time, content) as int_event_versioned orders them.

    Without the columns that tell in which file and line it stood.
    """
    frame = landed(place)
    if frame.height == 0:
        return []
    frame = frame.sort("_version_at", "_content_hash", nulls_last=False).unique("_event_id", keep="last", maintain_order=True)
    told = frame.drop(ARRIVAL).with_columns(pl.col(pl.List(pl.String)).list.join("|"))
    return sorted(told.rows(), key=repr)


def contents(place: Installation) -> list[str]:
    """The rows that count by their content alone, with their repeats: all that rows without a key have."""
    frame = landed(place)
    return sorted(frame["_content_hash"].to_list()) if frame.height else []

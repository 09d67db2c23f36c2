"""Small exports by hand in a home of its own: cases by number, taken by the real ingest, and what stands afterwards."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

from pipelines import ingest
from pipelines.building.inputs import read_inputs
from pipelines.core import decided
from pipelines.core.installation import Installation, open_installation
from pipelines.core.named_files import named_file

NOW = dt.datetime(2026, 7, 1, 9)
SIGNED = decided.Signed("data desk", "sent by mistake", NOW)
HEADER = ["任务号", "上报时间", "单元网格编码", "更新时间", "备用时间"]
COVERED = "delivery: snapshot\ncovers: feed"
WHOLE = "delivery: snapshot"


def rows_of(*numbers: int, day: int = 1) -> bytes:
    """An export with one case per number."""
    out = io.StringIO()
    told = [[f"A{n}", f"2026-06-0{day} 07:00:00", "990101", f"2026-06-0{day} 08:00:00", ""] for n in numbers]
    told[0][-1] = told[0][1]
    csv.writer(out).writerows([HEADER, *told])
    return out.getvalue().encode()


def make_place(base: Path, delivery: str = "delivery: increment") -> Installation:
    """A city with one feed of urban cases, and its new home."""
    (base / "source").mkdir(parents=True)
    (base / "city" / "feeds").mkdir(parents=True)
    (base / "city" / "city.yml").write_text("name: t\nzone: Asia/Shanghai\nroot_area: '99'\n", encoding="utf-8")
    (base / "city" / "feeds" / "urban.yml").write_text(
        "contract: urban_case\nsystem: s\nsource: {type: drop, pattern: 'u*', settle_seconds: 0}\nformat: csv\n"
        f"{delivery}\nextracted_at: {{name: 'u(\\d{{8}})'}}\n", encoding="utf-8",
    )  # fmt: skip
    return open_installation(city=base / "city", home=base / "home", source_root=base / "source")


def take(place: Installation, files: dict[str, bytes] | None = None) -> dict[str, str]:
    """Drop files and ingest; the verdict on each."""
    for name, data in (files or {}).items():
        (place.source_root / name).write_bytes(data)
    return {o.name: o.verdict for o in ingest.ingest_feed(place.city.feeds[0], place, now=NOW)}


def standing(place: Installation) -> dict[str, str]:
    """The status of every file by name."""
    return {row["name"]: row["status"] for row in place.ledger.rows("select name, status from file")}


def built_of(place: Installation) -> tuple[Any, ...]:
    """What a build would be made of, but for the history of arrivals."""
    inputs = read_inputs(place.home, place.city, place.ledger, None)
    volatile = ("loaded_at", "landing_path")
    parses = [{k: v for k, v in parse.items() if k not in volatile} for parse in inputs.parses]
    return parses, inputs.as_of, inputs.feed_as_of, inputs.fingerprint, inputs.rule_outcomes


def retract(place: Installation, name: str, *, undo: bool = False) -> None:
    """Decide that a file never came, or that it did."""
    decided.retract(place.home, place.ledger, named_file(place.ledger, name), SIGNED, undo=undo)


def release(place: Installation, name: str) -> str:
    """Decide that a held file is right, and load it; the verdict on it then."""
    file = named_file(place.ledger, name)
    decided.release(place.home, place.ledger, file, SIGNED)
    return ingest.load_stored(file, place, now=NOW).verdict


def without_bytes(place: Installation) -> Installation:
    """The same city, keeping no bytes."""
    path = place.city.folder / "city.yml"
    path.write_text(path.read_text(encoding="utf-8") + "vault: {raw_store: false}\n", encoding="utf-8")
    return open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)

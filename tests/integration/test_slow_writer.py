"""A file is taken when it is whole: still for a while, nobody writing it, or marked by its sender; never half."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from pipelines.core.bindings import load_city
from pipelines.core.installation import Installation, open_installation
from pipelines.core.settings import ArchiveLimits
from pipelines.sources import drop
from tests.integration.small_exports import make_place, rows_of, take

ROWS = 40


def settling(base: Path, seconds: float) -> Installation:
    place = make_place(base)
    path = place.city.folder / "feeds" / "urban.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("settle_seconds: 0", f"settle_seconds: {seconds}"), encoding="utf-8")
    return open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)


def write_slowly(path: Path, data: bytes, seconds: float, pieces: int) -> None:
    """As an SFTP server over a bad line does: the file stays open, its pieces come one by one."""
    size = -(-len(data) // pieces)
    with path.open("wb") as stream:
        for at in range(0, len(data), size):
            stream.write(data[at : at + size])
            stream.flush()
            time.sleep(seconds / pieces)


def append_slowly(path: Path, data: bytes, seconds: float, pieces: int) -> None:
    """As a script does that opens the file anew for each piece."""
    size = -(-len(data) // pieces)
    for at in range(0, len(data), size):
        with path.open("ab") as stream:
            stream.write(data[at : at + size])
        time.sleep(seconds / pieces)


def watch(base: Path, writer, *, seconds: float, pieces: int, settle: float) -> None:  # type: ignore[no-untyped-def]
    """Ingest again and again while a file is written: it is taken once, whole."""
    place, name, data = settling(base, settle), "u20260601.csv", rows_of(*range(ROWS))
    process = multiprocessing.get_context("spawn").Process(target=writer, args=(place.source_root / name, data, seconds, pieces))
    process.start()
    verdicts, looks, end = [], 0, time.monotonic() + seconds + 20
    while time.monotonic() < end and not verdicts:
        verdicts += take(place).values()
        looks += 1
        if verdicts:
            assert (place.source_root / name).stat().st_size == len(data), "read while it was written"
        time.sleep(0.05)
    process.join()
    assert verdicts == ["loaded"]
    assert looks > pieces
    assert place.ledger.rows("select read_n from parse") == [{"read_n": ROWS}]
    assert take(place) == {}


@pytest.mark.parametrize(
    ("writer", "settle"),
    [(write_slowly, 0.1), (append_slowly, 0.8)],  # the first pauses longer than a file has to be still: it holds it open
)
def test_a_file_is_never_read_half(tmp_path: Path, writer, settle: float) -> None:  # type: ignore[no-untyped-def]
    watch(tmp_path, writer, seconds=1.6, pieces=5, settle=settle)


@pytest.mark.proof
@pytest.mark.parametrize(("writer", "settle"), [(write_slowly, 0.5), (append_slowly, 5)])
def test_a_writer_that_needs_thirty_seconds_is_never_read_half(tmp_path: Path, writer, settle: float) -> None:  # type: ignore[no-untyped-def]
    watch(tmp_path, writer, seconds=30, pieces=20, settle=settle)


def ready(place: Installation) -> list[str]:
    return [one.name for one in drop.ready(place.city.feeds[0], place.city, place.source_root, ArchiveLimits())]


def test_a_mark_counts_for_the_file_it_was_set_for(tmp_path: Path) -> None:
    place = settling(tmp_path, 3600)
    path, mark = place.source_root / "u20260601.csv", place.source_root / "u20260601.csv.ok"
    path.write_bytes(rows_of(1))
    assert ready(place) == []
    mark.touch()
    assert ready(place) == ["u20260601.csv"]
    os.utime(mark, (1, 1))  # the mark of the file that had this name yesterday
    assert ready(place) == []


def test_a_time_in_the_future_holds_no_file_back_for_ever(tmp_path: Path) -> None:
    place = settling(tmp_path, 0.05)
    path = place.source_root / "u20260601.csv"
    path.write_bytes(rows_of(1))
    ahead = time.time() + 86_400
    os.utime(path, (ahead, ahead))
    assert ready(place) == ["u20260601.csv"]


def test_what_is_on_its_way_or_gone_is_left_alone(tmp_path: Path) -> None:
    place = settling(tmp_path, 0)
    for name in ("u1.csv.part", ".u1.csv", "u1.csv.filepart", "u1.csv.tmp", "u1.csv.ok"):
        (place.source_root / name).write_bytes(rows_of(1))
    assert ready(place) == []
    assert drop._whole(place.source_root / "gone", 0) is None


def test_files_that_fit_no_feed_are_told(tmp_path: Path) -> None:
    (tmp_path / "city" / "feeds").mkdir(parents=True)
    (tmp_path / "city" / "city.yml").write_text("name: t\nzone: Asia/Shanghai\nroot_area: '99'\n", encoding="utf-8")
    for feed, pattern in (("a", "urban/a_*.csv"), ("b", "deep/**/b_*.csv")):
        (tmp_path / "city" / "feeds" / f"{feed}.yml").write_text(
            f"contract: urban_case\nsystem: s\nsource: {{pattern: '{pattern}'}}\ndelivery: snapshot\ncovers: file\n",
            encoding="utf-8",
        )
    source = tmp_path / "source"
    for name in (
        "urban/a_1.csv",
        "urban/a_1.csv.ok",
        "urban/urbn_2.csv",
        "urban/.x",
        "urban/c.part",
        "deep/x/y/b_1.csv",
        "deep/x/y/c.csv",
        "elsewhere/z.csv",
    ):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).touch()
    told = [path.as_posix() for path in drop.unclaimed(load_city(tmp_path / "city"), source)]
    assert told == ["deep/x/y/c.csv", "urban/urbn_2.csv"]
    assert drop.unclaimed(load_city(tmp_path / "city"), tmp_path / "nowhere") == []

"""Ingest on real files in a home of its own: exactly once, any order, nothing lost, nothing personal outside the vault."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import itertools
import os
import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipelines import ingest
from pipelines.core.installation import Installation, open_installation
from pipelines.core.set_aside import rows_set_aside
from pipelines.defs.checks import waiting_batches

NOW = dt.datetime(2026, 7, 1, 9)
HEADER = ["任务号", "上报时间", "结案时间", "单元网格编码", "上报人", "上报人电话", "问题描述", "更新时间"]
CANARY = "金丝雀甲乙丙"

Rows = list[list[str]]
Place = Callable[[], Installation]


def _row(number: int, *, closed: str = "", updated: str = "2026-06-01 08:00:00") -> list[str]:
    return [f"A{number}", "2026-06-01 07:00:00", closed, "990101", CANARY, "13900000000", f"{CANARY}说有垃圾", updated]


def _text(rows: Rows, encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *rows])
    return out.getvalue().encode(encoding)


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = tmp_path / "city"
    (folder / "feeds").mkdir(parents=True)
    (folder / "city.yml").write_text("name: t\nzone: Asia/Shanghai\nroot_area: '99'\n", encoding="utf-8")
    (folder / "feeds" / "urban.yml").write_text(
        "contract: urban_case\nsystem: s\nsource: {type: drop, pattern: 'u*', settle_seconds: 0}\nformat: csv\n"
        "delivery: increment\nextracted_at: {name: 'u(\\d{8})'}\n", encoding="utf-8",
    )  # fmt: skip
    return folder


@pytest.fixture
def new_place(city: Path, tmp_path: Path) -> Place:
    count = itertools.count()

    def make() -> Installation:
        base = tmp_path / f"place{next(count)}"
        (base / "source").mkdir(parents=True)
        return open_installation(city=city, home=base / "home", source_root=base / "source")

    return make


def _take(place: Installation) -> list[ingest.FileOutcome]:
    return ingest.ingest_feed(place.city.feeds[0], place, now=NOW)


def _put(place: Installation, name: str, data: bytes) -> None:
    (place.source_root / name).write_bytes(data)


def _landed(place: Installation) -> pl.DataFrame:
    paths = [place.home.root / row["landing_path"] for row in place.ledger.current_parses()]
    return pl.concat([pl.read_parquet(path) for path in paths]) if paths else pl.DataFrame()


def _current(place: Installation) -> list[tuple[object, ...]]:
    """The newest version of each event, as the warehouse chooses it."""
    frame = _landed(place).sort("_version_at", "_content_hash")
    return frame.unique("_event_id", keep="last").sort("_event_id").select("_event_id", "closed_at", "_content_hash").rows()


def test_the_same_bytes_count_once_under_any_name(new_place: Place) -> None:
    place = new_place()
    data = _text([_row(1), _row(2)])
    _put(place, "u20260601.csv", data)
    assert [o.verdict for o in _take(place)] == ["loaded"]
    _put(place, "u20260601 (copy).csv", data)
    again = _take(place)
    assert [o.verdict for o in again] == ["known"]
    assert "u20260601.csv" in again[0].message
    assert _take(place) == []
    assert _landed(place).height == 2


def test_any_order_of_files_gives_the_same_events(new_place: Place) -> None:
    files = {
        "u20260601.csv": _text([_row(1), _row(2)]),
        "u20260602.csv": _text([_row(1, closed="2026-06-02 08:00:00", updated="2026-06-02 09:00:00"), _row(3)]),
        "u20260603.csv.gz": gzip.compress(_text([_row(1, closed="2026-06-03 08:00:00", updated="2026-06-03 09:00:00")])),
    }
    seen = set()
    for order in itertools.permutations(files):
        place = new_place()
        for name in order:
            _put(place, name, files[name])
            _take(place)
        seen.add(tuple(_current(place)))
    assert len(seen) == 1
    assert {row[1] for row in seen.pop()} == {None, dt.datetime(2026, 6, 3, 8)}


def test_a_file_in_two_parts_is_the_file(new_place: Place) -> None:
    rows = [_row(n) for n in range(50)]
    whole, parts = new_place(), new_place()
    _put(whole, "u20260601.csv", _text(rows))
    _put(parts, "u20260601_1.csv", _text(rows[:20]))
    _put(parts, "u20260601_2.csv", _text(rows[20:]))
    _take(whole), _take(parts)
    assert _current(whole) == _current(parts)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_funnel_closes_and_refused_rows_are_in_the_vault(new_place: Place, encoding: str) -> None:
    place = new_place()
    bad_time, no_key, ragged = _row(3), _row(4), _row(5)[:-2]
    bad_time[1], no_key[0] = "昨天", "无"
    _put(place, "u20260601.csv", _text([_row(1), _row(1), _row(2), bad_time, no_key, ragged, []], encoding))
    done = _take(place)[0]
    assert (done.read_n, done.accepted_n, done.quarantined_n, done.repeat_n, done.nondata_n) == (7, 2, 3, 1, 1)
    tickets = place.ledger.rows("select record_no, rule_ids from quarantine order by record_no")
    assert [(t["record_no"], t["rule_ids"]) for t in tickets] == [
        (4, "reported_at-required,reported_at-type"), (5, "source_case_no-required"), (6, "record-width"),
    ]  # fmt: skip
    stored = next((place.home.vault / "quarantine").glob("*/*"))
    kept = place.vault.open_table(stored).read().to_pylist()
    assert {k["record_no"] for k in kept} == {4, 5, 6}
    assert all(CANARY in k["raw"] for k in kept)


def test_nothing_personal_is_outside_the_vault_and_nothing_is_readable_in_it(new_place: Place) -> None:
    place = new_place()
    bad = _row(2)
    bad[1] = "昨天"
    _put(place, "u20260601.csv", _text([_row(1), bad]))
    _take(place)
    assert "垃圾" in _landed(place)["terms"].to_list()[0]
    forms = [CANARY.encode(), CANARY.encode("gb18030"), b"13900000000"]
    for path in place.home.root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(form in data for form in forms), path
    assert not any(CANARY in str(value) for row in _landed(place).rows() for value in row)


def test_a_header_that_does_not_fit_holds_the_file_and_the_rest_go_on(new_place: Place) -> None:
    place = new_place()
    _put(place, "u20260601.csv", b"a,b\n1,2\n")
    _put(place, "u20260602.csv", _text([_row(1)]))
    outcomes = {o.name: o for o in _take(place)}
    assert outcomes["u20260601.csv"].verdict == "held"
    assert "任务号 (source_case_no) is missing" in outcomes["u20260601.csv"].message
    assert "feeds/urban.yml" in outcomes["u20260601.csv"].message
    assert outcomes["u20260602.csv"].verdict == "loaded"
    assert _take(place) == []


def test_cells_of_a_file_without_a_header_line_are_told_to_nobody(new_place: Place) -> None:
    place = new_place()
    body = _text([_row(1), _row(2)]).split(b"\n", 1)[1]
    _put(place, "u20260601.csv", body)
    outcome = _take(place)[0]
    assert outcome.verdict == "held"
    held = place.ledger.rows("select held_what from file")[0]["held_what"]
    assert CANARY not in outcome.message + held
    assert "13900000000" not in outcome.message + held


def test_a_damaged_archive_is_held_and_the_rest_go_on(new_place: Place) -> None:
    place = new_place()
    whole = gzip.compress(_text([_row(n) for n in range(500)]))
    broken = bytearray(whole)
    broken[len(whole) // 2] ^= 0xFF
    _put(place, "u20260601.csv.gz", bytes(broken))
    _put(place, "u20260602.csv.gz", whole[: len(whole) // 2])
    _put(place, "u20260603.csv", _text([_row(1)]))
    verdicts = {o.name: o.verdict for o in _take(place)}
    assert verdicts == {"u20260601.csv.gz": "held", "u20260602.csv.gz": "held", "u20260603.csv": "loaded"}


def test_a_half_uploaded_file_is_left_alone(new_place: Place) -> None:
    place = new_place()
    _put(place, "u20260601.csv.part", _text([_row(1)]))
    _put(place, ".u20260601.csv", _text([_row(1)]))
    assert _take(place) == []


def test_a_value_after_the_extract_time_is_refused_and_never_moves_the_clock(new_place: Place) -> None:
    place = new_place()
    late = _row(2)
    late[1] = "3020-06-01 07:00:00"
    _put(place, "u20260601.csv", _text([_row(1), late]))
    assert _take(place)[0].quarantined_n == 1
    assert place.ledger.current_parses()[0]["clock_max"] == "2026-06-01 07:00:00"


def test_rows_of_a_keyless_feed_are_never_merged(city: Path, new_place: Place) -> None:
    binding = city / "feeds" / "urban.yml"
    text = binding.read_text(encoding="utf-8").replace("delivery: increment", "delivery: snapshot\nkey: none\ncovers: feed")
    binding.write_text(text, encoding="utf-8")
    place = new_place()
    _put(place, "u20260601.csv", _text([_row(1), _row(1), _row(1)]))
    assert _take(place)[0].accepted_n == 3
    assert _landed(place)["_event_id"].n_unique() == 3
    _put(place, "u20260602.csv", _text([_row(1), _row(1)]))  # covers the same: replaces, whatever came before
    _take(place)
    assert _landed(place).height == 2
    _put(place, "u20260531.csv", _text([_row(1)] * 9))  # older: stays superseded
    _take(place)
    assert _landed(place).height == 2


def test_ordinals_do_not_depend_on_batches(city: Path, new_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(1)
    rows = [_row(chance.randrange(30)) for _ in range(400)]
    whole, small = new_place(), new_place()
    for place in (whole, small):
        _put(place, "u20260601.csv", _text(rows))
    _take(whole)
    monkeypatch.setattr("pipelines.cleaning.read.BLOCK_BYTES", 4096)
    _take(small)
    columns = ["_event_id", "_record_no", "_content_hash"]
    assert _landed(whole).select(columns).sort("_record_no").equals(_landed(small).select(columns).sort("_record_no"))
    assert whole.ledger.current_parses()[0]["repeat_n"] == small.ledger.current_parses()[0]["repeat_n"] == 370


def test_a_batch_whose_file_is_not_entered_yet_is_left_to_whoever_writes_it(new_place: Place) -> None:
    place = new_place()
    _put(place, "u20260601.csv", _text([_row(1)]))
    _take(place)
    ((batch, request),) = waiting_batches(place)
    coming = batch.with_name(f"{'a' * 64}-{request.parser}.parquet")
    coming.write_bytes(batch.read_bytes())
    assert [path for path, _ in waiting_batches(place)] == [batch]
    assert coming.exists()
    os.utime(coming, (0, 0))  # of a run that was killed
    assert [path for path, _ in waiting_batches(place)] == [batch]
    assert not coming.exists()


def test_of_two_columns_of_one_name_the_vault_keeps_both_cells(new_place: Place) -> None:
    """Rows set aside are kept by header; what comes back is judged by the first, as the file was."""
    place = new_place()
    bad = _row(2)
    bad[1] = "昨天"
    rows = [[*cells, "first", "second"] for cells in ([*HEADER[:1], "上报时间", *HEADER[2:]], _row(1), bad)]
    rows[0][-2:] = ["上报时间", "上报时间 (2)"]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    _put(place, "u20260601.csv", out.getvalue().encode())
    assert _take(place)[0].quarantined_n == 1
    (row,) = place.ledger.rows("select * from quarantine")
    raw = rows_set_aside(place, row["feed"], row["sha256"], row["parser"])[2]
    assert [raw[name] for name in ("上报时间", "上报时间 (3)", "上报时间 (2)")] == ["昨天", "first", "second"]
    file = place.ledger.file(row["feed"], row["sha256"])
    assert file is not None
    judged = ingest.judge_rows(ingest.stored_work(file, place), {2: raw}, {})
    assert judged.failed == {2: ["reported_at-required", "reported_at-type"]}

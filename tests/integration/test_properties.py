"""What must hold of any files whatever: loaded twice, in any order, in parts, under other names; and every record counted.

Sixty examples of each of the five in `make test`, the same ones every time; `make prove-fuzz` looks for new ones.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st

from pipelines.cleaning import parse
from tests.integration.many_homes import HEADER, Homes, contents, current, landed, put, row, take, text_of, unsynced

EXAMPLES = int(os.environ.get("CITYBRAIN_EXAMPLES", "0"))
many = settings(
    max_examples=EXAMPLES or 60, derandomize=not EXAMPLES, deadline=None, database=None, print_blob=False,
    phases=[Phase.generate],  # an example that fails is small enough to read; making it smaller takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@pytest.fixture(scope="module")
def homes() -> Iterator[Homes]:
    with unsynced() as made:
        yield made


times = st.integers(1, 28).map(lambda day: f"2026-06-{day:02d} 09:00:00")
kinds = st.sampled_from(["井盖", "路灯", "", "无", '垃圾, "甲"', "二\n行", "＝１"])
cases = st.builds(
    lambda number, day, kind, closed, updated: row(number, day=day, kind=kind, closed=closed, updated=updated),
    st.integers(1, 9), st.integers(1, 20), kinds, st.one_of(st.just(""), times), st.one_of(times, st.just("昨天"), st.just("无")),
)  # fmt: skip
files = st.lists(cases, min_size=0, max_size=14)


@many
@given(rows=files, feed=st.sampled_from(["keyed", "month"]), again=st.sampled_from(["touched", "copied", "not at all"]))
def test_a_file_loaded_twice_is_the_file_loaded_once(homes: Homes, rows: list[list[str]], feed: str, again: str) -> None:
    with homes.home() as place:
        path = put(place, feed, "m06_20260628.csv", text_of(rows))
        os.utime(path, (1, 1))
        assert [one.verdict for one in take(place, feed)] == ["loaded"]
        before = (
            current(place),
            contents(place),
            place.ledger.rows("select * from parse"),
            place.ledger.rows("select * from quarantine"),
        )
        if again == "touched":
            os.utime(path, ns=(path.stat().st_mtime_ns + 10**9,) * 2)
        elif again == "copied":
            put(place, feed, "m06_20260628 (2).csv", path.read_bytes())
        assert [one.verdict for one in take(place, feed)] == ([] if again == "not at all" else ["known"])
        after = (
            current(place),
            contents(place),
            place.ledger.rows("select * from parse"),
            place.ledger.rows("select * from quarantine"),
        )
        assert after == before


@many
@given(data=st.data(), sent=st.lists(files, min_size=2, max_size=3), feed=st.sampled_from(["keyed", "month"]))
def test_files_in_any_order_are_the_same(homes: Homes, data: st.DataObject, sent: list[list[list[str]]], feed: str) -> None:
    """Each comes alone. Of the feed whose files cover a month two may cover the same: then the extract time decides."""
    months = data.draw(st.lists(st.integers(5, 6), min_size=len(sent), max_size=len(sent)))
    named = [
        (f"m{month:02d}_202606{21 + n}.csv", text_of(rows)) for n, (month, rows) in enumerate(zip(months, sent, strict=True))
    ]
    assume(feed == "keyed" or len({text for _, text in named}) == len(named))  # the same bytes for two months are one file
    seen = []
    for order in (named, data.draw(st.permutations(named))):
        with homes.home() as place:
            for name, text in order:
                put(place, feed, name, text)
                for one in take(place, feed):  # a file that lost most rows of what it replaces asks first: here it may
                    if one.verdict == "held":
                        _let(place, one.sha256)
            seen.append((current(place), contents(place)))
    assert seen[0] == seen[1]


def _let(place, sha256: str) -> None:  # type: ignore[no-untyped-def]
    from pipelines import ingest
    from pipelines.core import decided

    file = place.ledger.file("month", sha256)
    decided.release(place.home, place.ledger, file, decided.Signed("data desk", "as sent", dt.datetime(2026, 7, 1)))
    assert ingest.load_stored(file, place, now=dt.datetime(2026, 7, 1)).verdict == "loaded"


@many
@given(data=st.data(), rows=st.lists(cases, min_size=2, max_size=20), feed=st.sampled_from(["keyed", "month"]))
def test_a_file_in_parts_is_the_file(homes: Homes, data: st.DataObject, rows: list[list[str]], feed: str) -> None:
    """Rows with a key may be parted anyhow; rows without one by what a file covers, and then their contents are the same."""
    ends = sorted(data.draw(st.lists(st.integers(0, len(rows)), min_size=1, max_size=2)))
    parts = [rows[start:end] for start, end in zip([0, *ends], [*ends, len(rows)], strict=True)]
    assume(feed == "keyed" or len({text_of(part) for part in parts}) == len(parts))
    with homes.home() as place:
        put(place, feed, "m01_20260630.csv", text_of(rows))
        take(place, feed)
        whole = current(place), contents(place)
    with homes.home() as place:
        for number, part in enumerate(parts, start=1):
            put(place, feed, f"m{number:02d}_20260630.csv", text_of(part))
        take(place, feed)
        found = current(place), contents(place)
    assert found[0 if feed == "keyed" else 1] == whole[0 if feed == "keyed" else 1]


@many
@given(rows=files, feed=st.sampled_from(["keyed", "month"]), late=st.booleans(), name=st.sampled_from(["x ", "移交-", "a.b."]))
def test_a_file_under_another_name_is_the_file(homes: Homes, rows: list[list[str]], feed: str, late: bool, name: str) -> None:
    """Of a name only what the binding reads in it counts."""
    with homes.home() as place:
        path = put(place, feed, "m06_20260628.csv", text_of(rows))
        take(place, feed)
        told = current(place), contents(place)
        if late:
            path.rename(path.with_name(f"{name}m06_20260628.csv"))
            assert [one.verdict for one in take(place, feed)] == ["known"]
            assert (current(place), contents(place)) == told
            return
    with homes.home() as place:
        put(place, feed, f"{name}m06_20260628.csv", text_of(rows))
        take(place, feed)
        assert (current(place), contents(place)) == told


#: What breaks readers of CSV, beside plain text.
crumbs = st.sampled_from(
    ['"', '""', ",", "\n", "\r", "\r\n", "\x00", "\ufeff", "\u2028", "\x1a", "\\", ";", "\t", " ", "=CMD()", "𠮷", "é", "0"]
)
cells = st.one_of(st.just("甲"), st.lists(crumbs, max_size=4).map("".join))
LINES = len(HEADER)


@st.composite
def csv_texts(draw: st.DrawFn) -> str:
    """A header and records: well written, of another width, blank, and with bare text between."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=draw(st.sampled_from(["\n", "\r\n", "\r"])))
    writer.writerow(HEADER)
    for number in range(draw(st.integers(0, 9))):
        kind = draw(st.integers(0, 9))
        told = row(number)
        if kind == 0:
            out.write(draw(cells) + "\n")
        elif kind == 1:
            writer.writerow([])
        elif kind == 2:
            writer.writerow(told[: draw(st.integers(1, LINES - 1))])
        elif kind == 3:
            writer.writerow([*told, draw(cells)])
        else:
            told[4], told[7] = draw(cells), draw(cells)
            writer.writerow(told)
    return out.getvalue()


@many
@given(text=csv_texts(), encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
@example(text=",".join(HEADER) + '\n甲\n"\n', encoding="utf-8")
def test_the_funnel_closes_against_pythons_csv_and_each_record_is_where_it_belongs(
    homes: Homes, text: str, encoding: str
) -> None:
    every = list(csv.reader(io.StringIO(text, newline="")))[1:]
    blank = {n for n, cells in enumerate(every, start=1) if not cells}
    ragged = {n for n, cells in enumerate(every, start=1) if cells and len(cells) != LINES}
    with homes.home() as place:
        put(place, "keyed", "20260628.csv", text.encode(encoding))
        (one,) = take(place, "keyed")
        if _ends_in_a_quote(text):  # nobody can tell whether the rest was cut off
            assert (one.verdict, landed(place).height) == ("held", 0)
            assert "is never closed" in one.message
            return
        assert one.verdict == "loaded", one.message
        assert one.read_n == len(every) == one.accepted_n + one.quarantined_n + one.repeat_n + one.nondata_n
        assert one.nondata_n == len(blank)
        refused = {t["record_no"]: t["rule_ids"] for t in place.ledger.rows("select record_no, rule_ids from quarantine")}
        assert {n for n, rules in refused.items() if rules == "record-width"} == ragged
        rows = landed(place).select("_record_no", "class_text").rows()
        numbers = {n for n, _ in rows}
        assert len(numbers) == one.accepted_n
        assert not numbers & (blank | set(refused))
        assert len(set(range(1, len(every) + 1)) - numbers - blank - set(refused)) == one.repeat_n
        assert [said for _, said in rows] == [_tidy(every[n - 1][4]) for n, _ in rows]


def _ends_in_a_quote(text: str) -> bool:
    """Whether Python's reader takes another line as part of the last cell."""
    return list(csv.reader(io.StringIO(f"{text}\nZ", newline="")))[-1] != ["Z"]


def _tidy(text: str) -> str | None:
    import polars as pl

    return parse.tidy(pl.DataFrame({"x": [text]}))[0]["x"].to_list()[0]

"""Rows that stand twice in one file: what is said of one is said of the other, and every record is told once in the funnel."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl

from pipelines import replay
from pipelines.cli import examine
from pipelines.reports import worklist_xlsx
from quality.verify import verify
from tests.integration.returned_rows import (
    BAD,
    GOOD,
    MENDED,
    SIGNED,
    bring_back,
    entries,
    export_of,
    exported,
    funnel,
    landed,
    mended,
    statuses,
)
from tests.integration.small_exports import make_place, take


def test_a_row_that_stands_twice_in_its_file_is_mended_once(tmp_path: Path) -> None:
    """One entry, one mend: the twin is a repeat of the mended row; another row of the same case, even as bad, is not."""
    place = make_place(tmp_path / "place")
    other = export_of(("A2", BAD), updated="2026-06-01 08:30:00").splitlines(keepends=True)[1]
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD), ("A3", BAD), ("A2", BAD)) + other})
    assert statuses(place) == dict.fromkeys((2, 3, 4, 5), "open")
    (entry,) = (one for one in entries(place) if one.key["任务号"] == "A2")
    assert entry.record_no == 5
    assert examine._returned(place)[0].startswith("2 rows wait for their bureau")  # as many as the list has, of four tickets
    book = exported(place, tmp_path / "out.xlsx")
    assert book[worklist_xlsx.ROWS].max_row == 3
    assert bring_back(place, mended(place, tmp_path / "out.xlsx", "上报时间", {"A2": MENDED}))["5"] == "accepted"
    data = mended(place, tmp_path / "next.xlsx", "上报时间", {"A2": MENDED})
    assert bring_back(place, data)["4"] == "accepted"
    assert statuses(place) == {2: "mended", 3: "open", 4: "mended", 5: "mended"}
    assert funnel(place) == (5, 3, 1, 1, 0)
    assert [one.record_no for one in entries(place)] == [3]
    invariants = verify(place.home.root, place.city.folder, place.source_root)
    assert [one for one in invariants if not one.ok and not one.note_en] == []


def test_a_row_that_stands_twice_in_its_file_is_right_twice(tmp_path: Path) -> None:
    place = make_place(tmp_path / "place")
    early = ("A2", "1999-01-01 07:00:00")
    take(place, {"u20260601.csv": export_of(("A1", GOOD), early, ("A3", GOOD), early)})
    (entry,) = entries(place)
    replay.accept(place, [entry.ticket], SIGNED)
    assert (statuses(place), funnel(place), entries(place)) == ({2: "accepted", 4: "accepted"}, (4, 3, 0, 1, 0), [])
    replay.accept(place, [entry.ticket], SIGNED, undo=True)
    assert (statuses(place), funnel(place)) == ({2: "open", 4: "open"}, (4, 2, 2, 0, 0))


def numbered(place: Any, path: Path, numbers: dict[str, str]) -> bytes:
    """The exported workbook after a clerk wrote the missing case numbers, by record."""
    worklist_xlsx.write(entries(place), path)
    book = openpyxl.load_workbook(path)
    sheet = book[worklist_xlsx.ROWS]
    names = [cell.value for cell in sheet[1]]
    for row in range(2, sheet.max_row + 1):
        record = str(sheet.cell(row, names.index(worklist_xlsx.RECORD) + 1).value)
        if record in numbers:
            sheet.cell(row, names.index("任务号") + 1).value = numbers[record]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def all_hold(place: Any) -> bool:
    invariants = verify(place.home.root, place.city.folder, place.source_root)
    return [one for one in invariants if not one.ok and not one.note_en] == []


def test_rows_alike_without_a_number_are_each_their_own(tmp_path: Path) -> None:
    """They may be two cases that look alike: one mended does not mend the other, and two numbers are two cases."""
    place = make_place(tmp_path / "place")
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("", GOOD), ("", GOOD))})
    assert (statuses(place), funnel(place)) == ({2: "open", 3: "open"}, (3, 1, 2, 0, 0))
    assert [(one.record_no, one.rule_ids) for one in entries(place)] == [(n, ("source_case_no-required",)) for n in (2, 3)]
    assert examine._returned(place)[0].startswith("2 rows wait for their bureau")
    assert bring_back(place, numbered(place, tmp_path / "one.xlsx", {"2": "B1"})) == {"2": "accepted", "3": "unchanged"}
    assert (statuses(place), funnel(place)) == ({2: "mended", 3: "open"}, (3, 2, 1, 0, 0))
    assert bring_back(place, numbered(place, tmp_path / "other.xlsx", {"3": "B2"})) == {"3": "accepted"}
    assert (statuses(place), funnel(place), entries(place)) == ({2: "mended", 3: "mended"}, (3, 3, 0, 0, 0), [])
    assert [(case, record) for case, _, record in landed(place)] == [("A1", 1), ("B1", 2), ("B2", 3)]
    assert all_hold(place)


def test_rows_alike_without_a_number_that_get_the_same_one_are_one_case_and_a_repeat(tmp_path: Path) -> None:
    place = make_place(tmp_path / "place")
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("", GOOD), ("", GOOD))})
    assert bring_back(place, numbered(place, tmp_path / "both.xlsx", {"2": "B1", "3": "B1"})) == {
        "2": "accepted",
        "3": "accepted",
    }
    assert (statuses(place), funnel(place), entries(place)) == ({2: "mended", 3: "mended"}, (3, 2, 0, 1, 0), [])
    assert [(case, record) for case, _, record in landed(place)] == [("A1", 1), ("B1", 2)]
    assert all_hold(place)

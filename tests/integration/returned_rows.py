"""What the tests of the work list do: exports with bad rows, workbooks mended as a clerk would, what stands afterwards."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from pipelines import replay
from pipelines.cli import quarantine, show
from pipelines.core.decided import Signed
from pipelines.core.installation import Installation
from pipelines.reports import worklist, worklist_xlsx
from tests.integration.small_exports import NOW

HEADER = ["任务号", "上报时间", "单元网格编码", "更新时间", "小类名称", "上报人", "上报人电话"]
NAME, PHONE = "赵铁柱", "13912345678"
SIGNED = Signed("data desk", "checked on paper", NOW)
GOOD, BAD = "2026-06-01 07:00:00", "昨天"
MENDED = "2026-06-01 07:30:00"


def export_of(*cases: tuple[str, str], updated: str = "2026-06-01 08:00:00") -> bytes:
    """An export of cases: number and time of report."""
    out = io.StringIO()
    rows = [[number, at, "990101", updated, "盗窃", NAME, PHONE] for number, at in cases]
    csv.writer(out).writerows([HEADER, *rows])
    return out.getvalue().encode()


def entries(place: Installation, **only: str) -> list[worklist.Entry]:
    return worklist.entries(place, now=NOW, **only)


def exported(place: Installation, path: Path) -> Any:
    """The workbook of everything that waits, as openpyxl reads it."""
    worklist_xlsx.write(entries(place), path)
    return openpyxl.load_workbook(path)


def mended(place: Installation, path: Path, header: str, values: dict[str, str]) -> bytes:
    """The exported workbook after a clerk wrote values (by the case's number) into one column."""
    book = exported(place, path)
    sheet = book[worklist_xlsx.ROWS]
    names = [cell.value for cell in sheet[1]]
    number = names.index("任务号") + 1 if "任务号" in names else 1
    for row in range(2, sheet.max_row + 1):
        if (key := sheet.cell(row, number).value) in values:
            sheet.cell(row, names.index(header) + 1).value = values[key]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bring_back(place: Installation, data: bytes) -> dict[str, str]:
    """Replay a workbook; the outcome per record number."""
    feed, rows = worklist_xlsx.read_back(data, name="back.xlsx")
    told = replay.replay(place, feed, data, rows, by="clerk", name="back.xlsx", now=NOW)
    return {verdict.ticket.rpartition("-")[2]: verdict.outcome for verdict in told}


def funnel(place: Installation) -> tuple[int, ...]:
    """Of all current parses: read, accepted, set aside, repeats, no data."""
    parses = place.ledger.current_parses()
    return tuple(sum(p[name] for p in parses) for name in ("read_n", "accepted_n", "quarantined_n", "repeat_n", "nondata_n"))


def landed(place: Installation) -> list[tuple[Any, ...]]:
    """Case, time of report, record of every row that counts."""
    frames = [pl.read_parquet(place.home.root / p["landing_path"]) for p in place.ledger.current_parses()]
    rows = pl.concat(frames).select("source_case_no", pl.col("reported_at").cast(pl.String), "_record_no")
    return sorted(rows.iter_rows())


def statuses(place: Installation) -> dict[int, str]:
    return {row["record_no"]: row["status"] for row in place.ledger.rows("select record_no, status from quarantine")}


def whats(place: Installation, ticket: str) -> list[str]:
    return [event["what"] for event in worklist.history(place, ticket)]


def texts_of(path: Path) -> bytes:
    """What every cell of a workbook says, hidden sheets too."""
    sheets = openpyxl.load_workbook(path).worksheets
    return "\n".join(str(cell.value) for sheet in sheets for row in sheet.iter_rows() for cell in row).encode()


def everything_outside_the_vault(place: Installation, *more: Path) -> bytes:
    """All bytes of the home but its vault, and of other files; XLSX members unpacked."""
    said = b""
    for path in [*place.home.root.rglob("*"), *more]:
        if path.is_file() and place.home.vault not in path.parents:
            said += path.read_bytes()
            if path.suffix == ".xlsx":
                said += texts_of(path)
    return said


def at_the_keyboard(*words: str) -> tuple[int, str]:
    """A command as a person types it: exit code and what it says."""
    app = typer.Typer()
    quarantine.attach(app)
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(show, "console", Console(file=out, soft_wrap=True))
        result = CliRunner().invoke(app, ["quarantine", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, out.getvalue()

"""What the tests of shredding, retention and rotation begin with: homes of two months, as a new process opens them."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from pipelines import ingest, replay
from pipelines.cli import keys, show
from pipelines.core.installation import Installation, open_installation
from pipelines.reports import worklist_xlsx
from tests.integration.returned_rows import BAD, GOOD, MENDED, bring_back, export_of, mended
from tests.integration.small_exports import make_place, take

EARLY = "1999-01-01 07:00"  # may be overruled
FILE, MONTH = "u20260601.csv", "2026-07"


def july_and_august(tmp_path: Path) -> Installation:
    """A home that took one file in July 2026: one good row, two bad, one mended by hand; and one file in August."""
    made = make_place(tmp_path)
    take(made, {FILE: export_of(("A1", GOOD), ("A2", BAD), ("A3", BAD), ("A4", EARLY))})
    bring_back(made, mended(made, tmp_path / "o.xlsx", "上报时间", {"A3": MENDED}))
    (made.source_root / "u20260801.csv").write_bytes(export_of(("B1", "2026-08-01 07:00:00"), updated="2026-08-01 08:00:00"))
    ingest.ingest_feed(made.city.feeds[0], made, now=dt.datetime(2026, 8, 2))
    return made


def two_months(tmp_path: Path) -> Installation:
    """A file of July and one of August, a row of each mended in one workbook that came back in September."""
    made = make_place(tmp_path)
    take(made, {FILE: export_of(("A1", GOOD), ("A2", BAD), ("A3", BAD))})
    (made.source_root / "u20260801.csv").write_bytes(export_of(("B1", GOOD), ("B2", BAD), updated="2026-08-01 08:00:00"))
    ingest.ingest_feed(made.city.feeds[0], made, now=dt.datetime(2026, 8, 2))
    data = mended(made, tmp_path / "o.xlsx", "上报时间", {"A2": MENDED, "B2": MENDED})
    feed, rows = worklist_xlsx.read_back(data, name="x")
    told = replay.replay(made, feed, data, rows, by="clerk", name="x", now=dt.datetime(2026, 9, 5))
    assert [one.outcome for one in told] == ["accepted", "unchanged", "accepted"]
    return made


def again(place: Installation) -> Installation:
    """The same home, opened by a new process."""
    return open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)


def raw_of(place: Installation, name: str) -> Path:
    (row,) = place.ledger.rows("select sha256 from file where name = ?", name)
    return place.vault.path("raw", "urban", row["sha256"])


def other_rules(place: Installation) -> Installation:
    """The city with a binding that reads files by another parser."""
    binding = place.city.folder / "feeds" / "urban.yml"
    binding.write_text(binding.read_text(encoding="utf-8") + "title_en: other\n", encoding="utf-8")
    return again(place)


def say(*words: str) -> tuple[int, str]:
    """A command of the family as a person types it."""
    app = typer.Typer()
    keys.attach(app)
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(show, "console", Console(file=out, soft_wrap=True))
        result = CliRunner().invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, out.getvalue()

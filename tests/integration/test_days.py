"""Days that follow one another: incremental is the full rebuild, arrival and system date change nothing (`make prove-days`).

In `make test` the same is held of the chosen cases of test_build.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import ingest
from pipelines.building.inputs import read_inputs
from pipelines.core.canonical import canonical_hash
from pipelines.core.warehouse import open_published
from tests.conftest import ROOT
from tests.integration.days import DAYS, Days, bring_up_to_date, open_at

pytestmark = pytest.mark.proof  # two builds more than the session has anyway


def _hash(home: Path) -> object:
    with open_published(home) as published:
        return canonical_hash(published.connection)["state"]


@dataclass(frozen=True)
class AtOnce:
    """A fresh home that took the same files at once, and the date that the process thought it was."""

    home: Path
    today: str
    is_faked: bool


@pytest.fixture(scope="module")
def at_once(days: Days, tmp_path_factory: pytest.TempPathFactory) -> AtOnce:
    """Built in another year and zone where `faketime` is installed: one build is both the full one and the one of another day."""
    home, faketime = tmp_path_factory.mktemp("at_once") / "home", shutil.which("faketime")
    script = (
        "import sys, datetime as dt; from pathlib import Path; from tests.integration import days as t\n"
        "home, source, day = sys.argv[1:]; t.bring_up_to_date(t.open_at(Path(home), Path(source), dt.date.fromisoformat(day)))\n"
        "print(dt.date.today())"
    )
    done = subprocess.run(
        [*([faketime, "-f", "@2031-03-05 03:04:05"] if faketime else []), sys.executable, "-c", script,
         str(home), str(days.source), str(days.last)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "TZ": "America/New_York"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return AtOnce(home, done.stdout.split()[-1], bool(faketime))


def test_incremental_days_equal_one_full_build(days: Days, at_once: AtOnce) -> None:
    assert days.modes == ["full"] + ["incremental"] * DAYS
    assert _hash(days.home) == _hash(at_once.home)


def test_another_system_date_gives_the_same_marts(days: Days, at_once: AtOnce) -> None:
    if not at_once.is_faked:
        pytest.skip("faketime is not installed: apt-get install faketime")
    assert at_once.today == "2031-03-05", "the system date was not changed"
    assert _hash(at_once.home) == _hash(days.home)


def test_a_renamed_copy_changes_nothing_and_one_corrected_row_changes_one_event(days: Days, tmp_path: Path) -> None:
    home, source = tmp_path / "home", tmp_path / "source"
    shutil.copytree(days.home, home)
    shutil.copytree(days.source, source)
    newest = max((p for p in source.rglob("*urban*") if p.is_file() and ".truth" not in p.parts), key=lambda p: p.name)
    copy = newest.with_name(newest.name.replace("235959", "235957"))
    shutil.copy(newest, copy)
    place = open_at(home, source, days.last)
    outcomes = [o for b in place.city.feeds for o in ingest.ingest_feed(b, place, now=place.now())]
    assert {o.verdict for o in outcomes} == {"known"}, "every file lies at a new path; its bytes are known"
    assert any(Path(o.name).name == copy.name for o in outcomes)
    with open_published(home) as published:
        built_of = published.build_id
    inputs = read_inputs(place.home, place.city, place.ledger, place.as_of)
    assert inputs.build_id == built_of, "a build would read what the last one read: its name is a hash of all of it"
    events = _events(home)
    text = newest.read_bytes().decode("utf-8-sig").splitlines(keepends=True)
    header, row = text[0], text[1]
    when = dt.datetime.combine(days.last, dt.time(23, 59))
    cells, names = row.rstrip("\r\n").split(","), header.rstrip("\r\n").split(",")
    cells[names.index("更新时间")] = when.strftime("%Y-%m-%d %H:%M:%S")
    cells[names.index("返工次数")] = "7"
    newest.with_name(newest.name.replace("235959", "235958")).write_text(header + ",".join(cells) + "\n", encoding="utf-8")
    built = bring_up_to_date(open_at(home, source, days.last))
    assert built.prepared.mode == "incremental"
    changed = {key for key, value in _events(home).items() if events.get(key) != value}
    assert len(changed) == 1
    assert _events(home).keys() == events.keys()


def _events(home: Path) -> dict[str, tuple[object, ...]]:
    with open_published(home) as published:
        rows = published.rows(
            "select event_id, last_changed_at, source_file, source_record_no, current_state from marts.fct_event"
        )
    return {
        str(row["event_id"] if isinstance(row, dict) else row[0]): tuple(row.values() if isinstance(row, dict) else row)
        for row in rows
    }

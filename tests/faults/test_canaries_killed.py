"""Personal words stay in the vault through whole runs, through `kill -9` at any point of them, and after their months are shredded.

A long proof: `make prove-canaries`. The demo city gets a feed more for every kind of event, with planted words in every column that
must not land. What is looked at after every kill is what the kill left: the whole home, the folder for temporary files of the run,
dbt's own folders, and everything that was said.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.core import shredding
from pipelines.core.contracts import load_contract
from pipelines.core.installation import Installation, open_installation
from pipelines.core.vault_keys import places
from pipelines.synthetic import writer
from tests.conftest import ROOT
from tests.integration.canaries import PASSWORD, STEMS, Planted, as_csv, opened, rows_of, write_feeds
from tests.integration.returned_rows import SIGNED
from tests.integration.scanner import Scanner

POINTS = ("after_hash", "after_vault:kill:9", "after_landing:kill:9", "before_ledger:kill:9", "after_ledger:kill:3",
          "after_phase_1", "before_phase_2", "after_phase_2")  # fmt: skip
RANDOM_KILLS = 6

pytestmark = [pytest.mark.proof, pytest.mark.timeout(5400)]


def start(base: Path, home: Path, **environment: str) -> subprocess.Popen[bytes]:
    """The real command on a home; what it says goes to a file, its temporary files to a folder of their own."""
    (base / "tmp").mkdir(exist_ok=True)
    more = {"PYTHONPATH": str(ROOT), "TMPDIR": str(base / "tmp"), "CANARY_PW": PASSWORD, **environment}
    with (base / "said.txt").open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli.main", "run", "--city", str(base / "city"),
             "--source-root", str(base / "source"), "--home", str(home)],
            cwd=ROOT, env={**os.environ, **more}, start_new_session=True, stdout=said, stderr=said,
        )  # fmt: skip


def leaks(base: Path, home: Path) -> list[str]:
    """Every planted word outside the vault, and in it without its key."""
    left = [home, base / "tmp", base / "said.txt", *(ROOT / "dbt_project" / name for name in ("target", "logs"))]
    return Scanner(STEMS).scan(*(path for path in left if path.exists()))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, float]:
    """The folder of everything; a home that was built, with new files waiting for it; and the seconds that a run takes."""
    base = tmp_path_factory.mktemp("canaries_killed")
    shutil.copytree(ROOT / "data" / "cities" / "demo", base / "city")
    writer.generate(base / "source", grids=24, days=60, seed=7, end=dt.date(2026, 6, 30), events_per_grid_month=30)
    planted = Planted()
    write_feeds(base / "city", base / "source", planted, events_only=True)
    home, started = base / "home", time.monotonic()
    assert start(base, home).wait() in (0, 1), (base / "said.txt").read_text(encoding="utf-8")
    seconds = time.monotonic() - started
    place = reopened(base, home)
    for binding in place.city.feeds:
        if binding.feed.startswith("canary_") and (base / "source" / binding.feed).is_dir():
            rows, _ = rows_of(load_contract(binding.contract.id), planted)
            new = [{**row, **{key: f"N{row[key]}" for key in binding.key_columns if row[key]}} for row in rows]
            (base / "source" / binding.feed / "new.csv").write_text(as_csv(new), encoding="utf-8")
    return base, home, seconds


def reopened(base: Path, home: Path) -> Installation:
    return open_installation(city=base / "city", home=home, source_root=base / "source")


def test_a_whole_run_leaves_no_planted_word_outside_the_vault(stage: tuple[Path, Path, float]) -> None:
    base, home, _ = stage
    place = reopened(base, home)
    assert place.ledger.rows("select sum(accepted_n) as n from parse where feed like 'canary_%'")[0]["n"] > 30
    assert (home / "published" / "CURRENT.json").exists(), (base / "said.txt").read_text(encoding="utf-8")[-3000:]
    assert leaks(base, home) == []
    assert len(opened(place)) > 30


@pytest.mark.parametrize("moment", [*POINTS, *(f"random{n}" for n in range(RANDOM_KILLS))])
def test_what_a_kill_leaves_holds_no_planted_word(stage: tuple[Path, Path, float], moment: str) -> None:
    base, home, seconds = stage
    at = 0.0 if moment in POINTS else random.Random(moment).uniform(0.05, 0.5) * seconds
    was_killed = False
    while not was_killed:
        place = base / "killed"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(home, place)
        fault = {"CITYBRAIN_FAULT": moment if ":" in moment else f"{moment}:kill"} if moment in POINTS else {}
        process = start(base, place, **fault)
        if moment not in POINTS:
            time.sleep(at)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            at /= 2  # it had ended: sooner
        was_killed = process.wait() == -signal.SIGKILL
        assert was_killed or moment not in POINTS, f"the fault point {moment} was not reached"
    assert leaks(base, place) == []


def test_after_shredding_even_the_key_holder_finds_none(stage: tuple[Path, Path, float]) -> None:
    base, home, _ = stage
    place = reopened(base, home)
    copies = {
        path: path.read_bytes() for path in home.joinpath("vault").rglob("*") if path.is_file() and "keys" not in path.parts
    }
    assert opened(place)
    doomed = [key for key in places(place.home) if key[0] != "marks"]
    shredding.shred(place, doomed, SIGNED, name="all", feed="*")
    for path, data in copies.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert opened(reopened(base, home)) == []
    for path in copies:
        path.unlink()
    assert start(base, home).wait() in (0, 1)  # the files that are new are taken, under the month's next key
    assert leaks(base, home) == []
    assert "/new.csv" in str(reopened(base, home).ledger.rows("select name from file where status = 'loaded'"))

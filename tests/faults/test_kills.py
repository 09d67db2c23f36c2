"""`kill -9` at 300 random moments: whatever was killed, a rerun ends where an undisturbed run does.

A long proof: `make prove-kills`. 20 kills strike the real command anywhere between its start and its published build; half of
them the whole process group, half only the program itself, so that a dbt child lives on for a while as an orphan. The other
280 strike the taking of a day's files in a fork server: after each, what was acknowledged is known, what is known is whole and
the published build opens; after the rerun the home's whole content is the clean run's, of which marts are a function.
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

from pipelines.core.canonical import canonical_hash
from pipelines.core.warehouse import open_published
from pipelines.synthetic.simulation import Simulation
from tests.conftest import ROOT, citybrain
from tests.faults import trials

CITY = ROOT / "data" / "cities" / "demo"
LAST = dt.date(2026, 6, 29)
TRIALS = 20
FORKED = 280
BETWEEN_PHASES = ["after_phase_1", "before_phase_2"]
NAMED = ["after_hash", "after_vault", "after_landing", "before_ledger", "after_ledger", "after_phase_2"]

pytestmark = [pytest.mark.proof, pytest.mark.timeout(5400)]


def _run(home: Path, source: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return citybrain(
        "run", "--city", str(CITY), "--source-root", str(source), "--home", str(home), check=not environment, **environment
    )


def _hash(home: Path) -> object:
    with open_published(home) as build:
        return canonical_hash(build.connection)["state"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, object, float]:
    """A home built up to the last but one day, the source with one more day, and the hash and seconds of the clean run."""
    base = tmp_path_factory.mktemp("kills")
    simulation = Simulation(grids=24, days=420, seed=7, end=LAST, events_per_grid_month=30, ahead=1)
    source, home = base / "source", base / "home"
    simulation.write(source, through=LAST)
    _run(home, source)
    written = simulation.write(source, after=LAST, through=LAST + dt.timedelta(days=1))
    assert written, "the day to be killed in brings no file"
    before = _hash(home)
    clean = base / "clean"
    shutil.copytree(home, clean)
    started = time.monotonic()
    _run(clean, source)
    seconds, expected = time.monotonic() - started, _hash(clean)
    assert expected != before, "the day changes nothing: a lost day would go unseen"
    return home, source, expected, seconds


def _killed(home: Path, source: Path, seconds: float, *, group: bool) -> bool:
    """Start a run and kill it after `seconds`; False if it had ended before."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli.main", "run", "--city", str(CITY), "--source-root", str(source), "--home", str(home)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(seconds)
    alive = process.poll() is None
    if alive:
        (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    return alive


def test_a_rerun_after_any_kill_ends_where_a_clean_run_does(stage: tuple[Path, Path, object, float], tmp_path: Path) -> None:
    home, source, expected, seconds = stage
    chance = random.Random(20261122)
    killed = 0
    for trial in range(TRIALS):
        place = tmp_path / f"trial{trial}"
        shutil.copytree(home, place)
        at = chance.uniform(0.3, 0.85 * seconds)  # the machine is not equally fast each time
        was_killed = _killed(place, source, at, group=trial % 2 == 0)
        killed += was_killed
        _run(place, source)
        found = _hash(place)
        print(
            f"trial {trial}: {'killed' if was_killed else 'ended'} at {at:.1f} s of {seconds:.1f}, {'same' if found == expected else 'OTHER'}"
        )
        assert found == expected, f"trial {trial}, killed at {at:.1f} s"
        shutil.rmtree(place)
    assert killed >= TRIALS * 0.8, "too few runs were still alive when they were to be killed"


def test_a_rerun_after_any_kill_while_files_are_taken_ends_where_a_clean_run_does(
    stage: tuple[Path, Path, object, float], tmp_path: Path
) -> None:  # fmt: skip
    home, source, _, _ = stage
    start = trials.Stage(home, CITY, source)
    clean = trials.copy_home(home, tmp_path / "clean")
    assert trials.run(trials.take, start, trials.copy_home(home, tmp_path / "first")).code == 0  # the server warms up
    started = time.monotonic()
    assert trials.run(trials.take, start, clean).said == {"failed": {}}
    seconds, expected = time.monotonic() - started, trials.content(start, clean)
    chance = random.Random(20261123)
    killed, within = 0, 0
    for trial in range(FORKED):
        place = trials.copy_home(home, tmp_path / f"trial{trial}")
        at = chance.uniform(0, seconds)
        ended = trials.run(trials.take, start, place, kill_after=at)
        where = f"trial {trial}, killed at {at:.2f} s of {seconds:.2f}"
        killed += ended.code == -signal.SIGKILL
        within += bool(trials.difference(expected, trials.content(start, place)))
        assert not trials.wrong(start, place, ended.acknowledged), where
        assert trials.run(trials.take, start, place).said == {"failed": {}}, where
        assert not trials.difference(expected, trials.content(start, place)), where
        assert not trials.drafts(place), where
        shutil.rmtree(place)
    print(f"{killed} of {FORKED} were alive when they were killed, {within} left work undone")
    assert killed >= FORKED * 0.6, "too few runs were still alive when they were to be killed"


@pytest.mark.parametrize("point", [*NAMED, *BETWEEN_PHASES])
def test_a_kill_at_each_named_point(stage: tuple[Path, Path, object, float], tmp_path: Path, point: str) -> None:
    home, source, expected, _ = stage
    place = tmp_path / "home"
    shutil.copytree(home, place)
    stopped = _run(place, source, CITYBRAIN_FAULT=f"{point}:kill")
    assert stopped.returncode == -signal.SIGKILL, f"the fault point {point} was not reached"
    _run(place, source)
    assert _hash(place) == expected

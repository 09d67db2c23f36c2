"""The fault matrix: every named point of the program, stopped in every way; a rerun must end where an undisturbed run does.

A long proof: `make prove-faults`. Three kinds of cell, by what a trial costs:

- points of taking a file (`faults.INGEST`): in the fork server, all kinds. After the fault nothing may be half there; after
  the rerun the home's whole content (ledger rows, landing and vault by their plain bytes) is the clean run's. A build reads
  nothing else, so equal content gives equal marts; two chains prove it on real builds, each through all of these points.
- points of publishing (`faults.PUBLISH`): in the fork server, all kinds, from a home that stopped at the gate. Readers see the old
  build or the new one, never a third; after the rerun the published marts' canonical hash is the clean run's.
- points of the build (`faults.BUILD`): the real command, dbt and all, all kinds. Readers see the old build; after the rerun the
  marts' canonical hash is the clean run's.

Points of decisions and keys (`faults.DECISIONS`, `faults.KEYS`) have their cells in `test_matrix_decisions`.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.core import disk, faults
from pipelines.core.canonical import canonical_hash
from pipelines.core.warehouse import open_published
from pipelines.synthetic.simulation import Simulation
from tests.conftest import ROOT, citybrain
from tests.faults import trials
from tests.faults.trials import Ended, Stage

CITY = ROOT / "data" / "cities" / "demo"
LAST = dt.date(2026, 6, 29)
#: Which of the times that a point is reached: the first, one in the middle, the last.
TIMES = {"exception": 1, "exit": -1, "kill": 0, "enospc": -1, "eio": 0}
IN_INGEST = [*faults.INGEST]
IN_PUBLISH = [*faults.PUBLISH]
IN_BUILD = [*faults.BUILD]
ENDS = {"exception": 2, "exit": faults.EXIT_STATUS, "kill": -signal.SIGKILL, "enospc": 3, "eio": 3}

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]


@dataclass(frozen=True)
class Clean:
    """What undisturbed runs give: the home's content, the marts' hash before and after, how often each point is reached."""

    content: dict[str, Any]
    before: str
    after: str
    reached: dict[str, int]


def marts(home: Path) -> str:
    """The canonical hash of what readers see."""
    with open_published(home) as build:
        return canonical_hash(build.connection)["state"]


def run_command(home: Path, source: Path, fault: str = "") -> int:
    """`citybrain run`, the real one; returns its exit code."""
    arguments = ["run", "--city", str(CITY), "--source-root", str(source), "--home", str(home)]
    return citybrain(*arguments, check=False, CITYBRAIN_FAULT=fault).returncode


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A home built up to the last but one day, and a source with one more."""
    base = tmp_path_factory.mktemp("matrix")
    simulation = Simulation(grids=24, days=420, seed=7, end=LAST, events_per_grid_month=30, ahead=1)
    simulation.write(base / "source", through=LAST)
    assert run_command(base / "home", base / "source") == 0
    assert simulation.write(base / "source", after=LAST, through=LAST + dt.timedelta(days=1))
    return Stage(base / "home", CITY, base / "source")


@pytest.fixture(scope="module")
def clean(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Clean:
    base = tmp_path_factory.mktemp("clean")
    taken = trials.copy_home(stage.home, base / "taken")
    reached = trials.run(trials.count, stage, taken).said["reached"]
    content = trials.content(stage, taken)
    assert trials.difference(trials.content(stage, stage.home), content), "the day changes nothing: a lost day would go unseen"
    built = base / "built"
    shutil.copytree(stage.home, built)
    assert run_command(built, stage.source) == 0
    return Clean(content, marts(stage.home), marts(built), reached)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Where a trial's home goes; removed afterwards, for there are hundreds."""
    yield tmp_path / "home"
    shutil.rmtree(tmp_path, ignore_errors=True)


def nth(kind: str, reached: int) -> int:
    """Which time of those that the point is reached."""
    return {1: 1, -1: reached, 0: (reached + 1) // 2}[TIMES[kind]]


def check_end(ended: Ended, kind: str, where: str) -> None:
    """The fault struck, in its own way."""
    if kind in ("kill", "exit"):
        assert ended.code == ENDS[kind], f"{where}: not reached"
        return
    told = [*ended.said.get("failed", {}).values(), *([ended.said] if "raised" in ended.said else [])]
    assert len(told) == 1, f"{where}: {ended.said}"
    allowed = ("InjectedFault",) if kind == "exception" else ("StorageFailed", "SourceUnavailable")
    assert told[0]["raised"] in allowed, f"{where}: {told[0]}"
    if kind != "exception":
        assert " -> " in told[0]["sentence"], f"{where}: no remedy in {told[0]['sentence']}"


@pytest.mark.parametrize("kind", faults.KINDS)
@pytest.mark.parametrize("point", IN_INGEST)
def test_taking_files(stage: Stage, clean: Clean, home: Path, point: str, kind: str) -> None:
    trials.copy_home(stage.home, home)
    ended = trials.run(trials.take, stage, home, f"{point}:{kind}:{nth(kind, clean.reached[point])}")
    check_end(ended, kind, f"{point}:{kind}")
    assert not trials.wrong(stage, home, ended.acknowledged)
    if kind not in ("kill", "exit"):
        assert not trials.drafts(home), "a failure that is told leaves no draft"
    if "failed" in ended.said:  # else the home could not even be opened (the first commit is that of its name)
        assert len(set(ended.acknowledged)) >= clean.reached["after_ledger"] - 1, "the other feeds did not go on"
    rerun = trials.run(trials.take, stage, home)
    assert (rerun.code, rerun.said) == (0, {"failed": {}})
    assert not trials.difference(clean.content, trials.content(stage, home))
    assert not trials.wrong(stage, home, rerun.acknowledged)
    assert not trials.drafts(home)


@pytest.mark.parametrize("kind", ["kill", "enospc"])
def test_every_point_of_taking_files_in_turn_and_then_a_real_build(stage: Stage, clean: Clean, home: Path, kind: str) -> None:
    shutil.copytree(stage.home, home)
    for point in IN_INGEST[1:]:  # listing comes before any file is there to be stopped at
        ended = trials.run(trials.take, stage, home, f"{point}:{kind}:1")
        check_end(ended, kind, f"{point}:{kind}")
    assert run_command(home, stage.source) == 0
    assert marts(home) == clean.after


@pytest.fixture(scope="module")
def at_the_gate(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose build is done and waits to be published."""
    home = tmp_path_factory.mktemp("gate") / "home"
    shutil.copytree(stage.home, home)
    assert run_command(home, stage.source, "gate:exit") == faults.EXIT_STATUS
    return home


@pytest.fixture(scope="module")
def reached_in_publish(stage: Stage, at_the_gate: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    home = trials.copy_home(at_the_gate, tmp_path_factory.mktemp("count") / "home", warehouse=True)
    found: dict[str, int] = trials.run(trials.count_bring_out, stage, home).said["reached"]
    return found


@pytest.mark.parametrize("kind", faults.KINDS)
@pytest.mark.parametrize("point", IN_PUBLISH)
def test_publishing(
    stage: Stage, clean: Clean, at_the_gate: Path, reached_in_publish: dict[str, int], home: Path, point: str, kind: str
) -> None:  # fmt: skip
    trials.copy_home(at_the_gate, home, warehouse=True)
    before = trials.content(stage, home)
    ended = trials.run(trials.bring_out, stage, home, f"{point}:{kind}:{nth(kind, reached_in_publish[point])}")
    check_end(ended, kind, f"{point}:{kind}")
    assert not trials.wrong(stage, home, [])
    if kind in faults.ERRNOS:
        assert not [path for path in trials.drafts(home) if path.suffix == disk.DRAFT]
    is_out = point in ("after_pointer", "before_finish")
    shown = (home / "published" / "CURRENT.json").read_bytes()
    assert (shown != (stage.home / "published" / "CURRENT.json").read_bytes()) == is_out
    if is_out:
        assert marts(home) == clean.after
    rerun = trials.run(trials.bring_out, stage, home)
    assert (rerun.code, list(rerun.said)) == (0, ["published"])
    assert marts(home) == clean.after
    assert not trials.drafts(home)
    assert not trials.difference(before, trials.content(stage, home))


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """Not a fault point: a small file system with less and less room, in a mount namespace of its own."""
    mount = f"mount -t tmpfs -o size=16m none {tmp_path} && exec {sys.executable} -m tests.faults.full_disk {tmp_path}"
    if subprocess.run(["unshare", "-Urm", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine gives no mount namespaces to its users")
    done = subprocess.run(["unshare", "-Urm", "sh", "-c", mount], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    assert said["found"] == []
    assert said["ended"]["done"] == 1
    refused = {how: n for how, n in said["ended"].items() if how != "done"}
    assert all(how.startswith("StorageFailed") and "the disk is full" in how for how in refused), refused
    assert sum(refused.values()) >= 5


@pytest.mark.parametrize("kind", faults.KINDS)
@pytest.mark.parametrize("point", IN_BUILD)
def test_building(stage: Stage, clean: Clean, home: Path, point: str, kind: str) -> None:
    shutil.copytree(stage.home, home)
    code = run_command(home, stage.source, f"{point}:{kind}{':40' if point == 'dbt' else ''}")
    # Within dbt it is dbt that fails, and the command tells that a build was stopped.
    allowed = (1, 3) if point == "dbt" else (ENDS[kind],)
    assert code in allowed, f"{point}:{kind} ended with {code}"
    assert marts(home) == clean.before
    assert run_command(home, stage.source) == 0
    assert marts(home) == clean.after
    assert not trials.drafts(home)

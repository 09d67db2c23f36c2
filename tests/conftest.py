"""What every test gets: no way to the network, and one tiny city per session, built by the real command.

Unit tests may open no socket at all; the others may talk to this machine only (boards, Dagster). The guard is an audit
hook, so it also sees what libraries do in C through Python's socket module; it does not see child processes.
"""

from __future__ import annotations

import datetime as dt
import gc
import ipaddress
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import pytest

from pipelines.building import dbt
from pipelines.synthetic import writer
from tests.warm_dbt import WarmDbt

ROOT = Path(__file__).parents[1]
UNIT = Path(__file__).parent / "unit"


class NetworkForbidden(RuntimeError):
    """A test tried to reach beyond what it may."""


class _Guard:
    """What the running test may reach: `None` (no test runs: anything), `machine` or `nothing`."""

    allowed: str | None = None


def _is_local(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def _refuse_network(event: str, args: tuple[Any, ...]) -> None:
    if _Guard.allowed is None or event not in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        return
    address = args[1] if event != "socket.getaddrinfo" else (args[0],)
    if not isinstance(address, tuple):  # a Unix socket, such as asyncio's own pair
        return
    if _Guard.allowed == "nothing" or not _is_local(address[0]):
        raise NetworkForbidden(f"{event} {address!r}: a test of this kind may reach {_Guard.allowed}")


sys.addaudithook(_refuse_network)


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest) -> Any:
    """Refuse sockets to other machines, and in unit tests every socket."""
    _Guard.allowed = "nothing" if UNIT in request.path.parents else "machine"
    yield
    _Guard.allowed = None


#: Files of a minute and more, in the order in which two workers best begin them (make test keeps it: --no-loadscope-reorder);
#: one left for the end keeps one core idle.
LONG = (
    "test_published_figures", "test_build", "test_trace_diff", "test_properties", "test_canaries", "test_quality_parity",
    "test_suppression", "test_grid_history", "test_truth", "test_models", "test_clocks", "test_sql_dialects",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first, else as collected."""
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONG)))


def pytest_collection_finish() -> None:
    """What is there by now stays: the collector need not look at it time and again (a twelfth of a unit test's CPU)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure() -> None:
    """At its end Python collects what extensions of it (duckdb's) would else call leaked."""
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def shared_parses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """All homes of the session share dbt's parse of the project: 8 s of CPU, else paid by each."""
    base = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CITYBRAIN_PARSES", str((base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "parses"))
        yield


#: What this process was started as.
MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def own_main() -> None:
    """Streamlit's AppTest leaves the boards behind as `__main__`; a process that a later test spawns would run them first."""
    sys.modules["__main__"] = MAIN


@pytest.fixture(scope="session", autouse=True)
def warm_dbt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Builds inside the test's own process fork their dbt from one that is imported: 9 s of CPU less a build."""
    warm = WarmDbt(tmp_path_factory.mktemp("warm_dbt"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "subprocess", warm)
        yield
    warm.close()


@dataclass(frozen=True)
class TinyCity:
    """The session's city: what its departments sent, the home it was built in, the truth about it."""

    folder: Path
    source: Path
    home: Path
    truth: Path
    output: str


def citybrain(*arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real command, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli.main", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(f"citybrain {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


@pytest.fixture(scope="session")
def tiny_city(tmp_path_factory: pytest.TempPathFactory) -> TinyCity:
    """A synthetic city of 24 grids and 420 days under the demo's binding, run once by the real command.

    Parallel workers share it: the first makes it, the others wait.
    """
    base = tmp_path_factory.getbasetemp()
    base = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "tiny"
    folder, source, home, output = ROOT / "data" / "cities" / "demo", base / "source", base / "home", base / "output.txt"
    with filelock.FileLock(f"{base}.lock"):
        if not output.exists():
            writer.generate(source, grids=24, days=420, seed=7, end=dt.date(2026, 6, 30), events_per_grid_month=30)
            done = citybrain("run", "--city", str(folder), "--source-root", str(source), "--home", str(home))
            output.write_text(done.stdout, encoding="utf-8")
    return TinyCity(folder, source, home, source / ".truth", output.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def tiny_home(tiny_city: TinyCity) -> Path:
    """The home of the session's city."""
    return tiny_city.home

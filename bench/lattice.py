"""How large the published lattice is: a synthetic city of Rizhao's size by the real commands, its figures counted.

What belongs here: making the input, running the city, weighing `fct_metric_value`, printing. What does not: what a figure is
(dbt_project), our CPU against others' (run).

    python bench/lattice.py --events 2000000 [--grids 4281] [--keep FOLDER]

Exits with 1 if the lattice is larger than it may be, with the code of the first command that fails.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from pipelines.core.settings import load_settings
from pipelines.core.warehouse import STORAGE_VERSION, quoted, read_only, scratch

HERE = Path(__file__).resolve().parent
CITYBRAIN = [sys.executable, "-c", "from pipelines.cli.main import main; main()"]
#: What a city of 2 million events may take (rows, megabytes of the table alone).
MOST_ROWS, MOST_MB = 20_000_000, 300.0
#: `--events` of `generate` counts police calls, urban cases, petitions and lawsuits; the other feeds come on top.
OF_THESE_FEEDS = 0.75
DAYS = 730
TICKS = os.sysconf("SC_CLK_TCK")
#: How the lines begin with which `citybrain run` says that a part of a build is done.
DONE = {
    "full:": "validate, prepare", "incremental": "validate, prepare", "dbt phase 1": "dbt phase 1", "dbt phase 2": "dbt phase 2",
    "published": "audit, publish",
}  # fmt: skip


def tree_cpu(root: int) -> float:
    """CPU seconds of a process and all below it, the ended children that were waited for included."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        pid = int(stat.parent.name)
        parents[pid] = int(fields[1])
        spent[pid] = sum(map(int, fields[11:15])) / TICKS

    def is_below(pid: int) -> bool:
        while pid > 1 and pid != root:
            pid = parents.get(pid, 0)
        return pid == root

    return sum(cpu for pid, cpu in spent.items() if is_below(pid))


class Watched:
    """One command, watched to its end: CPU seconds per part of a build, dbt's own results per node."""

    def __init__(self, command: list[str], home: Path, name: str) -> None:
        self.parts: dict[str, float] = {}
        self.nodes: dict[str, float] = {}
        self._results = home / "warehouse" / "dbt" / "run_results.json"
        self._before = 0.0
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent), "CITYBRAIN_HOME": str(home), "CITYBRAIN_LANG": "en"}
        spent, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        self._child = subprocess.Popen(command, cwd=HERE.parent, env=environment, stdout=subprocess.PIPE, text=True)
        reader = threading.Thread(target=self._read)
        reader.start()
        while self._child.poll() is None:
            self._see_results()
            time.sleep(0.2)
        reader.join()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if self._child.returncode:
            sys.exit(f"lattice: failed with {self._child.returncode}: {' '.join(command)}")
        self.cpu = after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime
        self.wall = time.monotonic() - began
        most = after.ru_maxrss / 1e6
        print(f"{name}: {self.cpu:,.0f} CPU s, {self.wall:,.0f} s wall, at most {most:,.1f} GB so far", flush=True)

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            print("  " + line, end="", flush=True)
            part = next((part for start, part in DONE.items() if line.startswith(start)), "")
            if part:
                now = tree_cpu(self._child.pid)
                self.parts[part], self._before = now - self._before, now

    def _see_results(self) -> None:
        """Keep what dbt says of its last phase: the next one takes the file away."""
        try:
            told = json.loads(self._results.read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError):
            return
        self.nodes |= {node["unique_id"]: node["execution_time"] for node in told["results"]}


def run_city(folder: Path, events: int, grids: int, seed: int) -> tuple[Path, Watched]:
    """Generate, ingest, build, publish. Returns the home and the watched build."""
    source, home = folder / "source", folder / "home"
    sizes = {"--grids": grids, "--days": DAYS, "--events": round(events * OF_THESE_FEEDS), "--seed": seed}
    options = ["--out", str(source), "--no-truth", *(str(part) for pair in sizes.items() for part in pair)]
    if not source.exists():
        Watched([*CITYBRAIN, "generate", *options], home, "generate")
    place = ["--city", "data/cities/demo", "--source-root", str(source), "--home", str(home)]
    Watched([*CITYBRAIN, "ingest", *place], home, "ingest")
    return home, Watched([*CITYBRAIN, "run", *place], home, "run (validate, build, publish)")


def weigh(home: Path, folder: Path) -> tuple[int, float]:
    """(rows, megabytes) of the published figures, the table alone in a file of the published format; prints both."""
    current = json.loads((home / "published" / "CURRENT.json").read_text(encoding="utf-8"))
    published = home / "published" / current["file"]
    alone = folder / "fct_metric_value.duckdb"
    alone.unlink(missing_ok=True)
    with scratch(load_settings()) as connection:
        connection.execute(f"attach {quoted(published)} as build (read_only)")
        connection.execute(f"attach {quoted(alone)} as alone (storage_version '{STORAGE_VERSION}')")
        connection.execute("create table alone.fct_metric_value as select * from build.fct_metric_value")
        connection.execute("checkpoint alone")
        connection.execute("detach alone")
        size, whole = alone.stat().st_size / 1e6, published.stat().st_size / 1e6
        alone.unlink()
        rows = int(connection.execute("select count(*) from build.fct_metric_value").fetchall()[0][0])
        print(f"fct_metric_value: {rows:,} rows, {size:,.1f} MB alone; the published file {whole:,.1f} MB")
        areas = "select grid_level, count(*) from build.dim_grid where is_current group by 1 order by 1"
        print("areas: " + ", ".join(f"{n:,} of level {level}" for level, n in connection.execute(areas).fetchall()))
        for what in ("metric_id", "slice_kind", "grid_level", "period_kind", "basis", "metric_id, grid_level, period_kind"):
            told = connection.execute(
                f"select {what}, count(*) as n from build.fct_metric_value group by {what} order by n desc limit 20"
            ).fetchall()
            print(f"rows by {what}: " + "; ".join(" ".join(map(str, row[:-1])) + f" {row[-1]:,}" for row in told))
    return rows, size


def count_events(home: Path) -> int:
    """Events in the warehouse."""
    with read_only(home / "warehouse" / "build.duckdb") as connection:
        return int(connection.execute("select count(*) from marts.fct_event").fetchall()[0][0])


def report(folder: Path, events: int, grids: int, seed: int) -> bool:
    """Run and print; whether the lattice is as small as it must be for this many events."""
    home, build = run_city(folder, events, grids, seed)
    print(f"events: {count_events(home):,}")
    print("CPU s: " + ", ".join(f"{part} {cpu:,.0f}" for part, cpu in build.parts.items()))
    models = sorted(((s, name) for name, s in build.nodes.items() if not name.startswith("test.")), reverse=True)
    tests = sum(s for name, s in build.nodes.items() if name.startswith("test."))
    slowest = ", ".join(f"{name.rpartition('.')[2]} {seconds:,.1f}" for seconds, name in models[:15])
    print(f"slowest models, s: {slowest}; all tests {tests:,.0f}")
    rows, size = weigh(home, folder)
    return rows <= MOST_ROWS and size <= MOST_MB


def main() -> None:
    """Read the command line, make room, run, clean up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=2_000_000, help="about how many events")
    parser.add_argument("--grids", type=int, default=4_281, help="grids of level 4; Rizhao has 4,281")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="work here and leave everything")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="citybrain-lattice-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        is_within = report(folder.resolve(), arguments.events, arguments.grids, arguments.seed)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder)
    sys.exit(0 if is_within else 1)


if __name__ == "__main__":
    main()

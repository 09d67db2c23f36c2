"""The yardstick's runner: the same files by ours and by hand, CPU seconds of both process trees, their ratio.

What belongs here: making the input, starting both, printing. What does not: either pipeline.

    python bench/run.py --events 1000000 [--keep FOLDER]

Exits with the code of the first command that fails.
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
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CITYBRAIN = [sys.executable, "-c", "from pipelines.cli.main import main; main()"]
#: Two years, and the generator's own density: 10 events per grid and month.
DAYS, EVENTS_PER_GRID, MOST_GRIDS = 730, 240, 4_281


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process tree took: seconds of CPU (user and system, with all children), of the clock; output."""

    cpu: float
    wall: float
    output: str


def measure(command: list[str], *, home: Path) -> Cost:
    """Run to the end; exits with the command's own code if it fails."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent), "CITYBRAIN_HOME": str(home)}
    done = subprocess.run(command, cwd=HERE.parent, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        print(done.stdout)
        sys.exit(f"bench: failed with {done.returncode}: {' '.join(command)}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, time.monotonic() - began, done.stdout)


def make_input(folder: Path, events: int, seed: int) -> Path:
    """The synthetic exports of about `events` events."""
    source = folder / "source"
    grids = min(MOST_GRIDS, max(20, round(events / EVENTS_PER_GRID)))
    sizes = {"--grids": grids, "--days": DAYS, "--events": events, "--seed": seed}
    options = ["--out", str(source), *(str(part) for pair in sizes.items() for part in pair)]
    cost = measure([*CITYBRAIN, "generate", *options], home=folder / "unused")
    size = sum(p.stat().st_size for p in source.rglob("*") if p.is_file()) / 1e6
    print(f"input: {grids} grids, {DAYS} days, {size:,.0f} MB, written in {cost.wall:.0f} s", flush=True)
    return source


def compare(folder: Path, events: int, seed: int) -> None:
    """Measure both and print the table."""
    source = make_input(folder, events, seed)
    hand = measure([sys.executable, str(HERE / "by_hand.py"), str(source), str(folder / "hand.duckdb")], home=folder)
    feeds = json.loads(hand.output.splitlines()[-1])["feeds"]
    for name, counts in feeds.items():
        print(f"by hand, {name}: " + ", ".join(f"{value:,} {what}" for what, value in counts.items()))
    ours = measure(
        [*CITYBRAIN, "run", "--city", "data/cities/demo", "--source-root", str(source), "--home", str(folder / "home")],
        home=folder / "home",
    )
    print(ours.output)
    records = sum(counts["records"] for counts in feeds.values())
    for name, cost in (("by hand", hand), ("ours", ours)):
        print(f"{name:8} {cost.cpu:8.1f} CPU s {cost.wall:8.1f} s wall {1e6 * cost.cpu / records:8.2f} CPU us per record")
    print(f"ratio    {ours.cpu / hand.cpu:8.1f} of CPU, ours to by hand, {records:,} records")


def main() -> None:
    """Read the command line, make room, compare, clean up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="about how many events")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="work here and leave everything")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="citybrain-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        compare(folder.resolve(), arguments.events, arguments.seed)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()

"""How big a file streams: CPU seconds and memory of `citybrain ingest` against the same file read by hand.

What belongs here: making one big CSV out of the synthetic city's urban cases, starting both, printing. What does not:
either reader.

    python bench/stream.py --rows 10000000 [--keep FOLDER]

Fails above MOST_GIB of memory (the greatest of any process) or MOST_RATIO times the CPU of the reading by hand.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CITYBRAIN = [sys.executable, "-c", "from pipelines.cli.main import main; main()"]
BINDING = HERE.parent / "data" / "cities" / "demo" / "feeds" / "urban_case.yml"
MOST_GIB, MOST_RATIO = 4.0, 2.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: seconds of CPU and of the clock, GiB of memory at its peak (its children's included), output."""

    cpu: float
    wall: float
    peak_gib: float
    output: str


def measure(command: list[str]) -> Cost:
    """Run to the end in a process of its own, so that the peak is its own; exits with the command's code if it fails."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as told:
        child = subprocess.Popen(command, cwd=HERE.parent, env={**os.environ, "PYTHONPATH": str(HERE.parent)}, stdout=told)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        output = told.read()
    if child.returncode:
        print(output)
        sys.exit(f"bench: failed with {child.returncode}: {' '.join(command)}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss / (1 << 20), output)


def originals(folder: Path) -> tuple[list[str], list[list[str]]]:
    """Header and records of the synthetic city's urban cases, dirt included."""
    options = ["--out", str(folder / "small"), "--grids", "40", "--days", "365", "--seed", "1"]
    measure([*CITYBRAIN, "generate", *options])
    header: list[str] = []
    records: list[list[str]] = []
    for path in sorted((folder / "small" / "urban").glob("urban_case_*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            header = next(reader)
            records += reader
    return header, records


def copies(records: list[list[str]], rows: int, number: int) -> Iterator[list[str]]:
    """As many records as asked for, no number of a case twice but where the original says it twice."""
    for at in range(rows):
        turn, place = divmod(at, len(records))
        record = list(records[place])
        if record[number]:
            record[number] = f"{record[number]}-{turn}"
        yield record


def make_input(folder: Path, rows: int) -> Path:
    """One CSV of `rows` records under the demo city's binding, in a city of one feed."""
    header, records = originals(folder)
    target = folder / "source" / "urban" / "urban_case_20260630_235959.csv"
    target.parent.mkdir(parents=True)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(copies(records, rows, header.index("任务号")))
    city = folder / "city"
    shutil.copytree(BINDING.parent.parent, city)
    for binding in (city / "feeds").glob("*.yml"):
        if binding.name != BINDING.name:
            binding.unlink()
    print(f"input: {rows:,} records of {len(records):,} different ones, {target.stat().st_size / 1e6:,.0f} MB", flush=True)
    return target


def compare(folder: Path, rows: int) -> int:
    """Measure both and print; returns 1 if a goal is missed."""
    file = make_input(folder, rows)
    hand = measure([sys.executable, str(HERE / "read_by_hand.py"), str(file), str(folder / "hand.parquet")])
    counts = json.loads(hand.output.splitlines()[-1])
    print("by hand: " + ", ".join(f"{value:,} {what}" for what, value in counts.items()))
    ours = measure(
        [
            *CITYBRAIN,
            "ingest",
            "--city",
            str(folder / "city"),
            "--source-root",
            str(folder / "source"),
            "--home",
            str(folder / "home"),
        ]
    )
    print(ours.output)
    for name, cost in (("by hand", hand), ("ours", ours)):
        per_record = 1e6 * cost.cpu / rows
        print(
            f"{name:8} {cost.cpu:8.1f} CPU s {cost.wall:8.1f} s wall {per_record:8.2f} CPU us per record {cost.peak_gib:6.2f} GiB"
        )
    ratio = ours.cpu / hand.cpu
    print(f"ratio    {ratio:8.2f} of CPU, ours to by hand (goal: at most {MOST_RATIO}; memory at most {MOST_GIB} GiB)")
    return int(ratio > MOST_RATIO or ours.peak_gib > MOST_GIB)


def main() -> None:
    """Read the command line, make room, compare, clean up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--keep", type=Path, help="work here and leave everything")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="citybrain-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        sys.exit(compare(folder.resolve(), arguments.rows))
    finally:
        if not arguments.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()

"""A program for a mount namespace of its own: a small city takes its files on a file system that is really full.

`python -m tests.faults.full_disk EMPTY_TMPFS`. With more and more room left, until everything fits: take, look, make room, take
again, compare. Prints what it found as JSON.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from pathlib import Path

from pipelines.core import disk
from tests.faults import small_city, trials

STEP = 16 << 10


def fill(ballast: Path, leave: int) -> None:
    """Leave so many bytes free."""
    free = shutil.disk_usage(ballast.parent).free
    ballast.write_bytes(bytes(max(0, free - leave)))


def main(base: Path) -> dict[str, object]:
    """Counts of how the takes ended, and what was wrong."""
    stage = small_city.write_city(base)
    small_city.write_day(stage, 1)
    trials.take(stage, stage.home, lambda _: None)
    small_city.write_day(stage, 2, rows_n=400)
    clean = trials.copy_home(stage.home, base / "clean")
    trials.take(stage, clean, lambda _: None)
    expected = trials.content(stage, clean)
    ended: Counter[str] = Counter()
    found: list[str] = []
    for leave in range(0, 4 << 20, STEP):
        home, ballast = trials.copy_home(stage.home, base / "trial"), base / "ballast"
        fill(ballast, leave)
        acknowledged: list[tuple[str, str]] = []
        try:
            said = trials.take(stage, home, lambda outcome: acknowledged.append((outcome.feed, outcome.sha256)))  # noqa: B023
            failed = list(said["failed"].values())
        except Exception as error:  # noqa: BLE001 - not even the ledger could be opened
            told = disk.refusal(error, home)
            failed = [{"raised": type(told or error).__name__, "sentence": str(told or error)}]
        ballast.unlink()
        ended["; ".join(sorted({f"{one['raised']}: {one['sentence'].partition(' -> ')[0]}" for one in failed})) or "done"] += 1
        found += [f"{leave} left: {one}" for one in trials.wrong(stage, home, acknowledged)]
        again = trials.take(stage, home, lambda _: None)
        found += [f"{leave} left: {one}" for one in (*again["failed"], *trials.difference(expected, trials.content(stage, home)))]
        found += [f"{leave} left: draft {one}" for one in trials.drafts(home)]
        shutil.rmtree(home)
        if not failed:
            break
    return {"ended": ended, "found": found}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1])), ensure_ascii=False))

"""One city published again and again, each time as a build that differs where readers look; run as a process of its own.

What belongs here: giving a built warehouse the next number, publishing it by the real function, telling when the pointer
moved. What does not: who reads meanwhile (test_readers).

What differs stands in all three places that readers are answered from: the count of all matters of the year (the small
file), the number of one case (a part, which is written anew), the build's own name (the manifest and the file).
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.building import changes
from pipelines.building.inputs import Inputs, read_inputs
from pipelines.core.bindings import City, load_city
from pipelines.core.settings import Home, Settings, load_settings
from pipelines.core.state import Ledger
from pipelines.core.warehouse import read_only, writer, writer_lock
from pipelines.publish import publish

METRIC = "V01"
#: What number the first build has; no other number of a small city is as large.
FIRST = 700_000


@dataclass(frozen=True, slots=True)
class Marked:
    """Where builds differ: the case, the area of the count."""

    case: str
    day: dt.date
    root: str


def copied(home: Path, to: Path) -> Path:
    """What is needed of a home to publish its last build again and to read it."""
    for name in ("published", "state", "warehouse"):
        shutil.copytree(home / name, to / name)
    return to


def marked(home: Home) -> Marked:
    """The first case of the last month, of the kinds that are cases."""
    with read_only(home.warehouse) as connection:
        row = connection.execute(
            "select e.event_id, cast(e.reported_at as date), i.root_code from marts.fct_event e "
            "join seeds.ref_event_kind k using (event_kind), marts.build_info i "
            "where e.is_counted and k.is_case and e.reported_at >= date_trunc('month', i.as_of) order by 1 limit 1"
        ).fetchall()[0]
    return Marked(*row)


def build_of(number: int) -> str:
    """The build with this number."""
    return f"20260630_{number:010d}"


def case_no_of(number: int) -> str:
    """The number of the marked case in this build."""
    return f"PUBLISHED-{number}"


def renumber(home: Home, settings: Settings, mark: Marked, number: int) -> None:
    """Make the warehouse that of build `number`."""
    with writer(home.warehouse, settings) as connection:
        connection.execute("update marts.fct_event set source_case_no = ? where event_id = ?", [case_no_of(number), mark.case])
        connection.execute(
            "update intermediate.int_metric_value set num = ? where metric_id = ? and period_kind = 'year_to_date' "
            "and slice_kind = 'all' and grid_code = ? and period_end = (select max(period_end) from "
            "intermediate.int_metric_value where metric_id = ? and period_kind = 'year_to_date')",
            [number, METRIC, mark.root, METRIC],
        )
        connection.execute("update marts.build_info set build_id = ?", [build_of(number)])
        connection.execute("insert into ops.touched values (?, ?, null)", [mark.case, mark.day])


class Moved(threading.Thread):
    """When other processes first find another pointer under its name, in seconds of the clock.

    The file's own time of change is that at which its rename began: before the name leads to it there may be a flush of the disk.
    """

    LOOK_SECONDS = 0.01

    def __init__(self, pointer: Path) -> None:
        super().__init__(daemon=True)
        self._pointer, self._before, self.at = pointer, pointer.stat().st_ino, 0.0
        self.start()

    def run(self) -> None:
        while self._pointer.stat().st_ino == self._before:
            time.sleep(self.LOOK_SECONDS)
        self.at = time.time()


def publish_next(home: Home, settings: Settings, inputs: Inputs, mark: Marked, number: int) -> Moved:
    """Publish build `number`; when its pointer was found."""
    one = replace(inputs, build_id=build_of(number))
    with writer_lock(home.warehouse):
        renumber(home, settings, mark, number)
        moved = Moved(home.published / "CURRENT.json")
        publish(home, settings, one, "incremental", now=dt.datetime.now(dt.UTC))
        moved.join()
        with writer(home.warehouse, settings) as connection:
            changes.finish(connection, one)
    return moved


def inputs_of(home: Home, city: City) -> Inputs:
    """What the last build was made of."""
    ledger = Ledger.of(home)
    try:
        return read_inputs(home, city, ledger, None)
    finally:
        ledger.close()


def main(home_root: str, folder: str, times: str, every: str) -> None:
    """Publish `times` builds, one each `every` seconds or as fast as it goes, and tell of each in a line of JSON."""
    home, settings = Home(Path(home_root)), load_settings()
    inputs, mark = inputs_of(home, load_city(Path(folder))), marked(home)
    for number in range(FIRST + 1, FIRST + 1 + int(times)):
        began = time.monotonic()
        moved = publish_next(home, settings, inputs, mark, number)
        began_moving = (home.published / "CURRENT.json").stat().st_ctime
        told = {"number": number, "moved": moved.at, "renaming": moved.at - began_moving, "took": time.monotonic() - began}
        print(json.dumps(told), flush=True)
        time.sleep(max(0.0, float(every) - (time.monotonic() - began)))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A small city brought through days that follow one another: what several tests look at, made once per session."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines import build, ingest, publish
from pipelines.core.installation import Installation, open_installation
from pipelines.core.warehouse import writer_lock
from pipelines.synthetic.simulation import Simulation
from tests.conftest import ROOT

CITY = ROOT / "data" / "cities" / "demo"
BEFORE = dt.date(2026, 6, 25)
DAYS = 1


def bring_up_to_date(place: Installation) -> build.Built:
    """What `citybrain run` does, without Dagster and Great Expectations: they change no figure (test_tiny_city)."""
    for binding in place.city.feeds:
        ingest.ingest_feed(binding, place, now=place.now())
    return build_landed(place)


def build_landed(place: Installation) -> build.Built:
    """Build and publish what is landed."""
    with writer_lock(place.home.warehouse):
        built = build.build(place.home, place.city, place.settings, place.as_of)
        publish.publish(place.home, place.settings, built.prepared.inputs, built.prepared.mode, now=place.now())
        build.finish(built.prepared)
    return built


def open_at(home: Path, source: Path, day: dt.date) -> Installation:
    """The home as of the end of a day."""
    return open_installation(city=CITY, home=home, source_root=source, as_of=dt.datetime.combine(day, dt.time(23, 59, 59)))


@dataclass(frozen=True)
class Days:
    """A home brought through some days, the source with all of them, and how each day was built."""

    home: Path
    source: Path
    modes: list[str]
    last: dt.date


def bring_through(
    base: Path,
    days: int,
    before_each: Callable[[Installation, int], None] = lambda *_: None,
    after_each: Callable[[Installation, int], None] = lambda *_: None,
) -> Days:
    """Build the city on its first day, then one day after the other.

    `before_each` may meddle once a day's files have arrived; `after_each` sees every day that was published.
    """
    simulation = Simulation(grids=12, days=160, seed=11, end=BEFORE, events_per_grid_month=40, ahead=days)
    home, source = base / "home", base / "source"
    simulation.write(source, through=BEFORE)
    modes = [bring_up_to_date(open_at(home, source, BEFORE)).prepared.mode]
    day = BEFORE
    for number in range(1, days + 1):
        day = BEFORE + dt.timedelta(days=number)
        simulation.write(source, after=day - dt.timedelta(days=1), through=day)
        place = open_at(home, source, day)
        before_each(place, number)
        modes.append(bring_up_to_date(place).prepared.mode)
        after_each(place, number)
    return Days(home, source, modes, day)


def some_days(base: Path) -> Days:
    """The session's days; made by the first who asks."""
    told = base / "days.json"
    if not told.exists():
        days = bring_through(base, DAYS)
        told.write_text(json.dumps({"modes": days.modes, "last": days.last.isoformat()}), encoding="utf-8")
    found = json.loads(told.read_text(encoding="utf-8"))
    return Days(base / "home", base / "source", found["modes"], dt.date.fromisoformat(found["last"]))

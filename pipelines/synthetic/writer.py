"""The front door: write a synthetic city as its departments would send it, with the truth beside it.

Belongs here: arguments and their defaults. Does not: drawing (simulation), file formats (exports), truth (truth).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pipelines.core.bindings import City
from pipelines.core.errors import ConfigurationError
from pipelines.synthetic.simulation import DAYS_PER_MONTH, Simulation
from pipelines.synthetic.truth import Truth, write_truth

DEFAULTS = {"grids": 400, "days": 730, "seed": 1, "events_per_grid_month": None}


def generate(
    out: Path,
    *,
    grids: int,
    days: int,
    seed: int,
    end: dt.date,
    events_per_grid_month: float | None = None,
    events: int | None = None,
    with_truth: bool = True,
) -> Truth | None:
    """Write the exports of a synthetic city below `out`, and `out/.truth/` about them.

    Args:
        out: folder; files of the same names are replaced.
        grids: number of level-4 grids (Rizhao has 4,281).
        days: days of history, the last being `end`.
        seed: of all randomness; equal arguments give equal bytes.
        end: the last day.
        events_per_grid_month: density of calls, urban cases, petitions and lawsuits; default 10.
        events: or about this many events in all.
        with_truth: whether to work out and write the truth.
    """
    if events is not None:
        events_per_grid_month = events / grids / days * DAYS_PER_MONTH
    simulation = Simulation(grids=grids, days=days, seed=seed, end=end, events_per_grid_month=events_per_grid_month)
    simulation.write(out)
    return write_truth(simulation, out / ".truth") if with_truth else None


def simulation_for(city: City, *, ahead: int = 0) -> Simulation:
    """The simulation that a city folder's `synthetic:` section describes, with `ahead` days still to deliver."""
    chosen = {**DEFAULTS, **city.synthetic}
    end = chosen.get("end") or (city.as_of.date() if city.as_of else None)
    if end is None:
        raise ConfigurationError("synthetic needs an end", where=str(city.folder / "city.yml"), remedy="end: 2026-06-30")
    return Simulation(
        grids=int(chosen["grids"]), days=int(chosen["days"]), seed=int(chosen["seed"]), end=end,
        events_per_grid_month=chosen["events_per_grid_month"], ahead=ahead,
    )  # fmt: skip


def generate_for(city: City, out: Path) -> Truth:
    """Write the synthetic city of a city folder."""
    simulation = simulation_for(city)
    simulation.write(out)
    return write_truth(simulation, out / ".truth")

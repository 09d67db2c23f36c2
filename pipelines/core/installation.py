"""An installation: one home opened for one city, with its ledger, vault and where its files come from.

Belongs here: finding the home and the city that a command means, and opening both. Does not: doing anything with them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from pipelines.core import disk, faults
from pipelines.core.bindings import City, load_city
from pipelines.core.errors import UsageError
from pipelines.core.settings import CITIES, PROJECT_ROOT, Home, Settings, load_settings, pick
from pipelines.core.spelling import did_you_mean
from pipelines.core.state import Ledger
from pipelines.core.vault import Vault
from pipelines.core.vault_keys import master_keys

DEFAULT_CITY = "demo"


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything a run needs, opened."""

    settings: Settings
    home: Home
    city: City
    ledger: Ledger
    vault: Vault
    source_root: Path
    as_of: dt.datetime | None = None

    def now(self) -> dt.datetime:
        """The wall clock, for what is about the work itself (received, loaded, built); never for a figure."""
        return dt.datetime.now()  # noqa: DTZ005 (naive local, as all times here)


def home_path(home: Path | None, city: str | None = None) -> Path:
    """The home that is meant: as given, else CITYBRAIN_HOME, else data/home/<city>."""
    if home is not None:
        return home.expanduser().resolve()
    return load_settings().home or PROJECT_ROOT / "data" / "home" / (city or DEFAULT_CITY)


def named_city(city: Path) -> Path:
    """The city folder that was typed: a path, or the bare name of one in data/cities.

    Raises UsageError for a path that is not there, and for a name that none of them has, with the nearest.
    """
    if city.exists():
        return city
    known = sorted(path.parent.name for path in CITIES.glob("*/city.yml"))
    is_bare = str(city) == city.name
    if is_bare and city.name in known:
        return CITIES / city.name
    give = pick(f"give a city folder, or one of {', '.join(known)}", f"请给出城市目录，或其一：{', '.join(known)}")
    raise UsageError(
        pick(f"no city {str(city)!r}", f"没有城市 {str(city)!r}") if is_bare
        else pick(f"no folder {str(city)!r}", f"没有目录 {str(city)!r}"),
        where="--city",
        remedy=did_you_mean(city.name, known, otherwise=give) if is_bare else give,
    )  # fmt: skip


def _city_folder(city: Path | None, home: Home | None) -> Path:
    if city is not None:
        return named_city(city)
    if home is not None and (home.state / "ledger.db").exists():
        folder = Ledger.of(home).home_city_folder()
        if folder is not None:
            return folder
    return CITIES / DEFAULT_CITY


def open_installation(
    *, city: Path | None = None, home: Path | None = None, source_root: Path | None = None, as_of: dt.datetime | None = None
) -> Installation:
    """Open the home for its city; both are made or claimed if new.

    Raises HomeError if the home belongs to another city, ConfigurationError if the city folder is wrong,
    StorageFailed by the disk.
    """
    settings = load_settings()
    stated = Home(home_path(home)) if (home or settings.home) else None
    loaded = load_city(_city_folder(city, stated))
    faults.refuse_in(loaded.level)
    place = stated or Home(home_path(None, loaded.name))
    with disk.told(place.root):
        ledger = Ledger.of(place.make())
        ledger.claim_home(loaded.name, loaded.folder)
        if source_root is not None:
            ledger.remember("source_root", str(source_root.resolve()))
        root = source_root or Path(ledger.recall("source_root") or place.source)
        vault = Vault(place, master_keys(place, settings, level=loaded.level))
    return Installation(settings, place, loaded, ledger, vault, root.resolve(), as_of)


def existing_home(home: Path | None) -> Home:
    """A home that has been run. Raises UsageError if there is none."""
    place = Home(home_path(home))
    if not (place.state / "ledger.db").exists():
        remedy = "citybrain demo, or citybrain run --city DIR"
        raise UsageError("no run was made in this home", where=str(place.root), remedy=remedy)
    return place

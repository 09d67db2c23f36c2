"""Files there: a city folder compared with the files that lie where its feeds look.

Belongs here: the areas that its tables of areas name, names of files that a binding's patterns do not read. Does not: the
folder by itself (core.bindings), reading rows for a run (ingest).
"""

from __future__ import annotations

from pathlib import Path

from pipelines.cleaning import formats
from pipelines.core.bindings import Binding, City
from pipelines.core.errors import CityError, ConfigurationError
from pipelines.core.headers import positions
from pipelines.core.personal_shapes import masked
from pipelines.core.settings import ArchiveLimits, pick
from pipelines.core.spelling import did_you_mean
from pipelines.sources.drop import folder
from pipelines.sources.names import covered, extract_time


def check_root(city: City, source_root: Path | None, limits: ArchiveLimits) -> None:
    """Refuse a root area that no table of areas has, where all of them can be read.

    Raises ConfigurationError with the nearest code; and for a table that cannot be read.
    """
    tables = [feed for feed in city.feeds if feed.contract.id == "grid"]
    known: set[str] = set()
    for feed in tables:
        if feed.root != "city" and source_root is None:
            return
        paths = sorted(folder(feed, city, source_root or Path()).glob(feed.pattern))
        if not paths or any(path.name.endswith((".gz", ".zip")) for path in paths):
            return
        known |= {code for path in paths for code in _codes(path, feed, limits)}
    if tables and city.root_area not in known:
        where = str(city.folder / "city.yml")
        listed = pick(f"the areas stand in {tables[0].pattern}", f"区域见 {tables[0].pattern}")
        remedy = did_you_mean(city.root_area, known, otherwise=listed)
        raise ConfigurationError(f"unknown root_area {city.root_area!r}", where=where, remedy=remedy)


def _codes(path: Path, feed: Binding, limits: ArchiveLimits) -> set[str]:
    reading = formats.open_reading(lambda: path.open("rb"), feed, name=path.name, limits=limits)
    at = positions(reading.header, feed)[0].get("grid_code")
    if at is None:
        return {feed.constants.get("grid_code", "")}
    return {str(code).strip() for batch in reading.batches for code in batch[f"c{at}"].drop_nulls()}


def misread(city: City, source_root: Path) -> list[str]:
    """A sentence for each feed that finds no file, and for the first name of each that its patterns do not read."""
    told = []
    for feed in city.feeds:
        base = folder(feed, city, source_root)
        names = [path.relative_to(base).as_posix() for path in sorted(base.glob(feed.pattern)) if path.is_file()]
        if not names:
            told.append(pick(f"{feed.feed}: no file below {base} is called {feed.pattern}",
                             f"{feed.feed}：{base} 下没有名为 {feed.pattern} 的文件"))  # fmt: skip
        told += [sentence for sentence in (_misread(feed, name) for name in names) if sentence][:1]
    return told


def _misread(feed: Binding, name: str) -> str:
    try:
        covered(feed, name)
        found = extract_time(feed, name)
    except CityError as error:
        return f"{feed.feed}: {masked(name)}: {masked(error.what)} -> {error.remedy}"
    return f"{feed.feed}: {masked(name)}: {no_date(feed)}" if feed.extracted_pattern and found is None else ""


def no_date(feed: Binding) -> str:
    """What is said of a name in which `extracted_at` finds nothing."""
    return pick(
        f"extracted_at finds no {feed.extracted_pattern} in the name", f"文件名中没有 extracted_at 的 {feed.extracted_pattern}"
    )

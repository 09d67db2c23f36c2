"""All source files of the acceptance city.

Belongs here: which place's rows go into which file. Does not: the rows (places), the areas (areas).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tests.integration.acceptance import areas, places, tables

PLACES = (places.suzhou, places.huaiyang, places.xialu, places.rizhao, places.tianmen, places.contacts)


def write_all(source: Path) -> None:
    """Write every feed's file below `source`."""
    parts: dict[str, list[pl.DataFrame]] = {}
    for place in PLACES:
        for feed, frames in place().items():
            parts.setdefault(feed, []).extend(frames)
    for feed, frames in {**parts, **areas.references()}.items():
        tables.write(source, feed, frames)

"""Formats: which reader a feed's files go to.

Belongs here: the choice, by the binding and by a look at the bytes. Does not: reading (one module for each kind of file).
"""

from __future__ import annotations

from pipelines.cleaning import judge, read, read_array, read_lines, read_parquet, read_sheets
from pipelines.cleaning.read import Opener, Reading
from pipelines.core.bindings import Binding
from pipelines.core.settings import ArchiveLimits


def open_reading(open_bytes: Opener, binding: Binding, *, name: str, limits: ArchiveLimits) -> Reading:
    """A received file opened for reading. Raises FileHeld if it is not what the binding says, or damaged."""
    declared, kind = binding.encoding, binding.format
    if kind == "csv":
        return read.read_csv(open_bytes, declared=declared, delimiter=binding.delimiter, name=name)
    if kind == "jsonl":
        reader = read_array.read_array if read_array.is_array(open_bytes, declared) else read_lines.read_jsonl
        return reader(open_bytes, declared=declared, name=name, paths=binding.paths)
    if kind == "parquet":
        return read_parquet.read_parquet(open_bytes, name=name, paths=binding.paths)
    if kind == "xlsx":
        known = judge.known_headers(binding)
        return read_sheets.read_xlsx(
            open_bytes, wanted=binding.sheets, name=name, limits=limits,
            knows=lambda row: sum(judge.plain(cell) in known for cell in row if cell),
        )  # fmt: skip
    geometry = next((c.title_zh for c in binding.contract.columns if c.geometry), "geometry")
    return read.read_geojson(open_bytes, name=name, geometry_header=geometry)

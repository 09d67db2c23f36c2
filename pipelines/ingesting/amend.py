"""Amendments: mended cells laid over the rows of a file as it is read, and rules that a person overruled for one row.

Belongs here: finding them for one file, laying them over a batch, waiving. Does not: deciding (core.decided), which rules
may be overruled (core.overruling), what a clerk's workbook looks like (reports).

Mended cells rest in the vault's uploads; the row keeps its file and record number, so that whatever is asked of the file -
retract, reparse, replace - holds of the mended row too.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

import polars as pl

from pipelines.cleaning import judge as judging
from pipelines.core.errors import FileHeld, VaultError
from pipelines.core.settings import pick
from pipelines.core.tickets import Amendment
from pipelines.core.vault import Vault

Cells = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Amendments:
    """Of one file: mended cells (record number to canonical column to text), and overruled rules per record."""

    mends: dict[int, Cells] = field(default_factory=dict)
    waived: dict[int, list[str]] = field(default_factory=dict)


NONE = Amendments()


def parser_with(parser: str, amended: list[Amendment]) -> str:
    """The parse of an amended file is another one: its name depends on what was decided about its records."""
    if not amended:
        return parser
    told = [[one.record_no, one.kind, one.detail] for one in amended]
    return hashlib.sha256(f"{parser}\x1f{json.dumps(told)}".encode()).hexdigest()[:12]


def store(vault: Vault, feed: str, mends: dict[str, dict[int, Cells]], *, month: str) -> str:
    """Keep mended cells (file's sha256 to record number to cells); returns the mark by which decisions name them.

    The mark is keyed: a plain hash of few cells, standing outside the vault, could be guessed back.
    """
    told = json.dumps(mends, ensure_ascii=False, sort_keys=True)
    mark = vault.mark(told)
    with vault.create("uploads", feed, f"{mark}.json", month=month) as stream:
        stream.write(told.encode())
    return mark


def read(vault: Vault, feed: str, sha256: str, amended: list[Amendment], *, name: str) -> Amendments:
    """The amendments of one file; of two mends of one cell the later holds. Raises FileHeld if the vault no longer tells them."""
    found = Amendments({}, {})
    uploads: dict[str, dict[str, Cells]] = {}
    for one in amended:
        if one.kind == "accept":
            found.waived.setdefault(one.record_no, []).extend(one.detail.split(","))
            continue
        if one.detail not in uploads:
            try:
                with vault.open(vault.path("uploads", feed, f"{one.detail}.json")) as stream:
                    uploads[one.detail] = json.loads(stream.read()).get(sha256, {})
            except (OSError, VaultError) as error:
                raise FileHeld(
                    pick("cells mended by hand cannot be read from the vault", "无法从保险库读取人工更正的单元格"),
                    where=name,
                    remedy=pick("restore vault/uploads and its key", "请恢复 vault/uploads 及其密钥"),
                ) from error
        found.mends.setdefault(one.record_no, {}).update(uploads[one.detail].get(str(one.record_no), {}))
    return found


def lay_over(raw: pl.DataFrame, header: judging.Header, mends: dict[int, Cells]) -> pl.DataFrame:
    """The batch with the mended cells in place of what came; columns that the file has not are left out."""
    here = set(raw["_record_no"].to_list()) & mends.keys() if mends else set()
    cells: dict[int, dict[int, str | None]] = {}
    for record in sorted(here):
        for column, text in mends[record].items():
            if column in header.position:
                cells.setdefault(header.position[column], {})[record] = text
    return raw.with_columns(
        pl.col("_record_no").replace_strict(
            list(by_record), list(by_record.values()), default=pl.col(f"c{place}"), return_dtype=pl.String
        ).alias(f"c{place}")
        for place, by_record in cells.items()
    )  # fmt: skip


def waive(frame: pl.DataFrame, waived: dict[int, list[str]]) -> pl.DataFrame:
    """The judged batch in which an overruled rule sets no row aside: it is a flag on it, as a broken warn rule is."""
    if not waived or frame.height == 0:
        return frame
    told = pl.DataFrame(
        {"_record_no": list(waived), "_waived": list(waived.values())},
        schema={"_record_no": frame.schema["_record_no"], "_waived": pl.List(pl.String)},
    )
    joined = frame.join(told, on="_record_no", how="left", maintain_order="left")
    none = pl.lit([], dtype=pl.List(pl.String))
    allowed = pl.col("_waived").fill_null(none)
    overruled = pl.col("_failed").list.set_intersection(allowed).list.sort()
    return joined.with_columns(
        pl.when(overruled.list.len() > 0).then(pl.col("_failed").list.set_difference(allowed).list.sort())
        .otherwise(pl.col("_failed")).alias("_failed"),
        pl.when(overruled.list.len() > 0).then(pl.concat_list("_flags", overruled)).otherwise(pl.col("_flags")).alias("_flags"),
    ).drop("_waived")  # fmt: skip

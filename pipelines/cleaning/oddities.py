"""Oddities: what is wrong with a value that can be read.

Belongs here: points swapped or of another datum (mended), relative addresses, stray blanks, text that was decoded wrongly
once, personal data in free text (dirt D06, D10, D11, D12, D16 of the catalogue). Does not: reading values (parse), where a
point lies (analytics.places). What is found in free text is counted and never kept.
"""

from __future__ import annotations

import csv
import re
from functools import cache

import polars as pl

from pipelines.cleaning.datum import TO_WGS84
from pipelines.core.contracts import CONTRACTS, Column, Contract
from pipelines.core.personal_shapes import ANY_PERSONAL, ANY_PLATE

LON, LAT = "lon", "lat"
#: A latitude beyond it is none.
POLE = 90
#: What a wrong decoder leaves: U+FFFD, its bytes read as GBK (the famous three characters), UTF-8 read as Latin-1.
MOJIBAKE = ("\ufffd", "锟斤拷", "ï»¿", "â€")
#: A telephone, an identity number, a mail address or a plate.
PERSONAL = f"{ANY_PERSONAL.pattern}|{ANY_PLATE.pattern}"
#: An address that names a house is no relative one, whatever stands around it.
HOUSE = r"[\d０-９一二三四五六七八九十百]+\s*(?:号|弄|幢|栋|室|单元)"


@cache
def relative_words() -> tuple[str, ...]:
    """Words that place something by its neighbour (对面, 旁), from the committed table."""
    with (CONTRACTS / "relative_places.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(row["word"] for row in csv.DictReader(stream))


def _mark(where: pl.Expr, column: str, rule: str) -> pl.Expr:
    return pl.when(where).then(pl.lit(f"{column}:{rule}")).alias(f"{column}:{rule}")


def _kept(marks: pl.DataFrame) -> list[pl.Series]:
    """Those that mark something."""
    return [series for series in marks.get_columns() if series.null_count() < series.len()]


def points(typed: pl.DataFrame, datum: str) -> tuple[pl.DataFrame, list[pl.Series], dict[str, int]]:
    """Points mended, the marks of those that were odd, and how many were converted.

    Longitude and latitude that stand in each other's place are put right where that is certain: no latitude is beyond 90
    degrees. A point of 0/0 is kept, marked, and places nothing. A point of another datum (the binding's `datum`) is brought
    to WGS-84.
    """
    if LON not in typed.columns or LAT not in typed.columns:
        return typed, [], {}
    lon, lat = pl.col(LON), pl.col(LAT)
    swapped = (lat.abs() > POLE) & (lon.abs() <= POLE)
    zero = (lon == 0) & (lat == 0)
    marks = _kept(typed.select(_mark(swapped, LON, "swapped"), _mark(zero, LON, "zero_point")))
    if marks:
        first, second = pl.when(swapped).then(lat).otherwise(lon), pl.when(swapped).then(lon).otherwise(lat)
        typed = typed.with_columns(first.alias(LON), second.alias(LAT))
    if not datum:
        return typed, marks, {}
    converted = TO_WGS84[datum](typed[LON].to_numpy(), typed[LAT].to_numpy())
    given = typed.select((lon.is_not_null() & lat.is_not_null() & ~zero).fill_null(False).alias("given")).to_series()
    values = [pl.Series(name, new).fill_nan(None) for name, new in zip((LON, LAT), converted, strict=True)]
    typed = typed.with_columns(new.zip_with(given, typed[new.name]) for new in values)
    return typed, marks, {f"{LON}:{datum}": int(given.sum())}


def marks_of(columns: list[Column], raw: pl.DataFrame, texts: pl.DataFrame) -> list[pl.Series]:
    """Marks of values that were kept and are odd: relative addresses, blanks around codes, wrongly decoded text."""
    asked = []
    for column in (c for c in columns if c.lands and c.type == "string"):
        name = column.name
        if not column.codes and column.normalise not in ("case_no", "code"):  # of a code the table of codes says that it is none
            asked.append(_mark(pl.col(name).str.contains_any(list(MOJIBAKE)), name, "mojibake"))
        if column.normalise == "address":
            near = pl.col(name).str.contains("|".join(map(re.escape, relative_words()))) & ~pl.col(name).str.contains(HOUSE)
            asked.append(_mark(near, name, "relative"))
        if column.codes and not column.is_list:
            sent = pl.lit(raw[name])
            around = (sent.str.strip_chars() != sent) & pl.col(name).is_not_null()
            asked.append(_mark(around, name, "d06"))
    return _kept(texts.select(asked))


def personal(contract: Contract, texts: pl.DataFrame) -> dict[str, int]:
    """By column of free text, in how many records it holds what looks personal. Only the number leaves."""
    free = [c.name for c in contract.columns if c.is_free_text and c.name in texts.columns]
    if not free:
        return {}
    found = texts.select(pl.col(name).str.contains(PERSONAL).sum().cast(pl.Int64) for name in free).row(0, named=True)
    return {f"{name}:personal": int(n) for name, n in found.items() if n}

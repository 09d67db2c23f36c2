"""Parse: text columns to typed columns, each value by one named rule.

Belongs here: null tokens, widths, Chinese numerals, numbers with units, booleans, codes, lists. Dates and times are in
parse_time. Does not: whether a row is good (judge). A value that is present and cannot be read becomes NULL here and is
reported by the judge's `<column>-type` rule: nothing vanishes.
"""

from __future__ import annotations

import csv
import re
from functools import cache

import polars as pl

from pipelines.cleaning import parse_time
from pipelines.core.contracts import CONTRACTS, Column

CLEANING_VERSION = "1"

INVISIBLE = "[\u200b-\u200f\u2060\ufeff]"
NEEDS_NFKC = "[\u2000-\u200f\u2060\u2460-\u24ff\u3000\ufe30-\ufe4f\uff01-\uff5e\uffe5\ufeff]"
TRUE_WORDS = ("是", "y", "yes", "true", "1", "t", "已")
FALSE_WORDS = ("否", "n", "no", "false", "0", "f", "未")
DIGITS = {"〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
PLACES = {"十": 10, "百": 100, "千": 1000}
UNITS = {"万": 10_000, "万元": 10_000, "亿": 100_000_000, "亿元": 100_000_000}
DTYPES: dict[str, pl.DataType] = {
    "string": pl.String(), "integer": pl.Int64(), "number": pl.Float64(), "boolean": pl.Boolean(),
    "timestamp": pl.Datetime("us"), "date": pl.Date(),
}  # fmt: skip


@cache
def null_tokens() -> tuple[str, ...]:
    """Spellings of "no value", from the committed table."""
    with (CONTRACTS / "null_tokens.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(row["token"] for row in csv.DictReader(stream))


def tidy(raw: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Trim, NFKC where needed, null tokens to NULL.

    Returns the tidied text and a Boolean series: True where a null token (not an empty cell) was replaced.
    """
    text = raw.str.strip_chars()
    if text.str.contains(NEEDS_NFKC).any():
        text = text.str.normalize("NFKC").str.replace_all(INVISIBLE, "").str.strip_chars()
    token = text.is_in(list(null_tokens()))
    frame = pl.DataFrame({"text": text, "token": token})
    cleaned = frame.select(pl.when(pl.col("token") | (pl.col("text") == "")).then(None).otherwise(pl.col("text")))
    return cleaned.to_series().alias(raw.name), token.fill_null(False)


def chinese_number(text: str) -> int | None:
    """三百二十 -> 320, 二〇二二 -> 2022, 十二 -> 12; None if it is no Chinese number."""
    if not text or any(c not in DIGITS and c not in PLACES and c != "万" for c in text):
        return None
    if all(c in DIGITS for c in text):
        return int("".join(str(DIGITS[c]) for c in text))
    high, _, low = text.rpartition("万") if "万" in text else ("", "", text)
    total = 0
    for part, scale in ((high, 10_000), (low, 1)):
        amount, digit = 0, 0
        for c in part:
            if c in DIGITS:
                digit = DIGITS[c]
            else:
                amount += (digit or 1) * PLACES[c]
                digit = 0
        total += (amount + digit) * scale
    return total


def number(text: str) -> float | None:
    """One number in any of the forms of the dirt catalogue (D02): commas, units, Chinese numerals."""
    plain = re.sub(r"[,\s]", "", text).lstrip("¥￥")
    match = re.fullmatch(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(万元|万|亿元|亿|元|人|户|件|天|日|次|米)?", plain)
    if match:
        return float(match[1]) * UNITS.get(match[2] or "", 1)
    match = re.fullmatch(r"([〇零一二两三四五六七八九十百千万]+?)(万元|亿元|亿|元|人|户|件|天|日|次|米)?", plain)
    if match:
        value = chinese_number(match[1])
        return None if value is None else float(value * UNITS.get(match[2] or "", 1))
    return None


def _numbers(text: pl.Series, *, whole: bool) -> tuple[pl.Series, pl.Series]:
    """Typed numbers and the rule used; the plain forms vectorised, the rest one by one over distinct values."""
    typed = text.cast(pl.Int64 if whole else pl.Float64, strict=False)
    rest = text.filter(typed.is_null() & text.is_not_null()).unique()
    rules = pl.Series([None], dtype=pl.String).new_from_index(0, len(text))
    if rest.len() == 0:
        return typed, rules
    found = {value: number(value) for value in rest.to_list()}
    if whole:
        found = {k: v if v is not None and v == int(v) else None for k, v in found.items()}
    known = {k: v for k, v in found.items() if v is not None}
    dtype = pl.Int64 if whole else pl.Float64
    mapped = text.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.Float64).cast(dtype)
    frame = pl.DataFrame({"typed": typed, "mapped": mapped, "text": text})
    plain_decimal = pl.col("text").str.contains(r"^[+-]?\d+\.0+$")
    out = frame.select(
        pl.coalesce("typed", "mapped").alias("typed"),
        pl.when(pl.col("typed").is_null() & pl.col("mapped").is_not_null() & ~plain_decimal)
        .then(pl.lit("d02")).otherwise(None).alias("rule"),
    )  # fmt: skip
    return out["typed"], out["rule"]


def _booleans(text: pl.Series) -> pl.Series:
    low = text.str.to_lowercase()
    frame = pl.DataFrame({"low": low})
    return frame.select(
        pl.when(pl.col("low").is_in(list(TRUE_WORDS))).then(True)
        .when(pl.col("low").is_in(list(FALSE_WORDS))).then(False)
        .otherwise(None)
    ).to_series()  # fmt: skip


def _case_numbers(text: pl.Series, raw: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Case numbers without invisible characters, spaces, mixed brackets or letters O among digits (D07)."""
    frame = pl.DataFrame({"text": text, "raw": raw.str.strip_chars()})
    clean = (
        pl.col("text").str.replace_all(r"[\s]", "").str.replace_all(r"[〔【\[]", "(").str.replace_all(r"[〕】\]]", ")")
        .str.replace_all(r"(\d)[Oo](\d)", "${1}0${2}").str.replace_all(r"(\d)[Oo](\d)", "${1}0${2}")
    )  # fmt: skip
    # Both full-width brackets are the official form of a court's number: only a mixture is dirt.
    mixed = pl.col("raw").str.contains("（", literal=True) != pl.col("raw").str.contains("）", literal=True)
    same = pl.col("raw").str.replace_all("（", "(", literal=True).str.replace_all("）", ")", literal=True)
    out = frame.select(clean.alias("clean"), ((same != clean) | mixed).fill_null(False).alias("changed"))
    rule = out.select(pl.when("changed").then(pl.lit("d07")).otherwise(None)).to_series()
    return out["clean"], rule


def _codes(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Codes as text: the `.0` of a float export goes; damage by a spreadsheet is flagged, not repaired (D01)."""
    frame = pl.DataFrame({"text": text})
    out = frame.select(
        pl.col("text").str.replace(r"^(\d+)\.0+$", "$1").alias("clean"),
        pl.when(pl.col("text").str.contains(r"^\d(\.\d+)?[eE]\+?\d+$")).then(pl.lit("excel_damage"))
        .otherwise(None).alias("rule"),
    )  # fmt: skip
    return out["clean"], out["rule"]


def parse_column(column: Column, raw: pl.Series, *, forms: tuple[str, ...], zone: str) -> dict[str, pl.Series]:
    """One column. Returns `text` (tidied), `typed`, `rule` (how it was read, NULL for the plain form), `token`,
    and for times `precision`."""
    text, token = tidy(raw)
    rule: pl.Series | None = None
    extra: dict[str, pl.Series] = {}
    if column.type in ("timestamp", "date"):
        parsed = parse_time.parse(text, forms=forms, zone=zone)
        typed, rule, extra["precision"] = parsed["value"], parsed["rule"], parsed["precision"]
        if column.type == "date":
            typed = typed.cast(pl.Date)
    elif column.type in ("integer", "number"):
        typed, rule = _numbers(text, whole=column.type == "integer")
    elif column.type == "boolean":
        typed = _booleans(text)
    elif column.normalise == "case_no":
        typed, rule = _case_numbers(text, raw)
    elif column.normalise == "code":
        typed, rule = _codes(text)
    elif column.is_list:
        typed = text.str.replace_all("[、;,|]+", "|").str.split("|")
    else:
        typed = text
    if rule is None:
        rule = pl.Series([None], dtype=pl.String).new_from_index(0, len(raw))
    return {"text": text, "typed": typed, "rule": rule, "token": token, **extra}

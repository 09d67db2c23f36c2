"""Parse: text columns to typed columns, each value by one named rule.

Belongs here: null tokens, widths, Chinese numerals, numbers with units, booleans, codes, lists. Dates and times are in
parse_time. Does not: whether a row is good (judge). A value that is present and cannot be read becomes NULL here and is
reported by the judge's `<column>-type` rule: nothing vanishes.
"""

from __future__ import annotations

import csv
import json
import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

import polars as pl

from pipelines.cleaning import parse_time
from pipelines.cleaning.few import changed_where
from pipelines.core.contracts import CONTRACTS, Column

CLEANING_VERSION = "5"

INVISIBLE = "[\u200b-\u200f\u2060\ufeff]"
# Whatever NFKC might change: all but ASCII, ideographs and punctuation that it leaves alone. A list of what it does change
# would miss some (Ⅱ), and then one row's text would depend on its neighbours in the batch.
NEEDS_NFKC = "[^\\x00-\\x7f\u2013\u2014\u2018\u2019\u201c\u201d\u3001-\u3003\u3005-\u3011\u3400-\u4dbf\u4e00-\u9fff]"
# One search finds what is to be trimmed or changed: blanks at an end (as strip_chars takes them), or whatever NFKC might change.
UNTIDY = rf"^\s|\s$|{NEEDS_NFKC}"
FULL_WIDTH = "[\uff01-\uff5e]"
TRUE_WORDS = ("是", "y", "yes", "true", "1", "t", "已")
FALSE_WORDS = ("否", "n", "no", "false", "0", "f", "未")
DIGITS = {"〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
PLACES = {"十": 10, "百": 100, "千": 1000}
UNITS = {"万": 10_000, "万元": 10_000, "亿": 100_000_000, "亿元": 100_000_000}
#: Beyond this a whole number does not fit 64 bits.
LARGEST_WHOLE = 2.0**63
DTYPES: dict[str, pl.DataType] = {
    "string": pl.String(), "integer": pl.Int64(), "number": pl.Float64(), "boolean": pl.Boolean(),
    "timestamp": pl.Datetime("us"), "date": pl.Date(),
}  # fmt: skip


@cache
def null_tokens() -> tuple[str, ...]:
    """Spellings of "no value", from the committed table."""
    with (CONTRACTS / "null_tokens.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(row["token"] for row in csv.DictReader(stream))


@dataclass(slots=True)
class Parsed:
    """A batch of columns, each under its canonical name.

    texts: tidied text; typed: values; marks: for each column that needed cleaning, `<column>:<rule>` or NULL per row;
    precision: how exact each time is.
    """

    texts: pl.DataFrame
    typed: pl.DataFrame
    marks: list[pl.Series]
    precision: dict[str, pl.Series]


def _plain_width(wide: pl.Series) -> pl.Series:
    return wide.str.normalize("NFKC").str.replace_all(INVISIBLE, "").str.strip_chars()


def _trimmed(untidy: pl.Series) -> pl.Series:
    texts = untidy.str.strip_chars()
    return changed_where(texts, texts.str.contains(NEEDS_NFKC), _plain_width)


def tidy(raw: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Trim, NFKC where needed, null tokens to NULL.

    Returns the tidied texts and, for columns that held a null token (not an empty cell), where.
    """
    untidy = raw.select(pl.all().str.contains(UNTIDY))
    texts = raw.select(changed_where(raw[n], untidy[n], _trimmed) for n in raw.columns)
    tokens = texts.select(pl.all().is_in(list(null_tokens())).fill_null(False))
    held = [name for name, yes in tokens.select(pl.all().any()).row(0, named=True).items() if yes]
    empty = [pl.when(pl.col(n) != "").then(pl.col(n)).alias(n) for n in texts.columns]
    texts = texts.with_columns(pl.when(~tokens[n]).then(pl.col(n)).alias(n) for n in held).select(empty)
    return texts, tokens.select(held)


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


def _fits(value: float, *, whole: bool) -> bool:
    """Whether a column can hold the number: finite (`1e400` reads as infinity), and whole within 64 bits if it must be."""
    return math.isfinite(value) and (not whole or (value.is_integer() and abs(value) < LARGEST_WHOLE))


def _slow_numbers(text: pl.Series, typed: pl.Series, *, whole: bool) -> tuple[pl.Series, pl.Series]:
    """Numbers in other than plain form, one by one over distinct values, and the rule each was read by."""
    rest = text.filter(typed.is_null() & text.is_not_null()).unique()
    found = {value: number(value) for value in rest.to_list()}
    known = {k: v for k, v in found.items() if v is not None and _fits(v, whole=whole)}
    mapped = text.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.Float64)
    frame = pl.DataFrame({"typed": typed, "mapped": mapped.cast(typed.dtype), "text": text})
    plain_decimal = pl.col("text").str.contains(r"^[+-]?\d+\.0+$")
    out = frame.select(
        pl.coalesce("typed", "mapped").alias("typed"),
        pl.when(pl.col("typed").is_null() & pl.col("mapped").is_not_null() & ~plain_decimal)
        .then(pl.lit("d02")).alias("rule"),
    )  # fmt: skip
    return out["typed"], out["rule"]


def _boolean(text: pl.Expr) -> pl.Expr:
    low = text.str.to_lowercase()
    return pl.when(low.is_in(list(TRUE_WORDS))).then(True).when(low.is_in(list(FALSE_WORDS))).then(False)


def _case_number(text: pl.Expr) -> pl.Expr:
    """Case numbers without invisible characters, spaces, odd brackets or letters O among digits (D07)."""
    return (
        text.str.replace_all(r"[\s]", "").str.replace_all(r"[〔【\[]", "(").str.replace_all(r"[〕】\]]", ")")
        .str.replace_all(r"(\d)[Oo](\d)", "${1}0${2}").str.replace_all(r"(\d)[Oo](\d)", "${1}0${2}")
    )  # fmt: skip


def _case_number_rule(clean: pl.Expr, raw: pl.Expr) -> pl.Expr:
    # Both full-width brackets are the official form of a court's number: only a mixture is dirt.
    mixed = raw.str.contains("（", literal=True) != raw.str.contains("）", literal=True)
    same = raw.str.replace_all("（", "(", literal=True).str.replace_all("）", ")", literal=True)
    return pl.when(((same != clean) | mixed).fill_null(False)).then(pl.lit("d07"))


def _plain_form(column: Column, text: pl.Expr) -> pl.Expr:
    """The typed value of the form that nearly all rows have."""
    if column.type == "boolean":
        return _boolean(text)
    if column.type in ("integer", "number"):
        value = text.cast(DTYPES[column.type], strict=False)
        return pl.when(value.is_finite()).then(value) if column.type == "number" else value  # "NaN" is no amount
    if column.normalise == "case_no":
        return _case_number(text)
    if column.normalise == "code":  # the `.0` of a float export goes
        return text.str.replace(r"^(\d+)\.0+$", "$1")
    if column.is_list:
        return text.str.replace_all("[、;,|]+", "|").str.split("|")
    return text


def _rule(column: Column, raw: pl.DataFrame) -> pl.Expr | None:
    """How a text was changed; damage of a code by a spreadsheet is flagged, not repaired (D01)."""
    if column.normalise == "case_no":
        return _case_number_rule(pl.col(column.name), pl.lit(raw[column.name]).str.strip_chars())
    if column.normalise == "code":
        return pl.when(pl.col(column.name).str.contains(r"^\d(\.\d+)?[eE]\+?\d+$")).then(pl.lit("excel_damage"))
    if column.type in ("integer", "number"):
        wide = pl.lit(raw[column.name]).str.contains(FULL_WIDTH).fill_null(False)
        return pl.when(wide & pl.col(column.name).is_not_null()).then(pl.lit("d02"))
    return None


def _member(column: Column, member: object) -> str | None:
    """One member of a JSON array as text, of an object the contract's fields with a bar between; None if it fits neither."""
    if isinstance(member, dict) != bool(column.fields) or isinstance(member, list) or member is None:
        return None
    texts = [str(member)]
    if isinstance(member, dict):
        told = ([str(member[name]) for name in names if member.get(name) is not None] for names in column.fields)
        texts = [(values or [""])[0].replace("|", " ") for values in told]
    plain = (unicodedata.normalize("NFKC", text) for text in texts)
    return "|".join(re.sub(INVISIBLE, "", text).strip() for text in plain)


def _lists(column: Column, texts: pl.Series, split: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Lists that came as JSON (`["a","b"]`, from JSON lines) where others are split at separators.

    Also where a member was dropped, being no text or no object with the contract's fields.
    """
    values: list[list[str] | None] = split.to_list()
    rules: list[str | None] = [None] * split.len()
    for at, text in enumerate(texts.to_list()):
        if text is not None and text.startswith("["):
            try:
                told = [_member(column, member) for member in json.loads(text)]
            except ValueError:  # a bracket of another kind: it stays as it was split
                continue
            values[at] = [member for member in told if member] or None
            rules[at] = "member_dropped" if None in told else None
    return pl.Series(column.name, values, dtype=pl.List(pl.String)), pl.Series(rules, dtype=pl.String)


def parse_columns(columns: list[Column], raw: pl.DataFrame, *, forms: tuple[str, ...], zone: str) -> Parsed:
    """Every column of a batch; `raw` holds source text under canonical names, one column for each of `columns`."""
    texts, tokens = tidy(raw)
    typed = texts.select(_plain_form(c, pl.col(c.name)).alias(c.name) for c in columns if c.type not in ("timestamp", "date"))
    changed = [expression.alias(c.name) for c in columns if (expression := _rule(c, raw)) is not None]
    marks = {series.name: series for series in typed.select(changed) if series.null_count() < series.len()}
    precision: dict[str, pl.Series] = {}
    for column in columns:
        name, rule = column.name, None
        if column.type in ("timestamp", "date"):
            read = parse_time.parse(texts[name], forms=forms, zone=zone)
            value = read["value"].cast(pl.Date) if column.type == "date" else read["value"]
            typed = typed.with_columns(value.alias(name))
            precision[name], rule = read["precision"], read["rule"]
        elif column.is_list and texts[name].str.starts_with("[").any():
            value, rule = _lists(column, texts[name], typed[name])
            typed = typed.with_columns(value)
        elif column.type in ("integer", "number") and typed[name].null_count() > texts[name].null_count():
            value, rule = _slow_numbers(texts[name], typed[name], whole=column.type == "integer")
            typed = typed.with_columns(value.alias(name))
        if rule is not None and rule.null_count() < rule.len():
            marks[name] = rule.zip_with(rule.is_not_null(), marks[name]) if name in marks else rule
    listed = [(c.name + ":" + marks[c.name]).alias(f"{c.name}:rule") for c in columns if c.lands and c.name in marks]
    landing = {c.name for c in columns if c.lands}
    listed += tokens.select(
        pl.when(pl.col(n)).then(pl.lit(f"{n}:null_token")).alias(f"{n}:token") for n in tokens.columns if n in landing
    ).get_columns()
    return Parsed(texts, typed.select(c.name for c in columns), listed, precision)

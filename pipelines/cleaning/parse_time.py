"""Dates and times in every form that departments write, to city-local time.

Belongs here: the forms (dirt D03 and D04), each under the name that is stored as its parse rule, and how exact each is.
Does not: whether the time makes sense (judge). No reader guesses a day from a month: `8/3/2022` needs the binding's form.
"""

from __future__ import annotations

import datetime as dt
import re

import polars as pl

PLAIN = "%Y-%m-%d %H:%M:%S"
EXCEL_EPOCH = dt.datetime(1899, 12, 30)  # day 60 of Excel's calendar is a 29 February that never was
NOON = 12
CHINESE_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")

DATE = r"(\d{4})([-/.年])(\d{1,2})[-/.月](\d{1,2})日?"
CLOCK = r"(上午|下午|中午|晚上|凌晨)?\s*(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?秒?)?分?\s*([AaPp][Mm])?"
FULL = rf"^{DATE}(?:[T\s]*{CLOCK})?\s*(Z|[+-]\d{{2}}:?\d{{2}})?$"
COMPACT = r"^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?$"
SERIAL = r"^\d{5}(\.\d+)?$"
CHINESE = r"^[〇零○一二三四五六七八九]{4}年"
PARTIAL = r"^(\d{4})年(?:(\d{1,2})月)?$"


def _empty(length: int, dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    return pl.Series([None], dtype=dtype).new_from_index(0, length)


def parse(text: pl.Series, *, forms: tuple[str, ...], zone: str) -> pl.DataFrame:
    """Times from tidied text.

    Args:
        text: one value a row; NULL stays NULL.
        forms: the binding's strptime forms, tried first and in order; `roc:` before one means years of the ROC era.
        zone: the city's zone, into which times that carry an offset are brought.

    Returns:
        Columns value (Datetime, city-local, naive), rule (NULL for ISO), precision (minute, day, month, year).
    """
    value, rule, precision = _fast(text) if not forms else _by_forms(text, forms)
    left = text.is_not_null() & value.is_null()
    if left.any():
        positions = pl.Series("at", range(len(text)), dtype=pl.UInt32).filter(left)
        slow = _slow(text.filter(left), zone).with_columns(at=positions)
        frame = pl.DataFrame({"value": value, "rule": rule, "precision": precision}).with_row_index("at")
        merged = frame.join(slow, on="at", how="left", maintain_order="left")
        return merged.select(
            pl.coalesce("value", "value_right").alias("value"),
            pl.coalesce("rule", "rule_right").alias("rule"),
            pl.coalesce("precision", "precision_right").alias("precision"),
        )
    return pl.DataFrame({"value": value, "rule": rule, "precision": precision})


def _fast(text: pl.Series) -> tuple[pl.Series, pl.Series, pl.Series]:
    """ISO with seconds, the form nine rows in ten have."""
    value = text.str.to_datetime(PLAIN, strict=False, time_unit="us")
    precision = pl.DataFrame({"v": value}).select(pl.when(pl.col("v").is_not_null()).then(pl.lit("minute")).otherwise(None))
    return value, _empty(len(text), pl.String), precision.to_series()


def _precision_of(form: str) -> str:
    if "%H" in form or "%I" in form:
        return "minute"
    return "day" if "%d" in form else "month" if "%m" in form else "year"


def _by_forms(text: pl.Series, forms: tuple[str, ...]) -> tuple[pl.Series, pl.Series, pl.Series]:
    out = pl.DataFrame({"text": text, "value": _empty(len(text), pl.Datetime("us")), "precision": _empty(len(text), pl.String)})
    for form in forms:
        era, _, plain = form.rpartition(":") if form.startswith("roc:") else ("", "", form)
        source = pl.col("text")
        if era:  # year 1 of the era is 1912
            year = source.str.extract(r"^(\d{2,3})\d{4}").cast(pl.Int64, strict=False) + 1911
            source = pl.concat_str(year.cast(pl.String), source.str.slice(-4))
        if _precision_of(plain) in ("year", "month"):
            source, plain = (
                pl.concat_str(source, pl.lit("-01" if "%m" in plain else "-01-01")),
                plain + ("-%d" if "%m" in plain else "-%m-%d"),
            )
        read = source.str.to_datetime(plain, strict=False, time_unit="us")
        fresh = pl.col("value").is_null() & read.is_not_null()
        out = out.with_columns(
            pl.coalesce("value", read).alias("value"),
            pl.when(fresh).then(pl.lit(_precision_of(form))).otherwise("precision").alias("precision"),
        )
    return out["value"], _empty(len(text), pl.String), out["precision"]


def _chinese_to_digits(text: str) -> str:
    """二〇二二年八月三日 -> 2022年8月3日."""

    def small(match: re.Match[str]) -> str:
        word = match[1]
        if "十" not in word:
            return word.translate(CHINESE_DIGITS) + match[2]
        tens, _, ones = word.partition("十")
        return str(int(tens.translate(CHINESE_DIGITS) or 1) * 10 + int(ones.translate(CHINESE_DIGITS) or 0)) + match[2]

    head, _, tail = text.partition("年")
    return head.translate(CHINESE_DIGITS) + "年" + re.sub(r"([〇零一二三四五六七八九十]{1,3})([月日时点分秒])", small, tail)


def _slow(text: pl.Series, zone: str) -> pl.DataFrame:
    """Every other form; `text` holds only what the fast path could not read."""
    frame = pl.DataFrame({"text": text})
    if text.str.contains(CHINESE).any():
        frame = frame.with_columns(
            pl.when(pl.col("text").str.contains(CHINESE))
            .then(pl.col("text").map_elements(_chinese_to_digits, return_dtype=pl.String))
            .otherwise("text").alias("text"),
            pl.col("text").str.contains(CHINESE).alias("was_chinese"),
        )  # fmt: skip
    else:
        frame = frame.with_columns(was_chinese=pl.lit(False))
    parts = frame.select("text", "was_chinese", *_full_parts(), *_compact_parts(), *_other_parts())
    return _assemble(parts, zone)


def _full_parts() -> list[pl.Expr]:
    names = ["year", "mark", "month", "day", "half", "hour", "minute", "second", "ampm", "offset"]
    return _groups(FULL, names)


def _compact_parts() -> list[pl.Expr]:
    names = ["c_year", "c_month", "c_day", "c_hour", "c_minute", "c_second"]
    return _groups(COMPACT, names)


def _groups(pattern: str, names: list[str]) -> list[pl.Expr]:
    """The groups of a pattern as columns; one search for all of them, where `extract` would search for each."""
    found = pl.col("text").str.extract_groups(pattern)
    return [found.struct.field(str(number)).alias(name) for number, name in enumerate(names, start=1)]


def _other_parts() -> list[pl.Expr]:
    return [
        pl.when(pl.col("text").str.contains(SERIAL)).then(pl.col("text")).cast(pl.Float64, strict=False).alias("serial"),
        pl.col("text").str.extract(PARTIAL, 1).alias("p_year"),
        pl.col("text").str.extract(PARTIAL, 2).alias("p_month"),
    ]


def _stamp(*parts: pl.Expr) -> pl.Expr:
    """Zero-padded text of six parts, read strictly enough that 31 February is NULL."""
    year, *rest = parts
    padded = [part.str.zfill(2) for part in rest]
    text = pl.format("{}-{}-{} {}:{}:{}", year, *padded)
    return text.str.to_datetime(PLAIN, strict=False, time_unit="us")


def _assemble(parts: pl.DataFrame, zone: str) -> pl.DataFrame:
    zero, one = pl.lit("00"), pl.lit("01")
    hour = pl.col("hour").cast(pl.Int64, strict=False)
    late = pl.col("half").is_in(["下午", "晚上"]).fill_null(False) | (pl.col("ampm").str.to_lowercase() == "pm").fill_null(False)
    early = pl.col("half").is_in(["上午", "凌晨"]).fill_null(False) | (pl.col("ampm").str.to_lowercase() == "am").fill_null(False)
    clock = pl.when(late & (hour < NOON)).then(hour + NOON).when(early & (hour == NOON)).then(0).otherwise(hour).cast(pl.String)
    full = _stamp(
        pl.col("year"), pl.col("month"), pl.col("day"), clock.fill_null("00"), pl.col("minute").fill_null("00"),
        pl.col("second").fill_null("00"),
    )  # fmt: skip
    compact = _stamp(
        pl.col("c_year"), pl.col("c_month"), pl.col("c_day"), pl.col("c_hour").fill_null("00"),
        pl.col("c_minute").fill_null("00"), pl.col("c_second").fill_null("00"),
    )  # fmt: skip
    serial = pl.lit(EXCEL_EPOCH) + pl.duration(seconds=(pl.col("serial") * 86400).round(0).cast(pl.Int64))
    partial = _stamp(pl.col("p_year"), pl.col("p_month").fill_null("01"), one, zero, zero, zero)
    read = parts.with_columns(
        full=_to_zone(full, zone), compact=compact, serial_at=serial.cast(pl.Datetime("us")), partial=partial
    )
    is_clocked = pl.col("hour").is_not_null() | pl.col("c_hour").is_not_null() | (pl.col("serial") % 1 > 0)
    rule = (
        pl.when("was_chinese").then(pl.lit("cn_numeral"))
        .when(pl.col("full").is_not_null()).then(
            pl.when(pl.col("ampm").is_not_null() | pl.col("half").is_not_null()).then(pl.lit("h12"))
            .when(pl.col("mark") == "年").then(pl.lit("cn_date"))
            .when(pl.col("mark") != "-").then(pl.lit("slash"))
            .when(pl.col("offset").is_not_null()).then(pl.lit("iso_offset"))
            .when(pl.col("hour").is_not_null() & pl.col("second").is_null()).then(pl.lit("no_seconds"))
            .otherwise(None))
        .when(pl.col("compact").is_not_null())
        .then(pl.when(pl.col("c_hour").is_not_null()).then(pl.lit("compact14")).otherwise(pl.lit("compact8")))
        .when(pl.col("serial_at").is_not_null()).then(pl.lit("excel_serial"))
        .when(pl.col("partial").is_not_null()).then(pl.lit("cn_date"))
        .otherwise(None)
    )  # fmt: skip
    value = pl.coalesce("full", "compact", "serial_at", "partial")
    precision = (
        pl.when(value.is_null()).then(None)
        .when(is_clocked.fill_null(False)).then(pl.lit("minute"))
        .when(pl.col("p_month").is_not_null()).then(pl.lit("month"))
        .when(pl.col("p_year").is_not_null()).then(pl.lit("year"))
        .otherwise(pl.lit("day"))
    )  # fmt: skip
    return read.select(value.alias("value"), pl.when(value.is_not_null()).then(rule).alias("rule"), precision.alias("precision"))


def _to_zone(full: pl.Expr, zone: str) -> pl.Expr:
    """Bring a time that carries an offset to the city's wall clock; one without is already there."""
    mark = pl.col("offset")
    sign = pl.when(mark.str.starts_with("-")).then(-1).otherwise(1)
    minutes = sign * (mark.str.extract(r"[+-](\d{2})", 1).cast(pl.Int64) * 60 + mark.str.extract(r"(\d{2})$", 1).cast(pl.Int64))
    utc = full - pl.duration(minutes=pl.when(mark == "Z").then(0).otherwise(minutes))
    local = utc.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return pl.when(mark.is_null()).then(full).otherwise(local)

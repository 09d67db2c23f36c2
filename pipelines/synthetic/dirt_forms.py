"""How dirty values look: date forms, number forms, damaged codes, odd case numbers.

Belongs here: pure functions from clean text or value to dirty text, and what can still be read from it. Does not:
which row gets which (dirt).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

CHINESE = "〇一二三四五六七八九"
#: Days between 1970 and Excel's day 0.
EXCEL_DAYS = 25_569
FULL_WIDTH = {**{str(n): chr(0xFF10 + n) for n in range(10)}, ".": "．"}


def scattered(series: pl.Series, at: np.ndarray, values: pl.Series) -> pl.Series:
    """`series` with `values` at positions `at`."""
    if not len(at):
        return series
    index = np.arange(len(series))
    index[at] = len(series) + np.arange(len(at))
    return pl.concat([series, values.cast(series.dtype)]).gather(index).alias(series.name)


def nothing(length: int) -> pl.Series:
    """Texts that are not there."""
    return pl.Series([None], dtype=pl.String).new_from_index(0, length)


@dataclass(frozen=True, slots=True)
class TimeForm:
    """One way to write a time: the cleaner's name for it, the text, and what is left of the value."""

    rule: str
    show: Callable[[pl.Series], pl.Series]
    read: Callable[[pl.Series], pl.Series]
    loses_day_time: bool = False


def _same(value: pl.Series) -> pl.Series:
    return value


def _minute(value: pl.Series) -> pl.Series:
    return value.dt.truncate("1m")


def _day(value: pl.Series) -> pl.Series:
    return value.dt.truncate("1d")


def _format(form: str) -> Callable[[pl.Series], pl.Series]:
    def show(value: pl.Series) -> pl.Series:
        return value.dt.strftime(form)

    return show


def _half_day(value: pl.Series) -> pl.Series:
    half = pl.select(pl.when(value.dt.hour() < 12).then(pl.lit(" 上午")).otherwise(pl.lit(" 下午"))).to_series()
    return value.dt.strftime("%Y-%m-%d") + half + value.dt.strftime(" %-I:%M:%S")


def _serial(value: pl.Series) -> pl.Series:
    seconds = value.cast(pl.Datetime("us")).dt.epoch("s")
    days, rest = seconds // 86_400 + EXCEL_DAYS, seconds % 86_400
    # Ten decimals of a day are 8.64 microseconds: enough to come back to the second.
    fraction = (rest * 10**10 // 86_400).cast(pl.String).str.zfill(10)
    return days.cast(pl.String) + "." + fraction if value.dtype != pl.Date else days.cast(pl.String)


def _numeral(number: int) -> str:
    """1..99 as Chinese say it: 8 八, 10 十, 21 二十一."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else CHINESE[tens] + "十"
    return head + (CHINESE[ones] if ones or not tens else "")


def _spelled_date(value: pl.Series) -> pl.Series:
    year = pl.Series(["".join(CHINESE[int(c)] for c in str(y)) for y in value.dt.year().to_list()], dtype=pl.String)
    month = pl.Series([_numeral(m) for m in value.dt.month().to_list()], dtype=pl.String)
    day = pl.Series([_numeral(d) for d in value.dt.day().to_list()], dtype=pl.String)
    return year + "年" + month + "月" + day + "日"


TIME_FORMS = (
    TimeForm("cn_date", _format("%Y年%-m月%-d日 %H:%M:%S"), _same),
    TimeForm("cn_date", _format("%Y年%-m月%-d日%-H时%-M分"), _minute),
    TimeForm("slash", _format("%Y/%-m/%-d %-H:%M"), _minute),
    TimeForm("slash", _format("%Y/%m/%d %H:%M:%S"), _same),
    TimeForm("compact14", _format("%Y%m%d%H%M%S"), _same),
    TimeForm("excel_serial", _serial, _same),
    TimeForm("cn_date", _format("%Y年%-m月%-d日"), _day, loses_day_time=True),
    TimeForm("cn_numeral", _spelled_date, _day, loses_day_time=True),
)
CLOCK_FORMS = (
    TimeForm("h12", _half_day, _same),
    TimeForm("no_seconds", _format("%Y-%m-%d %H:%M"), _minute),
)
DATE_FORMS = (
    TimeForm("cn_date", _format("%Y年%-m月%-d日"), _same),
    TimeForm("slash", _format("%Y/%-m/%-d"), _same),
    TimeForm("compact8", _format("%Y%m%d"), _same),
    TimeForm("excel_serial", _serial, _same),
    TimeForm("cn_numeral", _spelled_date, _same),
)


def full_width(value: pl.Series) -> pl.Series:
    """123 as １２３."""
    return value.str.replace_many(list(FULL_WIDTH), list(FULL_WIDTH.values()))


def dirty_numbers(value: pl.Series, draws: np.ndarray, *, money: bool) -> pl.Series:
    """Numbers in forms that people type; `draws` (0..1) choose the form."""
    shown = []
    for text, draw in zip(value.to_list(), draws.tolist(), strict=True):
        whole, _, cents = text.partition(".")
        if money and draw < 0.5:
            shown.append(f"{int(whole) // 10_000}.{int(whole) % 10_000:04d}{cents}万元")
        elif money and draw < 0.8:
            shown.append(f"{int(whole):,}.{cents or '0'}")
        elif not money and draw < 0.5 and not cents and 0 < int(whole) < 100:
            shown.append(_numeral(int(whole)))
        else:
            shown.append("".join(FULL_WIDTH.get(c, c) for c in text))
    return pl.Series(shown, dtype=pl.String)


def excel_damage(code: pl.Series, draws: np.ndarray) -> tuple[pl.Series, pl.Series]:
    """Codes as a spreadsheet spoils them, and which of them show an exponent.

    Beyond 15 digits the tail becomes zeros; half of the rest is shown as an exponent, and half has lost the leading
    zeros of its three-digit parts.
    """
    shown, exponent = [], []
    for text, draw in zip(code.to_list(), draws.tolist(), strict=True):
        is_exponent = draw < 0.6
        if is_exponent:
            spoilt = f"{float(text):.5E}".replace("E+0", "E+")
        elif len(text) > 15:
            spoilt = text[:15] + "0" * (len(text) - 15)
        else:
            spoilt = text[:6] + "".join(str(int(text[n : n + 3])) for n in range(6, len(text), 3))
        shown.append(spoilt)
        exponent.append(is_exponent)
    return pl.Series(shown, dtype=pl.String), pl.Series(exponent, dtype=pl.Boolean)


def dirty_numbers_of_cases(value: pl.Series, draws: np.ndarray) -> pl.Series:
    """Case numbers with a zero-width character, a blank inside, or one bracket of each width."""
    shown = []
    for text, draw in zip(value.to_list(), draws.tolist(), strict=True):
        if draw < 0.3 and "（" in text:
            shown.append(text.replace("（", "(", 1))
        elif draw < 0.7:
            shown.append(text[:6] + "\u200b" + text[6:])
        else:
            shown.append(text[:8] + " " + text[8:])
    return pl.Series(shown, dtype=pl.String)


def another_value(value: pl.Series) -> pl.Series:
    """A different value of the same kind: numbers plus one, truth flipped, codes moved to a neighbour, texts longer."""
    if value.dtype == pl.Boolean:
        return ~value
    if value.dtype.is_integer():
        return value + 1
    neighbour = {"4": "3", "3": "4", "2": "3", "1": "2", "ordinary": "summary"}
    neighbour |= dict.fromkeys(("summary", "small_claims", "special"), "ordinary")
    neighbour |= {"on_site": "advice", "advice": "on_site", "mediation": "inspection", "inspection": "mediation"}
    return value.replace_strict(neighbour, default=value + "旁", return_dtype=pl.String)


def spelled(value: pl.Series, words: dict[str, str]) -> pl.Series:
    """Values as their department writes them."""
    if value.dtype == pl.Boolean:
        return pl.select(pl.when(value).then(pl.lit("是")).otherwise(pl.lit("否"))).to_series()
    if words:
        return value.replace_strict(words, return_dtype=pl.String)
    return value.cast(pl.String)

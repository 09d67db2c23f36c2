"""Shapes: what the values of one column look like, and what of them may be shown.

Belongs here: times and the form they are written in, coordinates, phones, identity numbers, names, keys, code values; masks.
Does not: which column of a contract it is (mapping). What looks personal is never shown, printed or written: better a mask
too many.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from pipelines.cleaning import parse_time
from pipelines.cleaning.parse import FALSE_WORDS, TRUE_WORDS, tidy
from pipelines.core.personal_shapes import ANY_PERSONAL, NAME, OLD_IDENTITY, PLATE
from pipelines.scaffold.wording import simplified

#: Values that are looked at closely; whether a column is unique is asked of all rows that were read.
LOOKED_AT = 2_000
ENOUGH = 0.9
MOST_FOLDED = 600
PHONE = re.compile(r"^(?:\+?86[- ]?)?1[3-9]\d{9}$|^0\d{2,3}[- ]?\d{7,8}$|^\+?\d{1,3}?[- .]?\(?\d{3}\)?[- .]\d{3}[- .]\d{4}$")
IDENTITY = re.compile(
    rf"^[1-9]\d{{5}}(?:19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}[\dXx]$|^{OLD_IDENTITY}$|^[A-Z][12]\d{{8}}$"
)
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
POINT = re.compile(r"^\(?-?\d{1,3}\.\d+\s*[,;]\s*-?\d{1,3}\.\d+\)?$|^(?:POINT|[0-9A-F]{40,})")
SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
#: Forms tried where the pipeline's own reading of times does not do, the exact ones first.
FORMS = (
    "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%d/%m/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%d-%b-%Y %H:%M:%S",
    "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%b-%Y", "%b %d, %Y", "%d-%m-%Y", "roc:%Y%m%d", "%Y-%m", "%Y/%m",
)  # fmt: skip
YEAR_ONLY = "%Y"


@dataclass(frozen=True, slots=True)
class TimeForm:
    """How a column writes times.

    share: of the values that are read; forms: which to state (none: the pipeline knows them); rivals: forms that read the
    values just as well to other days; precision: the finest that is met.
    """

    share: float
    forms: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    precision: str = ""


class Shape:
    """One column's values, asked one question at a time."""

    def __init__(self, values: pl.Series, zone: str) -> None:
        """Args: values: raw text of all rows read; zone: the city's."""
        texts = tidy(values.alias("v").to_frame())[0]["v"]
        self.rows = len(texts)
        self.is_filled = texts.is_not_null()
        self.filled = texts.drop_nulls()
        self.zone = zone
        step = max(1, len(self.filled) // LOOKED_AT)
        self.seen = self.filled.gather_every(step).head(LOOKED_AT)

    def share(self, pattern: re.Pattern[str]) -> float:
        """Of the values, those that fit the pattern."""
        return sum(bool(pattern.search(v)) for v in self.seen) / len(self.seen) if len(self.seen) else 0.0

    @cached_property
    def folded(self) -> set[str]:
        """The different values looked at, as code spellings are compared; none where they are too many to be codes."""
        found = self.seen.unique()
        return {simplified(v).strip().lower() for v in found.to_list()} if len(found) <= MOST_FOLDED else set()

    @cached_property
    def null_share(self) -> float:
        return 1 - len(self.filled) / self.rows if self.rows else 1.0

    @cached_property
    def distinct(self) -> int:
        return self.filled.n_unique()

    @cached_property
    def is_unique(self) -> bool:
        """Every row has a value of its own."""
        return self.rows > 0 and len(self.filled) == self.rows == self.distinct

    @cached_property
    def mean_length(self) -> float:
        return float(self.seen.str.len_chars().mean() or 0)  # type: ignore[arg-type]

    @cached_property
    def numbers(self) -> pl.Series:
        return self.seen.str.replace_all(",", "").cast(pl.Float64, strict=False).drop_nulls()

    @cached_property
    def number_share(self) -> float:
        return len(self.numbers) / len(self.seen) if len(self.seen) else 0.0

    @cached_property
    def whole_share(self) -> float:
        return float((self.numbers == self.numbers.round()).sum()) / len(self.seen) if len(self.seen) else 0.0

    def is_within(self, low: float, high: float, *, exact: bool) -> bool:
        """Nearly all are numbers between the bounds (a zero stands for nothing); `exact`: with four decimals and more."""
        if self.number_share < ENOUGH:
            return False
        told = self.numbers.filter(self.numbers != 0)
        decimals = self.seen.str.contains(r"\.\d{4,}").mean() or 0.0
        return len(told) > 0 and bool((told.is_between(low, high)).mean() >= ENOUGH) and (not exact or float(decimals) > 0.5)  # type: ignore[operator, arg-type]

    @cached_property
    def boolean_share(self) -> float:
        known = (*TRUE_WORDS, *FALSE_WORDS)
        return float(self.seen.str.to_lowercase().is_in(list(known)).mean() or 0) if len(self.seen) else 0.0  # type: ignore[arg-type]

    @cached_property
    def is_phone(self) -> bool:
        return self.share(PHONE) >= 0.6

    @cached_property
    def is_identity(self) -> bool:
        return self.share(IDENTITY) >= 0.6

    @cached_property
    def is_name(self) -> bool:
        """Names of persons, as far as that can be seen: many different short ones behind common surnames."""
        return self.share(NAME) >= 0.7 and self.distinct >= 5

    @cached_property
    def is_point(self) -> bool:
        return self.share(POINT) >= 0.6

    @cached_property
    def is_personal(self) -> bool:
        return self.is_phone or self.is_identity or self.is_name or self.share(PLATE) >= 0.5 or self.share(MAIL) >= 0.5

    @cached_property
    def time(self) -> TimeForm:
        return time_form(self.seen, self.zone)


def _read(seen: pl.Series, forms: tuple[str, ...], zone: str) -> tuple[float, str]:
    """Share of values read as times, and the finest precision met."""
    read = parse_time.parse(seen, forms=forms, zone=zone)
    found = read["precision"].drop_nulls().unique().to_list()
    finest = next((p for p in ("minute", "day", "month", "year") if p in found), "")
    return float(read["value"].is_not_null().mean() or 0), finest  # type: ignore[arg-type]


def time_form(seen: pl.Series, zone: str) -> TimeForm:
    """The form of a column's times. Digits alone are a time only as a whole date of 8 or 14 places, or a year of the ROC era."""
    if not len(seen) or float(seen.str.contains(r"[\d〇零○一二三四五六七八九十]").mean() or 0) < 0.5:  # type: ignore[arg-type]
        return TimeForm(0.0)
    bare = seen.str.contains(r"^-?\d+(?:\.\d+)?$").mean() or 0.0
    dated = seen.str.contains(r"^(?:19|20)\d{6}(?:\d{4}(?:\d{2})?)?$").mean() or 0.0
    roc = seen.str.contains(r"^0?\d{2,3}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$").mean() or 0.0
    if float(bare) > 0.5 and float(dated) < ENOUGH:  # type: ignore[arg-type]
        if float(roc) >= ENOUGH:  # type: ignore[arg-type]
            return TimeForm(*_first(_read(seen, ("roc:%Y%m%d",), zone), ("roc:%Y%m%d",)))
        return TimeForm(0.0)
    share, precision = _read(seen, (), zone)
    if share >= 0.98:
        return TimeForm(share, (), (), precision)
    best = TimeForm(share, (), (), precision)
    few = seen.head(50)  # most forms fail at once
    for form in (f for f in FORMS if _read(few, (f,), zone)[0] > 0.5):
        found, precision = _read(seen, (form,), zone)
        if found > best.share + 0.001:
            best = TimeForm(found, (form,), (), precision)
        elif best.forms and found >= best.share - 0.001 and _order(form) != _order(best.forms[0]):
            best = TimeForm(best.share, best.forms, (*best.rivals, form), best.precision)
    return best


def _first(read: tuple[float, str], forms: tuple[str, ...]) -> tuple[float, tuple[str, ...], tuple[str, ...], str]:
    return read[0], forms, (), read[1]


def _order(form: str) -> str:
    return "".join(re.findall(r"%([mdYb])", form))


def masked(text: str) -> str:
    """The shape of a value: letters `a`, digits `9`, ideographs `字`."""
    plain = re.sub(r"[\u3400-\u9fff]", "字", re.sub(r"[A-Za-z]", "a", re.sub(r"\d", "9", text)))
    return re.sub(r"\s+", " ", plain)[:24]


def samples(shape: Shape, *, may_be_shown: bool, most: int = 3) -> tuple[str, ...]:
    """Up to `most` different values, masked unless the column may be shown and the value itself looks like nobody's."""
    chosen = list(dict.fromkeys(shape.seen.head(400).to_list()))[:most]
    hidden = not may_be_shown or shape.is_personal
    return tuple(masked(v) if hidden or looks_personal(v) else re.sub(r"\s+", " ", v)[:40] for v in chosen)


def looks_personal(value: str) -> bool:
    """Whether one value may tell who somebody is: then it is never written anywhere."""
    whole = (PHONE, IDENTITY, PLATE, NAME)
    return bool(ANY_PERSONAL.search(value)) or any(p.search(value) for p in whole)

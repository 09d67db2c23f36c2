"""Reading: how a figure is said - value, interval, change, and what the change means.

Belongs here: from a row of `v_metric_display` and the same row a year before to words and verdicts. Does not: layout,
queries, deciding what a figure counts. A neutral figure is never called better or worse; a change within chance is
called that; a small base is shown as counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from dashboards.kit.chance import Part, Verdict, compare, whole
from dashboards.kit.periods import month_end, months_before
from dashboards.kit.ripening import is_ripe
from dashboards.kit.words import NOTHING, Words
from pipelines.analytics.figures import signed_change

Tone = Literal["better", "worse", "shift", ""]
SHARE = 100


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one area and period, and the same period a year before.

    `row` has the columns of queries/overview__figures.sql; `earlier_*` are of the year before. `open_until`: of a period that
    is not over (named.reading_of), the last day that there is data of. `is_unripe` (ripening.judged): it is not compared yet.
    """

    row: Mapping[str, Any]
    words: Words

    # --- what it is ---

    @property
    def id(self) -> str:
        """The metric."""
        return str(self.row["metric_id"])

    @property
    def slice_kind(self) -> str:
        """By what the figure is cut; `all`: not at all."""
        return str(self.row.get("slice_kind") or "all")

    @property
    def slice_code(self) -> str:
        """Which part of it."""
        return str(self.row.get("slice_code") or "all")

    @property
    def name(self) -> str:
        """The metric's name."""
        return self.words.pick(self.row, "name")

    @property
    def unit(self) -> str:
        """The unit; a percent sign is part of the number."""
        return self.words.pick(self.row, "unit")

    @property
    def decimals(self) -> int:
        """Decimals shown."""
        return int(self.row["decimals"])

    @property
    def scale(self) -> int:
        """100 for percent, 1,000 or 10,000 for rates, 1 for counts."""
        return int(self.row["scale"] or 1)

    @property
    def is_share(self) -> bool:
        """A part of a whole, not a count or a rate per residents."""
        return self.row["family"] == "ratio" and self.scale == SHARE

    @property
    def is_count(self) -> bool:
        """A number of cases with nothing below it."""
        return self.row["family"] in ("count", "stock")

    # --- value ---

    @property
    def value(self) -> Decimal | None:
        """The value as the mart rounded it; None where it is not shown."""
        found = self.row["value"]
        return found if found is None or isinstance(found, Decimal) else Decimal(str(found))

    @property
    def is_known(self) -> bool:
        """Whether the mart has a row for it, shown or not."""
        return self.value is not None or bool(self.row.get("reason"))

    @property
    def value_text(self) -> str:
        """The number alone, with its percent sign."""
        if self.value is None:
            return NOTHING
        text = self.words.number(self.value, self.decimals)
        return f"{text}%" if self.unit == "%" else text

    @property
    def unit_text(self) -> str:
        """The unit beside the number."""
        return "" if self.unit == "%" else self.unit

    @property
    def why_none(self) -> str:
        """Why there is no value, in words."""
        reason = str(self.row.get("reason") or "")
        key = f"reason.{reason}" if self.words.has(f"reason.{reason}") else "reason.none"
        return self.words(key, least=self.words.number(int(self.row.get("min_denominator") or 0)))

    @property
    def interval_text(self) -> str:
        """The 95 % interval; empty where the mart has none."""
        low, high = self.row.get("ci_low"), self.row.get("ci_high")
        if self.value is None or low is None or high is None or self.is_count:
            return ""
        sign = "%" if self.unit == "%" else ""
        low_text, high_text = (self.words.number(end, self.decimals) for end in (low, high))
        return self.words("figure.interval", low=low_text, high=f"{high_text}{sign}")

    @property
    def parts_text(self) -> str:
        """Numerator and denominator."""
        num, den = self.row.get("num"), self.row.get("den")
        if self.value is None or self.is_count or num is None or not den:
            return ""
        if self.row["family"] == "median":
            return self.words("figure.of_cases", den=self.words.number(int(den)))
        population = self.row.get("population")
        key = f"figure.of_{population}" if population else "figure.of"
        if not population and self.unit != "%":  # grids over posts are no cases of cases
            key = own if self.words.has(own := f"figure.of_{self.id}") else "figure.of_numbers"
        return self.words(key, num=self.words.number(int(num)), den=self.words.number(int(den)))

    @property
    def period_text(self) -> str:
        """The period, as words."""
        kind, start, end = str(self.row["period_kind"]), self.row["period_start"], self.row["period_end"]
        if kind == "month" and not self.row.get("open_until"):
            return self.words.month(start)
        if kind in ("day", "cumulative"):
            return self.words("period.at", day=self.words.day(end))
        return self.days_text

    @property
    def days_text(self) -> str:
        """The first and the last day; of a period that is not over the last with data, and that it is open."""
        start, end, until = self.row["period_start"], self.row["period_end"], self.row.get("open_until")
        return self.words("period.to_date", days=self.words.span(start, until)) if until else self.words.span(start, end)

    # --- change ---

    def part(self, prefix: str = "") -> Part | None:
        """Numerator and denominator as a pair; a count has denominator 1; None where it has no value."""
        if self.row.get(f"{prefix}value") is None or self.row["family"] == "median":
            return None
        num, den = self.row.get(f"{prefix}num"), self.row.get(f"{prefix}den")
        if num is None:
            return None
        return Part(int(num), 1 if self.is_count else int(den or 0))

    @property
    def verdict(self) -> Verdict:
        """Whether it differs from the year before by more than chance.

        Not asked where chance is no model of it: weighted checks (no interval), cumulative rates, whose later
        value contains the earlier one's cases, and cases whose outcome is not known yet.
        """
        if not self.is_count and (self.row.get("ci_low") is None or self.row["period_kind"] == "cumulative"):
            return "unknown"
        if self.row.get("is_unripe"):
            return "unknown"
        return compare(self.part(), self.part("earlier_"), is_share=self.is_share)

    @property
    def tone(self) -> Tone:
        """Better or worse, only for a figure that has a direction, and only beyond chance."""
        if self.verdict in ("chance", "unknown"):
            return ""
        direction = self.row["direction"]
        if direction == "neutral":
            return "shift"
        return "better" if (self.verdict == "more") == (direction == "higher") else "worse"

    @property
    def earlier_value(self) -> Decimal | None:
        """The value a year before."""
        found = self.row.get("earlier_value")
        return found if found is None or isinstance(found, Decimal) else Decimal(str(found))

    @property
    def earlier_value_text(self) -> str:
        """The value a year before, alone, with its percent sign; a dash for none."""
        text = self.words.number(self.earlier_value, self.decimals)
        return f"{text}%" if self.unit == "%" and self.earlier_value is not None else text

    @property
    def is_told_in_counts(self) -> bool:
        """Whether its base is too small for a change in percent; a share changes by points."""
        now, before = self.part(), self.part("earlier_")
        if self.is_share or now is None or before is None:
            return False
        base = signed_change(now.num, before.num, 1)
        return base.percent is None or base.is_small_base

    @property
    def change_text(self) -> str:
        """The change: percentage points for a share, percent for a count or rate, counts where the base is small."""
        if self.value is None or self.earlier_value is None:
            return ""
        if self.value == self.earlier_value:
            return self.words("change.same")
        if self.is_share:
            return self.words("change.points", n=self.words.signed(self.value - self.earlier_value, self.decimals))
        now, before = self.part(), self.part("earlier_")
        if now is None or before is None:
            size = self.words.signed(self.value - self.earlier_value, self.decimals)
            return f"{size} {self.unit}"
        if self.is_told_in_counts:
            key = "change.same_counts" if before.num == now.num else "change.counts"
            return self.words(key, before=self.words.number(before.num), now=self.words.number(now.num))
        exact = signed_change(now.num * before.den, before.num * now.den, 1).percent
        return f"{self.words.signed(exact or Decimal(0), 1)}%"

    @property
    def arrow(self) -> str:
        """The direction of the change as a sign; none beside two equal counts, of which only the residents differ."""
        if self.value is None or self.earlier_value is None or self.value == self.earlier_value:
            return ""
        now, before = self.part(), self.part("earlier_")
        if now and before and now.num == before.num and self.is_told_in_counts:
            return ""
        return "▲" if self.value > self.earlier_value else "▼"

    @property
    def earlier_text(self) -> str:
        """The value a year before, with what it is compared with."""
        if self.earlier_value is None:
            return self.words("change.none") if self.value is not None else ""
        return self.words("change.earlier", value=self.earlier_value_text)

    @property
    def meaning_text(self) -> str:
        """What the change means, in words."""
        if self.verdict == "unknown":
            return self.words("meaning.unripe") if self.row.get("is_unripe") and self.change_text else ""
        if self.verdict == "chance":
            return self.words("meaning.chance")
        return self.words(f"meaning.{self.tone}" if self.tone in ("better", "worse") else f"meaning.{self.verdict}")


def monthly(trends: pl.DataFrame, figure: Figure, until: dt.date) -> list[tuple[dt.date, float | None]]:
    """A figure month by month, from the first known month to `until`, the last two years of them.

    Args:
        trends: rows of queries/overview__trends.sql; they are sparse: a count without a row is 0, a hidden one is None.
        figure: which one; a cumulative figure is taken at month ends.
        until: the first day of the last month.
    """
    kind = "cumulative" if figure.row["period_kind"] == "cumulative" else "month"
    # By its columns, not `filter`: that goes through the lazy engine, and each card of a page asks.
    rows = trends[((trends["metric_id"] == figure.id) & (trends["period_kind"] == kind)).arg_true()].rows(named=True)
    known = {row["period_end"].replace(day=1): row["value"] for row in rows}
    if not any(value is not None for value in known.values()):
        return []
    nothing = 0.0 if figure.is_count else None
    months = [months_before(until, n) for n in reversed(range(whole("trend_months")))]
    values = [(month, known.get(month, nothing)) for month in months if month >= min(known)]
    return [(month, None if value is None else float(value)) for month, value in values]


def ripe_values(figure: Figure, series: Sequence[tuple[dt.date, float | None]], day: dt.date) -> list[float | None]:
    """The values of `monthly` by which a series may be judged on a day: None for months whose cases are too young."""
    return [value if is_ripe(figure.id, min(month_end(month), day), day) else None for month, value in series]

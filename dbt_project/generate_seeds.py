"""Writes the seeds that are computed: calendar, lunar years, exact Poisson bounds. `python dbt_project/generate_seeds.py`.

Belongs here: what no dialect of SQL can compute. Does not: the register's seeds (pipelines/core/register.py), seeds
written by hand. Run it each December, when the State Council has announced the next year's working days and
`chinesecalendar` has taken them up; days of a year it does not know yet are projected by rule and say so.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import chinese_calendar
from lunardate import LunarDate
from scipy.stats import chi2

SEEDS = Path(__file__).parent / "seeds"
YEARS = range(2000, 2028)  # the oldest case of the committed cities is of 2000
HOLIDAYS = {
    "New Year's Day": "元旦", "Spring Festival": "春节", "Tomb-sweeping Day": "清明节", "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节", "Mid-autumn Festival": "中秋节", "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}  # fmt: skip
#: Exact bounds up to here; beyond it macros/metrics/intervals.sql approximates (Byar), off by less than 0.1 % there.
POISSON_EXACT = 200
ALPHA = 0.05


def projected_holidays(year: int) -> dict[dt.date, str]:
    """Statutory days off by rule; the State Council's moved working days are not known in advance."""
    new_year, spring = dt.date(year, 1, 1), LunarDate(year, 1, 1).to_solar_date()
    found = {new_year: "元旦"}
    found |= {spring + dt.timedelta(days=n): "春节" for n in range(-1, 3)}
    found[dt.date(year, 4, 5 if year % 4 == 3 or year % 4 == 2 else 4)] = "清明节"
    found |= {dt.date(year, 5, day): "劳动节" for day in (1, 2)}
    found[LunarDate(year, 5, 5).to_solar_date()] = "端午节"
    found[LunarDate(year, 8, 15).to_solar_date()] = "中秋节"
    return found | {dt.date(year, 10, day): "国庆节" for day in (1, 2, 3)}


def calendar() -> Iterable[tuple[str, str, str, str]]:
    """(day, is_workday, holiday, source) for every day of YEARS."""
    for year in YEARS:
        day = dt.date(year, 1, 1)
        projected = projected_holidays(year)
        while day.year == year:
            try:
                is_off, english = chinese_calendar.get_holiday_detail(day)
                holiday = HOLIDAYS.get(english or "", "") if is_off else ""
                yield day.isoformat(), str(chinese_calendar.is_workday(day)).lower(), holiday, "official"
            except NotImplementedError:
                is_off = day in projected or day.isoweekday() > 5
                yield day.isoformat(), str(not is_off).lower(), projected.get(day, ""), "projected"
            day += dt.timedelta(days=1)


def poisson_bounds() -> Iterable[tuple[int, str, str]]:
    """(count, lower, upper) of the exact 95 % interval (Garwood): quantiles of chi-square."""
    for count in range(POISSON_EXACT + 1):
        low = chi2.ppf(ALPHA / 2, 2 * count) / 2 if count else 0.0
        high = chi2.ppf(1 - ALPHA / 2, 2 * count + 2) / 2
        yield count, f"{low:.9f}", f"{high:.9f}"


def lunar_new_years() -> Iterable[tuple[int, str]]:
    """(year, first day of the lunar year) for every year of YEARS."""
    for year in YEARS:
        yield year, LunarDate(year, 1, 1).to_solar_date().isoformat()


def main() -> None:
    """Write the files."""
    tables: dict[str, tuple[list[str], Iterable[tuple[object, ...]]]] = {
        "ref_calendar.csv": (["date_day", "is_workday", "holiday_zh", "source"], calendar()),
        "ref_lunar_new_year.csv": (["year", "first_day"], lunar_new_years()),
        "ref_poisson_bound.csv": (["events_n", "ci_low", "ci_high"], poisson_bounds()),
    }
    for name, (header, rows) in tables.items():
        with (SEEDS / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)


if __name__ == "__main__":
    main()

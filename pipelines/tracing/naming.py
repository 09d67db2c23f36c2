"""How a figure is named: METRIC[~KIND=CODE]/AREA/PERIOD/BASIS@BUILD, and how a period is written.

Belongs here: reading and writing such names, periods as first and last day. Does not: whether the figure exists (figure).
A name as printed holds for ever: its period has dates, its build is stated. What a user types may leave out basis and
build, and may write a period that hangs on the build's own day (ytd, 28d, cumulative, as_of).
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass, replace

from pipelines.core.errors import UsageError
from pipelines.core.settings import pick
from pipelines.core.spelling import nearest

ONE_DAY = dt.timedelta(days=1)
AS_WAS = "as_was"
RESTATED = "restated"
ALL = "all"
NAME = re.compile(
    r"(?P<metric>[^~/@]+)(~(?P<kind>[^=/@]+)=(?P<code>[^/@]+))?/(?P<area>[^/@]+)/(?P<period>[^/@]+)"
    r"(/(?P<basis>[^/@]+))?(@(?P<build>.+))?"
)
#: Windows that end on a day of their own: word to period kind. Without a day they end on the build's.
ANCHORED = {
    "28d": "rolling_28d", "ytd": "year_to_date", "mtd": "month_to_date", "qtd": "quarter_to_date", "htd": "half_year_to_date",
    "cumulative": "cumulative", "as_of": "day",
}  # fmt: skip
#: Of windows that begin with a calendar period: how many months it has.
_BEGUN_MONTHS = {"ytd": 12, "mtd": 1, "qtd": 3, "htd": 6}
#: The weeks around a Spring Festival are written by their first and last day: how many they are may change.
_FESTIVAL = re.compile(r"festival-([1-9]\d{3}-\d\d-\d\d)\.\.([1-9]\d{3}-\d\d-\d\d)")
_DATED = re.compile(rf"({'|'.join(ANCHORED)})(?:-([1-9]\d{{3}}-\d\d-\d\d))?")
_WRITTEN = {kind: word for word, kind in ANCHORED.items()}


@dataclass(frozen=True, slots=True)
class FigureName:
    """A figure as asked for or as printed; `build` empty: the current one."""

    metric_id: str
    area: str
    period: str
    slice_kind: str = ALL
    slice_code: str = ALL
    basis: str = AS_WAS
    build: str = ""

    def __str__(self) -> str:
        """The permanent id."""
        cut = "" if self.slice_kind == ALL else f"~{self.slice_kind}={self.slice_code}"
        return f"{self.metric_id}{cut}/{self.area}/{self.period}/{self.basis}" + (f"@{self.build}" if self.build else "")


def parse_name(text: str) -> FigureName:
    """A name as printed. Raises UsageError."""
    found = NAME.fullmatch(text.strip())
    if not found:
        raise UsageError(
            pick(f"{text!r} names no figure", f"{text!r} 不是指标编号"), where="METRIC",
            remedy="METRIC[~KIND=CODE]/AREA/PERIOD/BASIS@BUILD",
        )  # fmt: skip
    part = found.groupdict()
    return FigureName(
        metric_id=part["metric"], area=part["area"], period=part["period"], slice_kind=part["kind"] or ALL,
        slice_code=part["code"] or ALL, basis=part["basis"] or AS_WAS, build=part["build"] or "",
    )  # fmt: skip


def asked_name(
    metric: str, *, cut: str | None, area: str | None, period: str | None, basis: str | None, build: str = ""
) -> FigureName:
    """The figure that a command's arguments mean: a whole name, or a metric with its options, never both ways at once.

    Raises UsageError naming the option that is missing, malformed or said twice.
    """
    if "/" in metric:
        name = parse_name(metric)
        twice = {"--slice": cut, "--area": area, "--period": period, "--basis": basis}
        for option, value in twice.items():
            if value:
                raise UsageError(
                    pick(f"{option} is part of the name already", f"编号中已含 {option}"), where=str(name),
                    remedy=pick(f"leave {option} out", f"去掉 {option}"),
                )  # fmt: skip
        return replace(name, build=build or name.build)
    for option, value in {"--area": area, "--period": period}.items():
        if not value:
            raise UsageError(
                pick(f"{option} is missing", f"缺少 {option}"), where=metric,
                remedy="citybrain trace METRIC --area A --period P, or citybrain trace METRIC/AREA/PERIOD/BASIS@BUILD",
            )  # fmt: skip
    kind, equals, code = (cut or f"{ALL}={ALL}").partition("=")
    if not equals or not kind or not code:
        raise UsageError(
            pick(f"{cut!r} is no slice", f"{cut!r} 不是切片"), where="--slice", remedy="--slice KIND=CODE, such as category=0301"
        )
    return FigureName(metric, area or "", period or "", kind, code, basis or AS_WAS, build)


@dataclass(frozen=True, slots=True)
class Window:
    """A period: its kind in the register's words, its first and last day (inclusive)."""

    kind: str
    first: dt.date
    last: dt.date

    def __str__(self) -> str:
        first, last = self.first, self.last
        if self.kind == "spring_festival":
            return f"festival-{first}..{last}"
        if self.kind in _WRITTEN and self.kind != "day":
            return f"{_WRITTEN[self.kind]}-{last}"
        return {
            "day": f"{first}", "week": f"{first:%G-W%V}", "month": f"{first:%Y-%m}",
            "quarter": f"{first:%Y}-Q{(first.month + 2) // 3}", "half_year": f"{first:%Y}-H{1 + (first.month > 6)}",  # noqa: PLR2004
            "year": f"{first:%Y}",
        }[self.kind]  # fmt: skip


def window_of(text: str, *, as_of: dt.date, earliest: dt.date) -> Window:
    """The period that `text` writes: 2026, 2026-H1, 2026-Q2, 2026-06, 2026-W26, 2026-06-25, mtd, ytd, 28d, as_of and so on.

    Those in letters (ANCHORED) end on the build's own day, or on the day behind them (ytd-2026-05-31).

    Args:
        text: as typed.
        as_of: the build's day.
        earliest: the day from which the city counts cumulatively.

    Raises:
        UsageError: with the nearest period that can be read.
    """
    found = _DATED.fullmatch(text)
    try:
        window = _anchored(found[1], dt.date.fromisoformat(found[2]) if found[2] else as_of, earliest) if found else _fixed(text)
    except (ValueError, OverflowError) as error:
        raise _no_period(text, as_of) from error
    if window is None or window.last < window.first:
        raise _no_period(text, as_of)
    return window


def _anchored(word: str, last: dt.date, earliest: dt.date) -> Window:
    if word in _BEGUN_MONTHS:
        first = last.replace(month=last.month - (last.month - 1) % _BEGUN_MONTHS[word], day=1)
    else:
        first = {"28d": last - 27 * ONE_DAY, "cumulative": earliest, "as_of": last}[word]
    return Window(ANCHORED[word], first, last)


def _fixed(text: str) -> Window | None:
    """The calendar's own periods. Raises ValueError for a day or week that does not exist."""
    if re.fullmatch(r"[1-9]\d{3}-\d\d-\d\d", text):
        day = dt.date.fromisoformat(text)
        return Window("day", day, day)
    if begun := _FESTIVAL.fullmatch(text):
        return Window("spring_festival", dt.date.fromisoformat(begun[1]), dt.date.fromisoformat(begun[2]))
    if week := re.fullmatch(r"([1-9]\d{3})-W(\d\d)", text):
        first = dt.date.fromisocalendar(int(week[1]), int(week[2]), 1)
        return Window("week", first, first + 6 * ONE_DAY)
    for pattern, kind, months in (
        (r"([1-9]\d{3})-(\d\d)", "month", 1), (r"([1-9]\d{3})-Q(\d)", "quarter", 3), (r"([1-9]\d{3})-H(\d)", "half_year", 6),
        (r"([1-9]\d{3})", "year", 12),
    ):  # fmt: skip
        if part := re.fullmatch(pattern, text):
            ordinal = int(part[2]) if part.re.groups > 1 else 1
            first = dt.date(int(part[1]), (ordinal - 1) * months + 1, 1)
            month = first.month + months - 1
            return Window(kind, first, dt.date(first.year, month, calendar.monthrange(first.year, month)[1]))
    return None


def _no_period(text: str, as_of: dt.date) -> UsageError:
    examples = _examples(as_of)
    near = (
        nearest(text.upper(), [e for e in examples if len(e) == len(text)])
        or nearest(text.upper(), examples)
        or nearest(text.lower(), list(ANCHORED))
    )
    forms = ", ".join([*_examples(as_of), "festival-FIRST..LAST", *ANCHORED])
    return UsageError(
        pick(f"{text!r} is no period", f"{text!r} 不是时段"), where="--period",
        remedy=meant(near) or pick(f"write it like {forms}", f"写法如 {forms}"),
    )  # fmt: skip


def _examples(as_of: dt.date) -> list[str]:
    return [
        f"{as_of:%Y}", f"{as_of:%Y}-H{1 + (as_of.month > 6)}", f"{as_of:%Y}-Q{(as_of.month + 2) // 3}", f"{as_of:%Y-%m}",  # noqa: PLR2004
        f"{as_of:%G-W%V}", f"{as_of}",
    ]  # fmt: skip


def meant(near: str) -> str:
    """The question whether `near` was meant, or nothing if there is nothing near."""
    return pick(f"did you mean {near!r}?", f"是否指 {near!r}？") if near else ""

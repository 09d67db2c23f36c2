"""The cases of a figure as SQL: what each adds to the numerator and the denominator, made from the register entry.

Belongs here: one query per family that says what a case contributes. Does not: sums (dbt made them; that these agree with
them is a test), running the query, showing anything. The same query asked of two builds is what `diff` compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.core.register import SLICES, Metric
from pipelines.core.warehouse import quoted
from pipelines.tracing.naming import ALL, AS_WAS, RESTATED, Window

#: How exact a case's main time must be to enter a period of this kind, besides exact ones (contract: time_precision).
COARSE = {"month": ("month",), "quarter": ("month",), "half_year": ("month",), "year": ("month", "year"),
          "cumulative": ("month", "year")}  # fmt: skip
COARSE_GRAINS = ("month", "year")
#: States of a case that is no longer open.
SHUT = ("CLOSED", "FORCED_CLOSED", "REJECTED", "MERGED", "WITHDRAWN", "TRANSFERRED")
IS_SHUT = f"current_state in ({', '.join(map(quoted, SHUT))})"
#: Whether a counted case is open, of columns of fct_event and feed_states: the rule of fct_open_case and of every stock.
IS_OPEN = f"coalesce(does_close and reported_at <= feed_as_of and (not {IS_SHUT} or closed_at > feed_as_of), false)"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the tables of one build are: names of tables or of queries in brackets."""

    facts: str = "marts.fct_event"
    grids: str = "marts.dim_grid"
    feeds: str = ""
    bands: str = "marts.ref_age_band"

    @staticmethod
    def of(schema: str) -> Place:
        """The tables of a build that is mounted as `schema`."""
        return Place(f"{schema}.fct_event", f"{schema}.dim_grid", feed_states(schema), f"{schema}.ref_age_band")


def feed_states(schema: str) -> str:
    """One row per feed: how far its data goes, and whether it delivers closings at all (without them nothing is open)."""
    return (
        f"(select feed, as_of as feed_as_of, feed in (select feed from {schema}.fct_event where closed_at is not null) "
        f"as does_close from {schema}.dim_feed)"
    )


@dataclass(frozen=True, slots=True)
class Cut:
    """Which cases are asked for, as SQL: literals, or parameters of a prepared query."""

    slice_kind: str
    slice_code: str
    area: str
    root: str
    first: str
    last: str
    period_kind: str
    has_begun: bool = True
    basis: str = AS_WAS

    @staticmethod
    def of(
        window: Window, *, area: str, root: str, slice_kind: str = ALL, slice_code: str = ALL, has_begun: bool = True,
        basis: str = AS_WAS,
    ) -> Cut:  # fmt: skip
        """The same from values. A period that has not begun has no cases, not even those that it will take over."""
        return Cut(
            slice_kind, quoted(slice_code), quoted(area), quoted(root), f"date '{window.first}'", f"date '{window.last}'",
            window.kind, has_begun=has_begun, basis=basis,
        )  # fmt: skip


def has_denominator(metric: Metric) -> bool:
    """Whether the denominator is one of cases: not residents, and not missing."""
    return metric.family in ("ratio", "median", "share") and not metric.population


def _numerator(metric: Metric, cut: Cut, place: Place) -> str:
    """Whether a case is in the numerator, as the macros of the register have it."""
    if metric.family == "median":
        return "false"
    late = f" and {metric.numerator_time} < {cut.last} + interval 1 day" if metric.numerator_time else ""
    known = f" and {metric.numerator_time} <= feed_as_of" if metric.numerator_time else ""
    # A share is of the cases of every member of its slice: the member decides above the line only.
    member = f" and {_slice(cut, place)}" if metric.family == "share" else ""
    return f"coalesce(({metric.denominator}) and ({metric.numerator}){late}{known}{member}, false)"


def _slice(cut: Cut, place: Place) -> str:
    if cut.slice_kind == ALL:
        return "true"
    if cut.slice_kind == "age_band":
        age = "datediff('day', cast(reported_at as date), cast(feed_as_of as date))"
        return (
            f"exists (select 1 from {place.bands} as bands where bands.age_band = {cut.slice_code} "
            f"and {age} between bands.days_from and bands.days_to)"
        )
    return f"coalesce({SLICES[cut.slice_kind]}, 'UNMAPPED') = {cut.slice_code}"


def _when(metric: Metric, cut: Cut) -> str:
    """Which cases the period holds; a stock holds what is open at its feed's as_of."""
    if not cut.has_begun:
        return "false"
    if metric.family == "stock":
        return IS_OPEN
    fits = ", ".join(f"'{name}'" for name in COARSE.get(cut.period_kind, ()))
    grains = ", ".join(f"'{name}'" for name in COARSE_GRAINS)
    exact = f"(time_precision not in ({grains})" + (f" or time_precision in ({fits}))" if fits else ")")
    start = f" and {metric.start} is not null" if metric.start else ""
    within = f"{metric.time} >= {cut.first} and {metric.time} < {cut.last} + interval 1 day"
    if metric.include_backlog:
        is_open = f"closed_at >= {cut.first} or (closed_at is null and not {IS_SHUT})"
        within = f"(({within}) or ({metric.time} < {cut.first} and ({is_open})))"
    return f"{within} and {exact}{start}"


def _population(metric: Metric, cut: Cut, place: Place) -> str:
    kinds = ", ".join(f"'{kind}'" for kind in metric.kinds)
    counted = "is_counted" if metric.counts == "counted" else "true"
    return (
        f"event_kind in ({kinds}) and {counted} and ({metric.filter}) and {metric.time} <= feed_as_of "
        f"and {_when(metric, cut)} and {'true' if metric.family == 'share' else _slice(cut, place)}"
    )


def contributions(metric: Metric, cut: Cut, place: Place, *, also: Sequence[str] = ()) -> str:
    """SQL for one row per case of a figure: event_id, num, den, minutes (medians only), figure_at, and the columns `also`.

    num and den are 0 or 1, but for a num that adds up a column. `also` are further columns of the case: to join them to the
    result reads all cases twice.

    A case that adds to neither is no case of the figure. An area is the one that the case lay in when it happened; on the
    basis restated, and for a stock, the one in which it lies on the map in force. The root has every case, also those
    without a place.
    """
    is_today = metric.family == "stock" or cut.basis == RESTATED
    # A version is named after its first day, so that it is found again in a build whose versions begin on other days.
    placed_on = "coalesce(try_cast(split_part(grid_version_id, '@', 2) as date), date '1900-01-01')"
    lies = "is_current" if is_today else "told.placed_on >= spans.span_from and told.placed_on < spans.span_to"
    minutes = f"cast(floor((epoch({metric.time}) - epoch({metric.start})) / 60) as bigint)" if metric.start else "null::bigint"
    below = f"coalesce(({metric.denominator}), false)" if has_denominator(metric) else "false"
    if metric.family == "median":
        below = "true"
    weight = f" * coalesce({metric.sum_of}, 0)" if metric.sum_of else ""
    own, told = ("".join(f", {prefix}{name}" for name in also) for prefix in ("", "told."))
    return (
        "with spans as (select grid_code, is_current, path_0, path_1, path_2, path_3, path_4, path_5, "
        "case when row_number() over (partition by grid_code order by valid_from) = 1 then date '1900-01-01' "
        "else valid_from end as span_from, "
        "coalesce(lead(valid_from) over (partition by grid_code order by valid_from), date '9999-12-31') as span_to "
        f"from {place.grids}), "
        f"known as (select facts.*, feed_as_of, does_close from {place.facts} as facts "
        f"join {place.feeds} as feeds on facts.feed = feeds.feed), "
        f"told as (select event_id, {'restated_grid_code' if is_today else 'grid_code'} as lies_in, {placed_on} as placed_on, "
        f"{metric.time} as figure_at, {minutes} as minutes, "
        f"cast({_numerator(metric, cut, place)} as integer){weight} as num, cast({below} as integer) as den{own} "
        f"from known where {_population(metric, cut, place)}) "
        f"select told.event_id, told.num, told.den, told.minutes, told.figure_at{told} from told join spans "
        f"on told.lies_in = spans.grid_code and {lies} "
        f"where (told.num > 0 or told.den > 0) and ({cut.area} = {cut.root} "
        f"or {cut.area} in (path_0, path_1, path_2, path_3, path_4, path_5))"
    )

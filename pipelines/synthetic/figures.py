"""The figures that the register should come to, worked out in plain polars from the true events.

Belongs here: our own reading of each metric's definition. Does not: the register or its SQL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipelines.synthetic import clock_truth as clocks
from pipelines.synthetic.period_truth import windows_of
from pipelines.synthetic.regrid import FOREVER, Regrid
from pipelines.synthetic.residents_truth import grids_of, residents_of
from pipelines.synthetic.stock_truth import stock_of

UNASSIGNED = "UNASSIGNED"
YES = pl.lit(True)
EVERY = ("week", "rolling_28d", "month", "quarter", "half_year", "year", "year_to_date")
#: Of what changes are told of.
COMPARED = ("month_to_date", "quarter_to_date", "half_year_to_date", "spring_festival")
#: Slices that are many are told down to the street, for these.
COARSE, COARSE_LEVEL = (*EVERY[1:], *COMPARED, "cumulative"), 2
#: Below the community only these are told.
FINE = ("month", "year")
#: What a case placed in an area is summed by.
PLACED = ("slice_code", "area", "level")
#: The slice that the members of a share make.
MEMBERS = {"intake_channel": "channel", "handling_level": "handling_level"}
KEYS = ["metric_id", "slice_kind", "slice_code", "grid_code", "period_kind", "period_start", "period_end"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric, as we read its definition.

    Attributes:
        metric_id: as in the register.
        kinds: event kinds it looks at; empty for all that are cases.
        time: the time that places a case in a period; a time after the feed's last extract does not count yet.
        cohort: which events enter.
        numerator: which of them count above the line. `_known` is the last extract of the feed.
        denominator: which of them count below it (and may above).
        sum_of: the column added up above the line instead of events.
        family: ratio, count, median, rate (per resident: residents of the period's last year below the line), per_grid
            (grids valid when the period ends below the line), share (of all members of `member`), backlog (a ratio that
            takes in what was due before and still open), or stock (cases held at the last day, in all and by age).
        residents: the columns of the city's population that add up below the line of a rate.
        member: the column whose members a share is of.
        levels, periods: of areas and periods.
        by_kind: also per event kind.
        by: also per value of these columns (slice, column), at levels 0-2 and four weeks or longer.
        counts_all: merged and void events too.
        since, minutes, quantile: of a median, the time from which minutes are counted, how many make a unit, which quantile.
        numerator_by: a time that must also lie within the period for a case to count above the line.
    """

    metric_id: str
    kinds: tuple[str, ...]
    time: str
    cohort: pl.Expr
    numerator: pl.Expr = YES
    denominator: pl.Expr = YES
    sum_of: str = ""
    family: str = "ratio"
    levels: tuple[int, ...] = (0, 1, 2, 3)
    periods: tuple[str, ...] = EVERY
    by_kind: bool = False
    by: tuple[tuple[str, str], ...] = ()
    counts_all: bool = False
    numerator_by: str = ""
    residents: tuple[str, ...] = ("usual",)
    member: str = ""
    since: str = "registered_at"
    minutes: int = 1440
    quantile: float = 0.5


ADMINISTRATIVE = (pl.col("case_class") == "administrative") & pl.col("accepted_at").is_not_null()
CIVIL = (pl.col("case_class") == "civil") & (pl.col("instance") == "first")
UNCLASSIFIED = pl.col("category_code").is_in(["9900", "UNMAPPED"])
CLOSED = pl.col("closed_at").is_not_null()
FINISHED = pl.col("close_type").is_in(["withdrawn", "not_accepted", "to_litigation"]).fill_null(False).not_()
SATISFIED = pl.col("satisfaction").is_in(["3", "4", "5"])
RATED = pl.col("satisfaction").is_in(["1", "2", "3", "4", "5"])
SILENT = pl.col("satisfaction").is_null() & (pl.col("evaluation_due_at") <= pl.col("_known"))
REQUEST = pl.col("dispatched_at").is_not_null() & ~pl.col("is_self_handled")
ASSESSED = REQUEST & ~pl.col("is_exempt")
CALLED = ("hotline_order",)
WINDOWS = ("petition", "hotline_order")
RECEIVED = pl.col("not_counted_reason").is_null() | (pl.col("not_counted_reason") == "merged")
VISITS = (pl.col("intake_channel") == "visit") & RECEIVED
ON_TIME = pl.col("closed_at") <= pl.col("deadline_at")
SUED = pl.col("case_class").is_in(["civil", "administrative"]) & (pl.col("instance") == "first")
VIOLENT = (pl.col("case_class") == "criminal") & pl.col("category_code").is_in(["1001", "1002", "1003", "1004"])
OPEN = (pl.col("closed_at").is_null() | (pl.col("closed_at") > pl.col("_known"))) & (
    pl.col("close_type").is_in(["forced", "void"]).fill_null(False).not_()
)
#: The first two digits of a category are its domain.
DOMAIN = (
    pl.when(pl.col("category_code") == "UNMAPPED").then(pl.lit("C99")).otherwise("C" + pl.col("category_code").str.slice(0, 2))
)
#: Slices: by whom, in which way, of what.
DEPARTMENT, CHANNEL = ("department", "lead_dept_id"), ("channel", "intake_channel")
CATEGORY, IN_DOMAIN, BY_KIND = ("category", "category_code"), ("domain", "category_domain"), ("event_kind", "event_kind")
LONG = ("month", "quarter", "half_year", "year")
FIGURES = (
    Figure("M01", ("police_incident",), "reported_at", ADMINISTRATIVE, family="rate", by=(CATEGORY,)),
    Figure("M02", ("police_incident",), "filed_at", pl.col("case_class") == "criminal", family="rate", by=(CATEGORY,)),
    Figure("M03", ("court_case",), "filed_at", CIVIL, family="rate", levels=(0, 1, 2),
           periods=(*EVERY[2:], *COMPARED), by=(CATEGORY,)),
    Figure("M05", ("petition",), "reported_at", YES, family="count",
           by=(CATEGORY, CHANNEL, ("received_level", "received_level"))),
    Figure("M08", ("urban_case", "petition"), "accepted_at", YES, CLOSED, levels=(0, 1, 2), periods=("cumulative",),
           numerator_by="closed_at", by=(DEPARTMENT, BY_KIND)),
    Figure("M10", ("urban_case",), "deadline_at", YES, CLOSED, numerator_by="closed_at", by=(DEPARTMENT, IN_DOMAIN)),
    Figure("M17", ("urban_case", "hazard", "grid_event"), "closed_at", ~pl.col("is_self_handled").fill_null(False), clocks.LOOPED,
           by=(BY_KIND, DEPARTMENT)),
    Figure("M19", ("petition", "hotline_order"), "response_due_at", clocks.JUDGED, clocks.RESPONDED <= clocks.RESPONSE_DUE,
           levels=(0,), periods=EVERY[2:], by=(("feed", "event_kind"),)),
    Figure("M20", ("police_incident",), "reported_at", clocks.REACHED, clocks.IN_FIVE, levels=(0,), periods=EVERY[2:],
           by=(("feed", "event_kind"),)),
    Figure("M16", ("urban_case",), "deadline_at", YES, pl.col("closed_at") <= pl.col("deadline_at"),
           levels=(0, 1, 2, 3, 4), by=(CATEGORY, DEPARTMENT, IN_DOMAIN)),
    Figure("M10b", ("urban_case",), "deadline_at", YES, CLOSED, family="backlog", levels=(0, 1, 2), periods=LONG,
           numerator_by="closed_at"),
    Figure("M16b", ("urban_case",), "deadline_at", YES, ON_TIME, family="backlog", levels=(0, 1, 2), periods=LONG),
    Figure("M04", ("court_case",), "filed_at", SUED, family="rate", levels=(0, 1, 2), periods=EVERY[2:],
           residents=("usual", "floating")),
    Figure("M33", (), "reported_at", YES, family="share", levels=(0, 1, 2), periods=EVERY[2:], member="intake_channel"),
    Figure("V03", ("police_incident",), "filed_at", VIOLENT, family="count", levels=(0, 1, 2),
           periods=(*EVERY[2:], *COMPARED)),
    Figure("M48", ("urban_case",), "closed_at", pl.col("closed_at") >= pl.col("registered_at"), family="median",
           periods=("month", "quarter", "year"), by=(DEPARTMENT,)),
    Figure("M05b", ("petition",), "reported_at", pl.col("received_level").is_in(["provincial", "national"]),
           family="count", levels=(0, 1), periods=(*EVERY, *COMPARED), by=(CATEGORY,)),
    Figure("M05c", ("petition",), "reported_at", YES, family="rate", levels=(0, 1, 2), periods=EVERY[2:]),
    Figure("M05d", ("petition",), "reported_at", VISITS, family="count", counts_all=True),
    Figure("M05e", ("petition",), "reported_at", VISITS, family="count", counts_all=True, sum_of="persons_n"),
    Figure("M05f", ("petition",), "reported_at", pl.col("is_group") & RECEIVED, family="count", levels=(0, 1),
           counts_all=True, by=(CATEGORY,)),
    Figure("M05g", ("petition",), "reported_at", pl.col("is_above_level") & RECEIVED, family="count", levels=(0,),
           by=(CATEGORY,), counts_all=True),
    Figure("M28a", ("petition",), "reported_at", YES, pl.col("is_repeat"), by=(CATEGORY,)),
    Figure("M28b", ("petition",), "closed_at", FINISHED, pl.col("repeated_at").is_not_null(), levels=(0, 1, 2)),
    Figure("M29", ("petition",), "closed_at", FINISHED & ~pl.col("is_exempt"), SATISFIED | SILENT, levels=(0, 1, 2),
           by=(DEPARTMENT,)),
    Figure("M29b", ("petition",), "closed_at", FINISHED & ~pl.col("is_exempt"), SATISFIED, RATED, levels=(0, 1, 2),
           by=(DEPARTMENT,)),
    Figure("M36", CALLED, "called_back_at", ASSESSED, pl.col("is_contacted"), pl.col("is_reached"), by=(DEPARTMENT,)),
    Figure("M36b", CALLED, "called_back_at", ASSESSED, pl.col("is_reached"), by=(DEPARTMENT,)),
    Figure("M37", CALLED, "called_back_at", ASSESSED, pl.col("is_solved"), pl.col("is_reached"), by=(DEPARTMENT,)),
    Figure("M38", CALLED, "called_back_at", ASSESSED, SATISFIED, pl.col("is_reached"),
           by=(DEPARTMENT,)),
    Figure("M39", CALLED, "closed_at", REQUEST, pl.col("is_exempt"),
           pl.col("is_exempt") | pl.col("called_back_at").is_not_null(), by=(DEPARTMENT,)),
    Figure("M39b", CALLED, "closed_at", REQUEST & pl.col("is_exempt"), family="count", levels=(0, 1, 2),
           by=(("exempt_reason", "exempt_reason"), DEPARTMENT)),
    Figure("V11", WINDOWS, "reported_at", RECEIVED, family="count", periods=EVERY[2:], by_kind=True, counts_all=True,
           by=(CHANNEL,)),
    Figure("V12", WINDOWS, "reported_at",
           (pl.col("root_case_no") == pl.col("source_case_no")) & ~pl.col("is_self_handled").fill_null(False),
           family="count", periods=EVERY[2:], by_kind=True),
    Figure("V13", CALLED, "reported_at", REQUEST, family="count", by=(CATEGORY, DEPARTMENT)),
    Figure("V14", CALLED, "reported_at", pl.col("is_self_handled"), family="count", levels=(0, 1, 2)),
    Figure("V15", CALLED, "reported_at", REQUEST, family="rate", levels=(0, 1, 2), periods=EVERY[2:]),
    Figure("V16", ("deliberation",), "reported_at", YES, family="count", periods=EVERY[2:], by=(CATEGORY,)),
    Figure("V17", ("deliberation",), "reported_at", YES, pl.col("result") == "adopted", pl.col("result").is_not_null(),
           levels=(0, 1, 2), periods=EVERY[2:]),
    Figure("M51", (), "reported_at", YES, pl.col("grid_code") != UNASSIGNED, levels=(0,), by_kind=True,
           counts_all=True),
    Figure("M53", (), "reported_at", YES, UNCLASSIFIED, levels=(0, 1, 2), by_kind=True),
    Figure("M42", ("urban_case",), "verified_at", YES, pl.col("rework_n") >= 1, periods=EVERY[2:], by=(DEPARTMENT,)),
    Figure("M44", ("urban_case", "petition", "court_case", "hotline_order"), "reported_at",
           OPEN & (pl.col("deadline_at") < pl.col("_known")), family="stock", by_kind=True),
    Figure("M48b", ("urban_case",), "closed_at", pl.col("closed_at") >= pl.col("registered_at"), family="median",
           periods=("month", "quarter", "year"), quantile=0.9, by=(DEPARTMENT,)),
    Figure("M52", (), "first_seen_at",
           (pl.col("time_precision") == "minute") & (pl.col("first_seen_at") >= pl.col("reported_at")), family="median",
           levels=(0,), periods=("month", "quarter", "year"), since="reported_at", minutes=60, by=(BY_KIND,)),
    Figure("V01", (), "reported_at", YES, family="count", levels=(0, 1, 2, 3, 4, 5), periods=("day", *EVERY), by_kind=True,
           by=(CATEGORY, IN_DOMAIN, CHANNEL)),
    Figure("V02", (), "closed_at", YES, family="count", by=(BY_KIND,)),
)  # fmt: skip


def plain_number(column: str) -> pl.Expr:
    """A case number as cleaning leaves it: brackets in ASCII."""
    return pl.col(column).str.replace_many(["（", "）"], ["(", ")"])


def figures_of(
    events: pl.DataFrame, regrid: Regrid, as_of: dict[str, dt.datetime], cases: Sequence[str], wanted: Sequence[Figure]
) -> pl.DataFrame:
    """All figures of all areas and periods that have begun; restated ones where they differ.

    Args:
        events: the true events.
        regrid: areas, how they changed, residents.
        as_of: last extract of each feed.
        cases: the event kinds that are cases.
        wanted: which figures.

    Returns:
        Rows of `KEYS` with num, den, stat_value; `period_start` is NULL for cumulative periods, whose first day the
        city folder states.
    """
    events = events.with_columns(clocks.RESPONSE_DUE.alias("response_due_at"), DOMAIN.alias("category_domain"))
    last = max(as_of.values())
    first = events.select(pl.min_horizontal(pl.col(pl.Datetime("us")).min())).item()
    windows = pl.concat([windows_of(kind, first.date(), last.date()) for kind in ("day", *EVERY, *COMPARED, "cumulative")])
    ancestors = _ancestors(regrid.versions)
    named = [replace(figure, kinds=figure.kinds or tuple(cases)) for figure in wanted]
    today = events.with_columns(pl.col("restated_grid_code").alias("grid_code"))
    told = {
        basis: pl.concat(
            # A stock is what is there now, on the map of now.
            [_figure(figure, today if figure.family == "stock" else placed, ancestors, windows, as_of) for figure in named]
        )
        for basis, placed in (("as_was", events), ("restated", today))
    }
    people = {basis: _residents(listed, wanted) for basis, listed in residents_of(regrid).items()}
    grids = grids_of(regrid, last.date())
    was = _divided(told["as_was"], people["as_was"], grids["as_was"], wanted).with_columns(basis=pl.lit("as_was"))
    gone = _gone(told["as_was"], told["restated"], wanted)
    now = _divided(pl.concat([told["restated"], gone]), people["restated"], grids["restated"], wanted)
    now = now.with_columns(basis=pl.lit("restated"))
    in_force = regrid.versions.filter(pl.col("valid_to") == FOREVER).select(grid_code="code")
    same = was.drop("basis")
    other = now.join(in_force, on="grid_code", how="semi").join(same, on=same.columns, how="anti", nulls_equal=True)
    # Nothing of nothing where there was nothing is no other figure.
    says = pl.any_horizontal(pl.col("num") != 0, pl.col("den") != 0, pl.col("stat_value").is_not_null()).fill_null(value=False)
    other = pl.concat([other.filter(says), other.filter(~says).join(was, on=KEYS, how="semi", nulls_equal=True)])
    return pl.concat([was, other.select(was.columns)]).sort("basis", *KEYS)


def _gone(was: pl.DataFrame, now: pl.DataFrame, wanted: Sequence[Figure]) -> pl.DataFrame:
    """Figures of areas that all their cases left: nothing, of what the other members of a share have."""
    lost = was.join(now, on=KEYS, how="anti", nulls_equal=True)
    shares = [f.metric_id for f in wanted if f.family == "share"]
    medians = [f.metric_id for f in wanted if f.family == "median"]
    area = [k for k in KEYS if k not in ("slice_kind", "slice_code")]
    whole = now.filter(pl.col("metric_id").is_in(shares)).group_by(area).agg(_whole=pl.col("den").first())
    return lost.join(whole, on=area, how="left", nulls_equal=True).with_columns(
        pl.when(~pl.col("metric_id").is_in(medians)).then(0).cast(pl.Int64).alias("num"),
        pl.col("_whole").fill_null(0).alias("den"), pl.lit(None, pl.Float64).alias("stat_value"),
    ).select(now.columns)  # fmt: skip


def _divided(told: pl.DataFrame, people: pl.DataFrame, grids: pl.DataFrame, wanted: Sequence[Figure]) -> pl.DataFrame:
    """Below the line: cases, residents, grids, or nothing."""
    dated = told.with_columns(year=pl.col("period_end").dt.year().cast(pl.Int64))
    joined = dated.join(people, on=["metric_id", "grid_code", "year"], how="left")
    joined = joined.join(grids.rename({"area_code": "grid_code"}), on=["grid_code", "period_end"], how="left")
    rates = [f.metric_id for f in wanted if f.family == "rate"]
    per_grid = [f.metric_id for f in wanted if f.family == "per_grid"]
    counts = [f.metric_id for f in wanted if f.family in ("count", "stock")]
    below = pl.when(pl.col("metric_id").is_in(rates)).then("residents").when(pl.col("metric_id").is_in(per_grid)).then("grids")
    below = below.when(~pl.col("metric_id").is_in(counts)).then("den")
    return joined.with_columns(below.alias("den")).select(*KEYS, "num", "den", "stat_value").sort(KEYS)


def _residents(listed: pl.DataFrame, wanted: Sequence[Figure]) -> pl.DataFrame:
    """What each rate is divided by: metric_id, grid_code, year, residents."""
    return pl.concat(
        listed.select(
            pl.lit(figure.metric_id).alias("metric_id"),
            pl.col("area_code").alias("grid_code"),
            "year",
            pl.sum_horizontal(figure.residents).cast(pl.Int64).alias("residents"),
        )
        for figure in wanted
        if figure.family == "rate"
    )


def _ancestors(areas: pl.DataFrame) -> pl.DataFrame:
    """Every area with each area it lies in, itself included: grid_code, area, level. UNASSIGNED lies in the root."""
    parent = dict(areas.select("code", "parent_code").iter_rows())
    level = dict(areas.select("code", "level").iter_rows())
    root = next(code for code, up in parent.items() if not up)
    rows = [(UNASSIGNED, UNASSIGNED, level[root] + 1), (UNASSIGNED, root, level[root])]
    for code in parent:
        up = code
        while up:
            rows.append((code, up, level[up]))
            up = parent[up]
    return pl.DataFrame(rows, schema=["grid_code", "area", "level"], orient="row")


def _figure(
    figure: Figure, events: pl.DataFrame, ancestors: pl.DataFrame, windows: pl.DataFrame, as_of: dict[str, dt.datetime]
) -> pl.DataFrame:
    known = pl.col("event_kind").replace_strict(as_of, return_dtype=pl.Datetime("us"))
    chosen = (
        events.with_columns(known.alias("_known"))
        .filter(
            pl.col("event_kind").is_in(figure.kinds)
            & figure.cohort.fill_null(False)
            & (pl.col(figure.time) <= known)
            & (pl.lit(figure.counts_all) | pl.col("is_counted"))
        )
        .with_columns(pl.col(figure.time).dt.date().alias("day"))
    )
    if figure.family == "stock":
        levels = [level for level in figure.levels if level <= COARSE_LEVEL]
        held = chosen.join(ancestors.filter(pl.col("level").is_in(levels)), on="grid_code")
        return stock_of(figure.metric_id, held, max(as_of.values()).date(), by_kind=figure.by_kind)
    cuts = {"all": pl.lit("all")}
    if figure.member:
        cuts = {MEMBERS[figure.member]: pl.col(figure.member)}
    if figure.by_kind:
        cuts["event_kind"] = pl.col("event_kind")
    cuts |= {name: pl.col(column) for name, column in figure.by}
    periods = windows.filter(pl.col("period_kind").is_in(figure.periods))
    coarse = {name for name, _ in figure.by}
    placed = chosen.join(ancestors.filter(pl.col("level").is_in(figure.levels)), on="grid_code")
    told = []
    for slice_kind, code in cuts.items():
        sums = _of_family(figure, placed.with_columns(code.cast(pl.String).fill_null("UNMAPPED").alias("slice_code")), periods)
        if slice_kind in coarse:
            sums = sums.filter((pl.col("level") <= COARSE_LEVEL) & pl.col("period_kind").is_in(COARSE))
        told.append(sums.with_columns(slice_kind=pl.lit(slice_kind)))
    cut = ((pl.col("level") <= 3) | pl.col("period_kind").is_in(FINE)) & (
        (pl.col("level") <= COARSE_LEVEL) | (pl.col("period_kind") != "day")
    )
    whole = pl.col("num").sum().over("area", "period_kind", "period_start", "period_end")
    return (
        pl.concat(told)
        .with_columns(whole.alias("den") if figure.family == "share" else pl.col("den"))
        .filter(cut)
        .with_columns(
            pl.lit(figure.metric_id).alias("metric_id"),
            pl.when(pl.col("period_kind") != "cumulative").then("period_start").alias("period_start"),
        )
        .select(*[pl.col("area").alias("grid_code") if k == "grid_code" else k for k in KEYS], "num", "den", "stat_value")
    )


def _of_family(figure: Figure, placed: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    if figure.family == "median":
        return _medians(figure, placed, periods)
    if figure.family == "backlog":
        return _with_backlog(figure, placed, periods)
    return _sums(figure, placed, periods)


def _with_backlog(figure: Figure, placed: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Case by case: due in the period, or due before it and neither closed before it nor shut without a closing."""
    keys = [*PLACED, "period_kind", "period_start", "period_end"]
    spans = periods.select("period_kind", "period_start", "period_end").unique()
    closed, due = pl.col("closed_at").dt.date(), pl.col("day")
    still_open = pl.when(closed.is_null()).then(~pl.col("is_shut")).otherwise(closed >= pl.col("period_start"))
    within = due.is_between(pl.col("period_start"), pl.col("period_end"))
    counts = figure.numerator & (closed <= pl.col("period_end"))
    shut = pl.col("close_type").is_in(["forced", "void"]).fill_null(False)
    taken = placed.with_columns(is_shut=shut).join(spans, how="cross").filter(
        within | ((due < pl.col("period_start")) & still_open)
    )  # fmt: skip
    return taken.group_by(keys).agg(
        counts.fill_null(False).sum().cast(pl.Int64).alias("num"),
        pl.len().cast(pl.Int64).alias("den"),
        pl.lit(None, pl.Float64).alias("stat_value"),
    )


def _sums(figure: Figure, placed: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Numerators and denominators; by day first, so that long periods cost little."""
    until = pl.max_horizontal("day", pl.col(figure.numerator_by).dt.date()) if figure.numerator_by else pl.col("day")
    below = (pl.col("day").is_not_null() & figure.denominator).fill_null(False)
    above = below & figure.numerator.fill_null(False)
    weight = pl.col(figure.sum_of).fill_null(0) if figure.sum_of else pl.lit(1)
    daily = placed.group_by(*PLACED, "day", until.alias("until")).agg(
        (above.cast(pl.Int64) * weight).sum().cast(pl.Int64).alias("num"),
        below.sum().cast(pl.Int64).alias("den"),
    )
    return (
        daily.join(periods, on="day")
        .group_by(*PLACED, "period_kind", "period_start", "period_end")
        .agg(pl.col("num").filter(pl.col("until") <= pl.col("period_end")).sum(), pl.col("den").sum())
        .with_columns(pl.lit(None, pl.Float64).alias("stat_value"))
    )


def _medians(figure: Figure, placed: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Quantiles of whole minutes, in the figure's unit, from the cases of each area."""
    minutes = (pl.col(figure.time) - pl.col(figure.since)).dt.total_seconds() // 60
    return (
        placed.select(*PLACED, "day", minutes.alias("minutes"))
        .join(periods, on="day")
        .group_by(*PLACED, "period_kind", "period_start", "period_end")
        .agg(
            pl.lit(None, pl.Int64).alias("num"),
            pl.len().cast(pl.Int64).alias("den"),
            (pl.col("minutes").quantile(figure.quantile, "linear") / figure.minutes).alias("stat_value"),
        )
    )

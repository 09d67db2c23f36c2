"""What is true of every event once all rows are read: the columns that `fct_event` should show.

Belongs here: the canonical reading of each feed's final row, places, links. Does not: the marts' SQL; nothing here is
taken from it, so that agreement means something.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipelines.core.contracts import load_contract
from pipelines.synthetic.city import City
from pipelines.synthetic.feed import Feed
from pipelines.synthetic.figures import plain_number
from pipelines.synthetic.seasons import is_workday

UNASSIGNED = "UNASSIGNED"
#: How the final row of each feed reads as a governance event; what is not named is NULL.
READINGS: dict[str, dict[str, str]] = {
    "police_incident": {
        "case_class": "case_nature", "severity": "severity", "intake_channel": "intake_channel",
        "reported_at": "reported_at", "accepted_at": "accepted_at", "filed_at": "filed_at",
        "dispatched_at": "dispatched_at", "arrived_at": "arrived_at", "handled_at": "finished_at",
        "closed_at": "finished_at", "close_type": "outcome_code",
    },
    "urban_case": {
        "category_code": "small_code", "intake_channel": "intake_channel", "lead_dept_id": "handle_dept_name",
        "reported_at": "reported_at", "accepted_at": "accepted_at", "registered_at": "registered_at",
        "dispatched_at": "dispatched_at", "handled_at": "handled_at", "verified_at": "verified_at",
        "closed_at": "closed_at", "close_type": "close_type", "deadline_at": "deadline_at", "return_n": "return_n",
        "satisfaction": "satisfaction",
    },
    "petition": {
        "category_code": "subject_code", "case_class": "purpose", "intake_channel": "intake_channel",
        "reported_at": "registered_at", "accepted_at": "accept_notice_at", "registered_at": "registered_at",
        "dispatched_at": "forwarded_at", "handled_at": "closed_at", "verified_at": "callback_at",
        "closed_at": "closed_at", "close_type": "close_type", "persons_n": "persons_n",
        "received_level": "received_level", "return_n": "return_n", "satisfaction": "satisfaction",
    },
    "court_case": {
        "category_code": "cause_code", "case_class": "case_type", "instance": "instance", "lead_dept_id": "court_code",
        "filed_at": "filed_on", "registered_at": "filed_on", "handled_at": "closed_on", "closed_at": "closed_on",
        "close_type": "disposition", "amount_yuan": "claim_amount_yuan",
    },
    "grid_event": {
        "category_code": "class_l2_code", "severity": "severity", "intake_channel": "reporter_kind", "task_kind": "task_kind",
        "operating_mode": "operating_mode", "lead_dept_id": "handle_org", "partner_dept_id": "whistle_org",
        "occurred_at": "occurred_at", "reported_at": "reported_at", "dispatched_at": "dispatched_at",
        "acknowledged_at": "acknowledged_at", "handled_at": "handled_at", "verified_at": "verified_at",
        "closed_at": "closed_at", "handling_level": "handling_level", "return_n": "return_n",
        "escalation_n": "_escalation_n", "is_self_handled": "self_handled", "satisfaction": "satisfaction",
    },
    "dispatch_whistle": {
        "case_class": "unit_role", "severity": "severity", "lead_dept_id": "called_unit", "partner_dept_id": "issuing_unit",
        "reported_at": "called_at", "arrived_at": "reported_at", "result": "result",
    },
    "grid_assist": {"case_class": "network", "lead_dept_id": "agency", "reported_at": "assisted_at"},
}  # fmt: skip


def _next_workday(day: dt.date) -> dt.datetime:
    """The last second of the first working day after `day`."""
    following = day + dt.timedelta(days=1)
    while not is_workday(following):
        following += dt.timedelta(days=1)
    return dt.datetime.combine(following, dt.time(23, 59, 59))


TEXTS = (
    "category_code",
    "case_class",
    "instance",
    "severity",
    "intake_channel",
    "lead_dept_id",
    "close_type",
    "received_level",
    "discovery",
    "task_kind",
    "operating_mode",
    "partner_dept_id",
    "satisfaction",
    "result",
)
TIMES = (
    "occurred_at", "reported_at", "accepted_at", "registered_at", "filed_at", "dispatched_at", "acknowledged_at",
    "arrived_at", "handled_at", "verified_at", "closed_at", "deadline_at",
)  # fmt: skip
NUMBERS = ("persons_n", "handling_level", "return_n", "escalation_n")
BOOLEANS = ("is_self_handled",)
#: Acts: the column that names the case they are about, and its feed.
ABOUT = {"dispatch_whistle": ("event_no", "grid_event"), "grid_assist": ("event_no", "grid_event")}
#: Which acts a case counts, and as what.
COUNTED_ACTS = {"assist_n": ("grid_assist", "grid_event")}
#: By severity, in how many minutes a called unit must report for duty; by the end of the next working day else.
REPORT_WITHIN = {"1": 30, "2": 30, "3": 120}
#: The one column of `fct_event` in which rows of one number and time may differ here: which row wins, a hash decides,
#: so the truth allows both values (`severity` and `severity_or`).
CONFLICT = "severity"
LINKS = {"police_incident": "merged_into_no", "urban_case": "duplicate_of_no"}
#: Readings that take more than one column.
SPECIAL: dict[str, dict[str, pl.Expr]] = {
    "police_incident": {
        "category_code": pl.coalesce("feedback_class_code", "class_l2_code", "class_l1_code"),
        "lead_dept_id": pl.coalesce("station_name", "bureau_name"),
        "registered_at": pl.coalesce("accepted_at", "filed_at"),
    },
    "grid_event": {
        "discovery": pl.when(pl.col("reporter_kind") == "resident").then(pl.lit("reported"))
        .when(pl.col("reporter_kind").is_in(["grid_staff", "sensor"])).then(pl.lit("found")),
    },
    "dispatch_whistle": {
        "deadline_at": pl.when(pl.col("severity").is_in(list(REPORT_WITHIN)))
        .then(pl.col("called_at") + pl.duration(minutes=pl.col("severity").replace_strict(REPORT_WITHIN, default=None)))
        .when(pl.col("severity") == "4")
        .then(pl.col("called_at").dt.date().map_elements(_next_workday, return_dtype=pl.Datetime("us"))),
        "category_code": pl.lit(None, pl.String),
    },
    "grid_assist": {"category_code": pl.lit(None, pl.String)},
    "urban_case": {
        "discovery": pl.when(pl.col("intake_channel").is_in(["public", "hotline"])).then(pl.lit("reported"))
        .when(pl.col("intake_channel").is_not_null()).then(pl.lit("found")),
        "case_class": pl.col("item_type").str.starts_with("31").replace_strict({True: "component", False: "event"}),
    },
    "petition": {
        "lead_dept_id": pl.coalesce("lead_dept", "handler_dept"),
        "deadline_at": pl.coalesce("extended_to", "deadline_at"),
    },
    "court_case": {
        "reported_at": pl.coalesce("received_on", "filed_on"),
        "deadline_at": pl.col("deadline_on").cast(pl.Datetime("us")) + pl.duration(seconds=86_399),
    },
}  # fmt: skip


def events_of(feed: Feed, rows: pl.DataFrame, city: City) -> pl.DataFrame:
    """One row per event that an accepted row speaks of, sealed court cases left out."""
    good = rows.filter("_good")
    final = good.filter((pl.col("_fate") == "accepted") & (pl.col("_copy") == 0))
    other = good.filter((pl.col("_fate") == "accepted") & (pl.col("_copy") == 2)).select(
        "source_case_no", pl.col(feed.conflict).cast(pl.String).alias("conflict_value")
    )
    clashing = good.filter("_clashes").select("source_case_no").unique().with_columns(has_key_conflict=pl.lit(True))
    final = (
        final.join(other, on="source_case_no", how="left", maintain_order="left")
        .join(clashing, on="source_case_no", how="left", maintain_order="left")
        .pipe(lambda frame: frame if feed.name in ABOUT else _placed(feed, frame, city))
    )
    if "is_sealed" in good.columns:
        sealed = good.filter("is_sealed").select("source_case_no")
        final = final.join(sealed, on="source_case_no", how="anti", maintain_order="left")
    return _read(feed, final)


def _read(feed: Feed, final: pl.DataFrame) -> pl.DataFrame:
    reading, special = READINGS[feed.name], SPECIAL[feed.name]

    def value(name: str, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
        source = special.get(name)
        if source is None:
            source = pl.col(reading[name]) if name in reading else pl.lit(None)
        return source.cast(dtype).alias(name)

    link = LINKS.get(feed.name)
    child = pl.col(link).is_in(final["source_case_no"].implode()).fill_null(False) if link else pl.lit(False)
    void = (pl.col("close_type") == "void").fill_null(False) if feed.name == "urban_case" else pl.lit(False)
    withdrawn = (
        ((pl.col("close_type") == "withdrawn") & pl.col("accept_notice_at").is_null()).fill_null(False)
        if feed.name == "petition"
        else pl.lit(False)
    )
    if feed.name in ABOUT:
        number = plain_number(ABOUT[feed.name][0])
        final = final.with_columns(pl.lit(UNASSIGNED).alias("_place"), pl.lit("none").alias("_method"), about_no=number)
    else:
        final = final.with_columns(about_no=pl.lit(None, pl.String))
    is_act = feed.name in ABOUT
    reason = (
        pl.when(child).then(pl.lit("merged")).when(void).then(pl.lit("void"))
        .when(withdrawn).then(pl.lit("withdrawn_before_acceptance"))
    )  # fmt: skip
    return final.select(
        pl.lit(feed.name).alias("event_kind"),
        plain_number("source_case_no"),
        value("category_code", pl.String).fill_null(pl.lit(None, pl.String) if is_act else pl.lit("9900")),
        *[value(name, pl.String) for name in TEXTS[1:]],
        *[value(name, pl.Datetime("us")) for name in TIMES],
        *[value(name, pl.Int64) for name in NUMBERS],
        *[value(name, pl.Boolean) for name in BOOLEANS],
        value("amount_yuan", pl.Float64),
        pl.col("_place").alias("grid_code"),
        pl.col("_method").alias("grid_resolution_method"),
        pl.col("_precision").alias("time_precision"),
        reason.is_null().alias("is_counted"),
        reason.alias("not_counted_reason"),
        pl.col("updated_at").alias("last_changed_at"),
        pl.when(feed.conflict in TEXTS).then("conflict_value").alias(f"{CONFLICT}_or"),
        pl.col("has_key_conflict").fill_null(False),
        pl.col("about_no"),
    )


def with_cases(events: pl.DataFrame) -> pl.DataFrame:
    """The same events; an act has the place of the case it is about, and a case counts the acts about it."""
    keys = ["event_kind", "source_case_no"]
    parents = pl.col("event_kind").replace_strict({act: kind for act, (_, kind) in ABOUT.items()}, default=None)
    cases = events.select(
        pl.col("event_kind").alias("_kind"), pl.col("source_case_no").alias("about_no"),
        pl.col("grid_code").alias("_place"), pl.col("grid_resolution_method").alias("_method"),
    )  # fmt: skip
    told = events.with_columns(parents.alias("_kind")).join(cases, on=["_kind", "about_no"], how="left", maintain_order="left")
    told = told.with_columns(
        pl.when(pl.col("_kind").is_null()).then("grid_code").otherwise(pl.col("_place").fill_null(UNASSIGNED)).alias("grid_code"),
        pl.when(pl.col("_kind").is_null()).then("grid_resolution_method").otherwise(pl.col("_method").fill_null("none"))
        .alias("grid_resolution_method"),
    ).drop("_kind", "_place", "_method")  # fmt: skip
    for name, (act, kind) in COUNTED_ACTS.items():
        counts = events.filter(pl.col("event_kind") == act).group_by("about_no").agg(pl.len().cast(pl.Int64).alias(name))
        of_kind = counts.select(pl.lit(kind).alias("event_kind"), pl.col("about_no").alias("source_case_no"), name)
        told = told.join(of_kind, on=keys, how="left", maintain_order="left").with_columns(
            pl.when(pl.col("event_kind") == kind).then(pl.col(name).fill_null(0)).alias(name)
        )
    return told


def _placed(feed: Feed, final: pl.DataFrame, city: City) -> pl.DataFrame:
    """`_place` and `_method`: the code if known, else the point, else the place's code, else a name, else nothing."""
    codes = city.areas["code"].implode()
    names = dict(city.areas.select("name_zh", "code").iter_rows())
    sent = {column.name for column in load_contract(feed.name).columns} & set(final.columns)
    said = final.select(
        pl.col("_leaf"),
        *[
            (pl.col(name) if name in sent else pl.lit(None, pl.String)).alias(name)
            for name in (
                "grid_code",
                "duty_grid_code",
                "qr_grid_code",
                "lon",
                "lat",
                "place_code",
                "community_name",
                "street_name",
            )
        ],
    ).with_columns(pl.coalesce("grid_code", "duty_grid_code", "qr_grid_code").alias("grid_code"))

    def known(column: str) -> pl.Expr:
        return pl.when(pl.col(column).is_in(codes)).then(column)

    def named(column: str) -> pl.Expr:
        return pl.col(column).replace_strict(names, default=None, return_dtype=pl.String)

    steps = said.select(
        known("grid_code").alias("code"),
        pl.when(pl.col("lon").is_not_null() & pl.col("lat").is_not_null()).then("_leaf").alias("polygon"),
        known("place_code").alias("place_code"),
        pl.coalesce(named("grid_code"), named("community_name"), named("street_name")).alias("name"),
    )
    ladder = steps.columns
    method = pl.coalesce([pl.when(pl.col(name).is_not_null()).then(pl.lit(name)) for name in ladder])
    return final.with_columns(
        steps.select(pl.coalesce(ladder).fill_null(UNASSIGNED)).to_series().alias("_place"),
        steps.select(method.fill_null("none")).to_series().alias("_method"),
    )

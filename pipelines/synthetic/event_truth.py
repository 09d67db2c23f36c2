"""What is true of every event once all rows are read: the columns that `fct_event` should show.

Belongs here: the canonical reading of each feed's final row, places, links. Does not: the marts' SQL; nothing here is
taken from it, so that agreement means something.
"""

from __future__ import annotations

import polars as pl

from pipelines.synthetic import grid_truth
from pipelines.synthetic.feed import Feed
from pipelines.synthetic.figures import plain_number
from pipelines.synthetic.places_truth import placed
from pipelines.synthetic.regrid import Regrid

UNASSIGNED = "UNASSIGNED"
#: What petitions and orders say of their own call-back.
OWN_CALL = {
    "called_back_at": "callback_at", "is_contacted": "contacted", "is_solved": "solved", "satisfaction": "satisfaction",
}  # fmt: skip
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
        "closed_at": "closed_at", "close_type": "close_type", "deadline_at": "deadline_at",
        "satisfaction": "satisfaction", "return_n": "return_n", "rework_n": "rework_n",
    },
    "petition": {
        "category_code": "subject_code", "case_class": "purpose", "intake_channel": "intake_channel",
        "reported_at": "registered_at", "accepted_at": "accept_notice_at", "registered_at": "registered_at",
        "dispatched_at": "forwarded_at", "handled_at": "closed_at", "verified_at": "callback_at",
        "called_back_at": "callback_at",
        "closed_at": "closed_at", "close_type": "close_type", "persons_n": "persons_n",
        "received_level": "received_level", "competent_level": "competent_level", "return_n": "return_n", **OWN_CALL,
    },
    "court_case": {
        "category_code": "cause_code", "case_class": "case_type", "instance": "instance", "lead_dept_id": "court_code",
        "filed_at": "filed_on", "registered_at": "filed_on", "handled_at": "closed_on", "closed_at": "closed_on",
        "close_type": "disposition", "amount_yuan": "claim_amount_yuan",
    },
    "hotline_order": {
        "category_code": "subject_code", "case_class": "purpose", "intake_channel": "intake_channel",
        "reported_at": "registered_at", "registered_at": "registered_at", "dispatched_at": "dispatched_at",
        "acknowledged_at": "acknowledged_at", "first_contact_at": "first_contact_at", "handled_at": "closed_at",
        "verified_at": "callback_at", "closed_at": "closed_at", "close_type": "close_type",
        "is_self_handled": "answered_on_line", "return_n": "return_n", **OWN_CALL,
    },
    "callback": {
        "reported_at": "called_back_at", "called_back_at": "called_back_at", "is_reached": "reached",
        "is_contacted": "contacted", "is_solved": "solved", "satisfaction": "satisfaction",
    },
    "deliberation": {
        "category_code": "topic_class", "case_class": "hall_kind", "occurred_at": "held_on", "reported_at": "held_on",
        "persons_n": "attendance_n",
    },
    "mediation": {
        "category_code": "dispute_type", "case_class": "committee_kind", "intake_channel": "intake",
        "lead_dept_id": "committee", "partner_dept_id": "referred_by", "reported_at": "accepted_on",
        "accepted_at": "accepted_on", "registered_at": "accepted_on", "handled_at": "concluded_on",
        "closed_at": "concluded_on", "called_back_at": "callback_on", "performed_at": "performed_on",
        "confirm_applied_at": "confirm_applied_on", "persons_n": "persons_n", "amount_yuan": "amount_yuan",
        "result": "result", "performance": "performance", "next_step": "next_step",
    },
    "hazard": {
        "category_code": "hazard_class", "severity": "hazard_level", "intake_channel": "found_by",
        "lead_dept_id": "supervisor", "partner_dept_id": "transferred_to", "occurred_at": "found_at",
        "reported_at": "found_at", "registered_at": "found_at", "handled_at": "rectified_at",
        "verified_at": "rechecked_at", "closed_at": "cleared_at",
    },
    "labour_arbitration": {
        "category_code": "cause_code", "lead_dept_id": "commission", "filed_at": "filed_on", "accepted_at": "filed_on",
        "registered_at": "filed_on", "handled_at": "closed_on", "closed_at": "closed_on", "close_type": "disposition",
        "amount_yuan": "claim_amount_yuan",
    },
    **grid_truth.READINGS,
}  # fmt: skip
TEXTS = (
    "category_code",
    "case_class",
    "instance",
    "severity",
    "intake_channel",
    "lead_dept_id",
    "close_type",
    "received_level",
    "competent_level",
    "satisfaction",
    "exempt_reason",
    "result",
    "discovery",
    "task_kind",
    "operating_mode",
    "partner_dept_id",
    "performance",
    "next_step",
    "prevented_kind",
)
NUMBERS = ("persons_n", "handling_level", "return_n", "rework_n", "escalation_n")
TIMES = (
    "occurred_at", "reported_at", "accepted_at", "registered_at", "filed_at", "dispatched_at", "arrived_at", "handled_at",
    "verified_at", "closed_at", "deadline_at", "called_back_at", "acknowledged_at", "first_contact_at",
    "evaluation_due_at", "repeated_at", "performance_due_at", "performed_at", "confirm_applied_at", "follow_up_end_at",
    "next_step_at", "lawsuit_filed_at",
)  # fmt: skip
FLAGS = (
    "is_repeat",
    "is_exempt",
    "is_reached",
    "is_contacted",
    "is_solved",
    "is_self_handled",
    "is_above_level",
    "is_group",
    "is_confirmed",
)
#: A finished petition may be evaluated for so many days, a matter counts as repeated within so many of its end.
EVALUATION_DAYS, REPEAT_DAYS = 30, 365
#: Persons from whom on a visit is one of a group.
GROUP_FROM = 5
RANKS = {"town": 1, "county": 2, "city": 3, "provincial": 4, "national": 5}
#: What follows a mediation is looked for within these days.
FOLLOW_UP_DAYS = 180
#: Ways in by which residents bring a case; all other known ways are findings.
BROUGHT = {"urban_case": ("public", "hotline_transfer"), "hazard": ("report",)}
LINKS = {"police_incident": "merged_into_no", "urban_case": "duplicate_of_no",
         "petition": "merged_into_no", "hotline_order": "merged_into_no"}  # fmt: skip


def _evening(column: str, days: int = 0) -> pl.Expr:
    """The last second of the day that lies `days` days after a time or a date."""
    return pl.col(column).cast(pl.Datetime("us")).dt.truncate("1d") + pl.duration(days=days, seconds=86_399)


def _discovery(is_brought: pl.Expr) -> pl.Expr:
    return is_brought.replace_strict({True: "reported", False: "found"}, default=None, return_dtype=pl.String)


def _rank(column: str) -> pl.Expr:
    return pl.col(column).replace_strict(RANKS, default=None, return_dtype=pl.Int64)


VISIT = pl.col("intake_channel") == "visit"
EXEMPTED = pl.col("exempt_flag").fill_null(False)
ANSWERED = pl.any_horizontal(pl.col("contacted", "solved", "satisfaction").is_not_null())
#: How a feed of the petition family tells of exemption and of its own call-back.
SHARED = {
    "lead_dept_id": pl.coalesce("lead_dept", "handler_dept"),
    "deadline_at": pl.coalesce("extended_to", "deadline_at"),
    "is_repeat": pl.col("is_repeat_src") == "repeat",
    "is_exempt": EXEMPTED & pl.col("exempt_reason").is_not_null(),
    "exempt_reason": pl.when(EXEMPTED).then("exempt_reason"),
    "is_reached": pl.when(ANSWERED).then(pl.lit(True)).when(pl.col("callback_at").is_not_null()).then(pl.lit(False)),
}
#: Readings that take more than one column.
SPECIAL: dict[str, dict[str, pl.Expr]] = {
    "police_incident": {
        "category_code": pl.coalesce("feedback_class_code", "class_l2_code", "class_l1_code"),
        "lead_dept_id": pl.coalesce("station_name", "bureau_name"),
        "registered_at": pl.coalesce("accepted_at", "filed_at"),
    },
    "urban_case": {
        "case_class": pl.col("item_type").str.starts_with("31").replace_strict({True: "component", False: "event"}),
        "discovery": _discovery(pl.col("intake_channel").is_in(BROUGHT["urban_case"])),
    },
    "petition": {
        **SHARED,
        "is_above_level": VISIT & (_rank("received_level") > _rank("competent_level") + 1),
        "is_group": VISIT & (pl.col("persons_n") >= GROUP_FROM),
        "evaluation_due_at": _evening("closed_at", EVALUATION_DAYS),
        "repeated_at": pl.col("_repeated_at"),
    },
    "hotline_order": SHARED,
    **grid_truth.SPECIAL,
    "callback": {},
    "deliberation": {"result": pl.col("adopted").replace_strict({True: "adopted", False: "not_adopted"}, default=None)},
    "court_case": {
        "reported_at": pl.coalesce("received_on", "filed_on"),
        "deadline_at": _evening("deadline_on"),
    },
    "mediation": {
        "discovery": _discovery(pl.col("intake") != "active"),
        "performance_due_at": _evening("due_on"),
        "follow_up_end_at": _evening("concluded_on") + pl.duration(days=FOLLOW_UP_DAYS),
        "next_step_at": pl.when(pl.col("next_step") != "none").then(pl.coalesce("next_step_on", "concluded_on")),
        "prevented_kind": pl.when(pl.col("prevented_confirmed_by").is_not_null()).then("prevented_kind"),
        "is_confirmed": pl.when(pl.col("confirm_applied_on").is_not_null()).then(pl.col("confirm_case_no").is_not_null()),
    },
    "hazard": {
        "deadline_at": _evening("deadline_on"),
        "discovery": _discovery(pl.col("found_by").is_in(BROUGHT["hazard"])),
        "is_repeat": pl.col("repeat_of_no").is_not_null(),
        "rework_n": pl.col("recheck_result").replace_strict({"fail": 1, "pass": 0}, default=None, return_dtype=pl.Int64),
    },
    "labour_arbitration": {
        "reported_at": pl.coalesce("received_on", "filed_on"),
        "deadline_at": _evening("deadline_on"),
    },
}  # fmt: skip


def events_of(feed: Feed, rows: pl.DataFrame, regrid: Regrid, told: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per event that an accepted row speaks of, sealed court cases left out.

    Args:
        feed: whose events.
        rows: all its rows, judged.
        regrid: the areas and how they change.
        told: the events of the feeds before it; an act lies where its case lies.
    """
    good = rows.filter("_good")
    final = good.filter((pl.col("_fate") == "accepted") & (pl.col("_copy") == 0))
    clashing = good.filter("_clashes").select("source_case_no").unique().with_columns(has_key_conflict=pl.lit(True))
    final = (
        final.join(clashing, on="source_case_no", how="left", maintain_order="left")
        .pipe(lambda frame: _linked(feed, frame, told))
        .pipe(lambda frame: _with_case(frame, told) if feed.about else placed(feed, frame, regrid))
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

    child = pl.col("_merged_into").is_not_null()
    invalid = (
        ((pl.col("purpose") == "invalid") & pl.col("dispatched_at").is_null()).fill_null(False)
        if feed.name == "hotline_order"
        else pl.lit(False)
    )
    void = (pl.col("close_type") == "void").fill_null(False) if feed.name == "urban_case" else pl.lit(False)
    withdrawn = (
        ((pl.col("close_type") == "withdrawn") & pl.col("accept_notice_at").is_null()).fill_null(False)
        if feed.name == "petition"
        else pl.lit(False)
    )
    reason = (
        pl.when(child).then(pl.lit("merged")).when(void).then(pl.lit("void"))
        .when(withdrawn).then(pl.lit("withdrawn_before_acceptance")).when(invalid).then(pl.lit("invalid"))
    )  # fmt: skip
    return final.select(
        pl.lit(feed.name).alias("event_kind"),
        plain_number("source_case_no"),
        value("category_code", pl.String).fill_null("9900"),
        *[value(name, pl.String) for name in TEXTS[1:]],
        *[value(name, pl.Datetime("us")) for name in TIMES],
        *[value(name, pl.Boolean) for name in FLAGS],
        pl.coalesce("_merged_into", "_about", plain_number("source_case_no")).alias("root_case_no"),
        *[value(name, pl.Int64) for name in NUMBERS],
        value("amount_yuan", pl.Float64),
        pl.col("_place").alias("grid_code"),
        pl.col("_place_now").alias("restated_grid_code"),
        pl.col("_now_by").alias("restated_by"),
        pl.col("_method").alias("grid_resolution_method"),
        pl.col("_precision").alias("time_precision"),
        reason.is_null().alias("is_counted"),
        reason.alias("not_counted_reason"),
        pl.col("updated_at").alias("last_changed_at"),
        pl.col("_first_seen_at").alias("first_seen_at"),
        pl.col("has_key_conflict").fill_null(False),
    )


def _linked(feed: Feed, final: pl.DataFrame, told: pl.DataFrame | None) -> pl.DataFrame:
    """`_merged_into` (number of the case it is part of), `_about` (of the case it is about) and `_repeated_at`."""
    nothing = pl.lit(None, pl.String)
    numbers = final.select(plain_number("source_case_no")).to_series()
    link = LINKS.get(feed.name)
    merged = pl.when(pl.col(link).is_in(numbers.implode())).then(link) if link else nothing
    final = final.with_columns(merged.alias("_merged_into"))
    if feed.name == "petition":
        return _repeated(final).with_columns(nothing.alias("_about"))
    if feed.name != "hotline_order" and not feed.about:
        return final.with_columns(nothing.alias("_about"))
    assert told is not None
    named = feed.about or "related_nos"
    cases = told.filter(pl.col("event_kind").is_in(["petition"] if feed.name == "hotline_order" else feed.parent.split()))
    root = cases["root_case_no"] if feed.name == "hotline_order" else cases["source_case_no"]
    pairs = pl.DataFrame({"_named": cases["source_case_no"], "_about": root})
    links = (
        final.select("source_case_no", pl.col(named).str.split("、").alias("_named"))
        .explode("_named").join(pairs, on="_named").select("source_case_no", "_about").unique("source_case_no")
    )  # fmt: skip
    return final.join(links, on="source_case_no", how="left", maintain_order="left")


def _repeated(final: pl.DataFrame) -> pl.DataFrame:
    """`_repeated_at`: when a later petition first said that it repeats this one, after its end and within the year."""
    repeats = final.filter(pl.col("is_repeat_src") == "repeat").select(
        pl.col("related_nos").alias("source_case_no"), pl.col("registered_at").alias("_repeated_at")
    )
    inside = pl.col("_repeated_at").is_between(pl.col("closed_at"), _evening("closed_at", REPEAT_DAYS), closed="right")
    found = (
        final.select("source_case_no", "closed_at").join(repeats, on="source_case_no").filter(inside)
        .group_by("source_case_no").agg(pl.col("_repeated_at").min())
    )  # fmt: skip
    return final.join(found, on="source_case_no", how="left", maintain_order="left")


def called_back(events: pl.DataFrame) -> pl.DataFrame:
    """The events with each case's latest call-back: its own or that of the call-back feed, whichever is later."""
    answers = ["is_reached", "is_contacted", "is_solved", "satisfaction"]
    calls = events.filter((pl.col("event_kind") == "callback") & (pl.col("root_case_no") != pl.col("source_case_no")))
    latest = calls.sort("called_back_at").group_by("root_case_no").last().select(
        pl.col("root_case_no").alias("source_case_no"), *[pl.col(c).alias(f"_{c}") for c in ("called_back_at", *answers)],
        pl.lit(True).alias("_has_call"),
    )  # fmt: skip
    joined = events.join(latest, on="source_case_no", how="left", maintain_order="left")
    is_own = pl.col("_has_call").is_null() | (pl.col("called_back_at") > pl.col("_called_back_at")).fill_null(False)
    chosen = [pl.when(is_own).then(c).otherwise(f"_{c}").alias(c) for c in ("called_back_at", *answers)]
    return joined.with_columns(chosen).select(events.columns)


def _with_case(final: pl.DataFrame, told: pl.DataFrame | None) -> pl.DataFrame:
    """Places of acts: those of the cases that they are about."""
    assert told is not None
    cases = told.select(_about="source_case_no", _place="grid_code", _method="grid_resolution_method",
                        _place_now="restated_grid_code", _now_by="restated_by")  # fmt: skip
    found = final.join(cases, on="_about", how="left", maintain_order="left")
    return found.with_columns(
        pl.col("_place", "_place_now").fill_null(UNASSIGNED),
        pl.col("_method").fill_null("none"),
        pl.col("_now_by").fill_null("same"),
    )

"""The truth: what became of every row, what is true of every event. Never read by the pipeline.

Belongs here: fates of rows, worked out from what was drawn and injected, not from files. Does not: events
(event_truth), figures (figures), any code of the pipeline: two ways to one result are worth something only if they
share nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.core.contracts import load_contract
from pipelines.synthetic import area_figures, dispute_figures, figures, grid_figures
from pipelines.synthetic.event_truth import called_back, events_of
from pipelines.synthetic.grid_truth import with_help
from pipelines.synthetic.link_truth import links_of, with_followers
from pipelines.synthetic.rows import Delivery
from pipelines.synthetic.simulation import LAID_OUT_ROWS, Sent, Simulation, file_name

EVERY_FIGURE = (*figures.FIGURES, *grid_figures.FIGURES, *dispute_figures.FIGURES)
ORDER = re.compile(r"(\w+) >= (\w+)")


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a written city; every frame is also a Parquet file of the truth folder.

    rows: feed, file, record_no, source_case_no, version_at, dirt (codes), flags (expected `_flags`), fate (accepted,
    superseded, quarantined, repeat), rule_ids (of quarantined rows), is_key_conflict, time_precision.
    files: feed, file, nondata_n (title rows, blank rows and totals of workbooks that are laid out for people), has_drifted
    (a column under another of its names, and one that nobody knows).
    events: one row per event that reaches the marts, with the columns of `fct_event` that do not depend on builds.
    figures: metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end, basis, num, den, stat_value.
    links: kind_a, case_no_a, kind_b, case_no_b, link_kind: cases of which one names the other.
    canaries: kind, value: strings that must not leave the vault.
    """

    rows: pl.DataFrame
    files: pl.DataFrame
    events: pl.DataFrame
    figures: pl.DataFrame
    links: pl.DataFrame
    canaries: pl.DataFrame

    def __str__(self) -> str:
        fates = dict(self.rows.group_by("fate").len().sort("fate").iter_rows())
        return f"{self.events.height} events in {self.rows.height} rows: {fates}"


def write_truth(simulation: Simulation, folder: Path, *, through: dt.date | None = None) -> Truth:
    """Work out the truth about everything delivered up to `through` (default: the end) and write it."""
    truth = tell_truth(simulation, through=through)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("rows", "files", "events", "figures", "links", "canaries"):
        getattr(truth, name).write_parquet(folder / f"{name}_truth.parquet")
    return truth


def tell_truth(simulation: Simulation, *, through: dt.date | None = None) -> Truth:
    """The truth about everything delivered up to `through`."""
    plan = simulation.deliveries(through=through)
    judged = [(sent, _judged(sent, plan)) for sent in simulation.sent]
    as_of = {}
    for sent, rows in judged:
        shown = set(rows["_delivery"].unique().to_list())
        as_of[sent.feed.name] = max((d.extracted_at for d in plan if d.number in shown), default=plan[-1].extracted_at)
    told: list[pl.DataFrame] = []
    for sent, rows in judged:
        told.append(events_of(sent.feed, rows, simulation.regrid, pl.concat(told) if told else None))
    events = with_help(called_back(pl.concat(told)))
    links = links_of({sent.feed.name: rows for sent, rows in judged}, events)
    events = with_followers(events, links)
    cases = [sent.feed.name for sent in simulation.sent if sent.feed.is_case]
    return Truth(
        rows=pl.concat([_told(sent, rows, plan) for sent, rows in judged]),
        files=pl.concat([_files(sent, rows, plan) for sent, rows in judged]),
        events=events,
        figures=_figures(simulation, events, as_of, cases),
        links=links,
        canaries=simulation.people.canaries(),
    )


def _figures(simulation: Simulation, events: pl.DataFrame, as_of: dict[str, dt.datetime], cases: list[str]) -> pl.DataFrame:
    """Sums of events, and counts of areas."""
    sums = figures.figures_of(events, simulation.regrid, as_of, cases, EVERY_FIGURE)
    areas = area_figures.area_figures_of(events, simulation.regrid, simulation.posts, as_of)
    switches = area_figures.switches_of(events, simulation.modes, as_of)
    return pl.concat([sums, areas.select(sums.columns), switches.select(sums.columns)])


def _judged(sent: Sent, plan: list[Delivery]) -> pl.DataFrame:
    """All rows delivered, typed as a perfect cleaner reads them, with `_dirt`, `_flags`, `_rules`, `_fate`."""
    numbers = [d.number for d in plan]
    parts = []
    for number, soiled in enumerate(sent.soiled):
        if number == 0 or soiled.rows["_delivery"].is_in(numbers).any():
            marks = soiled.injected.group_by("_row", maintain_order=True).agg(
                pl.col("code").unique().sort().alias("_dirt"),
                pl.col("flag").filter(pl.col("flag") != "").unique().alias("_marks"),
            )
            parts.append(soiled.rows.join(marks, on="_row", how="left", maintain_order="left"))
    rows = pl.concat(parts).filter(pl.col("_delivery").is_in(numbers))
    main = sent.feed.main_time
    required = [pl.when(pl.col(column).is_null()).then(pl.lit(f"{column}-required")) for column in ("source_case_no", main)]
    none = pl.lit([], pl.List(pl.String))
    rows = rows.with_columns(
        pl.col("_dirt").fill_null(none),
        pl.concat_list(pl.col("_marks").fill_null(none), *_warnings(sent.feed.name, rows.columns))
        .list.drop_nulls()
        .alias("_flags"),
        pl.concat_list(required).list.drop_nulls().alias("_rules"),
    )
    extracts = {d.number: d.extracted_at for d in plan}
    seen = pl.col("_delivery").replace_strict(extracts, return_dtype=pl.Datetime("us"))
    first = seen.filter("_good").min().over("source_case_no")
    return _with_fates(rows).with_columns(first.alias("_first_seen_at"))


def _warnings(feed: str, columns: list[str]) -> list[pl.Expr]:
    """Ids of the contract's warn rules that a row breaks: patterns and orders, worked out from the true values."""
    found = []
    for rule in load_contract(feed).rules:
        column = load_contract(feed).column(rule.column)
        if rule.severity != "warn" or rule.column not in columns:
            continue
        if rule.id.endswith("-pattern") and column.normalise == "code":
            broken = ~pl.col(rule.column).str.contains(r"^[0-9]{6,17}$")
        elif (match := ORDER.fullmatch(rule.expression)) and match[2] in columns:
            broken = pl.col(match[1]) < pl.col(match[2])
        else:
            continue
        found.append(pl.when(broken).then(pl.concat_list(pl.lit(rule.id))).otherwise(pl.lit([], pl.List(pl.String))))
    return found


def _with_fates(rows: pl.DataFrame) -> pl.DataFrame:
    """Quarantined, repeat, superseded by a later version, or accepted and in force."""
    good = (pl.col("_rules").list.len() == 0) & (pl.col("_copy") != 1)
    rows = rows.with_columns(good.alias("_good"))
    newest = pl.col("updated_at").filter("_good").max().over("source_case_no")
    clash = ((pl.col("_copy") == 2) & pl.col("_good")).any().over("source_case_no", "updated_at")
    return rows.with_columns(
        pl.when(pl.col("_rules").list.len() > 0).then(pl.lit("quarantined"))
        .when(pl.col("_copy") == 1).then(pl.lit("repeat"))
        .when(pl.col("updated_at") < newest).then(pl.lit("superseded"))
        .otherwise(pl.lit("accepted"))
        .alias("_fate"),
        (clash & pl.col("_good")).fill_null(False).alias("_clashes"),
    )  # fmt: skip


def _files(sent: Sent, rows: pl.DataFrame, plan: list[Delivery]) -> pl.DataFrame:
    shown = rows["_delivery"].unique().sort().to_list()
    names = {d.number: file_name(sent.feed, d) for d in plan}
    return pl.DataFrame(
        [(sent.feed.name, names[n], LAID_OUT_ROWS if n in sent.laid_out else 0, n in sent.drifted) for n in shown],
        schema={"feed": pl.String, "file": pl.String, "nondata_n": pl.Int64, "has_drifted": pl.Boolean}, orient="row",
    )  # fmt: skip


def _told(sent: Sent, rows: pl.DataFrame, plan: list[Delivery]) -> pl.DataFrame:
    """The part of the rows that tests compare."""
    names = {d.number: file_name(sent.feed, d) for d in plan}
    main = pl.col(sent.feed.main_time)
    return rows.select(
        pl.lit(sent.feed.name).alias("feed"),
        pl.col("_delivery").replace_strict(names, return_dtype=pl.String).alias("file"),
        pl.col("_record_no").alias("record_no"),
        figures.plain_number("source_case_no"),
        pl.col("updated_at").alias("version_at"),
        pl.col("_dirt").alias("dirt"),
        pl.col("_flags").list.sort().alias("flags"),
        pl.col("_fate").alias("fate"),
        pl.col("_rules").alias("rule_ids"),
        pl.col("_clashes").alias("is_key_conflict"),
        pl.when(main.is_not_null()).then("_precision").alias("time_precision"),
    )

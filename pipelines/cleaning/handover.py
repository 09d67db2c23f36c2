"""Handover: the judged batch as Great Expectations reads it.

Belongs here: its columns. Values of P1 and P2 only, beside their raw text; of every other column no more than whether each
rule held. Does not: storing it (ingest leaves it encrypted in the vault), reading it (quality).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pyarrow as pa

from pipelines.cleaning import judge as judging
from pipelines.core.landing import schema as landing_schema


def schema(plan: judging.Plan) -> pa.Schema:
    """Columns of the batch of one feed."""
    contract = plan.binding.contract
    shown = [c for c in contract.landed if c.level in ("P1", "P2")]
    landed = landing_schema(contract)
    fields: list[tuple[str, Any]] = [("_record_no", pa.int64())]
    fields += [(c.name, landed.field(c.name).type) for c in shown]
    fields += [(f"{c.name}__raw", pa.string()) for c in shown]
    fields += [(f"{rule.column}__ok__{rule.id}", pa.bool_()) for rule in plan.hidden]
    fields += [("_earliest", pa.timestamp("us")), ("_latest", pa.timestamp("us")), ("_is_repeat", pa.bool_())]
    return pa.schema([*fields, ("_failed", pa.list_(pa.string()))])


def batch(
    split: pl.DataFrame, judged: judging.Judged, plan: judging.Plan, *, earliest: dt.datetime, latest: dt.datetime
) -> pl.DataFrame:
    """The judged rows, before the split, in the form that `schema` gives."""
    return split.with_columns(
        *((~judged.fails[rule.id]).alias(f"{rule.column}__ok__{rule.id}") for rule in plan.hidden),
        pl.lit(earliest, dtype=pl.Datetime("us")).alias("_earliest"),
        pl.lit(latest, dtype=pl.Datetime("us")).alias("_latest"),
    ).select(schema(plan).names)

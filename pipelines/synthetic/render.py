"""How a department writes a clean value: codes as its own words, times in full, yes and no.

Belongs here: typed columns to text. Does not: dirt (dirt) or files (writer).
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from pipelines.core.contracts import Column, load_contract
from pipelines.synthetic import vocabulary
from pipelines.synthetic.city import City

#: Columns whose canonical value is a category, and how the department codes it; the rest of them use its name.
CATEGORY_CODES: dict[tuple[str, str], Callable[[str], str]] = {
    ("police_incident", "class_l1_code"): vocabulary.police_group,
    ("police_incident", "class_l2_code"): vocabulary.police_code,
    ("police_incident", "feedback_class_code"): vocabulary.police_code,
    ("urban_case", "big_code"): vocabulary.urban_group,
    ("urban_case", "small_code"): vocabulary.urban_code,
    ("petition", "subject_code"): vocabulary.petition_code,
    ("court_case", "cause_code"): vocabulary.court_code,
    ("hotline_order", "subject_code"): vocabulary.hotline_code,
    ("mediation", "dispute_type"): vocabulary.mediation_code,
    ("hazard", "hazard_class"): vocabulary.hazard_code,
    ("labour_arbitration", "cause_code"): vocabulary.arbitration_code,
    ("grid_event", "class_l1_code"): vocabulary.grid_group,
    ("grid_event", "class_l2_code"): vocabulary.grid_code,
}
#: The categories that a department sends.
MIXES = {
    "police_incident": vocabulary.POLICE_MIX, "urban_case": vocabulary.URBAN_MIX, "petition": vocabulary.PETITION_MIX,
    "court_case": vocabulary.COURT_MIX, "hotline_order": vocabulary.HOTLINE_MIX, "mediation": vocabulary.MEDIATION_MIX,
    "hazard": vocabulary.HAZARD_MIX, "labour_arbitration": vocabulary.ARBITRATION_MIX,
    "grid_event": vocabulary.GRID_MIX,
}  # fmt: skip
PLAIN_TIME = "%Y-%m-%d %H:%M:%S"
ITEM_TYPE = {True: "部件", False: "事件"}


def written_columns(feed: str, available: list[str]) -> list[Column]:
    """The contract's columns that the department exports, in the contract's order."""
    return [c for c in load_contract(feed).columns if c.name in available]


def spelling(feed: str, column: Column, city: City) -> dict[str, str]:
    """Canonical code -> the text this department writes; empty for columns that are no codes."""
    if not column.codes:
        return {}
    if column.codes == "department":
        return dict(city.departments.select("dept_id", "name_zh").iter_rows())
    words = vocabulary.vocabulary()
    if column.name == "item_type":
        return {code: ITEM_TYPE[code.startswith("31")] for code in words["category"]}
    coded = CATEGORY_CODES.get((feed, column.name))
    if coded:
        return {code: coded(code) for code in MIXES[feed]}
    return {code: word.name for code, word in words[column.codes].items()}


def render(feed: str, rows: pl.DataFrame, city: City) -> pl.DataFrame:
    """Every exported column as text, under its canonical name; NULL stays NULL."""
    return rows.select([_text(column, spelling(feed, column, city)) for column in written_columns(feed, rows.columns)])


def _text(column: Column, words: dict[str, str]) -> pl.Expr:
    value = pl.col(column.name)
    if words:
        return value.replace_strict(words, return_dtype=pl.String)
    if column.type == "timestamp":  # cut: the cast is three times as fast as strftime
        return value.cast(pl.String).str.slice(0, 19)
    if column.type == "date":
        return value.cast(pl.String)
    if column.type == "boolean":
        return pl.when(value).then(pl.lit("是")).when(~value).then(pl.lit("否")).alias(column.name)
    return value.cast(pl.String)

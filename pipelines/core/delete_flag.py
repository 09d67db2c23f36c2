"""Delete flag: by which cell of a row a bureau says that it deleted the case.

Belongs here: the binding's key `delete_flag` and its checks. Does not: finding flagged rows (cleaning.judge), what becomes of
them (they land as versions that do not count: dbt's int_event), keys that are simply gone (departed).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from pipelines.core.contracts import Contract
from pipelines.core.errors import ConfigurationError
from pipelines.core.spelling import did_you_mean

#: Stands for a flag's own header among the canonical columns.
OWN_COLUMN = "_delete_flag"
#: What a flagged row is marked with in landing (`_flags`) and counted by (`parse_mark`).
MARK = "deleted_at_source"
MARKED = f"delete_flag:{MARK}"
KEYS = ("column", "header", "values")


@dataclass(frozen=True, slots=True)
class DeleteFlag:
    """A column of the contract, or a header that no column has, and the values that say: deleted."""

    column: str
    header: str
    values: tuple[str, ...]

    @property
    def place(self) -> str:
        """Under which name the judge finds its cells."""
        return self.column or OWN_COLUMN


def read_flag(entry: dict[str, Any], contract: Contract, key: tuple[str, ...] | None, where: str) -> DeleteFlag | None:
    """The flag that a binding declares; None if it declares none. `key`: the binding's own. Raises ConfigurationError."""
    if "delete_flag" not in entry:
        return None
    stated, where = entry["delete_flag"], f"{where}: delete_flag"
    form = 'write delete_flag: {column: <column of the contract>, values: ["1"]}, or header: instead of column:'
    if not isinstance(stated, dict):
        raise ConfigurationError("a delete flag is a column and the values that say: deleted", where=where, remedy=form)
    for name in stated:
        if name not in KEYS:
            raise ConfigurationError(f"unknown key {name!r}", where=where, remedy=did_you_mean(str(name), list(KEYS)))
    if bool(stated.get("column")) == bool(stated.get("header")):
        raise ConfigurationError("a delete flag is one column, or one header that no column has", where=where, remedy=form)
    names = [c.name for c in contract.columns]
    if stated.get("column") and stated["column"] not in names:
        raise ConfigurationError(
            f"unknown column {stated['column']!r}", where=where, remedy=did_you_mean(stated["column"], names)
        )
    if not (contract.key if key is None else key):
        what = "rows without a key cannot be deleted one by one: nothing tells which row was meant"
        raise ConfigurationError(
            what, where=where, remedy="state key:, or leave delete_flag out and let covers: replace whole files"
        )
    if contract.entity != "event":
        what = f"{contract.id} is a reference: what it no longer holds ends by its days of validity or by the next delivery"
        raise ConfigurationError(what, where=where, remedy="leave delete_flag out")
    return DeleteFlag(str(stated.get("column") or ""), str(stated.get("header") or ""), _values(stated.get("values"), where))


def _values(stated: Any, where: str) -> tuple[str, ...]:
    values = stated if isinstance(stated, list) else [] if stated is None else [stated]
    if not values or any(isinstance(value, bool) or not str(value).strip() for value in values):
        what = "the values that say deleted are missing, empty, or read by YAML as true or false"
        raise ConfigurationError(what, where=where, remedy='list them in quotes: values: ["1", "yes"]')
    return tuple(unicodedata.normalize("NFKC", str(value)).strip() for value in values)

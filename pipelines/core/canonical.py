"""The canonical hash of the marts: the test of "the same" between runs, paths (incremental, full) and days.

Belongs here: which columns and tables take part, how values become text, the hashes. Does not: what the marts hold, any
judgement about a difference. A row's hash is over its values in the order of the columns' names; a table's hash is over
its rows' hashes in their own order, so neither row order nor column order matters. Doubles are cut to 9 significant
digits, because sums may differ in the last ones by the order of addition.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

import yaml

from pipelines.core.settings import PROJECT_ROOT
from pipelines.core.warehouse import Connection

MARTS = PROJECT_ROOT / "dbt_project" / "models" / "marts"
#: Marts with a row per figure.
OF_FIGURES = ("fct_metric_value", "fct_metric_change")
DIGITS = 9
SEPARATOR = "chr(31)"


@dataclass(frozen=True, slots=True)
class TableRule:
    """How one mart takes part: `volatile` columns are left out; an `arrival` table depends on which files arrived when."""

    name: str
    volatile: frozenset[str]
    is_arrival: bool


class Hashes(TypedDict):
    """Hashes of a build. `state`: must be equal whatever the arrival; `arrival`: only between equal arrival histories.

    `tables`: the hash of each table, so that a difference can be located.
    """

    state: str
    arrival: str
    tables: dict[str, str]


def differing(one: Hashes, other: Hashes) -> list[str]:
    """Names of the tables in which two builds differ."""
    names = sorted({*one["tables"], *other["tables"]})
    return [name for name in names if one["tables"].get(name) != other["tables"].get(name)]


@cache
def table_rules() -> tuple[TableRule, ...]:
    """What the marts' YAML says, for every mart that is a table."""
    rules = []
    for path in sorted(MARTS.rglob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            config = model["config"]
            # A view is over another mart; a history tells when runs were, not what the data is.
            if config.get("materialized") == "view" or config["meta"].get("history"):
                continue
            volatile = [c["name"] for c in model["columns"] if c.get("config", {}).get("meta", {}).get("volatile", False)]
            rules.append(TableRule(model["name"], frozenset(volatile), bool(config["meta"].get("arrival"))))
    return tuple(rules)


def _as_text(name: str, kind: str) -> str:
    if kind in ("DOUBLE", "FLOAT"):
        return f"coalesce(printf('%.{DIGITS - 1}e', {name}), '~')"
    return f"coalesce(cast({name} as varchar), '~')"


def table_hash(connection: Connection, schema: str, table: str, leave_out: frozenset[str], where: str = "true") -> str:
    """The hash of one table (or of the rows that `where` keeps)."""
    described = connection.execute(f"describe {schema}.{table}").fetchall()
    columns = sorted((str(row[0]), str(row[1])) for row in described if row[0] not in leave_out)
    text = f" || {SEPARATOR} || ".join(_as_text(name, kind) for name, kind in columns)
    rows = connection.execute(
        "select bucket, count(*), sha256(string_agg(row_hash, '' order by row_hash)) "
        "from (select *, left(row_hash, 2) as bucket "
        f"from (select md5({text}) as row_hash from {schema}.{table} where {where})) group by bucket order by bucket"
    ).fetchall()
    told = repr(([name for name, _ in columns], rows))
    return hashlib.sha256(told.encode()).hexdigest()


def canonical_hash(connection: Connection, schema: str = "marts", rules: Sequence[TableRule] | None = None) -> Hashes:
    """The hashes of a build, from a connection whose schema `schema` holds the marts (a published build, the warehouse).

    A metric computed from arrival tables is hashed with them: tables of figures are split by `ref_metric.is_arrival`.
    """
    tables: dict[str, str] = {}
    arrival: dict[str, str] = {}
    registered = connection.execute(
        "select table_schema from information_schema.tables where table_name = 'ref_metric' order by table_schema = ? desc",
        [schema],
    ).fetchall()[0][0]
    of_arrival = f"metric_id in (select metric_id from {registered}.ref_metric where is_arrival)"
    for rule in rules or table_rules():
        if rule.name in OF_FIGURES:
            tables[rule.name] = table_hash(connection, schema, rule.name, rule.volatile, f"not {of_arrival}")
            arrival[f"{rule.name} (arrival)"] = table_hash(connection, schema, rule.name, rule.volatile, of_arrival)
            continue
        (arrival if rule.is_arrival else tables)[rule.name] = table_hash(connection, schema, rule.name, rule.volatile)
    return {"state": _of(tables), "arrival": _of(arrival), "tables": tables | arrival}


def _of(hashes: dict[str, str]) -> str:
    return hashlib.sha256(repr(sorted(hashes.items())).encode()).hexdigest()

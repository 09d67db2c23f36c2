"""What the models' YAML says of their rows, asked of the session's warehouse: every relation, marts and steps, one query each."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.architecture.dbt_models import Model, models
from tests.conftest import TinyCity

#: Steps of an incremental build only; a score that is off by default; what this small city has none of: places with
#: repeated complaints, alerts, printed figures, targets decided by a person.
EMPTY = {
    "stg_ops__touched", "int_metric_touched_position", "int_event_link_due",
    "int_metric_composite", "int_metric_repeat_point", "fct_alert", "int_metric_printed_period",
    "stg_ops__target_decision",
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(tiny_city: TinyCity) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tiny_city.home / "warehouse" / "build.duckdb"), read_only=True) as connection:
        yield connection


def rows_and_repeats(connection: duckdb.DuckDBPyConnection, relation: str, grain: tuple[str, ...]) -> tuple[int, int]:
    """How many rows a relation has, and how many of them repeat another one's grain; NULL counts as a value."""
    columns = ", ".join(f'"{column}"' for column in grain)
    found = connection.execute(
        "select coalesce(sum(rows_n), 0), coalesce(sum(rows_n - 1), 0) "
        f"from (select count(*) as rows_n from {relation} group by {columns})"
    ).fetchone()
    assert found
    return int(found[0]), int(found[1])


@pytest.mark.parametrize("model", [m for m in models() if m.grain], ids=lambda model: model.name)
def test_no_two_rows_agree_in_the_grain(warehouse: duckdb.DuckDBPyConnection, model: Model) -> None:
    rows, repeats = rows_and_repeats(warehouse, f"{model.schema}.{model.name}", model.grain)
    assert not repeats
    assert rows or model.name in EMPTY, "an empty relation keeps every grain: this check shows nothing"


def test_a_row_twice_is_found(warehouse: duckdb.DuckDBPyConnection) -> None:
    feeds = "select * from marts.dim_feed"
    rows, repeats = rows_and_repeats(warehouse, f"({feeds} union all {feeds} where feed = 'grid')", ("feed",))
    assert rows > repeats == 1

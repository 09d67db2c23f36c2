"""The gate's sum over areas, on a warehouse of a few rows."""

from __future__ import annotations

from pipelines.building.gate import _areas
from pipelines.core.warehouse import Connection, scratch


def warehouse(connection: Connection, *, base: int, at_root: int, in_child: int) -> None:
    """One metric and its variant with backlog: cases that name the city itself, and cases in a district."""
    connection.execute("create schema marts; create schema intermediate")
    connection.execute("create table marts.build_info as select '99' as root_code")
    connection.execute(
        "create table marts.dim_grid as select * from (values ('99@', '99', null), ('01@', '01', '99')) t(grid_version_id, grid_code, parent_code)"
    )
    rows = ", ".join(
        f"('{metric}', '{code}', '{code}@', {n})" for metric in ("M16", "M16b") for code, n in (("99", base), ("01", in_child))
    )
    connection.execute(
        "create table marts.fct_metric_value as select t.*, 'as_was' as basis, 'year' as period_kind, 'all' as slice_kind, "
        f"date '2016-01-01' as period_start, date '2016-12-31' as period_end from (values {rows}) t(metric_id, grid_code, grid_version_id, num)"
    )
    connection.execute(
        "create table intermediate.int_metric_atom as select 'M16' as metric_id, '99' as grid_code, 'all' as slice_kind, "
        f"date '2016-03-01' as day, {at_root} as num"
    )


def test_cases_that_name_the_city_itself_are_in_its_sum() -> None:
    """A variant with backlog has no atoms of its own: a file that says "Boston" for 102 cases must not block Boston."""
    with scratch() as connection:
        warehouse(connection, base=3634, at_root=102, in_child=3532)
        assert _areas(connection) == []


def test_a_case_that_is_in_no_area_is_found() -> None:
    with scratch() as connection:
        warehouse(connection, base=3634, at_root=101, in_child=3532)
        assert {finding.where[:4].strip() for finding in _areas(connection)} == {"M16", "M16b"}

"""The columns of one feed beside fct_event, asked of the session's warehouse: whose rows, which version, who may see them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.core.canonical import table_rules
from pipelines.core.contracts import load_contract
from pipelines.core.warehouse import open_published
from pipelines.reports.dictionary import mart_models
from tests.conftest import TinyCity

#: Table -> the contracts whose events it has.
KINDS = {
    "ext_incident": ("police_incident",),
    "ext_urban_case": ("urban_case",),
    "ext_petition": ("petition", "hotline_order"),
    "ext_court_case": ("court_case",),
    "ext_mediation": ("mediation",),
    "ext_hazard": ("hazard",),
}
LEVELS = ("P1", "P2", "P3", "P4")


@pytest.fixture(scope="module")
def warehouse(tiny_city: TinyCity) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tiny_city.home / "warehouse" / "build.duckdb"), read_only=True) as connection:
        yield connection


def declared(table: str) -> dict[str, str]:
    """Column -> data level, as the table's YAML says."""
    entry = next(model for model in mart_models() if model["name"] == table)
    return {column["name"]: column["config"]["meta"]["data_level"] for column in entry["columns"]}


def as_landed(table: str, kind: str) -> list[str]:
    """Columns of the table that the contract lands under the same name and that no code set maps."""
    landed = {column.name for column in load_contract(kind).landed if not column.codes}
    return [name for name in declared(table) if name in landed]


def differing(warehouse: duckdb.DuckDBPyConnection, kind: str, table: str, columns: list[str]) -> tuple[int, dict[str, int]]:
    """Events compared, and per column in how many the table has another value than the landed row that fct_event shows."""
    counts = ", ".join(f"count(*) filter (ext.{name} is distinct from source.{name})" for name in columns)
    found = warehouse.execute(
        f"select count(*), {counts} from marts.fct_event as event join {table} as ext using (event_id) "
        f"join raw.{kind} as source on event.source_file = source._file and event.source_record_no = source._record_no "
        "and event.event_id = source._event_id and event.event_kind = ?",
        [kind],
    ).fetchone()
    assert found
    return found[0], dict(zip(columns, found[1:], strict=True))


def test_every_ext_table_is_asked() -> None:
    assert {model["name"] for model in mart_models() if model["name"].startswith("ext_")} == set(KINDS)


@pytest.mark.parametrize("table", KINDS)
def test_exactly_the_events_of_its_kinds(warehouse: duckdb.DuckDBPyConnection, table: str) -> None:
    of_kind = "select event_id from marts.fct_event where list_contains(?, event_kind)"
    kinds = list(KINDS[table])
    expected = {row[0] for row in warehouse.execute(of_kind, [kinds]).fetchall()}
    rows = [row[0] for row in warehouse.execute(f"select event_id from marts.{table}").fetchall()]
    assert expected
    assert len(rows) == len(expected)
    assert set(rows) == expected


@pytest.mark.parametrize(("table", "kind"), [(table, kind) for table, kinds in KINDS.items() for kind in kinds])
def test_values_are_those_of_the_version_that_fct_event_shows(
    warehouse: duckdb.DuckDBPyConnection, table: str, kind: str
) -> None:
    columns = as_landed(table, kind)
    assert columns
    compared, differences = differing(warehouse, kind, f"marts.{table}", columns)
    assert compared == warehouse.execute("select count(*) from marts.fct_event where event_kind = ?", [kind]).fetchall()[0][0]
    assert not {name: n for name, n in differences.items() if n}


def test_an_older_version_is_found(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The first version in place of the current one: the comparison sees it, so it is not blind to versions."""
    columns = as_landed("ext_court_case", "court_case")
    assert {"hearing_on", "premed_no", "is_mass"} <= set(columns)
    first = (
        "(select source.* exclude (_event_id), version.event_id from marts.fct_event_version as version "
        "join raw.court_case as source on version.source_file = source._file "
        "and version.source_record_no = source._record_no and version.event_id = source._event_id where version_no = 1)"
    )
    _, differences = differing(warehouse, "court_case", first, columns)
    assert differences["hearing_on"]


def test_a_code_is_the_mapped_one(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The result of the mediation before filing, by the city's own map; what it does not know is UNMAPPED."""
    found = warehouse.execute(
        "select count(*) filter (ext.premed_result is not null), count(*) filter (ext.premed_result is distinct from "
        "case when source.premed_result is not null then coalesce(map.canonical_code, 'UNMAPPED') end) "
        "from marts.fct_event as event join marts.ext_court_case as ext using (event_id) "
        "join raw.court_case as source on event.source_file = source._file and event.source_record_no = source._record_no "
        "and event.event_id = source._event_id "
        "left join ops.code_map as map on map.contract = 'court_case' and map.code_set = 'premed_result' "
        "and source._system = map.system and source.premed_result = map.source_code "
        "and source.filed_on >= map.valid_from and source.filed_on < map.valid_to"
    ).fetchall()
    assert found[0][0] > 0
    assert found[0][1] == 0


def test_a_case_that_an_older_version_calls_sealed_is_gone(tiny_city: TinyCity, tmp_path: Path) -> None:
    """This city has no sealed case: in a copy of its warehouse the landed first version of one is called sealed."""
    copy = tmp_path / "build.duckdb"  # the views name their catalog
    shutil.copy(tiny_city.home / "warehouse" / "build.duckdb", copy)
    with duckdb.connect(str(copy)) as connection:
        before = {row[0] for row in connection.execute("select event_id from marts.ext_court_case").fetchall()}
        (chosen,) = connection.execute(
            "select event_id, source_file, source_record_no from marts.fct_event_version semi join marts.ext_court_case "
            "using (event_id) where version_no = 1 and not is_current order by event_id limit 1"
        ).fetchall()
        connection.execute("create table raw.landed as select * from raw.court_case")
        connection.execute(
            "update raw.landed set is_sealed = true where _event_id = ? and _file = ? and _record_no = ?", list(chosen)
        )
        connection.execute("create or replace view raw.court_case as select * from raw.landed")
        after = {row[0] for row in connection.execute("select event_id from marts.ext_court_case").fetchall()}
    assert before - after == {chosen[0]}
    assert after < before


@pytest.mark.parametrize(("table", "kind"), [(table, kind) for table, kinds in KINDS.items() for kind in kinds])
def test_levels_are_at_least_those_of_the_contract(table: str, kind: str) -> None:
    said = declared(table)
    assert set(said.values()) <= {"P1", "P2"}
    of_contract = {column.name: column.level for column in load_contract(kind).columns}
    assert not [n for n, level in said.items() if n in of_contract and LEVELS.index(level) < LEVELS.index(of_contract[n])]


def test_no_board_can_ask_for_them(tiny_city: TinyCity) -> None:
    """They are views over staging: neither a published build nor the canonical hash knows them."""
    with open_published(tiny_city.home) as published:
        names = {row[0] for row in published.rows("select table_name from information_schema.tables")}
    assert "fct_event" in names
    assert not names & set(KINDS)
    assert not {rule.name for rule in table_rules()} & set(KINDS)

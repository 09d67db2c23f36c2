"""The canonical hash: blind to order and volatile columns, awake to every value."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.core.canonical import TableRule, canonical_hash, differing, table_hash, table_rules
from pipelines.core.warehouse import Connection, scratch

NONE: frozenset[str] = frozenset()


@pytest.fixture
def db() -> Iterator[Connection]:
    with scratch() as connection:
        connection.execute("create schema marts")
        yield connection


def make(db: Connection, rows: str, columns: str = "k, v, made") -> str:
    db.execute(f"create or replace table marts.t as select * from (values {rows}) as t ({columns})")
    return table_hash(db, "marts", "t", frozenset({"made"}))


def test_row_order_and_volatile_columns_do_not_matter(db: Connection) -> None:
    assert make(db, "(1, 'a', 1), (2, 'b', 2)") == make(db, "(2, 'b', 9), (1, 'a', 8)")


@pytest.mark.parametrize("rows", ["(1, 'a', 1)", "(1, 'a', 1), (2, 'c', 2)", "(1, 'a', 1), (2, 'b', 2), (2, 'b', 2)",
                                  "(1, 'a', 1), (2, null, 2)", "(1, 'b', 1), (2, 'a', 2)"])  # fmt: skip
def test_every_value_matters(db: Connection, rows: str) -> None:
    assert make(db, "(1, 'a', 1), (2, 'b', 2)") != make(db, rows)


def test_a_value_cannot_hide_in_its_neighbour(db: Connection) -> None:
    assert make(db, "('a', 'bc', 1)") != make(db, "('ab', 'c', 1)")


def test_null_is_not_empty(db: Connection) -> None:
    assert make(db, "(1, null::varchar, 1)") != make(db, "(1, '', 1)")


def test_doubles_are_compared_to_nine_digits(db: Connection) -> None:
    one = make(db, "(1, 0.1::double + 0.2::double, 1)")
    assert one == make(db, "(1, 0.3::double, 1)")
    assert one != make(db, "(1, 0.300000001::double, 1)")


def test_lists_and_dates_take_part(db: Connection) -> None:
    one = make(db, "(date '2026-01-01', ['a', 'b'], 1)")
    assert one != make(db, "(date '2026-01-01', ['b', 'a'], 1)")
    assert one != make(db, "(date '2026-01-02', ['a', 'b'], 1)")


def test_arrival_is_hashed_apart_and_a_difference_has_a_name(db: Connection) -> None:
    rules = [TableRule("t", NONE, is_arrival=False), TableRule("seen", NONE, is_arrival=True),
             TableRule("fct_metric_value", NONE, is_arrival=False)]  # fmt: skip
    db.execute("create table marts.t as select 1 as k; create table marts.seen as select 1 as k")
    db.execute(
        "create table marts.ref_metric as select * from (values ('M1', false), ('M50', true)) as m (metric_id, is_arrival)"
    )
    db.execute("create table marts.fct_metric_value as select * from (values ('M1', 1), ('M50', 1)) as v (metric_id, num)")
    before = canonical_hash(db, rules=rules)
    db.execute("update marts.seen set k = 2; update marts.fct_metric_value set num = 2 where metric_id = 'M50'")
    after = canonical_hash(db, rules=rules)
    assert before["state"] == after["state"]
    assert before["arrival"] != after["arrival"]
    assert differing(before, after) == ["fct_metric_value (arrival)", "seen"]


def test_the_rules_are_read_from_the_marts() -> None:
    rules = {rule.name: rule for rule in table_rules()}
    assert rules["fct_feed_outcome"].is_arrival
    assert "received_at" in rules["fct_feed_outcome"].volatile
    assert not rules["fct_event"].is_arrival
    assert "v_metric_display" not in rules

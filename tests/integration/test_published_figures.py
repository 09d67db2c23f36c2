"""Printed figures: the audit that the warehouse holds, against the pure arithmetic of `audit-figure`."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.analytics.figures import audit_published_figure
from pipelines.core.warehouse import open_published


@pytest.fixture(scope="module")
def printed(tiny_home: Path) -> list[dict[str, Any]]:
    build = open_published(tiny_home)
    rows = build.frame("select * from marts.fct_published_figure order by pub_figure_id").to_dicts()
    build.connection.close()
    return rows


def test_every_printed_share_is_audited_as_the_pure_function_does(printed: list[dict[str, Any]]) -> None:
    shares = [row for row in printed if row["audit_verdict"] != "not_a_share"]
    assert len(shares) > 20
    for row in shares:
        value, den = Decimal(row["printed_value"]), int(row["printed_den"])
        audit = audit_published_figure(value, row["decimals"], den, row["comparator"])
        found = range(row["feasible_from"], row["feasible_to"] + 1) if row["feasible_from"] is not None else range(0)
        assert found == audit.numerators, row["pub_figure_id"]


def test_the_verdicts_that_arithmetic_alone_gives(printed: list[dict[str, Any]]) -> None:
    verdict = {row["pub_figure_id"]: (row["audit_verdict"], row["feasible_from"], row["feasible_to"]) for row in printed}
    assert verdict["F41"] == ("infeasible", None, None)
    assert verdict["F39"] == ("feasible", 9513, 9616)
    assert verdict["F34"] == ("feasible", 1503, 1503)
    assert verdict["F34b"] == ("feasible", 1509, 1509)
    assert verdict["F40"] == ("feasible", 53550, 53609)
    assert verdict["F45"] == ("feasible", 906679, 906769)
    assert {row["pub_figure_id"] for row in printed if row["audit_verdict"] == "numerator_contradicts"} == set()


def test_no_figure_of_a_real_place_is_claimed_by_a_city_that_does_not_hold_it(printed: list[dict[str, Any]]) -> None:
    assert all(row["our_num"] is None for row in printed)

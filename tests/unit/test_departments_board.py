"""The board of departments names whom there is enough of, compares like with like, and lets no small number out."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dashboards.boards.department_share import side_of
from dashboards.boards.departments_open import average_of, compared_networks, named_and_rest, states_of
from dashboards.kit.chance import Part, whole


def held(code: str, open_n: int, late: int = 0, network: str = "urban", reported: int = 100) -> dict[str, Any]:
    return {
        "dept_id": code, "dept_zh": code, "dept_en": code, "network": network, "reported_n": reported, "earlier_reported_n": 0,
        "open_n": open_n, "open_with_deadline_n": open_n, "overdue_n": late,
    }  # fmt: skip


ROWS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 200)), max_size=12).map(
    lambda pairs: [held(f"D{n}", open_n, reported=reported) for n, (open_n, reported) in enumerate(pairs)]
)


@given(ROWS)
def test_no_department_is_left_alone_among_the_others_and_no_few_cases(rows: list[dict[str, Any]]) -> None:
    named, rest, others = named_and_rest(rows)
    assert len(named) + others == len(rows)
    assert sum(row["open_n"] for row in named) + rest["open_n"] == sum(row["open_n"] for row in rows)
    assert all(row["open_n"] >= whole("department_least") for row in named)
    if named:
        assert others != 1
        assert not 0 < rest["open_n"] <= whole("small_cell_max")
    assert [row["dept_id"] for row in named] == sorted((row["dept_id"] for row in named), key=lambda code: int(code[1:]))


def test_departments_are_compared_with_those_of_their_own_network() -> None:
    rows = [held("U1", 200, 60), held("U2", 200, 62), held("U3", 200, 10), held("C1", 300, 6, "court"), held("C2", 300, 5, "court"),
            held("X1", 50, 40, "other"), held("X2", 50, 1, "other"), held("P1", 50, 5, "police")]  # fmt: skip
    assert compared_networks(rows) == ["urban", "court"]
    states = states_of(rows, rows)
    assert states["U3"] == "far_below"
    assert states["C1"] == "average"  # though far below the urban ones
    assert states["X1"] == states["P1"] == "unknown"
    assert average_of(rows, "court") == Part(11, 600)


def test_far_below_is_better_where_lower_is() -> None:
    assert side_of("far_below", "lower") == side_of("far_above", "higher") == "better"
    assert side_of("far_below", "higher") == "worse"
    assert side_of("far_above", "neutral") == "apart"
    assert side_of("below", "higher") == side_of("unknown", "lower") == ""

"""No board divides one figure by another: `v_metric_display` is the one place where a figure is divided.

A rate has one register entry that states what is above and below the line. A quotient made on a panel (found disputes
by mediated disputes) has none, and mostly counts different things.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import sqlglot
from sqlglot import exp

from dashboards.kit.access import query_text
from pipelines.core.register import read_register
from pipelines.core.register_rules import refused_pairs
from tests.architecture.project import parse, project_files, python_files, read

#: Columns of fct_metric_value and v_metric_display that hold a figure; a column made from one keeps its name within it.
FIGURE = re.compile(r"(?:^|_)(?:num|den|value|stat_value|cases_n)(?:_|$)")
METRIC = re.compile(r"\b[MV]\d{2}[a-z]?\b")


def _figures(node: exp.Expression) -> set[str]:
    return {c.name for c in node.find_all(exp.Column) if FIGURE.search(c.name)}


def divisions(sql: str) -> list[str]:
    """Divisions in a query of which both sides hold a figure."""
    found = []
    for statement in sqlglot.parse(sql, read="duckdb"):
        for node in statement.find_all(exp.Div, exp.IntDiv) if statement else []:
            above, below = node.this, node.expression
            if _figures(above) and _figures(below):
                found.append(node.sql())
    return found


def quotients(tree: ast.AST) -> Iterator[frozenset[str]]:
    """Pairs of metrics that Python code divides by name: figures["M06"] / figures["M11"]."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv):
            above, below = (set(METRIC.findall(ast.unparse(side))) for side in (node.left, node.right))
            yield from (frozenset((one, other)) for one in above for other in below if one != other)


def queries() -> list[Path]:
    return [p for p in project_files() if p.parts[:2] == ("dashboards", "queries") and p.suffix == ".sql"]


def test_no_query_of_a_board_divides_figures() -> None:
    assert len(queries()) > 50
    assert not [path.stem for path in queries() if divisions(query_text(path.stem))]  # with what it is filled in with


def test_no_board_divides_two_metrics() -> None:
    found = {str(p): list(quotients(parse(p))) for p in python_files() if p.parts[0] in ("dashboards", "pipelines")}
    assert not {path: pairs for path, pairs in found.items() if pairs}


def test_no_metric_is_made_of_a_refused_pair() -> None:
    """Nor may an entry be a score of two figures that must not be divided, or a change of one by the other."""
    pairs = refused_pairs(read_register())
    weights = read(Path("dbt_project/seeds/ref_composite_weight.csv")).splitlines()[1:]
    members = [line.split(",")[:2] for line in weights]
    mixed = [{a[1], b[1]} for a, b in combinations(members, 2) if a[0] == b[0]]
    assert not [pair for pair in mixed if frozenset(pair) in pairs]


def test_a_panel_that_divides_found_by_mediated_disputes_is_caught() -> None:
    panel = """
        select found.grid_code, 1.0 * found.num / nullif(mediated.num, 0) as mediated_share
        from marts.v_metric_display as found
        inner join marts.v_metric_display as mediated using (grid_code, period_start)
        where found.metric_id = 'M06' and mediated.metric_id = 'M11'
    """
    assert divisions(panel)
    pivoted = (
        "select sum(case when metric_id = 'M06' then value end) / sum(case when metric_id = 'M11' then value end) from marts.v"
    )
    assert divisions(pivoted)
    assert list(quotients(ast.parse("share = figures['M06'].value / figures['M11'].value"))) == [frozenset({"M06", "M11"})]
    assert not divisions("select value / 7 as per_day, date_day / 2 from marts.v_metric_display")

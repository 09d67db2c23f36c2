"""A board has one way to the data: `Source.ask`, which asks as the reader of the page. Nothing else opens a build, a file of
data or a database, and no board writes SQL or says who the reader is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.project import parse, python_files

ACCESS = Path("dashboards/kit/access.py")
DATA = Path("dashboards/kit/data.py")
CITY = Path("dashboards/kit/city.py")
OPENED = Path("dashboards/kit/opened.py")
ACTS = Path("dashboards/boards/returned_acts.py")
#: Of core.warehouse: what a reader needs to open a build, and who may name it.
OWNERS = {
    "open_published": {OPENED}, "open_pair": {OPENED}, "Connection": {OPENED}, "PublishedBuild": {ACCESS, OPENED},
    "quoted": {ACCESS}, "current_manifest": {DATA},
}  # fmt: skip
#: Who may say what: makes a reader, asks as one, reads the ledger.
CALLS = {
    "Reader": {CITY},
    "access.Reader": {CITY},
    "access.read": {DATA},
    "cursor_of": {ACCESS},
    "opened.cursor_of": {ACCESS},
    "pair_of": {ACCESS},
    "opened.pair_of": {ACCESS},
    "access.lend": {DATA},
    "data._answer": {DATA},
    "data._made": {DATA},
    "Ledger.of": {CITY},
    "Source": {DATA},
    "desk.Scope": {ACTS},
    "pl.from_arrow": {ACCESS},
}
#: Rows that were set aside are no part of a build: these two modules ask the clerk's desk for them, within the reader's scope.
DESK = {ACTS, Path("dashboards/boards/returned.py")}
DATABASES = {"duckdb", "sqlite3", "pyarrow", "adbc_driver_manager", "connectorx"}
OPENS_DATA = re.compile(r"(read|scan)_\w+|from_arrow|SQLContext|sql")
IS_SQL = re.compile(r"\b(select\b[\s\S]*\bfrom\s+\w|insert\s+into|delete\s+from|create\s+(table|view)|attach\s)", re.IGNORECASE)


def around(path: Path, tree: ast.AST) -> list[str]:
    """What in a module of the boards goes around the one way."""
    found = []
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            module = getattr(node, "module", None) or ""
            names = [alias.name for alias in node.names]
            found += [name for name in [module, *names] if name.split(".")[0] in DATABASES]
            if module == "pipelines.core.warehouse":
                found += [name for name in names if path not in OWNERS.get(name, set())]
            elif (module == "pipelines.core" and "warehouse" in names) or "pipelines.core.warehouse" in names:
                found.append("warehouse")
            if path not in DESK and ((module == "pipelines" and "desk" in names) or "pipelines.desk" in (module, *names)):
                found.append("desk")
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "desk.EVERYTHING":
            found.append("desk.EVERYTHING")
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if path not in CALLS.get(called, {path}):
                found.append(called)
            if called not in CALLS and called.startswith(("pl.", "polars.")) and OPENS_DATA.fullmatch(called.partition(".")[2]):
                found.append(called)
            if called in ("st.connection", "streamlit.connection"):
                found.append(called)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and path != ACCESS and id(node) not in prose:
            found += [node.value] if IS_SQL.search(node.value) else []
    return found


def test_a_board_has_one_way_to_the_data() -> None:
    assert not {str(path): found for path in python_files("dashboards") if (found := around(path, parse(path)))}


@pytest.mark.parametrize(
    "line",
    [
        "import duckdb", "import sqlite3 as s", "from pipelines.core.warehouse import open_published",
        "from pipelines.core import warehouse", "import pipelines.core.warehouse as w", "from pyarrow import parquet",
        "pl.read_parquet('published/parts/x.parquet')", "polars.scan_parquet('x')", "pl.sql('x')", "st.connection('x')",
        "board.source.ask_sql('select * from marts.fct_event')", "access.read(home, manifest, reader, sql, {})",
        "data.open_source(home, Reader())", "Source(home, manifest, reader)", "Ledger.of(home)", "access.Reader(areas=())",
        "from pipelines import desk", "from pipelines.desk import entries", "desk.entries(place, desk.EVERYTHING, now=now)",
        "desk.Scope(is_all=True)", "opened.cursor_of(home, manifest, reader, narrow)", "cursor_of(home, manifest, reader, narrow)",
        "access.lend(home, manifest, Reader(), print)", "pair_of(home, before, after, narrow)",
    ],
)  # fmt: skip
def test_a_way_around_is_seen(line: str) -> None:
    assert around(Path("dashboards/boards/overview.py"), ast.parse(line))

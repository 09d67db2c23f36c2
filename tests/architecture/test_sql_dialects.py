"""Every dbt model is SQL in two dialects: DuckDB, which we run, and Spark, the way out when one machine is too small.

The models are compiled twice: with DuckDB's variants of our portable macros, and with Spark's. No Spark is started: what
is shown is that each compiled text parses in its dialect, not that Spark gives the same figures.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from dbt.context.providers import BaseDatabaseWrapper
from sqlglot import exp
from sqlglot.errors import ParseError

from tests import compiling
from tests.architecture.project import project_files

#: Whose variant of a macro is taken first. dbt-spark is not installed, so only our own macros have a spark variant.
VARIANTS = {"duckdb": ["duckdb", "default"], "spark": ["spark", "duckdb", "default"]}
#: sqlglot parses more than Spark does: these constructs it accepts, and Spark has none of them ...
NOT_SPARK = (exp.Comprehension, exp.Qualify, exp.Columns)
#: ... and a function that sqlglot has no name for must be one of Spark's own, looked up before it is added here.
SPARK_HAS = {"make_date"}


def compiled(folder: Path, dialect: str) -> dict[str, str]:
    """Model name -> compiled SQL, with the macros' variants for `dialect`; dbt's own files go to `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "_get_adapter_macro_prefixes", lambda _: VARIANTS[dialect])
        nodes = compiling.compiled(folder)
    return {name: node.compiled_code for name, node in nodes.items() if node.language == "sql"}


@pytest.fixture(scope="module", params=["duckdb", "spark"])
def models(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    return request.param, compiled(tmp_path_factory.mktemp("compiled"), request.param)


def faults(sql: str, dialect: str) -> str:
    """Why the text does not parse as one statement of the dialect; empty if it does."""
    try:
        statements = sqlglot.parse(sql, read=dialect)
    except ParseError as error:
        return str(error).replace("\x1b[4m", "").replace("\x1b[0m", "")
    if len(statements) != 1 or statements[0] is None:
        return f"{len(statements)} statements"
    if dialect != "spark":
        return ""
    unknown = {f.name.lower() for f in statements[0].find_all(exp.Anonymous)} - SPARK_HAS
    foreign = {type(node).__name__ for node in statements[0].find_all(*NOT_SPARK)}
    foreign |= {"star except" for star in statements[0].find_all(exp.Star) if star.args.get("except_")}
    return ", ".join(sorted(unknown | foreign))


def test_every_model_parses(models: tuple[str, dict[str, str]]) -> None:
    dialect, texts = models
    assert not {name: fault for name, sql in texts.items() if (fault := faults(sql, dialect))}


def test_every_model_was_compiled(models: tuple[str, dict[str, str]]) -> None:
    files = [p for p in project_files() if p.parts[:2] == ("dbt_project", "models") and p.suffix == ".sql"]
    assert {p.stem for p in files} == set(models[1])


def test_duckdbs_own_tricks_do_not_parse_as_spark() -> None:
    assert faults("select [x * 2 for x in xs] as doubled from t", "spark")
    assert faults("select epoch(a) as seconds from t", "spark")
    assert faults("select * exclude (a) from t", "spark")
    assert faults("select {'a': 1} as s from t", "spark")
    assert not faults("select cast(a as date) as day from t", "spark")

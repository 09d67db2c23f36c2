"""Who may import whom (the contracts are in pyproject.toml), and the single owners that import-linter cannot see."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.project import OUR_PYTHON, ROOT, parse, project_files, python_files, read

ENVIRONMENT_OWNER = Path("pipelines/core/settings.py")
CONNECTION_OWNERS = {Path("pipelines/core/warehouse.py"), Path("quality/verify.py")}
#: `duckdb.<these>` open a connection, or use the hidden one that the module shares.
OPENS_A_CONNECTION = {"connect", "sql", "query", "execute", "default_connection", "cursor", "read_csv", "read_parquet",
                      "read_json", "from_df", "from_arrow"}  # fmt: skip


def import_law() -> list[dict[str, object]]:
    loaded = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[dict[str, object]] = loaded["tool"]["importlinter"]["contracts"]
    return contracts


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_the_import_law_holds() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


#: Imports that the law forbids, each of another of its contracts or rooms: importer, line, what it imports.
FORBIDDEN = (
    ("pipelines/core/settings.py", "import pipelines.reports", "pipelines.reports"),
    ("pipelines/cleaning/__init__.py", "import pipelines.ingest", "pipelines.ingest"),
    ("dashboards/kit/__init__.py", "import pipelines.core.vault", "pipelines.core.vault"),
    ("pipelines/reports/__init__.py", "import pipelines.analytics.places", "pipelines.analytics.places"),
    ("pipelines/ingest.py", "import great_expectations", "great_expectations"),
    ("pipelines/ingest.py", "import dagster", "dagster"),
    ("quality/__init__.py", "import streamlit", "streamlit"),
)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """What the law says of a copy with all of them planted; read once, as each reading takes seconds."""
    copy = tmp_path_factory.mktemp("broken")
    for path in python_files(*OUR_PYTHON):
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, copy / path)
    shutil.copy(ROOT / "pyproject.toml", copy)
    for importer, line, _ in FORBIDDEN:
        planted = copy / importer
        planted.write_text(planted.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    return lint_imports(copy)


@pytest.mark.parametrize(("importer", "line", "imported"), FORBIDDEN)
def test_the_import_law_sees_a_forbidden_import(
    broken: subprocess.CompletedProcess[str], importer: str, line: str, imported: str
) -> None:
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "BROKEN" in broken.stdout
    module = importer.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    told = re.search(rf"{re.escape(module)} -> {re.escape(imported)} \(l\.(\d+)\)", broken.stdout)
    assert told, broken.stdout
    assert (ROOT / importer).read_text(encoding="utf-8").count("\n") < int(told[1]), "the planted line itself"


def test_every_room_stands_in_the_import_law() -> None:
    rooms = {".".join(path.with_suffix("").parts[:2]) for path in python_files("pipelines")}
    rooms -= {"pipelines.__init__", "pipelines.core"}  # core is open to all
    named = {module for contract in import_law() for module in contract.get("protected_modules", [])}  # type: ignore[union-attr, attr-defined]
    assert rooms | {"quality", "dashboards"} <= named


def environment_reads(tree: ast.AST) -> list[int]:
    """Lines that read or write the environment."""
    found = []
    for node in ast.walk(tree):
        is_attribute = isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "putenv", "environb")
        is_import = isinstance(node, ast.ImportFrom) and node.module == "os" and any("env" in a.name for a in node.names)
        if (is_attribute and isinstance(node.value, ast.Name) and node.value.id == "os") or is_import:
            found.append(node.lineno)
    return found


def connections(tree: ast.AST) -> list[int]:
    """Lines that open a DuckDB connection."""
    found = []
    for node in ast.walk(tree):
        is_attribute = isinstance(node, ast.Attribute) and node.attr in OPENS_A_CONNECTION
        is_import = isinstance(node, ast.ImportFrom) and node.module == "duckdb"
        if is_import and {a.name for a in node.names} & OPENS_A_CONNECTION:
            found.append(node.lineno)
        if is_attribute and isinstance(node.value, ast.Name) and node.value.id == "duckdb":
            found.append(node.lineno)
    return found


def test_the_environment_is_read_in_settings_alone() -> None:
    found = {str(p): environment_reads(parse(p)) for p in python_files(*OUR_PYTHON) if p != ENVIRONMENT_OWNER}
    assert not {path: lines for path, lines in found.items() if lines}


def test_duckdb_is_opened_by_its_owners_alone() -> None:
    found = {str(p): connections(parse(p)) for p in python_files(*OUR_PYTHON) if p not in CONNECTION_OWNERS}
    assert not {path: lines for path, lines in found.items() if lines}


def test_the_owner_scans_see_what_they_look_for() -> None:
    assert sorted(environment_reads(ast.parse("import os\nx = os.environ[0]\nfrom os import getenv"))) == [2, 3]
    assert connections(ast.parse("import duckdb\nduckdb.connect()\nduckdb.sql('select 1')\n"))
    assert connections(ast.parse("from duckdb import connect"))
    assert not connections(ast.parse("import duckdb\ndef f(c: duckdb.DuckDBPyConnection): c.execute('')"))


def test_only_staging_names_a_source() -> None:
    sources = re.compile(r"\bsource\s*\(")
    models = [p for p in project_files() if p.parts[:2] == ("dbt_project", "models") and p.suffix in (".sql", ".py")]
    found = [str(p) for p in models if p.parts[2] != "staging" and sources.search(read(p))]
    assert not found


def test_definitions_holds_no_logic() -> None:
    tree = parse(Path("pipelines/definitions.py"))
    assert len(read(Path("pipelines/definitions.py")).splitlines()) <= 40
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.If | ast.For | ast.While)]

"""A parse of the dbt project is used again only for what it was made of, and only whole."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from dbt_common.exceptions import DbtRuntimeError

from pipelines.building import parsed
from pipelines.building.dbt import PROJECT, target_path
from pipelines.building.opened import Plugin
from pipelines.core.settings import Home, load_settings

NAME = "0" * 64


FILES = (
    "models/marts/core/fct_event.sql", "models/intermediate/metric/int_hot_spot.py", "seeds/ref_threshold.csv", "seeds/_seeds.yml",
    "macros/schema_name.sql", "tests/ended_areas_are_covered.sql", "dbt_project.yml", "profiles.yml",
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One file of each kind that a parse reads, from the project itself."""
    for file in FILES:
        (tmp_path / "dbt_project" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / file, tmp_path / "dbt_project" / file)
    return tmp_path / "dbt_project"


def _more(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")


CHANGES: dict[str, Callable[[Path], None]] = {
    "a model": lambda p: _more(p / "models/marts/core/fct_event.sql"),
    "a Python model": lambda p: _more(p / "models/intermediate/metric/int_hot_spot.py"),
    "a seed": lambda p: _more(p / "seeds/ref_threshold.csv"),
    "a macro": lambda p: _more(p / "macros/schema_name.sql"),
    "a schema": lambda p: _more(p / "seeds/_seeds.yml"),
    "a test": lambda p: _more(p / "tests/ended_areas_are_covered.sql"),
    "the project": lambda p: _more(p / "dbt_project.yml"),
    "the profile": lambda p: _more(p / "profiles.yml"),
    "a model that came": lambda p: (p / "models/marts/core/new.sql").write_text("select 1", encoding="utf-8") and None,
    "a model that went": lambda p: (p / "models/marts/core/fct_event.sql").unlink(),
    "a model by another name": lambda p: (
        (p / "models/marts/core/fct_event.sql").rename(p / "models/marts/core/other.sql") and None
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_another_project_has_another_parse(project: Path, what: str) -> None:
    before = parsed.name_of_parse(project, {})
    assert parsed.name_of_parse(project, {}) == before
    CHANGES[what](project)
    assert parsed.name_of_parse(project, {}) != before


def test_other_variables_versions_and_places_have_another_parse(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [parsed.name_of_parse(project, {"DBT_VARS": "{a: 1}"}), parsed.name_of_parse(project, {"DBT_TARGET": "x"})]
    names += [parsed.name_of_parse(Path(shutil.copytree(project, tmp_path / "elsewhere")), {}), parsed.name_of_parse(project, {})]
    monkeypatch.setattr(parsed, "version", lambda package: "9.9")
    names.append(parsed.name_of_parse(project, {}))
    assert len(set(names)) == len(names)


def test_where_dbt_writes_makes_no_other_parse() -> None:
    elsewhere = {
        "DBT_TARGET_PATH": "/a",
        "DBT_LOG_PATH": "/b",
        "CITYBRAIN_WAREHOUSE": "/c.duckdb",
        "CITYBRAIN_MEMORY_LIMIT": "9GB",
    }
    assert parsed.name_of_parse(PROJECT, elsewhere) == parsed.name_of_parse(PROJECT, {})


def test_the_project_reads_no_variable_that_the_name_leaves_out() -> None:
    """A parse follows from files and DBT_ variables alone; the profile's one variable is no part of dbt's own comparison."""
    texts = {p: p.read_text(encoding="utf-8") for p in PROJECT.rglob("*") if p.suffix in (".sql", ".yml")}
    reading = {p.name: set(re.findall(r"\b(?:env_var|var)\(\s*'(\w+)'", text)) for p, text in texts.items()}
    assert {name: found for name, found in reading.items() if found} == {"profiles.yml": {"CITYBRAIN_DBT_THREADS"}}


def _left(folder: Path, text: str = "parse") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for file in parsed.FILES:
        (folder / file).write_text(text + file, encoding="utf-8")
    return folder


def test_a_parse_goes_from_home_to_home(tmp_path: Path) -> None:
    shared, target = tmp_path / "shared", tmp_path / "two"
    target.mkdir()
    assert not parsed.fetch(shared, NAME, target)
    parsed.keep(shared, NAME, _left(tmp_path / "one"))
    parsed.keep(shared, NAME, _left(tmp_path / "one"))  # another process made the same one
    assert [p.name for p in shared.iterdir()] == [f"{NAME}.zip"]
    assert parsed.fetch(shared, NAME, target)
    assert [(target / file).read_text(encoding="utf-8") for file in parsed.FILES] == ["parse" + file for file in parsed.FILES]
    assert not parsed.fetch(shared, "1" * 64, target)


@pytest.mark.parametrize("damage", ["empty", "cut off", "a byte", "no archive", "one file only", "a folder"])
def test_a_damaged_parse_is_not_used_and_leaves_nothing(tmp_path: Path, damage: str) -> None:
    shared, target = tmp_path / "shared", tmp_path / "two"
    target.mkdir()
    parsed.keep(shared, NAME, _left(tmp_path / "one", "parse" * 99))
    path = shared / f"{NAME}.zip"
    whole = path.read_bytes()
    at = whole.index(parsed.FILES[0].encode()) + len(parsed.FILES[0]) + 4
    path.unlink()
    match damage:
        case "a folder":
            path.mkdir()
        case "one file only":
            with zipfile.ZipFile(path, "w") as held:
                held.writestr(parsed.FILES[0], "parse")
        case _:
            flipped = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
            path.write_bytes({"empty": b"", "cut off": whole[:-30], "a byte": flipped, "no archive": b"parse" * 99}[damage])
    assert not parsed.fetch(shared, NAME, target)
    assert not list(target.iterdir())


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    parsed.keep(tmp_path / "file", NAME, _left(tmp_path / "one"))
    assert not parsed.fetch(tmp_path / "file", NAME, tmp_path)


@pytest.mark.parametrize("shared", ["whole", "damaged"])
def test_a_home_takes_the_shared_parse_and_parses_where_it_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: str
) -> None:
    """The program that parses is replaced by one that says so: dbt itself is in every build's test."""
    monkeypatch.setenv("CITYBRAIN_PARSES", str(tmp_path / "shared"))
    home, settings = Home(tmp_path / "home"), load_settings()
    calls = []

    def parse(*_: object, **__: object) -> SimpleNamespace:
        calls.append(1)
        _left(target_path(home), "own ")
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(parsed.subprocess, "run", parse)
    name = parsed.name_of_parse(PROJECT, parsed.dbt_environment(home, settings))
    parsed.keep(tmp_path / "shared", name, _left(tmp_path / "one"))
    if shared == "damaged":
        (tmp_path / "shared" / f"{name}.zip").write_bytes(b"PK")
    for _ in range(2):  # the second time it lies in the home
        assert (
            parsed.manifest(home, settings).read_text(encoding="utf-8")
            == ("parse" if shared == "whole" else "own ") + "manifest.json"
        )
    assert len(calls) == (0 if shared == "whole" else 1)
    (target_path(home) / parsed.MADE_OF).write_text("another state of the project", encoding="ascii")
    assert parsed.manifest(home, settings).exists()
    assert len(calls) == (0 if shared == "whole" else 1), "the second parse of the same state is fetched, kept by the first"


def _credentials(database: str = "build") -> SimpleNamespace:
    def derived(path: str) -> str:
        return Path(path).stem

    return SimpleNamespace(path="warehouse-of-the-home/build.duckdb", database=database, path_derived_database_name=derived)


def test_the_plug_in_opens_the_file_of_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYBRAIN_WAREHOUSE", "/x/build.duckdb")
    monkeypatch.setenv("CITYBRAIN_SPILL", "/x/spill")
    monkeypatch.setenv("CITYBRAIN_MEMORY_LIMIT", "3GB")
    monkeypatch.setenv("CITYBRAIN_THREADS", "1")
    creds, config = _credentials(), {"kept": True}
    Plugin("opened", {}).update_connection_config(creds, config)
    assert creds.path == "/x/build.duckdb"
    assert config == {
        "kept": True, "memory_limit": "3GB", "threads": 1, "temp_directory": "/x/spill", "max_temp_directory_size": "20GB",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["", "/x/other.duckdb"])
def test_the_plug_in_opens_nothing_else(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("CITYBRAIN_WAREHOUSE", path)
    with pytest.raises(DbtRuntimeError, match="warehouse"):
        Plugin("opened", {}).update_connection_config(_credentials(), {})

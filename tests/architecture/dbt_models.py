"""The dbt models as their files say: SQL or Python, the YAML beside it, what `dbt_project.yml` gives their folder.

Belongs here: reading them, without dbt. Does not: judging them (test_models, here and among the integration tests).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.architecture.project import project_files, read

PROJECT = Path("dbt_project")
MODELS = PROJECT / "models"
REFERENCE = re.compile(r"ref\(['\"](\w+)['\"]\)")
MATERIALIZED = re.compile(r"materialized=['\"](\w+)['\"]")


@dataclass(frozen=True)
class Model:
    """One model. `tests` are those of dbt: in its YAML, or a query in dbt_project/tests that names it."""

    name: str
    path: Path
    schema: str
    materialized: str
    meta: dict[str, Any]
    entry: dict[str, Any]
    tests: tuple[str, ...]

    @property
    def grain(self) -> tuple[str, ...]:
        """The columns in which no two rows agree; empty where the YAML says why there are none."""
        return tuple(self.meta.get("grain", ()))


def _folder_settings(path: Path) -> dict[str, Any]:
    """What dbt_project.yml says of a model's folder; of a key said twice, the nearer word."""
    level: Any = yaml.safe_load(read(PROJECT / "dbt_project.yml"))["models"]["citybrain"]
    found: dict[str, Any] = {}
    for part in ("", *path.relative_to(MODELS).parts[:-1]):
        level = level.get(part, {}) if part else level
        for key, value in level.items():
            if key.startswith("+"):
                found[key[1:]] = {**found.get(key[1:], {}), **value} if isinstance(value, dict) else value
    return found


@cache
def entries() -> dict[str, tuple[Path, dict[str, Any]]]:
    """Model name -> (YAML file, its entry there)."""
    found = {}
    for path in project_files():
        if MODELS in path.parents and path.suffix == ".yml":
            for entry in yaml.safe_load(read(path)).get("models", []):
                assert entry["name"] not in found, f"{entry['name']} is in {path} and {found[entry['name']][0]}"
                found[entry["name"]] = (path, entry)
    return found


def model_files() -> list[Path]:
    """The SQL and Python of every model."""
    return [p for p in project_files() if MODELS in p.parents and p.suffix in (".sql", ".py")]


def _name(test: Any) -> str:
    return test if isinstance(test, str) else str(next(iter(test)))


@cache
def models() -> tuple[Model, ...]:
    """Every model that has an entry and a file, in the order of names."""
    queries = [p for p in project_files() if p.parent == PROJECT / "tests" and p.suffix == ".sql"]
    singular = [(p.stem, set(REFERENCE.findall(read(p)))) for p in queries]
    found = []
    for path in model_files():
        _, entry = entries().get(path.stem, (path, {}))
        settings, config = _folder_settings(path), entry.get("config", {})
        stated = MATERIALIZED.search(read(path))
        materialized = stated[1] if stated else config.get("materialized", settings["materialized"])
        tests = [_name(test) for test in entry.get("data_tests", [])]
        tests += [f"{c['name']} {_name(test)}" for c in entry.get("columns", []) for test in c.get("data_tests", [])]
        tests += [name for name, reads in singular if path.stem in reads]
        meta = {**settings.get("meta", {}), **config.get("meta", {})}
        found.append(Model(path.stem, path, str(settings["schema"]), materialized, meta, entry, tuple(tests)))
    return tuple(sorted(found, key=lambda model: model.name))

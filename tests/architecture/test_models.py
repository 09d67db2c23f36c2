"""Every model says what a row of it is, what it holds and who answers for it, and something tests it.

That what it says of its rows is true is asked of a warehouse: tests/integration/test_models.py. That no model is longer
than a page: test_sizes; that each parses in two dialects: test_sql_dialects.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.architecture.dbt_models import Model, entries, model_files, models

#: Models whose rows no column tells apart. Each says in its YAML (meta.no_grain) why.
NO_GRAIN = {"int_metric_duration"}


def faults(model: Model) -> list[str]:
    """What a model leaves unsaid or untested."""
    found = []
    if len(str(model.entry.get("description", "")).split()) < 3:
        found.append("no description")
    if not model.meta.get("owner"):
        found.append("no owner")
    if bool(model.grain) == bool(model.meta.get("no_grain")):
        found.append("meta.grain or, where nothing tells rows apart, meta.no_grain with the reason")
    if not model.tests and model.materialized != "view":
        found.append("no test: a view is tested by the check of its grain, what keeps rows by dbt in every build")
    tested = [test["unique_together"]["arguments"]["columns"] for test in model.entry.get("data_tests", [])
              if isinstance(test, dict) and "unique_together" in test]  # fmt: skip
    if tested and list(model.grain) not in tested:
        found.append(f"grain is {list(model.grain)}, but what dbt tests is {tested}")
    if model.schema == "marts":
        columns = {c["name"]: c for c in model.entry.get("columns", [])}
        found += [f"{name} is not described" for name, c in columns.items() if not c.get("description")]
        found += [f"{name} is in the grain and is no column" for name in model.grain if name not in columns]
    return found


def test_every_model_has_one_entry_and_every_entry_a_model() -> None:
    files = [path.stem for path in model_files()]
    assert len(files) == len(set(files))
    assert set(files) == set(entries())


def test_every_model_has_grain_owner_description_and_tests() -> None:
    assert not {model.name: found for model in models() if (found := faults(model))}


def test_models_without_grain_are_these() -> None:
    assert {model.name for model in models() if model.meta.get("no_grain")} == NO_GRAIN


def planted(**changes: Any) -> list[str]:
    """The faults of a good mart with changes."""
    good = next(model for model in models() if model.name == "fct_population")
    return faults(Model(**{**vars(good), **changes}))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"entry": {"description": ""}}, "no description"),
        ({"meta": {"grain": ["grid_code"]}}, "no owner"),
        ({"meta": {"owner": "data desk"}}, "meta.grain or"),
        ({"meta": {"owner": "data desk", "grain": ["grid_code"]}}, "what dbt tests is"),
        ({"tests": ()}, "no test"),
        ({"entry": {"description": "One row per area.", "columns": [{"name": "year"}]}}, "year is not described"),
    ],
)
def test_what_a_model_leaves_unsaid_is_found(changes: dict[str, Any], told: str) -> None:
    assert told in " ".join(planted(**changes))
    assert not planted()

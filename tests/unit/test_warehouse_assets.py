"""What we override of dagster-dbt must still be there: both names are private, and a bump may rename them."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import pytest
from dagster_dbt import DbtCliResource

from pipelines.building.dbt import PROJECT
from pipelines.defs.warehouse import Dbt


def test_the_names_that_the_resource_overrides_exist() -> None:
    for name in ("_cli_version", "_initialize_dbt_core_adapter"):
        assert hasattr(DbtCliResource, name), f"dagster-dbt no longer has {name}: the override does nothing"


def test_the_version_is_read_without_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dagster_dbt.core.resource.check_output", None)
    resource = Dbt(project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=str(Path(sys.executable).with_name("dbt")))
    assert str(resource._cli_version) == importlib.metadata.version("dbt-core")

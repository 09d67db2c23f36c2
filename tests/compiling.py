"""dbt models as dbt compiles them, for tests that read or run the SQL itself.

Belongs here: what dbt compiled for the session's city, and calling dbt's compiler on the session's one parse of the
project where that is not enough. Does not: what the SQL should say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from pipelines.building.dbt import PROJECT, target_path
from pipelines.building.parsed import manifest
from pipelines.core.settings import Home, load_settings

#: The name under which dbt's profile, and so all compiled SQL, knows the database.
DATABASE = "build"


def compiled(folder: Path, *models: str) -> dict[str, Any]:
    """Name -> dbt's node with its compiled code, of all models or the named ones; dbt's own files go to `folder`."""
    home = Home(folder)
    manifest(home, load_settings())
    chosen = ["--select", *models] if models else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CITYBRAIN_WAREHOUSE", str(home.warehouse))
        patch.setenv("CITYBRAIN_SPILL", str(home.spill))
        result = dbtRunner().invoke(
            ["--quiet", "--no-send-anonymous-usage-stats", "--log-path", str(folder), "compile", "--no-introspect",
             "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target_path(home)), *chosen]
        )  # fmt: skip
    assert result.success, result.exception or result.result
    nodes = [run.node for run in result.result.results]  # type: ignore[union-attr]  # the models' tests among them
    return {node.name: node for node in nodes if node.resource_type == "model"}


def of_build(home: Path, *models: str) -> dict[str, str]:
    """Name -> the SQL that the build of a home ran for these models; 9 s of CPU less than compiling them once more."""
    folder = target_path(Home(home)) / "compiled" / "citybrain" / "models"
    found = {path.stem: path.read_text(encoding="utf-8") for path in folder.rglob("*.sql") if path.parent.suffix != ".yml"}
    return {name: found[name] for name in models}

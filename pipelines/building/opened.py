"""A plug-in of dbt-duckdb that says which file dbt opens, and within which limits.

Belongs here: what of a connection differs from home to home. Does not: what is the same everywhere (profiles.yml). dbt
parses the whole project anew (5 s of CPU) when anything in its profile differs; so the profile names no home, and two
homes of one project can share a parse (`building/parsed.py`).
"""

from __future__ import annotations

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

from pipelines.core.settings import environment
from pipelines.core.warehouse import SPILL_LIMIT


class Plugin(BasePlugin):
    """Found by dbt-duckdb under this name (profiles.yml); asked before the warehouse is opened."""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Put the home's file in the place of the profile's. Raises DbtRuntimeError where no home is named."""
        path = environment("CITYBRAIN_WAREHOUSE")
        if not path:
            raise DbtRuntimeError("CITYBRAIN_WAREHOUSE is not set: no warehouse is named. Run dbt through citybrain.")
        if creds.path_derived_database_name(path) != creds.database:
            raise DbtRuntimeError(f"{path}: the warehouse must be called {creds.database}.duckdb, as the profile says")
        creds.path = path
        config["memory_limit"] = environment("CITYBRAIN_MEMORY_LIMIT") or "4GB"
        config["threads"] = int(environment("CITYBRAIN_THREADS") or 2)
        config["temp_directory"] = environment("CITYBRAIN_SPILL")
        config["max_temp_directory_size"] = SPILL_LIMIT

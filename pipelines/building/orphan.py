"""A plug-in of dbt-duckdb that ends dbt when the process that holds the writer's lock is gone.

Belongs here: that watch. Does not: anything about data. After a `kill -9` of the build its dbt child would go on for a
while, open the warehouse between two models and write beside the next build. The kernel lock went with its parent, so
the child must go too.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from pipelines.core import faults
from pipelines.core.settings import environment

INTERVAL_SECONDS = 0.2
#: What a shell says of a process that was killed.
EXIT_STATUS = 137


def leave_if_orphaned(writer: int) -> None:
    """End this process at once unless `writer` is still its parent (0: nobody asked for the watch)."""
    if writer and os.getppid() != writer:
        os._exit(EXIT_STATUS)


class Plugin(BasePlugin):
    """Found by dbt-duckdb under this name (profiles.yml); made before the warehouse is first opened."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:  # noqa: ARG002 - dbt-duckdb's signature
        """Check now, and keep checking in the background."""
        # Not from the profile: dbt parses the whole project anew (8 CPU s) when a variable that the profile reads differs.
        writer = int(environment("CITYBRAIN_WRITER") or 0)
        leave_if_orphaned(writer)
        threading.Thread(target=_watch, args=(writer,), daemon=True).start()

    def configure_cursor(self, cursor: Any) -> None:  # noqa: ARG002 - dbt-duckdb's signature
        """Called for every model and test: where a test lets dbt itself fail (`dbt:kill:40`)."""
        faults.hit("dbt")


def _watch(writer: int) -> None:
    while True:
        time.sleep(INTERVAL_SECONDS)
        leave_if_orphaned(writer)

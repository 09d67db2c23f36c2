"""The entry that Dagster loads: the definitions of the home's city. No logic."""

from __future__ import annotations

from pipelines.defs import graph
from pipelines.defs.resources import Run

defs = graph.definitions(Run.from_environment())

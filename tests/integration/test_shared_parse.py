"""Homes built by different ways share one parse of the dbt project, and dbt took it: it rewrites what it does not take."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from pipelines.building.dbt import PROJECT, dbt_environment, target_path
from pipelines.building.parsed import FILES, name_of_parse
from pipelines.core.settings import Home, load_settings
from tests.integration.days import Days


def test_the_homes_of_a_session_share_one_parse_that_dbt_took(tiny_home: Path, days: Days) -> None:
    """`tiny_home` by the real command and Dagster, `days` without, built several times; no phase of either parsed anew."""
    name = name_of_parse(PROJECT, dbt_environment(Home(tiny_home), load_settings()))
    with zipfile.ZipFile(Path(os.environ["CITYBRAIN_PARSES"]) / f"{name}.zip") as held:
        shared = held.read(FILES[0])
    for home in (tiny_home, days.home):
        assert (target_path(Home(home)) / FILES[0]).read_bytes() == shared

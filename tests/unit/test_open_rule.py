"""What is open is said in SQL of the models and in that of trace, reports and boards: the states must be the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.tracing.cases import SHUT

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros"


@pytest.mark.parametrize(("file", "macro"), [("metrics/backlog", "shut_states"), ("staging/event_state", "ended_states")])
def test_the_states_of_what_is_no_longer_open_are_those_of_the_models(file: str, macro: str) -> None:
    text = (MACROS / f"{file}.sql").read_text(encoding="utf-8")
    told = text.partition("{% macro " + macro)[2].partition("{%- endmacro")[0]
    assert set(re.findall(r"'(\w+)'", told)) == set(SHUT)

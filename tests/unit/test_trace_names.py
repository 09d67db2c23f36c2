"""What a command about one figure answers to names that lead nowhere."""

from __future__ import annotations

import pytest

from pipelines.core.errors import UsageError
from pipelines.core.register import read_planned
from pipelines.core.warehouse import PublishedBuild, scratch
from pipelines.tracing.definitions import definition_of


@pytest.mark.parametrize(("language", "said"), [("en", "declared and not built"), ("zh", "尚未建成")])
def test_a_declared_metric_says_why_it_is_not_built(monkeypatch: pytest.MonkeyPatch, language: str, said: str) -> None:
    monkeypatch.setenv("CITYBRAIN_LANG", language)
    planned = read_planned()
    assert planned, "the register declares none: this test has nothing to ask for"
    with scratch() as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.ref_metric (metric_id varchar, name_zh varchar, name_en varchar)")
        build = PublishedBuild("b", "2026-06-30", connection)
        for metric in planned:
            with pytest.raises(UsageError) as caught:
                definition_of(build, metric.id.lower())
            assert said in caught.value.what
            assert (metric.reason_zh if language == "zh" else metric.reason_en) in caught.value.what

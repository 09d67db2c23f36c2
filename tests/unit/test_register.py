"""The register: what its grammar lets in, what it refuses, what is generated from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.core.errors import ConfigurationError
from pipelines.core.register import check_generated, cuts, parse_entry, read_register, render, time_columns

ENTRY: dict[str, Any] = {
    "id": "M16", "name_zh": "按期结案率", "name_en": "On-time closing rate", "family": "ratio", "subject": "matter",
    "cohort": "by_deadline", "time": "deadline_at", "numerator": "closed_at <= deadline_at", "direction": "higher",
}  # fmt: skip


def refused(**changes: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        parse_entry({**ENTRY, **changes}, "closing.yml")
    return caught.value


def test_a_good_entry_is_taken() -> None:
    metric = parse_entry(ENTRY, "closing.yml")
    assert (metric.id, metric.levels, metric.is_additive) == ("M16", (0, 1, 2, 3), True)


def test_the_register_that_ships_is_good_and_its_files_are_current() -> None:
    assert {"M01", "M02", "M03", "M05", "M08", "M10", "M16", "M44", "M48", "M50", "M51", "M53", "V01"} <= {
        m.id for m in read_register()
    }
    check_generated()


def test_a_stale_generated_file_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stale = tmp_path / "register.sql"
    stale.write_text("old")
    monkeypatch.setattr("pipelines.core.register.PROJECT_ROOT", tmp_path)
    monkeypatch.setattr("pipelines.core.register.MACRO", stale)
    with pytest.raises(ConfigurationError) as caught:
        check_generated()
    assert caught.value.remedy == "python -m pipelines.core.register"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"famly": "ratio"}, "did you mean 'family'"),
        ({"family": "ratios"}, "did you mean 'ratio'"),
        ({"cohort": "by_deadlin"}, "did you mean 'by_deadline'"),
        ({"slices": ["all", "departmant"]}, "did you mean 'department'"),
        ({"periods": ["fortnight"]}, "known are"),
        ({"levels": [9]}, "known are"),
        ({"kinds": ["urban_cases"]}, "did you mean 'urban_case'"),
        ({"direction": "up"}, "known are"),
        ({"id": "16"}, "an id is M or V"),
    ],
)
def test_what_is_unknown_is_refused_with_the_nearest_spelling(changes: dict[str, Any], told: str) -> None:
    assert told in str(refused(**changes))


def test_a_missing_key_is_named() -> None:
    entry = {k: v for k, v in ENTRY.items() if k != "subject"}
    with pytest.raises(ConfigurationError, match="subject is missing"):
        parse_entry(entry, "closing.yml")


@pytest.mark.parametrize(
    "changes",
    [
        {"cohort": "by_report", "time": "reported_at", "numerator": "closed_at is not null"},
        {"cohort": "by_report", "time": "reported_at", "numerator_time": "closed_at", "numerator": "true"},
        {"cohort": "by_deadline", "time": "reported_at"},
        {"cohort": "cumulative", "time": "accepted_at", "numerator": "closed_at is not null"},
        {"cohort": "cumulative", "time": "accepted_at", "numerator_time": "closed_at", "periods": ["month"]},
    ],
)
def test_mixed_cohorts_are_refused(changes: dict[str, Any]) -> None:
    assert "cohort" in str(refused(**changes)) or "cumulative" in str(refused(**changes))


def test_a_cumulative_rate_with_one_cohort_is_taken() -> None:
    changes = {"cohort": "cumulative", "time": "accepted_at", "numerator_time": "closed_at", "periods": ["cumulative"]}
    assert parse_entry({**ENTRY, **changes}, "closing.yml").cohort == "cumulative"


def test_families_say_what_they_need() -> None:
    assert "start" in str(refused(family="median", cohort="by_close", time="closed_at"))
    assert "at_as_of" in str(refused(family="stock"))
    assert "population" in str(refused(family="count", population="usual"))


def test_an_id_used_twice_is_refused(tmp_path: Path) -> None:
    one = "- {id: M16, name_zh: a, name_en: a, family: count, subject: matter, cohort: by_report, time: reported_at, direction: neutral}\n"
    (tmp_path / "a.yml").write_text(one + one)
    with pytest.raises(ConfigurationError, match="used twice"):
        read_register(tmp_path)


def test_the_lattice_gives_days_to_streets_and_grids_to_months() -> None:
    wide = {"levels": [0, 2, 3, 4], "periods": ["day", "week", "month"], "slices_coarse": ["category"]}
    found = set(cuts(parse_entry({**ENTRY, **wide}, "closing.yml")))
    assert ("M16", "all", 2, "day") in found
    assert ("M16", "all", 3, "day") not in found
    assert {(level, period) for _, _, level, period in found if level == 4} == {(4, "month")}
    assert {(level, period) for _, s, level, period in found if s == "category"} == {(0, "month"), (2, "month")}


def test_time_columns_are_those_that_place_a_case() -> None:
    found = time_columns([parse_entry(ENTRY, "closing.yml")])
    assert found == ("reported_at", "closed_at", "deadline_at")


def test_generated_files_say_so_in_their_first_line() -> None:
    macro = next(text for path, text in render(read_register()).items() if path.suffix == ".sql")
    assert macro.splitlines()[0].startswith("{# Generated from dbt_project/metrics")

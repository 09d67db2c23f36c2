"""The register: what its grammar lets in, what it refuses, what is generated from it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.core.errors import ConfigurationError
from pipelines.core.register import cuts, parse_entry, read_planned, read_register, time_columns
from pipelines.core.register_files import check_generated, render
from pipelines.core.register_rules import check_composites, refused_pairs, warning_rows

ENTRY: dict[str, Any] = {
    "id": "M16", "name_zh": "按期结案率", "name_en": "On-time closing rate", "family": "ratio", "subject": "person",
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


#: The ids that the register must hold: figures that officials print, and those that tell whether to believe them.
CATALOGUE = {*(f"M{n:02}" for n in range(1, 55) if n != 28), "M03b", "M05b", "M05c", "M28a", "M28b"}


def test_every_id_of_the_catalogue_is_built_or_says_why_not() -> None:
    assert len(CATALOGUE) == 58
    built, planned = {m.id for m in read_register()}, {p.id: p for p in read_planned()}
    assert not CATALOGUE - built - set(planned)
    assert not built & set(planned)
    assert all(p.reason_zh and p.reason_en for p in planned.values())


def test_a_stale_generated_file_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stale = tmp_path / "register.sql"
    stale.write_text("old")
    monkeypatch.setattr("pipelines.core.register_files.PROJECT_ROOT", tmp_path)
    monkeypatch.setattr("pipelines.core.register_files.MACRO", stale)
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
    one = "- {id: M16, name_zh: a, name_en: a, family: count, subject: person, cohort: by_report, time: reported_at, direction: neutral}\n"
    (tmp_path / "a.yml").write_text(one + one)
    with pytest.raises(ConfigurationError, match="used twice"):
        read_register(tmp_path)


def written(tmp_path: Path, *entries: dict[str, Any]) -> Path:
    (tmp_path / "a.yml").write_text(yaml.safe_dump(list(entries), allow_unicode=True), encoding="utf-8")
    return tmp_path


COUNT: dict[str, Any] = {
    "id": "V09", "name_zh": "件数", "name_en": "cases", "family": "count", "subject": "person", "cohort": "by_report",
    "time": "reported_at", "direction": "lower",
}  # fmt: skip


def test_a_change_takes_the_cut_of_what_it_is_of(tmp_path: Path) -> None:
    change = {"id": "M49", "name_zh": "同比", "name_en": "change", "family": "change", "of": "V09", "direction": "lower"}
    metrics = {m.id: m for m in read_register(written(tmp_path, change, COUNT))}
    assert metrics["M49"].time == "reported_at"
    assert metrics["M49"].periods == ("month", "quarter", "half_year", "year", "year_to_date")  # no week: it has no same week


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"of": "V08"}, "did you mean 'V09'"),
        ({"of": "M16"}, "of a count"),
        ({"periods": ["week"]}, "no period year_before"),
    ],
)
def test_a_change_of_what_cannot_be_compared_is_refused(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    change = {"id": "M49", "name_zh": "同", "name_en": "c", "family": "change", "of": "V09", "direction": "lower", **changes}
    with pytest.raises(ConfigurationError) as caught:
        read_register(written(tmp_path, change, COUNT, ENTRY))
    assert told in str(caught.value)


def test_a_share_is_of_all_members_of_a_slice() -> None:
    share = {"family": "share", "cohort": "by_report", "time": "reported_at", "numerator": "true"}
    assert parse_entry({**ENTRY, **share, "slices": ["channel"]}, "x.yml").is_additive
    assert "no slice all" in str(refused(**share))


def test_backlog_is_a_variant_of_the_same_rate(tmp_path: Path) -> None:
    backlog = {**ENTRY, "id": "M16b", "variant_of": "M16", "include_backlog": True}
    assert [m.id for m in read_register(written(tmp_path, ENTRY, backlog)) if m.is_remade] == ["M16b"]
    with pytest.raises(ConfigurationError, match="numerator differs"):
        read_register(written(tmp_path, ENTRY, {**backlog, "numerator": "closed_at is not null"}))
    with pytest.raises(ConfigurationError, match="variant_of names 'M99'"):
        read_register(written(tmp_path, ENTRY, {**backlog, "variant_of": "M99"}))
    assert "backlog" in str(refused(include_backlog=True))


def test_a_planned_entry_has_a_reason_and_no_number(tmp_path: Path) -> None:
    planned = {
        "id": "M45",
        "status": "planned",
        "name_zh": "热",
        "name_en": "hot",
        "reason_zh": "缺",
        "reason_en": "no hot spots",
    }
    folder = written(tmp_path, ENTRY, planned)
    assert [m.id for m in read_register(folder)] == ["M16"]
    assert [m.reason_en for m in read_planned(folder)] == ["no hot spots"]
    with pytest.raises(ConfigurationError, match="reason_zh is missing"):
        read_planned(written(tmp_path, {k: v for k, v in planned.items() if k != "reason_zh"}))
    with pytest.raises(ConfigurationError, match="not built"):
        read_planned(written(tmp_path, {**planned, "numerator": "true"}))


def test_warnings_follow_from_what_is_stated(tmp_path: Path) -> None:
    neutral = {**COUNT, "direction": "neutral", "do_not_divide": ["M16"], "warnings": ["self_reported"]}
    metrics = read_register(written(tmp_path, neutral, ENTRY))
    assert warning_rows(metrics) == [
        ("V09", "self_reported", ""), ("V09", "never_rank", ""), ("V09", "do_not_divide", "M16"),
    ]  # fmt: skip
    assert refused_pairs(metrics) == {frozenset({"M16", "V09"})}
    with pytest.raises(ConfigurationError, match="do_not_divide names 'M99'"):
        read_register(written(tmp_path, {**COUNT, "do_not_divide": ["M99"]}))


def test_a_rate_warned_as_no_rate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not_a_rate"):
        read_register(written(tmp_path, {**ENTRY, "warnings": ["not_a_rate"]}))


@pytest.mark.parametrize(("member", "told"), [("M01", "neutral"), ("M05", "neutral"), ("M33", "share"), ("M99", "no such")])
def test_a_score_refuses_what_has_no_direction(member: str, told: str) -> None:
    built = {m.id: m for m in read_register()}
    with pytest.raises(ConfigurationError, match=told):
        check_composites(built, [{"composite_id": "M54", "metric_id": member, "weight": "1"}])
    check_composites(built, [{"composite_id": "M54", "metric_id": "M16", "weight": "1"}])


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


def test_cases_of_persons_cannot_be_counted_as_cases_of_things(tmp_path: Path) -> None:
    entry = {**ENTRY, "subject": "matter", "kinds": ["urban_case", "petition"]}
    (tmp_path / "closing.yml").write_text(yaml.safe_dump([entry]), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="petition, which are about persons"):
        read_register(tmp_path)
    (tmp_path / "closing.yml").write_text(yaml.safe_dump([{**entry, "subject": "person"}]), encoding="utf-8")
    assert [metric.subject for metric in read_register(tmp_path)] == ["person"]


def test_what_a_leader_reads_in_chinese_has_no_word_of_another_language() -> None:
    """Names of tables and codes are told by their underscores and digits, as on the boards."""
    texts = [text for metric in read_register() for text in (metric.name_zh, metric.caveat_zh, metric.unit_zh)]
    assert [text for text in texts if re.search(r"[A-Za-z]{2,}", re.sub(r"[\w-]*[\d_][\w-]*", "", text))] == []

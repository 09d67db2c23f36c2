"""What a code means on a day: the city's rows, decisions over them, and decisions moved into the city's files."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.core.bindings import City, load_city
from pipelines.core.code_decisions import mapping_content, plan_move, write_move
from pipelines.core.code_tables import FAR_FUTURE, CodeRow
from pipelines.core.codes import code_map, standing_mappings
from pipelines.core.decisions import Decision, check
from pipelines.core.errors import ConfigurationError, UsageError
from pipelines.core.targets import target_content

ROWS = "9901,3101,,2016-06-30\n9901,3105,2016-06-30,\n9902,3101,,\n9903,3101,,\n9903,3102,2018-01-01,\n"


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Two systems send urban cases; the second shares no file with the first, and petitions keep no codes."""
    for folder in ("feeds", "codes"):
        (tmp_path / folder).mkdir()
    (tmp_path / "city.yml").write_text("name: t\nzone: Asia/Shanghai\nroot_area: '99'\n", encoding="utf-8")
    feed = "source: {type: drop, pattern: 'x*.csv'}\ndelivery: increment\nextracted_at: {stated: 2026-01-01}\n"
    for name, contract, codes in (("one", "urban_case", True), ("two", "urban_case", True), ("three", "petition", False)):
        extra = f"codes: {{category: {name}.csv}}\n" if codes else ""
        text = f"contract: {contract}\nsystem: s_{name}\n{feed}{extra}"
        (tmp_path / "feeds" / f"{name}.yml").write_text(text, encoding="utf-8")
        (tmp_path / "codes" / f"{name}.csv").write_text(
            f"source_code,canonical_code,valid_from,valid_to\n{ROWS}", encoding="utf-8"
        )
    return load_city(tmp_path)


def decision(number: int, code: str, canonical: str, since: str, system: str = "s_one") -> dict[str, Any]:
    content = {"code_set": "category", "source_code": code, "canonical_code": canonical, "system": system}
    return {"decision_id": number, "kind": "code_mapping", "content": json.dumps(content), "effective_from": since}


def moved(number: int, *ids: int) -> dict[str, Any]:
    content = json.dumps({"moved": list(ids)})
    return {"decision_id": number, "kind": "code_mapping", "content": content, "effective_from": "2026-07-01"}


def meant(city: City, code: str, *decisions: dict[str, Any], system: str = "s_one") -> list[tuple[str, str, str]]:
    """(canonical code, from, to) of one code of urban cases."""
    rows = code_map(city, decisions)
    return [
        (r[4], str(r[5]), str(r[6])) for r in rows if r[:4] == ("urban_case", system, "category", code)
    ]  # fmt: skip


FIRST, FAR = "1900-01-01", "9999-12-31"


def test_without_decisions_the_citys_rows_hold_and_a_later_one_cuts_an_open_one(city: City) -> None:
    assert meant(city, "9901") == [("3101", FIRST, "2016-06-30"), ("3105", "2016-06-30", FAR)]
    assert meant(city, "9903") == [("3101", FIRST, "2018-01-01"), ("3102", "2018-01-01", FAR)]


@pytest.mark.parametrize(
    ("code", "since", "expected"),
    [
        ("9902", "2026-04-01", [("3101", FIRST, "2026-04-01"), ("3004", "2026-04-01", FAR)]),
        ("9901", "2016-06-30", [("3101", FIRST, "2016-06-30"), ("3004", "2016-06-30", FAR)]),  # the day of the city's own row
        ("9901", "2016-01-01", [("3101", FIRST, "2016-01-01"), ("3004", "2016-01-01", FAR)]),  # before it: overridden too
        (
            "9903",
            "2020-01-01",
            [("3101", FIRST, "2018-01-01"), ("3102", "2018-01-01", "2020-01-01"), ("3004", "2020-01-01", FAR)],
        ),
        ("unheard of", "2026-04-01", [("3004", "2026-04-01", FAR)]),
    ],
)
def test_a_decision_overrides_the_citys_rows_from_its_day_on(
    city: City, code: str, since: str, expected: list[tuple[str, str, str]]
) -> None:
    assert meant(city, code, decision(1, code, "3004", since)) == expected
    untouched = meant(city, code)
    assert meant(city, code, decision(1, code, "3004", since, system="s_two")) == untouched
    assert meant(city, code, decision(1, code, "3004", since, system="*"), system="s_two") == expected


def test_of_two_decisions_each_lasts_until_the_next_and_the_later_holds_on_one_day(city: City) -> None:
    first, second = decision(1, "9902", "3004", "2026-04-01"), decision(2, "9902", "3005", "2026-02-01")
    again = decision(3, "9902", "3105", "2026-04-01")
    assert meant(city, "9902", first, second, again) == [
        ("3101", FIRST, "2026-02-01"), ("3005", "2026-02-01", "2026-04-01"), ("3105", "2026-04-01", FAR),
    ]  # fmt: skip


def test_a_shipped_spelling_means_what_was_decided_from_its_day_on(city: City) -> None:
    before = meant(city, "路灯")
    assert len(before) == 1
    assert meant(city, "路灯", decision(1, "路灯", "3004", "2026-04-01")) == [
        (before[0][0], FIRST, "2026-04-01"), ("3004", "2026-04-01", FAR),
    ]  # fmt: skip


def test_moving_decisions_to_the_city_folder_changes_no_meaning(city: City) -> None:
    decisions = [
        decision(1, "9902", "3004", "2026-04-01"), decision(2, "9903", "3105", "2020-01-01"),
        decision(3, "new", "3101", "2026-01-01", system="*"), decision(4, "9901", "3004", "2016-06-30", system="s_two"),
    ]  # fmt: skip
    before = code_map(city, decisions)
    move = plan_move(city, decisions)
    assert (move.moved, [(m.decision_id, why) for m, why in move.left]) == (
        (1, 2, 4), [(3, "no file takes it; add feeds/three.yml: codes: {category: FILE.csv}")],
    )  # fmt: skip
    write_move(move)
    again = load_city(city.folder)
    assert code_map(again, decisions) == before  # killed before the move was entered: it holds twice over
    assert plan_move(again, decisions).texts == move.texts
    write_move(plan_move(again, decisions))
    assert code_map(load_city(city.folder), [*decisions, moved(5, *move.moved)]) == before
    assert [m.decision_id for m in standing_mappings([*decisions, moved(5, *move.moved)])] == [3]
    assert "9902,3101,,2026-04-01\n9902,3004,2026-04-01,\n" in (city.folder / "codes" / "one.csv").read_text(encoding="utf-8")


def test_a_file_that_serves_another_system_takes_no_mapping_of_one(city: City) -> None:
    path = city.folder / "feeds" / "two.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("two.csv", "one.csv"), encoding="utf-8")
    move = plan_move(load_city(city.folder), [decision(1, "9902", "3004", "2026-04-01")])
    assert (move.texts, move.moved, [why for _, why in move.left]) == ({}, (), ["its file also serves two"])


def test_a_file_that_serves_another_code_set_takes_no_mapping_of_one(city: City) -> None:
    path = city.folder / "feeds" / "one.yml"
    text = path.read_text(encoding="utf-8").replace("{category: one.csv}", "{category: one.csv, channel: one.csv}")
    path.write_text(text, encoding="utf-8")
    move = plan_move(load_city(city.folder), [decision(1, "9902", "3004", "2026-04-01")])
    assert (move.texts, move.moved, [why for _, why in move.left]) == ({}, (), ["its file also serves channel"])


def test_rows_of_the_city_that_contradict_each_other_are_still_refused(city: City) -> None:
    path = city.folder / "codes" / "one.csv"
    path.write_text(path.read_text(encoding="utf-8") + "9902,3102,,\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="two mappings hold on the same day"):
        code_map(load_city(city.folder))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("categry", "1", "3004", "*"), "no code set 'categry' -> did you mean 'category'"),
        (("category", "1", "30004", "*"), "category has no code '30004' -> did you mean '3004'"),
        (("category", "1", "3004", "s_onne"), "no system 's_onne' sends codes of category -> did you mean 's_one'"),
        (("category", " ", "3004", "*"), "the source's code is empty"),
    ],
)
def test_a_mapping_to_nothing_is_refused_with_the_nearest(city: City, asked: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        mapping_content(city, *asked[:3], system=asked[3])


def test_a_mapping_says_what_the_build_reads(city: City) -> None:
    content = mapping_content(city, "category", "９９０２", "3004", system="s_one")
    told = {"decision_id": 1, "kind": "code_mapping", "content": json.dumps(content), "effective_from": "2026-04-01"}
    assert standing_mappings([told])[0].row == CodeRow("category", "9902", "3004", day("2026-04-01"), FAR_FUTURE)
    assert meant(city, "9902", told)[-1] == ("3004", "2026-04-01", FAR)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("M166", "month", ""), "no metric 'M166' -> did you mean .*'M16'"),
        (("M03", "year", ""), "is no goal"),
        (("M16", "mnth", ""), "M16 is not published by all and mnth -> published are all: .*month"),
        (("M16", "month", "colour=red"), "not published by colour"),
        (("M16", "month", "category"), "not published by category"),
    ],
)
def test_a_target_on_what_is_not_published_is_refused(asked: tuple[str, str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        target_content(asked[0], "990100", asked[1], 90.0, cut=asked[2])


def test_a_decision_needs_a_kind_a_name_and_a_reason() -> None:
    now = dt.datetime(2026, 7, 1)
    check(Decision("target", "M16", {}, "because", "me", now, now.date()))
    for wrong in (
        Decision("whim", "M16", {}, "because", "me", now, now.date()), Decision("target", "M16", {}, " ", "me", now, now.date()),
        Decision("target", "M16", {}, "because", "", now, now.date()),
    ):  # fmt: skip
        with pytest.raises(UsageError):
            check(wrong)

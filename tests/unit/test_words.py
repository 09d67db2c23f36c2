"""Every word stands in both languages; numbers and times are written as each language writes them."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import re
from decimal import Decimal
from string import Formatter

import pytest

from dashboards.boards.case_trail import flag_text
from dashboards.kit.words import Words, rows, table
from pipelines.core.contracts import contract_ids, load_contract
from pipelines.core.delete_flag import MARKED
from pipelines.core.register import read_register
from tests.architecture.project import ROOT, parse, python_files, read

#: Words in letters of the other language: the switch to it.
ALLOWED_IN_CHINESE = {"language.other"}
HAN = re.compile(r"[\u4e00-\u9fff]")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_no_key_is_there_twice() -> None:
    keys = [row["key"] for row in rows()]
    assert len(keys) == len(set(keys)) == len(table())


def is_in_both(key: str, zh: str, en: str) -> bool:
    """Whether a word has a text in each language, and none of the other language's letters."""
    if key == "space":  # between sentences: nothing in Chinese, a space in English
        return (zh, en) == ("", " ")
    if key in ALLOWED_IN_CHINESE:
        return bool(zh.strip() and en.strip())
    foreign = re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w+\}", "", zh))
    return bool(zh.strip() and en.strip()) and not HAN.search(en) and not foreign


def test_a_word_stands_in_both_languages() -> None:
    assert [key for key, row in table().items() if not is_in_both(key, row["zh"], row["en"])] == []
    assert len(table()) > 1000


@pytest.mark.parametrize("texts", [("", "Open"), ("未结", ""), ("未结 cases", "Open"), ("未结", "Open 未结")])
def test_a_word_that_lacks_a_language_is_found(texts: tuple[str, str]) -> None:
    assert not is_in_both("risk.open", *texts)


def test_both_languages_are_given_the_same_values() -> None:
    # One language may need less than the other says; neither may need what it is not given (it would raise).
    uneven = {key for key, row in table().items() if fields(row["zh"]) != fields(row["en"])}
    assert uneven <= {"figure.of_cases"}


def keys_of(node: ast.expr) -> set[str]:
    """Keys an expression may be: a text, either side of a choice, or the fixed beginning of a made-up one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return keys_of(node.body) | keys_of(node.orelse)
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        return {str(node.values[0].value)}
    return set()


def spoken(tree: ast.Module) -> set[str]:
    """Keys that a module asks for."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    return {key for c in calls if ast.unparse(c.func).split(".")[-1] == "words" for key in keys_of(c.args[0])}


def test_boards_ask_only_for_words_that_exist() -> None:
    keys = set(table())
    asked = {key for path in python_files("dashboards") for key in spoken(parse(path))}
    unknown = {key for key in asked if key not in keys and not any(known.startswith(key) for known in keys)}
    assert not unknown
    assert len(asked) > 100


def test_no_board_speaks_past_the_table() -> None:
    """Chinese stands in the table only."""
    assert not [
        str(path)
        for path in python_files("dashboards")
        if HAN.search(re.sub(r'"""[\s\S]*?"""|#.*', "", read(path))) and path.name != "words.py"
    ]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(Decimal("75.825"), 2, "75.83"), (1234567, 0, "1,234,567"), (-3.25, 1, "−3.3"), (None, 1, "—"), (0.5, 0, "1")],
)
def test_numbers_are_grouped_and_rounded_half_up(value: Decimal | float | None, decimals: int, text: str) -> None:
    assert Words("zh").number(value, decimals) == Words("en").number(value, decimals) == text


def test_a_change_has_its_sign_and_nothing_has_none() -> None:
    words = Words("en")
    assert [words.signed(x, 1) for x in (2.0, -2.0, 0.0, 0.01)] == ["+2.0", "−2.0", "0.0", "0.0"]


def test_days_are_written_as_each_language_writes_them() -> None:
    day, zh, en = dt.date(2026, 6, 30), Words("zh"), Words("en")
    assert (zh.day(day), en.day(day)) == ("2026年6月30日", "30 June 2026")
    assert (zh.month(day), en.month(day)) == ("2026年6月", "June 2026")
    assert zh.span(dt.date(2026, 1, 1), day) == "2026年1月1日至6月30日"
    assert en.span(dt.date(2026, 1, 1), day) == "1 January to 30 June 2026"
    assert en.span(dt.date(2025, 12, 29), dt.date(2026, 1, 4)) == "29 December 2025 to 4 January 2026"
    assert zh.moment("2026-06-30T23:59:59") == "2026年6月30日 23:59"
    assert zh.day(None) == en.moment(None) == "—"


def test_a_name_falls_back_to_the_other_language() -> None:
    assert Words("en").pick({"name_zh": "城关街道", "name_en": ""}, "name") == "城关街道"
    assert Words("zh").pick({"name_zh": "城关街道", "name_en": "Chengguan"}, "name") == "城关街道"


EVENT_MODELS = ROOT / "dbt_project" / "models" / "intermediate" / "event"


def test_whatever_a_case_is_marked_with_has_words() -> None:
    with (ROOT / "dbt_project" / "seeds" / "ref_dirt_mark.csv").open(encoding="utf-8", newline="") as stream:
        marks = {row["mark"] for row in csv.DictReader(stream)}
    listed = (EVENT_MODELS / "int_event.sql").read_text(encoding="utf-8").partition("list_of([")[2].partition("dq_flags")[0]
    flags = set(re.findall(r", '([a-z_]+)'\)", listed))
    assert {"unassigned", "key_conflict"} < flags
    assert not {flag for flag in flags if flag not in marks and not Words("zh").has(f"flag.{flag}")}


def spoken_flag(flag: str) -> str:
    """What a Chinese page says of a flag, without the column's own name."""
    with (ROOT / "dbt_project" / "seeds" / "ref_dirt_mark.csv").open(encoding="utf-8", newline="") as stream:
        names = {row["mark"]: row["name_zh"] for row in csv.DictReader(stream)}
    return re.sub(r"<code[^>]*>(\w+)</code> (?=[^<])", "", flag_text(Words("zh"), flag, names).text)


def test_rules_that_a_row_broke_and_marks_of_values_are_told_in_chinese() -> None:
    rules = {rule.id for contract in contract_ids() for rule in load_contract(contract).rules}
    flags = {*rules, MARKED, "severity:null_token", "lon:swapped", "key_conflict", "unassigned"}
    assert {"occurred_at-window", "closed_at-order"} < rules
    assert not {flag: said for flag in sorted(flags) if re.search("[a-z]", said := spoken_flag(flag))}
    assert spoken_flag(MARKED) == "来源已删除"
    assert re.search("[a-z]", spoken_flag("closed_at:a_mark_that_nobody_named"))


def test_whatever_keeps_a_case_out_of_the_counts_has_words() -> None:
    models = [path.read_text(encoding="utf-8") for path in sorted(EVENT_MODELS.glob("*.sql"))]
    lines = [line for model in models for line in model.splitlines() if "void_reason" in line or "is_deleted_at_source" in line]
    reasons = {reason for line in lines for reason in re.findall(r"then '([a-z_]+)'", line)} | {"merged"}
    assert {"void", "deleted_at_source", "duplicate"} < reasons
    assert not {reason for reason in reasons if not Words("zh").has(f"not_counted.{reason}")}


def test_every_time_by_which_a_metric_counts_has_a_word() -> None:
    times = {metric.time for metric in read_register()} - {""}
    assert {"reported_at", "confirm_applied_at"} < times
    assert not {time for time in times if not Words("zh").has(f"step.{time}")}

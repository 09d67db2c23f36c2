"""Validation report: verdicts, order, both languages, nothing fetched, the same state gives the same bytes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.core.bindings import City, load_city
from pipelines.core.contracts import contract_ids, load_contract
from pipelines.core.settings import Home
from pipelines.core.state import FileRow, Ledger, Parsed, ParseRow, QualityRow, RuleRow
from pipelines.reports.rule_words import sentence
from pipelines.reports.validation import RULE_VERDICTS, load_pages, rule_verdict, share, write_validation

SHA = {name: (name * 64)[:64] for name in "abcdef"}
BINDING = """
contract: petition
system: letters
source: {type: drop, pattern: "petition/*.csv"}
delivery: increment
extracted_at: {name: '(\\d{8})'}
title_zh: 信访件
title_en: Petitions
"""


@pytest.fixture
def city(tmp_path: Path) -> City:
    folder = tmp_path / "sample"
    (folder / "feeds").mkdir(parents=True)
    (folder / "city.yml").write_text(
        "{name: sample, title_zh: 示例市, title_en: Sample, zone: Asia/Shanghai, root_area: '37'}", encoding="utf-8"
    )
    for feed in ("petition", "calls"):
        (folder / "feeds" / f"{feed}.yml").write_text(BINDING, encoding="utf-8")
    return load_city(folder)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").make()


def file_row(sha: str, status: str = "loaded", name: str = "信访_20260131.csv", feed: str = "petition") -> FileRow:
    held = ("column 信访编号 is missing", name, "add columns [0123456789ab]") if status == "held" else ("", "", "")
    return FileRow(feed, SHA[sha], "petition", name, 1234, "2026-02-01T08:00:00", None, "", status, *held)


def enter(
    ledger: Ledger, sha: str, rules: dict[str, tuple[str, str, int]], quality: dict[str, int | str], *,
    numbers: tuple[int, int, int, int, int] = (1000, 970, 20, 5, 5), name: str = "信访_20260131.csv", feed: str = "petition",
) -> None:  # fmt: skip
    """A loaded file: rules as id -> (column, severity, failed), quality as id -> failed or the text of an error."""
    parse = ParseRow(feed, SHA[sha], "p1", "petition", "landing/x", 1, *numbers, None, None, "utf-8", "2026-02-01T08:01")
    judged = [
        RuleRow(feed, SHA[sha], "p1", rule, column, severity, "conformity", 900, failed)
        for rule, (column, severity, failed) in rules.items()
    ]
    ledger.enter_all([Parsed(file_row(sha, name=name, feed=feed), parse, tuple(judged), ())])
    ledger.add_quality(
        QualityRow(
            feed, SHA[sha], "p1", rule, "warn", 900, found if isinstance(found, int) else 0,
            int(isinstance(found, str)), found if isinstance(found, str) else "", "2026-02-01T08:02",
        )
        for rule, found in quality.items()
    )  # fmt: skip


RULES = {
    "registered_at-type": ("registered_at", "quarantine", 20),
    "persons_n-range": ("persons_n", "quarantine", 0),
    "closed_at-order": ("closed_at", "warn", 7),
    "deadline_at-order": ("deadline_at", "warn", 3),
    "source_case_no-required": ("source_case_no", "quarantine", 1),
    "record-width": ("", "quarantine", 0),
}
QUALITY: dict[str, int | str] = {
    "registered_at-type": 20, "persons_n-range": 0, "closed_at-order": 6, "deadline_at-order": 3,
    "source_case_no-required": "required: MetricResolutionError",
}  # fmt: skip


class Links(HTMLParser):
    """Every address that a page would fetch, and every link."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        for name, value in attrs:
            if name in ("src", "srcset", "data", "poster") or (tag == "link" and name == "href"):
                self.fetched.append(str(value))
            elif name == "href":
                self.links.append(str(value))


def test_rules_come_worst_first_with_their_verdicts(home: Home, city: City) -> None:
    ledger = Ledger.of(home)
    enter(ledger, "a", RULES, QUALITY)
    (page,) = load_pages(ledger, city)
    assert [(line.rule_id, line.verdict) for line in page.rules] == [
        ("source_case_no-required", "error"),
        ("closed_at-order", "differ"),
        ("registered_at-type", "quarantine"),
        ("deadline_at-order", "warn"),
        ("persons_n-range", "passed"),
        ("record-width", "passed"),
    ]
    assert page.verdict == "error"


@pytest.mark.parametrize(
    ("quality", "numbers", "expected"),
    [
        ({"closed_at-order": 0}, (10, 10, 0, 0, 0), "clean"),
        ({}, (10, 10, 0, 0, 0), "unchecked"),
        ({"closed_at-order": 2}, (10, 10, 0, 0, 0), "error"),  # the judge counted none
        ({"closed_at-order": "broken"}, (10, 10, 0, 0, 0), "error"),
        ({"closed_at-order": 0, "review_at-order": 0}, (10, 10, 0, 0, 0), "error"),  # the judge left a rule out
        ({"closed_at-order": 0}, (10, 8, 2, 0, 0), "quarantine"),
        ({"closed_at-order": 0}, (10, 8, 1, 0, 0), "error"),  # a record is unaccounted for
    ],
)
def test_verdict_on_a_file(
    home: Home, city: City, quality: dict[str, int | str], numbers: tuple[int, int, int, int, int], expected: str
) -> None:
    ledger = Ledger.of(home)
    enter(ledger, "a", {"closed_at-order": ("closed_at", "warn", 0)}, quality, numbers=numbers)
    assert load_pages(ledger, city)[0].verdict == expected


def test_flags_alone_leave_a_file_with_remarks(home: Home, city: City) -> None:
    ledger = Ledger.of(home)
    flagged = {"closed_at-order": ("closed_at", "warn", 2)}
    enter(ledger, "a", flagged, {"closed_at-order": 2}, numbers=(10, 10, 0, 0, 0))
    assert load_pages(ledger, city)[0].verdict == "warn"


def test_a_rule_that_could_not_be_counted_twice_never_passes() -> None:
    told = rule_verdict(severity="warn", failed_n=0, gx_n=None, error="MetricResolutionError", is_row_rule=True)
    assert told == "error"
    assert rule_verdict(severity="warn", failed_n=0, gx_n=None, error="", is_row_rule=True) == "unchecked"
    assert rule_verdict(severity="quarantine", failed_n=3, gx_n=3, error="", is_row_rule=True) in RULE_VERDICTS


def test_pages_and_indexes_are_written_and_linked(home: Home, city: City) -> None:
    ledger = Ledger.of(home)
    enter(ledger, "a", RULES, QUALITY)
    enter(ledger, "b", {"closed_at-order": ("closed_at", "warn", 0)}, {"closed_at-order": 0}, name="信访_20260201.csv")
    ledger.hold(file_row("c", "held", "坏文件.csv", feed="calls"))
    write_validation(home, city, ledger)
    folder = home.reports / "validation"
    pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    assert pages == [
        "calls/cccccccccccc.html", "calls/index.html", "index.html", "petition/aaaaaaaaaaaa.html",
        "petition/bbbbbbbbbbbb.html", "petition/index.html",
    ]  # fmt: skip
    for name in pages:
        found = Links()
        found.feed((folder / name).read_text(encoding="utf-8"))
        assert not found.fetched
        assert not found.scripts
        assert found.links
        for link in found.links:
            assert ((folder / name).parent / link).resolve().is_file(), f"{name} links to {link}"
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert index.index("坏文件.csv") < index.index("信访_20260131.csv") < index.index("信访_20260201.csv")


def test_no_page_names_another_machine(home: Home, city: City) -> None:
    ledger = Ledger.of(home)
    enter(ledger, "a", RULES, QUALITY)
    write_validation(home, city, ledger)
    for path in (home.reports / "validation").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://|@import|url\(|//[a-z]", text)
        assert "default-src 'none'" in text


def test_a_page_says_everything_in_both_languages(home: Home, city: City) -> None:
    ledger = Ledger.of(home)
    enter(ledger, "a", RULES, QUALITY)
    write_validation(home, city, ledger)
    text = (home.reports / "validation" / "petition" / "aaaaaaaaaaaa.html").read_text(encoding="utf-8")
    for said in (
        "信访件", "Petitions", "「办结时间」不得早于「登记时间」", "&#34;closed at&#34; must not be earlier than &#34;registered at&#34;",
        "两次计数不一致", "counts disagree", "1,000", "970", "2.0%", "MetricResolutionError",
    ):  # fmt: skip
        assert said in text
    assert len(re.findall('<span class="zh"', text)) == len(re.findall('<span class="en"', text)) > 20


def test_a_held_file_says_why_and_what_next(home: Home, city: City) -> None:
    ledger = Ledger.of(home)
    ledger.hold(file_row("c", "held"))
    write_validation(home, city, ledger)
    text = (home.reports / "validation" / "petition" / "cccccccccccc.html").read_text(encoding="utf-8")
    assert "column 信访编号 is missing" in text
    assert "add columns" in text
    assert "0123456789ab" not in text


def test_names_are_escaped(home: Home, city: City) -> None:
    ledger = Ledger.of(home)
    ledger.hold(file_row("c", "held", "<script>alert(1)</script>.csv"))
    write_validation(home, city, ledger)
    for path in (home.reports / "validation").rglob("*.html"):
        assert "<script>" not in path.read_text(encoding="utf-8")


def test_the_same_state_writes_nothing_twice(home: Home, city: City) -> None:
    ledger = Ledger.of(home)
    enter(ledger, "a", RULES, QUALITY)
    assert len(write_validation(home, city, ledger)) == 3
    assert write_validation(home, city, ledger) == []
    ledger.hold(file_row("c", "held"))
    changed = {path.name for path in write_validation(home, city, ledger)}
    assert changed == {"cccccccccccc.html", "index.html"}


def test_an_old_parse_is_not_shown(home: Home, city: City) -> None:
    ledger = Ledger.of(home)
    enter(ledger, "a", RULES, QUALITY)
    newer = ParseRow("petition", SHA["a"], "p2", "petition", "x", 1, 9, 9, 0, 0, 0, None, None, "utf-8", "2026-02-02")
    ledger.enter_all([Parsed(file_row("a"), newer, (), ())])
    (page,) = load_pages(ledger, city)
    assert page.parse is not None
    assert page.parse["parser"] == "p2"
    assert page.rules == ()


@pytest.mark.parametrize("contract_id", contract_ids())
def test_every_shipped_rule_has_a_sentence(contract_id: str) -> None:
    contract = load_contract(contract_id)
    for rule in contract.rules:
        words = sentence(contract, rule.id, rule.column)
        assert contract.column(rule.column).title_zh in words.zh
        assert rule.column.replace("_", " ") in words.en
        assert rule.id not in words.en


def test_a_rule_of_the_past_is_named_as_such() -> None:
    contract = load_contract("petition")
    assert "no longer" in sentence(contract, "gone-range", "gone").en
    assert "no longer" in sentence(contract, "title-range", "title").en


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(0, 0, "—"), (0, 9, "0.0%"), (1, 10_000, "<0.1%"), (1, 3, "33.3%"), (9, 9, "100.0%")]
)
def test_a_share_never_hides_a_row(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text

"""The judge and Great Expectations read the same rules by different code and count the same failed rows, file by file."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from pipelines import ingest
from pipelines.core.contracts import contract_ids, load_contract
from pipelines.core.installation import Installation, open_installation
from pipelines.core.state import QualityRow
from pipelines.core.warehouse import open_published
from pipelines.defs.checks import validate_waiting
from pipelines.reports.validation import load_pages, write_validation
from quality.published import QUERIES, check_published
from quality.run import parity
from quality.suites import rules_in_force
from quality.verify import verify
from tests.conftest import TinyCity


@pytest.fixture(scope="module")
def ingested(tiny_city: TinyCity) -> Iterator[Installation]:
    """The session's city: run once by the real command, so its batches were validated and deleted."""
    place = open_installation(city=tiny_city.folder, home=tiny_city.home, source_root=tiny_city.source)
    assert len(place.ledger.rows("select * from parse")) > len(place.city.feeds)
    yield place
    place.ledger.close()


def judged(place: Installation, parse: dict[str, str]) -> dict[str, int]:
    rows = place.ledger.rows(
        "select rule_id, failed_n from rule_outcome where feed = ? and sha256 = ? and parser = ? and column_name <> ''",
        parse["feed"], parse["sha256"], parse["parser"],
    )  # fmt: skip
    return {row["rule_id"]: row["failed_n"] for row in rows}


def counted(place: Installation, parse: dict[str, str]) -> list[QualityRow]:
    rows = place.ledger.rows(
        "select * from quality_outcome where feed = ? and sha256 = ? and parser = ?",
        parse["feed"], parse["sha256"], parse["parser"],
    )  # fmt: skip
    return [QualityRow(**row) for row in rows]


def test_failed_counts_are_equal_rule_by_rule(ingested: Installation) -> None:
    failing: Counter[str] = Counter()
    for parse in ingested.ledger.rows("select * from parse"):
        by_judge = judged(ingested, parse)
        assert parity(by_judge, counted(ingested, parse)) == []
        failing += Counter(by_judge)
    # The dirt must have tested something: several rules, of more than one severity.
    assert len(failing) >= 4
    severities = {row["severity"] for row in ingested.ledger.rows("select severity from rule_outcome where failed_n > 0")}
    assert severities == {"quarantine", "warn"}


def test_every_rule_in_force_was_counted_on_every_file(ingested: Installation) -> None:
    for parse in ingested.ledger.rows("select * from parse"):
        binding = ingested.city.feed(parse["feed"])
        in_force = {rule.id for rule in rules_in_force(binding.contract, binding.key)}
        assert {row.rule_id for row in counted(ingested, parse)} == in_force


def test_a_count_that_was_changed_is_seen(ingested: Installation) -> None:
    parse = ingested.ledger.rows("select * from parse where feed = 'police_incident' order by accepted_n desc")[0]
    by_judge = judged(ingested, parse)
    rule_id = max(by_judge, key=lambda rule: by_judge[rule])
    wrong = {**by_judge, rule_id: by_judge[rule_id] + 1}
    assert [m.rule_id for m in parity(wrong, counted(ingested, parse))] == [rule_id]


def test_batches_are_gone_once_they_were_read(ingested: Installation) -> None:
    assert not list((ingested.home.vault / "tmp").rglob("*.parquet"))


def test_the_report_has_a_page_for_every_file_and_no_count_in_doubt(ingested: Installation) -> None:
    pages = load_pages(ingested.ledger, ingested.city)
    folder = ingested.home.reports / "validation"
    assert all((folder / page.feed / page.name).is_file() for page in pages)
    assert {page.verdict for page in pages} <= {"clean", "warn", "quarantine"}
    assert "quarantine" in {page.verdict for page in pages}
    assert write_validation(ingested.home, ingested.city, ingested.ledger) == []  # the run left it up to date


def test_everything_adds_up_against_counts_by_other_code(ingested: Installation) -> None:
    found = verify(ingested.home.root, ingested.city.folder, ingested.source_root)
    assert not [invariant for invariant in found if not invariant.ok]
    assert len(found) > 6 * len(ingested.ledger.rows("select * from parse"))
    assert len([invariant for invariant in found if invariant.name_en.endswith("events landed")]) >= 8


def test_the_published_city_misleads_nobody(ingested: Installation) -> None:
    events = [binding.contract for binding in ingested.city.feeds if binding.contract.entity == "event"]
    lead = dt.timedelta(hours=max(contract.latency_hours for contract in events))
    build = open_published(ingested.home.root)
    frames = {name: build.frame(query) for name, query in QUERIES.items()}
    build.close()
    checks = check_published(frames, allowed_lead=lead)
    assert all(check.evaluated_n for check in checks)
    assert not [check for check in checks if not check.ok and check.severity == "block"]


#: What departments and vandals put into cells: odd dates, digits of other scripts, line ends, numbers that are none.
NASTY = (
    "", "", "无", "—", "2026-05-01 08:00:00", "2026/5/1 8:05", "20260502", "2026年5月3日", "二〇二六年", "44776", "2026-02-30",
    "3020-01-01", "1899-12-31", "2009-12-31 23:59:59", "2026-07-01 23:59:59", "2026-07-02 00:00:00", "下午3:05", "昨天",
    "１２３", "三十", "1,234", "12万元", "-5", "0", "1", "1e400", "NaN", "inf", "99999999999999999999", "181", "-90.0", "90.1",
    "370102", "370102001", "37010200100203001", "370102001002030011", "3.70102E+17", "٣٧٠١٠٢", "370102\n", " 370102 ", "A12",
    "是", "否", "true", "2", "东区", "住建局", "\u3000", "\u200b370103", "O12", "（2026）鲁01民初1号", "POINT (1 1)",
)  # fmt: skip


@pytest.fixture(scope="module")
def vandalised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Every shipped contract fed with a file of random cells, through the real ingest; files by the dozen are the session's city."""
    root = tmp_path_factory.mktemp("vandalised")
    (root / "city" / "feeds").mkdir(parents=True)
    (root / "city" / "city.yml").write_text("{name: vandalised, zone: Asia/Shanghai, root_area: '37'}", encoding="utf-8")
    draw = random.Random(20260630)
    for contract_id in contract_ids():
        covers = "" if load_contract(contract_id).key else ", covers: file"
        (root / "city" / "feeds" / f"{contract_id}.yml").write_text(
            f"{{contract: {contract_id}, system: s, source: {{type: drop, pattern: '{contract_id}/*.csv', settle_seconds: 0}},"
            f" delivery: increment{covers}, extracted_at: {{name: '(\\d{{8}})'}}}}",
            encoding="utf-8",
        )
        columns = [column.name for column in load_contract(contract_id).columns]
        (root / "source" / contract_id).mkdir(parents=True)
        with (root / "source" / contract_id / "x_20260630.csv").open("w", encoding="utf-8", newline="") as stream:
            writer_of_rows = csv.writer(stream)
            writer_of_rows.writerow(columns)
            writer_of_rows.writerows([draw.choice(NASTY) for _ in columns] for _ in range(1000))
    place = open_installation(city=root / "city", home=root / "home", source_root=root / "source")
    for binding in place.city.feeds:
        outcomes = ingest.ingest_feed(binding, place, now=place.now())
        assert [outcome.verdict for outcome in outcomes] == ["loaded"]
    validate_waiting(place)
    yield place
    place.ledger.close()


def test_random_cells_are_counted_alike_under_every_contract(vandalised: Installation) -> None:
    failing: Counter[str] = Counter()
    for parse in vandalised.ledger.rows("select * from parse"):
        by_judge = judged(vandalised, parse)
        assert parity(by_judge, counted(vandalised, parse)) == []
        failing += Counter(by_judge)
    kinds = Counter(rule.rpartition("-")[2] for rule in failing)
    assert set(kinds) == {"required", "type", "pattern", "range", "order", "window"}


def test_every_rule_that_can_fail_did_fail(vandalised: Installation) -> None:
    rows = vandalised.ledger.rows(
        "select contract, rule_id, sum(failed_n) as failed_n from rule_outcome join parse using (feed, sha256, parser) "
        "where column_name <> '' group by contract, rule_id"
    )
    assert not [(row["contract"], row["rule_id"]) for row in rows if not row["failed_n"]]

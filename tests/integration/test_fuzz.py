"""Two thousand files that went wrong on their way: no crash, nothing silent, every verdict one clear sentence.

A hundred of them in `make test`, all in `make prove-fuzz`. Counted by Python's `csv`, which no reader here is built on alone.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

import pytest

from pipelines.core.installation import Installation
from pipelines.ingest import FileOutcome
from pipelines.reports import rule_words
from tests.integration.many_homes import CANARY, PHONE, Homes, landed, put, take, unsynced
from tests.integration.mutations import FAMILIES, Mutant, mutant
from tests.integration.sentences import is_sentence

EVERY, SOME, PER_HOME = 2_000, 104, 26
NAMES = {"keyed": "20260630.csv", "sheet": "20260630.xlsx", "lines": "20260630.jsonl"}


@pytest.fixture(scope="module")
def homes() -> Iterator[Homes]:
    with unsynced() as made:
        yield made


def fuzz(homes: Homes, seeds: range) -> Counter[tuple[str, str]]:
    """Send each file of the seeds to a home; how many of each family got which verdict."""
    told: Counter[tuple[str, str]] = Counter()
    for start in range(seeds.start, seeds.stop, PER_HOME):
        with homes.home() as place:
            for seed in range(start, min(start + PER_HOME, seeds.stop)):
                sent = mutant(seed)
                path = put(place, sent.feed, f"{seed}-{NAMES[sent.feed]}", sent.data)
                outcomes = take(place, sent.feed)
                path.unlink()
                try:
                    assert len(outcomes) == 1, "no verdict, or two"
                    _judge(place, sent, outcomes[0])
                except AssertionError as error:
                    raise AssertionError(f"seed {seed}, {sent.family}: {outcomes[:1]}: {error}") from error
                told[sent.family, outcomes[0].verdict] += 1
            _nobody_is_named(place)
    return told


def _judge(place: Installation, sent: Mutant, one: FileOutcome) -> None:
    if one.verdict == "known":  # two seeds made the same file
        return
    assert one.verdict in sent.verdicts
    assert sent.says in one.message
    if one.verdict == "held":
        file = place.ledger.file(one.feed, one.sha256)
        assert file is not None
        is_sentence(one.message)
        is_sentence(f"{file.held_where}: {file.held_what} -> {file.held_remedy}")
        assert place.ledger.current_parse(one.feed, one.sha256) is None
        return
    if one.message:
        is_sentence(one.message)
    assert one.read_n == one.accepted_n + one.quarantined_n + one.repeat_n + one.nondata_n
    tickets = place.ledger.rows("select record_no, rule_ids from quarantine where sha256 = ?", one.sha256)
    refused = {ticket["record_no"]: ticket["rule_ids"] for ticket in tickets}
    assert len(refused) == one.quarantined_n
    assert sent.refused <= set(refused)
    contract = place.city.feed(one.feed).contract
    for rule in place.ledger.rows("select * from rule_outcome where sha256 = ? and failed_n > 0", one.sha256):
        told = rule_words.sentence(contract, rule["rule_id"], rule["column_name"])
        assert "no longer" not in told.en
    assert all(refused.values()), "set aside without a reason"
    if one.feed == "keyed":
        _is_as_python_counts(place, sent, one, refused)
    assert one.read_n or one.message, "a file without records said nothing"


def _is_as_python_counts(place: Installation, sent: Mutant, one: FileOutcome, refused: dict[int, str]) -> None:
    parse = place.ledger.current_parse(one.feed, one.sha256)
    assert parse is not None
    assert sent.encoding in ("", parse["encoding"])
    every = list(csv.reader(io.StringIO(sent.data.decode(parse["encoding"]), newline="")))
    while not every[0]:
        every.pop(0)
    width, every = len(every[0]), every[1:]
    assert one.read_n == len(every)
    assert one.nondata_n == sum(not cells for cells in every)
    odd = {n for n, cells in enumerate(every, start=1) if cells and len(cells) != width}
    assert odd == {n for n, rules in refused.items() if rules == "record-width"}
    frame = landed(place)
    if frame.height:
        rows = frame.filter(frame["_file"] == one.sha256)
        assert rows.height == rows["_record_no"].n_unique() == one.accepted_n
        assert not set(rows["_record_no"]) & (odd | set(refused))


def _nobody_is_named(place: Installation) -> None:
    """What is told outside the vault names nobody: the ledger holds neither a name nor a number of a person."""
    tables = ("file", "quarantine", "rule_outcome", "ticket_event")
    told = repr([place.ledger.rows(f"select * from {table}") for table in tables])
    assert CANARY not in told
    assert PHONE not in told


def test_a_hundred_damaged_files(homes: Homes) -> None:
    told = fuzz(homes, range(SOME))
    assert {family for family, _ in told} == {made.__name__.removeprefix("_") for made in FAMILIES}
    assert {verdict for _, verdict in told} >= {"loaded", "held"}


def test_a_line_of_twenty_megabytes(homes: Homes) -> None:
    assert fuzz(homes, range(399, 400)) == {("long_line", "loaded"): 1}


@pytest.mark.proof
def test_two_thousand_damaged_files(homes: Homes) -> None:
    told = fuzz(homes, range(EVERY))
    assert sum(told.values()) == EVERY
    print(*sorted(told.items()), sep="\n")

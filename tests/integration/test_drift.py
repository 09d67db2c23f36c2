"""What a changed header means: the table of docs/drift.md, carried out; renamed columns are proposed and never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import ingest, reparse, replay
from pipelines.cli import examine
from pipelines.core import contracts, decided
from pipelines.core.installation import Installation, open_installation
from pipelines.core.named_files import named_file
from pipelines.ingesting import drift
from tests.integration.many_homes import HEADER, NOW, landed, row, text_of
from tests.integration.sentences import is_sentence
from tests.integration.small_exports import make_place, release, retract, standing, take

ROOT = Path(__file__).parents[2]
ROWS = [row(n, closed="2026-06-03 08:00:00") for n in range(6)]
EARLY = ["A9", "1999-01-01 07:00", *row(9)[2:]]  # a rule that a person may overrule
Table = tuple[list[str], list[list[str]]]


def _renamed(old: str, new: str) -> Callable[[], Table]:
    return lambda: ([new if name == old else name for name in HEADER], ROWS)


def _without(name: str) -> Callable[[], Table]:
    at = HEADER.index(name)
    return lambda: ([*HEADER[:at], *HEADER[at + 1 :]], [[*cells[:at], *cells[at + 1 :]] for cells in ROWS])


def _with(name: str, value: str) -> Callable[[], Table]:
    return lambda: ([*HEADER, name], [[*cells, value] for cells in ROWS])


def _retyped(name: str) -> Callable[[], Table]:
    at = HEADER.index(name)
    return lambda: (HEADER, [[*cells[:at], "三号上午", *cells[at + 1 :]] for cells in ROWS])


#: Each row of the document's table, as a change of the second day's file.
CHANGES: dict[str, Callable[[], Table]] = {
    "added column that the contract knows": _with("受理时间", "2026-06-05 08:00:00"),
    "added column that nothing knows": _with("天气", "晴"),
    "missing column that a row must have": _without("任务号"),
    "missing other column": _without("小类名称"),
    "renamed column that a row must have": _renamed("上报时间", "报告时间"),
    "renamed other column": _renamed("结案时间", "结案日期"),
    "retyped column that a row must have": _retyped("上报时间"),
    "retyped other column": _retyped("结案时间"),
    "unread column, as in the file before": _retyped("结案时间"),
    "cut off: the last line lost its end": lambda: (HEADER, ROWS),
    "reordered columns": lambda: (HEADER[::-1], [cells[::-1] for cells in ROWS]),
}


def table() -> list[tuple[str, str, str]]:
    """Change, mode and verdict as docs/drift.md has them."""
    lines = re.findall(
        r"^\| ([^|]+?) \| (\w+) \| (\w+) \|$", (ROOT / "docs" / "drift.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    (_, *modes), *rows = lines
    return [(change, mode, verdict) for change, *verdicts in rows for mode, verdict in zip(modes, verdicts, strict=True)]


def test_the_document_speaks_of_every_change_and_mode() -> None:
    told = table()
    assert {(change, mode) for change, mode, _ in told} == {(change, mode) for change in CHANGES for mode in ("evolve", "strict")}
    assert {verdict for *_, verdict in told} == {"loaded", "noted", "held"}
    assert {change.split()[0] for change, *_ in told} == set(drift.VERDICTS)


def second(
    place: Installation, made: Table, name: str = "u20260602.csv", first: Table = (HEADER, ROWS), is_cut: bool = False
) -> ingest.FileOutcome:
    """The file of the second day, after one with the usual header."""
    if not place.ledger.current_parses():
        assert take(place, {"u20260601.csv": text_of(first[1], header=first[0]).encode()}) == {"u20260601.csv": "loaded"}
    text = text_of(made[1], header=made[0])
    (place.source_root / name).write_bytes((text[:-4] if is_cut else text).encode())
    (outcome,) = ingest.ingest_feed(place.city.feeds[0], place, now=NOW)
    return outcome


def of_mode(place: Installation, mode: str) -> Installation:
    """The same feed under a contract of another mode: it changes nothing else, its name among them."""
    feed = place.city.feeds[0]
    feeds = (replace(feed, contract=replace(feed.contract, mode=mode)),)
    return replace(place, city=replace(place.city, feeds=feeds))


@pytest.mark.parametrize(("change", "mode", "verdict"), table())
def test_a_change_has_the_verdict_that_the_document_says(tmp_path: Path, change: str, mode: str, verdict: str) -> None:
    place = of_mode(make_place(tmp_path), mode)
    header, rows = CHANGES[change]()
    was_so = change.startswith("unread")  # the row less makes it another file
    first = (header, rows[:-1]) if was_so else (HEADER, ROWS)
    outcome = second(place, (header, rows), first=first, is_cut=change.startswith("cut"))
    assert outcome.verdict == ("held" if verdict == "held" else "loaded")
    assert bool(outcome.message) == (verdict != "loaded")
    if verdict != "loaded":
        is_sentence(outcome.message)
    drifted = place.ledger.rows("select rule_id, failed_n from rule_outcome where rule_id = 'header-drift'")
    assert drifted == [{"rule_id": "header-drift", "failed_n": 1}] * ((verdict == "noted") + was_so)
    assert bool(examine._drifted(place)) == (verdict == "noted")
    if verdict == "held":
        assert len(landed(place)) == len(ROWS)
    elif change.split(maxsplit=1)[0] not in ("retyped", "unread"):
        assert outcome.accepted_n == len(ROWS)


def test_columns_in_another_order_are_the_same_columns(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    second(place, CHANGES["reordered columns"]())
    first, other = (landed(place).filter(landed(place)["_file"] == parse["sha256"]) for parse in place.ledger.current_parses())
    columns = ["_event_id", "_content_hash", "closed_at", "class_text"]
    assert first.select(columns).sort("_event_id").equals(other.select(columns).sort("_event_id"))


def test_a_renamed_column_is_proposed_left_out_and_read_once_somebody_says_so(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    outcome = second(place, CHANGES["renamed other column"]())
    assert "结案日期 may be it (50 % alike)" in outcome.message
    line = "synonyms: {closed_at: 结案日期}"
    assert line in outcome.message
    is_new = landed(place)["_version_at"].is_not_null() & (landed(place)["_file"] == outcome.sha256)
    assert landed(place).filter(is_new)["closed_at"].null_count() == len(ROWS)
    told = examine._drifted(place)
    assert [one.partition(":")[0] for one in told] == ["u20260602.csv"]
    place = said(place, "delimiter: ','")  # another binding that changes nothing: read anew, it is told as before
    reparse.switch(place, list(reparse.read_anew(place, reparse.waiting(place), now=NOW)))
    assert examine._drifted(place) == told
    place = said(place, line)
    reparse.switch(place, list(reparse.read_anew(place, reparse.waiting(place), now=NOW)))
    assert landed(place)["closed_at"].null_count() == 0
    assert landed(place).height == 2 * len(ROWS)
    assert examine._drifted(place) == []


def test_a_renamed_column_that_a_row_must_have_is_proposed_with_the_line_that_accepts_it(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    outcome = second(place, CHANGES["renamed column that a row must have"]())
    assert "报告时间 may be it (75 % alike)" in outcome.message
    place = said(place, "synonyms: {reported_at: 报告时间}")
    assert take(place)["u20260602.csv"] == "loaded"
    assert landed(place)["reported_at"].null_count() == 0


def said(place: Installation, line: str) -> Installation:
    """The same home after somebody wrote a line into the binding."""
    path = place.city.folder / "feeds" / "urban.yml"
    path.write_text(f"{path.read_text(encoding='utf-8')}{line}\n", encoding="utf-8")
    return open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)


def test_a_stated_header_that_no_file_has_is_told(tmp_path: Path) -> None:
    place = said(make_place(tmp_path), "columns: {closed_at: 结案时问, class_text: 天气}")
    (place.source_root / "u20260602.csv").write_bytes(text_of(ROWS, header=HEADER).encode())
    (outcome,) = ingest.ingest_feed(place.city.feeds[0], place, now=NOW)
    assert outcome.verdict == "loaded"
    assert "columns: 结案时问 (closed_at) is not in the file, so 结案时间 stays empty; did you mean 结案时间?" in outcome.message
    assert "columns: 天气 (class_text) is not in the file" in outcome.message
    is_sentence(outcome.message)
    assert len(examine._drifted(place)) == 2
    place = said(make_place(tmp_path / "needed"), "columns: {reported_at: 上报时问}")
    assert take(place, {"u20260602.csv": text_of(ROWS, header=HEADER).encode()}) == {"u20260602.csv": "held"}
    (told,) = examine._feed_waits(place, place.city.feeds[0])
    assert "columns: 上报时问 (reported_at) is not in the file" in told
    assert "上报时间 may be it" in told


def test_a_file_of_which_nothing_tells_its_time_is_told(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    outcome = second(place, (HEADER, ROWS[:-1]), name="ux.csv")
    assert "its name has no date as extracted_at says (u(\\d{8}))" in outcome.message
    assert "mend extracted_at in feeds/urban.yml" in outcome.message
    place = make_place(tmp_path / "other")
    path = place.city.folder / "feeds" / "urban.yml"
    path.write_text(re.sub("(?m)^extracted_at.*$", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    place = said(place, "title_en: Urban")
    header, rows = _without("更新时间")()
    (place.source_root / "u1.csv").write_bytes(text_of(rows, header=header).encode())
    (outcome,) = ingest.ingest_feed(place.city.feeds[0], place, now=NOW)
    assert "nothing tells which of two rows of one key is the newer -> state extracted_at, or covers: file" in outcome.message
    is_sentence(outcome.message)


def test_what_looks_like_nothing_is_not_proposed(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    assert "may be it" not in second(place, _renamed("上报时间", "备注一")()).message
    assert "may be it" not in second(place, _renamed("小类名称", "天气")(), "u20260603.csv").message


def test_a_person_may_overrule_and_then_it_is_the_usual_header(tmp_path: Path) -> None:
    place = of_mode(make_place(tmp_path), "strict")
    made = CHANGES["added column that nothing knows"]()
    assert second(place, made).verdict == "held"
    assert take(place) == {}
    assert release(place, "u20260602.csv") == "loaded"
    later = [[*cells[:4], "路灯", *cells[5:]] for cells in made[1]]
    assert second(place, (made[0], later), "u20260603.csv").message == ""


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_header_is_compared_with_that_of_the_day_before_not_with_what_came_before(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    """Three days, the column is new on the second: only that day's file drifts, unless nothing older was there to compare with."""
    place = make_place(tmp_path)
    wide = CHANGES["added column that nothing knows"]()
    days = [(HEADER, ROWS), wide, (wide[0], [[*cells[:4], "路灯", *cells[5:]] for cells in wide[1]])]
    for day in order:
        name = f"u2026060{day + 1}.csv"
        (place.source_root / name).write_bytes(text_of(days[day][1], header=days[day][0]).encode())
        ingest.ingest_feed(place.city.feeds[0], place, now=NOW)
    told = {found["name"] for found in place.ledger.rows("select name from drift join file using (feed, sha256)")}
    assert told <= {"u20260602.csv"}
    assert bool(told) == (order == (0, 1, 2))


def test_a_retracted_and_a_reparsed_file_leave_exactly_the_expected_difference(tmp_path: Path) -> None:
    """What counts after is what a home holds that never had the file, or had today's binding from the start."""
    days = {f"u2026060{n}.csv": text_of([row(k, day=n) for k in range(n, n + 4)]).encode() for n in (1, 2, 3)}
    whole, without, rebound = (make_place(tmp_path / name) for name in ("whole", "without", "rebound"))
    take(whole, days)
    before = rows_of(whole)
    take(without, {name: data for name, data in days.items() if name != "u20260602.csv"})
    retract(whole, "u20260602.csv")
    gone = set(before) - set(rows_of(whole))
    assert rows_of(whole) == rows_of(without)
    assert {name for name, status in standing(whole).items() if status == "retracted"} == {"u20260602.csv"}
    assert len(gone) == 4
    retract(whole, "u20260602.csv", undo=True)
    assert rows_of(whole) == before
    line = "columns: {class_text: 上报人电话x}"
    rebound = said(rebound, line)
    take(rebound, days)
    whole = said(whole, line)
    reparse.switch(whole, list(reparse.read_anew(whole, reparse.waiting(whole), now=NOW)))
    assert rows_of(whole) == rows_of(rebound)
    assert {old[0] for old in before} == {new[0] for new in rows_of(whole)}
    assert all(new[1] is None for new in rows_of(whole))


def rows_of(place: Installation) -> list[tuple[object, ...]]:
    return sorted(landed(place).select("_event_id", "class_text", "_content_hash", "_file", "_record_no").rows(), key=repr)


def test_every_contract_states_its_mode() -> None:
    modes = {name: contracts.load_contract(name) for name in contracts.contract_ids()}
    assert {contract.mode for contract in modes.values()} == {"strict", "evolve"}
    assert all(contract.mode == "evolve" for contract in modes.values() if contract.entity == "event")


def test_only_a_person_with_a_name_overrules(tmp_path: Path) -> None:
    place = of_mode(make_place(tmp_path), "strict")
    second(place, CHANGES["missing other column"]())
    held = named_file(place.ledger, "u20260602.csv")
    assert held.held_remedy.startswith("ask the department whether it is meant; if it may come so: citybrain release")
    assert decided.is_released(place.home, held) is False


def test_the_file_before_is_never_a_later_one(tmp_path: Path) -> None:
    """No final newline in the first file, one in the second: a decision on a row of the first is carried out all the same."""
    place = make_place(tmp_path)
    early = text_of([*ROWS, EARLY]).encode()
    for files in ({"u1.csv": early.rstrip()}, {"u2.csv": text_of(ROWS).encode()}):
        assert set(take(place, files).values()) == {"loaded"}
    (ticket,) = place.ledger.rows("select ticket from quarantine")
    replay.accept(place, [ticket["ticket"]], decided.Signed("clerk", "checked on paper", NOW))
    assert place.ledger.rows("select status from quarantine") == [{"status": "accepted"}]
    assert place.ledger.rows("select * from drift") == []


def test_a_decision_on_a_row_is_carried_out_though_an_older_file_came_later(tmp_path: Path) -> None:
    """The first day's file arrives last: read anew, the second day's would now be told that it may be cut off; it is not held."""
    place = make_place(tmp_path)
    early = text_of([*ROWS, EARLY]).encode()
    for files in ({"u20260602.csv": early.rstrip()}, {"u20260601.csv": text_of(ROWS).encode()}):
        assert set(take(place, files).values()) == {"loaded"}
    (ticket,) = place.ledger.rows("select ticket from quarantine")
    replay.accept(place, [ticket["ticket"]], decided.Signed("clerk", "checked on paper", NOW))
    assert place.ledger.rows("select status from quarantine") == [{"status": "accepted"}]


@pytest.mark.parametrize("names", [("u1.csv", "u2.csv"), ("u20260601a.csv", "u20260601b.csv")])
def test_read_anew_an_old_file_does_not_lack_a_column_that_came_later(tmp_path: Path, names: tuple[str, str]) -> None:
    """Without an extract time, and with the same one, what came first is the older."""
    place = make_place(tmp_path)
    narrow = CHANGES["missing other column"]()
    take(place, {names[0]: text_of(narrow[1], header=narrow[0]).encode()})
    take(place, {names[1]: text_of(ROWS).encode()})
    assert examine._drifted(place) == []
    place = said(place, "delimiter: ','")
    reparse.switch(place, list(reparse.read_anew(place, reparse.waiting(place), now=NOW)))
    assert examine._drifted(place) == []

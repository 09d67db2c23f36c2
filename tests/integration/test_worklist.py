"""The clerk's round trip: a row is refused, mended, brought back or sent again; counts close, history is kept."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines import reparse, replay
from pipelines.core import decisions, faults
from pipelines.core.decided import Signed
from pipelines.core.decisions import Decision
from pipelines.core.errors import FileHeld, UsageError
from pipelines.core.installation import Installation, open_installation
from pipelines.reports import worklist, worklist_codes, worklist_xlsx
from quality.verify import verify
from tests.integration.returned_rows import (
    BAD,
    GOOD,
    MENDED,
    SIGNED,
    bring_back,
    entries,
    export_of,
    exported,
    funnel,
    landed,
    mended,
    statuses,
    whats,
)  # fmt: skip
from tests.integration.small_exports import COVERED, NOW, built_of, make_place, retract, take

NewPlace = Callable[..., Installation]


@pytest.fixture
def new_place(tmp_path: Path) -> NewPlace:
    return lambda name="place", delivery="delivery: increment": make_place(tmp_path / name, delivery)


def test_the_round_trip_by_replay(new_place: NewPlace, tmp_path: Path) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD), ("A3", BAD))})
    assert funnel(place) == (3, 1, 2, 0, 0)
    waiting = entries(place)
    assert [(e.record_no, e.rule_ids, e.key) for e in waiting] == [
        (2, ("reported_at-required", "reported_at-type"), {"任务号": "A2"}),
        (3, ("reported_at-required", "reported_at-type"), {"任务号": "A3"}),
    ]
    data = mended(place, tmp_path / "out.xlsx", "上报时间", {"A2": MENDED, "A3": "前天"})
    assert bring_back(place, data) == {"2": "accepted", "3": "refused"}
    assert funnel(place) == (3, 2, 1, 0, 0)
    assert ("A2", "2026-06-01 07:30:00.000000", 2) in landed(place)
    assert [(e.record_no, e.bounces) for e in entries(place)] == [(3, 1)]
    before = place.ledger.rows("select * from quarantine"), place.ledger.current_parses(), landed(place)
    assert bring_back(place, data) == {"2": "closed", "3": "refused"}
    assert before == (place.ledger.rows("select * from quarantine"), place.ledger.current_parses(), landed(place))
    assert [e.bounces for e in entries(place)] == [1]  # the same workbook twice is one bounce
    assert whats(place, waiting[0].ticket) == ["opened", "mended"]
    assert whats(place, waiting[1].ticket) == ["opened", "refused"]
    upload = next((place.home.vault / "uploads" / "urban").glob("*.xlsx"))
    with place.vault.open(upload) as stream:
        assert stream.read() == data
    assert take(place) == {}  # the file in the drop folder is not read anew
    invariants = verify(place.home.root, place.city.folder, place.source_root)
    assert [one for one in invariants if not one.ok and not one.note_en] == []
    assert sum(one.ok and one.name_en.endswith("set aside = tickets") for one in invariants) == 1


def test_what_was_mended_is_what_the_bureau_would_have_sent(new_place: NewPlace, tmp_path: Path) -> None:
    place, sound = new_place(), new_place("sound")
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD))})
    take(sound, {"u20260601.csv": export_of(("A1", GOOD), ("A2", MENDED))})
    bring_back(place, mended(place, tmp_path / "out.xlsx", "上报时间", {"A2": MENDED}))
    assert landed(place) == landed(sound)
    assert entries(place) == []


def test_what_was_mended_stays_so_when_files_are_read_anew_and_when_the_ledger_was_lost(
    new_place: NewPlace, tmp_path: Path
) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD))})
    bring_back(place, mended(place, tmp_path / "out.xlsx", "上报时间", {"A2": MENDED}))
    rows, built = landed(place), built_of(place)
    path = place.city.folder / "feeds" / "urban.yml"
    path.write_text(path.read_text(encoding="utf-8") + "delimiter: ','\n", encoding="utf-8")
    again = open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)
    read = list(reparse.read_anew(again, reparse.waiting(again), now=NOW))
    assert len(read) == 1
    reparse.switch(again, read)
    assert (landed(again), reparse.waiting(again), statuses(again)) == (rows, [], {2: "mended"})
    path.write_text(path.read_text(encoding="utf-8").replace("delimiter: ','\n", ""), encoding="utf-8")
    again.ledger.close()
    for old in place.home.state.glob("ledger.db*"):
        old.unlink()
    fresh = open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)
    take(fresh)
    assert landed(fresh) == rows
    assert built_of(fresh) == built


def test_the_same_workbook_under_other_rules_takes_more_and_loses_nothing(new_place: NewPlace, tmp_path: Path) -> None:
    """A form of dates that the binding learns later: what was mended before stays, and no file is read anew unasked."""
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD), ("A3", BAD))})
    data = mended(place, tmp_path / "out.xlsx", "上报时间", {"A2": MENDED, "A3": "07h30 on 01/06/2026"})
    assert bring_back(place, data) == {"2": "accepted", "3": "refused"}
    take(place)
    (place.source_root / "u20260601.csv").unlink()
    path = place.city.folder / "feeds" / "urban.yml"
    path.write_text(path.read_text(encoding="utf-8") + 'dates: ["%Hh%M on %d/%m/%Y"]\n', encoding="utf-8")
    again = open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)
    before = again.ledger.current_parses()
    assert take(again) == {}
    assert again.ledger.current_parses() == before
    reparse.switch(again, list(reparse.read_anew(again, reparse.waiting(again), now=NOW)))
    assert statuses(again) == {2: "mended", 3: "open"}
    assert bring_back(again, data) == {"2": "closed", "3": "accepted"}
    assert statuses(again) == {2: "mended", 3: "mended"}
    assert [at for case, at, _ in landed(again) if case != "A1"] == ["2026-06-01 07:30:00.000000"] * 2


def test_a_ticket_of_before_keeps_its_name(new_place: NewPlace, tmp_path: Path) -> None:
    """Ledgers of before have names with eight digits of the hash, and workbooks that tell them may be out."""
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD), ("A3", BAD))})
    for table in ("quarantine", "ticket_event"):
        place.ledger.rows(f"update {table} set ticket = 'urban-' || substr(ticket, 7, 8) || substr(ticket, 23)")
    old = {row["ticket"] for row in place.ledger.rows("select ticket from quarantine")}
    assert {len(name) for name in old} == {len("urban-01234567-2")}
    bring_back(place, mended(place, tmp_path / "out.xlsx", "上报时间", {"A2": MENDED}))
    assert {row["ticket"] for row in place.ledger.rows("select ticket from quarantine")} == old
    assert statuses(place) == {2: "mended", 3: "open"}


@pytest.mark.parametrize("point", ["after_upload", "after_decision", "after_landing", "before_ledger"])
def test_a_kill_in_a_replay_leaves_nothing_half_done(new_place: NewPlace, tmp_path: Path, point: str) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD))})
    data = mended(place, tmp_path / "out.xlsx", "上报时间", {"A2": MENDED})
    with faults.armed(f"{point}:exception"), pytest.raises(faults.InjectedFault):
        bring_back(place, data)
    assert funnel(place) == (2, 1, 1, 0, 0)
    if point == "after_upload":
        bring_back(place, data)
    else:
        take(place)  # the decision stands: the next run carries it out
    assert (funnel(place), statuses(place)) == ((2, 2, 0, 0, 0), {2: "mended"})


@pytest.mark.parametrize("order", [("u20260601.csv", "u20260602.csv"), ("u20260602.csv", "u20260601.csv")])
def test_a_ticket_closes_by_itself_when_a_later_file_brings_the_row_in_good_order(
    new_place: NewPlace, order: tuple[str, str]
) -> None:
    """Whichever of the two files arrives first; and opens again if that file is retracted."""
    place = new_place()
    files = {
        "u20260601.csv": export_of(("A1", GOOD), ("A2", BAD), ("A3", BAD)),
        "u20260602.csv": export_of(("A2", MENDED), updated="2026-06-02 08:00:00"),
    }
    for name in order:
        take(place, {name: files[name]})
    assert statuses(place) == {2: "mended_at_source", 3: "open"}
    ticket = place.ledger.rows("select ticket from quarantine where record_no = 2")[0]["ticket"]
    assert whats(place, ticket) == ["opened", "mended_at_source"]
    retract(place, "u20260602.csv")
    assert statuses(place) == {2: "open", 3: "open"}
    assert whats(place, ticket) == ["opened", "mended_at_source", "reopened"]
    retract(place, "u20260602.csv", undo=True)
    take(place)
    assert statuses(place) == {2: "mended_at_source", 3: "open"}


def test_a_ticket_of_a_retracted_file_does_not_open_again(new_place: NewPlace) -> None:
    """In whichever order both files are taken out, and given back, what waits is what would if only those that count had come."""
    files = {
        "u20260601.csv": export_of(("A1", GOOD), ("A2", BAD)),
        "u20260602.csv": export_of(("A2", MENDED), updated="2026-06-02 08:00:00"),
    }
    for number, (first, second) in enumerate(itertools.permutations(files)):
        place = new_place(f"place{number}")
        take(place, files)
        retract(place, first)
        retract(place, second)
        assert statuses(place) == {2: "retracted"}
        invariants = verify(place.home.root, place.city.folder, place.source_root)
        assert [one for one in invariants if not one.ok and not one.note_en] == []
        retract(place, "u20260601.csv", undo=True)
        assert statuses(place) == {2: "open"}
        retract(place, "u20260602.csv", undo=True)
        take(place)
        assert statuses(place) == {2: "mended_at_source"}


def test_a_ticket_of_a_superseded_file_does_not_open_again(new_place: NewPlace) -> None:
    """A month's file mended by the next month's, then replaced: its ticket opens when it counts again, not before."""
    place = new_place(delivery="delivery: snapshot\ncovers: {name: 'u2026(\\d\\d)'}")
    bad = export_of(("A1", GOOD), ("A2", BAD))
    take(place, {"u20260601.csv": bad, "u20260701.csv": export_of(("A1", GOOD), ("A2", MENDED))})
    assert statuses(place) == {2: "mended_at_source"}
    take(place, {"u20260602.csv": export_of(("A1", GOOD), ("A3", GOOD))})
    retract(place, "u20260701.csv")
    assert statuses(place) == {2: "replaced_at_source"}
    retract(place, "u20260602.csv")
    assert statuses(place) == {2: "open"}


def test_a_row_that_was_mended_and_comes_back_bad_is_open_again_with_a_bounce(new_place: NewPlace) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A2", BAD)), "u20260602.csv": export_of(("A2", MENDED))})
    assert entries(place) == []
    take(place, {"u20260603.csv": export_of(("A2", "前天"))})
    assert [(e.file, e.bounces, e.older) for e in entries(place)] == [("u20260603.csv", 1, ())]


def test_an_unknown_code_in_a_returned_row_comes_with_the_nearest(new_place: NewPlace, tmp_path: Path) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD)).replace("盗窃".encode(), "盗窃类".encode())})
    (cell,) = [c for c in entries(place)[0].cells if c.known]
    assert (cell.header, cell.text) == ("小类名称", "盗窃类")
    assert cell.nearest == "盗窃"
    assert cell.nearest in entries(place)[0].words.zh
    assert exported(place, tmp_path / "o.xlsx")[worklist_xlsx.ROWS].data_validations.dataValidation


def test_an_older_file_mends_nothing(new_place: NewPlace) -> None:
    place = new_place()
    take(place, {"u20260602.csv": export_of(("A2", BAD)), "u20260601.csv": export_of(("A2", GOOD))})
    assert statuses(place) == {1: "open"}


def test_a_row_that_comes_back_bad_is_one_entry_with_a_bounce(new_place: NewPlace, tmp_path: Path) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A2", BAD)), "u20260602.csv": export_of(("A2", "前天"))})
    assert [(e.file, e.bounces, len(e.older)) for e in entries(place)] == [("u20260602.csv", 1, 1)]
    assert bring_back(place, mended(place, tmp_path / "o.xlsx", "上报时间", {"A2": MENDED})) == {"1": "accepted"}
    assert entries(place) == []  # the older ticket is closed with it
    found = place.ledger.rows("select status from quarantine order by status")
    assert [row["status"] for row in found] == ["mended", "mended_at_source"]


def test_what_covers_the_same_closes_the_tickets_of_what_it_replaces(new_place: NewPlace) -> None:
    place = new_place(delivery=f"{COVERED}\nkey: none")
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD))})
    assert statuses(place) == {2: "open"}
    take(place, {"u20260602.csv": export_of(("A1", GOOD), ("A2", MENDED), ("A4", GOOD))})
    assert statuses(place) == {2: "replaced_at_source"}
    retract(place, "u20260602.csv")
    assert statuses(place) == {2: "open"}


def test_a_keyless_row_is_mended_too(new_place: NewPlace, tmp_path: Path) -> None:
    place = new_place(delivery=f"{COVERED}\nkey: none")
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD))})
    ticket = entries(place)[0].ticket
    assert bring_back(place, mended(place, tmp_path / "o.xlsx", "上报时间", {ticket: MENDED})) == {"2": "accepted"}
    assert funnel(place) == (2, 2, 0, 0, 0)


def test_the_row_is_right(new_place: NewPlace) -> None:
    place = new_place()
    take(
        place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", "1999-01-01 07:00:00"), ("A3", BAD), ("A4", "2031-01-01 07:00"))}
    )
    early, unread, late = entries(place)
    assert early.rule_ids == ("reported_at-window",)
    with pytest.raises(UsageError):  # the value would be lost
        replay.accept(place, [unread.ticket], SIGNED)
    with pytest.raises(UsageError):  # it would move the clock
        replay.accept(place, [late.ticket], SIGNED)
    clock = place.ledger.current_parses()[0]["clock_max"]
    replay.accept(place, [early.ticket], SIGNED)
    assert (funnel(place), statuses(place)[2]) == ((4, 2, 2, 0, 0), "accepted")
    parse = place.ledger.current_parses()[0]
    assert parse["clock_max"] == clock
    flags = pl.read_parquet(place.home.root / parse["landing_path"]).filter(pl.col("source_case_no") == "A2")["_flags"][0]
    assert "reported_at-window" in flags.to_list()
    assert worklist.rules_overruled(place) == [("urban", "reported_at-window", 1, 2)]
    with pytest.raises(UsageError):
        replay.accept(place, [early.ticket], SIGNED)
    replay.accept(place, [early.ticket], SIGNED, undo=True)
    assert (funnel(place), statuses(place)[2]) == ((4, 1, 3, 0, 0), "open")
    assert whats(place, early.ticket) == ["opened", "accepted", "reopened"]


def test_a_decision_that_was_not_carried_out_says_so_and_the_next_run_does(new_place: NewPlace) -> None:
    """Somebody wrote a wrong line into the binding: read anew by it the file would lose its rows, so it is held."""
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A3", GOOD), ("A2", "1999-01-01 07:00"))})
    path = place.city.folder / "feeds" / "urban.yml"
    right = path.read_text(encoding="utf-8")
    path.write_text(right + "columns: {reported_at: 小类名称}\n", encoding="utf-8")
    wrong = open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)
    ticket = entries(place)[0].ticket
    with pytest.raises(FileHeld, match=r"entered and not carried out: .*read anew it has 0 accepted rows") as told:
        replay.accept(wrong, [ticket], SIGNED)
    assert ticket in str(told.value)
    assert statuses(place) == {3: "open"}
    path.write_text(right, encoding="utf-8")
    take(place)
    assert statuses(place) == {3: "accepted"}


def test_several_rows_are_right_at_once_or_none(new_place: NewPlace) -> None:
    """Two files, three rows: each file is read anew once. With a ticket that nobody may overrule none is taken."""
    place = new_place()
    early = "1999-01-01 07:00"
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", early), ("A3", early), ("A4", BAD))})
    take(place, {"u20260602.csv": export_of(("B1", GOOD), ("B2", early))})
    tickets = {one.key["任务号"]: one.ticket for one in entries(place)}
    with pytest.raises(UsageError):
        replay.accept(place, [tickets["A2"], tickets["A4"]], SIGNED)
    assert len(entries(place)) == 4
    replay.accept(place, [tickets["A2"], tickets["A3"], tickets["B2"], tickets["A2"]], SIGNED)
    assert [one.ticket for one in entries(place)] == [tickets["A4"]]
    read = place.ledger.rows("select count(*) as n from parse group by sha256")
    assert read == [{"n": 2}] * 2
    replay.accept(place, [tickets["A2"], tickets["B2"]], SIGNED, undo=True)
    assert {one.ticket for one in entries(place)} == {tickets[case] for case in ("A2", "A4", "B2")}


def test_a_second_decision_that_is_taken_back_at_once_leaves_the_first(new_place: NewPlace) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", "1999-01-01 07:00"), ("A2", "1999-01-02 07:00"), ("A3", GOOD))})
    first, second = (one.ticket for one in entries(place))
    replay.accept(place, [first], SIGNED)
    take(place)
    replay.accept(place, [second], SIGNED)
    replay.accept(place, [second], SIGNED, undo=True)
    assert (funnel(place), statuses(place)) == ((3, 2, 1, 0, 0), {1: "accepted", 2: "open"})


def test_a_decision_without_a_name_or_reason_is_refused(new_place: NewPlace) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", "1999-01-01 07:00:00"))})
    with pytest.raises(UsageError):
        replay.accept(place, [entries(place)[0].ticket], Signed("", "x", NOW))
    assert statuses(place) == {2: "open"}


def test_unknown_codes_of_rows_that_count_come_with_the_nearest(new_place: NewPlace) -> None:
    place = new_place()
    data = export_of(("A1", GOOD), ("A2", GOOD), ("A3", GOOD)).decode()
    take(place, {"u20260601.csv": data.replace("盗窃", "盗窃类", 2).encode()})
    (one,) = worklist_codes.unknown_codes(place)
    assert (one.feed, one.code_set, one.code, one.rows_n, one.nearest) == ("urban", "category", "盗窃类", 2, "盗窃")
    assert worklist_codes.unknown_codes(place, bureau="x") == []
    told = Decision(
        "code_mapping", "category", {"code_set": "category", "source_code": "盗窃类", "canonical_code": "1010"}, "same", "desk",
        NOW, NOW.date(),
    )  # fmt: skip
    decisions.enter(place.home, told)
    assert worklist_codes.unknown_codes(place) == []


#: Per day, which of three cases the file brings, and whether in good order.
DAYS = st.lists(st.dictionaries(st.sampled_from(["A1", "A2", "A3"]), st.booleans(), min_size=1), min_size=2, max_size=4)


@given(days=DAYS, data=st.data())
@example(days=[{"A1": False}, {"A2": True}, {"A2": False}], data=None)  # what was good before mends nothing
@settings(max_examples=10, deadline=None)
def test_which_tickets_close_does_not_depend_on_the_order_in_which_files_arrive(
    tmp_path_factory: pytest.TempPathFactory, days: list[dict[str, bool]], data: st.DataObject | None
) -> None:
    """A bad row waits unless a later file brings its case in good order: told here without the ledger."""
    expected = {
        (f"u2026060{day}.csv", number): any(later.get(case) for later in days[day:])
        for day, cases in enumerate(days, start=1)
        for number, (case, is_good) in enumerate(cases.items(), start=1)
        if not is_good
    }
    numbers = range(1, len(days) + 1)
    order = data.draw(st.permutations(numbers)) if data else list(numbers)
    place = make_place(tmp_path_factory.mktemp("order") / "place")
    for day in order:
        cases = [(case, GOOD if is_good else BAD) for case, is_good in days[day - 1].items()]
        take(place, {f"u2026060{day}.csv": export_of(*cases, updated=f"2026-06-0{day} 08:00:00")})
    found = place.ledger.rows("select f.name, q.record_no, q.status from quarantine q join file f using (feed, sha256)")
    assert {(row["name"], row["record_no"]): row["status"] == "mended_at_source" for row in found} == expected
    assert all(row["status"] in ("open", "mended_at_source") for row in found)
    waiting = {
        case for (name, number), closed in expected.items() if not closed for case in [list(days[int(name[8]) - 1])[number - 1]]
    }
    assert {one.key["任务号"] for one in entries(place)} == waiting
    place.ledger.close()

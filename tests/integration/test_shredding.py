"""A month that nobody can read again: what goes, what stays, what every command then says; and what accidents leave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines import reparse, replay
from pipelines.core import decisions, faults, shredding
from pipelines.core.errors import UsageError, VaultError
from pipelines.core.installation import Installation
from pipelines.core.vault_keys import key_path, places
from pipelines.reports import worklist_xlsx
from quality.verify import verify
from tests.integration.kept_months import FILE, MONTH, again, july_and_august, other_rules, raw_of, say, two_months
from tests.integration.returned_rows import (
    GOOD,
    MENDED,
    NAME,
    PHONE,
    SIGNED,
    bring_back,
    entries,
    export_of,
    funnel,
    landed,
    mended,
    statuses,
)  # fmt: skip
from tests.integration.small_exports import NOW, make_place, standing, take


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    return july_and_august(tmp_path)


def shred(place: Installation) -> int:
    return shredding.shred(place, shredding.keys_of(place, "urban", "202607"), SIGNED, name=MONTH, feed="urban")


def test_after_shredding_nothing_of_the_month_is_readable_and_everything_else_is_as_it_was(place: Installation) -> None:
    before = landed(place), funnel(place), statuses(place), standing(place)
    copies = {path: path.read_bytes() for path in place.home.vault.rglob("*") if path.is_file() and "keys" not in path.parts}
    assert shred(place) >= 4  # bytes as received, the row set aside (twice read), the workbook, its cells
    assert (landed(place), funnel(place), statuses(place), standing(place)) == before
    for path, data in copies.items():  # a backup brings what was deleted back: still nobody reads it
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    opened = again(place)
    readable = [path for path in copies if opened.vault.holds(path)]
    assert [path.name for path in readable if path.parent.parent.name == "raw"] == [raw_of(place, "u20260801.csv").name]
    for path in set(copies) - set(readable):
        with pytest.raises(VaultError) as error:
            opened.vault.open(path)
        assert all((error.value.what, error.value.where, error.value.remedy))


def test_every_command_goes_on_and_says_what_is_gone(place: Installation, tmp_path: Path) -> None:
    workbook = mended(place, tmp_path / "o.xlsx", "上报时间", {"A2": MENDED})
    before = landed(place), funnel(place)
    recounted = verify(place.home.root, place.city.folder, place.source_root)
    assert sum(one.ok for one in recounted) > 10
    shred(place)
    entry = entries(place)[-1]
    assert [(one.record_no, one.cells, one.key) for one in entries(place)] == [(2, (), {}), (4, (), {})]
    assert "no longer kept" in entry.words.en
    assert "不留存" in entry.words.zh
    worklist_xlsx.write(entries(place), tmp_path / "after.xlsx")
    assert bring_back(place, workbook) == {"2": "gone", "4": "unchanged"}
    with pytest.raises(VaultError, match="shredded"):
        replay.accept(place, [entry.ticket], SIGNED)
    assert take(place) == {}
    left = verify(place.home.root, place.city.folder, place.source_root)
    assert [one for one in recounted if one not in left and "vault" not in one.name_en] == []
    assert [one for one in left if one not in recounted] == []  # nothing holds otherwise, and no new doubt
    changed = other_rules(place)
    assert [row.name for row in reparse.waiting(changed)] == ["u20260801.csv"]
    row = changed.ledger.file("urban", raw_of(place, FILE).name)
    assert row is not None
    (told,) = reparse.read_anew(changed, [row], now=NOW)
    assert told.refused is not None
    assert "shredded" in told.refused.what
    assert take(changed) == {"u20260801.csv": "loaded"}  # the shredded one lies there still, and is not taken again
    assert (landed(changed), funnel(changed)) == before
    assert not raw_of(place, FILE).exists()


def test_a_held_file_that_was_shredded_is_not_taken_again_by_other_rules(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    assert take(place, {FILE: b"a,b\n1,2\n"}) == {FILE: "held"}
    shred(place)
    place = other_rules(place)
    assert take(place) == {}
    assert not raw_of(place, FILE).exists()


def test_a_key_that_was_lost_ends_no_feed(place: Installation) -> None:
    """No decision, an accident: where the drop folder still has the file, it is received anew."""
    before = landed(place)
    for key in places(place.home):
        if key[2] == "202607":
            key_path(place.home, key).unlink()
    changed = other_rules(place)
    verdicts = take(changed, {"u20260602.csv": export_of(("C1", GOOD))})
    # Cells mended by hand are lost with their key: the file that has some keeps the rows it had.
    assert verdicts == {FILE: "held", "u20260602.csv": "loaded", "u20260801.csv": "loaded"}
    assert changed.vault.holds(raw_of(place, FILE))
    assert [row for row in landed(changed) if row[0] != "C1"] == before


def test_what_was_mended_of_a_month_goes_with_it_whenever_it_came_back(tmp_path: Path) -> None:
    place = two_months(tmp_path)
    before = landed(place)
    copies = {path: path.read_bytes() for path in (place.home.vault / "uploads").rglob("*") if path.is_file()}
    assert {path.suffix: place.vault.holds(path) for path in copies} == {".json": True, ".xlsx": True}
    assert {key for key in shredding.keys_of(place, "urban", "202607") if key[0] == "uploads"} == {
        ("uploads", "urban", "202607"), ("uploads", "urban", "202607-202608"),
    }  # fmt: skip
    shred(place)
    for path, data in copies.items():  # a backup brings them back
        path.write_bytes(data)
    (left,) = (path for path in copies if again(place).vault.holds(path))
    (august,) = place.ledger.rows("select sha256 from file where name = 'u20260801.csv'")
    with again(place).vault.open(left) as stream:
        assert list(json.loads(stream.read())) == [august["sha256"]]
    changed = other_rules(place)
    assert take(changed) == {"u20260801.csv": "loaded"}  # with the cells mended of it
    assert landed(changed) == before


def damaged(path: Path, how: str) -> None:
    """An empty object, one without a header, one of which a bit turned."""
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "short": whole[:5], "turned": whole[:-1] + bytes([whole[-1] ^ 1])}[how])


def test_a_file_with_a_personal_name_that_still_lies_in_the_drop_folder_is_told(tmp_path: Path) -> None:
    place = make_place(tmp_path / "周口[1]")
    names = [f"u20260601_{NAME}{PHONE}.csv", f"u20260602_{PHONE}.csv", f"u20260602_{'137' + '12345679'}.csv", "u20260603.csv"]
    take(place, {name: export_of((f"A{n}", GOOD)) for n, name in enumerate(names)})
    told = [row["name"] for row in place.ledger.rows("select name from file order by name")]

    def lying() -> set[str]:
        return set(shredding.cost_of(place, shredding.keys_of(place, "urban", "202607")).in_clear)

    assert (len(told), lying()) == (4, set(told))
    (place.source_root / names[1]).unlink()  # another one that looks like it lies there still
    assert len(lying()) == 3
    for name in (names[0], names[2], names[3]):
        (place.source_root / name).unlink()
    assert lying() == set()


@pytest.mark.parametrize("how", ["empty", "short", "turned"])
def test_a_damaged_object_ends_no_feed_and_its_file_is_received_anew(tmp_path: Path, how: str) -> None:
    place = make_place(tmp_path)
    take(place, {FILE: export_of(("A1", GOOD), ("A2", GOOD)), "u20260602.csv": export_of(("C1", GOOD))})
    before, stored = landed(place), raw_of(place, FILE)
    damaged(stored, how)
    changed = other_rules(place)
    assert take(changed) == {FILE: "loaded", "u20260602.csv": "loaded"}
    assert landed(changed) == before
    with changed.vault.open(stored) as stream:
        assert stream.read() == (place.source_root / FILE).read_bytes()
    damaged(raw_of(place, "u20260602.csv"), how)
    assert shredding.cost_of(changed, shredding.keys_of(changed, "urban", "202607")).files == 2 - (how != "turned")


def test_an_object_that_vanishes_while_objects_are_listed_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch whose checks are done is deleted by another process."""
    place = make_place(tmp_path)
    take(place, {FILE: export_of(("A1", GOOD))})
    read = shredding.read_header

    def gone(path: Path) -> object:
        if path.parent.parent.name == "tmp":
            path.unlink()
        return read(path)

    monkeypatch.setattr(shredding, "read_header", gone)
    assert {key[0] for key in shredding.objects(place)} == {"raw", "quarantine"}


@pytest.mark.parametrize("point", ["after_decision", "after_keys"])
def test_a_kill_between_the_steps_is_carried_out_by_the_next_command(
    place: Installation, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    with faults.armed(f"{point}:exception"), pytest.raises(faults.InjectedFault):
        shred(place)
    opened = again(place)
    take(opened)  # what every run begins with
    assert not [key for key in places(place.home) if key[2] == "202607"]
    assert shredding.keys_of(place, "urban", "202607")  # what they locked lies there still, for nobody
    assert shred(opened) >= 1
    assert len([d for d in decisions.every(place.home) if d["kind"] == "shred"]) == 1
    assert shred(opened) == 0


def test_the_command_asks_says_and_records(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYBRAIN_LANG", "en")
    home = ("--home", str(place.home.root))
    month = ("shred", "--feed", "urban", "--month", MONTH, *home)
    code, told = say(*month)
    assert code == 0
    assert "1 files as received" in told
    assert "2 rows still open" in told
    assert f"{FILE}: still lies in the drop folder" in told
    assert "nothing was changed" in told
    assert place.vault.holds(raw_of(place, FILE))
    with pytest.raises(UsageError, match="reason"):
        say(*month, "--yes")
    assert place.vault.holds(raw_of(place, FILE))
    code, told = say(*month, "--yes", "--by", "data desk", "--reason", "asked by the court")
    assert (code, "shredded:" in told) == (0, True)
    (decision,) = [d for d in decisions.every(place.home) if d["kind"] == "shred"]
    assert (decision["decided_by"], decision["reason"]) == ("data desk", "asked by the court")
    assert "holds nothing of it" in say(*month)[1]
    for words, match in ((("--feed", "urbn", "--month", MONTH), "urban"), (("--feed", "urban", "--month", "July"), "2026-06")):
        with pytest.raises(Exception, match=match):
            say("shred", *words, *home)

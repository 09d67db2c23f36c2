"""A month that nobody can read again: what goes, what stays, what every command then says; and a master key that changes."""

from __future__ import annotations

import base64
import datetime as dt
import io
import shutil
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from pipelines import ingest, reparse, replay
from pipelines.cli import keys, show
from pipelines.core import decisions, faults, health_home, retention, rotation, shredding
from pipelines.core.errors import ConfigurationError, UsageError, VaultError
from pipelines.core.installation import Installation, open_installation
from pipelines.core.vault_keys import key_path, places
from pipelines.reports import worklist_xlsx
from quality.verify import verify
from tests.integration.returned_rows import (
    BAD,
    GOOD,
    MENDED,
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

EARLY = "1999-01-01 07:00"  # may be overruled
FILE, MONTH = "u20260601.csv", "2026-07"


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    """A home that took one file in July 2026: one good row, two bad, one mended by hand; and one file in August."""
    made = make_place(tmp_path)
    take(made, {FILE: export_of(("A1", GOOD), ("A2", BAD), ("A3", BAD), ("A4", EARLY))})
    bring_back(made, mended(made, tmp_path / "o.xlsx", "上报时间", {"A3": MENDED}))
    (made.source_root / "u20260801.csv").write_bytes(export_of(("B1", "2026-08-01 07:00:00"), updated="2026-08-01 08:00:00"))
    ingest.ingest_feed(made.city.feeds[0], made, now=dt.datetime(2026, 8, 2))
    return made


def shred(place: Installation) -> int:
    return shredding.shred(place, shredding.keys_of(place, "urban", "202607"), SIGNED, name=MONTH, feed="urban")


def again(place: Installation) -> Installation:
    """The same home, opened by a new process."""
    return open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)


def raw_of(place: Installation, name: str) -> Path:
    (row,) = place.ledger.rows("select sha256 from file where name = ?", name)
    return place.vault.path("raw", "urban", row["sha256"])


def other_rules(place: Installation) -> Installation:
    """The city with a binding that reads files by another parser."""
    binding = place.city.folder / "feeds" / "urban.yml"
    binding.write_text(binding.read_text(encoding="utf-8") + "title_en: other\n", encoding="utf-8")
    return again(place)


def say(*words: str) -> tuple[int, str]:
    """A command of the family as a person types it."""
    app = typer.Typer()
    keys.attach(app)
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(show, "console", Console(file=out, soft_wrap=True))
        result = CliRunner().invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, out.getvalue()


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
        replay.accept(place, entry.ticket, SIGNED)
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


def damaged(path: Path, how: str) -> None:
    """An empty object, one without a header, one of which a bit turned."""
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "short": whole[:5], "turned": whole[:-1] + bytes([whole[-1] ^ 1])}[how])


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


def test_the_master_key_of_a_home_changes_while_it_works(place: Installation) -> None:
    home = ("--home", str(place.home.root))
    signed = ("--by", "data desk", "--reason", "yearly")
    assert "keys wrapped anew" in say("rotate-key", *signed, *home)[1]
    opened = again(place)
    assert opened.vault.holds(raw_of(place, FILE))
    assert place.vault.holds(raw_of(place, FILE))  # opened before the rotation: it goes on
    assert opened.vault.keys.stale() == []
    say("rotate-key", *signed, *home)  # again: the same overlap, no third key
    old = place.home.keys / "master.old.key"
    assert old.exists()
    (told,) = [one for one in health_home.keys(place.home, place.settings, is_production=False) if one.name == "key rotation"]
    assert (told.state, told.remedy) == ("note", "citybrain rotate-key --retire")
    say("rotate-key", "--retire", *signed, *home)
    assert not old.exists()
    with again(place).vault.open(raw_of(place, FILE)) as stream:
        assert stream.read() == (place.source_root / FILE).read_bytes()
    with pytest.raises(UsageError, match="no old key"):
        say("rotate-key", "--retire", *signed, *home)
    assert [d["content"] for d in decisions.every(place.home) if d["kind"] == "rotate_key"]


@pytest.mark.parametrize("point", ["after_decision", "after_new_key"])
def test_a_rotation_that_was_killed_goes_on(place: Installation, point: str) -> None:
    stored = raw_of(place, FILE)
    with faults.armed(f"{point}:exception"), pytest.raises(faults.InjectedFault):
        rotation.rotate(again(place), SIGNED)
    between = again(place)
    assert between.vault.holds(stored)
    assert take(between, {"u20260603.csv": export_of(("D1", GOOD))}) == {"u20260603.csv": "loaded"}
    rotation.rotate(again(place), SIGNED)
    rotation.retire(again(place), SIGNED)
    assert again(place).vault.keys.stale() == []
    assert again(place).vault.holds(stored)
    assert again(place).vault.holds(raw_of(place, "u20260603.csv"))


def test_a_master_key_of_the_environment_changes(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    old = (place.home.keys / "master.key").read_text()
    new = base64.b64encode(bytes(range(32))).decode()
    monkeypatch.setenv("CITYBRAIN_MASTER_KEY", new)
    with pytest.raises(VaultError, match="does not open"):
        again(place).vault.open(raw_of(place, FILE))
    with pytest.raises(VaultError, match="does not open"):
        rotation.rotate(again(place), SIGNED)
    assert not [d for d in decisions.every(place.home) if d["kind"] == "rotate_key"]
    monkeypatch.setenv("CITYBRAIN_MASTER_KEY_OLD", old)
    overlap = again(place)
    assert overlap.vault.holds(raw_of(place, FILE))
    assert rotation.rotate(overlap, SIGNED).wrapped == len(places(place.home))
    monkeypatch.delenv("CITYBRAIN_MASTER_KEY_OLD")
    shutil.rmtree(place.home.keys)
    assert again(place).vault.holds(raw_of(place, FILE))
    with pytest.raises(UsageError, match="already"):
        rotation.rotate(again(place), SIGNED)


# --- retention

DAYS = dt.timedelta(days=400)  # of retention.csv


def test_what_was_kept_long_enough_is_dropped_and_rows_and_counts_stay(place: Installation) -> None:
    before = landed(place), funnel(place), statuses(place), standing(place)
    first, second = raw_of(place, FILE), raw_of(place, "u20260801.csv")
    assert retention.overdue(place, now=NOW + DAYS).paths == ()
    found = retention.overdue(place, now=NOW + DAYS + dt.timedelta(hours=1))
    assert (found.files, found.keys, found.waiting, found.tickets) == (1, (), (FILE,), 2)  # but for the batch, all is kept
    assert first not in found.paths
    late = NOW + DAYS + dt.timedelta(days=31)  # the month of July is over its time, the first of August not
    found = retention.overdue(place, now=late, with_open=True)
    assert first in found.paths
    wanted = {(room, "202607") for room in ("raw", "quarantine", "uploads", "tmp")}
    assert {key[:1] + key[2:] for key in found.keys} == wanted
    assert retention.overdue_files(place, now=late) == 1
    retention.apply(place, found, SIGNED)
    opened = again(place)
    assert not first.exists()
    assert opened.vault.holds(second)
    assert (landed(opened), funnel(opened), statuses(opened), standing(opened)) == before
    assert retention.overdue(opened, now=late, with_open=True).paths == ()
    assert retention.overdue_files(place, now=late) == 0
    assert not [key for key in places(place.home) if key[2] == "202607"]
    (decision,) = [d for d in decisions.every(place.home) if d["kind"] == "retention"]
    assert decision["decided_by"] == SIGNED.by
    assert take(opened) == {}


@pytest.mark.parametrize("point", ["after_decision", "after_objects"])
def test_retention_that_was_killed_is_ended_by_the_next_time(place: Installation, point: str) -> None:
    late = NOW + DAYS + dt.timedelta(days=31)
    before = landed(place), funnel(place)
    found = retention.overdue(place, now=late, with_open=True)
    with faults.armed(f"{point}:exception"), pytest.raises(faults.InjectedFault):
        retention.apply(place, found, SIGNED)
    opened = again(place)
    take(opened)  # any run: what was decided on keys is carried out
    assert not [key for key in places(place.home) if key[2] == "202607"]
    assert not opened.vault.holds(raw_of(place, FILE))
    retention.apply(opened, retention.overdue(opened, now=late, with_open=True), SIGNED)
    assert retention.overdue(opened, now=late, with_open=True).paths == ()
    assert (landed(opened), funnel(opened)) == before


def test_a_file_goes_when_its_own_days_are_over_and_its_month_when_all_are(place: Installation) -> None:
    """Received on the second of August: its bytes may go on its day, the month's key at the month's end."""
    at = dt.datetime(2026, 8, 2) + DAYS + dt.timedelta(minutes=1)
    found = retention.overdue(place, now=at)
    assert raw_of(place, "u20260801.csv") in found.paths
    assert not [key for key in found.keys if key[2] == "202608"]
    retention.apply(place, found, SIGNED)
    found = retention.overdue(again(place), now=dt.datetime(2026, 9, 1) + DAYS)
    assert ("raw", "urban", "202608") in found.keys  # nothing of it is left here, but in a backup there may be


def test_a_city_states_days_of_its_own(place: Installation) -> None:
    path = place.city.folder / "city.yml"
    stands = path.read_text(encoding="utf-8")
    for text, days in (
        ('{retention_days: {"*": 50, urban: 10}}', 10),
        ("{retention_days: 50}", 50),
        ('{retention_days: {"*": 50}}', 50),
    ):
        path.write_text(f"{stands}vault: {text}\n", encoding="utf-8")
        opened = again(place)
        assert retention.overdue(opened, now=NOW + dt.timedelta(days=days), with_open=True).files == 0
        assert retention.overdue(opened, now=NOW + dt.timedelta(days=days, hours=1), with_open=True).files == 1
    for text in ("{retention_days: never}", "{retention_days: 0}", "{retention_days: {urban: -1}}"):
        path.write_text(f"{stands}vault: {text}\n", encoding="utf-8")
        with pytest.raises(ConfigurationError, match="number of days"):
            again(place)


def test_retention_at_the_keyboard(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYBRAIN_LANG", "en")
    monkeypatch.setattr(Installation, "now", lambda _: NOW + DAYS + dt.timedelta(days=31))
    home = ("--home", str(place.home.root))
    assert "nothing was changed" in say("retention", *home)[1]
    code, told = say("retention", "--apply", "--by", "data desk", "--reason", "law", *home)
    assert (code, "2 rows still open" in told, "are kept" in told) == (0, True, True)
    assert place.vault.holds(raw_of(place, FILE))
    code, told = say("retention", "--apply", "--with-open", "--by", "data desk", "--reason", "law", *home)
    assert (code, "go as well" in told, "dropped:" in told) == (0, True, True)
    assert not raw_of(place, FILE).exists()

"""What the vault kept long enough: what goes and when, what waits, what stays."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipelines.core import decisions, faults, retention
from pipelines.core.errors import ConfigurationError
from pipelines.core.installation import Installation
from pipelines.core.vault_keys import places
from tests.integration.kept_months import FILE, again, july_and_august, raw_of, say, two_months
from tests.integration.returned_rows import MENDED, SIGNED, bring_back, funnel, landed, mended, statuses
from tests.integration.small_exports import NOW, standing, take

DAYS = dt.timedelta(days=400)  # of retention.csv


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    return july_and_august(tmp_path)


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


def test_cells_of_a_file_that_waits_are_kept_as_it_is(tmp_path: Path) -> None:
    """A row of July's file waits still: its bytes stay, and so does what was mended of it, or it could not be read again."""
    place, late = two_months(tmp_path), NOW + DAYS + dt.timedelta(days=200)
    retention.apply(place, retention.overdue(place, now=late), SIGNED)
    opened = again(place)
    (left,) = (path for path in (place.home.vault / "uploads").rglob("*.json") if opened.vault.holds(path))
    data = mended(opened, tmp_path / "again.xlsx", "上报时间", {"A3": MENDED})
    assert bring_back(opened, data) == {"3": "accepted"}
    assert statuses(opened) == {2: "mended", 3: "mended"}
    found = retention.overdue(again(place), now=late)
    assert left in found.paths
    retention.apply(place, found, SIGNED)
    assert retention.overdue(again(place), now=late).paths == ()

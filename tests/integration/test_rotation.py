"""A master key that changes while others work: no data key is ever left under a master key that is gone without a word."""

from __future__ import annotations

import base64
import shutil
import threading
from pathlib import Path

import pytest

from pipelines.core import decisions, faults, health_home, rotation
from pipelines.core.errors import UsageError, VaultError
from pipelines.core.installation import Installation
from pipelines.core.vault_keys import CURRENT, OLDER, master_keys, next_master, places
from tests.integration.kept_months import FILE, again, july_and_august, raw_of, say
from tests.integration.returned_rows import GOOD, SIGNED, export_of
from tests.integration.small_exports import make_place, take


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    return july_and_august(tmp_path)


def sealed(place: Installation, name: str, month: str) -> Path:
    """An object of a month of its own, under whatever master key the process has."""
    with place.vault.create("raw", "urban", name, month=month) as stream:
        stream.write(b"x")
    return place.vault.path("raw", "urban", name)


def told_of_rotation(place: Installation) -> list[tuple[str, str]]:
    found = health_home.keys(place.home, place.settings, is_production=False)
    return [(one.state, one.remedy) for one in found if one.name == "key rotation"]


@pytest.mark.parametrize("point", ["after_decision", "between_masters", "after_new_key"])
def test_two_rotations_at_once_are_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    place = make_place(tmp_path)
    stored = sealed(place, "a", "202607")
    failed: list[BaseException] = []

    def other() -> None:
        try:
            rotation.rotate(again(place), SIGNED)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    second = threading.Thread(target=other)

    def at_the_point(reached: str) -> None:
        if reached == point and second.ident is None:
            second.start()
            second.join(0.3)

    monkeypatch.setattr(faults, "hit", at_the_point)
    rotation.rotate(again(place), SIGNED)
    second.join(20)
    assert not second.is_alive()
    assert failed == []
    assert again(place).vault.holds(stored)
    assert again(place).vault.keys.stale() == []
    assert len([d for d in decisions.every(place.home) if d["kind"] == "rotate_key"]) == 2


def test_a_new_master_key_never_takes_the_place_of_one_that_is_not_known(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    sealed(place, "a", "202607")
    seen = master_keys(place.home, place.settings, level="demo")
    rotation.rotate(again(place), SIGNED)
    files = (place.home.keys / CURRENT).read_bytes(), (place.home.keys / OLDER).read_bytes()
    with pytest.raises(VaultError, match="meanwhile") as error:
        next_master(place.home, place.settings, seen)
    assert all((error.value.what, error.value.where, error.value.remedy))
    assert ((place.home.keys / CURRENT).read_bytes(), (place.home.keys / OLDER).read_bytes()) == files


def test_a_key_that_a_process_made_under_the_old_master_key_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process was not started anew: it goes on under the old key after rotate-key. The next step said leads to no loss."""
    monkeypatch.setenv("CITYBRAIN_LANG", "en")
    place = make_place(tmp_path)
    sealed(place, "a", "202607")
    old = (place.home.keys / CURRENT).read_text()
    monkeypatch.setenv("CITYBRAIN_MASTER_KEY", base64.b64encode(bytes(range(32))).decode())
    monkeypatch.setenv("CITYBRAIN_MASTER_KEY_OLD", old)
    told = rotation.rotate(again(place), SIGNED)
    assert "rotate-key again" in told.next_step
    assert "rotate-key" in told_of_rotation(again(place))[0][1]
    late = sealed(place, "b", "202608")
    monkeypatch.delenv("CITYBRAIN_MASTER_KEY_OLD")
    (found,) = told_of_rotation(again(place))
    assert found[0] == "problem"
    assert "CITYBRAIN_MASTER_KEY_OLD" in found[1]
    monkeypatch.setenv("CITYBRAIN_MASTER_KEY_OLD", old)
    assert rotation.rotate(again(place), SIGNED).wrapped == 1
    monkeypatch.delenv("CITYBRAIN_MASTER_KEY_OLD")
    assert told_of_rotation(again(place)) == []
    assert again(place).vault.holds(late)


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

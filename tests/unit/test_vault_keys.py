"""Keys of the vault: what a destroyed key takes with it, and a master key that changes while both still read."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.core import vault_keys
from pipelines.core.errors import ConfigurationError, HomeError, KeyGone, VaultError
from pipelines.core.settings import Home, Settings, load_settings
from pipelines.core.vault import Vault, place_of, read_header
from pipelines.core.vault_keys import KeyRing, MasterKeys, destroy, key_path, master_keys, next_master, places, stone_path

SETTINGS = Settings(None, None, "en", "1GB", 1, None)
OLD, NEW = bytes(32), bytes([7] * 32)
PLACE = ("raw", "f", "202601")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").make()


def put(vault: Vault, name: str, month: str, data: bytes = b"x") -> Path:
    with vault.create("raw", "f", name, month=month) as sink:
        sink.write(data)
    return vault.path("raw", "f", name)


def told_of(error: pytest.ExceptionInfo[VaultError]) -> None:
    """A clear error says what, where and what next."""
    assert all((error.value.what, error.value.where, error.value.remedy))


def test_destroying_a_month_shreds_it_and_no_other(home: Home) -> None:
    vault = Vault(home, MasterKeys(OLD))
    first, second = put(vault, "a", "202601"), put(vault, "b", "202602")
    kept = key_path(home, PLACE).read_bytes()
    assert destroy(home, [PLACE], "2026-07-01, #1") == 1
    assert not key_path(home, PLACE).exists()
    for reader in (vault, Vault(home, MasterKeys(OLD))):  # also one that had the key in memory
        assert reader.open(second).read() == b"x"
        assert (reader.holds(first), reader.holds(second)) == (False, True)
        with pytest.raises(KeyGone, match=r"shredded \(2026-07-01, #1\)") as error:
            reader.open(first)
        told_of(error)
    key_path(home, PLACE).write_bytes(kept)  # a backup brings the key back: the stone stands
    with pytest.raises(KeyGone):
        Vault(home, MasterKeys(OLD)).open(first)
    assert destroy(home, [PLACE], "again") == 1
    assert "#1" in stone_path(home, PLACE).read_text(encoding="utf-8")


def test_what_is_written_after_shredding_has_another_key(home: Home) -> None:
    vault = Vault(home, MasterKeys(OLD))
    put(vault, "a", "202601")
    for n in (2, 3):
        destroy(home, [(*PLACE[:2], vault.keys.month_in_use(*PLACE))], "told")
        path = put(vault, "again", "202601", b"new")
        assert place_of(read_header(path)[0]) == ("raw", "f", f"202601.{n}")
        assert vault.open(path).read() == b"new"


def test_a_key_that_was_lost_and_made_anew_is_told_from_damage(home: Home) -> None:
    vault = Vault(home, MasterKeys(OLD))
    lost = put(vault, "a", "202601")
    key_path(home, PLACE).unlink()
    with pytest.raises(KeyGone, match="destroyed or is missing") as error:
        vault.open(lost)
    told_of(error)
    put(vault, "b", "202601")
    with pytest.raises(KeyGone, match="another now"):
        Vault(home, MasterKeys(OLD)).open(lost)
    assert not vault.holds(lost)


def test_the_bytes_of_a_destroyed_key_were_overwritten(home: Home) -> None:
    vault = Vault(home, MasterKeys(OLD))
    put(vault, "a", "202601")
    path = key_path(home, PLACE)
    before = path.read_bytes()
    other = path.with_name("watched")
    other.hardlink_to(path)  # the same bytes on the disk under a second name
    destroy(home, [PLACE], "told")
    assert len(other.read_bytes()) == len(before)
    assert other.read_bytes() != before


def test_during_the_overlap_both_keys_read_and_the_new_one_wraps(home: Home) -> None:
    path = put(Vault(home, MasterKeys(OLD)), "a", "202601")
    mark = Vault(home, MasterKeys(OLD)).mark("secret")
    overlap = Vault(home, MasterKeys(NEW, OLD))
    late = put(overlap, "b", "202602")
    assert overlap.open(path).read() == overlap.open(late).read() == b"x"
    assert overlap.keys.stale() == sorted([("marks", "all", "always"), PLACE])
    assert (overlap.keys.rewrap(), overlap.keys.rewrap(), overlap.keys.stale()) == (2, 0, [])
    after = Vault(home, MasterKeys(NEW))
    assert after.open(path).read() == after.open(late).read() == b"x"
    assert after.mark("secret") == mark
    with pytest.raises(VaultError, match="does not open") as error:
        Vault(home, MasterKeys(OLD)).open(path)
    told_of(error)
    assert not isinstance(error.value, KeyGone)  # the file must not be taken for one that may be received anew
    assert all(stat.S_IMODE(key_path(home, one).stat().st_mode) == 0o600 for one in places(home))


def test_a_wrong_master_key_makes_no_key_beside_the_others(home: Home) -> None:
    put(Vault(home, MasterKeys(OLD)), "a", "202601")
    with pytest.raises(VaultError, match="does not open"):
        put(Vault(home, MasterKeys(NEW)), "b", "202602")


def test_keys_of_a_home_of_before_are_read_and_wrapped_anew(home: Home) -> None:
    nonce, key = bytes(12), AESGCM.generate_key(256)
    path = key_path(home, PLACE)
    path.parent.mkdir(parents=True)
    path.write_bytes(nonce + AESGCM(OLD).encrypt(nonce, key, b"raw/f/202601"))
    ring = KeyRing(home, MasterKeys(OLD))
    assert (ring.get(PLACE), ring.stale()) == (key, [PLACE])
    ring.rewrap()
    assert (KeyRing(home, MasterKeys(OLD)).get(PLACE), ring.stale()) == (key, [])


def test_a_rotation_of_key_files_survives_a_kill_before_and_after_the_new_one(home: Home) -> None:
    first = master_keys(home, SETTINGS, level="demo")
    assert first.older is None
    (home.keys / vault_keys.OLDER).write_bytes(base64.b64encode(first.current))  # killed here
    begun = next_master(home, SETTINGS, master_keys(home, SETTINGS, level="demo"))
    assert (begun.older, begun.current != first.current) == (first.current, True)
    assert next_master(home, SETTINGS, begun) == begun  # killed before wrapping: goes on with the same
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in home.keys.glob("master.key"))


def test_keys_come_from_the_environment_or_from_files_it_names(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "old.b64"
    file.write_bytes(base64.b64encode(OLD) + b"\n")
    monkeypatch.setenv("CITYBRAIN_MASTER_KEY", base64.b64encode(NEW).decode())
    monkeypatch.setenv("CITYBRAIN_MASTER_KEY_OLD_FILE", str(file))
    assert master_keys(home, load_settings(), level="production") == MasterKeys(NEW, OLD)
    assert not home.keys.exists() or not any(home.keys.iterdir())
    monkeypatch.setenv("CITYBRAIN_MASTER_KEY_FILE", str(file))
    with pytest.raises(ConfigurationError, match="both set"):
        load_settings()
    monkeypatch.delenv("CITYBRAIN_MASTER_KEY")
    assert master_keys(home, load_settings(), level="production").current == OLD
    monkeypatch.setenv("CITYBRAIN_MASTER_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_settings()
    monkeypatch.delenv("CITYBRAIN_MASTER_KEY_FILE")
    monkeypatch.setenv("CITYBRAIN_MASTER_KEY", "c2hvcnQ=")
    with pytest.raises(HomeError, match="32 bytes"):
        master_keys(home, load_settings(), level="production")

"""What is sealed comes back whole, and only with its key."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.core.errors import HomeError, ObjectDamaged, VaultError
from pipelines.core.settings import Home, Settings
from pipelines.core.vault import CHUNK, Vault, read_header
from pipelines.core.vault_keys import MasterKeys, master_keys

SETTINGS = Settings(None, None, "en", "1GB", 1, None)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").make()


@pytest.fixture
def vault(home: Home) -> Vault:
    return Vault(home, master_keys(home, SETTINGS, level="demo"))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7])
def test_bytes_come_back_whole_and_are_not_on_disk_in_clear(vault: Vault, size: int) -> None:
    data = (b"secret-canary" * (size // 13 + 1))[:size]
    with vault.create("raw", "police", "x", month="202601") as sink:
        sink.write(data)
    path = vault.path("raw", "police", "x")
    assert vault.open(path).read() == data
    assert b"secret-canary" not in path.read_bytes()


def test_any_part_can_be_read_alone(vault: Vault) -> None:
    data = bytes(range(256)) * (CHUNK // 100)
    with vault.create("raw", "f", "x", month="202601") as sink:
        sink.write(data)
    with vault.open(vault.path("raw", "f", "x")) as stream:
        stream.seek(CHUNK - 5)
        assert stream.read(10) == data[CHUNK - 5 : CHUNK + 5]


def test_a_changed_or_cut_file_is_refused(vault: Vault) -> None:
    with vault.create("raw", "f", "x", month="202601") as sink:
        sink.write(b"a" * (2 * CHUNK))
    path = vault.path("raw", "f", "x")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(VaultError, match="changed or cut off"), vault.open(path) as stream:
        stream.read()
    path.write_bytes(whole[: -(CHUNK + 16)])  # the last chunk gone: what is left must not pass for the whole
    with pytest.raises(VaultError, match="changed or cut off"), vault.open(path) as stream:
        stream.read()


NO_OBJECT = [
    b"",
    b"CB",
    b"CBV1",
    b"CBV1\x00",
    b"CBV1\x00\x09{}",
    b"CBV1\x00\x02{}",
    b"CBV1\x00\x02[]",
    b"CBV1\x00\x02\xff\xff",
    b"PK\x03\x04",
]


@pytest.mark.parametrize("data", NO_OBJECT)
def test_a_file_that_is_no_object_is_not_held_and_said_to_be_none(home: Home, vault: Vault, data: bytes) -> None:
    with vault.create("raw", "f", "x", month="202601") as sink:
        sink.write(b"a")
    path = vault.path("raw", "f", "x")
    path.write_bytes(data)
    assert not vault.holds(path)
    for reader in (vault.open, vault.data_key, read_header):
        with pytest.raises(ObjectDamaged) as error:
            reader(path)
        assert all((error.value.what, error.value.where, error.value.remedy))


def test_another_master_key_opens_nothing(home: Home, vault: Vault, tmp_path: Path) -> None:
    with vault.create("raw", "f", "x", month="202601") as sink:
        sink.write(b"x")
    other = Vault(home, MasterKeys(bytes(32)))
    with pytest.raises(VaultError, match="master key does not open"):
        other.open(vault.path("raw", "f", "x"))


def test_only_a_demo_home_makes_its_own_key(home: Home) -> None:
    with pytest.raises(HomeError, match="no master key"):
        master_keys(home, SETTINGS, level="production")


def test_a_key_for_a_purpose_is_the_homes_own_and_stays(home: Home, vault: Vault, tmp_path: Path) -> None:
    key = vault.key_for("numbers")
    assert key == Vault(home, master_keys(home, SETTINGS, level="demo")).key_for("numbers")
    other = Home(tmp_path / "other").make()
    assert len({key, vault.key_for("else"), Vault(other, master_keys(other, SETTINGS, level="demo")).key_for("numbers")}) == 3


def test_a_failed_write_leaves_nothing(vault: Vault) -> None:
    with pytest.raises(RuntimeError), vault.create("raw", "f", "x", month="202601") as sink:
        sink.write(b"half")
        raise RuntimeError
    assert list(vault.path("raw", "f", "x").parent.iterdir()) == []


def test_tables_are_read_column_by_column(vault: Vault) -> None:
    table = pa.table({"a": list(range(1000)), "b": ["canary"] * 1000})
    with vault.table_writer("quarantine", "f", "t", table.schema, month="202601") as writer:
        writer.write_table(table)
    assert vault.open_table(vault.path("quarantine", "f", "t")).read(["a"]).equals(table.select(["a"]))

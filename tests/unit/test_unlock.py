"""Locked files: opened by the password that the environment holds, told by the name of its variable and never by its value."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.cleaning import compound, unlock
from pipelines.core.errors import FileHeld, PasswordRefused
from pipelines.core.settings import ArchiveLimits
from pipelines.sources import archive
from tests.unit import locked_files, old_workbook

BOOK = bytes(range(251)) * 40
PASSWORD = "金丝雀口令 pass-1"


@pytest.mark.parametrize("lock", [locked_files.locked_agile, locked_files.locked_standard])
def test_a_locked_workbook_opens_with_its_password_only(lock: object) -> None:
    parts = compound.streams(lock(BOOK, PASSWORD))  # type: ignore[operator]
    assert unlock.unlocked(parts, PASSWORD) == BOOK
    for wrong in ("", "pass-1", PASSWORD + " "):
        with pytest.raises(unlock.WrongPassword):
            unlock.unlocked(parts, wrong)


def test_damage_of_a_locked_workbook_is_told_apart_from_a_wrong_password() -> None:
    parts = compound.streams(locked_files.locked_agile(BOOK, PASSWORD))
    package = bytearray(parts["EncryptedPackage"])
    package[5000] ^= 1
    with pytest.raises(unlock.UnknownLock, match="its seal does not fit"):
        unlock.unlocked({**parts, "EncryptedPackage": bytes(package)}, PASSWORD)
    for info in (
        b"",
        b"\x04\x00\x04\x00",
        b"\x04\x00\x04\x00" + bytes(4) + b"<encryption/>",
        b"\x09\x00\x09\x00",
        b"\x03\x00\x02\x00" + bytes(4),
    ):
        with pytest.raises(unlock.UnknownLock):
            unlock.unlocked({**parts, "EncryptionInfo": info}, PASSWORD)
    for broken in (b'spinCount="x"', b'spinCount=""'):
        info = parts["EncryptionInfo"].replace(b'spinCount="1000"', broken)
        with pytest.raises(unlock.UnknownLock):
            unlock.unlocked({**parts, "EncryptionInfo": info}, PASSWORD)
    slow = parts["EncryptionInfo"].replace(b'spinCount="1000"', b'spinCount="99000000"')
    with pytest.raises(unlock.UnknownLock, match="99000000 rounds"):
        unlock.unlocked({**parts, "EncryptionInfo": slow}, PASSWORD)


def _take(path: Path) -> list[archive.Member]:
    return archive.members(path, wanted="", declared="", limits=ArchiveLimits(), name=path.name)


def _bytes(path: Path, member: archive.Member) -> bytes:
    with archive.open_member(path, member, name=path.name, variable="ZIP_PW", feed="urban") as stream:
        data = stream.read()
        stream.seek(0)
        assert stream.read() == data
    return data


@pytest.mark.parametrize("aes", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_locked_archive_opens_with_the_password_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aes: bool, encoding: str
) -> None:
    files = {"甲/a.csv": BOOK * 30, "b.csv": b"", "c.csv": b"x"}
    path = locked_files.locked_zip(tmp_path / "x.zip", files, PASSWORD.encode(encoding), aes=aes)
    monkeypatch.setenv("ZIP_PW", PASSWORD)
    assert {member.name: _bytes(path, member) for member in _take(path)} == files


def test_a_member_that_fills_the_buffer_of_zlib_to_its_end_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIP_PW", PASSWORD)
    files = {f"{extra}.csv": bytes(262_144 + extra) for extra in range(0, 700, 7)}
    path = locked_files.locked_zip(tmp_path / "x.zip", files, PASSWORD.encode(), aes=True)
    found = archive.members(path, wanted="", declared="", limits=ArchiveLimits(ratio=10_000), name=path.name)
    assert {member.name: _bytes(path, member) for member in found} == files


@pytest.mark.parametrize("aes", [True, False])
def test_a_missing_and_a_wrong_password_name_the_variable_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aes: bool
) -> None:
    path = locked_files.locked_zip(tmp_path / "x.zip", {"a.csv": BOOK}, PASSWORD.encode(), aes=aes)
    (member,) = _take(path)
    monkeypatch.delenv("ZIP_PW", raising=False)
    with pytest.raises(
        PasswordRefused,
        match=r"x\.zip: it is locked with a password, and ZIP_PW is not set -> set the environment variable ZIP_PW",
    ):
        _bytes(path, member)
    with pytest.raises(PasswordRefused, match=r"the binding names none -> write password: \$\{env:NAME\} in feeds/urban\.yml"):
        archive.open_member(path, member, name="x.zip", feed="urban")
    for number in range(300):  # of 256 wrong passwords ZipCrypto lets one through to the bytes
        monkeypatch.setenv("ZIP_PW", f"wrong-canary-{number}")
        with pytest.raises(PasswordRefused, match="the password in ZIP_PW does not open it") as told:
            _bytes(path, member)
        assert "canary" not in str(told.value)


def test_damage_of_a_member_locked_with_aes_is_told_as_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIP_PW", "pw")
    path = locked_files.locked_zip(tmp_path / "x.zip", {"a.csv": BOOK}, b"pw", aes=True)
    whole = path.read_bytes()
    for at in (120, len(whole) - 130):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(FileHeld, match="the archive is damaged"):
            _bytes(path, _take(path)[0])


def test_a_container_that_runs_in_circles_is_refused() -> None:
    data = bytearray(old_workbook.compound({"EncryptionInfo": b"x"}))
    table = len(data) - 512
    data[table : table + 4] = bytes(4)  # the first part says that the first part follows
    with pytest.raises(compound.NotCompound, match="circles"):
        compound.streams(bytes(data))

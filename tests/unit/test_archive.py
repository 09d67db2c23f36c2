"""ZIP archives: names that Windows wrote in Chinese, members apart, bombs and damage refused in one sentence."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pipelines.core.errors import FileHeld
from pipelines.core.settings import ArchiveLimits
from pipelines.sources import archive


def pack(path: Path, files: dict[bytes | str, bytes]) -> Path:
    """A ZIP whose names are exactly these bytes, without the UTF-8 flag where bytes are given, as Windows writes them."""
    names: list[tuple[bytes, bytes]] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as box:
        for at, (name, data) in enumerate(files.items()):
            label = name if isinstance(name, str) else (f"{at:04d}" + "x" * len(name))[: len(name)]
            if isinstance(name, bytes):
                names.append((label.encode(), name))
            box.writestr(zipfile.ZipInfo(label, (2026, 6, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    raw = path.read_bytes()
    for stand_in, name in names:
        raw = raw.replace(stand_in, name)
    path.write_bytes(raw)
    return path


def take(path: Path, wanted: str = "", declared: str = "", **limits: int) -> list[archive.Member]:
    return archive.members(path, wanted=wanted, declared=declared, limits=ArchiveLimits(**limits), name=path.name)


def read(path: Path, member: archive.Member) -> bytes:
    with archive.open_member(path, member, name=f"{path.name}/{member.name}") as stream:
        return stream.read()


def test_names_in_gbk_utf8_with_and_without_the_flag_are_read(tmp_path: Path) -> None:
    gbk = "城管/案件_20260601.csv".encode("gb18030")
    path = pack(
        tmp_path / "x.zip",
        {gbk: b"1", "网格.csv": b"2", "无标记.csv".encode(): b"3", b"plain.csv": b"4", "臺北.csv".encode("big5"): b"5"},
    )
    found = {m.name: read(path, m) for m in take(path)}
    assert found["城管/案件_20260601.csv"] == b"1"
    assert (found["网格.csv"], found["无标记.csv"], found["plain.csv"]) == (b"2", b"3", b"4")
    assert "臺北.csv" in [m.name for m in take(path, declared="big5")]


def test_folders_litter_and_unwanted_members_are_left_in_the_order_of_names(tmp_path: Path) -> None:
    files: dict[bytes | str, bytes] = {
        "b/": b"",
        "b/2.csv": b"",
        "a/1.csv": b"",
        "__MACOSX/a/._1.csv": b"",
        ".DS_Store": b"",
        "说明.txt": b"",
    }
    path = pack(tmp_path / "x.zip", files)
    assert [m.name for m in take(path)] == ["a/1.csv", "b/2.csv", "说明.txt"]
    assert [m.name for m in take(path, "*.csv")] == [m.name for m in take(path, "?/*.csv")] == ["a/1.csv", "b/2.csv"]
    with pytest.raises(
        FileHeld, match=r"no file of the archive is like '\*\.xlsx'; it holds a/1.csv, b/2.csv, 说明.txt -> mend source.member"
    ):
        take(path, "*.xlsx")


def test_a_windows_path_in_gbk_whose_second_byte_is_a_backslash(tmp_path: Path) -> None:
    name = "乗\\数\\1.csv".encode("gbk")  # the second byte of 乗 is 0x5c, a backslash by itself
    assert name.count(b"\\") == 3
    assert [m.name for m in take(pack(tmp_path / "x.zip", {name: b""}))] == ["乗/数/1.csv"]


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        ({"members": 2}, "3 files, more than 2 -> .* raise CITYBRAIN_ARCHIVE_MEMBERS"),
        ({"unpacked_bytes": 100}, "33554432 bytes when unpacked, more than 100 -> .* CITYBRAIN_ARCHIVE_BYTES"),
        ({}, "times its size when unpacked, more than 200 -> .* CITYBRAIN_ARCHIVE_RATIO"),
    ],
)
def test_a_bomb_is_refused_by_the_declared_limits(tmp_path: Path, limits: dict[str, int], what: str) -> None:
    path = pack(tmp_path / "x.zip", {"a.csv": b"0" * (32 << 20), "b.csv": b"", "c.csv": b""})
    with pytest.raises(FileHeld, match=what):
        take(path, **limits)
    assert len(take(path, ratio=2000)) == 3
    assert len(take(pack(tmp_path / "small.zip", {"a.csv": b"0" * (5 << 20)}))) == 1


def test_a_header_that_lies_about_its_size_yields_no_byte_more(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", {"a.csv": b"0123456789" * 50})
    raw = path.read_bytes()
    path.write_bytes(raw.replace((500).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    (member,) = take(path)
    with pytest.raises(FileHeld, match="the archive is damaged: Bad CRC"):
        read(path, member)


def test_damage_is_told_with_the_member(tmp_path: Path) -> None:
    whole = pack(tmp_path / "x.zip", {"a.csv": bytes(range(256)) * 200}).read_bytes()
    for broken in (b"", b"PK\x03\x04", whole[: len(whole) // 2], whole[:-10], b"a,b\n1,2\n"):
        (tmp_path / "x.zip").write_bytes(broken)
        with pytest.raises(FileHeld, match=r"x\.zip: not readable as ZIP: .* -> ask the department to send it again"):
            take(tmp_path / "x.zip")
    (tmp_path / "x.zip").write_bytes(whole[:60] + b"\xff" * 20 + whole[80:])
    with pytest.raises(FileHeld, match=r"x\.zip/a.csv: the archive is damaged"):
        read(tmp_path / "x.zip", take(tmp_path / "x.zip")[0])


def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", {b"a.csv": b"1", "甲.csv".encode(): b"2", "甲.csv".encode("gbk"): b"3"})
    with pytest.raises(FileHeld, match=r"two files of the archive are called '甲\.csv'"):
        take(path)


def test_a_member_can_be_read_again_from_its_start(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", {"a.csv": b"0123456789" * 1000})
    with archive.open_member(path, take(path)[0], name="x") as stream:
        assert stream.read(5) == b"01234"
        stream.seek(0)
        assert len(stream.read()) == 10_000


def test_a_name_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    assert [m.name for m in take(pack(tmp_path / "x.zip", {b"a\x1b[31m\n.csv": b""}))] == ["a?[31m?.csv"]

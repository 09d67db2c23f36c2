"""Files appear whole or not at all, what a killed run left is swept, and a disk that refuses is told in one sentence."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.core import disk, faults
from pipelines.core.errors import ConfigurationError, StorageFailed
from pipelines.core.state import Ledger
from tests.architecture.project import python_files, read


def written(target: Path, data: bytes = b"x") -> None:
    with disk.drafting(target, "landing") as stream:
        stream.write(data)


def test_a_file_appears_when_its_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a"
    with disk.drafting(target, "landing") as stream:
        stream.write(b"whole")
        assert not target.exists()
    assert [path.name for path in target.parent.iterdir()] == ["a"]
    assert target.read_bytes() == b"whole"


def test_a_block_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    written(tmp_path / "a", b"old")
    with pytest.raises(ZeroDivisionError), disk.drafting(tmp_path / "a", "landing") as stream:
        stream.write(b"new")
        raise ZeroDivisionError
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


def test_content_then_name_then_folder_reach_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    real_sync, real_replace = os.fsync, Path.replace

    def sync(descriptor: int) -> None:
        told.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().suffix or 'folder'}")
        real_sync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        told.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)
    written(tmp_path / "new" / "a")
    assert told == ["sync folder", "sync .part", "rename", "sync folder"]
    told.clear()
    disk.write_once(tmp_path / "k", b"key")
    assert told == ["sync .part", "sync folder"]


def test_only_drafts_of_the_dead_are_swept(tmp_path: Path) -> None:
    left = "import os, sys; from pathlib import Path; from pipelines.core import disk\n"
    left += "with disk.drafting(Path(sys.argv[1]) / 'a', 'landing') as s: s.write(b'x'); s.flush(); os._exit(9)"
    done = subprocess.run([sys.executable, "-c", left, str(tmp_path)], check=False)
    assert done.returncode == 9
    assert len(list(tmp_path.iterdir())) == 1
    with disk.drafting(tmp_path / "b", "landing") as stream:
        stream.write(b"x")
        assert disk.sweep([tmp_path, tmp_path / "none"]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_key_is_written_once_and_for_its_owner(tmp_path: Path) -> None:
    assert disk.write_once(tmp_path / "k", b"one") == b"one"
    assert disk.write_once(tmp_path / "k", b"two") == b"one"
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [("k", 0o600)]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk is full"),
        (OSError(errno.EIO, "Input/output error"), "cannot be read or written"),
        (duckdb.IOException("IO Error: Could not write file: No space left on device"), "the disk is full"),
        (OSError(errno.ENOENT, "No such file or directory"), None),
        (ValueError("No space left on device"), None),
        (duckdb.BinderException("a column is missing"), None),
    ],
)
def test_what_a_disk_refuses_is_told(error: Exception, said: str | None) -> None:
    told = disk.refusal(error, "/home/x")
    assert (said is None) == (told is None)
    if told is not None and said is not None:
        assert said in told.what
        assert told.where == "/home/x"
        assert "citybrain run" in told.remedy


def test_a_ledger_on_a_full_disk_keeps_what_it_had_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.remember("kept", "1")
    database: Any = ledger._db
    pages = database.execute("pragma page_count").fetchone()[0]
    database.execute(f"pragma max_page_count = {pages}")  # SQLite itself refuses, as on a full disk
    with pytest.raises(StorageFailed, match="the disk is full"), disk.told(tmp_path), ledger.transaction():
        ledger.remember("large", "x" * 1_000_000)
    assert (ledger.recall("kept"), ledger.recall("large")) == ("1", None)
    database.execute("pragma max_page_count = 1000000")
    with ledger.transaction():
        ledger.remember("large", "x" * 1_000_000)
    assert ledger.recall("large")
    ledger.close()


def test_a_commit_that_fails_does_not_bar_the_next_transaction(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    with faults.armed("ledger_commit:eio"), pytest.raises(OSError, match="Input/output"), ledger.transaction():
        ledger.remember("lost", "1")
    with ledger.transaction():
        ledger.remember("kept", "1")
    assert (ledger.recall("lost"), ledger.recall("kept")) == (None, "1")
    ledger.close()


def test_a_database_error_of_another_kind_is_none_of_the_disk() -> None:
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(":memory:").execute("select nothing")
    assert disk.refusal(caught.value, "") is None


@pytest.mark.parametrize("wanted", ["nowhere:kill", "decode:gently", "decode", "decode:kill:x"])
def test_an_unknown_fault_is_refused(wanted: str) -> None:
    with pytest.raises(ConfigurationError):
        faults.arm(wanted)


def test_a_production_city_does_not_open_while_a_fault_is_armed() -> None:
    faults.refuse_in("production")
    with faults.armed("decode:kill"):
        faults.refuse_in("demo")
        with pytest.raises(ConfigurationError, match="on purpose"):
            faults.refuse_in("production")


def test_a_fault_strikes_the_time_it_was_asked_for() -> None:
    with faults.armed("decode:exception:2"):
        faults.hit("decode")
        faults.hit("judge")
        with pytest.raises(faults.InjectedFault):
            faults.hit("decode")
        faults.hit("decode")
    faults.hit("decode")


def test_every_fault_point_stands_somewhere_and_every_place_has_a_known_name() -> None:
    text = "\n".join(read(path) for path in python_files() if path.parts[0] in ("pipelines", "quality") and path.stem != "faults")
    standing = {name for name in faults.POINTS if f'faults.hit("{name}")' in text}
    standing |= {
        f"{what}_{step}" for what in ("key", "vault", "landing", "part", "file", "pointer") for step in ("fsync", "rename")
    }
    standing |= {f"{side}_phase_{phase}" for side in ("before", "after") for phase in (1, 2)}
    assert standing == set(faults.POINTS)
    assert text.count("faults.hit(") - text.count('faults.hit(f"') == sum(
        text.count(f'faults.hit("{name}")') for name in faults.POINTS
    )

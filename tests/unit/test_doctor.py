"""The doctor sees each fault that is put into a machine or a home, and none where there is none."""

from __future__ import annotations

import base64
import fcntl
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pipelines.cli import doctor, main
from pipelines.core import health, health_home
from pipelines.core.bindings import load_city
from pipelines.core.settings import CITIES, Home, Settings, load_settings

GIGABYTE = 10**9
LUKS = "36 1 253:1 / / rw - ext4 /dev/mapper/root rw\n50 36 8:1 / /data rw - ext4 /dev/sda1 rw\n60 36 0:40 / /net rw - nfs server:/x rw"


def states(found: list[health.Finding]) -> dict[str, str]:
    return {finding.name: finding.state for finding in found}


def settings(**changes: object) -> Settings:
    return replace(load_settings(), master_key=None, **changes)  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home as a run leaves it, small."""
    place = Home(tmp_path / "home").make()
    for name in ("ledger.db", "state.db"):
        with sqlite3.connect(place.state / name) as connection:
            connection.execute("create table t (a)")
        connection.close()
    (place.keys).mkdir(parents=True)
    (place.keys / "master.key").write_bytes(base64.b64encode(b"k" * 32))
    (place.keys / "master.key").chmod(0o600)
    part = place.published / "parts" / "a.parquet"
    part.parent.mkdir()
    part.write_bytes(b"rows")
    (place.published / "b1.duckdb").write_bytes(b"file")
    manifest = {"build": "b1", "file": "b1.duckdb", "parts": [{"path": "parts/a.parquet", "sha256": health_home._sha256(part)}]}
    (place.published / "CURRENT.json").write_text(json.dumps(manifest), encoding="utf-8")
    return place


def looked_at(home: Home, *, is_production: bool = False) -> dict[str, str]:
    return states(health_home.home_state(home, settings(), is_production=is_production))


def test_a_sound_home_has_no_problem(home: Home) -> None:
    assert set(looked_at(home).values()) == {"ok"}


def test_packages_are_compared_with_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    assert health.packages().state == "ok"
    lock.write_text(
        "polars==0.0.1 \\\n    --hash=sha256:00\nno-such-package==1.0\nother==1 ; sys_platform == 'win32'\n", encoding="utf-8"
    )
    found = health.packages(lock)
    assert found.state == "problem"
    assert "2 of 2 differ" in found.told
    assert health.packages(tmp_path / "none").state == "note"
    lock.write_text("", encoding="utf-8")
    assert health.packages(lock).state == "problem"


@pytest.mark.parametrize(("limit", "total", "state"), [
    ("4GB", 16 * GIGABYTE, "ok"), ("4GB", 4 * GIGABYTE, "problem"), ("lots", 16 * GIGABYTE, "problem"), ("4GB", None, "note"),
    ("512MiB", 16 * GIGABYTE, "ok"),
])  # fmt: skip
def test_memory(limit: str, total: int | None, state: str) -> None:
    assert health.memory(settings(memory_limit=limit), total).state == state


def test_free_space_of_a_home_that_is_not_there_yet(tmp_path: Path) -> None:
    assert health.free_space(tmp_path / "a" / "b", needed=1).state == "ok"
    assert health.free_space(tmp_path / "a" / "b", needed=1 << 60).state == "problem"


def test_encryption_is_told_as_far_as_linux_tells(tmp_path: Path) -> None:
    (tmp_path / "253:1" / "dm").mkdir(parents=True)
    (tmp_path / "253:1" / "dm" / "uuid").write_text("CRYPT-LUKS2-0-root", encoding="ascii")
    (tmp_path / "8:1").mkdir()

    def told(place: str) -> bool | None:
        return health.is_encrypted(Path(place), mounts=LUKS, system=tmp_path)

    assert (told("/"), health._mount_of(Path("/data/x"), LUKS)[2], health._mount_of(Path("/net/x"), LUKS)[0]) == (
        True,
        "8:1",
        "nfs",
    )
    (tmp_path / "253:1" / "dm" / "uuid").write_text("LVM-x", encoding="ascii")
    assert told("/") is False
    assert health.is_encrypted(Path("/"), mounts="1 0 0:40 / / rw - nfs server:/x rw", system=tmp_path) is None


@pytest.mark.parametrize(("encrypted", "is_production", "state"), [
    (True, True, "ok"), (False, True, "problem"), (False, False, "note"), (None, True, "note"),
])  # fmt: skip
def test_a_production_city_needs_an_encrypted_disk(encrypted: bool | None, is_production: bool, state: str) -> None:
    assert health.disk(Path("/x"), is_production=is_production, encrypted=encrypted).state == state


def test_an_unknown_zone_is_a_problem() -> None:
    assert health.clock("Mars/Olympus").state == "problem"
    assert health.clock("Asia/Shanghai").state in ("ok", "note")


def test_a_key_that_others_can_read(home: Home) -> None:
    (home.keys / "master.key").chmod(0o644)
    assert looked_at(home)["key files"] == "problem"


def test_a_key_that_is_none_or_lies_beside_the_vault(home: Home) -> None:
    assert "problem" in [f.state for f in health_home.keys(home, settings(), is_production=True)]
    (home.keys / "master.key").write_bytes(base64.b64encode(b"short"))
    assert looked_at(home)["master key"] == "problem"
    (home.keys / "master.key").unlink()
    assert looked_at(home)["master key"] == "note"
    wrapped = home.vault / "keys" / "raw" / "police" / "202601.key"
    wrapped.parent.mkdir(parents=True)
    wrapped.write_bytes(b"x")
    assert looked_at(home)["master key"] == "problem"


def test_a_ledger_that_cannot_be_read(home: Home) -> None:
    (home.state / "ledger.db").write_bytes(b"SQLite format 3\0" + b"broken" * 500)
    (home.state / "state.db").unlink()
    found = looked_at(home)
    assert (found["ledger"], found["decisions"]) == ("problem", "problem")


def test_a_published_part_that_changed_or_went(home: Home) -> None:
    part = home.published / "parts" / "a.parquet"
    part.write_bytes(b"other")
    assert looked_at(home)["published build"] == "problem"
    part.unlink()
    assert looked_at(home)["published build"] == "problem"
    (home.published / "CURRENT.json").write_text("{", encoding="utf-8")
    assert looked_at(home)["published build"] == "problem"


def test_a_running_build_and_what_a_killed_one_left(home: Home) -> None:
    (home.spill / "x.tmp").write_bytes(b"rest")
    assert looked_at(home)["leftovers"] == "note"
    lock = home.warehouse.with_name(f"{home.warehouse.name}.lock")
    with lock.open("wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert looked_at(home)["lock"] == "note"
        assert "leftovers" not in looked_at(home)
    assert looked_at(home)["lock"] == "ok"


def test_what_a_production_city_must_not_have(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    city = {
        "name": "x",
        "zone": "Asia/Shanghai",
        "root_area": "1",
        "level": "production",
        "as_of": "2026-01-01",
        "synthetic": {"grids": 1},
    }
    feed = {
        "contract": "grid",
        "system": "s",
        "source": {"pattern": "a.csv", "settle_seconds": 0},
        "delivery": "snapshot",
        "covers": "feed",
    }
    (tmp_path / "city.yml").write_text(yaml.safe_dump(city), encoding="utf-8")
    (tmp_path / "feeds" / "grid.yml").write_text(yaml.safe_dump(feed), encoding="utf-8")
    assert [f.state for f in health_home.city(load_city(tmp_path))].count("problem") == 3
    assert {f.state for f in health_home.city(load_city(CITIES / "chicago"))} == {"ok"}


def test_the_command_needs_no_home_and_exits_by_what_it_finds(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    main._commands()
    monkeypatch.setattr(health, "machine", lambda *_, **__: [])  # this machine's own faults are not the test's
    run = CliRunner().invoke
    assert run(main.app, ["doctor", "--home", str(tmp_path / "none")]).exit_code == 0
    assert not (tmp_path / "none").exists()
    assert run(main.app, ["doctor", "--home", str(home.root), "--city", str(tmp_path / "no")]).exit_code == 1
    (home.state / "ledger.db").write_bytes(b"SQLite format 3\0" + b"broken" * 500)
    assert run(main.app, ["doctor", "--home", str(home.root)]).exit_code == 1


def test_the_home_of_a_city_that_is_typed_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "city.yml").write_text("name: yunchuan\nzone: Asia/Shanghai\nroot_area: '1'\n", encoding="utf-8")
    assert doctor._name(tmp_path) == "yunchuan"
    assert doctor._name(tmp_path / "absent") is None

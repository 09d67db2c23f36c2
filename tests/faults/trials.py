"""Trials in a fork server: a home is copied, one stage of the real program runs in a child that has everything imported, and
what it leaves is compared.

Belongs here: the children, the copies, what "the same" and "whole" mean for a home. Does not: which faults (the tests).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import multiprocessing
import os
import shutil
import sqlite3
import stat
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines import build, ingest, publish
from pipelines.building.inputs import read_inputs
from pipelines.core import disk, faults
from pipelines.core.installation import Installation, open_installation
from pipelines.core.settings import Home
from pipelines.core.vault import ROOMS, Vault
from pipelines.core.warehouse import open_published, read_only

#: Of a month of its own, so that the vault makes new keys.
NOW = dt.datetime(2027, 1, 5, 9)
#: Written when a ticket closes, by SQLite's own clock.
CLOCKED = {"ticket_event": ("at",)}
#: Feeds that fail are taken after the others: it is within a feed that the order of receipts counts.
ASKED = {
    "file_was": "select row_number() over (partition by feed order by seq) as nth, feed, sha256, at, name, extracted_at, covers, "
    "status, held_what, held_where, held_remedy, parser from file_was",
    "receipt": "select row_number() over (partition by feed order by seq) as nth, feed, sha256, at, mtime_ns, extracted_at from receipt",
}
#: What need not be asked again: noted by the run after the one that found nothing to do.
NOTED = "asked_at_source"
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.faults.warm"])
SECONDS = 300
#: Threads that importing starts, and that sleep until their library works: jemalloc's, and the sweeper of polars' spill files.
IDLE = {"jemalloc_bg_thd", "polars-ooc-clea"}


@dataclass(frozen=True)
class Stage:
    """What a trial starts from: a home, its city, and the folder with a day that the home has not taken yet."""

    home: Path
    city: Path
    source: Path


@dataclass
class Ended:
    """How a child ended: its exit code, the files it acknowledged, and what it could still say."""

    code: int
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)


# --- children -----------------------------------------------------------------------------------------------------


def run(work: Callable[..., dict[str, Any]], stage: Stage, home: Path, fault: str = "", kill_after: float | None = None) -> Ended:
    """Run `work` in a child forked from the warm server, armed with `fault`, or killed after some seconds."""
    acks, said = home.with_suffix(".acks"), home.with_suffix(".said")
    for path in (acks, said):
        path.unlink(missing_ok=True)
    child = FORK.Process(target=_child, args=(work, stage, home, fault, acks, said))
    child.start()
    child.join(SECONDS if kill_after is None else kill_after)
    if child.is_alive():
        child.kill()
        child.join()
    lines = acks.read_text().splitlines() if acks.exists() else []
    acknowledged = [(feed, sha256) for feed, sha256 in (line.split() for line in lines)]
    return Ended(child.exitcode or 0, acknowledged, json.loads(said.read_text()) if said.exists() else {})


def _child(work: Callable[..., dict[str, Any]], stage: Stage, home: Path, fault: str, acks: Path, said: Path) -> None:
    assert "tests.faults.warm" in sys.modules, "the server was not warm"
    names = {path.read_text().strip() for path in Path(f"/proc/{os.getppid()}/task").glob("*/comm")}
    assert {name for name in names if not name.startswith("python")} <= IDLE, f"forked from a process that works: {names}"
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere), acks.open("ab", buffering=0) as told:  # noqa: PTH123
        faults.arm(fault)
        try:
            found = work(stage, home, lambda outcome: told.write(f"{outcome.feed} {outcome.sha256}\n".encode()))
        except Exception as error:  # noqa: BLE001 - told to the test
            found = {"raised": type(error).__name__, "sentence": str(error), "trace": traceback.format_exc()}
        said.write_text(json.dumps(found))


def opened(stage: Stage, home: Path) -> Installation:
    """The home of a trial."""
    return open_installation(city=stage.city, home=home, source_root=stage.source)


def take(stage: Stage, home: Path, heard: Callable[[ingest.FileOutcome], object]) -> dict[str, Any]:
    """Every feed in turn, as the graph does it: one that fails does not stop the others."""
    place = opened(stage, home)
    failed = {}
    for binding in place.city.feeds:
        try:
            ingest.ingest_feed(binding, place, now=NOW, progress=lambda outcome: heard(outcome) and None)
        except Exception as error:  # noqa: BLE001 - the other feeds go on, as in the graph
            failed[binding.feed] = {"raised": type(error).__name__, "sentence": str(error)}
    place.ledger.close()
    return {"failed": failed}


def count(stage: Stage, home: Path, heard: Callable[[ingest.FileOutcome], object]) -> dict[str, Any]:
    """The same, telling how often each fault point is reached."""
    reached: Counter[str] = Counter()
    faults.hit = lambda point: reached.update([point])
    take(stage, home, heard)
    return {"reached": reached}


def bring_out(stage: Stage, home: Path, heard: Callable[[ingest.FileOutcome], object]) -> dict[str, Any]:
    """Publish what a build left that was stopped at the gate, and finish it."""
    del heard
    place = opened(stage, home)
    with read_only(place.home.warehouse) as warehouse:
        mode = str(warehouse.execute("select mode from ops.build_info").fetchall()[0][0])
    inputs = read_inputs(place.home, place.city, place.ledger, None)
    ready = build.Prepared(place.home, place.settings, inputs, mode, "", 0)
    with disk.told(place.home.root):
        done = publish.publish(place.home, place.settings, inputs, mode, now=NOW)
        build.finish(ready)
    return {"published": done.build_id}


def count_bring_out(stage: Stage, home: Path, heard: Callable[[ingest.FileOutcome], object]) -> dict[str, Any]:
    """The same, telling how often each fault point is reached."""
    reached: Counter[str] = Counter()
    faults.hit = lambda point: reached.update([point])
    bring_out(stage, home, heard)
    return {"reached": reached}


# --- homes --------------------------------------------------------------------------------------------------------


def copy_home(source: Path, target: Path, *, warehouse: bool = False) -> Path:
    """A home of its own for one trial. What is never changed in place is linked, databases are copied."""
    shutil.copytree(source / "state", target / "state")
    for name in ("vault", "landing", "keys", "published"):
        shutil.copytree(source / name, target / name, copy_function=os.link)
    if warehouse:
        shutil.copytree(source / "warehouse", target / "warehouse")
    return target


_digests: dict[tuple[str, int, int], str] = {}


def _digest(path: Path, vault: Vault | None) -> str:
    status = path.stat()
    key = (path.name, status.st_ino, status.st_mtime_ns)
    if key not in _digests:
        with path.open("rb") if vault is None else vault.open(path) as stream:
            _digests[key] = hashlib.sha256(stream.read()).hexdigest()
    return _digests[key]


def content(stage: Stage, home: Path) -> dict[str, Any]:
    """Everything that a home holds before a build: the ledger's rows, and every file of landing and vault by its plain content.

    Two homes with equal content give equal marts: a build reads nothing else (and the decisions, which no trial changes).
    """
    place = opened(stage, home)
    try:
        names = [str(row["name"]) for row in place.ledger.rows("select name from sqlite_master where type = 'table'")]
        tables = {
            name: sorted(
                repr([value for column, value in row.items() if column not in CLOCKED.get(name, ())])
                for row in place.ledger.rows(ASKED.get(name, f"select * from {name}"))
            )
            for name in names
            if name != NOTED
        }
        files = {}
        for path in sorted(path for path in place.home.landing.rglob("*") if path.is_file()):
            files[str(path.relative_to(home))] = _digest(path, None)
        for path in sorted(path for path in place.home.vault.rglob("*") if path.is_file()):
            is_sealed = path.relative_to(place.home.vault).parts[0] in ROOMS and not path.name.startswith(".")
            files[str(path.relative_to(home))] = _digest(path, place.vault) if is_sealed else "a key"
        for path in sorted(place.home.keys.iterdir()):
            files[str(path.relative_to(home))] = "a key"
    finally:
        place.ledger.close()
    return {"tables": tables, "files": files}


def difference(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where two contents differ; empty if they are equal."""
    found = [f"table {name}" for name in one["tables"] if one["tables"][name] != other["tables"].get(name)]
    names = sorted({*one["files"], *other["files"]})
    return found + [name for name in names if one["files"].get(name) != other["files"].get(name)]


def wrong(stage: Stage, home: Path, acknowledged: list[tuple[str, str]]) -> list[str]:
    """What must hold at any moment, and does not: acknowledged files are known, known files whole, the published build opens."""
    found = []
    ledger = sqlite3.connect(home / "state" / "ledger.db")
    known = set(ledger.execute("select feed, sha256 from file").fetchall())
    found += [f"acknowledged and unknown: {one}" for one in acknowledged if one not in known]
    counts = ledger.execute(
        "select feed, sha256, parser, landing_path, accepted_n, read_n - accepted_n - quarantined_n - repeat_n - nondata_n, "
        "quarantined_n, (select count(*) from quality_outcome q where q.feed = p.feed and q.sha256 = p.sha256) from parse p"
    ).fetchall()
    ledger.close()
    place = opened(stage, home)
    for feed, sha256, parser, landing, accepted, left, quarantined, checked in counts:
        if left or pq.read_metadata(home / landing).num_rows != accepted:
            found.append(f"not whole in landing: {landing}")
        if _digest(place.vault.path("raw", feed, sha256), place.vault) != sha256:
            found.append(f"not whole in the vault: {feed} {sha256}")
        with place.vault.open_table(place.vault.path("quarantine", feed, f"{sha256}-{parser}.parquet")) as table:
            if table.metadata.num_rows != quarantined:
                found.append(f"set aside and not kept: {feed} {sha256}")
        if not checked and not place.vault.path("tmp", feed, f"{sha256}-{parser}.parquet").exists():
            found.append(f"never to be validated: {feed} {sha256}")
    place.ledger.close()
    if (home / "published" / "CURRENT.json").exists():
        with open_published(home) as build_:
            build_.rows("select count(*) from marts.fct_metric_value")
    open_keys = [path for path in (home / "vault" / "keys").rglob("*.key") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    return found + [f"open to others: {path}" for path in open_keys]


def drafts(home: Path) -> list[Path]:
    """Drafts that lie about."""
    places = (Home(home).vault, Home(home).landing, Home(home).keys, Home(home).published)
    return [path for place in places for path in place.rglob(".*") if path.is_file()]

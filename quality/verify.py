"""Verify: recount everything by a path that shares no code with the pipeline.

Belongs here: own readers of bindings, ledger, landing and published build, and the invariants that must hold between them.
Does not: counting a source file's records (recount), the content of rows, tickets and the vault (verify_rows), the pointer and
figures (verify_published); any import of `pipelines`, on purpose (nor `core.warehouse`: this module opens DuckDB itself), so
that a fault there cannot hide itself here. Slow and plain beats fast and clever.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from quality import verify_departed, verify_published, verify_rows
from quality.conservation import sums_on_both_maps
from quality.invariant import Invariant, Scene, compare, unchecked
from quality.recount import count_records, is_there, open_raw
from quality.unseal import masters_of

CONTRACTS = Path(__file__).resolve().parents[1] / "pipelines" / "contracts"
#: What stands in the ledger for a telephone or an identity number in the name of a file.
MARK = re.compile("●[a-p]{12}")
UNFINISHED = (".tmp", ".part", ".filepart", ".crdownload", ".ok", ".md5")
#: The column of `fct_event` that holds a contract's main time; every other kind keeps it in `reported_at`.
PUBLISHED_TIME = {"court_case": "filed_at", "labour_arbitration": "filed_at"}


# --- source files ---------------------------------------------------------------------------------------------------


def _sha256(path: Path) -> str:
    """Of a file or of a member of an archive; empty for a member that cannot be read (damaged, locked)."""
    try:
        with open_raw(path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    except ValueError:
        return ""


def _bindings(city_folder: Path) -> dict[str, dict[str, Any]]:
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((city_folder / "feeds").glob("*.yml"))}


def _meant(seen: str) -> list[Path]:
    """Paths that the ledger may mean: where a name holds something personal, it says a mark instead."""
    if MARK.search(seen) is None:
        return [Path(seen)]
    sure = Path(MARK.split(seen)[0]).parent
    return sorted(sure.glob(MARK.sub("*", str(Path(seen).relative_to(sure)))))


def _archives(seen: str) -> list[Path]:
    """The folders above a path that the ledger saw; of the member of an archive, the archive among them."""
    return [at for parent in Path(seen).parents for at in _meant(str(parent))]


def _where_is(scene: Scene, file: dict[str, Any]) -> Path | None:
    """A path that holds these very bytes today; None if there is none."""
    seen = scene.rows(
        "select path from sighting where feed = ? and sha256 = ? order by seen_at desc", file["feed"], file["sha256"]
    )
    places = [path for row in seen for path in _meant(row["path"])]
    tried = [*places, scene.source_root / file["name"], scene.city_folder / file["name"]]
    return next((path for path in tried if is_there(path) and _sha256(path) == file["sha256"]), None)


# --- the funnel of each file ----------------------------------------------------------------------------------------


def _own_count(scene: Scene, parse: dict[str, Any], binding: dict[str, Any] | None) -> Invariant:
    """Records counted here against records read by the pipeline."""
    subject, names = f"{parse['feed']}/{parse['name']}", ("文件中的记录数 = 读到的记录数", "records in the file = read")
    if binding is None:
        return unchecked(subject, names, parse["read_n"], ("城市目录中已无此来源", "the city has no such feed now"))
    path = _where_is(scene, parse)
    if path is None:
        return unchecked(subject, names, parse["read_n"], ("源文件已不在原处，或已加密", "the source file is gone, or locked"))
    try:
        counted = count_records(path, binding)
    except (ValueError, KeyError, OSError, csv.Error) as error:
        return unchecked(subject, names, parse["read_n"], ("无法读取", f"not readable: {type(error).__name__}"))
    return compare(subject, names, counted, parse["read_n"])


def _landed(database: duckdb.DuckDBPyConnection, path: Path) -> tuple[int, set[int]]:
    """Rows of a landing file, and their record numbers."""
    numbers = database.execute("select _record_no from read_parquet(?)", [str(path)]).fetchall()
    return len(numbers), {number for (number,) in numbers}


def _file_funnel(scene: Scene, database: duckdb.DuckDBPyConnection, parse: dict[str, Any]) -> Iterator[Invariant]:
    """What the ledger says of one parse against itself, the landing file and the tickets."""
    subject = f"{parse['feed']}/{parse['name']}"
    parts = sum(parse[name] for name in ("accepted_n", "quarantined_n", "repeat_n", "nondata_n"))
    names = ("读到 = 入库 + 隔离 + 重复 + 非数据", "read = accepted + set aside + repeats + no data")
    yield compare(subject, names, parse["read_n"], parts)
    tickets = scene.rows(
        "select record_no from quarantine where feed = ? and sha256 = ? and parser = ?",
        parse["feed"], parse["sha256"], parse["parser"],
    )  # fmt: skip
    names = ("隔离数 = 隔离单数", "set aside = tickets")
    yield compare(subject, names, parse["quarantined_n"], len(tickets))
    names = ("入库数 = 落地文件行数", "accepted = rows in landing")
    path = scene.home / parse["landing_path"]
    if not path.is_file():
        yield unchecked(subject, names, parse["accepted_n"], ("落地文件缺失", "the landing file is missing"))
        return
    count, numbers = _landed(database, path)
    yield compare(subject, names, parse["accepted_n"], count)
    refused = {row["record_no"] for row in tickets}
    once = len(numbers | refused)
    names = ("每条记录只去一处", "every record went one way only")
    yield compare(subject, names, count + len(tickets), once)
    outside = [number for number in numbers | refused if not 1 <= number <= parse["read_n"]]
    yield compare(subject, ("记录号都在文件之内", "record numbers lie within the file"), 0, len(outside))


def _folder(scene: Scene, feed: str, binding: dict[str, Any]) -> Invariant:
    """Every finished file in the drop folder is known to the ledger, whatever became of it."""
    source = binding["source"]
    root = scene.city_folder if source.get("root") == "city" else scene.source_root
    names = ("文件夹中的文件都已登记", "every file in the folder is in the ledger")
    if not root.is_dir():
        return unchecked(feed, names, "", ("文件夹不存在", "the folder is missing"))
    files = [
        path
        for path in root.glob(source["pattern"])
        if path.is_file() and path.suffix not in UNFINISHED and not path.name.startswith(".")
    ]
    known = {row["sha256"] for row in scene.rows("select sha256 from file where feed = ?", feed)}
    seen = [path for row in scene.rows("select path from sighting where feed = ?", feed) for path in _archives(row["path"])]
    above = {str(path) for path in seen}
    return compare(feed, names, len(files), sum(str(path) in above or _sha256(path) in known for path in files))


def _funnels(scene: Scene) -> Iterator[Invariant]:
    bindings = _bindings(scene.city_folder)
    for feed, binding in bindings.items():
        yield _folder(scene, feed, binding)
    parses = scene.rows(
        "select p.*, f.name from parse p join file f on f.feed = p.feed and f.sha256 = p.sha256 "
        "where p.is_current = 1 and f.status in ('loaded', 'superseded') order by p.feed, f.name, p.sha256"
    )
    landed = _landed_columns()
    with closing(duckdb.connect(":memory:")) as database:
        for parse in parses:
            yield _own_count(scene, parse, bindings.get(parse["feed"]))
            yield from verify_rows.kept_bytes(scene, parse, bindings.get(parse["feed"]))
            yield from _file_funnel(scene, database, parse)
            yield from verify_rows.contents(scene, database, parse, landed)
        yield from verify_rows.tickets(scene, database)
        yield from verify_departed.departed(scene, database)


@cache
def _contracts() -> tuple[dict[str, Any], ...]:
    """The contracts as they are written; read once, because that takes seconds."""
    return tuple(yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(CONTRACTS.glob("*.odcs.yaml")))


def _landed_columns() -> dict[str, list[str]]:
    """Contract id -> its columns that land, in the contract's order: neither P4 nor free text."""
    found = {}
    for document in _contracts():
        found[document["id"]] = [
            entry["name"]
            for entry in document["schema"][0]["properties"]
            if entry["classification"] != "P4" and {"property": "text", "value": "free"} not in entry.get("customProperties", [])
        ]
    return found


# --- totals: landing against the published build --------------------------------------------------------------------

#: Events by feed, year of their main time, and whether the bureau says that it deleted them.
Totals = Counter[tuple[str, int | None, bool]]
FLAGGED = "coalesce(list_contains(_flags, 'delete_flag:deleted_at_source'), false)"


def _event_contracts() -> dict[str, dict[str, Any]]:
    """Contract id -> its own properties, of the contracts that hold events."""
    found = {}
    for document in _contracts():
        own = {entry["property"]: entry["value"] for entry in document.get("customProperties", [])}
        own["columns"] = [entry["name"] for entry in document["schema"][0]["properties"]]
        if own.get("entity") == "event":
            found[document["id"]] = own
    return found


def _landing_totals(scene: Scene, database: duckdb.DuckDBPyConnection, contract: str, own: dict[str, Any]) -> Totals:
    """Events as `Totals` has them: of each event the version latest by (time, content, whether it was deleted)."""
    paths = [
        str(scene.home / row["landing_path"])
        for row in scene.rows(
            "select p.landing_path from parse p join file f on f.feed = p.feed and f.sha256 = p.sha256 "
            "where p.is_current = 1 and f.status = 'loaded' and p.contract = ?",
            contract,
        )
    ]
    if not paths:
        return Counter()
    sealed = "coalesce(is_sealed, false)" if "is_sealed" in own["columns"] else "false"
    rows = database.execute(
        f"""
        with latest as (
            select _feed, {own["main_time"]} as main_time, {FLAGGED} as is_deleted, row_number() over (
                partition by _event_id order by _version_at desc nulls last, _content_hash desc, {FLAGGED} desc
            ) as newness, bool_or({sealed}) over (partition by _event_id) as was_sealed
            from read_parquet(?, union_by_name = true)
        )
        select _feed, cast(year(main_time) as integer), is_deleted, count(*) from latest
        where newness = 1 and not was_sealed group by all
        """,
        [paths],
    ).fetchall()
    return Counter({(feed, year, is_deleted): n for feed, year, is_deleted, n in rows})


def _published_totals(scene: Scene, database: duckdb.DuckDBPyConnection, manifest: dict[str, Any], contract: str) -> Totals:
    """Events of one kind in the published build as `Totals` has them, the feed by their source file."""
    published = scene.home / "published"
    parts = [str(published / part["path"]) for part in manifest["parts"] if part["table"] == "fct_event"]
    if not parts:
        return Counter()
    feeds = {row["sha256"]: row["feed"] for row in scene.rows("select feed, sha256 from file")}
    time = PUBLISHED_TIME.get(contract, "reported_at")
    rows = database.execute(
        f"""
        select source_file, cast(year({time}) as integer), coalesce(not_counted_reason = 'deleted_at_source', false), count(*)
        from read_parquet(?, union_by_name = true) where event_kind = ? group by all
        """,
        [parts, contract],
    ).fetchall()
    found: Totals = Counter()
    for sha256, year, is_deleted, n in rows:
        found[feeds.get(sha256, "?"), year, is_deleted] += n
    return found


def _parts_are_whole(scene: Scene, manifest: dict[str, Any]) -> Invariant:
    """Every part that the build lists is there with the bytes that its name promises."""
    published = scene.home / "published"
    good = [
        part
        for part in manifest["parts"]
        if (published / part["path"]).is_file() and _sha256(published / part["path"]) == part["sha256"]
    ]
    names = ("发布清单中的文件齐全且未被改动", "every published part is there and unchanged")
    return compare(manifest["build"], names, len(manifest["parts"]), len(good))


def _read_only(path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(path), read_only=True)


def _totals(scene: Scene) -> Iterator[Invariant]:
    path = scene.home / "published" / "CURRENT.json"
    names = ("各来源各年事件数与落地数据一致", "events by feed and year equal landing")
    if not path.is_file():
        yield unchecked("published", names, "", ("尚未发布", "nothing is published yet"))
        return
    manifest = json.loads(path.read_text(encoding="utf-8"))
    yield _parts_are_whole(scene, manifest)
    yield from verify_published.pointer(scene, manifest, _read_only)
    yield from verify_published.figures(scene, manifest, _read_only)
    with closing(duckdb.connect(":memory:")) as database:
        for contract, own in _event_contracts().items():
            try:
                expected = _landing_totals(scene, database, contract, own)
                found = _published_totals(scene, database, manifest, contract)
            except duckdb.Error as error:
                why = type(error).__name__
                yield unchecked(contract, names, "", (f"无法读取：{why}", f"not readable: {why}"))
                continue
            for feed, year, is_deleted in sorted(expected.keys() | found.keys(), key=str):
                subject = f"{feed} {year or '—'}"
                equal = ("发布的事件数 = 落地的事件数", "events published = events landed")
                if is_deleted:
                    equal = ("发布为源端删除的 = 落地为源端删除的", "events published as deleted at source = landed so")
                yield compare(subject, equal, expected[feed, year, is_deleted], found[feed, year, is_deleted])
    parts = [str(path.parent / part["path"]) for part in manifest["parts"] if part["table"] == "fct_event"]
    kept = ("按现行区划重述不增不减", "restating on the map in force keeps the sum")
    try:
        with closing(duckdb.connect(str(path.parent / manifest["file"]), read_only=True)) as build:
            sums = sums_on_both_maps(build, parts)
    except duckdb.Error as error:
        why = type(error).__name__
        yield unchecked(manifest["file"], kept, "", (f"无法读取：{why}", f"not readable: {why}"))
        return
    for metric, level, _, was, today in sums:
        yield compare(f"{metric} {level}", kept, was, today)


def verify(home: Path, city_folder: Path, source_root: Path, masters: tuple[bytes, ...] = ()) -> list[Invariant]:
    """Every invariant of a home, whether it holds or not.

    Args:
        home: the home's folder.
        city_folder: the city's folder, whose bindings are read here anew.
        source_root: where the feeds' patterns start.
        masters: keys that open the vault, if they do not lie in the home; without any, the vault is not looked at.

    Raises:
        FileNotFoundError: the home has no ledger.
    """
    ledger = home / "state" / "ledger.db"
    if not ledger.is_file():
        raise FileNotFoundError(ledger)
    csv.field_size_limit(sys.maxsize)
    with closing(sqlite3.connect(f"{ledger.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        scene = Scene(home, city_folder, source_root, connection, masters or masters_of(home))
        return [*_funnels(scene), *_totals(scene)]

"""The ledger: what arrived, what became of it, which parse is current, which builds there were.

Belongs here: `state/ledger.db` (SQLite, WAL) and every statement on it. Does not: the files themselves (vault, landing),
what people decide about them (decisions, decided).
One file is entered in one transaction, after everything it names is safely on disk: a kill leaves either no trace or all.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pipelines.core import faults, file_history, ledger_tables, measured, tickets
from pipelines.core.departed import Departed
from pipelines.core.drifts import NO_HEADER, Change, Drifts, Header
from pipelines.core.errors import HomeError
from pipelines.core.measured import MarkRow, ScoreRow
from pipelines.core.receipts import Receipts, Replaced
from pipelines.core.settings import Home
from pipelines.core.tickets import Amendment


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file as received by one feed; status is loaded, held, superseded or retracted."""

    feed: str
    sha256: str
    contract: str
    name: str
    size_bytes: int
    received_at: str
    extracted_at: str | None
    covers: str
    status: str
    held_what: str = ""
    held_where: str = ""
    held_remedy: str = ""
    unknown_columns: str = ""


@dataclass(frozen=True, slots=True)
class ParseRow:
    """One parse of one file; the funnel is read = accepted + quarantined + repeats + non-data."""

    feed: str
    sha256: str
    parser: str
    contract: str
    landing_path: str
    is_current: int
    read_n: int
    accepted_n: int
    quarantined_n: int
    repeat_n: int
    nondata_n: int
    clock_min: str | None
    clock_max: str | None
    encoding: str
    loaded_at: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """What one rule said about one parse."""

    feed: str
    sha256: str
    parser: str
    rule_id: str
    column_name: str
    severity: str
    dimension: str
    evaluated_n: int
    failed_n: int


@dataclass(frozen=True, slots=True)
class QualityRow:
    """What Great Expectations said about one rule of one parse."""

    feed: str
    sha256: str
    parser: str
    rule_id: str
    severity: str
    evaluated_n: int
    failed_n: int
    is_error: int
    error: str
    ran_at: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """One file read to its end, before the ledger knows; `message` is what a person should hear beside the counts.

    ids: of quarantined records whose key can be read, the event they are about. header: as it came; changes: what of it is new.
    """

    file: FileRow
    parse: ParseRow
    rules: tuple[RuleRow, ...]
    quarantined: tuple[tuple[int, str], ...]
    message: str = ""
    ids: Mapping[int, str] = field(default_factory=dict)
    marks: tuple[MarkRow, ...] = ()
    header: Header = NO_HEADER
    changes: tuple[Change, ...] = ()


def _insert(row: object, table: str) -> tuple[str, list[Any]]:
    names = [f.name for f in fields(row)]  # type: ignore[arg-type]
    marks = ", ".join("?" for _ in names)
    return f"insert or replace into {table} ({', '.join(names)}) values ({marks})", [getattr(row, n) for n in names]


class Ledger:
    """The ledger of one home; `receipts` tells the order in which files came."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        ledger_tables.prepare(self._db)
        self.receipts, self.drifts, self.departed = Receipts(self._db), Drifts(self._db), Departed(self._db)

    @classmethod
    def of(cls, home: Home) -> Ledger:
        """The ledger of `home`, made if it is new."""
        return cls(home.state / "ledger.db")

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self._db.execute("begin immediate")
        try:
            yield
            faults.hit("ledger_commit")
            self._db.execute("commit")
        except BaseException:
            if self._db.in_transaction:  # on a full disk SQLite may have rolled back by itself
                self._db.execute("rollback")
            raise

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query as dictionaries."""
        return [dict(row) for row in self._db.execute(sql, parameters)]

    # --- the home -------------------------------------------------------------------------------------------------

    def claim_home(self, city: str, folder: Path) -> None:
        """Make the home this city's. Raises HomeError when it is another's."""
        owner = self.rows("select value from home where key = 'city'")
        if owner and owner[0]["value"] != city:
            what = f"the home belongs to city {owner[0]['value']!r}, not {city!r}"
            raise HomeError(what, remedy="give another --home, or that city")
        with self.transaction():
            self._db.execute("insert or replace into home values ('city', ?)", [city])
            self._db.execute("insert or replace into home values ('folder', ?)", [str(folder)])

    def home_city_folder(self) -> Path | None:
        """The city folder that last ran in this home."""
        found = self.rows("select value from home where key = 'folder'")
        return Path(found[0]["value"]) if found else None

    def remember(self, key: str, value: str) -> None:
        """Keep a fact about the home (such as the last source root)."""
        self._db.execute("insert or replace into home values (?, ?)", [key, value])

    def recall(self, key: str) -> str | None:
        """A fact kept by `remember`."""
        found = self.rows("select value from home where key = ?", key)
        return str(found[0]["value"]) if found else None

    # --- files ----------------------------------------------------------------------------------------------------

    def seen(self, feed: str, path: str, size_bytes: int, mtime_ns: int) -> str | None:
        """The hash of this very file if it was read before with this size and time."""
        sighted = "select sha256 from sighting where feed = ? and path = ? and size_bytes = ? and mtime_ns = ?"
        found = self.rows(sighted, feed, path, size_bytes, mtime_ns)
        return str(found[0]["sha256"]) if found else None

    def sight(self, feed: str, path: str, size_bytes: int, mtime_ns: int, *, sha256: str, seen_at: str) -> None:
        """Record that a path held these bytes."""
        held = [feed, path, size_bytes, mtime_ns, sha256, seen_at]
        self._db.execute("insert or replace into sighting values (?, ?, ?, ?, ?, ?)", held)

    def file(self, feed: str, sha256: str) -> FileRow | None:
        """A file by its content."""
        found = self.rows("select * from file where feed = ? and sha256 = ?", feed, sha256)
        return FileRow(**found[0]) if found else None

    def has_parse(self, feed: str, sha256: str, parser: str) -> bool:
        """Whether these bytes were parsed by this parser."""
        return bool(self.rows("select 1 from parse where feed = ? and sha256 = ? and parser = ?", feed, sha256, parser))

    def _put(self, row: FileRow, at: str) -> None:
        """Enter what is now known of a file; what was known of it stays on record."""
        self._db.execute(*_insert(row, "file"))
        file_history.note(self._db, row.feed, row.sha256, at)

    def hold(self, row: FileRow, judged_by: str = "", *, at: str = "") -> None:
        """Enter a file that is held whole; `judged_by` is the parser that read it, where holding it is a judgement."""
        with self.transaction():
            self._put(row, at or row.received_at)
            self.receipts.enter(row.feed, row.sha256, row.received_at)
            self._db.execute("delete from judgement where feed = ? and sha256 = ?", [row.feed, row.sha256])
            if judged_by:
                self._db.execute("insert into judgement values (?, ?, ?)", [row.feed, row.sha256, judged_by])

    def held_by_judgement(self, feed: str, sha256: str = "") -> list[FileRow]:
        """Files of a feed (or one of them) that could be read and are held, or whose new reading is."""
        asked = "select f.* from file f join judgement using (feed, sha256) where feed = ? and status <> 'retracted'"
        found = self.rows(
            f"{asked} and sha256 = ?" if sha256 else f"{asked} order by 2", *((feed, sha256) if sha256 else (feed,))
        )
        return [FileRow(**row) for row in found]

    def current_parse(self, feed: str, sha256: str) -> dict[str, Any] | None:
        """The parse that counts of a file that was loaded; None if none does."""
        return next(iter(self.rows("select * from parse where feed = ? and sha256 = ? and is_current = 1", feed, sha256)), None)

    def replaced_by(self, row: FileRow, *, is_snapshot: bool) -> Replaced | None:
        """What a file would replace; None if nothing, or if something newer is there.

        What covers the same and counts; else its own earlier parse; else, of a feed each of whose files is the whole, the
        newest older one.
        """
        own = self.current_parse(row.feed, row.sha256)
        if row.covers or (is_snapshot and own is None):
            older = self.receipts.older(row.feed, row.sha256, row.covers, row.extracted_at)
            if older is not None:
                return older
        return Replaced(row.name, own["accepted_n"], is_same_file=True) if own is not None else None

    def receive_again(self, row: FileRow, *, at: str, mtime_ns: int, dates_rows: bool) -> None:
        """Known bytes were sent again: they are what came last, and count so, under the name and extract time of `row`.

        dates_rows: whether its rows are to be read anew because that extract time is later than theirs.
        """
        before = self.file(row.feed, row.sha256)
        with self.transaction():
            dated = (row.extracted_at or "") if dates_rows else ""
            self.receipts.again(row.feed, row.sha256, at=at, mtime_ns=mtime_ns, dated=dated)
            if not dates_rows:
                self._put(row, at)
                for covers in {row.covers, before.covers if before else ""} - {""}:
                    self.receipts.settle(row.feed, covers)

    def enter_all(self, parsed: Iterable[Parsed]) -> None:
        """Enter files that were read, all of them or none, and settle which file of each `covers` counts."""
        with self.transaction():
            for one in parsed:
                self._enter(one)

    def _enter(self, parsed: Parsed) -> None:
        row, parse = parsed.file, parsed.parse
        before = self.file(row.feed, row.sha256)
        self.receipts.enter(row.feed, row.sha256, row.received_at)
        self._db.execute("delete from judgement where feed = ? and sha256 = ?", [row.feed, row.sha256])
        self._db.execute("update parse set is_current = 0 where feed = ? and sha256 = ?", [parse.feed, parse.sha256])
        self._db.execute(*_insert(parse, "parse"))
        self._put(row, parse.loaded_at)
        for rule in parsed.rules:
            self._db.execute(*_insert(rule, "rule_outcome"))
        if parsed.header.columns:
            self.drifts.enter(row.feed, row.sha256, parsed.header, parsed.changes)
        tickets.enter(self._db, parse.feed, parse.sha256, parse.parser, parse.loaded_at, parsed.quarantined, parsed.ids)
        measured.enter(self._db, parsed.marks)
        for covers in {row.covers, before.covers if before else ""} - {""}:
            self.receipts.settle(row.feed, covers)

    def take_back(self, feed: str, sha256: str) -> bool:
        """Take a file out, with its tickets; what covers the same counts again. False if it was out. Within a transaction."""
        row = self.file(feed, sha256)
        if row is None or row.status == "retracted":
            return False
        tickets.take_back(self._db, feed, sha256)
        self._mark(row, "retracted")
        return True

    def give_back(self, feed: str, sha256: str) -> bool:
        """Undo `take_back`: as it was, but for what has come since that covers the same. Within a transaction."""
        row = self.file(feed, sha256)
        if row is None or row.status != "retracted":
            return False
        without_rows = "held" if row.held_what else "superseded"  # an archive that gave way to its members is neither
        status = "loaded" if self.current_parse(feed, sha256) else without_rows
        tickets.give_back(self._db, feed, sha256)
        self._mark(row, status)
        return True

    def _mark(self, row: FileRow, status: str) -> None:
        """Give a file its status and settle what covers the same."""
        self._db.execute("update file set status = ? where feed = ? and sha256 = ?", [status, row.feed, row.sha256])
        if row.covers:
            self.receipts.settle(row.feed, row.covers)

    def amendments(self, feed: str = "", sha256: str = "") -> list[Amendment]:
        """What people decided about records of one file, or of all."""
        return tickets.amendments(self._db, feed, sha256)

    def set_amendments(self, wanted: list[Amendment]) -> None:
        """Make the ledger say what was decided about records. Within a transaction."""
        tickets.set_amendments(self._db, wanted)

    def asked_at_source(self, feed: str) -> set[tuple[str, str]]:
        """Which tickets were asked for in which landing files."""
        return tickets.asked_at_source(self._db, feed)

    def close_at_source(self, closing: Mapping[str, str], asked: Mapping[str, set[tuple[str, str]]] | None = None) -> None:
        """Close tickets that a later file mends: ticket to its sha256; `asked`: by feed, all that need not be asked again."""
        with self.transaction():
            tickets.close_at_source(self._db, closing)
            for feed, by_now in (asked or {}).items():
                tickets.note_asked(self._db, feed, by_now)

    def bounce(self, refused: Iterable[str], *, who: str, upload: str, at: str) -> None:
        """Note that mended rows were refused."""
        with self.transaction():
            tickets.bounce(self._db, refused, who=who, upload=upload, at=at)

    def current_parses(self, contract: str | None = None) -> list[dict[str, Any]]:
        """Current parses of loaded files, in a stable order: what the warehouse is made of."""
        return self.rows(
            "select p.*, f.name, f.extracted_at, f.covers from parse p join file f using (feed, sha256) "
            "where p.is_current = 1 and f.status = 'loaded' and (? is null or p.contract = ?) order by p.feed, p.sha256",
            contract, contract,
        )  # fmt: skip

    def add_quality(self, rows: Iterable[QualityRow]) -> None:
        """Enter what Great Expectations found."""
        with self.transaction():
            for row in rows:
                self._db.execute(*_insert(row, "quality_outcome"))

    def add_scores(self, rows: Iterable[ScoreRow], *, seen_at: str = "") -> int:
        """Enter the scores of a run that are news, and (`seen_at`) which are no more; returns how many."""
        with self.transaction():
            return measured.add_scores(self._db, rows, seen_at=seen_at)

    # --- builds ---------------------------------------------------------------------------------------------------

    def open_build(self, build_id: str, started_at: str) -> None:
        """Enter a build that begins."""
        opened = "insert or replace into build (build_id, started_at, status) values (?, ?, 'running')"
        self._db.execute(opened, [build_id, started_at])

    def close_build(
        self, build_id: str, *, finished_at: str, as_of: str, mode: str, status: str, reason: str, fingerprint: str
    ) -> None:
        """Enter how a build ended: published, blocked or failed."""
        self._db.execute(
            "update build set finished_at = ?, as_of = ?, mode = ?, status = ?, reason = ?, fingerprint = ? where build_id = ?",
            [finished_at, as_of, mode, status, reason, fingerprint, build_id],
        )

    def last_build(self) -> dict[str, Any] | None:
        """The newest build, whatever became of it."""
        return next(iter(self.rows("select * from build order by started_at desc, build_id desc limit 1")), None)

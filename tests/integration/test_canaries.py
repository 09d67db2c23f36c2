"""Personal words in every column that must not land, in whatever state a file arrives: found in the vault, with its key, and nowhere else."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from typer.testing import CliRunner

from pipelines import build, ingest
from pipelines.cli import main, show
from pipelines.core import shredding
from pipelines.core.contracts import contract_ids, load_contract
from pipelines.core.errors import HomeError, VaultError
from pipelines.core.installation import Installation, open_installation
from pipelines.core.personal_shapes import HIDDEN
from pipelines.core.vault_keys import places
from pipelines.defs.checks import waiting_batches
from pipelines.reports import validation
from pipelines.synthetic import words
from quality import run as quality_run
from quality.verify import verify
from tests.conftest import TinyCity
from tests.integration import canaries
from tests.integration.canaries import PASSWORD, RICH, STEMS, Planted, opened, write_feeds
from tests.integration.returned_rows import SIGNED
from tests.integration.scanner import Scanner, spellings
from tests.integration.small_exports import NOW

#: Contracts whose batches Great Expectations is asked about; the batches of the others wait, encrypted, and are looked at too.
ASKED = ("petition", "police_incident")


@dataclass(frozen=True)
class Canaries:
    """The city after its files were taken; `said` is what the commands said."""

    place: Installation
    planted: Planted
    rules: dict[str, int]
    said: str
    out: Path


def say(*words: str) -> str:
    """What a command says, errors too, whatever its exit."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(show, "console", Console(file=out, soft_wrap=True, width=10_000))
        patch.setattr(show, "errors", Console(file=out, soft_wrap=True, width=10_000))
        if not main.app.registered_commands:
            main._commands()
        result = CliRunner().invoke(main.app, list(words))
    return out.getvalue() + result.output + repr(result.exception)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Canaries:
    base = tmp_path_factory.mktemp("canaries")
    planted = Planted()
    (base / "source").mkdir()
    rules = write_feeds(base / "city", base / "source", planted)
    (base / "city" / "city.yml").write_text("name: t\nzone: Asia/Shanghai\nroot_area: '99'\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CANARY_PW", PASSWORD)
        place = open_installation(city=base / "city", home=base / "home", source_root=base / "source")
        said = [repr(ingest.ingest_feed(binding, place, now=NOW)) for binding in place.city.feeds]
        home, out = ("--home", str(place.home.root)), base / "out"
        some = [request for _, request in waiting_batches(place) if request.contract in ASKED]  # each costs half a second
        place.ledger.add_quality(quality_run.validate_in_child(some, place.home, ran_at=NOW))
        validation.write_validation(place.home, place.city, place.ledger)
        build.prepare(place.home, place.city, place.settings)
        for command in (
            ["ingest", *home], ["status", *home], ["quarantine", "list", *home], ["quarantine", "export", "--out", str(out), *home],
            ["quarantine", "codes", *home], ["reparse", "--dry-run", *home], ["verify", *home], ["doctor", *home],
            ["decide", "--list", *home], ["shred", "--feed", "canary_zip", "--month", "2026-07", *home],
        ):  # fmt: skip
            said.append(say(*command))
    return Canaries(place, planted, rules, "\n".join(said), out)


# --- the scanner finds what is planted --------------------------------------------------------------------------------

WORD = canaries.name(7)
CARRIERS: dict[str, Callable[[Path], Path | bytes]] = {
    **{
        f"text in {name}": lambda _, name=name: f"x{WORD}".encode(name) for name in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
    },
    **{f"base64 +{n}": lambda _, n=n: base64.b64encode(b"x" * n + WORD.encode()) for n in range(3)},
    **{f"base64 of gb18030 +{n}": lambda _, n=n: base64.b64encode(b"x" * n + WORD.encode("gb18030") + b"yy") for n in range(3)},
    "json": lambda _: json.dumps([WORD]).encode(),
    "html": lambda _: WORD.encode("ascii", "xmlcharrefreplace"),
    "gzip": lambda _: gzip.compress(f"a{WORD}".encode()),
    "gzip of base64": lambda _: gzip.compress(base64.b64encode(WORD.encode())),
}


def _zip(_: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.gz", gzip.compress(WORD.encode("gb18030")))
    return out.getvalue()


def _parquet(_: Path) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": [[WORD]], "b": ["x"]}), out, compression="zstd")
    return out.getvalue()


def _duckdb(base: Path, *, in_log: bool = False) -> Path:
    path = base / "x.duckdb"
    connection = duckdb.connect(str(path))
    connection.execute("pragma disable_checkpoint_on_shutdown")
    connection.execute("set checkpoint_threshold = '1GB'")
    # Compressed by dictionary and by single letters, so that the bytes alone do not say it.
    connection.execute("create table t as select 'x' || i || ? as a from range(5000) r(i)", ["" if in_log else WORD])
    connection.execute("checkpoint")
    if in_log:
        connection.execute("insert into t values (?)", [WORD])
        shutil.copytree(base, base.with_name("copy"))
        connection.close()
        return base.with_name("copy") / "x.duckdb"
    connection.close()
    return path


def _sqlite(base: Path) -> Path:
    connection = sqlite3.connect(base / "x.db")
    connection.execute("pragma journal_mode = wal")
    connection.execute("create table t (a text)")
    connection.execute("insert into t values (?)", [WORD])
    connection.commit()
    shutil.copytree(base, base.with_name("copy"))
    connection.close()
    return base.with_name("copy") / "x.db"


CARRIERS |= {
    "zip": _zip, "parquet": _parquet, "duckdb": _duckdb, "duckdb log": lambda base: _duckdb(base, in_log=True), "sqlite log": _sqlite,
    "workbook": lambda _: canaries._book({"a": [[WORD]]}), "name of a sheet": lambda _: canaries._book({WORD: [["x"]]}),
}  # fmt: skip


@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_scanner_finds_a_word_in_every_carrier(carrier: str, tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    made = CARRIERS[carrier](tmp_path / "base")
    if isinstance(made, bytes):
        (tmp_path / "base" / "file.bin").write_bytes(made)
        made = tmp_path / "base" / "file.bin"
    assert Scanner([canaries.NAME]).scan(made)
    assert not Scanner(["亓官仉督不在此处"]).scan(made)


def test_the_scanner_finds_a_word_in_the_name_of_a_file_and_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a" / WORD).mkdir(parents=True)
    (tmp_path / "b" / f"{WORD}.txt").parent.mkdir()
    (tmp_path / "b" / f"{WORD}.txt").touch()
    for folder in "ab":
        assert Scanner([canaries.NAME]).scan(tmp_path / folder)


@pytest.mark.parametrize("stem", STEMS)
def test_no_stem_is_so_short_that_chance_finds_it(stem: str) -> None:
    assert min(map(len, spellings(stem).values())) >= 6


# --- nothing is found outside the vault ------------------------------------------------------------------------------


def test_every_column_that_must_not_land_was_planted_and_every_rule_broken(city: Canaries) -> None:
    hidden = {(c.id, column.name) for c in map(load_contract, contract_ids()) for column in c.columns if not column.lands}
    assert hidden <= city.planted.columns
    assert len(hidden) > 30
    for feed, rules in city.rules.items():
        contract = city.place.city.feed(feed).contract
        failed = city.place.ledger.rows("select rule_id from rule_outcome where feed = ? and failed_n > 0", feed)
        wanted = {rule.id for rule in contract.rules if rule.severity == "quarantine"}
        assert len(wanted) == rules
        assert wanted <= {row["rule_id"] for row in failed}, feed
        (counts,) = city.place.ledger.rows(
            "select min(accepted_n) as a, min(quarantined_n) as q, sum(repeat_n) as r from parse where feed = ?", feed
        )
        assert counts["a"] >= 1, feed
        assert counts["q"] >= rules, feed


def test_files_fail_in_the_ways_that_were_meant(city: Canaries) -> None:
    rows = city.place.ledger.rows("select name, status, held_what from file where feed like 'canary_%'")
    held = {row["name"].rpartition("/")[2]: row["held_what"] for row in rows if row["status"] == "held"}
    for name in ("headerless.csv", "undecodable.csv", "cut.csv.gz", "second_sheet_without_header.xlsx", "no_such_sheet.xlsx",
                 "broken.xlsx", "broken_array.json", "broken.parquet"):  # fmt: skip
        assert held.get(name), name
    assert sum(what.startswith("the password") for what in held.values()) == 1
    assert len([row for row in rows if row["status"] == "loaded"]) > 2 * len(city.rules)


def test_a_file_whose_name_is_masked_is_still_found_and_counted_by_verify(city: Canaries) -> None:
    place = city.place
    told = [one for one in verify(place.home.root, place.city.folder, place.source_root) if HIDDEN in one.subject]
    counted = [one.ok for one in told if one.subject.startswith("canary_csv") and "records in the file" in one.name_en]
    assert counted == [True]
    folders = [
        one for one in verify(place.home.root, place.city.folder, place.source_root) if "every file in the folder" in one.name_en
    ]
    assert all(one.ok for one in folders)
    assert len(folders) == len(place.city.feeds)


def test_no_planted_word_is_outside_the_vault_nor_in_it_without_its_key(city: Canaries) -> None:
    scanner = Scanner(STEMS)
    assert scanner.scan(city.place.home.root, city.out, city.place.city.folder) == []
    assert scanner.in_bytes(city.said.encode(), "said by a command") == []
    assert {"parquet", "sqlite", "duckdb", "zip"} <= scanner.looked_at.keys()
    assert "canary_zip" in city.said
    asked = city.place.ledger.rows(
        "select distinct contract from quality_outcome join file using (feed, sha256) where is_error = 0"
    )
    assert {row["contract"] for row in asked} == set(ASKED)


def test_a_proposal_for_a_new_feed_quotes_none_of_them(city: Canaries, tmp_path: Path) -> None:
    (tmp_path / "new" / "feeds").mkdir(parents=True)
    shutil.copy(city.place.city.folder / "city.yml", tmp_path / "new")
    scanner, source = Scanner(STEMS), city.place.source_root
    files = [*(source / "formats").glob("*信*.csv"), source / "formats" / "book.xlsx"]
    root = ("--source-root", str(source))
    for n, path in enumerate(files):
        said = say("new-feed", f"feed{n}", "--from", str(path), "--city", str(tmp_path / "new"), *root, "--contract", RICH)
        assert scanner.in_bytes(said.encode(), path.name) == []
    assert len(list((tmp_path / "new" / "feeds").iterdir())) == len(files) == 2
    assert scanner.scan(tmp_path / "new") == []


def test_the_key_holder_finds_them_and_after_shredding_nobody_does(city: Canaries, tmp_path: Path) -> None:
    assert len(opened(city.place)) > 60
    home = tmp_path / "home"
    shutil.copytree(city.place.home.root, home)
    copy = open_installation(city=city.place.city.folder, home=home, source_root=city.place.source_root)
    doomed = [key for key in places(copy.home) if key[0] != "marks"]
    kept = {path: path.read_bytes() for path in copy.home.vault.rglob("*") if path.is_file() and "keys" not in path.parts}
    shredding.shred(copy, doomed, SIGNED, name="2026-07", feed="*")
    for path, data in kept.items():  # what a backup brings back
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert opened(copy) == []
    with pytest.raises(VaultError):
        copy.vault.open(next(iter(kept)))
    assert Scanner(STEMS).scan(home) == []


@pytest.mark.parametrize("left_out", ["keys", "vault/keys", "both"])
def test_a_copy_of_the_home_without_its_keys_shows_nothing(city: Canaries, tmp_path: Path, left_out: str) -> None:
    """A backup without the master key, or without the wrapped keys: each alone is worth nothing."""
    home = tmp_path / "home"
    shutil.copytree(city.place.home.root, home)
    for folder in ("keys", "vault/keys") if left_out == "both" else (left_out,):
        shutil.rmtree(home / folder)
    if left_out == "keys":  # a new key would open nothing
        with pytest.raises(HomeError, match="no master key"):
            open_installation(city=city.place.city.folder, home=home, source_root=city.place.source_root)
        (home / "keys").mkdir()
        (home / "keys" / "master.key").write_bytes(base64.b64encode(bytes(32)))
    copy = open_installation(city=city.place.city.folder, home=home, source_root=city.place.source_root)
    readable = 0
    for path in (path for path in home.joinpath("vault").rglob("*") if path.is_file() and "keys" not in path.parts):
        with contextlib.suppress(VaultError), copy.vault.open(path):
            readable += 1
    assert readable == 0
    if left_out == "both":
        assert Scanner(STEMS).scan(home) == []


# --- a city that was built ------------------------------------------------------------------------------------------


#: How the synthetic city's markers, identity numbers and plates look (pipelines/synthetic/people.py).
INVENTED = (
    rb"ZXQ\d{6}", rb"(?<![\dA-Za-z])000000(?:19|20)\d{9}[\dX](?![\dA-Za-z])", "测Z".encode() + rb"\d{5}", "测Z".encode("gb18030") + rb"\d{5}",
)  # fmt: skip


def test_no_word_of_an_invented_person_is_in_any_byte_of_a_home_that_was_built(tiny_city: TinyCity) -> None:
    """The synthetic city names its people in every feed that has any; its whole home is read, the vault too, without its key."""
    surnames, given = words.SURNAMES.split(","), words.GIVEN.split(",")
    stems = ["无名里", *(surnames[n] + given[n * 8][:1] for n in range(3))]  # a column that leaked would show all of them
    scanner = Scanner(stems, INVENTED)
    assert len(set(scanner.scan(tiny_city.source))) > 10
    assert scanner.scan(*(path for path in sorted(tiny_city.home.iterdir()) if path.name != "vault")) == []
    assert Scanner(stems).scan(tiny_city.home / "vault") == []
    assert scanner.in_bytes(tiny_city.output.encode(), "what the run said") == []
    assert {"parquet", "sqlite", "duckdb"} <= scanner.looked_at.keys()

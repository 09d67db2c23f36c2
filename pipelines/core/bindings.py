"""City folders: `city.yml` and `feeds/*.yml`, checked, as frozen values.

Belongs here: reading a city and saying precisely what is wrong with it ("did you mean"). Does not: what a feed is
(contracts), fetching anything (sources), reading data files.
"""

from __future__ import annotations

import codecs
import datetime as dt
import hashlib
import re
import zoneinfo
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.core.board_options import BoardOptions, board_options
from pipelines.core.code_tables import CodeRow, read_tables
from pipelines.core.contracts import Contract, load_contract
from pipelines.core.delete_flag import DeleteFlag, read_flag
from pipelines.core.errors import ConfigurationError
from pipelines.core.retention_days import stated
from pipelines.core.spelling import did_you_mean
from pipelines.core.yaml_file import read_mapping

CITY_KEYS = {
    "name", "title_zh", "title_en", "zone", "languages", "root_area", "as_of", "level", "vault", "earliest", "boards",
    "synthetic",
}  # fmt: skip
FEED_KEYS = {
    "contract", "system", "source", "format", "sheet", "encoding", "delimiter", "delivery", "covers", "delete_flag", "datum",
    "extracted_at", "key", "columns", "synonyms", "constants", "codes", "dates", "title_zh", "title_en", "password", "bureau",
}  # fmt: skip
SOURCE_TYPES = {"drop": {"type", "pattern", "member", "settle_seconds", "root"}}
DELIVERIES = ("snapshot", "increment", "changes")
LEVELS = ("demo", "production")
LANGUAGES = ("zh", "en")
DATUMS = ("", "wgs84", "gcj02", "bd09")
FORMATS = ("csv", "xlsx", "xls", "html", "jsonl", "parquet", "geojson")
SUFFIXES = {
    ".csv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".xls": "xls", ".html": "html", ".htm": "html",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet", ".geojson": "geojson",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Binding:
    """How one city delivers one feed."""

    feed: str
    contract: Contract
    system: str
    pattern: str
    member: str
    root: str
    settle_seconds: float
    format: str
    sheets: tuple[str, ...]
    encoding: str
    password: str
    delimiter: str
    delivery: str
    covers: str
    covers_pattern: str
    extracted_stated: dt.datetime | None
    extracted_pattern: str
    key: tuple[str, ...] | None
    columns: dict[str, str]
    synonyms: dict[str, tuple[str, ...]]
    constants: dict[str, str]
    dates: tuple[str, ...]
    codes: tuple[CodeRow, ...]
    title_zh: str
    title_en: str
    bureau: str
    datum: str
    delete_flag: DeleteFlag | None
    digest: str

    @property
    def is_keyless(self) -> bool:
        """Whether rows have no key and are identified by (covers, content, ordinal)."""
        return not self.key_columns

    @property
    def paths(self) -> tuple[str, ...]:
        """Headers with a dot: where a source nests values, these ask for the value inside."""
        return tuple(header for header in self.columns.values() if "." in header)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The key in force: the binding's, else the contract's."""
        return self.contract.key if self.key is None else self.key


@dataclass(frozen=True, slots=True)
class City:
    """A city folder."""

    folder: Path
    name: str
    title_zh: str
    title_en: str
    zone: str
    languages: tuple[str, ...]
    root_area: str
    as_of: dt.datetime | None
    level: str
    retention_days: dict[str, int]
    keeps_raw: bool
    earliest: dt.date
    boards: BoardOptions
    synthetic: dict[str, Any]
    feeds: tuple[Binding, ...]
    references: Path = field(compare=False)

    def feed(self, name: str) -> Binding:
        """The binding called `name`. Raises ConfigurationError with the nearest known name."""
        for binding in self.feeds:
            if binding.feed == name:
                return binding
        raise _unknown("feed", name, [b.feed for b in self.feeds], str(self.folder))


def _unknown(kind: str, name: str, known: list[str], where: str) -> ConfigurationError:
    return ConfigurationError(f"unknown {kind} {name!r}", where=where, remedy=did_you_mean(name, known))


def _moment(value: Any, where: str) -> dt.datetime | None:
    if value is None or isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time.min)
    try:
        return dt.datetime.fromisoformat(str(value))
    except ValueError as error:
        remedy = "write 2026-01-31 or 2026-01-31T23:59:00"
        raise ConfigurationError(f"{value!r} is no date or time", where=where, remedy=remedy) from error


def _check_keys(found: dict[str, Any], known: set[str], where: str) -> None:
    for name in found:
        if name not in known:
            raise _unknown("key", str(name), sorted(known), where)


def _source(entry: dict[str, Any], where: str) -> tuple[str, str, str, float]:
    kind = entry.get("type", "drop")
    if kind not in SOURCE_TYPES:
        raise _unknown("source type", str(kind), sorted(SOURCE_TYPES), where)
    _check_keys(entry, SOURCE_TYPES[kind], f"{where}: source")
    if "pattern" not in entry:
        raise ConfigurationError("a drop source needs a pattern", where=where, remedy='pattern: "police/*.csv"')
    member = str(entry.get("member", ""))
    return entry["pattern"], member, entry.get("root", "source"), float(entry.get("settle_seconds", 5))


def _format(declared: str | None, pattern: str, where: str) -> str:
    if declared:
        if declared not in FORMATS:
            raise _unknown("format", declared, list(FORMATS), where)
        return declared
    name = pattern.lower().removesuffix(".gz")
    for suffix, kind in SUFFIXES.items():
        if name.endswith(suffix):
            return kind
    remedy = f"add format: one of {', '.join(FORMATS)}"
    raise ConfigurationError("the pattern does not tell the format", where=where, remedy=remedy)


def _time_and_covers(entry: dict[str, Any], where: str) -> dict[str, Any]:
    """`extracted_at` and `covers`, each in one of their forms."""
    extracted, covers = entry.get("extracted_at") or {}, entry.get("covers")
    if not isinstance(extracted, dict):
        extracted = {"stated": extracted}
    if "column" in extracted:
        remedy = "write {name: REGEX} or {stated: DATE}; a row's own time of change is the contract's update time"
        raise ConfigurationError("an extract time is not read from a column", where=f"{where}: extracted_at", remedy=remedy)
    _check_keys(extracted, {"stated", "name"}, f"{where}: extracted_at")
    pattern = ""
    if isinstance(covers, dict):
        _check_keys(covers, {"name"}, f"{where}: covers")
        pattern, covers = covers["name"], "name"
    if covers not in (None, "file", "feed", "name"):
        raise _unknown("covers", str(covers), ["file", "feed", "name"], where)
    for expression in (pattern, extracted.get("name", "")):
        try:
            re.compile(expression)
        except re.error as error:
            raise ConfigurationError(f"{expression!r} is no regular expression: {error}", where=where) from error
    return {
        "covers": covers or "",
        "covers_pattern": pattern,
        "extracted_stated": _moment(extracted.get("stated"), f"{where}: extracted_at"),
        "extracted_pattern": extracted.get("name", ""),
    }


def _listed(value: Any) -> tuple[str, ...]:
    """One text or a list of them."""
    return tuple(str(one) for one in value) if isinstance(value, list) else (str(value),) if value else ()


def _key(entry: dict[str, Any], contract: Contract, where: str) -> tuple[str, ...] | None:
    if "key" not in entry:
        return None
    if (declared := entry["key"]) in (None, "none", []):
        return ()
    names = [c.name for c in contract.columns]
    for name in [one for one in declared if one not in names]:
        raise _unknown("key column", name, names, where)
    for name in [one for one in declared if not contract.column(one).lands]:
        what = f"key column {name} does not land: from ids made of names or texts these could be guessed back"
        raise ConfigurationError(what, where=where, remedy="choose columns that land, or key: none with covers")
    return tuple(declared)


def read_binding(path: Path, folder: Path) -> Binding:
    """One binding. Raises ConfigurationError naming the file, the key and the nearest known spelling."""
    entry, where = read_mapping(path), str(path)
    _check_keys(entry, FEED_KEYS, where)
    _refuse_secrets(entry, where)
    for needed in ("contract", "system", "source", "delivery"):
        if needed not in entry:
            raise ConfigurationError(f"{needed} is missing", where=where, remedy="see docs/add_a_city.md")
    contract = load_contract(str(entry["contract"]), where=f"{where}: contract")
    names = [c.name for c in contract.columns]
    for section in ("columns", "synonyms", "constants"):
        for name in entry.get(section) or {}:
            if name not in names:
                raise _unknown("column", name, names, f"{where}: {section}")
    if entry["delivery"] not in DELIVERIES:
        raise _unknown("delivery", str(entry["delivery"]), list(DELIVERIES), where)
    if str(entry.get("datum", "")) not in DATUMS:
        raise _unknown("datum", str(entry["datum"]), list(DATUMS[1:]), where)
    _check_encoding(str(entry.get("encoding", "")), where)
    pattern, member, root, settle = _source(entry["source"], where)
    binding = Binding(
        feed=path.stem,
        contract=contract,
        system=str(entry["system"]),
        pattern=pattern,
        member=member,
        root=root,
        settle_seconds=settle,
        format=_format(entry.get("format"), member or pattern, where),
        sheets=_listed(entry.get("sheet")),
        encoding=str(entry.get("encoding", "")),
        password=str(entry.get("password", "")).removeprefix("${env:").removesuffix("}"),
        delimiter=str(entry.get("delimiter", ",")),
        delivery=entry["delivery"],
        key=_key(entry, contract, where),
        delete_flag=read_flag(entry, contract, _key(entry, contract, where), where),
        columns={k: str(v) for k, v in (entry.get("columns") or {}).items()},
        synonyms={k: _listed(v) for k, v in (entry.get("synonyms") or {}).items()},
        constants={k: str(v) for k, v in (entry.get("constants") or {}).items()},
        dates=tuple(entry.get("dates") or ()),
        codes=read_tables(folder, entry.get("codes") or {}, contract, where),
        title_zh=entry.get("title_zh", path.stem),
        title_en=entry.get("title_en", path.stem.replace("_", " ")),
        bureau=str(entry.get("bureau", entry["system"])),
        datum=str(entry.get("datum", "")).removeprefix("wgs84"),
        digest=hashlib.sha256(path.read_bytes()).hexdigest()[:16],
        **_time_and_covers(entry, where),
    )
    _check_versions(binding, where)
    return binding


def _check_encoding(encoding: str, where: str) -> None:
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError as error:
        remedy = "utf-8, gb18030 or big5, for example"
        raise ConfigurationError(f"unknown encoding {encoding!r}", where=where, remedy=remedy) from error


def _refuse_secrets(entry: dict[str, Any], where: str) -> None:
    for name, value in entry.items():
        if re.search(r"password|secret|token", str(name)) and not re.fullmatch(r"\$\{env:\w+\}", str(value)):
            remedy = "write ${env:NAME} and set NAME outside"
            raise ConfigurationError(f"{name} holds a literal secret", where=where, remedy=remedy)


def _check_versions(binding: Binding, where: str) -> None:
    """A feed must say which of two rows, or of two files, is the newer one."""
    if binding.is_keyless and not binding.covers:
        raise ConfigurationError("a feed without key columns must say what one file covers", where=where, remedy="covers: file")
    has_time = binding.contract.update_time or binding.extracted_stated or binding.extracted_pattern
    if not has_time and not binding.covers:
        what = "neither an update time nor an extract time nor covers is known"
        raise ConfigurationError(what, where=where, remedy="state extracted_at, or covers: file")


def read_city_file(folder: Path) -> dict[str, Any]:
    """A city's own file, its keys checked. Raises ConfigurationError."""
    entry, where = read_mapping(folder / "city.yml"), str(folder / "city.yml")
    _check_keys(entry, CITY_KEYS, where)
    for needed in ("name", "zone", "root_area"):
        if needed not in entry:
            raise ConfigurationError(f"{needed} is missing", where=where, remedy="see docs/add_a_city.md")
    return entry


def load_city(folder: Path) -> City:
    """A city folder, every binding checked. Raises ConfigurationError at the first thing that is wrong."""
    folder = folder.resolve()
    entry, where = read_city_file(folder), str(folder / "city.yml")
    paths = sorted((folder / "feeds").glob("*.yml"))
    if not paths:
        raise ConfigurationError("the city has no feeds", where=str(folder / "feeds"), remedy="add feeds/<feed>.yml")
    vault = entry.get("vault") or {}
    _check_keys(vault, {"retention_days", "raw_store"}, f"{where}: vault")
    earliest = _moment(entry.get("earliest"), where) or dt.datetime(2010, 1, 1)
    if str(entry["zone"]) not in zoneinfo.available_timezones():
        raise _unknown("time zone", str(entry["zone"]), sorted(zoneinfo.available_timezones()), where)
    if str(entry.get("level", "demo")) not in LEVELS:
        raise _unknown("level", str(entry["level"]), list(LEVELS), where)
    for language in _listed(entry.get("languages")):
        if language not in LANGUAGES:
            raise _unknown("language", language, list(LANGUAGES), f"{where}: languages")
    return City(
        folder=folder,
        name=str(entry["name"]),
        title_zh=str(entry.get("title_zh", entry["name"])),
        title_en=str(entry.get("title_en", entry["name"])),
        zone=str(entry["zone"]),
        languages=_listed(entry.get("languages")) or LANGUAGES,
        root_area=str(entry["root_area"]),
        as_of=_moment(entry.get("as_of"), where),
        level=str(entry.get("level", "demo")),
        retention_days=stated(vault.get("retention_days"), where),
        keeps_raw=bool(vault.get("raw_store", True)),
        earliest=earliest.date(),
        boards=board_options(entry.get("boards"), [path.stem for path in paths], where),
        synthetic=entry.get("synthetic") or {},
        feeds=tuple(read_binding(path, folder) for path in paths),
        references=folder / "reference",
    )

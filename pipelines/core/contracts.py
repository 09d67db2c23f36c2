"""Contracts: what a feed is, read from `pipelines/contracts/*.odcs.yaml`.

Belongs here: reading and checking contracts (Open Data Contract Standard 3.x, then our strict subset). Does not:
where a city keeps the feed or what its headers are called (bindings), nor any judging of rows (cleaning).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import jsonschema

from pipelines.core.errors import ConfigurationError
from pipelines.core.spelling import did_you_mean
from pipelines.core.yaml_text import read_yaml

CONTRACTS = Path(__file__).resolve().parents[1] / "contracts"

LogicalType = Literal["string", "timestamp", "date", "integer", "number", "boolean"]
Level = Literal["P1", "P2", "P3", "P4"]
Severity = Literal["block", "quarantine", "warn"]

TYPES = ("string", "timestamp", "date", "integer", "number", "boolean")
LEVELS = ("P1", "P2", "P3", "P4")
SEVERITIES = ("block", "quarantine", "warn")
COLUMN_PROPERTIES = {"text", "party", "role", "codes", "clock", "list", "fields", "normalise", "geometry", "link"}
CONTRACT_PROPERTIES = {"title_zh", "entity", "mode", "main_time", "grid", "update_time"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on rows: `expression` is SQL over typed columns that holds for a good row (NULL counts as good)."""

    id: str
    column: str
    expression: str
    severity: Severity
    dimension: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a contract.

    links: the contracts one of whose `source_case_no` the column names.
    fields: of a list of objects, the fields that land, each with its other spellings; what else an object says is dropped.
    """

    name: str
    title_zh: str
    synonyms: tuple[str, ...]
    type: LogicalType
    required: bool
    key_position: int
    level: Level
    is_free_text: bool
    is_clock: bool
    is_list: bool
    fields: tuple[tuple[str, ...], ...]
    normalise: str
    party: str
    role: str
    codes: str
    geometry: bool
    links: tuple[str, ...]
    pattern: str
    minimum: float | None
    maximum: float | None
    description: str
    rules: tuple[Rule, ...]

    @property
    def lands(self) -> bool:
        """P4 and free text never reach landing (law 3)."""
        return self.level != "P4" and not self.is_free_text


@dataclass(frozen=True, slots=True)
class Contract:
    """A feed's contract."""

    id: str
    title: str
    title_zh: str
    version: str
    domain: str
    entity: Literal["event", "reference"]
    mode: Literal["strict", "evolve"]
    main_time: str
    update_time: str
    latency_hours: float
    shrink_hold_ratio: float
    columns: tuple[Column, ...]
    digest: str

    @property
    def key(self) -> tuple[str, ...]:
        """Key columns in key order."""
        keyed = [c for c in self.columns if c.key_position]
        return tuple(c.name for c in sorted(keyed, key=lambda c: c.key_position))

    @property
    def landed(self) -> tuple[Column, ...]:
        """The columns that reach landing."""
        return tuple(c for c in self.columns if c.lands)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All row rules, the derived ones (`<col>-required`, `-type`, `-pattern`, `-range`) first."""
        return tuple(rule for column in self.columns for rule in column.rules)

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@cache
def _odcs_schema() -> dict[str, Any]:
    """The JSON schema that `open-data-contract-standard` ships (its model class is no validator)."""
    package = files("open_data_contract_standard")
    found = sorted((p for p in package.iterdir() if p.name.endswith(".json")), key=lambda p: p.name)
    loaded: dict[str, Any] = json.loads(found[-1].read_text(encoding="utf-8"))
    return loaded


def _custom(entry: dict[str, Any], allowed: set[str], where: str) -> dict[str, Any]:
    found = {p["property"]: p["value"] for p in entry.get("customProperties", [])}
    unknown = sorted(set(found) - allowed)
    if unknown:
        raise ConfigurationError(
            f"unknown property {unknown[0]!r}", where=where, remedy=f"known are {', '.join(sorted(allowed))}"
        )
    return found


def _derived_rules(entry: dict[str, Any], column: str) -> list[Rule]:
    """Rules that the column's own attributes state; a type that does not parse is always quarantined.

    A value that is present and cannot be read as its type must not vanish into NULL, whatever the column.
    """
    rules = []
    kind, options = entry["logicalType"], entry.get("logicalTypeOptions", {})
    if entry.get("required"):
        rules.append(Rule(f"{column}-required", column, f"{column} is not null", "quarantine", "completeness"))
    if kind != "string":
        rules.append(Rule(f"{column}-type", column, "", "quarantine", "conformity"))
    if "pattern" in options:
        rules.append(Rule(f"{column}-pattern", column, "", "warn", "conformity"))
    if "minimum" in options or "maximum" in options:
        rules.append(Rule(f"{column}-range", column, "", "quarantine", "conformity"))
    return rules


def _names(value: object) -> tuple[str, ...]:
    """One name, several, or none."""
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),) if value else ()


def _of_ascii_digits(pattern: str) -> str:
    r"""A pattern whose `\d` means 0 to 9: every engine that reads it would else take the digits of all scripts."""
    told, is_class, at = "", False, 0
    while at < len(pattern):
        piece = pattern[at : at + 2] if pattern[at] == "\\" else pattern[at]
        is_class = (is_class or piece == "[") and piece != "]"
        told += ("0-9" if is_class else "[0-9]") if piece == r"\d" else piece
        at += len(piece)
    return told


def _column(entry: dict[str, Any], where: str) -> Column:
    name = entry["name"]
    at = f"{where}: column {name}"
    kind = entry.get("logicalType", "string")
    if kind not in TYPES:
        raise ConfigurationError(f"type {kind!r} is not one of ours", where=at, remedy=f"use {', '.join(TYPES)}")
    level = entry.get("classification", "")
    if level not in LEVELS:
        raise ConfigurationError("classification missing or unknown", where=at, remedy="write P1, P2, P3 or P4")
    options, custom = entry.get("logicalTypeOptions", {}), _custom(entry, COLUMN_PROPERTIES, at)
    rules = _derived_rules(entry, name)
    for quality in entry.get("quality", []):
        if quality.get("severity") not in SEVERITIES:
            raise ConfigurationError(
                f"rule {quality.get('id')!r} has no known severity", where=at, remedy="write block, quarantine or warn"
            )
        rules.append(Rule(quality["id"], name, quality["implementation"], quality["severity"], quality.get("dimension", "")))
    return Column(
        name=name,
        title_zh=entry.get("businessName", name),
        synonyms=tuple(s["synonym"] for s in entry.get("synonyms", [])),
        type=kind,
        required=bool(entry.get("required")),
        key_position=int(entry.get("primaryKeyPosition", 0)) if entry.get("primaryKey") else 0,
        level=level,
        is_free_text=custom.get("text") == "free",
        is_clock=bool(custom.get("clock")),
        is_list=bool(custom.get("list")),
        fields=tuple((name, *others) for name, others in custom.get("fields", {}).items()),
        normalise=str(custom.get("normalise", "")),
        party=str(custom.get("party", "")),
        role=str(custom.get("role", "")),
        codes=str(custom.get("codes", "")),
        geometry=bool(custom.get("geometry")),
        links=_names(custom.get("link")),
        pattern=_of_ascii_digits(str(options.get("pattern", ""))),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        description=entry.get("description", ""),
        rules=tuple(rules),
    )


def parse_contract(text: str, *, where: str) -> Contract:
    """One contract from YAML text. Raises ConfigurationError with the place that is wrong."""
    document = read_yaml(text)
    errors = sorted(jsonschema.Draft201909Validator(_odcs_schema()).iter_errors(document), key=lambda e: list(e.path))
    if errors:
        path = "/".join(str(p) for p in errors[0].absolute_path)
        raise ConfigurationError(
            errors[0].message[:200], where=f"{where}: {path}", remedy="see the Open Data Contract Standard 3.1"
        )
    custom = _custom(document, CONTRACT_PROPERTIES, where)
    sla = {p["property"]: p["value"] for p in document.get("slaProperties", [])}
    columns = tuple(_column(entry, where) for entry in document["schema"][0]["properties"])
    names = [c.name for c in columns]
    for reference in ("main_time", "update_time"):
        if custom.get(reference) and custom[reference] not in names:
            raise ConfigurationError(f"{reference} names no column: {custom[reference]!r}", where=where)
    return Contract(
        id=document["id"],
        title=document["name"],
        title_zh=str(custom.get("title_zh", document["name"])),
        version=document["version"],
        domain=document.get("domain", ""),
        entity=custom["entity"],
        mode=custom.get("mode", "evolve"),
        main_time=custom.get("main_time", ""),
        update_time=custom.get("update_time", ""),
        latency_hours=float(sla.get("latency", 26)),
        shrink_hold_ratio=float(sla.get("shrink_hold_ratio", 0.5)),
        columns=columns,
        digest=hashlib.sha256(text.encode()).hexdigest()[:16],
    )


def load_contract(contract_id: str, *, where: str = "") -> Contract:
    """The shipped contract called `contract_id`. Raises ConfigurationError with the nearest; `where`: who names it."""
    path = CONTRACTS / f"{contract_id}.odcs.yaml"
    if not path.exists():
        remedy = did_you_mean(contract_id, contract_ids())
        raise ConfigurationError(f"no contract called {contract_id!r}", where=where or str(CONTRACTS), remedy=remedy)
    return _shipped(path)


@cache
def _shipped(path: Path) -> Contract:
    return parse_contract(path.read_text(encoding="utf-8"), where=path.name)


def contract_ids() -> list[str]:
    """Ids of all shipped contracts."""
    return sorted(p.name.removesuffix(".odcs.yaml") for p in CONTRACTS.glob("*.odcs.yaml"))

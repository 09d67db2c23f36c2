"""A city whose every personal word is planted: names, identity numbers, phones, plates, addresses that nobody has.

The columns are those that the contracts keep out of landing (P4 and free text), whatever contracts there are. They are planted in good
rows, in a row for each rule that can set one aside, in records of another width, in files that cannot be read, in names of files
and sheets, in locked archives. `STEMS` are the beginnings by which the scanner finds them.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.cleaning import judge
from pipelines.core.contracts import Column, Contract, Rule, contract_ids, load_contract
from pipelines.core.installation import Installation
from tests.integration.scanner import Scanner
from tests.unit.locked_files import locked_zip

# In parts: no committed line holds a number that could be somebody's. No such area, operator or family is known.
NAME, IDENTITY, PHONE, PLATE = "亓官仉督", "990137" + "19900307", "199" + "13700", "豫Z9" + "Q7"
ADDRESS = "亓官仉督巷无名楼"
STEMS = (NAME, IDENTITY, PHONE, PLATE)
GOOD_TIME, EARLY, LATER = "2026-06-01 07:00:00", "1999-01-01 07:00:00", "2026-06-01 09:00:00"
PASSWORD = "no secret of anybody"
#: The contract of which every format is tried: it has a name, a number, a phone, an address and free text.
RICH = "petition"


@dataclass
class Planted:
    """Counts words out, so that each is another one, and remembers in which columns."""

    number: itertools.count[int] = field(default_factory=itertools.count)
    columns: set[tuple[str, str]] = field(default_factory=set)

    def word(self, contract: Contract, column: Column) -> str:
        """A value for a column that must not land."""
        self.columns.add((contract.id, column.name))
        if column.is_free_text:
            return self.sentence()
        n = next(self.number)
        return {"id_no": identity(n), "phone": phone(n), "address": address(n)}.get(column.party, name(n))

    def sentence(self) -> str:
        """What an officer writes down: everything in one sentence."""
        n = next(self.number)
        return f"接{name(n)}来电，电话{phone(n)}，证件{identity(n)}，车牌{plate(n)}，住{address(n)}，反映噪声扰民。"


def name(n: int) -> str:
    return f"{NAME}{chr(0x4E00 + n)}"


def identity(n: int) -> str:
    return f"{IDENTITY}{n % 1000:03d}X"


def phone(n: int) -> str:
    return f"{PHONE}{n % 1000:03d}"


def plate(n: int) -> str:
    return f"{PLATE}{n % 100:02d}"


def address(n: int) -> str:
    return f"{ADDRESS}{n}号"


# --- rows -------------------------------------------------------------------------------------------------------------


def _plain(column: Column, number: int) -> str:
    """A value that every rule of a column takes."""
    if column.type in ("timestamp", "date"):
        return GOOD_TIME if column.type == "timestamp" else GOOD_TIME[:10]
    if column.type in ("integer", "number"):
        return str(int(column.minimum or 1))
    return "是" if column.type == "boolean" else f"C{number}" if column.key_position else "A1"


def good_row(contract: Contract, number: int, planted: Planted) -> dict[str, str]:
    """A row that lands, with a planted word in every column that does not."""
    hidden = {c.name: planted.word(contract, c) for c in contract.columns if not c.lands}
    return {c.name: hidden.get(c.name) or _plain(c, number) for c in contract.columns}


def breaking(row: dict[str, str], rule: Rule, contract: Contract) -> dict[str, str] | None:
    """The row with one rule broken; None where the rule's column is itself planted text that no value breaks."""
    column, kind = contract.column(rule.column), rule.id.removeprefix(f"{rule.column}-")
    if kind == "required":
        return {**row, column.name: ""}
    if kind == "type":
        return {**row, column.name: "非此类值"}
    if kind == "range":
        return {**row, column.name: str((column.minimum or 0) - 1 if column.minimum is not None else (column.maximum or 0) + 1)}
    if judge.WINDOW.fullmatch(rule.expression):
        return {**row, column.name: EARLY[: len(row[column.name])]}
    if found := judge.ORDER.fullmatch(rule.expression):
        return {**row, found[2]: LATER[: len(row[found[2]])], found[1]: GOOD_TIME[: len(row[found[1]])]}
    return None


def rows_of(contract: Contract, planted: Planted) -> tuple[list[dict[str, str]], int]:
    """Two good rows and one per rule that sets aside; and how many rules that is."""
    rows = [good_row(contract, n, planted) for n in (1, 2)]
    rules = [rule for rule in contract.rules if rule.severity == "quarantine"]
    for number, rule in enumerate(rules, start=3):
        broken = breaking(good_row(contract, number, planted), rule, contract)
        assert broken is not None, f"{contract.id}: no row is known that breaks {rule.id}"
        rows.append(broken)
    return rows, len(rules)


def as_csv(rows: list[dict[str, str]], *extra: list[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([list(rows[0]), *(list(row.values()) for row in rows), *extra])
    return out.getvalue()


# --- the city ---------------------------------------------------------------------------------------------------------


def _binding(base: Path, feed: str, contract: Contract, pattern: str, form: str, **more: str) -> None:
    lines = [
        f"contract: {contract.id}", f"system: {feed}", f"source: {{type: drop, pattern: '{pattern}', settle_seconds: 0}}",
        f"format: {form}", "delivery: increment", "extracted_at: 2026-07-01 00:00:00",
        *(["covers: file"] if not contract.key else []),
        "columns: {" + ", ".join(f"{c.name}: {c.name}" for c in contract.columns) + "}",
        *(f"{key}: {value}" for key, value in more.items()),
    ]  # fmt: skip
    (base / "feeds" / f"{feed}.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_feeds(folder: Path, source: Path, planted: Planted, *, events_only: bool = False) -> dict[str, int]:
    """Bindings into a city folder and files into its drop folder: feed to the number of rules that its rows break."""
    (folder / "feeds").mkdir(parents=True, exist_ok=True)
    rules: dict[str, int] = {}
    for contract in map(load_contract, contract_ids()):
        if events_only and contract.entity != "event":
            continue
        feed = f"canary_{contract.id}"
        _binding(folder, feed, contract, f"{feed}/*", "csv")
        (source / feed).mkdir(parents=True)
        rows, rules[feed] = rows_of(contract, planted)
        wide, narrow = [*rows[0].values(), planted.sentence()], [planted.sentence(), planted.sentence()]
        (source / feed / "a.csv").write_text(as_csv(rows, wide, narrow, list(rows[0].values())), encoding="utf-8")
        again, _ = rows_of(contract, planted)
        (source / feed / "b.csv").write_bytes(as_csv([{**row, **_other_key(contract, row)} for row in again]).encode("gb18030"))
    _write_formats(folder, source, planted)
    return rules


def _other_key(contract: Contract, row: dict[str, str]) -> dict[str, str]:
    """Another case, but not where the key is what is wrong."""
    text = [key for key in contract.key if contract.column(key).type == "string"]
    return {key: f"B{row[key]}" for key in text if row[key]}


def _write_formats(folder: Path, source: Path, planted: Planted) -> None:
    """The rich contract in every other format and in every way that a file can fail."""
    contract = load_contract(RICH)
    rows, _ = rows_of(contract, planted)
    n = next(planted.number)
    told = f"来信{phone(n)}_{identity(n)}_{plate(n)}"
    sheet = f"{identity(n)}_{phone(n)}"  # no name of a sheet is longer than 31 letters
    header, cells = list(rows[0]), [list(row.values()) for row in rows]
    text = as_csv(rows)
    for form, pattern, more in (
        ("csv", "csv", {}), ("xlsx", "xlsx", {"sheet": "'案*'"}), ("jsonl", "json", {}), ("parquet", "parquet", {}), ("html", "html", {}),
        ("csv", "zip", {"password": '"${env:CANARY_PW}"'}),
    ):  # fmt: skip
        _binding(folder, f"canary_{pattern}", contract, f"formats/*.{pattern}*", form, **more)
    (source / "formats").mkdir()
    files = {
        f"{told}.csv": text.encode(),
        "headerless.csv": as_csv(rows).partition("\n")[2].encode(),
        "strange_header.csv": as_csv([{**row, planted.sentence(): "", phone(n): ""} for row in rows[:1]]).encode(),
        "undecodable.csv": text.encode() + b"\xff\xfe\xff\x00\x81",
        "cut.csv.gz": gzip.compress(text.encode())[:-40],
        "whole.csv.gz": gzip.compress(text.encode()),
        "quotes.csv": text.encode() + f'"{planted.sentence()}\n'.encode(),
        "book.xlsx": _book({"案件": [header, *cells], "案件二": [header, *cells[:1]], sheet: [[planted.sentence()]]}),
        "second_sheet_without_header.xlsx": _book({"案件": [header, *cells], "案件二": cells}),
        "no_such_sheet.xlsx": _book({sheet: [header, *cells]}),
        "broken.xlsx": _book({"案件": [header, *cells]})[:-300],
        "lines.json": "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode(),
        "broken_lines.json": ("\n".join(json.dumps(row) for row in rows) + "\n" + planted.sentence()).encode(),
        "array.json": json.dumps(rows, ensure_ascii=False).encode(),
        "broken_array.json": (json.dumps(rows, ensure_ascii=False)[:-2] + f", {planted.sentence()} }}]").encode(),
        "rows.parquet": _parquet(rows),
        "broken.parquet": _parquet(rows)[:-9] + b"\0\0\0\0\0PAR1",
        "page.html": _page([header, *cells]),
        "two_pages.html": _page([header, *cells]) + _page([cells[0], *cells]),
    }
    for file, data in files.items():
        (source / "formats" / file).write_bytes(data)
    for file, password in (("locked.zip", PASSWORD), (f"{told}.zip", "another one")):
        locked_zip(source / "formats" / file, {f"{told}.csv": text.encode()}, password.encode(), aes=True)


def _book(sheets: dict[str, list[list[str]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _parquet(rows: list[dict[str, str]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def _page(rows: list[list[str]]) -> bytes:
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><body><table>{body}</table></body></html>".encode()


# --- what the key holder sees ----------------------------------------------------------------------------------------


def opened(place: Installation) -> list[str]:
    """What the key holder finds in the vault."""
    scanner, found = Scanner(STEMS), []
    for path in place.home.vault.rglob("*"):
        if path.is_file() and "keys" not in path.parts and place.vault.holds(path):
            with place.vault.open(path) as stream:
                data = stream.read()
            if data[:4] == data[-4:] == b"PAR1" and "raw" not in path.parts:
                data = repr(pq.read_table(io.BytesIO(data)).to_pylist()).encode()
            found += [str(path)] if scanner.in_bytes(data, "x") else []
    return found

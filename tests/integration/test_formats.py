"""The same rows in every format land as the same table, and every row of each is accounted for."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import json
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import ingest
from pipelines.core.installation import Installation, open_installation
from quality.verify import verify
from tests.unit.locked_files import locked_agile, locked_zip
from tests.unit.old_workbook import xls_bytes

NOW = dt.datetime(2026, 7, 1, 9)
HEADER = ["任务号", "上报时间", "结案时间", "单元网格编码", "经度", "上报人", "问题描述", "更新时间"]
CANARY = "金丝雀甲乙丙"


def _row(number: int, reported: str = "2026-06-01 07:00:00") -> list[str]:
    return [f"A{number}", reported, "", "990101", "112.4", CANARY, f"{CANARY}说有垃圾", "2026-06-01 08:00:00"]


#: Good rows, one sent twice, one without its number, one with a time that is none.
ROWS = [_row(1), _row(2), _row(2), ["", *_row(4)[1:]], _row(5, "昨天"), *(_row(n) for n in range(6, 40))]
FUNNEL = (39, 36, 2, 1)  # read, accepted, quarantined, repeats of the same row


def as_csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *rows])
    return out.getvalue().encode("gb18030")


def as_jsonl(rows: list[list[str]]) -> bytes:
    objects = [{key: value for key, value in zip(HEADER, row, strict=True) if value} for row in rows]
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects).encode()


def as_json(rows: list[list[str]]) -> bytes:
    return json.dumps([dict(zip(HEADER, row, strict=True)) for row in rows], indent=1).encode()


def as_parquet(rows: list[list[str]]) -> bytes:
    columns = dict(zip(HEADER, ([row[at] or None for row in rows] for at in range(len(HEADER))), strict=True))
    out = io.BytesIO()
    pq.write_table(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), out)
    return out.getvalue()


def as_xlsx(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    for row in [HEADER, *rows]:
        book.active.append([cell or None for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_zip(rows: list[list[str]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("城管/案件.csv", as_csv(rows))
    return out.getvalue()


def as_html(rows: list[list[str]]) -> bytes:
    lines = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in [HEADER, *rows])
    return f'<html><head><meta charset="gb2312"></head><body><table>{lines}</table></body></html>'.encode("gb18030")


def as_tsv(rows: list[list[str]]) -> bytes:
    return "".join("\t".join(row) + "\r\n" for row in [HEADER, *rows]).encode("utf-16")


def as_xls(rows: list[list[str]]) -> bytes:
    return xls_bytes({"城管": [[cell or None for cell in row] for row in [HEADER, *rows]], "空": []})


Writer = Callable[[list[list[str]]], bytes]
FORMS: dict[str, tuple[str, Writer]] = {
    "csv": ("u20260602.csv", as_csv), "jsonl": ("u20260602.jsonl", as_jsonl), "json": ("u20260602.json", as_json),
    "xls": ("u20260602.xls", as_xls), "html as xls": ("u20260602.xls", as_html), "text as xls": ("u20260602.xls", as_tsv), "xlsx as xls": ("u20260602.xls", as_xlsx),
    "html": ("u20260602.html", as_html), "zip": ("u20260602.zip", as_zip),
    "parquet": ("u20260602.parquet", as_parquet), "xlsx": ("u20260602.xlsx", as_xlsx),
}  # fmt: skip


def place_for(base: Path, pattern: str, **binding: str) -> Installation:
    """A new home for a city with one feed of urban cases."""
    folder = base / "city"
    (folder / "feeds").mkdir(parents=True)
    (base / "source").mkdir()
    (folder / "city.yml").write_text("name: t\nzone: Asia/Shanghai\nroot_area: '99'\n", encoding="utf-8")
    lines = {
        "contract": "urban_case", "system": "s", "source": f"{{type: drop, pattern: '{pattern}', settle_seconds: 0}}",
        "delivery": "increment", "extracted_at": r"{name: 'u(\d{8})'}", **binding,
    }  # fmt: skip
    text = "".join(f"{key}: {value}\n" for key, value in lines.items())
    (folder / "feeds" / "urban.yml").write_text(text, encoding="utf-8")
    return open_installation(city=folder, home=base / "home", source_root=base / "source")


def take(place: Installation, name: str, data: bytes) -> list[ingest.FileOutcome]:
    (place.source_root / name).write_bytes(data)
    return ingest.ingest_feed(place.city.feeds[0], place, now=NOW)


def landed(place: Installation) -> pl.DataFrame:
    """What landed, without what differs by file."""
    paths = [place.home.root / row["landing_path"] for row in place.ledger.current_parses()]
    return pl.concat(pl.read_parquet(path) for path in paths).drop("_file", "_covers").sort("_record_no")


def funnel(outcome: ingest.FileOutcome) -> tuple[int, int, int, int]:
    assert outcome.read_n == outcome.accepted_n + outcome.quarantined_n + outcome.repeat_n + outcome.nondata_n
    return outcome.read_n, outcome.accepted_n, outcome.quarantined_n, outcome.repeat_n


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    place = place_for(tmp_path_factory.mktemp("reference"), "u*.csv")
    take(place, "u20260602.csv", as_csv(ROWS))
    return landed(place)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_the_same_rows_land_alike_from_every_format(form: str, tmp_path: Path, reference: pl.DataFrame) -> None:
    name, write = FORMS[form]
    place = place_for(tmp_path, f"u*{Path(name).suffix}", **({"format": "csv"} if form == "zip" else {}))
    (outcome,) = take(place, name, write(ROWS))
    assert (outcome.verdict, outcome.message) == ("loaded", "")
    assert funnel(outcome) == FUNNEL
    assert landed(place).equals(reference)
    assert CANARY.encode() not in b"".join(p.read_bytes() for p in place.home.landing.rglob("*.parquet"))
    assert [o.verdict for o in ingest.ingest_feed(place.city.feeds[0], place, now=NOW)] == []
    told = [i.subject for i in verify(place.home.root, place.city.folder, place.source_root) if not i.ok]
    assert told == ["published"]  # there is no build; a count without our code agrees


GOOD = [row for row in ROWS if row[1] != "昨天"]
TIMES = ("上报时间", "更新时间")


def typed(row: list[str], *, place: type = float) -> dict[str, object]:
    """A row with its times as times and its longitude as a number, as systems export that know types."""
    cells = dict(zip(HEADER, row, strict=True))
    return {k: dt.datetime.fromisoformat(v) if k in TIMES else place(v) if k == "经度" else v or None for k, v in cells.items()}


def typed_parquet(rows: list[list[str]]) -> bytes:
    out = io.BytesIO()
    columns = {name: pa.array([typed(row, place=Decimal)[name] for row in rows]) for name in HEADER}
    columns["结案时间"] = pa.array([None] * len(rows), pa.timestamp("ns"))
    columns["单元网格编码"] = columns["单元网格编码"].cast(pa.int32())
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def typed_xlsx(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    for row in [HEADER, *(list({**typed(row), "单元网格编码": int(row[3])}.values()) for row in rows)]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def typed_json(rows: list[list[str]]) -> bytes:
    return json.dumps([{**typed(row), "单元网格编码": int(row[3])} for row in rows], default=str).encode()


TYPED: dict[str, Writer] = {"u20260602.parquet": typed_parquet, "u20260602.xlsx": typed_xlsx, "u20260602.json": typed_json}


@pytest.mark.parametrize("name", sorted(TYPED))
def test_typed_values_land_as_the_text_of_a_csv_does(name: str, tmp_path: Path) -> None:
    (tmp_path / "csv").mkdir()
    text = place_for(tmp_path / "csv", "u*.csv")
    take(text, "u20260602.csv", as_csv(GOOD))
    place = place_for(tmp_path, f"u*{Path(name).suffix}")
    (outcome,) = take(place, name, TYPED[name](GOOD))
    assert funnel(outcome) == (38, 36, 1, 1)
    assert landed(place).equals(landed(text))


@pytest.mark.parametrize("form", ["html as xls", "json", "jsonl", "parquet", "xls", "xlsx", "xlsx as xls", "zip"])
def test_a_file_that_is_cut_off_is_held_and_nothing_lands(form: str, tmp_path: Path) -> None:
    name, write = FORMS[form]
    place = place_for(tmp_path, f"u*{Path(name).suffix}", **({"format": "csv"} if form == "zip" else {}))
    data = write(ROWS)
    (outcome,) = take(place, name, data[: len(data) // 2 - 1])
    assert outcome.verdict == "held"
    assert name in outcome.message
    assert (
        "-> ask the department to send it again" in outcome.message
        or "-> ask for the file again" in outcome.message
        or "->" in outcome.message
    )
    assert not list(place.home.landing.rglob("*.parquet"))


# --- archives


def box(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"{name}.csv", data)
    return out.getvalue()


@pytest.mark.parametrize("store", ["true", "false"])
def test_each_member_is_a_file_of_its_own(tmp_path: Path, store: str) -> None:
    place = place_for(tmp_path, "u*.zip", format="csv")
    (place.city.folder / "city.yml").write_text(
        f"name: t\nzone: Asia/Shanghai\nroot_area: '99'\nvault: {{raw_store: {store}}}\n", encoding="utf-8"
    )
    place = open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)
    first = take(place, "u20260602.zip", box(a=as_csv(ROWS[:1]), b=as_csv(ROWS[1:2]), c=b""))
    assert [(o.name, o.verdict) for o in first] == [
        ("u20260602.zip/a.csv", "loaded"), ("u20260602.zip/b.csv", "loaded"), ("u20260602.zip/c.csv", "held"),
    ]  # fmt: skip
    assert ingest.pending(place.city.feeds[0], place) == []
    again = take(place, "u20260602-2.zip", box(b=as_csv(ROWS[1:2]), d=as_csv(ROWS[5:6])))
    assert [(o.name, o.verdict) for o in again] == [("u20260602-2.zip/b.csv", "known"), ("u20260602-2.zip/d.csv", "loaded")]
    assert sorted(landed(place)["source_case_no"]) == ["A1", "A2", "A6"]
    told = [i for i in verify(place.home.root, place.city.folder, place.source_root) if not i.ok]
    assert [i.subject for i in told] == ["published"]  # there is no build; all that is about files holds


def test_a_damaged_member_holds_its_archive_and_the_others_go_on(tmp_path: Path) -> None:
    place = place_for(tmp_path, "u*.zip", format="csv")
    data = box(a=as_csv(ROWS[:1]), b=as_csv(ROWS[1:2]))
    at = data.index(b"A2")
    outcomes = take(place, "u20260602.zip", data[:at] + b"X" + data[at + 1 :])
    assert [(o.name, o.verdict) for o in outcomes] == [("u20260602.zip/a.csv", "loaded"), ("u20260602.zip", "held")]
    assert outcomes[1].message.startswith("u20260602.zip/b.csv: the archive is damaged: Bad CRC-32")
    assert ingest.pending(place.city.feeds[0], place) == []
    assert [o.verdict for o in take(place, "u20260602b.zip", data)] == ["known", "loaded"]


def test_a_feed_takes_only_the_members_that_its_binding_names(tmp_path: Path) -> None:
    place = place_for(tmp_path, "ignored.csv")
    feed = place.city.folder / "feeds" / "urban.yml"
    text = feed.read_text(encoding="utf-8").replace("pattern: 'ignored.csv'", "pattern: '*.zip', member: 'u*.csv'")
    feed.write_text(text, encoding="utf-8")
    place = open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)
    outcomes = take(place, "all.zip", box(u20260602=as_csv(ROWS[:1]), police=b"x"))
    assert [(o.name, o.verdict) for o in outcomes] == [("all.zip/u20260602.csv", "loaded")]
    outcomes = take(place, "other.zip", box(police=b"x"))
    assert [(o.name, o.verdict) for o in outcomes] == [("other.zip", "held")]
    assert "it holds police.csv" in outcomes[0].message


# --- sheets


def test_sheets_that_the_binding_names_are_one_file_and_the_others_are_told(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(ROWS[:3])))
    for name, rows in (("二月", ROWS[3:]), ("说明", [["某局填报"]])):
        page = book.create_sheet(name)
        for row in [HEADER, *rows] if name == "二月" else rows:
            page.append(row)
    out = io.BytesIO()
    book.save(out)
    place = place_for(tmp_path, "u*.xlsx", sheet="[Sheet, 二月]")
    (outcome,) = take(place, "u20260602.xlsx", out.getvalue())
    assert (outcome.verdict, funnel(outcome)) == ("loaded", FUNNEL)
    assert (
        outcome.message
        == "u20260602.xlsx: sheets with data that the binding does not name: 说明 -> list them with sheet: in feeds/urban.yml, or ask what they are"
    )
    (rule,) = place.ledger.rows("select * from rule_outcome where rule_id = 'sheet-unread'")
    assert (rule["severity"], rule["evaluated_n"], rule["failed_n"]) == ("warn", 3, 1)
    assert landed(place)["_record_no"].to_list() == [1, 2, *range(6, 40)]
    told = [i for i in verify(place.home.root, place.city.folder, place.source_root) if not i.ok]
    assert [i.subject for i in told] == ["published"]


@pytest.mark.parametrize(
    ("suffix", "data", "what"),
    [
        ("csv", as_xlsx(ROWS), "the file is a workbook (or a ZIP), the binding says csv -> mend format:"),
        ("csv", b"<html><body>500 Server Error</body></html>", "the file is a web page, the binding says csv"),
        ("jsonl", as_parquet(ROWS), "the file is Parquet, the binding says jsonl"),
        ("xls", b"%PDF-1.7", "the file is a PDF, which is not read -> ask the department to save it as XLSX or CSV"),
        ("xls", b"MIME-Version: 1.0\n", "the file is a web archive (MHTML), which is not read"),
        ("xlsx", b"", "the file is empty"),
        ("parquet", as_csv(ROWS), "not readable as Parquet"),
        ("xls", b"<html>log in</html>", "the page has no table"),
    ],
)
def test_a_file_that_is_something_else_is_held_in_one_sentence(suffix: str, data: bytes, what: str, tmp_path: Path) -> None:
    place = place_for(tmp_path, f"u*.{suffix}")
    (outcome,) = take(place, f"u20260602.{suffix}", data)
    assert (outcome.verdict, what in outcome.message) == ("held", True)
    assert "->" in outcome.message


# --- locked files

SECRET = "canary-of-a-password-7"
LOCKED: dict[str, Callable[[Path], tuple[str, bytes]]] = {
    "zip": lambda base: (
        "u20260602.zip",
        locked_zip(base / "x.zip", {"a.csv": as_csv(ROWS)}, SECRET.encode(), aes=False).read_bytes(),
    ),
    "aes": lambda base: (
        "u20260602.zip",
        locked_zip(base / "x.zip", {"a.csv": as_csv(ROWS)}, SECRET.encode(), aes=True).read_bytes(),
    ),
    "xlsx": lambda base: ("u20260602.xlsx", locked_agile(as_xlsx(ROWS), SECRET)),
    "xls": lambda base: ("u20260602.xls", locked_agile(as_xlsx(ROWS), SECRET)),
}


@pytest.mark.parametrize("form", sorted(LOCKED))
def test_a_locked_file_waits_for_its_password_and_then_lands_alike(
    form: str, tmp_path: Path, reference: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, data = LOCKED[form](tmp_path)
    place = place_for(
        tmp_path, f"u*{Path(name).suffix}", password='"${env:URBAN_PW}"', **({"format": "csv"} if ".zip" in name else {})
    )
    feed = place.city.feeds[0]
    monkeypatch.delenv("URBAN_PW", raising=False)
    (missing,) = take(place, name, data)
    assert (missing.verdict, "URBAN_PW is not set" in missing.message) == ("held", True)
    assert ingest.pending(feed, place) == []  # nothing is new as long as the password is not
    monkeypatch.setenv("URBAN_PW", "wrong-canary")
    (wrong,) = ingest.ingest_feed(feed, place, now=NOW)
    assert (wrong.verdict, "the password in URBAN_PW does not open it" in wrong.message) == ("held", True)
    assert ingest.pending(feed, place) == []
    assert not list(place.home.landing.rglob("*.parquet"))
    monkeypatch.setenv("URBAN_PW", SECRET)
    (outcome,) = ingest.ingest_feed(feed, place, now=NOW)
    assert (outcome.verdict, funnel(outcome)) == ("loaded", FUNNEL)
    assert landed(place).equals(reference)
    assert ingest.pending(feed, place) == []
    assert place.ledger.rows("select 1 from file where status = 'held'") == []
    told = [i for i in verify(place.home.root, place.city.folder, place.source_root) if "records in the file = read" in i.name_en]
    assert [i.ok for i in told] == [False]  # it has no password, and says so
    assert "gone" in told[0].name_en + told[0].note_en or "not readable" in told[0].name_en + told[0].note_en
    kept = b"".join(path.read_bytes() for path in place.home.root.rglob("*") if path.is_file())
    assert (SECRET.encode() in kept, b"wrong-canary" in kept) == (False, False)

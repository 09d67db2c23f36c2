"""Bytes of the exports: CSV in any encoding, gzip, XLSX, JSON lines, GeoJSON. Equal content gives equal bytes.

Belongs here: file formats without clocks or names of this machine in them. Does not: what the columns mean.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import polars as pl
import shapely

#: The only moment that appears inside archives (the earliest that ZIP can hold).
NO_TIME = (1980, 1, 1, 0, 0, 0)
GZIP_LEVEL = 4

_SHEET_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL_NS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_REL_NS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_REL_NS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


TOTAL = "合计"
#: Digits that JSON takes as a number: no leading zeros.
_PLAIN = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)


def csv_bytes(table: pl.DataFrame, *, encoding: str, line_end: str = "\r\n") -> bytes:
    """A CSV with header. `encoding` is a Python codec name; `utf-8-sig` writes the byte order mark."""
    data = table.write_csv(line_terminator=line_end).encode()
    if encoding == "utf-8":
        return data
    return data.decode().encode(encoding)


def gzipped(data: bytes) -> bytes:
    """Gzip without file name and time."""
    return gzip.compress(data, compresslevel=GZIP_LEVEL, mtime=0)


def column_letters(number: int) -> str:
    """1 -> A, 27 -> AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def xlsx_bytes(table: pl.DataFrame, *, sheet: str, numeric: set[str], title: str = "") -> bytes:
    """A workbook of one sheet: header, then one row per record.

    Args:
        table: text columns under their headers; NULL writes no cell.
        sheet: the sheet's name.
        numeric: columns whose plain digits become number cells; anything else in them stays text.
        title: laid out for people (dirt D17): the title stands above the header in cells merged over its whole width, and
            after the records come a blank row and a total.
    """
    above = 1 if title else 0
    end = table.height + above + 3
    sheet_xml = "".join(
        [
            _XML,
            f'<worksheet xmlns="{_SHEET_NS}"><sheetData>',
            _row(1, [title]) if title else "",
            _row(1 + above, table.columns),
            *_records(table, numeric, first=2 + above),
            _row(end, [TOTAL, str(table.height)]) if title else "",
            "</sheetData>",
            _merged(f"A1:{column_letters(table.width)}1") if title else "",
            "</worksheet>",
        ]
    )
    workbook = (
        f'<workbook xmlns="{_SHEET_NS}" xmlns:r="{_REL_NS}"><sheets>'
        f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    parts = {name: _XML + body for name, body in _PARTS.items()}
    parts["xl/workbook.xml"] = _XML + workbook
    parts["xl/worksheets/sheet1.xml"] = sheet_xml
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=GZIP_LEVEL) as archive:
        for name, body in parts.items():
            archive.writestr(zipfile.ZipInfo(name, NO_TIME), body.encode(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _row(number: int, texts: list[str]) -> str:
    cells = "".join(
        f'<c r="{column_letters(n)}{number}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
        for n, text in enumerate(texts, start=1)
    )
    return f'<row r="{number}">{cells}</row>'


def _merged(area: str) -> str:
    return f'<mergeCells count="1"><mergeCell ref="{area}"/></mergeCells>'


def _records(table: pl.DataFrame, numeric: set[str], *, first: int) -> list[str]:
    row = pl.int_range(first, pl.len() + first).cast(pl.String)
    cells = []
    for number, name in enumerate(table.columns, start=1):
        at = column_letters(number)
        value = pl.col(name)
        safe = value.str.replace_all("&", "&amp;").str.replace_all("<", "&lt;").str.replace_all(">", "&gt;")
        words = pl.format('<c r="{}{}" t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>', pl.lit(at), row, safe)
        cell = words
        if name in numeric:  # [0-9]: full-width digits are text to a spreadsheet too
            plain = value.str.contains(r"^[0-9]+(\.[0-9]+)?$")
            cell = pl.when(plain).then(pl.format('<c r="{}{}"><v>{}</v></c>', pl.lit(at), row, value)).otherwise(words)
        cells.append(cell.fill_null(""))
    body = pl.concat_str(pl.lit('<row r="') + row + pl.lit('">'), *cells, pl.lit("</row>"))
    return table.select(body.alias("row")).to_series().to_list()


def jsonl_bytes(table: pl.DataFrame, *, numeric: set[str], nested: set[str]) -> bytes:
    """JSON lines: one object a row, without the keys that have no value.

    Args:
        table: text columns under their keys.
        numeric: columns whose plain digits become numbers; anything else in them stays text.
        nested: columns that hold JSON already.
    """
    lines = []
    for row in table.iter_rows(named=True):
        told = {
            key: json.loads(value) if key in nested or (key in numeric and _PLAIN.fullmatch(value)) else value
            for key, value in row.items()
            if value is not None
        }
        lines.append(json.dumps(told, ensure_ascii=False) + "\n")
    return "".join(lines).encode()


def geojson_bytes(areas: pl.DataFrame, headers: dict[str, str], wkt: str) -> bytes:
    """A feature collection: `headers` maps columns to property names, `wkt` names the outline's column."""
    shapes = shapely.from_wkt(areas[wkt].to_numpy())
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "properties": {headers[name]: value for name, value in row.items() if name in headers},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for row, shape in zip(areas.iter_rows(named=True), shapes, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def write(path: Path, data: bytes) -> None:
    """Write whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(data)
    partial.replace(path)

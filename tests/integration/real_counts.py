"""Counts of the real files by other code than the pipeline's: the standard library's csv and gzip, and numpy.

Belongs here: what a file holds, worked out straight from its bytes. Does not: anything imported from `pipelines`; a count
made by the code under test proves nothing.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import openpyxl

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "real"

ASSAULTS = "police/chicago_aggravated_assaults_2010_on.csv.gz"
CRIMES = "police/chicago_crimes_2022_slim.csv.gz"
SANITATION = "urban/chicago_311_sanitation_code_2000_2014.csv.gz"
FELONIES = "court/cook_county_felony_intake_clean_2011_on.csv.gz"
AREAS = "areas/chicago_community_areas.geojson"
MESSAGES_XLSX = "petition/tipdm_leader_board_with_replies.xlsx"
MESSAGES_CSV = "petition/tipdm_leader_board_with_replies_gb18030.csv"
DOCUMENTS = "court/wenshu_product_injury_metadata_no_names.csv"
DIVISIONS = {
    "grid_province": "areas/cn_division/provinces.csv",
    "grid_city": "areas/cn_division/cities.csv",
    "grid_area": "areas/cn_division/areas.csv",
    "grid_street": "areas/cn_division/streets.csv",
    "grid_village": "areas/cn_division/villages.csv.gz",
}
THEFTS = "police/taipei_residential_theft_big5.csv"
ENCODINGS = {MESSAGES_CSV: "gb18030", THEFTS: "big5"}
UNASSIGNED = "UNASSIGNED"

#: What a file must come to: records read, accepted, quarantined, repeats.
Funnel = tuple[int, int, int, int]
#: (system, year) or (system, year, area) -> events.
Totals = Counter[tuple[object, ...]]


@cache
def rows(name: str) -> list[dict[str, str]]:
    """Every record of a CSV file, by header."""
    path = REAL / name
    raw = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
    text = raw.decode(ENCODINGS.get(name, "utf-8-sig"))
    return list(csv.DictReader(io.StringIO(text, newline="")))


@cache
def workbook_rows(name: str) -> list[tuple[object, ...]]:
    """Every row of a workbook's first sheet below its header."""
    book = openpyxl.load_workbook(REAL / name, read_only=True)
    found = list(book[book.sheetnames[0]].iter_rows(min_row=2, values_only=True))
    book.close()
    return found


@cache
def features() -> list[dict[str, object]]:
    """The community areas."""
    loaded: list[dict[str, object]] = json.loads((REAL / AREAS).read_text(encoding="utf-8"))["features"]
    return loaded


def _rings(feature: dict[str, object]) -> list[np.ndarray]:
    shape = feature["geometry"]
    parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    return [np.array(ring) for part in parts for ring in part]


def ray_cast(lon: np.ndarray, lat: np.ndarray) -> list[str | None]:
    """The community area of each point by the even-odd rule: cross an odd number of edges going east, and you are in.

    Holes and islands need no care: their edges are crossed like any other.
    """
    found: list[str | None] = [None] * len(lon)
    for feature in features():
        rings = _rings(feature)
        corners = np.vstack(rings)
        (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
        near = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
        odd = np.zeros(len(near), dtype=bool)
        for ring in rings:
            for (ax, ay), (bx, by) in pairwise(ring):
                if ay != by:
                    between = (ay > lat[near]) != (by > lat[near])
                    odd ^= between & (lon[near] < ax + (lat[near] - ay) / (by - ay) * (bx - ax))
        for at in near[odd]:
            assert found[at] is None, "two areas overlap"
            found[at] = str(feature["properties"]["area_num_1"])
    return found


@cache
def areas_of(points: tuple[tuple[float, float], ...]) -> dict[tuple[float, float], str]:
    """Area by point, for distinct points; UNASSIGNED outside all."""
    given = np.array(points)
    codes = ray_cast(given[:, 0], given[:, 1])
    return {point: code or UNASSIGNED for point, code in zip(points, codes, strict=True)}


def _placed(records: Iterable[dict[str, str]], lon: str, lat: str) -> list[str]:
    points = [(float(r[lon]), float(r[lat])) if r[lon] and r[lat] else None for r in records]
    known = areas_of(tuple(sorted({p for p in points if p})))
    return [known[p] if p else UNASSIGNED for p in points]


def plain(text: str) -> str:
    """Text as it is compared: NFKC, trimmed."""
    return unicodedata.normalize("NFKC", text).strip()


# ---- Chicago ------------------------------------------------------------------------------------------------------


def sanitation_requests() -> list[dict[str, str]]:
    """One record per request number. Records of one number agree in day and area; the first stands for all."""
    first: dict[str, dict[str, str]] = {}
    for record in rows(SANITATION):
        kept = first.setdefault(record["Service_Request_Number"], record)
        for column in ("Creation_Date", "Community_Area", "Latitude", "Longitude"):
            assert kept[column] == record[column], (record["Service_Request_Number"], column)
    return list(first.values())


def sanitation_areas() -> list[str]:
    """The area stated ('61.0') if it is one of the 77, else the area of the point."""
    requests = sanitation_requests()
    by_point = _placed(requests, "Longitude", "Latitude")
    known = {str(f["properties"]["area_num_1"]) for f in features()}
    stated = [r["Community_Area"].removesuffix(".0") for r in requests]
    return [code if code in known else point for code, point in zip(stated, by_point, strict=True)]


def chicago_funnels() -> dict[str, Funnel]:
    """Per file: read, accepted, quarantined, repeats."""
    kept = ("Service_Request_Number", "Creation_Date", "Completion_Date", "Status",
            "What_is_the_Nature_of_this_Code_Violation", "Street_Address", "Community_Area", "Latitude",
            "Longitude")  # fmt: skip
    requests = rows(SANITATION)
    distinct = len({tuple(plain(record[c]) for c in kept) for record in requests})
    whole = {name: len(rows(name)) for name in (ASSAULTS, CRIMES, FELONIES)}
    return {
        **{name: (count, count, 0, 0) for name, count in whole.items()},
        SANITATION: (len(requests), distinct, 0, len(requests) - distinct),
        AREAS: (len(features()), len(features()), 0, 0),
    }


def chicago_totals() -> Totals:
    """Events by system, year and area."""
    found: Totals = Counter()
    assaults = rows(ASSAULTS)
    for record, area in zip(assaults, _placed(assaults, "longitude", "latitude"), strict=True):
        found["chicago_assaults", int(record["date"][:4]), area] += 1
    for record in rows(CRIMES):
        found["chicago_crimes", int(record["Date"][:4]), record["Community Area"]] += 1
    for record, area in zip(sanitation_requests(), sanitation_areas(), strict=True):
        found["chicago_311", int(record["Creation_Date"][:4]), area] += 1
    for record in rows(FELONIES):
        found["cook_county_felony", int(record["year"]), UNASSIGNED] += 1
    return found


# ---- Leader board -------------------------------------------------------------------------------------------------


def leader_board_funnels() -> dict[str, Funnel]:
    """Per file: read, accepted, quarantined, repeats."""
    documents = rows(DOCUMENTS)
    dated = [r for r in documents if r["judgementDate"] != "undefined"]
    distinct = len({r["docId"] for r in dated})
    messages, sheet = len(rows(MESSAGES_CSV)), len(workbook_rows(MESSAGES_XLSX))
    return {
        **{name: (len(rows(name)), len(rows(name)), 0, 0) for name in DIVISIONS.values()},
        DOCUMENTS: (len(documents), distinct, len(documents) - len(dated), len(dated) - distinct),
        MESSAGES_CSV: (messages, messages, 0, 0),
        MESSAGES_XLSX: (sheet, sheet, 0, 0),
    }


def leader_board_totals() -> Totals:
    """Events by system, year and area: messages of both files by number, documents by id."""
    messages = {r["留言编号"]: int(r["留言时间"][:4]) for r in rows(MESSAGES_CSV)}
    sheet = {str(int(float(str(r[0])))): int(str(r[3])[:4]) for r in workbook_rows(MESSAGES_XLSX)}
    assert sheet == messages
    documents = {r["docId"]: r["judgementDate"][:4] for r in rows(DOCUMENTS) if r["judgementDate"] != "undefined"}
    found: Totals = Counter(("leader_board", year, UNASSIGNED) for year in messages.values())
    found.update(("wenshu", int(year), UNASSIGNED) for year in documents.values())
    return found


def message_terms(vocabulary: list[str]) -> dict[str, list[str]]:
    """Per message number the words of the vocabulary in its title, text and reply."""
    found = {}
    for record in rows(MESSAGES_CSV):
        text = "\n".join(plain(record[c]) for c in ("留言主题", "留言详情", "答复意见"))
        found[record["留言编号"]] = sorted(word for word in vocabulary if word in text)
    return found


# ---- Taipei -------------------------------------------------------------------------------------------------------


def taipei_totals() -> Totals:
    """Events by system, year of our era and area."""
    return Counter(("taipei_theft", int(r["發生日期"][:-4]) + 1911, UNASSIGNED) for r in rows(THEFTS))

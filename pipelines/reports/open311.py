"""Open311: the open matters as GeoReport v2 `services` and `requests` in JSON.

Belongs here: that standard's fields. Does not: which matters are open and how coarse (open_data, whose tables in memory
`open_requests`, `open_categories` and `open_areas` are read here).

GeoReport's own limits are kept: `requests.json` spans the last 90 days; everything else is there month by month. There is no
free text (`description`, `status_notes` are null), no address finer than the area, no coordinates. Times are days: midnight.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.core.warehouse import PublishedBuild

#: What a request of GeoReport v2 spans without dates; the standard's own number.
SPAN = dt.timedelta(days=90)
BATCH = 10_000
REQUESTS = """
select requests.*, categories.name_zh as service_zh, categories.name_en as service_en,
    areas.name_zh as area_zh, areas.name_en as area_en, departments.name_zh as department_zh,
    departments.name_en as department_en
from open_requests as requests
inner join open_categories as categories using (category_code)
left join (select * from open_areas where is_current) as areas using (area_code)
left join (select * from marts.dim_department where is_current) as departments
    on requests.department_code = departments.dept_id
order by requests.requested_on, requests.request_id
"""


def write_open311(build: PublishedBuild, folder: Path, *, zone: str) -> list[Path]:
    """Write services.json, requests.json (the last 90 days) and requests/<month>.json of all."""
    services = [_service(*row) for row in build.rows(
        "select category_code, name_zh, name_en, domain_code from open_categories order by category_code")]  # fmt: skip
    files = [_json(folder / "services.json", services)]
    since = dt.datetime.fromisoformat(build.as_of).date() - SPAN
    place = ZoneInfo(zone)
    recent: list[dict[str, Any]] = []
    (folder / "requests").mkdir(exist_ok=True)
    for month, rows in groupby(_rows(build), key=lambda row: f"{row['requested_on']:%Y-%m}"):
        told = []
        for row in rows:
            told.append(_request(row, place))
            if row["requested_on"] > since:
                recent.append(told[-1])
        files.append(_json(folder / "requests" / f"{month}.json", told))
    return [*files, _json(folder / "requests.json", recent)]


def _rows(build: PublishedBuild) -> Iterator[dict[str, Any]]:
    cursor = build.connection.execute(REQUESTS)
    names = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(BATCH):
        for row in rows:
            yield dict(zip(names, row, strict=True))


def _json(path: Path, content: list[dict[str, Any]]) -> Path:
    draft = path.with_name(f".{path.name}.part")
    with draft.open("w", encoding="utf-8") as stream:
        stream.write("[")
        for number, one in enumerate(content):
            stream.write(",\n" if number else "\n")
            stream.write(json.dumps(one, ensure_ascii=False))
        stream.write("\n]\n")
    draft.replace(path)
    return path


def _service(code: str, zh: str, en: str, domain: str) -> dict[str, Any]:
    return {
        "service_code": code, "service_name": f"{zh} {en}".strip(), "description": None, "metadata": False, "type": "batch",
        "keywords": domain, "group": domain,
    }  # fmt: skip


def _request(row: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    def moment(day: dt.date | None) -> str | None:
        return dt.datetime.combine(day, dt.time(), zone).isoformat() if day else None

    def both(stem: str) -> str | None:
        return f"{row[f'{stem}_zh'] or ''} {row[f'{stem}_en'] or ''}".strip() or None

    return {
        "service_request_id": row["request_id"], "status": row["status"], "status_notes": None,
        "service_name": both("service"), "service_code": row["category_code"], "description": None,
        "agency_responsible": both("department"), "service_notice": None, "requested_datetime": moment(row["requested_on"]),
        "updated_datetime": moment(row["closed_on"] or row["requested_on"]), "expected_datetime": moment(row["expected_on"]),
        "address": both("area"), "address_id": row["area_code"], "zipcode": None, "lat": None, "long": None, "media_url": None,
    }  # fmt: skip

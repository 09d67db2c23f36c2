"""The dirt catalogue, one by one: small files with each dirt through the real ingest; value, flag and count of each.

Every code of `ref_dirt` must have a check here: a new one without fails. What shows only in a built city (later versions, merged
cases, late entries) is asked of the session's city, against its truth.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import openpyxl
import polars as pl
import pytest

from pipelines import ingest
from pipelines.analytics.places import resolve_places
from pipelines.cleaning.datum import gcj02_from_wgs84
from pipelines.core.installation import Installation, open_installation
from pipelines.core.settings import PROJECT_ROOT
from pipelines.core.warehouse import open_published
from tests.conftest import TinyCity
from tests.integration.test_truth import truth_of

NOW = dt.datetime(2026, 7, 1, 9)
SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "ref_dirt.csv"
GOOD = {"source_case_no": "A0", "reported_at": "2026-06-01 08:05:00", "updated_at": "2026-06-01 09:00:00"}
AT = dt.datetime(2026, 6, 1, 8, 5)
Row = dict[str, str]


@dataclass
class Taken:
    """What the ingest made of one file: landed rows by number, what was counted, what became of the records."""

    place: Installation
    rows: dict[str, dict[str, Any]]
    marks: dict[str, int]
    rules: dict[str, int]
    outcome: ingest.FileOutcome


def taken(folder: Path, rows: list[Row], *, data: bytes | None = None, form: str = "csv", more: str = "") -> Taken:
    """Write an export of urban cases (columns under their own names) and ingest it."""
    (folder / "city" / "feeds").mkdir(parents=True)
    (folder / "source").mkdir()
    (folder / "city" / "city.yml").write_text("name: t\nzone: Asia/Shanghai\nroot_area: '99'\n", encoding="utf-8")
    (folder / "city" / "feeds" / "urban.yml").write_text(
        f"contract: urban_case\nsystem: s\nsource: {{type: drop, pattern: 'u*', settle_seconds: 0}}\nformat: {form}\n"
        f"delivery: increment\nextracted_at: {{name: 'u(\\d{{8}})'}}\n{more}", encoding="utf-8",
    )  # fmt: skip
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    csv.writer(out).writerows([columns, *([row.get(name, "") for name in columns] for row in rows)])
    (folder / "source" / f"u20260630.{form}").write_bytes(out.getvalue().encode() if data is None else data)
    place = open_installation(city=folder / "city", home=folder / "home", source_root=folder / "source")
    (outcome,) = ingest.ingest_feed(place.city.feeds[0], place, now=NOW)
    landed = [pl.read_parquet(place.home.root / parse["landing_path"]) for parse in place.ledger.current_parses()]
    found = pl.concat(landed).to_dicts() if landed else []
    counted = place.ledger.rows("select column_name, mark, found_n from parse_mark")
    broken = place.ledger.rows("select rule_id, failed_n from rule_outcome where failed_n > 0")
    return Taken(
        place, {row["source_case_no"]: row for row in found},
        {f"{row['column_name']}:{row['mark']}": row["found_n"] for row in counted},
        {row["rule_id"]: row["failed_n"] for row in broken}, outcome,
    )  # fmt: skip


def dirty(*rows: Row) -> list[Row]:
    """A clean row, then one with each dirt."""
    return [GOOD, *({**GOOD, "source_case_no": f"A{n}", **row} for n, row in enumerate(rows, start=1))]


#: column, text as sent, value as landed, parse rule
VALUES: dict[str, list[tuple[str, str, Any, str]]] = {
    "D02": [("limit_value", "１２", 12, "d02"), ("limit_value", "三十", 30, "d02"), ("limit_value", "1,200", 1200, "d02"),
            ("limit_value", "1.2万", 12_000, "d02")],
    "D03": [("reported_at", "2026年6月1日8时5分", AT, "cn_date"), ("reported_at", "2026/6/1 8:05", AT, "slash"),
            ("reported_at", "20260601080500", AT, "compact14"),
            ("reported_at", "46174", AT.replace(hour=0, minute=0), "excel_serial"),
            ("reported_at", "二〇二六年六月一日", AT.replace(hour=0, minute=0), "cn_numeral")],
    "D04": [("reported_at", "2026-06-01 下午 8:05:00", AT.replace(hour=20), "h12"),
            ("reported_at", "2026-06-01 08:05", AT, "no_seconds"), ("reported_at", "2026-06-01T00:05:00Z", AT, "iso_offset")],
    "D06": [("intake_channel", "公众举报\u3000", "公众举报", "d06"), ("intake_channel", " 公众举报", "公众举报", "d06")],
    "D11": [("address_text", "菜市场东门对面", "菜市场东门对面", "relative")],
    "D15": [("satisfaction", "不详", None, "null_token"), ("satisfaction", "—", None, "null_token"),
            ("street_name", "/", None, "null_token")],
    "D16": [("address_text", "锟斤拷路12号", "锟斤拷路12号", "mojibake")],
}  # fmt: skip


def check_values(code: str, folder: Path) -> Taken:
    """Each value as landed, with its flag; each rule counted as often as it was planted; the clean row without either."""
    cases = VALUES[code]
    found = taken(folder, dirty(*({column: text} for column, text, _, _ in cases)))
    expected: dict[str, int] = {}
    for n, (column, _, value, rule) in enumerate(cases, start=1):
        row, mark = found.rows[f"A{n}"], f"{column}:{rule}"
        assert row[column] == value
        assert row["_flags"] == [mark]
        expected[mark] = expected.get(mark, 0) + 1
    assert found.rows["A0"]["_flags"] == []
    assert found.marks == expected
    return found


def placed(*, code: str | None = None, point: tuple[float, float] | None = None, community: str | None = None) -> dict[str, Any]:
    """Where an event lies in a city of one street with one community."""
    box = "POLYGON((119 35,120 35,120 36,119 36,119 35))"
    always = {"valid_from": dt.date(1900, 1, 1), "valid_to": dt.date(9999, 12, 31), "name_en": None, "parent_code": None}
    grids = pl.DataFrame([
        {"grid_version_id": "s", "grid_code": "371102001", "grid_level": 2, "name_zh": "东街道", "geom_wkt": box, **always},
        {"grid_version_id": "c", "grid_code": "371102001001", "grid_level": 3, "name_zh": "和平社区", "geom_wkt": None, **always},
    ], schema_overrides={"name_en": pl.String, "parent_code": pl.String})  # fmt: skip
    lon, lat = point or (None, None)
    event = {"event_id": "e", "on_date": AT.date(), "grid_code_sent": code, "lon": lon, "lat": lat, "place_code": None,
             "community_name": community, "street_name": None}  # fmt: skip
    types: dict[str, Any] = dict.fromkeys(("grid_code_sent", "place_code", "community_name", "street_name"), pl.String)
    types |= dict.fromkeys(("lon", "lat"), pl.Float64)
    return resolve_places(pl.DataFrame([event], schema_overrides=types), grids).to_dicts()[0]


def d01(folder: Path, _: Any) -> None:
    """Flagged and not repaired; the place comes from the point or the community, else it stays empty."""
    found = taken(folder, dirty({"grid_code": "3.71102E+14"}))
    assert (found.rows["A1"]["grid_code"], found.marks) == ("3.71102E+14", {"grid_code:excel_damage": 1})
    assert "grid_code:excel_damage" in found.rows["A1"]["_flags"]
    assert placed(code="3.71102E+14", point=(119.5, 35.5))["grid_code"] == "371102001"
    assert placed(code="3.71102E+14", community="和平社区")["grid_code"] == "371102001001"
    assert placed(code="3.71102E+14")["grid_code"] == "UNASSIGNED"


def d05(folder: Path, request: pytest.FixtureRequest) -> None:
    """The same row twice lands once and is counted; the same number and time with other content lands as a version.

    In the city both are versions of one case, of which one counts at the most, and the case is flagged.
    """
    twice = {**GOOD, "source_case_no": "A1"}
    found = taken(folder, [*dirty({}), twice, {**twice, "satisfaction": "满意"}])
    assert (found.outcome.accepted_n, found.outcome.repeat_n) == (3, 1)
    (path,) = (parse["landing_path"] for parse in found.place.ledger.current_parses())
    both = pl.read_parquet(found.place.home.root / path).filter(pl.col("source_case_no") == "A1")
    assert sorted(both["satisfaction"].to_list(), key=str) == [None, "满意"]
    assert (both["_event_id"].n_unique(), both["_content_hash"].n_unique()) == (1, 2)
    city = request.getfixturevalue("tiny_city")
    clashing = "select event_id, version_at from marts.fct_event_version where is_key_conflict"
    versions = told(city, f"select * from marts.fct_event_version where (event_id, version_at) in ({clashing})")
    of_one = versions.group_by("event_id", "version_at").agg(
        pl.len().alias("n"), pl.col("content_hash").n_unique().alias("contents"), pl.col("is_current").sum().alias("current_n")
    )
    assert of_one.height > 3
    assert of_one.filter((pl.col("n") < 2) | (pl.col("contents") != pl.col("n")) | (pl.col("current_n") > 1)).is_empty()
    flagged = told(city, "select event_id from marts.fct_event where list_contains(dq_flags, 'key_conflict')")
    assert set(flagged["event_id"]) == set(versions["event_id"])


def d06(folder: Path, request: pytest.FixtureRequest) -> None:
    """Stray blanks are cut and marked; what no table knows is UNMAPPED in the city, never dropped."""
    check_values("D06", folder)
    city = request.getfixturevalue("tiny_city")
    rows = truth_of(city, "rows").filter(pl.col("dirt").list.contains("D06") & (pl.col("fate") == "accepted"))
    events = told(city, "select event_kind as feed, source_case_no, dq_flags from marts.fct_event")
    known = truth_of(city, "events").select("event_kind", "source_case_no")
    both = rows.join(known, left_on=["feed", "source_case_no"], right_on=["event_kind", "source_case_no"])
    assert both.join(events, on=["feed", "source_case_no"], how="anti").is_empty()
    assert events.filter(pl.col("dq_flags").list.contains("unmapped_department")).height > 0


def d07(folder: Path, _: Any) -> None:
    """Case numbers in one spelling."""
    found = taken(folder, [GOOD, *({**GOOD, "source_case_no": no} for no in ("B\u200b1", "B 2", "B1O3", "（2026）B【4】"))])
    assert set(found.rows) == {"A0", "B1", "B2", "B103", "(2026)B(4)"}
    assert found.marks["source_case_no:d07"] >= 3


def d08(folder: Path, request: pytest.FixtureRequest) -> None:
    """A later word about a case is a version of it; the city shows as many as the truth has."""
    later = {**GOOD, "updated_at": "2026-06-20 09:00:00", "class_text": "道路破损"}
    assert taken(folder, [GOOD, later]).outcome.accepted_n == 2
    city = request.getfixturevalue("tiny_city")
    rows = truth_of(city, "rows").filter(pl.col("fate").is_in(["accepted", "superseded"]))
    known = truth_of(city, "events").select(feed="event_kind", source_case_no="source_case_no")
    rows = rows.join(known, on=["feed", "source_case_no"])
    assert shown(city, "later_version") == rows.height - known.height > 0


def d09(_: Path, __: Any) -> None:
    """The macro that staging asks: a finer class of another domain than the coarser one."""
    source = (PROJECT_ROOT / "dbt_project" / "macros" / "staging" / "landing.sql").read_text(encoding="utf-8")
    start = source.index("{% macro class_split")
    macro = source[start : source.index("{%- endmacro %}", start) + len("{%- endmacro %}")]
    condition = jinja2.Environment(autoescape=False).from_string(macro).module.class_split(["fine", "middle", "coarse"])  # type: ignore[attr-defined]  # noqa: S701 (SQL)
    with duckdb.connect() as db:
        rows = db.execute(
            f"select {condition} from (values ('1101', '1100', '11'), ('1101', '2000', '20'), ('1101', null, null)) "
            "as c(a, b, c), lateral (select a as canonical_code) as map_fine, lateral (select b as canonical_code) as map_middle, "
            "lateral (select c as canonical_code) as map_coarse"
        ).fetchall()
    assert rows == [(False,), (True,), (False,)]


def d10(folder: Path, _: Any) -> None:
    """Only how many: neither text nor flag lands."""
    texts = ("电话13900000000", "证件00000019800101123X", "车牌鲁L12345", "路面破损")
    found = taken(folder, dirty(*({"description": text} for text in texts)))
    assert found.marks == {"description:personal": 3}
    assert all("description" not in row and row["_flags"] == [] for row in found.rows.values())


def d11(folder: Path, _: Any) -> None:
    """Marked; without point and code it lies at its community, with low confidence."""
    check_values("D11", folder)
    at = placed(community="和平社区")
    assert (at["grid_code"], at["grid_resolution_method"], at["geo_conf"]) == ("371102001001", "name", "low")


def d12(folder: Path, _: Any) -> None:
    """Swapped and zero points mended and flagged, points of another datum converted, points outside flagged."""
    found = taken(folder / "a", dirty({"lon": "35.5", "lat": "119.5"}, {"lon": "0", "lat": "0"}, {"lon": "119.5", "lat": "35.5"}))
    points = [(found.rows[f"A{n}"]["lon"], found.rows[f"A{n}"]["lat"]) for n in (1, 2, 3)]
    assert points == [(119.5, 35.5), (0.0, 0.0), (119.5, 35.5)]
    assert [found.rows[f"A{n}"]["_flags"] for n in (1, 2, 3)] == [["lon:swapped"], ["lon:zero_point"], []]
    assert found.marks == {"lon:swapped": 1, "lon:zero_point": 1}
    lon, lat = gcj02_from_wgs84(pl.Series([119.5]).to_numpy(), pl.Series([35.5]).to_numpy())
    sent = {"lon": f"{lon[0]:.8f}", "lat": f"{lat[0]:.8f}"}
    converted = taken(folder / "b", dirty(sent), more="datum: gcj02\n")
    row = converted.rows["A1"]
    assert abs(row["lon"] - 119.5) < 1e-6
    assert abs(row["lat"] - 35.5) < 1e-6
    assert abs(float(sent["lon"]) - 119.5) > 0.003, "the offset is hundreds of metres"
    assert converted.marks == {"lon:gcj02": 1}
    assert placed(point=(0.0, 0.0))["grid_resolution_method"] == "none"
    assert placed(point=(118.0, 35.5))["is_outside"]
    assert not placed(point=(119.5, 35.5))["is_outside"]


def d13(folder: Path, _: Any) -> None:
    """Taken without a code or with a name in its place; the ladder says by which step it was placed."""
    found = taken(folder, dirty({"grid_code": ""}, {"grid_code": "和平社区"}))
    assert [found.rows["A1"]["grid_code"], found.rows["A2"]["grid_code"]] == [None, "和平社区"]
    methods = [
        placed(code="371102001")["grid_resolution_method"], placed(code="371102999", point=(119.5, 35.5))["grid_resolution_method"],
        placed(code="和平社区")["grid_resolution_method"], placed(code="371102999")["grid_resolution_method"],
    ]  # fmt: skip
    assert methods == ["code", "polygon", "name", "none"]


def d14(folder: Path, request: pytest.FixtureRequest) -> None:
    """Kept as sent and flagged; an impossible year of the main time sets the row aside; no duration is told of it."""
    found = taken(folder, dirty({"closed_at": "2026-05-30 10:00:00"}, {"reported_at": "2062-06-01 08:05:00"}))
    row = found.rows["A1"]
    assert (row["closed_at"], row["_flags"]) == (dt.datetime(2026, 5, 30, 10), ["closed_at-order"])
    assert found.rules == {"closed_at-order": 1, "reported_at-window": 1}
    assert found.outcome.quarantined_n == 1
    city = request.getfixturevalue("tiny_city")
    events = truth_of(city, "events").filter((pl.col("closed_at").dt.hour() == 23) & (pl.col("closed_at").dt.minute() == 59))
    assert shown(city, "day_end_close") == events.height > 0
    timed = told(city, "select outcome, elapsed_minutes from marts.fct_sla_clock where stop_at < start_at")
    assert timed.unique().to_dicts() == [{"outcome": "void", "elapsed_minutes": None}]


def d15(folder: Path, _: Any) -> None:
    """Words for nothing are nothing; a row without a required value is set aside with its ticket."""
    check_values("D15", folder / "a")
    found = taken(folder / "b", dirty({"reported_at": "无"}))
    assert (found.rules, found.outcome.quarantined_n) == ({"reported_at-required": 1}, 1)
    assert found.marks == {"reported_at:null_token": 1}
    assert found.place.ledger.rows("select rule_ids from quarantine") == [{"rule_ids": "reported_at-required"}]


def d16(folder: Path, _: Any) -> None:
    """GBK and a byte order mark are read and told; bytes that are no text hold the file."""
    check_values("D16", folder / "a")
    text = "任务号,上报时间,更新时间,位置描述\nA1,2026-06-01 08:05:00,2026-06-01 09:00:00,幸福路12号\n"
    for name, encoding in (("gbk", "gb18030"), ("bom", "utf-8-sig")):
        found = taken(folder / name, [], data=text.encode(encoding))
        assert found.rows["A1"]["address_text"] == "幸福路12号"
        assert found.place.ledger.rows("select encoding from parse") == [{"encoding": encoding}]
    held = taken(folder / "none", [], data=text.encode("gb18030") + b"\xff\xff\xff\n")
    assert held.outcome.verdict == "held"
    assert "bytes that are not" in held.place.ledger.rows("select held_what from file")[0]["held_what"]


def d17(folder: Path, _: Any) -> None:
    """Title, blank row and total are no data and are counted; a total that does not fit holds the file."""
    for name, stated, verdict in (("right", 1, "loaded"), ("wrong", 2, "held")):
        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        for line in (["城市管理案件"], ["任务号", "上报时间", "更新时间"], list(GOOD.values()), [], ["合计", stated]):
            page.append(line)
        page.merge_cells("A1:C1")
        out = io.BytesIO()
        book.save(out)
        found = taken(folder / name, [], data=out.getvalue(), form="xlsx")
        assert found.outcome.verdict == verdict
        if verdict == "loaded":
            assert (set(found.rows), found.outcome.nondata_n, found.outcome.read_n) == ({"A0"}, 3, 4)


def d18(_: Path, request: pytest.FixtureRequest) -> None:
    """A merged case is kept and not counted; its root is."""
    city = request.getfixturevalue("tiny_city")
    merged = truth_of(city, "events").filter(pl.col("not_counted_reason") == "merged")
    assert shown(city, "merged") == merged.height > 0
    found = told(
        city,
        "select part.event_kind, part.source_case_no, part.is_counted as part_counts, root.is_counted as root_counts, "
        "root.not_counted_reason as why_not from marts.fct_event part left join marts.fct_event root "
        "on root.event_id = part.root_event_id where part.not_counted_reason = 'merged'",
    )
    keys = ["event_kind", "source_case_no"]
    assert set(found.select(keys).iter_rows()) == set(merged.select(keys).iter_rows())
    assert not found["part_counts"].any()
    assert found["root_counts"].fill_null(False).sum() > 0
    assert found.filter(~pl.col("root_counts").fill_null(False) & ~pl.col("why_not").is_in(["void", "invalid"])).is_empty()


def d19(_: Path, request: pytest.FixtureRequest) -> None:
    """Counted by when it was reported, when it happened kept beside it; how many were entered days later is counted."""
    city = request.getfixturevalue("tiny_city")
    lag = pl.col("reported_at").dt.date() - pl.col("occurred_at").dt.date()
    late = truth_of(city, "events").filter(lag >= pl.duration(days=3))
    assert shown(city, "late_entry") == late.height > 0
    columns = ["event_kind", "source_case_no", "occurred_at", "reported_at"]
    found = told(city, f"select {', '.join(columns)} from marts.fct_event where occurred_at is not null")
    assert late.select(columns).join(found, on=columns, how="anti").is_empty()


def d20(folder: Path, _: Any) -> None:
    """A renamed header is known by its other names, a new one is told; nothing is read by position."""
    text = "更新时间,新增列,案件编号,上报时间\n2026-06-01 09:00:00,x,A1,2026-06-01 08:05:00\n"
    found = taken(folder, [], data=text.encode())
    assert found.rows["A1"]["reported_at"] == AT
    assert found.place.ledger.rows("select unknown_columns from file") == [{"unknown_columns": "新增列"}]


def told(city: TinyCity, sql: str) -> pl.DataFrame:
    """Rows of the session's published city."""
    build = open_published(city.home)
    frame: pl.DataFrame = build.connection.sql(sql).pl()
    build.close()
    return frame


def shown(city: TinyCity, mark: str) -> int:
    """What the board shows of one mark, over all feeds and months."""
    return int(told(city, f"select coalesce(sum(found_n), 0) as n from marts.fct_dirt where mark = '{mark}'")["n"][0])


def of_values(code: str) -> Callable[[Path, Any], None]:
    """A check that asks nothing but values, flags and counts."""

    def check(folder: Path, _: Any) -> None:
        check_values(code, folder)

    return check


CHECKS: dict[str, Callable[[Path, Any], None]] = {
    "D01": d01, "D02": of_values("D02"), "D03": of_values("D03"), "D04": of_values("D04"), "D05": d05, "D06": d06, "D07": d07,
    "D08": d08, "D09": d09, "D10": d10, "D11": d11, "D12": d12, "D13": d13, "D14": d14, "D15": d15, "D16": d16, "D17": d17,
    "D18": d18, "D19": d19, "D20": d20,
}  # fmt: skip


def codes() -> list[str]:
    """Every kind of dirt in the catalogue."""
    with SEED.open(encoding="utf-8", newline="") as stream:
        return [row["dirt_code"] for row in csv.DictReader(stream)]


@pytest.mark.parametrize("code", codes())
def test_each_dirt_is_treated_flagged_and_counted(code: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    CHECKS[code](tmp_path, request)


def test_the_catalogue_is_whole_and_every_mark_belongs_to_it() -> None:
    assert codes() == [f"D{n:02d}" for n in range(1, 21)] == list(CHECKS)
    with (SEED.parent / "ref_dirt_mark.csv").open(encoding="utf-8", newline="") as stream:
        marked = {row["dirt_code"] for row in csv.DictReader(stream)}
    assert marked == set(codes())

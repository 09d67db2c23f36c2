"""The simulation: one city, its feeds, some deliveries; written as files, and as the truth about them.

Belongs here: the order of the parts, sizes, file names. Does not: how any part is drawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.core.contracts import load_contract
from pipelines.core.errors import UsageError
from pipelines.synthetic import exports, institutions, modes, referrals, render, seasons, targets, vocabulary
from pipelines.synthetic import people as folk
from pipelines.synthetic.arbitration import ARBITRATION
from pipelines.synthetic.callback import CALLBACK
from pipelines.synthetic.city import LOCAL_CODE, City, build_city
from pipelines.synthetic.court import COURT
from pipelines.synthetic.deliberation import DELIBERATION
from pipelines.synthetic.dirt import Soiled, soil
from pipelines.synthetic.dirt_targets import TARGETS
from pipelines.synthetic.feed import Feed, Scene
from pipelines.synthetic.grid_acts import DISPATCH_WHISTLE, GRID_ASSIST
from pipelines.synthetic.grid_event import GRID_EVENT
from pipelines.synthetic.hazard import HAZARD
from pipelines.synthetic.hotline import HOTLINE
from pipelines.synthetic.mediation import MEDIATION
from pipelines.synthetic.petition import PETITION
from pipelines.synthetic.police import POLICE
from pipelines.synthetic.regrid_plan import plan_regrid
from pipelines.synthetic.rows import Delivery, plan_deliveries, versions
from pipelines.synthetic.seasons import Block, Rhythm
from pipelines.synthetic.urban import URBAN

FEEDS: tuple[tuple[Feed, Rhythm], ...] = (
    (POLICE, seasons.POLICE),
    (URBAN, seasons.URBAN),
    (PETITION, seasons.PETITION),
    (COURT, seasons.COURT),
    (HOTLINE, seasons.HOTLINE),
    (CALLBACK, seasons.HOTLINE),
    (DELIBERATION, seasons.DELIBERATION),
    (MEDIATION, seasons.MEDIATION),
    (HAZARD, seasons.HAZARD),
    (ARBITRATION, seasons.COURT),
    (GRID_EVENT, seasons.GRID),
    (DISPATCH_WHISTLE, seasons.GRID),
    (GRID_ASSIST, seasons.GRID),
)
#: Rizhao: 910,000 grid events in 4,281 grids and 21 months.
EVENTS_PER_GRID_MONTH = 10.0
DAYS_PER_MONTH = 30.4375
#: Petition matters per 1,000 residents a year; court numbers per 10,000 (half of them first-instance civil: ~100).
PETITIONS_PER_1000, COURT_PER_10000 = 4.0, 180.0
#: Hotline orders per 1,000 residents a year (heavy cities have 600 to 1,000: here a sample); meetings per 1,000.
HOTLINE_PER_1000, DELIBERATIONS_PER_1000 = 30.0, 3.0
#: Disputes before mediation committees (5 to 9 a year per 1,000), hazards (Suzhou District: 35), labour arbitration per
#: 10,000.
MEDIATIONS_PER_1000, HAZARDS_PER_1000, ARBITRATION_PER_10000 = 8.0, 10.0, 15.0
#: Grid events beside the police calls and urban cases, as a share of those: the demo city shows how the feed is read, and
#: stays small.
GRID_EVENT_SHARE = 0.08
#: Police calls among the events that are neither petitions nor court cases.
POLICE_SHARE = 0.45
DAILY_FILES = 14
#: Share of the workbooks that are laid out for people (dirt D17), and the rows of these that are no data: title, blank, total.
LAID_OUT, LAID_OUT_ROWS = 0.3, 3
#: Share of the files that are not JSON with a column under another of its names and one that nobody knows (dirt D20).
DRIFTED, NEW_COLUMN = 0.08, "导出批次"


@dataclass(frozen=True, slots=True)
class Sent:
    """One feed's files: what they show and what is true, row by row. Rows are in file order.

    laid_out: numbers of the deliveries whose workbook has title, blank row and total. drifted: those with another header.
    """

    feed: Feed
    events: pl.DataFrame
    soiled: list[Soiled]
    laid_out: frozenset[int]
    drifted: frozenset[int]


class Simulation:
    """A city and everything that its departments will send up to `end` and `ahead` days beyond.

    Days beyond `end` are drawn from randomness of their own: what was sent up to `end` does not depend on `ahead`.
    """

    def __init__(
        self,
        *,
        grids: int,
        days: int,
        seed: int,
        end: dt.date,
        events_per_grid_month: float | None = None,
        ahead: int = 0,
    ) -> None:
        if days < 1:
            raise UsageError("at least one day is needed", remedy="--days 730")
        self.end, self.ahead, self.seed = end, ahead, seed
        self.start = end - dt.timedelta(days=days - 1)
        years = range(self.start.year - 1, end.year + 2)
        city = build_city(grids=grids, years=years, seed=seed)
        self.regrid = plan_regrid(city, self.start, end)
        self.city: City = replace(city, codes=self.regrid.versions["code"].unique(maintain_order=True))
        self.people = folk.draw_people(np.random.default_rng([seed, 2]))
        self.plan: list[Delivery] = plan_deliveries(self.start, end, daily=min(DAILY_FILES, days), ahead=ahead)
        self.modes = modes.mode_rows(self.city, self.start, end)
        self.posts = modes.posts(self.city, self.start, end, np.random.default_rng([seed, 3]))
        self._rates = _daily_rates(self.city, grids, events_per_grid_month or EVENTS_PER_GRID_MONTH)
        self._events: dict[str, pl.DataFrame] = {}
        for number, (feed, rhythm) in enumerate(FEEDS):
            self._events[feed.name] = self._draw(number, feed, rhythm)
        self._events = referrals.refer(self._events)
        self.sent = [self._send(number, feed) for number, (feed, _) in enumerate(FEEDS)]

    def _draw(self, number: int, feed: Feed, rhythm: Rhythm) -> pl.DataFrame:
        """A feed's events, by block: those of days ahead come from randomness of their own."""
        history = Block(self.start, (self.end - self.start).days + 1)
        blocks = [history]
        if self.ahead:
            blocks.append(Block(self.end + dt.timedelta(days=1), self.ahead))
        mean = float(seasons.day_weights(history, rhythm).mean())
        drawn = [
            feed.draw(
                Scene(block, self.city, self.people, np.random.default_rng([self.seed, 10 + number, at]),
                      self._rates.get(feed.name, 0.0), mean, self._parents(feed, at))
            ).with_columns(pl.lit(at).alias("_block"))
            for at, block in enumerate(blocks)
        ]  # fmt: skip
        placed = [
            self.regrid.relocated(events, np.random.default_rng([self.seed, 90 + number, at])) for at, events in enumerate(drawn)
        ]
        return feed.finish(pl.concat(placed))

    def _send(self, number: int, feed: Feed) -> Sent:
        """A feed's events as rows of deliveries, with their dirt."""
        events = self._events[feed.name]
        rows = versions(feed, events, self.plan)
        last = sum(1 for d in self.plan if d.last <= self.end) - 1
        parts = [rows.filter(pl.col("_delivery") <= last)]
        parts += [rows.filter(pl.col("_delivery") == n) for n in range(last + 1, len(self.plan))]
        soiled = [
            soil(feed, part, self.city, *(np.random.default_rng([self.seed, first + number, at]) for first in (50, 150)))
            for at, part in enumerate(parts)
        ]
        laid_out = self._chosen(250 + number, LAID_OUT if feed.form == "xlsx" else 0.0)
        drifted = self._chosen(350 + number, DRIFTED if feed.form != "jsonl" else 0.0)
        return Sent(feed, events, [_in_file_order(s, laid_out) for s in soiled], laid_out, drifted)

    def _chosen(self, stream: int, share: float) -> frozenset[int]:
        """Numbers of deliveries, each drawn by itself: days ahead change none before them."""
        return frozenset(d.number for d in self.plan if np.random.default_rng([self.seed, stream, d.number]).random() < share)

    def _parents(self, feed: Feed, block: int) -> pl.DataFrame | None:
        """What the feed's rows are drawn from: its parents' events of one block, `_feed` saying whose they are."""
        if not feed.parent:
            return None
        named = [self._events[name].with_columns(pl.lit(name).alias("_feed")) for name in feed.parent.split()]
        return pl.concat(named, how="diagonal").filter(pl.col("_block") == block)

    def deliveries(self, *, through: dt.date | None = None, after: dt.date | None = None) -> list[Delivery]:
        """The deliveries whose last day is after `after` and not beyond `through` (default: `end`)."""
        until = through or self.end
        return [d for d in self.plan if d.last <= until and (after is None or d.last > after)]

    def write(self, out: Path, *, through: dt.date | None = None, after: dt.date | None = None) -> list[Path]:
        """Write the reference files (only if `after` is not given) and the deliveries' files; returns their paths."""
        written = [] if after else self._write_references(out)
        wanted = {d.number for d in self.deliveries(through=through, after=after)}
        for sent in self.sent:
            for delivery, data in self._files(sent, wanted):
                path = out / file_name(sent.feed, delivery)
                exports.write(path, data)
                written.append(path)
        return written

    def deliver(self, out: Path, day: dt.date) -> list[Path]:
        """Write the one further day's files: new events, progress of open cases, corrections. Raises UsageError."""
        if not self.end < day <= self.end + dt.timedelta(days=self.ahead):
            raise UsageError(f"{day} is not among the {self.ahead} days ahead of {self.end}", remedy="ask for more ahead")
        return self.write(out, through=day, after=day - dt.timedelta(days=1))

    def _files(self, sent: Sent, wanted: set[int]) -> Iterator[tuple[Delivery, bytes]]:
        contract = load_contract(sent.feed.name)
        columns = render.written_columns(sent.feed.name, sent.soiled[0].texts.columns)
        headers = {c.name: c.title_zh for c in columns}
        numeric = {contract.column(c.name).title_zh for c in columns if c.type in ("integer", "number")}
        nested = {contract.column(c.name).title_zh for c in columns if c.is_list}
        for part in sent.soiled:
            numbers = part.rows["_delivery"]
            for number in [n for n in numbers.unique().sort().to_list() if n in wanted]:
                first = int(numbers.search_sorted(number, side="left"))
                count = int(numbers.search_sorted(number, side="right")) - first
                table = part.texts.slice(first, count).rename(headers)
                if number in sent.drifted:
                    optional = next(c for c in TARGETS[sent.feed.name].optional if c != sent.feed.conflict)
                    table = table.rename({headers[optional]: optional}).with_columns(pl.lit(str(number)).alias(NEW_COLUMN))
                title = contract.title if number in sent.laid_out else ""
                yield self.plan[number], _encode(sent.feed, table, self.plan[number], numeric, nested, title)

    def _write_references(self, out: Path) -> list[Path]:
        """Departments, grids, residents, institutions: on the first day; changes of grids since; modes, posts as they end."""
        stamp, ended = self.start.strftime("%Y%m%d"), self.end.strftime("%Y%m%d")
        departments = {"dept_id": "部门编码", "name_zh": "部门名称", "name_en": "英文名称", "aliases": "别名",
                       "parent_dept_id": "上级部门编码", "network": "条线", "grid_level": "层级"}  # fmt: skip
        people = {"area_code": "区划编码", "year": "年份", "usual": "常住人口", "registered": "户籍人口",
                  "floating": "登记流动人口", "households": "户数"}  # fmt: skip
        modes_told = {"scope": "适用区域", "mode": "运行模式", "valid_from": "启动时间", "valid_to": "结束时间"}
        posts_told = {"post_id": "岗位编号", "grid_code": "网格编码", "role": "岗位类型", "employment": "用工性质",
                      "valid_from": "上岗日期", "valid_to": "离岗日期"}  # fmt: skip
        targets_told = {"metric_id": "指标编号", "slice_kind": "切片", "slice_code": "切片编码", "area_code": "区划编码",
                        "period_kind": "考核时段", "target_value": "目标值", "valid_from": "生效日期", "set_by": "下达单位",
                        "source_text": "依据文件"}  # fmt: skip
        files = {
            f"reference/target_{stamp}.csv": _reference(targets.rows(self.start), targets_told, period_kind="period_kind"),
            f"reference/operating_mode_{ended}.csv": _reference(self.modes, modes_told, mode="operating_mode"),
            f"reference/grid_post_{ended}.csv": _reference(self.posts, posts_told, role="post_role", employment="employment"),
            f"reference/grid_{stamp}.geojson": _register(self.city.areas),
            f"reference/department_{stamp}.csv": exports.csv_bytes(self.city.departments.rename(departments), encoding="utf-8"),
            f"reference/population_{stamp}.csv": exports.csv_bytes(
                self.regrid.population().rename(people).with_columns(pl.lit("合成").alias("来源")), encoding="gb18030"
            ),
        }
        if day := self.regrid.register_on:
            then = self.regrid.versions.filter((pl.col("valid_from") <= day) & (pl.col("valid_to") > day))
            files[f"reference/grid_{day:%Y%m%d}.geojson"] = _register(then)
            files[f"reference/grid_change_{day:%Y%m%d}.csv"] = exports.csv_bytes(self.regrid.notices, encoding="utf-8")
        tables = {
            "centre": institutions.centres(self.city, self.start),
            "organisation": institutions.organisations(self.city, self.start),
            "calendar": institutions.calendar(),
        }
        files |= {f"reference/{k}_{stamp}.csv": exports.csv_bytes(table, encoding="utf-8") for k, table in tables.items()}
        for name, data in files.items():
            exports.write(out / name, data)
        return [out / name for name in files]


def _reference(table: pl.DataFrame, headers: dict[str, str], **codes: str) -> bytes:
    """A reference file: columns under their headers, codes (column to code set) as words."""
    known = vocabulary.vocabulary()
    spelled = [
        pl.col(column).replace_strict({code: word.name for code, word in known[code_set].items()}, return_dtype=pl.String)
        for column, code_set in codes.items()
    ]
    times = pl.col(pl.Datetime("us")).dt.strftime(render.PLAIN_TIME)
    return exports.csv_bytes(table.with_columns(*spelled, times).select(list(headers)).rename(headers), encoding="utf-8")


def _register(areas: pl.DataFrame) -> bytes:
    """The register of areas as its office exports it."""
    headers = {"code": "网格编码", "level": "网格层级", "name_zh": "网格名称", "name_en": "英文名称",
               "parent_code": "上级网格编码", "households": "户数", "kind": "网格类型", "authority": "编码机构"}  # fmt: skip
    is_local = pl.col("code").str.starts_with(LOCAL_CODE)
    told = areas.with_columns(
        pl.lit("基础网格").alias("kind"), pl.when(is_local).then(pl.lit("本地")).otherwise(pl.lit("国家")).alias("authority")
    )
    return exports.geojson_bytes(told, headers, "wkt")


def _daily_rates(city: City, grids: int, per_grid_month: float) -> dict[str, float]:
    """Events per average day and feed."""
    residents = city.population.filter(pl.col("area_code") == city.areas["code"][0])["usual"].mean()
    assert isinstance(residents, float)
    petitions = residents / 1_000 * PETITIONS_PER_1000 / 365.25
    court = residents / 10_000 * COURT_PER_10000 / 365.25
    rest = max(0.1, grids * per_grid_month / DAYS_PER_MONTH - petitions - court)
    return {
        "police_incident": rest * POLICE_SHARE,
        "urban_case": rest * (1 - POLICE_SHARE),
        "petition": petitions,
        "court_case": court,
        "hotline_order": residents / 1_000 * HOTLINE_PER_1000 / 365.25,
        "deliberation": residents / 1_000 * DELIBERATIONS_PER_1000 / 365.25,
        "mediation": residents / 1_000 * MEDIATIONS_PER_1000 / 365.25,
        "hazard": residents / 1_000 * HAZARDS_PER_1000 / 365.25,
        "labour_arbitration": residents / 10_000 * ARBITRATION_PER_10000 / 365.25,
        "grid_event": rest * GRID_EVENT_SHARE,
    }


def _in_file_order(soiled: Soiled, laid_out: frozenset[int]) -> Soiled:
    """Copies at their places; `_record_no` from 1 in each file, a title above the header being the first record."""
    order = soiled.rows.select(pl.arg_sort_by("_delivery", "_order")).to_series()
    titles = pl.col("_delivery").is_in(sorted(laid_out)).cast(pl.Int64)
    rows = soiled.rows[order].with_columns((pl.int_range(pl.len()).over("_delivery") + 1 + titles).alias("_record_no"))
    return Soiled(rows, soiled.texts[order], soiled.injected)


def file_name(feed: Feed, delivery: Delivery) -> str:
    """Path of a feed's file below the source folder."""
    suffix = f".{feed.form}"
    if feed.form == "csv" and delivery.is_archived:
        suffix += ".gz"
    return f"{feed.folder}/{feed.name}_{delivery.stamp}{suffix}"


def _encode(feed: Feed, table: pl.DataFrame, delivery: Delivery, numeric: set[str], nested: set[str], title: str) -> bytes:
    """The file's bytes in the feed's form."""
    if feed.form == "jsonl":
        return exports.jsonl_bytes(table, numeric=numeric, nested=nested)
    if feed.form == "xlsx":
        return exports.xlsx_bytes(table, sheet="导出数据", numeric=numeric, title=title)
    encoding = (delivery.is_archived and feed.archive_encoding) or feed.encoding
    data = exports.csv_bytes(table, encoding=encoding, line_end="\n" if feed.encoding == "utf-8" else "\r\n")
    return exports.gzipped(data) if delivery.is_archived else data

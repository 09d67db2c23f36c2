"""Which areas of the invented city change in mid-history, and the notices that say so.

Belongs here: the choice of areas, their new codes, names and outlines, the rows of the notice file. Does not: what follows
for events and residents (regrid). No area changes twice.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import shapely

from pipelines.synthetic.city import LOCAL_CODE, City
from pipelines.synthetic.regrid import LINKS, Regrid, no_change

#: Fewer days have no room for a change and a year around it.
LEAST_DAYS = 120
#: When what changes, as shares of the history; so many days after the last a second register is sent.
WHEN, REGISTER_AFTER = {"code_change": 0.3, "split": 0.4, "merge": 0.45, "boundary": 0.5}, 9
#: The share of a grid that a moved boundary gives to its neighbour; grids split: so many, and one more per 200 areas.
CEDED, SPLITS = 0.2, 2
AREAS = ["code", "level", "name_zh", "name_en", "parent_code", "households", "wkt"]
NOTICE = ["通知编号", "变更类型", "生效日期", "原网格编码", "新网格编码", "权重", "权重依据", "依据文件"]
KINDS = {"code_change": "编码变更", "split": "拆分", "merge": "合并", "boundary": "边界调整"}


def plan_regrid(city: City, start: dt.date, end: dt.date) -> Regrid:
    """What changes in a city between two days; nothing where there is too little time or room."""
    days = (end - start).days + 1
    if days < LEAST_DAYS:
        return no_change(city)
    plan = _Plan(city, {kind: start + dt.timedelta(days=int(days * share)) for kind, share in WHEN.items()})
    plan.recode()
    plan.split()
    plan.merge()
    plan.cede()
    links = pl.DataFrame(plan.links, schema=LINKS, orient="row")
    if links.is_empty():
        return no_change(city)
    notices = pl.DataFrame(plan.notices, schema=NOTICE, orient="row")
    areas = pl.DataFrame(plan.areas, schema=city.areas.schema, orient="row")
    return Regrid(city, links, notices, areas, plan.on["boundary"] + dt.timedelta(days=REGISTER_AFTER))


class _Plan:
    """The changes as they are decided, one kind after the other; no area is taken twice."""

    def __init__(self, city: City, on: dict[str, dt.date]) -> None:
        self.city, self.on = city, on
        self.links: list[tuple[str, str, float, dt.date, str]] = []
        self.notices: list[tuple[str, ...]] = []
        self.areas: list[tuple[Any, ...]] = []
        self.rows: dict[str, tuple[Any, ...]] = {row[0]: row for row in city.areas.select(AREAS).iter_rows()}
        self.free = [c for c, row in self.rows.items() if row[1] == 3 and not c.startswith(LOCAL_CODE)]

    def _below(self, code: str) -> list[str]:
        return [c for c in self.rows if c.startswith(code) and c != code]

    def _grids(self, community: str) -> list[str]:
        """Grids of a community that have no micro-grids."""
        return [c for c in self._below(community) if len(c) == len(community) + 3 and not self._below(c)]

    def _come(self, code: str, *, like: str, **changed: Any) -> None:
        """A new area: like another, but for what changed."""
        row = dict(zip(AREAS, self.rows[like], strict=True))
        self.areas.append(tuple({**row, "code": code, **changed}.values()))

    def _tell(self, kind: str, olds: str, news: str, weights: str, basis: str, *, on: dt.date | None = None) -> None:
        day = on or self.on[kind]
        number = f"网格调整[{day.year}]{len(self.notices) + 1}号"
        self.notices.append((number, KINDS[kind], str(day), olds, news, weights, basis, f"云湾市关于网格调整的通知({number})"))

    def recode(self) -> None:
        """The smallest area of the coarsest level that has several gets another prefix, and all below with it."""
        for level in (1, 2, 3):
            heads = [c for c, row in self.rows.items() if row[1] == level and not c.startswith(LOCAL_CODE)]
            if len(heads) > 1:
                break
        else:
            return
        head = min(heads, key=lambda c: (len(self._below(c)), c))
        step = {1: 10, 2: 100, 3: 300}[level]
        fresh = head[: -len(str(step))] + str(int(head[-len(str(step)) :]) + step).zfill(len(str(step)))
        for code in [head, *self._below(head)]:
            new, parent = fresh + code[len(head) :], str(self.rows[code][4])
            self.links.append((code, new, 1.0, self.on["code_change"], "code_change"))
            self._come(new, like=code, parent_code=fresh + parent[len(head) :] if code != head else parent)
        self._tell("code_change", head, fresh, "", "")
        self.free = [c for c in self.free if not c.startswith(head)]

    def split(self) -> None:
        """Some grids, of one community each, are divided into a western and an eastern one."""
        for community in self._take(SPLITS + len(self.rows) // 200 if len(self.free) > 8 else 1):
            grid = self._grids(community)[0]
            last = max(int(c[-3:]) for c in self._below(community) if len(c) == len(community) + 3)
            west, east = _halves(shapely.from_wkt(self.rows[grid][6]), 0.5)
            homes = int(self.rows[grid][5])
            for number, (shape, share) in enumerate(((west, 0.55), (east, 0.45))):
                new = f"{community}{last + 1 + number:03d}"
                self.links.append((grid, new, share, self.on["split"], "split"))
                part = homes - int(homes * 0.45) if not number else int(homes * 0.45)
                zh, en = self.rows[grid][2] + "西东"[number], self.rows[grid][3] + (" West", " East")[number]
                self._come(new, like=grid, wkt=shape.wkt, households=part, name_zh=zh, name_en=en)
            self._tell("split", grid, f"{community}{last + 1:03d}、{community}{last + 2:03d}", "0.55、0.45", "人口")

    def merge(self) -> None:
        """Two neighbouring communities of one street become one; their grids get codes under it, one to one."""
        pairs = [(a, b) for a, b in zip(self.free, self.free[1:], strict=False) if a[:-3] == b[:-3]]
        if not pairs or len(self.free) < 3:
            return
        one, other = pairs[0]
        fresh = f"{one[:-3]}601"
        shapes = shapely.union_all([shapely.from_wkt(self.rows[c][6]) for c in (one, other)])
        homes = int(self.rows[one][5]) + int(self.rows[other][5])
        name, latin = str(self.rows[one][2]), str(self.rows[one][3])
        self._come(fresh, like=one, wkt=shapes.wkt, households=homes,
                   name_zh=name.replace("社区", "联合社区"), name_en=latin.replace(" Community", " Joint Community"))  # fmt: skip
        olds: list[str] = []
        news: list[str] = []
        for old in (one, other):
            self.links.append((old, fresh, 1.0, self.on["merge"], "merge"))
            for grid in [c for c in self._below(old) if len(c) == len(old) + 3]:
                new = f"{fresh}{len(news) + 1:03d}"
                olds.append(grid)
                news.append(new)
                for code in [grid, *self._below(grid)]:
                    self.links.append((code, new + code[len(grid) :], 1.0, self.on["merge"], "code_change"))
                    self._come(new + code[len(grid) :], like=code, parent_code=fresh if code == grid else new)
        self._tell("merge", f"{one}、{other}", fresh, "1、1", "人口")
        self._tell("code_change", "、".join(olds), "、".join(news), "", "一对一", on=self.on["merge"])
        self.free = [c for c in self.free if c not in (one, other)]

    def cede(self) -> None:
        """A grid gives its eastern fifth to its neighbour in the same community; both keep their codes."""
        for community in self._take(1, grids=2):
            one, other = self._grids(community)[:2]
            kept, ceded = _halves(shapely.from_wkt(self.rows[one][6]), 1 - CEDED)
            joined = shapely.union_all([ceded, shapely.from_wkt(self.rows[other][6])])
            on = self.on["boundary"]
            self.links += [(one, one, 1 - CEDED, on, "boundary"), (one, other, CEDED, on, "boundary")]
            self.links.append((other, other, 1.0, on, "boundary"))
            self._come(one, like=one, wkt=kept.wkt)
            self._come(other, like=other, wkt=joined.wkt)
            self._tell("boundary", one, f"{one},{other}", f"{1 - CEDED},{CEDED}", "面积")
            self._tell("boundary", other, other, "1", "面积")

    def _take(self, count: int, grids: int = 1) -> list[str]:
        """Up to `count` communities that have so many plain grids; they are not free any more."""
        taken = [c for c in reversed(self.free) if len(self._grids(c)) >= grids][:count]
        self.free = [c for c in self.free if c not in taken]
        return taken


def _halves(quad: shapely.Polygon, share: float) -> tuple[shapely.Polygon, shapely.Polygon]:
    """A quadrilateral (south-west, south-east, north-east, north-west) cut from north to south at `share`."""
    corners = np.array(quad.exterior.coords)[:4]
    south = np.round(corners[0] + share * (corners[1] - corners[0]), 7)
    north = np.round(corners[3] + share * (corners[2] - corners[3]), 7)
    return shapely.Polygon([corners[0], south, north, corners[3]]), shapely.Polygon([south, corners[1], corners[2], north])

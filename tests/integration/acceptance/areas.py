"""The areas of the acceptance city: five places with the units that their articles count.

Belongs here: codes, levels, parents. Does not: events.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import polars as pl

ROOT = "990000"


@dataclass(frozen=True, slots=True)
class Area:
    """One area as the grid feed sends it."""

    grid_code: str
    level: int
    name_zh: str
    parent_code: str | None
    valid_from: str | None = None
    valid_to: str | None = None
    code_authority: str | None = None


def spread_over(total: int, parents: list[str]) -> list[tuple[str, int]]:
    """(parent, number within it) of `total` children, as evenly as whole numbers allow."""
    each, rest = divmod(total, len(parents))
    return [(parent, n + 1) for at, parent in enumerate(parents) for n in range(each + (at < rest))]


def tree(code: str, name: str, parent: str, level: int, below: list[int], starts: list[int]) -> list[Area]:
    """A place and its levels below: `below` counts per level; codes by 3, 3, 3 and 2 digits, from `starts`."""
    made, upper = [Area(code, level, name, parent)], [code]
    for depth, (count, begin) in enumerate(zip(below, starts, strict=True)):
        width, at = (2 if level + depth + 1 == 5 else 3), level + depth + 1
        children = [(up, f"{up}{begin + n - 1:0{width}d}") for up, n in spread_over(count, upper)]
        made += [Area(child, at, f"{name}{at}级{child[-6:]}", up) for up, child in children]
        upper = [child for _, child in children]
    return made


def suzhou() -> list[Area]:
    """Suzhou District of Jiuquan: 1,176 grids; Guangsha community with 6 of them."""
    streets = tree("620902", "肃州区", "620900", 1, [7, 60, 1170], [1, 1, 1])
    community = "620902001099"
    return [
        *streets, Area(community, 3, "广厦社区", "620902001"),
        *[Area(f"{community}{n:03d}", 4, f"广厦网格{n}", community) for n in range(1, 7)],
    ]  # fmt: skip


def huaiyang() -> list[Area]:
    """Huaiyang District of Zhoukou: 1 / 21 / 484 / 2,073 / 6,438."""
    return tree("411603", "淮阳区", "411600", 1, [21, 484, 2073, 6438], [101, 201, 1, 1])


def rizhao() -> list[Area]:
    """Rizhao: 6 districts and functional areas (two without a national code), 54 townships, 4,281 grids."""
    national = {"371102": "东港区", "371103": "岚山区", "371121": "五莲县", "371122": "莒县"}
    local = {"371180": "经济技术开发区", "371181": "高新技术产业开发区"}
    districts = [Area(code, 1, name, "371100", code_authority="national") for code, name in national.items()]
    districts += [Area(code, 1, name, "371100", code_authority="local") for code, name in local.items()]
    townships = [
        Area(f"{up}{100 + n:03d}", 2, f"日照乡镇{up[-2:]}{n}", up) for up, n in spread_over(54, [d.grid_code for d in districts])
    ]
    villages = [Area(f"{t.grid_code}201", 3, f"{t.name_zh}村", t.grid_code) for t in townships]
    grids = [Area(f"{up}{n:03d}", 4, f"日照网格{up[4:9]}{n}", up) for up, n in spread_over(4281, [v.grid_code for v in villages])]
    return [Area("371100", 0, "日照市", ROOT), *districts, *townships, *villages, *grids]


def tianmen() -> list[Area]:
    """Tianmen, a county-level city directly under its province: one street is enough."""
    return tree("429006", "天门市", ROOT, 0, [1, 1, 1], [0, 0, 0])


def xialu() -> list[Area]:
    """Xialu District of Huangshi: 5 streets, 37 communities, 378 grids."""
    return tree("420204", "下陆区", "420200", 1, [5, 37, 378], [1, 1, 1])


def xialu_centres() -> pl.DataFrame:
    """Xialu's governance centres: one for the district, one for each street, one for each community."""
    served = [area for area in xialu() if area.level <= 3]
    return pl.DataFrame(
        {
            "centre_code": [f"ZZ{area.grid_code}" for area in served],
            "name_zh": [f"{area.name_zh}综治中心" for area in served],
            "level": [area.level for area in served],
            "area_code": [area.grid_code for area in served],
            "valid_from": ["2022-04-01"] * len(served),
        }
    )


def references() -> dict[str, list[pl.DataFrame]]:
    """The reference feeds: every area, cities above the districts and the root above all."""
    above = [
        Area(ROOT, -1, "验收市", None), Area("620900", 0, "酒泉市", ROOT), Area("411600", 0, "周口市", ROOT),
        Area("420200", 0, "黄石市", ROOT),
    ]  # fmt: skip
    areas = [*above, *suzhou(), *huaiyang(), *xialu(), *rizhao(), *tianmen()]
    grids = [area.grid_code for area in suzhou() if area.level == 4][:636]
    posts = pl.DataFrame({"post_id": [f"SZ{n:04d}" for n in range(636)], "grid_code": grids}).with_columns(
        role=pl.lit("grid_leader"), valid_from=pl.lit("2021-01-01")
    )
    return {
        "grid": [pl.DataFrame([asdict(area) for area in areas], infer_schema_length=None)],
        "grid_post": [posts],
        "centre": [xialu_centres()],
    }

"""Institutions of the invented city: governance centres, organisations, the days on which it works otherwise.

Belongs here: the three reference tables, made from areas and departments. Does not: cases, posts, or anybody's name.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipelines.synthetic.city import City

#: Xialu: one centre for the district, one per street, one per community; six functional zones.
CENTRE_LEVELS = {1: "社会治理中心", 2: "综治中心", 3: "综治工作站"}
ZONES = ("矛盾调处区", "信访接待区", "诉讼服务区", "法律援助区", "网格指挥区", "心理服务区")
ORGANISATIONS = {
    2: (("work_station", "社会工作站"), ("social_organisation", "社会服务中心")),
    3: (("owners_committee", "业主委员会"), ("volunteer_group", "志愿服务队")),
}
KINDS = {
    "work_station": "社会工作站", "social_organisation": "社会组织", "volunteer_group": "志愿服务队",
    "owners_committee": "业主委员会", "mediation_committee": "人民调解委员会",
}  # fmt: skip
#: Days beyond the demo's end, so that no case of it was handled by them: the city's day and the Saturday worked for it.
CITY_DAYS = ((dt.date(2026, 9, 21), False, "城市日"), (dt.date(2026, 9, 19), True, "城市日调休上班"))


def centres(city: City, since: dt.date) -> pl.DataFrame:
    """One centre per district, street and community, under the headers of the contract."""
    areas = city.areas.filter(pl.col("level").is_in(list(CENTRE_LEVELS)))
    zones = pl.when(pl.col("level") == 3).then(pl.lit("|".join(ZONES[:2]))).otherwise(pl.lit("|".join(ZONES)))
    return areas.select(
        ("G" + pl.col("code")).alias("中心编码"),
        (pl.col("name_zh") + pl.col("level").replace_strict(CENTRE_LEVELS, return_dtype=pl.String)).alias("中心名称"),
        (pl.col("name_en") + " Governance Centre").alias("英文名称"),
        pl.col("level").alias("中心层级"),
        pl.col("code").alias("所属区划"),
        zones.alias("功能区"),
        pl.lit(since.isoformat()).alias("启用日期"),
        pl.lit(None, pl.String).alias("停用日期"),
    )


def organisations(city: City, since: dt.date) -> pl.DataFrame:
    """Stations and social organisations per street, owners and volunteers per community, every mediation committee."""
    parts = []
    for level, kinds in ORGANISATIONS.items():
        areas = city.areas.filter(pl.col("level") == level)
        parts += [
            areas.select(
                (pl.lit(kind[0].upper() + kind[-1].upper()) + pl.col("code")).alias("组织编码"),
                (pl.col("name_zh") + suffix).alias("组织名称"),
                pl.lit(KINDS[kind]).alias("组织类型"),
                pl.col("code").alias("所属区划"),
            )
            for kind, suffix in kinds
        ]
    root = city.areas["code"][0]
    committees = city.departments.filter(pl.col("dept_id").str.contains(r"^T\d"))
    parts.append(
        committees.select(
            pl.col("dept_id").alias("组织编码"),
            pl.col("name_zh").alias("组织名称"),
            pl.lit(KINDS["mediation_committee"]).alias("组织类型"),
            pl.when(pl.col("grid_level") == 0).then(pl.lit(root)).otherwise(pl.col("dept_id").str.slice(1)).alias("所属区划"),
        )
    )
    return pl.concat(parts).with_columns(pl.lit(since.isoformat()).alias("成立日期"), pl.lit(None, pl.String).alias("注销日期"))


def calendar() -> pl.DataFrame:
    """The days on which the city works otherwise than the nation."""
    return pl.DataFrame(
        {
            "日期": [day.isoformat() for day, _, _ in CITY_DAYS],
            "是否工作日": ["是" if works else "否" for _, works, _ in CITY_DAYS],
            "节假日名称": [name for _, _, name in CITY_DAYS],
        }
    )

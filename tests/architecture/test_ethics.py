"""What the project refuses to be: no profile of a person, no watch-list, no attribute that invites discrimination.

The sentences are in the README; these are the guards that a reader can run.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from pipelines.core.contracts import Contract, contract_ids, load_contract
from pipelines.core.register import read_register
from tests.architecture.project import project_files, read

#: Attributes of a person that no contract may let into landing (words of names and headings, Chinese and English).
DENIED = {
    "age", "gender", "sex", "race", "ethnic", "ethnicity", "nationality", "religion", "faith", "party_member", "political",
    "health", "illness", "disability", "orientation", "birthplace", "birth", "biometric", "fingerprint", "face", "plate",
    "年龄", "性别", "族裔", "民族", "种族", "宗教", "信仰", "党员", "政治面貌", "健康", "疾病", "病史", "残疾", "性取向", "籍贯",
    "出生", "人脸", "指纹", "车牌",
}  # fmt: skip
#: Keys of a person. They live in the vault; no model may know them, let alone group by them.
PERSON_KEY = re.compile(r"\b(?:party|person|resident|household|petitioner|caller|plaintiff|defendant)_(?:key|id|hash|id_no)\b")
#: More cases, or fewer, are not by themselves good: measured for context, never as a goal.
VOLUMES = ("M03", "M04", "M05")


def contracts() -> list[Contract]:
    return [load_contract(contract_id) for contract_id in contract_ids()]


def is_denied(*names: str) -> bool:
    """Whether a name or heading speaks of a denied attribute: whole words in English, anywhere in Chinese."""
    for name in names:
        words = re.split(r"[^a-z]+", name.lower())
        pairs = {"_".join(two) for two in pairwise(words)}
        if DENIED & ({*words} | pairs) or any(word in name for word in DENIED if not word.isascii()):
            return True
    return False


def dbt_files(*suffixes: str) -> list[Path]:
    return [p for p in project_files() if p.parts[0] == "dbt_project" and p.suffix in suffixes]


def test_denied_attributes_never_land() -> None:
    landed = [(c.id, col.name) for c in contracts() for col in c.landed if is_denied(col.name, col.title_zh, *col.synonyms)]
    assert not landed


def test_denied_attributes_are_known_where_they_come() -> None:
    """The felony file has them: they are named in its contract, as P4, so that they are dropped and not 'unknown columns'."""
    accused = {c.name: c for c in load_contract("court_case").columns if c.name.startswith("accused_")}
    assert {"accused_age", "accused_gender", "accused_race"} <= set(accused)
    assert all(c.level == "P4" and not c.lands for c in accused.values())


@pytest.mark.parametrize("name", ["accused_age", "Victim Race", "民族", "被告人性别", "party_member"])
def test_the_deny_list_sees(name: str) -> None:
    assert is_denied(name)


@pytest.mark.parametrize("name", ["language", "vintage", "agency", "racetrack", "户籍人口", "stage"])
def test_the_deny_list_does_not_see_ghosts(name: str) -> None:
    assert not is_denied(name)


def test_who_a_person_is_never_lands() -> None:
    """Every column that identifies a party is P4, and free text stays out whatever its level."""
    for contract in contracts():
        assert not [c.name for c in contract.columns if c.party and c.level != "P4"]
        assert not [c.name for c in contract.landed if c.is_free_text]


def test_petitions_are_context_and_visits_above_the_level_are_counted_for_the_whole_city_only() -> None:
    register = {metric.id: metric for metric in read_register()}
    assert {m.direction for m in register.values() if m.id.startswith(VOLUMES)} == {"neutral"}
    above = [m for m in register.values() if "is_above_level" in f"{m.filter} {m.numerator} {m.denominator}"]
    assert above
    for metric in above:
        assert (metric.family, metric.levels) == ("count", (0,))
        assert set(metric.slices + metric.slices_coarse) <= {"all", "category"}


def test_no_model_knows_a_person() -> None:
    found = [f"{p}: {m.group()}" for p in dbt_files(".sql", ".py", ".yml") for m in PERSON_KEY.finditer(read(p))]
    assert not found


def test_a_persons_key_is_seen() -> None:
    assert PERSON_KEY.search("select party_key, count(*) from x group by party_key")
    assert not PERSON_KEY.search("select third_party_keyword, dept_id from x")


def test_no_mart_shows_where_somebody_lives() -> None:
    """P3 columns (address, coordinates, titles) stop at staging: no fact or ext table declares a column of that name."""
    single_out = {col.name for c in contracts() if c.entity == "event" for col in c.columns if col.level in ("P3", "P4")}
    found = []
    for path in dbt_files(".yml"):
        if path.parts[1:3] != ("models", "marts"):
            continue
        for model in (yaml.safe_load(read(path)) or {}).get("models", []):
            if model["name"].startswith(("fct_", "ext_")):
                found += [f"{model['name']}.{c['name']}" for c in model.get("columns", []) if c["name"] in single_out]
    assert not found


def test_volumes_of_petitions_and_lawsuits_are_no_goal() -> None:
    register = [e for p in dbt_files(".yml") if p.parts[1] == "metrics" for e in yaml.safe_load(read(p)) or []]
    volumes = [entry for entry in register if str(entry["id"]).startswith(VOLUMES)]
    assert volumes, "the register has no M03, M04 or M05"
    assert not [e["id"] for e in volumes if e.get("direction") != "neutral"]


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (
            "README.md",
            "This project measures how public bodies handle matters. It never scores, ranks, or predicts people.",
        ),
        ("README.zh-CN.md", "本项目只评价事项办理,不评价个人。"),
        ("README.zh-CN.md", "不做社会信用评分,不做个人画像,不做人员管控。"),
    ],
)
def test_the_readme_says_so(page: str, sentence: str) -> None:
    assert sentence in read(Path(page))

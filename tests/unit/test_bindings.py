"""City folders that are wrong are told what, where and what to do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipelines.cli import examine
from pipelines.core import contracts
from pipelines.core.bindings import load_city
from pipelines.core.contracts import contract_ids, load_contract, parse_contract
from pipelines.core.errors import ConfigurationError
from pipelines.core.settings import CITIES, ArchiveLimits
from pipelines.scaffold.files_there import check_root, misread

GOOD = """contract: urban_case
system: s1
source: {type: drop, pattern: "urban_*.csv", settle_seconds: 0}
delivery: increment
extracted_at: {name: 'urban_(\\d{8})'}
"""


@pytest.fixture
def city(tmp_path: Path) -> Path:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "city.yml").write_text("name: t\nzone: Asia/Shanghai\nroot_area: '1'\nas_of: 2026-06-30\n", encoding="utf-8")
    (tmp_path / "feeds" / "urban.yml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def _with(city: Path, text: str) -> None:
    (city / "feeds" / "urban.yml").write_text(text, encoding="utf-8")


def test_a_good_city_loads(city: Path) -> None:
    loaded = load_city(city)
    assert loaded.as_of == dt.datetime(2026, 6, 30)
    assert loaded.feed("urban").key_columns == ("source_case_no",)


@pytest.mark.parametrize("folder", sorted(p.parent for p in CITIES.glob("*/city.yml")), ids=lambda p: p.name)
def test_every_committed_city_loads(folder: Path) -> None:
    assert load_city(folder).feeds


@pytest.mark.parametrize(
    ("table", "note"),
    [
        ("", "feeds/urban.yml: codes: category: the table own.csv has no row"),
        ("source_code,canonical_code\n", "feeds/urban.yml: codes: category: the table own.csv has no row"),
        ("source_code,canonical_code\na,?\n", "codes/own.csv: 1 codes are undecided"),
        ("source_code,canonical_code\na,999999\nb,3101\n", "feeds/urban.yml: codes: category: no such codes: 999999"),
        ("source_code,canonical_code\nb,3101\n", ""),
    ],
)
def test_a_table_of_codes_that_maps_nothing_is_told(city: Path, table: str, note: str) -> None:
    (city / "codes").mkdir()
    (city / "codes" / "own.csv").write_text(table, encoding="utf-8")
    _with(city, GOOD.replace("system: s1", "system: s1\ncodes: {category: own.csv}"))
    notes = examine._code_notes(load_city(city))
    assert [one.startswith(note) for one in notes] == ([True] if note else [])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("source_code,canonical_code\na,3101\n,3101\n", "own.csv:3: a row needs source_code and canonical_code"),
        ("source_code,canonical_code,valid_from\na,3101,2026/1/1\n", "own.csv:2: valid_from: '2026/1/1' is no day"),
        ("source_code,canonical_code\n盗窃,3101\n", "own.csv: the table of codes is not UTF-8"),
    ],
)
def test_a_table_of_codes_that_cannot_be_read_is_told_by_its_line(city: Path, table: str, message: str) -> None:
    (city / "codes").mkdir()
    (city / "codes" / "own.csv").write_text(table, encoding="gb18030")
    _with(city, GOOD.replace("system: s1", "system: s1\ncodes: {category: own.csv}"))
    with pytest.raises(ConfigurationError, match=message):
        load_city(city)


def test_every_shipped_contract_is_valid() -> None:
    for contract in contract_ids():
        # A notice may order several changes under one number: its rows have no key of their own.
        assert load_contract(contract).key or contract == "grid_change"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("delivery: increment", "delivry: increment"), "did you mean 'delivery'"),
        (("delivery: increment", "delivery: snapshots"), "did you mean 'snapshot'"),
        (("{name: 'urban_(\\d{8})'}", "{column: updated_at}"), "an extract time is not read from a column"),
        (("type: drop", "type: dropp"), "did you mean 'drop'"),
        (("system: s1\n", ""), "system is missing"),
        (("urban_*.csv", "urban_*"), "does not tell the format"),
        (("extracted_at: {name: 'urban_(\\d{8})'}", "key: none"), "must say what one file covers"),
        (("system: s1", "system: s1\ncolumns: {reported_att: X}"), "did you mean 'reported_at'"),
        (("system: s1", "system: s1\nkey: [case_no]"), "unknown key column"),
        (("system: s1", "system: s1\nkey: [source_case_no, reporter_phone]"), "key column reporter_phone does not land"),
        (("(\\d{8})", "(\\d{8}"), "no regular expression"),
        (
            ("system: s1", "system: s1\ncodes: {category: missing.csv}"),
            "urban.yml: codes: category: the table of codes 'missing.csv' is not there",
        ),
        (("system: s1", "system: s1\ncodes: {category: }"), "codes: category: names no table of codes"),
        (("system: s1", "system: s1\ncodes: [urban.csv]"), "codes: is no list of SET: FILE.csv"),
        (("system: s1", "system: s1\ncodes: {catgory: x.csv}"), "codes: catgory: no column of urban_case takes codes of"),
        (("system: s1", "system: s1\nencoding_password: hunter2"), "unknown key"),
        (("system: s1", "system: s1\nencoding: gb18031"), "unknown encoding"),
        (
            ("contract: urban_case", "contract: urban_cases"),
            "urban.yml: contract: no contract called 'urban_cases' -> did you mean",
        ),
        (("system: s1", "system: s1\ndelete_flag: {column: native_statu, values: [x]}"), "did you mean 'native_status'"),
        (("system: s1", "system: s1\ndelete_flag: {colum: native_status, values: [x]}"), "did you mean 'column'"),
        (("system: s1", "system: s1\ndelete_flag: {column: native_status}"), "the values that say deleted are missing"),
        (("system: s1", "system: s1\ndelete_flag: {header: 删除, values: [yes]}"), "read by YAML as true or false"),
        (("system: s1", "system: s1\ndelete_flag: {values: ['1']}"), "a delete flag is one column, or one header"),
        (("system: s1", "system: s1\ndelete_flag: native_status"), "a delete flag is a column and the values"),
        (
            ("system: s1", "system: s1\nkey: none\ncovers: file\ndelete_flag: {column: native_status, values: [x]}"),
            "rows without a key cannot be deleted one by one",
        ),
        (("contract: urban_case", "contract: department\ndelete_flag: {column: dept_id, values: [x]}"), "is a reference"),
    ],
)
def test_what_is_wrong_is_said_with_the_nearest_word(city: Path, change: tuple[str, str], message: str) -> None:
    _with(city, GOOD.replace(*change))
    with pytest.raises(ConfigurationError, match=message.replace("(", r"\(")) as caught:
        load_city(city)
    assert "urban.yml" in str(caught.value) or "contracts" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("Asia/Shanghai", "Asia/Shangai"), "did you mean 'Asia/Shanghai'"),
        (("zone:", "level: prodution\nzone:"), "did you mean 'production'"),
        (("2026-06-30", "2026-13-01"), "not readable as YAML"),
        (("zone:", "languages: [zh, eng]\nzone:"), "unknown language 'eng' -> did you mean 'en'"),
        (("zone:", "level:demo\nzone:"), "line 2: write a blank after the colon of level:"),
    ],
)
def test_a_wrong_city_file_is_told(city: Path, change: tuple[str, str], message: str) -> None:
    path = city / "city.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_city(city)
    assert "city.yml" in str(caught.value)


def test_a_city_file_in_another_encoding_is_told(city: Path) -> None:
    (city / "city.yml").write_bytes("name: 云湾\nzone: Asia/Shanghai\nroot_area: '1'\n".encode("gb18030"))
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load_city(city)


def test_a_feed_that_is_not_there(city: Path) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'urban'"):
        load_city(city).feed("urbn")


def test_a_contract_with_an_unclassified_column_is_refused() -> None:
    text = (contracts.CONTRACTS / "grid.odcs.yaml").read_text(encoding="utf-8")
    with pytest.raises(ConfigurationError, match="classification missing"):
        parse_contract(text.replace("classification: P1", "description: x", 1), where="grid")


@pytest.mark.parametrize("value", ["canary-1", "'${env:A} canary-1'", "'${ENV:A}'", "[canary-1]", "'prefix${env:A}'"])
def test_a_password_in_a_binding_is_refused_without_being_told(city: Path, value: str) -> None:
    _with(city, GOOD + f"password: {value}\n")
    with pytest.raises(ConfigurationError, match=r"password holds a literal secret -> write \$\{env:NAME\}") as told:
        load_city(city)
    assert "canary" not in str(told.value)


def test_a_binding_that_is_no_yaml_is_told_by_its_line_without_the_line(city: Path) -> None:
    _with(city, GOOD + 'password: "canary-1\n')
    with pytest.raises(ConfigurationError, match="not readable as YAML, line") as told:
        load_city(city)
    assert "canary" not in f"{told.value}{told.value.__cause__}"


def test_a_password_is_the_name_of_a_variable(city: Path) -> None:
    _with(city, GOOD + "password: ${env:URBAN_PW}\n")
    assert load_city(city).feed("urban").password == "URBAN_PW"


@pytest.mark.parametrize(
    ("told", "read"),
    [(r"^[(]\d{4}[)]\d+号$", "^[(][0-9]{4}[)][0-9]+号$"), (r"[\d-]+", "[0-9-]+"), (r"\\d\[\d", r"\\d\[[0-9]"), ("", "")],
)
def test_a_digit_of_a_pattern_is_one_of_0_to_9(told: str, read: str) -> None:
    assert contracts._of_ascii_digits(told) == read


def test_no_contract_takes_digits_of_other_scripts() -> None:
    for contract in map(load_contract, contract_ids()):
        assert not [column.name for column in contract.columns if "\\d" in column.pattern], contract.id


AREAS = """contract: grid
system: s1_reference
source: {type: drop, root: city, pattern: "reference/grid.csv", settle_seconds: 0}
delivery: snapshot
covers: feed
"""


def test_a_root_that_no_table_of_areas_has_is_told(city: Path) -> None:
    (city / "reference").mkdir()
    (city / "feeds" / "grid.yml").write_text(AREAS, encoding="utf-8")
    check_root(load_city(city), None, ArchiveLimits())  # its table is not there yet
    (city / "reference" / "grid.csv").write_text("grid_code,level,name_zh,parent_code\n330900,0,市,\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="unknown root_area '1'"):
        check_root(load_city(city), None, ArchiveLimits())
    text = (city / "city.yml").read_text(encoding="utf-8")
    (city / "city.yml").write_text(text.replace("'1'", "'330999'"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="did you mean '330900'"):
        check_root(load_city(city), None, ArchiveLimits())
    (city / "city.yml").write_text(text.replace("'1'", "'330900'"), encoding="utf-8")
    check_root(load_city(city), None, ArchiveLimits())


def test_names_that_a_pattern_does_not_read_are_told(city: Path) -> None:
    told = misread(load_city(city), city)
    assert "urban: no file below" in told[0]
    (city / "urban_20250101.csv").write_text("", encoding="utf-8")
    assert misread(load_city(city), city) == []
    _with(city, GOOD.replace("{8}", "{9}"))
    assert misread(load_city(city), city) == ["urban: urban_20250101.csv: extracted_at finds no urban_(\\d{9}) in the name"]

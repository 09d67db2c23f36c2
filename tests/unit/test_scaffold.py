"""Proposals for new feeds: what is seen in a file, what is written, and what never is."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipelines.cleaning import judge
from pipelines.cli import new_feed
from pipelines.core.bindings import load_city, read_binding
from pipelines.core.code_tables import undecided_codes
from pipelines.core.contracts import contract_ids, load_contract
from pipelines.core.errors import FileHeld, UsageError
from pipelines.core.settings import ArchiveLimits
from pipelines.scaffold import code_files, founding, looking, mapping, proposing, shapes, wording, writing

#: Invented, and built here so that no such number stands in the project.
ID_NUMBER = "1101011990" + "03077934"
PHONE = "138" + "12345678"
PEOPLE = ["王小明", "李四光", "张文远", "刘海波", "陈大文", "杨柳青"]
CITY = 'name: test\nzone: Asia/Shanghai\nroot_area: "1"\n'


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = tmp_path / "city"
    folder.mkdir()
    (folder / "city.yml").write_text(CITY, encoding="utf-8")
    return folder


def written(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> Path:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def calls(folder: Path, *, rows: int = 60, day: str = "{d:%Y-%m-%d} 10:0{n}:00") -> Path:
    """Calls to the police under headers that no contract has, with people in them."""
    header = ["受理编号", "案發時間", "報警人姓名", "手机号", "身份证号码", "类别", "备注"]
    start, body = dt.date(2025, 3, 1), []
    for n in range(rows):
        when = day.format(d=start + dt.timedelta(days=n), n=n % 6)
        people = [
            PEOPLE[n % 6],
            str(int(PHONE) + n),
            ID_NUMBER[:-4] + f"{1000 + n}",
            "盗窃" if n % 2 else "吵架滋扰",
            "电话" + PHONE,
        ]
        body.append([f"A{n:05}", when, *people])
    return written(folder / "jiejing_20250601.csv", [header, *body], "gb18030")


def proposal(path: Path, contract: str = "") -> proposing.Proposal:
    seen = looking.look(path, limits=ArchiveLimits())
    return proposing.propose("calls", seen, city="test", zone="Asia/Shanghai", contract_id=contract, pattern=path.name)


def columns(made: proposing.Proposal) -> dict[str, str]:
    return {m.header: m.column for m in made.fit.sure}


def test_a_strange_export_is_understood(tmp_path: Path) -> None:
    made = proposal(calls(tmp_path), "police_incident")
    assert made.seen.encoding == "gb18030"
    assert columns(made) == {
        "受理编号": "source_case_no", "案發時間": "reported_at", "報警人姓名": "caller_name", "手机号": "caller_phone",
        "身份证号码": "caller_id_no", "类别": "class_l1_code",
    }  # fmt: skip
    assert made.key is None
    assert made.extracted == r"(\d{8})"
    assert [row.source_code for row in made.codes["category"]] == ["吵架滋扰"]


def test_people_are_known_by_their_values_alone(tmp_path: Path) -> None:
    rows = [["a", "b", "c", "编号", "报警时间"]]
    rows += [
        [PEOPLE[n % 6], str(int(PHONE) + n), ID_NUMBER[:-4] + f"{1000 + n}", f"A{n}", "2025-01-01 10:00:00"] for n in range(40)
    ]
    found = columns(proposal(written(tmp_path / "x.csv", rows), "police_incident"))
    assert {found["a"], found["b"], found["c"]} == {"caller_name", "caller_phone", "caller_id_no"}


def test_nothing_personal_is_printed_or_written(tmp_path: Path, city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_feed.scaffold("calls", calls(tmp_path), city, contract="police_incident")
    new_feed.scaffold("other", calls(tmp_path), city, contract="urban_case")  # a wrong contract tells no more
    said = capsys.readouterr().out + "".join(p.read_text(encoding="utf-8") for p in city.rglob("*") if p.is_file())
    assert "盗窃" in said
    for secret in (*PEOPLE, PHONE[:9], ID_NUMBER[:12]):
        assert secret not in said


@pytest.mark.parametrize(("value", "is_hidden"), [(PHONE, True), (ID_NUMBER, True), ("京A12345", True), ("王小明", True), ("a@b.cn", True),
                                                  ("1101016" + "50307793", True), ("990101001001001", False),
                                                  ("盗窃", False), ("0422", False), ("Larceny", False)])  # fmt: skip
def test_what_looks_personal(value: str, is_hidden: bool) -> None:
    assert shapes.looks_personal(value) is is_hidden


def test_the_binding_written_is_checked_and_judged(tmp_path: Path, city: Path) -> None:
    made, paths = new_feed.scaffold("calls", calls(tmp_path), city, contract="police_incident")
    assert {p.name for p in paths} == {"calls.yml", "calls_category.csv"}
    binding = load_city(city).feed("calls")
    tried = proposing.trial(binding, made.seen, "Asia/Shanghai", dt.date(2020, 1, 1), dt.datetime(2026, 1, 1))
    assert (tried.rows, tried.good, tried.problem) == (60, 60, "")
    assert undecided_codes(city) == {"calls_category.csv": 1}
    assert binding.codes == ()


def test_nothing_is_overwritten_unless_forced(tmp_path: Path, city: Path) -> None:
    new_feed.scaffold("calls", calls(tmp_path), city, contract="police_incident")
    with pytest.raises(UsageError, match="there already"):
        new_feed.scaffold("calls", calls(tmp_path), city, contract="police_incident")
    new_feed.scaffold("calls", calls(tmp_path), city, contract="police_incident", force=True)


def test_day_and_month_that_cannot_be_told_apart_are_not_guessed(tmp_path: Path) -> None:
    made = proposal(written(tmp_path / "x.csv", [["编号", "报警时间"], *([f"A{n}", f"0{n}/0{n + 1}/2025 10:00"] for n in range(1, 8))]), "police_incident")  # fmt: skip
    assert made.dates == ()
    assert any("day and month" in doubt for doubt in made.doubts)


@pytest.mark.parametrize(("values", "form"), [
    (["13/02/2025 10:00", "01/03/2025 11:00"], "%d/%m/%Y %H:%M"), (["02/13/2025 10:00:00 PM"], "%m/%d/%Y %I:%M:%S %p"),
    (["1040101", "1121231"], "roc:%Y%m%d"),
])  # fmt: skip
def test_forms_of_dates(values: list[str], form: str) -> None:
    assert shapes.time_form(pl.Series(values), "UTC").forms == (form,)


@pytest.mark.parametrize("values", [["12", "13"], ["45321", "45322"], ["abc", "d"], []])
def test_numbers_and_words_are_no_times(values: list[str]) -> None:
    assert shapes.time_form(pl.Series(values, dtype=pl.String), "UTC").share < shapes.ENOUGH


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5"])
def test_encodings_are_told_apart(encoding: str) -> None:
    text = (
        "案類,編號,發生日期,發生地點\n住宅竊盜,1,1030623,文山區萬美里萬寧街\n"
        if encoding == "big5"
        else "案件类别,编号,发生日期\n入室盗窃,一,文山街道\n"
    )
    assert looking.guessed_encoding(text.encode(encoding))[0] == ("" if encoding == "utf-8" else encoding)


def test_a_file_without_a_header_is_refused_and_not_quoted(tmp_path: Path) -> None:
    rows = [[f"A{n}", f"2025-01-0{n} 10:00:00", PEOPLE[n], str(int(PHONE) + n), "盗窃"] for n in range(1, 6)]
    with pytest.raises(FileHeld, match="looks like data") as refused:
        looking.look(written(tmp_path / "x.csv", rows), limits=ArchiveLimits())
    assert not [p for p in PEOPLE if p in str(refused.value)]


def test_a_pattern_that_takes_everything_is_said(tmp_path: Path) -> None:
    path = calls(tmp_path).rename(tmp_path / "20250601.csv")
    seen = looking.look(path, limits=ArchiveLimits())
    pattern = proposing.pattern_of(path, tmp_path)
    made = proposing.propose("calls", seen, city="t", zone="UTC", contract_id="police_incident", pattern=pattern)
    assert pattern == "*.csv"
    assert any("every such file" in doubt for doubt in made.doubts)


def test_a_delimiter_and_a_title_row(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("接警登记表\n编号;报警时间;类别\n1;2025-01-01;a\n2;2025-01-02;b\n", encoding="utf-8")
    seen = looking.look(path, limits=ArchiveLimits())
    assert seen.delimiter == ";"
    assert seen.header == ["编号", "报警时间", "类别"]
    assert any("1 lines of title" in note for note in seen.notes)
    path.write_text("接警登记表;市局\n编号;报警时间;类别\n1;2025-01-01;a\n2;2025-01-02;b\n", encoding="utf-8")
    assert any("line 2" in doubt for doubt in looking.look(path, limits=ArchiveLimits()).doubts)


@pytest.mark.parametrize(("one", "other"), [
    ("OCCURRED_ON_DATE", "occurred on date"), ("caseNumber", "Case No"), ("報警時間", "报警时间"), ("open_dt", "Open Date"),
    ("报警时间（必填）", "*报警时间"), ("ＬＡＴ", "latitude"),
])  # fmt: skip
def test_spellings_of_one_header(one: str, other: str) -> None:
    assert wording.nearness(one, other) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("closed date", "open date"),
        ("户籍地址", "报警时间"),
        ("应办结时间", "办结日期"),
        ("被申请人", "申请人"),
        ("case name", "case number"),
    ],
)
def test_other_headers_are_not_near(one: str, other: str) -> None:
    assert wording.nearness(one, other) < mapping.SURE + 0.1


def test_a_closing_date_is_no_due_date(tmp_path: Path) -> None:
    """应办结时间 (due) holds the very characters of 办结时间 (closed): only one of them is meant."""
    rows = [["工单编号", "来电时间", "办结日期"], *([str(n), "2025-01-01 10:00:00", "2025-01-02 10:00:00"] for n in range(20))]
    made = proposal(written(tmp_path / "x.csv", rows), "hotline_order")
    assert columns(made) == {"工单编号": "source_case_no", "来电时间": "registered_at", "办结日期": "closed_at"}


def test_a_limit_is_a_deadline_and_no_dispatch(tmp_path: Path) -> None:
    rows = [[f"A{n:04}", f"2025-01-{n + 1:02} 10:00", f"2025-01-{n + 2:02} 10:00", "甲"] for n in range(20)]
    path = written(tmp_path / "hotline.csv", [["工单编号", "登记时间", "限办日期", "天气"], *rows])
    made = proposal(path, "hotline_order")
    assert columns(made)["限办日期"] == "deadline_at"
    assert "not taken (not recognised): 天气" in writing.binding_text(made)


def test_a_header_outdone_by_another_is_not_written_to_the_next_best_column(tmp_path: Path) -> None:
    """转办日期 is the dispatch as 派单时间 is, and only near to the closing: it is told, and neither."""
    rows = [[f"A{n:04}", *(f"2025-01-{n + d:02} 10:00" for d in (1, 2, 3))] for n in range(20)]
    path = written(tmp_path / "hotline.csv", [["工单编号", "登记时间", "派单时间", "转办日期"], *rows])
    made = proposal(path, "hotline_order")
    assert columns(made) == {"工单编号": "source_case_no", "登记时间": "registered_at", "派单时间": "dispatched_at"}
    why = "nearest is dispatched_at, which '派单时间' says better"
    assert list(made.fit.outdone.values()) == [why]
    assert any(doubt.startswith("转办日期: perhaps closed_at 0.79") and doubt.endswith(why) for doubt in made.doubts)


def test_a_judgement_is_no_filing_and_a_document_no_case(tmp_path: Path) -> None:
    rows = [[f"d{n:08x}", "北京市某法院", f"2019-03-{n + 1:02}", f"(2019)京01民终{n}号" if n % 2 else ""] for n in range(20)]
    header = ["docId", "court", "judgementDate", "caseNumber_from_text"]
    made = proposal(written(tmp_path / "court.csv", [header, *rows]), "court_case")
    assert columns(made) == {"court": "court_code", "judgementDate": "closed_on", "caseNumber_from_text": "source_case_no"}
    assert "not taken: docId: nearest is source_case_no, which 'caseNumber_from_text' says better" in writing.binding_text(made)
    assert any("filed_on" in doubt for doubt in made.doubts)


@pytest.mark.parametrize("text", ["yes", "a: b", "报警时间", "# x", "12", "a,b", "Primary Type", ""])
def test_a_scalar_reads_back(text: str) -> None:
    assert yaml.safe_load(f"k: {writing.quoted(text)}")["k"] == text


def test_the_pattern_leaves_dates_open(tmp_path: Path) -> None:
    assert proposing.pattern_of(tmp_path / "a" / "calls_20250601_120000.csv", tmp_path) == "a/calls*.csv"
    assert proposing.pattern_of(tmp_path / "calls.csv", tmp_path) == "calls.csv"


def test_the_binding_reads_what_was_proposed_and_nothing_else(tmp_path: Path, city: Path) -> None:
    """A header that the contract knows, above values that cannot be it, is not read either."""
    rows = [
        ["接警编号", "报警时间", "经度", "到达时间", "Date"],
        *([str(n), "2025-01-01 10:00:00", "人民路", "已到", "x"] for n in range(20)),
    ]
    made, _ = new_feed.scaffold("calls", written(tmp_path / "x.csv", rows), city, contract="police_incident")
    binding = read_binding(city / "feeds" / "calls.yml", city)
    found = judge.match_header(made.seen.header, binding, name="x").position
    assert found == {m.column: m.position for m in made.fit.sure} == {"source_case_no": 0, "reported_at": 1}


def test_a_missing_required_column_is_said(tmp_path: Path, city: Path) -> None:
    path = written(tmp_path / "x.csv", [["编号", "类别"], *([f"A{n}", "盗窃"] for n in range(5))])
    made, _ = new_feed.scaffold("calls", path, city, contract="police_incident")
    assert any("reported_at" in doubt for doubt in made.doubts)
    tried = proposing.trial(
        read_binding(city / "feeds" / "calls.yml", city), made.seen, "UTC", dt.date(2020, 1, 1), dt.datetime(2026, 1, 1)
    )
    assert "reported_at" in tried.problem


def test_a_city_is_founded_on_the_areas_of_its_data(tmp_path: Path) -> None:
    calls(tmp_path)
    codes = [["编号", "报警时间", "网格编码"], *([f"B{n}", "2025-01-01 10:00:00", f"99010100100{n % 3}"] for n in range(30))]
    folder = tmp_path / "in"
    folder.mkdir()
    written(folder / "police_incident.csv", codes)
    (folder / "readme.pdf").write_bytes(b"%PDF")
    found, left = founding.recognised(folder, "town", "Asia/Shanghai", ArchiveLimits())
    assert [made.feed for made in found] == ["police_incident"]
    assert any("readme.pdf" in line for line in left)
    made = founding.areas(found)
    assert made.root == "990100"
    assert [(code, level, parent) for code, level, _, parent, _ in made.rows] == [
        ("990100", 0, ""), ("990101", 1, "990100"), ("990101001", 2, "990101"),
        ("990101001000", 3, "990101001"), ("990101001001", 3, "990101001"), ("990101001002", 3, "990101001"),
    ]  # fmt: skip
    city = tmp_path / "town"
    founding.found_city(city, "town", "Asia/Shanghai", made, has_areas=False)
    assert [feed.feed for feed in load_city(city).feeds] == ["grid"]
    with pytest.raises(UsageError, match="a city already"):
        founding.found_city(city, "town", "Asia/Shanghai", made, has_areas=False)


def test_two_files_of_one_trade_are_two_systems(tmp_path: Path) -> None:
    """The number 1 of one office is not the number 1 of the other."""
    for name in ("north", "south"):
        written(tmp_path / f"{name}.csv", [["接警编号", "报警时间"], *([str(n), "2025-01-01 10:00:00"] for n in range(20))])
    found, _ = founding.recognised(tmp_path, "town", "Asia/Shanghai", ArchiveLimits())
    assert [(made.feed, made.system) for made in found] == [
        ("police_incident", "town_police_incident"), ("police_incident_2", "town_police_incident_2"),
    ]  # fmt: skip


@pytest.mark.parametrize(("codes", "is_taken"), [(["R1", "R2", "R3"], True), (["R1", "77", "78", "79"], False)])
def test_codes_of_another_numbering_are_no_places(tmp_path: Path, codes: list[str], is_taken: bool) -> None:
    written(tmp_path / "areas.csv", [["网格编码", "网格名称", "上级网格编码"], *([f"R{n}", f"区域{n}", "0"] for n in range(9))])
    rows = [[str(n), "2025-01-01 10:00:00", codes[n % len(codes)]] for n in range(20)]
    written(tmp_path / "calls.csv", [["接警编号", "报警时间", "网格编码"], *rows])
    found, _ = founding.recognised(tmp_path, "town", "Asia/Shanghai", ArchiveLimits())
    calls_made = next(made for made in found if made.fit.contract.id == "police_incident")
    assert (calls_made.fit.match("grid_code") is not None) is is_taken
    assert any("not taken as grid_code" in doubt for doubt in calls_made.doubts) is not is_taken


def test_a_table_of_areas_says_its_level_is_a_guess(tmp_path: Path) -> None:
    made = proposal(
        written(tmp_path / "areas.csv", [["网格编码", "网格名称"], *([f"R{n}", f"区域{n}"] for n in range(9))]), "grid"
    )
    assert made.constants == {"level": "2", "code_authority": "local"}
    assert any("level 2" in doubt for doubt in made.doubts)


def test_without_data_the_map_is_one_area(tmp_path: Path) -> None:
    assert [row[0] for row in founding.areas([]).rows] == [founding.ROOT]


def test_areas_that_look_like_people_are_no_areas(tmp_path: Path) -> None:
    rows = [["编号", "报警时间", "社区"], *([f"B{n}", "2025-01-01 10:00:00", PEOPLE[n % 6]] for n in range(30))]
    found, _ = founding.recognised(written(tmp_path / "in.csv", rows).parent, "town", "Asia/Shanghai", ArchiveLimits())
    assert founding.areas(found).source == ""


def test_a_proposed_feed_has_a_name_for_the_chinese_page(city: Path, tmp_path: Path) -> None:
    made = proposal(calls(tmp_path))
    first, second = (yaml.safe_load(writing.binding_text(made, taken)) for taken in ((), {made.fit.contract.title_zh}))
    assert (first["title_zh"], second["title_zh"]) == ("公安警情", "公安警情2")
    writing.write(made, city, force=False)
    assert writing.titles_taken(city, "another") == {"公安警情"}
    assert writing.titles_taken(city, made.feed) == set()


def test_every_contract_has_a_chinese_name() -> None:
    names = {contract: load_contract(contract).title_zh for contract in contract_ids()}
    assert not {contract: name for contract, name in names.items() if not re.search(r"[\u4e00-\u9fff]", name)}
    assert len(set(names.values())) == len(names)


def test_a_binding_mended_by_hand_gets_its_tables_of_codes(
    tmp_path: Path, city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A column that people mapped has its unknown codes in a table; what stands there is kept, and nothing comes twice."""
    header = ["接警编号", "报警时间", "来路"]
    file = written(
        tmp_path / "calls.csv", [header, *([f"A{n}", "2025-01-01 10:00:00", ["灯塔", "电话"][n % 2]] for n in range(9))]
    )
    new_feed.scaffold("calls", file, city, contract="police_incident")
    path = city / "feeds" / "calls.yml"
    own = "".join(
        line
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
        if not line.startswith(("columns:", "codes:", "  "))
    )
    path.write_text(own + "columns: {intake_channel: 来路}\n", encoding="utf-8")
    for old in (city / "codes").glob("*"):
        old.unlink()
    assert load_city(city).feed("calls").codes == ()
    new_feed.new_feed("calls", file, city, codes=True)
    table = city / "codes" / "calls_channel.csv"
    assert [row["source_code"] for row in csv.DictReader(table.open(encoding="utf-8"))] == ["灯塔"]
    assert undecided_codes(city) == {"calls_channel.csv": 1}
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["codes"] == {"channel": "calls_channel.csv"}
    table.write_text("source_code,canonical_code\n灯塔,phone", encoding="utf-8")
    written(file, [header, ["A1", "2025-01-01 10:00:00", "灯塔"], ["A2", "2025-01-01 10:00:00", "鸽子"]])
    new_feed.new_feed("calls", file, city, codes=True)
    assert table.read_text(encoding="utf-8").splitlines() == ["source_code,canonical_code", "灯塔,phone", "鸽子,?"]
    assert code_files.complete(city, "calls", file, ArchiveLimits()) == []

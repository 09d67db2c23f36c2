"""The boards without a browser: what they tell about a build, and what a reader with a narrower scope is given."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import closing
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest
from streamlit import cache_data
from streamlit.testing.v1 import AppTest

from dashboards import serve
from dashboards.kit import data, menu
from dashboards.kit.access import Reader
from dashboards.kit.words import Words, table
from pipelines.cli.examine import _check_scope
from pipelines.core.bindings import load_city
from pipelines.core.board_options import BoardOptions
from pipelines.core.errors import ConfigurationError
from pipelines.core.settings import CITIES, Home
from pipelines.core.state import Ledger
from pipelines.core.warehouse import current_manifest, open_published

SECONDS = 120


@pytest.fixture
def home(tiny_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what boards read of the tiny home, to be changed freely."""
    shutil.copytree(tiny_home / "published", tmp_path / "published")
    shutil.copytree(tiny_home / "state", tmp_path / "state")
    monkeypatch.setenv("CITYBRAIN_HOME", str(tmp_path))
    cache_data.clear()
    return tmp_path


def run(board: str = "", **view: str) -> AppTest:
    app = AppTest.from_file(str(serve.APP), default_timeout=SECONDS)
    if board:
        app.session_state["go_to_board"] = menu.BOARDS[board].removeprefix("./") or "."
    for name, value in {"lang": "en", **view}.items():
        app.query_params[name] = value
    return app.run()


def text_of(app: AppTest) -> str:
    """The words of every piece of markup."""
    protos = [element.proto for element in app.main if type(getattr(element, "proto", None)).__name__ == "BidiComponent"]
    markup = " ".join(json.loads(proto.json)["html"] for proto in protos)
    return re.sub(r"<[^>]+>", " ", markup)


def write_city(home: Path, text: str) -> None:
    folder = home / "city"
    folder.mkdir(exist_ok=True)
    (folder / "city.yml").write_text(text, encoding="utf-8")
    ledger = Ledger.of(Home(home))
    ledger.remember("folder", str(folder))
    ledger.close()


def test_a_board_says_of_when_and_of_which_build_it_is(home: Path) -> None:
    app = run()
    assert not app.exception
    assert current_manifest(home)["build"] in text_of(app)
    assert "Synthetic demonstration data" in text_of(app)


def test_a_blocked_build_is_told_with_its_reason(home: Path) -> None:
    assert "did not pass its checks" not in text_of(run())
    ledger = Ledger.of(Home(home))
    ledger.open_build("later", "2999-01-01T06:00:00")
    ledger.close_build(
        "later", finished_at="2999-01-01T06:05:00", as_of="2999-01-01T00:00:00", mode="full", status="blocked",
        reason="rows of urban_case differ by 3 <b>", fingerprint="",
    )  # fmt: skip
    ledger.close()
    text = text_of(run())
    assert "did not pass its checks" in text
    assert "rows of urban_case differ by 3 &lt;b&gt;" in text


def test_the_city_decides_the_first_language(home: Path) -> None:
    write_city(home, "name: x\ntitle_zh: 甲市\ntitle_en: City A\nlanguages: [en, zh]\n")
    assert "How is" in text_of(run(lang=""))
    write_city(home, "name: x\ntitle_zh: 甲市\ntitle_en: City A\nlanguages: [zh]\n")
    assert "甲市" in text_of(run(lang=""))


def test_a_scope_bounds_every_board(home: Path) -> None:
    source = data.open_source(home, Reader())
    root = source.ask("build").item(0, "root_code")
    areas = [root]
    while len(areas) < 2:  # a tiny city may have one district with one street
        areas = [code for code in source.ask("children", area=areas[0])["grid_code"] if code != "UNASSIGNED"]
    write_city(home, f"name: x\ntitle_zh: 甲市\ntitle_en: City A\nboards: {{scope: '{areas[0]}'}}\n")
    assert "There is no area" not in text_of(run(area=areas[0]))
    assert f"There is no area {areas[1]}" in text_of(run(area=areas[1]))
    assert f"There is no area {root}" in text_of(run(area=root))
    assert f"Shows area {areas[0]} only" in text_of(run())


def test_check_compares_the_scope_with_the_build(home: Path) -> None:
    city = load_city(CITIES / "demo")
    with closing(open_published(home)) as build:
        area = build.rows("select min(grid_code) from marts.dim_grid where grid_level = 2")[0][0]
    assert _check_scope(replace(city, boards=BoardOptions(areas=(area,), departments=("P00",))), home) == ""
    assert "first run" in _check_scope(replace(city, name="other", boards=BoardOptions(areas=(area,))), home)
    with pytest.raises(ConfigurationError, match=r"unknown area .*did you mean"):
        _check_scope(replace(city, boards=BoardOptions(areas=(f"{area}x",))), home)
    with pytest.raises(ConfigurationError, match=r"unknown department 'P0'"):
        _check_scope(replace(city, boards=BoardOptions(departments=("P0",))), home)


def test_a_new_build_is_read_and_an_old_link_keeps_the_old_one(home: Path) -> None:
    old = current_manifest(home)
    app = run()
    new = {**old, "build": "29990101_0123456789"}
    (home / "published" / "CURRENT.json").write_text(json.dumps(new), encoding="utf-8")
    assert data.current_build(home) == new["build"]
    assert new["build"] in text_of(app.run())
    assert old["build"] in text_of(run(build=old["build"]))
    assert "is no longer kept" in text_of(run(build="20200101_gone"))


def test_a_rerun_reads_one_build(home: Path) -> None:
    """A source keeps its manifest: what is published while a page is made does not reach it."""
    source = data.open_source(home, Reader())
    before = source.ask("build").item(0, "build_id")
    (home / "published" / "CURRENT.json").write_text("{}", encoding="utf-8")
    assert source.ask("metrics").height > 10
    assert source.build_id == before


@pytest.mark.parametrize(
    "view",
    [{"area": "no-such-area"}, {"period": "2099-01", "figure": "M99", "page": "99999"}, {"case": "no-such-case"},
     {"build": "no_such_build", "lang": "fr"}, {"area": "UNASSIGNED"}],
)  # fmt: skip
def test_an_old_or_wrong_link_is_answered(tiny_home: Path, monkeypatch: pytest.MonkeyPatch, view: dict[str, str]) -> None:
    monkeypatch.setenv("CITYBRAIN_HOME", str(tiny_home))
    cache_data.clear()
    app = run(**{"lang": "zh", **view})
    assert not app.exception
    text = text_of(app)
    assert not re.search("这一页出了错|This page failed", text)
    assert current_manifest(tiny_home)["build"] in text
    assert ("没有编号为M99的指标" in text) == ("figure" in view)


def test_nothing_published_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYBRAIN_HOME", str(tmp_path))
    assert "Nothing is published yet" in text_of(run())


def test_a_failure_is_told_in_our_words_and_logged(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "published" / current_manifest(home)["file"]).write_bytes(b"not a database")
    app = run(lang="zh")
    assert not app.exception
    assert "这一页出了错" in text_of(app) or "出了错" in text_of(app)
    assert any("a board failed" in record.message for record in caplog.records)


def test_every_flag_of_the_server_stands_in_one_place(tmp_path: Path) -> None:
    command = serve.command(8501, tmp_path)
    for flag in ("server.address=127.0.0.1", "browser.gatherUsageStats=false", "client.toolbarMode=minimal",
                 "client.showErrorDetails=none", "server.fileWatcherType=none", "server.headless=true"):  # fmt: skip
        assert f"--{flag}" in command
    assert serve.environment(tmp_path)["CITYBRAIN_HOME"] == str(tmp_path)
    assert menu.BOARDS["overview"] == "."


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_opened_figure_stands_with_its_warnings_and_changes(home: Path, language: str) -> None:
    """The register's own sentences, whom a pair concerns, and every change defined of it, as the mart has it."""
    with closing(open_published(home)) as build:
        sentences = build.rows(
            f"select w.name_{language} from marts.ref_metric_warning m join marts.ref_warning w using (warning) "
            "where m.metric_id = 'M06'"
        )  # fmt: skip
        changes = build.rows(
            "select m.against, m.adjust, v.num, v.den, v.value, v.is_small_base from marts.ref_metric m "
            "join marts.v_metric_display v using (metric_id) where m.of_metric = 'M06' and v.period_kind = 'month' "
            "and v.basis = 'as_was' and v.slice_kind = 'all' and v.grid_code = (select root_code from marts.build_info) "
            "and v.period_end = (select cast(as_of as date) from marts.build_info) and v.reason is null"
        )
        other = build.rows(f"select name_{language} from marts.ref_metric where metric_id = 'M11'")[0][0]
    assert sentences
    assert changes
    words = Words("zh" if language == "zh" else "en")
    text = " ".join(text_of(run(lang=language, figure="M06", period="2026-06")).split())
    for (sentence,) in sentences:
        assert sentence in text
    assert other in text
    for against, adjust, now, before, value, is_small in changes:
        size = words("change.counts", before=words.number(before), now=words.number(now)) if is_small else words.signed(value, 1)
        assert f"{words(f'usage.{against}.{adjust}')} {size}" in text


#: Addresses that somebody mistyped or made up, each with something in every part that a board reads.
ODD = (
    {"period": "0001-01", "unit": "week", "span": "0001-W01", "against": "9999-W52", "id": "V01/990100/28d-0001-01-01",
     "figure": "M99", "cut": "department.none", "kind": "none", "build": "CURRENT"},
    {"period": "0002-02", "unit": "year", "span": "9999", "against": "0001", "id": "V01/990100/0001-01", "from": "CURRENT",
     "cut": "channel", "case": "none", "page": "999999", "one": "nowhere", "other": "nowhere", "network": "none"},
    {"period": "9999-12", "unit": "month", "span": "9999-12", "against": "0001-01", "id": "M16/990100/9999-W53@CURRENT",
     "feed": "none", "rule": "none", "ticket": "none", "basis": "none", "value": "-0.000001", "of": "999999999999"},
)  # fmt: skip


#: Each board with one of them in `make test`, in turn; with the others in `make prove-boards`.
ODD_ONES = [
    pytest.param(board, view, id=f"{board}-{j}", marks=[] if (i + j) % len(ODD) == 0 else pytest.mark.proof)
    for i, board in enumerate(menu.BOARDS)
    for j, view in enumerate(ODD)
]


@pytest.mark.parametrize(("board", "view"), ODD_ONES)
def test_no_odd_address_is_an_error(tiny_home: Path, monkeypatch: pytest.MonkeyPatch, board: str, view: dict[str, str]) -> None:
    monkeypatch.setenv("CITYBRAIN_HOME", str(tiny_home))
    title = max(re.split(r"\{\w+\}", table()[f"title.{board}"]["en"]), key=len)
    text = text_of(run(board, **view))
    assert Words("en")("guard.error") not in text
    assert escape(title) in text
    assert Words("en")("ethics") in text, "the page is not whole"

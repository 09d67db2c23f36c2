"""From landing to a published build: chosen cases of a tiny city, then three more days, incremental against full."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import zipfile
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from pipelines import build, publish
from pipelines.building.dbt import PROJECT, dbt_environment, target_path
from pipelines.building.parsed import FILES, name_of_parse
from pipelines.core.canonical import canonical_hash, differing
from pipelines.core.errors import BuildBlocked, UsageError
from pipelines.core.settings import Home, load_settings
from pipelines.core.warehouse import open_pair, open_published, writer
from tests.integration.changed_figures import changed, check_change
from tests.integration.chosen_cases import CITY, COMMUNITY, EAST, GRID, STREET, WEST
from tests.integration.landed import Landed, event_id, moment
from tests.integration.published_rows import event, figure
from tests.integration.story import SETTINGS, Story, tell

#: Changes drawn of each pair of its builds; the last two differ by nothing but as_of.
CHANGES = 12


def manifest_tests(home: Home) -> set[str]:
    manifest = json.loads((target_path(home) / "manifest.json").read_text(encoding="utf-8"))
    return {key for key in manifest["nodes"] if key.startswith(("test.", "unit_test."))}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell(tmp_path_factory.mktemp("build"))


def test_a_lawsuit_belongs_to_the_mediation_that_it_names_now(story: Story) -> None:
    found = {n: event(story.last, "mediation", n, "lawsuit_filed_at, next_step_at, follow_up_end_at") for n in ("J1", "J2", "J3")}
    sued = moment("2017-01-04T00:00:00")
    assert {n: row[0] for n, row in found.items()} == {"J1": None, "J2": sued, "J3": sued}
    assert found["J1"][1:] == (None, moment("2017-01-28T23:59:59"))  # 180 days after the first of August
    assert story.last.rows(
        "select link_kind, method from marts.fct_event_link where event_id_a = ? and event_id_b = ?",
        [event_id("mediation", "J2"), event_id("court_case", "S1")],
    ) == [("chain_next", "declared")]  # fmt: skip


def test_a_window_that_closed_between_two_builds_enters_its_figures(story: Story) -> None:
    """Three failed mediations, 180 days over on 28 January 2017: two were sued, one has no next step."""
    assert figure(story.first, "M25", CITY, "month", "2017-01-31") == (None, None, None)
    assert figure(story.last, "M25", CITY, "month", "2017-01-31")[:2] == (1, 3)
    assert figure(story.last, "M14", CITY, "month", "2017-01-31")[:2] == (2, 3)


def test_every_dbt_test_runs_exactly_once_in_a_full_build(story: Story) -> None:
    assert len(story.first_tests) == len(set(story.first_tests))
    assert set(story.first_tests) == manifest_tests(story.place.home)


def test_incremental_equals_full(story: Story) -> None:
    assert story.modes == ["full", "incremental", "incremental", "incremental", "full"]
    assert story.hashes[0]["state"] == story.hashes[1]["state"]
    assert differing(*story.hashes) == ["fct_feed_outcome"]  # to the home of the full build "mistake" never came
    files = "select * from marts.fct_feed_outcome where status <> 'retracted' order by feed, sha256"
    assert story.last.rows(files) == story.rebuilt.rows(files)


def test_the_days_did_change_the_marts(story: Story) -> None:
    changed = differing(canonical_hash(story.first.connection), story.hashes[0])
    assert {"fct_event", "fct_metric_value", "fct_open_case", "fct_event_version"} <= set(changed)


def test_a_bulletin_comes_out_as_printed(story: Story) -> None:
    """X01, Tianmen: 911 of 972 closed = 93.72 %, 737 of 972 on time = 75.82 %."""
    assert figure(story.first, "M10", CITY, "month", "2016-12-31") == (911, 972, "93.72")
    assert figure(story.first, "M16", CITY, "month", "2016-12-31") == (737, 972, "75.82")
    # At the end of the year the 29 closed in January are still not closed; in the cumulative rate they are.
    assert figure(story.first, "M10", CITY, "year", "2016-12-31")[:2] == (911, 972)


def test_the_interval_is_wilsons(story: Story) -> None:
    low, high = story.first.rows(
        "select ci_low, ci_high from marts.fct_metric_value where metric_id = 'M16' and period_kind = 'month' "
        "and period_end = date '2016-12-31' and grid_code = ? and slice_kind = 'all'", [CITY],
    )[0]  # fmt: skip
    assert (round(low, 2), round(high, 2)) == (73.03, 78.41)  # computed by hand with z = 1.96


@pytest.mark.parametrize("area", [CITY, EAST, STREET, COMMUNITY, GRID])
def test_a_case_counts_in_every_area_above_it(story: Story, area: str) -> None:
    """October 2016, counted: OPEN, DUP (its root is not there yet), MOVES, CLASH, BACKWARDS, BYPOINT; police P1, P2."""
    everywhere = 8 + (1 if area == CITY else 0)  # NOWHERE
    assert figure(story.first, "V01", area, "month", "2016-10-31")[0] == everywhere


def test_a_case_without_a_place_is_counted_and_said_so(story: Story) -> None:
    assert event(story.first, "urban_case", "NOWHERE", "grid_code, category_code, category_domain, grid_version_id") == (
        "UNASSIGNED", "UNMAPPED", "C99", None,
    )  # fmt: skip
    assert figure(story.first, "V01", "UNASSIGNED", "month", "2016-10-31")[0] == 1
    assert figure(story.first, "M51", CITY, "month", "2016-10-31")[:2] == (10, 11)  # counts all rows


def test_a_merged_case_waits_for_its_root(story: Story) -> None:
    columns = "is_counted, not_counted_reason, root_event_id"
    own, root = event_id("urban_case", "DUP"), event_id("urban_case", "LATER")
    assert event(story.first, "urban_case", "DUP", columns) == (True, None, own)
    assert event(story.last, "urban_case", "DUP", columns) == (False, "merged", root)
    assert event(story.first, "police_incident", "P3", "is_counted, current_state") == (False, "MERGED")
    assert event(story.first, "urban_case", "VOID", columns)[:2] == (False, "void")
    assert event(story.first, "petition", "T2", columns)[:2] == (False, "withdrawn_before_acceptance")


def test_a_correction_moves_a_case_and_leaves_no_ghost(story: Story) -> None:
    assert event(story.last, "urban_case", "MOVES", "grid_code, category_code, last_changed_at") == (
        WEST, "3102", moment("2017-01-08"),
    )  # fmt: skip
    assert figure(story.first, "V01", WEST, "month", "2016-08-31") == (None, None, None)
    assert figure(story.last, "V01", WEST, "month", "2016-08-31")[0] == 1
    assert figure(story.last, "V01", GRID, "month", "2016-10-31")[0] == 7  # MOVES and DUP gone, LATER come
    versions = story.last.rows(
        "select version_no, version_at, is_current from marts.fct_event_version where event_id = ? order by 1",
        [event_id("urban_case", "MOVES")],
    )
    assert [(n, at.day, current) for n, at, current in versions] == [(1, 6, False), (2, 7, False), (3, 8, True)]


def test_a_case_flagged_as_deleted_leaves_the_counts_and_can_come_back(story: Story) -> None:
    """GONE and BACK are flagged on the second day, their content unchanged; BACK comes again without the flag on the third."""
    columns = "is_counted, not_counted_reason"
    assert {event(story.first, "urban_case", number, columns) for number in ("GONE", "BACK")} == {(True, None)}
    assert event(story.last, "urban_case", "GONE", columns) == (False, "deleted_at_source")
    assert event(story.last, "urban_case", "BACK", columns) == (True, None)
    counted = [figure(build, "V01", CITY, "month", "2016-07-31")[0] for build in (story.first, story.last)]
    assert counted == [3 + 2, 3 + 1]  # with three mediations
    versions = "select version_no, is_current from marts.fct_event_version where event_id = ? order by 1"
    assert story.last.rows(versions, [event_id("urban_case", "GONE")]) == [(1, False), (2, True)]
    assert story.last.rows(versions, [event_id("urban_case", "BACK")]) == [(1, False), (2, False), (3, True)]


def test_a_file_taken_back_leaves_nothing(story: Story) -> None:
    assert figure(story.first, "V01", CITY, "month", "2016-03-31")[0] == 1
    assert figure(story.last, "V01", CITY, "month", "2016-03-31") == (None, None, None)
    assert not story.last.rows("select 1 from marts.fct_event where event_id = ?", [event_id("urban_case", "TAKEN-BACK")])


def test_whistles_come_out_as_printed(story: Story) -> None:
    """F41, Rizhao: 98 reports, 72.5 % resolved, which 66 of 91 gives: seven are open, and stand aside."""
    assert figure(story.first, "M22", CITY, "year", "2016-12-31") == (66, 91, "72.5")
    assert figure(story.first, "M22a", CITY, "year", "2016-12-31")[0] == 98
    assert figure(story.first, "M22a", EAST, "year", "2017-12-31") == (None, None, None)  # its event is not known


def test_a_called_unit_is_in_time_by_the_limit_of_its_urgency(story: Story) -> None:
    """Two hours to the second, or the end of the next working day; who never came and whose urgency nobody stated."""
    outcomes = dict(story.first.rows("select source_case_no, outcome from marts.fct_dispatch"))
    assert len(outcomes) == 100
    named = {number: outcomes.pop(number) for number in ("W000-1", "W001-1", "W002-1", "W003-1", "W000-2", "LATE")}
    assert named == {
        "W000-1": "late", "W001-1": "met", "W002-1": "met", "W003-1": "open_overdue", "W000-2": "no_limit", "LATE": "open_in_time",
    }  # fmt: skip
    assert set(outcomes.values()) == {"met"}
    assert figure(story.first, "M21", CITY, "month", "2016-09-30")[:2] == (96, 98)


def test_time_alone_makes_a_unit_late(story: Story) -> None:
    assert story.last.rows("select outcome from marts.fct_dispatch where source_case_no = 'LATE'") == [("open_overdue",)]


def test_an_act_that_arrives_touches_its_case_and_follows_it(story: Story) -> None:
    columns = "assist_n, escalation_n, grid_code, discovery"
    assert event(story.first, "grid_event", "G1", columns) == (0, 2, GRID, "found")
    assert event(story.last, "grid_event", "G1", columns) == (2, 2, WEST, "found")
    assert figure(story.first, "M40", CITY, "month", "2016-09-30")[:2] == (0, 1)
    assert figure(story.last, "M40", CITY, "month", "2016-09-30")[:2] == (1, 1)
    assert event(story.first, "dispatch_whistle", "W000-1", "grid_code, root_event_id") == (GRID, event_id("grid_event", "G1"))
    assert event(story.last, "dispatch_whistle", "W000-1", "grid_code")[0] == WEST
    assert event(story.last, "dispatch_whistle", "LATE", "grid_code")[0] == "UNASSIGNED"
    assert story.last.rows("select count(*) from marts.fct_dispatch where grid_code = ?", [WEST]) == [(99,)]  # W097-1 was deleted


def test_acts_are_no_cases(story: Story) -> None:
    """One event of the grid, with a hundred calls about it, is one event."""
    assert figure(story.first, "V01", CITY, "month", "2016-09-30")[0] == 1
    assert figure(story.first, "M06", CITY, "month", "2016-09-30")[0] == 1


def test_two_contents_at_one_time_are_both_kept_and_flagged(story: Story) -> None:
    assert "key_conflict" in event(story.first, "urban_case", "CLASH", "dq_flags")[0]
    rows = story.first.rows(
        "select is_key_conflict from marts.fct_event_version where event_id = ?", [event_id("urban_case", "CLASH")]
    )
    assert rows == [(True,), (True,)]


def test_the_most_specific_class_that_maps_wins(story: Story) -> None:
    assert event(story.first, "police_incident", "P1", "category_code")[0] == "1010"
    # 9901 meant 3101 until mid-2016 and 3105 from then on; the case is of October.
    assert event(story.first, "urban_case", "BYPOINT", "category_code, grid_code, grid_resolution_method") == (
        "3105", GRID, "polygon",
    )  # fmt: skip


def test_a_shared_department_name_names_neither(story: Story) -> None:
    assert event(story.first, "urban_case", "OPEN", "lead_dept_id")[0] == "UNMAPPED"
    assert event(story.first, "urban_case", "X0001", "lead_dept_id")[0] == "D1"


def test_a_sealed_case_never_leaves_staging(story: Story) -> None:
    assert story.first.rows("select count(*) from marts.fct_event where event_kind = 'court_case'") == [(3,)]
    assert not story.first.rows("select 1 from marts.fct_event where event_id = ?", [event_id("court_case", "C2")])


def test_a_year_is_no_month(story: Story) -> None:
    """C1 and C4 are lawsuits of 2016; C4 is known to the year only. C3 is mediation before filing, no lawsuit."""
    assert figure(story.first, "M03", CITY, "year", "2016-12-31")[:2] == (2, 50_000)
    assert figure(story.first, "M03", CITY, "month", "2016-05-31")[0] == 1
    assert figure(story.first, "M03", CITY, "month", "2016-01-31") == (None, None, None)


def test_rates_are_per_resident_with_a_reason_where_there_are_too_few(story: Story) -> None:
    assert figure(story.first, "M02", CITY, "month", "2016-11-30") == (1, 50_000, "0.02")  # by filing, not by report
    assert figure(story.first, "M02", EAST, "year", "2016-12-31")[:2] == (1, 20_000)
    assert figure(story.first, "M01", CITY, "month", "2016-10-31") == (1, 50_000, "0.02")


def test_small_cells_of_persons_are_hidden_below_the_district(story: Story) -> None:
    shown = story.first.rows(
        "select grid_level, is_suppressed, value_text, num from marts.v_metric_display where metric_id = 'M05' "
        "and period_kind = 'year' and slice_kind = 'all' order by grid_level"
    )
    assert shown == [(0, False, "1", 1), (1, False, "1", 1)]
    street = story.first.rows(
        "select is_suppressed, value_text, num from marts.v_metric_display where metric_id = 'M02' and grid_code = ? "
        "and period_kind = 'year' and slice_kind = 'all'", [STREET],
    )  # fmt: skip
    assert street == [(True, "*", None)]


def test_a_deadline_passes_by_the_clock_alone(story: Story) -> None:
    overdue = "select coalesce(sum(num), 0) from marts.fct_metric_value where metric_id = 'M44' and slice_kind = 'all' and grid_code = ?"
    # 32 of the bulletin stay open past their deadline; OPEN joins them when 7 January has passed.
    assert story.first.rows(overdue, [CITY]) == [(32,)]
    assert story.last.rows(overdue, [CITY]) == [(33,)]
    assert figure(story.first, "M16", CITY, "month", "2017-01-31") == (None, None, None)
    assert figure(story.last, "M16", CITY, "month", "2017-01-31")[:2] == (0, 1)


def test_the_median_is_of_cases_in_order(story: Story) -> None:
    """911 closed in December after registration: 737 in 12 days less 21.5 hours, the rest later; BACKWARDS is left out."""
    rows = story.first.rows(
        "select stat_value, den from marts.fct_metric_value where metric_id = 'M48' and grid_code = ? "
        "and period_kind = 'month' and period_end = date '2016-12-31' and slice_kind = 'all'", [CITY],
    )  # fmt: skip
    assert rows == [(pytest.approx(12 + 2.5 / 24), 911)]
    assert not story.first.rows("select 1 from marts.fct_metric_value where metric_id = 'M48' and period_end = date '2016-10-31'")


def test_cumulative_counts_what_is_closed_by_the_cut_off(story: Story) -> None:
    cumulative = "select num, den from marts.fct_metric_value where metric_id = 'M08' and grid_code = ? and period_end = ?"
    assert story.first.rows(cumulative, [CITY, "2017-01-06"]) == []  # nothing here has a time of acceptance


def test_windows_that_hang_on_as_of_move_with_it(story: Story) -> None:
    ends = "select distinct period_end from marts.fct_metric_value where metric_id = 'V01' and period_kind = 'year_to_date' and period_end >= date '2017-01-01' order by 1"
    assert story.first.rows(ends) == []  # nothing was reported in 2017
    rolling = "select count(*) from marts.fct_metric_value where period_kind = 'rolling_28d' and metric_id = 'M16' and period_end = ? and extract(dow from period_end) <> 0"
    assert story.first.rows(rolling, ["2017-01-06"])[0][0] > 0
    assert story.last.rows(rolling, ["2017-01-06"])[0][0] == 0


def test_parts_are_the_events_by_month(story: Story) -> None:
    manifest = json.loads((story.place.home.published / "CURRENT.json").read_text(encoding="utf-8"))
    months = [p["month"] for p in manifest["parts"] if p["table"] == "fct_event"]
    expected = story.last.rows("select distinct strftime(reported_at, '%Y-%m') from marts.fct_event order by 1")
    assert months == [row[0] for row in expected]
    for part in manifest["parts"]:
        assert part["sha256"].startswith(Path(part["path"]).stem.split("-")[-1])


def test_rolling_back_points_at_a_kept_build(story: Story) -> None:
    kept = [b["build"] for b in publish.builds(story.place.home)]
    assert len(kept) == 4
    try:
        publish.rollback(story.place.home, kept[-1])
        with open_published(story.place.home.root) as old:
            assert canonical_hash(old.connection) == canonical_hash(story.first.connection)
    finally:
        publish.rollback(story.place.home, kept[0])
    with pytest.raises(UsageError, match="no_such"):
        publish.rollback(story.place.home, "no_such")


def test_the_gate_holds_a_build_that_lost_a_row(story: Story, tmp_path: Path) -> None:
    """An event deleted from the mart behind dbt's back: the gate names the feed, and CURRENT.json stays."""
    home = Home(tmp_path / "home")
    shutil.copytree(story.place.home.root, home.root)
    place = Landed(home, story.place.city)
    before = (home.published / "CURRENT.json").read_bytes()
    prepared = build.prepare(home, place.city, SETTINGS, moment("2017-02-08T12:00:00"))
    assert prepared.mode == "incremental"
    with writer(home.warehouse, SETTINGS) as connection:
        connection.execute("delete from marts.fct_event where event_id = ?", [event_id("urban_case", "VOID")])
    with pytest.raises(BuildBlocked, match="urban_case: expected"):
        publish.publish(home, SETTINGS, prepared.inputs, prepared.mode, now=dt.datetime(2017, 3, 1))
    assert (home.published / "CURRENT.json").read_bytes() == before


def test_one_matter_filed_by_letter_online_and_12345_is_one_matter_and_three_contacts(story: Story) -> None:
    """The letter that the others lead to arrives last: the order's root is two declared numbers away."""
    root = event_id("petition", "A1")
    for contract, number in (("petition", "A1"), ("petition", "A2"), ("hotline_order", "H1")):
        assert event(story.last, contract, number, "root_event_id") == (root,)
    assert event(story.last, "petition", "A2", "is_counted, not_counted_reason") == (False, "merged")
    assert figure(story.last, "M05", WEST, "year", "2016-12-31")[0] == 1
    contacts = "select count(*) from marts.fct_event where root_event_id = ?"
    assert story.last.rows(contacts, [root]) == [(3,)]
    assert figure(story.last, "V11", WEST, "year", "2016-12-31")[0] == 2 + 3  # the two petitions, and H1 to H3
    assert figure(story.last, "V12", WEST, "year", "2016-12-31")[0] == 1 + 2  # the matter, and H2 and H3


def test_a_repeat_after_the_end_is_told_of_the_matter_that_ended(story: Story) -> None:
    assert event(story.last, "petition", "A1", "repeated_at") == (moment("2016-09-01T00:00:00"),)
    assert event(story.last, "petition", "A3", "is_repeat, is_counted") == (True, True)
    assert figure(story.last, "M28b", CITY, "year", "2016-12-31")[:2] == (1, 1)


def test_the_later_call_back_counts_once_and_not_reached_is_kept_apart(story: Story) -> None:
    columns = "called_back_at, is_reached, is_solved, satisfaction"
    assert event(story.first, "hotline_order", "H1", columns) == (moment("2016-05-09T00:00:00"), True, True, "4")
    assert event(story.last, "hotline_order", "H1", columns) == (moment("2016-05-12T00:00:00"), True, False, "2")
    calls = story.last.rows("select callback_id, event_id, reached from marts.fct_callback")
    assert set(calls) == {
        (event_id("callback", "K1"), event_id("hotline_order", "H1"), True), (event_id("callback", "K2"), None, False),
    }  # fmt: skip
    assert event(story.last, "callback", "K1", "grid_code") == event(story.last, "hotline_order", "H1", "grid_code")
    lost = event(story.last, "callback", "K2", "grid_code, list_contains(dq_flags, 'case_missing')")
    assert lost == ("UNASSIGNED", True)


def test_enquiries_stay_out_of_the_rates_and_an_exemption_needs_a_reason(story: Story) -> None:
    assert event(story.last, "hotline_order", "H2", "is_exempt, list_contains(dq_flags, 'exempt_without_reason')") == (
        False,
        True,
    )
    assert event(story.last, "hotline_order", "H3", "is_exempt, exempt_reason") == (True, "not_in_scope")
    assert figure(story.last, "M37", CITY, "year", "2016-12-31")[:2] == (0, 2)  # H1 and H2; not H3, not the enquiry
    assert figure(story.first, "M37", CITY, "year", "2016-12-31")[:2] == (1, 2)
    assert figure(story.last, "M39", CITY, "year", "2016-12-31")[:2] == (1, 3)
    assert figure(story.last, "V14", CITY, "year", "2016-12-31")[0] == 1


def test_the_steps_of_changes_between_its_builds_add_up(story: Story, tmp_path: Path) -> None:
    """Of every two of the four kept builds; thirty days of a city with files of its departments: `make prove-diff`."""
    home, rng, steps, checked = story.place.home.root, random.Random(11), Counter[str](), 0
    for before, after in combinations(reversed(publish.builds(story.place.home)), 2):
        with open_pair(home, before, after, tmp_path / "spill") as pair:
            for name in changed(pair, rng, CHANGES):
                steps += check_change(pair, name)
                checked += 1
    assert checked >= 5 * CHANGES
    assert {"new", "late", "progress", "time", "corrected", "retracted", "withdrawn", "regridded"} <= set(steps), steps


def test_the_homes_of_a_session_share_one_parse_that_dbt_took(story: Story, tiny_home: Path) -> None:
    """The later homes: `tiny_home` by the real command and Dagster, `again` without; dbt rewrites a parse that it does not take.

    Two that begin at once, as the first of two workers, may both parse.
    """
    name = name_of_parse(PROJECT, dbt_environment(Home(tiny_home), load_settings()))
    with zipfile.ZipFile(Path(os.environ["CITYBRAIN_PARSES"]) / f"{name}.zip") as held:
        shared = held.read(FILES[0])
    for home in (tiny_home, story.place.home.root.parent / "again"):
        assert (target_path(Home(home)) / FILES[0]).read_bytes() == shared

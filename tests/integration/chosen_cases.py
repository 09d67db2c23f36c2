"""The chosen cases of the tiny city that tests of the build name: what is landed on its first day, and their builders.

Every row is there for something that a test says about it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.integration.landed import Landed, Row, moment, references

GRID, COMMUNITY, STREET, EAST, WEST, CITY = (
    "990101001001001", "990101001001", "990101001", "990101", "990102", "990100",
)  # fmt: skip


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def urban(number: str, reported: str, **more: Any) -> Row:
    times = {k: moment(v) if k.endswith("_at") and isinstance(v, str) else v for k, v in more.items()}
    return {"source_case_no": number, "reported_at": moment(reported), "grid_code": GRID, "class_text": "井盖"} | times


def bulletin() -> list[Row]:
    """X01: in December 2016, 972 cases fell due; 911 closed within the month, 737 of them on time; 24 registered later due."""
    rows = []
    for n in range(972):
        if n < 737:
            closed = "2016-12-10T12:00:00"  # the last minute that is on time
        elif n < 911:
            closed = "2016-12-31T23:59:00"
        elif n < 940:
            closed = "2017-01-05T08:00:00"  # closed, but not within the month
        else:
            closed = None
        rows.append(
            urban(f"X{n:04}", "2016-11-28T09:00:00", registered_at="2016-11-28T09:30:00", deadline_at="2016-12-10T12:00:00",
                  closed_at=closed, handle_dept_name="城管")
        )  # fmt: skip
    return rows


def chosen() -> list[Row]:
    return [
        urban("OPEN", "2016-10-01T08:00:00", deadline_at="2017-01-07T08:00:00", handle_dept_name="建设局"),
        urban("DUP", "2016-10-02T08:00:00", duplicate_of_no="LATER"),
        urban("VOID", "2016-10-02T08:00:00", close_type="作废"),
        urban("MOVES", "2016-10-03T08:00:00"),
        urban("CLASH", "2016-10-04T08:00:00", class_text="路灯", updated_at="2016-10-05T08:00:00"),
        urban("CLASH", "2016-10-04T08:00:00", class_text="绿化", updated_at="2016-10-05T08:00:00"),
        urban("NOWHERE", "2016-10-05T08:00:00", grid_code="123456", class_text="没有的类"),
        urban("BACKWARDS", "2016-10-06T08:00:00", registered_at="2016-10-06T09:00:00", closed_at="2016-10-01T00:00:00"),
        urban("BYPOINT", "2016-10-07T08:00:00", grid_code=None, lon=118.05, lat=36.05, class_text=None, big_code="99", small_code="01"),
    ]  # fmt: skip


def police() -> list[Row]:
    base = {"intake_channel": "110", "grid_code": GRID}
    return [
        {"source_case_no": "P1", "reported_at": moment("2016-10-01T01:00:00"), "feedback_class_code": "不认识", "class_l1_code": "盗窃",
         "case_nature": "刑事", "filed_at": moment("2016-11-02T00:00:00"), **base},
        {"source_case_no": "P2", "reported_at": moment("2016-10-01T02:00:00"), "class_l2_code": "赌博", "case_nature": "治安",
         "accepted_at": moment("2016-10-01T03:00:00"), **base},
        {"source_case_no": "P3", "reported_at": moment("2016-10-01T03:00:00"), "merged_into_no": "P2", **base},
    ]  # fmt: skip


def court() -> list[Row]:
    base = {"case_type": "民初", "instance": "一审", "cause_text": "离婚纠纷", "filed_on": dt.date(2016, 5, 1)}
    return [
        {**base, "source_case_no": "C1", "place_code": WEST},
        {**base, "source_case_no": "C2", "is_sealed": True},
        {**base, "source_case_no": "C3", "case_type": "诉前调"},
        {**base, "source_case_no": "C4", "filed_on": dt.date(2016, 1, 1), "time_precision": "year"},
    ]


def grid_event(**more: Any) -> Row:
    """One event of the grid platform: up two levels and one down again, closed."""
    return {
        "source_case_no": "G1", "reported_at": moment("2016-09-05T08:00:00"), "closed_at": moment("2016-09-20T08:00:00"),
        "dispatched_at": moment("2016-09-05T09:00:00"), "grid_code": GRID, "return_n": 1, "reporter_kind": "网格员",
        "class_l2_code": "邻里纠纷", "handling_level": 3,
        "escalations": ["4|3|2016-09-06 08:00:00|overdue", "3|2|2016-09-07 08:00:00|major", "2|3|2016-09-08 08:00:00|"],
    } | more  # fmt: skip


def whistles() -> list[Row]:
    """Rizhao: 98 whistles, 66 resolved, 25 not, 7 still open. The first of them called a second unit, to support."""
    rows: list[Row] = []
    for n in range(98):
        result = "已化解" if n < 66 else "未化解" if n < 91 else None
        came = {0: "2016-09-05T12:00:01", 1: "2016-09-05T12:00:00", 2: "2016-09-06T23:00:00", 3: None}.get(
            n, "2016-09-05T10:30:00"
        )
        rows.append({
            "source_case_no": f"W{n:03}-1", "whistle_no": f"W{n:03}", "event_no": "G1", "called_at": moment("2016-09-05T10:00:00"),
            "severity": "一般" if n == 2 else "较大", "reported_at": came and moment(came), "result": result, "called_unit": "城管局",
            "unit_role": "牵头单位" if n == 0 else None,
        })  # fmt: skip
    rows.append({**rows[0], "source_case_no": "W000-2", "called_unit": "住建局", "unit_role": "配合单位", "severity": None})
    return [*rows, {**rows[4], "source_case_no": "LATE", "called_at": moment("2017-01-05T23:00:00"), "severity": "一般",
                    "reported_at": None, "result": None, "event_no": "UNKNOWN"}]  # fmt: skip


def petition(number: str, at: str = "2016-05-01T00:00:00", **said: Any) -> Row:
    return {"source_case_no": number, "registered_at": moment(at), "place_code": WEST, **said}


def order(number: str, **said: Any) -> Row:
    """A request of the hotline, sent to a unit and closed, in the same place as `petition`."""
    return {
        "source_case_no": number, "registered_at": moment("2016-05-02T08:00:00"), "purpose": "投诉", "grid_code": WEST,
        "dispatched_at": moment("2016-05-02T09:00:00"), "closed_at": moment("2016-05-06T09:00:00"), **said,
    }  # fmt: skip


def requests() -> list[Row]:
    """One about a petition that is merged into another, one exempted without a reason, one with, and an enquiry."""
    return [
        order("H1", related_nos=["A2"], callback_at=moment("2016-05-09T00:00:00"), solved=True, satisfaction="满意"),
        order("H2", exempt_flag=True, callback_at=moment("2016-05-09T00:00:00"), solved=False),
        order("H3", exempt_flag=True, exempt_reason="超出受理范围"),
        {"source_case_no": "H4", "registered_at": moment("2016-05-02T08:00:00"), "purpose": "咨询", "answered_on_line": True,
         "callback_at": moment("2016-05-09T00:00:00"), "contacted": True},
    ]  # fmt: skip


def letters() -> list[Row]:
    """The letter that the others lead to, and a repeat after its end."""
    return [
        petition("A1", intake_channel="来信", closed_at=moment("2016-06-01T00:00:00"), close_type="答复"),
        petition("A3", at="2016-09-01T00:00:00", place_code=EAST, is_repeat_src="重复", related_nos=["A1"]),
    ]


def calls() -> list[Row]:
    """One about an order that was called about before, and one about nothing we know."""
    return [
        {"source_case_no": "K1", "event_no": "H1", "called_back_at": moment("2016-05-12T00:00:00"), "reached": True,
         "contacted": True, "solved": False, "satisfaction": "不满意", "method": "电话"},
        {"source_case_no": "K2", "event_no": "NOWHERE", "called_back_at": moment("2016-05-12T00:00:00"), "reached": False},
    ]  # fmt: skip


def first_day(place: Landed) -> None:
    references(place)
    place.land("urban_case", "bulletin", bulletin(), at="2017-01-06T00:00:00")
    place.land("urban_case", "chosen", chosen(), at="2017-01-06T00:00:00")
    place.land("urban_case", "mistake", [urban("TAKEN-BACK", "2016-03-03T08:00:00")], at="2017-01-06T00:00:00")
    place.land("police_incident", "police", police(), at="2017-01-06T00:00:00")
    place.land("court_case", "court", court(), at="2017-01-06T00:00:00")
    place.land("petition", "petition", [
        {"source_case_no": "T1", "registered_at": moment("2016-06-01T00:00:00"), "place_code": EAST, "persons_n": 3},
        {"source_case_no": "T2", "registered_at": moment("2016-06-01T00:00:00"), "close_type": "撤回"},
    ], at="2017-01-06T00:00:00")  # fmt: skip
    place.land("mediation", "mediation", [
        {"source_case_no": number, "accepted_on": day("2016-07-01"), "concluded_on": day("2016-08-01"), "result": "调解失败",
         "place_code": EAST}
        for number in ("J1", "J2", "J3")
    ], at="2017-01-06T00:00:00")  # fmt: skip
    place.land("grid_event", "grid", [grid_event()], at="2017-01-06T00:00:00")
    place.land("dispatch_whistle", "whistles", whistles(), at="2017-01-06T00:00:00")
    place.land("hotline_order", "orders", requests(), at="2017-01-06T00:00:00")


def lawsuit(number: str, **more: Any) -> Row:
    """A civil case of first instance that names the mediation before it."""
    return {
        "source_case_no": number,
        "case_type": "民初",
        "instance": "一审",
        "filed_on": day("2017-01-04"),
        "place_code": EAST,
    } | more

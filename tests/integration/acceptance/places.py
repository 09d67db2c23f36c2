"""What each place reported: source rows such that the figures its article prints must come out.

Belongs here: counts, days and codes of source rows, worked out by hand from the printed figures. Does not: any value
that a test expects (the tests state those), any reading of the warehouse.
"""

from __future__ import annotations

import os

import polars as pl

from tests.integration.acceptance.tables import at_noon, first, rows, spread

Parts = dict[str, list[pl.DataFrame]]
#: In `make test` a fourth of Rizhao's 910,000 grid events: the same rate to the digit, a minute of CPU less; all in `make prove-cities`.
PART = 1 if os.environ.get("CITYBRAIN_ALL_OF_RIZHAO") else 4
#: Leaf areas into which a place's rows fall.
SUZHOU, HUAIYANG, XIALU, RIZHAO = "620902001001", "411603101201", "420204001001", "371102101201"
TIANMEN = "429006000000000"


def mediations(
    count: int, prefix: str, place: str, days: pl.Expr, *, agreed: int, performed: int = 0, due: int = 0,
    prevented: int = 0, kind: str = "2002",
) -> pl.DataFrame:  # fmt: skip
    """Mediations all concluded; of `agreed` agreements `due` are due, of those `performed` fully performed."""
    return rows(
        count, prefix,
        committee_kind="village", accepted_on=days.dt.strftime("%Y-%m-%d"), intake="application", dispute_type=kind,
        result=first(agreed, "agreed", "failed"), concluded_on=days.dt.strftime("%Y-%m-%d"),
        agreed_on=first(agreed, days.dt.strftime("%Y-%m-%d")), due_on=first(due, days.dt.strftime("%Y-%m-%d")),
        performance=first(performed, "full", first(due, "none")),
        performed_on=first(performed, days.dt.strftime("%Y-%m-%d")),
        prevented_kind=first(prevented, "criminal"), prevented_confirmed_by=first(prevented, "派出所"),
        next_step=first(agreed, None, "litigation"), place_code=place,
    )  # fmt: skip


def suzhou() -> Parts:
    """Since 2021: 36,000 disputes of which 35,280 resolved, 23,500 hazards of which 23,030 cleared, 65 harms prevented."""
    days = spread("2021-01-01", "2022-06-30")
    found, day = at_noon(days), days.dt.strftime("%Y-%m-%d")
    hazards = rows(
        23_500, "SZYH", found_at=found, found_by="inspection", hazard_level="general", grid_code=SUZHOU,
        hazard_class=first(2_840, "4001", "4019"), deadline_on=day,
        rectified_at=first(23_030, found), cleared_at=first(23_030, found),
    )  # fmt: skip
    return {
        "mediation": [mediations(36_000, "SZTJ", SUZHOU, days, agreed=35_280, prevented=65)],
        "hazard": [hazards],
    }


def huaiyang() -> Parts:
    """H1 2022: 510 of 510 disputes resolved; violent crime 17 to 2 (and 170 to 20 in a town of its own); no homicide."""
    last, now = spread("2021-01-01", "2021-06-30"), spread("2022-01-01", "2022-06-30")

    def crimes(count: int, prefix: str, days: pl.Expr, place: str) -> pl.DataFrame:
        return rows(
            count, prefix, reported_at=at_noon(days), accepted_at=at_noon(days), filed_at=at_noon(days),
            case_nature="criminal", class_l1_code="1002", grid_code=place,
        )  # fmt: skip

    return {
        "mediation": [mediations(510, "HYTJ", HUAIYANG, now, agreed=510)],
        "police_incident": [
            crimes(17, "4116000000001", last, HUAIYANG), crimes(2, "4116000000002", now, HUAIYANG),
            crimes(170, "6209000000003", last, SUZHOU), crimes(20, "6209000000004", now, SUZHOU),
        ],
    }  # fmt: skip


def xialu() -> Parts:
    """This year: 1,515 mediations, 1,509 agreed, all due, 1,503 performed; 2,345 disputes reported since April."""
    reported = rows(
        2_345, "XLSJ", class_l1_code="2002", reporter_kind="grid_staff", grid_code=XIALU,
        reported_at=at_noon(spread("2022-04-01", "2022-08-19")),
    )  # fmt: skip
    days = spread("2022-01-01", "2022-08-19")
    return {
        "mediation": [mediations(1_515, "XLTJ", XIALU, days, agreed=1_509, due=1_509, performed=1_503)],
        "grid_event": [reported],
    }


def rizhao() -> Parts:
    """Since December 2020: 910,000 grid events, 906,724 settled, both by `PART`; 10,396 matters, 9,564 settled; the half years.

    Disputes fall by 2.6 % (500 to 487), civil cases by 5.47 % (256 to 242), petitions at province and above by 10.5 %
    (200 to 179): the smallest round numbers that give those percentages.
    """
    h1_before, h1 = spread("2021-01-01", "2021-06-30"), spread("2022-01-01", "2022-06-30")
    since = spread("2020-12-01", "2022-08-30")
    plain = 910_000 // PART - 500 - 487
    closed = 906_724 // PART - 500 - 487

    def events(count: int, prefix: str, days: pl.Expr, category: str, settled: int) -> pl.DataFrame:
        return rows(
            count, prefix, class_l1_code=category, reporter_kind="grid_staff", grid_code=RIZHAO,
            reported_at=at_noon(days), closed_at=first(settled, at_noon(days)),
        )  # fmt: skip

    def petitions(count: int, prefix: str, days: pl.Expr, level: str, settled: int) -> pl.DataFrame:
        return rows(
            count, prefix, registered_at=at_noon(days), accept_notice_at=at_noon(days), received_level=level,
            subject_code="3005", purpose="appeal", grid_code=RIZHAO, closed_at=first(settled, at_noon(days)),
            close_type=first(settled, "reply"),
        )  # fmt: skip

    def lawsuits(count: int, prefix: str, year: int, days: pl.Expr) -> pl.DataFrame:
        numbered = rows(
            count, prefix, case_type="civil", instance="first", cause_code="2006", place_code="371102",
            received_on=days.dt.strftime("%Y-%m-%d"), filed_on=days.dt.strftime("%Y-%m-%d"),
        )  # fmt: skip
        number = pl.format("({})鲁1102民初{}号", pl.lit(year), pl.int_range(1, pl.len() + 1))
        return numbered.with_columns(number.alias("source_case_no"))

    whistles = rows(
        98, "RZCS", event_no=pl.format("RZQT{}", pl.col("n").cast(pl.String).str.zfill(7)),
        called_at=at_noon(spread("2022-01-01", "2022-08-01")),
        reported_at=at_noon(spread("2022-01-01", "2022-08-01")), result=first(66, "resolved", first(91, "unresolved")),
    )  # fmt: skip
    return {
        "grid_event": [
            events(plain, "RZQT", since, "5001", closed), events(500, "RZJA", h1_before, "2002", 500),
            events(487, "RZJB", h1, "2002", 487),
        ],
        "mediation": [mediations(60_000, "RZTJ", RIZHAO, spread("2022-07-01", "2022-08-30"), agreed=53_580)],
        "petition": [
            petitions(200, "RZXA", h1_before, "provincial", 200), petitions(179, "RZXB", h1, "national", 179),
            petitions(10_396 - 379, "RZXC", since, "city", 9_564 - 379),
        ],
        "court_case": [lawsuits(256, "RZMA", 2021, h1_before), lawsuits(242, "RZMB", 2022, h1)],
        "dispatch_whistle": [whistles],
    }  # fmt: skip


def tianmen() -> Parts:
    """December 2016: accepted 1,054, registered 996 (events 971, components 25; inspectors 953, public 43).

    Due 972 (956 and 16), closed 911 (902 and 9), on time 737. Closed but late: after the deadline within the month.
    """
    day = "2016-12-05"

    def cases(count: int, prefix: str, code: str, channel: str, *, due: int, closed: int, on_time: int) -> pl.DataFrame:
        return rows(
            count, prefix, intake_channel=channel, item_type="component" if code.startswith("31") else "event",
            class_text=code, reported_at=f"{day} 09:00:00", accepted_at=f"{day} 09:30:00", registered_at=f"{day} 10:00:00",
            deadline_at=first(due, "2016-12-15 10:00:00", "2017-01-05 10:00:00"),
            closed_at=first(on_time, "2016-12-14 10:00:00", first(closed, "2016-12-20 10:00:00")),
            grid_code=TIANMEN,
        )  # fmt: skip

    refused = rows(
        1_054 - 996, "TMBL", intake_channel="inspector", item_type="event", class_text="3019",
        reported_at=f"{day} 09:00:00", accepted_at=f"{day} 09:30:00", grid_code=TIANMEN,
    )  # fmt: skip
    return {
        "urban_case": [
            cases(474, "TMGG", "3002", "inspector", due=474, closed=460, on_time=380),
            cases(147, "TMRM", "3019", "inspector", due=147, closed=140, on_time=110),
            cases(128, "TMDM", "3004", "inspector", due=128, closed=120, on_time=100),
            cases(179, "TMQT", "3001", "inspector", due=169, closed=150, on_time=120),
            cases(43, "TMGZ", "3003", "public", due=38, closed=32, on_time=20),
            cases(25, "TMBJ", "3105", "inspector", due=16, closed=9, on_time=7),
            refused,
        ]
    }


def contacts() -> Parts:
    """One matter by letter, online and by 12345: the second merged into the first, the order naming it."""
    at = "2022-03-01 09:00:00"
    letter = rows(1, "ACC20A", registered_at=at, intake_channel="letter", purpose="appeal", grid_code=XIALU)
    online = rows(
        1, "ACC20B", registered_at=at, intake_channel="online", purpose="appeal", grid_code=XIALU, merged_into_no="ACC20A"
    )
    call = rows(1, "ACC20C", registered_at=at, purpose="complaint", grid_code=XIALU, related_nos="ACC20A", dispatched_at=at)
    return {
        "petition": [letter.with_columns(source_case_no=pl.lit("ACC20A")), online.with_columns(source_case_no=pl.lit("ACC20B"))],
        "hotline_order": [call.with_columns(source_case_no=pl.lit("ACC20C"))],
    }  # fmt: skip

"""The story that test_build tells of the tiny city: what it holds, and one run of it."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines import build, publish
from pipelines.core.canonical import Hashes, canonical_hash
from pipelines.core.delete_flag import MARKED
from pipelines.core.settings import Home, load_settings
from pipelines.core.warehouse import PublishedBuild, open_published, writer_lock
from tests.integration import chosen_cases as cases
from tests.integration.chosen_cases import WEST, day, first_day, lawsuit, urban
from tests.integration.landed import Landed, moment, write_city

SETTINGS = replace(load_settings(), memory_limit="1GB", threads=2)


def run(place: Landed, as_of: str | None = None) -> build.Built:
    """Build, publish, finish; what `citybrain run` does after ingesting."""
    with writer_lock(place.home.warehouse):
        built = build.build(place.home, place.city, SETTINGS, moment(as_of) if as_of else None)
        now = dt.datetime(2017, 1, 1, len(publish.builds(place.home)))
        publish.publish(place.home, SETTINGS, built.prepared.inputs, built.prepared.mode, now=now)
        build.finish(built.prepared)
    return built


@dataclass
class Story:
    """The tiny city on its first day and after three more, built twice on the last."""

    first: PublishedBuild
    first_tests: list[str]
    last: PublishedBuild
    rebuilt: PublishedBuild
    modes: list[str]
    place: Landed
    hashes: tuple[Hashes, Hashes]


def tell(base: Path) -> Story:
    """Four days of the tiny city below `base`, and the full build of the last."""
    city = write_city(base / "tiny", {"urban_case": "9901,3101,,2016-06-30\n9901,3105,2016-06-30,\n"})
    place = Landed(Home(base / "home").make(), city)
    first_day(place)
    place.land(
        "urban_case", "July", [urban(number, "2016-07-05T08:00:00") for number in ("GONE", "BACK")], at="2017-01-06T00:00:00"
    )
    runs = [run(place)]
    tests = [*runs[0].phases[0].tests, *runs[0].phases[1].tests]
    first = open_published(place.home.root)
    # Day two: a correction that moves a case in time and place, the root of a duplicate, a deadline that passes by the clock.
    corrected = urban("MOVES", "2016-08-03T08:00:00", grid_code=WEST, class_text="路灯")
    online = cases.petition("A2", intake_channel="网信", merged_into_no="A1")
    place.land("petition", "online", [online], at="2017-01-08T00:00:00")
    gone = [urban(number, "2016-07-05T08:00:00", _flags=[MARKED]) for number in ("GONE", "BACK")]
    place.land("urban_case", "day two", [corrected, urban("LATER", "2016-10-01T07:00:00"), *gone], at="2017-01-08T00:00:00")
    place.land(
        "court_case", "sued", [lawsuit("S1", mediation_no="J1"), lawsuit("S2", mediation_no="J3")], at="2017-01-08T00:00:00"
    )
    place.land("grid_assist", "help", [
        {"source_case_no": "A1", "event_no": "G1", "assisted_at": moment("2016-09-06T08:00:00"), "network": "公安"},
        {"source_case_no": "A2", "event_no": "G1", "assisted_at": moment("2016-09-06T09:00:00"), "network": "法院"},
        {"source_case_no": "A3", "event_no": "G1", "assisted_at": moment("2016-09-06T09:30:00"), "network": "法院", "_flags": [MARKED]},
    ], at="2017-01-08T00:00:00")  # fmt: skip
    struck = {**cases.whistles()[4], "source_case_no": "W097-1", "_flags": [MARKED]}
    place.land(
        "dispatch_whistle", "another", [struck, {**cases.whistles()[4], "source_case_no": "W098-1"}], at="2017-01-08T00:00:00"
    )
    runs.append(run(place))
    # Day three: a file taken back, and an older correction that arrives late and must not win.
    place.retract("mistake")
    place.land("grid_event", "moved", [cases.grid_event(grid_code=WEST)], at="2017-01-09T00:00:00")
    place.land("petition", "letters", cases.letters(), at="2017-01-07T00:00:00")
    place.land("callback", "calls", cases.calls(), at="2017-01-07T00:00:00")
    place.land("urban_case", "late", [urban("MOVES", "2016-02-02T08:00:00")], at="2017-01-07T00:00:00")
    place.land("urban_case", "restored", [urban("BACK", "2016-07-05T08:00:00")], at="2017-01-09T00:00:00")
    place.land("court_case", "renamed", [lawsuit("S1", mediation_no="J2")], at="2017-01-09T00:00:00")
    place.land("mediation", "more", [{"source_case_no": "J4", "accepted_on": day("2017-02-07")}], at="2017-02-08T11:00:00")
    runs.append(run(place))
    # Day four: nothing but a later as_of, a month on.
    runs.append(run(place, "2017-02-08T12:00:00"))
    last = open_published(place.home.root)
    again = Home(base / "again").make()
    for folder in ("landing", "state"):
        shutil.copytree(place.home.root / folder, again.root / folder, dirs_exist_ok=True)
    Landed(again, city, place.files).forget("mistake")  # taken back: as if it had never come
    runs.append(run(Landed(again, city), "2017-02-08T12:00:00"))
    rebuilt = open_published(again.root)
    hashes = canonical_hash(last.connection), canonical_hash(rebuilt.connection)
    return Story(first, tests, last, rebuilt, [r.prepared.mode for r in runs], place, hashes)

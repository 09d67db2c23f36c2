"""`citybrain new-feed` against files that nobody here wrote, and against every synthetic feed with its headers varied.

The yardstick: for Chicago and the leader board the bindings written by hand; for Boston the table below. A column is right
if it is proposed as what the yardstick says, or as nothing where that says nothing. Columns that a person would bind are
also counted alone, because proposing nothing for all of them would be right too often.
"""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from pipelines.cleaning import formats, judge
from pipelines.cli import new_feed
from pipelines.core.bindings import Binding, load_city, read_binding
from pipelines.core.settings import PROJECT_ROOT, ArchiveLimits
from pipelines.scaffold import mapping
from pipelines.scaffold.looking import Seen, look
from pipelines.scaffold.wording import PAIRS
from pipelines.synthetic import writer
from tests.integration.real_counts import REAL

CITIES = PROJECT_ROOT / "data" / "cities"
RIGHT = 0.8
HEAD = 2_000

#: Boston by hand. Several columns: each is as good (an offence's code and its description tell the same; a request's type is
#: the contract's text of the class or its small class). A header that is not named has no column.
BOSTON_CRIME = {
    "INCIDENT_NUMBER": {"source_case_no"}, "OFFENSE_CODE_GROUP": {"class_l1_code"}, "OFFENSE_DESCRIPTION": {"class_l2_code", "class_l1_code"},
    "OFFENSE_CODE": {"class_l3_code", "class_l1_code", ""}, "DISTRICT": {"station_name"}, "REPORTING_AREA": {"grid_code"},
    "OCCURRED_ON_DATE": {"reported_at"}, "STREET": {"address_text"}, "Lat": {"lat"}, "Long": {"lon"},
}  # fmt: skip
BOSTON_311 = {
    "case_enquiry_id": {"source_case_no"}, "open_dt": {"reported_at"}, "target_dt": {"deadline_at"}, "sla_target_dt": {"deadline_at"},
    "closed_dt": {"closed_at"}, "case_status": {"native_status"}, "case_title": {"description", "class_text", ""}, "reason": {"big_code"},
    "type": {"class_text", "small_code"}, "department": {"handle_dept_name"}, "location": {"address_text"},
    "neighborhood": {"community_name"}, "latitude": {"lat"}, "longitude": {"lon"}, "source": {"intake_channel"},
}  # fmt: skip
BOSTON = {
    "police/boston_crime_2018_sample.csv": ("police_incident", BOSTON_CRIME),
    "police/boston_crime_2020_sample.csv": ("police_incident", BOSTON_CRIME),
    "police/boston_crime_2021_sample.csv": ("police_incident", BOSTON_CRIME),
    "urban/boston_311_2011H2.csv.gz": ("urban_case", BOSTON_311),
    "urban/boston_311_animal_2013.csv.gz": ("urban_case", BOSTON_311),
    "urban/boston_311_animal_2016.csv.gz": ("urban_case", BOSTON_311),
    "urban/boston_311_animal_2019.csv.gz": ("urban_case", BOSTON_311),
}  # fmt: skip
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"the real data are not here: {REAL}")


@dataclass
class Score:
    """Columns proposed rightly, of all and of those that a person would bind; the others by name."""

    right: int = 0
    columns: int = 0
    bound_right: int = 0
    bound: int = 0
    wrong: tuple[str, ...] = ()

    def __add__(self, other: Score) -> Score:
        return Score(
            self.right + other.right, self.columns + other.columns, self.bound_right + other.bound_right,
            self.bound + other.bound, (*self.wrong, *other.wrong),
        )  # fmt: skip


def score(seen: Seen, found: mapping.Fit, wanted: dict[str, set[str]]) -> Score:
    """The proposal against the yardstick (header -> columns that are right)."""
    proposed = {m.position: m.column for m in found.sure}
    result = Score(columns=sum(bool(h) for h in seen.header))
    for position, header in enumerate(seen.header):
        if not header:
            continue
        column, good = proposed.get(position, ""), wanted.get(header, {""})
        result.right += column in good
        result.bound += good != {""}
        result.bound_right += good != {""} and column in good
        if column not in good:
            result.wrong += (f"{seen.path.name}: {header} is {'/'.join(sorted(good))}, proposed {column or 'nothing'}",)
    return result


def small(path: Path, folder: Path) -> Path:
    """The first rows of a long text file, so that the test is short; other files as they are."""
    if not path.name.endswith((".csv", ".csv.gz")):
        return path
    stem = folder / path.name.removesuffix(".gz")
    with gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb") as stream:
        stem.write_bytes(b"".join(itertools.islice(stream, HEAD)))
    return stem


def by_hand(binding: Binding, header: list[str]) -> dict[str, set[str]]:
    """What a binding written by hand makes of a header; a header that two columns read is right as either."""
    position = judge.match_header(header, binding, name="yardstick").position
    found: dict[str, set[str]] = {}
    for column, at in position.items():
        found.setdefault(header[at], set()).add(column)
    return found


def proposed(path: Path, folder: Path, contract: str, zone: str) -> tuple[Seen, mapping.Fit, str]:
    """What is proposed for a file under its contract, and the contract that fits best."""
    seen = look(small(path, folder), limits=ArchiveLimits())
    ranked = mapping.fits(seen, mapping.shapes_of(seen, zone))
    return seen, next(f for f in ranked if f.contract.id == contract), ranked[0].contract.id


@real
@pytest.mark.parametrize("city", ["chicago", "leader_board"])
def test_four_of_five_columns_are_proposed_as_by_hand(city: str, tmp_path: Path) -> None:
    total, misjudged = Score(), []
    for binding in load_city(CITIES / city).feeds:
        files = [] if binding.root == "city" else [p for p in sorted(REAL.glob(binding.pattern)) if "_gb18030" not in p.name]
        for path in files:
            seen, fit, best = proposed(path, tmp_path, binding.contract.id, "UTC")
            total += score(seen, fit, by_hand(binding, seen.header))
            misjudged += [path.name] if binding.contract.entity == "event" and best != binding.contract.id else []
    assert not misjudged
    assert total.right / total.columns >= RIGHT, total
    assert total.bound_right / total.bound >= RIGHT, total


@real
def test_four_of_five_columns_of_boston_are_proposed_rightly(tmp_path: Path) -> None:
    total = Score()
    for name, (contract, wanted) in BOSTON.items():
        seen, fit, best = proposed(REAL / name, tmp_path, contract, "America/New_York")
        assert best == contract, name
        total += score(seen, fit, wanted)
    assert total.right / total.columns >= RIGHT, total
    assert total.bound_right / total.bound >= RIGHT, total


def read_as_proposed(path: Path, contract: str, folder: Path) -> bool:
    """Whether the binding as written gives every header to the column that was proposed, and no other."""
    folder.mkdir()
    (folder / "city.yml").write_text('name: x\nzone: Asia/Shanghai\nroot_area: "1"\n', encoding="utf-8")
    made, _ = new_feed.scaffold("feed", path, folder, contract=contract)
    binding = read_binding(folder / "feeds" / "feed.yml", folder)
    return judge.match_header(made.seen.header, binding, name=path.name).position == {m.column: m.position for m in made.fit.sure}


def traditional(text: str) -> str:
    return text.translate(str.maketrans(dict(zip(PAIRS[1::2], PAIRS[::2], strict=True))))


def varied(header: str, column: str, number: int) -> str:
    """A header as another department would spell it."""
    words = column.split("_")
    spellings = (
        traditional(header),
        "".join(word.capitalize() for word in words),
        f" {header[:1]} {header[1:]}：",
        f"*{header}（必填）",
        " ".join(words).upper(),
    )
    return spellings[number % len(spellings)]


def test_every_synthetic_feed_is_known_by_other_headers(tmp_path: Path) -> None:
    """Every contract's file with every header respelled: contract found, four of five columns right."""
    source = tmp_path / "source"
    writer.generate(source, grids=12, days=60, seed=7, end=dt.date(2026, 6, 30), events_per_grid_month=30, with_truth=False)
    total, seen_contracts, misjudged = Score(), set(), []
    for binding in load_city(CITIES / "demo").feeds:
        path = max(source.glob(binding.pattern), key=lambda p: p.stat().st_size, default=None)
        if path is None or binding.format == "geojson":
            continue
        seen_contracts.add(binding.contract.id)
        reading = formats.open_reading(lambda p=path: p.open("rb"), binding, name=path.name, limits=ArchiveLimits())
        frame = next(reading.batches).drop("_record_no")
        column_at = {at: c for c, at in judge.match_header(reading.header, binding, name=path.name).position.items()}
        header = [varied(h, column_at.get(n, "extra_column"), n) for n, h in enumerate(reading.header)]
        other = tmp_path / "export.csv"
        other.write_text(frame.rename(dict(zip(frame.columns, header, strict=True))).write_csv(), encoding="gb18030")
        seen = look(other, limits=ArchiveLimits())
        ranked = mapping.fits(seen, mapping.shapes_of(seen, "Asia/Shanghai"))
        best = ranked[0].contract.id
        misjudged += [f"{binding.contract.id} as {best}"] if best != binding.contract.id else []
        total += score(
            seen, next(f for f in ranked if f.contract is binding.contract), {header[n]: {c} for n, c in column_at.items()}
        )
        assert read_as_proposed(other, binding.contract.id, tmp_path / f"city_{binding.feed}")
    assert len(seen_contracts) >= 18
    assert not misjudged
    assert total.right / total.columns >= 0.95, "\n".join(total.wrong)


def test_the_measure_can_fail() -> None:
    """A file of another trade under the wrong contract is not four fifths right."""
    frame = pl.DataFrame({"c0": ["1", "2"], "c1": ["a", "b"]})
    seen = Seen(Path("x.csv"), "csv", "", "", "", ["INCIDENT_NUMBER", "OFFENSE_DESCRIPTION"], frame, 2)
    found = mapping.fits(seen, mapping.shapes_of(seen, "UTC"), "calendar")[0]
    assert score(seen, found, BOSTON_CRIME).right == 0

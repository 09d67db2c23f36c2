"""Dirt: what goes wrong in departments' exports, injected at stated rates and recorded one by one.

Belongs here: which cell of which row gets which dirt, how it looks, what a perfect cleaner would still read from it.
Does not: cleaning. Codes are those of the dirt catalogue. Every cell has one kind of dirt at most. Dirt that came later to
this module (D09, D12, D14) is drawn from randomness of its own, after all other: what was drawn before stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipelines.core.contracts import Column, load_contract
from pipelines.synthetic import dirt_forms as forms
from pipelines.synthetic import render, vocabulary, words
from pipelines.synthetic.city import City
from pipelines.synthetic.dirt_targets import TARGETS, Targets
from pipelines.synthetic.feed import Feed

#: Share of rows (D13: by feed) that get each dirt.
RATES = {
    "D01": 0.015,
    "D02": 0.02,
    "D03": 0.08,
    "D04": 0.02,
    "D05": 0.01,
    "D06": 0.05,
    "D07": 0.005,
    "D09": 0.02,
    "D12": 0.02,
    "D14": 0.015,
    "D15": 0.04,
}
D13_RATES = {
    "police_incident": 0.03, "urban_case": 0.08, "petition": 0.05, "court_case": 0.20, "hotline_order": 0.05,
    "deliberation": 0.03, "mediation": 0.12, "hazard": 0.06, "labour_arbitration": 0.2, "grid_event": 0.06,
}  # fmt: skip
#: D14, by feed: a time shown before the one it follows (or in the year before), and the time of closing shown as 23:59.
#: Times on which no figure's month hangs: a broken order is kept as sent, so the truth of figures would break with it.
ORDERS = {"grid_event": ("verified_at", "handled_at", "closed_at"), "hazard": ("", "", "cleared_at")}
DAY_END, WRONG_YEAR = 0.4, 0.3
#: D12: the rest of the points are 0/0.
SWAPPED = 0.6
#: Of the rows with D05: a repeat of the same row, else the same number and time with other content.
REPEATS = 0.7
#: Of the rows with D15: a required value is missing.
REQUIRED_MISSING = 0.1
#: Of the cells with D06: another spelling, stray blanks, a word that no table knows.
SPELLINGS, BLANKS = 0.6, 0.25
#: Stands before the identity number in every narrative that names a person.
PERSON_MARK = "证件000000"
NULL_TOKENS = ("无", "—", "不详", "/", "null", "N/A", "-", "")


@dataclass(slots=True)
class Soiled:
    """Rows with dirt.

    rows: typed values as a perfect cleaner reads them, with `_row`, `_order`, `_copy` (0 the row, 1 a repeat, 2 a key
    conflict) and `_precision` of the main time. texts: what the file shows, row by row. injected: `_row`, code, column,
    flag (what cleaning should leave behind, '' for nothing).
    """

    rows: pl.DataFrame
    texts: pl.DataFrame
    injected: pl.DataFrame


@dataclass(slots=True)
class Bench:
    """The rows being soiled: typed columns, texts, and which cells are taken."""

    feed: Feed
    city: City
    rng: np.random.Generator
    typed: dict[str, pl.Series]
    texts: dict[str, pl.Series]
    height: int
    taken: dict[str, np.ndarray] = field(default_factory=dict)
    injected: list[pl.DataFrame] = field(default_factory=list)

    def pick(self, column: str, candidates: np.ndarray) -> np.ndarray:
        """Those of `candidates` (row positions) whose `column` holds a value and is untouched; marks them taken."""
        used = self.taken.setdefault(column, np.zeros(self.height, bool))
        present = self.texts[column].is_not_null().to_numpy()
        chosen = candidates[present[candidates] & ~used[candidates]]
        used[chosen] = True
        picked: np.ndarray = chosen
        return picked

    def put(self, column: str, at: np.ndarray, shown: pl.Series, read: pl.Series | None = None) -> None:
        """Show other texts at rows `at`; `read` are the values a perfect cleaner gets, if not the true ones."""
        if len(at):
            self.texts[column] = forms.scattered(self.texts[column], at, shown)
            if read is not None:
                self.typed[column] = forms.scattered(self.typed[column], at, read)

    def note(self, code: str, column: str, at: np.ndarray, flag: str | pl.Series = "") -> None:
        """Record the dirt."""
        marks = flag if isinstance(flag, pl.Series) else pl.Series([flag]).new_from_index(0, len(at))
        self.injected.append(
            pl.DataFrame({"_row": at, "code": [code] * len(at), "column": [column] * len(at), "flag": marks},
                         schema={"_row": pl.Int64, "code": pl.String, "column": pl.String, "flag": pl.String})
        )  # fmt: skip

    def rows_at(self, rate: float) -> np.ndarray:
        """Positions drawn with probability `rate`."""
        return np.flatnonzero(self.rng.random(self.height) < rate)

    def split(self, at: np.ndarray, columns: tuple[str, ...]) -> list[tuple[str, np.ndarray]]:
        """`at` dealt out over `columns`."""
        dealt = self.rng.integers(0, max(1, len(columns)), len(at))
        return [(column, at[dealt == n]) for n, column in enumerate(columns)]


def soil(feed: Feed, rows: pl.DataFrame, city: City, rng: np.random.Generator, later: np.random.Generator) -> Soiled:
    """Inject every kind of dirt into the rows of one or more whole files; `later` is what D14 is drawn from."""
    rendered = render.render(feed.name, rows, city)
    bench = Bench(feed, city, rng, {n: rows[n] for n in rows.columns}, {n: rendered[n] for n in rendered.columns}, rows.height)
    is_date = load_contract(feed.name).column(feed.main_time).type == "date"
    bench.typed["_precision"] = pl.Series(["day" if is_date else "minute"]).new_from_index(0, rows.height)
    targets = TARGETS[feed.name]
    _corrections(bench)
    _missing(bench, targets)
    if targets.place:  # an act lies where its case lies
        _places(bench, targets)
    _times(bench, targets)
    _numbers(bench, targets)
    _codes(bench, targets)
    _case_numbers(bench)
    _orders(bench, later)
    _points(bench, later)
    _parents(bench, later)
    _told(bench)
    typed = pl.DataFrame(bench.typed).select(
        pl.all(), pl.int_range(pl.len()).alias("_row"), pl.int_range(pl.len()).cast(pl.Float64).alias("_order"),
        pl.lit(0, pl.Int64).alias("_copy"),
    )  # fmt: skip
    return _copies(bench, typed, pl.DataFrame(bench.texts))


def _corrections(bench: Bench) -> None:
    """D08: the first row that shows a correction of an event that an earlier file showed uncorrected."""
    bench.note("D08", "", np.flatnonzero(bench.typed["_is_correction"].to_numpy()))


def _missing(bench: Bench, targets: Targets) -> None:
    """D15: null tokens. A missing main time or number makes the row unusable."""
    at = bench.rows_at(RATES["D15"])
    vital = bench.rng.random(len(at)) < REQUIRED_MISSING
    groups = bench.split(at[vital], (bench.feed.main_time, "source_case_no"))
    groups += bench.split(at[~vital], targets.optional)
    for column, rows in groups:
        chosen = bench.pick(column, rows)
        which = bench.rng.integers(0, len(NULL_TOKENS), len(chosen))
        shown = pl.Series(NULL_TOKENS)[which]
        lands = load_contract(bench.feed.name).column(column).lands
        flag = pl.select(pl.when(shown != "").then(pl.lit(f"{column}:null_token" if lands else "")).otherwise(pl.lit("")))
        gone = bench.typed[column].clear(len(chosen))
        bench.put(column, chosen, shown, gone)
        bench.note("D15", column, chosen, flag.to_series())


def _places(bench: Bench, targets: Targets) -> None:
    """D01 and D13: codes damaged by a spreadsheet; missing, retired, or a name where the code should stand.

    An act says nothing about its place: that is its case's.
    """
    if not targets.place:
        return
    known = bench.city.codes
    column = targets.place
    damaged = bench.pick(column, bench.rows_at(RATES["D01"]))
    code = bench.texts[column].gather(damaged)
    shown, is_exponent = forms.excel_damage(code, bench.rng.random(len(damaged)))
    unmistakable = ~(shown.is_in(known.implode()) | (shown == code)).to_numpy()
    damaged, shown, is_exponent = damaged[unmistakable], shown.filter(unmistakable), is_exponent.filter(unmistakable)
    bench.put(column, damaged, shown, shown)
    mark = pl.select(pl.when(is_exponent).then(pl.lit(f"{column}:excel_damage")).otherwise(pl.lit(""))).to_series()
    bench.note("D01", column, damaged, mark)
    lost = bench.pick(column, bench.rows_at(D13_RATES[bench.feed.name]))
    kind = bench.rng.random(len(lost))
    if column == "place_code":
        kind = kind * 0.75  # a court names no grids
    code = bench.texts[column].gather(lost)
    retired = code.str.slice(0, 15).str.replace(r"\d(\d\d)$", "9$1")
    name = bench.typed["_leaf_name"].gather(lost)
    value = pl.select(
        pl.when(pl.Series(kind < 0.5)).then(pl.lit(None, pl.String)).when(pl.Series(kind < 0.75)).then(retired).otherwise(name)
    ).to_series()
    bench.put(column, lost, value, value)
    bench.note("D13", column, lost)
    if "duty_grid_code" in bench.texts:  # where the case has no code, half of them have no duty grid either
        rows = bench.pick("duty_grid_code", lost[(kind < 0.5) & (bench.rng.random(len(lost)) < 0.5)])
        bench.put("duty_grid_code", rows, forms.nothing(len(rows)), forms.nothing(len(rows)))
    if "lon" in bench.texts:
        blind = lost[bench.rng.random(len(lost)) < 0.1]
        for axis in ("lon", "lat"):
            rows = bench.pick(axis, blind)
            bench.put(axis, rows, forms.nothing(len(rows)), bench.typed[axis].clear(len(rows)))


def _times(bench: Bench, targets: Targets) -> None:
    """D03 date forms and D04 clock forms. Some lose seconds or the time of day."""
    for code, rate, columns in (("D03", RATES["D03"], targets.times), ("D04", RATES["D04"], targets.clocks)):
        for column, rows in bench.split(bench.rows_at(rate), columns):
            chosen = bench.pick(column, rows)
            value = bench.typed[column].gather(chosen)
            shapes: tuple[forms.TimeForm, ...] = forms.CLOCK_FORMS if code == "D04" else forms.TIME_FORMS
            if value.dtype == pl.Date:
                shapes = forms.DATE_FORMS
            dealt = bench.rng.integers(0, len(shapes), len(chosen))
            for n, form in enumerate(shapes):
                at, part = chosen[dealt == n], value.filter(dealt == n)
                bench.put(column, at, form.show(part), form.read(part))
                bench.note(code, column, at, f"{column}:{form.rule}" if form.rule else "")
                if column == bench.feed.main_time and form.loses_day_time:
                    bench.typed["_precision"] = forms.scattered(
                        bench.typed["_precision"], at, pl.Series(["day"]).new_from_index(0, len(at))
                    )


def _numbers(bench: Bench, targets: Targets) -> None:
    """D02: full-width digits, Chinese numerals, commas, ten-thousands."""
    for column, rows in bench.split(bench.rows_at(RATES["D02"]), targets.numbers):
        chosen = bench.pick(column, rows)
        draws = bench.rng.random(len(chosen))
        shown = forms.dirty_numbers(bench.texts[column].gather(chosen), draws, money=column.endswith("_yuan"))
        bench.put(column, chosen, shown)
        bench.note("D02", column, chosen, f"{column}:d02" if load_contract(bench.feed.name).column(column).lands else "")


def _codes(bench: Bench, targets: Targets) -> None:
    """D06: other spellings, stray blanks, unknown words."""
    contract = load_contract(bench.feed.name)
    for name, rows in bench.split(bench.rows_at(RATES["D06"]), targets.coded):
        chosen = bench.pick(name, rows)
        kind = bench.rng.random(len(chosen))
        draws = bench.rng.random(len(chosen))
        others = _other_spellings(bench, contract.column(name))
        value, text = bench.typed[name].gather(chosen).to_list(), bench.texts[name].gather(chosen).to_list()
        shown, read, flags = [], [], []
        for canonical, clean, k, d in zip(value, text, kind.tolist(), draws.tolist(), strict=True):
            spelled = others.get(canonical, ())
            flags.append("")
            if k < SPELLINGS and spelled:
                shown.append(spelled[int(d * len(spelled))])
            elif k < SPELLINGS + BLANKS or name not in targets.unknowable:
                shown.append(("{} ", "\u3000{}", " {}\u3000")[int(d * 3)].format(clean))
                flags[-1] = f"{name}:d06" if contract.column(name).lands else ""
            else:
                shown.append(words.UNKNOWN_DEPARTMENT if contract.column(name).codes == "department" else words.UNKNOWN_CODE)
                canonical = "UNMAPPED"  # noqa: PLW2901 - the value that cleaning must come to
            read.append(canonical)
        bench.put(name, chosen, pl.Series(shown, dtype=pl.String), pl.Series(read, dtype=pl.String))
        bench.note("D06", name, chosen, pl.Series(flags, dtype=pl.String))


def _other_spellings(bench: Bench, column: Column) -> dict[str, tuple[str, ...]]:
    """Canonical code -> other spellings that the vocabulary or the department register knows."""
    if column.codes == "department":
        pairs = bench.city.departments.select("dept_id", "aliases").iter_rows()
        return {code: tuple(a for a in aliases.split("|") if a) for code, aliases in pairs}
    known = vocabulary.vocabulary()[column.codes]
    if (bench.feed.name, column.name) in render.CATEGORY_CODES:
        return {code: (word.name, *word.others) for code, word in known.items()}
    if column.name == "item_type":
        return {}
    return {code: word.others for code, word in known.items()}


def _orders(bench: Bench, rng: np.random.Generator) -> None:
    """D14: a time before the one it follows, the year before, or a day's work closed at its last minute."""
    if bench.feed.name not in ORDERS:
        return
    broken, follows, closing = ORDERS[bench.feed.name]
    at = np.flatnonzero(rng.random(bench.height) < RATES["D14"])
    kind = rng.random(len(at))
    if broken:
        chosen = bench.pick(broken, at[kind >= DAY_END])
        chosen = chosen[bench.typed[follows].gather(chosen).is_not_null().to_numpy()]
        earlier = bench.typed[follows].gather(chosen) - pl.Series(rng.integers(600, 3 * 86_400, len(chosen)) * 1_000_000).cast(
            pl.Duration("us")
        )
        last_year = bench.typed[broken].gather(chosen).dt.offset_by("-1y")
        wrong = pl.Series(rng.random(len(chosen)) < WRONG_YEAR)
        _show_times(bench, broken, chosen, last_year.zip_with(wrong, earlier))
    chosen = bench.pick(closing, at[kind < DAY_END])
    day_end = bench.typed[closing].gather(chosen).dt.truncate("1d").dt.offset_by("23h59m")
    _show_times(bench, closing, chosen, day_end)


def _show_times(bench: Bench, column: str, at: np.ndarray, value: pl.Series) -> None:
    bench.put(column, at, value.dt.strftime(render.PLAIN_TIME), value)
    bench.note("D14", column, at)


def _points(bench: Bench, rng: np.random.Generator) -> None:
    """D12: longitude and latitude in each other's place, which can be put right; or 0/0, which places nothing."""
    at = np.flatnonzero(rng.random(bench.height) < RATES["D12"])
    kind = rng.random(bench.height)
    if "lon" not in bench.texts:
        return
    both = bench.pick("lat", bench.pick("lon", at))
    swapped, zero = both[kind[both] < SWAPPED], both[kind[both] >= SWAPPED]
    first, second = (bench.texts[axis].gather(swapped) for axis in ("lon", "lat"))
    bench.put("lon", swapped, second)
    bench.put("lat", swapped, first)
    bench.note("D12", "lon", swapped, "lon:swapped")
    for axis in ("lon", "lat"):
        bench.put(axis, zero, pl.Series(["0"]).new_from_index(0, len(zero)), bench.typed[axis].clear(len(zero)))
    bench.note("D12", "lon", zero, "lon:zero_point")


def _parents(bench: Bench, rng: np.random.Generator) -> None:
    """D09: the coarser class is one of another domain; the finer one counts."""
    at = np.flatnonzero(rng.random(bench.height) < RATES["D09"])
    donors = rng.integers(0, max(1, bench.height), bench.height)
    if not {"class_l1_code", "class_l2_code"} <= set(bench.texts):
        return
    shown, code = bench.texts["class_l1_code"], bench.typed["class_l1_code"]
    differs = (code.str.slice(0, 2) != code.gather(donors).str.slice(0, 2)).fill_null(value=False).to_numpy()
    chosen = bench.pick("class_l1_code", at[differs[at]])
    bench.put("class_l1_code", chosen, shown.gather(donors[chosen]))
    bench.note("D09", "class_l1_code", chosen)


def _told(bench: Bench) -> None:
    """D10 and D11: narratives that name a person, addresses by a neighbour. Drawn with the event; here they are recorded."""
    for column in (c for c in load_contract(bench.feed.name).columns if c.name in bench.texts):
        texts = bench.texts[column.name]
        if column.is_free_text:
            named = texts.str.contains(PERSON_MARK, literal=True).fill_null(value=False)
            bench.note("D10", column.name, np.flatnonzero(named.to_numpy()))
        if column.normalise == "address":
            relative = texts.is_in(list(words.RELATIVE_PLACES)).fill_null(value=False)
            bench.note("D11", column.name, np.flatnonzero(relative.to_numpy()), f"{column.name}:relative")


def _case_numbers(bench: Bench) -> None:
    """D07: characters nobody sees, blanks, one bracket of each width."""
    at = bench.pick("source_case_no", bench.rows_at(RATES["D07"]))
    shown = forms.dirty_numbers_of_cases(bench.texts["source_case_no"].gather(at), bench.rng.random(len(at)))
    bench.put("source_case_no", at, shown)
    bench.note("D07", "source_case_no", at, "source_case_no:d07")


def _copies(bench: Bench, rows: pl.DataFrame, texts: pl.DataFrame) -> Soiled:
    """D05: the same row again, or the same number and version time with one value changed."""
    conflict = bench.feed.conflict
    usable = rows[bench.feed.main_time].is_not_null() & rows["source_case_no"].is_not_null()
    at = bench.rows_at(RATES["D05"])
    at = at[usable.to_numpy()[at]]
    again = bench.rng.random(len(at)) < REPEATS
    clash = bench.pick(conflict, at[~again])
    clash = clash[rows[conflict].is_not_null().to_numpy()[clash]]
    repeat = at[again]
    other = forms.another_value(rows[conflict].gather(clash))
    spelled = render.spelling(bench.feed.name, load_contract(bench.feed.name).column(conflict), bench.city)
    shown = forms.spelled(other, spelled)
    copies = np.concatenate([repeat, clash])
    kinds = np.concatenate([np.ones(len(repeat), np.int64), np.full(len(clash), 2)])
    later = bench.rng.integers(0, 40, len(copies)) + 0.5
    new_rows = rows[copies].with_columns(
        pl.Series("_copy", kinds), (pl.col("_order") + pl.Series(later)).alias("_order"),
        (pl.Series(np.arange(len(copies))) + rows.height).alias("_row"),
    )  # fmt: skip
    new_texts = texts[copies]
    where = np.arange(len(repeat), len(copies))
    new_rows = new_rows.with_columns(forms.scattered(new_rows[conflict], where, other))
    new_texts = new_texts.with_columns(forms.scattered(new_texts[conflict], where, shown))
    bench.note("D05", "", np.arange(len(copies)) + rows.height)
    injected = pl.concat(bench.injected)
    return Soiled(pl.concat([rows, new_rows]), pl.concat([texts, new_texts]), _with_copies(injected, copies, rows.height))


def _with_copies(injected: pl.DataFrame, originals: np.ndarray, height: int) -> pl.DataFrame:
    """A copy carries its original's dirt too (a correction counts once)."""
    pairs = pl.DataFrame({"_row": originals, "_new": np.arange(len(originals)) + height})
    carried = injected.filter(pl.col("code") != "D08").join(pairs, on="_row").with_columns(pl.col("_new").alias("_row"))
    return pl.concat([injected, carried.select(injected.columns)]).sort("_row", "code", "column")

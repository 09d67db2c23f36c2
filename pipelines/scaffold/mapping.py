"""Mapping: which column of which contract a header seems to be, and why.

Belongs here: comparing headers and values with a contract, giving each header one column at most, choosing the contract.
Does not: dates, keys, codes of the binding (proposing). A doubtful column is told as doubtful, with what it might be.
"""

from __future__ import annotations

import csv
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from pipelines.core.contracts import CONTRACTS, Column, Contract, contract_ids, load_contract
from pipelines.core.headers import plain
from pipelines.core.settings import pick
from pipelines.core.spelling import nearest
from pipelines.scaffold.looking import Seen
from pipelines.scaffold.shapes import ENOUGH, Shape
from pipelines.scaffold.wording import nearness, phrases, simplified, squeezed, words

#: From here on a column is proposed; from DOUBT on it is named as possible, for people to decide.
SURE = 0.6
DOUBT = 0.4
NAME_SCORE = {"name": 0.65, "phone": 0.75, "id_no": 0.8}
SUFFIXES = {"at": ("date", "time"), "on": ("date",), "no": ("number",), "n": ("count",), "code": ("code",), "name": ("name",)}


@dataclass(frozen=True, slots=True)
class Match:
    """One header offered as one column. score: 0 to 1; reason: one sentence; said: what says so (known, alike, near, values)."""

    header: str
    position: int
    column: str
    score: float
    reason: str
    said: str


@dataclass(slots=True)
class Fit:
    """A contract against a file: what is sure, what is doubtful (header position -> offers, best first), how well it fits.

    outdone: header position -> why it is not written, for a header whose nearest column another header claims better.
    """

    contract: Contract
    sure: list[Match]
    doubtful: dict[int, list[Match]]
    known_as_none: set[int]
    score: float
    outdone: dict[int, str]

    def match(self, column: str) -> Match | None:
        """The header that is proposed for the column."""
        return next((m for m in self.sure if m.column == column), None)


def shapes_of(seen: Seen, zone: str) -> list[Shape]:
    """The shape of every column of the file."""
    return [Shape(seen.frame[f"c{i}"], zone) for i in range(len(seen.header))]


@cache
def code_spellings(code_set: str) -> dict[str, str]:
    """Every shipped spelling of a code set, simplified and in lower case -> canonical code."""
    found: dict[str, str] = {}
    with (CONTRACTS / "codes.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["code_set"] == code_set:
                for text in (row["canonical_code"], row["name_zh"], row["name_en"], *row["synonyms"].split("|")):
                    if text:
                        found.setdefault(simplified(text).strip().lower(), row["canonical_code"])
    return found


def exact_spellings(code_set: str) -> set[str]:
    """The shipped spellings as a build compares them: NFKC, nothing else."""
    with (CONTRACTS / "codes.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["code_set"] == code_set]
    told = (t for r in rows for t in (r["canonical_code"], r["name_zh"], r["name_en"], *r["synonyms"].split("|")))
    return {unicodedata.normalize("NFKC", text).strip() for text in told if text}


def nearest_code(code_set: str, value: str) -> tuple[str, str]:
    """The nearest shipped spelling to a value and its canonical code; two empty texts if none is near."""
    known = code_spellings(code_set)
    low = simplified(value).strip().lower()
    if low in known:
        return low, known[low]
    if low.isdecimal():  # digits near to digits say nothing
        return "", ""
    held = [s for s in known if len(s) > 1 and (s in low or low in s) and len(low) > 1]
    chosen = nearest(low, known) or max(held, key=len, default="")
    return (chosen, known[chosen]) if chosen else ("", "")


@cache
def spellings(contract_id: str) -> dict[str, tuple[tuple[str, float], ...]]:
    """What a column may be called, each with how much that says: own names 1, phrases of elsewhere 0.9."""
    contract, told = load_contract(contract_id), phrases()
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    key = contract.key[0] if contract.key else ""
    special = {"@key": key, "@main_time": contract.main_time, "@update_time": contract.update_time}
    for column in contract.columns:
        found[column.name] += [(s, 1.0) for s in (column.title_zh, column.name, *column.synonyms)]
        stem, _, last = column.name.rpartition("_")
        found[column.name] += [(f"{stem} {word}", 0.9) for word in SUFFIXES.get(last, ()) if stem]
    for scope in ("*", contract_id):
        for name, listed in told.get(scope, {}).items():
            column_name = special.get(name, name)
            if column_name in found:
                found[column_name] += [(phrase, 0.9) for phrase in listed]
    return {name: tuple(listed) for name, listed in found.items()}


def _by_words(header: str, contract: Contract) -> dict[str, tuple[float, str, str]]:
    """By column: score and reason from the header's words alone, and whether they are known, alike, or only near."""
    found: dict[str, tuple[float, str, str]] = {}
    for name, listed in spellings(contract.id).items():
        for spelling, says in listed:
            if says == 1.0 and plain(header) == plain(spelling):
                score, said = 1.0, "known"
                reason = pick(f"the contract knows this header ({spelling})", f"契约认识此表头（{spelling}）")
            else:
                near = nearness(header, spelling)
                said = "alike" if near == 1.0 else "near"
                score = near * says - (0.03 if near == 1.0 and says == 1.0 else 0.0)
                reason = (
                    pick(f"another spelling of {spelling!r}", f"{spelling!r} 的另一种写法") if near == 1.0
                    else pick(f"near to {spelling!r} ({near:.2f})", f"接近 {spelling!r}（{near:.2f}）")
                )  # fmt: skip
            if score > found.get(name, (0.0, "", ""))[0]:
                found[name] = (score, reason, said)
    return found


def _known_share(shape: Shape, code_set: str) -> tuple[float, int]:
    """Of the distinct values, the share that the code set knows, and how many they are."""
    known = code_spellings(code_set)
    hits = sum(value in known for value in shape.folded)
    return (hits / len(shape.folded) if shape.folded else 0.0), hits


def _timely(score: float, shape: Shape, contract: Contract, column: Column) -> tuple[float, str]:
    if shape.time.share >= ENOUGH:
        exact = 0.04 if shape.time.precision == "minute" else 0.0
        coarse = 0.12 if column.type == "timestamp" and shape.time.precision != "minute" else 0.0
        return score + exact - coarse, pick(f"{shape.time.share:.0%} are times", f"{shape.time.share:.0%} 可读作时间")
    years = shape.is_within(1950, 2100, exact=False) and shape.mean_length <= 6
    if column.name == contract.main_time and years and score >= 0.85:
        return score - 0.15, pick("years only", "仅有年份")
    return score * 0.3, pick("its values are no times", "其值不是时间")


def _by_values(score: float, shape: Shape, column: Column, contract: Contract) -> tuple[float, str]:
    """The score of the words, raised or lowered by what the values look like."""
    if not len(shape.filled):
        return score - 0.05, pick("all cells are empty", "该列全空")
    if column.type in ("timestamp", "date"):
        return _timely(score, shape, contract, column)
    if shape.is_point and not column.geometry:
        return score * 0.3, pick("its values are points", "其值为坐标点")
    if column.name in ("lon", "lat"):
        bound = 180 if column.name == "lon" else 90
        good = shape.is_within(-bound, bound, exact=False)
        return (score + 0.04, pick("within its range", "在取值范围内")) if good else (score * 0.3, pick("no degrees", "非经纬度"))
    if column.type in ("integer", "number"):
        good = shape.number_share >= ENOUGH
        return (score + 0.02, pick("numbers", "为数字")) if good else (score * 0.4, pick("no numbers", "其值不是数字"))
    if column.type == "boolean":
        good = shape.boolean_share >= ENOUGH
        return (score + 0.02, pick("yes and no", "为是/否")) if good else (score * 0.5, pick("not yes and no", "其值不是是/否"))
    return _by_text(score, shape, column, contract)


def _by_text(score: float, shape: Shape, column: Column, contract: Contract) -> tuple[float, str]:
    if column.name in contract.key[:1]:
        full = 1 - shape.null_share
        spread = shape.distinct / max(1, len(shape.filled))
        told = pick(f"filled {full:.0%}, different {spread:.0%}", f"非空 {full:.0%}，不同值 {spread:.0%}")
        weight = 0.3 + 0.5 * full + 0.2 * spread  # an empty number refuses the row, a repeated one only needs a reason
        if score == 1.0:  # what the contract calls so is its number however empty: nothing else of the row is
            weight = max(weight, 0.8)
        return score * weight if len(contract.key) == 1 else score, told
    if shape.is_personal and column.level != "P4" and not column.is_free_text and column.normalise != "case_no":
        return score * 0.5, pick("its values look personal", "其值疑似个人信息")
    if column.codes and shape.distinct == 1 and len(shape.filled) > 1 and score < 0.95:
        return score * 0.6, pick("the same value in every row", "每行取值相同")
    if column.codes and column.codes != "department":
        share, hits = _known_share(shape, column.codes)
        if share >= 0.2:
            return score + 0.08 * share, pick(f"{hits} codes of {column.codes} known", f"{hits} 个 {column.codes} 代码已知")
        wide = shape.distinct > 0.5 * len(shape.filled) and len(shape.filled) > 50
        return (score * 0.7, pick("too many different values for codes", "取值过多，不像代码")) if wide else (score, "")
    if (column.normalise == "code" or column.codes) and shape.mean_length > 40:
        return score * 0.5, pick("long text", "为长文本")
    return score, ""


def _unnamed(shape: Shape, contract: Contract) -> dict[str, tuple[float, str]]:
    """Columns that the values alone suggest."""
    found: dict[str, tuple[float, str]] = {}
    party = "id_no" if shape.is_identity else "phone" if shape.is_phone else "name" if shape.is_name else ""
    for column in contract.columns:
        if party and column.party == party:
            en, zh = {"id_no": ("identity numbers", "证件号码"), "phone": ("phones", "电话"), "name": ("names", "人名")}[party]
            found[column.name] = (NAME_SCORE[party], pick(f"its values look like {en}", f"其值形似{zh}"))
        elif column.codes and column.codes != "department" and not party and not shape.is_unique:
            share, hits = _known_share(shape, column.codes)
            if hits >= 2 and share >= 0.6 and shape.number_share < 0.5:
                told = pick(f"{hits} of its values are codes of {column.codes}", f"{hits} 个取值属于代码集 {column.codes}")
                found[column.name] = (0.62 + 0.1 * share, told)
    for name, low, high in (("lon", 73.0, 136.0), ("lat", 3.0, 54.0)):
        if any(c.name == name for c in contract.columns) and shape.is_within(low, high, exact=True):
            found[name] = (0.66, pick("degrees with their decimals", "形似经纬度"))
    if shape.time.share >= 0.98 and shape.time.precision == "minute" and contract.main_time:
        found[contract.main_time] = (0.5, pick("the only hint is that these are times", "仅凭其值为时间"))
    return found


def is_known_as_none(header: str) -> bool:
    """Whether a header is of those that no contract has a column for."""
    said = words(header)
    return not said or any(squeezed(header) == squeezed(p) for p in phrases()["*"]["-"])


def _offers(header: str, position: int, shape: Shape, contract: Contract) -> list[Match]:
    told = _by_words(header, contract)
    if told.get(contract.key[0] if contract.key else "", (0.0, "", ""))[2] == "known":  # and is nothing that is only near
        told = {name: offer for name, offer in told.items() if offer[2] == "known"}
    for name, (score, reason) in _unnamed(shape, contract).items():
        if score > told.get(name, (0.0, "", ""))[0] and not is_known_as_none(header):
            told[name] = (score, reason, "values")
    offers = []
    for name, (score, reason, said) in told.items():
        if score < DOUBT:
            continue
        weighed, more = _by_values(score, shape, contract.column(name), contract)
        if is_known_as_none(header) and score < 0.9:  # unless this contract's own phrases name it
            weighed -= 0.35
        joined = f"{reason}; {more}" if more else reason
        offers.append(Match(header, position, name, round(max(0.0, weighed), 3), joined, said))
    return sorted(offers, key=lambda m: -m.score)


def fit(seen: Seen, shapes: list[Shape], contract: Contract) -> Fit:
    """Each header to one column at most and each column to one header, the best scores first."""
    offers = [m for p, h in enumerate(seen.header) for m in _offers(h, p, shapes[p], contract)]
    order = {c.name: n for n, c in enumerate(contract.columns)}
    known = {m.column: m for m in offers if m.said == "known" and m.score >= DOUBT}
    sure: list[Match] = []
    outdone: dict[int, Match] = {}
    for match in sorted(offers, key=lambda m: (-m.score, m.position, order[m.column])):
        if match.score < SURE or any(m.position == match.position for m in sure):
            continue
        better = next((m for m in sure if m.column == match.column), None)
        if better is None and match.said != "known":  # what the contract calls so, if only half filled, goes before
            better = known.get(match.column)
        if better is not None:
            outdone.setdefault(match.position, better)
        elif match.position not in outdone or match.said != "near":
            sure.append(match)
    return _fitted(seen, contract, offers, sure, outdone)


def _fitted(seen: Seen, contract: Contract, offers: list[Match], sure: list[Match], outdone: dict[int, Match]) -> Fit:
    """What is sure, and what becomes of the other headers: doubtful, no column by nature, or outdone by another header."""
    taken, placed = {m.column for m in sure}, {m.position for m in sure}
    doubtful: dict[int, list[Match]] = defaultdict(list)
    for match in offers:
        if match.position not in placed and match.column not in taken and match.score >= DOUBT:
            doubtful[match.position].append(match)
    nothing = {p for p, h in enumerate(seen.header) if is_known_as_none(h)} - placed
    kept = {p: sorted(found, key=lambda m: -m.score)[:3] for p, found in doubtful.items() if p not in nothing}
    why = {
        p: pick(f"nearest is {m.column}, which {m.header!r} says better", f"最接近 {m.column}，但“{m.header}”更符合")
        for p, m in outdone.items() if p not in placed
    }  # fmt: skip
    return Fit(contract, sorted(sure, key=lambda m: m.position), kept, nothing, _score(seen, sure, contract), why)


@cache
def _rarity() -> dict[str, float]:
    """By plain header: how much it tells about the contract: one over the number of contracts that know it."""
    counted: dict[str, int] = defaultdict(int)
    for contract_id in contract_ids():
        contract = load_contract(contract_id)
        for spelling in {squeezed(s) for c in contract.columns for s in (c.title_zh, c.name, *c.synonyms)}:
            counted[spelling] += 1
    return {spelling: 1 / n for spelling, n in counted.items()}


def _score(seen: Seen, sure: list[Match], contract: Contract) -> float:
    """How well the contract fits: what matched, rare headers more; what the contract must have; words of its trade."""
    told = sum(m.score * (0.5 + 0.5 * _rarity().get(squeezed(m.header), 0.3)) for m in sure) / max(6, len(seen.header))
    matched = {m.column for m in sure}
    needed = [c.name for c in contract.columns if c.required]
    held = sum(name in matched for name in needed) / len(needed) if needed else 0.5
    main = 0.15 if contract.main_time and contract.main_time in matched else 0.0
    trade = phrases().get(contract.id, {}).get("@contract", ())
    text = simplified(" ".join([seen.path.stem, *seen.header])).lower().replace("_", " ")
    said = {w for h in (seen.path.stem, *seen.header) for w in words(h)}
    hints = sum((set(words(p)) <= said) if p.isascii() else (simplified(p) in text) for p in trade)
    named = 0.25 if contract.id in seen.path.stem.lower() else 0.0
    return round(told + 0.2 * held + main + min(0.3, 0.1 * hints) + named, 4)


def fits(seen: Seen, shapes: list[Shape], contract_id: str = "") -> list[Fit]:
    """Every contract (or the one that is given) against the file, the best first."""
    wanted = [contract_id] if contract_id else contract_ids()
    return sorted((fit(seen, shapes, load_contract(i)) for i in wanted), key=lambda f: (-f.score, f.contract.id))

"""Which code means what in the invented departments' own systems, and what is common there.

Belongs here: source codes of categories, shares of categories, other spellings (from the shipped vocabulary). Does not:
the mapping back, which the city folder's `codes/*.csv` states for itself; a test holds the two together.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

import numpy as np

from pipelines.core.contracts import CONTRACTS

#: Shares of police calls (Guangzhou 110, 2015: traffic 30 %, crime and order 10 %, help 20 %, invalid 30 %).
POLICE_MIX = {
    "1001": 0.00004, "1002": 0.0022, "1003": 0.0004, "1004": 0.0004, "1010": 0.016, "1011": 0.012, "1012": 0.003,
    "1019": 0.002, "1101": 0.016, "1102": 0.018, "1103": 0.004, "1104": 0.011, "1105": 0.011, "1119": 0.004,
    "1201": 0.19, "1202": 0.095, "1209": 0.015, "5001": 0.2, "2001": 0.03, "2002": 0.022, "2006": 0.01, "2009": 0.012,
    "2010": 0.008, "2013": 0.01, "2019": 0.006, "6001": 0.004, "7001": 0.002, "9900": 0.3,
}  # fmt: skip
#: Urban cases (Tianmen bulletin: events 97.5 %, of 971 events adverts 474, other appearance 147, piled materials 128).
URBAN_MIX = {
    "3002": 0.475, "3019": 0.147, "3004": 0.128, "3001": 0.08, "3003": 0.06, "3005": 0.02, "3006": 0.02, "3007": 0.01,
    "3008": 0.02, "3009": 0.015, "3101": 0.008, "3102": 0.003, "3103": 0.003, "3104": 0.002, "3105": 0.006,
    "3106": 0.002, "3107": 0.001,
}  # fmt: skip
PETITION_MIX = {
    "2009": 0.18, "2005": 0.13, "2003": 0.1, "2010": 0.14, "2006": 0.06, "2011": 0.03, "2013": 0.05, "2014": 0.06,
    "2015": 0.08, "2016": 0.05, "2018": 0.06, "3005": 0.03, "6001": 0.03,
}  # fmt: skip
COURT_MIX = {
    "2006": 0.4, "2001": 0.16, "2016": 0.12, "2012": 0.09, "2009": 0.07, "2010": 0.06, "2008": 0.05, "2002": 0.02,
    "2003": 0.02, "2011": 0.01,
}  # fmt: skip
#: Calls to 12345: enquiries first, then the wants of daily life. Topics of deliberation: what neighbours share.
HOTLINE_MIX = {
    "6001": 0.34, "5001": 0.12, "2010": 0.09, "2009": 0.08, "2013": 0.07, "3008": 0.06, "1202": 0.05, "3003": 0.04,
    "3001": 0.04, "3103": 0.03, "3102": 0.02, "3107": 0.02, "3005": 0.01, "7001": 0.01, "9900": 0.02,
}  # fmt: skip
DELIBERATION_MIX = {
    "2010": 0.35, "1202": 0.15, "3004": 0.12, "3106": 0.1, "2002": 0.1, "4001": 0.08, "2015": 0.05, "3102": 0.05,
}  # fmt: skip
#: Disputes before mediation committees; hazards (Suzhou District: fire about an eighth); labour arbitration.
MEDIATION_MIX = {
    "2002": 0.2, "2001": 0.15, "2010": 0.12, "2006": 0.09, "2009": 0.14, "2003": 0.05, "2008": 0.04, "2012": 0.04,
    "2013": 0.04, "2011": 0.03, "2005": 0.02, "2015": 0.03, "2014": 0.02, "2004": 0.01, "2016": 0.01, "2019": 0.01,
}  # fmt: skip
HAZARD_MIX = {
    "4001": 0.34, "4002": 0.2, "4003": 0.1, "4004": 0.03, "4005": 0.1, "4006": 0.09, "4007": 0.04, "4008": 0.04,
    "4009": 0.04, "4019": 0.02,
}  # fmt: skip
ARBITRATION_MIX = {"2009": 0.94, "2019": 0.06}
#: Grid events: environment and hazards on patrol, service and disputes, little else.
GRID_MIX = {
    "2001": 0.045, "2002": 0.06, "2003": 0.015, "2006": 0.01, "2009": 0.015, "2010": 0.035, "2012": 0.01, "2015": 0.01,
    "4001": 0.09, "4002": 0.05, "4003": 0.02, "4005": 0.03, "4006": 0.01, "3001": 0.12, "3002": 0.05, "3003": 0.04,
    "3004": 0.06, "3101": 0.02, "3103": 0.02, "3106": 0.02, "5001": 0.2, "6001": 0.06, "9002": 0.005, "9003": 0.005,
}  # fmt: skip
#: Handling limit of an urban category: number, unit; and the department that handles it.
URBAN_LIMITS = {
    "3001": (8, "working_hour", "U01"), "3002": (12, "working_hour", "U01"), "3003": (4, "working_hour", "U01"),
    "3004": (2, "working_day", "U01"), "3005": (15, "working_day", "U02"), "3006": (1, "working_day", "U02"),
    "3007": (5, "working_day", "U03"), "3008": (2, "working_day", "U03"), "3009": (3, "working_day", "U06"),
    "3019": (2, "natural_day", "U01"), "3101": (4, "urgent_hour", "U07"), "3102": (3, "working_day", "U08"),
    "3103": (7, "working_day", "U05"), "3104": (3, "working_day", "U05"), "3105": (2, "working_day", "U01"),
    "3106": (5, "working_day", "U04"), "3107": (12, "urgent_hour", "U07"),
}  # fmt: skip
#: Hours that a unit lasts on the wall clock, roughly; each file states its deadlines itself.
UNIT_HOURS = {"urgent_hour": 1.0, "working_hour": 3.0, "working_day": 33.6, "natural_day": 24.0}

_POLICE_GROUPS = {"10": "01", "11": "02", "12": "05", "20": "08", "50": "07", "60": "04", "70": "06", "99": "99"}


def police_code(category: str) -> str:
    """Six digits by pairs: group, kind, 00 (public lists give 01 criminal, 02 order, 05 traffic, 99 other)."""
    return f"{_POLICE_GROUPS[category[:2]]}{category[2:]}00"


def police_group(category: str) -> str:
    """The first-level class that `category` stands under."""
    return f"{_POLICE_GROUPS[category[:2]]}0000"


def urban_code(category: str) -> str:
    """Two digits of the small class."""
    return category[2:]


def urban_group(category: str) -> str:
    """Two digits of the large class: 11 components, 21 events."""
    return "11" if category.startswith("31") else "21"


def petition_code(category: str) -> str:
    """Letter of the domain and number."""
    return {"20": "M", "30": "E", "60": "Q"}[category[:2]] + category[2:]


def hotline_code(category: str) -> str:
    """Domain, a point, number."""
    return f"{category[:2]}.{category[2:]}"


def court_code(category: str) -> str:
    """Number of the cause of action."""
    return "90" + category[2:]


def mediation_code(category: str) -> str:
    """Letters of the ledger and number of the type."""
    return "TJ" + category[2:]


def hazard_code(category: str) -> str:
    """Letter and number of the class."""
    return "Y" + category[2:]


def arbitration_code(category: str) -> str:
    """Number of the cause before the commission."""
    return "70" + category[2:]


_GRID_LETTERS = {"20": "J", "30": "H", "31": "B", "40": "A", "50": "F", "60": "Z", "90": "T"}


def grid_code(category: str) -> str:
    """Letter of the domain and number."""
    return _GRID_LETTERS[category[:2]] + category[2:]


def grid_group(category: str) -> str:
    """The first-level class that `category` stands under."""
    return _GRID_LETTERS[category[:2]] + "00"


@dataclass(frozen=True, slots=True)
class Word:
    """One canonical code: its usual Chinese text and other spellings of it."""

    name: str
    others: tuple[str, ...]


@cache
def vocabulary() -> dict[str, dict[str, Word]]:
    """Code set -> canonical code -> words, from the shipped vocabulary.

    A spelling that stands under two codes of one set is left out: no department could mean one of them by it.
    """
    found: dict[str, dict[str, Word]] = {}
    uses: dict[tuple[str, str], int] = {}
    with (CONTRACTS / "codes.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        for text in (row["name_zh"], row["canonical_code"], *row["synonyms"].split("|")):
            uses[row["code_set"], text] = uses.get((row["code_set"], text), 0) + 1
    for row in rows:
        others = [s for s in row["synonyms"].split("|") if s and uses[row["code_set"], s] == 1]
        found.setdefault(row["code_set"], {})[row["canonical_code"]] = Word(row["name_zh"], tuple(others))
    return found


def draw(mix: dict[str, float], count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` keys of `mix` by their shares, as strings."""
    shares = np.array(list(mix.values()))
    return np.array(list(mix))[rng.choice(len(shares), size=count, p=shares / shares.sum())]

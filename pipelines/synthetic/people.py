"""People who do not exist, and the sentences that name them: the canaries of every privacy test.

Belongs here: names, phone numbers, ID numbers (area 000000, valid check digit), number plates, narratives. Does not:
where they go (the feeds) or who must never see them (cleaning).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.synthetic import words

POOL = 20_000
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECK = "10X98765432"
#: Share of narratives that hold personal data (D10 of the dirt catalogue).
NARRATIVES_WITH_PERSON = 0.2
#: Every narrative ends with this marker and six digits, so that one search finds any that leaked.
MARKER = "ZXQ"


@dataclass(frozen=True, slots=True)
class People:
    """Pools of equal length: one invented person per row (name, phone, id_no, plate, address)."""

    pool: pl.DataFrame

    def canaries(self) -> pl.DataFrame:
        """Every string that must never leave the vault: kind, value."""
        kinds = ["name", "phone", "id_no", "plate", "address"]
        parts = [
            self.pool.select(pl.lit(kind).alias("kind"), pl.col(kind).alias("value")).unique(maintain_order=True)
            for kind in kinds
        ]
        return pl.concat([*parts, pl.DataFrame({"kind": ["marker"], "value": [MARKER]})])


def check_digit(digits: np.ndarray) -> list[str]:
    """The 18th character of ID numbers given as (n, 17) digits (GB 11643: ISO 7064 MOD 11-2)."""
    return [CHECK[rest] for rest in (digits @ WEIGHTS % 11).tolist()]


def draw_people(rng: np.random.Generator) -> People:
    """A pool of invented persons. Phones begin with 1000, a prefix no operator has."""
    surnames, given = words.SURNAMES.split(","), words.GIVEN.split(",")
    names = [
        f"{surnames[a]}{given[b]}{'' if c == 0 else given[c][-1]}"
        for a, b, c in zip(
            rng.integers(0, len(surnames), POOL),
            rng.integers(0, len(given), POOL),
            rng.integers(0, len(given), POOL),
            strict=True,
        )
    ]
    born = np.datetime64("1950-01-01") + rng.integers(0, 20_000, POOL)
    days = np.char.replace(np.datetime_as_string(born, unit="D"), "-", "")
    stems = [f"000000{day}{seq:03d}" for day, seq in zip(days, rng.integers(0, 1000, POOL), strict=True)]
    digits = np.array([[int(d) for d in stem] for stem in stems])
    pool = pl.DataFrame(
        {
            "name": names,
            "phone": [f"1000{n:07d}" for n in rng.integers(0, 10**7, POOL)],
            "id_no": [stem + check for stem, check in zip(stems, check_digit(digits), strict=True)],
            "plate": [f"测Z{n:05d}" for n in rng.integers(0, 10**5, POOL)],
            "address": [
                f"无名里{a}栋{b}室"
                for a, b in zip(rng.integers(1, 999, POOL), rng.integers(100, 3000, POOL), strict=True)
            ],
        }
    )  # fmt: skip
    return People(pool)


def narratives(people: People, persons: np.ndarray, rng: np.random.Generator) -> pl.Series:
    """One sentence per event; a fifth of them names the person `persons[i]` of the pool, phone, ID and plate."""
    count = len(persons)
    topic = pl.Series(words.NARRATIVES)[rng.integers(0, len(words.NARRATIVES), count)]
    road = pl.Series(words.ROADS)[rng.integers(0, len(words.ROADS), count)]
    who = people.pool[persons].with_columns(
        pl.Series("topic", topic),
        pl.Series("road", road),
        pl.Series("mark", rng.integers(0, 10**6, count)),
        pl.Series("named", rng.random(count) < NARRATIVES_WITH_PERSON),
    )
    person = pl.format(",当事人{}(电话{},证件{},车牌{})", "name", "phone", "id_no", "plate")
    text = pl.concat_str(
        pl.col("road"),
        pl.col("topic"),
        pl.when("named").then(person).otherwise(pl.lit("")),
        pl.lit("。" + MARKER),
        pl.col("mark").cast(pl.String).str.zfill(6),
    )
    return who.select(text.alias("narrative")).to_series()

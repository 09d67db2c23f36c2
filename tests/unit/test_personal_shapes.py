"""What is masked in names of files and in messages, and what must not be."""

from __future__ import annotations

import pytest

from pipelines.core.personal_shapes import masked

PHONE, IDENTITY = "139" + "12345678", "411603" + "19900307" + "8515"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"来信_{PHONE}.csv", "来信_●.csv"),
        (f"{IDENTITY}.xlsx", "●.xlsx"),
        (f"赵铁柱-{PHONE}_202606.csv", "●-●_202606.csv"),
        ("豫PA1234违停.csv", "●违停.csv"),
        ("police/zhao@example.org 20260601.csv", "police/● 20260601.csv"),
    ],
)
def test_what_is_plainly_personal_is_masked(text: str, told: str) -> None:
    assert masked(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "u20260601.csv",
        "police/alarm_20260601123000.csv.gz",
        "export-20260619090530123456.csv",  # a time with fractions of a second
        "周口.csv",
        "马鞍山市_2026-06.xlsx",
        "件A20260601.csv",
        "鲁A20260601.csv",
        "411603002001012.csv",  # the code of a grid
        "f038397eb21a364eaa4d04c2238def9d4df4d894db6e44398f9afb63199dc825",
        "/data/home/source/110.xlsx",
        "export@20260601.csv",
    ],
)
def test_dates_places_numbers_and_hashes_stay(text: str) -> None:
    assert masked(text) == text

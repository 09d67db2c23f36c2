"""Arithmetic of figures against the worked numbers of the plan, against brute force and against scipy."""

from __future__ import annotations

import subprocess
import sys
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipelines.analytics.figures import (
    COMPARATORS,
    audit_published_figure,
    binomial_limits,
    half_up_percent,
    half_up_ratio,
    poisson_interval,
    poisson_limits,
    signed_change,
    wilson_interval,
)
from pipelines.core.errors import UsageError


@pytest.mark.parametrize(
    ("num", "den", "decimals", "expected"),
    [
        (1509, 1515, 1, "99.6"), (171, 207, 2, "82.61"), (171, 207, 1, "82.6"), (171, 207, 0, "83"),
        (71, 98, 1, "72.4"), (15, 17, 1, "88.2"), (737, 972, 2, "75.82"), (911, 972, 2, "93.72"),
        (9564, 10396, 1, "92.0"), (906724, 910000, 2, "99.64"), (1, 200, 0, "1"), (0, 7, 1, "0.0"),
    ],
)  # fmt: skip
def test_percentages_of_the_plan_are_rounded_half_up_once(num, den, decimals, expected):
    assert str(half_up_percent(num, den, decimals)) == expected


@given(num=st.integers(0, 10**6), den=st.integers(1, 10**6), decimals=st.integers(0, 4),
       scale=st.sampled_from([1, 100, 1000, 10000]))  # fmt: skip
def test_half_up_agrees_with_decimal_at_high_precision(num, den, decimals, scale):
    with localcontext() as context:
        context.prec = 60
        # At a tie the quotient of Decimal is exact (the denominator divides 2 x 10^k), so 60 digits decide every case.
        expected = (Decimal(num) * scale / den).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    assert half_up_ratio(num, den, scale=scale, decimals=decimals) == expected


def test_a_rate_needs_a_denominator():
    with pytest.raises(UsageError, match="denominator is 0"):
        half_up_percent(1, 0, 1)


@pytest.mark.parametrize(
    ("current", "previous", "decimals", "percent", "is_small"),
    [
        (2, 17, 1, "-88.2", True), (20, 170, 1, "-88.2", False), (487, 500, 1, "-2.6", False),
        (242, 256, 2, "-5.47", False), (179, 200, 1, "-10.5", False), (378, 207, 2, "82.61", False),
        (0, 0, 1, None, True), (5, 0, 1, None, True), (9999, 10000, 1, "0.0", False), (20, 20, 1, "0.0", False),
        (0, 19, 0, "-100", True),
    ],
)  # fmt: skip
def test_changes_of_the_plan_keep_their_sign_and_mark_a_small_base(current, previous, decimals, percent, is_small):
    change = signed_change(current, previous, decimals)
    assert (None if change.percent is None else str(change.percent)) == percent
    assert change.is_small_base is is_small


def test_all_of_510_still_has_an_interval():
    interval = wilson_interval(510, 510)
    assert f"{interval.low:.4f}" == "0.9925"
    assert interval.high == 1


@given(num=st.integers(0, 400), extra=st.integers(0, 400), confidence=st.sampled_from([0.8, 0.95, 0.998]))
def test_wilson_agrees_with_scipy(num, extra, confidence):
    den = num + extra or 1
    expected = stats.binomtest(min(num, den), den).proportion_ci(confidence, method="wilson")
    interval = wilson_interval(min(num, den), den, confidence=confidence)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(count=st.integers(0, 5000), exposure=st.floats(0.5, 1e6))
def test_the_poisson_interval_is_the_exact_one(count, exposure):
    interval = poisson_interval(count, exposure=exposure)
    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(0.975, 2 * count + 2) / 2
    assert (interval.low * exposure, interval.high * exposure) == pytest.approx((low, high), rel=1e-8)


@given(target=st.floats(0.01, 0.99), den=st.integers(1, 3000), confidence=st.sampled_from([0.95, 0.998]))
def test_binomial_limits_leave_out_no_more_than_the_tails(target, den, confidence):
    limits = binomial_limits(target, den, confidence=confidence)
    tail = (1 - confidence) / 2
    below, above = stats.binom.cdf(limits.low - 1, den, target), stats.binom.sf(limits.high, den, target)
    assert below <= tail * (1 + 1e-9)
    assert above <= tail * (1 + 1e-9)
    # and no narrower limits would do
    assert stats.binom.cdf(limits.low, den, target) >= tail * (1 - 1e-9)
    assert limits.high == 0 or stats.binom.sf(limits.high - 1, den, target) >= tail * (1 - 1e-9)


@given(expected=st.floats(0.01, 1e5), confidence=st.sampled_from([0.95, 0.998]))
def test_poisson_limits_are_the_quantiles(expected, confidence):
    limits = poisson_limits(expected, confidence=confidence)
    tail = (1 - confidence) / 2
    assert stats.poisson.cdf(limits.low - 1, expected) < tail * (1 + 1e-9)
    assert stats.poisson.cdf(limits.low, expected) >= tail * (1 - 1e-9)
    assert stats.poisson.cdf(limits.high, expected) >= (1 - tail) * (1 - 1e-9)
    assert limits.high == 0 or stats.poisson.cdf(limits.high - 1, expected) < (1 - tail) * (1 + 1e-9)


def test_outside_means_beyond_the_limits():
    limits = poisson_limits(10.0, confidence=0.95)
    assert [limits.is_outside(n) for n in (limits.low - 1, limits.low, limits.high, limits.high + 1)] == [
        True, False, False, True,
    ]  # fmt: skip


def test_98_cases_cannot_be_72_5_percent():
    audit = audit_published_figure(Decimal("72.5"), 1, 98, "=")
    assert not audit.is_feasible
    found = [(e.kind, e.num, e.den) for e in audit.explanations]
    assert found == [
        ("open_cases", 66, 91), ("open_cases", 58, 80), ("double_rounding", 71, 98), ("ceiling", 71, 98),
    ]  # fmt: skip
    assert "Impossible: no whole number of 98 is 72.5 %" in audit.lines("en")[0]
    assert any("66 of 91" in line for line in audit.lines("en"))
    assert any("91 件中 66 件" in line for line in audit.lines("zh"))


@pytest.mark.parametrize(
    ("value", "decimals", "den", "comparator", "ends"),
    [
        ("92", 0, 10396, "=", (9513, 9616)), ("92.0", 1, 10396, "=", (9560, 9569)), ("99.64", 2, 910000, "=", (906679, 906769)),
        ("89.3", 1, 60000, "=", (53550, 53609)), ("99.6", 1, 1509, "=", (1503, 1503)), ("99.6", 1, 1515, "=", (1509, 1509)),
        ("98", 0, 59500, ">", (58311, 59500)), ("98", 0, 59500, ">=", (58310, 59500)), ("100", 0, 3, "=", (3, 3)),
        ("0", 0, 300, "=", (0, 1)), ("83", 0, 207, "approx", (170, 171)),
    ],
)  # fmt: skip
def test_feasible_numerators_of_the_plan(value, decimals, den, comparator, ends):
    numerators = audit_published_figure(Decimal(value), decimals, den, comparator).numerators
    assert (numerators[0], numerators[-1]) == ends


def _claims(share: Decimal, value: Decimal, decimals: int, comparator: str) -> bool:
    """The claim tested on one share, straight from COMPARATORS' wording."""
    step = Decimal(1).scaleb(-decimals)
    return {
        "=": share.quantize(step, ROUND_HALF_UP) == value,
        ">": share > value, ">=": share >= value, "<": share < value, "<=": share <= value,
        "~": abs(share - value) <= step,
        "approx": value - step < share < value,
    }[comparator]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(den=st.integers(1, 300), decimals=st.integers(0, 2), data=st.data(), comparator=st.sampled_from(list(COMPARATORS)))
def test_numerators_and_explanations_agree_with_trying_every_number(den, decimals, data, comparator):
    value = Decimal(data.draw(st.integers(0, 100 * 10**decimals))).scaleb(-decimals)
    step = Decimal(1).scaleb(-decimals)
    with localcontext() as context:
        context.prec = 50
        audit = audit_published_figure(value, decimals, den, comparator)
        shares = [Decimal(100 * n) / den for n in range(den + 1)]
        expected = [n for n, share in enumerate(shares) if _claims(share, value, decimals, comparator)]
        assert list(audit.numerators) == expected
        if expected or comparator != "=":
            assert audit.explanations == ()
            return
        found = {kind: [e.num for e in audit.explanations if e.kind == kind]
                 for kind in ("double_rounding", "truncation", "ceiling")}  # fmt: skip
        finer = Decimal(1).scaleb(-decimals - 1)
        assert found == {
            "double_rounding": [n for n, share in enumerate(shares) if value
                                == share.quantize(finer, ROUND_HALF_UP).quantize(step, ROUND_HALF_UP)],
            "truncation": [n for n, share in enumerate(shares) if share.quantize(step, ROUND_DOWN) == value],
            "ceiling": [n for n, share in enumerate(shares) if share.quantize(step, ROUND_CEILING) == value],
        }  # fmt: skip
        fits = [
            rest
            for rest in range(den - 1, den - den * 20 // 100 - 1, -1)
            if any((Decimal(100 * n) / rest).quantize(step, ROUND_HALF_UP) == value for n in range(rest + 1))
        ]
        assert [e.den for e in audit.explanations if e.kind == "open_cases"] == fits[:5]


@pytest.mark.parametrize(
    ("value", "decimals", "den", "comparator", "message"),
    [("72.55", 1, 98, "=", "more than 1 decimals"), ("72.5", 1, 0, "=", "denominator is 0"), ("-1", 0, 9, "=", "-1"),
     ("NaN", 0, 9, "=", "NaN"), ("50", 0, 9, "nearly", "unknown comparator")],
)  # fmt: skip
def test_a_claim_that_makes_no_sense_is_refused(value, decimals, den, comparator, message):
    with pytest.raises(UsageError, match=message):
        audit_published_figure(Decimal(value), decimals, den, comparator)


def test_more_than_all_is_impossible_at_once():
    audit = audit_published_figure(Decimal("120.5"), 1, 10**12, "=")
    assert not audit.is_feasible
    assert audit.lines("en")[-1] == "No share is above 100 %"


def test_an_audit_imports_nothing_heavy():
    heavy = ["polars", "duckdb", "numpy", "scipy", "pandas", "pyarrow", "yaml", "jsonschema"]
    program = f"import sys, pipelines.analytics.figures; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

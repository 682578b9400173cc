"""Integer formulas of on-chain engines at their edges: roundings, caps, equalities."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.margin.fillable import bankruptcy_rating, fillable_price
from solvent.margin.open_interest import initial_quote, maintenance_quote, scaled_fraction
from solvent.margin.pool import capped_impact, remaining_collateral, too_little
from solvent.margin.weights import (
    crowded_weight,
    discounted_weight,
    premium_ratio,
    sliced_amount,
)
from solvent.venues.numbers import InputError
from solvent.venues.questions import funding, interest

PPM = 1_000_000
amounts = st.integers(0, 10**18)
ppm = st.integers(0, PPM)


@given(base=ppm, lower=amounts, span=st.integers(1, 10**15), interest_=amounts)
def test_the_fraction_rises_from_base_to_all(
    base: int, lower: int, span: int, interest_: int
) -> None:
    """Never below base, never above 100 %, never falling with open interest; off without caps."""
    upper = lower + span
    found = scaled_fraction(base, interest_, lower, upper)
    assert base <= found <= PPM
    assert scaled_fraction(base, interest_ + 1, lower, upper) >= found
    assert scaled_fraction(base, lower - 1, lower, upper) == base
    assert scaled_fraction(base, lower, lower, upper) == base
    assert scaled_fraction(base, upper, lower, upper) == PPM
    assert scaled_fraction(base, interest_, 0, 0) == base


@given(notional=amounts, base=ppm, share=ppm)
def test_requirements_round_up_each_time(notional: int, base: int, share: int) -> None:
    initial = -(-notional * base // PPM)
    assert initial_quote(notional, base, 0) == initial
    assert maintenance_quote(notional, base, share) == -(-initial * share // PPM)


def test_two_roundings_are_not_one() -> None:
    """3 at 50 % is 2, half of that is 1; at 25 % at once it would be 1 too; 5 tells them apart."""
    assert maintenance_quote(5, 500_000, 500_000) == 2
    assert maintenance_quote(9, 100_000, 500_001) == 1
    assert maintenance_quote(9, 200_000, 500_001) == 2  # ceil(1.8) = 2, and half of it and a bit


@pytest.mark.parametrize(
    ("equity", "adjustment", "rating"),
    [
        (500, PPM, 0),
        (499, PPM, Fraction(1, 500)),
        (0, PPM, 1),
        (-500, PPM, 1),
        (600, PPM, 0),
        (250, 2 * PPM, 1),
        (400, 2 * PPM, Fraction(2, 5)),
    ],
)
def test_rating_lies_between_0_and_1(equity: int, adjustment: int, rating: Fraction) -> None:
    assert bankruptcy_rating(equity, 500, adjustment) == rating


def test_fillable_price_leaves_the_oracle_against_the_account() -> None:
    """A long fills below the oracle, a short above, by at most the spread of its maintenance."""
    long = fillable_price(5_000, 500, 10, -100, 500, PPM, 100_000)
    assert long == Fraction(5_000 - 50, 10)
    short = fillable_price(-5_000, 500, -10, -100, 500, PPM, 100_000)
    assert short == Fraction(5_000 + 50, 10)


def test_a_pool_position_is_safe_at_the_limits() -> None:
    """Exactly the least collateral and exactly the share of the size are enough; nothing is not."""
    assert not too_little(2_000, 2_000, 200_000, 1, 100)
    assert too_little(1_999, 2_000, 100, 1, 100)
    assert not too_little(2_000, 1, 200_000, 1, 100)
    assert too_little(0, 0, 0, 1, 100)
    assert remaining_collateral(10, -3, -2, 4) == 1
    assert capped_impact(-5, 100, 1, 10) == -5
    assert capped_impact(-50, 100, 1, 10) == -10
    assert capped_impact(0, 100, 0, 10) == 0
    assert capped_impact(-1, 101, 0, 10) == 0


@given(size=st.integers(0, 10**22), factor=st.integers(0, 10**6), weight=st.integers(0, 20_000))
def test_size_moves_weights_one_way(size: int, factor: int, weight: int) -> None:
    """A larger size never raises an asset's weight nor lowers a liability's."""
    assert discounted_weight(size * 2, factor, weight) <= discounted_weight(size, factor, weight)
    assert discounted_weight(size, factor, weight) <= weight
    assert premium_ratio(size * 2, factor, weight) >= premium_ratio(size, factor, weight) >= weight


def test_weights_by_the_formula() -> None:
    size = 7 * 10**15
    root = isqrt(10 * size + 1)
    assert discounted_weight(size, 3_000, 9_500) == 11 * 10**9 // (10**6 + root * 3_000 // 10**5)
    assert premium_ratio(size, 3_000, 999) == 999 - 199 + root * 3_000 // 10**7
    assert crowded_weight(8_000, 100, 101) == 7920
    assert crowded_weight(8_000, 0, 101) == 8_000


rows = ((Fraction(10), Fraction(1)), (Fraction(20), Fraction(1, 2)))


@pytest.mark.parametrize(
    ("amount", "counted"), [(0, 0), (5, 5), (10, 10), (15, "25/2"), (20, 15), (99, 15), (-4, -4)]
)
def test_each_slice_has_its_weight(amount: int, counted: object) -> None:
    """Beyond the last bound nothing counts; a debt counts in full."""
    assert sliced_amount(rows, Fraction(amount)) == Fraction(str(counted))


@given(premium=st.fractions(-1, 1), damper=st.fractions(0, Fraction(1, 10)))
def test_the_damper_is_a_dead_zone(premium: Fraction, damper: Fraction) -> None:
    rate = funding.damped_rate(premium, damper)
    if abs(premium) <= damper:
        assert rate == 0
    else:
        assert rate == premium - damper * (1 if premium > 0 else -1)
    assert abs(funding.damped_rate(premium, damper, Fraction(1, 50))) <= Fraction(1, 50)


def test_rate_drawn_towards_interest() -> None:
    """Inside the clamp the rate is the interest; outside it is the premium less the clamp."""
    interest_, clamp = Fraction(1, 10_000), Fraction(5, 10_000)
    inside = funding.interest_clamped_rate(Fraction(3, 10_000), interest_, clamp)
    assert inside == interest_
    above = funding.interest_clamped_rate(Fraction(20, 10_000), interest_, clamp)
    assert above == Fraction(15, 10_000)
    below = funding.interest_clamped_rate(Fraction(-20, 10_000), interest_, clamp)
    assert below == Fraction(-15, 10_000)


def test_premium_index_and_its_average() -> None:
    index = Fraction(100)
    assert funding.premium_index(index, Fraction(99), Fraction(101)) == 0
    assert funding.premium_index(index, Fraction(98), Fraction(99)) == Fraction(-1, 100)
    assert funding.averaged_premium([Fraction(6), Fraction(3), Fraction(1)]) == Fraction(15, 6)
    with pytest.raises(ValueError, match="at least one"):
        funding.averaged_premium([])


@pytest.mark.parametrize(
    ("hours", "period", "count"), [("0", 4, 0), ("1/3600", 4, 1), ("4", 4, 1), ("4.01", 4, 2)]
)
def test_a_started_period_counts_whole(hours: str, period: int, count: int) -> None:
    assert interest.started(Fraction(hours), period) == count


def test_interest_does_not_run_back() -> None:
    with pytest.raises(InputError, match="hours: -1 is negative"):
        interest.started(Fraction(-1), 4)

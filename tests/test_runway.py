"""Runway under constant funding and top-ups: exact, against paying step by step."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.venues.numbers import InputError
from solvent.venues.questions.runway import (
    carry_per_day,
    runway_days,
    stamps_survived,
    top_up_schedule,
)

F = Fraction
money = st.fractions(0, 10**6, max_denominator=1000)
paid = st.fractions(F(1, 1000), 1000, max_denominator=1000)


@given(money, paid)
def test_headroom_is_gone_exactly_at_the_end_of_the_runway(headroom: F, carry: F) -> None:
    days = runway_days(headroom, carry)
    assert days is not None
    assert headroom - carry * days == 0


@given(
    st.fractions(0, 100, max_denominator=20), st.fractions(1, 9, max_denominator=20), st.booleans()
)
def test_stamps_against_paying_them_one_by_one(headroom: F, payment: F, strict: bool) -> None:
    left, count = headroom, 0
    if strict or left > 0:
        while True:
            left -= payment
            if left < 0 or (left == 0 and not strict):
                break
            count += 1
    assert stamps_survived(headroom, payment, strict=strict) == count


def test_runway_ends() -> None:
    assert runway_days(F(-1), F(5)) == 0
    assert runway_days(F(10), F(0)) is runway_days(F(10), F(-1)) is None
    assert stamps_survived(F(-1), F(5)) == 0
    assert stamps_survived(F(5), F(0)) is None
    assert carry_per_day(F(1000), F("-0.0001"), F(1)) == F("-2.4")
    with pytest.raises(InputError, match="funding interval"):
        carry_per_day(F(1), F(1), F(0))


@given(
    st.fractions(-100, 1000, max_denominator=10),
    st.fractions(-5, 50, max_denominator=10),
    st.fractions(1, 5, max_denominator=4),
    st.fractions(0, 30, max_denominator=4),
    st.fractions(0, 50, max_denominator=10),
)
def test_topped_up_headroom_never_falls_below_the_floor_and_nothing_is_added_in_vain(
    headroom: F, carry: F, every: F, days: F, floor: F
) -> None:
    added = {one.day: one.amount for one in top_up_schedule(headroom, carry, every, days, floor)}
    day, left, low_after = F(0), headroom, []
    while day < days:
        span = min(every, days - day)
        given_now = added.pop(day, F(0))
        left += given_now
        after = left - carry * span
        assert min(left, after) >= floor
        if given_now:
            low_after.append(min(left, after))
        left, day = after, day + span
    assert added == {}
    assert all(low == floor for low in low_after)


def test_top_up_interval_is_checked() -> None:
    with pytest.raises(InputError, match="top-up interval"):
        top_up_schedule(F(1), F(1), F(0), F(5))

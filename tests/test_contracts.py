"""Contracts: one rounding of the product, exact inverses of it, listings that fit 64 bits.

Every expected number is computed here with rationals, not with the product's own division.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.contracts import (
    INVERSE,
    LINEAR,
    SPOT,
    Listing,
    ListingError,
    accrued,
    closed_share,
    funding_step,
    highest_price_worth,
    lowest_price_worth,
    resolve,
    trade_cost,
    value,
)
from solvent.contracts.listing import smallest_common_scale
from solvent.units import INDEX_BITS, LOTS_MAX, NOTIONAL_MAX, PRICE_MAX

KINDS = (LINEAR, INVERSE, SPOT)
ANY = 1 << 62  # "every price" or "no price" of the inverse-price functions

# ------------------------------------------------------------------------------- value and cost


def exact_value(kind: int, k: int, k_den: int, lots: int, price: int) -> Fraction:
    if kind == LINEAR:
        return Fraction(lots * k * price)
    if kind == INVERSE:
        return Fraction(-lots * k, price)
    return Fraction(lots * price * k, k_den)


@given(
    st.sampled_from(KINDS),
    st.integers(1, 50),
    st.integers(1, 50),
    st.integers(-50, 50),
    st.integers(1, 50),
)
def test_value_is_floored_and_cost_is_one_number_for_both_sides(kind, k, k_den, lots, price):
    assert value(kind, k, k_den, lots, price) == floor(exact_value(kind, k, k_den, lots, price))
    sign = 1 if lots > 0 else -1
    expected = sign * floor(exact_value(kind, k, k_den, abs(lots), price))
    assert trade_cost(kind, k, k_den, lots, price) == expected
    assert trade_cost(kind, k, k_den, -lots, price) == -expected


@pytest.mark.parametrize(
    ("kind", "k", "k_den", "lots", "price", "worth", "cost"),
    [
        (LINEAR, 100, 1, 3, 7, 2_100, 2_100),
        (LINEAR, 100, 1, -3, 7, -2_100, -2_100),
        (INVERSE, 10, 1, 1, 3, -4, -4),  # -3.33 down
        (
            INVERSE,
            10,
            1,
            -1,
            3,
            3,
            4,
        ),  # 3.33 down, but the cost is the other side's -4 turned round
        (SPOT, 7, 4, 3, 5, 26, 26),  # 26.25 down
        (SPOT, 7, 4, -3, 5, -27, -26),
        (SPOT, 7, 4, 0, 5, 0, 0),
    ],
)
def test_rounding_per_kind_and_sign(kind, k, k_den, lots, price, worth, cost) -> None:
    assert value(kind, k, k_den, lots, price) == worth
    assert trade_cost(kind, k, k_den, lots, price) == cost


@given(st.integers(-(10**9), 10**9), st.integers(1, 1000), st.booleans(), st.data())
def test_closed_share_is_floored_and_the_whole_when_all_is_closed(cost, size, long, data):
    closed = data.draw(st.integers(0, size))
    lots = size if long else -size
    assert closed_share(cost, closed, lots) == floor(Fraction(cost * closed, size))
    assert closed_share(cost, size, lots) == cost


# ------------------------------------------------------------------------------- inverse prices

SCALES = [(LINEAR, 3, 1), (INVERSE, 40, 1), (INVERSE, 7, 1), (SPOT, 5, 3), (SPOT, 2, 7)]
SIZES = (1, -1, 2, -2, 5, -5)


def qualifying(kind: int, k: int, k_den: int, lots: int, holds) -> list[int]:
    """Prices 1..400 at which `holds(notional)`; 400 is beyond every answer asked for below."""
    return [
        price
        for price in range(1, 401)
        if holds(abs(floor(exact_value(kind, k, k_den, lots, price))))
    ]


@pytest.mark.parametrize(("scale", "lots"), list(product(SCALES, SIZES)))
def test_lowest_price_worth_against_every_price(scale, lots) -> None:
    kind, k, k_den = scale
    for notional in range(-3, 150):
        prices = qualifying(kind, k, k_den, lots, lambda n, least=notional: n >= least)
        found = lowest_price_worth(kind, k, k_den, lots, notional)
        if kind == INVERSE:  # the highest such price
            if found >= 400:
                assert prices == list(range(1, 401)), notional
                smallest = 1 if lots > 0 else 0  # of the notional, however high the price
                if notional <= smallest:
                    assert found == ANY
            else:
                assert prices == list(range(1, found + 1)), notional
        else:
            assert prices == list(range(max(found, 1), 401)), notional


@pytest.mark.parametrize(("scale", "lots"), list(product(SCALES, SIZES)))
def test_highest_price_worth_against_every_price(scale, lots) -> None:
    kind, k, k_den = scale
    for notional in range(-3, 150):
        prices = qualifying(kind, k, k_den, lots, lambda n, most=notional: n <= most)
        found = highest_price_worth(kind, k, k_den, lots, notional)
        if kind == INVERSE:  # the lowest such price
            assert prices == list(range(max(found, 1), 401)), notional
            if notional < (1 if lots > 0 else 0):
                assert found == ANY
        else:
            assert prices == list(range(1, min(max(found, 0), 400) + 1)), notional


@given(
    st.sampled_from(KINDS),
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.booleans(),
    st.integers(2, 10**12),
)
def test_the_two_inverses_meet_without_a_gap(kind, k, k_den, size, long, notional):
    lots = size if long else -size
    least = lowest_price_worth(kind, k, k_den, lots, notional)
    most = highest_price_worth(kind, k, k_den, lots, notional - 1)
    assert least == most + (-1 if kind == INVERSE else 1)


# -------------------------------------------------------------------------------------- funding


@given(st.integers(-(10**6), 10**6), st.integers(-(2**45), 2**45), st.integers(-(2**45), 2**45))
def test_accrued_is_rounded_up_for_both_sides(lots, index, settled):
    assert accrued(lots, index, settled) == ceil(Fraction(lots * (index - settled), 2**24))
    assert 0 <= accrued(lots, index, settled) + accrued(-lots, index, settled) <= 1


@given(
    st.sampled_from((LINEAR, INVERSE)),
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.integers(-(10**8), 10**8),
)
def test_funding_step_is_floored_towards_the_receiver_of_nothing(kind, k, mark, rate):
    lot = Fraction(k * mark) if kind == LINEAR else Fraction(k, mark)
    assert funding_step(kind, k, mark, rate) == floor(lot * rate * 2**24 / 10**8)


def test_a_spot_balance_pays_no_funding() -> None:
    assert funding_step(SPOT, 10, 1_000, 10_000) == 0


def test_funding_signs() -> None:
    """Positive rate: longs pay. One lot worth 50 at 0.01 % pays 0.005: 5,000 units of 1e-6."""
    step = funding_step(LINEAR, 100, 500_000, 10_000)
    assert step == 5_000 << INDEX_BITS
    assert accrued(1, step, 0) == 5_000
    assert accrued(-1, step, 0) == -5_000
    assert accrued(1, -step, 0) == -5_000
    assert accrued(1, step, step) == 0


# ------------------------------------------------------------------------------------- listings


def listing(**fields) -> Listing:
    given_fields = {
        "symbol": "X",
        "kind": "linear",
        "base": "BTC",
        "settle": "USD",
        "tick": "0.1",
        "lot": "0.001",
    } | fields
    return Listing(**given_fields)


def refusal(*, exponent: int = 6, base_exponent: int = 8, **fields) -> str:
    with pytest.raises(ListingError) as error:
        resolve(listing(**fields), settle_exponent=exponent, base_exponent=base_exponent)
    assert str(error.value).startswith("X: ")
    return str(error.value)


@pytest.mark.parametrize(
    ("fields", "exponent", "kind", "k", "k_den"),
    [
        ({}, 6, LINEAR, 100, 1),
        ({"multiplier": "0.5"}, 6, LINEAR, 50, 1),
        ({"kind": "inverse", "tick": "0.5", "lot": "100"}, 8, INVERSE, 20_000_000_000, 1),
        ({"kind": "spot", "tick": "0.1"}, 6, SPOT, 1, 1_000),
        ({"kind": "spot", "tick": "1"}, 8, SPOT, 1, 1),
    ],
)
def test_scale_of_a_contract(fields, exponent, kind, k, k_den) -> None:
    contract = resolve(listing(**fields), settle_exponent=exponent)
    assert (contract.kind, contract.k, contract.k_den) == (kind, k, k_den)


def test_a_quanto_pays_a_fixed_multiplier_in_a_third_coin() -> None:
    """0.000003 BTC per USD of the ALT price, one ALT a lot, ticks of 0.01: 3 satoshi a tick."""
    quanto = resolve(
        listing(base="ALT", settle="BTC", tick="0.01", lot="1", multiplier="0.000003"),
        settle_exponent=8,
    )
    assert (quanto.k, quanto.k_den) == (3, 1)
    assert value(quanto.kind, quanto.k, 1, -2, 2_500) == -15_000


def test_a_listing_carries_its_integers() -> None:
    contract = resolve(
        listing(price_min="10", price_max="100000", position_max="5.0005", expiry_ns=77),
        settle_exponent=6,
    )
    assert (contract.symbol, contract.tick, contract.lot) == (
        "X",
        Fraction(1, 10),
        Fraction(1, 1000),
    )
    assert (contract.price_min, contract.price_max) == (100, 1_000_000)
    assert contract.lots_max == 5_000  # whole lots only
    assert contract.expiry_ns == 77


@pytest.mark.parametrize(
    ("fields", "exponent", "works"),
    [
        ({"tick": "0.01", "lot": "0.0000001"}, 6, "use a lot of 1/10000 or a tick of 10"),
        ({"tick": "0.3", "lot": "0.0000025"}, 6, "use a lot of 1/100000 or a tick of 6/5"),
        ({"kind": "inverse", "tick": "3", "lot": "1"}, 6, "use a lot of 3"),
    ],
)
def test_a_fractional_scale_is_refused_with_the_lot_that_works(fields, exponent, works) -> None:
    fields = fields | {"price_max": "60"}
    text = refusal(exponent=exponent, **fields)
    assert "it must be whole" in text
    assert text.endswith(works)
    lot = works.split(" ")[4]
    resolve(listing(**(fields | {"lot": lot})), settle_exponent=exponent)
    if " or a tick of " in works:
        resolve(listing(**(fields | {"tick": works.split(" ")[-1]})), settle_exponent=exponent)


@pytest.mark.parametrize(
    "field", ["tick", "lot", "price_max", "price_min", "position_max", "multiplier"]
)
@pytest.mark.parametrize(
    ("given_value", "reason"),
    [
        (0.1, "write it as text"),
        (1, "write it as text"),
        ("0", "must be greater than 0"),
        ("-1", "must be greater than 0"),
        ("1,5", "is not a decimal number"),
        ("1/0", "is not a decimal number"),
        ("nan", "is not a decimal number"),
    ],
)
def test_a_number_that_cannot_be_used_is_refused(field, given_value, reason) -> None:
    text = refusal(**{field: given_value})
    assert field in text
    assert reason in text


def test_an_unknown_kind_is_refused() -> None:
    assert refusal(kind="swap").endswith("use one of linear, inverse, spot")


@pytest.mark.parametrize("field", ["price_min", "price_max"])
def test_a_limit_between_two_ticks_is_refused(field) -> None:
    assert refusal(**{field: "100.05"}) == f"X: {field} 100.05 is not a multiple of the tick 1/10"


def test_prices_out_of_order_or_bounds_are_refused() -> None:
    assert "need 1 <= min <= max" in refusal(price_min="200", price_max="100")
    text = refusal(tick="1", lot="0.000001", price_max=str(PRICE_MAX + 1))
    assert f"<= {PRICE_MAX}" in text
    resolve(listing(tick="1", lot="0.000001", price_max=str(PRICE_MAX)), settle_exponent=6)


def test_positions_out_of_bounds_are_refused() -> None:
    assert "position_max is 0 lots" in refusal(position_max="0.0009")
    small = {"tick": "0.000001", "lot": "1", "price_max": "0.0001"}
    assert f"need 1..{LOTS_MAX}" in refusal(**small, position_max=str(LOTS_MAX + 1))
    resolve(listing(**small, position_max=str(LOTS_MAX)), settle_exponent=6)


def test_a_lot_worth_too_much_a_tick_is_refused() -> None:
    """k is at most 2^31."""
    big = {"tick": "1", "price_max": "1"}
    assert resolve(listing(lot="2147.483648", **big), settle_exponent=6).k == 1 << 31
    text = refusal(lot="2147.483649", **big)
    assert text.endswith("use a smaller lot")


def test_a_spot_price_times_its_scale_stays_inside_64_bits() -> None:
    text = refusal(kind="spot", tick="1", price_max="10000000000000", exponent=6, base_exponent=0)
    assert text.endswith("use a smaller lot or a narrower range of prices")
    fine = {"kind": "spot", "tick": "1.000001", "position_max": "0.000001"}
    text = refusal(price_max="10000010000000", exponent=6, base_exponent=18, **fine)
    assert text.endswith("lower price_max or use a coarser tick")
    assert (
        resolve(
            listing(price_max="1000001000000", **fine), settle_exponent=6, base_exponent=18
        ).price_max
        == 10**12
    )


def test_a_contract_of_which_one_lot_fits_is_listed() -> None:
    """2^31 units a tick at 2^24 ticks are NOTIONAL_MAX exactly."""
    large = {"tick": "1", "lot": "2147.483648"}
    assert resolve(listing(price_max="16777216", **large), settle_exponent=6).lots_max == 1
    assert refusal(price_max="16777217", **large).endswith("a narrower range of prices")


def test_lots_of_an_inverse_contract_times_its_scale_stay_inside_64_bits() -> None:
    """At a high lowest price the value would fit long before the product does."""
    high = {
        "kind": "inverse",
        "tick": "1",
        "lot": "1000",
        "price_min": "100000",
        "price_max": "200000",
    }
    most = ((1 << 62) - 1) // 10**11
    contract = resolve(listing(position_max=str(1000 * most), **high), settle_exponent=8)
    assert contract.lots_max == most
    text = refusal(position_max=str(1000 * (most + 1)), exponent=8, **high)
    assert f"at most {most} lots" in text


@pytest.mark.parametrize(
    ("fields", "exponent", "worst"),
    [
        ({"price_max": "100000"}, 6, lambda c: (LINEAR, c.price_max)),
        ({"kind": "inverse", "tick": "0.5", "lot": "100", "price_min": "1000"}, 8,
         lambda c: (INVERSE, c.price_min)),
        ({"kind": "spot", "price_max": "100000"}, 6, lambda c: (SPOT, c.price_max)),
    ],
)  # fmt: skip
def test_the_largest_position_fits_at_the_worst_price_and_one_lot_more_is_refused(
    fields, exponent, worst
) -> None:
    contract = resolve(listing(**fields), settle_exponent=exponent)
    kind, price = worst(contract)
    biggest = contract.lots_max
    assert 1 < biggest <= LOTS_MAX
    if biggest < LOTS_MAX:
        at = abs(exact_value(kind, contract.k, contract.k_den, biggest, price))
        beyond = abs(exact_value(kind, contract.k, contract.k_den, biggest + 1, price))
        assert at <= NOTIONAL_MAX
        assert beyond > NOTIONAL_MAX or (biggest + 1) * contract.k > 1 << 62
        text = refusal(**fields, exponent=exponent, position_max=str((biggest + 1) * contract.lot))
        assert f"at these prices at most {biggest} lots" in text


@pytest.mark.parametrize(
    "fields",
    [
        {"tick": "1", "lot": "1000", "price_max": "35184372088832"},
        {"kind": "inverse", "settle": "BTC", "tick": "0.0001", "lot": "1000000000000"},
        {"kind": "spot", "tick": "1", "price_max": "1000000000000"},
    ],
)
def test_a_single_lot_that_does_not_fit_is_refused(fields) -> None:
    refusal(**fields, base_exponent=0)


def test_an_inverse_price_whose_funding_does_not_fit_is_refused() -> None:
    """100,000 in ticks of 1e-6 is 10^11, times the rate's 10^8 over 2^63."""
    wide = listing(kind="inverse", tick="0.000001", lot="1", price_min="1000", price_max="10000000")
    with pytest.raises(ListingError, match="too high for funding in coin"):
        resolve(wide, settle_exponent=8)


def test_smallest_common_scale() -> None:
    assert smallest_common_scale([]) == 1
    assert smallest_common_scale([Fraction(1, 4), Fraction(5, 6), Fraction(3)]) == 12

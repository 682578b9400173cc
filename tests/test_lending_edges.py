"""Lenders: exactly at each threshold, where `<` and `<=` part and a rounding shows."""

from __future__ import annotations

from fractions import Fraction

import pytest

from solvent.margin.lending import RAD, RAY, WAD
from solvent.venues.lending import aave, aave_call, compound, euler, liquity, loan, maker, morpho
from solvent.venues.presets.catalogue import version

V37 = aave.terms_of(version("aave-v3@v3.7").parameters["liquidation"])
V30 = aave.terms_of(version("aave-v3@v3.0").parameters["liquidation"])


def aave_most(held: int, debt: int = 4_000, terms: aave_call.Terms = V37) -> int:
    return aave_call.max_repay(
        terms,
        reserve_debt=debt * 10**6,
        reserve_debt_value=debt * 10**8,
        collateral_value=held * 10**8,
        total_debt_value=debt * 10**8,
        health=97 * 10**16,
        debt_price=10**8,
        debt_unit=10**6,
    )


def test_aave_half_applies_from_2000_on():
    assert aave_most(2_000) == 2_000 * 10**6
    assert aave_most(1_999) == 4_000 * 10**6
    assert aave_most(2_000, debt=2_000) == 1_000 * 10**6
    assert aave_most(2_000, debt=1_999, terms=V30) == 1_999 * 10**6 // 2


def test_aave_reserve_of_exactly_half_closes_in_full():
    # Units so cheap that the value of the half, back in units, is more than the reserve owes.
    debt = 10**17 + 1
    value = aave_call.base_value(debt, 3, 10**6, up=True)
    most = aave_call.max_repay(
        V37,
        reserve_debt=debt,
        reserve_debt_value=value,
        collateral_value=10**13,
        total_debt_value=2 * value,
        health=97 * 10**16,
        debt_price=3,
        debt_unit=10**6,
    )
    assert most == debt < value * 10**6 // 3


@pytest.mark.parametrize(("left", "refused"), [(1_000, ""), (999, "MustNotLeaveDust")])
def test_aave_may_leave_1000(left, refused):
    moved = aave_call.liquidation_amounts(
        V37,
        collateral_price=10**8,
        collateral_unit=10**18,
        debt_price=10**8,
        debt_unit=10**6,
        collateral_balance=20_000 * 10**18,
        reserve_debt=5_000 * 10**6,
        total_debt_value=5_000 * 10**8,
        health=9 * 10**17,
        debt_to_cover=(5_000 - left) * 10**6,
        bonus=10_500,
        protocol_fee=0,
    )
    assert moved.refused == refused


def test_aave_debt_value_is_rounded_up_since_v37():
    # One unit of a debt worth 1.5e-8: 2 against 1 in the contract's money.
    assert aave_call.base_value(1, 3, 2, up=True) == 2
    args = {"collateral": {"WETH": "1"}, "debt": {"USDC": "0.000001"}}
    prices = {"WETH": "0.00000002", "USDC": "0.015"}
    new = loan("aave-v3@v3.7", **args, prices=prices)
    old = loan("aave-v3@v3.0", **args, prices=prices)
    assert aave.on_chain_health(new) == 2 * 8_300 * WAD // 2 // 10_000
    assert aave.on_chain_health(old) >= 2 * WAD


def test_lenders_at_equality():
    exact = {"prices": {"WETH": "1800", "USDC": "1"}, "collateral": {"WETH": "10"}}
    for name, safe in (("aave-v3", True), ("compound-v3", True)):
        one = loan(name, **exact, debt={"USDC": "1"})
        edge = loan(name, **exact, debt={"USDC": one.capacity})
        assert edge.headroom == 0
        assert edge.check(edge) is not safe
    market = {"collateral": {"WETH": "10"}, "prices": exact["prices"]}
    one = loan("euler-v2", **market, debt={"USDC": "1"}, market="Prime")
    edge = loan("euler-v2", **market, debt={"USDC": one.capacity}, market="Prime")
    assert edge.check(edge)
    assert edge.liquidatable
    assert edge.liquidate().allowed
    assert morpho.is_healthy(10**18, 2_000 * 10**24, 5 * 10**17, 1_000 * 10**6)
    assert not morpho.is_healthy(10**18, 2_000 * 10**24, 5 * 10**17, 1_000 * 10**6 + 1)


def test_euler_at_health_one_and_below_the_greatest_discount():
    def limits(counted: int) -> euler.Limits:
        return euler.check_liquidation(
            counted=counted,
            debt=100,
            debt_value=100 * WAD,
            collateral=1_000,
            collateral_value=1_000 * WAD,
            max_discount=1_000,
        )

    assert limits(100 * WAD + 1) == euler.Limits(0, 0, 0, 0)
    assert limits(100 * WAD) == euler.Limits(WAD, WAD, 100, 100)
    assert limits(95 * WAD).discount_factor == 95 * 10**16
    assert limits(50 * WAD).discount_factor == 9 * 10**17
    assert limits(50 * WAD).max_yield == 111


def test_comet_shortfall_is_the_reserves():
    held = [compound.Held(1, 100 * 10**8, 1, WAD, 9 * 10**17)]
    assert compound.absorb(90, 10**8, 1, held) == (0, 90)
    assert compound.absorb(200, 10**8, 1, held) == (0, 200)
    done = loan(
        "compound-v3",
        collateral={"WETH": "1"},
        debt={"USDC": "3000"},
        prices={"WETH": "2000", "USDC": "1"},
    ).liquidate()
    assert done.allowed
    assert (done.surplus, done.repaid) == (0, 3_000)
    assert 3_000 - 2_000 < done.bad_debt < 3_000


def test_morpho_repay_cuts_at_every_step():
    # 3 shares of a total of 10 assets in 10 shares + virtual: less than 3 assets are quoted.
    moved = morpho.repay(3 * 10**6 - 1, 10**36, WAD, 10, 10 * 10**6)
    assert (moved.quoted, moved.seized, moved.repaid) == (2, 2, 3)


def test_maker_dust_exactly():
    args = {"ink": 40 * WAD, "art": 100 * WAD, "rate_": RAY, "spot": 2 * RAY, "chop": WAD}
    left = maker.bark(**args, dust=40 * RAD, hole_all=60 * RAD, hole=60 * RAD)
    assert left.dart == 60 * WAD  # what is left is the dust itself: allowed
    part = maker.bark(**args, dust=20 * RAD, hole_all=20 * RAD, hole=60 * RAD)
    assert (part.dart, part.refused) == (20 * WAD, "")
    used = maker.bark(
        **args, dust=0, hole_all=60 * RAD, hole=60 * RAD, dirt_all=50 * RAD, dirt=20 * RAD
    )
    assert used.dart == 10 * WAD


def test_liquity_at_the_minimum_and_the_critical_ratio():
    def split(pool: int) -> liquity.Split | None:
        return liquity.split_recovery(
            100 * WAD, WAD, 110 * WAD, pool, 145 * 10**16, 11 * 10**17
        )  # ICR exactly 110 %

    assert split(100 * WAD - 1) is None
    capped = liquity.split_recovery(100 * WAD, WAD, 120 * WAD, 100 * WAD, 145 * 10**16, 11 * 10**17)
    assert capped is not None
    assert capped.pool_collateral + capped.gas + capped.surplus == WAD
    assert capped.gas == (WAD - capped.surplus) // 200
    trove = {"collateral": {"ETH": "10"}, "debt": {"LUSD": "10000"}, "prices": {"ETH": "1400"}}
    assert not loan("liquity-v1", **trove, tcr="1.5").liquidatable
    assert loan("liquity-v1", **trove, tcr="1.499").liquidatable


def test_nothing_left_to_fall():
    # Even a price of one tick is safe: the crossing lies between 0 and the first tick.
    one = loan(
        "aave-v3",
        collateral={"WETH": "1000000"},
        debt={"USDC": "0.000001"},
        prices={"WETH": "1", "USDC": "1"},
    )
    found = one.liquidation_price("WETH")
    assert found.exact == Fraction(1, 10**12) / Fraction("0.83")
    assert (found.safe, found.breached) == (one.tick, None)
    assert found.displayed == one.tick
    # No debt against it: no price does it.
    free = loan("aave-v3", collateral={"WETH": "1"}, prices={"WETH": "1"})
    assert free.liquidation_price("WETH").exact is None
    assert "cannot be liquidated" in str(free.liquidation_price("WETH"))
    assert free.common_fall() is None


def test_frontier_and_fall_by_hand():
    two = loan(
        "aave-v3@v3.0",
        collateral={"WETH": "10", "WBTC": "1"},
        debt={"USDC": "20000"},
        prices={"WETH": "2000", "WBTC": "30000", "USDC": "1"},
    )
    points = two.frontier("WETH", "WBTC", 3)
    assert points[0] == (0, 20_000 / Fraction("0.78"))
    assert points[1] == (Fraction(10_000, 1) / Fraction("8.3"), 10_000 / Fraction("0.78"))
    assert points[2] == (20_000 / Fraction("8.3"), 0)
    assert two.common_fall() == 1 - 20_000 / (16_600 + Fraction(23_400))
    assert two.common_fall(["WETH"]) is None  # WBTC alone carries it
    debt = two.frontier("WETH", "USDC", 3)
    assert debt[0][1] == Fraction(23_400, 20_000)
    assert debt[-1] == (4_000, Fraction(56_600, 20_000))

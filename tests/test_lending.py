"""Lenders: protocol examples to the last unit, differences between versions, refusals.

The figures of the examples are those of the protocols' own tests and code, each named.
"""

from __future__ import annotations

import pytest

from solvent.margin.lending import RAD, RAY, WAD, percent_half_up, percent_of_half_up, weighted_sum
from solvent.venues.lending import (
    aave,
    aave_call,
    compound,
    euler,
    liquity,
    maker,
    morpho,
)
from solvent.venues.presets.catalogue import version

V37 = aave.terms_of(version("aave-v3@v3.7").parameters["liquidation"])
V33 = aave.terms_of(version("aave-v3@v3.3").parameters["liquidation"])
V30 = aave.terms_of(version("aave-v3@v3.0").parameters["liquidation"])


# ------------------------------------------------------------------------------ protocol examples


def test_aave_full_close_below_095():
    # aave-v3-origin, LiquidationLogic v3.7: health factor 0.88, bonus 5 %, protocol fee 10 %.
    moved = aave_call.liquidation_amounts(
        V37,
        collateral_price=175_000_000_000,
        collateral_unit=10**18,
        debt_price=100_000_000,
        debt_unit=10**6,
        collateral_balance=10 * 10**18,
        reserve_debt=16_500_000_000,
        total_debt_value=1_650_000_000_000,
        health=880_000_000_000_000_000,
        debt_to_cover=16_500_000_000,
        bonus=10_500,
        protocol_fee=1_000,
    )
    assert moved.max_repay == moved.repaid == 16_500_000_000
    assert moved.to_liquidator == 9_852_857_142_857_142_856
    assert moved.protocol_fee == 47_142_857_142_857_143
    assert not moved.refused


def test_aave_refuses_to_leave_dust():
    # aave-v3-origin, LiquidationLogic v3.7: 400 of debt and 0.425 of collateral would remain.
    moved = aave_call.liquidation_amounts(
        V37,
        collateral_price=200_000_000_000,
        collateral_unit=10**18,
        debt_price=100_000_000,
        debt_unit=10**6,
        collateral_balance=2 * 10**18,
        reserve_debt=3_400_000_000,
        total_debt_value=340_000_000_000,
        health=940_000_000_000_000_000,
        debt_to_cover=3_000_000_000,
        bonus=10_500,
        protocol_fee=0,
    )
    assert (moved.max_repay, moved.repaid) == (3_400_000_000, 3_000_000_000)
    assert moved.to_liquidator == 1_575_000_000_000_000_000
    assert moved.protocol_fee == 0
    assert moved.refused == "MustNotLeaveDust"


def test_comet_absorbs_with_a_surplus():
    # comet, test/absorb-test.ts: 1 COMP, 1 WETH, 1 WBTC; one unit more than the debt comes back.
    held = [
        compound.Held(10**18, 175 * 10**8, 10**18, WAD, WAD),
        compound.Held(10**18, 3_000 * 10**8, 10**18, WAD, WAD),
        compound.Held(10**8, 41_000 * 10**8, 10**8, WAD, WAD),
    ]
    balance, paid = compound.absorb(44_174_999_999, 10**8, 10**6, held)
    assert balance == 1
    assert paid == 44_175_000_000  # reserves: 44,174.999999 of debt and the unit above


@pytest.mark.parametrize(("comp", "expected"), [(95_000, True), (100_000, False), (99_999, True)])
def test_comet_is_liquidatable(comp, expected):
    # comet, test/is-liquidatable-test.ts: 100,000 USDC owed, factor 1; equality is safe.
    held = [compound.Held(comp * 10**18, 10**8, 10**18, WAD, WAD)]
    assert compound.is_liquidatable(100_000 * 10**6, 10**8, 10**6, held) is expected


def test_comet_quotes_collateral():
    # comet, test/quote-collateral-test.ts.
    quoted = compound.quote_collateral(
        200_000_000,
        price=20_000_000_000,
        unit=10**18,
        liquidation_factor=6 * 10**17,
        store_front_factor=5 * 10**17,
        base_price=10**8,
        base_unit=10**6,
    )
    assert quoted == 1_250_000_000_000_000_000


@pytest.mark.parametrize(
    ("debt_price", "discount", "factor", "gained"),
    [
        (2_500_000_000_000_000_000, 2_000, 960_000_000_000_000_000, 32_552_083_333_333_333_332),
        (2_800_000_000_000_000_000, 0, WAD, 35 * WAD),
    ],
)
def test_euler_limits(debt_price, discount, factor, gained):
    # euler-vault-kit, full.t.sol: test_basicFullLiquidation and ...WithCustomMaxDiscount.
    value = 100 * WAD * 400_000_000_000_000_000 // WAD
    debt = 5 * WAD
    limits = euler.check_liquidation(
        counted=value * 3_000 // 10_000,
        debt=debt,
        debt_value=debt * debt_price // WAD,
        collateral=100 * WAD,
        collateral_value=value,
        max_discount=discount,
    )
    assert limits.discount_factor == factor
    assert (limits.max_repay, limits.max_yield) == (debt, gained)
    assert limits.health == value * 3_000 // 10_000 * WAD // (debt * debt_price // WAD)


def test_euler_caps_the_yield_at_the_collateral():
    limits = euler.check_liquidation(
        counted=5 * WAD,
        debt=20 * WAD,
        debt_value=20 * WAD,
        collateral=4 * WAD,
        collateral_value=10 * WAD,
        max_discount=2_000,
    )
    assert limits.discount_factor == 8 * 10**17
    assert (limits.max_repay, limits.max_yield) == (8 * WAD, 4 * WAD)


def test_liquity_v2_offset_with_a_surplus():
    # liquity/bold, liquidations.t.sol, testLiquidationOffsetWithSurplus.
    split = liquity.split_v2(
        2_000 * WAD,
        2 * WAD,
        1_099_999_999_999_999_999_999,
        2_099 * WAD,
        pool_penalty=5 * 10**16,
        moved_penalty=10**17,
    )
    assert split.offset_debt == 2_000 * WAD
    assert split.pool_collateral == 1_909_090_909_090_909_090
    assert split.gas == 10**16
    assert (split.moved_debt, split.moved_collateral) == (0, 0)
    assert split.surplus == 80_909_090_909_090_910


def test_maker_barks_the_whole_vault():
    # dss, clip.t.sol, test_kick: 40 gold at spot 2 against 100 of debt, penalty 10 %.
    taken = maker.bark(
        ink=40 * WAD,
        art=100 * WAD,
        rate_=RAY,
        spot=2 * RAY,
        dust=20 * RAD,
        chop=11 * 10**17,
        hole_all=1_000 * RAD,
        hole=1_000 * RAD,
    )
    assert (taken.dart, taken.lot, taken.tab) == (100 * WAD, 40 * WAD, 110 * RAD)
    assert taken.due == 100 * RAD
    assert not taken.refused


@pytest.mark.parametrize(
    ("lltv", "factor"),
    [
        (385_000_000_000_000_000, 1_150_000_000_000_000_000),
        (625_000_000_000_000_000, 1_126_760_563_380_281_690),
        (980_000_000_000_000_000, 1_006_036_217_303_822_937),
    ],
)
def test_morpho_incentive(lltv, factor):
    # morpho-blue, test/BaseTest.sol, _liquidationIncentiveFactor.
    assert morpho.incentive_factor(lltv, 3 * 10**17, 115 * 10**16) == factor


def test_morpho_seizes():
    # morpho-blue, Morpho.sol, liquidate with seizedAssets: every step up, against the liquidator.
    factor = morpho.incentive_factor(86 * 10**16, 3 * 10**17, 115 * 10**16)
    moved = morpho.seize(5 * WAD, 1_800 * 10**36, factor, 10_000 * WAD, 10_000 * 10**24)
    assert moved.quoted == 9_000 * WAD
    assert moved.shares == 8_622_000_000_000_000_005_329_000_000
    assert moved.repaid == 8_622_000_000_000_000_005_329


def test_kernel_rounding():
    assert (percent_half_up(1, 5_000), percent_half_up(1, 4_999)) == (1, 0)
    assert (percent_of_half_up(1, 20_000), percent_of_half_up(1, 20_001)) == (1, 0)
    with pytest.raises(ValueError, match="argument 2"):
        weighted_sum([1, 2], [1])

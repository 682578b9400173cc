"""Lenders: what differs between versions, protocols and modes."""

from __future__ import annotations

from fractions import Fraction

import pytest

from solvent.margin.lending import RAD, RAY, WAD
from solvent.venues.lending import (
    aave,
    aave_call,
    health,
    liquidation_price,
    liquity,
    loan,
    maker,
    morpho,
)
from solvent.venues.numbers import InputError
from solvent.venues.presets.catalogue import version

V37 = aave.terms_of(version("aave-v3@v3.7").parameters["liquidation"])
V33 = aave.terms_of(version("aave-v3@v3.3").parameters["liquidation"])
V30 = aave.terms_of(version("aave-v3@v3.0").parameters["liquidation"])


# ----------------------------------------------------------------------- versions and conventions

AAVE = {
    "collateral": {"WETH": "10"},
    "debt": {"USDC": "15000"},
    "prices": {"WETH": "1800", "USDC": "1"},
}


def test_aave_health_by_hand():
    found = health("aave-v3", **AAVE)
    assert found.value == Fraction(18_000 * 83, 100) / 15_000
    assert found.headroom == Fraction(18_000 * 83, 100) - 15_000
    assert found.coverage == Fraction(3_000, 3_060)  # equity 3,000; the threshold takes off 17 %
    assert found.liquidatable
    assert (found.liquidates_at, found.rises) == (1, False)
    assert str(found).startswith("health factor 0.996 (liquidated below 1) on aave-v3@v3.7")


def _aave_max(terms, *, debt, debt_value, held, total, health_factor):
    return aave_call.max_repay(
        terms,
        reserve_debt=debt,
        reserve_debt_value=debt_value,
        collateral_value=held,
        total_debt_value=total,
        health=health_factor,
        debt_price=10**8,
        debt_unit=10**6,
    )


@pytest.mark.parametrize(
    ("terms", "expected"),
    [(V30, 5_000), (V33, 10_000), (V37, 10_000)],
)
def test_aave_close_factor_of_reserve_or_position(terms, expected):
    # Two debts, 10,000 USDC and 15,000 of another: half of the reserve's, or of the whole 25,000.
    most = _aave_max(
        terms,
        debt=10_000 * 10**6,
        debt_value=10_000 * 10**8,
        held=30_000 * 10**8,
        total=25_000 * 10**8,
        health_factor=97 * 10**16,
    )
    assert most == expected * 10**6


def test_aave_half_of_the_position_binds():
    most = _aave_max(
        V37,
        debt=20_000 * 10**6,
        debt_value=20_000 * 10**8,
        held=30_000 * 10**8,
        total=25_000 * 10**8,
        health_factor=97 * 10**16,
    )
    assert most == 12_500 * 10**6


@pytest.mark.parametrize(
    ("debt", "held", "expected"),
    [(3_999, 30_000, 1_999_500_000), (1_999, 30_000, 1_999_000_000), (3_999, 1_999, 3_999_000_000)],
)
def test_aave_small_reserves_close_in_full(debt, held, expected):
    most = _aave_max(
        V37,
        debt=debt * 10**6,
        debt_value=debt * 10**8,
        held=held * 10**8,
        total=debt * 10**8,
        health_factor=97 * 10**16,
    )
    assert most == expected


def test_aave_close_factor_at_095_exactly():
    for level, share in ((95 * 10**16, 1), (95 * 10**16 + 1, 2)):
        most = _aave_max(
            V37,
            debt=10_000 * 10**6,
            debt_value=10_000 * 10**8,
            held=10_000 * 10**8,
            total=10_000 * 10**8,
            health_factor=level,
        )
        assert most == 10_000 * 10**6 // share


@pytest.mark.parametrize(("name", "repaid"), [("v3.0", 7_500), ("v3.3", 7_500), ("v3.7", 7_500)])
def test_aave_liquidation_of_a_loan(name, repaid):
    done = loan(f"aave-v3@{name}", **AAVE).liquidate()
    assert done.allowed
    assert done.repaid == repaid
    # 7,500 / 1,800 cut to 1e-18, then 5 % on top, cut again (v3.7) or to the nearest.
    plain = 7_500 * WAD // 1_800
    assert done.seized * WAD == (
        plain * 105 // 100 if name == "v3.7" else (plain * 105 + 50) // 100
    )
    assert done.to_liquidator + done.to_protocol == done.seized
    assert done.left.debt == 7_500
    assert "at most 7500 USDC" in done.notes[0]


def test_aave_protocol_fee_is_of_the_bonus():
    done = loan("aave-v3@v3.7", **AAVE).liquidate()
    bonus = done.seized - done.seized * 100 / 105
    assert abs(done.to_protocol - bonus / 10) < Fraction(2, 10**18)


def test_aave_bad_debt_when_all_collateral_goes():
    done = loan(
        "aave-v3",
        collateral={"WETH": "10"},
        debt={"USDC": "15000"},
        prices={"WETH": "1400", "USDC": "1"},
    ).liquidate()
    assert done.seized == 10
    assert done.repaid == Fraction(13_333_333_334, 10**6)  # 14,000 / 1.05, up
    assert done.bad_debt == 15_000 - done.repaid
    assert done.left.held[0].amount == 0


def test_aave_healthy_is_refused():
    done = loan("aave-v3", **{**AAVE, "prices": {"WETH": "3000", "USDC": "1"}}).liquidate()
    assert not done.allowed
    assert done.refusal == "HealthFactorNotBelowThreshold"
    assert "refused" in str(done.explain())


def test_aave_emode_raises_threshold():
    args = {
        "collateral": {"wstETH": "10"},
        "debt": {"WETH": "10"},
        "prices": {"wstETH": "3600", "WETH": "3000"},
    }
    plain, emode = (
        loan("aave-v3@v3.0", **args),
        loan("aave-v3@v3.0", emode="ETH correlated", **args),
    )
    assert plain.value == Fraction("0.81") * 36_000 / 30_000
    assert emode.value == Fraction("0.93") * 36_000 / 30_000
    with pytest.raises(InputError, match="may not be borrowed"):
        loan("aave-v3@v3.0", emode="ETH correlated", **AAVE)


def test_compound_absorb_of_a_loan():
    held = loan("compound-v3", **AAVE)
    factor = held.held[0].factor
    assert held.value == 18_000 * factor / 15_000
    done = held.liquidate()
    assert done.repaid == 15_000
    assert done.seized == 18_000
    assert done.allowed is (18_000 * factor < 15_000)


def test_morpho_loan_and_bad_debt():
    held = loan(
        "morpho-blue",
        collateral={"wstETH": "1"},
        debt={"USDC": "3000"},
        prices={"wstETH": "3000", "USDC": "1"},
        market="wstETH/USDC",
    )
    assert held.value == Fraction("0.86")
    assert held.loan_to_value == 1
    done = held.liquidate()
    factor = Fraction(morpho.incentive_factor(86 * 10**16, 3 * 10**17, 115 * 10**16), WAD)
    assert done.seized == 1
    assert abs(done.repaid - 3_000 / factor) < Fraction(3, 10**6)
    assert done.repaid >= 3_000 / factor  # up, against the liquidator
    assert done.bad_debt == 3_000 - done.repaid


def test_morpho_any_lltv():
    held = loan(
        "morpho-blue",
        collateral={"X": "1"},
        debt={"Y": "50"},
        prices={"X": "100", "Y": "1"},
        lltv="0.625",
    )
    assert held.liquidation_price("X").exact == 80


def test_maker_dust_makes_it_whole():
    # Room for 60 of 100 leaves 40, below a dust of 50: all is taken, beyond the room.
    args = {"ink": 40 * WAD, "art": 100 * WAD, "rate_": RAY, "spot": 2 * RAY, "chop": WAD}
    whole = maker.bark(**args, dust=50 * RAD, hole_all=60 * RAD, hole=60 * RAD)
    part = maker.bark(**args, dust=30 * RAD, hole_all=60 * RAD, hole=60 * RAD)
    dusty = maker.bark(**args, dust=30 * RAD, hole_all=20 * RAD, hole=60 * RAD)
    assert (whole.dart, whole.lot) == (100 * WAD, 40 * WAD)
    assert (part.dart, part.lot) == (60 * WAD, 24 * WAD)
    assert dusty.refused == "dusty-auction-from-partial-liquidation"
    assert maker.bark(**args, dust=0, hole_all=0, hole=RAD).refused == "liquidation-limit-hit"
    assert (
        maker.bark(**{**args, "spot": 5 * RAY // 2}, dust=0, hole_all=RAD, hole=RAD).refused
        == "not-unsafe"
    )


def test_maker_vault():
    held = loan(
        "maker",
        market="ETH-A",
        collateral={"ETH": "10"},
        debt={"DAI": "10000"},
        prices={"ETH": "1449"},
    )
    assert held.value == Fraction(14_490, 10_000)
    assert held.shown.liquidates_at == Fraction("1.45")
    assert held.liquidatable
    done = held.liquidate()
    assert (done.repaid, done.seized) == (10_000, 10)
    assert not held.at({"ETH": "1450"}).liquidatable


TROVE = {"collateral": {"ETH": "10"}, "debt": {"LUSD": "10000"}}


def test_liquity_recovery_mode():
    # ICR 140 %. In normal mode it falls at 110 %; with TCR 160 % recovery begins at CCR 150 %.
    held = loan("liquity-v1", **TROVE, prices={"ETH": "1400"}, tcr="1.6")
    assert not held.liquidatable
    assert liquidation_price("liquity-v1", **TROVE, prices={"ETH": "1400"}).exact == 1_100
    found = liquidation_price("liquity-v1", **TROVE, prices={"ETH": "1400"}, tcr="1.6")
    assert found.exact == Fraction(1_400 * 15, 16)
    assert found.breached < found.exact <= found.safe
    # Above TCR itself: only 110 % counts.
    rich = liquidation_price("liquity-v1", **TROVE, prices={"ETH": "1700"}, tcr="1.6")
    assert rich.exact == 1_100
    # In recovery mode now: capped at 110 %, the rest is the owner's.
    taken = loan("liquity-v1", **TROVE, prices={"ETH": "1400"}, tcr="1.45").liquidate()
    assert taken.allowed
    assert taken.surplus == 10 - (
        Fraction(11_000, 1_400) - Fraction(11_000, 1_400) % Fraction(1, WAD)
    )
    short = loan("liquity-v1", **TROVE, prices={"ETH": "1400"}, tcr="1.45").liquidate(pool="9999")
    assert not short.allowed


def test_liquity_recovery_split_at_its_edges():
    def split(price, pool=100 * WAD):
        return liquity.split_recovery(100 * WAD, WAD, price, pool, 145 * 10**16, 11 * 10**17)

    redistributed = split(100 * WAD)  # ICR exactly 100 %
    assert (redistributed.offset_debt, redistributed.moved_debt) == (0, 100 * WAD)
    assert split(100 * WAD + 100).offset_debt == 100 * WAD
    assert split(110 * WAD).surplus == 0  # ICR exactly MCR: capped, nothing above
    assert split(120 * WAD).surplus == WAD - 100 * WAD * 11 * 10**17 // (120 * WAD)
    assert split(145 * WAD) is None  # not below TCR
    assert split(120 * WAD, 100 * WAD - 1) is None


def test_liquity_redistributes_what_the_pool_lacks():
    split = liquity.split_v1(10_000 * WAD, 10 * WAD, 4_000 * WAD)
    assert (split.offset_debt, split.moved_debt) == (4_000 * WAD, 6_000 * WAD)
    assert split.gas == 10 * WAD // 200
    assert split.pool_collateral + split.moved_collateral + split.gas == 10 * WAD
    done = loan("liquity-v1", **TROVE, prices={"ETH": "1000"}).liquidate(pool="4000")
    assert (done.repaid, done.moved_debt) == (4_000, 6_000)


def test_okx_isolated_formula():
    # Liquidated at assets = debt x (1 + maintenance rate) x (1 + fee), that is at a level of 100 %.
    args = {"collateral": {"BTC": "1"}, "debt": {"USDT": "20000"}, "market": "BTC-USDT"}
    prices = {"BTC": "30000", "USDT": "1"}
    held = loan("okx-spot-margin", **args, prices=prices)
    rule = version("okx-spot-margin")
    row = rule.tables["BTC-USDT USDT"].rows[0]
    fee = rule.instruments["BTC-USDT"].taker_fee
    needed = 20_000 * (1 + row.maintenance) * (1 + fee)
    assert held.value == (30_000 - 20_000) / (needed - 20_000)
    assert held.at({"BTC": needed}).value == 1
    assert held.liquidation_price("BTC").exact == needed
    assert held.at({"BTC": needed}).liquidatable  # at 100 % too
    with pytest.raises(InputError, match="not public"):
        held.liquidate()


def test_binance_margin_level():
    held = loan(
        "binance-spot-margin",
        collateral={"BTC": "1"},
        debt={"USDT": "20000"},
        prices={"BTC": "30000", "USDT": "1"},
        market="cross-3x",
    )
    assert held.value == Fraction(3, 2)
    assert held.liquidation_price("BTC").exact == 22_000

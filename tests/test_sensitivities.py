"""Sensitivities (mission C5): gradients against finite differences, and which way margin moves a price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.venues import Account
from solvent.venues.numbers import InputError
from solvent.venues.questions.estimates import hit_by_volatility, hit_probability, in_volatilities

F = Fraction
STEP = F(1, 10**10)
NEAR = F(1, 10**8)


def account_of(rng: Random) -> Account:
    """One or two positions, linear or inverse, some with collateral, and money that carries them."""
    side, other = (rng.choice(["long", "short"]) for _ in range(2))
    if rng.random() < 0.3:
        return Account("binance-coinm", wallet=F(rng.randint(200, 900), 100), positions=[
            {"symbol": "BTCUSD_PERP", "side": side, "size": 100 * rng.randint(500, 6_000),
             "entry": rng.randint(45_000, 55_000), "mark": 50_000}])  # fmt: skip
    positions = [{"symbol": "BTCUSDT", "side": side, "size": F(rng.randint(100, 9_000), 1000),
                  "entry": rng.randint(49_000, 51_000), "mark": 50_000}]  # fmt: skip
    if rng.random() < 0.5:
        positions.append({"symbol": "ETHUSDT", "side": other, "size": rng.randint(1, 60),
                          "entry": 2_500})  # fmt: skip
    held = {"SOL": {"amount": 50, "price": 150, "weight": "0.9"}} if rng.random() < 0.4 else {}
    return Account("binance-usdm@2026-09", wallet={"USDT": rng.randint(20_000, 90_000)},
                   positions=positions, collateral=held)  # fmt: skip


def price_of(account: Account) -> Fraction | None:
    return account.liquidation_price(account.positions[0].symbol).exact


def slope(changed: Callable[[Fraction], Account]) -> Fraction | None:
    """Central difference of the liquidation price; None where a step finds none."""
    up, down = price_of(changed(STEP)), price_of(changed(-STEP))
    return None if up is None or down is None else (up - down) / (2 * STEP)


def same(found: Fraction, difference: Fraction) -> bool:
    return abs(found - difference) <= NEAR * max(abs(found), abs(difference), F(1))


@pytest.mark.parametrize("seed", range(60))
def test_gradients_are_finite_differences_to_a_hundred_millionth(seed: int) -> None:
    account = account_of(Random(seed))
    first = account.positions[0]
    if price_of(account) is None:
        with pytest.raises(InputError, match="no plain liquidation price"):
            account.sensitivities(first.symbol)
        return
    found = account.sensitivities(first.symbol)
    assert found.price == price_of(account)
    money = next(iter(account.wallet))

    def richer(h: Fraction) -> Account:
        return account.with_(wallet={money: account.wallet[money] + h})

    def bigger(h: Fraction) -> Account:
        """More of the position at its entry."""
        return account.with_(
            positions=(replace(first, size=first.size + h), *account.positions[1:])
        )

    def paying(h: Fraction) -> Account:
        """A rate h of funding paid once at the mark."""
        value = account.evaluate(first.symbol).parts[0].notional
        return richer(-first.side * h * value)

    for gradient, change in (
        (found.to_wallet, richer), (found.to_size, bigger), (found.to_funding, paying)
    ):  # fmt: skip
        difference = slope(change)
        assert difference is not None
        assert same(gradient, difference)
    for number, one in enumerate(account.holdings):

        def dearer(h: Fraction, number: int = number) -> Account:
            held = list(account.holdings)
            held[number] = replace(held[number], price=held[number].price + h)
            return account.with_(collateral=held)

        difference = slope(dearer)
        assert difference is not None
        assert same(found.to_collateral[one.asset], difference)
    # Margin moves the price away: down for a price below the mark, up for one above.
    assert found.to_wallet * (found.price - first.mark) > 0


@given(
    barrier=st.floats(30_000, 80_000),
    volatility=st.floats(0.2, 2.0),
    days=st.floats(0.5, 60),
    drift=st.floats(-2, 2),
)
def test_more_volatility_makes_a_hit_likelier_by_the_derivative(
    barrier: float, volatility: float, days: float, drift: float
) -> None:
    step = 1e-5
    up, down = (
        hit_probability(50_000, barrier, volatility + h, days, drift) for h in (step, -step)
    )
    found = hit_by_volatility(50_000, barrier, volatility, days, drift)
    assert found == pytest.approx((up - down) / (2 * step), rel=1e-4, abs=1e-6)
    if drift == 0:
        assert found >= 0


def test_the_distance_in_volatilities_moves_by_itself_over_the_volatility() -> None:
    step = 1e-6
    up, down = (in_volatilities(0.04, 0.6 + h, 1) for h in (step, -step))
    assert (up - down) / (2 * step) == pytest.approx(-in_volatilities(0.04, 0.6, 1) / 0.6)

"""Margin exhaustion along a path: first crossings on the grid, the gap, funding on the way."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvent.venues import Account, exhaustion
from solvent.venues.numbers import InputError
from solvent.venues.solver.evaluate import evaluate

F = Fraction
VENUE = "binance-usdm@2026-09"


def long(wallet: str = "2500", **more: object) -> Account:
    return Account(VENUE, wallet=wallet, positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000", **more}])  # fmt: skip


def test_it_is_seen_at_the_first_point_beyond_the_price_and_not_before() -> None:
    account = long()
    price = account.liquidation_price()
    assert price.safe_tick is not None
    assert price.violating_tick is not None
    prices: tuple[Fraction, ...] = (F(50_000), price.safe_tick, price.violating_tick, F(49_000))
    path = list(zip("abcd", prices, strict=True))
    found = exhaustion(account, path)
    assert found.liquidated is not None
    assert (found.liquidated.time, found.liquidated.before) == ("c", "b")
    assert 0 < found.liquidated.overshoot < 1
    assert found.liquidated.deficit == 0
    assert found.bankrupt is None
    assert found.points == 4
    assert "liquidated at c" in str(found)


def test_a_gap_is_reported_with_its_deficit() -> None:
    """2,500 of margin, 3,000 lost between two points."""
    found = exhaustion(long(), [(0, "50000"), (1, "48000"), (2, "47000"), (3, "46000")])
    seen = found.liquidated
    assert seen is not None
    assert seen.time == 2
    assert seen.equity == -500
    assert seen.deficit == 500
    assert seen.requirement == 47_000 * F("0.004")
    assert seen.overshoot == seen.requirement + 500
    assert found.bankrupt == seen


def test_bankruptcy_follows_where_the_path_is_finer() -> None:
    found = exhaustion(long(), [(0, "47600"), (1, "47550"), (2, "47499")])
    assert found.liquidated is not None
    assert found.bankrupt is not None
    assert found.liquidated.time == 0
    assert found.liquidated.equity == 100
    assert found.bankrupt.time == 2
    assert found.bankrupt.deficit == 1
    assert "below zero at 2" in str(found)


def test_a_path_that_stays_away() -> None:
    found = exhaustion(long(), [(0, "50000"), (1, "60000")])
    assert (found.liquidated, found.bankrupt, found.points) == (None, None, 2)
    assert str(found) == "not liquidated on a path of 2 points"


paths = st.lists(st.integers(46_000, 55_000), min_size=1, max_size=12)


@given(path=paths, side=st.sampled_from(["long", "short"]), wallet=st.integers(300, 4_000))
def test_detection_is_the_first_crossing_on_the_grid(
    path: list[int], side: str, wallet: int
) -> None:
    """Against the account made anew at each price."""
    account = Account(VENUE, wallet=wallet, positions=[
        {"symbol": "BTCUSDT", "side": side, "size": "1", "entry": "50000"}])  # fmt: skip
    states = [
        Account(VENUE, wallet=wallet, positions=[
            {"symbol": "BTCUSDT", "side": side, "size": "1", "entry": "50000", "mark": price}])
        .evaluate() for price in path
    ]  # fmt: skip
    found = exhaustion(account, enumerate(path))
    first = next((at for at, state in enumerate(states) if state.liquidatable), None)
    below = next((at for at, state in enumerate(states) if state.equity < 0), None)
    assert (found.liquidated and found.liquidated.time) == first
    assert (found.bankrupt and found.bankrupt.time) == below
    if found.liquidated is not None and first is not None:
        assert found.liquidated.equity == states[first].equity
        assert found.liquidated.requirement == states[first].requirement


def test_funding_is_paid_before_the_point_is_judged() -> None:
    """1 % of 50,000 each stamp: 2,500 last four stamps, the fifth leaves nothing for the rest."""
    path = [(hour, "50000") for hour in range(8)]
    found = exhaustion(long(), path, funding={hour: "0.01" for hour in range(1, 8)})
    assert found.liquidated is not None
    assert found.liquidated.time == 5
    assert found.liquidated.equity == 0
    assert found.funding == -2_500
    assert found.bankrupt is not None
    assert found.bankrupt.time == 6
    received = exhaustion(long(), path, funding={3: {"btc-usdt": "-0.01"}})
    assert received.liquidated is None
    assert received.funding == 500
    with pytest.raises(InputError, match="not a time of the path"):
        exhaustion(long(), path, funding={9: "0.01"})


def test_several_symbols_keep_their_last_price() -> None:
    account = Account(VENUE, wallet="5000", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"},
        {"symbol": "ETHUSDT", "side": "short", "size": "20", "entry": "2500"}])  # fmt: skip
    path = [("0", {"BTCUSDT": "47000"}), ("1", {"ETHUSDT": "2600"}), ("2", {"ETHUSDT": "2601"})]
    found = exhaustion(account, path)
    assert found.liquidated is not None
    assert found.liquidated.time == "1"
    assert found.liquidated.equity == 5_000 - 3_000 - 2_000
    assert found.liquidated.prices == {"BTCUSDT": 47_000, "ETHUSDT": 2_600}
    with pytest.raises(InputError, match="give prices by symbol"):
        exhaustion(account, [(0, "50000")])


def test_collateral_follows_its_contract_or_is_named() -> None:
    account = Account("okx@2025-07", wallet={"USDT": "0"}, positions=[
        {"symbol": "BTC-USDT-SWAP", "side": "long", "size": "1", "entry": "50000"}],
        collateral={"BTC": {"amount": "0.1", "price": "50000", "weight": "0.95"}})  # fmt: skip
    path = [(0, {"BTC-USDT-SWAP": "48000"}), (1, {"BTC-USDT-SWAP": "45000"})]
    found = exhaustion(account, path)
    assert found.liquidated is not None
    assert found.liquidated.time == 1
    assert found.liquidated.equity == F("0.1") * 45_000 * F("0.95") - 5_000
    assert found.liquidated.realisable == 4_500 - 5_000
    named = exhaustion(account, [(0, {"BTC": "1000"})])
    assert named.liquidated is not None
    assert named.liquidated.equity == 95


def test_isolated_positions_have_their_own_path() -> None:
    account = Account(VENUE, mode="isolated", positions=[
        {"symbol": "BTCUSDT", "side": side, "size": "1", "entry": "50000", "margin": "2500"}
        for side in ("long", "short")])  # fmt: skip
    path = [(0, "50000"), (1, "53000"), (2, "47000")]
    times = []
    for side in ("long", "short"):
        seen = exhaustion(account, path, symbol="BTCUSDT", side=side).liquidated
        times.append(seen and seen.time)
    assert times == [2, 1]


def kucoin(price: Fraction) -> Account:
    return Account("kucoin", wallet="20000", positions=[
        {"symbol": "XBTUSDTM", "side": "long", "size": "1", "entry": "50000"},
        {"symbol": "ETHUSDTM", "side": "long", "size": "20", "entry": "2500", "mark": price}])  # fmt: skip


def test_a_share_of_the_account_is_judged_where_the_venue_does() -> None:
    """KuCoin: a leg can die on its share although the whole account would not."""
    prices = [F(2500) - 5 * step for step in range(0, 201, 5)]
    path = [(at, {"ETHUSDTM": price}) for at, price in enumerate(prices)]
    seen = exhaustion(kucoin(F(2500)), path).liquidated

    def dead(price: Fraction) -> bool:
        names = ("XBTUSDTM", "ETHUSDTM")
        return any(evaluate(kucoin(price).judged(name)).liquidatable for name in names)

    assert seen is not None
    assert seen.time == next(at for at, price in enumerate(prices) if dead(price))


def test_a_path_without_points_is_refused() -> None:
    with pytest.raises(InputError, match="no point"):
        exhaustion(long(), [])
    with pytest.raises(InputError, match="greater than 0"):
        exhaustion(long(), [(0, "0")])
    with pytest.raises(InputError, match="wallet is missing"):
        exhaustion(Account(VENUE, positions=long().positions), [(0, "1")])

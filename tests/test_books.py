"""Books: the chance of liquidation of a whole account, and sizes that keep it within a target.

The closed form of one position, simulations and grids of their own, and what must hold whatever the
model says. The model itself is tried on real prices in `test_books_backtest`.
"""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from solvent.venues import (
    Account,
    Moves,
    book_chance,
    fund_book,
    scale_book,
    size_book,
)
from solvent.venues.books.chance import Sample, only_bucket
from solvent.venues.books.moves import factor
from solvent.venues.books.surface import Surface
from solvent.venues.numbers import InputError
from solvent.venues.questions import estimates
from solvent.venues.solver.evaluate import evaluate

F = Fraction
VENUE = "binance-usdm@2026-09"
BTC = Moves.lognormal({"BTCUSDT": 0.6})
EPS = F(1, 10**9)
HALF: dict[str, Any] = {"confidence": 0.5}  # the estimate itself is held to the target


def both(correlation: float, btc: float = 0.6, eth: float = 0.8) -> Moves:
    return Moves.lognormal({"BTCUSDT": btc, "ETHUSDT": eth}, correlation)


def holding(
    btc: str, eth: str, *, wallet: str = "20000", venue: str = VENUE, **more: Any
) -> Account:
    """Signed sizes at 50,000 and 2,500."""
    positions = [
        {
            "symbol": symbol,
            "side": "short" if size.startswith("-") else "long",
            "size": size.removeprefix("-"),
            "entry": price,
            **more,
        }
        for symbol, size, price in (("BTCUSDT", btc, "50000"), ("ETHUSDT", eth, "2500"))
        if F(size)
    ]
    return Account(venue, wallet=wallet, positions=positions)


# --------------------------------------------------------------------------------- one position


@pytest.mark.parametrize(("side", "days", "wallet"), [("long", 1, 2_500), ("short", 7, 9_000)])
@pytest.mark.parametrize("steps", [2, 32])
def test_one_position_has_the_closed_form_chance(
    side: str, days: float, wallet: int, steps: int
) -> None:
    """Also on a grid of two steps: the bridge knows what happened between."""
    account = Account(VENUE, wallet=wallet, positions=[
        {"symbol": "BTCUSDT", "side": side, "size": "1", "entry": "50000"}])  # fmt: skip
    found = book_chance(account, BTC, days, paths=20_000, steps=steps)
    exact = account.hit_probability(0.6, days)
    allowed = 3 * found.standard_error + (0.003 if steps == 2 else 0)
    assert abs(found.chance - exact) < allowed
    assert abs(found.step_control) < 3 * found.standard_error + (0.02 if steps == 2 else 0)
    assert found.chance < found.upper
    assert found.touched / found.paths < found.chance + 3 * found.standard_error


def test_an_inverse_position_has_it_too() -> None:
    account = Account("binance-coinm", wallet="0.2", positions=[
        {"symbol": "BTCUSD_PERP", "side": "long", "size": "100000", "entry": "50000"}])  # fmt: skip
    found = book_chance(account, Moves.lognormal({"BTCUSD_PERP": 0.7}), 5, paths=20_000)
    exact = account.hit_probability(0.7, 5)
    assert 0.05 < exact < 0.6
    assert abs(found.chance - exact) < 3 * found.standard_error


def test_drift_is_that_of_the_closed_form() -> None:
    account = holding("1", "0", wallet="6000")
    moves = Moves.lognormal({"BTCUSDT": 0.6}, drift={"BTCUSDT": -2.0})
    found = book_chance(account, moves, 7, paths=20_000)
    assert abs(found.chance - account.hit_probability(0.6, 7, drift=-2.0)) < 3 * (
        found.standard_error
    )
    assert found.chance > book_chance(account, BTC, 7, paths=20_000).chance


@pytest.mark.parametrize("side", ["long", "short"])
def test_one_position_is_sized_as_by_the_closed_form(side: str) -> None:
    empty = Account(VENUE, wallet="20000")
    exact = empty.size_for_probability("BTCUSDT", side, "50000", 0.05, 0.6, 7).exact
    start = Account(VENUE, wallet="20000", positions=[
        {"symbol": "BTCUSDT", "side": side, "size": "1", "entry": "50000"}])  # fmt: skip
    found = scale_book(start, BTC, 0.05, 7, paths=20_000, steps=16, **HALF)
    size = abs(found.sizes["BTCUSDT"])
    assert exact is not None
    assert found.chance.chance <= 0.05
    truth = found.account.hit_probability(0.6, 7)
    assert abs(truth - 0.05) < 3 * found.chance.standard_error
    assert abs(size / exact - 1) < F(2, 100)
    assert size % F("0.001") == 0
    searched = size_book(
        empty, BTC, {"BTCUSDT": 0.3 if side == "long" else -0.3}, 0.05, 7,
        prices={"BTCUSDT": "50000"}, paths=20_000, steps=16, **HALF,
    )  # fmt: skip
    assert abs(searched.sizes["BTCUSDT"] / found.sizes["BTCUSDT"] - 1) < F(3, 100)


def test_the_confidence_bound_is_what_is_held() -> None:
    account = holding("1", "0")
    sure = scale_book(account, BTC, 0.05, 7, paths=2000, steps=8, confidence=0.99)
    even = scale_book(account, BTC, 0.05, 7, paths=2000, steps=8, **HALF)
    assert sure.limit == even.limit == "chance"
    assert sure.chance.upper <= 0.05 < sure.chance.upper + 0.002
    assert sure.sizes["BTCUSDT"] < even.sizes["BTCUSDT"]
    assert even.chance.upper == even.chance.chance <= 0.05


# ------------------------------------------------------------------------------- several positions


def test_two_perfectly_correlated_positions_are_one() -> None:
    """20 ETH at 2,500 are 1 BTC at 50,000 when they move alike and have one rate."""
    rate = {"mmr": "0.01"}
    one = holding("4", "0", **rate)
    two = holding("2", "40", **rate)
    moves = both(1.0, eth=0.6)
    alone = book_chance(one, BTC, 3, paths=2000, steps=8)
    pair = book_chance(two, moves, 3, paths=2000, steps=8)
    assert pair.chance == pytest.approx(alone.chance, abs=1e-9)
    assert (
        scale_book(two, moves, 0.05, 3, paths=2000, steps=8).sizes["BTCUSDT"] * 2
        == pytest.approx(scale_book(one, BTC, 0.05, 3, paths=2000, steps=8).sizes["BTCUSDT"], abs=0.002)
    )  # fmt: skip


def test_a_hedge_allows_more_and_the_more_the_better_it_is() -> None:
    sizes = [
        scale_book(holding("1", "-20"), both(rho, eth=0.6), 0.05, 7, paths=2000, steps=8, **HALF)
        .sizes["BTCUSDT"]
        for rho in (-0.5, 0.0, 0.5, 0.9)
    ]  # fmt: skip
    assert sizes == sorted(sizes)
    assert sizes[-1] > 2 * sizes[0]
    together = [
        scale_book(holding("1", "20"), both(rho, eth=0.6), 0.05, 7, paths=2000, steps=8, **HALF)
        .sizes["BTCUSDT"]
        for rho in (-0.5, 0.0, 0.5, 0.9)
    ]  # fmt: skip
    assert together == sorted(together, reverse=True)


def test_the_best_of_a_grid_is_found() -> None:
    """Brute force over whole lots, judged on the very paths of the final set."""
    rate = {"mmr": "0.01"}
    empty = Account(VENUE, wallet="20000", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "0.001", "entry": "50000", **rate},
        {"symbol": "ETHUSDT", "side": "long", "size": "0.001", "entry": "2500", **rate}])  # fmt: skip
    moves, expected = both(0.5), {"BTCUSDT": 0.3, "ETHUSDT": 0.5}
    found = size_book(empty, moves, expected, 0.10, 7, paths=1000, steps=8, seed=3, **HALF)
    sample = Sample.drawn(empty, moves, 7, 1000, 8, 3 + 1_000_003)

    def gain(btc: Fraction, eth: Fraction) -> float:
        return float(btc) * 50_000 * 0.3 + float(eth) * 2_500 * 0.5

    best = 0.0
    for btc, eth in itertools.product(range(-8, 33, 2), range(-8, 61, 4)):
        sizes = F(btc, 10), F(eth)
        if gain(*sizes) > best:
            account = holding(*(str(float(size)) for size in sizes), **rate)
            if sample.estimate(only_bucket(account))[0] <= 0.10:
                best = gain(*sizes)
    assert found.expected is not None
    assert found.expected == pytest.approx(gain(found.sizes["BTCUSDT"], found.sizes["ETHUSDT"]))
    assert best > 0.9 * found.expected  # the grid is not empty
    assert found.expected > best * 0.999


def test_what_is_expected_to_lose_is_sold_or_left() -> None:
    prices = {"BTCUSDT": "50000", "ETHUSDT": "2500"}
    empty = Account(VENUE, wallet="20000")
    words: dict[str, Any] = {"prices": prices, "paths": 500, "steps": 4}
    short = size_book(empty, both(0.0), {"BTCUSDT": 0.2, "ETHUSDT": -0.2}, 0.05, 7, **words)
    assert short.sizes["BTCUSDT"] > 0 > short.sizes["ETHUSDT"]
    none = size_book(empty, both(0.5), {"BTCUSDT": 0.0, "ETHUSDT": 0.0}, 0.05, 7, **words)
    assert none.sizes == {}
    assert (none.expected, none.chance.upper, str(none)[:7]) == (0.0, 0.0, "nothing")


def test_a_symbol_expected_to_return_nothing_serves_as_a_hedge() -> None:
    prices = {"BTCUSDT": "50000", "ETHUSDT": "2500"}
    words: dict[str, Any] = {"prices": prices, "paths": 500, "steps": 4, **HALF}
    empty = Account(VENUE, wallet="20000")
    hedged = size_book(empty, both(0.9), {"BTCUSDT": 0.3, "ETHUSDT": 0.0}, 0.05, 7, **words)
    alone = size_book(empty, BTC, {"BTCUSDT": 0.3}, 0.05, 7,
                      **{**words, "prices": {"BTCUSDT": "50000"}})  # fmt: skip
    assert hedged.sizes["ETHUSDT"] < 0
    assert hedged.sizes["BTCUSDT"] > alone.sizes["BTCUSDT"] * F(13, 10)


def test_positions_that_are_not_named_stay() -> None:
    account = holding("1", "10")
    found = size_book(account, both(0.5), {"ETHUSDT": 0.4}, 0.05, 7, paths=500, steps=4)
    assert found.sizes["BTCUSDT"] == 1
    assert found.sizes["ETHUSDT"] > 10
    with pytest.raises(InputError, match="positions that stay are likelier"):
        size_book(holding("4", "10"), both(0.5), {"ETHUSDT": 0.4}, 0.01, 7, paths=500, steps=4)


# --------------------------------------------------------------------------- slippage, money, lots


def test_slippage_is_paid_from_the_wallet_and_makes_the_book_smaller() -> None:
    account = holding("0.001", "0.02")
    plain = scale_book(account, both(0.5), 0.05, 7, paths=1000, steps=4, **HALF)
    found = scale_book(account, both(0.5), 0.05, 7, slippage="0.002", paths=1000, steps=4, **HALF)
    assert found.sizes["BTCUSDT"] < plain.sizes["BTCUSDT"]
    bought = (found.sizes["BTCUSDT"] - F("0.001")) * 50_000 + (
        found.sizes["ETHUSDT"] - F("0.02")
    ) * 2_500
    assert found.cost == {"USDT": bought * F("0.002")}
    assert found.account.equity().exact == 20_000 - found.cost["USDT"]
    some = scale_book(
        account, both(0.5), 0.05, 7, slippage={"eth-usdt": "0.002"}, paths=1000, steps=4, **HALF
    )
    assert found.sizes["BTCUSDT"] <= some.sizes["BTCUSDT"] <= plain.sizes["BTCUSDT"]


def test_slippage_of_one_position_is_that_of_the_closed_form() -> None:
    """A flat rate: notional = equity x the largest leverage of the estimates."""
    venue = Account("hyperliquid@2025", wallet="10000")
    found = venue.size_for_probability("BTC", "long", "50000", 0.05, 0.6, 7, "0.01").exact
    rate = 0.0125  # its tier up to 150 million, as `evaluate` says below
    most = estimates.maximal_leverage(0.05, "long", 0.6, 7, rate, slippage=0.01)
    assert found is not None
    opened = Account("hyperliquid@2025", wallet="10000", positions=[
        {"symbol": "BTC", "side": "long", "size": found, "entry": "50000"}])  # fmt: skip
    assert float(evaluate(opened.pool()).parts[0].rate) == rate
    assert float(found) * 50_000 == pytest.approx(10_000 * most, abs=1)
    plain = venue.size_for_probability("BTC", "long", "50000", 0.05, 0.6, 7)
    assert plain.exact is not None
    assert found < plain.exact
    assert "lost on entering" not in str(plain)
    lossy = venue.size_for_probability("BTC", "long", "50000", 0.05, 0.6, 7, slippage="0.01")
    assert "1 % lost on entering" in str(lossy)
    with pytest.raises(InputError, match="not a share"):
        venue.size_for_probability("BTC", "long", "50000", 0.05, 0.6, 7, slippage=2)


def test_money_added_brings_a_book_within_the_target() -> None:
    account = holding("2", "40", wallet="15000")
    found = fund_book(account, both(0.8), 0.05, 7, paths=1000, steps=8)
    assert found.added > 0
    assert found.account.wallet[""] == 15_000 + found.added
    assert found.chance.upper <= 0.05
    assert found.sizes == {"BTCUSDT": 2, "ETHUSDT": 40}
    less = account.with_(wallet=15_000 + found.added - 1)
    assert book_chance(less, both(0.8), 7, paths=1000, steps=8).upper > 0.05
    enough = fund_book(account.with_(wallet=10**6), both(0.8), 0.05, 7, paths=1000, steps=8)
    assert enough.added == 0


def test_sizes_shrink_and_turn_at_the_marks() -> None:
    """Entries other than the marks: what is closed realises its profit, equity stays."""
    account = Account(VENUE, wallet="20000", positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "8", "entry": "48000", "mark": "50000"}])  # fmt: skip
    found = scale_book(account, BTC, 0.05, 7, paths=1000, steps=8)
    assert found.sizes["BTCUSDT"] < 8
    assert found.account.positions[0].entry == 48_000
    assert found.account.equity().exact == account.equity().exact == 36_000
    turned = size_book(account, BTC, {"BTCUSDT": -0.5}, 0.05, 7, paths=1000, steps=8)
    assert turned.sizes["BTCUSDT"] < 0
    assert turned.account.positions[0].entry == 50_000
    assert turned.account.equity().exact == 36_000


def test_a_book_that_cannot_be_opened_is_not_found() -> None:
    """Initial margin at the leverage set binds before the chance does; so does the last tier."""
    account = holding("1", "0", leverage="5")
    found = scale_book(account, BTC, 0.9, 1, paths=500, steps=4)
    assert found.sizes["BTCUSDT"] == 2  # 20,000 x 5 / 50,000
    assert found.limit == "initial margin"
    rich = Account(VENUE, wallet=10**12, positions=[
        {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"}])  # fmt: skip
    largest = rich.version.tables[rich.positions[0].instrument.table].rows[-1].up_to
    assert largest is not None
    scaled = scale_book(rich, BTC, 0.5, 1, paths=500, steps=4)
    most = scaled.sizes["BTCUSDT"]
    assert scaled.limit == "largest size"
    assert most * 50_000 <= largest < (most + F("0.001")) * 50_000


# ------------------------------------------------------------------------------ the lines are exact


BOOKS = [
    holding("40", "-600", wallet="300000"),
    holding("2", "0", venue="bybit@2026"),
    holding("2", "0", venue="bybit@2024"),
    Account("okx@2025-07", wallet={"USDT": "30000"}, positions=[
        {"symbol": "BTC-USDT-SWAP", "side": "long", "size": "4", "entry": "50000"}],
        collateral={"BTC": {"amount": "0.4", "price": "50000", "weight": "0.95"}}),
    Account("binance-coinm", wallet="4", positions=[
        {"symbol": "BTCUSD_PERP", "side": "short", "size": "900000", "entry": "50000"}]),
]  # fmt: skip


@pytest.mark.parametrize("account", BOOKS, ids=lambda one: one.version.label)
def test_lines_and_sums_are_the_exact_headroom(account: Account) -> None:
    """At random prices, tier edges crossed: floats to 1e-9 of the notional, fractions to the last."""
    pool = only_bucket(account)
    marks = pool.marks()
    surface = Surface(pool, {name: (float(m) * 0.2, float(m) * 5) for name, m in marks.items()})
    draw = random.Random(11)
    for _ in range(40):
        at = {name: F(float(m) * math.exp(draw.uniform(-1.5, 1.5))) for name, m in marks.items()}
        moved = dict(at)
        for one in pool.balances:
            if one.follows:
                moved[f"asset:{one.asset}"] = one.price * at[one.follows[0]] / marks[one.follows[0]]
        found = evaluate(pool, moved)
        assert surface.exact(at) == found.headroom
        total = float(surface.start)
        for name, line in surface.lines.items():
            price = float(at[name])
            piece = int(np.searchsorted(line.edges, price))
            x = 1 / price if line.inverse else price
            total += line.intercept[piece] + line.slope[piece] * x - float(surface.start)
        assert total == pytest.approx(float(found.headroom), abs=1e-9 * float(found.notional))


@pytest.mark.parametrize("account", BOOKS, ids=lambda one: one.version.label)
def test_slopes_along_the_log_prices_are_those_of_the_headroom(account: Account) -> None:
    """The bridge's variance needs their signs: a hedge has two that differ."""
    names = dict.fromkeys((one.symbol for one in account.positions), 0.5)
    sample = Sample.drawn(account, Moves.lognormal(names, 0.5), 5, 100, 3, 1)
    surface = sample.surface(only_bucket(account))
    headroom, slopes = sample._headrooms(surface)
    for step, path in ((0, 0), (1, 7), (3, 99)):
        at = {name: F(float(price[step, path])) for name, price in sample.prices.items()}
        assert headroom[step, path] == pytest.approx(float(surface.exact(at)), rel=1e-9)
        for (name, price), slope in zip(at.items(), slopes, strict=True):
            up, down = (surface.exact({**at, name: price * (1 + h)}) for h in (EPS, -EPS))
            assert slope[step, path] == pytest.approx(float((up - down) / (2 * EPS)), rel=1e-6)


def test_the_lines_cross_tier_edges() -> None:
    pool = only_bucket(BOOKS[0])
    surface = Surface(pool, {"BTCUSDT": (10_000, 250_000), "ETHUSDT": (500, 12_500)})
    assert all(len(line.edges) for line in surface.lines.values())


def test_collateral_moves_with_its_contract() -> None:
    """A coin margined long is likelier to die than the same value in dollars."""
    position = [{"symbol": "BTC-USDT-SWAP", "side": "long", "size": "2", "entry": "50000"}]
    coin = {"BTC": {"amount": "0.2", "price": "50000", "weight": "1"}}
    in_coin = Account("okx@2025-07", wallet={"USDT": "0"}, positions=position, collateral=coin)
    in_dollars = Account("okx@2025-07", wallet={"USDT": "10000"}, positions=position)
    moves = Moves.lognormal({"BTC-USDT-SWAP": 0.6})
    a, b = (book_chance(one, moves, 7, paths=1000, steps=8) for one in (in_coin, in_dollars))
    assert a.chance > b.chance
    ether = [{"symbol": "ETH-USDT-SWAP", "side": "long", "size": "40", "entry": "2500"}]
    other = Account("okx@2025-07", wallet={"USDT": "0"}, positions=ether, collateral=coin)
    with pytest.raises(InputError, match="nothing moves its price"):
        book_chance(other, Moves.lognormal({"ETH-USDT-SWAP": 0.6}), 7)
    names = {"ETH-USDT-SWAP": 0.6, "BTC-USDT-SWAP": 0.6}
    same = book_chance(other, Moves.lognormal(names, 1.0), 7, paths=1000, steps=8)
    assert same.chance == pytest.approx(a.chance, abs=0.02)


# ------------------------------------------------------------------------------------------- moves


def test_a_fit_finds_what_it_was_drawn_from() -> None:
    moves = both(0.7)
    days = 2000
    logs = moves.paths(days, days, 1, seed=5)[:, :, 0]
    rows = np.diff(np.concatenate([np.zeros((2, 1)), logs], axis=1), axis=1)
    fit = Moves.fitted({"BTCUSDT": rows[0].tolist(), "ETHUSDT": rows[1].tolist()}, per_day=1)
    assert fit.volatility == pytest.approx((0.6, 0.8), rel=0.06)
    assert fit.correlation[0][1] == pytest.approx(0.7, abs=0.05)
    assert fit.drift == (0, 0)


def test_resampled_paths_are_made_of_the_history() -> None:
    draw = random.Random(2)
    history = {"BTCUSDT": [draw.gauss(0, 0.01) for _ in range(100)],
               "ETHUSDT": [draw.gauss(0, 0.02) for _ in range(100)]}  # fmt: skip
    moves = Moves.resampled(history, per_day=24, block=5)
    assert moves.steps(1, 999) == 24
    logs = moves.paths(1, 24, 50, seed=1)
    assert logs.shape == (2, 24, 50)
    steps = np.diff(logs, axis=1)
    rows = {tuple(np.round(row, 12)) for row in moves.history}
    for path in range(50):
        for step in range(23):
            assert tuple(np.round(steps[:, step, path], 12)) in rows
    assert abs(np.array(moves.history).mean(axis=0)).max() < 1e-15
    account = holding("1", "20", wallet="3000")
    found = book_chance(account, moves, 1, paths=500)
    assert found.step_control == 0
    assert found.chance == found.touched / 500


def test_the_same_seed_is_the_same_answer() -> None:
    account = holding("2", "40")
    one, two, other = (
        book_chance(account, both(0.5), 7, paths=500, steps=4, seed=seed) for seed in (1, 1, 2)
    )
    assert one == two != other


@pytest.mark.parametrize("size", [2, 3, 5])
def test_the_factor_gives_the_correlations_back(size: int) -> None:
    draw = np.random.default_rng(size)
    rows = draw.standard_normal((size, size))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    wanted = rows @ rows.T
    lower = np.array(factor(tuple(map(tuple, wanted.tolist())), "abcde"))
    assert np.allclose(lower @ lower.T, wanted)
    assert np.allclose(lower, np.tril(lower))


# ---------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("volatility", "correlation", "words"),
    [
        ({}, None, "no symbol is named"),
        ({"A": 0.0}, None, "not above 0"),
        ({"A": "0.6"}, None, "not a number"),
        ({"A": 0.6, "B": 0.6}, None, "correlation is missing"),
        ({"A": 0.6, "B": 0.6}, 85, "85 % is 0.85"),
        ({"A": 0.6, "B": 0.6}, {("A", "C"): 0.1}, "not a pair"),
        ({"A": 0.6, "B": 0.6, "C": 0.6}, {("A", "B"): 0.1}, "give every pair"),
        ({"A": 0.6, "B": 0.6}, {("A", "B"): 0.1, ("B", "A"): 0.2}, "two numbers"),
        ({"A": 0.6, "B": 0.6, "C": 0.6}, -0.9, "positive semidefinite"),
        ({"A": 1, "B": 1, "C": 1}, {("A", "B"): 1, ("A", "C"): 0.5, ("B", "C"): 0.1}, "contradict"),
    ],
)
def test_moves_that_no_prices_can_make(
    volatility: dict[str, float], correlation: Any, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        Moves.lognormal(volatility, correlation)


def test_histories_that_are_none() -> None:
    with pytest.raises(InputError, match="give at least 30"):
        Moves.fitted({"A": [0.1] * 29}, 24)
    with pytest.raises(InputError, match="do not vary"):
        Moves.fitted({"A": [0.1] * 30}, 24)
    with pytest.raises(InputError, match="same times"):
        Moves.fitted({"A": [0.1] * 30, "B": [0.1] * 31}, 24)
    good = {"A": [0.01, -0.01] * 20}
    for block in (0, 41, True):
        with pytest.raises(InputError, match="number of rows"):
            Moves.resampled(good, 24, block=block)
    with pytest.raises(InputError, match="longer horizon"):
        Moves.resampled(good, 1).steps(0.1, 8)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"probability": 5}, "5 % is 0.05"),
        ({"days": 0}, "not above 0"),
        ({"paths": 10}, "at least 100"),
        ({"confidence": 0.2}, "from 0.5"),
        ({"slippage": "2"}, "not a share"),
        ({"slippage": {"SOLUSDT": "0.1"}}, "no position"),
        ({"moves": BTC}, "ETHUSDT: no volatility"),
        ({"moves": both(0.5, btc=400.0), "days": 100_000}, "shorter time"),
        ({"account": Account(VENUE, wallet="1")}, "no position to scale"),
        ({"account": holding("9", "9", wallet="1")}, "liquidatable at its marks"),
        ({"account": Account(VENUE, positions=[
            {"symbol": "BTCUSDT", "side": "long", "size": "1", "entry": "50000"}])}, "wallet is missing"),
        ({"account": Account("kucoin", wallet="20000", positions=[
            {"symbol": "XBTUSDTM", "side": "long", "size": "1", "entry": "50000"},
            {"symbol": "ETHUSDTM", "side": "long", "size": "1", "entry": "2500"}])}, "one by one"),
    ],
)  # fmt: skip
def test_mistakes_get_a_sentence(change: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {
        "account": holding("1", "20"), "moves": both(0.5), "probability": 0.05, "days": 7, **change
    }  # fmt: skip
    with pytest.raises(InputError, match=words):
        scale_book(**given)


def test_mistakes_in_what_is_expected() -> None:
    account = holding("1", "0")
    with pytest.raises(InputError, match="give its price in prices"):
        size_book(account, both(0.5), {"ETHUSDT": 0.2}, 0.05, 7)
    with pytest.raises(InputError, match="has its mark"):
        size_book(account, both(0.5), {"BTCUSDT": 0.2}, 0.05, 7, prices={"BTCUSDT": "1"})
    with pytest.raises(InputError, match="no symbol is named"):
        size_book(account, both(0.5), {}, 0.05, 7)
    with pytest.raises(InputError, match="not finite"):
        size_book(account, both(0.5), {"BTCUSDT": math.inf}, 0.05, 7)
    isolated = Account(VENUE, mode="isolated", positions=[
        {"symbol": name, "side": "long", "size": "1", "entry": "2500", "leverage": "5"}
        for name in ("BTCUSDT", "ETHUSDT")])  # fmt: skip
    with pytest.raises(InputError, match="2 margin buckets"):
        book_chance(isolated, both(0.5), 7)

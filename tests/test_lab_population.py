"""The invented accounts: what always holds of them, and that a seed is a population."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from solvent.contracts import resolve
from solvent.feeds import shipped_bars
from solvent.lab.assumptions import PopulationRules
from solvent.lab.entries import History, flat_history, history_of
from solvent.lab.listings import AVAXUSDT, BTCUSDT, KNOWN, SETTLE_EXPONENT, Market, unlisted
from solvent.lab.population import Population, draw_population
from solvent.margin import encode

MARKETS = [BTCUSDT, AVAXUSDT]
MONEY = 10**SETTLE_EXPONENT


def histories() -> list[History]:
    btc, avax = shipped_bars("BTCUSDT"), shipped_bars("AVAXUSDT")
    start = int(btc.times_ns[0])
    return [
        history_of(shipped_bars("BTC-1h"), BTCUSDT, start_ns=start, first=btc),
        history_of(shipped_bars("SOL-1h"), AVAXUSDT, start_ns=start, first=avax),
    ]


START = [int(shipped_bars(name).open[0]) for name in ("BTCUSDT", "AVAXUSDT")]


def population(accounts: int = 20_000, seed: int = 1, **rules: object) -> Population:
    return draw_population(
        MARKETS,
        histories(),
        start=START,
        accounts=accounts,
        seed=seed,
        coin_start=START[0],
        rules=replace(PopulationRules(), **rules),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("accounts", [100, 1_000, 20_000])
def test_longs_are_shorts_and_add_up_to_the_cited_open_interest(accounts: int) -> None:
    drawn = population(accounts)

    for place, market in enumerate(MARKETS):
        lots = drawn.positions.lots[drawn.positions.market == place]
        longs = int(lots[lots > 0].sum())
        assert int(lots.sum()) == 0
        wanted = market.open_interest * accounts / 1_000_000
        assert longs * START[place] * market.unit / MONEY == pytest.approx(wanted, rel=2e-3)
        assert (lots != 0).all()


def test_a_seed_is_a_population() -> None:
    one, same, other = population(2_000, 1), population(2_000, 1), population(2_000, 2)

    for name in ("owner", "market", "lots", "entry", "leverage", "isolated", "funds", "buys"):
        assert (getattr(one.positions, name) == getattr(same.positions, name)).all()
    assert (one.coins == same.coins).all()
    assert (one.positions.entry != other.positions.entry[: len(one.positions)]).any()


def test_own_funds_cover_the_initial_margin_at_the_entry() -> None:
    drawn = population()
    positions = drawn.positions

    for place, market in enumerate(MARKETS):
        mine = positions.market == place
        cost = np.abs(positions.lots[mine]) * positions.entry[mine] * market.unit
        assert (positions.funds[mine] * positions.leverage[mine] >= cost).all()


def test_nobody_is_near_liquidation_at_the_start() -> None:
    """Funds plus profit exceed the exact maintenance requirement by the stated cushion."""
    drawn = population(5_000)
    positions = drawn.positions
    cushion = PopulationRules().cushion

    for place, market in enumerate(MARKETS):
        mine = np.flatnonzero(positions.market == place)
        equity = (
            positions.funds[mine]
            + positions.lots[mine] * (START[place] - positions.entry[mine]) * market.unit
        )
        notional = np.abs(positions.lots[mine]) * START[place] * market.unit
        need = exact_needs(market, notional)
        assert (equity >= need * cushion * 0.999).all()


def exact_needs(market: Market, notional: np.ndarray) -> np.ndarray:
    from solvent.margin import requirement

    contract = resolve(market.listing, settle_exponent=SETTLE_EXPONENT)
    table = encode(market.margin().maintenance, contract, settle_exponent=SETTLE_EXPONENT)
    return np.array([requirement(table, 0, 1, int(n), 0) for n in notional])


def test_profits_and_losses_exist_and_redraws_are_told() -> None:
    drawn = population()
    positions = drawn.positions

    profit = positions.lots * (drawn.start[positions.market] - positions.entry)
    assert 0.2 < (profit > 0).mean() < 0.8
    names = {name: value for name, value, _ in drawn.notes}
    assert int(names["BTCUSDT entries"].split()[0].replace(",", "")) > 0
    assert names["scale of the model"] == "0.02"


def test_shares_are_near_what_the_rules_say() -> None:
    rules = PopulationRules()
    drawn = population()
    positions = drawn.positions

    assert (positions.lots > 0).mean() == pytest.approx(rules.long_accounts, abs=0.02)
    assert positions.isolated.sum() / drawn.customers == pytest.approx(rules.isolated, abs=0.02)
    cross = drawn.customers - int(positions.isolated.sum())
    assert (drawn.coins > 0).sum() / cross == pytest.approx(rules.collateral, abs=0.02)
    assert 0.1 < ((positions.buys > 0) | (positions.sells > 0)).mean() < rules.resting
    sizes = np.sort(np.abs(positions.lots[positions.market == 0]))[::-1]
    assert sizes[: len(sizes) // 100].sum() > 0.25 * sizes.sum()


def test_collateral_replaces_cash_and_nobody_owes() -> None:
    drawn = population()

    assert (drawn.cash >= 0).all()
    assert (drawn.coins >= 0).all()
    cross = ~drawn.positions.isolated
    whole = np.bincount(
        drawn.positions.owner[cross],
        weights=drawn.positions.funds[cross],
        minlength=drawn.customers,
    )
    value = drawn.coins * (START[0] * 0.1) / 10**8 * MONEY
    assert (drawn.cash + 0.9 * value >= whole - 1e3).all()


def test_too_few_accounts_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 100"):
        population(99)
    coarse = replace(BTCUSDT, open_interest=1000.0)
    flat = flat_history(shipped_bars("BTCUSDT"))
    with pytest.raises(ValueError, match="positions a side"):
        draw_population([coarse], [flat], start=START[:1], accounts=1_000, seed=1)


def test_one_market_without_a_past() -> None:
    flat = flat_history(shipped_bars("BTCUSDT"))
    drawn = draw_population([BTCUSDT], [flat], start=START[:1], accounts=500, seed=3)

    assert (drawn.positions.entry == START[0]).all()
    assert (drawn.coins == 0).all()
    assert len(drawn.positions) == 500


def test_a_history_ends_before_the_replay_and_a_proxy_is_scaled_once() -> None:
    btc, avax = histories()
    hours = shipped_bars("SOL-1h")
    bars = shipped_bars("AVAXUSDT")

    # 719 hours end at or before 20:50; the last one ends at 21:00
    assert (len(btc), len(avax)) == (719, 719)
    scale = Fraction(int(bars.open[0]), int(hours.close[-1]))
    assert int(avax.close[0]) == round(float(int(hours.close[0]) * scale))
    assert (avax.low_since <= avax.high_since).all()
    assert (np.diff(avax.low_since) >= 0).all()
    with pytest.raises(ValueError, match="no hour ends"):
        history_of(hours, AVAXUSDT, start_ns=0, first=bars)


@pytest.mark.parametrize("symbol", sorted(KNOWN))
def test_the_listings_are_admitted(symbol: str) -> None:
    market = KNOWN[symbol]
    contract = resolve(market.listing, settle_exponent=SETTLE_EXPONENT)

    assert contract.k == market.unit
    for factor in ((3, 2), (5, 4), (1, 1), (2, 3)):
        margin = market.margin()
        encode(margin.maintenance, contract, settle_exponent=SETTLE_EXPONENT, factor=factor)
    assert margin.initial is not None
    for low, high in zip(margin.maintenance.tiers, margin.initial.tiers, strict=True):
        assert high.rate >= low.rate


def test_an_unknown_market_gets_room_for_its_prices() -> None:
    market = unlisted(
        "DOGEUSDT", tick="0.00001", lot="1", highest=30_000, open_interest=1e9, source="given"
    )
    contract = resolve(market.listing, settle_exponent=SETTLE_EXPONENT)

    assert contract.price_max == 600_000
    assert contract.lots_max * 30_000 * market.unit / MONEY > 1e7
    with pytest.raises(ValueError, match="not a whole number"):
        _ = unlisted(
            "X", tick="0.0000001", lot="0.01", highest=1, open_interest=1.0, source=""
        ).unit

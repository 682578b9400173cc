"""How often an account is looked at, and what a margin call asks for (mission F1, F3, F4)."""

from __future__ import annotations

import numpy as np
import pytest

from solvent.contracts import Listing
from solvent.engine import COMMAND, CommandKind, Engine, EventKind, Frame
from solvent.liquidation import Policy
from solvent.margin import Margin, tiered

USD = 1_000_000
SIEGMUND = 0.5826
"""Mean overshoot of a Gaussian random walk past a level, in step deviations (Siegmund 1979)."""
STEP = 100
DRIFT = 0.02
ACCOUNTS = 800
SPACING = 1_000
START = 2_000_000


def overshoot_in_deviations(every: int) -> tuple[float, float]:
    """Mean overshoot past the liquidation price, judged every `every` steps of one seeded walk.

    Goal: F3. Method: accounts whose liquidation prices lie ten step deviations apart, one walk with
    a slight drift through all of them. Returns (in units of the monitored step's deviation, in
    ticks).
    """
    engine = Engine(Policy(interval_ns=every, warn=(1, 1), call=(1, 1), backstop=(1, 1)))
    usdt = engine.add_asset("USDT", 6)
    listing = Listing("BTCUSDT", "linear", "BTC", "USDT", tick="0.1", lot="0.001")
    btc = engine.list_instrument(listing, Margin(tiered([(None, "0.005")])))
    k = int(engine.tables.instruments["k"][btc])
    frame = Frame()
    frame.add(CommandKind.PRICE, instrument=btc, a=START, b=1)
    first = int(engine.tables.assets["market"][usdt]) + 1
    limits = START - SPACING * np.arange(1, ACCOUNTS + 1)
    for i, limit in enumerate(limits.tolist()):
        frame.add(CommandKind.OPEN_ACCOUNT, a=usdt)
        maintenance = -(-limit * k * 5 // 1000)
        amount = (START - limit) * k + maintenance
        frame.add(CommandKind.DEPOSIT, account=first + i, a=amount)
        frame.add(
            CommandKind.FILL,
            account=first + i,
            other=engine.market_account(usdt),
            instrument=btc,
            a=1,
            b=START,
        )
    engine.apply(frame.array())
    prices = engine.liquidation_prices()
    found = prices["price"]
    assert sorted(found.tolist()) == [price - 1 for price in sorted(limits.tolist())]
    steps = int(SPACING * (ACCOUNTS + 20) / (STEP * DRIFT))
    walk = START + np.cumsum(np.random.default_rng(3).normal(-STEP * DRIFT, STEP, steps))
    rows = np.zeros(steps, COMMAND)
    rows["kind"], rows["instrument"], rows["b"] = CommandKind.PRICE, btc, 1
    rows["a"] = np.maximum(np.rint(walk), 1)
    rows["time"] = np.arange(1, steps + 1)
    offset = int(engine.tables.header[5])
    events = engine.apply(rows).events
    found = events[(events["kind"] == EventKind.LIQUIDATION_STARTED)]
    price = rows["a"][found["seq"] - offset - 1]
    past = (limits[found["account"] - first] - price).astype(float)
    assert len(found) >= ACCOUNTS * 0.95
    assert (past > 0).all()
    return float(past.mean() / (STEP * every**0.5)), float(past.mean())


@pytest.mark.slow
def test_overshoot_tends_to_the_siegmund_constant_and_grows_with_the_interval() -> None:
    """Judged every step, every 4 and every 16: the same constant in step deviations, more in ticks."""
    results = [overshoot_in_deviations(every) for every in (1, 4, 16)]
    for deviations, _ in results:
        assert abs(deviations - SIEGMUND) < 0.06
    ticks = [mean for _, mean in results]
    assert ticks == sorted(ticks)


def _called_account() -> tuple[Engine, int, int, int]:
    engine = Engine(Policy(call_period_ns=1_000))
    usdt = engine.add_asset("USDT", 6)
    listing = Listing("BTCUSDT", "linear", "BTC", "USDT", tick="0.1", lot="0.001")
    btc = engine.list_instrument(listing, Margin(tiered([(None, "0.01")])))
    frame = Frame()
    frame.add(CommandKind.PRICE, instrument=btc, a=500_000, b=1)
    frame.add(CommandKind.OPEN_ACCOUNT, a=usdt)
    account = engine.market_account(usdt) + 1
    frame.add(CommandKind.DEPOSIT, account=account, a=2_000 * USD)
    frame.add(
        CommandKind.FILL,
        account=account,
        other=engine.market_account(usdt),
        instrument=btc,
        a=1_000,
        b=500_000,
    )
    frame.add(CommandKind.PRICE, instrument=btc, a=486_003, b=1, time=10)
    events = engine.apply(frame.array()).events
    call = events[events["kind"] == EventKind.MARGIN_CALLED]
    assert call["account"].tolist() == [account]
    assert call["b"].tolist() == [1_010]
    return engine, account, btc, int(call["a"][0])


def test_a_deposit_of_the_amount_clears_the_call_and_one_unit_less_does_not() -> None:
    """F4: equity 600.3 against 1.25 times 486.003 (607.50375): 7.20375 are missing, to the unit."""
    engine, account, _, amount = _called_account()
    assert amount == 7_203_750
    frame = Frame()
    frame.add(CommandKind.DEPOSIT, account=account, a=amount - 1, time=20)
    assert engine.level(account) == 2
    kinds = engine.apply(frame.array()).events["kind"].tolist()
    assert kinds == [EventKind.DEPOSITED]
    assert engine.level(account) == 2
    frame = Frame()
    frame.add(CommandKind.DEPOSIT, account=account, a=1, time=21)
    kinds = engine.apply(frame.array()).events["kind"].tolist()
    assert kinds == [EventKind.DEPOSITED, EventKind.LEVEL_CHANGED, EventKind.MARGIN_CALL_CURED]
    assert engine.level(account) == 1


def test_a_call_is_withdrawn_when_the_price_recovers_and_lapses_at_its_deadline() -> None:
    """A call ends by itself in both ways; a lapse is reported once and starts nothing."""
    engine, account, btc, amount = _called_account()
    frame = Frame()
    frame.add(CommandKind.TIMER, time=1_010)
    frame.add(CommandKind.TIMER, time=1_011)
    frame.add(CommandKind.TIMER, time=1_012)
    frame.add(CommandKind.PRICE, instrument=btc, a=500_000, b=1, time=1_013)
    events = engine.apply(frame.array()).events
    assert events["kind"].tolist() == [
        EventKind.MARGIN_CALL_LAPSED,
        EventKind.LEVEL_CHANGED,
        EventKind.MARGIN_CALL_CURED,
    ]
    assert events["a"][0] == amount
    assert events["time"][0] == 1_011
    assert engine.level(account) == 0

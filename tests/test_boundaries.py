"""The exact edge of every decision: equalities, the last nanosecond, the single unit.

Each test here was written because a planted error of one unit, or of one comparison, went through
the random tests.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from random import Random

import numpy as np
import pytest
from tests.market import QUIET, USD, Market, of, single
from tests.mirror import photograph

from solvent.engine import Refusal
from solvent.engine.commands import CommandKind as C
from solvent.engine.events import EventKind as E
from solvent.engine.queries import scan_levels
from solvent.margin import Margin, flat, tiered


def two_positions(market: Market, rates: tuple[str, str]) -> tuple[int, int, int, int]:
    """Two instruments at 100; (first, second, trader, other), the trader rich and flat."""
    first = market.linear(
        single(rates[0]), tick="1", lot="1", symbol="A", price_max="1000", position_max="100000"
    )
    second = market.linear(
        single(rates[1]), tick="1", lot="1", symbol="B", price_max="1000", position_max="100000"
    )
    market.price((first, 100), (second, 100))
    trader, other = market.account(10**6 * USD), market.account(10**8 * USD)
    market.trade(trader, other, first, 1_000, 100)
    return first, second, trader, other


def test_a_close_at_the_zero_price_still_helps() -> None:
    """6: cost * R <= E * dR. A costs 5,000, frees 10,000 of 15,000, E = 7,500: equal, so A alone."""
    policy = replace(QUIET, method="partial", target=(5, 1), close_cost_ppm=50_000)
    market = Market(policy)
    first, second, trader, other = two_positions(market, ("0.1", "0.05"))
    fee = (10**6 - 7_500) * USD
    events = market.trade(trader, other, second, 1_000, 100, c=fee)
    assert market.engine.equity(trader) == 7_500 * USD
    orders = of(events, E.LIQUIDATION_ORDERED)
    assert [(o["instrument"], o["a"]) for o in orders] == [(first, -1_000)]


def test_the_target_is_restored_when_it_is_reached_exactly() -> None:
    """6: (E - cost) * den >= num * (R - dR). E 500 of R 1,000: half of it, not one lot more."""
    market = Market(replace(QUIET, method="partial", target=(1, 1)))
    i = market.linear(single("0.01"), tick="1", lot="0.001", price_max="10000", position_max="1000")
    market.price((i, 1_000))
    trader, other = market.account(10_000 * USD), market.account(10**8 * USD)
    events = market.trade(trader, other, i, 100_000, 1_000, c=9_500 * USD)
    assert [o["a"] for o in of(events, E.LIQUIDATION_ORDERED)] == [-50_000]


def test_what_is_paid_to_the_fund_stops_at_equity_also_after_a_rescue() -> None:
    """6: E = -100 over two equal slots; a fill 160 better than the mark leaves 60, delta is 110."""
    market = Market(replace(QUIET, adl="none", surplus_to_fund=True))
    first, second, trader, other = two_positions(market, ("0.1", "0.1"))
    market.trade(trader, other, second, 1_000, 100, c=(10**6 + 100) * USD)
    assert market.engine.equity(trader) == -100 * USD
    market.engine.apply(market.engine.answers(market.time))  # the fund is empty: to the market
    s, at = market.engine.tables, int(market.engine.tables.accounts[trader]["first"])
    number = int(s.positions_cold[at]["order_id"])
    events = market.do(C.ORDER_FILL, account=trader, instrument=first, id=number, a=160, b=101, c=1)
    filled = of(events, E.ORDER_FILLED)[0]
    assert filled["e"] - filled["d"] == 160 * USD - 8 * USD
    assert filled["f"] == 60 * USD
    assert market.engine.equity(trader) == 0


def test_deleveraging_pushes_nobody_below_bankruptcy() -> None:
    """LIQ-6: who shorted at 95,000 with 1,000 cannot take over a long at 99,400."""
    market = Market()
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="300000", position_max="1000")
    market.price((i, 100_000))
    loser, poor, rich = market.account(600 * USD), market.account(1_000 * USD), 0
    at_market = market.engine.market_account(market.usd)
    market.trade(loser, at_market, i, 1, 100_000)
    market.price((i, 95_000))
    market.trade(poor, at_market, i, -1, 95_000)
    events = market.engine.apply(market.engine.answers(market.time)).events  # the fund refuses
    assert (events["kind"] == E.ADL_REQUESTED).sum() == 1
    rows = market.engine.answers(market.time)
    assert [int(row["other"]) for row in rows if row["kind"] == C.ADL_ANSWER] in ([poor], [])
    events = market.engine.apply(rows).events
    refused = [e for e in events.tolist() if e[2] == E.REFUSED]
    assert all(Refusal(e[7]) == Refusal.COUNTERPARTY_UNABLE for e in refused)
    assert not (events["kind"] == E.DELEVERAGED).any()
    row = market.do(C.ADL_ANSWER, account=loser, other=poor, instrument=i, a=1)
    assert row[0]["kind"] == E.REFUSED
    assert photograph(market.engine).slots[poor][i, 0][0] == -1
    assert market.engine.equity(poor) == 1_000 * USD
    assert rich == 0


@pytest.mark.parametrize("spare", [0, -1])
def test_deleveraging_down_to_exactly_nothing_is_allowed(spare: int) -> None:
    """LIQ-6: 4,400 is given up; equity of 4,400 is enough, one unit less is not."""
    market = Market()
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="300000", position_max="1000")
    market.price((i, 100_000))
    loser, payer = market.account(600 * USD), market.account(4_400 * USD + spare)
    at_market = market.engine.market_account(market.usd)
    market.trade(loser, at_market, i, 1, 100_000)
    market.price((i, 95_000))
    market.trade(payer, at_market, i, -1, 95_000)
    market.engine.apply(market.engine.answers(market.time))
    events = market.do(C.ADL_ANSWER, account=loser, other=payer, instrument=i, a=1)
    assert events[0]["kind"] == (E.REFUSED if spare else E.DELEVERAGED)
    if not spare:
        assert market.engine.equity(payer) == 0


@pytest.mark.parametrize("late", [0, 1])
def test_a_fill_on_the_deadline_counts(late: int) -> None:
    """6: `time > deadline` is late, the deadline itself is not."""
    market = Market()
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="300000", position_max="1000")
    market.price((i, 100_000))
    trader, other = market.account(6_000 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1, 100_000)
    order = of(market.price((i, 94_300)), E.LIQUIDATION_ORDERED)[0]
    market.time = order["c"] + late
    events = market.do(
        C.ORDER_FILL, account=trader, instrument=i, id=order["d"], a=1, b=94_300, c=1
    )
    assert events[0]["kind"] == (E.REFUSED if late else E.ORDER_FILLED)
    if late:
        assert Refusal(events[0]["a"]) == Refusal.ORDER_LATE


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("rate", [1_000_000, -1_000_000])
def test_the_watched_price_after_funding_is_exact(side: int, rate: int) -> None:
    """INDEX-1: 1 % of 50,000 paid or received at r = 10 %: the account is found at the very tick."""
    market = Market()
    i = market.linear(
        Margin(flat([(None, "0.1")]), flat([(None, "0.1")])), tick="0.000001", lot="1",
        price_max="100000", position_max="1000",
    )  # fmt: skip
    market.price((i, 50_000_000_000))
    trader, other = market.account(12_500 * USD), market.account(10**9 * USD)
    market.trade(trader, other, i, side, 50_000_000_000)
    market.do(C.FUNDING, instrument=i, a=rate)
    paid = 500 * side * (1 if rate > 0 else -1)
    assert market.engine.equity(trader) == (12_500 - paid) * USD
    exact = (50_000 - side * (12_500 - paid)) / (1 - side * Fraction(1, 10)) * 10**6
    last = ceil(exact) if side > 0 else floor(exact)
    market.price((i, last))
    assert market.level(trader) == 0
    market.price((i, last - side))
    assert market.level(trader) >= 3


@pytest.mark.parametrize("jumping", [False, True])
def test_every_single_unit_of_a_small_world(jumping: bool) -> None:
    """One tick is one unit of money: a trigger one unit off cannot hide behind the tick."""
    make = flat if jumping else tiered
    margin = Margin(make([("0.0009", "0.01"), ("0.0021", "0.02"), (None, "0.05")]))
    market = Market(replace(QUIET, warn=(2, 1), call=(3, 2), backstop=(1, 2), adl="none"))
    i = market.linear(margin, tick="0.000001", lot="1", price_max="1", position_max="1000")
    market.price((i, 1_000))
    rng = Random(7)
    other = market.account(10**9)
    for _ in range(60):
        lots = rng.choice((-3, -2, -1, 1, 2, 3))
        person = market.account(rng.randint(1, 800) * abs(lots))
        market.trade(person, other, i, lots, 1_000 + rng.randint(-40, 40))
    levels = np.zeros(256, np.int64)
    seen: Counter[tuple[int, int]] = Counter()
    for price in [*range(1_000, 400, -1), *range(400, 1_700), *range(1_700, 1_000, -1)]:
        events = market.price((i, price))
        seen.update((e["a"], e["b"]) for e in of(events, E.LEVEL_CHANGED))
        assert scan_levels(market.engine.tables, levels) == 0, price
    for below in range(5):
        assert sum(n for (a, b), n in seen.items() if a <= below < b) > 20
        assert sum(n for (a, b), n in seen.items() if b <= below < a) > 20

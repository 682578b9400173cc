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
from tests.market import BTC, QUIET, USD, Market, of, single
from tests.mirror import photograph

from solvent.contracts import INDEX_MAX, Listing
from solvent.engine import EVENT, Engine, Frame, Refusal
from solvent.engine.checks import free_margin
from solvent.engine.commands import CommandKind as C
from solvent.engine.events import EventKind as E
from solvent.engine.queries import scan_levels
from solvent.ledger.slots import find_slot
from solvent.ledger.tables import Header
from solvent.liquidation import Policy
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


def test_an_order_due_after_one_nanosecond_expires() -> None:
    """6: a deadline is never taken for "none", be it 1."""
    market = Market(replace(QUIET, order_deadline_ns=1))
    i = market.linear(single("0.01"), tick="1", lot="1", price_max="1000", position_max="10")
    market.price((i, 100))
    trader, other = market.account(10 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1, 100)
    assert of(market.price((i, 90)), E.LIQUIDATION_ORDERED)[0]["c"] == 1
    told = []
    for market.time in (1, 2):
        told.append([e["kind"] for e in market.do(C.TIMER)])
    assert told == [[], [E.ORDER_EXPIRED, E.LIQUIDATION_ORDERED]]


@pytest.mark.parametrize("kind", [C.FILL, C.RESERVE, C.LEVERAGE])
def test_a_refusal_without_a_limit_says_none(kind: C) -> None:
    """What was asked, and 0 for the limit: no price is no number."""
    market = Market()
    i = market.linear(single("0.01"), tick="1", lot="1", price_max="1000", position_max="10")
    one, two = market.account(10 * USD), market.account(10**6 * USD)
    event = market.do(kind, account=one, other=two, instrument=i, a=3, b=5)[0]
    assert Refusal(event["a"]) == Refusal.NO_PRICE
    assert (event["b"], event["c"]) == (3, 0)


def test_a_requirement_of_one_unit_has_a_zero_price() -> None:
    """6: none only when R = 0. E = 0 and R = 1: the zero quote is the mark, the fill is 6 better."""
    market = Market(replace(QUIET, surplus_to_fund=True))
    i = market.linear(single("0.01"), tick="0.000001", lot="1", price_max="1", position_max="1000")
    market.price((i, 100))
    trader, other = market.account(1), market.account(USD)
    market.trade(trader, other, i, 1, 100)
    order = of(market.price((i, 99)), E.LIQUIDATION_ORDERED)[0]
    assert (order["e"], order["f"]) == (0, 1)
    fill = {"account": trader, "instrument": i, "id": order["d"], "a": 1, "b": 105, "c": 1}
    filled = of(market.do(C.ORDER_FILL, **fill), E.ORDER_FILLED)[0]
    assert (filled["d"], filled["f"]) == (99, 6)
    assert market.wallet(market.engine.fund_account(market.usd)) == 6


def test_deleveraging_pushes_nobody_below_bankruptcy() -> None:
    """LIQ-6: who shorted at 95,000 with 1,000 cannot take over a long at 99,400."""
    market = Market()
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="300000", position_max="1000")
    market.price((i, 100_000))
    loser, poor = market.account(600 * USD), market.account(1_000 * USD)
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
    for _ in range(36):
        lots = rng.choice((-3, -2, -1, 1, 2, 3))
        person = market.account(rng.randint(1, 650) * abs(lots))
        market.trade(person, other, i, lots, 1_000 + rng.randint(-40, 40))
    levels = np.zeros(256, np.int64)
    seen: Counter[tuple[int, int]] = Counter()
    begun = int(market.engine.tables.header[Header.EVALUATIONS])
    for price in [*range(1_000, 500, -1), *range(500, 1_500), *range(1_500, 1_000, -1)]:
        events = market.price((i, price))
        seen.update((e["a"], e["b"]) for e in of(events, E.LEVEL_CHANGED))
        assert scan_levels(market.engine.tables, levels) == 0, price
    for below in range(5):
        assert sum(n for (a, b), n in seen.items() if a <= below < b) > 10
        assert sum(n for (a, b), n in seen.items() if b <= below < a) > 10
    looks = int(market.engine.tables.header[Header.EVALUATIONS]) - begun
    assert looks < (365 if jumping else 280)  # of 80,000: no trigger is too careful


# ------------------------------------------------------------------------- order and what is shared


def test_many_that_change_level_at_once_are_told_worst_first() -> None:
    """5: ascending equity over requirement, ties by account; the heap sort sees every shape."""
    market = Market(replace(QUIET, warn=(30, 1)))
    i = market.linear(single("0.01"), tick="1", lot="1", price_max="1000", position_max="100000")
    market.price((i, 100))
    rng, other = Random(5), market.account(10**6 * USD)
    for count in (2, 3, 4, 5, 7, 9):
        people = [
            market.account(10**6 * USD + rng.choice((310, 311, 312, 313)) * USD // 10)
            for _ in range(count)
        ]
        market.price((i, 100))
        for person in people:
            market.do(C.FILL, account=person, other=other, instrument=i, a=1, b=100, c=10**6 * USD)
        told = of(market.price((i, 98)), E.LEVEL_CHANGED)
        mine = [e["account"] for e in told if e["account"] in people]
        order = sorted(people, key=lambda a: (Fraction(market.engine.equity(a), 980_000), a))
        assert mine == [a for a in order if market.level(a) > 0]
        assert len(mine) > 1
        market.price((i, 101))
        for person in people:
            market.trade(person, other, i, -1, 101)


def bankrupt_long(
    policy=QUIET, *, lots: int = 1, money: int = 600 * USD
) -> tuple[Market, int, int]:
    """One lot is a unit of money a tick: long at 100,000, bankrupt at 95,000, counterparties to be
    deleveraged; the fund is empty and has answered."""
    market = Market(policy)
    i = market.linear(
        single("0.005"), tick="0.000001", lot="1", price_max="1", position_max="1000000"
    )
    market.price((i, 100_000))
    loser = market.account(money)
    market.trade(loser, market.engine.market_account(market.usd), i, lots, 100_000)
    market.price((i, 95_000))
    return market, i, loser


def test_a_profit_of_one_unit_is_a_profit() -> None:
    """6, ADL pro rata: every profitable slot goes before the others."""
    market, i, _ = bankrupt_long(replace(QUIET, adl="pro_rata"), money=600)
    at_market, people = market.engine.market_account(market.usd), []
    for price in (95_000, 95_001):
        people.append(market.account(100_000))
        market.trade(people[-1], at_market, i, -1, price)
    market.engine.apply(market.engine.answers(market.time))
    rows = market.engine.answers(market.time)
    assert [int(r["other"]) for r in rows if r["kind"] == C.ADL_ANSWER] == [people[1]]


def test_the_fund_gives_its_last_unit() -> None:
    """6: a deficit of an account without positions may be covered in part, down to one unit."""
    market, i, loser = bankrupt_long(replace(QUIET, adl="none"), money=600)
    fund = market.engine.fund_account(market.usd)
    market.engine.apply(market.engine.answers(market.time))  # nothing to give: to the market
    order = int(market.engine.tables.positions_cold["order_id"].max())
    market.do(C.ORDER_FILL, account=loser, instrument=i, id=order, a=1, b=95_000, c=1)
    assert market.wallet(loser) == -4_400
    market.do(C.DEPOSIT, account=fund, a=1)
    rows = market.engine.answers(market.time)
    assert rows["a"].tolist() == [1]
    events = market.engine.apply(rows).events
    drawn = events[events["kind"] == E.INSURANCE_DRAWN]
    assert drawn["a"].tolist() == [1]
    assert (market.wallet(loser), market.wallet(fund)) == (-4_399, 0)
    shared = events[events["kind"] == E.FUND_REFUSED]
    assert shared["a"].tolist() == [4_399]


def test_collateral_of_one_lot_at_one_tick_is_sold() -> None:
    """6, rule 3: any positive balance with a price, however small."""
    market = Market(replace(QUIET, adl="none"))
    spot = market.engine.list_instrument(
        Listing("BTC-USD", "spot", "BTC", "USD", tick="100", price_max="1000000"),
        Margin(tiered([(None, "0")])),
    )
    i = market.linear(single("0.005"), tick="0.000001", lot="1", price_max="1", position_max="1000")
    market.price((i, 100_000), (spot, 1))
    loser = market.account(600)
    market.do(C.DEPOSIT_COLLATERAL, account=loser, instrument=spot, a=1)
    market.trade(loser, market.engine.market_account(market.usd), i, 1, 100_000)
    market.price((i, 95_000))
    market.engine.apply(market.engine.answers(market.time))
    order = int(market.engine.tables.positions_cold["order_id"].max())
    events = market.do(C.ORDER_FILL, account=loser, instrument=i, id=order, a=1, b=95_000, c=1)
    sold = of(events, E.LIQUIDATION_ORDERED)
    assert [(e["instrument"], e["a"]) for e in sold] == [(spot, -1)]


# -------------------------------------------------------------------------------- final settlement


@pytest.mark.parametrize("side", [1, -1])
def test_final_settlement_of_an_inverse_contract_keeps_every_unit(side: int) -> None:
    """2: what the two floors leave goes to ROUNDING; no lots stay open."""
    market = Market()
    listing = Listing(
        "COIN", "inverse", "BTC", "BTC", tick="1", lot="1", price_min="100", price_max="100000",
        position_max="1000", expiry_ns=5,
    )  # fmt: skip
    i = market.engine.list_instrument(listing, single("0.01"))
    market.price((i, 3_000))
    one, other = market.account(BTC, market.btc), market.account(BTC, market.btc)
    market.trade(one, other, i, 3 * side, 3_000)
    assert market.engine.tables.instruments["open_lots"][i] == 6
    market.do(C.SETTLE, instrument=i, a=3_001)
    owed = Fraction(3 * BTC, 3_001)
    gain = -floor(-owed) - 100_000  # of the short: it owes the floor, and entered at 100,000
    assert market.engine.tables.instruments["open_lots"][i] == 0
    short, long = (other, one) if side > 0 else (one, other)
    assert market.wallet(long) == BTC + floor(-owed) + 100_000
    assert market.wallet(short) == BTC + floor(owed) - 100_000
    assert market.wallet(market.system(market.btc, "rounding")) == 1
    assert gain < 0
    assert market.engine.audit().ok


def test_a_closed_slot_carries_the_index_of_the_long_side() -> None:
    """2: a slot without lots (kept for its leverage) is on the long side; the digest says so."""
    market = Market()
    i = market.linear(single("0.01"), tick="1", lot="1", price_max="1000", position_max="1000")
    market.price((i, 100))
    one, other = market.account(10**6 * USD), market.account(10**6 * USD)
    market.do(C.LEVERAGE, account=one, instrument=i, a=3)
    market.trade(one, other, i, -1, 100)
    row = market.engine.tables.instruments[i]
    row["index_long"], row["index_short"] = 7 << 24, -7 << 24
    market.trade(one, other, i, 1, 100)
    assert photograph(market.engine).slots[one][i, 0][2] == 7 << 24


def test_a_checked_fill_that_grows_the_same_side_is_judged_by_its_whole_entry_cost() -> None:
    """4: an entry-based initial requirement after a fill at another price: to the unit."""
    for spare in (0, -1):
        market = Market()
        margin = Margin(
            flat([(None, "0.01")], entry_based=True), flat([(None, "0.1")], entry_based=True)
        )
        i = market.linear(margin, tick="0.000001", lot="1", price_max="1", position_max="100000")
        market.price((i, 1_000))
        # 1,000 lots at 1,000 and 1,000 at 990: cost 1,990,000; what is gained at the mark is 10,000.
        one, other = market.account(199_000 - 10_000 + spare), market.account(10**9)
        market.trade(one, other, i, 1_000, 1_000)
        fill = {"account": one, "other": other, "instrument": i, "a": 1_000, "b": 990, "id": 1}
        event = market.do(C.FILL, **fill)[0]
        assert event["kind"] == (E.REFUSED if spare else E.FILL_BOOKED)


def test_what_two_cannot_agree_on_is_named() -> None:
    """The numbers of a refusal: what was asked and the limit."""
    market, i, loser = bankrupt_long(replace(QUIET, adl="none", socialise=False), money=600)
    market.engine.apply(market.engine.answers(market.time))
    order = int(market.engine.tables.positions_cold["order_id"].max())
    market.do(C.ORDER_FILL, account=loser, instrument=i, id=order, a=1, b=95_000, c=1)
    market.engine.apply(market.engine.answers(market.time))
    at_market = market.engine.market_account(market.usd)
    person = market.account(10**6)
    market.trade(person, at_market, i, 3, 95_000)
    event = market.do(C.SOCIALISE, account=loser, instrument=i, a=1)[0]
    assert event["kind"] == E.REFUSED
    assert Refusal(event["a"]) == Refusal.COUNTERPARTY_UNABLE
    assert (event["b"], event["c"]) == (6, 1)


# ------------------------------------------------------------------------ the index, unit by unit


def test_every_tick_of_an_inverse_contract_under_jumping_tiers() -> None:
    """INDEX-1: the edges of a tier are watched where they are, on both sides, in coin."""
    margin = Margin(flat([("0.0000090", "0.01"), ("0.0000210", "0.02"), (None, "0.05")]))
    market = Market(replace(QUIET, warn=(2, 1), call=(3, 2), backstop=(1, 2), adl="none"))
    listing = Listing(
        "COIN", "inverse", "BTC", "BTC", tick="1", lot="0.01", price_max="10000", price_min="1",
        position_max="10",
    )  # fmt: skip
    i = market.engine.list_instrument(listing, margin)
    market.price((i, 1_000))
    rng, other = Random(11), market.account(10**9, market.btc)
    for _ in range(36):
        lots = rng.choice((-3, -2, -1, 1, 2, 3))
        person = market.account(rng.randint(1, 400) * abs(lots), market.btc)
        market.trade(person, other, i, lots, 1_000 + rng.randint(-20, 20))
    levels = np.zeros(256, np.int64)
    seen, begun = 0, int(market.engine.tables.header[Header.EVALUATIONS])
    for price in [*range(1_000, 640, -1), *range(640, 1_500, 2), *range(1_500, 1_000, -3)]:
        seen += len(of(market.price((i, price)), E.LEVEL_CHANGED))
        assert scan_levels(market.engine.tables, levels) == 0, price
    assert seen > 100
    looks = int(market.engine.tables.header[Header.EVALUATIONS]) - begun
    assert looks < 440  # of 35,000: no trigger is too careful


# --------------------------------------------------------------------------- two settlement assets


def coin_market(policy=QUIET) -> tuple[Market, int, int, int, int]:
    """(market, spot, coin, trader, other): people in USD on a contract settled in BTC, at 100."""
    market = Market(policy)
    spot = market.engine.list_instrument(
        Listing("BTC-USD", "spot", "BTC", "USD", tick="1", price_max="10000", position_max="1000"),
        Margin(tiered([(None, "0")])),
    )
    listing = Listing(
        "COIN", "inverse", "BTC", "BTC", tick="1", lot="1", price_min="10", price_max="10000",
        position_max="100000",
    )  # fmt: skip
    coin = market.engine.list_instrument(listing, single("0.05"))
    market.price((spot, 100), (coin, 100))
    return market, spot, coin, market.account(50 * USD), market.account(10**6 * USD)


def test_either_price_alone_finds_who_has_no_bound_of_one_side() -> None:
    """5: an account over two assets is judged when its contract or the conversion moves."""
    for side, moved in ((1, "coin"), (-1, "coin"), (-1, "spot")):
        market, spot, coin, trader, other = coin_market()
        market.trade(trader, other, coin, 500 * side, 100)
        price = 100
        while market.level(trader) == 0 and 30 < price < 300:
            price += -1 if side > 0 else 1
            if moved == "coin":
                market.price((coin, price))
            else:
                # A short in coin gained at 101 owes coin's worth of requirement: both rise.
                market.price((spot, price))
            assert (market.engine.buffer(trader, 2) < 0) == (market.level(trader) >= 3)
        assert market.level(trader) >= 3, (side, moved, price)


@pytest.mark.parametrize("second", [True, False])
@pytest.mark.parametrize("step", [3 << 34, -3 << 34])
def test_a_checked_fill_counts_what_is_owed(step: int, second: bool) -> None:
    """4: what the check says is what free margin is after the fill, to the unit, in both assets."""
    market, spot, coin, trader, other = coin_market()
    market.price((spot, 130))
    if not second:
        coin = market.linear(single("0.05"), tick="0.01", lot="0.01", price_max="1000")
        market.price((coin, 100))
    market.trade(trader, other, coin, 100, 100)
    market.engine.tables.instruments["index_long"][coin] += step
    market.engine.tables.instruments["index_short"][coin] += step
    fill = {"account": trader, "other": other, "instrument": coin, "a": 40, "b": 100}
    double = Engine.restore(market.engine.checkpoint())
    row = Frame()
    row.add(C.FILL, **fill)
    double.apply(row.array())
    free = int(free_margin(double.tables, trader, 0))
    assert free > 0
    start = market.engine.checkpoint()
    for spare in (0, -1):
        market.engine = Engine.restore(start)
        market.engine.tables.accounts["wallet"][trader] -= free - spare
        event = market.do(C.FILL, id=1, **fill)[0]
        assert event["kind"] == (E.REFUSED if spare else E.FILL_BOOKED)


@pytest.mark.parametrize("side", ["a", "b"])
def test_resting_orders_of_one_side_hold_the_wallet(side: str) -> None:
    """4: without lots, but with orders, initial margin stays."""
    market = Market()
    i = market.linear(single("0.01"), tick="1", lot="1", price_max="1000", position_max="10")
    market.price((i, 100))
    person = market.account(3 * USD)
    market.do(C.RESERVE, account=person, instrument=i, **{side: 2})
    event = market.do(C.WITHDRAW, account=person, a=USD + 1)[0]
    assert Refusal(event["a"]) == Refusal.BELOW_INITIAL_MARGIN
    assert market.do(C.WITHDRAW, account=person, a=USD)[0]["kind"] == E.WITHDRAWN


def test_a_debt_that_turned_into_a_balance_is_not_bought_back() -> None:
    """6: an order to buy back coin is void once coin was brought in: a fill would only add to it."""
    market, spot, coin, trader, other = coin_market(replace(QUIET, adl="none"))
    market.trade(trader, other, coin, 500, 100)
    market.trade(trader, other, coin, -500, 90)  # 5 BTC in, 5.55 out: in debt, and 50 USD
    market.price((spot, 400))
    s = market.engine.tables
    slot = int(find_slot(s, trader, spot, 0))
    assert s.positions["lots"][slot] < 0
    number, lots = (
        int(s.positions_cold["order_id"][slot]),
        int(s.positions_cold["order_lots"][slot]),
    )
    assert lots == -s.positions["lots"][slot]
    market.do(C.DEPOSIT_COLLATERAL, account=trader, instrument=spot, a=3 * BTC)
    fill = {"account": trader, "instrument": spot, "id": number, "a": 1, "b": 400, "c": 1}
    event = market.do(C.ORDER_FILL, **fill)[0]
    assert (event["kind"], Refusal(event["a"])) == (E.REFUSED, Refusal.OVERFILL)


def test_an_account_with_two_legs_is_told_once() -> None:
    """5: funding judges the holders slot by slot; a liquidation that began is not told again."""
    market = Market()
    listing = Listing(
        "COIN", "inverse", "BTC", "BTC", tick="1", lot="1", price_min="10", price_max="10000",
        position_max="100000",
    )  # fmt: skip
    i = market.engine.list_instrument(listing, single("0.05"))
    market.price((i, 100))
    trader, other = market.account(BTC, market.btc), market.account(10**4 * BTC, market.btc)
    market.trade(trader, other, i, 1_000, 100, leg=1)
    market.trade(trader, other, i, -100, 100, leg=2)
    events = market.do(C.FUNDING, instrument=i, a=6_000_000)
    mine = [e["kind"] for e in events if e["account"] == trader]
    assert mine.count(E.LEVEL_CHANGED) == mine.count(E.LIQUIDATION_STARTED) == 1
    assert mine.count(E.LIQUIDATION_ORDERED) == 2


# ------------------------------------------------------------------------------- many at one time


def test_many_that_end_at_once_through_a_narrow_table() -> None:
    """A settlement closes many children in liquidation; what is left makes the parents safe."""
    market = Market(replace(QUIET, warn=(30, 1)))
    limits = {"tick": "1", "lot": "1", "price_max": "1000", "position_max": "100000"}
    kept = market.linear(single("0.01"), symbol="A", **limits)
    dated = market.linear(single("0.01"), symbol="B", expiry_ns=1 << 50, **limits)
    market.price((kept, 100), (dated, 100))
    other = market.account(10**6 * USD)
    parents = [market.account(25 * USD) for _ in range(160)]
    children = [market.account(0, other=parent) for parent in parents]
    for parent, child in zip(parents, children, strict=True):
        market.do(C.DEPOSIT, account=child, a=25 * USD)
        market.trade(parent, other, kept, 1, 100)
        market.trade(child, other, dated, 1, 100)
    market.price((dated, 75))
    assert all(market.engine.tables.accounts["stage"][children])
    assert [market.level(parent) for parent in parents] == [1] * 160
    wide = Engine.restore(market.engine.checkpoint())
    row = Frame()
    row.add(C.SETTLE, instrument=dated, a=90)
    market.engine._events = np.zeros(16, EVENT)
    events = market.engine.apply(row.array()).events
    assert (events == wide.apply(row.array()).events).all()
    assert (events["kind"] == E.SWEPT_TO_PARENT).sum() == 160
    assert [market.level(parent) for parent in parents] == [0] * 160
    assert market.engine.audit().ok


def test_calls_lapse_in_any_order_of_their_deadlines() -> None:
    """4: the earliest of those left is the next to be looked for."""
    market = Market(replace(QUIET, warn=(3, 1), call=(2, 1), call_period_ns=10))
    i = market.linear(single("0.01"), tick="1", lot="1", price_max="1000", position_max="1000")
    market.price((i, 100))
    other = market.account(10**6 * USD)
    people = [market.account(2 * USD - 1) for _ in range(4)]
    for person, time in zip([people[n] for n in (0, 2, 1, 3)], (1, 2, 3, 4), strict=True):
        market.time = time
        market.trade(person, other, i, 1, 100)
    lapsed = []
    for time in (11, 12, 13, 14, 15):
        market.time = time
        lapsed.append([e["account"] for e in of(market.do(C.TIMER), E.MARGIN_CALL_LAPSED)])
    assert lapsed == [[], [people[0]], [people[2]], [people[1]], [people[3]]]


def test_the_worst_is_answered_first() -> None:
    """6: the fund helps in ascending equity over requirement, as far as its balance goes."""
    market = Market()
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="300000", position_max="1000")
    market.price((i, 100_000))
    at_market = market.engine.market_account(market.usd)
    people = [market.account(money * USD) for money in (900, 600, 900, 700)]
    for person in people:
        market.trade(person, at_market, i, 1, 100_000)
    market.do(C.DEPOSIT, account=market.engine.fund_account(market.usd), a=9_000 * USD)
    market.price((i, 95_000))
    rows = market.engine.answers(market.time)
    assert rows["account"].tolist() == [people[1], people[3], people[0], people[2]]
    assert rows["a"].tolist() == [4_400 * USD, 4_300 * USD, 0, 0]


def test_the_rest_of_the_market_is_deleveraged_only_where_the_policy_says_so() -> None:
    for allowed in (False, True):
        market, _i, _loser = bankrupt_long(replace(QUIET, adl_market=allowed), money=600)
        market.engine.apply(market.engine.answers(market.time))
        events = market.engine.apply(market.engine.answers(market.time)).events
        closed = events[events["kind"] == E.DELEVERAGED]
        assert closed["other"].tolist() == [market.engine.market_account(market.usd)] * allowed


def test_the_rest_of_the_market_is_the_last_of_the_queue() -> None:
    """6: who has the least to lose still comes before MARKET."""
    market, i, _loser = bankrupt_long(replace(QUIET, adl_market=True), lots=2, money=1_200)
    person = market.account(10**6)
    market.trade(person, market.engine.market_account(market.usd), i, -1, 94_000)  # at a loss
    market.engine.apply(market.engine.answers(market.time))
    rows = market.engine.answers(market.time)
    taken = [(int(r["other"]), int(r["a"])) for r in rows if r["kind"] == C.ADL_ANSWER]
    assert taken == [(person, 1), (market.engine.market_account(market.usd), 1)]


def test_nobody_is_asked_to_bear_what_an_index_cannot_carry() -> None:
    """3: an index within one step of its bound, on either side: the deficit stays where it is."""
    for side, planted in (
        ("index_long", INDEX_MAX - 5),
        ("index_short", 5 - INDEX_MAX),
        ("index_long", 0),
    ):
        market, i, loser = bankrupt_long(replace(QUIET, adl="none"), money=600)
        market.engine.apply(market.engine.answers(market.time))
        order = int(market.engine.tables.positions_cold["order_id"].max())
        market.do(C.ORDER_FILL, account=loser, instrument=i, id=order, a=1, b=95_000, c=1)
        market.engine.apply(market.engine.answers(market.time))
        at_market = market.engine.market_account(market.usd)
        market.trade(market.account(10**6), at_market, i, 3, 95_000)
        market.engine.tables.instruments[side][i] = planted
        rows = market.engine.answers(market.time)
        assert rows["instrument"].tolist() == [i if planted == 0 else -1]
        assert rows["a"].tolist() == [4_400]
        event = market.engine.apply(rows).events[0].tolist()
        if planted:
            assert event[2] == E.DEFICIT_UNALLOCATED
            assert event[-8:] == (4_400, 0, 0, 0, 0, 0, 0, 0)


def test_a_deficit_goes_on_to_an_instrument_that_somebody_holds() -> None:
    """6: with no open interest left where it arose, the lowest other one of the asset bears it."""
    market, i, loser = bankrupt_long(replace(QUIET, adl="none"), money=600)
    limits = {"tick": "1", "lot": "1", "price_max": "1000", "position_max": "10"}
    held = [market.linear(single("0.01"), symbol=name, **limits) for name in ("U", "V", "W")]
    market.price(*((n, 100) for n in held))
    one, two = market.account(10**6 * USD), market.account(10**6 * USD)
    for n in held[1:]:
        market.trade(one, two, n, 1, 100)
    market.engine.apply(market.engine.answers(market.time))
    order = int(market.engine.tables.positions_cold["order_id"].max())
    market.do(C.ORDER_FILL, account=loser, instrument=i, id=order, a=1, b=95_000, c=1)
    market.engine.apply(market.engine.answers(market.time))
    rows = market.engine.answers(market.time)
    assert rows["instrument"].tolist() == [held[1]]
    market.engine.apply(rows)
    assert market.wallet(loser) == 0


def test_a_fill_beyond_the_limit_of_the_other_side() -> None:
    market = Market()
    i = market.linear(single("0.01"), tick="1", lot="1", price_max="1000", position_max="10")
    market.price((i, 100))
    one, two, three = (market.account(10**6 * USD) for _ in range(3))
    market.trade(one, two, i, 10, 100)
    event = market.do(C.FILL, account=three, other=two, instrument=i, a=1, b=100)[0]
    assert (event["kind"], Refusal(event["a"])) == (E.REFUSED, Refusal.OUT_OF_RANGE)
    market.trade(three, one, i, 10, 100)


def test_a_checked_fill_owes_by_the_side_it_opens() -> None:
    """4: a short that opens starts at the short side's index: nothing is owed, to the unit."""
    for side in (1, -1):
        market = Market()
        i = market.linear(single("0.01"), tick="1", lot="1", price_max="1000", position_max="10")
        market.price((i, 100))
        row = market.engine.tables.instruments[i]
        row["index_long"], row["index_short"] = 7 << 24, -(7 << 24)
        one, other = market.account(USD), market.account(10**6 * USD)
        fill = {"account": one, "other": other, "instrument": i, "a": side, "b": 100, "id": 1}
        assert market.do(C.FILL, **fill)[0]["kind"] == E.FILL_BOOKED
        assert market.engine.equity(one) == USD


def test_settlement_takes_the_resting_orders_along() -> None:
    market = Market()
    i = market.linear(
        single("0.01"), tick="1", lot="1", price_max="1000", position_max="10", expiry_ns=5
    )
    market.price((i, 100))
    one, two = market.account(10**6 * USD), market.account(10**6 * USD)
    market.trade(one, two, i, 1, 100)
    market.do(C.RESERVE, account=one, instrument=i, a=2, b=1)
    three = market.account(10**6 * USD)
    market.do(C.RESERVE, account=three, instrument=i, a=2)
    assert market.engine.tables.accounts_cold["resting"][[one, two, three]].tolist() == [1, 0, 1]
    event = market.do(C.SETTLE, instrument=i, a=101)[0]
    assert event["b"] == 2  # slots with lots
    assert market.engine.tables.accounts_cold["resting"][[one, two, three]].tolist() == [0, 0, 0]
    assert photograph(market.engine).slots[one] == photograph(market.engine).slots[three] == {}


def test_a_frame_goes_on_after_a_snapshot_that_liquidates() -> None:
    market = Market()
    i = market.linear(single("0.01"), tick="1", lot="1", price_max="1000", position_max="10")
    market.price((i, 100))
    one, two = market.account(10 * USD), market.account(10**6 * USD)
    market.trade(one, two, i, 1, 100)
    frame = Frame()
    for price in (90, 89, 95):
        frame.add(C.PRICE, instrument=i, a=price, b=1)
    applied = market.engine.apply(frame.array())
    assert applied.consumed == 3
    assert applied.events["kind"].tolist().count(E.LIQUIDATION_ORDERED) == 1
    assert photograph(market.engine).marks[i] == 95


def test_until_orders_stops_at_an_answer_that_leads_to_a_request() -> None:
    """DESIGN 1: the frame stops after the command that emitted a request; the next row is left."""
    market, i, loser = bankrupt_long(replace(QUIET, adl="none"), money=600)
    market.engine.apply(market.engine.answers(market.time))
    order = int(market.engine.tables.positions_cold["order_id"].max())
    frame = Frame()
    frame.add(C.ORDER_FILL, account=loser, instrument=i, id=order, a=1, b=95_000, c=1)
    frame.add(C.TIMER)
    applied = market.engine.apply(frame.array(), until_orders=True)
    assert applied.consumed == 1
    assert applied.events["kind"].tolist()[-1] == E.FUND_REQUESTED
    assert market.engine.apply(frame.array(), start=1).consumed == 2


# -------------------------------------------------------------------------------------- liveness


@pytest.mark.parametrize("method", ["full", "partial"])
@pytest.mark.parametrize("adl", ["none", "queue", "pro_rata"])
def test_every_liquidation_begins_at_once_and_ends_when_the_market_answers(
    method: str, adl: str
) -> None:
    """LIQ-10: below maintenance means in liquidation; filled and answered, nobody stays in it."""
    market = Market(replace(Policy(), method=method, adl=adl, target=(11, 10)))
    limits = {"tick": "0.01", "lot": "1", "price_max": "100000", "position_max": "100000"}
    contracts = [
        market.linear(Margin(flat([("2000", "0.02"), (None, "0.05")])), symbol="A", **limits),
        market.linear(Margin(tiered([("1000", "0.01"), (None, "0.04")])), symbol="B", **limits),
    ]
    marks = [10_000, 5_000]
    market.price(*zip(contracts, marks, strict=True))
    rng, ended = Random(17), 0
    people = [market.account(rng.choice((100, 200, 400)) * USD) for _ in range(14)]
    for _ in range(40):
        one, two = rng.sample(people, 2)
        n = rng.randrange(2)
        market.do(C.FILL, account=one, other=two, instrument=contracts[n], a=rng.randint(1, 30),
                  b=marks[n], id=1)  # fmt: skip
    for _ in range(14):
        marks = [mark + mark * rng.choice((-90, -30, 20, 80)) // 1000 for mark in marks]
        market.price(*zip(contracts, marks, strict=True))
        s = market.engine.tables
        for person in people:
            danger = market.engine.buffer(person, 2) < 0
            open_lots = any(lots for lots, *_ in photograph(market.engine).slots[person].values())
            assert not (danger and open_lots) or s.accounts["stage"][person] != 0
        for _ in range(60):
            if s.header[Header.ACTIVE] == 0:
                break
            market.do(C.TIMER)  # whom a shared loss put in danger is planned at a judgement of all
            events = market.engine.apply(market.engine.answers(market.time)).events
            ended += int((events["kind"] == E.LIQUIDATION_ENDED).sum())
            s = market.engine.tables  # they may have grown
            for slot in np.flatnonzero(s.positions_cold["order_lots"]).tolist():
                left = int(s.positions_cold["order_lots"][slot])
                n = int(s.positions["instrument"][slot])
                price = marks[n] + (marks[n] // 200) * (1 if left > 0 else -1)
                events = market.do(
                    C.ORDER_FILL, account=int(s.positions["account"][slot]), instrument=n,
                    id=int(s.positions_cold["order_id"][slot]), a=abs(left), b=price, c=1,
                )  # fmt: skip
                ended += len(of(events, E.LIQUIDATION_ENDED))
        assert s.header[Header.ACTIVE] == 0
        assert market.engine.audit().ok
    assert ended > 3

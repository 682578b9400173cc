"""Situations in which the engine was found to differ from docs/semantics.md or from its invariants.

Each test states what should happen; all of them were red before the repair.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.market import QUIET, USD, Market, of, single

from solvent.engine import Engine
from solvent.engine.commands import CommandKind as C
from solvent.engine.events import EventKind as E
from solvent.margin import Margin, flat, slope


def bankrupt_against(
    market: Market, *, loss: int, lots: int, lot: str = "1"
) -> tuple[int, int, int]:
    """Somebody who lost `loss` USD a lot on `lots` lots, against MARKET; (instrument, account,
    other).
    """
    i = market.linear(single("0.005"), tick="1", lot=lot, price_max="300000", position_max="10000")
    market.price((i, 100_000))
    loser, winner = market.account(600 * lots * USD), market.account(10**6 * USD)
    market.trade(loser, winner, i, lots, 100_000)
    market.price((i, 100_000 - loss))
    return i, loser, winner


def settle_requests(market: Market, rounds: int = 12) -> list[dict[str, int]]:
    """Answer what is asked and fill what is ordered, at the mark, until nothing is left."""
    seen: list[dict[str, int]] = []
    for _ in range(rounds):
        rows = market.engine.answers(market.time)
        if not len(rows):
            return seen
        events = market.engine.apply(rows).events
        found = [dict(zip(events.dtype.names, map(int, e), strict=True)) for e in events.tolist()]
        for o in of(found, E.LIQUIDATION_ORDERED):
            found += market.do(
                C.ORDER_FILL, account=o["account"], instrument=o["instrument"], leg=o["leg"],
                id=o["d"], a=abs(o["a"]), b=o["b"], c=1,
            )  # fmt: skip
        seen += found
    raise AssertionError("requests never end: LIQ-10")


def test_a_deficit_nobody_shares_ends_the_liquidation() -> None:
    """6: the event DEFICIT_UNALLOCATED, the wallet stays negative, and it is over."""
    market = Market(replace(QUIET, adl="none", socialise=False))
    _, loser, _ = bankrupt_against(market, loss=5_000, lots=1)
    seen = settle_requests(market)
    assert [e["account"] for e in of(seen, E.DEFICIT_UNALLOCATED)] == [loser]
    assert [e["account"] for e in of(seen, E.LIQUIDATION_ENDED)] == [loser]
    assert market.wallet(loser) == -4_400 * USD


def test_a_deficit_that_overflows_the_index_still_ends() -> None:
    """LIQ-10: 600 USD a lot is beyond the index (2**61 of 2**-32 units): it was refused for ever."""
    market = Market(replace(QUIET, adl="none"))
    _, loser, _ = bankrupt_against(market, loss=5_000, lots=1)
    seen = settle_requests(market)
    assert len(of(seen, E.LIQUIDATION_ENDED)) == 1
    assert market.wallet(loser) <= 0


def test_funding_of_a_large_lot_does_not_exhaust_the_index() -> None:
    """3: a lot of 1 BTC at 100,000 with 0.01 % every 8 hours: 54 payments, 18 days, then refused."""
    market = Market()
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="300000", position_max="1000")
    market.price((i, 100_000))
    kinds = [market.do(C.FUNDING, instrument=i, a=10_000)[0]["kind"] for _ in range(3 * 365)]
    assert kinds.count(E.REFUSED) == 0


def test_a_refused_command_does_not_move_the_clock() -> None:
    """A refused command changes nothing but the sequence; a wrong time would stop everything."""
    market = Market()
    i = market.linear(single("0.005"))
    market.price((i, 5_000_000))
    account = market.account(USD)
    market.time = 1 << 60
    assert market.do(C.WITHDRAW, account=account, a=5 * USD)[0]["kind"] == E.REFUSED
    market.time = 1
    assert market.do(C.DEPOSIT, account=account, a=1)[0]["kind"] == E.DEPOSITED


def test_a_refused_command_plans_nobody() -> None:
    """After ORDER_CLOSED the account waits for the next judgement; a refused row is none."""
    market = Market()
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="300000", position_max="1000")
    market.price((i, 100_000))
    trader, other = market.account(6_000 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1, 100_000)
    order = of(market.price((i, 94_300)), E.LIQUIDATION_ORDERED)[0]
    market.do(C.ORDER_CLOSED, account=trader, instrument=i, id=order["d"])
    events = market.do(C.WITHDRAW, account=trader, a=1)
    assert [event["kind"] for event in events] == [E.REFUSED]


def test_a_checked_fill_may_not_flip_below_initial_margin() -> None:
    """4: +29 to -29 lots opens 29 lots, so it needs the initial margin as any opening does."""
    margin = Margin(flat([(None, "0.005")]), flat([(None, "0.1")]))
    market = Market()
    i = market.linear(margin, tick="1", lot="1", price_max="300000", position_max="1000")
    market.price((i, 100_000))
    trader, other = market.account(1_000 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1, 100_000)  # not checked: 1,000 under 10,000 of initial margin
    events = market.do(C.FILL, account=trader, other=other, instrument=i, a=-2, b=100_000, id=1)
    assert [event["kind"] for event in events] == [E.REFUSED]


def test_levels_keep_their_order_under_a_slope() -> None:
    """4: rate 0.842 % is rounded up over 250 at factor 1 (1.2 %) and over 1000 at 5/4 (1.1 %)."""
    policy = replace(QUIET, warn=(2, 1), call=(5, 4), backstop=(1, 2))
    market = Market(policy)
    margin = Margin(slope("1/125", "7/100000", cap="121/250"), flat([(None, "0.5")]))
    i = market.linear(margin, tick="1", lot="1", price_max="300000", position_max="1000")
    market.price((i, 100_000))
    trader, other = market.account(10**6 * USD), market.account(10**8 * USD)
    market.trade(trader, other, i, 6, 100_000)
    buffers = [market.engine.buffer(trader, level) for level in range(5)]
    assert buffers == sorted(buffers)


def test_rank_in_the_queue_starts_at_one_for_every_bankruptcy() -> None:
    """DELEVERAGED.g is the counterparty's rank in this queue, not a count over the account's life."""
    market = Market()
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="300000", position_max="1000")
    market.price((i, 100_000))
    loser, winner = market.account(1_000 * USD), market.account(10**6 * USD)
    ranks = []
    for _ in range(2):
        market.price((i, 100_000))
        market.trade(loser, winner, i, 1, 100_000)
        market.price((i, 95_000))
        ranks += [event["g"] for event in of(settle_requests(market), E.DELEVERAGED)]
        market.do(C.DEPOSIT, account=loser, a=1_000 * USD)
    assert ranks == [1, 1]


def test_lapsed_margin_call_says_what_is_missing_now() -> None:
    market = Market(replace(QUIET, call=(4, 1), warn=(4, 1), call_period_ns=10))
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="300000", position_max="1000")
    market.price((i, 100_000))
    trader, other = market.account(2_100 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1, 100_000)
    called = of(market.price((i, 99_000)), E.MARGIN_CALLED)[0]["a"]
    market.do(C.DEPOSIT, account=trader, a=100 * USD)
    market.time = 11
    lapsed = of(market.do(C.TIMER), E.MARGIN_CALL_LAPSED)
    assert [event["a"] for event in lapsed] == [called - 100 * USD]


def test_reserve_and_leverage_judge_the_account_they_touch() -> None:
    """5: any other command judges the accounts it touches at once, also between intervals."""
    market = Market(replace(QUIET, interval_ns=1_000))
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="300000", position_max="1000")
    market.time = 1_000
    market.price((i, 100_000))
    trader, other = market.account(6_000 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, 1, 100_000)
    market.price((i, 94_300))  # in the same interval: not judged
    assert market.level(trader) == 0
    events = market.do(C.LEVERAGE, account=trader, instrument=i, a=0)
    assert [e["account"] for e in of(events, E.LEVEL_CHANGED)] == [trader]


def test_pro_rata_answers_do_not_depend_on_slot_numbers() -> None:
    """Ties go by account, then leg; a restored engine must answer alike."""
    market = Market(replace(QUIET, adl="pro_rata"))
    i = market.linear(single("0.005"), tick="1", lot="1", price_max="300000", position_max="1000")
    market.price((i, 100_000))
    loser, winner = market.account(6_000 * USD), market.account(10**6 * USD)
    market.trade(loser, winner, i, 5, 100_000, d=2)
    market.trade(loser, winner, i, 5, 100_000, d=0)
    market.price((i, 95_000))
    market.engine.apply(market.engine.answers(market.time))  # the fund refuses
    rows = market.engine.answers(market.time)
    legs = [int(row["d"]) for row in rows if int(row["kind"]) == C.ADL_ANSWER]
    assert legs == [0, 2]


def test_an_account_in_a_socialised_loss_is_judged_once_and_first() -> None:
    """SOCIALISE touches its account: LEVEL_CHANGED before LIQUIDATION_ENDED, whatever slots it has."""
    market = Market(replace(QUIET, adl="none"))
    _, loser, _ = bankrupt_against(market, loss=700, lots=6)
    seen = settle_requests(market)
    kinds = [e["kind"] for e in seen if e["account"] == loser]
    shared = kinds.index(E.LOSS_SOCIALISED)
    assert kinds[shared + 1] == E.LEVEL_CHANGED
    assert kinds[-1] == E.LIQUIDATION_ENDED


def test_listing_and_restore_keep_the_account_of_every_slot() -> None:
    """A checkpoint of an engine with freed slots restores to the same answers."""
    market = Market()
    i = market.linear(single("0.005"))
    market.price((i, 5_000_000))
    a, b = market.account(10**5 * USD), market.account(10**5 * USD)
    market.trade(a, b, i, 10, 5_000_000)
    market.trade(b, a, i, 10, 5_000_000)
    other = Engine.restore(market.engine.checkpoint())
    assert other.digest() == market.engine.digest()


@pytest.mark.parametrize("rate", [100_000, -100_000])
@pytest.mark.parametrize("side", [1, -1])
def test_tier_edges_are_watched_where_they_are_after_funding(rate: int, side: int) -> None:
    """INDEX-1: funding moves the price of danger, not the price at which a rate jumps.

    1 lot at 49,990 with 1 % up to 50,000 and 2 % beyond; after a payment the key of the edge stood
    some 50 ticks further, and the breach at 50,001 was missed for good.
    """
    margin = Margin(flat([("50000", "0.01"), (None, "0.02")]), flat([(None, "0.02")]))
    market = Market()
    i = market.linear(margin, tick="1", lot="1", price_max="1000000")
    market.price((i, 49_990))
    trader, other = market.account(820 * USD), market.account(10**6 * USD)
    market.trade(trader, other, i, side, 49_990)
    market.do(C.FUNDING, instrument=i, a=rate)
    for price in (50_001, 50_010, 50_000, 49_999, 50_030):
        market.price((i, price))
        due = sum(market.engine.buffer(trader, level) < 0 for level in range(5))
        assert market.level(trader) == due, price

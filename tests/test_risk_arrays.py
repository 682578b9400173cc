"""Risk arrays and accounts margined by scenarios, by hand (docs/semantics.md, 7)."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.market import BTC, QUIET, USD, Market, of, single
from tests.scenario_worlds import ScenarioWorld
from tests.test_differential import Mismatch, run
from tests.worlds import NONE

from solvent.compiled import COMPILED
from solvent.contracts import Listing
from solvent.engine import ControlError, Engine, Limits, RiskRow
from solvent.engine import Refusal as R  # noqa: N817
from solvent.engine.commands import CommandKind as C
from solvent.engine.commands import Frame
from solvent.engine.events import EventKind as E
from solvent.ledger.tables import ROWS, SCENARIOS_MAX, Header
from solvent.liquidation import Policy, PolicyError
from solvent.margin import Margin, tiered

FUTURE_PRICE, PUT_PRICE = 5_000_000, 100_000  # 50,000.00 and 1,000.00 USD
DOWN_UP = {
    # profit of a lot (0.001 BTC) when the price falls and rises by a tenth: 5 USD, and the put
    "future": ((-5_000_000, 5_000_000), (-5_000_000, 5_000_000)),
    "put": ((4_000_000, -900_000), (4_000_000, -900_000)),
}


class Desk(Market):
    """A future and a put on it, a portfolio-margin account, and arrays at the marks of now."""

    def __init__(self, policy: Policy = QUIET, money: int = 1_200 * USD) -> None:
        super().__init__(policy)
        self.put = self.linear(single("0.01"), symbol="BTC-PUT")
        self.future = self.linear(single("0.01"))
        self.price((self.put, PUT_PRICE), (self.future, FUTURE_PRICE))
        self.other = self.account(10**7 * USD)
        self.trader = self.account(money, b=1)

    def rows(self, *, scale: int = 1, reach: int = 500_000, charge: int = 0) -> list[RiskRow]:
        marks = self.engine.tables.instruments["mark"]
        return [
            RiskRow(
                i, int(marks[i]), reach, [scale * p for p in down], [scale * p for p in up], charge
            )
            for i, (down, up) in ((self.future, DOWN_UP["future"]), (self.put, DOWN_UP["put"]))
        ]

    def publish(self, rows: list[RiskRow] | None = None, **fields: int) -> list[dict[str, int]]:
        frame = Frame()
        frame.add_risk_arrays(self.rows(**fields) if rows is None else rows, time=self.time)
        events = self.engine.apply(frame.array()).events
        return [
            dict(zip(events.dtype.names, map(int, row), strict=True)) for row in events.tolist()
        ]

    def row(self, instrument: int, **fields: int) -> list[dict[str, int]]:
        return self.do(C.RISK_ARRAY, instrument=instrument, **fields)

    def hedged(self) -> Desk:
        """Long one bitcoin of the future and puts on it."""
        self.publish()
        self.trade(self.trader, self.other, self.put, 1000, PUT_PRICE)
        self.trade(self.trader, self.other, self.future, 1000, FUTURE_PRICE)
        return self


def refusal(events: list[dict[str, int]], name: R, value: int, limit: int) -> dict[str, int]:
    assert [event["kind"] for event in events] == [E.REFUSED], events
    event = events[0]
    assert (R(event["a"]).name, event["b"], event["c"]) == (name.name, value, limit)
    return event


# ------------------------------------------------------------------------------- the requirement


def test_two_legs_are_margined_together() -> None:
    """Down: 5,000 lost and 4,000 won; up: 5,000 won and 900 lost. The worst is 1,000."""
    desk = Desk().hedged()
    assert desk.engine.requirement(desk.trader) == 1_000 * USD
    assert desk.engine.equity(desk.trader) == 1_200 * USD
    assert desk.engine.buffer(desk.trader, 2) == 200 * USD
    assert desk.level(desk.trader) == 0
    # the other side is margined slot by slot: 1 % of 50,000 and of 1,000
    assert desk.engine.requirement(desk.other) == 510 * USD


def test_a_gain_in_every_scenario_requires_nothing() -> None:
    desk = Desk()
    future, put = desk.rows()
    desk.publish([future._replace(lower=(3, 1), upper=(3, 1)), put])
    desk.trade(desk.trader, desk.other, desk.future, 9, FUTURE_PRICE)
    assert desk.engine.requirement(desk.trader) == 0
    assert desk.engine.buffer(desk.trader, 2) == desk.engine.equity(desk.trader)


def test_each_side_is_charged_the_rounding_that_does_not_flatter_it() -> None:
    """Profit of a lot between -10 and -9: three long lots lose 30, three short lots win 27 only."""
    desk = Desk()
    desk.publish([RiskRow(desk.future, FUTURE_PRICE, 0, (-10, 9), (-9, 10))])
    second = desk.account(USD, b=1)
    desk.trade(desk.trader, second, desk.future, 3, FUTURE_PRICE)
    assert desk.engine.requirement(desk.trader) == 30
    assert desk.engine.requirement(second) == 30
    desk.publish([RiskRow(desk.future, FUTURE_PRICE, 0, (-10,), (-9,))])
    assert desk.engine.requirement(second) == 0
    desk.publish([RiskRow(desk.future, FUTURE_PRICE, 0, (-10,), (-9,), 11)])  # 11 per short lot
    assert (desk.engine.requirement(desk.trader), desk.engine.requirement(second)) == (30, 33)


def test_levels_are_multiples_rounded_up_once() -> None:
    desk = Desk(replace(QUIET, warn=(3, 2), call=(5, 4), backstop=(2, 3)))
    desk.publish([RiskRow(desk.future, FUTURE_PRICE, 0, (-333,), (-333,))])
    desk.trade(desk.trader, desk.other, desk.future, 1, FUTURE_PRICE)
    equity = 1_200 * USD
    expected = [equity - need for need in (500, 417, 333, 222, 0)]  # 499.5, 416.25
    assert [desk.engine.buffer(desk.trader, level) for level in range(5)] == expected


def test_initial_margin_counts_orders_at_their_worse_end() -> None:
    """Factor 13/10 of 1,001 is 1,301.3, rounded up; 2 lots and orders for -10 may become 8 short."""
    desk = Desk(money=1_302)
    future = RiskRow(desk.future, FUTURE_PRICE, 0, (-1001, 0), (-1001, 0))
    desk.publish([future])
    desk.trade(desk.trader, desk.other, desk.future, 1, FUTURE_PRICE, id=1)
    refusal(desk.do(C.WITHDRAW, account=desk.trader, a=1), R.BELOW_INITIAL_MARGIN, 1, 1_302)
    desk.do(C.DEPOSIT, account=desk.trader, a=10**6)
    desk.trade(desk.trader, desk.other, desk.future, 1, FUTURE_PRICE)
    desk.publish([future._replace(lower=(-100, 40), upper=(-100, 60), charge=5)])
    assert of(
        desk.do(C.RESERVE, account=desk.trader, instrument=desk.future, a=3, b=10),
        E.ORDERS_RESERVED,
    )
    # down: max(5 x 100, -8 x 100) = 500; up: max(-5 x 40, 8 x 60) = 480; 8 short lots at 5: 540
    free = 1_302 + 10**6 - 702
    refusal(
        desk.do(C.WITHDRAW, account=desk.trader, a=free + 1), R.BELOW_INITIAL_MARGIN, free + 1,
        1_302 + 10**6,
    )  # fmt: skip
    assert of(desk.do(C.WITHDRAW, account=desk.trader, a=free), E.WITHDRAWN)


def test_the_withdrawal_band_moves_collateral_only() -> None:
    desk = Desk(replace(QUIET, withdraw_band_ppm=100_000))
    spot = desk.engine.list_instrument(
        Listing("BTC-USD", "spot", "BTC", "USD", tick="0.1", price_max="1000000"),
        Margin(tiered([(None, "0.2")])),
    )
    desk.price((spot, 500_000))
    desk.hedged()
    desk.do(C.DEPOSIT_COLLATERAL, account=desk.trader, instrument=spot, a=BTC // 100)
    # 1,200 + 500 less a tenth, less a fifth of that; the book needs 1,300
    free = (1_200 + 360 - 1_300) * USD
    refused = desk.do(C.WITHDRAW, account=desk.trader, a=free + 1)
    refusal(refused, R.BELOW_INITIAL_MARGIN, free + 1, 1_200 * USD)
    assert of(desk.do(C.WITHDRAW, account=desk.trader, a=free), E.WITHDRAWN)


def test_adding_a_hedge_is_accepted_and_taking_it_away_is_not() -> None:
    """Initial margin is missing: what does not make it worse may happen, a close may not."""
    desk = Desk().hedged()  # free: 1,200 - 1.3 x 1,000 = -100
    trade = {"account": desk.trader, "other": desk.other, "id": 1}
    sold = desk.do(C.FILL, instrument=desk.put, a=-1, b=PUT_PRICE, **trade)
    refusal(sold, R.BELOW_INITIAL_MARGIN, -1, 0)
    assert of(desk.do(C.FILL, instrument=desk.put, a=1, b=PUT_PRICE, **trade), E.FILL_BOOKED)
    assert of(desk.do(C.FILL, instrument=desk.future, a=-1, b=FUTURE_PRICE, **trade), E.FILL_BOOKED)
    unchecked = trade | {"id": 0}
    assert of(desk.do(C.FILL, instrument=desk.put, a=-1, b=PUT_PRICE, **unchecked), E.FILL_BOOKED)


# ---------------------------------------------------------------------------- when it is judged


def test_ticks_decide_nothing_a_publication_does() -> None:
    desk = Desk().hedged()
    down = ((desk.put, 120_000), (desk.future, 4_950_000))  # -500 and +200: 900 left of 1,000
    assert not of(desk.price(*down), E.LEVEL_CHANGED)
    assert desk.engine.buffer(desk.trader, 2) == -100 * USD
    assert desk.engine.audit().ok
    assert not of(desk.do(C.TIMER), E.LEVEL_CHANGED)
    events = desk.publish()
    assert events[0]["kind"] == E.RISK_ARRAYS_PUBLISHED
    assert (events[0]["a"], events[0]["b"]) == (2, 2)
    assert [(e["account"], e["c"], e["d"]) for e in of(events, E.LEVEL_CHANGED)] == [
        (desk.trader, 900 * USD, 1_000 * USD)
    ]
    assert desk.engine.audit().ok


@pytest.mark.parametrize("what", ["deposit", "fill", "funding", "policy"])
def test_what_touches_the_account_has_it_judged(what: str) -> None:
    desk = Desk().hedged()
    desk.price((desk.put, 120_000), (desk.future, 4_950_000))
    if what == "deposit":
        events = desk.do(C.DEPOSIT, account=desk.trader, a=1)
    elif what == "fill":
        events = desk.trade(desk.trader, desk.other, desk.put, 1, 120_000)
    elif what == "funding":
        events = desk.do(C.FUNDING, instrument=desk.future, a=1)
    else:
        table = desk.engine.set_policy(replace(QUIET, warn=(2, 1)))
        events = [
            dict(zip(table.dtype.names, map(int, row), strict=True)) for row in table.tolist()
        ]
    assert desk.trader in [event["account"] for event in of(events, E.LIQUIDATION_STARTED)]


def test_funding_of_another_instrument_does_not() -> None:
    desk = Desk()
    third = desk.linear(single("0.01"), symbol="ETH-PERP")
    desk.price((third, 300_000))
    desk.hedged().price((desk.put, 120_000), (desk.future, 4_950_000))
    desk.trade(desk.account(10**6 * USD), desk.other, third, 5, 300_000)
    assert not of(desk.do(C.FUNDING, instrument=third, a=1), E.LEVEL_CHANGED)


def test_settlement_judges_and_takes_the_array_away() -> None:
    desk = Desk().hedged()
    desk.row(desk.put, a=PUT_PRICE)
    events = desk.do(C.SETTLE, instrument=desk.put, a=PUT_PRICE)
    # the future alone needs 5,000
    assert of(events, E.LEVEL_CHANGED)[0]["d"] == 5_000 * USD
    assert desk.engine.tables.risk[desk.put, ROWS] == 0
    assert desk.engine.tables.header[Header.STAGED] == 0
    assert of(desk.publish([desk.rows()[0]]), E.RISK_ARRAYS_PUBLISHED)


def test_a_move_beyond_the_reach_asks_once() -> None:
    desk = Desk()
    desk.publish(reach=1_000)
    assert desk.price((desk.put, PUT_PRICE + 1_000)) == []
    asked = desk.price((desk.put, PUT_PRICE + 1_001), (desk.future, FUTURE_PRICE - 1_001))
    expected = [
        (desk.put, PUT_PRICE + 1_001, PUT_PRICE), (desk.future, FUTURE_PRICE - 1_001, FUTURE_PRICE)
    ]  # fmt: skip
    found = [(e["instrument"], e["a"], e["b"]) for e in of(asked, E.RISK_ARRAY_REQUESTED)]
    assert found == expected
    assert [event["c"] for event in asked] == [1_000, 1_000]
    assert desk.price((desk.put, 2 * PUT_PRICE)) == []
    desk.engine = Engine.restore(desk.engine.checkpoint())
    assert desk.price((desk.put, 3 * PUT_PRICE)) == []
    desk.publish(reach=1_000)
    assert of(desk.price((desk.put, PUT_PRICE)), E.RISK_ARRAY_REQUESTED)


# ------------------------------------------------------------------------------ in liquidation


def test_hedges_go_last_and_the_zero_quote_knows_that_they_are() -> None:
    desk = Desk().hedged()
    desk.price((desk.put, 120_000), (desk.future, 4_950_000))
    orders = of(desk.publish(), E.LIQUIDATION_ORDERED)
    # without the future the put loses 900 at most: 100 released. Without the put: 5,000 needed.
    assert [order["instrument"] for order in orders] == [desk.future, desk.put]
    assert {(order["e"], order["f"]) for order in orders} == {(900 * USD, 1_000 * USD)}
    before = desk.engine.checkpoint()
    order = {"account": desk.trader, "c": 1, "a": 1000}
    fill = {"instrument": desk.put, "id": orders[1]["d"], "b": 120_000}
    filled = of(desk.do(C.ORDER_FILL, **fill, **order), E.ORDER_FILLED)[0]
    assert filled["d"] == (1_200 + 900 * 4) * USD  # worth, and equity x 4,000 / 1,000 on top
    assert filled["f"] == 0
    desk.engine = Engine.restore(before)
    # the future at its zero quote: 49,500 - 900 x 100 / 1,000 = 49,410
    fill = {"instrument": desk.future, "id": orders[0]["d"], "b": 4_941_000}
    filled = of(desk.do(C.ORDER_FILL, **fill, **order), E.ORDER_FILLED)[0]
    assert (filled["d"], filled["e"]) == (49_410 * USD, 49_410 * USD)
    assert desk.engine.equity(desk.trader) == 810 * USD  # 90 % as before
    assert desk.engine.requirement(desk.trader) == 900 * USD


def test_a_partial_close_takes_the_leg_that_releases_and_the_least_lots() -> None:
    """Each lot of the future brings 5 back until 980 lots are left; 820 is the target at 900."""
    desk = Desk(replace(QUIET, method="partial", target=(1, 1)))
    desk.hedged().price((desk.put, 120_000), (desk.future, 4_950_000))
    orders = of(desk.publish(), E.LIQUIDATION_ORDERED)
    assert [(order["instrument"], order["a"]) for order in orders] == [(desk.future, -20)]
    fill = {"instrument": desk.future, "id": orders[0]["d"], "b": 4_950_000}
    events = desk.do(C.ORDER_FILL, account=desk.trader, a=20, c=1, **fill)
    assert of(events, E.LIQUIDATION_ENDED)[0]["a"] == 1
    assert desk.engine.requirement(desk.trader) == 900 * USD


def test_a_close_that_cannot_restore_stops_where_it_releases_most() -> None:
    """Under-hedged by 200, and 100 lost whatever happens. 40 lots of the future balance the book;
    all 1,000 would turn it round, and the put is its hedge.
    """
    desk = Desk(replace(QUIET, method="partial"), money=50 * USD)
    third = desk.linear(single("0.01"), symbol="ETH-PERP")
    desk.price((third, 300_000))
    put = RiskRow(desk.put, PUT_PRICE, 0, (6_000_000, -6_000_000), (6_000_000, -6_000_000))
    sure = RiskRow(third, 300_000, 0, (-100 * USD, -100 * USD), (-100 * USD, -100 * USD))
    desk.publish([desk.rows()[0], put, sure])
    wallets = desk.engine.tables.accounts["wallet"]
    wallets[[desk.trader, desk.other]] += (10**6 * USD, -(10**6) * USD)  # not yet in danger
    for i, price, lots in (
        (third, 300_000, 1), (desk.put, PUT_PRICE, 800), (desk.future, FUTURE_PRICE, 1000)
    ):  # fmt: skip
        desk.trade(desk.trader, desk.other, i, lots, price)
    wallets[[desk.trader, desk.other]] -= (10**6 * USD, -(10**6) * USD)
    assert desk.engine.requirement(desk.trader) == 300 * USD
    order = of(desk.publish([desk.rows()[0], put, sure]), E.LIQUIDATION_ORDERED)[0]
    assert (order["instrument"], order["a"], order["g"]) == (desk.future, -40, 1000)


def test_nobody_is_liquidated_by_a_fresh_publication_that_is_covered() -> None:
    desk = Desk().hedged()
    desk.price((desk.put, 110_000), (desk.future, 4_970_000))  # 1,200 - 300 + 100: just 1,000
    assert not of(desk.publish(), E.LEVEL_CHANGED)
    desk.price((desk.put, 109_999))
    assert of(desk.publish(), E.LIQUIDATION_STARTED)


# -------------------------------------------------------------------------------------- refusals


def test_a_model_that_does_not_exist() -> None:
    desk = Desk()
    refusal(desk.do(C.OPEN_ACCOUNT, a=desk.usd, b=2), R.OUT_OF_RANGE, 2, 1)
    refusal(desk.do(C.OPEN_ACCOUNT, a=desk.usd, b=-1), R.OUT_OF_RANGE, -1, 1)
    assert desk.do(C.OPEN_ACCOUNT, a=desk.usd, b=1)[0]["b"] == 1


def test_what_a_scenario_account_may_not_do() -> None:
    desk = Desk().hedged()
    coin = Listing("BTC-COIN", "inverse", "BTC", "BTC", tick="0.5", lot="100")
    inverse = desk.engine.list_instrument(coin, single("0.01"))
    spot = Listing("BTC-USD", "spot", "BTC", "USD", tick="0.1", price_max="1000000")
    pair = desk.engine.list_instrument(spot, Margin(tiered([(None, "0.2")])))
    third = desk.linear(single("0.01"), symbol="ETH-PERP")
    desk.price((inverse, 100_000), (pair, 500_000), (third, 300_000))
    mine = {"account": desk.trader, "other": desk.other}
    theirs = {"account": desk.other, "other": desk.trader}
    refusal(desk.do(C.LEVERAGE, account=desk.trader, instrument=desk.put, a=3), R.WRONG_MODEL, 3, 0)
    for sides in (mine, theirs):
        refusal(desk.do(C.FILL, instrument=inverse, a=1, b=100_000, **sides), R.WRONG_ASSET, 1, 0)
        refusal(desk.do(C.FILL, instrument=third, a=2, b=300_000, **sides), R.NO_RISK_ARRAY, 2, 0)
    reserved = desk.do(C.RESERVE, account=desk.trader, instrument=third, a=2)
    refusal(reserved, R.NO_RISK_ARRAY, 2, 0)
    # the same for others, and spot, are as ever
    assert desk.trade(desk.other, desk.account(10**6 * USD), third, 2, 300_000)
    deposited = desk.do(C.DEPOSIT_COLLATERAL, account=desk.trader, instrument=pair, a=5)
    assert of(deposited, E.COLLATERAL_DEPOSITED)


def test_every_refusal_of_a_row() -> None:
    desk = Desk()
    spot = Listing("BTC-USD", "spot", "BTC", "USD", tick="0.1", price_max="1000000")
    pair = desk.engine.list_instrument(spot, Margin(tiered([(None, "0.2")])))
    old = desk.linear(single("0.01"), symbol="OLD")
    desk.do(C.SETTLE, instrument=old, a=5) if desk.price((old, 5)) == [] else None
    count, i = 4, desk.future
    refusal(desk.row(99, a=1), R.UNKNOWN_INSTRUMENT, 99, count)
    refusal(desk.row(-2, a=1), R.UNKNOWN_INSTRUMENT, -2, count)
    refusal(desk.row(pair, a=1), R.WRONG_KIND, 2, 0)
    refusal(desk.row(old, a=1), R.INSTRUMENT_CLOSED, old, 0)
    contract = desk.engine.tables.instruments[i]
    high, most = int(contract["price_max"]), 2**54 // int(contract["lots_max"]) // 2  # 13/10: 2
    refusal(desk.row(i, a=0), R.OUT_OF_RANGE, 0, 1)
    refusal(desk.row(i, a=high + 1), R.OUT_OF_RANGE, high + 1, high)
    refusal(desk.row(i, a=1, b=-1), R.OUT_OF_RANGE, -1, 2**45)
    refusal(desk.row(i, a=1, b=2**45 + 1), R.OUT_OF_RANGE, 2**45 + 1, 2**45)
    refusal(desk.row(i, a=1, c=-1), R.OUT_OF_RANGE, -1, most)
    refusal(desk.row(i, a=1, c=most + 1), R.OUT_OF_RANGE, most + 1, most)
    refusal(desk.row(i, id=1, a=0, b=0), R.RISK_ARRAY_DISORDER, 1, 0)  # no heading
    assert desk.row(i, a=high, b=2**45, c=most) == []
    refusal(desk.row(i, id=1, a=-most - 1, b=0), R.OUT_OF_RANGE, -most - 1, -most)
    refusal(desk.row(i, id=1, a=0, b=most + 1), R.OUT_OF_RANGE, most + 1, most)
    refusal(desk.row(i, id=1, a=8, b=7), R.OUT_OF_RANGE, 8, 7)
    refusal(desk.row(i, id=2, a=0, b=0), R.RISK_ARRAY_DISORDER, 2, 1)
    refusal(desk.row(i, id=-1, a=0, b=0), R.RISK_ARRAY_DISORDER, -1, 1)
    assert desk.row(i, id=1, a=-most, b=most) == []
    refusal(desk.row(i, id=1, a=0, b=0), R.RISK_ARRAY_DISORDER, 1, 2)
    for n in range(2, SCENARIOS_MAX + 1):
        assert desk.row(i, id=n, a=-n, b=n) == []
    refusal(desk.row(i, id=65, a=0, b=0), R.RISK_ARRAY_DISORDER, 65, 64)
    assert desk.price((i, high)) == []
    closed = desk.row(NONE, a=64, b=1)
    assert (closed[0]["kind"], closed[0]["a"]) == (E.RISK_ARRAYS_PUBLISHED, 64)
    assert desk.row(i, a=high) == []
    assert desk.row(i, id=1, a=3, b=4) == []
    assert desk.row(i, a=high) == []  # the instrument begins anew
    refusal(desk.row(i, id=2, a=0, b=0), R.RISK_ARRAY_DISORDER, 2, 1)


def test_every_refusal_of_a_closing_row() -> None:
    desk = Desk().hedged()

    def staged(*rows: RiskRow) -> None:
        for row in rows or desk.rows():
            desk.row(row.instrument, a=row.mark, b=row.reach)
            for n, (lower, upper) in enumerate(zip(row.lower, row.upper, strict=True), 1):
                assert desk.row(row.instrument, id=n, a=lower, b=upper) == []

    def refused(name: R, value: int, limit: int, instrument: int = NONE, **closing: int) -> None:
        before = desk.engine.tables.risk.copy()
        event = refusal(desk.row(NONE, **closing), name, value, limit)
        assert event["instrument"] == instrument
        assert (desk.engine.tables.risk == before).all()
        assert not desk.engine.tables.staged.any()
        assert desk.engine.tables.header[Header.STAGED] == 0

    future, put = desk.rows()
    for scenarios in (0, -1, 65):
        staged()
        refused(R.RISK_ARRAY_INCOMPLETE, scenarios, 64, a=scenarios, b=2)
    staged()
    refused(R.RISK_ARRAY_INCOMPLETE, 2, 3, a=2, b=3)
    refused(R.RISK_ARRAY_INCOMPLETE, 0, 2, a=2, b=2)
    staged(future, put._replace(lower=(1, 1, 1), upper=(1, 1, 1)))
    refused(R.RISK_ARRAY_INCOMPLETE, 3, 2, desk.put, a=2, b=2)
    staged(future._replace(mark=FUTURE_PRICE + 1), put)
    refused(R.RISK_ARRAY_STALE, FUTURE_PRICE + 1, FUTURE_PRICE, desk.future, a=2, b=2)
    staged()
    desk.price((desk.put, PUT_PRICE - 1))  # a tick between the rows
    refused(R.RISK_ARRAY_STALE, PUT_PRICE, PUT_PRICE - 1, desk.put, a=2, b=2)
    staged(future)
    refused(R.RISK_ARRAY_MISSING, 1, 1, desk.put, a=2, b=1)
    staged()
    desk.time += 5
    desk.do(C.TIMER)
    desk.time -= 1
    refused(R.TIME_BACKWARDS, 4, 5, a=2, b=2)
    desk.time += 1
    staged()
    desk.do(C.PRICE, instrument=desk.put, a=PUT_PRICE, b=0)
    refused(R.SNAPSHOT_OPEN, 5, 5, a=2, b=2)
    desk.do(C.PRICE, instrument=desk.put, a=PUT_PRICE, b=1)
    assert of(desk.publish(), E.RISK_ARRAYS_PUBLISHED)


def test_resting_orders_need_an_array_as_well() -> None:
    desk = Desk()
    desk.publish()
    desk.do(C.RESERVE, account=desk.trader, instrument=desk.future, a=1)
    events = desk.publish([desk.rows()[1]])
    assert (events[0]["a"], events[0]["instrument"]) == (R.RISK_ARRAY_MISSING, desk.future)
    desk.do(C.RESERVE, account=desk.trader, instrument=desk.future)
    assert of(desk.publish([desk.rows()[1]]), E.RISK_ARRAYS_PUBLISHED)


def test_a_policy_that_breaks_the_bound_is_refused() -> None:
    desk = Desk()
    contract = desk.engine.tables.instruments[desk.future]
    most = 2**54 // int(contract["lots_max"]) // 2
    at_once = RiskRow(desk.future, FUTURE_PRICE, 0, (-most,), (0,))
    wider = replace(QUIET, scenario_initial=(21, 10))
    desk.publish([at_once])
    digest = desk.engine.digest()
    with pytest.raises(ControlError, match=f"holds {most} a lot"):
        desk.engine.set_policy(wider)
    assert desk.engine.digest() == digest
    desk.engine.set_policy(replace(QUIET, scenario_initial=(2, 1)))
    with pytest.raises(PolicyError, match="scenario_initial 9/10"):
        desk.engine.set_policy(replace(QUIET, scenario_initial=(9, 10)))
    desk.publish([at_once._replace(lower=(0,))])
    desk.engine.set_policy(wider)


def test_the_largest_book_does_not_wrap() -> None:
    """64 slots at the bound of lots and entries: the requirement is exact, the level follows."""
    desk = Desk(money=2**60 - 2**45)  # nearly all that one wallet may hold
    limits = {"price_max": "1000", "position_max": "1000000"}
    books = [desk.linear(single("0.01"), symbol=f"X{n}", **limits) for n in range(64)]
    desk.price(*((i, 1) for i in books))
    most = 2**54 // int(desk.engine.tables.instruments["lots_max"][books[0]]) // 2
    lots = int(desk.engine.tables.instruments["lots_max"][books[0]])
    desk.publish([RiskRow(i, 1, 0, (-most,), (-most,), most) for i in books])
    for i in books:
        desk.trade(desk.other, desk.trader, i, lots, 1)
    gain = 64 * lots * most
    assert desk.engine.requirement(desk.trader) == gain  # a short wins, and is charged the same
    desk.publish([RiskRow(i, 1, 0, (most,), (most,), most) for i in books])
    assert desk.engine.requirement(desk.trader) == 2 * gain
    assert desk.engine.buffer(desk.trader, 0) == desk.engine.equity(desk.trader) - 2 * gain
    assert desk.level(desk.trader) == 4


# ------------------------------------------------------------------------ checkpoints, growth


def test_restored_at_every_row_of_a_publication() -> None:
    desk = Desk().hedged()
    desk.price((desk.put, 120_000), (desk.future, 4_950_000))
    start = desk.engine.checkpoint()
    frame = Frame()
    frame.add_risk_arrays(desk.rows(), time=desk.time)
    rows = frame.array()
    whole = desk.engine.apply(rows).events
    digest = desk.engine.digest()
    for cut in range(len(rows) + 1):
        engine = Engine.restore(start)
        first = engine.apply(rows[:cut]).events
        between = engine.digest()
        engine = Engine.restore(engine.checkpoint())
        assert engine.digest() == between
        second = engine.apply(rows[cut:]).events
        assert [*first.tolist(), *second.tolist()] == whole.tolist()
        assert engine.digest() == digest
    assert len(whole) > 1


def test_arrays_survive_new_instruments_and_limits_hold() -> None:
    desk = Desk().hedged()
    for n in range(20):
        desk.linear(single("0.01"), symbol=f"X{n}")
    assert desk.engine.requirement(desk.trader) == 1_000 * USD
    twin = Engine.restore(desk.engine.checkpoint(), Limits(accounts=20, positions=8))
    assert twin.requirement(desk.trader) == 1_000 * USD
    assert len(twin.tables.risk) == len(twin.tables.staged) >= 22
    assert not len(Engine().tables.risk.nonzero()[0])


def test_the_audit_sees_a_wrong_level_where_no_price_has_moved() -> None:
    desk = Desk().hedged()
    desk.engine.tables.accounts["level"][desk.trader] = 2
    assert any("INDEX-1" in failure for failure in desk.engine.audit().failures)
    desk.price((desk.put, PUT_PRICE + 1))
    assert desk.engine.audit().ok


def test_the_audit_sees_a_position_without_an_array() -> None:
    desk = Desk().hedged()
    desk.engine.tables.risk[desk.put] = 0
    assert desk.engine.audit().failures[0] == (
        f"SCEN-1: account {desk.trader} is margined by scenarios and instrument {desk.put} has no "
        "risk array"
    )


# ---------------------------------------------------------------------------- planted mistakes


@pytest.mark.skipif(COMPILED, reason="a compiled kernel does not look its helpers up again")
@pytest.mark.parametrize("bug", ["sign", "swapped", "stamp"])
def test_a_planted_mistake_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from solvent.engine import publishing
    from solvent.watch import scenarios

    if bug == "sign":
        monkeypatch.setattr(
            scenarios, "leg_loss", lambda lots, low, high: lots * (low if lots > 0 else high)
        )
    elif bug == "swapped":
        monkeypatch.setattr(
            scenarios, "leg_loss", lambda lots, low, high: -lots * (high if lots > 0 else low)
        )
    else:
        monkeypatch.setattr(publishing, "STALE", 0)
    assert any(parts_ways(seed) for seed in range(12))


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="the three above ran in this process")
def test_planted_mistakes_are_found_with_the_compiler_off() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            __file__,
            "-k",
            "a_planted_mistake",
            "-p",
            "no:xdist",
        ],
        env={**os.environ, "SOLVENT_JIT": "0"},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed" in done.stdout, done.stdout


def parts_ways(seed: int) -> bool:
    try:
        run(seed, 400, ScenarioWorld)
    except Mismatch:
        return True
    return False

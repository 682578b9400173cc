"""Forced orders: what the market answers to them. Fills may be late, partial, too large or twice,
and each of these has a defined outcome.
"""

from __future__ import annotations

from solvent.compiled import kernel
from solvent.contracts.value import SPOT, trade_cost
from solvent.engine.checks import FINE, fits, known_account, known_instrument
from solvent.engine.emit import emit, refuse
from solvent.engine.events import EventKind
from solvent.engine.lifecycle import drop_order
from solvent.engine.refusals import Refusal
from solvent.ledger.postings import book_trade, move
from solvent.ledger.slots import find_slot
from solvent.ledger.tables import NONE, Header, Integers, Records, Tables
from solvent.liquidation.stages import Backing
from solvent.liquidation.zero import zero_cash
from solvent.units import MONEY_MAX, rate_ceil
from solvent.watch.buffer import (
    converted_ceil,
    converted_floor,
    equity_of,
    standing,
)
from solvent.watch.judge import ask_judgement
from solvent.watch.rules import FEE, SURPLUS_TO_FUND

TIME = int(Header.TIME)
FUND_BACKED = int(Backing.FUND)
ORDER_FILLED = int(EventKind.ORDER_FILLED)
ORDER_EXPIRED = int(EventKind.ORDER_EXPIRED)
UNKNOWN_ACCOUNT = int(Refusal.UNKNOWN_ACCOUNT)
UNKNOWN_INSTRUMENT = int(Refusal.UNKNOWN_INSTRUMENT)
AMOUNT = int(Refusal.AMOUNT_NOT_POSITIVE)
OUT_OF_RANGE = int(Refusal.OUT_OF_RANGE)
OVERFLOW = int(Refusal.OVERFLOW)
ORDER_UNKNOWN = int(Refusal.ORDER_UNKNOWN)
ORDER_LATE = int(Refusal.ORDER_LATE)
DUPLICATE_FILL = int(Refusal.DUPLICATE_FILL)
OVERFILL = int(Refusal.OVERFILL)
PPM = 1_000_000


@kernel
def _order_slot(s: Tables, row: Records) -> int:
    """Slot that carries the named order, or NONE."""
    if not known_account(s, row["account"]):
        return NONE
    slot = find_slot(s, row["account"], row["instrument"], row["leg"])
    if slot == NONE:
        return NONE
    cold = s.positions_cold[slot]
    if cold["order_lots"] == 0 or cold["order_id"] != row["id"]:
        return NONE
    return slot


@kernel
def _fill_refusal(s: Tables, row: Records, slot: int) -> int:
    if not known_account(s, row["account"]):
        return UNKNOWN_ACCOUNT
    if not known_instrument(s, row["instrument"]):
        return UNKNOWN_INSTRUMENT
    if row["a"] <= 0:
        return AMOUNT
    if slot == NONE:
        return ORDER_UNKNOWN
    cold = s.positions_cold[slot]
    if s.header[TIME] > cold["order_deadline"]:
        return ORDER_LATE
    if row["c"] <= cold["order_fill"]:
        return DUPLICATE_FILL
    if row["a"] > abs(cold["order_lots"]) or row["a"] > abs(s.positions[slot]["lots"]):
        return OVERFILL
    if (cold["order_lots"] > 0) == (s.positions[slot]["lots"] > 0):
        return OVERFILL
    contract = s.instruments[row["instrument"]]
    if row["b"] < contract["price_min"] or row["b"] > contract["price_max"]:
        return OUT_OF_RANGE
    return FINE


@kernel
def _pay_fund(s: Tables, account: int, delta: int, notional: int) -> int:
    """What the account pays the fund out of a fill that was `delta` better than the zero price:
    never beyond it, never into negative equity.
    """
    left = min(delta, equity_of(s, account))
    if left <= 0:
        return 0
    if s.policy[SURPLUS_TO_FUND] == 0 and s.accounts_cold[account]["taken_over"] != FUND_BACKED:
        left = min(left, rate_ceil(notional, s.policy[FEE], PPM, 0, 0))
    move(s, account, s.assets[s.accounts[account]["asset"]]["fund"], left)
    return left


@kernel
def order_fill(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """ORDER_FILL: the market traded part of a forced order."""
    slot = _order_slot(s, row)
    refusal = _fill_refusal(s, row, slot)
    if refusal != FINE:
        refuse(s, events, cursor, row, refusal, row["a"], row["id"])
        return
    account, instrument, lots = row["account"], row["instrument"], row["a"]
    contract = s.instruments[instrument]
    settle, asset = contract["settle"], s.accounts[account]["asset"]
    if s.positions[slot]["lots"] > 0:
        lots = -lots
    cost = trade_cost(contract["kind"], contract["k"], contract["k_den"], lots, row["b"])
    market = s.assets[settle]["market"]
    if not fits(s.accounts[account]["wallet"], abs(cost)) or not fits(
        s.accounts[market]["wallet"], abs(cost)
    ):
        refuse(s, events, cursor, row, OVERFLOW, cost, MONEY_MAX)
        return
    equity, need, _ = standing(s, account)
    zero = -cost
    spot = contract["kind"] == SPOT
    if not spot and need > 0:
        zero = zero_cash(s, slot, row["a"], equity, need)
    notional = abs(
        trade_cost(contract["kind"], contract["k"], contract["k_den"], row["a"], row["b"])
    )
    cold = s.positions_cold[slot]
    cold["order_fill"] = row["c"]
    left = cold["order_lots"] - lots
    cold["order_lots"] = left
    cold["liquidated"] += notional
    theirs = find_slot(s, market, instrument, 0)
    held = 0 if theirs == NONE else s.positions[theirs]["lots"]
    closing = _market_closing(s, instrument, held, -lots, row["b"], -cost)
    book_trade(s, account, instrument, row["leg"], lots, cost, cost)
    book_trade(s, market, instrument, 0, -lots, -cost, closing)
    paid = 0
    if not spot:
        paid = _pay_fund(
            s,
            account,
            converted_floor(s, settle, asset, -cost - zero),
            converted_ceil(s, settle, asset, notional),
        )
    place = emit(
        s,
        events,
        cursor,
        ORDER_FILLED,
        account,
        instrument,
        row["leg"],
        lots,
        row["b"],
        contract["mark"],
        zero,
    )
    events[place]["e"] = -cost
    events[place]["f"] = paid
    events[place]["g"] = row["id"]
    events[place]["h"] = left
    if left == 0:
        drop_order(s, slot)
    ask_judgement(s, account)


@kernel
def _market_closing(s: Tables, instrument: int, held: int, lots: int, price: int, cost: int) -> int:
    """Share of the market's cost that closes what it held."""
    if held == 0 or (held > 0) == (lots > 0):
        return 0
    if abs(lots) <= abs(held):
        return cost
    contract = s.instruments[instrument]
    return trade_cost(contract["kind"], contract["k"], contract["k_den"], -held, price)


@kernel
def order_closed(s: Tables, row: Records, events: Records, cursor: Integers) -> None:
    """ORDER_CLOSED: the market is done with it; what is left waits for the next judgement."""
    slot = _order_slot(s, row)
    if slot == NONE:
        refuse(s, events, cursor, row, ORDER_UNKNOWN, row["id"], 0)
        return
    cold = s.positions_cold[slot]
    emit(
        s,
        events,
        cursor,
        ORDER_EXPIRED,
        row["account"],
        row["instrument"],
        row["leg"],
        cold["order_lots"],
        0,
        0,
        cold["order_id"],
    )
    drop_order(s, slot)

"""Events: what happened, in the past tense, as rows of one table.

`seq` is the number of the command (counted over the engine's life) that caused the event; events of
one command are in the order they
happened. Every field is int64. The free fields `a`..`h` are listed per kind; unnamed ones are 0.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

EVENT = np.dtype(
    [
        ("seq", np.int64),
        ("time", np.int64),
        ("kind", np.int64),
        ("account", np.int64),
        ("other", np.int64),
        ("instrument", np.int64),
        ("leg", np.int64),
        ("a", np.int64),
        ("b", np.int64),
        ("c", np.int64),
        ("d", np.int64),
        ("e", np.int64),
        ("f", np.int64),
        ("g", np.int64),
        ("h", np.int64),
    ]
)


class EventKind(IntEnum):
    """What an event row says."""

    REFUSED = 1  # a = Refusal, b = offending value, c = limit, d = CommandKind
    PRICE_ACCEPTED = 2  # instrument, a = price (one per PRICE row)
    ACCOUNT_OPENED = 3  # account, other = parent, a = asset, b = MarginModel
    DEPOSITED = 4  # account, a = amount, b = wallet after
    WITHDRAWN = 5  # account, a = amount, b = wallet after
    TRANSFERRED = 6  # account, other, a = amount
    COLLATERAL_DEPOSITED = 7  # account, instrument, a = lots
    COLLATERAL_WITHDRAWN = 8  # account, instrument, a = lots
    FILL_BOOKED = (
        9  # account, other, instrument, leg, a = signed lots, b = price, c = signed cost, d = fee
    )
    ORDERS_RESERVED = 10  # account, instrument, leg, a = buys, b = sells
    LEVERAGE_SET = 11  # account, instrument, leg, a = leverage
    FUNDING_SET = 12  # instrument, a = rate, b = increment per lot (2^-24), c = mark
    INSTRUMENT_SETTLED = 13  # instrument, a = price, b = slots settled
    LEVEL_CHANGED = 14  # account, a = from, b = to, c = equity, d = requirement
    MARGIN_CALLED = 15  # account, a = amount, b = deadline, c = equity, d = requirement
    MARGIN_CALL_CURED = 16  # account
    LIQUIDATION_STARTED = 17  # account, a = equity, b = requirement, c = level
    ORDERS_CANCELLED = 18  # account, instrument, leg, a = buys, b = sells
    # account, instrument, leg, a = signed lots to trade, b = mark, c = deadline, d = order id,
    LIQUIDATION_ORDERED = 19
    #                           e = equity, f = requirement, g = lots held, h = stage
    # account, instrument, leg, a = signed lots traded, b = price, c = mark, d = zero quote, e =
    # cash received,
    ORDER_FILLED = 20
    #                    f = paid to the fund, g = order id, h = lots left in the order
    ORDER_EXPIRED = 21  # account, instrument, leg, a = lots left, d = order id
    FUND_REQUESTED = 22  # account, a = amount, b = equity, c = requirement
    INSURANCE_DRAWN = 23  # account, a = amount, b = fund after
    FUND_REFUSED = 24  # account, a = amount asked, b = fund balance
    ADL_REQUESTED = 25  # account, a = slots, b = equity, c = requirement
    # account (bankrupt), other (counterparty), instrument, leg, a = signed lots closed for
    # account, b = mark,
    DELEVERAGED = 26
    #                   c = zero quote (cash to account), d = value at mark of the slice, e =
    # counterparty's profit before,
    #                   f = counterparty's equity after, g = counterparty's rank in this queue
    # account (whose deficit), instrument, a = amount, b = increment per lot (2^-24), c = lots
    # sharing
    LOSS_SOCIALISED = 27
    DEFICIT_UNALLOCATED = 28  # account, a = amount: nobody to share it
    # account, a = outcome (Outcome), b = equity, c = requirement, d = paid to fund on closing
    LIQUIDATION_ENDED = 29
    SURPLUS_TO_FUND = 30  # account, a = amount, b = fund after
    SWEPT_TO_PARENT = 31  # account, other = parent, a = amount
    MARGIN_CALL_LAPSED = 32  # account, a = amount still missing
    RISK_ARRAYS_PUBLISHED = 33  # a = scenarios, b = instruments
    RISK_ARRAY_REQUESTED = 34  # instrument, a = price, b = mark of the array, c = its reach


class Outcome(IntEnum):
    """How a liquidation ended."""

    RESTORED = 1  # back at or above the target with positions left
    CLOSED = 2  # every position closed

"""Refusals: the expected "no", as values of one enum in the order in which they are looked for. A
refused command changes nothing but the sequence.
"""

from __future__ import annotations

from enum import IntEnum


class Refusal(IntEnum):
    """Why a command was refused. Lower values take precedence."""

    UNKNOWN_COMMAND = 1
    TIME_BACKWARDS = 2
    SNAPSHOT_OPEN = 3  # another command before the snapshot's last price
    UNKNOWN_ACCOUNT = 4
    UNKNOWN_INSTRUMENT = 5
    UNKNOWN_ASSET = 6
    UNKNOWN_LEG = 7
    INSTRUMENT_CLOSED = 8
    WRONG_KIND = 9  # a spot command on a derivative, or the other way round
    WRONG_ASSET = 10  # accounts of two assets, or no conversion listed
    WRONG_MODEL = 11  # leverage of an account margined by scenarios
    NOT_RELATED = 12  # transfer between accounts that are not parent and child
    AMOUNT_NOT_POSITIVE = 13
    OUT_OF_RANGE = 14  # price, lots, leverage, rate, entry of a risk array: beyond the limit
    OVERFLOW = 15  # a balance or index would leave its bound
    NO_PRICE = 16
    NO_RISK_ARRAY = 17  # a scenario account may not hold what no scenario says anything about
    RISK_ARRAY_DISORDER = 18  # not the next scenario of its instrument
    RISK_ARRAY_INCOMPLETE = 19  # other numbers staged than the closing row announces
    RISK_ARRAY_STALE = 20  # a stamp is not the mark now
    RISK_ARRAY_MISSING = 21  # an instrument that a scenario account holds is left out
    TOO_MANY_POSITIONS = 22
    IN_LIQUIDATION = 23
    ORDER_UNKNOWN = 24
    ORDER_LATE = 25
    DUPLICATE_FILL = 26
    OVERFILL = 27
    NOT_REQUESTED = 28  # an answer nobody asked for
    INSUFFICIENT_BALANCE = 29
    FUND_EXHAUSTED = 30
    COUNTERPARTY_UNABLE = 31  # no opposite lots, or it would be pushed below its own bankruptcy
    BELOW_INITIAL_MARGIN = 32
    CAPACITY = 33  # the configured number of accounts or slots is reached

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
    NOT_RELATED = 11  # transfer between accounts that are not parent and child
    AMOUNT_NOT_POSITIVE = 12
    OUT_OF_RANGE = 13  # price, lots, leverage, rate: beyond the listed limit
    OVERFLOW = 14  # a balance or index would leave its bound
    NO_PRICE = 15
    TOO_MANY_POSITIONS = 16
    IN_LIQUIDATION = 17
    ORDER_UNKNOWN = 18
    ORDER_LATE = 19
    DUPLICATE_FILL = 20
    OVERFILL = 21
    NOT_REQUESTED = 22  # an answer nobody asked for
    INSUFFICIENT_BALANCE = 23
    FUND_EXHAUSTED = 24
    COUNTERPARTY_UNABLE = 25  # no opposite lots, or it would be pushed below its own bankruptcy
    BELOW_INITIAL_MARGIN = 26
    CAPACITY = 27  # the configured number of accounts or slots is reached

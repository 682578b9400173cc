"""Stages of a liquidation and the transitions that are allowed; everything else is a broken
invariant.

    HEALTHY -> CANCELLING -> REDUCING -> CLOSING -> SELLING -> INSURANCE -> SOCIALISING -> HEALTHY
                        \\         \\-> INSURANCE -> DELEVERAGING -> ...

An account leaves through HEALTHY: restored, or with every position closed.
"""

from __future__ import annotations

from enum import IntEnum


class Stage(IntEnum):
    """What is being done to an account."""

    HEALTHY = 0
    CANCELLING = 1
    REDUCING = 2
    CLOSING = 3
    SELLING = 4
    INSURANCE = 5
    DELEVERAGING = 6
    SOCIALISING = 7


class Request(IntEnum):
    """What an account waits for."""

    NOTHING = 0
    FUND = 1
    ADL = 2
    SHARING = 3


class Backing(IntEnum):
    """For whom an account in liquidation is run."""

    OWNER = 0
    FUND = 1  # the fund lifted it to zero: what is left goes to the fund
    NOBODY = 2  # fund and ADL are exhausted: run off in the market
    UNALLOCATED = 3  # a deficit nobody could share stays on the wallet


_ANY_WORK = {
    Stage.REDUCING,
    Stage.CLOSING,
    Stage.SELLING,
    Stage.INSURANCE,
    Stage.DELEVERAGING,
    Stage.SOCIALISING,
}

ALLOWED: dict[Stage, set[Stage]] = {
    Stage.HEALTHY: {Stage.CANCELLING},
    Stage.CANCELLING: {Stage.HEALTHY, *_ANY_WORK} - {Stage.DELEVERAGING, Stage.SOCIALISING},
    Stage.REDUCING: {Stage.HEALTHY, Stage.CLOSING, Stage.SELLING, Stage.INSURANCE},
    Stage.CLOSING: {Stage.HEALTHY, Stage.REDUCING, Stage.SELLING, Stage.INSURANCE},
    Stage.SELLING: {Stage.HEALTHY, Stage.INSURANCE},
    Stage.INSURANCE: {
        Stage.HEALTHY,
        Stage.REDUCING,
        Stage.CLOSING,
        Stage.SELLING,
        Stage.DELEVERAGING,
        Stage.SOCIALISING,
    },
    Stage.DELEVERAGING: {Stage.HEALTHY, Stage.CLOSING, Stage.SELLING, Stage.INSURANCE},
    Stage.SOCIALISING: {Stage.HEALTHY},
}
"""From a stage to the stages it may turn into (staying is always allowed)."""

ALLOWED_MASK = tuple(sum(1 << int(to) for to in ALLOWED[stage] | {stage}) for stage in Stage)
"""The same table as bit masks, for the kernels."""

"""Contracts: what is traded.

A contract turns lots and a price into money of its settlement asset, and a funding rate into an
index. It knows nothing of accounts, margins or
time. What always holds: the value is rounded once, against the holder; a trade has one cost for
both sides; every product fits 64 bits.
"""

from solvent.contracts.funding import FUNDING_RATE_SCALE, INDEX_MAX, accrued, funding_step
from solvent.contracts.listing import Contract, Listing, ListingError, resolve
from solvent.contracts.value import (
    INVERSE,
    LINEAR,
    SPOT,
    closed_share,
    highest_price_worth,
    lowest_price_worth,
    trade_cost,
    value,
)

__all__ = [
    "FUNDING_RATE_SCALE",
    "INDEX_MAX",
    "INVERSE",
    "LINEAR",
    "SPOT",
    "Contract",
    "Listing",
    "ListingError",
    "accrued",
    "closed_share",
    "funding_step",
    "highest_price_worth",
    "lowest_price_worth",
    "resolve",
    "trade_cost",
    "value",
]

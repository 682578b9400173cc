"""Prices: what it is worth.

Black-76 values and Greeks, implied volatility, checks of a volatility surface, fair prices of
perpetuals, and scenarios turned into risk arrays. Everything here is an *estimate* in floating
point. It becomes a fact only when it is published: rounded once, in a stated direction, stamped
with the prices it was computed from, as the integers of a `RiskArrays`. What it is not: a margin
rule, or a state. What always holds: no array library is imported, the scalar functions of a sweep
are marked `@swept` so that it can compile the same bodies, and no float leaves this room except
under a name that says estimate or value.
"""

from solvent.prices.black76 import Greeks, call, coin_delta, coin_value, greeks, option_value, put
from solvent.prices.implied import NoImpliedVolatility, implied_volatility
from solvent.prices.perpetual import (
    NoPerpetualPrice,
    Perpetual,
    fair_funding,
    implied_carry,
    implied_interest,
    perpetual_basis,
    perpetual_price,
)
from solvent.prices.risk_arrays import RiskArray, RiskArrays, Snapshot, publish
from solvent.prices.scenarios import (
    Instrument,
    Scenario,
    Shock,
    VolShock,
    VolTable,
    grid,
    profit,
    shocked_value,
)
from solvent.prices.surface import Finding, Quote, check_surface
from solvent.prices.swept import SWEPT, swept

__all__ = [
    "SWEPT",
    "Finding",
    "Greeks",
    "Instrument",
    "NoImpliedVolatility",
    "NoPerpetualPrice",
    "Perpetual",
    "Quote",
    "RiskArray",
    "RiskArrays",
    "Scenario",
    "Shock",
    "Snapshot",
    "VolShock",
    "VolTable",
    "call",
    "check_surface",
    "coin_delta",
    "coin_value",
    "fair_funding",
    "greeks",
    "grid",
    "implied_carry",
    "implied_interest",
    "implied_volatility",
    "option_value",
    "perpetual_basis",
    "perpetual_price",
    "profit",
    "publish",
    "put",
    "shocked_value",
    "swept",
]

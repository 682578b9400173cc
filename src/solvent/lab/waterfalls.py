"""The named waterfalls a rehearsal compares: they differ in one thing only.

Levels, fees, the fund, deleveraging and socialisation are the same in both, so that a difference
between two columns comes from how much of an account is closed.
"""

from __future__ import annotations

from dataclasses import dataclass

from solvent.liquidation import Policy
from solvent.market.bars import NS_PER_SECOND

CLOSE_COST_PPM = 2_000
"""Assumed cost of a forced close when it is planned, 0.2 % of notional (assumption)."""
FEE_PPM = 5_000
"""Liquidation fee to the fund, 0.5 % of notional (assumption; venues publish 0.3 % to 1.5 %)."""
DEADLINE_NS = 30 * NS_PER_SECOND
"""An order unfilled after 30 s is planned anew, on fresh prices (assumption)."""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A policy with a name that heads a column and a description in words."""

    name: str
    description: str
    policy: Policy


def _policy(method: str) -> Policy:
    return Policy(
        method=method,
        target=(11, 10),
        close_cost_ppm=CLOSE_COST_PPM,
        fee_ppm=FEE_PPM,
        surplus_to_fund=False,
        adl="queue",
        socialise=True,
        order_deadline_ns=DEADLINE_NS,
    )


_REST = (
    "fee of 0.5 % to the fund where the fill allows it, then insurance fund, deleveraging by profit"
    " times leverage, socialised loss"
)

WATERFALLS = {
    "full-close": Waterfall(
        "full-close", f"below maintenance the whole account is closed; {_REST}", _policy("full")
    ),
    "partial": Waterfall(
        "partial",
        "below maintenance the least is closed that brings equity back to 1.1 times maintenance,"
        f" where a close helps; {_REST}",
        _policy("partial"),
    ),
}
"""By name, as `--policy` takes them."""

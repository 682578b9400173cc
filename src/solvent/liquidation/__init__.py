"""Liquidation: what is done to an account in trouble.

Policy as data, stages as a table of allowed transitions, and pure decisions: the zero price,
whether a close helps, how many lots restore the target, which position goes
first, who is deleveraged, who shares a loss. Nothing here changes state; `solvent.engine` does.
What always holds: every decision is measured against the zero price, at which
equity over requirement does not change.
"""

from solvent.liquidation.policy import Policy, PolicyError
from solvent.liquidation.sharing import pro_rata, split_deficit
from solvent.liquidation.stages import ALLOWED, Backing, Request, Stage

__all__ = [
    "ALLOWED",
    "Backing",
    "Policy",
    "PolicyError",
    "Request",
    "Stage",
    "pro_rata",
    "split_deficit",
]

"""Market: where forced orders are sold, as an estimate.

Bars give a price and a volume; the market here takes a stated share of that volume and moves the
price by a stated impact. Floats are allowed: what leaves this room is whole lots at whole ticks, as
commands. It is not an order book, and it knows no account's margin. What always holds: fills never
exceed their order, and the same calls give the same fills.
"""

from solvent.market.bars import Bars
from solvent.market.forced import Fills, ForcedOrders, Venue, venue_of
from solvent.market.impact import Impact, ImpactLevel, impact_of

__all__ = [
    "Bars",
    "Fills",
    "ForcedOrders",
    "Impact",
    "ImpactLevel",
    "Venue",
    "impact_of",
    "venue_of",
]

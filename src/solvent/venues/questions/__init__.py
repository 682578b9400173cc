"""Questions: what is asked of an account beyond its liquidation price.

What if an order is added, a part closed, margin moved; how long funding can be paid; what it costs
to be liquidated; how likely it is; how one venue's ratio reads on another. Exact, but for what is
named an estimate. What it is not: a place for rules; those are presets.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solvent.venues.questions import carrying as carrying
    from solvent.venues.questions import chances as chances
    from solvent.venues.questions import liquidation_costs as liquidation_costs
    from solvent.venues.questions import sensitivities as sensitivities
    from solvent.venues.questions import sizing as sizing
    from solvent.venues.questions import what_if as what_if
    from solvent.venues.questions import zero_prices as zero_prices

LATER = (
    *("carrying", "chances", "liquidation_costs", "sensitivities", "sizing", "what_if"),
    "zero_prices",
)
"""Questions that an account loads when they are asked: a price alone is answered sooner."""


def __getattr__(name: str) -> Any:
    if name in LATER:
        return import_module(f"solvent.venues.questions.{name}")
    raise AttributeError(f"module 'solvent.venues.questions' has no attribute {name!r}")

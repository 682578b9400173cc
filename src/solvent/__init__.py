"""Solvent: an exact margin and liquidation engine for crypto derivatives.

Everything that decides is an integer state machine; everything that estimates lives outside it
and enters as a published number. Importing this package loads neither NumPy nor Numba.

The calculator's names are loaded when they are first used:

>>> import solvent
>>> print(solvent.liquidation_price("binance-usdm@2021", symbol="BTCUSDT", side="long", size="10",
...                                 entry="50000", wallet="20000").exact)
4787000/99
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PLACES = {
    "Account": "solvent.venues.account",
    "Answer": "solvent.venues.result",
    "InputError": "solvent.venues.numbers",
    "bankruptcy_price": "solvent.venues.shortcuts",
    "initial_margin": "solvent.venues.shortcuts",
    "liquidation_price": "solvent.venues.shortcuts",
    "maintenance_margin": "solvent.venues.shortcuts",
    "max_size": "solvent.venues.shortcuts",
}

if TYPE_CHECKING:
    from solvent.venues.account import Account
    from solvent.venues.numbers import InputError
    from solvent.venues.result import Answer
    from solvent.venues.shortcuts import (
        bankruptcy_price,
        initial_margin,
        liquidation_price,
        maintenance_margin,
        max_size,
    )

__all__ = [
    "Account",
    "Answer",
    "InputError",
    "__version__",
    "bankruptcy_price",
    "initial_margin",
    "liquidation_price",
    "maintenance_margin",
    "max_size",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use, so that `import solvent` stays light."""
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'solvent' has no attribute {name!r}")
    found = getattr(import_module(place), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)

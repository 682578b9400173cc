"""Venues: whose rules.

Dated presets of real venues (TOML with source and date) and the exact calculator over them. It asks
the same integer functions as the engine and holds no formula of a requirement itself. What it is
not: a state machine; nothing here remembers anything. What always holds: results are exact
rationals until they are printed, every result names the preset version it was computed with, and
neither NumPy nor Numba is imported.

Names are loaded when they are first used:

>>> from solvent import venues
>>> "binance-usdm" in venues.names(), venues.version("bybit@2024").label
(True, 'bybit@2024')
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_PLACES = {
    "Account": "account",
    "Version": "preset",
    "Venue": "preset",
    "compare": "comparison",
    "cheapest_mix": "portfolio.efficiency",
    "from_ccxt": "ccxt",
    "funding_payments": "questions.funding_asked",
    "funding_rate": "questions.funding_asked",
    "health": "lending",
    "loan": "lending",
    "names": "presets.catalogue",
    "option_margin": "portfolio.options",
    "read_account": "account_file",
    "run_files": "cases",
    "scenario_margin": "portfolio.scenarios",
    "translate": "questions.ratios",
    "venue": "presets.catalogue",
    "venue_ratio": "questions.ratios",
    "version": "presets.catalogue",
}

if TYPE_CHECKING:
    from solvent.venues.account import Account
    from solvent.venues.account_file import read_account
    from solvent.venues.cases import run_files
    from solvent.venues.ccxt.imported import from_ccxt
    from solvent.venues.comparison import compare
    from solvent.venues.lending import health, loan
    from solvent.venues.portfolio.efficiency import cheapest_mix
    from solvent.venues.portfolio.options import option_margin
    from solvent.venues.portfolio.scenarios import scenario_margin
    from solvent.venues.preset import Venue, Version
    from solvent.venues.presets.catalogue import names, venue, version
    from solvent.venues.questions.funding_asked import funding_payments, funding_rate
    from solvent.venues.questions.ratios import translate, venue_ratio

__all__ = [
    "Account",
    "Venue",
    "Version",
    "cheapest_mix",
    "compare",
    "from_ccxt",
    "funding_payments",
    "funding_rate",
    "health",
    "loan",
    "names",
    "option_margin",
    "read_account",
    "run_files",
    "scenario_margin",
    "translate",
    "venue",
    "venue_ratio",
    "version",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use: a question about one venue loads one venue."""
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'solvent.venues' has no attribute {name!r}")
    found = getattr(import_module(f"solvent.venues.{place}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)

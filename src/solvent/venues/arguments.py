"""Arguments of an account, checked: mode, wallet, betas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.preset import Version

MODES = ("isolated", "cross", "hedge", "portfolio")


def amounts(given: Number | Mapping[str, Number], what: str) -> dict[str, Fraction]:
    """One amount (under "") or one per asset, exact."""
    if isinstance(given, Mapping):
        return {asset.strip().upper(): exact(v, f"{what} {asset}") for asset, v in given.items()}
    return {"": exact(given, what)}


def betas_of(given: Mapping[str, Number] | None, symbols: Iterable[str]) -> dict[str, Fraction]:
    """Betas by symbol, exact; refuses symbols without a position."""
    known = set(symbols)
    found: dict[str, Fraction] = {}
    for symbol, beta in (given or {}).items():
        if symbol not in known:
            raise InputError(f"betas: no position in {symbol}; there is {', '.join(sorted(known))}")
        found[symbol] = exact(beta, f"beta of {symbol}")
    return found


def mode_of(version: Version, mode: str) -> str:
    """The margin mode, checked; "hedge" (both sides at once) and "portfolio" are cross buckets."""
    word = mode.strip().lower()
    if word not in MODES:
        raise InputError(f"mode: {mode!r} is none of {', '.join(MODES)}")
    modes = version.rules.modes if version.rules else MODES
    if word == "isolated" and word not in modes:
        raise InputError(f"mode: {version.label} has {', '.join(modes)} margin, not isolated")
    return word

"""The same contract under another venue's symbol: BTCUSDT, BTC-USDT-SWAP, BTC_USDT, BTC."""

from __future__ import annotations

from collections.abc import Iterator

from solvent.venues.numbers import InputError
from solvent.venues.preset import Instrument, Version
from solvent.venues.result import DOLLARS

# Venues' own names of a coin.
COINS = {"XBT": "BTC"}


def coin(asset: str) -> str:
    """The common name of a coin ("XBT" is "BTC").

    >>> coin("XBT"), coin("eth")
    ('BTC', 'ETH')
    """
    name = asset.strip().upper()
    return COINS.get(name, name)


def contract(
    version: Version, base: str, quote: str = "", *, inverse: bool = False, settle: str = ""
) -> Instrument | None:
    """The perpetual of `base` on a version: the one with this quote if there is one, else any
    quoted in dollars. None where the venue's preset lists none.

    >>> from solvent.venues.presets.catalogue import version
    >>> contract(version("okx"), "BTC", "USDT").symbol
    'BTC-USDT-SWAP'
    """
    fitting = [
        one
        for one in _perpetuals(version)
        if coin(one.base) == coin(base) and (one.kind == "inverse") == inverse
    ]
    for one in fitting:
        if coin(one.quote) == coin(quote) and (not settle or coin(one.settle) == coin(settle)):
            return one
    if settle:
        return None
    dollars = [one for one in fitting if one.quote.upper() in DOLLARS]
    return dollars[0] if dollars else None


def needed(version: Version, like: Instrument) -> Instrument:
    """The counterpart of another venue's contract. Raises InputError where there is none."""
    found = contract(version, like.base, like.quote, inverse=like.kind == "inverse")
    if found is None:
        kind = "inverse" if like.kind == "inverse" else "linear"
        alike = (
            one for one in _perpetuals(version) if (one.kind == "inverse") == (kind == "inverse")
        )
        listed = ", ".join(sorted({coin(one.base) for one in alike})) or "none"
        raise InputError(
            f"{version.label} has no {kind} contract on {like.base}; its {kind} ones are on: "
            f"{listed}"
        )
    return found


def _perpetuals(version: Version) -> Iterator[Instrument]:
    for one in version.instruments.values():
        if one.kind in ("linear", "inverse") and one.expiry is None:
            yield one

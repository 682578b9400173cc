"""Reading what a user says about a loan: amounts and prices by asset, names made unambiguous."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from solvent.venues.numbers import InputError, Number, exact
from solvent.venues.preset import Version
from solvent.venues.presets.fields import nearest

ZERO = Fraction(0)
ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Inputs:
    """A loan as it was described: exact amounts and prices by asset name.

    market: the market, vault type or vault, where the venue has several. options: what else the
    rule understands (an e-mode, the state of the system).
    """

    version: Version
    collateral: Mapping[str, Fraction]
    debt: Mapping[str, Fraction]
    prices: Mapping[str, Fraction]
    market: str = ""
    options: Mapping[str, object] = field(default_factory=dict)

    def price(self, asset: str, default: Fraction | None = None) -> Fraction:
        """The price of an asset in the loan's money; InputError where none was given."""
        found = self.prices.get(asset, default)
        if found is None:
            raise InputError(
                f'{asset}: no price given; add it, for example prices={{"{asset}": "1"}}'
            )
        return found

    def group(self, name: str) -> Mapping[str, object]:
        """A group of the preset's parameters; InputError where the version has none."""
        found = self.version.parameters.get(name)
        if not isinstance(found, Mapping):
            raise InputError(f"{self.version.label}: the preset has no parameters.{name}")
        return found

    def option(self, name: str, default: object = None) -> object:
        """One of the options."""
        return self.options.get(name, default)


def amounts(given: Mapping[str, Number] | None, what: str) -> dict[str, Fraction]:
    """Amounts by asset, exact and not negative; zero amounts are dropped.

    >>> amounts({" WETH ": "1.5", "USDC": 0}, "collateral")
    {'WETH': Fraction(3, 2)}
    """
    found: dict[str, Fraction] = {}
    for asset, value in (given or {}).items():
        name = asset.strip()
        amount = exact(value, f"{what} of {name}")
        if amount < 0:
            raise InputError(
                f"{what} of {name}: {value} is negative; give collateral and debt as positive "
                "amounts, each under its own name"
            )
        if name in found:
            raise InputError(f"{what}: {name} is named twice")
        if amount:
            found[name] = amount
    return found


def positive_prices(given: Mapping[str, Number] | None) -> dict[str, Fraction]:
    """Prices by asset, exact and above 0.

    >>> positive_prices({"WETH": "3000"})
    {'WETH': Fraction(3000, 1)}
    """
    found: dict[str, Fraction] = {}
    for asset, value in (given or {}).items():
        name = asset.strip()
        price = exact(value, f"price of {name}")
        if price <= 0:
            raise InputError(f"price of {name}: {value} must be above 0")
        found[name] = price
    return found


def member(group: Mapping[str, object], name: str, what: str) -> Mapping[str, object]:
    """An entry of a parameter group by name, capitals apart. InputError with the nearest name.

    >>> member({"source": "x", "WETH": {"ltv": Fraction(4, 5)}}, "weth", "reserve")["ltv"]
    Fraction(4, 5)
    """
    known = {key.lower(): key for key, value in group.items() if isinstance(value, Mapping)}
    key = known.get(name.strip().lower())
    if key is None:
        listed = sorted(known.values())
        raise InputError(f"{what} {name!r} is unknown; {nearest(name, listed, 'known')}")
    found = group[key]
    assert isinstance(found, Mapping)
    return found


def rate(entry: Mapping[str, object], key: str, what: str) -> Fraction:
    """A number of a parameter entry. InputError where the preset has none."""
    found = entry.get(key)
    if not isinstance(found, Fraction):
        raise InputError(f"{what}: the preset publishes no {key.replace('_', ' ')}")
    return found


def whole(entry: Mapping[str, object], key: str, default: int) -> int:
    """A whole number of a parameter entry, such as the decimals of a token."""
    found = entry.get(key, default)
    return int(found) if isinstance(found, Fraction | int) else default

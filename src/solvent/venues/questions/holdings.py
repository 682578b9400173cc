"""Collateral in other assets, from plain data: amount, price, and the weights by amount."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from solvent.venues.numbers import InputError, exact
from solvent.venues.plain_data import Plain
from solvent.venues.preset import Version
from solvent.venues.reading import positive
from solvent.venues.result import DOLLARS
from solvent.venues.solver.model import ZERO


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Holding(Plain):
    """Collateral in another asset: amount (negative: owed), price in the account's money, and the
    weights by amount. `maintenance`: rate required on a debt.
    """

    asset: str
    amount: Fraction
    price: Fraction
    rows: tuple[tuple[Fraction | None, Fraction], ...] = ()
    maintenance: Fraction = ZERO


def holding(version: Version, asset: str, given: object) -> Holding:
    """Collateral from plain data: an amount with its price, `("1.5", "50000")`, or a mapping with
    amount, price and optional weight and maintenance.
    """
    name = asset.strip().upper()
    if isinstance(given, Mapping):
        unknown = set(given) - {"amount", "price", "weight", "maintenance"}
        if unknown or "amount" not in given:
            what = sorted(unknown)[0] if unknown else "amount"
            raise InputError(
                f"collateral {name}: {what!r} is {'not a field' if unknown else 'missing'}; fields "
                "are amount, price, weight, maintenance"
            )
        amount, price = given["amount"], given.get("price", 1 if name in DOLLARS else None)
        weight, rate = given.get("weight"), given.get("maintenance", 0)
    elif isinstance(given, tuple | list) and len(given) == 2:
        (amount, price), weight, rate = given, None, 0
    else:
        amount, price, weight, rate = given, (1 if name in DOLLARS else None), None, 0
    if price is None:
        raise InputError(f"collateral {name}: price is missing; give (amount, price)")
    table = version.collateral.get(name)
    if weight is not None:
        share = exact(weight, f"weight of {name}")
        if not 0 <= share <= 1:
            raise InputError(f"collateral {name}: weight {weight} is not from 0 to 1")
        rows: tuple[tuple[Fraction | None, Fraction], ...] = ((None, share),)
    elif table is not None:
        rows = table.rows
    elif name in DOLLARS:
        rows = ()
    else:
        known = ", ".join(sorted(version.collateral)) or "no asset"
        raise InputError(
            f"collateral {name}: {version.label} publishes a weight for {known}; give weight"
        )
    return Holding(
        name,
        exact(amount, f"collateral {name}"),
        positive(price, f"price of {name}"),
        rows,
        exact(rate, f"maintenance of {name}"),
    )


def is_cash(held: Holding) -> bool:
    """Whether an amount of the account's own money counts in full, like its wallet."""
    return held.price == 1 and not held.maintenance and all(share == 1 for _, share in held.rows)

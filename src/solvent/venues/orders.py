"""From what people type to checked resting orders."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from solvent.venues.numbers import InputError
from solvent.venues.preset import Version
from solvent.venues.reading import positive, side_of, symbol_of
from solvent.venues.solver.model import Order

ORDER_FIELDS = ("symbol", "side", "size", "contracts", "price", "reduce_only", "leverage")


def _snake(name: str) -> str:
    """A camel-case name as it would be written here: reduceOnly, reduce_only."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def flag(value: object, what: str) -> bool:
    """A truth value, or the word for one.

    >>> flag(True, "reduce_only"), flag(" False ", "reduce_only")
    (True, False)
    """
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in ("true", "false"):
        raise InputError(f"{what}: {value!r} is neither true nor false")
    return word == "true"


def order_of(version: Version, given: Mapping[str, object] | Order) -> Order:
    """A resting order from plain data, checked."""
    if isinstance(given, Order):
        return given
    if not isinstance(given, Mapping):
        raise InputError(f"order: {given!r} is not a mapping of symbol, side, size, price")
    unknown = sorted(str(name) for name in set(given) - set(ORDER_FIELDS))
    if unknown:
        close = get_close_matches(_snake(unknown[0]), ORDER_FIELDS, n=1)
        advice = f"did you mean {close[0]}?" if close else f"known: {', '.join(ORDER_FIELDS)}"
        raise InputError(f"order: {unknown[0]!r} is not a field; {advice}")
    for name in ("symbol", "side", "price"):
        if given.get(name) is None:
            raise InputError(f"order: {name} is missing; an order has symbol, side, size, price")
    instrument = symbol_of(version, given["symbol"])
    if given.get("size") is None and given.get("contracts") is None:
        raise InputError("order: size is missing; an order has symbol, side, size, price")
    if given.get("contracts") is not None:
        size = positive(given["contracts"], "contracts") * instrument.contract_size
    else:
        size = positive(given["size"], "size")
    return Order(
        instrument.symbol,
        side_of(given["side"]),
        size,
        positive(given["price"], "price"),
        flag(given.get("reduce_only", False), "reduce_only"),
        None if given.get("leverage") is None else positive(given["leverage"], "leverage"),
    )

"""Listing: from a venue's contract specification to integers that are proven to fit.

A `Listing` is what a venue publishes, in text. `resolve` turns it into a `Contract`: `k` (money
units per tick and lot), the largest price and position.
It refuses a listing whose scale would make money fractional, with the lot or tick that would work,
and one whose products could leave 64 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from solvent.contracts.funding import FUNDING_RATE_SCALE
from solvent.contracts.value import INVERSE, LINEAR, SPOT
from solvent.units import LOTS_MAX, NOTIONAL_MAX, PRICE_MAX

KINDS = {"linear": LINEAR, "inverse": INVERSE, "spot": SPOT}
PRODUCT_MAX = 1 << 62
K_MAX = 1 << 31


class ListingError(ValueError):
    """A contract specification that cannot be traded exactly; the message says which number and
    what would work.
    """


@dataclass(frozen=True, slots=True)
class Listing:
    """A contract specification in text, as venues publish it.

    kind: "linear" (settled in `settle`; a third asset makes it a quanto with `multiplier`),
    "inverse" (settled in the base coin, `lot` in quote
    units) or "spot" (a balance of `base` priced in `settle`; `lot` is ignored: a lot is the
    smallest unit of `base`).
    tick, lot, price_min, price_max, position_max: decimal text in quote / base units (inverse: lot
    and position_max in quote units).
    position_max None: the largest position whose value fits. expiry_ns: final settlement time of a
    dated contract; None for a perpetual.
    """

    symbol: str
    kind: str
    base: str
    settle: str
    tick: str
    lot: str = "1"
    price_max: str = "10000000"
    position_max: str | None = None
    price_min: str | None = None
    multiplier: str = "1"
    expiry_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """The integers of a listed contract. Prices are in ticks, sizes in lots, `k / k_den` money
    units per tick and lot (inverse: times ticks).
    """

    symbol: str
    kind: int
    k: int
    k_den: int
    tick: Fraction
    lot: Fraction
    price_min: int
    price_max: int
    lots_max: int
    expiry_ns: int | None = None


def _number(listing: Listing, field: str, text: str) -> Fraction:
    if not isinstance(text, str):
        raise ListingError(
            f"{listing.symbol}: {field} is {text!r}; write it as text, "
            f"a binary float cannot hold it exactly"
        )
    try:
        number = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise ListingError(f"{listing.symbol}: {field} {text!r} is not a decimal number") from error
    if number <= 0:
        raise ListingError(f"{listing.symbol}: {field} is {text}; it must be greater than 0")
    return number


def resolve(listing: Listing, *, settle_exponent: int, base_exponent: int = 8) -> Contract:
    """The contract's integers. `settle_exponent` is the settlement asset's decimals (USD 6),
    `base_exponent` the base asset's (spot only).

    Raises ListingError when money would be fractional or a product could exceed its bound.

    >>> listing = Listing("BTCUSDT", "linear", "BTC", "USDT", tick="0.1", lot="0.001")
    >>> resolve(listing, settle_exponent=6).k
    100
    """
    if listing.kind not in KINDS:
        raise ListingError(
            f"{listing.symbol}: kind {listing.kind!r} is unknown; use one of {', '.join(KINDS)}"
        )
    kind = KINDS[listing.kind]
    tick = _number(listing, "tick", listing.tick)
    lot = _number(listing, "lot", listing.lot)
    if kind == SPOT:
        lot = Fraction(1, 10**base_exponent)
    unit = 10**settle_exponent
    k, k_den = _scale(listing, kind, tick, lot, unit)
    price_max = _whole(listing, "price_max", listing.price_max, tick)
    price_min = (
        1 if listing.price_min is None else _whole(listing, "price_min", listing.price_min, tick)
    )
    fitting = min(LOTS_MAX, _fitting_lots(kind, k, k_den, price_min, price_max))
    if fitting < 1:
        raise ListingError(
            f"{listing.symbol}: one lot could be worth more than {NOTIONAL_MAX} units of "
            f"{listing.settle}; use a smaller lot or a narrower range of prices"
        )
    lots_max = fitting
    if listing.position_max is not None:
        lots_max = int(Fraction(_number(listing, "position_max", listing.position_max), lot))
    contract = Contract(
        listing.symbol, kind, k, k_den, tick, lot, price_min, price_max, lots_max, listing.expiry_ns
    )
    _check_bounds(contract, fitting)
    return contract


def _scale(
    listing: Listing, kind: int, tick: Fraction, lot: Fraction, unit: int
) -> tuple[int, int]:
    if kind == LINEAR:
        per_tick = tick * lot * unit * _number(listing, "multiplier", listing.multiplier)
        if per_tick.denominator != 1:
            raise ListingError(
                f"{listing.symbol}: one tick on one lot is {per_tick} smallest units of "
                f"{listing.settle}; it must be whole: use a lot of {lot * per_tick.denominator} "
                f"or a tick of {tick * per_tick.denominator}"
            )
        return int(per_tick), 1
    if kind == INVERSE:
        face = Fraction(lot * unit, tick)
        if face.denominator != 1:
            raise ListingError(
                f"{listing.symbol}: a lot of {lot} over a tick of {tick} is {face} units x ticks; "
                f"it must be whole: use a lot of {lot * face.denominator}"
            )
        return int(face), 1
    balance = tick * lot * unit
    return balance.numerator, balance.denominator


def _whole(listing: Listing, field: str, text: str, tick: Fraction) -> int:
    ticks = Fraction(_number(listing, field, text), tick)
    if ticks.denominator != 1:
        raise ListingError(f"{listing.symbol}: {field} {text} is not a multiple of the tick {tick}")
    return int(ticks)


def _fitting_lots(kind: int, k: int, k_den: int, price_min: int, price_max: int) -> int:
    """Most lots whose products stay inside 64 bits and whose value stays within NOTIONAL_MAX at
    every admitted price.
    """
    if kind == LINEAR:
        return NOTIONAL_MAX // (k * price_max)
    if kind == INVERSE:
        return min(NOTIONAL_MAX * price_min, PRODUCT_MAX) // k
    return min(NOTIONAL_MAX * k_den // (price_max * k), PRODUCT_MAX // k)


def _check_bounds(contract: Contract, fitting: int) -> None:
    symbol, k, lots_max = contract.symbol, contract.k, contract.lots_max
    if not 1 <= contract.price_min <= contract.price_max <= PRICE_MAX:
        raise ListingError(
            f"{symbol}: prices from {contract.price_min} to {contract.price_max} ticks; "
            f"need 1 <= min <= max <= {PRICE_MAX}"
        )
    if not 1 <= lots_max <= LOTS_MAX:
        raise ListingError(f"{symbol}: position_max is {lots_max} lots; need 1..{LOTS_MAX}")
    if contract.kind == LINEAR and k > K_MAX:
        raise ListingError(
            f"{symbol}: {k} money units per tick and lot, over {K_MAX}; use a smaller lot"
        )
    if contract.kind == INVERSE and contract.price_max * FUNDING_RATE_SCALE > PRODUCT_MAX:
        raise ListingError(
            f"{symbol}: price_max of {contract.price_max} ticks is too high for funding in coin; "
            f"at most {PRODUCT_MAX // FUNDING_RATE_SCALE} ticks fit"
        )
    if contract.kind == SPOT and contract.price_max * k > PRODUCT_MAX:
        raise ListingError(
            f"{symbol}: price_max times {k} leaves 64 bits; lower price_max or use a coarser tick"
        )
    if lots_max > fitting:
        raise ListingError(
            f"{symbol}: position_max of {lots_max} lots could be worth more than {NOTIONAL_MAX} "
            f"units; at these prices at most {fitting} lots "
            f"({Fraction(fitting) * contract.lot} units of size) fit"
        )


def smallest_common_scale(numbers: list[Fraction]) -> int:
    """The least denominator over which all `numbers` are integers.

    >>> smallest_common_scale([Fraction("0.004"), Fraction(1, 6)])
    750
    """
    return lcm(*(number.denominator for number in numbers)) if numbers else 1

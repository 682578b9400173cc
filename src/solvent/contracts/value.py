"""Value and cost of a position: the three shapes a contract can have.

`LINEAR` covers linear and quanto contracts, perpetual or dated: money per tick and lot is a
constant `k`. `INVERSE` pays in the coin it is quoted in: `k` is the face value of a lot in coin
units times ticks. `SPOT` is a balance of another asset, `k / k_den` money units per tick and lot.
Source of the forms: BitMEX, Deribit and OKX contract specifications.
"""

from __future__ import annotations

from solvent.units import div_floor, exact, exact_called, mul_div_ceil, mul_div_floor

LINEAR = 0
INVERSE = 1
SPOT = 2


@exact
def value(kind: int, k: int, k_den: int, lots: int, price: int) -> int:
    """Signed value of `lots` (long > 0) at `price` ticks, in settlement units, rounded down
    (against the holder).

    Bounds are the listing's: `|lots| * k * price` (linear), `|lots| * k` and the quotient
    (inverse), `price * k` (spot) fit.

    >>> value(LINEAR, 100, 1, -3, 500_000)
    -150000000
    >>> value(INVERSE, 1_000_000_000, 1, 7, 499_999)  # 7 lots of 1 USD at 49,999.9, in satoshi
    -14001
    """
    if kind == LINEAR:
        return lots * k * price
    if kind == INVERSE:
        return div_floor(-lots * k, price)
    return mul_div_floor(lots, price * k, k_den)


@exact
def trade_cost(kind: int, k: int, k_den: int, lots: int, price: int) -> int:
    """What signed `lots` cost at `price`: one rounded number, its negative for the other side.

    >>> trade_cost(LINEAR, 100, 1, -3, 500_000) == -trade_cost(LINEAR, 100, 1, 3, 500_000)
    True
    >>> trade_cost(INVERSE, 10, 1, 1, 3), trade_cost(INVERSE, 10, 1, -1, 3)
    (-4, 4)
    """
    if lots < 0:
        return -value(kind, k, k_den, -lots, price)
    return value(kind, k, k_den, lots, price)


@exact
def closed_share(cost: int, closed: int, lots: int) -> int:
    """Part of the open `cost` that belongs to `closed` of `|lots|` lots (rounded down; the whole
    when all are closed).

    >>> closed_share(1001, 1, 2), closed_share(-1001, 1, 2), closed_share(1001, 2, 2)
    (500, -501, 1001)
    """
    return mul_div_floor(cost, closed, abs(lots))


@exact_called
def lowest_price_worth(kind: int, k: int, k_den: int, lots: int, notional: int) -> int:
    """Bound of the prices at which the notional of `lots` is at least `notional`.

    Linear and spot: the lowest such price (it may be negative: then every price qualifies).
    Inverse: the *highest* such price; 2**62 when every
    price qualifies. Exact counterpart of `value` and its rounding.

    >>> lowest_price_worth(LINEAR, 100, 1, 3, 150_000_001)
    500001
    """
    size = abs(lots)
    if kind == LINEAR:
        return -div_floor(-notional, size * k)
    if kind == INVERSE:
        if lots > 0:  # notional = ceil(size * k / price)
            if notional <= 1:
                return 1 << 62
            return -div_floor(-size * k, notional - 1) - 1
        if notional <= 0:
            return 1 << 62
        return div_floor(size * k, notional)
    if lots > 0:
        return mul_div_ceil(notional, k_den, size * k)
    return mul_div_floor(notional - 1, k_den, size * k) + 1


@exact_called
def highest_price_worth(kind: int, k: int, k_den: int, lots: int, notional: int) -> int:
    """Bound of the prices at which the notional of `lots` is at most `notional`.

    Linear and spot: the highest such price (negative when none qualifies). Inverse: the *lowest*
    such price; 2**62 when none qualifies.

    >>> highest_price_worth(LINEAR, 100, 1, 3, 150_000_299)
    500000
    """
    size = abs(lots)
    if kind == LINEAR:
        return div_floor(notional, size * k)
    if kind == INVERSE:
        if lots > 0:
            if notional <= 0:
                return 1 << 62
            return -div_floor(-size * k, notional)
        if notional < 0:
            return 1 << 62
        return div_floor(size * k, notional + 1) + 1
    if lots > 0:
        return mul_div_ceil(notional + 1, k_den, size * k) - 1
    return mul_div_floor(notional, k_den, size * k)

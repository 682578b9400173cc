"""GMX v2: whether a position is liquidated. Source: gmx-synthetics, position utilities."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from solvent.margin.explain import Term
from solvent.margin.pool import capped_impact, remaining_collateral, too_little
from solvent.venues.cases.read import CaseError
from solvent.venues.cases.registry import Answer, Inputs

FACTOR = Fraction(1, 100)
LEAST_USD = 1
STABLE = ("USDC", "USDT", "DAI", "USDE", "USD")


def pool_check(inputs: Inputs) -> Answer:
    """Whether what remains of the collateral is below the minimum, not positive, or below a share
    of the size. Longs are valued at the lower, shorts at the upper price of the index token.
    """
    long = _is_long(inputs)
    size = _not_negative(inputs, "size_usd")
    price = _index_price(inputs, "price_min" if long else "price_max")
    low, high = inputs.maybe("price_min"), inputs.maybe("price_max")
    if low is not None and high is not None and low > high:
        raise CaseError(f"price_min: {low} is above price_max {high}")
    if inputs.given("size_tokens"):
        tokens = _not_negative(inputs, "size_tokens")
    else:
        tokens = size / _price(inputs, "entry")
    if inputs.given("collateral_usd"):
        worth = _not_negative(inputs, "collateral_usd")
    else:
        worth = _not_negative(inputs, "collateral_amount") * _collateral_price(inputs)
    profit = tokens * price - size if long else size - tokens * price
    factor = _not_negative(inputs, "min_collateral_factor", FACTOR)
    least = _not_negative(inputs, "min_collateral_usd", LEAST_USD)
    owed = sum(
        (inputs.number(name, 0) for name in ("position_fee", "borrowing_fee", "funding_fee")),
        Fraction(0),
    )
    impact = inputs.number("price_impact", 0)
    capped = inputs.given("max_impact_factor")
    most = _not_negative(inputs, "max_impact_factor") if capped else None
    amounts = (size, worth, profit, least, owed, impact)
    unit = lcm(*(amount.denominator for amount in amounts), (most or Fraction(1)).denominator)
    counted = capped_impact(
        int(impact * unit),
        int(size * unit),
        -1 if most is None else most.numerator,
        1 if most is None else most.denominator,
    )
    remaining = remaining_collateral(
        int(worth * unit), int(profit * unit), counted, int(owed * unit)
    )
    below = too_little(
        remaining, int(least * unit), int(size * unit), factor.numerator, factor.denominator
    )
    left = Fraction(remaining, unit)
    return Answer(
        {
            "liquidatable": below,
            "remaining_collateral_usd": left,
            "remaining_collateral": left,
            "min_collateral_for_leverage_usd": size * factor,
            "pnl_usd": profit,
            "collateral_usd": worth,
        },
        Term(
            "remaining collateral",
            left,
            "USD",
            "collateral + profit + negative impact - fees",
            "liquidated" if below else "safe",
            terms=(
                Term("collateral", worth, "USD", "amount at the lower price"),
                Term("unrealised profit", profit, "USD", f"at {price}"),
                Term("price impact counted", Fraction(counted, unit), "USD"),
                Term("fees owed", owed, "USD"),
                Term("least collateral", least, "USD"),
                Term("share of size needed", size * factor, "USD"),
            ),
        ),
    )


def _is_long(inputs: Inputs) -> bool:
    side = inputs.raw("side")
    if isinstance(side, bool):
        return side
    name = inputs.text("side")
    if name not in ("long", "short"):
        raise CaseError(f"side: {name!r} is neither long nor short")
    return name == "long"


def _not_negative(inputs: Inputs, name: str, otherwise: Fraction | int | None = None) -> Fraction:
    value = inputs.number(name, otherwise)
    if value < 0:
        raise CaseError(f"{inputs.spelled(name)}: {value} is below 0")
    return value


def _price(inputs: Inputs, name: str) -> Fraction:
    value = inputs.number(name)
    if value <= 0:
        raise CaseError(f"{inputs.spelled(name)}: {value} is not above 0")
    return value


def _collateral_price(inputs: Inputs) -> Fraction:
    """The lower price of the collateral: given; 1 for a stable coin; the index token's for a token
    the case names. A collateral of no name has no price.
    """
    if inputs.given("collateral_price"):
        return _price(inputs, "collateral_price")
    if not inputs.given("collateral_token"):
        raise inputs.missing("collateral_price", "collateral_token")
    token = inputs.text("collateral_token")
    if token.upper() in STABLE:
        return Fraction(1)
    return _index_price(inputs, "price_min")


def _index_price(inputs: Inputs, name: str) -> Fraction:
    """The lower or the upper price of the index token; where the source gives one price, that."""
    for one in (name, "index", "mark", "oracle_price"):
        if inputs.given(one):
            return _price(inputs, one)
    raise inputs.missing(name)

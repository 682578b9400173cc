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
    size = inputs.number("size_usd")
    price = _index_price(inputs, "price_min" if long else "price_max")
    tokens = inputs.maybe("size_tokens")
    if tokens is None:
        entry = inputs.number("entry")
        if entry <= 0:
            raise CaseError(f"{inputs.spelled('entry')}: {entry} must be above 0")
        tokens = size / entry
    worth = inputs.number("collateral_amount") * _collateral_price(inputs)
    profit = tokens * price - size if long else size - tokens * price
    factor = inputs.number("min_collateral_factor", FACTOR)
    least = inputs.number("min_collateral_usd", LEAST_USD)
    owed = sum(
        (inputs.number(name, 0) for name in ("position_fee", "borrowing_fee", "funding_fee")),
        Fraction(0),
    )
    impact = inputs.number("price_impact", 0)
    most = inputs.maybe("max_impact_factor")
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


def _collateral_price(inputs: Inputs) -> Fraction:
    """The lower price of the collateral: given; 1 for a stable coin; else the index token's."""
    given = inputs.maybe("collateral_price")
    if given is not None:
        return given
    token = inputs.text("collateral_token", "")
    if token.upper() in STABLE:
        return Fraction(1)
    return _index_price(inputs, "price_min")


def _index_price(inputs: Inputs, name: str) -> Fraction:
    """The lower or the upper price of the index token; where the source gives one price, that."""
    for one in (name, "index", "mark", "oracle_price"):
        found = inputs.maybe(one)
        if found is not None:
            return found
    raise inputs.missing(name)

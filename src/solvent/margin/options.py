"""Margin of option positions, one by one: what a short option must hold.

Every venue read so far writes one family with different switches. With the out-of-the-money amount
`otm`, underlying price U, mark m and a factor f (1, or OKX's position tier):

    initial     = max(low * U, high * U - otm) * f + premium basis
    maintenance = max(rate * U, rate_of_mark * m) * f + m + liquidation_fee * U

where the `rate_of_mark` term, and the floor "initial is not below maintenance * floor_scale", hold
for puts, for both rights or for none. A long option holds nothing: its premium has been paid.

Everything is in one currency: quote money with U the index, or coins with U = 1 (then `otm` is
divided by the index: see `in_coins`). Numbers are exact (`int` or `Fraction`) and nothing is
rounded here. Sources: Deribit, Bybit, OKX, Gate and Derive, named with dates in their presets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Exact = Fraction | int
Holds = Literal["none", "put", "both"]
PremiumBasis = Literal["mark", "higher of mark and entry"]


@dataclass(frozen=True, slots=True)
class ShortRules:
    """The switches of one venue's short-option margin; rates are shares of the underlying price.

    high, low: initial rates before and after the out-of-the-money amount. low_with_mark: for puts
    the low term counts U + m instead of U. rate: maintenance; put_rate: that of puts where it
    differs. rate_of_mark: of the mark, for `mark_holds`. floor_scale: initial is not below
    maintenance * floor_scale, for `floor_holds`. basis: which premium the initial margin adds.
    """

    high: Fraction
    low: Fraction
    rate: Fraction
    rate_of_mark: Fraction = Fraction(0)
    mark_holds: Holds = "none"
    floor_holds: Holds = "none"
    floor_scale: Fraction = Fraction(1)
    low_with_mark: bool = False
    liquidation_fee: Fraction = Fraction(0)
    basis: PremiumBasis = "mark"
    put_rate: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One option as the rules see it: right, strike, underlying price and mark, in one currency."""

    is_call: bool
    strike: Exact
    underlying: Exact
    mark: Exact


def otm_amount(is_call: bool, underlying: Exact, strike: Exact) -> Exact:
    """How far the option is out of the money, in the quote currency; 0 at or in the money.

    >>> otm_amount(False, 115_000, 112_000), otm_amount(True, 115_000, 112_000)
    (3000, 0)
    """
    return max(0, strike - underlying if is_call else underlying - strike)


def payoff(is_call: bool, strike: Exact, price: Exact) -> Exact:
    """What one option pays at settlement.

    >>> payoff(True, 100, 130), payoff(False, 100, 130)
    (30, 0)
    """
    return max(0, price - strike if is_call else strike - price)


def premium(price: Exact, contracts: Exact, multiplier: Exact) -> Exact:
    """What the buyer pays: price x contracts x multiplier (underlying units per contract).

    >>> premium(220, 1, Fraction(1, 100))
    Fraction(11, 5)
    """
    return price * _absolute(contracts) * multiplier


def option_fee(rate: Exact, index: Exact, cap: Exact, price: Exact, size: Exact) -> Exact:
    """Fee of an option trade: `rate` of the index, at most `cap` of the option's own price.

    >>> option_fee(Fraction("0.0003"), 42_000, Fraction("0.125"), 3_500, Fraction("0.3"))
    Fraction(189, 50)
    """
    return min(rate * index, cap * price) * _absolute(size)


def holds(switch: Holds, is_call: bool) -> bool:
    """Whether a rule that holds for puts, for both rights or for none holds for this right.

    >>> holds("put", True), holds("put", False), holds("both", True)
    (False, True, True)
    """
    return switch == "both" or (switch == "put" and not is_call)


def maintenance(rules: ShortRules, option: Option, factor: Exact = 1) -> Exact:
    """Maintenance margin of one short option, per unit of the underlying.

    >>> deribit = ShortRules(Fraction(15, 100), Fraction(1, 10), Fraction(75, 1000),
    ...                      Fraction(75, 1000), mark_holds="put", floor_holds="put")
    >>> maintenance(deribit, Option(False, 1850, 2098, Fraction("2.4")))  # 7.5 % of 2,098 + 2.4
    Fraction(639, 4)
    """
    rate = rules.rate if option.is_call or rules.put_rate is None else rules.put_rate
    held = rate * option.underlying
    if holds(rules.mark_holds, option.is_call):
        held = max(held, rules.rate_of_mark * option.mark)
    return held * factor + option.mark + rules.liquidation_fee * option.underlying


def initial(
    rules: ShortRules, option: Option, factor: Exact = 1, entry: Exact | None = None
) -> Exact:
    """Initial margin of one short option, per unit of the underlying.

    entry: average price at which it was sold; used where the venue counts the higher of it and the
    mark, ignored elsewhere.

    >>> deribit = ShortRules(Fraction(15, 100), Fraction(1, 10), Fraction(75, 1000),
    ...                      Fraction(75, 1000), mark_holds="put", floor_holds="put")
    >>> initial(deribit, Option(False, 1850, 2098, Fraction("2.4")))  # 10 % of 2,098 + 2.4
    Fraction(1061, 5)
    """
    low = rules.low * option.underlying
    if rules.low_with_mark and not option.is_call:
        low += rules.low * option.mark
    otm = otm_amount(option.is_call, option.underlying, option.strike)
    paid = option.mark
    if rules.basis == "higher of mark and entry" and entry is not None:
        paid = max(paid, entry)
    held = max(low, rules.high * option.underlying - otm) * factor + paid
    if holds(rules.floor_holds, option.is_call):
        held = max(held, maintenance(rules, option, factor) * rules.floor_scale)
    return held


def in_coins(is_call: bool, strike: Exact, index: Exact, mark_coins: Exact) -> Option:
    """A coin-quoted option with the coin as currency: underlying 1, strike / index.

    >>> one = in_coins(True, 55_000, 50_000, Fraction(3, 100))
    >>> one.strike, one.underlying
    (Fraction(11, 10), 1)
    """
    return Option(is_call, Fraction(strike, index), 1, mark_coins)


def worst_payoff(legs: Sequence[tuple[bool, Exact, Exact]]) -> Exact:
    """Lowest payoff of legs (is_call, strike, signed size) of one expiry at 0 and at every strike.

    Never above 0. The payoff is linear between strikes; above the last strike it falls without
    limit when more calls are short than long: that part is the caller's (`unpaired_calls`).

    >>> worst_payoff([(True, 1900, 1), (True, 1700, -1)])
    -200
    """
    worst: Exact = 0
    for price in (0, *(strike for _, strike, _ in legs)):
        worst = min(worst, sum(size * payoff(c, strike, price) for c, strike, size in legs))
    return worst


def unpaired_calls(legs: Sequence[tuple[bool, Exact, Exact]]) -> Exact:
    """Calls that are short without a long one: 0 or negative.

    >>> unpaired_calls([(True, 1900, 1), (True, 1700, -3), (False, 1700, 5)])
    -2
    """
    return min(0, sum(size for is_call, _, size in legs if is_call))


def naked_shorts(legs: Sequence[tuple[bool, Exact, Exact]]) -> Exact:
    """Net short options per strike of one expiry, calls and puts together, summed over strikes.

    >>> naked_shorts([(True, 100, -2), (False, 100, 1), (True, 120, 5), (False, 130, -1)])
    2
    """
    net: dict[Exact, Exact] = {}
    for _, strike, size in legs:
        net[strike] = net.get(strike, 0) + size
    return sum(max(0, -size) for size in net.values())


def _absolute(number: Exact) -> Exact:
    return number if number >= 0 else -number

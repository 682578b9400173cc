"""On-chain lenders and spot margin: health, liquidation price, what a liquidation would do.

`loan` describes a loan, `health` and `liquidation_price` answer at once. The numbers are presets
(Aave, Compound, Morpho, Euler, Maker, Liquity, spot margin of exchanges), each protocol's rule is
one module with its own integers and rounding; crvUSD's bands are in `llamma`. What it is not: no
interest accrues here and no auction runs; a loan is as given. What always holds: floats are
refused, answers are exact until printed, and the venue's own ratio stands at its own liquidation
value exactly where our headroom is 0.

>>> print(health("aave-v3", collateral={"WETH": "10"}, debt={"USDC": "15000"},
...              prices={"WETH": "3000", "USDC": "1"}))
health factor 1.66 (liquidated below 1) on aave-v3@v3.7
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from solvent.margin.explain import Term, figure_text
from solvent.venues.lending.crossing import Crossing
from solvent.venues.lending.inputs import Inputs, amounts, positive_prices
from solvent.venues.lending.lines import Line
from solvent.venues.lending.loans import Loan
from solvent.venues.lending.outcome import Outcome
from solvent.venues.lending.rules import rule_of
from solvent.venues.numbers import InputError, Number
from solvent.venues.preset import Version
from solvent.venues.presets.catalogue import version as version_of

__all__ = [
    "Crossing",
    "Health",
    "Line",
    "Loan",
    "Outcome",
    "crossing_of",
    "health",
    "liquidation_price",
    "loan",
]


@dataclass(frozen=True, slots=True)
class Health:
    """The venue's own ratio of a loan, beside our figures.

    value: exact; None without debt. headroom: capacity less requirement, in the prices' money.
    coverage: equity over requirement.
    """

    name: str
    value: Fraction | None
    liquidates_at: Fraction | None
    rises: bool
    headroom: Fraction
    coverage: Fraction | None
    liquidatable: bool
    loan: Loan

    def __str__(self) -> str:
        shown = "none, nothing is owed" if self.value is None else figure_text(self.value)
        side = "above" if self.rises else "below"
        side = side if self.loan.strict else f"at or {side}"
        at = (
            ""
            if self.liquidates_at is None
            else f" (liquidated {side} {figure_text(self.liquidates_at)})"
        )
        return f"{self.name} {shown}{at} on {self.loan.label}"

    def explain(self) -> Term:
        """Every figure the ratio was made from."""
        return self.loan.explain()


def loan(
    venue: str | Version,
    *,
    collateral: Mapping[str, Number],
    debt: Mapping[str, Number] | None = None,
    prices: Mapping[str, Number],
    market: str = "",
    at: date | None = None,
    **options: object,
) -> Loan:
    """A loan with a lender: amounts and prices by asset, all in one money.

    venue: a preset ("aave-v3", "aave-v3@v3.0", "maker") or a version loaded already. market: the
    Comet, vault type, Morpho or Euler market, branch, pair or account. options: what the rule
    understands besides (Aave `emode`, Liquity `tcr`, Morpho `lltv`). Raises InputError for a float,
    a missing price, an unknown asset or option.

    >>> vault = loan("maker", market="ETH-A", collateral={"ETH": "10"}, debt={"DAI": "10000"},
    ...              prices={"ETH": "2000"})
    >>> vault.value, vault.liquidation_price("ETH").exact
    (Fraction(2, 1), Fraction(1450, 1))
    """
    version = version_of(venue, at=at) if isinstance(venue, str) else venue
    lender = version.parameters.get("lender")
    if "bands" in version.parameters:
        raise InputError(
            f"{version.label} keeps loans in price bands; use solvent.venues.lending.llamma: "
            "market(...), then open_loan(...)"
        )
    if not isinstance(lender, Mapping):
        raise InputError(
            f"{version.label} is no lender: its preset has no [version.parameters.lender]"
        )
    held = amounts(collateral, "collateral")
    if not held:
        raise InputError("collateral: nothing given; a loan needs at least one collateral asset")
    known = lender.get("options", ())
    for name in options:
        if not isinstance(known, tuple) or name not in known:
            listed = ", ".join(map(str, known)) if isinstance(known, tuple) and known else "none"
            raise InputError(f"{version.label}: option {name!r} is unknown; options: {listed}")
    inputs = Inputs(
        version, held, amounts(debt, "debt"), positive_prices(prices), market.strip(), options
    )
    return rule_of(str(lender.get("rule", ""))).build(inputs)


def health(
    venue: str | Version,
    *,
    collateral: Mapping[str, Number],
    debt: Mapping[str, Number] | None = None,
    prices: Mapping[str, Number],
    market: str = "",
    at: date | None = None,
    **options: object,
) -> Health:
    """The venue's own health of a loan (arguments as for `loan`).

    >>> trove = health("liquity-v1", collateral={"ETH": "10"}, debt={"LUSD": "10000"},
    ...                prices={"ETH": "2000"})
    >>> trove.name, trove.value, trove.headroom
    ('collateral ratio', Fraction(2, 1), Fraction(9000, 1))
    """
    found = loan(
        venue, collateral=collateral, debt=debt, prices=prices, market=market, at=at, **options
    )
    shown = found.shown
    return Health(
        shown.name,
        shown.value,
        shown.liquidates_at,
        shown.rises,
        found.headroom,
        found.coverage,
        found.liquidatable,
        found,
    )


def liquidation_price(
    venue: str | Version,
    asset: str | None = None,
    *,
    collateral: Mapping[str, Number],
    debt: Mapping[str, Number],
    prices: Mapping[str, Number],
    market: str = "",
    at: date | None = None,
    **options: object,
) -> Crossing:
    """Where one asset's price has to go for liquidation, the others fixed (arguments as for
    `loan`; `asset`: default the only collateral).

    >>> print(liquidation_price("compound-v3", collateral={"WETH": "10"}, debt={"USDC": "15000"},
    ...                         prices={"WETH": "3000", "USDC": "1"}))
    WETH 1666.66666667 (down, others fixed)
    """
    found = loan(
        venue, collateral=collateral, debt=debt, prices=prices, market=market, at=at, **options
    )
    if asset is None:
        if len(found.held) != 1:
            named = ", ".join(line.asset for line in found.held)
            raise InputError(f"which price? name the asset; collateral: {named}")
        asset = found.held[0].asset
    return crossing_of(found, asset)


def crossing_of(found: Loan, asset: str) -> Crossing:
    """The liquidation price of one asset of a loan, by the rule of its lender.

    >>> trove = loan("liquity-v1", collateral={"ETH": "10"}, debt={"LUSD": "10000"},
    ...              prices={"ETH": "2000"})
    >>> print(crossing_of(trove, "ETH"))
    ETH 1100 (down, others fixed)
    """
    if found.rule == "liquity":
        from solvent.venues.lending import liquity

        found._asset(asset)
        return liquity.liquidation_price(found)
    return found.liquidation_price(asset)

"""Ratios: how near equity is to the requirement, in our words and in each venue's own.

Ours: headroom = equity - requirement, coverage = equity / requirement, buffer = headroom / equity,
with requirement = maintenance + closing fee (the closing fee only where the venue's rules hold it).
Venues show the same thing under names of their own, some rising towards liquidation, some falling,
and several call two different figures by one name. A preset's `Ratio.formula` is one of these keys;
`liquidates_at` is a fraction (100 % is 1), `rises` as in the last column.

==========================  =======================================  =============  =======
key                         value                                    liquidates at  towards
==========================  =======================================  =============  =======
`requirement_over_equity`   (maintenance + closing fee) / equity     1              rises
`equity_over_requirement`   equity / (maintenance + closing fee)     1 or a factor  falls
`headroom_over_equity`      (equity - requirement) / equity          0              falls
`headroom`                  equity - requirement, in money           0              falls
`equity_over_notional`      equity / position value                  own, see below falls
`notional_over_equity`      position value / equity                  own, see below rises
`initial_over_equity`       initial margin / equity                  own, see below rises
`equity_over_initial`       equity / initial margin                  own or factor  falls
`health_factor`             (debt + headroom) / debt                 1              falls
`assets_over_debt`          (equity + debt) / debt                   the venue's    falls
`debt_over_assets`          debt / (equity + debt)                   the venue's    rises
==========================  =======================================  =============  =======

Who shows which: `requirement_over_equity`: Binance USD-M and COIN-M ("margin ratio"), Bybit unified
("MM rate"), Deribit, Bitget, Hyperliquid; `equity_over_requirement`: OKX today, Binance portfolio
margin (uniMMR), Gate unified, Polymarket; `equity_over_notional`: OKX before its unified account;
`initial_over_equity`: Bybit unified ("IM rate", which restricts and does not liquidate);
`headroom`: dYdX v4 (total net collateral less total maintenance requirement);
`headroom_over_equity`: Drift ("health"); `health_factor`: Aave, Euler; `assets_over_debt`: Maker,
Liquity, Binance spot margin ("margin level"); `debt_over_assets`: Morpho (loan to value).

"own": the value at which the venue liquidates is the account's requirement over its notional (or
the like) and moves with the tier; `liquidation_value` computes it, the preset's `liquidates_at` is
then only what the venue prints for its first tier. A factor other than 1 (uniMMR 1.05) means that
the venue liquidates at that multiple of the maintenance margin. For lenders equity is assets less
debt, both unweighted, and maintenance is what the weights take off: with liquidation threshold LT
it is assets x (1 - LT), with a required ratio R it is debt x (R - 1).

Everything is exact; a ratio whose denominator is zero, or that divides by an equity that is not
positive, has no value (None). Source of the formulas: each preset names its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from solvent.margin.explain import Term
from solvent.venues.numbers import InputError
from solvent.venues.preset import Ratio
from solvent.venues.questions.ratio_formulas import FORMULAS, Figures, Formula, Standing, figures
from solvent.venues.result import Told, money_text, percent


def headroom(standing: Standing) -> Fraction:
    """Equity less requirement, in money.

    >>> headroom(Figures(equity=Fraction(2500), maintenance=Fraction(250)))
    Fraction(2250, 1)
    """
    return standing.equity - standing.maintenance - standing.closing_fee


def coverage(standing: Standing) -> Fraction | None:
    """Equity over requirement; None where nothing is required."""
    required = standing.maintenance + standing.closing_fee
    return standing.equity / required if required else None


def buffer(standing: Standing) -> Fraction | None:
    """Headroom over equity: the share of equity that can be lost; None without positive equity."""
    return headroom(standing) / standing.equity if standing.equity > 0 else None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Shown(Told):
    """A venue's ratio of one account, as the venue shows it.

    value and liquidates_at: exact, 1 is 100 %; value is None where the venue has none (nothing
    required, or the formula divides by an equity that is not positive). to_go: how far the ratio
    may still move towards liquidation; negative beyond it. trigger_equity: the equity at which the
    ratio stands at `liquidates_at`, everything else fixed.
    """

    name: str
    formula: str
    words: str
    value: Fraction | None
    liquidates_at: Fraction | None
    rises: bool
    trigger_equity: Fraction | None
    warns_at: Fraction | None = None
    preset: str = ""
    _tree: Callable[[], Term] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        say = money_text if self.formula == "headroom" else percent
        value = "none" if self.value is None else say(self.value)
        notes = [] if self.liquidates_at is None else [f"liquidation at {say(self.liquidates_at)}"]
        notes += [self.preset] if self.preset else []
        return f"{self.name} {value}" + (f" ({'; '.join(notes)})" if notes else "")

    @property
    def to_go(self) -> Fraction | None:
        """Distance of the value from the liquidation value, counted towards it."""
        if self.value is None or self.liquidates_at is None:
            return None
        gap = self.liquidates_at - self.value
        return gap if self.rises else -gap


def formula_of(ratio: Ratio) -> Formula:
    """The formula a preset's ratio names. Raises InputError for a key that does not exist, or a
    direction that contradicts it.
    """
    found = FORMULAS.get(ratio.formula)
    if found is None:
        raise InputError(
            f"ratio {ratio.name!r}: there is no formula {ratio.formula!r}; "
            f"one of {', '.join(FORMULAS)}"
        )
    if found.rises != ratio.rises:
        raise InputError(
            f"ratio {ratio.name!r}: {ratio.formula} {'rises' if found.rises else 'falls'} towards "
            f"liquidation, but the preset says rises = {str(ratio.rises).lower()}"
        )
    return found


def liquidation_value(ratio: Ratio, standing: Standing) -> Fraction | None:
    """The value of the ratio at which the venue liquidates this account; None where nothing is
    required.

    >>> legacy = Ratio("margin ratio", "equity_over_notional", Fraction("0.0045"), rises=False)
    >>> position = Figures(Fraction(2500), Fraction(200), Fraction(25), notional=Fraction(50000))
    >>> liquidation_value(legacy, position)
    Fraction(9, 2000)
    """
    formula = formula_of(ratio)
    if not formula.own_trigger:
        return ratio.liquidates_at
    held = figures(standing)
    return formula.value(replace(held, equity=held.requirement))


def trigger_equity(ratio: Ratio, standing: Standing) -> Fraction | None:
    """The equity at which the ratio stands at its liquidation value, everything else fixed.

    It is the requirement itself, or its multiple where the venue liquidates at one (uniMMR 1.05).
    """
    held = figures(standing)
    value = liquidation_value(ratio, held)
    return None if value is None else formula_of(ratio).equity(value, held)


def venue_ratio(ratio: Ratio, standing: Standing, preset: str = "") -> Shown:
    """The venue's own ratio of an account, beside the value at which it liquidates. preset: the
    label to be shown with it.

    >>> binance = Ratio("margin ratio", "requirement_over_equity", Fraction(1), rises=True)
    >>> shown = venue_ratio(binance, Figures(Fraction(2500), Fraction(250)))
    >>> shown.value, shown.to_go, shown.trigger_equity
    (Fraction(1, 10), Fraction(9, 10), Fraction(250, 1))
    """
    formula = formula_of(ratio)
    held = figures(standing)
    told = Shown(
        ratio.name,
        formula.key,
        formula.words,
        formula.value(held),
        liquidation_value(ratio, held),
        ratio.rises,
        trigger_equity(ratio, held),
        ratio.warns_at,
        preset,
    )
    return replace(told, _tree=lambda: _tree(told, held))


def _tree(told: Shown, held: Figures) -> Term:
    """The ratio from the figures that its formula names."""
    parts = (Term("maintenance", held.maintenance), Term("closing fee", held.closing_fee))
    known = (
        Term("equity", held.equity),
        *parts,
        Term("requirement", held.requirement, "", "maintenance + closing fee", terms=parts),
        Term("position value", held.notional),
        Term("initial margin", held.initial),
        Term("debt", held.debt),
    )
    terms = [term for term in known if re.search(rf"\b{term.name}\b", told.words)]
    terms.append(
        Term("liquidates at", told.liquidates_at, note="none" if told.liquidates_at is None else "")
    )
    if told.trigger_equity is not None:
        terms.append(Term("equity at liquidation", told.trigger_equity))
    return Term(told.name, told.value, "", told.words, told.preset, tuple(terms))


def translate(
    value: Fraction,
    source: Ratio,
    target: Ratio,
    standing: Standing,
    there: Standing | None = None,
) -> Fraction | None:
    """What the target venue would show where the source venue shows `value`.

    The value fixes the equity, given the account's requirement, notional and debt (`standing`, as
    the source venue counts them); the target's ratio is that of the same equity. With `there` (the
    same positions as the target venue counts them) its requirement is used for the second step;
    without it the requirement of the source stands for both, which translates the words and not
    the rules. None where no equity gives the value, or the target has no value there.

    >>> binance = Ratio("margin ratio", "requirement_over_equity", Fraction(1), rises=True)
    >>> okx = Ratio("margin level", "equity_over_requirement", Fraction(1), rises=False)
    >>> translate(Fraction("0.8"), binance, okx, Figures(Fraction(2500), Fraction(250)))
    Fraction(5, 4)
    """
    held = figures(standing)
    equity = formula_of(source).equity(value, held)
    if equity is None:
        return None
    counted = held if there is None else figures(there)
    return formula_of(target).value(replace(counted, equity=equity))


__all__ = [
    "FORMULAS",
    "Figures",
    "Formula",
    "Shown",
    "Standing",
    "buffer",
    "coverage",
    "figures",
    "formula_of",
    "headroom",
    "liquidation_value",
    "translate",
    "trigger_equity",
    "venue_ratio",
]

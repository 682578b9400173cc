"""Formulas of the ratios venues show: the value of an account, and the equity that gives a value.

What the keys mean and who uses which: `ratios`. Everything is exact; nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from solvent.venues.plain_data import Plain

ZERO = Fraction(0)


class Standing(Protocol):
    """What a ratio is made from: exact amounts, all in one money unit. Lenders need `debt`."""

    @property
    def equity(self) -> Fraction: ...
    @property
    def maintenance(self) -> Fraction: ...
    @property
    def closing_fee(self) -> Fraction: ...
    @property
    def initial(self) -> Fraction: ...
    @property
    def notional(self) -> Fraction: ...
    @property
    def debt(self) -> Fraction: ...


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Figures(Plain):
    """A `Standing` written down: exact amounts in one money unit.

    >>> account = Figures(equity=Fraction(2500), maintenance=Fraction(250))
    >>> account.requirement
    Fraction(250, 1)
    """

    equity: Fraction
    maintenance: Fraction
    closing_fee: Fraction = ZERO
    initial: Fraction = ZERO
    notional: Fraction = ZERO
    debt: Fraction = ZERO

    @property
    def requirement(self) -> Fraction:
        """Maintenance and closing fee together."""
        return self.maintenance + self.closing_fee


def figures(standing: Standing) -> Figures:
    """A copy of `standing` as plain figures."""
    if isinstance(standing, Figures):
        return standing
    return Figures(
        standing.equity,
        standing.maintenance,
        standing.closing_fee,
        standing.initial,
        standing.notional,
        standing.debt,
    )


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Formula(Plain):
    """One way to show the distance: its value, the equity that gives a value, the value at
    liquidation where the formula fixes it (None: the account's own, or the venue's).

    `equity` answers for the same requirement, notional and debt; None where no equity gives the
    value.
    """

    key: str
    words: str
    rises: bool
    value: Callable[[Figures], Fraction | None]
    equity: Callable[[Fraction, Figures], Fraction | None]
    own_trigger: bool = False


def _over(part: Fraction, whole: Fraction) -> Fraction | None:
    return part / whole if whole > 0 else None


def _spare(f: Figures) -> Fraction:
    return f.equity - f.requirement


Amount = Callable[[Figures], Fraction]


def _equity_over(key: str, words: str, part: Amount, own: bool = False) -> Formula:
    def equity(value: Fraction, f: Figures) -> Fraction | None:
        return value * part(f) if part(f) > 0 else None

    return Formula(key, words, False, lambda f: _over(f.equity, part(f)), equity, own)


def _over_equity(key: str, words: str, part: Amount, own: bool = False) -> Formula:
    def equity(value: Fraction, f: Figures) -> Fraction | None:
        return part(f) / value if value > 0 and part(f) > 0 else None

    return Formula(key, words, True, lambda f: _over(part(f), f.equity), equity, own)


_ALL = (
    _over_equity(
        "requirement_over_equity",
        "(maintenance + closing fee) / equity",
        lambda f: f.requirement,
    ),
    _equity_over(
        "equity_over_requirement",
        "equity / (maintenance + closing fee)",
        lambda f: f.requirement,
    ),
    Formula(
        "headroom_over_equity",
        "(equity - requirement) / equity",
        False,
        lambda f: _over(_spare(f), f.equity),
        lambda v, f: f.requirement / (1 - v) if v < 1 and f.requirement > 0 else None,
    ),
    Formula(
        "headroom",
        "equity - requirement",
        False,
        _spare,
        lambda v, f: v + f.requirement,
    ),
    _equity_over("equity_over_notional", "equity / position value", lambda f: f.notional, own=True),
    _over_equity("notional_over_equity", "position value / equity", lambda f: f.notional, own=True),
    _over_equity("initial_over_equity", "initial margin / equity", lambda f: f.initial, own=True),
    _equity_over("equity_over_initial", "equity / initial margin", lambda f: f.initial, own=True),
    Formula(
        "health_factor",
        "(debt + equity - requirement) / debt",
        False,
        lambda f: _over(f.debt + _spare(f), f.debt),
        lambda v, f: (v - 1) * f.debt + f.requirement if f.debt > 0 else None,
    ),
    Formula(
        "assets_over_debt",
        "(equity + debt) / debt",
        False,
        lambda f: _over(f.equity + f.debt, f.debt),
        lambda v, f: (v - 1) * f.debt if f.debt > 0 else None,
    ),
    Formula(
        "debt_over_assets",
        "debt / (equity + debt)",
        True,
        lambda f: _over(f.debt, f.equity + f.debt),
        lambda v, f: f.debt / v - f.debt if v > 0 and f.debt > 0 else None,
    ),
)
FORMULAS: dict[str, Formula] = {formula.key: formula for formula in _ALL}

"""How much to repay or to add until the venue's own ratio stands at a target."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from solvent.venues.numbers import InputError, Number, exact

if TYPE_CHECKING:
    from solvent.venues.lending.lines import Line
    from solvent.venues.lending.loans import Loan

ZERO = Fraction(0)
ONE = Fraction(1)


def amount_for(loan: Loan, target: Number, line: Line, *, debt: bool) -> Fraction | None:
    """The least amount of `line` to repay (`debt`) or to add that brings the venue's ratio to
    `target`; 0 where it stands there or better, None where no amount does.

    The ratio is (p + q a) / (r + s a) in the amount a for every lender's formula: two states of the
    loan give all four, and the root is exact.

    >>> from solvent.venues.lending import loan
    >>> one = loan("aave-v3", collateral={"WETH": "10"}, debt={"USDC": "15000"},
    ...            prices={"WETH": "1800", "USDC": "1"})
    >>> amount_for(one, "1.2", one.owed[0], debt=True)
    Fraction(2550, 1)
    """
    wanted = exact(target, "target")
    here = loan.value
    if here is None:
        return ZERO
    rises = loan.ratio.rises
    if (here <= wanted) if rises else (here >= wanted):
        return ZERO
    numerator, denominator = _parts(loan)
    step = line.amount if debt else max(line.amount, ONE)
    moved = loan.after(
        debt={line.asset: -step / 2} if debt else None,
        collateral=None if debt else {line.asset: step},
    )
    by = step / 2 if debt else step
    top, bottom = _parts(moved)
    q, s = (top - numerator) / by, (bottom - denominator) / by
    if q == wanted * s:
        return None
    amount = (wanted * denominator - numerator) / (q - wanted * s)
    if amount < 0 or (debt and amount > line.amount):
        return None
    return amount


def _parts(loan: Loan) -> tuple[Fraction, Fraction]:
    """Numerator and denominator of the venue's ratio: both affine in every amount."""
    held = loan.standing
    spare = held.equity - held.requirement
    match loan.ratio.formula:
        case "health_factor":
            return held.debt + spare, held.debt
        case "assets_over_debt":
            return held.equity + held.debt, held.debt
        case "debt_over_assets":
            return held.debt, held.equity + held.debt
        case "equity_over_requirement":
            return held.equity, held.requirement
        case "requirement_over_equity":
            return held.requirement, held.equity
    raise InputError(f"{loan.label}: no target can be solved for a ratio {loan.ratio.formula!r}")
